// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

private let treeOfNothing = """
  <DataDictionary><DataField name="x" optype="continuous" dataType="double"/></DataDictionary>
  <TreeModel functionName="regression"><MiningSchema><MiningField name="x"/></MiningSchema></TreeModel>
  """

@Suite struct PMMLTests {
  @Test func `a document by nyoka says what it wants`() throws {
    guard case .pmml(let model) = try inspect("tumour-lr.pmml").details else { throw Unexpected() }
    #expect(model.version == "4.4.1" && model.application == "Nyoka 5.5.0")
    #expect(model.element == "RegressionModel" && model.function == "classification")
    #expect(model.dataFields.map(\.name) == tumourFeatures + ["diagnosis"])
    #expect(model.dataFields[5].optype == "categorical" && model.dataFields[5].dataType == "string")
    #expect(model.dataFields[5].validValues == ["B", "M"])
    #expect(model.miningFields.filter { $0.usage == "active" }.map(\.name) == tumourFeatures)
    #expect(model.miningFields.filter { $0.usage == "target" }.map(\.name) == ["diagnosis"])
    #expect(model.outputs.contains { $0.name == "probability_M" && $0.kind == "probability" })
    guard case .pmml(let tree) = try inspect("tumour-tree.pmml").details else { throw Unexpected() }
    #expect(tree.element == "TreeModel" && tree.models == 1)
  }

  @Test(arguments: ["tumour-lr.pmml", "tumour-tree.pmml"])
  func `what it wants is what Python's own XML reader finds`(name: String) throws {
    let script = """
      import json, sys
      import xml.etree.ElementTree as tree
      root = tree.parse(sys.stdin.buffer).getroot()
      space = '{http://www.dmg.org/PMML-4_4}'
      model = next(e for e in root if 'functionName' in e.attrib)
      json.dump({
        'data': [[f.get('name'), f.get('optype'), f.get('dataType')] for f in root.iter(space + 'DataField')],
        'schema': [[f.get('name'), f.get('usageType', 'active')] for f in
                   model.find(space + 'MiningSchema')]}, sys.stdout)
      """
    guard case .pmml(let model) = try inspect(name).details else { throw Unexpected() }
    let theirs = try oracle(script, modelBytes(name))
    let data = model.dataFields.map {
      JSONValue.array([$0.name, $0.optype, $0.dataType].map(JSONValue.string))
    }
    #expect(theirs["data"].array == data)
    let schema = model.miningFields.map {
      JSONValue.array([$0.name, $0.usage].map(JSONValue.string))
    }
    #expect(theirs["schema"].array == schema)
  }

  @Test func `a DOCTYPE is refused, whatever it says`() {
    for declaration in [
      "<!DOCTYPE PMML>", "<!DOCTYPE PMML SYSTEM \"file:///etc/passwd\">",
      """
      <!DOCTYPE PMML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
      <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
      """,
    ] {
      let bytes = pmml("<Header description=\"x\"/>\(treeOfNothing)", before: declaration)
      #expect(modelError(bytes, "m.pmml") == .doctype(line: 1))
    }
    #expect(modelError(pmml("<Header>&a;</Header>\(treeOfNothing)"), "m.pmml") != nil)
  }

  @Test func `depth beyond the limit is refused at once`() {
    let deep = String(repeating: "<Extension>", count: 100_000)
    #expect(
      modelError(pmml(deep), "m.pmml") == .tooLarge(.pmml, what: "a depth", limit: 256))
  }

  @Test func `a tag without end is refused before it is kept`() {
    let bytes = pmml("<Header copyright=\"" + String(repeating: "x", count: 4 << 20))
    guard case .tooLarge(.pmml, "a tag", _)? = modelError(bytes, "m.pmml") else {
      Issue.record("\(String(describing: modelError(bytes, "m.pmml")))")
      return
    }
  }

  @Test func `what is no PMML is said to be none`() {
    for text in [
      "<PMML/>", "<PMML version='4.4'/>", "<html>PMML</html>", "<PMML version='4.4'>", "",
      "<a:PMML xmlns:a='x' version='4.4'></a:PMML>", "<PMML version='4.4'><b></PMML>",
    ] { #expect(modelError(Array(text.utf8), "m.pmml") != nil, "\(text)") }
  }

  @Test func `prefixes, UTF-16 and other versions are read`() throws {
    let prefixed = """
      <p:PMML xmlns:p="http://www.dmg.org/PMML-3_2" version="3.2"><p:DataDictionary>
      <p:DataField name="größe" optype="continuous" dataType="double"/></p:DataDictionary>
      <p:TreeModel functionName="regression"><p:MiningSchema><p:MiningField name="größe"/>
      </p:MiningSchema></p:TreeModel></p:PMML>
      """
    var wide: [UInt8] = [0xff, 0xfe]
    for unit in prefixed.utf16 { wide += [UInt8(unit & 0xff), UInt8(unit >> 8)] }
    for bytes in [Array(prefixed.utf8), wide] {
      let description = try ModelFile.inspect(bytes, name: "model")
      guard case .pmml(let model) = description.details else { throw Unexpected() }
      #expect(model.dataFields.map(\.name) == ["größe"] && model.version == "3.2")
      #expect(model.miningFields.map(\.usage) == ["active"])
    }
  }

  @Test func `fields of segments and of local transformations are not the model's`() throws {
    let bytes = pmml(
      """
      \(treeOfNothing)<MiningModel functionName="regression"><MiningSchema>
      <MiningField name="z"/></MiningSchema></MiningModel>
      """)
    guard case .pmml(let model) = try ModelFile.inspect(bytes, name: "m").details else {
      throw Unexpected()
    }
    #expect(model.models == 2 && model.element == "TreeModel")
    #expect(model.miningFields.map(\.name) == ["x"])
  }
}

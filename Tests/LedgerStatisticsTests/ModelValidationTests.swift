// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

@Suite struct ModelValidationTests {
  private func validate(_ model: String, _ csv: String) throws -> ModelValidation {
    try inspect(model).validate(against: statistics(csv))
  }

  private func codes(_ validation: ModelValidation) -> [String] {
    validation.findings.map { "\($0.code.rawValue) \($0.field?.string ?? "")" }
  }

  @Test(arguments: [
    "tumour-lr.pmml", "tumour-tree.pmml", "tumour-tree-columns.onnx", "tumour-lr.onnx",
    "tumour-gbm.mojo.zip",
  ])
  func `the data a model was trained on fit it`(name: String) throws {
    let data = try DataStatistics.compute(Fixture.bytes("projects/breast-cancer/data/train.csv"))
    let validation = try inspect(name).validate(against: data)
    #expect(validation.verdict == .passed)
    #expect(validation.findings.allSatisfy { $0.severity == .note })
    // A matrix names no columns: that its own name is among the data's is not asked for.
    let isMatrix = name == "tumour-lr.onnx"
    #expect(codes(validation).contains("unnamed-columns float_input") == isMatrix)
    #expect(!codes(validation).contains("extra-column float_input"))
    _ = try CanonicalJSON.encode(validation.json)
  }

  @Test(arguments: ["tumour-lr.pmml", "tumour-tree-columns.onnx", "tumour-gbm.mojo.zip"])
  func `missing columns, wrong types and unknown columns are all listed`(name: String) throws {
    let validation = try validate(
      name,
      """
      Radius Mean,texture_mean,area_worst,smoothness_worst,more
      1,2,x,0.5,1
      2,NA,3,0.5,1

      """)
    #expect(validation.verdict == .failed)
    let errors = validation.findings.filter { $0.severity == .error }
    #expect(
      errors.map { "\($0.code.rawValue) \($0.field?.string ?? "")" }.sorted() == [
        "missing-column concave_points_mean", "missing-column radius_mean",
        "type-mismatch area_worst",
      ])
    #expect(errors.contains { $0.detail.string.contains("Radius Mean") })
    #expect(codes(validation).contains("extra-column more"))
    if name != "tumour-gbm.mojo.zip" {
      #expect(codes(validation).contains("missing-values texture_mean"))
    }
  }

  @Test func `without the target the model can still score`() throws {
    let csv = tumourFeatures.map(\.string).joined(separator: ",") + "\n1,2,3,4,5\n"
    for name in ["tumour-lr.pmml", "tumour-gbm.mojo.zip"] {
      let validation = try validate(name, csv)
      #expect(validation.verdict == .passed)
      #expect(codes(validation) == ["target-absent diagnosis"])
    }
  }

  @Test func `a matrix wants as many columns as it is wide`() throws {
    let validation = try validate("tumour-lr.onnx", "a,b,c,d,e\n1,2,3,4,x\n")
    #expect(validation.verdict == .failed)
    #expect(validation.findings.map(\.code) == [.tooFewColumns])
  }

  @Test func `PMML's valid values, intervals, replacements and whole numbers are looked at`() throws
  {
    let bytes = pmml(
      """
      <DataDictionary>
      <DataField name="color" optype="categorical" dataType="string"><Value value="red"/>
        <Value value="blue"/><Value value="?" property="missing"/></DataField>
      <DataField name="share" optype="continuous" dataType="double">
        <Interval closure="closedClosed" leftMargin="0" rightMargin="1"/></DataField>
      <DataField name="count" optype="continuous" dataType="integer"/>
      <DataField name="filled" optype="continuous" dataType="double"/>
      <DataField name="day" optype="ordinal" dataType="date"/>
      <DataField name="yes" optype="categorical" dataType="boolean"/>
      </DataDictionary>
      <TreeModel functionName="regression"><MiningSchema><MiningField name="color"/>
      <MiningField name="share"/><MiningField name="count"/>
      <MiningField name="filled" missingValueReplacement="0"/><MiningField name="ghost"/>
      <MiningField name="day"/><MiningField name="yes"/></MiningSchema></TreeModel>
      """)
    let model = try ModelFile.inspect(bytes, name: "m.pmml")
    let csv = """
      color,share,count,day,yes
      red,0.5,1,2026-01-01,true
      green,1.5,2.5,soon,maybe
      green,-1,3,2026-01-02,false

      """
    let validation = try model.validate(against: statistics(csv))
    #expect(
      codes(validation) == [
        "type-mismatch count", "type-mismatch day", "type-mismatch yes", "unknown-values color",
        "out-of-range share", "out-of-range share", "missing-column filled",
        "inconsistent-model ghost",
      ])
  }
}

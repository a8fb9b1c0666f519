// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

@Suite struct MOJOTests {
  @Test func `model.ini is read from the archive`() throws {
    guard case .mojo(let model) = try inspect("tumour-gbm.mojo.zip").details else {
      throw Unexpected()
    }
    #expect(model["algo"] == "gbm" && model["mojo_version"] == "1.40")
    #expect(model.columns == tumourFeatures + ["diagnosis"])
    #expect(model.domains == [5: 2] && model.files == 3)
  }

  @Test func `Python's archives are read whatever their form`() throws {
    let script = """
      import io, sys, zipfile
      ini = '[info]\\nalgo = gbm\\n[columns]\\na\\nb\\n'
      out = io.BytesIO()
      kind = sys.stdin.read()
      with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
          archive.comment = b'PK\\5\\6 a comment that looks like an end' if kind == 'comment' else b''
          if kind == 'traversal':
              archive.writestr('../../etc/cron.d/x', 'x')
          for number in range(70_000 if kind == 'many' else 3):
              archive.writestr(f'trees/{number}', '')
          with archive.open('model.ini', 'w', force_zip64=kind == 'zip64') as file:
              file.write(ini.encode())
          if kind == 'twice':
              archive.writestr('model.ini', ini)
          if kind == 'bomb':
              archive.writestr('trees/bomb', b'\\0' * (65 << 20))
      data = bytearray(out.getvalue())
      sys.stdout.buffer.write(data)
      """
    for kind in ["plain", "comment", "traversal", "many", "zip64", "bomb"] {
      let bytes = try PythonOracle.run(script, input: Array(kind.utf8))
      guard case .mojo(let model) = try ModelFile.inspect(bytes, name: "m.zip").details else {
        throw Unexpected()
      }
      #expect(model.columns == ["a", "b"], "\(kind)")
      let out: [Text] = kind == "traversal" ? ["../../etc/cron.d/x"] : []
      #expect(model.leadingOut == out, "\(kind)")
      let data = try DataStatistics.compute(Array("a,b\n1,2\n".utf8))
      let findings = try ModelFile.inspect(bytes, name: "m.zip").validate(against: data).findings
      let isAlarming = findings.contains { $0.code == .alarmingArchive && $0.severity == .warning }
      #expect(isAlarming == (kind == "traversal" || kind == "bomb"), "\(kind)")
    }
    let twice = try PythonOracle.run(script, input: Array("twice".utf8))
    #expect(modelError(twice, "m.zip") != nil)
  }

  @Test func `a bomb in model.ini is refused, however its size is stated`() throws {
    let script = """
      import io, struct, sys, zipfile
      out = io.BytesIO()
      with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
          archive.writestr('model.ini', b'\\0' * (64 << 20))
      data = bytearray(out.getvalue())
      if sys.stdin.read() == 'liar':
          at = data.index(b'PK\\1\\2')
          data[at + 24:at + 28] = struct.pack('<I', 100)
      sys.stdout.buffer.write(data)
      """
    for kind in ["honest", "liar"] {
      let bytes = try PythonOracle.run(script, input: Array(kind.utf8))
      #expect(bytes.count < 200_000)
      #expect(modelError(bytes, "m.zip") != nil, "\(kind)")
    }
  }

  @Test func `a zip without model.ini is another file`() throws {
    let bytes = try PythonOracle.run(
      """
      import io, sys, zipfile
      out = io.BytesIO()
      with zipfile.ZipFile(out, 'w') as archive: archive.writestr('a/model.ini', 'x')
      sys.stdout.buffer.write(out.getvalue())
      """, input: [])
    #expect(try ModelFile.inspect(bytes, name: "m.zip").format == .other)
  }
}

// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Tells what a model file is and what it says of itself, without loading it.
public enum ModelFile {
  /// Bytes of a compressed pickle that are looked at, unpacked.
  static let pickleBytes = 16 << 20

  /// Describes an open regular file, whose offset stays where it is. `name` is its file name: it
  /// decides where content does not, and never against it.
  ///
  /// Cost: PMML is read whole, ONNX and pickles through 64 KiB windows, archives by their directory.
  /// Throws for a file that claims a form by content or name and breaks its rules.
  public static func inspect(
    readingFrom descriptor: Int32, name: String
  ) throws(ModelError) -> ModelDescription {
    try inspect(ModelSource(descriptor: descriptor), name)
  }

  /// Describes a file in memory.
  public static func inspect(_ bytes: [UInt8], name: String) throws(ModelError) -> ModelDescription
  {
    try inspect(ModelSource(bytes), name)
  }

  /// What a file claims to be, by its first bytes, else by its name. Never an error but of reading.
  public static func format(
    readingFrom descriptor: Int32, name: String
  ) throws(ModelError) -> ModelFormat {
    try claim(ModelSource(descriptor: descriptor), name)
  }

  private static func inspect(
    _ source: ModelSource, _ name: String
  ) throws(ModelError) -> ModelDescription {
    switch try claim(source, name) {
    case .pmml:
      return ModelDescription(format: .pmml, details: .pmml(try PMMLReader.read(source)))
    case .onnx:
      return ModelDescription(format: .onnx, details: .onnx(try ONNXReader.read(source)))
    case .mojo:
      let archive = try ZipArchive(source)
      guard MOJOReader.holdsModel(archive) else {
        return ModelDescription(format: .other, details: .other("a zip archive"))
      }
      return ModelDescription(format: .mojo, details: .mojo(try MOJOReader.read(archive)))
    case .pickle, .joblib: return try pickle(source, name)
    case .other:
      let head = try source.read(at: 0, 16)
      return ModelDescription(format: .other, details: .other(kind(head)))
    }
  }

  private static func claim(
    _ source: ModelSource, _ name: String
  ) throws(ModelError) -> ModelFormat {
    let head = try source.read(at: 0, 4_096)
    let ending = extensions(name)
    if looksLikePMML(head) { return .pmml }
    if ZipArchive.begins(head) { return .mojo }
    if head.count >= 2, head[0] == 0x80, head[1] <= 5 {
      return ending == "joblib" ? .joblib : .pickle
    }
    if looksLikeONNX(head) { return .onnx }
    switch ending {
    case "pmml": return .pmml
    case "onnx": return .onnx
    case "mojo": return .mojo
    case "joblib": return .joblib
    case "pkl", "pickle", "pck": return .pickle
    default: return .other
    }
  }

  private static func extensions(_ name: String) -> String {
    guard let dot = name.utf8.lastIndex(of: 0x2e) else { return "" }
    return String(name[name.utf8.index(after: dot)...]).lowercased()
  }

  /// XML whose first element is PMML, or that names PMML near its start.
  private static func looksLikePMML(_ head: [UInt8]) -> Bool {
    // UTF-16 has a zero in each character of markup; without them it reads the same.
    let text = head.filter { $0 != 0 }
    let start =
      text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : text.first.map { $0 >= 0xfe } == true ? 2 : 0
    guard text.dropFirst(start).first(where: { $0 > 0x20 }) == 0x3c else { return false }
    let word = Array("PMML".utf8)
    return text.indices.dropLast(3).contains { at in
      at > 0 && text[at] == 0x50 && text[at..<(at + 4)].elementsEqual(word)
        && (text[at - 1] == 0x3c || text[at - 1] == 0x3a)
    }
  }

  /// A protocol buffer that begins with a plausible `ir_version` and then a field of ModelProto.
  private static func looksLikeONNX(_ head: [UInt8]) -> Bool {
    head.count >= 3 && head[0] == 0x08 && (1...20).contains(head[1])
      && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].contains(head[2])
  }

  private static func pickle(
    _ source: ModelSource, _ name: String
  ) throws(ModelError) -> ModelDescription {
    let head = try source.read(at: 0, 8)
    let claimed: ModelFormat = extensions(name) == "joblib" ? .joblib : .pickle
    var program: PickleProgram
    if let compression = compression(head) {
      program = PickleProgram()
      if compression == "zlib" || compression == "gzip",
        let result = Inflate.inflate(
          try source.read(at: 0, pickleBytes), .zlibOrGzip, limit: pickleBytes)
      {
        program = PickleScan.scan(ModelSource(result.bytes))
        program.isComplete = program.isComplete && result.isWhole
      }
      program.compression = Text(compression)
    } else {
      program = PickleScan.scan(source)
      let isBinary = head.first == 0x80
      guard isBinary || program.isComplete else {
        throw .malformed(claimed, offset: 0, reason: "it is no pickle of any protocol")
      }
    }
    let isJoblib =
      claimed == .joblib || program.imports.contains { $0.string.hasPrefix("joblib.numpy_pickle") }
    return ModelDescription(format: isJoblib ? .joblib : .pickle, details: .pickle(program))
  }

  private static func compression(_ head: [UInt8]) -> String? {
    let kinds: [([UInt8], String)] = [
      ([0x1f, 0x8b], "gzip"), ([0x78, 0x01], "zlib"), ([0x78, 0x5e], "zlib"),
      ([0x78, 0x9c], "zlib"), ([0x78, 0xda], "zlib"), ([0x42, 0x5a, 0x68], "bzip2"),
      ([0xfd, 0x37, 0x7a, 0x58], "xz"), ([0x5d, 0, 0], "lzma"), ([4, 0x22, 0x4d, 0x18], "lz4"),
    ]
    return kinds.first { head.starts(with: $0.0) }?.1
  }

  /// What the first bytes of any other file look like.
  private static func kind(_ head: [UInt8]) -> String {
    let kinds: [([UInt8], String)] = [
      ([0x89, 0x48, 0x44, 0x46], "HDF5"), (Array("GGUF".utf8), "GGUF"),
      (Array("PAR1".utf8), "Parquet"), ([0x1f, 0x8b], "compressed with gzip"),
      ([0x7f, 0x45, 0x4c, 0x46], "a program (ELF)"), (Array("#!".utf8), "a script"),
      (Array("%PDF".utf8), "PDF"), (Array("{".utf8), "JSON, by its first byte"),
      (Array("<".utf8), "XML, by its first byte"),
    ]
    if head.isEmpty { return "an empty file" }
    return kinds.first { head.starts(with: $0.0) }?.1 ?? "an unknown form"
  }
}

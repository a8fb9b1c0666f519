// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Reads the instructions of a pickle without doing any of them.
///
/// It keeps a stack of what matters: words that name what is imported, and the sizes of joblib's
/// arrays, which lie between instructions and are stepped over. Everything is bounded; where it can
/// no longer follow, it stops and says so.
struct PickleScan {
  /// What stands on the stack, as far as it matters.
  private enum Value {
    case mark
    case other
    case int(Int)
    case text(String)
    case ints([Int])
    case global(String)
    case dtype(String)
    case wrapper
    case fields(Array)
  }

  /// What a joblib array wrapper says of the bytes behind it.
  private struct Array {
    var shape: [Int]?
    var dtype: String?
    var isAligned = false
  }

  private static let instructionLimit: UInt64 = 50_000_000
  private static let stackLimit = 1 << 20
  private static let importLimit = 1_000
  private static let wordLimit = 512
  private static let wordBudget = 64 << 20

  private var cursor: ModelCursor
  private var stack: [Value] = []
  private var memo: [Int: Value] = [:]
  private var imports: Set<Text> = []
  private var program = PickleProgram()
  /// The memos of the pickles around this one: joblib writes an array of objects as one inside.
  private var outer: [[Int: Value]] = []
  private var outerCount = 0
  /// Bytes of words that were kept.
  private var wordBytes = 0

  init(_ source: ModelSource) { cursor = ModelCursor(source, .pickle) }

  /// Reads as far as it can be followed; never fails.
  static func scan(_ source: ModelSource) -> PickleProgram {
    var scan = PickleScan(source)
    do {
      scan.program.isComplete = try scan.run()
    } catch { scan.program.isComplete = false }
    var program = scan.program
    program.imports = scan.imports.sorted {
      $0.string.utf8.lexicographicallyPrecedes($1.string.utf8)
    }
    program.alarming = program.imports.filter(isAlarming)
    return program
  }

  /// Modules and functions by which a pickle reaches outside itself.
  private static func isAlarming(_ name: Text) -> Bool {
    let modules = [
      "os", "posix", "nt", "subprocess", "sys", "socket", "shutil", "runpy", "pty", "importlib",
      "webbrowser", "ctypes", "pip", "code", "commands", "platform", "asyncio", "multiprocessing",
      "urllib", "http", "requests", "marshal", "types", "timeit", "pdb", "bdb", "cProfile",
      "profile",
    ]
    let builtins = [
      "eval", "exec", "compile", "open", "getattr", "setattr", "delattr", "__import__", "globals",
      "locals", "vars", "input", "breakpoint", "apply", "execfile",
    ]
    let parts = name.string.split(separator: ".")
    guard let module = parts.first.map(String.init) else { return false }
    if module == "builtins" || module == "__builtin__" {
      return parts.count < 2 || builtins.contains(String(parts[1]))
    }
    return modules.contains(module)
  }

  private mutating func run() throws(ModelError) -> Bool {
    while true {
      program.instructions += 1
      guard program.instructions <= Self.instructionLimit, stack.count <= Self.stackLimit,
        memo.count + outerCount <= Self.stackLimit
      else { return false }
      let opcode = try cursor.byte()
      if opcode == 0x2e {
        guard let memo = outer.popLast() else { return true }
        self.memo = memo
        outerCount -= memo.count
        _ = popToMark()
        continue
      }
      guard try step(opcode) else { return false }
    }
  }

  private mutating func push(_ value: Value) { stack.append(value) }

  /// Pops one value, but no mark.
  private mutating func pop() -> Value {
    if case .mark? = stack.last { return .other }
    return stack.popLast() ?? .other
  }

  private mutating func popToMark() -> [Value] {
    var values: [Value] = []
    while let value = stack.popLast() {
      if case .mark = value { break }
      values.append(value)
    }
    return values.reversed()
  }

  /// One instruction; false where it is none that is known.
  private mutating func step(_ opcode: UInt8) throws(ModelError) -> Bool {
    switch opcode {
    case 0x80:
      let version = Int(try cursor.byte())
      guard version <= 5 else { return false }
      program.protocolVersion = max(program.protocolVersion, version)
    case 0x95: try cursor.skip(8)
    case 0x28: push(.mark)
    case 0x30: _ = pop()
    case 0x31: _ = popToMark()
    case 0x32: push(stack.last ?? .other)
    case 0x49, 0x4c: try lineNumber()
    case 0x46:
      _ = try line()
      push(.other)
    case 0x50:
      _ = try line()
      push(.other)
    case 0x51:
      _ = pop()
      push(.other)
    case 0x4a: push(.int(Int(Int32(truncatingIfNeeded: try cursor.little(4)))))
    case 0x4b: push(.int(Int(try cursor.little(1))))
    case 0x4d: push(.int(Int(try cursor.little(2))))
    case 0x47:
      try cursor.skip(8)
      push(.other)
    case 0x4e, 0x88, 0x89, 0x5d, 0x8f, 0x97: push(.other)
    case 0x7d: push(.fields(Array()))
    case 0x29: push(.ints([]))
    case 0x53, 0x56: push(.text(unquoted(try line())))
    case 0x8a: try longInteger(try cursor.little(1))
    case 0x8b: try longInteger(try cursor.little(4))
    case 0x54, 0x58: try text(try cursor.little(4))
    case 0x55, 0x8c: try text(try cursor.little(1))
    case 0x8d: try text(try cursor.little(8))
    case 0x42: try opaque(try cursor.little(4))
    case 0x43: try opaque(try cursor.little(1))
    case 0x8e, 0x96: try opaque(try cursor.little(8))
    default: return try structure(opcode)
    }
    return true
  }

  /// Instructions that combine what is on the stack.
  private mutating func structure(_ opcode: UInt8) throws(ModelError) -> Bool {
    switch opcode {
    case 0x61: _ = pop()
    case 0x65, 0x90: _ = popToMark()
    case 0x73:
      let value = pop()
      set(pop(), value)
    case 0x75:
      let values = popToMark()
      for at in stride(from: 0, to: values.count - 1, by: 2) { set(values[at], values[at + 1]) }
    case 0x64, 0x6c:
      _ = popToMark()
      push(.other)
    case 0x91:
      _ = popToMark()
      push(.other)
    case 0x74: push(tuple(popToMark()))
    case 0x85: push(tuple([pop()]))
    case 0x86:
      let second = pop()
      push(tuple([pop(), second]))
    case 0x87:
      let third = pop()
      let second = pop()
      push(tuple([pop(), second, third]))
    case 0x63:
      let module = try line()
      global(module, try line())
    case 0x69:
      let module = try line()
      let name = try line()
      _ = popToMark()
      global(module, name)
      _ = pop()
      push(.other)
    case 0x93:
      let name = pop()
      let module = pop()
      if case .text(let module) = module, case .text(let name) = name {
        global(module, name)
      } else {
        global("?", "?")
      }
    case 0x82, 0x83, 0x84:
      try cursor.skip(opcode == 0x82 ? 1 : opcode == 0x83 ? 2 : 4)
      global("copyreg", "extension")
    case 0x52, 0x81:
      let arguments = pop()
      made(pop(), arguments)
    case 0x92:
      _ = pop()
      let arguments = pop()
      made(pop(), arguments)
    case 0x6f:
      _ = popToMark()
      push(.other)
    case 0x62: return try build()
    case 0x98: break
    case 0x70: memorize(Int(try line()) ?? 0)
    case 0x71: memorize(Int(try cursor.little(1)))
    case 0x72: memorize(Int(try cursor.little(4)))
    case 0x94: memorize(memo.count)
    case 0x67: push(memo[Int(try line()) ?? 0] ?? .other)
    case 0x68: push(memo[Int(try cursor.little(1))] ?? .other)
    case 0x6a: push(memo[Int(try cursor.little(4))] ?? .other)
    default: return false
    }
    return true
  }

  private mutating func memorize(_ place: Int) { memo[place] = stack.last ?? .other }

  private mutating func line() throws(ModelError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try cursor.byte()
      if byte == 0x0a { return String(decoding: bytes, as: UTF8.self) }
      // Only the beginning of a long one is kept.
      if bytes.count < Self.wordLimit { bytes.append(byte) }
    }
  }

  private func unquoted(_ word: String) -> String {
    guard word.utf8.count >= 2, let first = word.utf8.first, first == 0x27 || first == 0x22,
      word.utf8.last == first
    else { return word }
    return String(word.dropFirst().dropLast())
  }

  private mutating func lineNumber() throws(ModelError) {
    var word = try line()[...]
    if word.hasSuffix("L") { word = word.dropLast() }
    push(Int(word).map(Value.int) ?? .other)
  }

  private mutating func longInteger(_ count: UInt64) throws(ModelError) {
    guard count <= 8 else { return try opaque(count) }
    var value: Int64 = 0
    for at in 0..<count {
      let byte = try cursor.byte()
      value |= Int64(byte) << Int64(8 * at)
      if at + 1 == count, byte & 0x80 != 0, count < 8 { value -= 1 << Int64(8 * count) }
    }
    push(.int(Int(value)))
  }

  private mutating func text(_ count: UInt64) throws(ModelError) {
    guard count <= UInt64(Self.wordLimit), wordBytes < Self.wordBudget else {
      return try opaque(count)
    }
    wordBytes += Int(count)
    let bytes = try cursor.bytes(count, limit: Self.wordLimit, "a word")
    push(.text(String(decoding: bytes, as: UTF8.self)))
  }

  private mutating func opaque(_ count: UInt64) throws(ModelError) {
    try cursor.skip(count)
    push(.other)
  }

  private mutating func global(_ module: String, _ name: String) {
    let whole = "\(module).\(name)"
    if imports.count < Self.importLimit { imports.insert(Text(whole)) }
    push(.global(whole))
  }

  /// What a call gives: types of arrays and joblib's wrapper are told apart.
  private mutating func made(_ callee: Value, _ arguments: Value) {
    guard case .global(let name) = callee else { return push(.other) }
    if name == "joblib.numpy_pickle.NumpyArrayWrapper" { return push(.wrapper) }
    if name == "numpy.dtype", case .text(let code) = arguments { return push(.dtype(code)) }
    push(.other)
  }

  /// A tuple: of whole numbers it is a shape; one that begins with a word stands for that word.
  private func tuple(_ values: [Value]) -> Value {
    if case .text(let word)? = values.first { return .text(word) }
    var numbers: [Int] = []
    for value in values.prefix(65) {
      guard case .int(let number) = value else { return .other }
      numbers.append(number)
    }
    return numbers.count <= 64 ? .ints(numbers) : .other
  }

  /// Sets a member of the dictionary on the top.
  private mutating func set(_ key: Value, _ value: Value) {
    guard case .text(let name) = key, case .fields(var fields)? = stack.last else { return }
    switch (name, value) {
    case ("shape", .ints(let shape)): fields.shape = shape
    case ("dtype", .dtype(let code)): fields.dtype = code
    case ("numpy_array_alignment_bytes", .int): fields.isAligned = true
    default: return
    }
    stack[stack.count - 1] = .fields(fields)
  }

  /// State for an object; behind that of joblib's wrapper lie the bytes of an array.
  private mutating func build() throws(ModelError) -> Bool {
    let state = pop()
    guard case .wrapper? = stack.last, case .fields(let array) = state else { return true }
    guard let shape = array.shape, let dtype = array.dtype else { return false }
    if dtype.hasPrefix("O") {
      // Objects follow as a pickle of their own.
      guard outer.count < 64 else { return false }
      outer.append(memo)
      outerCount += memo.count
      memo = [:]
      push(.mark)
      return true
    }
    guard let size = Self.itemSize(dtype) else { return false }
    var bytes = UInt64(size)
    for length in shape {
      guard length >= 0 else { return false }
      let (product, overflows) = bytes.multipliedReportingOverflow(by: UInt64(length))
      guard !overflows else { return false }
      bytes = product
    }
    if array.isAligned { try cursor.skip(try cursor.little(1)) }
    try cursor.skip(bytes)
    return true
  }

  /// Bytes of an element: `f8`, `<i4`, `b1`, `S5`, `U10` (four bytes each), `V64`.
  private static func itemSize(_ dtype: String) -> Int? {
    var code = dtype.utf8[...]
    if let first = code.first, [0x3c, 0x3e, 0x3d, 0x7c].contains(first) { code = code.dropFirst() }
    guard let kind = code.first, let size = Int(Substring(code.dropFirst())), size >= 0,
      size < 1 << 32
    else { return nil }
    return kind == 0x55 ? 4 * size : size
  }
}

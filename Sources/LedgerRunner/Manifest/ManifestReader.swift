// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Reads a manifest's values into their types; every refusal names the place.
struct ManifestReader {
  let file: String

  init(file: String) { self.file = file }

  private typealias Members = [String: (place: ManifestNode.Place, value: ManifestNode)]

  mutating func manifest(_ root: ManifestNode) throws(ManifestError) -> Manifest {
    let members = try members(
      root, "the manifest", ["project", "env", "code", "models", "features"])
    guard let project = members["project"] else {
      throw refuse("the project's name is missing", "add a line such as project: churn", root.place)
    }
    var manifest = Manifest(
      project: try name(project.value, "a project's name"), environment: Manifest.Variables(),
      code: [], models: [:], features: [:], digest: Digest(words: (0, 0, 0, 0)))
    if let environment = members["env"] { manifest.environment = try variables(environment.value) }
    if let code = members["code"] { manifest.code = try globs(code.value) }
    if let models = members["models"] {
      for (name, value, _) in try named(models.value, "models") {
        manifest.models[name] = try model(value, name)
      }
    }
    if let features = members["features"] {
      for (name, value, place) in try named(features.value, "features") {
        guard manifest.models[name] == nil else {
          throw refuse(
            "\(name) is already a model of this project", "give the feature task another name",
            place)
        }
        manifest.features[name] = try feature(value, name)
      }
    }
    return manifest
  }

  private func variables(_ node: ManifestNode) throws(ManifestError) -> Manifest.Variables {
    let members = try members(node, "env", ["pass", "set"])
    var variables = Manifest.Variables()
    if let pass = members["pass"] {
      for item in try list(pass.value, "env.pass") {
        let name = try string(item, "a variable's name")
        try checkVariable(name, item.place)
        variables.pass.append(name)
      }
    }
    if let set = members["set"] {
      guard case .mapping(let entries, _) = set.value else {
        throw expected("a mapping", set.value)
      }
      for entry in entries {
        try checkVariable(entry.key, entry.place)
        switch entry.value {
        case .string(let text, let place):
          try checkNul(text, place)
          variables.set[entry.key] = text
        case .number(_, let written, _): variables.set[entry.key] = written
        default:
          throw refuse(
            "the value of \(entry.key) must be text, but is \(entry.value.words)",
            "write it in quotes", entry.value.place)
        }
      }
    }
    return variables
  }

  private func checkVariable(
    _ name: String, _ place: ManifestNode.Place
  ) throws(ManifestError) {
    guard JobEnvironment.isVariable(name) else {
      throw refuse(
        "\(name) cannot be the name of a variable", "use letters, digits and _, not first a digit",
        place)
    }
    guard !JobEnvironment.isReserved(name) else {
      throw refuse(
        "\(name) is set by JobLedger itself", "choose a name that does not begin with JOBLEDGER_",
        place)
    }
  }

  private func globs(_ node: ManifestNode) throws(ManifestError) -> [String] {
    var globs: [String] = []
    for item in try list(node, "code") {
      let glob = try string(item, "a glob")
      guard Glob(glob) != nil else {
        throw refuse(
          "\(glob) is no glob of files in this folder",
          "give a relative path with *, ** or ?, without .. or a leading /", item.place)
      }
      globs.append(glob)
    }
    return globs
  }

  private func model(_ node: ManifestNode, _ name: Name) throws(ManifestError) -> Manifest.Model {
    let members = try members(
      node, "the model \(name)", ["train", "evaluate", "predict", "deploy", "retire"])
    func task(_ key: String) throws(ManifestError) -> Manifest.Task? {
      guard let member = members[key] else { return nil }
      return try self.task(member.value, "\(name).\(key)", predicts: key == "predict")
    }
    return Manifest.Model(
      train: try task("train"), evaluate: try task("evaluate"), predict: try task("predict"),
      deploy: try task("deploy"), retire: try task("retire"))
  }

  private func feature(
    _ node: ManifestNode, _ name: Name
  ) throws(ManifestError) -> Manifest.Feature {
    let members = try members(node, "the feature task \(name)", ["import", "run"])
    var feature = Manifest.Feature()
    if let taken = members["import"] {
      let inner = try self.members(taken.value, "\(name).import", ["files"])
      guard let files = inner["files"] else {
        throw refuse("\(name).import names no files", "add files: [features.py]", taken.place)
      }
      for item in try list(files.value, "files") {
        feature.importFiles.append(try path(item, "a file"))
      }
    }
    if let run = members["run"] { feature.run = try task(run.value, "\(name).run") }
    return feature
  }

  private func task(
    _ node: ManifestNode, _ what: String, predicts: Bool = false
  ) throws(ManifestError) -> Manifest.Task {
    let members = try members(
      node, what, ["run", "inputs", "parameters"] + (predicts ? ["predicts"] : []))
    guard let run = members["run"] else {
      throw refuse(
        "\(what) has no command", "add a line such as run: [python3, train.py]", node.place)
    }
    guard case .list(let words, let place) = run.value else {
      throw refuse(
        "the command of \(what) must be a list, but is \(run.value.words)",
        "write each argument as one item, such as [python3, train.py]; no shell reads it",
        run.value.place)
    }
    var arguments: [String] = []
    for word in words {
      switch word {
      case .string(let text, let place):
        try checkNul(text, place)
        arguments.append(text)
      case .number(_, let written, _): arguments.append(written)
      default:
        throw refuse(
          "an argument must be text, but this is \(word.words)", "write it in quotes", word.place)
      }
    }
    guard let program = arguments.first, !program.isEmpty else {
      throw refuse("the command of \(what) is empty", "name a program to run", place)
    }
    var task = Manifest.Task(run: arguments)
    if let inputs = members["inputs"] {
      for (name, value, place) in try named(inputs.value, "inputs") {
        task.inputs[name] = try path(value, "the input \(name)")
        let variable = JobEnvironment.inputVariable(name)
        for other in task.inputs.keys
        where other != name && JobEnvironment.inputVariable(other) == variable {
          throw refuse(
            "the inputs \(other) and \(name) would both be \(variable)",
            "give one of them another name", place)
        }
      }
    }
    if let parameters = members["parameters"] {
      guard case .object(let object) = try json(parameters.value) else {
        throw expected("a mapping", parameters.value)
      }
      task.parameters = object
    }
    if let predicts = members["predicts"] { task.predicts = try columns(predicts.value) }
    return task
  }

  private func columns(_ node: ManifestNode) throws(ManifestError) -> [Text: Text] {
    guard case .mapping(let entries, _) = node else {
      throw refuse(
        "predicts must be a mapping, but is \(node.words)",
        "name the column of the data for a column of the outputs: {prediction: diagnosis}",
        node.place)
    }
    var columns: [Text: Text] = [:]
    for entry in entries { columns[Text(entry.key)] = Text(try string(entry.value, "a column")) }
    return columns
  }

  private func json(_ node: ManifestNode) throws(ManifestError) -> JSONValue {
    switch node {
    case .null: return .null
    case .bool(let value, _): return .bool(value)
    case .number(let value, _, _): return value
    case .string(let text, _): return .string(text)
    case .list(let items, _):
      var values: [JSONValue] = []
      for item in items { values.append(try json(item)) }
      return .array(values)
    case .mapping(let entries, let place):
      var members: [JSONObject.Member] = []
      for entry in entries {
        members.append(JSONObject.Member(name: Text(entry.key), value: try json(entry.value)))
      }
      guard let object = JSONObject(members) else {
        throw refuse("a key appears twice", "keep one of them", place)
      }
      return .object(object)
    }
  }

  // Shapes.

  private func members(
    _ node: ManifestNode, _ what: String, _ known: [String]
  ) throws(ManifestError) -> Members {
    guard case .mapping(let entries, _) = node else {
      throw refuse(
        "\(what) must be a mapping, but is \(node.words)",
        "give it the keys \(known.joined(separator: ", "))", node.place)
    }
    var members: Members = [:]
    for entry in entries {
      guard known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) else {
        throw refuse(
          "\(what) has no key \(entry.key)", "the keys are \(known.joined(separator: ", "))",
          entry.place)
      }
      members[entry.key] = (entry.place, entry.value)
    }
    return members
  }

  private func named(
    _ node: ManifestNode, _ what: String
  ) throws(ManifestError) -> [(Name, ManifestNode, ManifestNode.Place)] {
    guard case .mapping(let entries, _) = node else { throw expected("a mapping of names", node) }
    var named: [(Name, ManifestNode, ManifestNode.Place)] = []
    for entry in entries {
      guard let name = Name(entry.key) else {
        throw refuse(
          "\(entry.key) under \(what) is no name",
          "use up to 63 letters, digits, dots, dashes and underscores, first a letter or digit",
          entry.place)
      }
      named.append((name, entry.value, entry.place))
    }
    return named
  }

  private func name(_ node: ManifestNode, _ what: String) throws(ManifestError) -> Name {
    let text: String
    if case .number(_, let written, _) = node {
      text = written
    } else {
      text = try string(node, what)
    }
    guard let name = Name(text) else {
      throw refuse(
        "\(text) is no name",
        "use up to 63 letters, digits, dots, dashes and underscores, first a letter or digit",
        node.place)
    }
    return name
  }

  private func path(_ node: ManifestNode, _ what: String) throws(ManifestError) -> String {
    let path = try string(node, what)
    guard !path.isEmpty else { throw refuse("\(what) is empty", "name a file", node.place) }
    return path
  }

  private func list(_ node: ManifestNode, _ what: String) throws(ManifestError) -> [ManifestNode] {
    guard case .list(let items, _) = node else {
      throw refuse("\(what) must be a list, but is \(node.words)", "write [one, two]", node.place)
    }
    return items
  }

  private func string(_ node: ManifestNode, _ what: String) throws(ManifestError) -> String {
    guard case .string(let text, let place) = node else {
      throw refuse("\(what) must be text, but is \(node.words)", "write it in quotes", node.place)
    }
    try checkNul(text, place)
    return text
  }

  private func checkNul(_ text: String, _ place: ManifestNode.Place) throws(ManifestError) {
    guard !text.utf8.contains(0) else {
      throw refuse("a NUL cannot be passed to a program", "remove it", place)
    }
  }

  private func expected(_ what: String, _ node: ManifestNode) -> ManifestError {
    refuse("\(what) is expected here, but this is \(node.words)", "write key: value", node.place)
  }

  private func refuse(
    _ what: String, _ whatNext: String, _ place: ManifestNode.Place
  ) -> ManifestError {
    ManifestError(
      kind: .content, file: file, line: place.line, column: place.column, what: what,
      whatNext: whatNext)
  }
}

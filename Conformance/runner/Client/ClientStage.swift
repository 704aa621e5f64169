import Causality
import Documents
import JSON
import Platform
import Replica

/// Where one scenario is played against a laptop program: its directory, a server that is at fault, and
/// other laptops that reach the server without fault.
final class ClientStage {
  /// So often a laptop may try once the server is sane.
  private static let maximumAttemptCount = 3

  private let server: FaultyServer
  private let others: ScenarioStage
  private let laptop: LaptopProgram
  private let files: String
  /// What was written on the laptop: it must never be lost.
  private var written: [DocumentKey: JSONObject] = [:]
  /// Transactions that the laptop must have made; nil if that is its own affair.
  private var writeCount: Int? = 0
  /// The types that are looked at.
  private var types: Set<String> = ["patient"]

  static func play(_ scenario: Scenario, program: String, _ setup: ReplicaSetup) -> Verdict {
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    let directory = "\(parent)/satchel-conformance-\(setup.newID())"
    defer { try? setup.fileSystem.removeTree(directory) }
    do {
      try setup.fileSystem.createDirectory(directory)
      let server = try FaultyServer(directory: "\(directory)/server", setup)
      defer { server.close() }
      let stage = ClientStage(server, program: program, directory: directory, setup)
      return scenario.play(stage.carryOut)
    } catch {
      return .failed("the stage: \(error)")
    }
  }

  private init(
    _ server: FaultyServer, program: String, directory: String, _ setup: ReplicaSetup
  ) {
    self.server = server
    files = directory
    others = ScenarioStage(url: server.saneURL, code: nil, driver: server, setup.world)
    laptop = LaptopProgram(driver: program, directory: "\(directory)/laptop")
  }

  // MARK: - Sentences

  /// What most scenarios begin and end with.
  private static let common = [
    "A and the laptop have worked": [
      "laptop A", "the laptop is enrolled",
      "A writes ana first_name=Ana last_name=Lima status=active phone=1", "A syncs",
      "the laptop syncs", "the laptop writes ana notes=before", "A writes ana phone=2",
      "A writes bo first_name=Bo last_name=Ek status=active phone=3", "A syncs",
      "the laptop writes cleo first_name=Cleo last_name=Ray status=active phone=4",
    ],
    "nothing new of A is on the laptop": [
      "ana on the laptop has phone=1", "bo on the laptop is missing",
    ],
    "A and the laptop meet": [
      "the server is sane", "the laptop comes through", "A syncs", "the laptop syncs",
      "A and the laptop are equal",
    ],
  ]

  private func carryOut(_ words: [String]) throws {
    let sentence = words.joined(separator: " ")
    if let steps = Self.common[sentence] {
      for step in steps {
        do { try carryOut(step.split(separator: " ").map(String.init)) } catch let failure
          as ScenarioFailure
        { throw ScenarioFailure("\(step): \(failure)") }
      }
      return
    }
    switch (words.prefix(2).joined(separator: " "), words.dropFirst().prefix(3)) {
    case ("the laptop", _): try act(Array(words.dropFirst(2)))
    case ("the server", _): server.begin(try Fault(Array(words.dropFirst(2))))
    case (_, ["on", "the", "laptop"]): try expect(words[0], Array(words.dropFirst(4)))
    case (_, ["and", "the", "laptop"]): try expectEqual(words[0])
    default: try others.carryOut(words)
    }
  }

  private func act(_ words: [String]) throws {
    switch words.joined(separator: " ") {
    case "is enrolled":
      try laptop.run("new")
      try laptop.run("enroll", server.url, try server.newCode())
    case "syncs": try sync { $0 == 0 }
    case "fails to sync": try sync { $0 != 0 }
    case "tries to sync": try sync { _ in true }
    case "comes through": try comeThrough()
    case "goes on working": try goOnWorking()
    case "has unsent work":
      if try laptop.unsentCount() == 0 { throw ScenarioFailure("it says that nothing is unsent") }
    case "has asked for no page twice":
      let count = server.repeatedPageCount
      if count > 0 { throw ScenarioFailure("\(count) pages were asked for again") }
    default:
      switch (words[0], words.suffix(1)) {
      case ("writes", ["patients"]): try create(words)
      case ("writes", _): try write(words[1], Array(words.dropFirst(2)))
      case ("has", ["patients"]): try expectCount(words[1])
      default: throw ScenarioFailure("the sentence is not understood")
      }
    }
  }

  // MARK: - The laptop

  private func write(_ name: String, _ fields: [String]) throws {
    let key = ScenarioStage.key(name)
    try laptop.write(key, fields)
    types.insert(key.type)
    writeCount = writeCount.map { $0 + 1 }
    for member in try ScenarioStage.fields(fields).members {
      written[key, default: [:]][member.key] = member.value
    }
  }

  /// What a user does who does not care about servers: reads, makes and changes.
  private func goOnWorking() throws {
    try write("dina", ["first_name=Dina", "last_name=Wu", "status=active", "phone=5"])
    try write("cleo", ["phone=6"])
    try expectWritten()
  }

  /// `the laptop writes 100 long patients`, in as many transactions as it likes.
  private func create(_ words: [String]) throws {
    guard let count = Int(words[1]) else { throw ScenarioFailure("no number of patients") }
    var lines: [UInt8] = []
    for index in 0..<count {
      let key = ScenarioStage.key("own-\(index)")
      let fields = ScenarioStage.sample(index, isLong: words[2] == "long")
      written[key] = fields
      var object: JSONObject = ["id": .string(key.id.description)]
      for member in fields.members { object.append(member.key, member.value) }
      lines += JSONValue.object(object).bytes + [UInt8(ascii: "\n")]
    }
    let file = "\(files)/patients"
    try POSIXFileSystem().writeFileDurably(file, lines)
    try laptop.run("create", "patient", file)
    writeCount = nil
  }

  /// - Parameter isExpected: the status.
  private func sync(_ isExpected: (Int32) -> Bool) throws {
    let ending = try laptop.attempt("sync")
    guard isExpected(ending.status) else {
      throw ScenarioFailure("sync ended with status \(ending.status): \(ending.errors)")
    }
    if ending.status != 0, ending.errors.isEmpty {
      throw ScenarioFailure("sync fails and does not say why")
    }
    try expectWritten()
  }

  private func comeThrough() throws {
    for attempt in 1...Self.maximumAttemptCount {
      let isLast = attempt == Self.maximumAttemptCount
      do { return try sync { $0 == 0 } } catch { if isLast { throw error } }
    }
  }

  // MARK: - Expectations

  /// Everything that was written on the laptop can be read there.
  private func expectWritten() throws {
    for type in Set(written.keys.map(\.type)).sorted() {
      let found = try laptop.documents(type)
      for key in written.keys.filter({ $0.type == type }).sorted() {
        try compare(found[key], written[key] ?? [:], key, on: "the laptop")
      }
    }
  }

  /// `ana on the laptop has phone=1`, `ana on the laptop is missing`.
  private func expect(_ name: String, _ words: [String]) throws {
    let key = ScenarioStage.key(name)
    let found = try laptop.documents(key.type)[key]
    switch words[0] {
    case "has":
      types.insert(key.type)
      try compare(found, try ScenarioStage.fields(words.dropFirst()), key, on: "the laptop")
    case "is" where words[1] == "missing":
      if found != nil { throw ScenarioFailure("it is there") }
    default: throw ScenarioFailure("the sentence is not understood")
    }
  }

  private func expectCount(_ number: String) throws {
    let count = try laptop.documents("patient").count
    if "\(count)" != number { throw ScenarioFailure("there are \(count)") }
  }

  /// The laptop shows what another one does, nothing that was written is missing, and nothing was written
  /// twice.
  private func expectEqual(_ name: String) throws {
    let other = try others.laptop(name)
    for type in types.sorted() {
      let here = try laptop.documents(type)
      let there = other.memory.documents.keys.filter {
        $0.type == type && other.fields($0) != nil
      }
      guard Set(there) == Set(here.keys) else {
        throw ScenarioFailure(
          "\(there.count) of type \(type) on \(name), \(here.count) on the laptop")
      }
      for key in there.sorted() {
        try compare(here[key], other.fields(key) ?? [:], key, on: "the laptop")
      }
    }
    for (key, fields) in written { try compare(other.fields(key), fields, key, on: name) }
    try expectOnce(other)
  }

  private func expectOnce(_ other: MemoryLaptop) throws {
    for document in other.memory.documents.values {
      for unit in document.units where unit.versions.count > 1 {
        throw ScenarioFailure("\(document.key) has \(unit.versions.count) versions of \(unit.name)")
      }
    }
    let count = try server.transactionCount(ofOthersThan: others.devices)
    if let writeCount, writeCount != count {
      throw ScenarioFailure("\(writeCount) transactions became \(count)")
    }
    let unsent = try laptop.unsentCount()
    if unsent != 0 { throw ScenarioFailure("\(unsent) are still unsent") }
  }

  private func compare(
    _ found: JSONObject?, _ fields: JSONObject, _ key: DocumentKey, on place: String
  ) throws {
    guard let found else { throw ScenarioFailure("\(key) is missing on \(place)") }
    for member in fields.members {
      let value = found[member.key] ?? .null
      guard value.isIdentical(to: member.value) else {
        let text = String(decoding: value.bytes, as: UTF8.self)
        throw ScenarioFailure("\(member.key) of \(key) is \(text) on \(place)")
      }
    }
  }
}

import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import SyncProtocol
import Synchronization

/// Where one scenario is played: its laptops, and the server under test.
final class ScenarioStage {
  private let url: String
  private let driver: any Operator
  private let world: ReplicaWorld
  /// For the first laptop of a run without a driver.
  private var code: String?
  private var account: String?
  private var laptops: [String: MemoryLaptop] = [:]
  private var memories: [String: MemoryLaptop.Memory] = [:]

  init(url: String, code: String?, driver: any Operator, _ world: ReplicaWorld) {
    (self.url, self.code, self.driver, self.world) = (url, code, driver, world)
  }

  // MARK: - Sentences

  func carryOut(_ words: [String]) throws {
    if words.contains("on"), words.count > 3 { return try expect(words) }
    if words.count == 4, words[1] == "has" { return try expectCount(words) }
    if words.suffix(2) == ["are", "equal"] { return try expectEqual(words.dropLast(2)) }
    switch words[0] {
    case "laptop": try addLaptop(words)
    case "server": try command(Array(words.dropFirst()))
    case "everybody": try everybodySyncs()
    default: try act(try laptop(words[0]), Array(words.dropFirst()))
    }
  }

  private func act(_ laptop: MemoryLaptop, _ words: [String]) throws {
    switch words[0] {
    case "writes" where words.suffix(1) == ["patients"]: try writeMany(laptop, words)
    case "writes" where words.suffix(2).first == "erases": try writeAndErase(laptop, words)
    case "asks":  // to erase ana
      laptop.set(
        Self.key("request-\(words[3])", type: "erasure_request"),
        [
          "document": Self.key(words[3]).reviewValue, "legal_ground": "request of the patient",
        ])
    case "writes": laptop.set(Self.key(words[1]), try Self.fields(words.dropFirst(2)))
    case "deletes": laptop.delete(Self.key(words[1]))
    case "restores": laptop.restore(Self.key(words[1]))
    case "erases": laptop.erase(Self.key(words[1]))
    case "nests":  // ana 49 levels
      guard let depth = Int(words[2]) else { throw ScenarioFailure("no number of levels") }
      let deep = (1..<depth).reduce(JSONValue.array([])) { value, _ in .array([value]) }
      laptop.set(Self.key(words[1]), ["plan": deep])
    case "lacks":
      if laptop.memory.documents[Self.key(words[1])] != nil { throw ScenarioFailure("it is there") }
    case "watches": try watch(laptop, while: try self.laptop(words[2]))  // while B syncs
    case "mistakes":  // its place
      laptop.mistakePlace()
    case "sends":  // 65 MiB
      let status = try laptop.postNonsense(byteCount: (Int(words[1]) ?? 0) << 20)
      if status != 413 { throw ScenarioFailure("it is answered with \(status)") }
    case "syncs": try sync(laptop, Array(words.dropFirst()))
    case "is" where words[1] == "refused": try expectRefusal(laptop, words[2])
    case "is" where words[1] == "copied":  // … to B
      laptops[words[3]] = try MemoryLaptop(copyOf: laptop, name: words[3])
    case "is" where words[1] == "ahead":  // … by 60 minutes
      guard let minutes = Int(words[3]) else { throw ScenarioFailure("no number of minutes") }
      laptop.skew = minutes * 60_000
    case "remembers": memories[laptop.name] = laptop.memory
    case "goes":  // back
      guard let memory = memories[laptop.name] else {
        throw ScenarioFailure("nothing to go back to")
      }
      laptop.memory = memory
    case "repeats": laptop.repeatRequests()
    case "enrols":  // anew
      try laptop.enrolAnew(code: try driver.run("new-code", account ?? ""))
    default: throw ScenarioFailure("the sentence is not understood")
    }
  }

  /// `A writes 2500 patients`, `A writes 100 long patients`: all in one transaction.
  private func writeMany(_ laptop: MemoryLaptop, _ words: [String]) throws {
    guard let count = Int(words[1]) else { throw ScenarioFailure("no number of patients") }
    let isLong = words[2] == "long"
    let keys = (0..<count).map { Self.key("patient-\($0)") }
    laptop.write(keys) { document, write, knowledge in
      laptop.set(&document, Self.sample(count, isLong: isLong), write, knowledge)
    }
  }

  /// A long patient: some 40 of them fill a page.
  static func sample(_ number: Int, isLong: Bool) -> JSONObject {
    var fields: JSONObject = [
      "first_name": "Patient", "last_name": .string("\(number)"), "status": "active",
    ]
    if isLong { fields.append("notes", .string(String(repeating: "a note. ", count: 3000))) }
    return fields
  }

  /// `A writes ana phone=2 and erases bo`, in one transaction.
  private func writeAndErase(_ laptop: MemoryLaptop, _ words: [String]) throws {
    let (written, erased) = (Self.key(words[1]), Self.key(words[words.count - 1]))
    let patch = try Self.fields(words[2..<words.count - 3])
    laptop.write([written, erased]) { document, write, knowledge in
      if document.key == written {
        laptop.set(&document, patch, write, knowledge)
      } else {
        document.delete(reason: .erasure, knowledge: knowledge, by: write)
      }
    }
  }

  private func sync(_ laptop: MemoryLaptop, _ words: [String]) throws {
    guard words.count == 3, let number = Int(words[2]) else {
      guard words.isEmpty else { throw ScenarioFailure("the sentence is not understood") }
      return try laptop.sync()
    }
    let faults: [String: LinkFault] = [
      "losing request": .losesRequest(number), "losing reply": .losesReply(number),
      "cutting request": .cutsRequest(number), "changing request": .changesRequest(number),
    ]
    guard let fault = faults["\(words[0]) \(words[1])"] else {
      throw ScenarioFailure("no such fault")
    }
    do { try laptop.sync(fault) } catch let refusal as SyncRefusal {
      guard [.malformed, .unavailable].contains(refusal.code) else { throw refusal }
    } catch is TransportError {}
  }

  /// The answer must come although nobody asks again.
  private func watch(_ laptop: MemoryLaptop, while other: MemoryLaptop) throws {
    let seen = laptop.memory.cursor?.head ?? 0
    let head = Mutex<UInt64?>(nil)
    let waiting = Waiting(laptop)
    let thread = try SystemThread { head.withLock { $0 = try? waiting.laptop.watch() } }
    defer { thread.join() }
    try other.sync()
    thread.join()
    guard let head = head.withLock({ $0 }), head > seen else {
      throw ScenarioFailure("it is not told")
    }
  }

  /// Lets one thread wait with a laptop that nobody uses meanwhile.
  private struct Waiting: @unchecked Sendable {
    let laptop: MemoryLaptop

    init(_ laptop: MemoryLaptop) { self.laptop = laptop }
  }

  private func everybodySyncs() throws {
    for _ in 0..<2 { for name in laptops.keys.sorted() { try laptops[name]?.sync() } }
  }

  private func addLaptop(_ words: [String]) throws {
    var code = self.code
    self.code = nil
    if code == nil {
      let isStranger = words.count > 2
      let account = try isStranger || self.account == nil ? driver.run("new-account") : self.account
      if !isStranger { self.account = account }
      code = try driver.run("new-code", account ?? "")
    }
    laptops[words[1]] = try MemoryLaptop(name: words[1], url: url, code: code ?? "", world)
  }

  private func command(_ words: [String]) throws {
    switch words.joined(separator: " ") {
    case "keeps a copy": try driver.run("snapshot")
    case "goes back": try driver.run("restore")
    case "restarts": try driver.run("restart")
    case "opens recovery": try driver.run("open-recovery", account ?? "")
    case "suspends the account": try driver.run("suspend", account ?? "")
    case "resumes the account": try driver.run("resume", account ?? "")
    case "tidies up": try driver.run("tidy")
    case "closes recovery": try driver.run("close-recovery", account ?? "")
    default:
      if words[0] == "is" {  // 35 days later
        try driver.run("wait", words[1])
        return
      }
      guard words.count == 2 else { throw ScenarioFailure("the sentence is not understood") }
      let device = try laptop(words[1]).device.description
      switch words[0] {
      case "revokes": try driver.run("revoke", device)
      case "retires": try driver.run("retire", device)
      default: throw ScenarioFailure("the sentence is not understood")
      }
    }
  }

  // MARK: - Expectations

  /// `ana on A has phone=1`, `ana on A has values phone=1 phone=2`, `ana on A is deleted`, `… is empty`.
  private func expect(_ words: [String]) throws {
    let (key, laptop) = (Self.key(words[0]), try laptop(words[2]))
    if words[3...] == ["is", "empty"] {
      if laptop.receivedErased.contains(key) || laptop.memory.documents[key]?.hasContent ?? true {
        throw ScenarioFailure("it is not")
      }
      return
    }
    if words[3] == "is" {
      let isDeleted = laptop.fields(key) == nil
      guard isDeleted == (words[4] == "deleted") else {
        throw ScenarioFailure("it is \(isDeleted ? "deleted" : "alive")")
      }
      return
    }
    guard words[3] == "has" else { throw ScenarioFailure("the sentence is not understood") }
    let isAll = words[4] == "values"
    for word in words.dropFirst(isAll ? 5 : 4) {
      for member in try Self.fields([word]).members {
        let found =
          isAll ? laptop.values(key, member.key) : [laptop.fields(key)?[member.key] ?? .null]
        guard found.contains(where: { $0.isIdentical(to: member.value) }) else {
          let values = found.map { String(decoding: $0.bytes, as: UTF8.self) }
          throw ScenarioFailure("\(member.key) is \(values.joined(separator: " and "))")
        }
      }
    }
  }

  /// `B has 2500 patients`, `B has 1 refused_change`.
  private func expectCount(_ words: [String]) throws {
    let laptop = try laptop(words[0])
    let type = words[3] == "patients" ? "patient" : words[3]
    let count = laptop.memory.documents.keys.filter {
      $0.type == type && laptop.fields($0) != nil
    }.count
    if "\(count)" != words[2] { throw ScenarioFailure("there are \(count)") }
  }

  private func expectEqual(_ names: ArraySlice<String>) throws {
    let states = try names.filter { $0 != "and" }.map { try laptop($0).state }
    for state in states.dropFirst() where state != states[0] {
      let different = zip(states[0], state).first { $0 != $1 }.map { "\($0.0)\nand\n\($0.1)" }
      throw ScenarioFailure("they differ: \(different ?? "in their number of documents")")
    }
  }

  private func expectRefusal(_ laptop: MemoryLaptop, _ code: String) throws {
    do { try laptop.sync() } catch let refusal as SyncRefusal {
      guard refusal.code.rawValue == code else {
        throw ScenarioFailure("it is refused with \(refusal.code.rawValue)")
      }
      return
    }
    throw ScenarioFailure("it is not refused")
  }

  // MARK: - Names

  /// Of all laptops here.
  var devices: [UniqueID] { laptops.values.map(\.device) }

  func laptop(_ name: String) throws -> MemoryLaptop {
    guard let laptop = laptops[name] else { throw ScenarioFailure("no laptop \(name)") }
    return laptop
  }

  /// Patients are called by names in lower case; other documents `TYPE/NAME`.
  static func key(_ name: String, type: String = "patient") -> DocumentKey {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    if parts.count == 2 { return key(parts[1], type: parts[0]) }
    let low = name.utf8.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) }
    return DocumentKey(type: type, id: UniqueID(high: 0x4000, low: 1 << 63 | low))
  }

  static func fields(_ words: some Sequence<String>) throws -> JSONObject {
    var fields = JSONObject()
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw ScenarioFailure("\(word) is no FIELD=VALUE") }
      fields[String(parts[0])] = .string(String(parts[1]))
    }
    return fields
  }
}

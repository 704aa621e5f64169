import Causality
import Clinic
import Documents
import JSON
import TestSupport

/// Several desks of a clinic that work apart and meet at random.
struct ClinicHistory {
  private(set) var desks: [Desk]
  /// Everything that was ever written.
  private(set) var changes: [Desk.Transaction.Change] = []
  private let world: DeskWorld
  private var generator: SeededGenerator
  private(set) var now: UInt64 = 1_772_000_000_000
  private var count = 0
  /// Whether desks are copied and go on twice. Then all meet the first only, which decides what
  /// transactions are called.
  let hasForks: Bool
  private(set) var forkCount = 0
  /// How often transactions got other names, and how often a desk got another id.
  private(set) var renamings = (names: 0, ids: 0)

  static func key(_ type: String, _ number: Int) -> DocumentKey {
    let types = ["clinic", "user", "doctor", "patient", "invite", "appointment", "cancellation"]
    let kind = types.firstIndex(of: type) ?? 9
    return DocumentKey(
      type: type, id: UniqueID(high: 0x4000, low: 1 << 63 | UInt64(kind * 100 + number)))
  }

  private static let edits: [@Sendable (inout ClinicHistory, Int) -> Void] = [
    { $0.editPatient($1) }, { $0.editPatient($1) }, { $0.book($1) }, { $0.move($1) },
    { $0.setStatus($1) }, { $0.cancel($1) }, { $0.cancel($1) }, { $0.arrive($1) },
    { $0.invite($1) },
    { $0.changeInvite($1) }, { $0.delete($1) }, { $0.restore($1) }, { $0.merge($1) },
    { $0.settle($1) }, { $0.editPeople($1) }, { $0.erase($1) },
  ]

  /// - Parameter look: is shown the history after each step.
  init(
    seed: Int, steps: Int, _ world: DeskWorld, look: (ClinicHistory) -> Void = { _ in }
  ) {
    self.world = world
    generator = SeededGenerator(seed: seed)
    hasForks = seed % 4 == 3
    desks = (1...UInt64(3 + generator.below(3))).map { Desk($0, world) }
    write(0) { transaction, world in Self.found(&transaction, world) }
    for index in desks.indices.dropFirst() { desks[index].pull(from: desks[0]) }
    for _ in 0..<steps {
      step()
      look(self)
    }
  }

  /// Lets all meet, each with each, in an order that the seed decides, some twice.
  mutating func meet() {
    for _ in 0..<2 {
      if hasForks {
        for index in desks.indices.shuffled(using: &generator) { sync(index) }
        continue
      }
      for index in desks.indices.shuffled(using: &generator) {
        for other in desks.indices.shuffled(using: &generator) where other != index {
          desks[index].pull(from: desks[other])
          if generator.once(in: 4) { desks[index].pull(from: desks[other]) }
        }
      }
    }
  }

  /// A desk and the server give each other what they have.
  private mutating func sync(_ desk: Int) {
    guard desk > 0 else { return }
    count += 1
    let newID = UniqueID(high: 0xde5d, low: UInt64(count))
    let id = desks[desk].id
    renamings.names += desks[desk].agreeOnNames(with: desks[0], newID: newID)
    renamings.ids += desks[desk].id == id ? 0 : 1
    desks[0].pull(from: desks[desk])
    desks[desk].pull(from: desks[0])
  }

  private mutating func step() {
    // No two transactions have one stamp: it names a write, whatever becomes of its dot.
    now += 1 + UInt64(generator.below(7_200_000))
    let desk = generator.below(desks.count)
    if generator.once(in: 6) {
      if hasForks { sync(desk) } else { desks[desk].pull(from: generator.pick(desks)) }
    } else if hasForks, desk > 0, forkCount < 2, generator.once(in: 15) {
      desks.append(desks[desk])
      forkCount += 1
    } else {
      generator.pick(Self.edits)(&self, desk)
    }
  }

  private mutating func write(
    _ desk: Int, _ body: (inout Desk.Transaction, DeskWorld) -> Void
  ) {
    let world = world
    changes += desks[desk].transact(at: now, nonce: generator.next()) { body(&$0, world) }
  }

  private static func found(_ transaction: inout Desk.Transaction, _ world: DeskWorld) {
    let id = { (type: String, number: Int) in
      JSONValue.string(key(type, number).id.description)
    }
    transaction.set(
      key("clinic", 1),
      ["name": "North", "timezone": "America/New_York", "clinic_metadata": [:]], world)
    for number in 1...2 {
      transaction.set(
        key("user", number),
        [
          "name": .string("User \(number)"), "email": .string("u\(number)@example.org"),
          "role": "clinician", "status": "active",
        ], world)
      transaction.set(
        key("doctor", number),
        [
          "clinic_id": id("clinic", 1), "user_id": id("user", number),
          "name": .string("Doctor \(number)"), "status": "active",
        ], world)
    }
    for number in 1...3 {
      transaction.set(
        key("patient", number),
        [
          "first_name": .string("First \(number)"), "last_name": "Lima", "status": "active",
          "email": .string("p\(number)@example.org"), "date_of_birth": "1980-02-03",
        ], world)
    }
  }

  // MARK: - What people do

  /// A document of a type that a desk has.
  private mutating func pick(_ type: String, _ desk: Int, upTo count: Int) -> DocumentKey? {
    let key = Self.key(type, 1 + generator.below(count))
    return desks[desk].documents[key] == nil ? nil : key
  }

  private mutating func unique() -> JSONValue {
    count += 1
    return .string("v\(count)")
  }

  private mutating func id(_ type: String, upTo count: Int) -> JSONValue {
    .string(Self.key(type, 1 + generator.below(count)).id.description)
  }

  private mutating func editPatient(_ desk: Int) {
    guard let key = pick("patient", desk, upTo: 5) else {
      let new = Self.key("patient", 4 + generator.below(2))
      let patch: JSONObject = [
        "first_name": .string(generator.pick(["First 1", "Bo"])), "last_name": "Lima",
        "date_of_birth": "1980-02-03", "status": "active",
        "email": .string(generator.pick(["p1@example.org", "bo@example.org"])),
        "external_id": "CH-1",
      ]
      return write(desk) { $0.set(new, patch, $1) }
    }
    let patches: [JSONObject] = [
      ["phone": unique()], ["email": .string(generator.pick(["p1@example.org", "x@example.org"]))],
      ["first_name": unique(), "date_of_birth": "1980-02-04"], ["notes": unique()],
      ["status": .string(generator.pick(["active", "inactive", "archived", "pending"]))],
      ["clinician_id": generator.once(in: 3) ? .null : id("user", upTo: 2)],
      ["user_id": id("user", upTo: 2)], ["external_id": unique()], ["ward": unique()],
    ]
    let patch = generator.pick(patches)
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func slot() -> JSONObject {
    let hour = generator.pick([10, 10, 11, 2])
    let date = hour == 2 ? "2026-03-08" : "2026-03-10"
    let clock = hour == 2 ? "02" : "\(hour)"
    return [
      "date": .string(date), "start_time": .string("\(clock):30"),
      "end_time": .string("\(hour == 2 ? "03" : "\(hour + 1)"):00"), "duration": 30,
      "doctor_id": id("doctor", upTo: 2),
    ]
  }

  private mutating func book(_ desk: Int) {
    let key = Self.key("appointment", 1 + generator.below(3))
    guard desks[desk].documents[key] == nil else { return move(desk) }
    var patch = slot()
    patch["clinic_id"] = .string(Self.key("clinic", 1).id.description)
    patch["patient_id"] = id("patient", upTo: 5)
    patch["time_zone"] = .string(generator.pick(["America/New_York", "America/Chicago"]))
    patch["status"] = "unconfirmed"
    patch["intake_status"] = "missing"
    patch["arrived"] = false
    patch["confirmation_code"] = .string(generator.pick(["7KQ2M4NA", "7KQ2M4NB", "7KQ2M4NC"]))
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func move(_ desk: Int) {
    guard let key = pick("appointment", desk, upTo: 3) else { return }
    let patch = generator.once(in: 4) ? ["notes": unique()] : slot()
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func setStatus(_ desk: Int) {
    guard let key = pick("appointment", desk, upTo: 3) else { return }
    let status = generator.pick(["confirmed", "unconfirmed", "completed", "no-show"])
    write(desk) { $0.set(key, ["status": .string(status), "cancellation": .null], $1) }
  }

  private mutating func cancel(_ desk: Int) {
    guard let key = pick("appointment", desk, upTo: 3) else { return }
    let reason = generator.pick([
      "patient-cancelled", "rescheduled-externally", "clinic-cancelled", "other",
    ])
    count += 1
    let record = DocumentKey(
      type: "cancellation", id: UniqueID(high: 0x4001, low: 1 << 63 | UInt64(count)))
    let patient =
      desks[desk].documents[key]?.versions(of: "patient_id").first?
      .value["patient_id"] ?? .null
    write(desk) { transaction, world in
      transaction.set(
        record,
        [
          "appointment_id": .string(key.id.description), "cancellation_type": .string(reason),
          "clinic_id": .string(Self.key("clinic", 1).id.description), "patient_id": patient,
        ], world)
      transaction.set(
        key, ["status": "cancelled", "cancellation": .string(record.id.description)], world)
    }
  }

  private mutating func arrive(_ desk: Int) {
    guard let key = pick("appointment", desk, upTo: 3) else { return }
    let hasArrived = !generator.once(in: 4)
    let minute = generator.pick(["00", "05"])
    let patch: JSONObject = [
      "arrived": .bool(hasArrived),
      "arrived_at": hasArrived ? .string("2026-03-10T14:\(minute):00.000Z") : .null,
    ]
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func invite(_ desk: Int) {
    let key = Self.key("invite", 1 + generator.below(2))
    guard desks[desk].documents[key] == nil else { return changeInvite(desk) }
    let patch: JSONObject = [
      "patient_id": id("patient", upTo: 3), "email": "p1@example.org", "status": "pending",
      "clinician_id": id("user", upTo: 2), "expires_at": "2026-04-15T12:00:00.000Z",
      "token_hashes": [.string(String(repeating: generator.pick(["a", "b", "c"]), count: 64))],
    ]
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func changeInvite(_ desk: Int) {
    guard let key = pick("invite", desk, upTo: 2) else { return }
    let patches: [JSONObject] = [
      ["status": "accepted", "user_id": id("user", upTo: 2)],
      ["status": "revoked", "revoke_reason": unique()], ["status": "expired"],
      ["expires_at": "2026-05-15T12:00:00.000Z"], ["custom_message": unique()],
    ]
    let patch = generator.pick(patches)
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func editPeople(_ desk: Int) {
    let patches: [(String, JSONObject)] = [
      ("doctor", ["status": .string(generator.pick(["active", "inactive"]))]),
      ("doctor", ["color": unique()]),
      ("user", ["status": .string(generator.pick(["active", "inactive", "suspended"]))]),
      ("user", ["role": .string(generator.pick(["clinician", "admin", "owner"]))]),
      ("user", ["email": .string(generator.pick(["u1@example.org", "u2@example.org"]))]),
      ("clinic", ["timezone": .string(generator.pick(["America/New_York", "America/Chicago"]))]),
      ("clinic", ["name": unique()]), ("user", ["name": unique()]),
    ]
    let (type, patch) = generator.pick(patches)
    guard let key = pick(type, desk, upTo: type == "clinic" ? 1 : 2) else { return }
    write(desk) { $0.set(key, patch, $1) }
  }

  private mutating func delete(_ desk: Int) {
    let type = generator.pick(["patient", "patient", "appointment", "invite", "user"])
    guard let key = pick(type, desk, upTo: 5) else { return }
    let reason = generator.pick([DeleteReason.mistake, .duplicate, .retention])
    let invites = type == "patient" ? (1...4).map { Self.key("invite", $0) } : []
    let documents = desks[desk].documents
    write(desk) { transaction, _ in
      transaction.delete(key, reason, cause: nil)
      for invite in invites {
        let patient = documents[invite]?.versions(of: "patient_id").first?.value["patient_id"]
        guard patient?.stringValue == key.id.description else { continue }
        transaction.delete(
          invite, reason, cause: DeleteCause(document: key, dot: transaction.write.dot))
      }
    }
  }

  private mutating func restore(_ desk: Int) {
    let deleted = desks[desk].documents.values.filter(\.hasLife).map(\.key).sorted()
    guard !deleted.isEmpty else { return }
    let key = generator.pick(deleted)
    write(desk) { $0.carryOut(.undelete(key), $1) }
  }

  /// Seldom: afterwards nothing happens to the document any more.
  private mutating func erase(_ desk: Int) {
    guard desk == 0, generator.once(in: 3) else { return }
    let type = generator.pick(["patient", "invite", "appointment"])
    guard let key = pick(type, 0, upTo: 5) else { return }
    write(0) { transaction, _ in transaction.erase(key) }
  }

  private mutating func merge(_ desk: Int) {
    guard let key = pick("patient", desk, upTo: 4) else { return }
    let target = id("patient", upTo: 4)
    let value = target.stringValue == key.id.description ? JSONValue.null : target
    write(desk) { $0.set(key, ["merged_into": value], $1) }
  }

  /// Carries out an action of an item of the desk's list.
  private mutating func settle(_ desk: Int) {
    let (reviewer, _, keys) = world.reviewer(Array(desks[desk].documents.values), now: now)
    let items = keys.flatMap { reviewer.items(of: $0) }.sorted(by: ReviewItem.comesBefore)
    guard !items.isEmpty else { return }
    let item = generator.pick(items)
    let action = generator.pick(item.actions)
    let decision = ReviewDecision.key(of: item, ids: world.ids)
    let fields = ReviewDecision.fields(of: item, action: action.name, reason: nil, by: nil)
    write(desk) { transaction, world in
      for step in action.steps { transaction.carryOut(step, world) }
      transaction.set(decision, fields, world)
    }
  }
}

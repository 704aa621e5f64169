import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// Deletes that everybody knows of, and what becomes of the content.
@Suite struct TrashTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let here: TestReplica
  let there: TestReplica
  let patient = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 7))
  let invite = DocumentKey(type: "invite", id: UniqueID(high: 0x4000, low: 1 << 63 | 8))

  init() throws {
    server = try TestReplica(clock: clock)
    here = try TestReplica(of: server, clock: clock)
    there = try TestReplica(of: server, clock: clock)
    try here.put([
      [
        "type": "patient", "id": .string(patient.id.description), "first_name": "Zephyrine",
        "last_name": "Quillfeather", "status": "active", "phone": "555-7341",
        "notes": "walks with a heronwood cane", "email": "zephyrine@example.org",
      ],
      [
        "type": "invite", "id": .string(invite.id.description),
        "patient_id": .string(patient.id.description), "email": "zephyrine@example.org",
        "status": "pending", "expires_at": "2026-09-01T00:00:00.000Z",
      ],
    ])
    try meet()
  }

  private var all: [TestReplica] { [here, there, server] }

  private func meet() throws {
    for laptop in [here, there, here, there] { try laptop.sync(with: server) }
  }

  private func content(_ replica: TestReplica, _ key: DocumentKey) throws -> Bool {
    try replica.replica.document(key)?.hasContent ?? false
  }

  @Test func `what is restored on day 29 is back with every field`() throws {
    let before = try here.shown(patient)
    try here.replica.delete(patient, reason: .mistake)
    try meet()
    clock.set("2026-03-30T08:00:00Z")
    for replica in all { #expect(try replica.replica.emptyTrash() == 0) }
    try meet()
    try there.replica.restore(patient)
    try meet()
    for replica in all {
      #expect(try canonical(replica.shown(patient)) == canonical(before))
      #expect(try replica.shown(invite)["deleted"] == nil)
    }
  }

  @Test func `what was deleted because of another keeps its content as long as that does`() throws {
    try here.replica.delete(patient, reason: .mistake)
    clock.set("2026-03-12T08:00:00Z")
    // Somebody else deletes the patient alone, without having seen that.
    try there.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(patient, reason: .mistake)
    }
    try meet()
    try meet()
    clock.set("2026-04-02T08:00:00Z")
    for replica in all {
      #expect(try replica.replica.emptyTrash() == 0)
      #expect(try content(replica, invite))
    }
    clock.set("2026-04-12T08:00:00Z")
    for replica in all { #expect(try replica.replica.emptyTrash() == 2) }
  }

  @Test func `a patient who was merged into another stays in the trash, and leads there`() throws {
    let other = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 9))
    try here.put([
      [
        "type": "patient", "id": .string(other.id.description), "first_name": "Zephyrine",
        "last_name": "Quill", "status": "active",
      ]
    ])
    try here.replica.merge(patient, into: other)
    try meet()
    try here.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(patient, reason: .duplicate)
    }
    try meet()
    try meet()
    clock.set("2026-04-12T08:00:00Z")
    #expect(try server.replica.emptyTrash() == 0)
    let survivor = JSONValue.string(other.id.description)
    for replica in all {
      let effective = try replica.replica.looking { (clinic) throws(ReplicaError) in
        clinic.subject(invite).map { clinic.effectiveFields(of: $0.document) }
      }
      #expect(effective?["effective_patient_id"]?.stringValue == survivor.stringValue)
    }
  }

  @Test func `a store that has lost its enrolment is not alone`() throws {
    try here.carryOut(1, ["notes": "nobody else has this"], patient)
    try here.replica.delete(patient, reason: .mistake)
    try here.replica.store.updateIdentity { $0.enrolment = nil }
    clock.set("2026-04-12T08:00:00Z")
    #expect(try here.replica.emptyTrash() == 0)
  }

  @Test func `after 30 days a skeleton is left, the same everywhere, and it can be synced`() throws
  {
    try here.replica.delete(patient, reason: .mistake)
    try meet()
    try meet()
    clock.set("2026-04-01T08:00:00Z")
    for replica in all { #expect(try replica.replica.emptyTrash() == 2) }
    for replica in all {
      #expect(try !content(replica, patient) && !content(replica, invite))
      #expect(try replica.replica.document(patient)?.lacksVersions(of: "phone") == true)
      #expect(try replica.replica.emptyTrash() == 0)
      #expect(try replica.replica.checkpoint() > 0)
      #expect(replica.replica.verify().problems.isEmpty)
    }
    #expect(throws: ReplicaError.self) { try there.replica.restore(patient) }
    let late = try TestReplica(of: server, clock: clock)
    try late.sync(with: server)
    #expect(try late.shown(patient)["deleted"]?.boolValue == true)
    #expect(try late.review().isEmpty)
  }

  @Test func `nothing is dropped before every laptop knows of the delete`() throws {
    try here.replica.delete(patient, reason: .mistake)
    try here.sync(with: server)
    clock.set("2026-06-01T08:00:00Z")
    try here.sync(with: server)
    #expect(try server.replica.emptyTrash() == 0)
    #expect(try here.replica.emptyTrash() == 0)
    // The other laptop edited without knowing: everything comes back.
    try there.carryOut([
      "op": "update", "type": "patient", "id": .string(patient.id.description),
      "value": ["phone": "555-9999"],
    ])
    try meet()
    for replica in all {
      #expect(try replica.shown(patient)["phone"]?.stringValue == "555-9999")
      #expect(try replica.shown(patient)["notes"] != nil)
      #expect(try replica.review().count == 1)
    }
  }

  @Test func `a unit that comes back for a skeleton is dropped again while the delete stands`()
    throws
  {
    let whole = try #require(try here.replica.document(patient))
    try here.replica.delete(patient, reason: .mistake)
    try meet()
    clock.set("2026-04-01T08:00:00Z")
    _ = try server.replica.emptyTrash()
    let skeleton = try #require(try server.replica.document(patient))
    var joined = skeleton
    #expect(joined.join(whole) { _ in nil }.contains("phone") && joined.hasContent)
    _ = try server.replica.apply(
      ArrivingChanges(
        ChangeSet(
          since: VersionVector(), upTo: server.replica.read { $0.knowledge }, parts: [whole],
          runs: []))
    ) { (_) throws(ReplicaError) in
    } registers: { _, _, _ in
      []
    }
    #expect(try !content(server, patient))
  }

  @Test func `P11: an erased document does not come back`() throws {
    try server.replica.delete(patient, reason: .erasure)
    try there.carryOut([
      "op": "update", "type": "patient", "id": .string(patient.id.description),
      "value": ["notes": "late heronwood note"],
    ])
    try there.replica.transact { (tx) throws(ReplicaError) in try tx.undelete(patient) }
    try meet()
    for replica in all {
      #expect(try replica.shown(patient)["deleted"]?.boolValue == true)
      #expect(try !content(replica, patient) && !content(replica, invite))
    }
    #expect(throws: ReplicaError.self) { try here.replica.restore(patient) }
  }

  @Test func `nothing of an erased patient is left in any file`() throws {
    // So many others that the server's feed is not written anew for another reason.
    try here.put(
      (0..<40).map { number in
        [
          "type": "patient",
          "id": .string(UniqueID(high: 0x5000, low: 1 << 63 | number).description),
          "first_name": "Other", "last_name": .string("Patient \(number)"), "status": "active",
        ]
      })
    try meet()
    for replica in all { _ = try replica.replica.checkpoint() }
    try there.carryOut([
      "op": "update", "type": "patient", "id": .string(patient.id.description),
      "value": ["notes": "late heronwood note"],
    ])
    try server.replica.delete(patient, reason: .erasure)
    try meet()
    for replica in all {
      #expect(try !replica.filesHolding("Quillfeather").isEmpty)
      _ = try replica.replica.checkpoint()
      for word in ["Zephyrine", "zephyrine@", "Quillfeather", "heronwood", "555-7341"] {
        #expect(try replica.filesHolding(word) == [], "\(word)")
      }
      #expect(replica.replica.verify().problems.isEmpty)
    }
  }

  @Test func `an edit of another field that comes after an erasure leaves nothing either`() throws {
    try server.replica.delete(patient, reason: .erasure)
    try here.sync(with: server)
    // A field that the patient never had: no skeleton names it.
    try there.carryOut([
      "op": "update", "type": "patient", "id": .string(patient.id.description),
      "value": ["address": "12 Brackenmoor Lane"],
    ])
    try there.sync(with: server)
    #expect(try server.filesHolding("Brackenmoor") == [])
    try meet()
    for replica in all {
      #expect(try !content(replica, patient))
      _ = try replica.replica.checkpoint()
      #expect(try replica.filesHolding("Brackenmoor") == [])
    }
  }

  @Test func `what is in the trash can be erased, with what went there before it`() throws {
    try here.replica.delete(invite, reason: .mistake)
    try here.replica.delete(patient, reason: .mistake)
    try meet()
    try server.replica.delete(patient, reason: .erasure)
    try meet()
    for replica in all {
      #expect(try !content(replica, patient) && !content(replica, invite))
      _ = try replica.replica.checkpoint()
      #expect(try replica.filesHolding("zephyrine@") == [])
    }
  }

  @Test(arguments: [("admin", true), ("clinician", false)])
  func `a laptop's request is carried out for an administrator`(role: String, isDone: Bool) throws {
    let user = DocumentKey(type: "user", id: TestReplica.user)
    try server.put([
      [
        "type": "user", "id": .string(user.id.description), "name": "Ada", "status": "active",
        "email": "ada@example.org", "role": .string(role),
      ]
    ])
    try meet()
    try here.replica.delete(patient, reason: .erasure)
    #expect(try here.shown(patient)["deleted"] == nil)
    try meet()
    for replica in all {
      #expect(try (replica.shown(patient)["deleted"]?.boolValue == true) == isDone)
    }
  }

  @Test func `a long chain of causes traps nothing`() throws {
    let keys = (0..<2000).map { number in
      DocumentKey(type: "patient", id: UniqueID(high: 0x5000, low: 1 << 63 | UInt64(number)))
    }
    try here.replica.transact { (tx) throws(ReplicaError) in
      for key in keys { _ = try tx.set(key, to: ["first_name": "A", "last_name": "B"]) }
      for (key, next) in zip(keys, keys.dropFirst()) {
        try tx.delete(key, reason: .mistake, cause: DeleteCause(document: next, dot: tx.dot))
      }
    }
    #expect(try here.shown(keys[0])["deleted"]?.boolValue == true)
    #expect(try here.shown(keys[1998])["deleted"] == nil)
  }

  @Test func `deletes that name each other as their cause trap nothing`() throws {
    let cause = { (key: DocumentKey, dot: Dot) in DeleteCause(document: key, dot: dot) }
    try here.replica.transact { (tx) throws(ReplicaError) in
      try tx.delete(patient, reason: .mistake, cause: cause(invite, tx.dot))
      try tx.delete(invite, reason: .mistake, cause: cause(patient, tx.dot))
    }
    try meet()
    for replica in all { #expect(try replica.shown(patient)["deleted"]?.boolValue == true) }
  }
}

extension TestReplica {
  /// The files of the store that hold a text, whatever they are.
  func filesHolding(_ text: String) throws -> [String] {
    let files = POSIXFileSystem()
    var found: [String] = []
    var folders = [replica.store.layout.root]
    while let folder = folders.popLast() {
      for name in try files.contents(ofDirectory: folder) {
        let path = "\(folder)/\(name)"
        guard let status = try files.status(path) else { continue }
        if status.kind == .directory {
          folders.append(path)
        } else if status.kind == .file, try files.readFile(path).contains(Array(text.utf8)) {
          found.append(path)
        }
      }
    }
    return found
  }
}

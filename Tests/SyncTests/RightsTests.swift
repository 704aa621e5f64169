import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// What a device may write: by the role of whoever wrote it, and by type (DESIGN, rule 21).
@Suite struct RightsTests: TwoLaptopSuite {
  let all: TwoLaptops
  private let settings = DocumentKey(
    type: "account_settings", id: UniqueID(high: 0x4100, low: 1 << 63 | 1))

  init() throws {
    all = try TwoLaptops(pieces: 1)
    try setRole("owner")
    try edit(here, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active", "phone": "1"])
    try meet(isJudged: true)
  }

  private func setRole(_ role: String) throws {
    try server.carryOut(
      0,
      [
        "email": "ada@example.org", "name": "Ada", "role": .string(role), "status": "active",
      ], DocumentKey(type: "user", id: TestReplica.user))
  }

  private func reasons() throws -> [String] {
    try server.replica.list(ListQuery(type: "refused_change")).compactMap {
      $0["reason"]?.stringValue
    }
  }

  private static let documents: [(String, JSONObject)] = [
    ("clinic", ["name": "Hillside"]), ("account_settings", ["clinicians_see": "own"]),
    ("doctor", ["name": "Doctor"]),
    ("patient", ["first_name": "Bo", "last_name": "Ray", "status": "active"]),
    ("invite", ["email": "bo@example.org", "status": "pending"]),
  ]

  @Test(arguments: Role.allCases)
  func `each role writes the types that it writes over the API`(role: Role) throws {
    try setRole(role.rawValue)
    var expected: [String] = []
    for (index, (type, fields)) in Self.documents.enumerated() {
      let key = DocumentKey(type: type, id: UniqueID(high: 0x4200, low: 1 << 63 | UInt64(index)))
      try here.carryOut(0, fields, key)
      try meet(isJudged: true)
      let isTaken = try server.shown(key)["deleted"]?.boolValue != true
      #expect(isTaken == role.writes(type), "\(role) \(type)")
      if !isTaken { expected.append(type) }
    }
    #expect(try reasons().count == expected.count)
    #expect(try reasons().allSatisfy { $0.contains(role.rawValue) })
    try expectEqual()
  }

  @Test(arguments: [true, false])
  func `office staff edit patients unless the account says no`(mayEdit: Bool) throws {
    try server.carryOut(0, ["office_staff_edit_patients": .bool(mayEdit)], settings)
    try meet(isJudged: true)
    try setRole("office_staff")
    try edit(here, 1, ["phone": "2"])
    try meet(isJudged: true)
    #expect(try there.shown(key(1))["phone"]?.stringValue == (mayEdit ? "2" : "1"))
    #expect(try reasons().count == (mayEdit ? 0 : 1))
  }

  @Test func `nobody writes in the name of somebody who has not enrolled the device`() throws {
    let owner = UniqueID(high: 0x4300, low: 1 << 63 | 1)
    try server.carryOut(
      0, ["email": "olga@example.org", "name": "Olga", "role": "owner", "status": "active"],
      DocumentKey(type: "user", id: owner))
    try setRole("clinician")
    try meet(isJudged: true)
    try Replica.$actingUser.withValue(owner) {
      try here.carryOut(0, ["clinicians_see": "account"], settings)
    }
    try edit(here, 1, ["phone": "mine"])
    try meet(isJudged: true)
    #expect(try reasons() == ["its author has not enrolled this device"])
    #expect(try server.shown(settings)["deleted"]?.boolValue == true)
    #expect(try there.shown(key(1))["phone"]?.stringValue == "mine")
    try expectEqual()
  }
}

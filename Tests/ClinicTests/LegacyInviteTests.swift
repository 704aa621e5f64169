import Causality
import Clinic
import JSON
import Testing

@Suite struct LegacyInviteTests {
  private let ids = StableID(account: UniqueID(high: 0xacc0, low: 1), functions: functions)

  private func invites(_ text: String) throws -> [LegacyInvite] {
    try LegacyTable(Array(text.utf8)).entries.compactMap { entry in
      guard case .row(let row) = entry else { return nil }
      return LegacyInvite(row, .standard, functions: functions)
    }
  }

  @Test func `a token becomes its digest, completed_at and provider_id what they are called here`()
    throws
  {
    let file =
      "token,ID,email,first_name,last_name,provider_id,status,completed_at,campaign\n"
      + "abc,\(documentID.uppercased()), Ada@example.org,Ada,Byron,\(otherID),completed,"
      + "2025-05-02 10:00:00,spring\n"
    let invite = try #require(try invites(file).first)
    #expect(invite.id(ids).description == documentID)
    #expect(invite.clinician == otherID)
    #expect(invite.fields["token"] == nil)
    #expect(
      invite.fields["token_hashes"]?.arrayValue?.first?.stringValue
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(invite.fields["completed_at"]?.stringValue == "2025-05-02T10:00:00Z")
    #expect(invite.fields["campaign"]?.stringValue == "spring")
    #expect(invite.person.email == "Ada@example.org")
  }

  @Test(arguments: [
    ("2025-05-02 10:00:00", "2025-05-02T10:00:00Z"),
    ("2025-05-02 10:00:00.123456", "2025-05-02T10:00:00.123456Z"),
    ("2025-05-02 10:00:00+00", "2025-05-02T10:00:00+00:00"),
    ("2025-05-02 10:00:00-05:00", "2025-05-02T10:00:00-05:00"),
    ("2025-05-02T10:00:00Z", "2025-05-02T10:00:00Z"), ("2025-05-02", "2025-05-02T00:00:00Z"),
    ("soon", "soon"), ("", nil),
  ])
  func `times are read as databases print them`(text: String, expected: String?) throws {
    let invite = try #require(try invites("email,expires_at\na@example.org,\(text)\n").first)
    #expect(invite.fields["expires_at"]?.stringValue == expected)
  }

  @Test func `an invite that does not say when it expires held as long as others`() throws {
    let invite = try #require(
      try invites("email,created_at\na@example.org,2025-05-01 08:00:00\n").first)
    #expect(invite.fields["expires_at"]?.stringValue == "2025-05-15T08:00:00.000Z")
  }

  @Test func `an invite without a UUID gets the same id everywhere`() throws {
    let file = "id,token,email,first_name,last_name\n17,t1,a@b.c,A,B\n,t2,a@b.c,A,B\n,,a@b.c,A,B\n"
    let first = try invites(file).map { $0.id(ids) }
    #expect(try invites(file).map { $0.id(ids) } == first)
    #expect(Set(first).count == 3)
    #expect(first[0] == ids.id(type: "invite", key: "x\n17"))
    #expect(LegacyInvite.id(sourceID: "17", ids) == first[0])
  }

  @Test func `lines of JSON are read as rows`() throws {
    let table = try LegacyTable(
      Array(#"{"email":"a@b.c","first_name":"A","provider_id":null,"count":3}"#.utf8)
        + Array("\n\n[1]\n{\n".utf8))
    #expect(table.entries.count == 3)
    guard case .row(let row) = table.entries[0], case .problem(let line, _) = table.entries[1]
    else { return #expect(Bool(false), "a row, then a problem") }
    #expect(row.text("email") == "a@b.c" && row.text("count") == "3" && line == 3)
    #expect(row.text("provider_id") == nil)
  }

  @Test func `relatives with one mail box are two people, one person's spellings are one`() throws {
    let file =
      "email,first_name,last_name\nf@b.c,Ada,Byron\nf@b.c,Ben,Byron\n F@B.C,ADA,byron\n,Eve,No\n"
      + ",Eve,No\n"
    let groups = LegacyInvite.groups(of: try invites(file), ids)
    #expect(groups.map { $0.map(\.line) } == [[2, 4], [3], [5], [6]])
  }

  @Test(arguments: ["", "a/b,email\n", "email,email\n"])
  func `a file that cannot be used is refused whole`(text: String) {
    #expect(throws: CSVHeaderError.self) { try LegacyTable(Array(text.utf8)) }
  }
}

@Suite struct InviteSettlementTests {
  private let a = UniqueID(high: 1, low: 1)
  private let b = UniqueID(high: 1, low: 2)
  private let c = UniqueID(high: 1, low: 3)

  @Test func `the newest pending invite stays, whatever the order`() {
    let standings = [
      InviteStanding(id: a, status: "pending", issuedAt: 20),
      InviteStanding(id: b, status: "pending", issuedAt: 30),
      InviteStanding(id: c, status: "expired", issuedAt: 40),
    ]
    for settlement in [InviteSettlement(standings), InviteSettlement(standings.reversed())] {
      #expect(settlement.pending == b)
      #expect(
        settlement.ending(of: a) == InviteEnding(reason: "superseded", supersededBy: b, at: 30))
      #expect(settlement.ending(of: b) == nil && settlement.ending(of: c) == nil)
    }
  }

  @Test func `none stays pending beside one that was accepted`() {
    let settlement = InviteSettlement([
      InviteStanding(id: a, status: "pending", issuedAt: 20),
      InviteStanding(id: b, status: "accepted", issuedAt: 10, acceptedAt: 15),
    ])
    #expect(settlement.pending == nil)
    #expect(
      settlement.ending(of: a)
        == InviteEnding(reason: "already_registered", supersededBy: nil, at: 15))
  }

  @Test func `of two of one time the larger id stays`() {
    let settlement = InviteSettlement([
      InviteStanding(id: b, status: "pending", issuedAt: 0),
      InviteStanding(id: a, status: "pending", issuedAt: 0),
    ])
    #expect(settlement.pending == b && settlement.ending(of: a)?.at == nil)
  }
}

import Causality
import Clinic
import Testing

struct StableIDTests {
  let account = UniqueID("0b8a4c6d-1e2f-4a6e-9d2a-5b0f8a4e8a3c")!
  var ids: StableID { StableID(account: account, functions: functions) }

  @Test(
    arguments: [
      ("MRN-7", "a@b.c", "Ada", "abc053a7-2142-5b25-9ca7-485706191808"),
      (
        nil, " MARI\u{301}A@Example.org ", "\u{a0}Mari\u{301}a",
        "cfa4bbec-c6e5-54d9-967c-ddbc440cb7b3"
      ),
      ("", "mar\u{ed}a@example.org", "MAR\u{cd}A ", "cfa4bbec-c6e5-54d9-967c-ddbc440cb7b3"),
    ] as [(String?, String?, String, String)])
  func `a patient has the id that its key makes`(
    externalID: String?, email: String?, firstName: String, id: String
  ) {
    let made = ids.patient(
      externalID: externalID, email: email, firstName: firstName, lastName: "Strasse")
    #expect(made?.description == id)
  }

  @Test func `a patient without chart number and e-mail has no stable id`() {
    #expect(ids.patient(externalID: nil, email: nil, firstName: "A", lastName: "B") == nil)
    #expect(ids.patient(externalID: nil, email: " ", firstName: "A", lastName: "B") == nil)
  }

  @Test func `empty names make a key too`() {
    #expect(
      ids.patient(externalID: nil, email: "a@b.c", firstName: "", lastName: "")?.description
        == "81ca071f-5db1-532c-8b78-c96f259fffec")
  }

  @Test func `appointments and cancellations have stable ids`() throws {
    let clinic = try #require(UniqueID(documentID))
    let appointment = try #require(UniqueID(otherID))
    #expect(
      ids.appointment(clinic: clinic, sourceID: "4711").description
        == "3fc77d14-7e18-55f9-b5db-856e84fc6b67")
    #expect(
      ids.cancellation(appointment: appointment, cause: "1").description
        == "12eddc17-3093-55b0-9a13-7899c1d4a519")
    #expect(
      ids.cancellation(appointment: appointment, cause: "no-show").description
        == "cf955c60-15c9-56d0-8015-ab4729839611")
  }

  @Test func `an e-mail address is compared trimmed, composed and in lower case`() {
    #expect(functions.emailNorm("\t ADA@Example.ORG\n") == "ada@example.org")
    #expect(Array(functions.emailNorm("e\u{301}@x").utf8) == Array("\u{e9}@x".utf8))
  }
}

struct ConfirmationCodeTests {
  @Test(arguments: [
    (documentID, 0, "6P1AMXKG"), (documentID, 1, "BRGY4Q0V"), (otherID, 0, "JK9VJRJ9"),
  ])
  func `a code follows from the id`(id: String, attempt: Int, code: String) throws {
    let id = try #require(UniqueID(id))
    #expect(ConfirmationCode(id: id, attempt: attempt, sha256: functions.sha256).text == code)
  }

  @Test(
    arguments: [
      ("6P1AMXKG", "6P1AMXKG"), ("6p1a-mxkg", "6P1AMXKG"), (" 6PiA MXKG", "6P1AMXKG"),
      ("oOlLiI00", "00111100"), ("6P1AMXK", nil), ("6P1AMXKG0", nil), ("6P1AMXKU", nil),
      ("6P1AMXK_", nil), ("６P1AMXKG", nil), ("", nil),
    ] as [(String, String?)])
  func `a code is read as people type it`(typed: String, code: String?) {
    #expect(ConfirmationCode(typed)?.text == code)
  }
}

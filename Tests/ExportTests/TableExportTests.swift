import Clinic
import Documents
import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import Export

@Suite struct TableExportTests {
  let clinic: ExportClinic

  init() throws { clinic = try ExportClinic() }

  @Test func `a table has a column for each field, and quotes what needs quotes`() throws {
    try clinic.update(
      "patient", clinic.patient, ["notes": "says \"no\",\r\nthen yes", "phone": "+1 555-0100"])
    let moment = "2026-03-02T13:00:00.000Z"
    #expect(
      try clinic.table("patient")
        == "id,email,first_name,last_name,phone,external_id,date_of_birth,notes,status,"
        + "clinician_id,clinic_id,user_id,merged_into,created_at,updated_at\r\n"
        + "\(clinic.patient),,Ana,Ruiz,+1 555-0100,R-1,,\"says \"\"no\"\",\nthen yes\",active,"
        + "\(clinic.user),\(clinic.clinic),,,\(moment),\(moment)\r\n")
  }

  @Test func `a table of patients that comes back changes nothing`() throws {
    let names = ["=HYPERLINK(1)", "'=x", "-O'Neil", "@home", "Zoë, \"Z\"", "  a", "''+b"]
    for (number, name) in names.enumerated() {
      // The same address and name: nothing but the id tells them apart.
      try clinic.make(
        "patient", ExportClinic.id(40 + UInt64(number)),
        [
          "first_name": .string(name), "last_name": "Same", "notes": .string("\t\(name)\n+1"),
          "email": "same@example.org", "allow_duplicate_email": true,
        ])
    }
    for number in [60, 61] as [UInt64] {
      try clinic.make("patient", ExportClinic.id(number), ["first_name": "No", "last_name": "Key"])
    }
    let before = try clinic.store.state()
    let table = try clinic.table("patient")
    let report = try clinic.replica.importPatients(Array(table.utf8))
    #expect(report.value["unchanged"]?.intValue == names.count + 3)
    #expect(report.errors.isEmpty)
    #expect(try clinic.store.state() == before)
    #expect(try clinic.table("patient") == table)
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+1 (555) 010-0100", "+1 (555) 010-0100"),
    ("-12.5", "-12.5"), ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"), ("\tx", "'\tx"),
    ("'=1", "''=1"), ("'quoted'", "'quoted'"), ("plain", "plain"), ("", ""), ("'", "'"),
  ])
  func `what a spreadsheet would take for a formula is marked, and nothing else`(
    text: String, cell: String
  ) {
    #expect(CellGuard.guarded(text) == cell && CellGuard.plain(cell) == text)
  }

  @Test func `lists and objects are JSON, and a phone number stays as it is`() throws {
    try clinic.make(
      "recurring_availability", ExportClinic.id(20),
      [
        "clinician_id": .string(clinic.user), "days_of_week": [0, 2], "start_date": "2026-03-01",
        "time_slots": ["09:00", "10:00"],
      ])
    let table = try clinic.table("recurring_availability")
    #expect(table.contains(#","[0,2]","[""09:00"",""10:00""]",30,2026-03-01,"#))
  }
}

@Suite struct LineExportTests {
  let clinic: ExportClinic

  init() throws { clinic = try ExportClinic() }

  @Test func `each document is a line, in the order of types and of creation`() throws {
    try clinic.make("patient", ExportClinic.id(1), ["first_name": "Bo", "last_name": "Early"])
    let lines = try clinic.lines().split(separator: "\n").compactMap {
      try JSONValue(parsing: Array($0.utf8)).objectValue
    }
    #expect(
      lines.compactMap { $0["type"]?.stringValue } == [
        "patient", "patient", "clinic", "doctor", "user",
      ])
    #expect(lines.compactMap { $0["first_name"]?.stringValue } == ["Ana", "Bo"])
    let patient = try clinic.lines("patient").split(separator: "\n")[0]
    let document = try clinic.replica.document(clinic.key("patient", clinic.patient))
    #expect(try String(patient) == clinic.replica.view(#require(document)).line)
    #expect(try clinic.lines("invite").isEmpty)
  }

  @Test func `what only the server keeps, and tokens, are in no export`() throws {
    try clinic.update("patient", clinic.patient, ["email": "ana@example.org"])
    var terms = InviteTerms()
    terms.provider = try clinic.key("user", clinic.user).id
    let invite = try clinic.replica.createInvite(
      patient: clinic.key("patient", clinic.patient).id, terms)
    // Documents of other programs may hold anything.
    try clinic.store.put([
      [
        "type": "user", "id": .string(clinic.user), "password_hash": "s3cret-1",
        "google_id": "s3cret-2", "name": "Dana Field", "role": "clinician",
        "email": "d@example.org",
        "extra": ["token": "s3cret-3", "list": [["token_hash": "s3cret-4"]]],
      ],
      ["type": "gadget", "id": .string(ExportClinic.id(70)), "private_key": "s3cret-5", "a": 1],
    ])
    var texts = [try clinic.lines(), try clinic.bundle().text, try clinic.calendar()]
    for type in clinic.replica.catalogue.types { texts.append(try clinic.table(type.name)) }
    #expect(texts[0].contains(#""type":"gadget""#) && texts[0].contains(#""extra":{"list":[{}]}"#))
    for text in texts {
      for secret in ["s3cret", "token_hashes", "password", "google_id", invite.token] {
        #expect(!text.contains(secret))
      }
    }
  }

  @Test func `documents of one state are exported, however many pages they take`() throws {
    try clinic.store.put(
      (0..<1500).map { number in
        [
          "type": "patient", "id": .string(ExportClinic.id(1000 + number)),
          "first_name": .string("P\(number)"), "last_name": "Many", "status": "active",
        ]
      })
    let lines = try clinic.lines("patient").split(separator: "\n")
    #expect(lines.count == 1501 && Set(lines).count == 1501)
    _ = try clinic.replica.checkpoint()
    #expect(try clinic.lines("patient").split(separator: "\n") == lines)
  }
}

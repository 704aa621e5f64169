import Causality
import Clinic
import Documents
import JSON
import Replica
import Synchronization
import TestSupport
import Testing

@Suite struct PatientImportTests {
  let clinic: TestClinic

  init() throws { clinic = try TestClinic() }

  static let header = "email,first_name,last_name,phone,external_id,date_of_birth\n"

  @Test func `a file makes patients and a second import no transaction`() throws {
    let csv = Self.header + "ana@example.org,Ana,Lima,555-0101,X-1,1990-01-02\n,Bo,Ek,,X-2,\n"
    #expect(try clinic.importPatients(csv).created == 2)
    let before = clinic.knowledge
    let report = try clinic.importPatients(csv)
    #expect(report.unchanged == 2 && report.created == 0 && report.updated == 0)
    #expect(clinic.knowledge == before)
    #expect(clinic.transactionCount == 2)
  }

  @Test func `the same file makes the same patients on another laptop`() throws {
    let csv =
      "first_name,last_name,email,external_id\nAna,Lima,,X-1\nBo,Ek,Bo@Example.org ,\n"
    let other = try TestClinic()
    _ = try clinic.importPatients(csv)
    _ = try other.importPatients(csv)
    let ids = { (clinic: TestClinic) in
      Set(clinic.all("patient").compactMap { $0["id"]?.stringValue })
    }
    #expect(ids(clinic) == ids(other) && ids(clinic).count == 2)
  }

  @Test func `columns stand in any order, may be aliases, and unknown ones are kept`() throws {
    let user = try clinic.replica.transact { (transaction) throws(ReplicaError) in
      let key = DocumentKey(type: "user", id: UniqueID(high: 7, low: 7))
      try transaction.set(key, to: ["name": "Dr. Ek", "email": "ek@example.org"])
      return key.id
    }
    let report = try clinic.importPatients(
      "Ward, LAST_NAME ,provider_id,first_name,bed\nNorth,Lima,\(user),Ana,\n")
    #expect(report.created == 1 && report.errors.isEmpty)
    let patient = try #require(clinic.all("patient").first)
    #expect(patient["ward"]?.stringValue == "North")
    #expect(patient["bed"] == nil)
    #expect(patient["clinician_id"]?.stringValue == user.description)
  }

  @Test func `blank cells clear nothing`() throws {
    _ = try clinic.importPatients(Self.header + "ana@example.org,Ana,Lima,555-0101,X-1,1990-01-02")
    let report = try clinic.importPatients(Self.header + " ,, ,555-0102,X-1,")
    #expect(report.updated == 1)
    let patient = try #require(clinic.all("patient").first)
    #expect(patient["email"]?.stringValue == "ana@example.org")
    #expect(patient["first_name"]?.stringValue == "Ana")
    #expect(patient["phone"]?.stringValue == "555-0102")
  }

  @Test func `a line finds its patient by external id, then stable id, then e-mail and name`()
    throws
  {
    let byChart = try clinic.create(
      "patient", ["first_name": "Ana", "last_name": "Lima", "external_id": "X-1"])
    let byName = try clinic.create(
      "patient", ["first_name": "ÉVA", "last_name": "Ek", "email": "eva@example.org"])
    let csv = Self.header + "new@example.org,Ana,Lima,,X-1,\nEVA@example.org,Éva,EK,1,X-2,\n"
    let report = try clinic.importPatients(csv)
    #expect(report.updated == 2 && report.created == 0)
    #expect(clinic.fields("patient", byChart)["email"]?.stringValue == "new@example.org")
    #expect(clinic.fields("patient", byName)["external_id"]?.stringValue == "X-2")

    // The patient of line e-mail + name keeps that id when the e-mail is corrected later.
    _ = try clinic.importPatients("email,first_name,last_name\nbo@example.org,Bo,Ek\n")
    let bo = try #require(clinic.all("patient").first { $0["first_name"]?.stringValue == "Bo" })
    let id = try #require(bo["id"]?.stringValue.flatMap { UniqueID($0) })
    try clinic.update("patient", id, ["email": "bo.ek@example.org"])
    let again = try clinic.importPatients("email,first_name,last_name\nbo@example.org,Bo,Ek\n")
    #expect(again.updated == 1 && again.created == 0)
  }

  @Test func `a line finds a patient that an earlier line of the file made or changed`() throws {
    let csv =
      Self.header + "ana@example.org,Ana,Lima,,X-1,\nANA@example.org,ana,LIMA,,,\n"
      + "bo@example.org,Bo,Ek,,X-2,\n,Bo,Ek,,X-2,1990-01-02\nbo@example.org,Bo,Ek,1,,\n"
    let report = try clinic.importPatients(csv)
    #expect(report.created == 2 && report.updated == 3 && clinic.transactionCount == 5)
    #expect(clinic.all("patient").count == 2)
  }

  @Test func `relatives with one mail box and name but two charts stay two patients`() throws {
    let csv = Self.header + "lima@example.org,Ana,Lima,,X-1,\nlima@example.org,Ana,Lima,,X-2,\n"
    #expect(try clinic.importPatients(csv).created == 2)
    #expect(try clinic.importPatients(csv).unchanged == 2)
    let line = Self.header + "lima@example.org,Ana,Lima,1,,\n"
    let problem = try #require(try clinic.importPatients(line).errors.first)
    #expect(problem.line == 2 && problem.field == "email")
    #expect(problem.problem.hasPrefix("2 patients have this e-mail and name ("))
  }

  @Test func `a line of a deleted patient is skipped and reported`() throws {
    let csv = Self.header + "ana@example.org,Ana,Lima,,X-1,\nbo@example.org,Bo,Ek,,,\n"
    _ = try clinic.importPatients(csv)
    for patient in clinic.all("patient") {
      let id = try #require(patient["id"]?.stringValue.flatMap { UniqueID($0) })
      try clinic.delete("patient", id, reason: .duplicate)
    }
    let before = clinic.knowledge
    let report = try clinic.importPatients(csv)
    #expect(report.deleted == 2 && report.deletedLines == [2, 3])
    #expect(clinic.all("patient").isEmpty && clinic.knowledge == before)
  }

  @Test(arguments: [
    ("a@example.org,,Lima,,X-9,", "first_name", "is required"),
    ("a@example.org,,Lima,,,", "first_name", "is required"),
    ("nonsense,Ana,Lima,,X-9,", "email", "is not an e-mail address"),
    (",Ana,Lima,,X-9,1990-02-30", "date_of_birth", "is not a day of the calendar"),
    (",Ana,Lima,,X-9,30.1.1990", "date_of_birth", "is not a date (YYYY-MM-DD)"),
    (",Ana,Lima,123456789012345678901,X-9,", "phone", "longer than 20 characters"),
    (",Ana,Lima", nil, "3 fields instead of 6"),
    ("\"a,Ana,Lima,,X-9,", nil, "field 1 begins with a quote that is never closed"),
  ])
  func `a bad line is reported and does not stop the others`(
    line: String, field: String?, problem: String
  ) throws {
    let good = ["ana@example.org,Ana,Lima,,X-1,", ",Bo,Ek,,X-2,"]
    let report = try clinic.importPatients(Self.header + "\(good[0])\n\(line)\n\(good[1])\n")
    #expect(report.created == 2)
    #expect(report.errors == [ImportProblem(line: 3, field: field, problem: problem)])
  }

  @Test(arguments: [
    ("", "line 1: the file is empty: its first line must name the columns"),
    ("email,phone\n", "line 1: header: there is no column first_name and no column last_name"),
    ("first_name,last_name,a/b\n", "line 1: header: \"a/b\" contains \"/\""),
    ("first_name,first_name\n", "line 1: header: columns 1 and 2 are both called"),
  ])
  func `a file without a usable header is refused whole`(csv: String, message: String) {
    let error = #expect(throws: ReplicaError.self) { try clinic.importPatients(csv) }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix(message))
    #expect(clinic.transactionCount == 0)
  }

  @Test func `a dry run reports the same and writes nothing`() throws {
    let csv = Self.header + ",Ana,Lima,,X-1,\n,Ana,Lima,,X-1,\n,Ana,Silva,,X-1,\n"
    let rehearsed = try clinic.importPatients(csv, isDryRun: true)
    #expect(clinic.transactionCount == 0)
    let done = try clinic.importPatients(csv)
    #expect(rehearsed == done)
    #expect(done.created == 1 && done.unchanged == 1 && done.updated == 1)
  }

  @Test func `2,500 lines are transactions in three commits`() throws {
    let commits = Atomic(0)
    clinic.replica.observeCommits { commits.add(1, ordering: .relaxed) }
    let csv = (0..<2500).reduce(into: "first_name,last_name,external_id\n") {
      $0 += "Ana,Lima,X-\($1 % 2499)\n"
    }
    let report = try clinic.importPatients(csv)
    #expect(report.created == 2499 && report.unchanged == 1)
    #expect(clinic.transactionCount == 2499)
    #expect(commits.load(ordering: .relaxed) == 3)
  }

  @Test func `the report has the shape of the interface`() throws {
    let report = try clinic.importPatients("first_name,last_name\nAna,Lima\n,Ek\n")
    let text = String(decoding: JSONValue.object(report.value).bytes, as: UTF8.self)
    #expect(
      text == "{\"created\":1,\"updated\":0,\"unchanged\":0,\"deleted\":0,\"deleted_lines\":[],"
        + "\"errors\":[{\"line\":3,\"field\":\"first_name\",\"problem\":\"is required\"}]}")
  }

  /// Skipped where the folder of real files is absent; see `TestData`.
  @Test(.enabled(if: TestData.folder != nil, "no SATCHEL_TEST_DATA"))
  func `997 real patients are imported once`() throws {
    let file = try TestData.bytes("derived/patients_import.csv")
    let first = try clinic.replica.importPatients(file)
    #expect(first.created == 997 && first.errors.isEmpty)
    let before = clinic.knowledge
    let second = try clinic.replica.importPatients(file)
    #expect(second.unchanged == 997 && second.updated == 0)
    #expect(clinic.knowledge == before && clinic.transactionCount == 997)
  }
}

import Documents
import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import Export

@Suite struct FHIRExportTests {
  let clinic: ExportClinic
  private let base = ExportSettings.usualBase

  init() throws { clinic = try ExportClinic() }

  private var visit: String { ExportClinic.id(9) }

  private func appointment() throws -> JSONObject { try clinic.bundle().one("Appointment", visit) }

  @Test func `a patient is told as he is, without the notes`() throws {
    try clinic.update(
      "patient", clinic.patient,
      [
        "email": "ana@example.org", "phone": "555-0100", "date_of_birth": "1980-02-29",
        "address": "1 Main St", "emergency_contact_name": "Bo", "middle": "",
      ])
    let version = try #require(
      try clinic.bundle().one("Patient", clinic.patient)["meta"]?.objectValue?["versionId"])
    #expect(version.stringValue?.utf8.count == 16)
    let expected: JSONObject = [
      "resourceType": "Patient", "id": .string(clinic.patient),
      "meta": ["versionId": version, "lastUpdated": "2026-03-02T13:00:00.000Z"],
      "extension": [
        ["url": .string("\(base)/StructureDefinition/patient-status"), "valueCode": "active"],
        [
          "url": .string("\(base)/StructureDefinition/created"),
          "valueDateTime": "2026-03-02T13:00:00.000Z",
        ],
      ],
      "identifier": [
        [
          "use": "secondary",
          "type": [
            "coding": [["system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"]]
          ], "system": .string("\(base)/sid/account/\(ExportClinic.account)"), "value": "R-1",
        ]
      ], "active": true,
      "name": [["use": "official", "text": "Ana Ruiz", "family": "Ruiz", "given": ["Ana"]]],
      "telecom": [
        ["system": "email", "value": "ana@example.org"], ["system": "phone", "value": "555-0100"],
      ], "birthDate": "1980-02-29", "address": [["text": "1 Main St"]],
      "contact": [["name": ["text": "Bo"]]],
      "generalPractitioner": [
        ["reference": .string("Practitioner/\(clinic.doctor)"), "display": "Dana Field"]
      ], "managingOrganization": ["reference": .string("Organization/\(clinic.clinic)")],
    ]
    #expect(try clinic.bundle().one("Patient", clinic.patient).line == expected.line)
  }

  @Test func `an appointment is told with its slot, and who takes part`() throws {
    try clinic.book(
      9, ["status": "confirmed", "visit_category": "follow-up", "visit_type": "in-clinic"])
    let bundle = try clinic.bundle()
    var expected: JSONObject = [
      "resourceType": "Appointment", "id": .string(visit),
      "meta": bundle.one("Appointment", visit)["meta"] ?? .null,
      "extension": [
        ["url": .string("\(base)/StructureDefinition/intake-status"), "valueCode": "missing"]
      ], "status": "booked", "serviceType": [["text": "in-clinic"]],
    ]
    expected["appointmentType"] = [
      "coding": [["system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "FOLLOWUP"]]
    ]
    expected["start"] = "2026-03-04T09:00:00-05:00"
    expected["_start"] = [
      "extension": [
        [
          "url": "http://hl7.org/fhir/StructureDefinition/tz-code",
          "valueCode": "America/New_York",
        ]
      ]
    ]
    expected["end"] = "2026-03-04T09:30:00-05:00"
    expected["minutesDuration"] = 30
    expected["slot"] = [["reference": .string("Slot/\(visit)")]]
    expected["created"] = "2026-03-02T13:00:00.000Z"
    expected["participant"] = [
      [
        "actor": ["reference": .string("Patient/\(clinic.patient)")], "required": "required",
        "status": "accepted",
      ],
      [
        "type": [
          [
            "coding": [
              [
                "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code": "ATND",
              ]
            ]
          ]
        ], "actor": ["reference": .string("Practitioner/\(clinic.doctor)")],
        "required": "required", "status": "accepted",
      ],
      ["actor": ["reference": .string("Location/\(clinic.clinic)")], "status": "accepted"],
    ]
    #expect(bundle.one("Appointment", visit).line == expected.line)
    let slot: JSONObject = [
      "resourceType": "Slot", "id": .string(visit),
      "schedule": ["reference": .string("Schedule/\(clinic.doctor)")], "status": "busy",
      "start": "2026-03-04T09:00:00-05:00", "end": "2026-03-04T09:30:00-05:00",
    ]
    #expect(bundle.one("Slot", visit).line == slot.line)
    #expect(bundle.all("Encounter").isEmpty)
  }

  @Test(
    arguments: [
      (["status": "unconfirmed"], "pending", "needs-action", "busy-tentative"),
      (["status": "confirmed"], "booked", "accepted", "busy"),
      (["status": "completed"], "fulfilled", "accepted", "busy"),
      (["status": "no-show"], "noshow", "accepted", nil),
      (["status": "cancelled"], "cancelled", "accepted", nil),
      (
        ["status": "unconfirmed", "arrived": true, "arrived_at": "2026-03-04T13:55:00.000Z"],
        "arrived", "accepted", "busy"
      ),
    ] as [(JSONObject, String, String, String?)])
  func `a status becomes one of FHIR's`(
    fields: JSONObject, status: String, patient: String, slot: String?
  ) throws {
    try clinic.book(9, fields)
    let bundle = try clinic.bundle()
    let appointment = bundle.one("Appointment", visit)
    #expect(appointment["status"]?.stringValue == status)
    let participant = appointment["participant"]?.arrayValue?.first?.objectValue
    #expect(participant?["status"]?.stringValue == patient)
    #expect(bundle.one("Slot", visit)["status"]?.stringValue == slot)
    #expect((appointment["slot"] != nil) == (slot != nil))
    #expect((appointment["cancelationReason"] != nil) == (status == "cancelled"))
  }

  @Test(arguments: [
    ("patient-cancelled", "pat", "declined", "accepted"),
    ("clinic-cancelled", "prov", "accepted", "declined"),
    ("other", "other", "accepted", "accepted"),
  ])
  func `a cancellation says whose it was, and has its provenance`(
    type: String, code: String, patient: String, doctor: String
  ) throws {
    try clinic.book(9)
    let key = try clinic.key("appointment", visit)
    _ = try clinic.replica.cancel(key.id, type: type, note: "flooded")
    let bundle = try clinic.bundle()
    let appointment = bundle.one("Appointment", visit)
    let reason: JSONObject = [
      "coding": [
        [
          "system": "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
          "code": .string(code),
        ]
      ], "text": .string(type),
    ]
    #expect(appointment["cancelationReason"]?.objectValue?.line == reason.line)
    let states = appointment["participant"]?.arrayValue?.map {
      $0.objectValue?["status"]?.stringValue
    }
    #expect(states == [patient, doctor, "accepted"])
    let record = try #require(bundle.all("Provenance").first)
    let target: JSONObject = ["reference": .string("Appointment/\(visit)")]
    #expect(record["target"]?.arrayValue?.first?.objectValue?.line == target.line)
    #expect(record["recorded"]?.stringValue == "2026-03-02T13:00:00.000Z")
    #expect(record["agent"] != nil)
    #expect(!bundle.text.contains("flooded"))
  }

  @Test func `notes, links and codes come only if they are asked for`() throws {
    try clinic.book(9, ["notes": "bring papers", "meeting_link": "https://meet.example.org/x"])
    let text = try clinic.bundle().text
    for secret in ["papers", "meet.example", "ABCD2345", "afraid of dogs"] {
      #expect(!text.contains(secret))
    }
    var settings = clinic.settings
    (settings.tellsNotes, settings.tellsLinks, settings.tellsCodes) = (true, true, true)
    settings.base = "https://example.org/fhir"
    let told = try clinic.bundle(settings)
    #expect(told.one("Appointment", visit)["comment"]?.stringValue == "bring papers")
    #expect(told.text.contains(#""valueUrl":"https://meet.example.org/x""#))
    #expect(told.text.contains(#""valueString":"afraid of dogs""#))
    #expect(
      told.text.contains(
        #"{"system":"https://example.org/fhir/sid/confirmation-code","value":"ABCD2345"}"#))
    #expect(!told.text.contains("clinic.invalid/fhir"))
  }

  @Test func `merged patients name each other, and visits are the survivor's`() throws {
    let other = ExportClinic.id(5)
    try clinic.make("patient", other, ["first_name": "Anna", "last_name": "Ruiz"])
    try clinic.book(9, ["patient_id": .string(other)])
    try clinic.replica.merge(
      clinic.key("patient", other), into: clinic.key("patient", clinic.patient))
    let bundle = try clinic.bundle()
    let gone = bundle.one("Patient", other)
    #expect(gone["active"]?.boolValue == false)
    #expect(gone.line.contains(#""link":[{"other":{"reference":"Patient/\#(clinic.patient)"},"#))
    #expect(gone.line.contains("replaced-by"))
    let survivor = bundle.one("Patient", clinic.patient)
    #expect(survivor["active"]?.boolValue == true && survivor.line.contains(#""type":"replaces""#))
    #expect(bundle.one("Appointment", visit).line.contains("Patient/\(clinic.patient)"))
    #expect(!bundle.one("Appointment", visit).line.contains(other))
  }

  @Test func `of two overlapping appointments the one without the slot is proposed`() throws {
    try clinic.book(9)
    try clinic.book(10, ["confirmation_code": "ABCD2346"])
    var settings = clinic.settings
    settings.inReview = [try clinic.key("appointment", ExportClinic.id(10))]
    let bundle = try clinic.bundle(settings)
    #expect(bundle.one("Appointment", visit)["status"]?.stringValue == "pending")
    let second = bundle.one("Appointment", ExportClinic.id(10))
    #expect(second["status"]?.stringValue == "proposed")
    #expect(second.line.contains(#""code":"conflict-open""#))
    #expect(!bundle.one("Appointment", visit).line.contains("conflict-open"))
  }

  @Test func `an appointment entered by mistake says so, any other deleted document is gone`()
    throws
  {
    try clinic.book(9)
    try clinic.book(10, ["confirmation_code": "ABCD2346", "date": "2026-03-05"])
    try clinic.replica.delete(clinic.key("appointment", visit), reason: .mistake)
    try clinic.replica.delete(clinic.key("appointment", ExportClinic.id(10)), reason: .duplicate)
    let bundle = try clinic.bundle()
    #expect(try appointment()["status"]?.stringValue == "entered-in-error")
    #expect(bundle.all("Appointment").count == 1 && bundle.all("Slot").isEmpty)
  }

  @Test func `a visit, an intake form and free times are told`() throws {
    try clinic.book(
      9, ["arrived": true, "arrived_at": "2026-03-04T13:55:00.000Z", "visit_type": "virtual"])
    try clinic.make(
      "intake_form", ExportClinic.id(30),
      [
        "clinic_id": .string(clinic.clinic), "patient_id": .string(clinic.patient),
        "appointment_id": .string(visit), "status": "submitted",
        "submitted_at": "2026-03-03T10:00:00.000Z",
        "raw_answers": ["pain": true, "since": 3, "what": ["a", ""], "else": ""],
      ])
    try clinic.make(
      "recurring_availability", ExportClinic.id(20),
      [
        "clinician_id": .string(clinic.user), "days_of_week": [2], "start_date": "2026-03-01",
        "time_slots": ["09:00", "10:00"],
      ])
    let bundle = try clinic.bundle()
    let encounter: JSONObject = [
      "resourceType": "Encounter", "id": .string(visit), "status": "arrived",
      "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"],
      "subject": ["reference": .string("Patient/\(clinic.patient)")],
      "appointment": [["reference": .string("Appointment/\(visit)")]],
      "period": ["start": "2026-03-04T13:55:00.000Z"],
    ]
    #expect(bundle.one("Encounter", visit).line == encounter.line)
    let form = bundle.one("QuestionnaireResponse", ExportClinic.id(30))
    #expect(form["status"]?.stringValue == "completed")
    #expect(form["authored"]?.stringValue == "2026-03-03T10:00:00.000Z")
    let items = JSONObject([("item", form["item"] ?? .null)]).line
    #expect(items.contains(#"{"linkId":"pain","text":"pain","answer":[{"valueBoolean":true}]}"#))
    #expect(items.contains(#"{"linkId":"else","text":"else"}"#))
    #expect(items.contains(#""answer":[{"valueString":"a"}]"#))
    let free = bundle.all("Slot").filter { $0["status"]?.stringValue == "free" }
    // Four Wednesdays: the first at ten only, and clocks have gone forward before the second.
    #expect(
      free.compactMap { $0["start"]?.stringValue }.sorted().prefix(3) == [
        "2026-03-04T10:00:00-05:00", "2026-03-11T09:00:00-04:00", "2026-03-11T10:00:00-04:00",
      ])
    #expect(free.count == 7)
  }

  @Test func `no address is there twice, no reference leads nowhere, nothing is empty`() throws {
    try clinic.book(
      9, ["status": "confirmed", "arrived": true, "arrived_at": "2026-03-04T13:55:00.000Z"])
    let bundle = try clinic.bundle()
    let addresses = bundle.entries.compactMap { $0["fullUrl"]?.stringValue }
    #expect(addresses.count == bundle.entries.count && Set(addresses).count == addresses.count)
    let names = Set(
      bundle.entries.compactMap { $0["resource"]?.objectValue }.map {
        "\($0["resourceType"]?.stringValue ?? "")/\($0["id"]?.stringValue ?? "")"
      })
    #expect(bundle.entries.count == names.count)
    var found = 0
    func walk(_ value: JSONValue) {
      for element in value.arrayValue ?? [] { walk(element) }
      for member in value.objectValue?.members ?? [] {
        if member.key == "reference", let name = member.value.stringValue {
          found += 1
          #expect(names.contains(name))
        }
        walk(member.value)
      }
      let isEmpty =
        value.isNull || value.stringValue == "" || value.arrayValue?.isEmpty == true
        || value.objectValue?.isEmpty == true
      #expect(!isEmpty)
    }
    walk(.object(bundle.value))
    #expect(found > 10)
  }

  @Test func `a text of another program loses what FHIR does not know`() throws {
    try clinic.store.put([
      [
        "type": "patient", "id": .string(clinic.patient), "first_name": "A\u{1}na\t",
        "last_name": "\u{2}", "status": "active",
      ]
    ])
    let patient = try clinic.bundle().one("Patient", clinic.patient)
    #expect(patient.line.contains(#""given":["Ana\t"]"#) && patient["name"] != nil)
    #expect(!patient.line.contains("family") && !patient.line.contains("\\u00"))
  }

  @Test func `computed fields are nowhere, and one type can be asked for`() throws {
    try clinic.book(9)
    var settings = clinic.settings
    settings.type = "patient"
    #expect(try clinic.bundle(settings).entries.count == 1)
    settings.type = "intake_form"
    #expect(
      try clinic.bundle(settings).text
        == #"{"resourceType":"Bundle","type":"collection","timestamp":"2026-03-02T13:00:00.000Z"}"#
        + "\n")
    let text = try clinic.bundle().text
    for name in ["has_pending_invite", "clinician_name", "slot_version", "tzdata_version"] {
      #expect(!text.contains(name))
    }
  }
}

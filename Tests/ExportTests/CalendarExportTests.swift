import Documents
import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import Export

@Suite struct CalendarExportTests {
  let clinic: ExportClinic
  private let host: String

  init() throws {
    clinic = try ExportClinic()
    host = "@\(ExportClinic.account).clinic.invalid"
  }

  @Test func `an appointment is an event that names nobody`() throws {
    try clinic.book(
      9,
      [
        "visit_type": "virtual", "visit_category": "follow-up", "notes": "bring papers",
        "meeting_link": "https://meet.example.org/x",
      ])
    clinic.clock.advance(minutes: 5)
    try clinic.update("appointment", ExportClinic.id(9), ["status": "confirmed"])
    #expect(
      try clinic.events() == [
        [
          "UID:\(ExportClinic.id(9))\(host)", "SEQUENCE:300", "DTSTAMP:20260302T130500Z",
          "CREATED:20260302T130000Z", "LAST-MODIFIED:20260302T130500Z",
          "DTSTART;TZID=America/New_York:20260304T090000",
          "DTEND;TZID=America/New_York:20260304T093000", "STATUS:CONFIRMED", "TRANSP:OPAQUE",
          "SUMMARY:Appointment follow-up", "LOCATION:Virtual visit", "CLASS:CONFIDENTIAL",
          "CATEGORIES:virtual,follow-up", "X-CLINIC-STATUS:confirmed",
        ]
      ])
  }

  @Test func `what is private comes only if it is asked for`() throws {
    try clinic.book(
      9, ["notes": "bring papers, two", "meeting_link": "https://meet.example.org/x"])
    let text = try clinic.calendar()
    for secret in ["Ana", "Ruiz", "papers", "meet.example", "ABCD2345", "DESCRIPTION", "URL:"] {
      #expect(!text.contains(secret))
    }
    var settings = clinic.settings
    (settings.tellsNotes, settings.tellsLinks, settings.patientLabel) = (true, true, .initials)
    settings.inReview = [try clinic.key("appointment", ExportClinic.id(9))]
    let event = try #require(try clinic.events(settings).first)
    #expect(event.contains("SUMMARY:Appointment A.R."))
    #expect(event.contains("DESCRIPTION:bring papers\\, two"))
    #expect(event.contains("URL:https://meet.example.org/x"))
    #expect(event.contains("LOCATION:Riverside\\; North"))
    #expect(event.contains("X-CLINIC-CONFLICT:TRUE"))
    settings.patientLabel = .names
    #expect(try clinic.events(settings).first?.contains("SUMMARY:Appointment Ana Ruiz") == true)
  }

  @Test(arguments: [
    ("unconfirmed", "TENTATIVE", "OPAQUE"), ("confirmed", "CONFIRMED", "OPAQUE"),
    ("completed", "CONFIRMED", "OPAQUE"), ("no-show", "CONFIRMED", "TRANSPARENT"),
    ("cancelled", "CANCELLED", "TRANSPARENT"),
  ])
  func `a status is told three times`(status: String, told: String, transparency: String) throws {
    try clinic.book(9, ["status": .string(status)])
    let event = try #require(try clinic.events().first)
    #expect(event.contains("STATUS:\(told)") && event.contains("TRANSP:\(transparency)"))
    #expect(event.contains("X-CLINIC-STATUS:\(status)"))
  }

  @Test func `the sequence grows with moves, cancellations and reinstatements, and only then`()
    throws
  {
    try clinic.book(9)
    let id = ExportClinic.id(9)
    func sequence() throws -> Int {
      let line = try clinic.events().first?.first { $0.hasPrefix("SEQUENCE:") }
      return line.flatMap { Int($0.dropFirst(9)) } ?? -1
    }
    #expect(try sequence() == 0)
    var last = 0
    let patches: [(JSONObject, Bool)] = [
      (["notes": "x"], false), (["start_time": "10:00"], true), (["status": "cancelled"], true),
      (["status": "unconfirmed"], true), (["visit_type": "virtual"], false),
    ]
    for (patch, grows) in patches {
      clinic.clock.advance(minutes: 1)
      try clinic.update("appointment", id, patch)
      let next = try sequence()
      #expect(grows ? next > last : next == last)
      last = next
    }
  }

  @Test func `the second of two equal times on the wall is told in UTC`() throws {
    for (number, offset) in [(9, -240), (10, -300)] as [(UInt64, Int)] {
      try clinic.book(
        number,
        [
          "date": "2026-11-01", "start_time": "01:30", "end_time": "01:45", "duration": 15,
          "utc_offset_minutes": .int(offset), "confirmation_code": .string("ABCD234\(number % 10)"),
          "overbook": true, "overbook_reason": "x",
        ])
    }
    let starts = try clinic.events().map { $0.first { $0.hasPrefix("DTSTART") } }
    #expect(
      starts == ["DTSTART;TZID=America/New_York:20261101T013000", "DTSTART:20261101T063000Z"])
  }

  @Test func `weekly hours are an event for each time of day`() throws {
    try clinic.make(
      "recurring_availability", ExportClinic.id(20),
      [
        "clinician_id": .string(clinic.user), "days_of_week": [2, 0], "start_date": "2026-03-03",
        "time_slots": ["14:00", "09:00"], "slot_minutes": 45, "valid_until": "2026-07-01",
      ])
    try clinic.make(
      "availability_override", ExportClinic.id(21),
      [
        "clinician_id": .string(clinic.user), "date": "2026-03-09", "time_slot": "09:00",
        "available": false,
      ])
    let events = try clinic.events()
    let rule = "RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=MO,WE;UNTIL=20260702T035959Z"
    #expect(
      events == [
        [
          "UID:\(ExportClinic.id(20))-0900\(host)", "SEQUENCE:0", "DTSTAMP:20260302T130000Z",
          "CREATED:20260302T130000Z", "LAST-MODIFIED:20260302T130000Z",
          "DTSTART;TZID=America/New_York:20260304T090000",
          "DTEND;TZID=America/New_York:20260304T094500", rule,
          "EXDATE;TZID=America/New_York:20260309T090000", "TRANSP:TRANSPARENT",
          "SUMMARY:Available", "CLASS:CONFIDENTIAL",
        ],
        [
          "UID:\(ExportClinic.id(20))-1400\(host)", "SEQUENCE:0", "DTSTAMP:20260302T130000Z",
          "CREATED:20260302T130000Z", "LAST-MODIFIED:20260302T130000Z",
          "DTSTART;TZID=America/New_York:20260304T140000",
          "DTEND;TZID=America/New_York:20260304T144500", rule, "TRANSP:TRANSPARENT",
          "SUMMARY:Available", "CLASS:CONFIDENTIAL",
        ],
      ])
  }

  @Test func `each zone that is used comes first, once`() throws {
    try clinic.book(9)
    try clinic.book(
      10, ["time_zone": "Europe/Berlin", "date": "2026-03-05", "confirmation_code": "ABCD2346"])
    try clinic.book(11, ["date": "2026-03-06", "confirmation_code": "ABCD2347"])
    let lines = try clinic.calendar().split(separator: "\r\n")
    #expect(
      lines.filter { $0.hasPrefix("TZID") } == ["TZID:America/New_York", "TZID:Europe/Berlin"])
    let lastZone = try #require(lines.lastIndex(of: "END:VTIMEZONE"))
    #expect(lastZone < (try #require(lines.firstIndex(of: "BEGIN:VEVENT"))))
    #expect(lines.first == "BEGIN:VCALENDAR" && lines.last == "END:VCALENDAR")
  }

  @Test func `what was deleted is in no calendar, and a calendar without events is one`() throws {
    try clinic.book(9)
    try clinic.replica.delete(clinic.key("appointment", ExportClinic.id(9)), reason: .mistake)
    #expect(try clinic.events().isEmpty)
    #expect(try clinic.calendar().contains("TZID:UTC\r\n"))
  }
}

import Causality
package import Documents
package import JSON

/// The days of a doctor: what is booked, and what can be booked still.
package struct DoctorSchedule: Sendable {
  /// A time that nobody has taken yet, in the clinic's zone.
  package struct Opening: Sendable, Hashable {
    package let start: TimeOfDay
    package let minutes: Int
  }

  package struct Day: Sendable {
    package let date: CivilDate
    /// All of the day, also those that were cancelled, by their start.
    package var appointments: [DocumentKey] = []
    package var openings: [Opening] = []
  }

  /// The clinic's.
  package let zone: String
  /// Whether no weekly hours are kept of the doctor: then any time can be booked.
  package let isAlwaysOpen: Bool
  package var days: [Day] = []
}

extension DoctorSchedule {
  /// The schedule for programs.
  /// - Parameter shown: an appointment as whoever asks sees it; nil if he does not.
  package func value<Failure: Error>(
    of doctor: DocumentKey, _ shown: (DocumentKey) throws(Failure) -> JSONObject?
  ) throws(Failure) -> JSONObject {
    var days: [JSONValue] = []
    for day in self.days { days.append(.object(try day.value(shown))) }
    return [
      "doctor_id": .string(doctor.id.description), "time_zone": .string(zone),
      "any_time": .bool(isAlwaysOpen), "days": .array(days),
    ]
  }
}

extension DoctorSchedule.Day {
  fileprivate func value<Failure: Error>(
    _ shown: (DocumentKey) throws(Failure) -> JSONObject?
  ) throws(Failure) -> JSONObject {
    var booked: [JSONValue] = []
    for key in appointments {
      if let appointment = try shown(key) { booked.append(.object(appointment)) }
    }
    let free = openings.map { opening -> JSONValue in
      ["start_time": .string(opening.start.text), "duration": .int(opening.minutes)]
    }
    return ["date": .string(date.text), "booked": .array(booked), "free": .array(free)]
  }
}

extension MergedClinic {
  /// How many days are looked at for one answer.
  package static let mostScheduleDays = 62

  /// The days of a doctor, both included. O(appointments of these days and the rules of the doctor).
  /// - Returns: nil if the doctor is not there.
  package func schedule(
    ofDoctor doctor: DocumentKey, from first: CivilDate, through last: CivilDate
  ) -> DoctorSchedule? {
    guard let profile = living(doctor) else { return nil }
    let zone = living("clinic", profile.text("clinic_id"))?.text("timezone") ?? "UTC"
    let hours = WeeklyHours(clinician: profile.text("user_id"), self)
    var schedule = DoctorSchedule(zone: zone, isAlwaysOpen: hours.isEmpty)
    var date: CivilDate? = first
    while let day = date, day <= last, schedule.days.count < Self.mostScheduleDays {
      schedule.days.append(self.day(day, of: doctor, hours, zone))
      date = day.adding(days: 1)
    }
    return schedule
  }

  private func day(
    _ date: CivilDate, of doctor: DocumentKey, _ hours: WeeklyHours, _ zone: String
  ) -> DoctorSchedule.Day {
    var day = DoctorSchedule.Day(date: date)
    let key = ClinicIndex.personDay(doctor.id.description, date.text)
    day.appointments = living(.appointmentDoctorDay, key)
      .sorted { a, b in
        let (first, second) = (a.text("start_time") ?? "", b.text("start_time") ?? "")
        return first == second ? a.key < b.key : utf8Less(first, second)
      }.map(\.key)
    guard !hours.isEmpty else { return day }
    let taken = spans(around: date, of: doctor)
    day.openings = hours.openings(on: date).filter { opening in
      guard let span = span(of: opening, on: date, zone) else { return false }
      return !taken.contains { $0.overlaps(span) }
    }
    return day
  }

  /// What is taken of a day and of its neighbours: a clinic may have moved to another zone.
  private func spans(around date: CivilDate, of doctor: DocumentKey) -> [Occupancy] {
    (-1...1).compactMap { date.adding(days: $0)?.text }.flatMap { day in
      bookings(.appointmentDoctorDay, ClinicIndex.personDay(doctor.id.description, day))
        .flatMap(\.spans)
    }
  }

  /// Nil for a time that clocks leave out on that day (MERGE, rule T2).
  private func span(
    of opening: DoctorSchedule.Opening, on date: CivilDate, _ zone: String
  ) -> Occupancy? {
    let times = try? ZonedTime.endOfAppointment(
      date: date, start: opening.start, durationMinutes: opening.minutes, zone: zone,
      policy: .manual, utcOffsetSeconds: functions.utcOffsetSeconds)
    return times?.occupancy
  }
}

/// When a clinician works: the weekly rules, and the days that differ from them.
private struct WeeklyHours {
  private let rules: [(rule: WeeklyRule, minutes: Int)]
  private let clinician: String?
  private let clinic: MergedClinic

  init(clinician: String?, _ clinic: MergedClinic) {
    (self.clinician, self.clinic) = (clinician, clinic)
    rules = clinic.living("recurring_availability", index: "clinician_id", clinician).map {
      (WeeklyRule($0), $0.fields["slot_minutes"]?.intValue ?? Self.usualMinutes)
    }
  }

  private static let usualMinutes = 30

  var isEmpty: Bool { rules.isEmpty }

  /// In order of time, each once.
  func openings(on date: CivilDate) -> [DoctorSchedule.Opening] {
    var minutesByTime: [String: Int] = [:]
    for (rule, minutes) in rules {
      for time in rule.times where rule.offers(date, time) { minutesByTime[time] = minutes }
    }
    for (time, isOpen) in exceptions(on: date).sorted(by: { utf8Less($0.key, $1.key) }) {
      minutesByTime[time] = isOpen ? minutesByTime[time] ?? Self.usualMinutes : nil
    }
    return minutesByTime.sorted(by: { utf8Less($0.key, $1.key) }).compactMap { time, minutes in
      TimeOfDay(time).map { DoctorSchedule.Opening(start: $0, minutes: minutes) }
    }
  }

  /// Of two that contradict each other, the one that closes counts (MERGE, rule L3).
  private func exceptions(on date: CivilDate) -> [String: Bool] {
    guard let key = IndexDefinition.key([clinician.map { .string($0) }, .string(date.text)]) else {
      return [:]
    }
    var exceptions: [String: Bool] = [:]
    for subject in clinic.living("availability_override", index: "clinician_id,date", key) {
      guard let time = subject.text("time_slot") else { continue }
      let isOpen = subject.fields["available"]?.boolValue == true
      exceptions[time] = (exceptions[time] ?? true) && isOpen
    }
    return exceptions
  }
}

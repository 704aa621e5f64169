import Causality
import JSON

/// How an appointment's start, end and duration hang together.
///
/// The duration is elapsed time. Where the clinic's clocks change during the day, start and end can
/// differ by something else, so there an `end_time` that is given is believed; whoever books at such
/// a day works it out with the time zone and gives it.
enum SlotTimes {
  private static let names = ["start_time", "end_time", "duration", "date", "time_zone"]

  /// Fills in the end or the duration, whichever the input leaves open, and checks what is given.
  static func check(_ draft: inout Draft) {
    guard draft.concerns(names) else { return }
    guard let start = minutes(draft.string("start_time")) else {
      return draft.excuse("end_time")
    }
    guard !["end_time", "duration"].contains(where: draft.isRefused) else {
      return draft.excuse("end_time")
    }
    let givesEnd = draft.fields["end_time"] != nil && draft.named.contains("end_time")
    if draft.fillsIn, givesEnd, !draft.named.contains("duration"), hasOneOffset(draft) {
      fillDuration(from: start, &draft)
    } else if draft.fillsIn, !givesEnd, draft.purpose == .create || movesSlot(draft) {
      fillEnd(from: start, &draft)
    } else {
      compare(start, draft: &draft)
    }
  }

  private static func movesSlot(_ draft: Draft) -> Bool {
    ["start_time", "duration", "end_time"].contains { draft.named.contains($0) }
  }

  private static func fillDuration(from start: Int, _ draft: inout Draft) {
    guard let end = minutes(draft.string("end_time")) else { return }
    guard end > start else { return draft.refuse("end_time", "must be after start_time") }
    guard end - start >= 5 else {
      return draft.refuse("end_time", "must be at least 5 minutes after start_time")
    }
    draft.set("duration", .int(end - start))
  }

  private static func fillEnd(from start: Int, _ draft: inout Draft) {
    guard let duration = draft.fields["duration"]?.intValue else { return }
    guard let end = TimeOfDay(minutesSinceMidnight: start + duration) else {
      draft.excuse("end_time")
      return draft.refuse("duration", "the visit must end on the day on which it starts")
    }
    draft.set("end_time", .string(end.text))
  }

  private static func compare(_ start: Int, draft: inout Draft) {
    guard let end = minutes(draft.string("end_time")),
      let duration = draft.fields["duration"]?.intValue, hasOneOffset(draft)
    else { return }
    guard end > start else { return draft.refuse("end_time", "must be after start_time") }
    guard end == start + duration else {
      return draft.refuse("end_time", "is not start_time plus duration")
    }
  }

  /// Whether the zone keeps one offset to UTC around the whole of the appointment's day.
  private static func hasOneOffset(_ draft: Draft) -> Bool {
    guard let zone = draft.string("time_zone"), let day = dayNumber(draft.string("date")) else {
      return true
    }
    let offset = draft.validator.functions.utcOffsetSeconds
    return offset(zone, (day * 24 - 14) * 3600) == offset(zone, (day * 24 + 36) * 3600)
  }

  private static func dayNumber(_ date: String?) -> Int? {
    date.flatMap { CivilDate($0) }?.daysSince1970
  }

  private static func minutes(_ time: String?) -> Int? {
    time.flatMap { TimeOfDay($0) }?.minutesSinceMidnight
  }
}

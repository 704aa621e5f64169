import Testing

@testable import Export

@Suite struct CalendarWriterTests {}

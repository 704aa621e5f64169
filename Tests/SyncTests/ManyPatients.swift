import Causality
import Documents
import JSON
import ReplicaTestSupport

extension TestReplica {
  /// Writes patients of about 500 bytes, by their numbers.
  func put(_ numbers: ClosedRange<Int>) throws {
    try put(
      numbers.map { number in
        [
          "type": "patient",
          "id": .string(UniqueID(high: 0x4000, low: 1 << 63 | UInt64(number)).description),
          "first_name": .string("First \(number)"), "last_name": "Last", "status": "active",
          "notes": .string(String(repeating: "n\(number) ", count: 40)),
        ]
      })
  }
}

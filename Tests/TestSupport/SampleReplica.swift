package import Causality
package import Documents
package import JSON

/// A replica without storage: its documents and what it knows.
package struct SampleReplica: Sendable {
  package let id: ReplicaID
  package let author: Author
  package private(set) var knowledge = VersionVector()
  package private(set) var documents: [DocumentKey: Document] = [:]
  private var clock = HybridClock()

  package init(_ number: Int) {
    id = .sample(number)
    author = Author(
      user: number % 2 == 0 ? .sample(200 + number) : nil, device: .sample(100 + number))
  }

  package func document(_ key: DocumentKey) -> Document? { documents[key] }

  /// Writes one transaction: the closure changes the document, which is made if there is none.
  @discardableResult
  package mutating func write(
    _ key: DocumentKey, at now: UInt64, schemaVersion: Int = 1,
    _ change: (inout Document, Write, VersionVector) -> Void
  ) -> Write {
    let dot = Dot(id, knowledge[id] + 1)
    let write = Write(dot: dot, stamp: clock.tick(now: now), author: author)
    var document =
      documents[key] ?? Document(key: key, createdBy: write, schemaVersion: schemaVersion)
    change(&document, write, knowledge)
    guard document.clock.covers(dot) else { return write }
    knowledge.include(dot)
    documents[key] = document
    return write
  }

  /// Makes the visible fields equal to some, as a person's edit does.
  @discardableResult
  package mutating func edit(
    _ key: DocumentKey, at now: UInt64, _ fields: JSONObject,
    _ rules: TypeRules = SampleRules.visit
  ) -> Write {
    write(key, at: now) { document, write, _ in
      for value in document.unitValues(for: fields, rules) {
        _ = document.set(value, by: write, rules)
      }
    }
  }

  /// Takes over all that another replica has.
  package mutating func pull(from other: SampleReplica) {
    for (key, theirs) in other.documents {
      documents[key] = documents[key]?.joined(with: theirs) ?? theirs
      for version in theirs.units.flatMap(\.versions) { clock.observe(version.write.stamp) }
    }
    knowledge.formUnion(other.knowledge)
  }
}

extension SampleReplica {
  /// The nonce of a transaction of a sample replica.
  package static func nonce(_ dot: Dot) -> UInt64 {
    var generator = SeededGenerator(seed: dot.replica.low &* 1_000 &+ dot.number)
    return generator.next()
  }
}

extension Document {
  /// Joined with a copy of another sample replica.
  package func joined(with other: Document) -> Document {
    joined(with: other, nonce: SampleReplica.nonce)
  }
}

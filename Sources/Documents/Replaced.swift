import Causality

extension Document {
  /// The versions that this document holds and a later state of it does not, as a document that holds
  /// nothing else; nil if there are none. Nil too if the later state lost content: what was dropped
  /// must not be kept elsewhere (DESIGN, rules 10 and 12).
  package func replaced(by later: Document) -> Document? {
    if later.lacksContent { return nil }
    var gone: [Unit] = []
    for unit in units where unit.name != Unit.received {
      let standing = later.versions(of: unit.name)
      // Mostly nothing has changed.
      if standing.count == 1, unit.versions.count == 1, standing[0].key == unit.versions[0].key {
        continue
      }
      let versions = unit.versions.filter { version in
        !standing.contains { $0.key == version.key }
      }
      if !versions.isEmpty { gone.append(Unit(name: unit.name, versions: versions)) }
    }
    if gone.isEmpty { return nil }
    return Document(
      key: key, clock: clock, origin: origin, schemaVersion: schemaVersion, units: gone)
  }
}

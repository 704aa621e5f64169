package import Causality

/// What a part may do to a document at a server, where a device is only believed what it wrote itself (DESIGN,
/// rule 21): whoever sends a part chooses its versions, its clock and its origin as he likes.
extension Document {
  /// Whether joining would take a version in: one that is not here, and of which nothing shows that it was here
  /// and was replaced; or the value of one that was dropped.
  package func takes(_ version: Version, of unit: String) -> Bool {
    if versions(of: unit).contains(where: { $0.key == version.key }) { return false }
    if droppedKeys(of: unit).contains(version.key) { return true }
    return version.isErasure || !clock.covers(version.write.dot)
  }

  /// This part without what it has no right to do to a document.
  ///
  /// - Parameters:
  ///   - mine: the document as it is; nil if there is none.
  ///   - isNew: whether a transaction is news. What such wrote is judged elsewhere.
  ///   - isBelieved: whether a version that is no news is taken in all the same.
  /// - Returns: with nothing but its clock, if it comes to that: what was refused of it must count as seen.
  package func screened<Failure: Error>(
    for mine: Document?, isNew: (Dot) -> Bool,
    isBelieved: (Version, String) throws(Failure) -> Bool
  ) throws(Failure) -> Document {
    var part = self
    part.units = []
    for unit in units {
      var versions: [Version] = []
      for version in unit.versions {
        let isTaken = mine?.takes(version, of: unit.name) ?? true
        if !isTaken || isNew(version.write.dot) {
          versions.append(version)
        } else if try isBelieved(version, unit.name) {
          versions.append(version)
        }
      }
      let kept = Self.screened(Unit(name: unit.name, versions: versions), mine, isNew)
      if let kept { part.units.append(kept) }
    }
    if let mine { part.screenDropped(mine) }
    if let mine, part.origin.dot != mine.origin.dot, !isNew(part.origin.dot) {
      part.origin = mine.origin
    }
    return part
  }

  /// A unit of which nothing new is left takes nothing out either: what stands stays beside what comes.
  private static func screened(
    _ unit: Unit, _ mine: Document?, _ isNew: (Dot) -> Bool
  ) -> Unit? {
    if unit.versions.isEmpty { return nil }
    guard let mine, !unit.versions.contains(where: { isNew($0.write.dot) }) else { return unit }
    guard
      mine.lacksVersions(of: unit.name)
        || unit.versions.contains(where: { mine.takes($0, of: unit.name) })
    else { return nil }
    let standing = mine.versions(of: unit.name).filter { version in
      !unit.versions.contains { $0.key == version.key }
    }
    return Unit(name: unit.name, versions: unit.versions + standing)
  }

  /// Only a delete lets content be dropped, which a server finds out by itself: nothing goes by what came without the
  /// content, and nothing seems to lack that is here or never was.
  private mutating func screenDropped(_ mine: Document) {
    for unit in dropped where index(of: unit.name) == nil {
      let known = Set(mine.droppedKeys(of: unit.name))
      replaceDroppedKeys(of: unit.name, with: unit.keys.filter(known.contains))
    }
  }
}

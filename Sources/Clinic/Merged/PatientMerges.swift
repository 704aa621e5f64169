package import Documents

extension MergedClinic {
  /// The patient that stands for one: merges are followed to their end (MERGE, rules P17 to P19). In
  /// a circle the first of its patients stands for all (P18).
  ///
  /// Counterexample to the first of the whole component (DESIGN, rule 24): a person merges the older
  /// A into B, and must find B.
  package func survivor(of key: DocumentKey) -> DocumentKey {
    guard key.type == "patient" else { return key }
    var path = [key]
    while let next = mergedInto(path[path.count - 1]) {
      if let start = path.firstIndex(of: next) {
        let circle = path[start...].compactMap(subject)
        return circle.min { $0.document.comesBefore($1.document) }?.key ?? key
      }
      path.append(next)
    }
    return path[path.count - 1]
  }

  /// The living patient that one was merged into. Hardly any was: nobody reads a patient to find that out.
  func mergedInto(_ key: DocumentKey) -> DocumentKey? {
    if let mergedPatients, !mergedPatients.contains(key) { return nil }
    return subject(key).flatMap { living("patient", $0.text("merged_into")) }
      .flatMap { $0.key == key ? nil : $0.key }
  }

  /// The patients that another one stands for, without itself, by their keys.
  package func merged(into survivor: DocumentKey) -> [Subject] {
    var found: [DocumentKey] = [survivor]
    var next = 0
    while next < found.count {
      let current = found[next]
      next += 1
      for patient in living("patient", referring: "merged_into", to: current)
      where !found.contains(patient.key) { found.append(patient.key) }
    }
    return found.dropFirst().filter { self.survivor(of: $0) == survivor }.sorted()
      .compactMap(subject)
  }

  /// A patient and all that it stands for or that stands for it.
  package func samePatient(_ key: DocumentKey) -> [DocumentKey] {
    let survivor = survivor(of: key)
    return [survivor] + merged(into: survivor).map(\.key)
  }

  /// A version of a merged patient that the merge had not seen.
  struct Late {
    let subject: Subject
    let unit: String
    let version: Version
  }

  /// What was written to merged patients without knowledge of the merge: it counts beside the
  /// survivor's own versions (MERGE, rule P17), until somebody who saw it writes there.
  func lateVersions(of survivor: Subject) -> [Late] {
    guard survivor.key.type == "patient" else { return [] }
    let settled = Set(
      survivor.document.contentUnits.flatMap(\.versions).flatMap { $0.details?.seen ?? [] })
    return merged(into: survivor.key).flatMap { patient -> [Late] in
      guard let merge = patient.shown("merged_into") else { return [] }
      return patient.document.contentUnits.filter { $0.name != "merged_into" }.flatMap { unit in
        unit.versions.filter {
          !$0.isPutBack && !merge.hasSeen($0) && !settled.contains($0.write.first)
        }
        .map { Late(subject: patient, unit: unit.name, version: $0) }
      }
    }
  }
}

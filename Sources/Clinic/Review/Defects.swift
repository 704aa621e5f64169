import Causality
import Documents
import JSON

extension Reviewer {
  /// A document that breaks the rules of its type, as it came from elsewhere (DESIGN, rule 21).
  func invalid(_ subject: Subject) -> [ReviewItem] {
    let problems = validator.problems(of: subject.fields, type: subject.key.type)
    guard !problems.isEmpty else { return [] }
    let what = problems.map { "\(Self.words($0.field)) \($0.problem)" }.joined(separator: "; ")
    let names = Set(problems.map(\.field))
    let versions = subject.document.contentUnits.flatMap(\.versions)
    let concerned = versions.filter { version in
      version.value.members.contains { names.contains($0.key) }
    }
    var value = JSONObject()
    for problem in problems { value[problem.field] = subject.fields[problem.field] ?? .null }
    return [
      item(
        rule: "invalid", severity: .normal, documents: [subject.key],
        sides: Self.latest(concerned.isEmpty ? versions : concerned)
          .map { [side(.object(value), $0.write)] } ?? [],
        summary: "\(Self.capitalised(name(subject.key))) needs a correction: \(what).",
        actions: [ReviewAction(ReviewAction.dismiss, "the document stays as it is")],
        dots: Self.dots(versions))
    ]
  }

  /// References to documents that are not there, or are deleted.
  func danglingReferences(_ subject: Subject) -> [ReviewItem] {
    guard let type = clinic.catalogue.type(named: subject.key.type) else { return [] }
    return type.fields.compactMap { field in
      guard field.isStored, case .reference(let target, _) = field.kind,
        let id = subject.text(field.name).flatMap({ UniqueID($0) }),
        case let key = DocumentKey(type: target, id: id), !clinic.isLiving(key),
        // An invite for a patient who was deleted is revoked by that (I10).
        !(subject.key.type == "invite" && target == "patient")
      else { return nil }
      return dangling(field.name, key, subject)
    }
  }

  /// - Parameter target: of a user who was deleted, the name stays readable (U4).
  private func dangling(_ field: String, _ target: DocumentKey, _ subject: Subject) -> ReviewItem {
    let versions = subject.document.contentUnits.flatMap(\.versions)
      .filter { $0.value[field] != nil }
    let isDeleted = clinic.subject(target) != nil
    let value = subject.fields[field] ?? .null
    return item(
      rule: Self.rule(from: subject.key.type, to: target.type, isDeleted), severity: .normal,
      documents: [subject.key], unit: field,
      sides: Self.latest(versions).map { [side(value, $0.write)] } ?? [],
      summary: "\(Self.capitalised(name(subject.key))) names "
        + (isDeleted ? "\(name(target)), which is in the trash." : "\(target), which is not here."),
      actions: [ReviewAction(ReviewAction.dismiss, "the reference stays as it is")],
      dots: Self.dots(versions))
  }

  private static func rule(from type: String, to target: String, _ isDeleted: Bool) -> String {
    switch (type, target) {
    case _ where !isDeleted: "reference"
    case (_, "user"): "U4"
    case ("appointment", "doctor"): "A24"
    case ("appointment", "clinic"): "A25"
    default: "reference"
    }
  }

  static func latest(_ versions: [Version]) -> Version? {
    versions.max { Write.ranksBefore($0.write, $1.write) }
  }
}

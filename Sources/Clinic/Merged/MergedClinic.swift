import Causality
package import Documents
package import JSON

/// What the merged documents of a clinic mean together: which live, which patients are one, what an
/// appointment's status is after all. Pure functions over a merged state; what they worked out is kept
/// as long as this object, so make a new one when a document changes. For one thread.
package final class MergedClinic {
  let state: any MergedState
  package let catalogue: Catalogue
  let rules: MergeRules
  package let functions: ClinicFunctions
  /// Milliseconds since 1970 UTC, for what expires.
  package let now: UInt64
  private var subjects: [DocumentKey: Subject] = [:]
  private var found: [Lookup: [Subject]] = [:]
  private var bookings: [DocumentKey: Booking?] = [:]
  private var foundBookings: [Lookup: [Booking]] = [:]
  private var deleted: [DocumentKey: Bool] = [:]
  /// So many deletes may follow from each other.
  private static let longestChain = 32
  /// So many documents may be looked at to answer for one.
  private static let mostQuestions = 1000
  private var questions = 0
  /// The patients that name another one into which they were merged, deleted or not; nil if that is not
  /// known without reading them.
  private(set) lazy var mergedPatients = state.keys(
    ofType: "patient", index: ClinicIndex.patientMerged.rawValue, key: ""
  ).map { Set($0) }
  /// The documents of which is being asked whether they are deleted.
  private var asking: Set<DocumentKey> = []

  package init(
    _ state: any MergedState, catalogue: Catalogue, rules: MergeRules,
    functions: ClinicFunctions, now: UInt64
  ) {
    self.state = state
    self.catalogue = catalogue
    self.rules = rules
    self.functions = functions
    self.now = now
  }

  /// A document with what is visible of it.
  package final class Subject {
    package let document: Document
    package let fields: JSONObject
    package let rules: TypeRules

    package init(_ document: Document, _ rules: TypeRules) {
      self.document = document
      self.rules = rules
      fields = document.visibleFields(rules)
    }

    package var key: DocumentKey { document.key }

    package func text(_ field: String) -> String? { fields[field]?.stringValue }

    /// The visible version of a unit.
    func shown(_ unit: String) -> Version? {
      let versions = document.versions(of: unit)
      if versions.count < 2 { return versions.first }
      return rules.unit(named: unit).shown(of: versions)
    }
  }

  /// A document, deleted or not.
  package func subject(_ key: DocumentKey) -> Subject? {
    if let subject = subjects[key] { return subject }
    return state.document(key).map(subject)
  }

  package func subject(_ document: Document) -> Subject {
    if let subject = subjects[document.key] { return subject }
    let subject = Subject(document, rules.type(document.key.type))
    subjects[document.key] = subject
    return subject
  }

  /// A document that lives and is whole.
  package func living(_ key: DocumentKey) -> Subject? {
    subject(key).flatMap { isShown($0.document) ? $0 : nil }
  }

  /// Whether a document lives and is whole: one that lacks content is not shown before it has come
  /// (DESIGN, rule 11).
  package func isShown(_ document: Document) -> Bool {
    !document.lacksContent && !isDeleted(document)
  }

  /// The living document that a reference names.
  package func living(_ type: String, _ id: String?) -> Subject? {
    id.flatMap { UniqueID($0) }.flatMap { living(DocumentKey(type: type, id: $0)) }
  }

  private struct Lookup: Hashable {
    let type: String
    let index: String
    let key: String
  }

  /// The living documents with a key in an index, by their keys.
  package func living(_ type: String, index: String, _ key: String?) -> [Subject] {
    guard let key else { return [] }
    let lookup = Lookup(type: type, index: index, key: key)
    if let known = found[lookup] { return known }
    let living = state.documents(ofType: type, index: index, key: key)
      .filter(isShown).map(subject).sorted { $0.key < $1.key }
    // While it is being asked whether something lives, answers rest on assumptions.
    if asking.isEmpty { found[lookup] = living }
    return living
  }

  /// What time an appointment takes; nil if none.
  func booking(_ subject: Subject) -> Booking? {
    if let known = bookings[subject.key] { return known }
    let booking = Booking(subject, self)
    bookings[subject.key] = .some(booking)
    return booking
  }

  /// The appointments that take time among the living ones with a key in an index.
  func bookings(_ index: ClinicIndex, _ key: String?) -> [Booking] {
    guard let key else { return [] }
    let lookup = Lookup(type: index.type, index: index.rawValue, key: key)
    if let known = foundBookings[lookup] { return known }
    let found = living(index, key).compactMap(booking)
    if asking.isEmpty { foundBookings[lookup] = found }
    return found
  }

  func living(_ index: ClinicIndex, _ key: String?) -> [Subject] {
    living(index.type, index: index.rawValue, key)
  }

  /// The living documents one of whose fields names another document.
  func living(_ type: String, referring field: String, to key: DocumentKey) -> [Subject] {
    living(type, index: field, key.id.description)
  }

  // MARK: - Life

  /// Whether a document is in the trash: a delete stands (DESIGN, rules 8 and 9), and nothing that
  /// lives shows that the document is needed (MERGE, rules P10, I11, P21).
  package func isDeleted(_ document: Document) -> Bool {
    guard document.hasLife else { return false }
    if let known = deleted[document.key] { return known }
    if asking.isEmpty { questions = 0 }
    questions += 1
    // Deletes that name each other as their cause all count; so does what lies at the end of chains
    // that no delete of ours makes so long or so wide.
    guard asking.count < Self.longestChain, questions < Self.mostQuestions,
      asking.insert(document.key).inserted
    else { return true }
    defer { asking.remove(document.key) }
    let isDeleted = answer(document)
    // What was found while something else was asked may rest on the assumption above.
    if asking.count == 1 { deleted[document.key] = isDeleted }
    return isDeleted
  }

  /// Each cause is asked for once: asking twice would double at every link of a chain.
  private func answer(_ document: Document) -> Bool {
    let standing = document.standingDeletes(causeStands: causeStands)
    let causes = Set(standing.compactMap(\.cause))
    return document.isDeleted(causeStands: causes.contains)
      && proofs(of: document, unseenBy: standing).isEmpty
  }

  package func isLiving(_ key: DocumentKey) -> Bool { living(key) != nil }

  /// Whether the document that a delete followed is deleted; one that is not here counts as deleted.
  package func causeStands(_ cause: DeleteCause) -> Bool {
    state.document(cause.document).map(isDeleted) ?? true
  }

  /// A document that shows that a deleted one is needed.
  struct Proved {
    let subject: Subject
    let write: Write
    let rule: String
  }

  /// What shows that a deleted document is needed: living references to it that no delete had seen.
  func proofs(of document: Document) -> [Proved] {
    proofs(of: document, unseenBy: document.standingDeletes(causeStands: causeStands))
  }

  private func proofs(of document: Document, unseenBy deletes: [Deletion]) -> [Proved] {
    if document.isErased { return [] }
    let references = catalogue.references(to: document.key.type).filter { $0.field.proof != nil }
    if references.isEmpty { return [] }
    let seen = deletes.reduce(VersionVector()) { $0.union($1.knowledge) }
    return references.flatMap { reference in
      state.documents(
        ofType: reference.type.name, index: reference.field.name,
        key: document.key.id.description
      ).compactMap { proof($0, reference.field, seen) }
    }.sorted { $0.subject.key < $1.subject.key }
  }

  private func proof(
    _ document: Document, _ field: FieldDefinition, _ seen: VersionVector
  ) -> Proved? {
    guard let proof = field.proof else { return nil }
    let subject = subject(document)
    let unit = subject.rules.unit(holding: proof.condition?.field ?? field.name).name
    guard let version = subject.shown(unit), !seen.covers(version.write.first),
      proof.condition.map({ subject.text($0.field) == $0.value }) ?? true,
      !isDeleted(document)
    else { return nil }
    return Proved(subject: subject, write: version.write, rule: proof.rule)
  }
}

extension Document {
  /// Whether anything was ever said about the document's life.
  package var hasLife: Bool { !versions(of: Unit.life).isEmpty }

  /// Whether this one comes before another: the smaller number of arrival; what has none comes last,
  /// by its creation (DESIGN, rule 7).
  package func comesBefore(_ other: Document) -> Bool {
    switch (received, other.received) {
    case (let mine?, let theirs?) where mine != theirs: return mine < theirs
    case (_?, nil): return true
    case (nil, _?): return false
    default:
      return origin != other.origin ? origin < other.origin : key < other.key
    }
  }
}

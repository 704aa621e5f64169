import Causality
import Clinic
package import Documents
package import JSON
import Platform
import Storage

/// What a list should hold.
package struct ListQuery: Sendable {
  package var type: String
  /// Fields and the values that they must have, as text.
  package var filters: [(field: String, value: String)] = []
  /// Words that must occur in a text field, whatever their case and accents.
  package var search: String?
  /// The field that orders the list; without it the time of creation does.
  package var sort: String?
  package var limit: Int?
  /// Whether the trash is listed instead of what lives.
  package var isTrash = false

  package init(type: String) { self.type = type }
}

extension Replica {
  /// The documents that a query asks for, in an order that is the same on every replica. O(documents
  /// of the type); one that needs no order but that of creation reads no more than an index names,
  /// and ends at its limit. Who asks for what belongs to a patient gets also what belongs to those that
  /// were merged with it (DESIGN, rule 24).
  package func list(_ query: ListQuery) throws(ReplicaError) -> [JSONObject] {
    let limit = query.limit ?? .max
    if query.sort == nil, let type = catalogue.type(named: query.type) {
      let queries = try queriesOfMergedPatients(query)
      if queries.count == 1 {
        let matching = Matching(query, rules.type(query.type))
        return try page(matching, ListIndex.choice(type, query.filters), limit: limit).map(view)
      }
    }
    return ordered(try documents(matching: query), by: query.sort).prefix(limit).map(view)
  }

  /// All documents that a query asks for, in the order of creation, whatever its limit.
  /// - Parameter isVisible: whether the one who asks may see a document; nil for all.
  func documents(
    matching query: ListQuery, where isVisible: Visibility? = nil
  ) throws(ReplicaError) -> [Document] {
    guard let type = catalogue.type(named: query.type) else {
      return ordered(try strangers(query), by: nil)
    }
    let queries = try queriesOfMergedPatients(query)
    var documents: [Document] = []
    for query in queries {
      var matching = Matching(query, rules.type(query.type))
      matching.isVisible = isVisible
      documents += try page(matching, ListIndex.choice(type, query.filters), limit: .max)
    }
    return queries.count == 1 ? documents : ordered(documents, by: nil)
  }

  /// Documents of a type that the catalogue does not know: there is no index of them.
  private func strangers(_ query: ListQuery) throws(ReplicaError) -> [Document] {
    let matching = Matching(query, rules.type(query.type))
    return try read { (tables) throws(ReplicaError) in
      let all = copy tables
      return try looking(at: tables) { (clinic) throws(ReplicaError) in
        var documents: [Document] = []
        try all.forEachDocument(ofType: query.type) { (document) throws(ReplicaError) in
          if matching.includes(document, clinic) { documents.append(document) }
        }
        return documents
      }
    }
  }

  /// The query for each of the patients that are the one for whom it asks; mostly the query alone.
  private func queriesOfMergedPatients(_ query: ListQuery) throws(ReplicaError) -> [ListQuery] {
    let fields = catalogue.type(named: query.type)?.fields ?? []
    for (number, filter) in query.filters.enumerated() {
      guard let field = fields.first(where: { $0.name == filter.field }),
        case .reference("patient", _) = field.kind, field.name != "merged_into",
        let id = UniqueID(filter.value)
      else { continue }
      let patients = try looking { (clinic) throws(ReplicaError) in
        clinic.samePatient(DocumentKey(type: "patient", id: id))
      }
      return patients.map { patient in
        var query = query
        query.filters[number].value = patient.id.description
        return query
      }
    }
    return [query]
  }

  /// So many documents are looked at before writers have a turn.
  private static let listedAtOnce = 2048

  private func page(
    _ matching: Matching, _ index: (name: String, value: String), limit: Int
  ) throws(ReplicaError) -> [Document] {
    var documents: [Document] = []
    var place: IndexPlace?
    repeat {
      let (start, count) = (place, min(Self.listedAtOnce, max(limit - documents.count, 1)))
      let (found, end) = try read { (tables) throws(ReplicaError) in
        let page = try Self.page(tables, matching.query.type, index, after: start, limit: count)
        let found = try looking(at: tables) { (clinic) throws(ReplicaError) in
          page.map(\.document).filter { matching.includes($0, clinic) }
        }
        return (found, page.last?.place)
      }
      documents += found
      place = end
    } while place != nil && documents.count < limit
    return Array(documents.prefix(limit))
  }

  private static func page(
    _ tables: borrowing Tables, _ type: String, _ index: (name: String, value: String),
    after start: IndexPlace?, limit: Int
  ) throws(ReplicaError) -> [(place: IndexPlace, document: Document)] {
    do throws(StorageError) {
      return try tables.page(
        ofType: type, index: index.name, value: index.value, after: start, limit: limit)
    } catch {
      throw .storage(error)
    }
  }

  /// What a query asks of each document.
  struct Matching: Sendable {
    let query: ListQuery
    var isVisible: Visibility?
    private let words: [Substring]
    private let typeRules: TypeRules

    init(_ query: ListQuery, _ typeRules: TypeRules) {
      self.query = query
      self.typeRules = typeRules
      words = query.search.map { Text.folded($0).split(separator: " ") } ?? []
    }

    func includes(_ document: Document, _ clinic: MergedClinic) -> Bool {
      guard query.isTrash ? clinic.isDeleted(document) : clinic.isShown(document),
        isVisible?(clinic, document) ?? true
      else { return false }
      if query.filters.isEmpty, words.isEmpty { return true }
      let fields = document.visibleFields(typeRules)
      return Replica.matches(fields, query.filters) && Replica.contains(fields, words)
    }
  }

  private static func matches(
    _ fields: JSONObject, _ filters: [(field: String, value: String)]
  ) -> Bool {
    filters.allSatisfy { filter in
      utf8Equal(fields[filter.field].map(plainText) ?? "", filter.value)
    }
  }

  private static func contains(_ fields: JSONObject, _ words: [Substring]) -> Bool {
    guard !words.isEmpty else { return true }
    let text = fields.members.compactMap(\.value.stringValue).joined(separator: "\n")
    let folded = Text.folded(text)
    return words.allSatisfy { folded.contains($0) }
  }

  private func ordered(_ documents: [Document], by field: String?) -> [Document] {
    let byCreation = documents.sorted { a, b in
      a.origin.stamp != b.origin.stamp ? a.origin.stamp < b.origin.stamp : a.key < b.key
    }
    guard let field else { return byCreation }
    let keyed = byCreation.map { ($0, sortKey($0, field)) }
    return keyed.enumerated().sorted { a, b in
      let (first, second) = (a.element.1, b.element.1)
      if let less = first.isLess(than: second) { return less }
      return a.offset < b.offset
    }.map(\.element.0)
  }

  private func sortKey(_ document: Document, _ field: String) -> SortKey {
    SortKey(view(document)[field])
  }

  /// A document, deleted or not; nil if there is none.
  package func document(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in try tables.document(key) }
    }
  }

  /// A document if it is there and not deleted.
  package func livingDocument(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    guard let document = try document(key) else { return nil }
    let isShown = try looking { (clinic) throws(ReplicaError) in clinic.isShown(document) }
    return isShown ? document : nil
  }

  // MARK: - Names

  /// The document that a person means: by id, by a prefix of it of 4 or more characters, by a
  /// patient's `external_id`, or by an appointment's confirmation code, also a former one; deleted ones too.
  ///
  /// - Throws: `notFound`, or `ambiguous` with the candidates.
  package func find(type: String, named name: String) throws(ReplicaError) -> DocumentKey {
    let candidates = try read { (tables) throws(ReplicaError) in
      try self.candidates(type: type, name, tables)
    }
    guard let key = candidates.first else { throw .notFound(type: type, name: name) }
    guard candidates.count == 1 else {
      throw .ambiguous(name: name, candidates: candidates.map(\.id.description))
    }
    return key
  }

  private func candidates(
    type: String, _ name: String, _ tables: borrowing Tables
  ) throws(ReplicaError) -> [DocumentKey] {
    do throws(StorageError) {
      if let id = UniqueID(name) {
        let key = DocumentKey(type: type, id: id)
        return try tables.document(key) == nil ? [] : [key]
      }
      var named: [Document] = []
      if type == "patient" {
        named = try tables.documents(
          ofType: type, index: ClinicIndex.patientExternalID.rawValue, key: name)
      } else if type == "appointment" {
        named = try tables.documents(
          ofType: type, index: ClinicIndex.appointmentCode.rawValue, key: name.uppercased())
      }
      if named.contains(where: { !$0.hasLife }) { return named.map(\.key) }
      if named.isEmpty, name.utf8.count >= 4, let ids = UniqueID.range(prefix: name) {
        let keys = try tables.keys(ofType: type, from: ids.lowerBound, through: ids.upperBound)
        if !keys.isEmpty { return keys }
      }
      let aliased = try Self.appointments(tables, type, formerlyNamed: name)
      return aliased.isEmpty ? named.map(\.key) : aliased
    } catch {
      throw .storage(error)
    }
  }

  /// The appointments that had a code once, or took it over from one that was entered twice (MERGE,
  /// rules A18 and A19). O(appointments): it is asked only where nothing else has the name.
  private static func appointments(
    _ tables: borrowing Tables, _ type: String, formerlyNamed name: String
  ) throws(StorageError) -> [DocumentKey] {
    guard type == "appointment", let code = ConfirmationCode(name)?.text else { return [] }
    var keys: [DocumentKey] = []
    try tables.forEachDocument(ofType: type) { (document) throws(StorageError) in
      if !document.versions(of: "code_aliases/\(code)").isEmpty { keys.append(document.key) }
    }
    return keys
  }

  /// A document that lives.
  /// - Throws: `notFound` or `inTrash`.
  package func living(type: String, named name: String) throws(ReplicaError) -> Document {
    let key = try find(type: type, named: name)
    let (document, isDeleted) = try looking { (clinic) throws(ReplicaError) in
      (clinic.subject(key)?.document, !clinic.isLiving(key))
    }
    guard let document else { throw .notFound(type: type, name: name) }
    if isDeleted { throw .inTrash(key) }
    return document
  }
}

/// Orders values of one field: numbers by size, everything else by the bytes of its text; what is
/// missing comes last.
private struct SortKey {
  private let number: Double?
  private let text: String?

  init(_ value: JSONValue?) {
    number = value?.numberValue?.double
    text = value.map(plainText)
  }

  /// Nil if they are alike.
  func isLess(than other: SortKey) -> Bool? {
    switch (text, other.text) {
    case (nil, nil): return nil
    case (nil, _): return false
    case (_, nil): return true
    case (let a?, let b?):
      if let x = number, let y = other.number { return x == y ? nil : x < y }
      return utf8Equal(a, b) ? nil : utf8Less(a, b)
    }
  }
}

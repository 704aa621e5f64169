package import JSON

extension Document {
  /// The fields that a person sees: of each unit the visible version, in schema order; fields that
  /// the type does not name follow in the order of their bytes. Says nothing of deletion.
  /// O(fields log fields).
  package func visibleFields(_ rules: TypeRules) -> JSONObject {
    var ranks: [Int] = []
    var members: [JSONMember] = []
    ranks.reserveCapacity(units.count + 4)
    members.reserveCapacity(units.count + 4)
    for unit in units.indices where units[unit].isContent {
      guard let shown = rules.place(ofShown: units[unit]) else { continue }
      for place in units[unit].versions[shown].value.members.indices {
        let member = units[unit].versions[shown].value.members[place]
        let rank = rules.rank(ofField: member.key)
        if let same = Self.place(of: member.key, rank, ranks, members) {
          Self.merge(member.value, into: &members[same].value)
        } else {
          ranks.append(rank)
          members.append(member)
        }
      }
    }
    let order = ranks.indices.sorted { a, b in
      ranks[a] != ranks[b] ? ranks[a] < ranks[b] : utf8Less(members[a].key, members[b].key)
    }
    return JSONObject(members: order.map { members[$0] })
  }

  private static func place(
    of key: String, _ rank: Int, _ ranks: [Int], _ members: [JSONMember]
  ) -> Int? {
    for place in ranks.indices where ranks[place] == rank {
      if utf8Equal(members[place].key, key) { return place }
    }
    return nil
  }

  /// Elements of a set and keys of a map are units of their own that share one field.
  private static func merge(_ part: JSONValue, into whole: inout JSONValue) {
    switch (whole, part) {
    case (.object(var object), .object(let part)):
      for entry in part.members { object[entry.key] = entry.value }
      whole = .object(object)
    case (.array(let array), .array(let part)):
      whole = .array(array + part)
    default:
      break
    }
  }

  /// The newest visible version of the content: its time and author are the document's
  /// `updated_at` and `updated_by`. Nil if there is no content.
  package func newestWrite(_ rules: TypeRules) -> Write? {
    var newest: Write?
    for unit in units where unit.isContent {
      guard let shown = rules.place(ofShown: unit) else { continue }
      let write = unit.versions[shown].write
      if let old = newest, old === write || !Write.ranksBefore(old, write) { continue }
      newest = write
    }
    return newest
  }
}

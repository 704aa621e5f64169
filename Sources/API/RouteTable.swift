/// Finds the routes of a path. O(routes of the same resource and length).
struct RouteTable: Sendable {
  /// Paths of one resource: `/api/patients/{id}` and `/api/patients/bulk`.
  private struct Family: Hashable {
    let resource: ArraySlice<String>
    let segmentCount: Int

    init(_ segments: [String]) {
      resource = segments.prefix(2)
      segmentCount = segments.count
    }
  }

  /// The routes of one path, a method each.
  private struct Place {
    let routes: [Route]
  }

  /// Those first whose paths go before others: `/api/patients/bulk` is no patient.
  private let places: [Family: [Place]]

  /// - Parameter routes: of several with one method and path the first counts. The first two segments of a
  ///   path are never open.
  init(_ routes: [Route]) {
    var paths: [String] = []
    var byPath: [String: [Route]] = [:]
    for route in routes {
      if byPath[route.path] == nil { paths.append(route.path) }
      byPath[route.path, default: []].append(route)
    }
    var places: [Family: [Place]] = [:]
    for path in paths {
      let family = Family(path.split(separator: "/").map(String.init))
      places[family, default: []].append(Place(routes: byPath[path] ?? []))
    }
    self.places = places.mapValues { places in
      places.enumerated().sorted { a, b in
        let (first, second) = (a.element.routes[0], b.element.routes[0])
        return (second.literalCount, a.offset) < (first.literalCount, b.offset)
      }.map(\.element)
    }
  }

  /// The routes of a path, and its open segments by their names; nil if it has none.
  func find(_ segments: [String]) -> (routes: [Route], parameters: [String: String])? {
    for place in places[Family(segments)] ?? [] {
      if let parameters = place.routes[0].match(segments) { return (place.routes, parameters) }
    }
    return nil
  }
}

import HTTP

/// What the head of a request says about its body, its query and the answer that it wants.
extension Route {
  /// - Throws: 415 for a body in another form than the route takes, 406 if the caller takes no answer in the form
  ///   that it gives, 422 for a field of the query that stands twice.
  func requireForm(of request: HTTPRequest) throws(APIError) {
    if let body = description.body, !request.body.isEmpty, !body.isTaken(request.contentType) {
      throw APIError(
        415, "unsupported_media_type",
        "the body must be \(body.mediaTypes.joined(separator: " or "))")
    }
    if let type = description.answers.first(where: { $0.schema != nil })?.mediaType,
      !request.accepts(type)
    {
      throw APIError(406, "not_acceptable", "the answer is \(type)")
    }
    for parameter in description.query
    where request.query.count(where: { $0.name == parameter.name }) > 1 {
      throw .invalid(parameter.name, "is given twice")
    }
  }
}

extension RouteDescription.Body {
  /// `curl -d` says that it sends a form, whatever it sends.
  private static let ofUnknownForm = ["", "application/x-www-form-urlencoded"]

  fileprivate func isTaken(_ contentType: String) -> Bool {
    mediaTypes.contains(contentType) || Self.ofUnknownForm.contains(contentType)
  }
}

extension HTTPRequest {
  /// The media type of the body without its parameters, in lower case; empty if none is named.
  fileprivate var contentType: String { headers["Content-Type"].map(Self.plain) ?? "" }

  /// Whether the caller takes an answer of a media type (RFC 9110, section 12.5.1).
  fileprivate func accepts(_ type: String) -> Bool {
    let ranges = headers.all("Accept").flatMap { $0.split(separator: ",") }
    if ranges.isEmpty { return true }
    let group = type.prefix { $0 != "/" } + "/*"
    return ranges.contains { range in
      let isRefused = range.split(separator: ";").dropFirst().contains { parameter in
        let text = parameter.filter { $0 != " " }
        return text.hasPrefix("q=0") && !text.contains { ("1"..."9").contains($0) }
      }
      return !isRefused && ["*/*", String(group), type].contains(Self.plain(String(range)))
    }
  }

  private static func plain(_ type: String) -> String {
    type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}

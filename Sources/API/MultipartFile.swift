import HTTP

/// A file in the body of a request: as it is, or as the field `file` of a form (RFC 7578).
enum MultipartFile {
  private static let newline: [UInt8] = [13, 10]

  /// - Throws: 400 if the body is a form without such a field, or no form although it says so.
  static func content(of request: HTTPRequest) throws(APIError) -> [UInt8] {
    let type = request.headers["Content-Type"] ?? "text/csv"
    guard type.lowercased().hasPrefix("multipart/form-data") else { return request.body }
    guard let boundary = boundary(in: type) else {
      throw .malformed("Content-Type: a form names its boundary")
    }
    for part in try parts(of: request.body, boundary) {
      guard let (head, content) = split(part) else { continue }
      if isFile(head) { return Array(content) }
    }
    throw .malformed("the form has no field called file")
  }

  private static func boundary(in type: String) -> String? {
    for parameter in type.split(separator: ";").dropFirst() {
      let trimmed = parameter.drop { $0 == " " }
      guard trimmed.lowercased().hasPrefix("boundary=") else { continue }
      let value = trimmed.dropFirst("boundary=".count).filter { $0 != "\"" }
      return value.isEmpty || value.utf8.count > 70 ? nil : value
    }
    return nil
  }

  /// What stands between the lines of the boundary.
  private static func parts(
    of body: [UInt8], _ boundary: String
  ) throws(APIError) -> [ArraySlice<UInt8>] {
    let line = Array("--\(boundary)".utf8)
    // The first one may stand at the very beginning.
    let text = newline + body
    let mark = newline + line
    var places: [Int] = []
    var start = 0
    while let place = find(mark, in: text[start...]) {
      places.append(place)
      start = place + mark.count
    }
    guard places.count > 1 else { throw .malformed("the form is cut off") }
    return zip(places, places.dropFirst()).map { text[($0 + mark.count)..<$1] }
  }

  /// The header fields of a part, and its content.
  private static func split(
    _ part: ArraySlice<UInt8>
  ) -> (head: String, content: ArraySlice<UInt8>)? {
    let end = newline + newline
    guard let place = find(end, in: part) else { return nil }
    let head = String(decoding: part[part.startIndex..<place], as: UTF8.self)
    return (head, part[(place + end.count)...])
  }

  private static func isFile(_ head: String) -> Bool {
    head.split(separator: "\r\n").contains { line in
      let line = line.lowercased()
      return line.hasPrefix("content-disposition:")
        && (line.contains("name=\"file\"") || line.hasSuffix("name=file"))
    }
  }

  private static func find(_ mark: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    var start = text.startIndex
    while let place = text[start...].firstIndex(of: mark[0]) {
      if text[place...].starts(with: mark) { return place }
      start = place + 1
    }
    return nil
  }
}

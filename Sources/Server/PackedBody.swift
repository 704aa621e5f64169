import HTTP
import Platform

/// Bodies that are packed on their way.
enum PackedBody {
  /// Smaller answers are sent as they are.
  private static let packedFrom = 1024

  struct Refusal: Error {
    let status: Int
    let problem: String
  }

  /// The request with its body as it was before it was packed.
  /// - Parameter maximumByteCount: of the body, unpacked.
  /// - Throws: 413 for a larger one, 415 for an unknown coding, 400 for a damaged body.
  static func unpacked(
    _ request: HTTPRequest, maximumByteCount: Int
  ) throws(Refusal) -> HTTPRequest {
    guard let coding = request.headers["Content-Encoding"]?.lowercased(), coding != "identity"
    else {
      return request
    }
    guard ["gzip", "deflate"].contains(coding), let gzip = Gzip.system else {
      throw Refusal(status: 415, problem: "only gzip and deflate are known")
    }
    var plain = request
    do throws(Gzip.Refusal) {
      plain.body = try gzip.unpacked(request.body, maximumByteCount: maximumByteCount)
    } catch {
      switch error {
      case .tooLarge:
        throw Refusal(status: 413, problem: "more than \(maximumByteCount) bytes")
      case .malformed: throw Refusal(status: 400, problem: "it is damaged or cut off")
      }
    }
    return plain
  }

  /// The response, packed if the request allows it and it is worth it.
  static func packed(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
    guard response.body.count >= packedFrom, allows(request),
      let body = Gzip.system?.packed(response.body)
    else { return response }
    var packed = response
    packed.body = body
    packed.headers.set("Content-Encoding", "gzip")
    return packed
  }

  private static func allows(_ request: HTTPRequest) -> Bool {
    (request.headers["Accept-Encoding"] ?? "").lowercased().split(separator: ",").contains {
      entry in
      let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      return parts.first == "gzip" && !parts.dropFirst().contains { $0 == "q=0" || $0 == "q=0.0" }
    }
  }
}

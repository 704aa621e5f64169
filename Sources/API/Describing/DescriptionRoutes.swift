import Clinic
import HTTP
import JSON
import Synchronization

/// The API's own description, for programs and for people. It is made once.
enum DescriptionRoutes {
  static func routes(
    describing others: [Route], _ catalogue: Catalogue, _ program: String
  ) -> [Route] {
    // The description holds these two as well, with which nothing is answered yet.
    let nothing = MadeOnce { [UInt8]() }
    let all = others + routes(json: nothing, page: nothing)
    return routes(
      json: MadeOnce {
        OpenAPIDocument(routes: all, catalogue: catalogue, program: program).value.bytes
      },
      page: MadeOnce {
        Array(DocsPage(routes: all, catalogue: catalogue, program: program).text.utf8)
      })
  }

  private static func routes(json: MadeOnce<[UInt8]>, page: MadeOnce<[UInt8]>) -> [Route] {
    [
      Route(open: "GET", "/openapi.json", "This description, for programs") { _ in
        HTTPResponse(
          status: 200, headers: ["Content-Type": "application/json"], body: json.value)
      }.gives(200, .object(["openapi": .string, "paths": .object()]), "OpenAPI 3.1"),
      Route(open: "GET", "/docs", "This description, for people") { _ in
        HTTPResponse(status: 200, headers: pageHeaders, body: page.value)
      }.gives(200, .string, as: "text/html", "a page that needs nothing else"),
    ]
  }

  /// The page runs no script and loads nothing.
  private static let pageHeaders: HTTPHeaders = [
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
  ]
}

/// A value that is made when it is first asked for: most programs are never asked.
private final class MadeOnce<Value: Sendable>: Sendable {
  private let make: @Sendable () -> Value
  private let made = Mutex<Value?>(nil)

  init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  var value: Value {
    made.withLock { made in
      let value = made ?? make()
      made = value
      return value
    }
  }
}

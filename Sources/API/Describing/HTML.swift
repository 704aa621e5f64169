/// HTML that is put together: texts are escaped, elements are not.
struct HTML: Sendable, ExpressibleByStringLiteral {
  private(set) var source: String

  private init(source: String) { self.source = source }

  /// A text, as it is to be read.
  init(_ text: String) {
    source = text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }

  init(stringLiteral text: String) { self.init(text) }

  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [HTML]
  ) -> HTML {
    let opening = attributes.map { " \($0.key)=\"\(HTML($0.value).source)\"" }.joined()
    let inner = content.map(\.source).joined()
    return HTML(source: "<\(name)\(opening)>\(inner)</\(name)>\n")
  }

  static func element(_ name: String, _ text: String) -> HTML { element(name, [:], [HTML(text)]) }

  /// A table with a head.
  static func table(_ head: [String], _ rows: [[HTML]]) -> HTML {
    let headRow = element("tr", [:], head.map { element("th", $0) })
    let bodyRows = rows.map { row in element("tr", [:], row.map { element("td", [:], [$0]) }) }
    return element(
      "table", [:], [element("thead", [:], [headRow]), element("tbody", [:], bodyRows)])
  }

  static func link(_ text: String, to place: String) -> HTML {
    element("a", ["href": "#\(place)"], [HTML(text)])
  }

  /// A page by itself.
  /// - Parameter style: CSS of ours; it is not escaped.
  static func page(title: String, style: String, _ body: [HTML]) -> HTML {
    let head =
      "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      + element("title", title).source + "<style>\(style)</style>"
    let content = body.map(\.source).joined()
    return HTML(
      source:
        "<!DOCTYPE html>\n<html lang=\"en\"><head>\(head)</head>\n<body>\n\(content)</body></html>\n"
    )
  }
}

import Platform

/// What only an operator of the server can do.
protocol Operator {
  /// - Throws: `Driver.Missing` for a verb that it does not know.
  @discardableResult
  func run(_ verb: String, _ arguments: String...) throws -> String
}

/// The operator as a program: `driver VERB [ARGUMENT…]`. It prints its result on standard output;
/// status 3 says that it does not know the verb.
struct Driver: Operator {
  /// The driver does not know a verb that a scenario needs.
  struct Missing: Error { let verb: String }

  let program: String?

  func run(_ verb: String, _ arguments: String...) throws -> String {
    guard let program else { throw Missing(verb: verb) }
    let result = try ChildProgram.run(program, [verb] + arguments)
    if result.status == 3 { throw Missing(verb: verb) }
    guard result.status == 0 else {
      throw ScenarioFailure("the driver's \(verb) ended with status \(result.status)")
    }
    let text = String(decoding: result.output, as: UTF8.self)
    return String(text.prefix { $0 != "\n" })
  }
}

/// What a scenario expected and did not find.
struct ScenarioFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

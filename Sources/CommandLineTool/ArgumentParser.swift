/// What was typed cannot be understood: exit status 2.
package struct UsageError: Error, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// What a program should do.
package enum ParsedArguments: Sendable {
  case run(Invocation)
  /// Text to print on standard output.
  case print(String)
}

extension ProgramDescription {
  /// Takes arguments apart. Global options stand before or after the command; `--` ends options.
  ///
  /// - Throws: for an unknown command or option, a missing value or a wrong number of operands.
  package func parse(
    _ arguments: [String], settings: ([OptionDescription]) -> Settings
  ) throws(UsageError) -> ParsedArguments {
    var scan = ArgumentScan(arguments)
    if let answer = helpOrVersion(arguments) { return .print(answer) }
    let command = try command(in: arguments)
    let options = globalOptions + command.options
    try scan.read(options, program: name, command: command)
    let operands = Array(scan.words.dropFirst(command.words.count))
    try check(operands, command)
    return .run(
      Invocation(
        command: command, operands: operands, values: scan.values, settings: settings(options)))
  }

  /// The arguments with a whole path for each FILE that an option names: they may be carried out by
  /// a process that works in another directory, or be remembered.
  /// - Parameter directory: the working directory.
  package func withWholePaths(_ arguments: [String], in directory: String) -> [String] {
    let names = (globalOptions + commands.flatMap(\.options)).filter { $0.valueName == "FILE" }
      .map(\.name)
    func whole(_ path: Substring) -> String {
      path.isEmpty || path.hasPrefix("/") ? String(path) : "\(directory)/\(path)"
    }
    var result: [String] = []
    for (index, argument) in arguments.enumerated() {
      if arguments[..<index].contains("--") {
        result.append(argument)
      } else if index > 0, names.contains(arguments[index - 1]) {
        result.append(whole(argument[...]))
      } else if let name = names.first(where: { argument.hasPrefix("\($0)=") }) {
        result.append("\(name)=" + whole(argument.dropFirst(name.count + 1)))
      } else {
        result.append(argument)
      }
    }
    return result
  }

  private func helpOrVersion(_ arguments: [String]) -> String? {
    let typed = arguments.prefix { $0 != "--" }
    if typed.contains("--version") { return "\(name) \(version)\n" }
    guard typed.contains("--help") || typed.contains("-h") || typed.first == "help" else {
      return nil
    }
    let words = bareWords(arguments).filter { $0 != "help" }
    return commands.first { Self.begins(words, with: $0.words) }.map(help) ?? help()
  }

  /// The command with the most words that the arguments begin with.
  private func command(in arguments: [String]) throws(UsageError) -> CommandDescription {
    let words = bareWords(arguments)
    let matching = commands.filter { Self.begins(words, with: $0.words) }
    if let command = matching.max(by: { $0.words.count < $1.words.count }) { return command }
    if commands.count == 1, commands[0].words.isEmpty { return commands[0] }
    guard let first = words.first else {
      throw UsageError("no command; \(name) --help lists them")
    }
    let deeper = commands.filter { $0.words.first == first }.map(\.name)
    if !deeper.isEmpty {
      throw UsageError("\(first) is not complete; there are \(deeper.joined(separator: ", "))")
    }
    throw UsageError("unknown command \"\(first)\"; \(name) --help lists them")
  }

  private static func begins(_ words: [String], with command: [String]) -> Bool {
    words.starts(with: command)
  }

  /// The arguments without options and their values.
  private func bareWords(_ arguments: [String]) -> [String] {
    let all = globalOptions + commands.flatMap(\.options)
    var words: [String] = []
    var skipsNext = false
    for (index, argument) in arguments.enumerated() {
      if skipsNext {
        skipsNext = false
      } else if argument == "--" {
        return words + arguments[(index + 1)...]
      } else if argument.hasPrefix("-"), argument != "-" {
        let takesValue = all.contains { $0.name == argument && $0.valueName != nil }
        skipsNext = takesValue
      } else {
        words.append(argument)
      }
    }
    return words
  }

  private func check(
    _ operands: [String], _ command: CommandDescription
  ) throws(UsageError) {
    let usage = "usage: \(name) \(synopsis(command))"
    if operands.count < command.requiredOperandCount {
      let missing = command.operands[operands.count]
      throw UsageError("\(missing) is missing; \(usage)")
    }
    let isOpen = command.operands.last?.hasSuffix("…") == true
    if operands.count > command.operands.count, !isOpen {
      throw UsageError("\"\(operands[command.operands.count])\" is too much; \(usage)")
    }
  }
}

/// Words and options, while arguments are read.
private struct ArgumentScan {
  private(set) var words: [String] = []
  private(set) var values: [String: [String]] = [:]
  private let arguments: [String]

  init(_ arguments: [String]) { self.arguments = arguments }

  mutating func read(
    _ options: [OptionDescription], program: String, command: CommandDescription
  ) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        words.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard let option = options.first(where: { $0.name == parts[0] }) else {
        throw UsageError(
          "unknown option \(parts[0]); \(program) \(command.name) --help lists them")
      }
      try take(option, inline: parts.count == 2 ? parts[1] : nil, &rest)
    }
  }

  private mutating func take(
    _ option: OptionDescription, inline: String?, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    guard option.valueName != nil else {
      guard inline == nil || option.inlineValueName != nil else {
        throw UsageError("\(option.name) takes no value")
      }
      values[option.name] = inline.map { [$0] } ?? []
      return
    }
    guard let value = inline ?? rest.popFirst() else {
      throw UsageError("\(option.synopsis): the value is missing")
    }
    if !option.isRepeatable, values[option.name] != nil {
      throw UsageError("\(option.name) is given twice")
    }
    values[option.name, default: []].append(value)
  }
}

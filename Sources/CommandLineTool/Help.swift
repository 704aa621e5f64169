extension ProgramDescription {
  private static let mostOptionsInSynopsis = 6

  func synopsis(_ command: CommandDescription) -> String {
    let all = command.options.map { "[\($0.synopsis)]\($0.isRepeatable ? "…" : "")" }
    // Who sees a line too long for one line reads none of it.
    let options = all.count > Self.mostOptionsInSynopsis ? ["[OPTION]…"] : all
    return ([command.name] + command.operands + options).joined(separator: " ")
  }

  /// The help of the program.
  package func help() -> String {
    var text = "\(name) - \(summary)\n\nCommands:\n"
    let width = commands.map { $0.name.count + $0.operands.joined(separator: " ").count + 1 }.max()
    for command in commands {
      let left = ([command.name] + command.operands).joined(separator: " ")
      text += "  " + left.padded(to: (width ?? 0) + 2) + command.help + "\n"
    }
    return text + "\nOptions of every command:\n" + list(globalOptions)
      + "\n\(name) COMMAND --help says more.\n"
  }

  /// The help of a command.
  func help(_ command: CommandDescription) -> String {
    var text = "\(name) \(synopsis(command))\n\n\(command.help)\n"
    if !command.options.isEmpty { text += "\nOptions:\n" + list(command.options) }
    return text + "\nOptions of every command:\n" + list(globalOptions)
  }

  private func list(_ options: [OptionDescription]) -> String {
    let width = (options.map(\.synopsis.count).max() ?? 0) + 2
    return options.map { option in
      let variable = option.variable.map { " ($\($0))" } ?? ""
      return "  " + option.synopsis.padded(to: width) + option.help + variable + "\n"
    }.joined()
  }
}

extension String {
  /// The text with spaces behind it, up to a number of characters.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}

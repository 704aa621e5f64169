/// An option of a command.
package struct OptionDescription: Sendable {
  /// With its dashes: `--store`.
  package let name: String
  /// What its value is called in the help; nil for a flag.
  package let valueName: String?
  /// Of a flag that may have a value after "=": what it is called in the help.
  package let inlineValueName: String?
  /// Whether it may be given more than once.
  package let isRepeatable: Bool
  /// The environment variable that gives it if the flag does not; also the key, in lower case and
  /// without `SATCHEL_`, in the file that `--config` names.
  package let variable: String?
  package let help: String

  /// A flag.
  package init(_ name: String, _ help: String) {
    self.init(name, optional: nil, help)
  }

  /// A flag that may have a value after "=".
  package init(_ name: String, optional inlineValueName: String?, _ help: String) {
    self.name = name
    valueName = nil
    self.inlineValueName = inlineValueName
    isRepeatable = false
    variable = nil
    self.help = help
  }

  /// An option with a value.
  package init(
    _ name: String, _ valueName: String, isRepeatable: Bool = false, variable: String? = nil,
    _ help: String
  ) {
    self.name = name
    self.valueName = valueName
    inlineValueName = nil
    self.isRepeatable = isRepeatable
    self.variable = variable
    self.help = help
  }

  package var synopsis: String {
    if let inlineValueName { return "\(name)[=\(inlineValueName)]" }
    return valueName.map { "\(name) \($0)" } ?? name
  }
}

/// A command, such as `import patients`.
package struct CommandDescription: Sendable {
  package let words: [String]
  /// Names of the operands; one in brackets may be left out.
  package let operands: [String]
  package let options: [OptionDescription]
  package let help: String

  /// A command without operands.
  package init(_ name: String, options: [OptionDescription] = [], _ help: String) {
    self.init(name, [], options: options, help)
  }

  package init(
    _ name: String, _ operands: [String], options: [OptionDescription] = [], _ help: String
  ) {
    words = name.split(separator: " ").map(String.init)
    self.operands = operands
    self.options = options
    self.help = help
  }

  package var name: String { words.joined(separator: " ") }
  var requiredOperandCount: Int { operands.filter { !$0.hasPrefix("[") }.count }
}

/// A program: its commands and the options that all of them take.
package struct ProgramDescription: Sendable {
  package let name: String
  package let version: String
  package let summary: String
  package let globalOptions: [OptionDescription]
  package let commands: [CommandDescription]

  package init(
    name: String, version: String, summary: String, globalOptions: [OptionDescription],
    commands: [CommandDescription]
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.globalOptions = globalOptions
    self.commands = commands
  }
}

/// What somebody typed, taken apart.
package struct Invocation: Sendable {
  package let command: CommandDescription
  package let operands: [String]
  private var values: [String: [String]]
  private let settings: Settings

  init(
    command: CommandDescription, operands: [String], values: [String: [String]],
    settings: Settings
  ) {
    self.command = command
    self.operands = operands
    self.values = values
    self.settings = settings
  }

  /// The same with another value of an option that was given.
  package func replacing(_ option: String, with value: String) -> Invocation {
    var copy = self
    if copy.values[option] != nil { copy.values[option] = [value] }
    return copy
  }

  package func has(_ option: String) -> Bool { values[option] != nil }

  /// The value of an option: the flag, else the environment, else the file of settings.
  package func value(_ option: String) -> String? {
    values[option]?.last ?? settings.value(option)
  }

  /// The values of an option that may be given more than once.
  package func values(_ option: String) -> [String] {
    values[option] ?? settings.value(option).map { [$0] } ?? []
  }

  /// The options that no flag gave but the environment or the file of settings did, as flags: for a
  /// process that sees neither.
  package var settingsAsFlags: [String] {
    command.options.filter { values[$0.name] == nil }.flatMap { option in
      settings.value(option.name).map { [option.name, $0] } ?? []
    }
  }

  package func operand(_ index: Int) -> String? {
    operands.indices.contains(index) ? operands[index] : nil
  }
}

/// Settings that no flag gave.
package struct Settings: Sendable {
  private let values: [String: String]

  /// - Parameters:
  ///   - environment: reads a variable.
  ///   - file: the keys and values of the file of settings.
  package init(
    options: [OptionDescription], environment: (String) -> String?, file: [String: String] = [:]
  ) {
    var values: [String: String] = [:]
    for option in options {
      guard let variable = option.variable else { continue }
      let key = variable.lowercased().replacingPrefix("satchel_", with: "")
      if let value = environment(variable) ?? file[key], !value.isEmpty {
        values[option.name] = value
      }
    }
    self.values = values
  }

  package func value(_ option: String) -> String? { values[option] }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
  }
}

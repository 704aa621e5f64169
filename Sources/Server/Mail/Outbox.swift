import Platform

/// Letters on their way, as files in the server's data directory.
///
/// A letter is written to `server/mail`, then whoever causes it notes that it is sent, then it moves to
/// `outbox`: after a crash, one whose sending was noted moves there, and any other goes. So each gets there
/// once. Who takes letters out of `outbox` owns them.
///
/// Invariant: the name of a letter is the hash of the token that it carries.
struct Outbox: Sendable {
  private let layout: ServerLayout
  private let files: any FileSystem

  static let suffix = ".eml"

  /// Makes the directories.
  init(_ layout: ServerLayout, _ files: any FileSystem) throws(SystemError) {
    (self.layout, self.files) = (layout, files)
    for directory in [layout.preparedMail, layout.outbox, layout.mailBeingSent] {
      try files.createDirectory(directory)
    }
  }

  private func prepared(_ hash: String) -> String { "\(layout.preparedMail)/\(hash)\(Self.suffix)" }
  func path(_ name: String) -> String { "\(layout.outbox)/\(name)" }
  private func sending(_ name: String) -> String { "\(layout.mailBeingSent)/\(name)" }

  /// Sends a letter if the closure can note it. Durable on return.
  /// - Parameter note: notes durably that it is sent; false if it must not be.
  /// - Throws: whether it was noted is found out by `recover`.
  func send(
    _ letter: [UInt8], tokenHash hash: String, note: () throws(ServerError) -> Bool
  ) throws(ServerError) {
    try onSystem { () throws(SystemError) in
      try files.writeFileDurably(prepared(hash), letter)
    }
    try finish(hash, isNoted: try note())
  }

  /// Ends what a crash interrupted.
  /// - Parameter isNoted: whether somebody noted that the letter with this hash is sent.
  func recover(_ isNoted: (String) throws(ServerError) -> Bool) throws(ServerError) {
    let left = try onSystem { () throws(SystemError) in
      try files.contents(ofDirectory: layout.preparedMail)
    }
    for name in left {
      if name.hasSuffix(Self.suffix) {
        let hash = String(name.dropLast(Self.suffix.count))
        try finish(hash, isNoted: try isNoted(hash))
      } else {
        try onSystem { () throws(SystemError) in
          try files.removeFile("\(layout.preparedMail)/\(name)")
        }
      }
    }
  }

  private func finish(_ hash: String, isNoted: Bool) throws(ServerError) {
    try onSystem { () throws(SystemError) in
      if isNoted { try release(hash) } else { try files.removeFile(prepared(hash)) }
    }
  }

  private func names(in directory: String) throws(SystemError) -> [String] {
    try files.contents(ofDirectory: directory).filter { $0.hasSuffix(Self.suffix) }
      .map { String($0.dropLast(Self.suffix.count)) }
  }

  private func release(_ hash: String) throws(SystemError) {
    try files.rename(prepared(hash), to: path(hash + Self.suffix))
    try files.synchronizeDirectory(layout.outbox)
    try files.synchronizeDirectory(layout.preparedMail)
  }

  // MARK: - Taking letters out

  /// The letters that wait for a program to send them, by their names.
  func waiting() throws(SystemError) -> [String] {
    try names(in: layout.outbox).map { $0 + Self.suffix }
  }

  /// Letters of which nobody knows whether they left: a program had them when the server ended.
  func uncertain() throws(SystemError) -> [String] {
    try names(in: layout.mailBeingSent).map { "\(layout.mailBeingSent)/\($0)\(Self.suffix)" }
  }

  /// What became of a letter that a program was given.
  enum Handover {
    case sent
    /// The program did not take it.
    case refused
    /// The program was killed, or ended by itself too early: it may have sent the letter.
    case uncertain
  }

  /// Gives a letter to a program: no other gets it, also after a crash, unless the program refuses it.
  /// - Parameter send: hands the file at a path to the program.
  /// - Returns: what `send` returned.
  func hand(
    _ name: String, to send: (_ path: String) -> Handover
  ) throws(SystemError) -> Handover {
    try files.rename(path(name), to: sending(name))
    try files.synchronizeDirectory(layout.mailBeingSent)
    try files.synchronizeDirectory(layout.outbox)
    let outcome = send(sending(name))
    switch outcome {
    // It carries a token: nobody needs it any more.
    case .sent: try files.removeFile(sending(name))
    case .refused:
      try files.rename(sending(name), to: path(name))
      try files.synchronizeDirectory(layout.outbox)
    case .uncertain: break
    }
    try files.synchronizeDirectory(layout.mailBeingSent)
    return outcome
  }
}

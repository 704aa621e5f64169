import Causality
import Clinic
import Dispatch
import Documents
package import Platform
import Replica
import Synchronization

/// Sends the letters of all accounts, on a thread of its own: as soon as a commit asks for one, and what a
/// crash left when the server starts.
package final class Postman: Sendable {
  /// After a failure it tries again after a second, then after twice as long each time, up to this.
  private static let longestPauseSeconds = 300.0
  /// Without anything to send it looks so often: invites that were held may be free.
  private static let roundSeconds = 300.0

  private let data: ServerData
  private let style: LetterStyle
  /// The program that sends; without one letters stay in the outbox.
  private let program: String?
  private let outbox: Outbox
  /// Held while a letter is between its first file and the outbox.
  private let preparing = Mutex(())
  private let bell = DispatchSemaphore(value: 0)
  private let isStopped = Atomic(false)
  private let thread = Mutex<SystemThread?>(nil)
  private let tell: @Sendable (String) -> Void

  /// - Parameters:
  ///   - program: takes a letter on standard input, with the arguments `-t -i`.
  ///   - tell: takes a line for the operator.
  package init(
    data: ServerData, style: LetterStyle, program: String?,
    tell: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    (self.data, self.style, self.program, self.tell) = (data, style, program, tell)
    outbox = try Outbox(data.layout, data.fileSystem)
  }

  package func start() throws(SystemError) {
    let started = try SystemThread { self.run() }
    thread.withLock { $0 = started }
  }

  /// Something may have to be sent.
  package func ring() { bell.signal() }

  /// Waits for the letter that is under way.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    bell.signal()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }

  private var isStopping: Bool { isStopped.load(ordering: .acquiring) }

  private func run() {
    tellOfUncertainLetters()
    var pause = 1.0
    while !isStopping {
      let isDone = goRound()
      pause = isDone ? 1 : min(pause * 2, Self.longestPauseSeconds)
      _ = bell.wait(timeout: .now() + (isDone ? Self.roundSeconds : pause))
      // What rang meanwhile is seen in one round.
      while bell.wait(timeout: .now()) == .success {}
    }
  }

  /// - Returns: false if something failed.
  private func goRound() -> Bool {
    do {
      try preparing.withLock { _ in
        try outbox.recover { (hash) throws(ServerError) in try isNoted(hash) }
      }
    } catch {
      tell("letters that a crash interrupted: \(error)")
      return false
    }
    var isDone = true
    for account in data.read({ $0.accounts.filter { !$0.isSuspended }.map(\.id) }) where !isStopping
    {
      if !sendLetters(of: account) { isDone = false }
    }
    return handOver() && isDone
  }

  /// Sends a letter now, if the closure can note it.
  func send(
    _ letter: UserLetter, tokenHash hash: String, note: () throws(ServerError) -> Bool
  ) throws(ServerError) {
    let message = style.message(letter, date: data.setup.world.clock.now(), hash: hash)
    guard let bytes = message.bytes else {
      throw .invalid("user", "email", "cannot be written into a letter")
    }
    try preparing.withLock { (_) throws(ServerError) in
      try outbox.send(bytes, tokenHash: hash, note: note)
    }
    ring()
  }

  /// Sends the same letter to several people. Whoever calls it again with the same id sends none twice that still
  /// waits here.
  func send(_ text: String, subject: String, to emails: [String], id: String) throws(ServerError) {
    let date = data.setup.world.clock.now()
    try preparing.withLock { (_) throws(ServerError) in
      for email in emails {
        let hash = data.tokenHash("\(id) \(email)")
        let message = MailMessage(
          sender: style.sender, recipient: email, subject: subject, body: text, date: date,
          id: String(hash.prefix(32)))
        guard let bytes = message.bytes else { continue }
        try outbox.send(bytes, tokenHash: hash) { true }
      }
    }
    ring()
  }

  private func isNoted(_ hash: String) throws(ServerError) -> Bool {
    if data.read({ $0.credentials.contains { $0.invitation?.hash == hash } }) { return true }
    for account in data.read(\.accounts) {
      let replica = try data.replica(of: account.id)
      let isKnown = try onReplica { () throws(ReplicaError) in
        try replica.knowsInviteToken(hash: hash)
      }
      if isKnown { return true }
    }
    return false
  }

  private func sendLetters(of account: UniqueID) -> Bool {
    do throws(ServerError) {
      let replica = try data.replica(of: account)
      let letters = try onReplica { () throws(ReplicaError) in try replica.lettersToSend() }
      var isDone = true
      for letter in letters where !isStopping {
        if !send(letter, replica) { isDone = false }
      }
      return isDone
    } catch {
      tell("letters of account \(account): \(error)")
      return false
    }
  }

  private func send(_ letter: InviteLetter, _ replica: Replica) -> Bool {
    let (token, hash) = replica.newInviteToken()
    let message = style.message(
      letter, token: token, date: data.setup.world.clock.now(), hash: hash)
    guard let bytes = message.bytes else {
      tell("invite \(letter.invite.id): its address cannot be written into a letter")
      return true
    }
    do {
      try preparing.withLock { _ in
        try outbox.send(bytes, tokenHash: hash) { () throws(ServerError) in
          try onReplica { () throws(ReplicaError) in
            try replica.noteSending(letter, tokenHash: hash)
          }
        }
      }
      return true
    } catch {
      tell("invite \(letter.invite.id): \(error)")
      return false
    }
  }

  // MARK: - The program that sends

  private func handOver() -> Bool {
    guard let program else { return true }
    var isDone = true
    do {
      for name in try outbox.waiting() where !isStopping {
        let outcome = try outbox.hand(name) { letter in run(program, letter) }
        if outcome == .refused { isDone = false }
      }
    } catch {
      tell("outbox: \(error)")
      return false
    }
    return isDone
  }

  private func run(_ program: String, _ letter: String) -> Outbox.Handover {
    let deadline = monotonicMilliseconds() + Self.mostProgramMilliseconds
    do {
      let result = try ChildProgram.run(program, ["-t", "-i"], input: letter) {
        !isStopping && monotonicMilliseconds() < deadline
      }
      if result.status == 0 { return .sent }
      tell("\(program): failed with status \(result.status)")
      return result.status < Self.leastSignalStatus ? .refused : .uncertain
    } catch {
      tell("\(program): \(error)")
      return error.operation == "posix_spawn" ? .refused : .uncertain
    }
  }

  private static let mostProgramMilliseconds: UInt64 = 60_000
  /// A program with such a status was ended by a signal.
  private static let leastSignalStatus: Int32 = 128

  private func tellOfUncertainLetters() {
    for path in (try? outbox.uncertain()) ?? [] {
      tell(
        "\(path): the server ended while a program was sending this letter; if it has not arrived, "
          + "move it to \(data.layout.outbox)")
    }
  }
}

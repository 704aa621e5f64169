package import Causality
import Clinic
import Documents
package import Platform
import Storage
import SyncProtocol
import Synchronization

/// Who may use this laptop, and who does now. Nobody needs to log in before the first person has.
///
/// What is here is remembered in the store, and sealed if the store is. All methods may be called from any thread.
package final class People: Sendable {
  /// So long nothing may be done before a person has to prove again who he is, in milliseconds.
  package static let idleMilliseconds: UInt64 = 10 * 60_000
  /// So long people are let in without a word of the server, in milliseconds.
  package static let unheardMilliseconds: UInt64 = 7 * 86_400_000
  /// A clock that is set back by less means nothing.
  private static let clockMilliseconds: UInt64 = 86_400_000
  /// So often it is noted that somebody still is at the laptop, and that the server was heard of.
  private static let noteMilliseconds: UInt64 = 30_000
  /// So many wrong passwords within the time close the door for as long.
  private static let wrongTries = (count: 10, milliseconds: UInt64(10 * 60_000))

  private let store: Store
  /// Whether somebody has logged in since the store was opened, or was there already.
  private let met = Atomic(false)
  private let state: Mutex<PeopleState>

  init(_ store: Store) {
    self.store = store
    // What cannot be read any more the server has to say again.
    state = Mutex(
      store.recall(.people).flatMap(PeopleState.init)
        ?? PeopleState(isShared: store.hasMemo(.people)))
  }

  // MARK: - Who is there

  /// Who may do what now.
  package enum Standing: Sendable, Equatable {
    /// Nobody has ever logged in here: whoever has the laptop uses it.
    case unshared
    case open(UniqueID)
    /// Somebody reads without being known, and says why.
    case emergency
    /// Somebody has to log in first.
    case locked
  }

  package func standing(at now: UInt64) -> Standing {
    let state = state.withLock { $0 }
    guard state.isShared else { return .unshared }
    guard let session = state.session,
      Self.isWithin(Self.idleMilliseconds, session.usedAt, now, setBack: Self.idleMilliseconds)
    else { return .locked }
    met.store(true, ordering: .releasing)
    return session.user.map(Standing.open) ?? .emergency
  }

  /// Whether somebody has been at the laptop since the store was opened.
  package var hasMet: Bool { met.load(ordering: .acquiring) }

  /// In whose name is written; nil if nobody has logged in.
  var user: UniqueID? { state.withLock { $0.session?.user } }

  /// The person who is at the laptop, or was last.
  package var last: Person? {
    state.withLock { state in state.people.first { $0.user == state.last } }
  }

  /// Somebody is doing something.
  package func touch(at now: UInt64) {
    change { state in
      guard let usedAt = state.session?.usedAt,
        now > usedAt + Self.noteMilliseconds || now < usedAt
      else { return }
      state.session?.usedAt = now
    }
  }

  /// From now on somebody has to log in. Nothing else changes.
  package func lock() { change { $0.session = nil } }

  /// Lets somebody read who cannot log in.
  package func beginEmergency(at now: UInt64) {
    change { $0.session = PeopleState.Session(user: nil, usedAt: now) }
  }

  // MARK: - Logging in

  /// What becomes of a password.
  package enum Trial: Sendable {
    /// The person is at the laptop now.
    /// - Parameter key: that the password makes.
    case right(Person, key: SecretBytes)
    case wrong
    /// Only the server can tell: nobody of that address has logged in here, or it was not heard of for long.
    case unknown(isOverdue: Bool)
    /// Too many were wrong.
    case tooOften(waitMilliseconds: UInt64)
  }

  /// Lets a person in by a password, without a network. Slow on purpose.
  /// - Parameter email: as somebody typed it; nil for who was here last.
  package func logIn(
    _ email: String?, _ password: String, _ cryptography: Cryptography, at now: UInt64
  ) -> Trial {
    let before = state.withLock { $0 }
    let recent = before.failures.filter { now >= $0 && now - $0 < Self.wrongTries.milliseconds }
    if recent.count >= Self.wrongTries.count, let first = recent.first {
      return .tooOften(waitMilliseconds: first + Self.wrongTries.milliseconds - now)
    }
    guard let person = person(email, in: before) else { return .unknown(isOverdue: false) }
    guard
      Self.isWithin(
        Self.unheardMilliseconds, before.heardAt, now, setBack: Self.clockMilliseconds)
    else { return .unknown(isOverdue: true) }
    guard let key = person.verifier.key(by: password, cryptography) else {
      change { $0.failures = (recent + [now]).suffix(Self.wrongTries.count) }
      return .wrong
    }
    begin(person, at: now)
    return .right(person, key: key)
  }

  private func person(_ email: String?, in state: PeopleState) -> Person? {
    guard let email else { return state.people.first { $0.user == state.last } }
    let key = ClinicIndex.emailKey(email)
    return state.people.first { $0.email == key }
  }

  /// Lets a person in whom the server knows, from now on without it too.
  package func add(_ person: Person, at now: UInt64) {
    change { state in
      state.people.removeAll { $0.user == person.user || $0.email == person.email }
      state.people.append(person)
      (state.isShared, state.heardAt) = (true, now)
    }
    begin(person, at: now)
  }

  private func begin(_ person: Person, at now: UInt64) {
    met.store(true, ordering: .releasing)
    change { state in
      state.session = PeopleState.Session(user: person.user, usedAt: now)
      (state.last, state.failures) = (person.user, [])
    }
  }

  /// Forgets a person; the last one leaves a laptop that nobody shares.
  /// - Returns: who was forgotten.
  package func forget(_ user: UniqueID) -> [Person] {
    var dropped: [Person] = []
    change { state in
      dropped = state.people.filter { $0.user == user }
      state.people.removeAll { $0.user == user }
      if state.session?.user == user { state.session = nil }
      if state.people.isEmpty { state.isShared = false }
    }
    return dropped
  }

  // MARK: - What the server says

  /// The name of the list of people here; nil if nobody has ever logged in.
  func listName(_ digest: Digest) -> String? {
    let people = state.withLock { $0.people }
    if people.isEmpty { return nil }
    return PeopleList(
      Dictionary(people.map { ($0.user, $0.generation) }, uniquingKeysWith: { $1 })
    ).name(digest)
  }

  /// Takes down that the server was heard of.
  /// - Parameter list: the people who may log in; nil if they are those that are here.
  /// - Returns: the people who are to be forgotten: they have to log in at the server again.
  func hear(_ list: PeopleList?, at now: UInt64) -> [Person] {
    var dropped: [Person] = []
    change { state in
      if state.people.isEmpty { return }
      if now > state.heardAt + Self.noteMilliseconds || now < state.heardAt { state.heardAt = now }
      guard let list else { return }
      dropped = state.people.filter { list.generations[$0.user] != $0.generation }
      guard !dropped.isEmpty else { return }
      state.people.removeAll(where: dropped.contains)
      if dropped.contains(where: { $0.user == state.session?.user }) { state.session = nil }
    }
    return dropped
  }

  // MARK: - Remembering

  private func change(_ body: (inout PeopleState) -> Void) {
    state.withLock { state in
      let before = state
      body(&state)
      guard state != before else { return }
      // On a full disk what is here counts until the program ends.
      try? store.remember(.people, state.bytes)
    }
  }

  /// Whether something was not longer ago, by a clock that may have been set back a little.
  private static func isWithin(
    _ milliseconds: UInt64, _ time: UInt64, _ now: UInt64, setBack: UInt64
  ) -> Bool {
    now >= time ? now - time <= milliseconds : time - now <= setBack
  }
}

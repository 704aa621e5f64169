import TestSupport

@testable import HTTP

/// All that a connection makes of a stream: what reaches the handler and what is answered.
struct ConversationTrace: Equatable {
  /// The requests that were admitted or refused, then those that were handled.
  private(set) var admitted: [String] = []
  private(set) var handled: [String] = []
  /// Without the interim answers, which depend on how the bytes came.
  private(set) var output: [UInt8] = []
  private(set) var ending = ""

  /// - Throws: when the conversation breaks a promise.
  init(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits, seed: Int) throws {
    let heads = Collected<HTTPRequest>()
    let handler = ClosureHandler(
      admitting: { head in
        heads.add(head)
        return Self.admission(of: head)
      }, handling: { _, _ in })
    let conversation = Conversation(
      handler: handler, limits: limits, peer: "p", at: ContinuousClock.now)
    try run(conversation, pieces, seed: seed)
    let methods = heads.all.map(\.method)
    admitted = heads.all.map { "\($0.method) \($0.target)" }
    try checkAnswers(to: methods)
  }

  private static func admission(of head: HTTPRequest) -> HTTPAdmission {
    switch head.target.utf8.count % 5 {
    case 0: .refuse(HTTPResponse(status: 403, body: Array("no".utf8)))
    case 1: .answer(HTTPResponse(status: 204))
    case 2: .accept(maximumBodyByteCount: 5)
    default: .accept(maximumBodyByteCount: 1_000)
    }
  }

  private mutating func run(
    _ start: Conversation, _ pieces: [ArraySlice<UInt8>], seed: Int
  ) throws {
    var (conversation, rest) = (start, pieces[...])
    var generator = SeededGenerator(seed: seed)
    var stepsLeft = 3 * pieces.reduce(0) { $0 + $1.count } + 2_000
    let now = ContinuousClock.now
    while true {
      stepsLeft -= 1
      guard stepsLeft >= 0 else { throw FuzzFailure("a conversation without an end") }
      var request: HTTPRequest?
      let reads = conversation.wantsInput && !rest.isEmpty
      if conversation.hasOutput && !(reads && generator.once(in: 2)) {
        let left = conversation.output.count - conversation.outputOffset
        let count = generator.once(in: 2) ? left : 1 + generator.below(left)
        output += conversation.output[conversation.outputOffset...].prefix(count)
        request = conversation.wrote(count, at: now)
      } else if reads, let piece = rest.popFirst() {
        request = conversation.receive(piece, at: now)
      } else if conversation.phase == .handling {
        conversation.answer(HTTPResponse(status: 200, body: Array("yes".utf8)), at: now)
      } else {
        break
      }
      if let request {
        guard conversation.phase == .handling else { throw FuzzFailure("not handling") }
        handled.append("\(request.method) \(request.target) \(request.body)")
      }
    }
    ending = conversation.isDraining ? "draining" : "\(conversation.phase)"
    removeInterimAnswers()
  }

  private mutating func removeInterimAnswers() {
    let line = ResponseEncoder.continueLine
    while let end = output.endOfFirst(line) { output.removeSubrange(end - line.count..<end) }
  }

  /// Every head has one answer, in its place; an answer more is a refusal, and is the last.
  private func checkAnswers(to methods: [String]) throws {
    let text = String(decoding: output, as: UTF8.self)
    var answers: [RawAnswer]
    do {
      answers = try RawAnswer.all(in: text, to: methods + ["GET"])
    } catch {
      answers = try RawAnswer.all(in: text, to: methods + ["HEAD"])
    }
    let last = answers.popLast()
    guard !answers.contains(where: \.closes) else { throw FuzzFailure("answers after the last") }
    let isClosing = last?.closes ?? false
    guard isClosing == (ending == "draining") else { throw FuzzFailure("an end unannounced") }
    let count = answers.count + (last == nil ? 0 : 1)
    let isOneMore = count == methods.count + 1 && isClosing
    let isUnfinished = count == methods.count - 1 && ending == "body"
    guard count == methods.count || isOneMore || isUnfinished else {
      throw FuzzFailure("\(count) answers to \(methods.count) heads")
    }
  }
}

import Causality
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// Questions of chats get their numbers from the server, whoever asked them.
@Suite struct QuestionNumberTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws { all = try TwoLaptops() }

  private func ask(_ replica: TestReplica, _ text: String) throws -> DocumentKey {
    let question: JSONObject = ["text": .string(text), "question_type": "text"]
    var asked: DocumentKey?
    try replica.replica.transact { (transaction) throws(ReplicaError) in
      asked = try replica.replica.make(question, type: "chat_question", in: &transaction)
    }
    return try #require(asked)
  }

  private func numbers(_ replica: TestReplica, _ keys: [DocumentKey]) throws -> [JSONValue?] {
    try keys.map { try replica.shown($0)["number"] }
  }

  @Test func `questions of several laptops get numbers at the server, in their order`() throws {
    let first = [try ask(here, "Where?"), try ask(here, "When?")]
    let second = [try ask(there, "Why?")]
    #expect(try numbers(here, first).allSatisfy { $0 == nil })
    try meet()
    for replica in [here, there, server] {
      let found = try numbers(replica, first + second).map { $0?.intValue }
      #expect(found.sorted { $0 ?? 0 < $1 ?? 0 } == [1, 2, 3] && found.last == 3)
    }
    try expectEqual()
  }
}

import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

/// Creates documents from JSON lines, many in a transaction. Memory is bounded but for the text that is
/// read and what is printed.
struct LineCreation {
  let replica: Replica
  let type: String
  let printer: Printer

  /// Documents that are created in one transaction.
  private static let documentsPerTransaction = 1000

  /// - Throws: what is wrong with a line, with its number. The transactions before its own are stored,
  ///   and their number of documents is told.
  func run(_ input: [UInt8]) throws -> CommandOutcome {
    var lines = NumberedLines(input)
    var count = 0
    var output: [UInt8] = []
    // Kept where they can be printed only all at once.
    var views: [JSONObject] = []
    while true {
      let chunk = lines.next(Self.documentsPerTransaction)
      if chunk.isEmpty { break }
      let created = try create(try parsed(chunk, after: count), after: count).map(replica.view)
      count += created.count
      if printer.isJSON { output += printer.list(created).output } else { views += created }
    }
    guard count > 0 else { throw InputError("the input holds no JSON object") }
    return printer.isJSON ? CommandOutcome(output: output) : printer.list(views)
  }

  private typealias Input = (line: Int, object: JSONObject)

  private func parsed(_ lines: [NumberedLine], after count: Int) throws -> [Input] {
    do {
      return try lines.map { ($0.number, try InputReader.object($0)) }
    } catch {
      throw count == 0 ? error : InputError("\(error) (stored: \(count) documents)")
    }
  }

  private func create(
    _ inputs: [Input], after count: Int
  ) throws(ReplicaError) -> [Document] {
    let validator = replica.validator()
    return try replica.transact { (transaction) throws(ReplicaError) in
      var documents: [Document] = []
      documents.reserveCapacity(inputs.count)
      for (line, object) in inputs {
        do throws(ReplicaError) {
          let key = try replica.make(
            object, type: type, in: &transaction, validator: validator)
          if let document = try transaction.document(key) { documents.append(document) }
        } catch {
          throw .conflict("line \(line): \(error) (stored: \(count) documents)")
        }
      }
      return documents
    }
  }
}

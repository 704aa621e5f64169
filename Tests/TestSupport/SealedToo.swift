package import Testing

/// Runs each test twice: with stores that anybody can read, then with sealed ones.
package struct SealedToo: SuiteTrait, TestTrait, TestScoping {
  /// Whether the stores of the test that runs are sealed.
  @TaskLocal package static var isSealed = false

  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await function()
    guard testCase != nil, !test.traits.contains(where: { $0 is PlainOnly }) else { return }
    try await Self.$isSealed.withValue(true) { try await function() }
  }
}

/// Keeps a test to stores that anybody can read: it looks at their bytes, or a seal makes no difference to it.
package struct PlainOnly: SuiteTrait, TestTrait {
  package var isRecursive: Bool { true }
}

extension Trait where Self == PlainOnly {
  package static var plainOnly: Self { PlainOnly() }
}

extension Trait where Self == SealedToo {
  package static var sealedToo: Self { SealedToo() }
}

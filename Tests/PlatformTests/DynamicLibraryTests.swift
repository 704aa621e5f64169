import Testing

@testable import Platform

@Suite struct DynamicLibraryTests {
  @Test func `a missing library is named by its first name`() {
    #expect(throws: LibraryError(library: "libnone.so.3", problem: "is missing", advice: "x")) {
      try DynamicLibrary(names: ["libnone.so.3", "libnone.so"], advice: "x")
    }
  }

  @Test func `the next name is tried, and a missing function is named`() throws {
    let library = try DynamicLibrary(names: ["libnone.so.3", "libc.so.6"], advice: "x")
    let none = library.optionalFunction("satchel_none", as: (@convention(c) () -> Void).self)
    #expect(none == nil)
    let getpid: @convention(c) () -> Int32 = try library.function("getpid")
    #expect(getpid() == Host.processID)
    #expect(
      throws: LibraryError(
        library: "libc.so.6", problem: "has no function satchel_none", advice: "x")
    ) {
      try library.function("satchel_none", as: (@convention(c) () -> Void).self)
    }
  }
}

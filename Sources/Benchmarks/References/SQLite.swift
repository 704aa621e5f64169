import Platform

/// The system's SQLite, as far as measures need it.
struct SQLite: Sendable {
  typealias Open =
    @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<OpaquePointer?>?) -> Int32
  typealias Execute =
    @convention(c) (
      OpaquePointer?, UnsafePointer<CChar>?, UnsafeRawPointer?, UnsafeRawPointer?,
      UnsafeRawPointer?
    ) -> Int32
  typealias Prepare =
    @convention(c) (
      OpaquePointer?, UnsafePointer<CChar>?, Int32, UnsafeMutablePointer<OpaquePointer?>?,
      UnsafeRawPointer?
    ) -> Int32
  /// The last argument is nil if the bytes stay where they are until the statement is reset.
  typealias BindText =
    @convention(c) (OpaquePointer?, Int32, UnsafeRawPointer?, Int32, UnsafeRawPointer?) -> Int32
  typealias Call = @convention(c) (OpaquePointer?) -> Int32
  typealias Message = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?

  let open: Open
  let execute: Execute
  let prepare: Prepare
  let bindText: BindText
  let step: Call
  let reset: Call
  let finalize: Call
  let close: Call
  let message: Message

  /// What its functions return.
  static let ok: Int32 = 0
  static let done: Int32 = 101

  static func load() throws(LibraryError) -> SQLite {
    let library = try DynamicLibrary(
      names: ["libsqlite3.so.0"], advice: "install the system's SQLite library to compare with it")
    return SQLite(
      open: try library.function("sqlite3_open"), execute: try library.function("sqlite3_exec"),
      prepare: try library.function("sqlite3_prepare_v2"),
      bindText: try library.function("sqlite3_bind_text"),
      step: try library.function("sqlite3_step"), reset: try library.function("sqlite3_reset"),
      finalize: try library.function("sqlite3_finalize"),
      close: try library.function("sqlite3_close"),
      message: try library.function("sqlite3_errmsg"))
  }
}

/// What SQLite said when it did not do what it was asked.
struct SQLiteError: Error, CustomStringConvertible {
  let description: String
}

internal import Glibc

/// A library of the system that is loaded while the program runs, and stays loaded.
package struct DynamicLibrary {
  private let handle: UnsafeMutableRawPointer
  private let name: String
  private let advice: String

  /// Loads the first library of `names` that the system has.
  package init(names: [String], advice: String) throws(LibraryError) {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        self.handle = handle
        self.name = name
        self.advice = advice
        return
      }
    }
    throw LibraryError(library: names.first ?? "", problem: "is missing", advice: advice)
  }

  /// The function of that name. `Function` must be a C function type that fits it.
  package func function<Function>(
    _ symbol: String, as type: Function.Type = Function.self
  ) throws(LibraryError) -> Function {
    guard let function = optionalFunction(symbol, as: type) else {
      throw failure("has no function \(symbol)")
    }
    return function
  }

  /// The function of that name, or nil if the library has none.
  package func optionalFunction<Function>(
    _ symbol: String, as type: Function.Type = Function.self
  ) -> Function? {
    dlsym(handle, symbol).map { unsafeBitCast($0, to: type) }
  }

  package func failure(_ problem: String) -> LibraryError {
    LibraryError(library: name, problem: problem, advice: advice)
  }
}

import Platform

/// The rooms whose output is a function of their input: clock, random numbers, digests and bytes are passed in.
enum Rooms {
  /// Without any input and output.
  static let pure = ["JSON", "Causality", "Documents", "Clinic", "SyncProtocol", "Export"]
  /// With a disk, which is passed in like the clock.
  static let hosted = ["Storage", "Replica", "Cluster"]
  static let all = pure + hosted

  static let files: [SourceFile] = all.flatMap { files(in: "Sources/\($0)") }

  static let package =
    "/"
    + "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")

  private static func files(in folder: String) -> [SourceFile] {
    let disk = POSIXFileSystem()
    let names = (try? disk.contents(ofDirectory: "\(package)/\(folder)")) ?? []
    return names.flatMap { name -> [SourceFile] in
      let path = "\(folder)/\(name)"
      guard name.hasSuffix(".swift") else { return name.contains(".") ? [] : files(in: path) }
      let bytes = (try? disk.readFile("\(package)/\(path)")) ?? []
      return [SourceFile(path: path, String(decoding: bytes, as: UTF8.self))]
    }
  }
}

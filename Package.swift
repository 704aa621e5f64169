// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A room: a target whose arrows the compiler enforces.
func room(_ name: String, uses rooms: [String] = []) -> Target {
  .target(
    name: name, dependencies: rooms.map { .byName(name: $0) }, swiftSettings: settings)
}

let package = Package(
  name: "satchel",
  products: [
  ],
  dependencies: [],
  targets: [
    .target(name: "CSystem"),
    room("JSON"),
    room("Causality"),
    room("Documents", uses: ["JSON", "Causality"]),
    room("Platform", uses: ["CSystem"]),
    room("SyncProtocol", uses: ["Documents", "JSON", "Causality"]),
    room("Clinic", uses: ["Documents", "JSON", "Causality"]),
    room("Samples"),
    room(
      "Replica",
      uses: [
        "Storage", "SyncProtocol", "Clinic", "Documents", "JSON", "Causality", "Platform",
      ]),
    room("Storage", uses: ["Documents", "JSON", "Causality", "Platform"]),
  ]
)

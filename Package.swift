// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A room: a target whose arrows the compiler enforces.
func room(_ name: String, uses rooms: [String] = []) -> Target {
  .target(
    name: name, dependencies: rooms.map { .byName(name: $0) }, swiftSettings: settings)
}

/// A program: arguments and wiring only.
func program(_ name: String, uses rooms: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: rooms.map { .byName(name: $0) }, path: "Sources/Programs/\(name)",
    swiftSettings: settings)
}

/// Tests of a room, with the helpers that several of them share.
func tests(_ name: String, of rooms: [String], fixtures: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: (rooms + ["TestSupport"]).map { .byName(name: $0) },
    exclude: fixtures, swiftSettings: settings)
}

let documents = ["Documents", "JSON", "Causality"]
let replica = documents + ["Clinic", "SyncProtocol", "Platform", "Storage"]
let replicas = replica + ["Replica", "ReplicaTestSupport"]
let server = replica + ["Replica", "HTTP", "Control", "CommandLineTool"]

let package = Package(
  name: "satchel",
  products: [
    .library(name: "Satchel", targets: ["Satchel"]),
    .executable(name: "satchel", targets: ["satchel"]),
    .executable(name: "satchel-syncd", targets: ["satchel-syncd"]),
    .executable(name: "satchel-server", targets: ["satchel-server"]),
    .executable(name: "satchel-bench", targets: ["satchel-bench"]),
    .executable(name: "satchel-conformance", targets: ["satchel-conformance"]),
    .executable(name: "satchel-sim", targets: ["satchel-sim"]),
  ],
  dependencies: [],
  targets: [
    .target(name: "CSystem"),
    room("Planted"),
    room("JSON"),
    room("Causality"),
    room("Documents", uses: ["JSON", "Causality", "Planted"]),
    room("Clinic", uses: documents + ["Planted"]),
    room("SyncProtocol", uses: documents + ["Planted"]),
    room("Platform", uses: ["CSystem", "Planted"]),
    room("Storage", uses: documents + ["Planted", "Platform"]),
    room("HTTP", uses: ["Platform"]),
    room("Replica", uses: replica + ["Planted"]),
    room("Export", uses: documents + ["Clinic"]),
    room("CommandLineTool", uses: ["JSON", "Platform"]),
    room("Control", uses: ["CommandLineTool", "HTTP", "JSON", "Platform"]),
    room("Transport", uses: ["Replica", "CSystem"]),
    room("API", uses: replica + ["Replica", "HTTP"]),
    room("Server", uses: server + ["API", "Transport"]),
    room("Laptop", uses: replica + ["Replica"]),
    room("Commands", uses: server + ["API", "Export", "Laptop", "Transport"]),
    room("Samples"),
    room("Satchel", uses: replica + ["Replica", "Laptop", "Transport"]),
    room("Simulation", uses: ["Platform"]),
    room("Cluster", uses: replica + ["Planted", "Replica", "Simulation"]),
    room(
      "Benchmarks",
      uses: server + ["Commands", "Laptop", "Server", "Simulation", "Transport"]),
    room("Demo", uses: server + ["Laptop", "Samples", "Server", "Transport"]),
    program("satchel", uses: ["Commands", "CommandLineTool", "Demo", "Platform"]),
    program("satchel-syncd", uses: ["Commands", "CommandLineTool", "Platform", "Replica"]),
    program("satchel-server", uses: ["Server"] + server),
    .executableTarget(
      name: "satchel-conformance",
      dependencies: (server + ["Server", "Simulation", "Transport"]).map {
        .byName(name: $0)
      }, path: "Conformance/runner", swiftSettings: settings),
    program("satchel-sim", uses: ["Cluster", "Platform"]),
    program("satchel-bench", uses: ["Benchmarks", "Platform"]),
    .target(
      name: "TestSupport", dependencies: (documents + ["Platform"]).map { .byName(name: $0) },
      path: "Tests/TestSupport", swiftSettings: settings),
    tests("JSONTests", of: ["JSON"]),
    tests("CausalityTests", of: ["Causality"]),
    tests("DocumentsTests", of: documents),
    tests("SyncProtocolTests", of: documents + ["Platform", "SyncProtocol"]),
    tests("StorageTests", of: documents + ["Platform", "Storage"]),
    tests("ClinicTests", of: documents + ["Clinic"]),
    tests("ClinicTimeTests", of: ["Causality", "Clinic", "Samples"]),
    tests("HTTPTests", of: ["HTTP", "Platform"]),
    tests("PlatformTests", of: ["CSystem", "Platform"]),
    tests("SimulationTests", of: ["Platform", "Simulation"]),
    tests("CrashPointTests", of: documents + ["Platform", "Simulation", "Storage"]),
    tests("ClusterTests", of: ["Cluster", "Planted", "Platform"], fixtures: ["Scenarios"]),
    tests("ReplicaTests", of: replica + ["Replica"], fixtures: ["Fixtures"]),
    .target(
      name: "ReplicaTestSupport", dependencies: (replica + ["Replica"]).map { .byName(name: $0) },
      path: "Tests/ReplicaTestSupport", swiftSettings: settings),
    tests("MergeTests", of: replicas, fixtures: ["Mutations"]),
    tests("APITests", of: replicas + ["API", "HTTP"]),
    tests("ServerTests", of: ["Server", "Clinic", "Platform", "Replica"] + documents),
    tests("PermissionTests", of: server + ["API", "Server"]),
    tests("ExportTests", of: replicas + ["Export"]),
    tests("SyncTests", of: replicas),
    tests("SourceTests", of: ["Platform"]),
    tests("BenchmarkTests", of: replica + ["Benchmarks", "CommandLineTool"]),
    tests(
      "ProgramTests",
      of: [
        "satchel", "satchel-syncd", "satchel-server", "satchel-conformance", "HTTP", "JSON",
        "Platform", "Simulation",
      ]),
  ]
)

// swift-tools-version: 6.2
import PackageDescription

// The micro-benchmarks: a package of its own, so that whoever builds Weir builds none of it. Its Sources are links to
// Weir's, so that it reaches what is internal to them.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let explicitImports = settings + [.enableUpcomingFeature("InternalImportsByDefault")]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
  name: "weir-micro",
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(name: "CRocksDB"),
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CCurl"),
    .target(name: "CAllocations"),
    .executableTarget(
      name: "micro",
      dependencies: [
        "CAllocations", "WebSocket", "WeirUpstream", "WeirStore", "WeirCore", "WeirWire", nio, log,
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Generated/README.md"], swiftSettings: settings),
    .target(
      name: "WeirUpstream", dependencies: ["WeirCore", "WeirWire", "CCurl", nioLocks, log], swiftSettings: settings),
    .target(
      name: "WeirStore", dependencies: ["WeirCore", "WeirWire", "CRocksDB", nio, nioLocks, log], swiftSettings: settings
    ),
    .target(name: "WeirCore", dependencies: ["WeirWire", nio], swiftSettings: explicitImports),
    .target(name: "WeirWire", dependencies: [nio], swiftSettings: settings),
    .target(
      name: "WebSocket", dependencies: ["CZlib", nio, nioPosix, nioHTTP1, nioSSL, nioLocks], swiftSettings: settings),
  ]
)

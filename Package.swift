// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in the Swift 6 language mode; existentials are written out so that their cost shows.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
/// Where several targets' types meet, what an import lets through is said at the import.
let explicitImports = settings + [.enableUpcomingFeature("InternalImportsByDefault")]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// What makes programs of the fuzz targets; the tests have no use for it.
let fuzzPrograms = ["Support/FuzzDriver", "Protocol/main", "Upstream/main", "Server/main"].map { "Harness/\($0).swift" }

let package = Package(
  name: "weir",
  products: [
    .executable(name: "weir", targets: ["weir"]),
    .library(name: "WeirServer", targets: ["WeirServer"]),
    .library(name: "WeirClient", targets: ["WeirClient"]),
    .library(name: "WebSocket", targets: ["WebSocket"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    // Tests only.
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
  ],
  targets: [
    // System libraries, from Debian's -dev packages.
    .systemLibrary(name: "CEpoll"),
    // The web pages' files, as bytes: a Swift literal of them would take minutes to compile.
    .target(name: "CWebAssets"),
    .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]),

    // Arrows point down only: a target may use those listed below it.
    .executableTarget(
      name: "weir",
      dependencies: [
        "WeirServer", "WeirClient", "WeirStore", "WeirCore", "WeirWire", "WebSocket", "CEpoll", "CZlib", nio, nioPosix,
        nioHTTP1, nioSSL, nioLocks, log, lifecycle,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(
      name: "WeirServer",
      dependencies: [
        "WeirUpstream", "WeirStore", "WeirCore", "WeirWire", "WebSocket", "CEpoll", "CWebAssets", "CZlib",
        nio, nioPosix, nioHTTP1, nioLocks, nioSSL, log, lifecycle,
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      exclude: ["Resources", "Web/Assets"], swiftSettings: explicitImports),
    .target(
      name: "WeirClient", dependencies: ["WeirWire", "WebSocket", nio, nioPosix, nioLocks, nioSSL],
      swiftSettings: settings),
    .target(
      name: "WeirUpstream", dependencies: ["WeirCore", "WeirWire", "CCurl", nioLocks, log], swiftSettings: settings),
    .target(
      name: "WeirStore", dependencies: ["WeirCore", "WeirWire", "CRocksDB", nio, nioLocks, log], swiftSettings: settings
    ),
    .target(name: "WeirCore", dependencies: ["WeirWire", nio], swiftSettings: explicitImports),
    .target(name: "WeirWire", dependencies: [nio], swiftSettings: settings),
    .target(
      name: "WebSocket", dependencies: ["CZlib", nio, nioPosix, nioHTTP1, nioSSL, nioLocks],
      swiftSettings: settings),

    .testTarget(
      name: "WebSocketTests",
      dependencies: ["WebSocket", "CZlib", nio, nioPosix, nioEmbedded, nioHTTP1, nioLocks, nioSSL],
      swiftSettings: settings),
    .testTarget(
      name: "WeirWireTests",
      dependencies: ["WeirWire", nio, .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["Generated/README.md"], swiftSettings: settings),
    .testTarget(name: "WeirCoreTests", dependencies: ["WeirCore", "WeirWire", nio], swiftSettings: settings),
    .testTarget(
      name: "WeirStoreTests", dependencies: ["WeirStore", "WeirCore", "WeirWire", "CRocksDB", nio, nioLocks],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "WeirUpstreamTests", dependencies: ["WeirUpstream", "WeirCore", "WeirWire", nioLocks, log],
      swiftSettings: settings),
    .testTarget(
      name: "WeirServerTests",
      dependencies: [
        "WeirServer", "WeirUpstream", "WeirStore", "WeirCore", "WeirWire", "CZlib", nio, nioPosix, nioHTTP1,
        nioEmbedded,
        nioSSL, log, .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "WeirFuzzTests",
      dependencies: [
        "WeirServer", "WeirStore", "WeirUpstream", "WeirCore", "WeirWire", "WebSocket", "CZlib", nio, nioEmbedded,
        nioHTTP1, nioLocks, .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/fuzz",
      exclude: ["Package.swift", "Sources", "corpus", "dictionaries", "run"] + fuzzPrograms,
      sources: ["Harness", "Replay"], swiftSettings: settings),
    .testTarget(
      name: "WeirClientTests",
      dependencies: ["weir", "WeirClient", "WeirWire", "WebSocket", nio, nioPosix, nioHTTP1, nioLocks],
      swiftSettings: settings),
    .testTarget(
      name: "WeirCommandTests",
      dependencies: [
        "weir", "WeirServer", "WeirStore", "WeirCore", "WeirWire", nio, nioPosix, nioHTTP1, nioLocks,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .testTarget(name: "WeirBenchTests", dependencies: ["weir", "WeirWire", nio], swiftSettings: settings),
    .testTarget(
      name: "WeirSystemTests",
      dependencies: ["weir", "WeirClient", "WeirWire", "WebSocket", nio, nioPosix, nioLocks, nioSSL],
      swiftSettings: settings),
  ]
)

// swift-tools-version: 6.2
import PackageDescription

// The fuzzers: the server's own targets, compiled with coverage counters. A package of its own, so that who uses or builds
// Weir meets none of it; `Sources` is a link to Weir's. `run` builds and runs it.

let sanitizers = Context.environment["WEIR_FUZZ_SANITIZERS"] ?? "fuzzer"
/// As in Weir's package, and with asserts, which a release build would leave out.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-sanitize=\(sanitizers)", "-enable-testing", "-assert-config", "Debug"]),
]
let explicitImports = settings + [.enableUpcomingFeature("InternalImportsByDefault")]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// A program that runs the fuzz targets of one folder.
func fuzzer(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: ["FuzzSupport"] + dependencies, path: "Harness/\(folder)", swiftSettings: settings,
    linkerSettings: [.unsafeFlags(["-sanitize=\(sanitizers)", "-use-ld=lld"])])
}

let package = Package(
  name: "weir-fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
  ],
  targets: [
    .target(name: "FuzzSupport", path: "Harness/Support", swiftSettings: settings),
    fuzzer("fuzz-protocol", "Protocol", ["WebSocket", "WeirWire", "CZlib", nio, nioEmbedded]),
    fuzzer("fuzz-upstream", "Upstream", ["WeirUpstream", "WeirCore", "WeirWire", nio]),
    fuzzer(
      "fuzz-server", "Server",
      [
        "WeirServer", "WeirStore", "WeirUpstream", "WeirCore", "WeirWire", nio, nioHTTP1,
        .product(name: "Crypto", package: "swift-crypto"),
      ]),

    .target(name: "CWebAssets"),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CRocksDB"),
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CCurl"),
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

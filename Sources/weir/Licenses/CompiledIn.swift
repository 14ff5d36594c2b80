/// The libraries that are compiled into the program. Written by `.ci/licenses` from the resolved packages.
enum CompiledIn {
  static let all: [Component] = [
    Component(
      name: "jwt-kit", version: "5.7.1", license: "MIT",
      source: "https://github.com/vapor/jwt-kit"),
    Component(
      name: "swift-argument-parser", version: "1.8.2", license: "Apache-2.0 WITH Swift-exception",
      source: "https://github.com/apple/swift-argument-parser"),
    Component(
      name: "swift-asn1", version: "1.7.4", license: "Apache-2.0",
      source: "https://github.com/apple/swift-asn1"),
    Component(
      name: "swift-async-algorithms", version: "1.1.4", license: "Apache-2.0 WITH Swift-exception",
      source: "https://github.com/apple/swift-async-algorithms"),
    Component(
      name: "swift-atomics", version: "1.3.0", license: "Apache-2.0 WITH Swift-exception",
      source: "https://github.com/apple/swift-atomics"),
    Component(
      name: "swift-certificates", version: "1.21.1", license: "Apache-2.0",
      source: "https://github.com/apple/swift-certificates"),
    Component(
      name: "swift-collections", version: "1.6.0", license: "Apache-2.0 WITH Swift-exception",
      source: "https://github.com/apple/swift-collections"),
    Component(
      name: "swift-configuration", version: "1.4.0", license: "Apache-2.0",
      source: "https://github.com/apple/swift-configuration"),
    Component(
      name: "swift-crypto", version: "4.5.2", license: "Apache-2.0",
      source: "https://github.com/apple/swift-crypto"),
    Component(
      name: "swift-log", version: "1.16.2", license: "Apache-2.0",
      source: "https://github.com/apple/swift-log"),
    Component(
      name: "swift-nio", version: "2.101.2", license: "Apache-2.0",
      source: "https://github.com/apple/swift-nio"),
    Component(
      name: "swift-nio-ssl", version: "2.37.6", license: "Apache-2.0",
      source: "https://github.com/apple/swift-nio-ssl"),
    Component(
      name: "swift-service-lifecycle", version: "2.13.0", license: "Apache-2.0",
      source: "https://github.com/swift-server/swift-service-lifecycle"),
    Component(
      name: "swift-system", version: "1.8.1", license: "Apache-2.0 WITH Swift-exception",
      source: "https://github.com/apple/swift-system"),
    Component(
      name: "yams", version: "6.2.2", license: "MIT",
      source: "https://github.com/jpsim/Yams"),
    Component(
      name: "BoringSSL", version: "in swift-nio-ssl and swift-crypto", license: "Apache-2.0 AND ISC",
      source: "https://boringssl.googlesource.com/boringssl"),
    Component(
      name: "XKCP", version: "in swift-crypto", license: "CC0-1.0",
      source: "https://github.com/XKCP/XKCP"),
    Component(
      name: "llhttp", version: "in swift-nio", license: "MIT",
      source: "https://github.com/nodejs/llhttp"),
    Component(
      name: "SHA-1 of the WIDE project", version: "in swift-nio", license: "BSD-3-Clause",
      source: "https://github.com/freebsd/freebsd-src"),
    Component(
      name: "LibYAML", version: "in yams", license: "MIT",
      source: "https://github.com/yaml/libyaml"),
  ]

  /// Packages that only tests use.
  static let forTestsOnly: Set = ["swift-protobuf"]
}

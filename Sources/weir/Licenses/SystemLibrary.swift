import Foundation
import Glibc

/// The system's libraries, by the names of their files. The build needs some itself (librocksdb-dev, zlib1g-dev,
/// libcurl4-openssl-dev with libssl-dev); these need others.
struct SystemLibrary {
  /// The file's name up to `.so` or a version.
  let stem: String
  let license: String

  /// Whether the file is one of its.
  private func matches(_ file: String) -> Bool {
    guard file.hasPrefix(stem) else { return false }
    return file.dropFirst(stem.count).first.map { $0 == "." || $0 == "-" } ?? true
  }

  /// Those that this process has loaded, by name. What is not known here has the license "unknown".
  static func loaded() -> [Component] {
    let paths = Set(mappings().compactMap(path))
    return paths.map(component).sorted { ($0.name, $0.source) < ($1.name, $1.source) }
  }

  /// The lines of /proc/self/maps: a file whose size the system gives as 0, so that it is read to its end by hand.
  private static func mappings() -> [String] {
    guard let file = fopen("/proc/self/maps", "re") else { return [] }
    defer { fclose(file) }
    var lines: [String] = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, file) > 0, let line { lines.append(String(cString: line)) }
    return lines
  }

  /// The library in a line of /proc/PID/maps (proc(5)): the path is the sixth field, behind any number of blanks.
  private static func path(_ line: String) -> String? {
    guard let slash = line.firstIndex(of: "/") else { return nil }
    let path = line[slash...].trimmingCharacters(in: .newlines)
    return (path as NSString).lastPathComponent.contains(".so") ? path : nil
  }

  static func component(_ path: String) -> Component {
    let file = (path as NSString).lastPathComponent
    let known = all.first { $0.matches(file) } ?? family(file)
    let name = file.range(of: ".so").map { String(file[..<$0.lowerBound]) } ?? file
    // Debian's files are called by their versions: librocksdb.so.7.8.3. What is not says it itself.
    let named = file.range(of: ".so.").map { String(file[$0.upperBound...]) } ?? ""
    return Component(
      name: name, version: ReportedVersion.of(name) ?? (named.isEmpty ? "not told" : named),
      license: known?.license ?? "unknown", source: path)
  }

  /// Swift's runtime, when it is not linked statically.
  private static func family(_ file: String) -> SystemLibrary? {
    if file.hasPrefix("lib_FoundationICU") { return SystemLibrary(stem: file, license: "Unicode-3.0") }
    let prefixes = ["libswift", "lib_swift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocksRuntime"]
    let isSwift = prefixes.contains { file.hasPrefix($0) }
    return isSwift ? SystemLibrary(stem: file, license: "Apache-2.0 WITH Swift-exception") : nil
  }

  /// Swift's runtime, when it is linked statically.
  static let swiftRuntime = [
    Component(
      name: "Swift runtime and Foundation", version: "of the toolchain", license: "Apache-2.0 WITH Swift-exception",
      source: "https://swift.org"),
    Component(
      name: "ICU", version: "in Foundation", license: "Unicode-3.0",
      source: "https://github.com/swiftlang/swift-foundation-icu"),
  ]

  private static let gnu = "LGPL-2.1-or-later"
  private static let either = "LGPL-3.0-or-later OR GPL-2.0-or-later"

  static let all: [SystemLibrary] = [
    // What the build links.
    .init(stem: "librocksdb", license: "Apache-2.0 OR GPL-2.0-only"), .init(stem: "libz", license: "Zlib"),
    .init(stem: "libcurl", license: "curl"),
    // What RocksDB needs.
    .init(stem: "libsnappy", license: "BSD-3-Clause"), .init(stem: "liblz4", license: "BSD-2-Clause"),
    .init(stem: "libzstd", license: "BSD-3-Clause OR GPL-2.0-only"), .init(stem: "libbz2", license: "bzip2-1.0.6"),
    .init(stem: "libgflags", license: "BSD-3-Clause"), .init(stem: "liburing", license: "LGPL-2.1-only OR MIT"),
    .init(stem: "libtbb", license: "Apache-2.0"),
    // What libcurl needs.
    .init(stem: "libssl", license: "Apache-2.0"), .init(stem: "libcrypto", license: "Apache-2.0"),
    .init(stem: "libnghttp2", license: "MIT"), .init(stem: "libnghttp3", license: "MIT"),
    .init(stem: "libngtcp2", license: "MIT"), .init(stem: "libngtcp2_crypto_gnutls", license: "MIT"),
    .init(stem: "libidn2", license: either), .init(stem: "libunistring", license: either),
    .init(stem: "librtmp", license: gnu), .init(stem: "libssh2", license: "BSD-3-Clause"),
    .init(stem: "libssh", license: gnu), .init(stem: "libpsl", license: "MIT"),
    .init(stem: "libgssapi_krb5", license: "MIT"), .init(stem: "libkrb5", license: "MIT"),
    .init(stem: "libk5crypto", license: "MIT"), .init(stem: "libkrb5support", license: "MIT"),
    .init(stem: "libcom_err", license: "MIT"), .init(stem: "libkeyutils", license: gnu),
    .init(stem: "libldap", license: "OLDAP-2.8"), .init(stem: "liblber", license: "OLDAP-2.8"),
    .init(stem: "libsasl2", license: "BSD-3-Clause-Attribution"), .init(stem: "libbrotlidec", license: "MIT"),
    .init(stem: "libbrotlicommon", license: "MIT"), .init(stem: "libgnutls", license: gnu),
    .init(stem: "libhogweed", license: either), .init(stem: "libnettle", license: either),
    .init(stem: "libgmp", license: either), .init(stem: "libp11-kit", license: "BSD-3-Clause"),
    .init(stem: "libtasn1", license: gnu), .init(stem: "libffi", license: "MIT"),
    // The languages' and the system's own.
    .init(stem: "libstdc++", license: "GPL-3.0-or-later WITH GCC-exception-3.1"),
    .init(stem: "libgcc_s", license: "GPL-3.0-or-later WITH GCC-exception-3.1"),
    .init(stem: "libc", license: gnu), .init(stem: "libm", license: gnu), .init(stem: "libmvec", license: gnu),
    .init(stem: "libpthread", license: gnu), .init(stem: "libdl", license: gnu), .init(stem: "librt", license: gnu),
    .init(stem: "libresolv", license: gnu), .init(stem: "libutil", license: gnu),
    .init(stem: "ld-linux-x86-64", license: gnu), .init(stem: "ld-linux-aarch64", license: gnu),
  ]
}

/// The versions of libraries whose files are not called by them, from functions of theirs in this process.
enum ReportedVersion {
  static func of(_ library: String) -> String? {
    switch library {
    case "libcurl": word(of: call("curl_version"), after: "libcurl/")
    case "libssl", "libcrypto": word(of: call("OpenSSL_version", 0), after: "OpenSSL ")
    case "libc": call("gnu_get_libc_version")
    default: nil
    }
  }

  /// Calls a function of the C library of that name, if it is loaded. Both kinds return a text that is never freed:
  /// curl_version(3), OpenSSL_version(3), gnu_get_libc_version(3).
  private static func call(_ name: String, _ argument: CInt? = nil) -> String? {
    // nil: the program with all it has loaded.
    guard let program = dlopen(nil, RTLD_LAZY) else { return nil }
    defer { dlclose(program) }
    guard let symbol = dlsym(program, name) else { return nil }
    let text: UnsafePointer<CChar>?
    if let argument {
      typealias Function = @convention(c) (CInt) -> UnsafePointer<CChar>?
      text = unsafeBitCast(symbol, to: Function.self)(argument)
    } else {
      typealias Function = @convention(c) () -> UnsafePointer<CChar>?
      text = unsafeBitCast(symbol, to: Function.self)()
    }
    return text.map { String(cString: $0) }
  }

  private static func word(of text: String?, after start: String) -> String? {
    guard let text, let range = text.range(of: start) else { return nil }
    return text[range.upperBound...].split(separator: " ").first.map(String.init)
  }
}

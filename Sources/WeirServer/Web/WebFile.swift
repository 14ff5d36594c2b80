internal import CWebAssets

/// A file of the web pages, as it is in Assets/.
struct WebFile: Sendable {
  /// Its path below Assets/, "app/main.js" for example.
  let name: String
  let bytes: [UInt8]

  /// The files that the program holds.
  static let embedded: [WebFile] = {
    var files: [WebFile] = []
    while let asset = weir_web_asset_at(files.count)?.pointee {
      // Static memory of the program: it is there, with this length, for as long as the program.
      let bytes = UnsafeBufferPointer(start: asset.bytes, count: asset.count)
      files.append(WebFile(name: String(cString: asset.name), bytes: Array(bytes)))
    }
    return files
  }()
}

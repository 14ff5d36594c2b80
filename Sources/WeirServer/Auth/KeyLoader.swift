/// Makes the keys that the configuration names.
enum KeyLoader {
  /// All of them; throws all that is wrong with them. Reads files: for start-up only.
  static func load(_ auth: WeirConfiguration.Auth) async throws(ConfigurationError) -> [VerificationKey] {
    var keys: [VerificationKey] = []
    var problems: [ConfigurationError.Problem] = []
    if let secret = auth.jwtSecret {
      if let key = await VerificationKey.secret(secret.value, id: nil) {
        keys.append(key)
      } else {
        problems.append(.init(key: "auth.jwtSecret", sentence: "its value is too short; \(secretAdvice)"))
      }
    }
    for entry in auth.jwtSecretFiles {
      await add("auth.jwtSecretFiles", entry) { text, id in
        if text.contains("-----BEGIN ") { return .failure("it is a PEM file; name it in auth.jwtKeyFiles instead") }
        guard let key = await VerificationKey.secret(text, id: id) else { return .failure("\(secretAdvice)") }
        return .success(key)
      }
    }
    for entry in auth.jwtKeyFiles {
      await add("auth.jwtKeyFiles", entry) { text, id in
        guard let key = await VerificationKey.pem(text, id: id) else {
          return .failure("it must be a PEM public key: P-256, Ed25519, or RSA of 2048 bits or more")
        }
        return .success(key)
      }
    }
    for path in auth.jwksFiles {
      do throws(FileContents.Failure) {
        switch await KeySet.read(try FileContents.read(path)) {
        case .success(let found): keys += found
        case .failure(let why):
          problems.append(.init(key: "auth.jwksFiles", sentence: "\"\(path)\" is not usable: \(why.sentence)"))
        }
      } catch {
        problems.append(
          .init(key: "auth.jwksFiles", sentence: "\"\(path)\" cannot be read: \(error.reason); correct the path"))
      }
    }
    if !problems.isEmpty { throw ConfigurationError(problems) }
    return keys

    enum Outcome {
      case success(VerificationKey)
      case failure(String)
    }

    func add(_ setting: String, _ entry: String, _ make: (String, String?) async -> Outcome) async {
      let (id, path) = split(entry)
      do throws(FileContents.Failure) {
        switch await make(try FileContents.readText(path), id) {
        case .success(let key): keys.append(key)
        case .failure(let why):
          problems.append(.init(key: setting, sentence: "\"\(path)\" is not usable: \(why)"))
        }
      } catch {
        problems.append(
          .init(key: setting, sentence: "\"\(path)\" cannot be read: \(error.reason); correct the path"))
      }
    }
  }

  private static let secretAdvice =
    "it must be \(VerificationKey.minimumSecretBytes) bytes or more; `openssl rand -hex 32` makes a good one"

  /// `KID=PATH`, or a path alone. A path that has a `=` in it is written behind an empty id: `=PATH`.
  static func split(_ entry: String) -> (id: String?, path: String) {
    guard let sign = entry.firstIndex(of: "=") else { return (nil, entry) }
    let id = String(entry[..<sign])
    return (id.isEmpty ? nil : id, String(entry[entry.index(after: sign)...]))
  }
}

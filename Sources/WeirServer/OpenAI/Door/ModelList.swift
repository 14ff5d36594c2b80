import Glibc
import NIOCore
import NIOHTTP1

/// The models, as this API tells them: `GET /v1/models` and `GET /v1/models/{id}`.
struct ModelList: Sendable {
  /// What stands in front of a model's name.
  static let pathPrefix = "/v1/models/"

  private let started = time(nil)

  /// All of them.
  func all(_ models: [String]) -> HTTPResponse {
    var body = ByteBuffer(string: "{\"object\":\"list\",\"data\":[")
    for (index, model) in models.enumerated() {
      if index > 0 { body.writeStaticString(",") }
      append(model, to: &body)
    }
    body.writeStaticString("]}\n")
    return Self.json(body)
  }

  /// The one that the path names, percent-encoded where need be.
  func one(_ path: String, of models: [String]) -> HTTPResponse {
    let name = RequestTarget.decoded(path.utf8.dropFirst(Self.pathPrefix.utf8.count)) ?? ""
    guard models.contains(name) else { return OpenAIError.unknownModel(name, known: models).response }
    var body = ByteBuffer()
    append(name, to: &body)
    body.writeStaticString("\n")
    return Self.json(body)
  }

  private func append(_ model: String, to body: inout ByteBuffer) {
    body.writeStaticString("{\"id\":")
    JSONBytes.append(model, to: &body)
    body.writeString(",\"object\":\"model\",\"created\":\(started),\"owned_by\":\"weir\"}")
  }

  private static func json(_ body: ByteBuffer) -> HTTPResponse {
    HTTPResponse(headers: ["Content-Type": "application/json"], body: body)
  }
}

/// What is wrong with a request, in a sentence that ends with what to do.
package struct InvalidRequest: Error, Sendable, Equatable {
  package var message: String
  /// The field it is in, as `messages[2].content`; nil: the request as a whole.
  package var param: String?
  /// The body is no JSON at all, so that no field is to blame.
  private let isOfBody: Bool

  package init(_ message: String, param: String? = nil) {
    self.message = message
    self.param = param
    isOfBody = false
  }

  /// The body as a whole is wrong.
  init(body message: String) {
    self.message = message
    isOfBody = true
  }

  /// The same, seen from the object or array around it.
  func inside(_ name: String) -> InvalidRequest {
    if isOfBody { return self }
    guard let param else { return InvalidRequest(message, param: name) }
    return InvalidRequest(message, param: name + (param.hasPrefix("[") ? "" : ".") + param)
  }
}

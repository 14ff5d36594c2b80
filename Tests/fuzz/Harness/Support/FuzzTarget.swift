/// One thing that is fed hostile bytes.
package struct FuzzTarget: Sendable {
  /// Runs one input; throws a `Finding` when a promise is broken. Confined to the thread that made it.
  package typealias Run = (UnsafeRawBufferPointer) throws -> Void

  /// Names its folder of inputs in `corpus`, and its dictionary.
  package let name: String
  /// No input is longer. Short inputs are run far more often; what needs length to happen is found with small limits.
  package let maximumBytes: Int
  /// Sets up what all runs share, and returns what runs one input.
  package let start: @Sendable () throws -> Run

  package init(_ name: String, maximumBytes: Int = 512, start: @escaping @Sendable () throws -> Run) {
    self.name = name
    self.maximumBytes = maximumBytes
    self.start = start
  }

  /// A target whose runs share nothing.
  package init(
    _ name: String, maximumBytes: Int = 512, run: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
  ) {
    self.init(name, maximumBytes: maximumBytes, start: { run })
  }
}

/// A promise that an input broke.
package struct Finding: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Throws unless the promise was kept.
package func promise(_ kept: Bool, _ what: @autoclosure () -> String) throws(Finding) {
  if !kept { throw Finding("broken: \(what())") }
}

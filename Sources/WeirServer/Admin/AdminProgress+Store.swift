package import WeirStore

extension AdminProgress {
  /// How far a scrub has come.
  package init(_ step: ScrubStep) {
    switch step {
    case .waitingForReaders: self.init(.waiting)
    case .rewriting(let done, let families): self.init(.rewriting, count: UInt64(done), of: UInt64(families))
    case .waitingForFiles(let count): self.init(.waiting, count: UInt64(count))
    }
  }
}

import Testing

/// The promises of the whole program, kept by the real `weir` in processes of its own, over real sockets.
///
/// One test at a time: they share the machine's few cores with the servers they start, and some of them measure.
@Suite(.serialized) enum SystemTests {}

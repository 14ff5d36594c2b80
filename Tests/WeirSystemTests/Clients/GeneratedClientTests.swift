import Testing

extension SystemTests {
  /// Anyone can generate a client from the schema.
  @Suite struct GeneratedClient {
    @Test(
      "a client that protoc generated sends, streams, resumes, stops and reads history",
      .enabled(
        if: Python.runs(.protoc, .websockets), "Python has no grpcio-tools or websockets; Tests/run installs them"))
    func python() async throws {
      try await withServer { server in
        let result = try await Python.run("protoc_client.py", ["\(TestRun.repository)/schemas", server.url])
        #expect(result.exit == .code(0), "\(result.out)\(result.err)")
      }
    }
  }
}

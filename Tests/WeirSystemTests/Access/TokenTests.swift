import Testing
import WebSocket
import WeirWire

extension SystemTests {
  /// With a secret, whoever brings a token is its user, and nobody else is anybody.
  @Suite(.enabled(if: Python.runs(), "there is no python3 to mint tokens with")) struct Tokens {
    private static let secret = "a secret of thirty-two bytes, at least"
    private static let environment = ["WEIR_JWT_SECRET": secret]

    @Test("a token is taken from the header, the query and the subprotocols")
    func places() async throws {
      try await withServer(environment: Self.environment) { server in
        let token = try await Self.mint("ann")
        let ways: [(String, Device.Options)] = [
          ("header", .init(headers: [("Authorization", "Bearer \(token)")])),
          ("query", .init(path: "/?token=\(token)")),
          ("subprotocol", .init(format: .json, subprotocols: ["weir.v1.json", "weir.token.\(token)"])),
          ("subprotocol first", .init(subprotocols: ["weir.token.\(token)", "weir.v1"])),
        ]
        for (name, options) in ways {
          let device = try await Device.connect(server, options)
          #expect(try await device.hello().user == "ann", "\(name)")
          device.abort()
        }
        #expect(!server.child.state.value.err.contains(token))
      }
    }

    @Test("no token, a wrong one, an expired one and an unsigned one are refused with 401 and a sentence")
    func refusals() async throws {
      try await withServer(environment: Self.environment) { server in
        let good = try await Self.mint("ann")
        let cases: [(String, String?, String)] = [
          ("none", nil, "token is needed"),
          ("another secret", try await Self.mint("ann", secret: "another secret of thirty-two bytes!!"), "signature"),
          ("expired", try await Self.mint("ann", seconds: -3600), "expired"),
          ("alg none", try await Self.mint("ann", algorithm: "none"), "none"),
          ("another user in a good token", Self.swapped(good, with: try await Self.mint("bob")), "signature"),
          ("garbage", "garbage", "JSON Web Token"),
        ]
        for (name, token, words) in cases {
          let refusal = try await Self.refusal(server, token)
          #expect(refusal?.status == 401, "\(name)")
          #expect(refusal?.body.contains(words) == true, "\(name): \(refusal?.body ?? "")")
          #expect(refusal?.headers["WWW-Authenticate"] == "Bearer", "\(name)")
        }
        // A name in the query is nobody's identity any more.
        let named = try await Self.refusal(server, nil, path: "/?user=ann")
        #expect(named?.status == 401)
      }
    }

    @Test("weir token mints one that works, and weir chat takes it from the environment")
    func minted() async throws {
      try await withServer(environment: Self.environment) { server in
        let made = try await Weir.run("token", "--user", "ann", "--ttl", "5m", environment: Self.environment)
        #expect(made.exit == .code(0))
        let token = made.out.trimming(while: \.isWhitespace)
        let device = try await Device.connect(server, .init(headers: [("Authorization", "Bearer \(token)")]))
        #expect(try await device.hello().user == "ann")
        let chat = try await Weir.run("chat", server.url, "--once", "hello", environment: ["WEIR_TOKEN": token])
        #expect(chat.exit == .code(0), "\(chat.err)")
        let without = try await Weir.run("chat", server.url, "--once", "hello")
        #expect(without.exit == .code(3))
        #expect(without.err.contains("token"))
        expectNoTrace(without)
      }
    }

    @Test("a user sees nothing of another's: not the list, not the history, not the running answer, not its end")
    func tenants() async throws {
      try await withServer(environment: Self.environment) { server in
        let ann = try await Self.device(server, "ann")
        let bob = try await Self.device(server, "bob")
        let ack = try await ann.say("secret [[tokens=100000 rate=50 delay=0ms]]", in: "private", clientID: "m1")
        _ = try await ann.text(of: ack.turnID, atLeast: 20)

        #expect(try await bob.conversations().isEmpty)
        let reply = try await bob.ask(.getHistory(GetHistory(conversationID: "private")))
        #expect(Device.Refused(reply).code == .notFound)
        for attempt: ClientFrame.Kind in [
          .stopTurn(StopTurn(turnID: ack.turnID)), .continueTurn(ContinueTurn(conversationID: "private")),
          .regenerateTurn(RegenerateTurn(conversationID: "private")),
          .renameConversation(RenameConversation(conversationID: "private", title: "mine")),
          .deleteConversation(DeleteConversation(conversationID: "private")),
        ] {
          let reply = try await bob.ask(attempt)
          #expect(Device.Refused(reply).code == .notFound, "\(attempt): \(reply)")
        }
        let subscribed = try await bob.ask(.subscribeTurn(SubscribeTurn(turnID: ack.turnID)))
        guard case .subscribed(let turn) = subscribed else { throw Device.Refused(subscribed) }
        #expect(turn.status?.state == .unknown)
        let welcome = try await bob.hello(
          Hello(resume: [SubscribeTurn(turnID: ack.turnID)], follow: ["private"]))
        #expect(welcome.resumed.map(\.state) == [.unknown])

        // The same ids are Bob's own: nothing of Ann's is a duplicate of it or grows by it.
        let own = try await bob.converse("mine", in: "private", clientID: "m1")
        #expect(own.finished != nil)
        #expect(try await bob.history(of: "private").first?.text == "mine")
        ann.send(.stopTurn(StopTurn(turnID: ack.turnID)))
        #expect(try await ann.answer(to: ack.turnID).finished?.reason == .stopped)
        #expect(try await ann.history(of: "private").map(\.text).contains("mine") == false)
        let heard = bob.state.value.arrivals.compactMap { arrival in
          if case .delta(let delta)? = arrival.frame.frame { delta.text } else { nil }
        }
        #expect(heard.joined() == own.text)
      }
    }

    @Test("a connection whose token expires is told so and closed with 4401, in the middle of an answer too")
    func expiry() async throws {
      let limits = ["--set", "auth.leeway=0s", "--set", "auth.expiryGrace=0s"]
      try await withServer(limits, environment: Self.environment) { server in
        let token = try await Self.mint("ann", seconds: 3)
        let device = try await Device.connect(server, .init(headers: [("Authorization", "Bearer \(token)")]))
        _ = try await device.say("talk on [[tokens=100000 rate=50 delay=0ms]]", in: "talk")
        #expect(try await device.closed() == 4401)
        let last = device.state.value.arrivals.last?.frame.frame
        guard case .goodbye(let goodbye)? = last else {
          Issue.record("the last frame was \(String(describing: last))")
          return
        }
        #expect(goodbye.code == .unauthenticated)
        let refusal = try await Self.refusal(server, token)
        #expect(refusal?.status == 401)
      }
    }

    @Test("without a key only this machine's own names are answered")
    func dnsRebinding() async throws {
      try await withServer { server in
        let request = HandFrames.request(port: server.port).replacing(
          "127.0.0.1:\(server.port)", with: "evil.example.org")
        let reply = try await RawConnection.with(port: server.port) { connection in
          connection.send(request + "\r\n")
          return HTTPReply(try await connection.untilClosed())
        }
        #expect(reply?.status == 403)
        #expect(reply?.body.contains("WEIR_JWT_SECRET") == true)
      }
    }

    private static func device(_ server: ServerProcess, _ user: String) async throws -> Device {
      try await Device.connect(server, .init(headers: [("Authorization", "Bearer \(try await mint(user))")]))
    }

    private static func mint(
      _ user: String, secret: String = secret, seconds: Int = 600, algorithm: String = "HS256"
    ) async throws -> String {
      let result = try await Python.run("mint.py", [secret, user, "\(seconds)", algorithm])
      return result.out.trimming(while: \.isWhitespace)
    }

    /// The head and signature of one token around the claims of another.
    private static func swapped(_ token: String, with other: String) -> String {
      let parts = token.split(separator: ".", omittingEmptySubsequences: false)
      let others = other.split(separator: ".", omittingEmptySubsequences: false)
      return "\(parts[0]).\(others[1]).\(parts[2])"
    }

    private static func refusal(
      _ server: ServerProcess, _ token: String?, path: String = "/"
    ) async throws -> RefusedUpgrade? {
      do {
        let headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        try await Device.connect(server, .init(path: path, headers: headers)).abort()
        return nil
      } catch WebSocketClientError.refused(let answer) {
        return answer
      }
    }
  }
}

extension String {
  /// Without what `isBlank` says of both ends.
  fileprivate func trimming(while isBlank: (Character) -> Bool) -> String {
    var rest = self[...].drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}

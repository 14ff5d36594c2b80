// A relay with Node's http and ws, as one would write it.   node relay-node.js PORT PROVIDER_PORT
const http = require("http");
const { WebSocketServer } = require("ws");

const [port, providerPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

new WebSocketServer({ host: "127.0.0.1", port, backlog: 4096 }).on("connection", (socket) => {
  socket.on("message", (question) => {
    const request = http.request(
      { host: "127.0.0.1", port: providerPort, path: "/v1/chat/completions", method: "POST", agent,
        headers: { "Content-Type": "application/json" } },
      (response) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (piece) => {
          const lines = (rest + piece).split("\n");
          rest = lines.pop();
          for (const line of lines) {
            if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
            const text = JSON.parse(line.slice(6)).choices[0]?.delta?.content;
            if (text) socket.send(text);
          }
        });
      });
    request.end(JSON.stringify({
      model: "mock", stream: true, messages: [{ role: "user", content: question.toString() }] }));
    socket.on("close", () => request.destroy());
  });
});

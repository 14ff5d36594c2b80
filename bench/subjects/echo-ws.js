// An echo with Node's ws.   node echo-ws.js PORT [deflate [takeover]]
const { WebSocketServer } = require("ws");

const [port, deflate, takeover] = process.argv.slice(2);
const perMessageDeflate = deflate === "deflate" && {
  serverNoContextTakeover: takeover !== "takeover", clientNoContextTakeover: true, threshold: 0,
};
new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate }).on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});

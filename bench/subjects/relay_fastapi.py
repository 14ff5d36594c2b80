"""A relay with FastAPI, uvicorn and httpx, as one would write it.   python relay_fastapi.py PORT PROVIDER_PORT"""

import json
import sys

import httpx
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

PORT, PROVIDER_PORT = (int(word) for word in sys.argv[1:3])
app = FastAPI()
# httpx's default pool of 100 connections would leave most users waiting for others' answers to end.
client = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None, max_keepalive_connections=100))


@app.websocket("/")
async def relay(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            question = await socket.receive_text()
            body = {"model": "mock", "stream": True, "messages": [{"role": "user", "content": question}]}
            async with client.stream(
                    "POST", f"http://127.0.0.1:{PROVIDER_PORT}/v1/chat/completions", json=body) as response:
                async for line in response.aiter_lines():
                    if not line.startswith("data: ") or line == "data: [DONE]":
                        continue
                    choices = json.loads(line[6:])["choices"]
                    text = choices and choices[0]["delta"].get("content")
                    if text:
                        await socket.send_text(text)
    except WebSocketDisconnect:
        pass


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", ws_per_message_deflate=False, backlog=4096)

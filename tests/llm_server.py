"""A small server that speaks OpenAI's chat protocol as the real ones do, and fails in every way that they fail in.

It says what ``reply`` makes of the messages; ``behaviour`` names how. Every request is kept in ``requests``.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Messages = list[dict[str, str]]
STATUSES = {"rate_limit": 429, "broken": 500, "key": 401}


class LLMServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = "good"
        self.reply: Callable[[Messages], str] = lambda messages: "They are summed [1]."
        self.requests: list[dict[str, Any]] = []
        self.elsewhere: list[str] = []
        self.open = threading.Event()
        self.left = threading.Event()
        """Somebody went away before all was said."""
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LLMServer

    def log_message(self, *args: object) -> None: ...

    def do_GET(self) -> None:
        self.server.elsewhere.append(self.path)
        self._json(200, {"object": "list", "data": [{"id": "fake", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self.server.elsewhere.append(self.path)
            self._json(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
            return
        self.server.requests.append(body | {"headers": {name.lower(): value for name, value in self.headers.items()}})
        behaviour = self.server.behaviour
        if behaviour in STATUSES:
            error = {"message": "no", "type": "server_error", "param": None, "code": behaviour}
            self._json(STATUSES[behaviour], {"error": error})
        elif behaviour == "redirect":
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif behaviour == "silent":
            self.server.open.wait(60)
        else:
            self._stream(body, behaviour)

    def _stream(self, body: dict[str, Any], behaviour: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in _parts(self.server, body, behaviour):
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.wfile.flush()
            if behaviour == "broken_off":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.left.set()
            self.close_connection = True

    def _json(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _parts(server: LLMServer, body: dict[str, Any], behaviour: str) -> Iterator[bytes]:
    """The events of a stream, as they go over the wire."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return f"data: {json.dumps(head | {'choices': choices, 'usage': None})}\n\n".encode()

    yield event({"role": "assistant", "content": "", "refusal": None})
    if behaviour in ("drips", "drips_text"):
        while not server.open.wait(0.2):
            yield b": still here\n\n" if behaviour == "drips" else event({"content": "so "})
        return
    if behaviour == "malformed":
        yield b'data: {"choices": [{"delta": {"content": "They\n\n'
        return
    if behaviour == "refusal":
        yield event({"refusal": "I can't help with that."})
        yield event({}, "stop")
    else:
        text = "" if behaviour == "empty" else server.reply(body["messages"])
        pieces = [text[place : place + 7] for place in range(0, len(text), 7)]
        if behaviour in ("cut_off", "broken_off"):
            yield from (event({"content": piece}) for piece in pieces[: len(pieces) // 2])
            return
        for piece in pieces:
            yield event({"content": piece})
            if behaviour == "slow":
                time.sleep(0.3)
        yield event({}, "length" if behaviour == "length" else "stop")
    if body.get("stream_options", {}).get("include_usage"):
        usage = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
        yield f"data: {json.dumps(head | {'choices': [], 'usage': usage})}\n\n".encode()
    yield b"data: [DONE]\n\n"


@contextmanager
def llm_server() -> Iterator[LLMServer]:
    """A running one, on a free port of loopback."""
    server = LLMServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.open.set()
    server.shutdown()
    server.server_close()

"""Slack, as its documentation describes it, over real HTTP and a real WebSocket on loopback.

It keeps channels with their messages, refuses what Slack refuses, and delivers what people do as signed requests or
socket envelopes, again where they are not acknowledged. Nothing in it knows the tutor.

https://docs.slack.dev/reference/methods, /apis/events-api, /apis/events-api/using-socket-mode,
/authentication/verifying-requests-from-slack, /apis/web-api/rate-limits
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import math
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import fake_slack_blocks as limits
from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web

TEAM, BOT, BOT_ID, APP = "T0TEAM001", "U0TUTOR01", "B0TUTOR01", "A0TUTOR01"
TOKEN, SECRET, APP_TOKEN = "xoxb-fake-token", "fake-signing-secret", "xapp-fake-token"
SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.startStream": "chat:write",
    "chat.appendStream": "chat:write",
    "chat.stopStream": "chat:write",
    "assistant.threads.setStatus": "chat:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "conversations.replies": "channels:history",
}
READING = ("conversations.replies",)
"""These take no JSON."""

ACKNOWLEDGE_SECONDS = 3.0


class No(Exception):
    """Slack's refusal, in its own word."""


class FakeSlack:
    """A workspace with two public channels, a private one and direct messages.

    ``events_url`` is where events go, ``None`` for sockets; where there are ``replicas``, to any of them.

    Knobs: ``streams`` (whether it streams), ``stream_seconds`` (how long a stream lives), ``scopes`` (granted),
    ``fails`` (what the next calls of a method do), ``delays`` (seconds that a method takes).
    """

    def __init__(self) -> None:
        self.events_url: str | None = None
        self.replicas: list[str] = []
        self.channels: dict[str, dict[str, dict[str, Any]]] = {"C0GENERAL": {}, "C0RANDOM": {}, "G0SECRET": {}}
        self.archived: set[str] = set()
        self.absent: set[str] = set()
        self.scopes = {*SCOPES.values(), "app_mentions:read", "commands", "groups:history", "im:history"}
        self.streams = True
        self.stream_seconds = 300.0
        self.fails: dict[str, list[Callable[[], web.Response] | str]] = defaultdict(list)
        self.delays: dict[str, float] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, str, str]] = []
        self.prompts: list[dict[str, Any]] = []
        self.responses: list[tuple[int, str]] = []
        self.unsettled = 0
        self.sockets: list[web.WebSocketResponse] = []
        self.open_envelopes: dict[str, dict[str, Any]] = {}
        self._clock = itertools.count(1)
        self._started = int(time.time())
        self._ids = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = self.run(self._serve())

    # ---------------------------------------------------------------- what people do

    def say(
        self,
        text: str,
        channel: str = "C0GENERAL",
        user: str = "U0ANNA",
        thread: str | None = None,
        *,
        copies: int = 1,
        wait: bool = True,
        deliver: bool = True,
    ) -> str:
        """Somebody writes a message; returns its ``ts``. Each of its events is delivered ``copies`` times."""
        message = {
            "type": "message",
            "user": user,
            "text": text,
            "ts": self.ts(),
            "client_msg_id": f"c{next(self._ids)}",
        }
        if thread is not None:
            message["thread_ts"] = thread
        self.channels.setdefault(channel, {})[message["ts"]] = message
        if deliver:
            self.deliver([one for one in self.events_of(message, channel) for _ in range(copies)], wait=wait)
        return str(message["ts"])

    def events_of(self, message: dict[str, Any], channel: str) -> list[dict[str, Any]]:
        """A mention in a channel comes as two events with ids of their own."""
        kind = {"C": "channel", "G": "group", "D": "im"}[channel[0]]
        found = [{**message, "channel": channel, "channel_type": kind, "event_ts": message["ts"]}]
        if f"<@{BOT}>" in message["text"] and kind != "im":
            found.append({**message, "type": "app_mention", "channel": channel, "event_ts": message["ts"]})
        return [self.envelope(event) for event in found]

    def edit(self, channel: str, ts: str, text: str, after: float = 5.0) -> None:
        before = dict(self.channels[channel][ts])
        message = self.channels[channel][ts]
        message |= {"text": text, "edited": {"user": message["user"], "ts": f"{float(ts) + after:.6f}"}}
        kind = {"C": "channel", "G": "group", "D": "im"}[channel[0]]
        changed = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": channel}
        changed |= {"channel_type": kind, "ts": self.ts(), "message": dict(message), "previous_message": before}
        self.deliver([self.envelope(changed)])

    def delete(self, channel: str, ts: str) -> None:
        before = self.channels[channel].pop(ts)
        gone = {"type": "message", "subtype": "message_deleted", "hidden": True, "channel": channel, "ts": self.ts()}
        self.deliver([self.envelope({**gone, "deleted_ts": ts, "previous_message": before})])

    def command(self, text: str, channel: str = "C0GENERAL", user: str = "U0ANNA") -> tuple[int, str]:
        form = {
            "command": "/ask",
            "text": text,
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": user,
            "api_app_id": APP,
            "trigger_id": f"tr{next(self._ids)}",
            "response_url": f"{self.url}response/{next(self._ids)}",
        }
        return self._interact(form, "slash_commands")

    def shortcut(self, channel: str, ts: str, user: str = "U0ANNA") -> tuple[int, str]:
        payload = {
            "type": "message_action",
            "callback_id": "explain_error",
            "action_ts": self.ts(),
            "message_ts": ts,
            "message": self.channels[channel][ts],
            **self._who(channel, user),
        }
        return self._interact(payload, "interactive")

    def press(self, channel: str, ts: str, label: str, user: str = "U0ANNA") -> tuple[int, str]:
        """Press a button by its label, or choose from a menu."""
        message = self.channels[channel][ts]
        return self.press_in(message, channel, label, user)

    def press_in(self, message: dict[str, Any], channel: str, label: str, user: str = "U0ANNA") -> tuple[int, str]:
        action = _control(message["blocks"], label) | {"action_ts": self.ts()}
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel}
        payload = {"type": "block_actions", "actions": [action], "container": container, "message": message}
        return self._interact({**payload, **self._who(channel, user)}, "interactive")

    def deliver(self, bodies: list[dict[str, Any]], *, wait: bool = True) -> list[float]:
        """Deliver event bodies at once, each again until it is acknowledged, at most three times more.

        Returns the seconds from the first attempt until each was acknowledged, infinite where it never was; nothing
        without ``wait``.
        """
        futures = [asyncio.run_coroutine_threadsafe(self._deliver(body), self._loop) for body in bodies]
        return [future.result(60) for future in futures] if wait else []

    def envelope(self, event: dict[str, Any]) -> dict[str, Any]:
        """The outer event, with an id of its own."""
        return {
            "token": "unused",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._ids):08}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}],
        }

    # ---------------------------------------------------------------- what stands there

    def replies(self, thread: str, channel: str = "C0GENERAL") -> list[dict[str, Any]]:
        """The tutor's messages in a thread, oldest first."""
        found = [m for m in list(self.channels[channel].values()) if m.get("bot_id") and m.get("thread_ts") == thread]
        return sorted(found, key=lambda m: float(m["ts"]))

    def wait_for(self, found: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
        """What ``found`` returns, once that is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = found()
            if result:
                return result
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come within {seconds} s; calls: {[name for name, _ in self.calls][-20:]}")

    def reply(self, thread: str, channel: str = "C0GENERAL", count: int = 1, seconds: float = 60) -> dict[str, Any]:
        """The ``count``-th finished message of the tutor in a thread."""

        def finished() -> dict[str, Any] | None:
            standing = self.replies(thread, channel)
            done = [m for m in standing if m.get("stream") is None and "Looking it up" not in self.text(m)]
            return done[count - 1] if len(done) >= count else None

        return self.wait_for(finished, seconds, f"reply {count} in {thread}")

    @staticmethod
    def text(message: dict[str, Any]) -> str:
        return limits.said(message.get("blocks") or []) or message.get("text", "")

    def quiet(self, seconds: float = 1.5) -> None:
        """Wait until nothing has been called for ``seconds``."""
        count, since = len(self.calls), time.monotonic()
        while time.monotonic() - since < seconds:
            if len(self.calls) != count:
                count, since = len(self.calls), time.monotonic()
            time.sleep(0.05)

    def called(self, method: str) -> list[dict[str, Any]]:
        return [body for name, body in self.calls if name == method]

    # ---------------------------------------------------------------- knobs

    def limit(self, method: str, times: int, retry_after: int = 1) -> None:
        """Refuse the next calls for their number."""
        limited = {"ok": False, "error": "ratelimited"}
        self.fails[method] += [
            lambda: web.json_response(limited, status=429, headers={"Retry-After": str(retry_after)})
        ] * times

    def drop_sockets(self) -> None:
        """Every WebSocket breaks; what was not acknowledged comes again on the next one."""
        self.run(self._drop())

    def ts(self) -> str:
        """A new message id: the time, unique."""
        return f"{max(int(time.time()), self._started)}.{next(self._clock):06}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self.run(self._http.close())
        self.run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)

    # ---------------------------------------------------------------- delivering

    def _who(self, channel: str, user: str) -> dict[str, Any]:
        return {
            "team": {"id": TEAM, "domain": "fake"},
            "user": {"id": user, "team_id": TEAM},
            "channel": {"id": channel, "name": "general"},
            "api_app_id": APP,
            "trigger_id": f"tr{next(self._ids)}",
            "response_url": f"{self.url}response/{next(self._ids)}",
        }

    def _interact(self, body: dict[str, Any], kind: str) -> tuple[int, str]:
        if self.events_url is None:
            self.run(self._push(kind, body))
            return 200, ""
        form = urlencode(body if kind == "slash_commands" else {"payload": json.dumps(body)})
        return self.run(self._post(form, "application/x-www-form-urlencoded"))

    async def _deliver(self, body: dict[str, Any]) -> float:
        started = time.monotonic()
        self.unsettled += 1
        try:
            if self.events_url is None and not self.replicas:
                await self._push("events_api", body)
                return math.inf  # a socket tells nobody when
            for attempt in range(4):
                again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"} if attempt else {}
                status, _ = await self._post(json.dumps(body), "application/json", again)
                if status == 200:
                    return time.monotonic() - started
                await asyncio.sleep(0.3 * 4**attempt)  # Slack: at once, after a minute, after five
            return math.inf
        finally:
            self.unsettled -= 1

    async def _post(self, body: str, content_type: str, more: dict[str, str] | None = None) -> tuple[int, str]:
        now = str(int(time.time()))
        digest = hmac.new(SECRET.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": content_type, "X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={digest}"}
        try:
            to = random.choice(self.replicas) if self.replicas else str(self.events_url)
            async with self._http.post(to, data=body, headers=headers | (more or {})) as response:
                result = response.status, await response.text()
        except (ClientError, TimeoutError) as error:
            return 0, type(error).__name__
        self.responses.append(result)
        return result

    async def _push(self, kind: str, payload: dict[str, Any]) -> None:
        envelope = {"type": kind, "envelope_id": f"env{next(self._ids)}", "payload": payload}
        self.open_envelopes[envelope["envelope_id"]] = envelope | {"accepts_response_payload": kind != "events_api"}
        if self.sockets:
            await self.sockets[-1].send_json(self.open_envelopes[envelope["envelope_id"]])

    async def _drop(self) -> None:
        for socket in self.sockets:
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        self.sockets.clear()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        for envelope in list(self.open_envelopes.values()):
            await socket.send_json(envelope | {"retry_attempt": 1, "retry_reason": "timeout"})
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self.open_envelopes.pop(json.loads(message.data).get("envelope_id", ""), None)
        if socket in self.sockets:
            self.sockets.remove(socket)
        return socket

    # ---------------------------------------------------------------- the Web API

    async def _serve(self) -> str:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/response/{id}", self._response)
        app.router.add_post("/api/{method}", self._call)
        app.router.add_get("/api/{method}", self._call)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._http = ClientSession(timeout=ClientTimeout(total=ACKNOWLEDGE_SECONDS))
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    @property
    def api_url(self) -> str:
        return f"{self.url}api/"

    async def _response(self, request: web.Request) -> web.Response:
        said = await request.json()
        if limits.fault(said.get("blocks") or []) is not None:
            return web.json_response({"ok": False, "error": "invalid_blocks"}, status=400)
        self.ephemeral.append(said)
        return web.Response(text="ok")

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json" and method not in READING
        body = await request.json() if is_json else dict(await request.post()) | dict(request.query)
        self.calls.append((method, body))
        if method in self.delays:
            await asyncio.sleep(self.delays[method])
        if self.fails[method]:
            failure = self.fails[method].pop(0)
            return failure() if callable(failure) else web.json_response({"ok": False, "error": failure})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        headers = {"x-oauth-scopes": ",".join(sorted(self.scopes))}
        handler = getattr(self, f"_{method.replace('.', '_')}", None)
        if handler is None or token != (APP_TOKEN if method == "apps.connections.open" else TOKEN):
            error = "unknown_method" if handler is None else "invalid_auth"
            return web.json_response({"ok": False, "error": error}, headers=headers)
        try:
            if method in SCOPES and SCOPES[method] not in self.scopes:
                lacking = {"error": "missing_scope", "needed": SCOPES[method], "provided": headers["x-oauth-scopes"]}
                return web.json_response({"ok": False, **lacking}, headers=headers)
            return web.json_response({"ok": True, **handler(body)}, headers=headers)
        except No as no:
            return web.json_response({"ok": False, "error": str(no)}, headers=headers)
        except ConnectionResetError:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

    def _channel(self, body: dict[str, Any], name: str = "channel") -> dict[str, dict[str, Any]]:
        channel = body.get(name)
        if channel not in self.channels:
            raise No("channel_not_found")
        if channel in self.archived:
            raise No("is_archived")
        if channel in self.absent:
            raise No("not_in_channel")
        return self.channels[channel]

    def _thread(self, messages: dict[str, Any], ts: str | None) -> None:
        if ts is not None and ts not in messages:
            raise No("thread_not_found")

    def _content(self, body: dict[str, Any]) -> None:
        if not body.get("text") and not body.get("blocks"):
            raise No("no_text")
        if len(body.get("text", "")) > limits.MAX_TEXT:
            raise No("msg_too_long")
        fault = limits.fault(body.get("blocks") or [])
        if fault:
            raise No(fault)

    def _mine(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._channel(body).get(str(body.get("ts")))
        if message is None:
            raise No("message_not_found")
        if message.get("bot_id") != BOT_ID:
            raise No("cant_update_message")
        return message

    def _new(self, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        message = {"type": "message", "user": BOT, "bot_id": BOT_ID, "app_id": APP, "ts": self.ts(), **more}
        if body.get("thread_ts"):
            message["thread_ts"] = body["thread_ts"]
        self.channels[body["channel"]][message["ts"]] = message
        event = {**message, "channel": body["channel"], "channel_type": "channel", "event_ts": message["ts"]}
        self._loop.create_task(self._deliver(self.envelope(event)))  # an app hears its own messages too
        return message

    def _auth_test(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"team": "Fake", "team_id": TEAM, "user": "torchtutor", "user_id": BOT, "bot_id": BOT_ID}

    def _apps_connections_open(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.url.replace('http', 'ws', 1)}socket"}

    def _chat_postMessage(self, body: dict[str, Any]) -> dict[str, Any]:
        self._thread(self._channel(body), body.get("thread_ts"))
        self._content(body)
        message = self._new(body, text=body.get("text", ""), blocks=body.get("blocks") or [])
        return {"ts": message["ts"], "channel": body["channel"], "message": message}

    def _chat_update(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._mine(body)
        if message.get("stream") is not None and not self._expired(message):
            raise No("streaming_state_conflict")
        self._content(body)
        message.pop("stream", None)
        message |= {"text": body.get("text", ""), "blocks": body.get("blocks") or []}
        return {"ts": message["ts"], "channel": body["channel"]}

    def _chat_delete(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._mine(body)
        del self.channels[body["channel"]][message["ts"]]
        return {"ts": message["ts"]}

    def _chat_postEphemeral(self, body: dict[str, Any]) -> dict[str, Any]:
        self._channel(body)
        if not body.get("user"):
            raise No("user_not_in_channel")
        self._content(body)
        self.ephemeral.append(body)
        return {"message_ts": self.ts()}

    def _chat_startStream(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = self._channel(body)
        if not self.streams:
            raise No("feature_not_enabled")
        if not body.get("thread_ts"):
            raise No("missing_thread_ts")
        self._thread(messages, body["thread_ts"])
        if not body["channel"].startswith("D"):
            for name in ("recipient_team_id", "recipient_user_id"):
                if not body.get(name):
                    raise No(f"missing_{name}")
        chunks = self._chunks(body)
        message = self._new(body, text="", stream=chunks, started=time.monotonic(), blocks=[])
        return {"ts": message["ts"], "channel": body["channel"]}

    def _chat_appendStream(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._streaming(body)
        message["stream"] += self._chunks(body)
        return {"ts": message["ts"], "channel": body["channel"]}

    def _chat_stopStream(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._streaming(body)
        closing = body.get("blocks") or []
        if limits.fault(closing):
            raise No("invalid_blocks")
        message["stream"] += self._chunks(body)
        message["blocks"] = _as_blocks(message.pop("stream")) + closing
        message["text"] = limits.said(message["blocks"])
        if limits.fault([block for block in message["blocks"] if block["type"] != "task_card"]):
            raise No("msg_blocks_too_long")
        return {"ts": message["ts"], "channel": body["channel"], "message": message}

    def _streaming(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self._mine(body)
        if message.get("stream") is None or self._expired(message):
            raise No("message_not_in_streaming_state")
        return message

    def _expired(self, message: dict[str, Any]) -> bool:
        if message.get("stream") is not None and time.monotonic() - message["started"] > self.stream_seconds:
            message["blocks"] = _as_blocks(message["stream"])
            return True
        return False

    def _chunks(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        chunks = list(body.get("chunks") or [])
        if body.get("markdown_text"):
            chunks.append({"type": "markdown_text", "text": body["markdown_text"]})
        fault = limits.chunk_fault(chunks)
        if fault:
            raise No(fault)
        return chunks

    def _conversations_replies(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = self._channel(body)
        thread = body.get("ts")
        if thread not in messages:
            raise No("thread_not_found")
        oldest, latest = float(body.get("oldest") or 0), float(body.get("latest") or "inf")
        edges = (oldest, latest) if body.get("inclusive") in ("true", "1") else ()

        def is_within(ts: str) -> bool:
            return ts == thread or oldest < float(ts) < latest or float(ts) in edges

        found = [m for m in messages.values() if thread in (m["ts"], m.get("thread_ts")) and is_within(m["ts"])]
        shown = [{key: value for key, value in m.items() if key not in ("stream", "started")} for m in found]
        shown.sort(key=lambda m: float(m["ts"]))
        start, most = int(body.get("cursor") or 0), min(1000, int(body.get("limit") or 1000))
        end = start + most
        page: dict[str, Any] = {"messages": shown[start:end], "has_more": end < len(shown)}
        return page | ({"response_metadata": {"next_cursor": str(end)}} if end < len(shown) else {})

    def _assistant_threads_setStatus(self, body: dict[str, Any]) -> dict[str, Any]:
        self._thread(self._channel(body, "channel_id"), body["thread_ts"])
        self.statuses.append((body["channel_id"], body["thread_ts"], body["status"]))
        return {}

    def _assistant_threads_setSuggestedPrompts(self, body: dict[str, Any]) -> dict[str, Any]:
        if not 0 < len(body["prompts"]) <= 4 or not all(one["title"] and one["message"] for one in body["prompts"]):
            raise No("invalid_arguments")
        self.prompts.append(body)
        return {}


def _as_blocks(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A finished stream as the blocks that it leaves: tasks by their last state, text joined."""
    found: list[dict[str, Any]] = []
    tasks: dict[str, dict[str, Any]] = {}
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            if found and found[-1]["type"] == "markdown":
                found[-1] = {"type": "markdown", "text": found[-1]["text"] + chunk["text"]}
            else:
                found.append({"type": "markdown", "text": chunk["text"]})
        elif chunk["type"] == "task_update":
            if chunk["id"] not in tasks:
                tasks[chunk["id"]] = {"type": "task_card"}
                found.append(tasks[chunk["id"]])
            tasks[chunk["id"]] |= {"text": chunk["title"], "status": chunk["status"]}
        elif chunk["type"] == "blocks":
            found += chunk["blocks"]
    return found


def _control(blocks: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """What Slack sends of the first control whose label begins so."""
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("type") == "button" and element["text"]["text"].startswith(label):
                return {**element, "block_id": "b"}
            for option in element.get("options", ()):
                if option["text"]["text"] == label:
                    return {"type": "overflow", "action_id": element["action_id"], "selected_option": option}
            for side in ("positive_button", "negative_button"):
                if side in element and element[side]["text"]["text"] == label:
                    return {"type": "feedback_buttons", "action_id": element["action_id"], **element[side]}
    raise AssertionError(f"no control '{label}'")

"""The one file that knows LangChain's chat models.

What goes to the provider goes to the configured address only: redirects are not followed (but by Anthropic's package,
which lets nobody say so), and LangChain's tracing is off whatever the environment says. Nothing of a call is logged but
its kind of failure.
"""

import logging
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessageChunk
from langsmith.run_helpers import tracing_context
from pydantic import SecretStr

from service.deadline import Deadline, TimeIsUp, within
from service.language_model import Chunk, FailureKind, ModelFailed, ModelUnusable, Said, Usage

FINISHED = ("stop", "end_turn", "stop_sequence", "eos")
SHORTENED = ("length", "max_tokens")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is, and how long it may be silent.

    Args:
        name: ``provider:model``, as ``init_chat_model`` takes it.
        base_url: of a server that speaks the provider's protocol; ``None`` for the provider's own.
        key: sent to it; ``None`` for the one in the provider's own variable, which LangChain reads.
        silence: seconds without a sign of life after which a call has failed.
    """

    name: str
    base_url: str | None = None
    key: SecretStr | None = None
    silence: float = 20.0


class ChatModel:
    """A model through LangChain's ``init_chat_model``.

    Raises:
        ModelUnusable: its provider is unknown, not installed, or wants a key.
    """

    def __init__(self, address: Address) -> None:
        self.name = address.name
        self._running = _Running()
        self._model = _made(address, self._running)
        self._is_ollama = address.name.startswith("ollama:")

    def stream(self, messages: Sequence[Said], *, max_tokens: int, seconds: float) -> Iterator[Chunk]:
        finish, usage, deadline = "", None, Deadline(seconds)
        try:
            for piece in within(deadline, partial(self._pieces, messages, max_tokens, deadline)):
                finish = _finish(piece) or finish
                usage = _usage(piece, usage)
                yield Chunk(piece.text, usage)
        except TimeIsUp:
            raise ModelFailed("timeout", f"took more than {seconds:.0f} s") from None
        except Exception as error:
            failed = _failed(error)
            _log.warning("the language model failed: %s (%s)", failed.kind, type(error).__name__)
            raise failed from error
        if finish in SHORTENED:
            raise ModelFailed("limit", f"came to its limit of {max_tokens} tokens")
        if finish not in FINISHED:
            kind: FailureKind = "refusal" if finish in ("content_filter", "refusal", "safety") else "cut_off"
            raise ModelFailed(kind, "declined to answer" if kind == "refusal" else "broke off")

    def _pieces(
        self, messages: Sequence[Said], max_tokens: int, deadline: Deadline
    ) -> Generator[BaseMessageChunk, None, None]:
        """What the provider sends; in the thread that waits for it."""
        longest: dict[str, Any] = {"num_predict" if self._is_ollama else "max_tokens": max_tokens}
        self._running.deadline = deadline
        with tracing_context(enabled=False):
            yield from self._model.stream([(one.role, one.text) for one in messages], **longest)


class _Running(threading.local):
    """The call that a thread makes."""

    deadline = Deadline(0)


def _made(address: Address, running: _Running) -> BaseChatModel:
    provider = address.name.partition(":")[0]
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise ModelUnusable("no language model can be used without LangChain: pip install 'torchtutor[openai]'") from (
            error
        )
    try:
        model = init_chat_model(address.name, **_options(provider, address, running))
    except ImportError as error:
        raise ModelUnusable(
            f"'{address.name}' needs a package that is not installed: pip install 'torchtutor[{provider}]'"
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelUnusable(
            f"the language model '{address.name}' cannot be set up ({reason}); TUTOR_LLM is written provider:model, "
            "a key goes into TUTOR_LLM_API_KEY or the provider's own variable"
        ) from error
    assert isinstance(model, BaseChatModel)
    return model


def _options(provider: str, address: Address, running: _Running) -> dict[str, Any]:
    """What each provider's class calls it."""
    options: dict[str, Any] = {} if address.base_url is None else {"base_url": address.base_url}
    timeout = httpx.Timeout(address.silence, connect=min(5.0, address.silence))
    if provider == "ollama":
        return {**options, "temperature": 0.0, "client_kwargs": {"timeout": timeout, "follow_redirects": False}}
    if address.key is not None:
        options["api_key"] = address.key
    elif address.base_url is not None:
        options["api_key"] = SecretStr("none")  # the provider's own key is not for another's server
    options |= {"max_retries": 0}
    if provider == "openai":
        client = httpx.Client(timeout=timeout, event_hooks={"response": [partial(_limit, running)]})
        options |= {"http_client": client, "timeout": timeout, "stream_usage": True}
    else:
        options |= {"timeout": address.silence}
    return options


def _limit(running: _Running, response: httpx.Response) -> None:
    """Have a response end with its call, also one that drips and never says anything."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    response.stream = _Limited(response.stream, running.deadline)


class _Limited(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if not self._deadline.left:
                raise httpx.ReadTimeout("the response took too long")
            yield part

    def close(self) -> None:
        self._stream.close()


def _usage(piece: BaseMessageChunk, before: Usage | None) -> Usage | None:
    """The most that was told so far: some tell the two numbers apart, some a running total, and it may be nonsense."""
    told = getattr(piece, "usage_metadata", None)
    if not told:
        return before
    least = before or Usage()
    return Usage(max(least.prompt, told["input_tokens"]), max(least.completion, told["output_tokens"]))


def _finish(piece: BaseMessageChunk) -> str:
    if piece.additional_kwargs.get("refusal"):
        return "refusal"
    told = piece.response_metadata
    return str(told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason") or "").lower()


def _failed(error: Exception) -> ModelFailed:
    """The reason in words fit to show; never the provider's own, which may quote the conversation."""
    status = getattr(error, "status_code", None)
    if status == 429:
        return ModelFailed("rate_limit", "is asked too much at the moment")
    if status in (401, 403):
        return ModelFailed("key", "does not accept the service's key")
    if isinstance(status, int):
        return ModelFailed("unreachable", f"answered with the error {status}")
    names = {kind.__name__ for kind in type(error).__mro__}
    if "Timeout" in type(error).__name__ or names & {"TimeoutError", "TimeoutException", "APITimeoutError"}:
        return ModelFailed("timeout", "took too long")
    if names & {"ConnectError", "APIConnectionError", "ConnectionError"}:
        return ModelFailed("unreachable", "cannot be reached")
    if names & {"RemoteProtocolError", "ReadError", "NetworkError"}:
        return ModelFailed("cut_off", "broke off")
    return ModelFailed("malformed", "sent something that cannot be read")

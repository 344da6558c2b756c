"""The paths of the server, as a Starlette application."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agentscale.errors import EndpointError
from agentscale.models.openai_chat.chat import CALL_HEADER
from agentscale.schema.calls import CallId
from agentscale.schema.record import Record
from agentscale.server import vectors
from agentscale.server.batches import Batches
from agentscale.server.bodies import ChatBody, EmbeddingBody
from agentscale.server.doors import Asked, Door
from agentscale.server.odds import Odds
from agentscale.server.refused import Refused
from agentscale.server.replies import Answered

B = TypeVar("B", bound=Record)


class Paths:
    """What is said on each path.

    Args:
        door: What answers.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._vectors = vectors.Vectors()
        self._embedding = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._batches = Batches(self._whole)

    async def chat(self, request: Request) -> Response:
        """``POST /v1/chat/completions``."""
        body = _read(ChatBody, await request.body())
        answered = self._answered(body, request.headers)
        if not body.stream:
            return _json(answered.whole())
        include_usage = body.stream_options is not None and body.stream_options.include_usage
        return StreamingResponse(_events(answered, include_usage), media_type="text/event-stream")

    def _answered(self, body: ChatBody, headers: Mapping[str, str]) -> Answered:
        known = list(self._door.models)
        if body.model not in known:
            raise Refused.unknown_model(body.model, known)
        asked = _asked(body, headers)
        odds = Odds(self._door.odds(asked), body.top_logprobs or 0) if body.logprobs else None
        choices = self._door.answers(asked)
        return Answered(f"chatcmpl-{next(self._numbers)}", int(time.time()), body.model, choices, odds)

    def _whole(self, raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The object that answers a request of a batch."""
        return self._answered(_read(ChatBody, raw), headers).whole()

    async def upload(self, request: Request) -> Response:
        """``POST /v1/files``."""
        return _json(self._batches.take(request.headers.get("content-type", ""), await request.body()))

    async def content(self, request: Request) -> Response:
        """``GET /v1/files/ID/content``."""
        return Response(self._batches.content(request.path_params["name"]), media_type="application/jsonl")

    async def batch(self, request: Request) -> Response:
        """``POST /v1/batches``."""
        return _json(self._batches.make(await request.body()))

    async def batches(self, request: Request) -> Response:
        """``GET /v1/batches``."""
        return _json(self._batches.listed())

    async def look(self, request: Request) -> Response:
        """``GET /v1/batches/ID``."""
        return _json(self._batches.look(request.path_params["name"]))

    async def cancel(self, request: Request) -> Response:
        """``POST /v1/batches/ID/cancel``."""
        return _json(self._batches.cancel(request.path_params["name"]))

    async def embeddings(self, request: Request) -> Response:
        """``POST /v1/embeddings``. An encoder takes its time: others are served meanwhile."""
        body = _read(EmbeddingBody, await request.body())
        async with self._embedding:
            return _json(await asyncio.to_thread(self._vectors.answer, body))

    async def models(self, request: Request) -> Response:
        """``GET /v1/models``."""
        return _json({"object": "list", "data": [_model(name) for name in self._all()]})

    async def model(self, request: Request) -> Response:
        """``GET /v1/models/NAME``."""
        name = request.path_params["name"]
        if name not in self._all():
            raise Refused.unknown_model(name, self._all())
        return _json(_model(name))

    async def health(self, request: Request) -> Response:
        """``GET /health``."""
        return _json({"status": "ok", "models": list(self._door.models)})

    def _all(self) -> list[str]:
        return [*self._door.models, *vectors.MODELS]


def application(door: Door) -> Starlette:
    """The application that answers from ``door``."""
    paths = Paths(door)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", paths.chat, methods=["POST"]),
            Route("/v1/embeddings", paths.embeddings, methods=["POST"]),
            Route("/v1/files", paths.upload, methods=["POST"]),
            Route("/v1/files/{name}/content", paths.content),
            Route("/v1/batches", paths.batch, methods=["POST"]),
            Route("/v1/batches", paths.batches),
            Route("/v1/batches/{name}", paths.look),
            Route("/v1/batches/{name}/cancel", paths.cancel, methods=["POST"]),
            Route("/v1/models", paths.models),
            Route("/v1/models/{name:path}", paths.model),
            Route("/health", paths.health),
        ],
        exception_handlers={Refused: _refused, EndpointError: _failed, HTTPException: _unserved},
    )


def _read(form: type[B], raw: bytes) -> B:
    try:
        return form.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise Refused.unfit(error) from None


def _asked(body: ChatBody, headers: Mapping[str, str]) -> Asked:
    messages = tuple(said.message for said in body.messages)
    written = headers.get(CALL_HEADER)
    try:
        call = None if written is None else CallId.read(written)
    except ValueError as error:
        raise Refused(f"the header {CALL_HEADER} spells no call: {error}; leave it out", param=CALL_HEADER) from None
    return Asked(body.model, messages, body.sampling, body.n or 1, body.thinks, call, body.offered)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "agentscale"}


def _events(answered: Answered, include_usage: bool) -> Iterator[bytes]:
    for piece in answered.pieces(include_usage):
        yield b"data: " + json.dumps(piece).encode("ascii") + b"\n\n"
    yield b"data: [DONE]\n\n"


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON in ASCII, so that any text survives."""
    return Response(json.dumps(value).encode("ascii"), status, headers, "application/json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # Starlette hands over what is registered
    return _json(error.body, error.status)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, EndpointError)
    return await _refused(request, Refused.failed(error))


async def _unserved(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{request.method} {request.url.path} is not served: {error.detail}"
    headers = dict(error.headers) if error.headers else None
    return _json(Refused(message, status=error.status_code).body, error.status_code, headers)

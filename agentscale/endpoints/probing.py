"""What a model at an endpoint can do, found out by asking it: a dozen short requests, one after another.

What a server says of itself is not trusted where it can be tried. A refusal is an answer here, and no error.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from agentscale.errors import EndpointError
from agentscale.schema.profile import Parameter, Profile
from agentscale.transport import EndpointClient

State = Literal["yes", "no", "unclear"]

QUESTION = "Write one sentence about a river."
"""What is asked where the caller has no question of its own."""

_CAP = 12
"""Tokens of an answer at most."""
_AT_ONCE = 4
_WORDS = ("context_length", "max_model_len", "max_context_length", "context_window", "n_ctx", "n_ctx_train")
"""What servers call the length of their context, in the list of models."""


class Finding(NamedTuple):
    """One thing that was tried."""

    name: str
    state: State
    told: str
    """What was seen, in one clause."""


@dataclass(frozen=True)
class Examination:
    """What was found out of one model."""

    findings: tuple[Finding, ...]
    profile: Profile
    """How the model wants its requests spelt, as far as a refusal told."""


async def examine(client: EndpointClient, model: str, question: str = QUESTION) -> Examination:
    """Tries what a model can do.

    Args:
        client: The endpoint's.
        model: The model's name there.
        question: What it is asked.

    Raises:
        EndpointError: If the endpoint does not answer at all, or refuses the key.
    """
    patient = _Patient(client, model, question)
    findings = [finding async for finding in patient.tried()]
    return Examination(tuple(findings), patient.profile)


class _Refused(Exception):
    """The endpoint took a request for wrong."""


class _Patient:
    """One model under examination."""

    def __init__(self, client: EndpointClient, model: str, question: str) -> None:
        self._client = client
        self._model = model
        self._messages = [{"role": "user", "content": question}]
        self._renamed: dict[Parameter, str] = {}
        self._unsent: list[Parameter] = []

    @property
    def profile(self) -> Profile:
        """What was learnt of how requests are spelt."""
        return Profile(renamed=self._renamed, unsent=tuple(self._unsent))

    async def tried(self) -> AsyncIterator[Finding]:
        """Every trial, the one that all others need first."""
        yield await self._chat()
        for trial in (
            self._cap,
            self._usage,
            self._temperature,
            self._greedy,
            self._greedy_at_once,
            self._seed,
            self._several,
            self._logprobs,
            self._stop,
            self._stream,
            self._context,
            self._embeddings,
        ):
            try:
                yield await trial()
            except _Refused as refused:
                yield Finding(trial.__name__.strip("_").replace("_", " "), "no", str(refused))

    # -- asking ---------------------------------------------------------------------------------------------------

    async def _asked(self, **keys: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._model, "messages": self._messages}
        given: dict[str, Any] = {"max_tokens": _CAP, **keys}
        for name, value in given.items():
            if name not in self._unsent:
                body[self._renamed.get(name, name)] = value  # type: ignore[call-overload]
        path = self._client.address.chat_path(self._model)
        try:
            return (await self._client.post_json(path, body, model=self._model)).data
        except EndpointError as error:
            if error.kind == "refused":
                raise _Refused(_clause(error)) from None
            raise

    async def _text(self, **keys: Any) -> str:
        return _text(await self._asked(**keys))

    # -- trials ---------------------------------------------------------------------------------------------------

    async def _chat(self) -> Finding:
        started = time.perf_counter()
        try:
            text = await self._text()
        except _Refused:
            self._renamed["max_tokens"] = "max_completion_tokens"
            text = await self._once_more()
        took_s = time.perf_counter() - started
        return Finding("chat", "yes" if text else "unclear", f"{len(text)} characters in {took_s:.2f} s")

    async def _once_more(self) -> str:
        try:
            return await self._text()
        except _Refused as refused:
            raise EndpointError(
                f"endpoint {self._client.address.name!r} takes no chat request for {self._model!r}: {refused}",
                kind="refused",
                model=self._model,
            ) from None

    async def _cap(self) -> Finding:
        answer = await self._asked(max_tokens=2)
        finish, text = _choice(answer).get("finish_reason"), _text(answer)
        name = self._renamed.get("max_tokens", "max_tokens")
        return Finding("cap", "yes" if finish == "length" else "no", f"{name} 2 ends as {finish!r} after {text[:20]!r}")

    async def _usage(self) -> Finding:
        usage = (await self._asked()).get("usage") or {}
        known = [name for name in ("prompt_tokens", "completion_tokens") if isinstance(usage.get(name), int)]
        told = ", ".join(f"{name} {usage[name]}" for name in known) or "no tokens are reported"
        return Finding("usage", "yes" if len(known) == 2 else "no", told)

    async def _temperature(self) -> Finding:
        try:
            texts = {await self._text(temperature=1.5) for _ in range(4)}
        except _Refused:
            self._unsent.append("temperature")
            raise
        return Finding("temperature", "yes" if len(texts) > 1 else "unclear", f"{len(texts)} texts of 4 at 1.5")

    async def _greedy(self) -> Finding:
        texts = {await self._text(temperature=0) for _ in range(3)}
        return Finding("greedy", "yes" if len(texts) == 1 else "no", f"{len(texts)} texts of 3 at temperature 0")

    async def _greedy_at_once(self) -> Finding:
        tasks = [asyncio.create_task(self._text(temperature=0)) for _ in range(_AT_ONCE)]
        await asyncio.wait(tasks)
        texts = {task.result() for task in tasks}
        told = f"{len(texts)} texts of {_AT_ONCE} at temperature 0, asked at once"
        return Finding("greedy at once", "yes" if len(texts) == 1 else "no", told)

    async def _seed(self) -> Finding:
        try:
            one, again, other = [await self._text(temperature=1.5, seed=seed) for seed in (11, 11, 12)]
        except _Refused:
            self._unsent.append("seed")
            raise
        if one != again:
            return Finding("seed", "no", "the same seed gave two texts")
        return Finding("seed", "yes" if one != other else "unclear", "the same seed gave the same text")

    async def _several(self) -> Finding:
        choices = (await self._asked(n=2, temperature=1)).get("choices") or []
        return Finding("several", "yes" if len(choices) == 2 else "no", f"n: 2 gave {len(choices)} choices")

    async def _logprobs(self) -> Finding:
        found = _choice(await self._asked(logprobs=True, top_logprobs=2)).get("logprobs")
        there = isinstance(found, dict) and bool(found.get("content"))
        return Finding("logprobs", "yes" if there else "no", "with the answer" if there else "asked for, and not given")

    async def _stop(self) -> Finding:
        whole = await self._text(temperature=0)
        word = next(iter(re.findall(r"[A-Za-z]{3,}", whole)[1:]), None)
        if word is None:
            return Finding("stop", "unclear", "the answer is too short to be stopped")
        cut = await self._text(temperature=0, stop=[word])
        return Finding("stop", "yes" if word not in cut else "no", f"stopped at {word!r}")

    async def _stream(self) -> Finding:
        path = self._client.address.chat_path(self._model)
        body = {"model": self._model, "messages": self._messages, "stream": True}
        body[self._renamed.get("max_tokens", "max_tokens")] = _CAP
        try:
            events = (await self._client.post_events(path, body, model=self._model)).events
        except EndpointError as error:
            raise _Refused(_clause(error)) from None
        return Finding("stream", "yes" if len(events) > 1 else "no", f"{len(events)} pieces")

    async def _context(self) -> Finding:
        try:
            listed = (await self._client.get_json("/models")).data.get("data")
        except EndpointError as error:
            raise _Refused(_clause(error)) from None
        models = [each for each in listed or [] if isinstance(each, dict)]
        own = next((each for each in models if each.get("id") == self._model), None)
        if own is None:
            return Finding("context", "unclear", f"the list of {len(models)} models does not name it")
        lengths = [value for name in _WORDS if isinstance(value := _found(own, name), int)]
        told = f"{max(lengths):,} tokens, as the list of models says" if lengths else "the list of models does not say"
        return Finding("context", "yes" if lengths else "unclear", told)

    async def _embeddings(self) -> Finding:
        path = self._client.address.embeddings_path(self._model)
        try:
            data = (await self._client.post_json(path, {"model": self._model, "input": ["a river"]})).data
        except EndpointError as error:
            raise _Refused(_clause(error)) from None
        rows = data.get("data")
        vector = rows[0].get("embedding") if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
        there = isinstance(vector, list)
        return Finding("embeddings", "yes" if there else "no", f"{len(vector or [])} numbers" if there else "no vector")


def _choice(answer: Mapping[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    return first if isinstance(first, dict) else {}


def _text(answer: Mapping[str, Any]) -> str:
    message = _choice(answer).get("message")
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _found(value: Mapping[str, Any], name: str) -> object:
    """The value of a key, at the top or one level below."""
    inner = [each for each in value.values() if isinstance(each, dict)]
    return next((each[name] for each in (value, *inner) if name in each), None)


def _clause(error: EndpointError) -> str:
    """The endpoint's own words, short."""
    said = (error.said or str(error)).strip().splitlines()
    return (said[0] if said else "refused")[:120]

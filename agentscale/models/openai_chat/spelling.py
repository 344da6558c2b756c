"""From what is asked to the body that is sent, as a profile wants it spelt. Pure: nothing is asked here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agentscale.models.openai_chat.functions import as_functions, in_words, offered
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Parameter, Profile, Speaker
from agentscale.transport import CHARS_PER_TOKEN


@dataclass(frozen=True, slots=True)
class Spelt:
    """A request as it is sent."""

    body: dict[str, Any]
    names: dict[Parameter, str]
    """What went under which name."""
    omitted: tuple[Parameter, ...]
    """What was asked for and is not sent."""
    speaker: Speaker | None
    """Who says the persona; ``None`` where there is none."""
    structured: str | None
    """The form in which a schema was asked for; ``None`` where none was."""


def spell(spec: ModelSpec, request: ChatRequest, call: CallId, profile: Profile, *, stream: bool = False) -> Spelt:
    """The body of a request; what neither sampling nor model says is left out.

    Args:
        spec: The model, with what it is asked beside the sampling.
        request: Messages and sampling.
        call: Whose key gives a derived seed, in 31 bits.
        profile: What the model calls things, and what it does not take.
        stream: Whether the answer is to come piece by piece.
    """
    names: dict[Parameter, str] = {}
    omitted: list[Parameter] = []
    body: dict[str, Any] = {"model": spec.model, "messages": _messages(request, profile)}
    for parameter, value in _wanted(spec, request, call, profile, stream):
        if parameter in profile.unsent:
            omitted.append(parameter)
        elif parameter == "json_schema":
            names[parameter], body[names[parameter]] = _structured(value, profile)
        else:
            name = names[parameter] = profile.renamed.get(parameter, parameter)
            body[name] = value
    if "stream" not in names and "stream_options" in names:
        del body[names.pop("stream_options")]
    spoken = any(message.role == "system" for message in request.messages)
    return Spelt(
        {**body, **spec.extra},
        names,
        tuple(omitted),
        profile.system if spoken else None,
        profile.structured if "json_schema" in names else None,
    )


def expected_tokens(request: ChatRequest) -> int | None:
    """What a call will use, in and out, for limits per minute; what it does not use is given back.

    A quarter of the characters asked, and the cap of the answer. Without a cap nobody knows, and the transport goes by
    what calls used of late.
    """
    if request.sampling.max_tokens is None:
        return None
    asked = sum(len(message.content) for message in request.messages)
    return asked // CHARS_PER_TOKEN + request.sampling.max_tokens


def _wanted(
    spec: ModelSpec, request: ChatRequest, call: CallId, profile: Profile, stream: bool
) -> Iterable[tuple[Parameter, Any]]:
    sampling = request.sampling
    every: tuple[tuple[Parameter, Any], ...] = (
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("max_tokens", sampling.max_tokens),
        ("stop", list(sampling.stop) or None),
        ("seed", int(call.key[:8], 16) >> 1 if sampling.seed == "derived" else sampling.seed),
        ("reasoning_effort", spec.reasoning_effort),
        ("json_schema", spec.json_schema),
        ("tools", offered(request.tools) if profile.tools == "functions" else None),
        ("stream", stream or None),
        ("stream_options", {"include_usage": True} if stream else None),
    )
    return ((parameter, value) for parameter, value in every if value is not None)


def _messages(request: ChatRequest, profile: Profile) -> list[dict[str, Any]]:
    said = _said(request, profile)
    if profile.system == "user":
        return _folded(said)
    return [{**each, "role": profile.system} if each["role"] == "system" else each for each in said]


def _said(request: ChatRequest, profile: Profile) -> list[dict[str, Any]]:
    if not request.tools:
        return [{"role": message.role, "content": message.content} for message in request.messages]
    if profile.tools == "text":
        return in_words(request.messages, request.tools)
    return list(as_functions(request.messages))


def _folded(said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Personas before the user's first words, in one message: templates that know no system want turns to alternate."""
    before = [each["content"] for each in said if each["role"] == "system"]
    others = [each for each in said if each["role"] != "system"]
    first = next((each for each in others if each["role"] == "user"), None)
    if not before:
        return others
    if first is None:
        return [{"role": "user", "content": "\n\n".join(before)}, *others]
    first["content"] = "\n\n".join([*before, first["content"]])
    return others


def _structured(schema: dict[str, Any], profile: Profile) -> tuple[str, Any]:
    """The field that asks for a schema, and its value."""
    if profile.structured == "json_schema":
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
        return "response_format", form
    if profile.structured == "json_object":
        return "response_format", {"type": "json_object"}
    return profile.structured, schema

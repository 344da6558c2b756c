"""A model behind an OpenAI-compatible chat endpoint. How often and how fast it is asked is the transport's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agentscale.errors import EndpointError
from agentscale.models.base import Answered
from agentscale.models.openai_chat.batches import BatchDesk
from agentscale.models.openai_chat.chunks import merged
from agentscale.models.openai_chat.lessons import LessonBook, applied
from agentscale.models.openai_chat.presets import starting
from agentscale.models.openai_chat.reading import read_completion
from agentscale.models.openai_chat.refusals import change_of
from agentscale.models.openai_chat.scout import Scout
from agentscale.models.openai_chat.spelling import Spelt, expected_tokens, spell
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Lesson, Place, Profile
from agentscale.transport import EndpointClient, Posted, unnoticed

CALL_HEADER = "X-Agentscale-Call"
"""Carries the call's identity, of which its key is the digest, towards this machine only: `agentscale serve` then knows
who asks, and equal bodies apart."""


class OpenAIChat:
    """Answers chat requests by asking an endpoint; a `Model`.

    What the endpoint says that it does not take is learnt and asked again at once, spelt otherwise. The first call goes
    ahead; calls that are under way all the same meet the same refusal and find the lesson learnt.

    Args:
        spec: The model, by its name at its endpoint.
        client: Of the endpoint. It may serve several models, and is closed by `aclose` of any of them.
        lessons: What the run has learnt; shared by its models.

    Raises:
        SpecError: The model's profile names a preset that does not exist.
    """

    def __init__(self, spec: ModelSpec, client: EndpointClient | BatchDesk, lessons: LessonBook | None = None) -> None:
        assert spec.model is not None  # the spec of a model at an endpoint
        self._spec = spec
        self._client = client
        self._place = Place(client.address.name, spec.model)
        self._path = client.address.chat_path(spec.model)
        self._book = LessonBook() if lessons is None else lessons
        self._start = starting(spec.model, spec.profile)
        self._scout = Scout()
        self._applied: tuple[tuple[Lesson, ...], Profile] = ((), self._start.profile)
        self.identity = _identity(spec, spec.model)

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """Ask once (the transport may try again) and read the first choice.

        Raises:
            EndpointError: The endpoint failed, or answered with something else than a chat completion
                (``kind="malformed"``).
        """
        return await self.complete_in_turn(request, call, unnoticed)

    async def complete_in_turn(self, request: ChatRequest, call: CallId, leaving: Callable[[], None]) -> Answered:
        """As ``complete``, and says by ``leaving`` when the request leaves: others may go first, and limits hold."""
        is_scout = not isinstance(self._client, BatchDesk) and await self._scout.go()
        try:
            posted = await self._posted(request, call, leaving)
        finally:
            if is_scout:
                self._scout.back()
        completion = read_completion(posted.data)
        if isinstance(completion, str):
            raise self._client.malformed(completion, posted.data, model=self._spec.model)
        return Answered(completion, posted.retries)

    async def _posted(self, request: ChatRequest, call: CallId, leaving: Callable[[], None]) -> Posted:
        """What comes back, as soon as the endpoint takes the request. Every turn of the loop has learnt something."""
        stream, tokens = self._client.address.stream, expected_tokens(request)
        while True:
            lessons = self._book.taught(self._place)
            spelt = spell(self._spec, request, call, self._profile(lessons), stream=stream)
            for parameter in spelt.omitted:
                self._book.note_unsent(self._place, parameter, self._start.name)
            try:
                return await self._post(spelt, call, tokens, leaving)
            except EndpointError as error:
                if not self._learnt(error, spelt, lessons):
                    raise

    async def _post(self, spelt: Spelt, call: CallId, tokens: int | None, leaving: Callable[[], None]) -> Posted:
        """The object that comes back of one request, whole or in pieces."""
        client, path, body, model = self._client, self._path, spelt.body, self._spec.model
        told = client.address.is_loopback or isinstance(client, BatchDesk)
        headers = {CALL_HEADER: call.spelt} if told else {}
        if "stream" not in spelt.names or isinstance(client, BatchDesk):
            return await client.post_json(path, body, headers=headers, model=model, tokens=tokens, leaving=leaving)
        events, retries = await client.post_events(
            path, body, headers=headers, model=model, tokens=tokens, leaving=leaving
        )
        whole = merged(events)
        if isinstance(whole, str):
            raise client.malformed(whole, events, model=model)
        # A key that the server cut into pieces is whole again only now.
        text = client.address.redact_answer(json.dumps(whole).encode("ascii"))
        return Posted(json.loads(text), retries)

    def _profile(self, lessons: tuple[Lesson, ...]) -> Profile:
        if lessons != self._applied[0]:
            self._applied = lessons, applied(self._start.profile, lessons)
        return self._applied[1]

    def _learnt(self, error: EndpointError, spelt: Spelt, lessons: tuple[Lesson, ...]) -> bool:
        """Whether the next request will be spelt otherwise."""
        change = change_of(error, spelt)
        if change is None:
            return False
        return self._book.taught(self._place) != lessons or self._book.learn(self._place, change)

    async def aclose(self) -> None:
        """Close the endpoint's connections."""
        await self._client.aclose()


def _identity(spec: ModelSpec, model: str) -> dict[str, Any]:
    """What the file says of the model. What a preset knows or a run learns is spelling, and makes no other call."""
    given = spec.model_dump(mode="json", include={"reasoning_effort", "json_schema", "extra"}, exclude_defaults=True)
    profile = "openai-chat" if spec.profile is None else spec.profile.model_dump(mode="json", exclude_defaults=True)
    return {"model": model, "profile": profile, **given}

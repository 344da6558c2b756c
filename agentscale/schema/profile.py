"""How servers and models differ in what a chat request calls things, and what a run has learnt of it.

A profile changes how a request is spelt, not what is asked. Where it leaves out what the experiment asked for, that is
a change of treatment: a lesson says so, and is kept with the run.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from agentscale.schema.record import Record, later

Parameter = Literal[
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "seed",
    "reasoning_effort",
    "json_schema",
    "stream",
    "stream_options",
    "tools",
]
"""What a request may carry beside its messages, under our names."""

Speaker = Literal["system", "developer", "user"]
Structured = Literal["json_schema", "json_object", "guided_json", "format"]
Offered = Literal["functions", "text"]


class Profile(Record):
    """How a model wants its requests spelt. What is not given is the usual: as OpenAI's older models take it."""

    preset: str | None = None
    """Name of the preset that the other keys are laid over; ``agentscale help models`` lists them."""
    renamed: dict[Parameter, str] = {}
    """Parameters that go under another name, such as ``max_tokens: max_completion_tokens``."""
    unsent: tuple[Parameter, ...] = ()
    """Parameters that the model does not take. What the experiment says of them has no effect, and the run says so."""
    system: Speaker = "system"
    """Who says an agent's persona: ``user`` puts it before the first message of the user."""
    structured: Structured = "json_schema"
    """How ``json_schema`` of a model is asked for: ``json_schema`` and ``json_object`` are OpenAI's two forms of
    ``response_format`` (the second promises JSON and not the schema), ``guided_json`` is an older vLLM's, ``format``
    is Ollama's."""

    tools: Offered = later("functions")
    """How a model is told of tools: as ``functions`` that it may call, or in a ``text`` before its persona's end, where
    the server or the model knows no functions."""

    def over(self, base: Profile) -> Profile:
        """These keys where they are given, those of ``base`` elsewhere."""
        given = self.model_dump(exclude_defaults=True, exclude={"preset"})
        return Profile.model_validate({**base.model_dump(exclude_defaults=True), **given})


class Place(NamedTuple):
    """One model at one endpoint."""

    endpoint: str
    """The endpoint's name in the experiment file; ``environment`` for the one that the environment describes."""
    model: str
    """The model's name there."""


class Lesson(Record):
    """One thing that is spelt otherwise, or not sent, from now on."""

    endpoint: str
    model: str
    parameter: Parameter | Literal["system"]
    to: str | None
    """The other name or form; ``None`` where the parameter is not sent."""
    source: Literal["refusal", "profile"]
    """Whether the endpoint refused it, or the model's profile leaves it out."""
    because: str
    """The endpoint's words, cut and without secrets; or the profile's name."""

    @property
    def place(self) -> Place:
        """Whom it is about."""
        return Place(self.endpoint, self.model)

    @property
    def warning(self) -> str | None:
        """What a reader of the numbers must know; ``None`` where the request means what it did."""
        if self.parameter in ("stream", "stream_options"):
            return None
        why = f"the endpoint says {self.because!r}" if self.source == "refusal" else f"by {self.because}"
        if self.to is None:
            done = f"{self.parameter} was not sent, so the experiment's value had no effect"
        elif self.parameter == "json_schema":
            done = f"json_schema was asked for as {self.to}, which does not hold the answer to the schema"
        elif self.parameter == "tools":
            done = "tools were told of in the system message, and answers were looked through for their use"
        elif self.to == "user":
            done = "personas were put before the question, as the user's words"
        else:
            return None
        return f"model {self.model!r} at endpoint {self.endpoint!r}: {done} ({why})"


class Lessons(Record):
    """All lessons of a run, as they stand in its folder."""

    schema_version: int = Field(default=1, ge=1)
    lessons: tuple[Lesson, ...] = ()

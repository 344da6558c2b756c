"""The bodies of requests, checked. What would change an answer and cannot be honoured is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from agentscale.models.openai_chat.functions import called
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Message
from agentscale.schema.record import Record
from agentscale.schema.tools import Tool, with_calls

Speaker = Literal["system", "developer", "user", "assistant", "tool"]


class Part(Record):
    """A part of a message's content."""

    type: Literal["text"]
    text: str


class Called(Record):
    """A function with its arguments, as an answer calls it."""

    name: str
    arguments: str


class FunctionCall(Record):
    """A call of a function, in the words of an earlier answer."""

    id: str
    type: Literal["function"] = "function"
    function: Called
    index: int | None = None


class Function(Record):
    """A function that an answer may call."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Record):
    """A tool. Only functions are known here."""

    type: Literal["function"]
    function: Function

    @property
    def tool(self) -> Tool:
        """The tool as models get it."""
        told = self.function.description or self.function.name
        return Tool(name=self.function.name, description=told, parameters=self.function.parameters or {}, version="")


class Said(Record):
    """A message."""

    role: Speaker
    content: str | list[Part] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[FunctionCall] | None = None
    tool_call_id: str | None = None

    @property
    def message(self) -> Message:
        """The message as models get it: developers are the system, parts are joined, calls stand in the text."""
        content = self.content or ""
        text = content if isinstance(content, str) else "".join(part.text for part in content)
        if self.tool_calls:
            raw = [call.model_dump() for call in self.tool_calls]
            text = with_calls(text, called(raw) or ())
        return Message("system" if self.role == "developer" else self.role, text)


class StreamOptions(Record):
    """What a stream tells beside the text."""

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatBody(Record):
    """The body of a chat request.

    Raises:
        ValueError: It asks for what is not to be had here, such as a bias of tokens.
    """

    model: str
    messages: list[Said] = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    n: int | None = Field(default=None, ge=1, le=128)
    seed: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    reasoning_effort: str | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    # Honoured by refusing what they ask for.
    logit_bias: dict[str, float] | None = None
    response_format: dict[str, Any] | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Any = None
    # These change no answer here.
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    verbosity: str | None = None

    @model_validator(mode="after")
    def _supported(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs is allowed only with logprobs: true")
        if self.logit_bias:
            raise ValueError("logit_bias is not supported here: answers are drawn whole, not token by token")
        if self.tool_choice not in (None, "auto", "none"):
            raise ValueError(
                "tool_choice is supported here as auto and none only: who is simulated decides by its rate"
            )
        if self.response_format and self.response_format.get("type") != "text":
            raise ValueError("response_format is not supported here: answers are plain text")
        if self.stream_options and not self.stream:
            raise ValueError("stream_options is allowed only with stream: true")
        return self

    @property
    def sampling(self) -> Sampling:
        """What of the body is sampling; either name of the cap counts, the newer one first."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            seed=self.seed,
        )

    @property
    def offered(self) -> tuple[Tool, ...]:
        """The tools that the answer may call."""
        return () if self.tool_choice == "none" else tuple(tool.tool for tool in self.tools or ())

    @property
    def thinks(self) -> bool:
        """Whether reasoning is asked for, which then stands apart from the answer."""
        return self.reasoning_effort not in (None, "none")


class EmbeddingBody(Record):
    """The body of a request for vectors."""

    model: str
    input: str | Annotated[list[str], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None

    @property
    def texts(self) -> list[str]:
        """The texts, one a vector."""
        return [self.input] if isinstance(self.input, str) else self.input

"""How many tokens a prompt has, at least and at most, where no tokenizer is at hand and replies are yet to be made.

Where a rehearsal knows no text, a *stand-in* holds its place: for the question, which differs from sample to sample,
and for every reply and answer. Whatever a protocol builds of them is then measured part by part.

The bounds rest on these facts and margins. A tokenizer makes at most one token of a byte, and in prose at least one of
eight characters. A reply has at most ``max_tokens`` of its speaker; quoted, set off line by line and cut by another
model's tokenizer, it has at most `QUOTED` times as many. A chat template adds at most `PER_MESSAGE` tokens to a message
and `PER_REQUEST` to the whole, a system prompt of its own included; of tools it tells what they are, and how they are
used in at most `PER_OFFER`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentscale.schema.calls import Message
from agentscale.schema.run import QuestionRecord
from agentscale.schema.tasks import Question
from agentscale.schema.tools import Tool

CHARS_PER_TOKEN = 8
QUOTED = 3
PER_MESSAGE = 8
PER_REQUEST = 64
OFFERED = 2
PER_OFFER = 512

_STAND_IN = re.compile("\ue000([qcr])([^\ue001]*)\ue001")
"""Characters of the private use area, which no text of a task, persona or prompt has."""


def unseen_question(n_choices: int) -> Question:
    """A question whose texts are stand-ins."""
    choices = tuple(f"\ue000c{index}\ue001" for index in range(n_choices))
    return Question(sample_id="unseen", prompt="\ue000q\ue001", choices=choices)


def unheard(most_tokens: float, name: str) -> str:
    """A stand-in for what a reply says; those of one name are certainly equal."""
    return f"\ue000r{most_tokens}/{name}\ue001"


@dataclass(frozen=True, slots=True)
class QuestionSizes:
    """How long one question is, or several together."""

    n: int = 0
    chars: int = 0
    bytes: int = 0
    choice_bytes: int = 0
    """Of the longest choice of each question."""
    longest: int = 0
    """Bytes of the longest question."""
    longest_choice: int = 0

    @classmethod
    def of(cls, question: QuestionRecord) -> QuestionSizes:
        """The size of one question."""
        size, choice = _bytes(question.prompt), max(map(_bytes, question.choices), default=0)
        return cls(1, len(question.prompt), size, choice, size, choice)

    def __add__(self, other: QuestionSizes) -> QuestionSizes:
        return QuestionSizes(
            self.n + other.n,
            self.chars + other.chars,
            self.bytes + other.bytes,
            self.choice_bytes + other.choice_bytes,
            max(self.longest, other.longest),
            max(self.longest_choice, other.longest_choice),
        )


@dataclass(frozen=True, slots=True)
class PromptSize:
    """What a prompt is made of, or several together."""

    least: float = 0
    """Tokens at least of the fixed texts."""
    most: float = 0
    """Tokens at most of all but question and choices; infinite where a quoted reply has no bound."""
    questions: int = 0
    """How often the question stands in it."""
    choices: int = 0

    def __add__(self, other: PromptSize) -> PromptSize:
        return PromptSize(
            self.least + other.least,
            self.most + other.most,
            self.questions + other.questions,
            self.choices + other.choices,
        )

    def at_least(self, asked: QuestionSizes) -> float:
        """Tokens at least, over all questions that are asked."""
        return asked.n * self.least + self.questions * asked.chars / CHARS_PER_TOKEN

    def at_most(self, asked: QuestionSizes) -> float:
        """Tokens at most, over all questions that are asked."""
        return asked.n * self.most + self.questions * asked.bytes + self.choices * asked.choice_bytes

    def longest(self, asked: QuestionSizes) -> float:
        """Tokens at most, whichever of the questions is asked."""
        return self.most + self.questions * asked.longest + self.choices * asked.longest_choice


NO_PROMPT = PromptSize()


def prompt_size(messages: Iterable[Message]) -> PromptSize:
    """The size of one prompt."""
    parts = [_text_size(message.content) for message in messages]
    frame = PromptSize(most=PER_REQUEST + PER_MESSAGE * len(parts))
    return sum(parts, frame)


def offered_size(tools: Sequence[Tool]) -> PromptSize:
    """What a prompt is told of tools: their JSON, which templates spell at more length, at most `OFFERED` times."""
    if not tools:
        return NO_PROMPT
    told = json.dumps([tool.model_dump(mode="json", exclude={"version"}) for tool in tools])
    return PromptSize(most=PER_OFFER + OFFERED * len(told))


def _text_size(text: str) -> PromptSize:
    fixed = text
    questions, choices, quoted = 0, 0, 0.0
    if "\ue000" in text:
        found = _STAND_IN.findall(text)
        fixed = _STAND_IN.sub("", text)
        questions = sum(kind == "q" for kind, _ in found)
        choices = sum(kind == "c" for kind, _ in found)
        quoted = sum(float(said.partition("/")[0]) for kind, said in found if kind == "r")
    return PromptSize(len(fixed) / CHARS_PER_TOKEN, _bytes(fixed) + QUOTED * quoted, questions, choices)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))

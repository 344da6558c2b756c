"""One request and its answer, and how a protocol and the engine exchange them.

These are frozen dataclasses and not Pydantic records: one is made for every call of a run, and they are checked where
they enter (the endpoint's answer in ``models``, the recording's line in ``recording``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from agentscale.schema.agents import Sampling
from agentscale.schema.record import digest_of, quoted
from agentscale.schema.tools import Tool

Role = Literal[
    "agent",
    "judge",
    "controller",
    "probe",
    "baseline",
    "grader",
    "environment",
    "critic",
    "summary",
    "step",
    "tool",
    "check",
]
"""On whose behalf a call is made. Only what an ``agent`` says is an answer of a member of the team: a ``step`` is what
anybody says on the way to an answer, to have tools used, and a ``tool`` is what came of it. A ``probe`` is asked of a
member on the side, and a ``baseline`` is the same of its model, without persona and without having heard anybody."""

UNPAID: frozenset[Role] = frozenset({"tool", "check"})
"""The roles that no model plays: a use of a tool, and the check of an answer by a process. They cost nothing."""

ATTITUDES: frozenset[Role] = frozenset({"probe", "baseline"})
"""The roles that are asked for an attitude, a number from 0 to 10, and for no answer to the question."""

Missing = Literal["no_answer", "not_an_option", "truncated", "refused", "error", "unchecked"]
"""Why a reply has no answer; ``unchecked``: nobody could tell within the limits what it means."""

ANSWER_MARK = "Final answer:"
"""The mark that every question asks for and every extractor looks for first."""

CONFIDENCE_MARK = "Confidence:"
"""The mark behind which an agent that is asked how sure it is says so, from 0 to 100."""

VERDICT_MARK = "Verdict:"
"""The mark behind which a check says ``correct`` or ``incorrect``."""

DECISION_MARK, SIZE_MARK, TOKENS_MARK, DIRECTION_MARK = "Decision:", "Team size:", "Token cap:", "Direction:"
"""The marks of the lines by which a controller steers a team."""

REDO_MARK = "Redo:"
"""The mark of the line by which a judge sends work back to an earlier stage."""


UNHEARD = "unheard"
"""How a reply of a rehearsal finishes that stands for one which nobody has heard yet."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a model is asked: messages and sampling. ``model`` is the name in the experiment file."""

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    """What the answer may want used: see `agentscale.schema.tools`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; ``None`` is unknown, which is not 0."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached_in: int | None = None
    """Those of ``tokens_in`` that the endpoint had cached."""
    reasoning_out: int | None = None
    """Tokens of reasoning; most endpoints count them among ``tokens_out``."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered."""

    text: str
    finish: str = "stop"
    """``stop``, ``length``, ``content_filter``, ``refusal``, ``tool_calls``, or the endpoint's own word."""
    usage: Usage = Usage()
    reasoning: str | None = None
    """Reasoning text, kept apart from the answer and never shown to peers."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has no completion: data, never a wrong answer in disguise."""

    kind: str
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class CallId:
    """The identity of a call: who asks what, where in which trial.

    Equal ids are one call; transport retries are not in it.
    """

    seed: int
    task: str
    """Digest of the task."""
    sample_id: str
    replicate: int
    slot: str
    role: Role
    round: int
    turn: int
    step: int
    attempt: int
    body: str
    """Digest of the canonical request body, with the model and the endpoint profile, without derived seeds."""
    salt: str = ""
    """Empty, or the cell where cells are made independent."""

    @property
    def key(self) -> str:
        """SHA-256 of ``spelt``, in hexadecimal: the name under which the call is recorded."""
        return digest_of(self.spelt)

    @property
    def spelt(self) -> str:
        """The canonical JSON of the list of all fields in order, put together here by hand: ASCII, on one line."""
        return (
            f"[{self.seed},{quoted(self.task)},{quoted(self.sample_id)},{self.replicate},{quoted(self.slot)},"
            f"{quoted(self.role)},{self.round},{self.turn},{self.step},{self.attempt},"
            f"{quoted(self.body)},{quoted(self.salt)}]"
        )

    @classmethod
    def read(cls, text: str) -> CallId:
        """The identity that ``text`` spells.

        Raises:
            ValueError: It is not one, letter by letter as ``spelt`` writes it.
        """
        try:
            call = cls(*json.loads(text))
        except (TypeError, RecursionError):
            raise ValueError(f"{text[:80]!r} is no list of the {len(cls.__slots__)} fields of a call") from None
        kinds = cls.__annotations__
        if any(not isinstance(getattr(call, name), int) for name in kinds if kinds[name] == "int"):
            raise ValueError("a number of the call is none")
        if any(not isinstance(getattr(call, name), str) for name in kinds if kinds[name] != "int"):
            raise ValueError("a text of the call is none")
        if call.role not in get_args(Role) or call.spelt != text:
            raise ValueError("the call is not spelt in its canonical form")
        return call


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a protocol wants made on behalf of an agent."""

    slot: str
    messages: tuple[Message, ...]
    reads: tuple[str, ...] = ()
    """The slots whose replies the messages quote: who reads whom."""
    role: Role = "agent"
    turn: int = 0
    step: int = 0
    attempt: int = 0
    sampling: Sampling | None = None
    """What this call draws otherwise than its agent: what is given here goes before the agent's own settings."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one call, already read with the task's extractor. A failed call is a reply with an ``error``."""

    call: Call
    key: str
    completion: Completion | None
    answer: str | None
    missing: Missing | None
    error: Failure | None = None
    given: str | None = None
    """The answer in its own words, where answers vote in another form: the program, where it votes by what it does."""

    @property
    def text(self) -> str:
        """The answer's text; empty where the call failed."""
        return "" if self.completion is None else self.completion.text


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls between two barriers: all of them may run at once.

    ``until`` makes a race: the protocol gets the shortest prefix by index that satisfies it, whatever arrived first.
    """

    calls: tuple[Call, ...]
    until: Callable[[Sequence[Reply]], bool] | None = None
    round: int | None = None
    """The round that the calls belong to, where it is not the next one: several batches may make one round, whose
    calls then differ in slot, role or turn. Rounds never go back."""

    def round_after(self, last: int) -> int:
        """The round of the calls, where that of the batch before was ``last``; −1 before the first."""
        return last + 1 if self.round is None else self.round


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a protocol returns: the replies from which the team's answer is read, by plurality."""

    replies: tuple[Reply, ...]
    """Those that have a vote; what they come to stays known where one reply decides."""
    weights: tuple[float, ...] = ()
    """The weight of each vote, ≥ 0; without them all weigh the same."""
    decider: Reply | None = None
    """The one reply whose answer is the team's, such as a judge's or a hub's. Without an answer, the team has none."""
    is_chain: bool = False
    """Whether the replies are the steps of a chain instead: the team is right only if every one of them is, and has no
    answer without any."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What the protocol counted on its way, by name."""
    states: tuple[Any, ...] = ()
    """The states of the world that was played, from the first to the last, by which the team is scored."""


Play = Generator[Batch | list[Call], list[Reply], Outcome]
"""A protocol at work: it yields calls, is sent their replies in the same order, and returns the outcome."""

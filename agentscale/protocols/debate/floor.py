"""The state of a debate: what everybody said last, and what that gives to the next prompt. It asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from agentscale.protocols.debate.orders import Reading
from agentscale.protocols.prompts import See, noise, noting, padding, probing, quoted, revision
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import numpy as np

Shows = Literal["peers", "noise", "padding"]
"""What stands where peers are quoted: what they said, random words in the same shape, or a neutral passage of the same
length in words."""
Memory = Literal["last", "history", "summary"]
"""What an agent knows of earlier rounds: its own last reply, all that it was asked and said, or its notes on it."""


class Manner(NamedTuple):
    """How prompts are made."""

    see: See
    shows: Shows
    memory: Memory
    agreement: float | None


class Floor:
    """What was said last.

    Args:
        team: Who speaks, as it is dressed.
        question: What about.
        manner: How prompts are made.
        rng: For the noise of a control.

    Attributes:
        round: Which round it is.
        replies: What everybody said last.
    """

    def __init__(self, team: Team, question: Question, manner: Manner, rng: np.random.Generator) -> None:
        self._agents = team.agents
        self._question = question
        self._manner = manner
        self._rng = rng
        self.round = 0
        self.replies: list[Reply] = []
        self._quotes = [""] * len(team.agents)
        self._unquoted: list[int] = []
        self._notes = [""] * len(team.agents)

    def begin(self, replies: Sequence[Reply]) -> None:
        """Takes everybody's first reply."""
        self.replies = list(replies)
        self._unquoted = list(range(len(replies)))

    def hear(self, speakers: Sequence[int], replies: Sequence[Reply]) -> None:
        """Takes what some said now."""
        for speaker, reply in zip(speakers, replies, strict=True):
            self.replies[speaker] = reply
        self._unquoted += speakers

    def ask(self, speakers: Sequence[int], reads: Sequence[Reading]) -> tuple[Call, ...]:
        """The next turn of some agents, each with its own of all readings."""
        for heard in self._unquoted:
            self._quotes[heard] = self._quoted(self.replies[heard])
        self._unquoted.clear()
        return tuple([self._ask(speaker, reads[speaker]) for speaker in speakers])

    def _quoted(self, reply: Reply) -> str:
        quote = quoted(reply, self._manner.see)
        if self._manner.shows == "peers":
            return quote
        return noise(quote, self._rng) if self._manner.shows == "noise" else padding(quote)

    def _ask(self, speaker: int, reading: Reading) -> Call:
        """Where an agent is shown a control, it reads nobody."""
        agent, manner = self._agents[speaker], self._manner
        messages = revision(
            agent,
            self._question,
            self.replies[speaker],
            [self._quotes[peer] for peer in reading.peers],
            manner.see,
            history=manner.memory == "history",
            notes=self._notes[speaker],
            agreement=manner.agreement,
        )
        return Call(agent.slot, messages, reads=reading.slots if manner.shows == "peers" else ())

    def ask_for_notes(self) -> tuple[Call, ...]:
        """Everybody's notes, asked for apart from the debate."""
        return self._on_the_side(role="summary")

    def note(self, replies: Iterable[Reply]) -> None:
        """Takes everybody's notes; who gave none keeps the older ones."""
        self._notes = [reply.text.strip() or kept for reply, kept in zip(replies, self._notes, strict=True)]

    def ask_aside(self, probe: str) -> tuple[Call, ...]:
        """A probe of everybody; nobody takes what comes back."""
        return self._on_the_side(role="probe", probe=probe)

    def _on_the_side(self, role: Literal["summary", "probe"], probe: str = "") -> tuple[Call, ...]:
        return tuple(
            Call(said.call.slot, probing(said, probe) if role == "probe" else noting(said), role=role)
            for said in self.replies
        )

    @property
    def agrees(self) -> bool:
        """Whether all have an answer, and the same one."""
        answers = {reply.answer for reply in self.replies}
        return len(answers) == 1 and None not in answers

"""The state of a debate: what everybody said last, and what that gives to the next prompt. It asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from agentscale.protocols.debate.orders import Reading
from agentscale.protocols.prompts import See, noise, noting, padding, probing, quoted, revision, unswayed
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

    def hear(self, speakers: Sequence[int], replies: Sequence[Reply]) -> None:
        """Takes what some said now, or all."""
        self._unquoted += speakers
        if len(speakers) == len(self._agents):
            self.replies = list(replies)
            return
        for speaker, reply in zip(speakers, replies, strict=True):
            self.replies[speaker] = reply

    def ask(self, speakers: Sequence[int], reads: Sequence[Reading]) -> tuple[Call, ...]:
        """The next turn of some agents, each with its own of all readings. Who is shown a control reads nobody."""
        self._quote()
        agents, question, replies, quotes, notes = self._agents, self._question, self.replies, self._quotes, self._notes
        see, shows, memory, agreement = self._manner
        history, is_shown_peers, made = memory == "history", shows == "peers", []
        for speaker in speakers:
            agent, (peers, slots) = agents[speaker], reads[speaker]
            seen = [quotes[peer] for peer in peers]
            # By position: every call of a debate passes here.
            messages = revision(agent, question, replies[speaker], seen, see, history, notes[speaker], agreement)
            made.append(Call(agent.slot, messages, slots if is_shown_peers else ()))
        return tuple(made)

    def _quote(self) -> None:
        """Sets off what was said since, once for all who read it."""
        quotes, replies = self._quotes, self.replies
        for heard in self._unquoted:
            quotes[heard] = self._quoted(replies[heard])
        self._unquoted = []

    def _quoted(self, reply: Reply) -> str:
        quote = quoted(reply, self._manner.see)
        if self._manner.shows == "peers":
            return quote
        return noise(quote, self._rng) if self._manner.shows == "noise" else padding(quote)

    def ask_for_notes(self) -> tuple[Call, ...]:
        """Everybody's notes, asked for apart from the debate."""
        return tuple(Call(said.call.slot, noting(said), role="summary") for said in self.replies)

    def note(self, replies: Iterable[Reply]) -> None:
        """Takes everybody's notes; who gave none keeps the older ones."""
        self._notes = [reply.text.strip() or kept for reply, kept in zip(replies, self._notes, strict=True)]

    def ask_aside(self, probe: str, turn: int = 0) -> tuple[Call, ...]:
        """A probe of everybody; nobody takes what comes back."""
        return tuple(Call(said.call.slot, probing(said, probe), role="probe", turn=turn) for said in self.replies)

    def ask_unswayed(self, probe: str) -> tuple[Call, ...]:
        """The same of everybody's model without its persona; nobody takes what comes back."""
        return tuple(
            Call(agent.slot, unswayed(agent, self._question, probe), role="baseline") for agent in self._agents
        )

    @property
    def agrees(self) -> bool:
        """Whether all have an answer, and the same one."""
        answers = {reply.answer for reply in self.replies}
        return len(answers) == 1 and None not in answers

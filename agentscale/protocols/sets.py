"""Sample, verify, correct, vote: each agent's answer is checked and mended until a check finds it right.

Reference: J. Chen et al., "SETS: leveraging self-verification and self-correction for improved test-time scaling",
2025.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import checking, correcting, opening
from agentscale.schema.agents import Member, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question
from agentscale.schema.verdict import verdict_of

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Sets(InteractionProtocol):
    """Independent answers, each checked and, where a check finds it wrong, corrected; the plurality decides.

    An answer that a check does not call incorrect is settled, whether the check calls it right, cannot be read, or
    failed. An answer that is lacking is asked for anew without a check.
    """

    name: ClassVar[str] = "sets"
    uses_topology: ClassVar[bool] = False

    rounds: int = Field(default=2, ge=1)
    """Rounds of checks and corrections at most."""
    checker: Member | None = None
    """Who checks: a model, with a persona and sampling if wanted; by default every agent checks its own answer, without
    being told that it is its own."""

    @property
    def steers_by_answers(self) -> bool:
        """A verdict is read from the check's text, whatever answer is read from it."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent at most 1 + ``rounds`` times, and for as many checks as there are answers to be checked."""
        return self._played(team, question, _is_wrong)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Every check finds something wrong."""
        return self._played(team, question, lambda verdict: True)

    def _played(self, team: Team, question: Question, is_wrong: Callable[[Reply], bool]) -> Play:
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        opened = list(range(len(replies)))
        for number in range(1, self.rounds + 1):
            found = {at: "" for at in opened if not replies[at].text.strip()}
            checked = [at for at in opened if at not in found]
            if checked:
                calls = tuple(self._check(team, question, at, replies[at]) for at in checked)
                verdicts = yield Batch(calls, round=number)
                found |= {at: said.text for at, said in zip(checked, verdicts, strict=True) if is_wrong(said)}
            opened = sorted(found)
            if not opened:
                break
            agents = [team.agents[at] for at in opened]
            mended = yield Batch(
                tuple(
                    Call(agent.slot, correcting(agent, question, replies[at], found[at]))
                    for at, agent in zip(opened, agents, strict=True)
                ),
                round=number,
            )
            for at, reply in zip(opened, mended, strict=True):
                replies[at] = reply
        return Outcome(tuple(replies))

    def _check(self, team: Team, question: Question, at: int, said: Reply) -> Call:
        checker = team.parts.get("checker", team.agents[at])
        messages = checking(checker, question, said.text)
        reads = () if checker.slot == said.call.slot else (said.call.slot,)
        return Call(checker.slot, messages, reads=reads, role="grader", turn=at)


def _is_wrong(check: Reply) -> bool:
    """Whether a check ends with the verdict that the answer is not right."""
    return verdict_of(check.text) is False

"""What trials ask for, before any is played: which calls, shared with whom, how long at least and at most.

Every cell's protocol is rehearsed at both of its extremes, with stand-ins for what nobody knows yet. Two calls whose
prompts are made of the same stand-ins are one call whatever the replies will be; two that are not may still turn out
equal, when different agents give the same reply. So the calls of several cells together have a lower and an upper bound
even where every schedule is fixed; those of one cell alone are then known.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Literal, NamedTuple

from agentscale.experiment.questions import asked
from agentscale.experiment.sizes import (
    NO_PROMPT,
    PER_MESSAGE,
    QUOTED,
    PromptSize,
    offered_size,
    prompt_size,
    unheard,
    unseen_question,
)
from agentscale.experiment.sweep import Sweep
from agentscale.protocols import rehearse
from agentscale.schema.agents import SCORER, Agent
from agentscale.schema.calls import UNHEARD, Call, Completion, Reply
from agentscale.schema.run import Cell
from agentscale.schema.tasks import Question
from agentscale.schema.tools import MOST_BYTES, MOST_CALLS
from agentscale.scoring import grading

NOTES_BYTES = 200
"""Of what is told beside the results of tools: that some were left out, or that no more may be used."""

Extreme = Literal["shortest", "longest"]

Recall = Callable[[int, Call], Reply | None]
"""The reply to a call of a round, where it is known already."""


class Ask(NamedTuple):
    """One call that a trial will make."""

    name: str
    """Calls of one name are one call."""
    config_id: str
    model: str
    size: PromptSize
    """Of the prompt."""
    most_out: float
    """Tokens of the answer at most; infinite without ``max_tokens``."""


@dataclass(frozen=True, slots=True)
class Load:
    """Several calls of one configuration together."""

    model: str
    calls: int = 0
    size: PromptSize = NO_PROMPT
    """Of all prompts together."""
    longest: PromptSize = NO_PROMPT
    """Of no prompt exceeded."""
    most_out: float = 0
    longest_out: float = 0
    """Tokens of no answer exceeded."""

    def plus(self, ask: Ask) -> Load:
        """With one call more."""
        longest = PromptSize(
            most=max(self.longest.most, ask.size.most),
            questions=max(self.longest.questions, ask.size.questions),
            choices=max(self.longest.choices, ask.size.choices),
        )
        most_out, longest_out = self.most_out + ask.most_out, max(self.longest_out, ask.most_out)
        return Load(self.model, self.calls + 1, self.size + ask.size, longest, most_out, longest_out)


def loads(asks: Iterable[Ask]) -> dict[str, Load]:
    """The calls by configuration, each name once."""
    made: dict[str, Load] = {}
    for ask in {ask.name: ask for ask in asks}.values():
        made[ask.config_id] = made.get(ask.config_id, Load(ask.model)).plus(ask)
    return made


@dataclass
class Rehearsals:
    """The rehearsals of a sweep. A play in which chance has no part is rehearsed once for all samples."""

    sweep: Sweep
    _kept: dict[tuple[str, int | str, Extreme], tuple[Ask, ...]] = field(default_factory=dict)

    def asks(self, cell: Cell, sample_id: str, replicate: int, extreme: Extreme) -> tuple[Ask, ...]:
        """The calls of a trial of which nothing is known yet."""
        record = self.sweep.questions[cell.task, sample_id]
        # Chains and worlds differ from question to question, and what is told of their states is known.
        alike = len(record.choices) if record.world is None else sample_id
        kept = self._kept.get((cell.id, alike, extreme))
        if kept is not None:
            return kept
        rng = self.sweep.chance(cell, sample_id, replicate)
        before = repr(rng.bit_generator.state)
        question = unseen_question(len(record.choices)) if record.world is None else asked(record)
        play = _Rehearsal(self.sweep, cell, question, extreme)
        asks = play.asks(rng, lambda round_index, call: None)
        if repr(rng.bit_generator.state) == before:
            self._kept[cell.id, alike, extreme] = asks
        return asks

    def remaining(
        self, cell: Cell, sample_id: str, replicate: int, extreme: Extreme, recall: Recall
    ) -> tuple[Ask, ...]:
        """The calls of a trial that ``recall`` does not know."""
        question = asked(self.sweep.questions[cell.task, sample_id])
        rng = self.sweep.chance(cell, sample_id, replicate)
        return _Rehearsal(self.sweep, cell, question, extreme).asks(rng, recall)


class LoadSums:
    """Sums of calls by configuration, made once for the very same rehearsals: most blocks of a sweep ask alike."""

    def __init__(self, most_held: int = 256) -> None:
        self._most_held = most_held
        self._held: dict[tuple[int, ...], tuple[tuple[tuple[Ask, ...], ...], dict[str, Load]]] = {}

    def of(self, asks: tuple[tuple[Ask, ...], ...]) -> dict[str, Load]:
        """The calls of several cells by configuration, each name once."""
        key = tuple(map(id, asks))
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= self._most_held:
                self._held.clear()
            # The rehearsals are held with their sum, so that no other can get their identity.
            held = self._held[key] = asks, loads(chain.from_iterable(asks))
        return held[1]


class _Rehearsal:
    """One rehearsal of one cell."""

    def __init__(self, sweep: Sweep, cell: Cell, question: Question, extreme: Extreme) -> None:
        self._sweep = sweep
        self._cell = cell
        self._question = question
        self._extreme = extreme
        self._agents = {agent.slot: agent for agent in cell.team.everyone}
        self._salt = cell.id if sweep.independent else ""
        self._is_choice = sweep.header.tasks[cell.task].kind == "choice"

    def asks(self, rng: object, recall: Recall) -> tuple[Ask, ...]:
        cell = self._cell
        extreme = getattr(self._sweep.protocols[cell.id], self._extreme)
        made: list[Ask] = []

        def speak(round_index: int, call: Call) -> Reply:
            known = recall(round_index, call)
            if known is not None:
                return known
            ask = self._ask(round_index, call)
            made.append(ask)
            if self._extreme == "longest":
                made.extend(self._later_steps(ask, self._agents[call.slot]))
                made.extend(self._judged(ask))
            return self._stand_in(call, ask)

        play = extreme(cell.team, self._sweep.graphs[cell.id], self._question, rng)
        for _ in rehearse(play, speak):
            pass
        return tuple(made)

    def _ask(self, round_index: int, call: Call) -> Ask:
        agent = self._agents[call.slot]
        identity: Sequence[object] = (self._salt, call.slot, call.role, round_index, call.turn, call.step, call.attempt)
        said = [part for message in call.messages for part in (message.role, message.content)]
        drawn = [] if call.sampling is None else [call.sampling.model_dump_json()]
        text = "\x1f".join([*map(str, identity), *said, *drawn])
        name = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        size = prompt_size(call.messages) + offered_size(agent.tools)
        return Ask(name, agent.config_id, agent.model, size, most_out(agent, call))

    def _later_steps(self, ask: Ask, agent: Agent) -> Iterator[Ask]:
        """The asks of an agent that has tools used as often as it may: each holds all that was said and used before."""
        if not agent.tools:
            return
        said = QUOTED * ask.most_out + (1 + MOST_CALLS) * PER_MESSAGE + MOST_BYTES + NOTES_BYTES
        size = ask.size
        for step in range(1, self._sweep.experiment.tool_steps + 1):
            size += PromptSize(most=said)
            yield ask._replace(name=f"{ask.name}/{step}", size=size)

    def _judged(self, ask: Ask) -> Iterator[Ask]:
        """What has the answer to an ask judged, where a judge is named: it is shown the question and the answer."""
        judge, head = self._cell.team.parts.get(SCORER), self._sweep.header.tasks[self._cell.task]
        if judge is not None and head.rubric is not None:
            shown = grading(question="", target="", rubric=head.rubric, answer="")
            most = QUOTED * ask.most_out + self._longest_target
            size = prompt_size(shown) + PromptSize(most=most, questions=1)
            yield Ask(f"{ask.name}/judged", judge.config_id, judge.model, size, most_out(judge))

    @cached_property
    def _longest_target(self) -> int:
        """Bytes of the longest right answer of the task, which a judge is told."""
        records = self._sweep.questions.values()
        return max(len(record.target.encode()) for record in records if record.task == self._cell.task)

    def _stand_in(self, call: Call, ask: Ask) -> Reply:
        """All replies agree in the shortest play, and none in the longest."""
        if self._extreme == "shortest":
            return Reply(call, ask.name, Completion("A", UNHEARD), "A", None)
        answer = unheard(1 if self._is_choice else ask.most_out, ask.name)
        return Reply(call, ask.name, Completion(unheard(ask.most_out, ask.name), UNHEARD), answer, None)


def most_out(agent: Agent, call: Call | None = None) -> float:
    """Tokens of an answer of the agent at most, or of one call of it; infinite without ``max_tokens``."""
    own = None if call is None or call.sampling is None else call.sampling.max_tokens
    most = own or agent.sampling.max_tokens
    return math.inf if most is None else most

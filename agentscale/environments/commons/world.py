"""The world."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from agentscale.environments.base import Environment, Score
from agentscale.environments.commons import views
from agentscale.environments.commons.allocate import Allocation, allocate
from agentscale.environments.commons.framings import FRAMINGS, Framing, FramingName
from agentscale.environments.commons.ledger import LEAST, Month, is_kept, measures, snapshot, threshold
from agentscale.environments.commons.policies import POLICIES
from agentscale.environments.commons.state import Said, State
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.record import Record
from agentscale.schema.worlds import Edges, Extreme, Observation

if TYPE_CHECKING:
    import numpy as np


class Shock(Record):
    """What happens from outside at the start of a month."""

    month: int = Field(ge=2)
    """Counted from 1."""
    take: float | None = Field(default=None, gt=0, le=1)
    """The share of the pool that is lost, rounded up to a unit."""
    newcomer: bool = False
    """Whether an agent comes; it is the next on the team's last places, and was not there before."""

    @model_validator(mode="after")
    def _one_kind(self) -> Shock:
        if (self.take is None) is not self.newcomer:
            raise ValueError("a shock is one thing: give either take, a share of the pool, or newcomer: true")
        return self


class Commons(Environment):
    """A pool that all live off, and that grows back as far as it is spared.

    In a month everybody says at the same time how much it takes; all are told who took what; they talk, turn by turn;
    one sums the talk up; each takes notes. What is left of the pool then doubles. A month that leaves too little ends
    it, and nobody talks any more.

    Private to an agent are its notes, and until the harvest is over what it goes for. Everything else is told to all.
    What an agent says is never refused: a harvest that is silent or unreadable takes nothing, one that cannot be takes
    the nearest that can; all three are counted. Who is silent in a talk has said nothing, and the next speaker is
    drawn.

    The team is right if the pool has lasted and all was taken that could be (efficiency 1).

    References: G. Piatti et al., "Cooperate or collapse", arXiv 2404.16698; P. Curvo et al., arXiv 2505.09289.
    """

    name: ClassVar[str] = "commons"
    policies = POLICIES

    framing: FramingName = "fishery"
    """A ``fishery``, a ``pasture`` or a river (``pollution``): words alone differ."""
    months: int = Field(default=12, ge=1, le=1_000)
    """Months at most; nobody is told how many there are."""
    capacity: int = Field(default=100, ge=2, le=1_000_000)
    """Units of the pool at the start and at most."""
    least: int = Field(default=LEAST, ge=1)
    """Units that must be left after a harvest, before the pool grows."""
    allocation: Allocation = "stochastic"
    """Who gets what where more is wanted than there is: ``stochastic``, unit by unit to one drawn from those who want
    more, or ``proportional`` to what is wanted."""
    talk: int = Field(default=10, ge=0, le=1_000)
    """Turns of a talk at most; 0 for none."""
    next_speaker: Literal["named", "drawn"] = "named"
    """Who has the word next: whom the last speaker has ``named``, and where that is nobody else of the team one who is
    drawn; or always one who is ``drawn``. The first one is drawn."""
    summary: bool = True
    """Whether the first speaker sums the talk up, with the limit that was agreed on. The summary then stands for the
    talk in what agents are told next month."""
    reflection: bool = True
    """Whether each takes notes at the end of a month."""
    universalization: bool = False
    """Whether all are told how much each may take so that the pool does not shrink."""
    shocks: tuple[Shock, ...] = ()
    """What happens from outside, and when."""

    @model_validator(mode="after")
    def _can_be(self) -> Commons:
        if self.least > self.capacity // 2:
            raise ValueError(f"least of at most {self.capacity // 2}, half of the capacity: got {self.least}")
        late = [shock.month for shock in self.shocks if shock.month > self.months]
        if late:
            raise ValueError(f"shocks from month 2 to month {self.months}, the last one: got month {late[0]}")
        return self

    def unfit(self, n: int, edges: Edges) -> str | None:
        """There must be somebody from the start, and enough for all."""
        if n <= self._newcomers:
            return f"needs at least {self._newcomers + 1} agents, as {self._newcomers} come later: the team has {n}"
        if threshold(self.capacity, n) == 0:
            return f"can keep at most {self.capacity // 2} agents, half of its capacity: the team has {n}"
        return None

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> State:
        """A full pool, and nobody knows anything."""
        return State(n=n, present=n - self._newcomers, pool=self.capacity, phase="harvest", notes=("",) * n)

    def observe(self, state: State) -> tuple[Observation, ...]:
        """All at once for the harvest and the notes; one alone for a turn of the talk and its summary."""
        frame = self._frame
        if state.phase == "harvest":
            texts = dict(enumerate(views.harvests(frame, state, self.universalization)))
        elif state.phase == "talk":
            texts = {state.speaker: views.talking(frame, state)}
        elif state.phase == "summary":
            texts = {state.talk[0].who: views.summing(frame, state)}
        elif state.phase == "notes":
            texts = dict(enumerate(views.notings(frame, state)))
        else:
            texts = {}
        return tuple(self._observation(state, who, text) for who, text in texts.items())

    def after(self, state: State, said: Sequence[str | None], rng: np.random.Generator) -> State:
        """The next phase, or the next turn of a talk."""
        if state.phase == "harvest":
            return self._harvested(state, said, rng)
        if state.phase == "talk":
            return self._talked(state, said[0], rng)
        if state.phase == "summary":
            summed = views.read_summary(said[0])
            return self._to_notes(replace(state, summary=summed.summary, agreed=summed.agreed))
        notes = [kept if text is None else text.strip() for kept, text in zip(state.notes, said, strict=False)]
        return self._to_harvest(replace(state, notes=(*notes, *state.notes[state.present :])))

    def repair(self, state: State, asked: Observation, said: str) -> str | None:
        """A harvest can be asked for again."""
        if state.phase == "harvest" and views.read_harvest(said or None, state.pool).fault:
            return views.again(state.pool)
        return None

    def supposed(self, state: State, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """All take all, and it is over; or all spare the pool, and talk as long as they may."""
        if state.phase == "harvest":
            units = state.pool if extreme == "shortest" else threshold(state.pool, state.present)
            return [f"{ANSWER_MARK} {units}" for _ in unheard]
        if state.phase == "summary":
            return [f"{views.SUMMARY_MARK} {text}\n{views.LIMIT_MARK} {self.capacity}" for text in unheard]
        return unheard

    def score(self, state: State) -> Score:
        """The measures of the ledger, the shares of harvests at fault, and ``talk_turns``.

        Those are the turns of a talk in which something was said, on average over the talks; ``None`` without a talk.
        """
        found = measures(state.months, self._sustainable(state.n), self.least)
        spoken = state.turns / state.talks if state.talks else None
        return Score(is_kept(found), {**found, **state.faults.shares(), "talk_turns": spoken})

    def snapshot(self, state: State) -> Any:
        """All harvests, once it is over."""
        return snapshot(state.months) if state.phase == "over" else None

    def _observation(self, state: State, who: int, text: str) -> Observation:
        rules = views.rules(self._frame, state, who, self.capacity, self.least, talks=self.talk > 0)
        is_aside = state.phase in ("summary", "notes")
        quoted = state.talk[:1] if state.summary else state.talk
        reads = sorted({turn.who for turn in quoted} - {who})
        return Observation(who, text, rules, "summary" if is_aside else "agent", tuple(reads))

    def _harvested(self, state: State, said: Sequence[str | None], rng: np.random.Generator) -> State:
        harvests = [views.read_harvest(text, state.pool) for text in said]
        wanted = [harvest.units for harvest in harvests]
        absent = (None,) * (state.n - state.present)
        got = allocate(self.allocation, state.pool, wanted, rng)
        month = Month(state.pool, (*wanted, *absent), (*got, *absent))
        faults = state.faults.and_those(harvest.fault for harvest in harvests)
        state = replace(state, months=(*state.months, month), faults=faults, talk=(), summary="", agreed="")
        if month.left < self.least or len(state.months) == self.months:
            return replace(state, phase="over")
        if not self.talk or state.present == 1:
            return self._to_notes(state)
        return replace(state, phase="talk", talks=state.talks + 1, speaker=int(rng.integers(state.present)))

    def _talked(self, state: State, said: str | None, rng: np.random.Generator) -> State:
        turn = views.read_turn(said, state.speaker, state.present)
        talk = (*state.talk, Said(state.speaker, turn.words))
        state = replace(state, talk=talk, turns=state.turns + bool(turn.words))
        if len(talk) == self.talk or (turn.ends and self.next_speaker == "named"):
            return replace(state, phase="summary") if self.summary else self._to_notes(state)
        others = [who for who in range(state.present) if who != state.speaker]
        drawn = others[int(rng.integers(len(others)))]
        return replace(state, speaker=drawn if turn.to is None or self.next_speaker == "drawn" else turn.to)

    def _to_notes(self, state: State) -> State:
        return replace(state, phase="notes") if self.reflection else self._to_harvest(state)

    def _to_harvest(self, state: State) -> State:
        """The pool has grown, and then what is to happen from outside happens."""
        month = len(state.months) + 1
        lost, joined = self._shocks(month, grown := self._grown(state.months[-1].left))
        return replace(
            state, phase="harvest", pool=grown - lost, lost=lost, joined=joined, present=state.present + joined
        )

    def _grown(self, left: int) -> int:
        return min(self.capacity, 2 * left)

    def _shocks(self, month: int, pool: int) -> tuple[int, int]:
        """Units that are lost at the start of a month, and agents that come."""
        shocks = [shock for shock in self.shocks if shock.month == month]
        kept = pool
        for shock in shocks:
            kept -= math.ceil((shock.take or 0) * kept)
        return pool - kept, sum(shock.newcomer for shock in shocks)

    def _sustainable(self, n: int) -> int:
        """Units that a team takes of which each always takes the threshold, through all shocks."""
        pool, present, taken = self.capacity, n - self._newcomers, 0
        for month in range(1, self.months + 1):
            lost, joined = self._shocks(month, pool)
            pool, present = pool - lost, present + joined
            takes = threshold(pool, present) * present
            pool, taken = self._grown(pool - takes), taken + takes
        return taken

    @property
    def _newcomers(self) -> int:
        return sum(shock.newcomer for shock in self.shocks)

    @property
    def _frame(self) -> Framing:
        return FRAMINGS[self.framing]

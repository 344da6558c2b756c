"""What the agents of a commons are told, and how what they say is read."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentscale.environments.amounts import amount
from agentscale.environments.commons.framings import Framing
from agentscale.environments.commons.ledger import threshold
from agentscale.environments.commons.state import Said, State
from agentscale.environments.faults import Fault
from agentscale.environments.marks import pattern
from agentscale.schema.calls import ANSWER_MARK

NEXT_MARK, SUMMARY_MARK, LIMIT_MARK = "Next speaker:", "Summary:", "Agreed limit:"

_NEXT = re.compile(rf"^[ *_]*{pattern(NEXT_MARK)}[ *_]*(.*)$", re.IGNORECASE | re.MULTILINE)
_SUMMARY = re.compile(rf"^[ *_]*{pattern(SUMMARY_MARK)}[ *_]*(.*)$", re.IGNORECASE | re.MULTILINE)
_LIMIT = re.compile(rf"^[ *_]*{pattern(LIMIT_MARK)}[ *_]*([0-9]{{1,9}})\b", re.IGNORECASE | re.MULTILINE)
_NOBODY = "nobody"


class Harvest(NamedTuple):
    """What an agent goes for."""

    units: int
    fault: Fault = ""


class Turn(NamedTuple):
    """What an agent says in a talk, and to whom it hands on."""

    words: str
    to: int | None
    """Its place; ``None`` where no other agent is named."""
    ends: bool
    """Whether it is to be the last turn."""


class Summed(NamedTuple):
    """A talk in short."""

    summary: str
    agreed: str
    """A number; empty where no limit is named."""


def read_harvest(said: str | None, pool: int) -> Harvest:
    """What is gone for: nothing where that is silent or unreadable.

    Below 0 or above the pool it is the nearest that can be, a broken number is rounded down; all are invalid.
    """
    if said is None:
        return Harvest(0, "silent")
    found = amount(said)
    if found is None:
        return Harvest(0, "unreadable")
    units = int(min(max(found.number, 0), pool))
    return Harvest(units, "" if units == found.number else "invalid")


def read_turn(said: str | None, who: int, present: int) -> Turn:
    """The words before the line that hands on, and whom that names: a number from 1, or nobody."""
    text = said or ""
    marks = list(_NEXT.finditer(text))
    if not marks:
        return Turn(text.strip(), None, False)
    named = marks[-1][1].lower()
    numbers = [int(number) - 1 for number in re.findall(r"[0-9]{1,9}", named)]
    to = numbers[0] if len(numbers) == 1 and numbers[0] != who and 0 <= numbers[0] < present else None
    return Turn(text[: marks[-1].start()].strip(), to, _NOBODY in named)


def read_summary(said: str | None) -> Summed:
    """The sentence and the limit behind their marks; empty where there is none."""
    summary, limit = _SUMMARY.search(said or ""), _LIMIT.search(said or "")
    return Summed(summary[1].strip() if summary else "", str(int(limit[1])) if limit else "")


def rules(frame: Framing, state: State, who: int, capacity: int, least: int, talks: bool) -> str:
    """Who an agent is, and how things are."""
    then = "everybody is told who took how much, and you all talk" if talks else "everybody is told who took how much"
    return (
        f"You are {frame.agent} {who + 1}, one of {state.present} {frame.many} who live off {frame.place} for many "
        f"months. {frame.nature.format(capacity=capacity, least=least)} At the start of a month each decides for "
        f"itself, and all at the same time, how much to take; if more is wanted than there is, some get less. After "
        f"that {then}. You want to earn as much as you can in the long run."
    )


def harvests(frame: Framing, state: State, universalization: bool) -> list[str]:
    """What there is, and how much each wants of it, by place."""
    each = threshold(state.pool, state.present)
    told = [
        f"Month {state.month} begins. {news(frame, state)}{frame.stands.format(pool=state.pool)} "
        f"{state.present} {frame.many} share it.",
    ]
    if universalization:
        told.append(f"If each of you takes more than {each} {frame.unit}, there will be less next month than now.")
    told.append(
        f"{frame.asks}, from 0 to {state.pool}? Think briefly, then write a whole number on the last line, like this:\n"
        f"{ANSWER_MARK} <number>"
    )
    return _to_each(frame, state, told)


def again(pool: int) -> str:
    """What is asked of an agent whose number cannot be read or taken."""
    return f"Write a whole number from 0 to {pool} on the last line, like this:\n{ANSWER_MARK} <number>"


def talking(frame: Framing, state: State) -> str:
    """The talk so far, and that it is the speaker's turn."""
    return (
        f"{reveal(frame, state)}\n{talk_so_far(frame, state.talk)}\n"
        f"You have the word. Say to the others what you want to say, in a few sentences, and do not repeat what has "
        f"been said. On the last line name the {frame.agent} who is to speak next by number, or {_NOBODY} if all has "
        f"been said:\n{NEXT_MARK} <number or {_NOBODY}>"
    )


def summing(frame: Framing, state: State) -> str:
    """The talk, of which a sentence is wanted, and the limit that was agreed on."""
    return (
        f"{reveal(frame, state)}\n{talk_so_far(frame, state.talk)}\n"
        f"The talk is over. Write down in one sentence what came of it, and the limit for each {frame.agent} that all "
        f"have agreed on, if they have, in these two lines:\n"
        f"{SUMMARY_MARK} <one sentence>\n{LIMIT_MARK} <whole number of {frame.unit} a month, or none>"
    )


def notings(frame: Framing, state: State) -> list[str]:
    """All that each knows, of which it is to keep what matters, by place."""
    wanted = (
        "Write down for yourself, in at most three sentences, what you want to keep in mind for the months to come. It "
        "takes the place of older notes, and nobody else reads it."
    )
    return _to_each(frame, state, [wanted])


def _to_each(frame: Framing, state: State, now: list[str]) -> list[str]:
    """What everybody knows, then its own notes, then what is so now, for all who are there."""
    known = past(frame, state)
    own = ([f"Your own notes: {note}"] if note else [] for note in state.notes[: state.present])
    return ["\n".join([*known, *notes, *now]) for notes in own]


def past(frame: Framing, state: State) -> list[str]:
    """The last month: who took what, and what was said."""
    told = [reveal(frame, state)] if state.months else []
    if state.summary:
        told.append(f"The talk in short: {state.summary}")
    elif state.talk:
        told.append(talk_so_far(frame, state.talk))
    if state.agreed:
        told.append(f"You all agreed on a limit for each of {state.agreed} {frame.unit} a month.")
    return told


def reveal(frame: Framing, state: State) -> str:
    """Who took what in the last harvest."""
    month = state.months[-1]
    takes = ", ".join(f"{frame.agent} {who + 1} {units}" for who, units in enumerate(month.takes))
    left = frame.left.format(left=month.left)
    return f"In month {len(state.months)} there were {month.pool} {frame.unit}. This was {frame.took}: {takes}. {left}"


def talk_so_far(frame: Framing, talk: tuple[Said, ...]) -> str:
    """The turns of a talk, each on lines of its own."""
    said = [f"{frame.agent} {turn.who + 1}: {turn.words or '(says nothing)'}" for turn in talk]
    return "\n".join(["What was said since:", *said]) if said else "Nothing has been said since."


def news(frame: Framing, state: State) -> str:
    """What has happened from outside."""
    lost = [frame.lost.format(lost=state.lost)] if state.lost else []
    new = range(state.present - state.joined + 1, state.present + 1)
    return "".join(f"{text} " for text in [*lost, *(f"A newcomer is there: {frame.agent} {who}." for who in new)])

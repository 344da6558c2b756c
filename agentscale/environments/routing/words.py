"""What an agent of a stream is told, and how its decision is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from agentscale.environments.marks import pattern
from agentscale.environments.routing.jobs import BOOKS, WORDS, Codes, Part
from agentscale.environments.routing.state import Item, Result, RoutingState, Step

ACTION_MARK = "Action:"
_ACTION = re.compile(rf"{pattern(ACTION_MARK)}[ \t*_]*(execute|forward|split)\b([^\n]*)", re.IGNORECASE)
_PEERS = "Your neighbours, with the weight of your link and how well they are thought to know the books"
_DONE = {
    "execute": "you executed it",
    "forward": "you forwarded it to agent {}",
    "split": "you split it between agents {}",
}
_NUMBER = re.compile(r"(?<![\w.-])\d{1,9}(?!\w|\.\w)")


class Action(NamedTuple):
    """What an agent wants done with what lies with it."""

    did: Literal["execute", "forward", "split"]
    numbers: tuple[int, ...]
    """The translations, or who takes it."""


def action_of(text: str, n_parts: int) -> Action | None:
    """The last action of a text that names as many numbers as it must; ``None`` where it has no such line."""
    found = _ACTION.findall(text)
    if not found:
        return None
    did, rest = found[-1][0].lower(), found[-1][1]
    numbers = tuple(int(number) for number in _NUMBER.findall(rest))
    wanted = 1 if did == "forward" else n_parts
    return Action(did, numbers) if len(numbers) == wanted and (did != "split" or n_parts > 1) else None


def rules(agent: int, n: int, books: Sequence[int], codes: Codes) -> str:
    """Who an agent is, and what it alone knows."""
    own = "\n".join(
        f"{BOOKS[book]}: {', '.join(f'{word} {code}' for word, code in zip(WORDS, codes[book], strict=True))}"
        for book in books
    )
    return (
        f"You are agent {agent}, one of {n} in a team. The team gets jobs: words that are to be translated into "
        "numbers, each by a code book. Every agent holds some of the books and does not know the others. Yours are:\n"
        f"{own}\n"
        "A job that you cannot do can be handed on to a neighbour; one of several words can be split, each word to an "
        "agent of its own."
    )


def view(state: RoutingState, item: Item, remembered: Sequence[tuple[int, str]], may_pass: bool) -> str:
    """What lies with an agent now, whom it could hand it to, what it remembers, and what it may do."""
    came = "" if item.sender is None else f" It comes from agent {item.sender}."
    peers = state.neighbours(item.at) if may_pass else ()
    lines = [
        f"Job {state.job + 1}: {'; '.join(part.told for part in item.parts)}.{came}",
        *(f"You remember: {told}." for _, told in remembered),
        *([f"{_PEERS}: {'; '.join(_peer(state, item, peer) for peer in peers)}."] if peers else []),
        "Choose one action, and end with one line of this form:",
        *_forms(item, bool(peers)),
    ]
    return "\n".join(lines)


def _peer(state: RoutingState, item: Item, peer: int) -> str:
    books = dict.fromkeys(part.book for part in item.parts)
    skills = ", ".join(f"{BOOKS[book]} {state.skills[peer][book]:.2f}" for book in books)
    return f"agent {peer} (link {state.weights[item.at][peer]:.2f}, {skills})"


def _forms(item: Item, may_pass: bool) -> list[str]:
    several = len(item.parts) > 1
    numbers = " ".join(f"<number of {WORDS[part.word]}>" for part in item.parts)
    forms = [f"{ACTION_MARK} execute {numbers}"]
    if may_pass:
        forms.append(f"{ACTION_MARK} forward <number of a neighbour>")
    if may_pass and several:
        takers = " ".join(f"<number of who takes {WORDS[part.word]}>" for part in item.parts)
        forms.append(f"{ACTION_MARK} split {takers}")
    return forms


def remembered(results: Sequence[Result], agent: int, parts: Sequence[Part], most: int) -> list[tuple[int, str]]:
    """Earlier jobs with one of these books on which an agent has acted, newest first, and what came of them, told."""
    books, found = {part.book for part in parts}, list[tuple[int, str]]()
    for result in reversed(results):
        for step in reversed(result.steps):
            if len(found) == most:
                return found
            if step.agent == agent and step.did in _DONE and books & {part.book for part in step.parts}:
                found.append((result.job, _came_of(step, result)))
    return found


def _came_of(step: Step, result: Result) -> str:
    """What an agent knows of its act afterwards: what it did, and whether the job was solved."""
    books = ", ".join(dict.fromkeys(BOOKS[part.book] for part in step.parts))
    done = _DONE[step.did].format(" and ".join(map(str, step.to)))
    return f"in job {result.job + 1} ({books}) {done}, and the job came out {'right' if result.is_solved else 'wrong'}"

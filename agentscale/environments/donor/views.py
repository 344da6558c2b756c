"""What the players of a donor game are told, and how what they say is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from agentscale.environments.amounts import amount
from agentscale.environments.donor.ledger import Deed, Game
from agentscale.environments.donor.pairing import Pair
from agentscale.environments.donor.state import Advice, Player, State
from agentscale.environments.faults import Fault
from agentscale.environments.marks import pattern
from agentscale.schema.calls import ANSWER_MARK

STRATEGY_MARK = "Strategy:"
_STRATEGY = re.compile(rf"^[ *_]*{pattern(STRATEGY_MARK)}[ *_]*(.*)", re.IGNORECASE | re.MULTILINE | re.DOTALL)


class Done(NamedTuple):
    """What a donor does, and whether it was said as it should be."""

    deed: Deed
    fault: Fault = ""


def read_deed(said: str | None, pair: Pair, held: float, punishes: bool) -> Done:
    """What a donor does who has ``held`` units: nothing where that is silent, unreadable or not allowed.

    Below 0 or above what it has, the amount is the nearest that can be, and invalid.
    """
    if said is None:
        return Done(Deed(pair, held), "silent")
    found = amount(said)
    deed = _deed(found.before) if found is not None and not found.is_share else None
    if found is None or deed is None:
        return Done(Deed(pair, held), "unreadable")
    units = min(max(found.number, 0.0), held)
    fault: Fault = "" if units == found.number else "invalid"
    if deed == "give":
        return Done(Deed(pair, held, gave=units), fault)
    return Done(Deed(pair, held, paid=units), fault) if punishes else Done(Deed(pair, held), "invalid")


def _deed(words: Sequence[str]) -> Literal["give", "punish"] | None:
    if "punish" in words:
        return "punish"
    return "give" if not words or "give" in words else None


def read_strategy(said: str | None) -> str | None:
    """The strategy behind its mark, on one line; ``None`` where there is none."""
    found = _STRATEGY.search(said or "")
    return (" ".join(found[1].split()) or None) if found else None


def rules(n: int, endowment: float, factor: float, severity: float | None) -> str:
    """How the game goes; it is not said how many rounds and generations there are."""
    punishing = (
        f" Instead of giving, a donor may pay some units to punish the recipient, which then loses {severity:g} times "
        f"as many."
        if severity
        else ""
    )
    return (
        f"You are one of {n} players in a game of many rounds. Everybody starts with {endowment:g} units. In a round "
        f"each player meets one other: as the donor in one round, as the recipient in the next, and so on. A donor "
        f"decides how many of its units to give, from none to all; the recipient gets {factor:g} times as many as the "
        f"donor gives up.{punishing} At the end of the game the half of the players with the most units stay, and "
        f"newcomers who are told of their strategies take the places of the others. You want to have as many units as "
        f"you can at the end."
    )


def strategy(player: Player, advice: Sequence[Advice]) -> str:
    """A newcomer is to say how it will play."""
    told = [f"You are player {player.name}."]
    if advice:
        told.append(
            "These players have stayed from the game before; how many units they had at its end, and how they play:"
        )
        told += [f"- {each.score:,.10g} units: {each.strategy or '(no strategy)'}" for each in advice]
    told.append(
        "Before the first round, decide how you will play. Think briefly, then write your strategy in one or two "
        f"sentences on the last line, like this:\n{STRATEGY_MARK} <how you will play>"
    )
    return "\n".join(told)


def gift(state: State, pair: Pair, trace: int, punishes: bool) -> str:
    """What a donor knows of whom it meets."""
    game, donor, recipient = state.games[-1], state.players[pair.donor], state.players[pair.recipient]
    told = [f"You are player {donor.name}."]
    if donor.strategy:
        told.append(f"Your strategy: {donor.strategy}")
    told += [
        f"Round {len(game.rounds) + 1}: you are the donor and have {game.units[pair.donor]:.15g} units. You meet "
        f"player {recipient.name}, who has {game.units[pair.recipient]:.15g} units.",
        *(_traced(deed, state.players) for deed in traced(game, pair.recipient, trace)),
        f"How many units do you {'give, or pay to punish' if punishes else 'give'}? Think briefly, then "
        + again(game.units[pair.donor], punishes),
    ]
    return "\n".join(told)


def again(held: float, punishes: bool) -> str:
    """The form in which a deed is wanted."""
    if punishes:
        return (
            f"write a number from 0 to {held:.15g} with give or punish before it on the last line, like one of these:\n"
            f"{ANSWER_MARK} give <number>\n{ANSWER_MARK} punish <number>"
        )
    return f"write a number from 0 to {held:.15g} on the last line, like this:\n{ANSWER_MARK} <number>"


def traced(game: Game, recipient: int, most: int) -> list[Deed]:
    """The recipient's last deed as a donor, the one before of whom that met, and so on, at most so many back."""
    found, who = list[Deed](), recipient
    for deeds in game.rounds[::-1][:most]:
        (deed,) = [deed for deed in deeds if deed.pair.donor == who]
        found.append(deed)
        who = deed.pair.recipient
    return found


def _traced(deed: Deed, players: Sequence[Player]) -> str:
    donor, recipient = players[deed.pair.donor].name, players[deed.pair.recipient].name
    if deed.paid:
        return f"Before, player {donor} paid {deed.paid:.15g} of {deed.held:.15g} units to punish player {recipient}."
    share = "" if deed.share is None else f" ({deed.share:.0%})"
    return f"Before, player {donor} gave {deed.gave:.15g} of {deed.held:.15g} units{share} to player {recipient}."

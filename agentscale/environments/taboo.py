"""A word game with a referee: one player describes a word without saying it, the other one guesses.

The referee is the world itself: it passes on what each says, checks it by the rules, and ends the game. Whether a game
was *played*, in the form that it needs, and how *good* it was are measured apart: a team that cannot keep to the form
has no quality at all, and is not merely bad at describing.

Private is the word, which only the describer is told.

Reference: "clembench: using game play to evaluate chat-optimized language models as conversational agents", EMNLP 2023,
arXiv 2305.13455.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from agentscale.environments.base import Environment, Score
from agentscale.environments.marks import behind
from agentscale.schema.worlds import Edges, Extreme, Heard, Observation, Policy

if TYPE_CHECKING:
    import numpy as np

MARK = "Guess:"
"""The mark behind which a guess is read."""

DESCRIBER, GUESSER = 0, 1

LONGEST_WORD = 40
"""Letters of a guess at most; what is longer is no word."""

_WORD = re.compile(r"[^\W\d_]+")
_SECRET = re.compile(r"^The word is: ([a-z]+)$", re.MULTILINE)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_SPELT = re.compile(r"^Clue \d+ of \d+: ((?:(?:[1-9]|1\d|2[0-6]) ?)+)$", re.MULTILINE)

Word = Annotated[str, StringConstraints(pattern=rf"^[a-z]{{2,{LONGEST_WORD}}}$")]

End = Literal["guessed", "wrong", "forbidden", "silent", "unreadable"]
"""How a game ended: by a right guess, by the last wrong one, by a clue that breaks the rules, or by words that the
referee cannot pass on."""


def _optimal(heard: Heard, rng: np.random.Generator) -> str:
    """Spells the word by its letters' places in the alphabet, which no rule forbids, and reads such a spelling."""
    secret = _SECRET.search(heard.everything)
    if secret:
        return " ".join(str(_ALPHABET.index(letter) + 1) for letter in secret[1])
    spelt = _SPELT.findall(heard.everything)
    return f"{MARK} {''.join(_ALPHABET[int(place) - 1] for place in spelt[-1].split()) if spelt else 'unknown'}"


def _random(heard: Heard, rng: np.random.Generator) -> str:
    """Says how long the word is, and guesses five letters."""
    secret = _SECRET.search(heard.everything)
    if secret:
        return f"{len(secret[1])}."
    return f"{MARK} {''.join(_ALPHABET[int(place)] for place in rng.integers(26, size=5))}"


def _careless(heard: Heard, rng: np.random.Generator) -> str:
    """Says the word itself, which the rules forbid, and guesses as a good player does."""
    secret = _SECRET.search(heard.everything)
    return f"It is {secret[1]}." if secret else _optimal(heard, rng)


@dataclass(frozen=True, slots=True)
class Words:
    """A game on its way."""

    clues: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    """In lower case."""
    end: End | None = None
    """``None`` while the game goes on."""


class Taboo(Environment):
    """One word to be described, and guessed within some clues.

    A clue with the word, or with any word that begins with it or with a forbidden one, loses the game. Nothing said, or
    no guess that can be read, and it counts as not played.
    """

    name: ClassVar[str] = "taboo"

    word: Word
    """In lower case, without spaces."""
    forbidden: tuple[Word, ...] = Field(default=(), max_length=20)
    """Words that must not stand in a clue either, nor any that begins with one of them."""
    clues: int = Field(default=3, ge=1, le=100)
    """Clues, and guesses, at most."""

    policies: ClassVar[Mapping[str, Policy]] = {
        "optimal": _optimal,
        "random": _random,
        "careless": _careless,
        "silent": lambda heard, rng: "",
    }

    def unfit(self, n: int, edges: Edges) -> str | None:
        """A describer, and a guesser; they need no graph."""
        return None if n == 2 else f"takes 2 players, a describer and a guesser; the team has {n}"

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> Words:
        """No clue is given. Nothing is drawn."""
        return Words()

    def observe(self, state: Words) -> tuple[Observation, ...]:
        """The describer and the guesser in turn."""
        if state.end is not None:
            return ()
        return (self._for_guesser(state) if self._is_guessing(state) else self._for_describer(state),)

    def after(self, state: Words, said: Sequence[str | None], rng: np.random.Generator) -> Words:
        """The referee passes on what was said, or ends the game."""
        text = (said[0] or "").strip()
        if not text:
            return replace(state, end="silent")
        return self._guessed(state, text) if self._is_guessing(state) else self._described(state, text)

    def _described(self, state: Words, clue: str) -> Words:
        return replace(state, clues=(*state.clues, clue), end="forbidden" if self.breaks_rules(clue) else None)

    def _guessed(self, state: Words, text: str) -> Words:
        guess = _read(text)
        if guess is None:
            return replace(state, end="unreadable")
        told = replace(state, guesses=(*state.guesses, guess))
        if guess == self.word:
            return replace(told, end="guessed")
        return replace(told, end="wrong" if len(told.guesses) == self.clues else None)

    def breaks_rules(self, clue: str) -> bool:
        """Whether a word of the clue begins with the word itself or with a forbidden one."""
        return any(word.startswith((self.word, *self.forbidden)) for word in _WORD.findall(clue.lower()))

    def repair(self, state: Words, asked: Observation, said: str) -> str | None:
        """Some clue, or a guess behind the mark, is wanted; what is forbidden is not mended."""
        if not self._is_guessing(state):
            return None if said.strip() else "You said nothing. Give a clue."
        return None if _read(said) is not None else f"Your words hold no guess. {_FORM}"

    def supposed(self, state: Words, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """At the soonest nothing is said at all; at the longest every clue is allowed, and every guess a wrong word."""
        if extreme == "shortest":
            return (None,)
        if self._is_guessing(state):
            return (f"{MARK} {'x' * LONGEST_WORD}",)
        return ("…" if self.breaks_rules(unheard[0]) else unheard[0],)

    def score(self, state: Words) -> Score:
        """Whether the word was guessed, and how well the game was played.

        Measures: ``guessed`` 0 or 1; ``played`` 0 or 1, whether all that was said could be passed on; ``quality`` 1 /
        the number of the right guess, 0 for a game that was lost (undefined for one that was not played); ``clues``
        that were given; ``invalid`` 1 where a clue broke the rules, ``silent`` 1 where the game ended by nothing said,
        ``unreadable`` 1 where it ended by no guess.
        """
        played = state.end not in ("silent", "unreadable")
        quality = 1 / len(state.guesses) if state.end == "guessed" else 0.0
        return Score(
            correct=state.end == "guessed",
            measures={
                "guessed": float(state.end == "guessed"),
                "played": float(played),
                "quality": quality if played else None,
                "clues": float(len(state.clues)),
                "invalid": float(state.end == "forbidden"),
                "silent": float(state.end == "silent"),
                "unreadable": float(state.end == "unreadable"),
            },
        )

    @staticmethod
    def _is_guessing(state: Words) -> bool:
        return len(state.clues) > len(state.guesses)

    # -- what is told ---------------------------------------------------------------------------------------------

    def _for_describer(self, state: Words) -> Observation:
        number = len(state.clues) + 1
        wrong = f"The guess was: {state.guesses[-1]}. That is not the word.\n" if state.guesses else ""
        text = f"{wrong}Give clue {number} of {self.clues}."
        return Observation(DESCRIBER, text, self._rules, reads=(GUESSER,) if state.guesses else ())

    def _for_guesser(self, state: Words) -> Observation:
        wrong = f"Your guess was wrong: {state.guesses[-1]}.\n" if state.guesses else ""
        text = f"{wrong}Clue {len(state.clues)} of {self.clues}: {state.clues[-1]}\n{_FORM}"
        rules = f"The other player describes a word, which you must guess. There are at most {self.clues} clues."
        return Observation(GUESSER, text, rules, reads=(DESCRIBER,))

    @property
    def _rules(self) -> str:
        beginnings = ", ".join((self.word, *self.forbidden))
        return (
            f"Describe a word so that the other player guesses it.\nThe word is: {self.word}\n"
            f"In your clues no word may stand that begins with one of these: {beginnings}. If one does, the game is "
            "lost. What you write is passed on as it stands."
        )


_FORM = f"Write one word on the last line: {MARK} …"


def _read(text: str) -> str | None:
    """The word behind the last mark, or the only one that a text holds, in lower case."""
    rest = behind(text.lower(), MARK)
    words = _WORD.findall(text.lower()) if rest is None else _WORD.findall(rest)[:1]
    return words[0] if len(words) == 1 and len(words[0]) <= LONGEST_WORD else None

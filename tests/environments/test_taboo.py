"""The word game: the referee passes on and checks, and what was not played has no quality."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import resolve
from agentscale.environments.taboo import Taboo
from agentscale.errors import SpecError
from agentscale.schema.run import Named
from tests.environments.test_every_world import Case, by_policies, by_policy, played

RIVER = {"word": "river", "forbidden": ["water", "flow"], "clues": 3}
CASE = Case("taboo", RIVER, 2)


def measured(*words: str) -> dict[str, float | None]:
    """What is measured where describer and guesser say this in turn."""
    return dict(CASE.made.score(played(CASE, lambda seen, turn: words[turn - 1])[-1]).measures)


@settings(max_examples=30)
@given(word=st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12))
def test_scripted_players_guess_every_word_at_once_without_breaking_a_rule(word: str) -> None:
    case = Case("taboo", {"word": word, "forbidden": ["clue", "water"]}, 2)
    assert case.made.score(by_policy(case, "optimal").states[-1]).measures["quality"] == 1.0


@pytest.mark.parametrize(
    ("words", "played_share", "quality", "guessed"),
    [
        (("It runs to the sea.", "Guess: River"), 1, 1.0, 1),
        (("It runs.", "Guess: dog", "It is wet.", "I say\nGuess: river!"), 1, 0.5, 1),
        (("A.", "Guess: dog", "B.", "cat", "C.", "Guess: cow"), 1, 0.0, 0),
        (("A flowing thing.", ), 1, 0.0, 0),
        (("Rivers are such.", ), 1, 0.0, 0),
        (("", ), 0, None, 0),
        (("It runs.", ""), 0, None, 0),
        (("It runs.", "I do not know that one."), 0, None, 0),
    ],
)  # fmt: skip
def test_played_and_quality_are_measured_apart(
    words: tuple[str, ...], played_share: float, quality: float | None, guessed: float
) -> None:
    measures = measured(*words)
    assert (measures["played"], measures["quality"], measures["guessed"]) == (played_share, quality, guessed)


def test_why_a_game_ended_is_counted() -> None:
    assert measured("A flow.")["invalid"] == 1
    assert measured("")["silent"] == 1
    assert measured("It runs.", "no clue at all")["unreadable"] == 1


@pytest.mark.parametrize(
    ("clue", "breaks"),
    [
        ("It is WATER.", True),
        ("Waterfalls end it", True),
        ("under-water", True),
        ("An underwater thing", False),  # the rule that is told: words that begin so
        ("Thames, for one", False),
    ],
)
def test_a_clue_breaks_the_rules_where_a_word_begins_with_a_forbidden_one(clue: str, breaks: bool) -> None:
    assert Taboo(word="river", forbidden=("water",)).breaks_rules(clue) is breaks


def test_a_careless_describer_loses() -> None:
    measures = CASE.made.score(by_policies(CASE, ["careless", "optimal"]).states[-1]).measures
    assert (measures["played"], measures["quality"], measures["invalid"]) == (1, 0.0, 1)


def test_the_guesser_is_told_clues_and_the_describer_guesses() -> None:
    told = []
    words = ["One.", "Guess: dog", "Two.", "Guess: cat", "Three.", "Guess: cow"]
    played(CASE, lambda seen, turn: told.append(seen) or words[turn - 1])
    assert [seen.who for seen in told] == [0, 1] * 3
    assert told[1].text.startswith("Clue 1 of 3: One.")
    assert told[2].text == "The guess was: dog. That is not the word.\nGive clue 2 of 3."
    assert "river" not in "".join(seen.text + seen.rules for seen in told if seen.who == 1)


@pytest.mark.parametrize(
    "parameters", [{}, {"word": "River"}, {"word": "two words"}, {"word": "a"}, {"word": "river", "clues": 0}], ids=str
)
def test_a_game_that_cannot_be_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="taboo"):
        resolve(Named(name="taboo", parameters=parameters))

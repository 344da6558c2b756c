from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis.curves import Setting
from agentscale.embedders import EMBEDDERS, ENDPOINT, WITH_MODEL
from agentscale.report.card import Entry, brief, embedder, report_card
from agentscale.report.findings import gathered, verdict, warnings
from agentscale.report.legible import plain, unbounded
from agentscale.report.settings import shortened
from agentscale.report.words import Answer, answers, beside, best


def curve(layer: str, size: int, accuracy: float, **changes: Any) -> dict[str, Any]:
    row = {"task": "sums", "layer": layer, "size": size, "accuracy": accuracy, "low": accuracy - 0.05}
    row |= {"high": accuracy + 0.05, "protocol": "vote", "topology": "", "n_items": 50, "chance": 0.25, "team": layer}
    return row | {"k_star": 1.0 + size / 10, "k_star_low": 1.0, "k_star_high": 3.0, "cell": f"{layer}-{size}"} | changes


def pair(a: Setting, b: Setting, low: float, high: float, note: str = "paired on questions") -> dict[str, Any]:
    return {"a": str(a), "b": str(b), "delta": (low + high) / 2, "low": low, "high": high, "n_items": 50, "note": note}


def answer(world: ModuleType, rows: list[dict[str, Any]], pairs: list[dict[str, Any]] = []) -> Answer:  # noqa: B006
    tables = world.tables(curves=rows, cells=rows, comparisons=pairs)
    (only,) = answers(shortened({name: plain(table.rows) for name, table in tables.items()}))
    return only


def of(layer: str, size: int, protocol: str = "vote", topology: str = "", team: str = "") -> Setting:
    return Setting("sums", layer, team, protocol, topology, size)


def test_the_best_is_the_highest_and_of_equals_the_smallest() -> None:
    rows = [curve("L4", 16, 0.7), curve("L3", 4, 0.7), curve("L1", 1, 0.5)]
    assert best(rows) is rows[1]


def test_the_answer_names_the_team_with_its_interval_and_admits_luck(world: ModuleType) -> None:
    said = answer(world, [curve("L4", 8, 0.71), curve("L1", 8, 0.6)])
    assert said.lead == "The best team of this run is L4 with 8 agents under vote: 71.0 % right."
    assert said.about == (
        "L4 is several models with personas. 95 % interval 66.0 to 76.0 %, over 50 questions. "
        "It is the highest of 2 points, and the highest of many is flattered by luck."
    )


def test_a_team_no_better_than_guessing_is_said_to_be_at_chance(world: ModuleType) -> None:
    assert "reaches down to chance, 25.0 %" in answer(world, [curve("L1", 1, 0.28)]).about
    assert "chance" not in answer(world, [curve("L1", 1, 0.6)]).about


def test_a_single_agent_is_not_called_agents(world: ModuleType) -> None:
    assert "with 1 agent under" in answer(world, [curve("L1", 1, 0.6)]).lead


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_difference_is_called_one_only_if_its_interval_excludes_zero(one: float, other: float) -> None:
    low, high = sorted((one, other))
    told = verdict({"low": low, "high": high}, "L4")
    assert ("not distinguishable in this run" in told) is (low <= 0 <= high)
    assert ("better" in told) is (low > 0)
    assert ("worse" in told) is (high < 0)


@pytest.mark.parametrize("absent", [None, math.nan])
def test_a_difference_without_an_interval_is_not_distinguishable(absent: float | None) -> None:
    assert "not distinguishable" in verdict({"low": absent, "high": 0.2}, "L4")


def test_layers_are_compared_at_the_largest_size_by_the_paired_interval(world: ModuleType) -> None:
    rows = [curve(layer, size, 0.6) for layer in ("L1", "L4") for size in (2, 8)]
    pairs = [pair(of("L4", size), of("L1", size), 0.01 * size, 0.02 * size) for size in (2, 8)]
    worth = answer(world, rows, pairs).findings[0]
    assert (worth.title, worth.value, worth.interval) == ("L4 over L1 at 8 agents", "+12.0 points", "+8.0 to +16.0")
    assert "on the same 50 questions. L4 is better" in worth.text


def test_the_widest_pair_of_layers_is_compared_first(world: ModuleType) -> None:
    rows = [curve(layer, 4, 0.6) for layer in ("L1", "L2", "L3", "L4")]
    pairs = [pair(of(layer, 4), of("L1", 4), 0.1, 0.2) for layer in ("L2", "L3", "L4")]
    assert answer(world, rows, pairs).findings[0].title == "L4 over L1 at 4 agents"


def test_a_team_that_no_one_could_read_is_not_compared_with(world: ModuleType) -> None:
    rows = [curve("L4", 4, 0.6), curve("L1", 4, 0.0, parse_failure=1.0)]
    told = answer(world, rows, [pair(of("L4", 4), of("L1", 4), 0.5, 0.7)])
    assert not [finding for finding in told.findings if "over" in finding.title]


def test_points_as_high_as_the_best_are_counted(world: ModuleType) -> None:
    assert "2 points (1 other is as high)" in answer(world, [curve("L1", 2, 0.5), curve("L1", 4, 0.5)]).about


def test_how_a_difference_was_tested_is_no_caution(world: ModuleType) -> None:
    rows = [curve("L1", 2, 0.5), curve("L4", 2, 0.6)]
    tested = pair(of("L4", 2), of("L1", 2), 0.1, 0.3, "paired on questions; p is of the sign test: scores are averages")
    assert "Mind" not in answer(world, rows, [tested]).findings[0].text


def test_the_largest_size_that_was_compared_counts(world: ModuleType) -> None:
    rows = [curve("L1", 2, 0.5), curve("L4", 2, 0.6), curve("L4", 8, 0.7)]
    worth = answer(world, rows, [pair(of("L4", 2), of("L1", 2), -0.1, 0.3)]).findings[0]
    assert worth.title == "L4 over L1 at 2 agents"
    assert "not distinguishable in this run" in worth.text


def test_what_muddies_a_comparison_is_said_with_it(world: ModuleType) -> None:
    rows = [curve("L1", 2, 0.5), curve("L3", 2, 0.6)]
    muddied = pair(of("L3", 2), of("L1", 2), 0.1, 0.3, "paired on questions; temperatures differ: 0 and 1")
    worth = answer(world, rows, [muddied]).findings[0]
    assert worth.title == "L3 over L1 at 2 agents"
    assert worth.text.endswith("Mind: temperatures differ: 0 and 1.")


def test_talking_is_compared_with_the_vote_of_the_same_agents(world: ModuleType) -> None:
    rows = [curve("L4", 4, 0.6), curve("L4", 4, 0.5, protocol="debate(rounds=2)", topology="ring")]
    talk = pair(of("L4", 4, "debate(rounds=2)", "ring", "L4"), of("L4", 4, team="L4"), -0.2, -0.1)
    titles = {finding.title: finding for finding in answer(world, rows, [talk]).findings}
    found = titles["Debate over vote at 4 agents"]
    assert found.value == "−15.0 points"
    assert "Debate is worse" in found.text


def test_channels_are_told_for_the_largest_teams_only(world: ModuleType) -> None:
    rows = [curve("L4", 2, 0.6, k_star=9.0), curve("L4", 8, 0.6, k_star=2.5), curve("L1", 8, 0.6, k_star=1.5)]
    (found,) = [one for one in answer(world, rows).findings if "K*" in one.title]
    assert found.value == "2.50"
    assert (
        found.text == "What 8 agents of L4 (vote) say is as varied as 2.50 answers with nothing in common; "
        "the least varied, L1 (vote), as 1.50."
    )


def test_undefined_numbers_leave_their_finding_out(world: ModuleType) -> None:
    rows = [curve("L1", 2, 0.6, k_star=math.nan, chance=math.nan)]
    assert answer(world, rows).findings == ()


def test_every_task_has_its_own_answer(world: ModuleType) -> None:
    tables = world.tables(curves=[curve("L1", 1, 0.5), curve("L1", 2, 0.9, task="words")])
    told = answers(shortened({name: plain(table.rows) for name, table in tables.items()}))
    assert [one.task for one in told] == ["sums", "words"]
    assert "50.0 %" in told[0].lead
    assert "90.0 %" in told[1].lead


def test_unread_answers_are_told_with_the_cell_that_has_most(world: ModuleType) -> None:
    rows = [curve("L1", 1, 0.5, parse_failure=0.02), curve("L1", 2, 0.5, parse_failure=0.3)]
    floor = answer(world, rows).findings[-1]
    assert floor.value == "25.0 %"
    assert "at most 30.0 % of a cell (L1-2)" in floor.text


def test_an_explicit_team_goes_by_its_name(world: ModuleType) -> None:
    said = answer(world, [curve("explicit", 3, 0.5, team=None, teams="mixed-three")])
    assert "is mixed-three with 3 agents" in said.lead
    assert not said.about.startswith("explicit is")


def test_warnings_are_gathered_over_cells() -> None:
    rows = [{"warnings": "one; two"}, {"warnings": "two"}, {"warnings": ""}, {"warnings": None}]
    assert gathered(rows, "cell") == ("one (1 cell)", "two (2 cells)")
    assert warnings(("a", "b")) == ("a", "b")


def test_a_warning_stands_beside_the_figure_that_it_is_about() -> None:
    said = [
        "4 texts are left out of K* (1 cell)",
        "vote curve of small: too many sub-teams",
        "accuracy is below chance",
    ]
    assert [beside(name, said) for name in ("channels", "votes", "accuracy", "rounds")] == [
        said[:1],
        said[1:2],
        said[2:],
        [],
    ]


def test_the_card_names_what_an_embedder_is_where_it_is_known() -> None:
    assert embedder("use@0.2.1/512").startswith("use@0.2.1/512: Universal Sentence Encoder")
    assert embedder("mine") == "mine"
    assert embedder("user-made") == "user-made"


def test_every_embedder_of_ours_is_described() -> None:
    assert all(embedder(f"{name}@1:512") != f"{name}@1:512" for name in (*EMBEDDERS, *WITH_MODEL, ENDPOINT))


def test_the_lexical_embedder_is_called_lexical() -> None:
    assert embedder("lexical@1:512").startswith("lexical@1:512: lexical: ")


def test_the_card_says_once_what_configurations_share(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(4,), n_questions=1)
    tables = shortened({name: plain(table.rows) for name, table in analysis.tables.items()})
    card = {entry.name: entry.texts for entry in report_card(analysis.header, analysis, tables)}
    assert card["Temperature"] == ("1, all 6 configurations",)


def test_the_card_tells_even_teams_from_odd_ones(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(1, 2, 4), n_questions=1)
    tables = shortened({name: plain(table.rows) for name, table in analysis.tables.items()})
    card = {entry.name: entry.texts for entry in report_card(analysis.header, analysis, tables)}
    assert card["Team sizes"][:2] == ("odd: 1", "even: 2, 4")


def test_the_card_in_one_line_tells_what_a_curve_is_worth(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(1, 2, 4), n_questions=1)
    tables = shortened({name: plain(table.rows) for name, table in analysis.tables.items()})
    said = brief(report_card(analysis.header, analysis, tables)).split(" · ")
    names = [part.partition(":")[0] for part in said]
    assert names == [
        "questions",
        "chance",
        "answers read",
        "N odd",
        "temperature",
        "largest cell",
        "tied votes",
        "replicates",
    ]
    assert said[3] == "N odd: 1; even: 2, 4"
    assert said[-2:] == ["tied votes: in expectation", "replicates: 1 of each question; seed 7"]


def test_a_card_with_nothing_to_say_of_a_thing_is_silent_on_it() -> None:
    assert brief([Entry("Chance level", (), "chance: "), Entry("Versions", ("1",))]) == ""


def test_what_has_no_bound_is_no_dash() -> None:
    rows = unbounded([{"n": math.inf, "low": -math.inf, "of": math.nan}])
    assert plain(rows) == [{"n": "∞", "low": "−∞", "of": None}]


def test_the_card_lists_what_could_not_be_run(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(1,), n_questions=1)
    header = world.header(analysis.header.cells, not_applicable=({"cell": "ring × 1", "reason": "needs 2"},))
    tables = shortened({name: plain(table.rows) for name, table in analysis.tables.items()})
    card = {entry.name: entry.texts for entry in report_card(header, analysis, tables)}
    assert card["Not applicable"] == ("ring × 1: needs 2",)
    assert "must not be added up" in card["Calls and tokens"][1]

"""A run folder's tables against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from agentscale.analysis import Analysis, analyze, subteam_accuracy
from agentscale.analysis.tables import COLUMNS
from agentscale.randomness import keyed
from agentscale.schema.run import Named

DEBATE = Named(name="debate", parameters={"rounds": 1})
RING = Named(name="ring")


def rows(analysis: Analysis, table: str, **where: object) -> list[dict[str, Any]]:
    return [row for row in analysis.tables[table].rows if all(row[key] == value for key, value in where.items())]


def row(analysis: Analysis, table: str, **where: object) -> dict[str, Any]:
    (found,) = rows(analysis, table, **where)
    return found


def answers(cell: Any, spoken: Sequence[str | None]) -> dict[str, str | None]:
    return dict(zip(cell.team.slots, spoken, strict=True))


@pytest.fixture
def votes(build, embedding):
    """Four agents of one configuration, four questions: right 4/4, 2/4 against 1 and 1, tied 2:2, nobody readable."""
    cell = build.cell(["m/-"] * 4)
    spoken = [["A", "A", "A", "A"], ["A", "A", "B", "C"], ["A", "B", "A", "B"], [None, None, None, None]]
    trials = [build.transcript(cell, f"q{at}", [answers(cell, one)]) for at, one in enumerate(spoken)]
    folder = build.folder([cell], trials, samples=[f"q{at}" for at in range(4)])
    return folder, analyze(folder, embedding, embedder="test@1:64", seed=1, resamples=200)


def test_every_table_has_exactly_its_columns(votes) -> None:
    _, analysis = votes
    assert list(analysis.tables) == list(COLUMNS)
    for name, table in analysis.tables.items():
        assert table.columns == tuple(COLUMNS[name].split())
        assert all(tuple(line) == table.columns for line in table.rows)
        assert all(type(value) in (int, float, str) for line in table.rows for value in line.values())


def test_a_cell_counts_no_team_answer_as_not_right_and_says_both_accuracies(votes) -> None:
    _, analysis = votes
    cell = row(analysis, "cells")
    assert cell["accuracy"] == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert cell["accuracy_readable"] == pytest.approx(2.5 / 3)
    assert cell["accuracy_low"] < cell["accuracy"] < cell["accuracy_high"]
    assert (cell["n_items"], cell["n_missing"], cell["parse_failure"], cell["chance"]) == (4, 4, 0.25, 0.25)
    assert (cell["calls"], cell["tokens_in"], cell["tokens_out"]) == (4, 40, 12)
    assert (cell["temperature"], cell["protocol"], cell["topology"], cell["team"]) == ("1", "vote", "", "small")


def test_the_profile_of_a_cell_is_the_mean_over_questions_with_texts(votes) -> None:
    _, analysis = votes
    cell = row(analysis, "cells")
    three = np.array([0.5, 0.25, 0.25])
    k_star = [1.0, math.exp(-(three * np.log(three)).sum()), 2.0]
    assert cell["k_star"] == pytest.approx(np.mean(k_star))
    assert cell["d_2"] == pytest.approx(np.mean([1, 1 / (three**2).sum(), 2]))
    assert cell["d_inf"] == pytest.approx(np.mean([1, 2, 2]))
    assert cell["mean_cosine"] == pytest.approx(np.mean([1, 1 / 6, 2 / 6]))
    assert cell["k_star_low"] <= cell["k_star"] <= cell["k_star_high"]
    assert "4 texts are empty or failed" in cell["warnings"]
    assert "10% of the answers or more cannot be read" in cell["warnings"]


def test_agents_are_told_apart_with_their_marginal_channels(votes) -> None:
    _, analysis = votes
    first, *_, last = rows(analysis, "agents")
    assert (first["slot"], first["config"], first["n_items"]) == ("m/-/0", "m/-", 4)
    assert (first["accuracy"], first["readable"]) == (0.75, 0.75)
    assert (last["accuracy"], last["readable"]) == (0.25, 0.75)
    two = np.array([2 / 3, 1 / 3])
    pair = math.exp(-(two * np.log(two)).sum())
    assert first["k_without"] == pytest.approx(np.mean([1, 3, pair]))
    assert last["k_without"] == pytest.approx(np.mean([1, pair, pair]))


def test_the_vote_curve_holds_every_size_by_exact_sub_teams(votes) -> None:
    _, analysis = votes
    curve = rows(analysis, "vote_curve")
    recorded = [[0, 0, 0, 0], [0, 0, 1, 2], [0, 1, 0, 1], [-1] * 4]
    for point in curve:
        want = np.mean([subteam_accuracy([answered], [point["size"]], 0) for answered in recorded])
        assert point["accuracy"] == pytest.approx(want)
    assert [point["size"] for point in curve] == [1, 2, 3, 4]
    assert {point["recorded"] for point in curve} == {4}
    assert curve[0]["method"] == "all sub-teams of this composition in the recorded 4"
    assert curve[3]["method"] == "runs"
    assert curve[3]["accuracy"] == pytest.approx(row(analysis, "cells")["accuracy"])


def test_the_worth_of_the_next_agent_is_half_of_what_the_last_two_added(votes) -> None:
    _, analysis = votes
    told = rows(analysis, "vote_curve")
    lines = {(line["task"], line["layer"], line["team"], line["size"]): line for line in told}
    assert any(line["size"] > 2 for line in told)
    for (task, layer, team, size), line in lines.items():
        if size > 2:
            before = lines[task, layer, team, size - 2]["accuracy"]
            assert line["next"] == pytest.approx((line["accuracy"] - before) / 2)
            assert line["next_low"] <= line["next"] <= line["next_high"]
        else:
            assert math.isnan(line["next"])


def test_a_second_analysis_needs_no_embedder_and_gives_the_same_tables(votes) -> None:
    folder, analysis = votes

    def none(texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("asked for vectors that are kept")

    again = analyze(folder, none, embedder="test@1:64", seed=1, resamples=200)
    assert repr(again.tables) == repr(analysis.tables)
    assert (again.embedder, again.header) == ("test@1:64", folder.header)
    assert "question" in again.method
    assert "200 resamples" in again.method


def design(build, order: int = 1, sizes: Sequence[int] = (2, 4), n_items: int = 12, temperature: float = 1.0):
    """L1 of two models and L3, vote and debate, with drawn answers that belong to sample and slot."""
    pools = {("L1", "small"): ["s/-"], ("L1", "large"): ["l/-"], ("L3", "L3"): ["s/-", "l/-"]}
    cells = [
        build.cell(
            [pool[at % len(pool)] for at in range(size)],
            layer=layer,
            team_name=team,
            protocol=protocol,
            topology=topology,
            temperature=temperature if layer == "L1" else 0.7,
        )
        for (layer, team), pool in pools.items()
        for size in sizes
        for protocol, topology in ((Named(name="vote"), None), (DEBATE, RING))
    ]
    trials = []
    for cell in cells:
        for at in range(n_items):
            rounds = [
                {slot: str(keyed(5, slot, at, turn).choice(["A", "A", "B", "C"])) for slot in cell.team.slots[::order]}
                for turn in range(1 if cell.protocol.name == "vote" else 2)
            ]
            trials.append(build.transcript(cell, f"q{at}", rounds))
    return cells, trials[::order], [f"q{at}" for at in range(n_items)]


def test_the_order_in_which_agents_and_trials_were_written_changes_nothing(build, embedding) -> None:
    found = []
    for order, name in ((1, "run"), (-1, "again")):
        cells, trials, samples = design(build, order)
        folder = build.folder(cells, trials, samples=samples[::order], name=name)
        embedding.texts.clear()
        found.append(analyze(folder, embedding, embedder="test", seed=3, resamples=100))
    for name in COLUMNS:
        for one, other in zip(found[0].tables[name].rows, found[1].tables[name].rows, strict=True):
            assert one == pytest.approx(other, abs=1e-9, nan_ok=True)


def test_layers_are_averaged_over_their_teams_question_by_question(build, embedding) -> None:
    cells, trials, samples = design(build)
    analysis = analyze(build.folder(cells, trials, samples=samples), embedding, embedder="t", seed=1, resamples=100)
    debates = {team: row(analysis, "cells", team=team, size=4, topology="ring") for team in ("small", "large")}
    point = row(analysis, "curves", layer="L1", size=4, topology="ring")
    for column in ("accuracy", "k_star", "calls", "parse_failure"):
        assert point[column] == pytest.approx(np.mean([debate[column] for debate in debates.values()]))
    assert (point["teams"], point["method"], point["protocol"]) == ("small, large", "runs", DEBATE.label)
    assert point["tokens"] == pytest.approx(8 * 13)


def test_vote_points_use_the_sub_teams_of_the_largest_vote(build, embedding) -> None:
    cells, trials, samples = design(build)
    analysis = analyze(build.folder(cells, trials, samples=samples), embedding, embedder="t", seed=1, resamples=100)
    point = row(analysis, "curves", layer="L1", size=2, protocol="vote")
    votes = [row(analysis, "vote_curve", team=team, size=2) for team in ("small", "large")]
    assert point["accuracy"] == pytest.approx(np.mean([vote["accuracy"] for vote in votes]))
    assert (
        point["method"] == "accuracy: all sub-teams of this composition in the recorded 4; all else: the first 2 agents"
    )
    prefix = [row(analysis, "cells", team=team, size=2, protocol="vote") for team in ("small", "large")]
    assert point["k_star"] == pytest.approx(np.mean([cell["k_star"] for cell in prefix]))
    assert row(analysis, "curves", layer="L3", size=4, protocol="vote")["method"] == "runs"


def test_where_every_cell_was_asked_anew_points_are_the_cells_own_runs(build, embedding) -> None:
    cells, _, samples = design(build)
    trials = [
        build.transcript(
            cell, sample, [{slot: str(keyed(5, cell.id, slot, sample).choice(["A", "B"])) for slot in cell.team.slots}]
        )
        for cell in cells
        for sample in samples
    ]
    found = {}
    for independent in (True, False):
        folder = build.folder(
            cells, trials, samples=samples, name=str(independent), experiment={"independent": independent}
        )
        embedding.texts.clear()
        found[independent] = analyze(folder, embedding, embedder="t", seed=1, resamples=100)
    runs = [row(found[True], "cells", team=team, size=2, protocol="vote")["accuracy"] for team in ("small", "large")]
    votes = [row(found[True], "vote_curve", team=team, size=2)["accuracy"] for team in ("small", "large")]
    assert np.mean(runs) != pytest.approx(np.mean(votes))
    point, shared = (row(found[way], "curves", layer="L1", size=2, protocol="vote") for way in (True, False))
    assert (point["accuracy"], point["method"]) == (pytest.approx(np.mean(runs)), "runs")
    assert shared["accuracy"] == pytest.approx(np.mean(votes))
    assert found[True].tables["vote_curve"] == found[False].tables["vote_curve"]


def test_sub_teams_of_another_team_of_that_name_are_not_taken(build, embedding) -> None:
    """A run folder of before such names were refused: a good small team, and a larger one of others that is bad."""
    good = build.cell(["good/-"] * 2, layer="explicit", team_name="team")
    bad = build.cell(["bad/-"] * 4, layer="explicit", team_name="team")
    trials = [build.transcript(good, f"q{at}", [answers(good, ["A", "A"])]) for at in range(3)]
    trials += [build.transcript(bad, f"q{at}", [answers(bad, ["B"] * 4)]) for at in range(3)]
    folder = build.folder([good, bad], trials, samples=["q0", "q1", "q2"])
    analysis = analyze(folder, embedding, embedder="t", seed=1, resamples=50)
    point = row(analysis, "curves", size=2)
    assert (point["accuracy"], point["method"]) == (1.0, "runs")


def test_a_single_sub_team_is_not_called_all_of_them(build, embedding) -> None:
    """Of four agents of four configurations each smaller team is the first agents, and no other."""
    cells = [build.cell(["a/-", "b/-", "c/-", "d/-"][:size], layer="L4", team_name="L4") for size in (2, 4)]
    trials = [
        build.transcript(cell, f"q{at}", [answers(cell, ["A", "B", "A", "C"][: cell.size])])
        for cell in cells
        for at in range(3)
    ]
    analysis = analyze(build.folder(cells, trials, samples=["q0", "q1", "q2"]), embedding, embedder="t", seed=1)
    assert [line["method"] for line in rows(analysis, "vote_curve")] == [
        *(f"the first {size} of the recorded 4" for size in (1, 2, 3)),
        "runs",
    ]
    point = row(analysis, "curves", size=2)
    assert (point["method"], point["accuracy"]) == ("runs", row(analysis, "cells", size=2)["accuracy"])
    assert point["accuracy"] == pytest.approx(row(analysis, "vote_curve", size=2)["accuracy"])


def test_a_mixed_team_keeps_its_composition_at_every_size(build, embedding) -> None:
    """The small models are always right and the large ones never: two mixed agents are worth exactly one half."""
    cell = build.cell(["s/-", "l/-", "s/-", "l/-"], layer="L3", team_name="L3")
    trials = [build.transcript(cell, f"q{at}", [answers(cell, ["A", "B", "A", "B"])]) for at in range(3)]
    folder = build.folder([cell], trials, samples=["q0", "q1", "q2"])
    curve = rows(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "vote_curve")
    assert [point["accuracy"] for point in curve] == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_comparisons_are_paired_between_layers_and_with_the_vote_of_the_same_team(build, embedding) -> None:
    cells, trials, samples = design(build)
    folder = build.folder(cells, trials, samples=samples)
    analysis = analyze(folder, embedding, embedder="t", seed=1, resamples=200, across_decoding=True)
    comparisons = analysis.tables["comparisons"].rows
    layers = [line for line in comparisons if "L3 ×" in line["a"] and "L1 ×" in line["b"]]
    assert {(line["a"], line["b"]) for line in layers} == {
        (f"quiz · {played} · L3 × {size}", f"quiz · {played} · L1 × {size}")
        for size in (2, 4)
        for played in ("vote", f"{DEBATE.label} on ring")
    }
    for line in layers:
        assert line["low"] <= line["delta"] <= line["high"]
        assert 0 < line["p_mcnemar"] <= 1
        assert "decoding differs: temperature 0.7 against temperature 1" in line["note"]
    against_vote = [line for line in comparisons if "debate" in line["a"] and "vote" in line["b"]]
    assert len(against_vote) == 6
    one = next(line for line in against_vote if "L1 small × 4" in line["a"])
    debate, vote = (row(analysis, "cells", team="small", size=4, protocol=name) for name in (DEBATE.label, "vote"))
    assert one["delta"] == pytest.approx(debate["accuracy"] - vote["accuracy"])
    assert "decoding" not in one["note"]


def test_comparisons_across_decoding_are_left_out_and_named_unless_wanted(build, embedding) -> None:
    cells, trials, samples = design(build)
    analysis = analyze(build.folder(cells, trials, samples=samples), embedding, embedder="t", seed=1, resamples=50)
    kept = analysis.tables["comparisons"].rows
    assert len(kept) == 6
    assert all("debate" in line["a"] and "vote" in line["b"] for line in kept)
    (warning,) = [text for text in analysis.warnings if "decoding" in text]
    assert warning.startswith("4 comparisons are left out")
    assert "quiz · vote · L3 × 2 against quiz · vote · L1 × 2 (decoding differs: temperature 0.7" in warning


def test_sides_that_are_unequally_readable_are_told(build, embedding) -> None:
    vote = build.cell(["s/-"] * 2)
    debate = build.cell(["s/-"] * 2, protocol=DEBATE, topology=RING, edges=((0, 1), (1, 0)))
    said = answers(vote, ["A", "B"])
    trials = [build.transcript(vote, f"q{at}", [said]) for at in range(4)]
    trials += [build.transcript(debate, f"q{at}", [said, answers(debate, ["A", None])]) for at in range(4)]
    folder = build.folder([vote, debate], trials, samples=[f"q{at}" for at in range(4)])
    (line,) = rows(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "comparisons")
    assert "unreadable answers differ: 50.0% against 0.0%" in line["note"]


def test_rounds_tell_who_changed_to_what(build, embedding) -> None:
    cell = build.cell(["m/-"] * 3, protocol=DEBATE, topology=RING)
    first = [answers(cell, ["A", "A", "B"]), answers(cell, ["A", "B", "B"])]
    second = [answers(cell, ["B", "B", None]), answers(cell, ["A", "A", "A"])]
    trials = [build.transcript(cell, "q0", first), build.transcript(cell, "q1", second)]
    analysis = analyze(
        build.folder([cell], trials, samples=["q0", "q1"]), embedding, embedder="t", seed=1, resamples=50
    )
    before, after = rows(analysis, "rounds")
    assert before["agent_accuracy"] == pytest.approx((2 / 3 + 0) / 2)
    assert before["team_accuracy"] == pytest.approx(0.5)
    assert before["missing"] == pytest.approx(1 / 6)
    assert math.isnan(before["right_to_wrong"])
    assert after["agent_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    assert after["right_to_wrong"] == pytest.approx(1 / 2)
    assert after["wrong_to_right"] == pytest.approx(2 / 3)
    assert after["team_accuracy"] == pytest.approx(row(analysis, "cells")["accuracy"])
    assert after["k_star"] == pytest.approx(row(analysis, "cells")["k_star"])


def test_a_model_that_always_fails_is_missing_and_has_no_channels(build, embedding) -> None:
    cell = build.cell(["m/-"] * 2)
    trials = [build.transcript(cell, f"q{at}", [answers(cell, [None, None])]) for at in range(3)]
    analysis = analyze(
        build.folder([cell], trials, samples=["q0", "q1", "q2"]), embedding, embedder="t", seed=1, resamples=50
    )
    line = row(analysis, "cells")
    assert (line["accuracy"], line["n_missing"], line["parse_failure"]) == (0.0, 6, 1.0)
    assert all(
        math.isnan(line[column]) for column in ("accuracy_readable", "k_star", "k_star_low", "d_2", "mean_cosine")
    )
    assert "10% of the answers or more cannot be read" in line["warnings"]
    assert "below chance" in line["warnings"]
    assert all(math.isnan(agent["k_without"]) for agent in rows(analysis, "agents"))
    assert embedding.texts == []


def test_one_question_has_numbers_but_no_interval(build, embedding) -> None:
    cell = build.cell(["m/-"] * 2)
    folder = build.folder([cell], [build.transcript(cell, "q", [answers(cell, ["A", "A"])])], samples=["q"])
    line = row(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "cells")
    assert line["accuracy"] == 1.0
    assert math.isnan(line["accuracy_low"])
    assert "fewer than 2 questions" in line["warnings"]


def test_open_answers_have_chance_zero(build, embedding) -> None:
    cell = build.cell(["m/-"])
    trials = [build.transcript(cell, f"q{at}", [answers(cell, ["A"])]) for at in range(2)]
    folder = build.folder([cell], trials, samples=["q0", "q1"], choices=())
    assert row(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "cells")["chance"] == 0.0


def test_a_cell_without_transcripts_is_told_and_questions_without_one_too(build, embedding) -> None:
    done, open_ = build.cell(["m/-"]), build.cell(["m/-"] * 2)
    folder = build.folder([done, open_], [build.transcript(done, "q0", [answers(done, ["A"])])], samples=["q0", "q1"])
    analysis = analyze(folder, embedding, embedder="t", seed=1, resamples=50)
    assert [line["cell"] for line in rows(analysis, "cells")] == [done.id]
    assert "1 questions have no transcript" in row(analysis, "cells")["warnings"]
    assert open_.id in analysis.warnings[0]


def test_a_run_without_any_transcript_has_empty_tables(build, embedding) -> None:
    folder = build.folder([build.cell(["m/-"])], [], samples=["q"])
    analysis = analyze(folder, embedding, embedder="t", seed=1)
    assert all(table.rows == () for table in analysis.tables.values())


def test_greedy_copies_are_warned_of(build, embedding) -> None:
    cell = build.cell(["m/-"] * 2, temperature=0.0)
    trials = [build.transcript(cell, f"q{at}", [answers(cell, ["A", "A"])]) for at in range(2)]
    folder = build.folder([cell], trials, samples=["q0", "q1"])
    line = row(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "cells")
    assert "temperature 0" in line["warnings"]
    assert (line["k_star"], line["k_star_low"], line["k_star_high"]) == pytest.approx((1.0, 1.0, 1.0))


def test_explicit_teams_stay_apart(build, embedding) -> None:
    cells = [build.cell(["m/-"], layer="explicit", team_name=name) for name in ("duo", "trio")]
    trials = [build.transcript(cell, f"q{at}", [answers(cell, ["A"])]) for cell in cells for at in range(2)]
    analysis = analyze(build.folder(cells, trials, samples=["q0", "q1"]), embedding, embedder="t", seed=1, resamples=50)
    assert [line["teams"] for line in rows(analysis, "curves")] == ["duo", "trio"]


def test_vote_sizes_out_of_reach_fall_back_to_runs_and_are_told(build, embedding, monkeypatch) -> None:
    monkeypatch.setattr("agentscale.analysis.subteams._LISTED", 1)
    monkeypatch.setattr("agentscale.analysis.subteams._TERMS", 0)
    cells = [
        build.cell(["s/-", "l/-", "s/-", "l/-"][:size], layer="L3", team_name="L3", protocol=Named(name="vote"))
        for size in (2, 4)
    ]
    trials = [
        build.transcript(cell, f"q{at}", [answers(cell, ["A", "B", "C", "A"][: cell.size])])
        for cell in cells
        for at in range(2)
    ]
    analysis = analyze(build.folder(cells, trials, samples=["q0", "q1"]), embedding, embedder="t", seed=1, resamples=50)
    assert row(analysis, "curves", size=2)["method"] == "runs"
    assert row(analysis, "curves", size=2)["accuracy"] == pytest.approx(0.5)
    assert math.isnan(row(analysis, "vote_curve", size=2)["accuracy"])
    assert any("too many sub-teams" in warning for warning in analysis.warnings)


def test_a_size_that_is_out_of_reach_for_one_question_is_undefined_and_not_flattered(
    build, embedding, monkeypatch
) -> None:
    monkeypatch.setattr("agentscale.analysis.subteams._LISTED", 1)
    monkeypatch.setattr("agentscale.analysis.subteams._TERMS", 10)
    cell = build.cell(["s/-", "l/-"] * 4, layer="L3", team_name="L3")
    easy, rich = ["A"] * 8, ["A", "B", "C", "D", "E", "F", "B", "A"]
    trials = [build.transcript(cell, f"q{at}", [answers(cell, one)]) for at, one in enumerate([easy, easy, rich])]
    folder = build.folder([cell], trials, samples=["q0", "q1", "q2"])
    curve = rows(analyze(folder, embedding, embedder="t", seed=1, resamples=50), "vote_curve")
    assert math.isnan(curve[3]["accuracy"])
    assert curve[3]["n_items"] == 0
    assert curve[7]["accuracy"] == pytest.approx(1 - 0.5 / 3)


def test_every_question_of_a_cell_has_a_row_in_every_round_whose_means_are_the_rounds(build, embedding) -> None:
    edges = ((0, 1), (1, 0))
    cell = build.cell(["s/-"] * 2, protocol=Named(name="debate", parameters={"rounds": 1}), edges=edges)
    spoken = {"q0": ("AB", "AA"), "q1": ("AA", "AA"), "q2": ("BC", "CC")}
    trials = [
        build.transcript(cell, sample, [dict(zip(cell.team.slots, letters, strict=True)) for letters in said])
        for sample, said in spoken.items()
    ]
    folder = build.folder([cell], trials, samples=["q0", "q1", "q2", "unasked"])
    analysis = analyze(folder, embedding, embedder="t", seed=1, resamples=200)
    by_question = analysis.tables["questions"].rows
    assert [(row["question"], row["round"]) for row in by_question] == [(q, at) for at in (0, 1) for q in spoken]
    assert [row["k_star"] for row in by_question] == pytest.approx([2, 1, 2, 1, 1, 1])
    assert {row["texts"] for row in by_question} == {2.0}
    for course in analysis.tables["rounds"].rows:
        here = [row for row in by_question if row["round"] == course["round"]]
        for name in ("k_star", "mean_cosine", "agent_accuracy", "team_accuracy", "missing"):
            assert np.mean([row[name] for row in here]) == pytest.approx(course[name])
        assert course["k_star_low"] <= course["k_star"] <= course["k_star_high"]

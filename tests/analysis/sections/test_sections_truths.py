"""Sections on cells whose truth is known, and the same numbers from the array functions called directly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentscale.analysis import (
    agreement,
    analyze,
    answer_hill,
    betabinom_jury,
    consensus_time,
    count_answers,
    course,
    error_odds_ratio,
    fj_coupling,
    flip_table,
    icc_correct,
    martingale_test,
    oracle_gap,
    pass_at_k,
    revision,
    rho_parts,
)
from agentscale.randomness import keyed
from agentscale.schema.run import Named

DEBATE, RING = Named(name="debate", parameters={"rounds": 1}), Named(name="ring")
EDGES = ((0, 1), (1, 2), (2, 0))
SPOKEN = {"q0": ["ABA", "AAA"], "q1": ["BCA", "BBA"], "q2": ["BBB", "B-B"], "q3": ["AAB", "AAA"], "q4": ["AAA", "ABA"]}
IDS = np.array([[["ABC-".index(x) if x != "-" else -1 for x in said] for said in each] for each in SPOKEN.values()])
TRUTH = np.zeros(len(IDS), dtype=int)


def said(cell, letters: str) -> dict[str, str | None]:
    return {slot: None if x == "-" else x for slot, x in zip(cell.team.slots, letters, strict=True)}


def told(analysis, table: str) -> dict[tuple[str, str], dict]:
    """Rows of a section's table with one cell, by measure and place."""
    return {(row["measure"], row["at"]): row for row in analysis.tables[table].rows}


def told_of(build, embedding, cell, trials, **changes):
    samples = sorted({trial.sample_id for trial in trials})
    folder = build.folder([cell], trials, samples=samples, **changes)
    return analyze(folder, embedding, embedder="t", seed=1, resamples=200)


@pytest.fixture
def debate(build, embedding):
    cell = build.cell(["s/-"] * 3, protocol=DEBATE, topology=RING, edges=EDGES)
    trials = [build.transcript(cell, q, [said(cell, each) for each in rounds]) for q, rounds in SPOKEN.items()]
    return told_of(build, embedding, cell, trials)


@pytest.fixture
def vote(build, embedding):
    cell = build.cell(["s/-"] * 3)
    trials = [build.transcript(cell, q, [said(cell, rounds[0])]) for q, rounds in SPOKEN.items()]
    return told_of(build, embedding, cell, trials)


def test_a_debate_has_the_numbers_of_the_array_functions(debate) -> None:
    rows, drawn = told(debate, "debate"), {"seed": 1, "resamples": 200}
    revised, drift = revision(IDS, TRUTH, **drawn), martingale_test(IDS, TRUTH, **drawn)
    wanted = {
        "drift": drift.mu,
        "drift_if_right": drift.if_right,
        "drift_if_wrong": drift.if_wrong,
        "correction": revised.correction,
        "subversion": revised.subversion,
        "gain": revised.gain,
        "oracle_gap": oracle_gap(IDS, TRUTH, **drawn),
        "coupling": fj_coupling(np.where(IDS < 0, np.nan, IDS == 0), EDGES, **drawn),
    }
    for measure, want in wanted.items():
        found = rows[measure, ""]
        assert [found[end] for end in ("value", "low", "high")] == pytest.approx(
            [want.value, want.low, want.high], nan_ok=True
        )
    assert rows["drift_p", ""]["value"] == drift.p_value
    flips = flip_table(IDS, TRUTH, EDGES, **drawn)["all"]
    assert rows["conformity", "s"]["value"] == flips.conformity.value
    assert rows["truth_advantage", "s"]["value"] == pytest.approx(flips.truth_advantage.value, nan_ok=True)


def test_a_debate_by_hand(debate) -> None:
    rows = told(debate, "debate")
    assert rows["drift", ""]["value"] == pytest.approx(np.mean([1 / 3, 0, 0, 1 / 3, -1 / 3]))
    assert rows["oracle_gap", ""]["value"] == pytest.approx(np.mean([0, 1, 0, 0, 0]))
    assert rows["unanimous", "1"]["value"] == pytest.approx(3 / 5)
    assert rows["unanimous_wrong", "1"]["value"] == pytest.approx(1 / 5)
    assert rows["consensus_reached", ""]["value"] == pytest.approx(np.isfinite(consensus_time(IDS)).mean())
    assert rows["fragments", "0"]["value"] == pytest.approx(course(IDS, TRUTH).hill[:, 0, 0].mean())
    assert rows["team_right_from", "2"]["value"] == 1.0
    assert rows["minority_survival", "0"]["value"] == 1.0


def test_a_vote_is_no_debate(vote) -> None:
    assert vote.tables["debate"].rows == ()


def test_agreement_and_selection_are_those_of_the_array_functions(vote) -> None:
    last = IDS[:, 0]
    right = (last == 0).sum(axis=1)
    rows = told(vote, "agreement")
    assert rows["answers_agree", ""]["value"] == pytest.approx(np.mean(agreement(last, shared_labels=False).by_item))
    rho = float(icc_correct(right, 3))
    assert rows["icc_correct", ""]["value"] == pytest.approx(rho)
    assert rows["n_eff_kish", ""]["value"] == pytest.approx(3 / (1 + 2 * rho))
    assert rows["n_eff_kish", ""]["low"] <= rows["n_eff_kish", ""]["value"] <= rows["n_eff_kish", ""]["high"]
    chosen = told(vote, "selection")
    for k in (1, 2, 3):
        assert chosen["coverage", str(k)]["value"] == pytest.approx(np.mean(pass_at_k(3, right, k)))
    assert chosen["selector_gap", ""]["value"] == pytest.approx(np.mean([0, 1 - 1 / 3, 0, 0, 0]))


def test_evidence_and_overhead_are_those_of_the_array_functions(vote) -> None:
    counts = count_answers(IDS[:, 0])
    rows = told(vote, "evidence")
    for at in range(3):
        assert rows[f"answers_d_{at}", ""]["value"] == pytest.approx(answer_hill(counts)[:, at].mean())
    cost = told(vote, "overhead")
    assert (cost["turns", ""]["value"], cost["tokens", ""]["value"]) == (3, 39)
    assert cost["calls_in_a_row", ""]["value"] == 1  # all vote at once
    success, single = vote.tables["cells"].rows[0]["accuracy"], (IDS[:, 0] == 0).mean()
    assert cost["success_per_million_tokens", ""]["value"] == pytest.approx(success / 39 * 1e6)
    assert cost["coordination_efficiency", ""]["value"] == pytest.approx(success / 3)
    assert cost["error_odds_ratio", ""]["value"] == pytest.approx(float(error_odds_ratio(success, single)))


def test_a_debate_takes_as_many_calls_in_a_row_as_it_has_rounds(debate) -> None:
    cost = told(debate, "overhead")
    assert cost["calls_in_a_row", ""]["value"] == debate.tables["rounds"].rows[-1]["round"] + 1
    assert cost["calls_in_a_row", ""]["value"] < cost["turns", ""]["value"]


def test_what_a_protocol_counts_is_averaged_over_questions(build, embedding) -> None:
    cell = build.cell(["s/-"] * 3)
    trials = [
        build.transcript(cell, f"q{at}", [said(cell, "AAB")]).model_copy(
            update={"counts": {"samples": 3 * at, "failed": 0}}
        )
        for at in range(4)
    ]
    rows = told(told_of(build, embedding, cell, trials), "overhead")
    assert rows["count_samples", ""]["value"] == 4.5
    assert rows["count_failed", ""]["value"] == 0


def test_two_channels_of_two_copies_are_two_channels_at_every_size(build, embedding) -> None:
    """Two configurations that each say their own, all copies alike: D_2 without bias, and K* of pairs, are exact."""
    cell = build.cell(["a/-", "b/-", "a/-", "b/-"], layer="L3", team_name="L3")
    own = {slot: slot[0].upper() for slot in cell.team.slots}
    analysis = told_of(build, embedding, cell, [build.transcript(cell, f"q{at}", [own]) for at in range(8)])
    rows = told(analysis, "diversity") | told(analysis, "contributions")
    assert rows["k_star", ""]["value"] == pytest.approx(2)
    # Of the 6 pairs 2 are alike: U = 1/3.
    assert rows["d_2_unbiased", ""]["value"] == pytest.approx(3)
    assert rows["mean_cosine", ""]["value"] == pytest.approx(1 / 3)
    assert rows["shapley_k_star", "a/-"]["value"] == pytest.approx(1)
    assert rows["shapley_k_star", "b/-"]["value"] == pytest.approx(1)


def test_agents_that_are_right_together_are_worth_one(build, embedding) -> None:
    cell = build.cell(["s/-"] * 4)
    trials = [build.transcript(cell, f"q{at}", [said(cell, "AAAA" if at % 2 else "BBBB")]) for at in range(10)]
    rows = told(told_of(build, embedding, cell, trials), "agreement")
    assert rows["icc_correct", ""]["value"] == pytest.approx(1)
    assert rows["n_eff_kish", ""]["value"] == pytest.approx(1)
    assert rows["pair_phi", ""]["value"] == pytest.approx(1)
    assert rows["both_wrong_agree", ""]["value"] == pytest.approx(1)
    assert rows["both_wrong_even", ""]["value"] == pytest.approx(1 / 3)
    assert rows["kappa_even", ""]["value"] == pytest.approx(1)


def test_what_is_not_defined_has_no_value_and_says_so(build, embedding) -> None:
    """One agent, no readable answer, constant correctness, no texts: never 0 or 1 in place of a number."""
    team, alone = build.cell(["s/-"] * 3), build.cell(["s/-"])
    silent = [build.transcript(team, f"q{at}", [said(team, "---")]) for at in range(4)]
    right = [build.transcript(team, f"q{at}", [said(team, "AAA")]) for at in range(4)]
    for name, cell, trials, empty in (
        (
            "silent",
            team,
            silent,
            {"agreement": ["answers_agree", "icc_correct", "n_eff_kish", "kappa_even", "pair_phi"]},
        ),
        ("right", team, right, {"agreement": ["icc_correct", "n_eff_kish", "both_wrong_agree"], "selection": ["jury"]}),
    ):
        embedding.texts.clear()
        analysis = told_of(build, embedding, cell, trials, name=name)
        for table, measures in empty.items():
            for measure in measures:
                row = told(analysis, table)[measure, ""]
                assert math.isnan(row["value"]), (name, measure, row)
                assert row["warnings"], (name, measure)
    embedding.texts.clear()
    analysis = told_of(build, embedding, alone, [build.transcript(alone, "q0", [said(alone, "A")])], name="alone")
    assert analysis.tables["agreement"].rows == ()
    assert {row["measure"] for row in analysis.tables["diversity"].rows} == {"k_star", "d_0", "d_2", "d_inf"}
    assert all(row["n_agents"] == 1 for row in analysis.tables["diversity"].rows)


def test_without_a_text_there_are_no_channels(build, embedding) -> None:
    cell = build.cell(["s/-"] * 3)
    trials = [build.transcript(cell, f"q{at}", [said(cell, "AAB")], texts=lambda *_: "") for at in range(4)]
    rows = told_of(build, embedding, cell, trials).tables["diversity"].rows
    assert all(math.isnan(row["value"]) and row["warnings"] for row in rows)


def test_answers_beside_the_options_leave_the_usable_evidence_untold(build, embedding) -> None:
    cell = build.cell(["s/-"] * 4)
    trials = [build.transcript(cell, f"q{at}", [said(cell, "ABCD")]) for at in range(4)]
    analysis = told_of(build, embedding, cell, trials, choices=("a", "b"))
    row = told(analysis, "evidence")["evidence_bits", ""]
    assert math.isnan(row["value"])
    assert "more distinct answers than options" in row["warnings"]


@pytest.mark.parametrize("table", ["agreement", "selection", "evidence", "overhead", "debate", "diversity"])
def test_replicates_do_not_pass_for_questions(build, embedding, table: str) -> None:
    """The same debates told three times are no more evidence than told once: equal values, equal ends."""
    cell = build.cell(["s/-"] * 3, protocol=DEBATE, topology=RING, edges=EDGES)
    found = []
    for many in (1, 3):
        embedding.texts.clear()
        trials = [
            build.transcript(cell, q, [said(cell, each) for each in rounds], replicate=replicate)
            for q, rounds in SPOKEN.items()
            for replicate in range(many)
        ]
        found.append(told(told_of(build, embedding, cell, trials, name=str(many)), table))
    once, thrice = found
    assert once.keys() == thrice.keys()
    drawn = {"adjusted_right", "adjusted_wrong", "k_star_excess", "z_right", "z_wrong"}  # nulls of their own draws
    sandwiches = {"pull", "truth_advantage"}  # clustered likelihood, whose ends are equal to first order only
    for (measure, at), row in once.items():
        other = thrice[measure, at]
        assert other["n_items"] == row["n_items"], measure
        if measure not in drawn | sandwiches:
            ends = [[one[end] for end in ("value", "low", "high")] for one in (row, other)]
            assert ends[1] == pytest.approx(ends[0], abs=1e-9, nan_ok=True), (measure, at)


def test_contributions_of_agents_and_configurations_by_hand(build, embedding) -> None:
    """Two that agree and are right, and a third of another kind that is wrong: each is worth what the vote loses."""
    cell = build.cell(["a/-", "a/-", "b/-"], layer="L3", team_name="L3")
    trials = [build.transcript(cell, f"q{at}", [said(cell, "AAB")]) for at in range(6)]
    rows = told(told_of(build, embedding, cell, trials), "contributions")
    two_and_one = float(np.exp(-(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))))
    assert rows["accuracy_lost", "a/-/0"]["value"] == pytest.approx(1 - 0.5)  # one right and one wrong are a tie
    assert rows["accuracy_lost", "b/-/0"]["value"] == pytest.approx(0)
    assert rows["k_star_lost", "a/-/1"]["value"] == pytest.approx(two_and_one - 2)
    assert rows["k_star_lost", "b/-/0"]["value"] == pytest.approx(two_and_one - 1)
    assert rows["config_accuracy_lost", "a/-"]["value"] == pytest.approx(1)
    assert rows["config_k_star_lost", "b/-"]["value"] == pytest.approx(two_and_one - 1)
    for of, total in (("accuracy", 1.0), ("k_star", two_and_one)):
        shares = [rows[f"shapley_{of}", name]["value"] for name in ("a/-", "b/-")]
        assert sum(shares) == pytest.approx(total)
    assert rows["shapley_accuracy", "b/-"]["value"] == pytest.approx(0)


def test_the_parts_of_rho_and_the_juries_have_intervals_or_a_reason(build, embedding) -> None:
    cell = build.cell(["a/-", "b/-", "a/-", "b/-"], layer="L3", team_name="L3")
    rng = keyed(5, "answers")
    trials = []
    for at in range(30):
        p = rng.beta(1.1, 0.75)
        trials.append(build.transcript(cell, f"q{at}", [said(cell, "".join("AB"[rng.random() > p] for _ in range(4)))]))
    analysis = told_of(build, embedding, cell, trials)
    rows = told(analysis, "agreement") | told(analysis, "selection") | told(analysis, "diversity")
    for name in ("rho_total", "rho_item", "rho_configuration", "jury", "jury_ceiling", "z_right", "z_wrong"):
        row = rows[name, ""]
        assert row["low"] < row["value"] < row["high"], row
    correct = np.array([[event.correct for event in trial.events] for trial in trials])
    plain = rho_parts(correct, [0, 1, 0, 1])
    assert rows["rho_total", ""]["value"] == pytest.approx(plain.total)
    assert rows["rho_item", ""]["value"] == pytest.approx(plain.item)
    assert rows["rho_communication", ""]["warnings"] == "nobody talked: there is one round"
    k = correct.sum(axis=1)
    assert rows["jury", ""]["value"] == pytest.approx(float(betabinom_jury(k.mean() / 4, icc_correct(k, 4), 4)))


def test_a_team_without_pairs_of_a_kind_says_why_a_part_of_rho_is_missing(build, embedding) -> None:
    for name, configs, why in (
        ("copies", ["a/-", "a/-"], {"rho_item": "all agents are of one configuration"}),
        ("mixed", ["a/-", "b/-"], {"rho_total": "no configuration has two agents"}),
    ):
        embedding.texts.clear()
        cell = build.cell(configs, team_name=name)
        trials = [build.transcript(cell, f"q{at}", [said(cell, "AB" if at % 2 else "AA")]) for at in range(6)]
        rows = told(told_of(build, embedding, cell, trials, name=name), "agreement")
        for part, text in why.items():
            assert math.isnan(rows[part, ""]["value"])
            assert rows[part, ""]["warnings"] == text


def test_what_went_along_an_edge_is_what_one_counts_by_hand(debate) -> None:
    rows = told(debate, "reading")
    wanted = {  # v reads u; rounds with different answers before, of which v took over; flips a question
        "s/-/0 → s/-/1": (1.0, 2, 1 / 5, 0.0),
        "s/-/1 → s/-/2": (1 / 3, 3, 1 / 5, 0.0),
        "s/-/2 → s/-/0": (0.0, 2, 0.0, 0.0),
    }
    for edge, (share, n_items, to_right, to_wrong) in wanted.items():
        took_over = rows["took_over", edge]
        assert (took_over["value"], took_over["n_items"]) == (pytest.approx(share), n_items)
        assert rows["flips_to_right", edge]["value"] == pytest.approx(to_right)
        assert rows["flips_to_wrong", edge]["value"] == to_wrong
    assert len(rows) == 3 * len(wanted)


def test_a_vote_has_no_edges_to_tell_of(vote) -> None:
    assert vote.tables["reading"].rows == ()


def test_every_pair_has_its_agreement_over_the_questions_that_both_answered(vote) -> None:
    rows = told(vote, "pairs")
    wanted = {"s/-/0 × s/-/1": (3 / 5, 5), "s/-/0 × s/-/2": (3 / 5, 5), "s/-/1 × s/-/2": (2 / 5, 5)}
    for pair, (share, n_items) in wanted.items():
        assert (rows["same_answer", pair]["value"], rows["same_answer", pair]["n_items"]) == (share, n_items)


def test_equal_texts_have_cosine_one_and_pairs_without_a_text_are_left_out(build, embedding) -> None:
    cell = build.cell(["s/-"] * 3)
    trials = [build.transcript(cell, q, [said(cell, letters)]) for q, letters in (("q0", "AA-"), ("q1", "AAB"))]
    rows = told(told_of(build, embedding, cell, trials), "pairs")
    assert (rows["cosine", "s/-/0 × s/-/1"]["value"], rows["cosine", "s/-/0 × s/-/1"]["n_items"]) == (1.0, 2)
    assert (rows["cosine", "s/-/0 × s/-/2"]["value"], rows["cosine", "s/-/0 × s/-/2"]["n_items"]) == (0.0, 1)


def test_large_teams_and_dense_graphs_are_not_told_pair_by_pair(build, embedding) -> None:
    edges = tuple((u, v) for u in range(17) for v in range(17) if u != v)
    cell = build.cell(["s/-"] * 17, protocol=DEBATE, topology=Named(name="complete"), edges=edges)
    analysis = told_of(build, embedding, cell, [build.transcript(cell, "q0", [said(cell, "A" * 17)] * 2)])
    assert (analysis.tables["pairs"].rows, analysis.tables["reading"].rows) == ((), ())

"""What may not change a number of a run's tables: names, order, spare dimensions; and identities that votes obey."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from agentscale.analysis import Analysis, analyze
from agentscale.randomness import keyed
from agentscale.schema.run import Named

CONFIGS = ["a/-", "b/-", "a/-", "b/-"]
SPARE = 4  # dimensions of the vectors below: fewer than texts, and at times than agents


def vectors(spare: int) -> Callable[[list[str]], np.ndarray]:
    """A vector for the kind of each text, in few dimensions and with ``spare`` empty ones."""

    def embed(texts: list[str]) -> np.ndarray:
        drawn = np.array([keyed(1, "text", text.split("#")[1]).standard_normal(SPARE) for text in texts])
        return np.concatenate([drawn, np.zeros((len(texts), spare))], axis=1)

    return embed


def debated(
    build, name: str, rename: Mapping[str, str], order: int = 1, spare: int = 0, configs: list[str] = CONFIGS
) -> Analysis:
    """A debate of two rounds over twelve questions, at random; the names of wrong options and the order are free."""
    edges = tuple((u, v) for u in range(len(configs)) for v in range(len(configs)) if u != v)
    debate = Named(name="debate", parameters={"rounds": 1})
    cell = build.cell(
        configs, layer="L3", team_name="L3", protocol=debate, topology=Named(name="complete"), edges=edges
    )
    trials = []
    for at in range(12):
        said = [
            {slot: str(keyed(7, slot, at, turn).choice(list("AABC"))) for slot in cell.team.slots} for turn in (0, 1)
        ]
        kinds = {(turn, slot): f"#{said[turn][slot]}{at % 3}" for turn in (0, 1) for slot in cell.team.slots}
        renamed = [{slot: rename.get(one, one) for slot, one in list(turn.items())[::order]} for turn in said]

        def words(turn: int, slot: str, answer: str | None, kinds: dict = kinds) -> str:
            return f"I say {answer} {kinds[turn, slot]}"

        trials.append(build.transcript(cell, f"q{at}", renamed, texts=words))
    folder = build.folder([cell], trials[::order], samples=[f"q{at}" for at in range(12)], name=name)
    return analyze(folder, vectors(spare), embedder="t", seed=1, resamples=100)


def same(one: Analysis, other: Analysis, but: frozenset[str] = frozenset(), rel: float = 1e-9) -> None:
    """The tables are equal, but for measures whose null hangs on what was changed."""
    for name, table in one.tables.items():
        assert len(table.rows) == len(other.tables[name].rows), name
        for row, again in zip(table.rows, other.tables[name].rows, strict=True):
            for key in row if row.get("measure") not in but else ():
                if isinstance(row[key], float):
                    assert again[key] == pytest.approx(row[key], rel=rel, abs=1e-7, nan_ok=True), (name, key, row)
                else:
                    assert again[key] == row[key], (name, key, row)


def test_names_of_wrong_options_change_no_table(build) -> None:
    same(debated(build, "one", {}), debated(build, "other", {"B": "D", "C": "B"}))


def test_the_order_of_agents_and_trials_changes_no_table_of_a_debate(build) -> None:
    same(debated(build, "one", {}), debated(build, "other", {}, order=-1))


def test_empty_dimensions_change_no_table_whichever_matrix_is_the_smaller(build) -> None:
    """Six agents in four dimensions, and in sixty-four. Noise in more dimensions is other noise: two nulls move."""
    six, nulls = ["a/-", "b/-", "a/-", "b/-", "a/-", "b/-"], frozenset({"k_star_excess", "spiked_count"})
    same(debated(build, "one", {}, configs=six), debated(build, "other", {}, spare=60, configs=six), nulls, rel=1e-6)


def voted(
    build,
    embedding,
    letters: Callable[[int, int], str],
    n: int,
    configs: list[str] | None = None,
    name: str = "run",
) -> Analysis:
    cell = build.cell(configs or ["s/-"] * n)
    trials = [
        build.transcript(cell, f"q{at}", [{slot: letters(at, i) for i, slot in enumerate(cell.team.slots)}])
        for at in range(40)
    ]
    folder = build.folder([cell], trials, samples=[f"q{at}" for at in range(40)], name=name)
    return analyze(folder, embedding, embedder="t", seed=1, resamples=100)


def random_letters(options: str) -> Callable[[int, int], str]:
    return lambda at, agent: str(keyed(3, "vote", at, agent).choice(list(options)))


def test_two_voters_are_worth_their_mean_in_the_tables(build, embedding) -> None:
    found = voted(build, embedding, random_letters("AABC"), 2, ["a/-", "b/-"])
    each = [row["accuracy"] for row in found.tables["agents"].rows]
    assert found.tables["cells"].rows[0]["accuracy"] == pytest.approx(np.mean(each))


def test_even_teams_of_right_or_wrong_voters_are_worth_the_odd_ones_below_in_the_curve(build, embedding) -> None:
    curve = [row["accuracy"] for row in voted(build, embedding, random_letters("AB"), 6).tables["vote_curve"].rows]
    assert curve[1::2] == pytest.approx(curve[0::2])


def test_an_agent_and_its_double_lose_nothing_without_either(build, embedding) -> None:
    once = random_letters("AABC")
    found = voted(build, embedding, lambda at, agent: once(at, agent % 2), 4)
    rows = {(row["measure"], row["at"]): row["value"] for row in found.tables["contributions"].rows}
    embedding.texts.clear()
    (pair,) = voted(build, embedding, once, 2, name="pair").tables["cells"].rows
    for slot in ("s/-/0", "s/-/2"):
        assert rows["k_star_lost", slot] < 0.1  # three are left of which two are alike
    (cell,) = found.tables["cells"].rows
    assert cell["k_star"] == pytest.approx(pair["k_star"])
    assert cell["accuracy"] == pytest.approx(pair["accuracy"])


def test_texts_that_know_nothing_of_correctness_have_no_pooled_z(build) -> None:
    scores = []
    for world in range(12):
        cell = build.cell(["s/-"] * 6)
        trials = [
            build.transcript(
                cell,
                f"q{at}",
                [{slot: str(keyed(world, slot, at).choice(["A", "B"])) for slot in cell.team.slots}],
                texts=lambda _, slot, __, at=at, world=world: f"#{world} {slot} {at}",
            )
            for at in range(10)
        ]
        folder = build.folder([cell], trials, samples=[f"q{at}" for at in range(10)], name=f"w{world}")
        rows = analyze(folder, vectors(0), embedder="t", seed=world, resamples=50).tables["diversity"].rows
        scores += [row["value"] for row in rows if row["measure"] == "z_right"]
    assert abs(np.mean(scores)) < 3 / math.sqrt(12)
    assert 0.4 < np.std(scores, ddof=1) < 1.8

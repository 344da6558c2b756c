"""Whole runs of worlds whose outcome is known beforehand: what is lost together, and who wins a tournament."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import agentscale


def run(tmp_path: Path, **keys: object) -> agentscale.Run:
    file = tmp_path / "exp.yaml"
    file.write_text(yaml.safe_dump({"protocol": "world", "embedder": "lexical", **keys}), "utf-8")
    return agentscale.run(file, out=tmp_path / "run")


def test_the_gap_of_a_perfect_pair_is_nothing_and_that_of_one_with_a_silent_partner_everything(tmp_path: Path) -> None:
    made = run(
        tmp_path,
        models={"sure": {"policy": "optimal"}, "mute": {"policy": "silent"}},
        task={"name": "mazes", "levels": 2, "limit": 3, "world": {"turns": 4}},
        team=[{"layer": "L1", "size": 1}, {"pairs": "ordered"}],
    )
    gaps = {row["team"]: row for row in made.rows("collaboration") if row["measure"] == "progress"}
    told = {team: (row["best"], row["gap"], row["mean_gap"], row["n_items"]) for team, row in gaps.items()}
    assert told == {
        "sure+sure": ("sure/-", 0.0, 0.0, 3),
        "sure+mute": ("sure/-", 1.0, 0.5, 3),
        "mute+sure": ("sure/-", 1.0, 0.5, 3),
        "mute+mute": ("mute/-", 0.0, 0.0, 3),
    }


def test_a_tournament_of_two_strategies_ends_as_the_payoffs_say(tmp_path: Path) -> None:
    made = run(
        tmp_path,
        models={"tit": {"policy": "tit_for_tat"}, "bad": {"policy": "defect"}},
        task={"name": "matrix_games", "limit": 1, "world": {"game": "prisoners_dilemma"}},
        team={"pairs": "ordered"},
    )
    points = {row["agent"]: row["value"] for row in made.rows("standings") if row["measure"] == "points"}
    assert points == pytest.approx({"tit/-": (8 + 8 + 4.5 + 4.5) / 4, "bad/-": (5 + 5 + 5.5 + 5.5) / 4})
    assert {row["measure"] for row in made.rows("standings")} == {"points", "normalised", "cooperation"}

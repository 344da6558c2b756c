"""What every parameter does, at its limits and in expectation."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.simulation import MISSING, Moment, Seat, Votes, World, WorldParameters

QUESTIONS = [f"q{i}" for i in range(400)]


def votes(layer: str = "L3", n: int = 12, questions: list[str] = QUESTIONS, **changes: object) -> Votes:
    world = World(WorldParameters(**changes))  # type: ignore[arg-type]
    return world.answers(questions, 4, world.team(layer, n))  # type: ignore[arg-type]


def test_full_monoculture_makes_channels_succeed_together() -> None:
    success = votes(monoculture=1).truth.success
    assert np.all(success.all(axis=1) | ~success.any(axis=1))


def test_without_monoculture_channels_succeed_by_the_solvability_alone() -> None:
    truth = votes(monoculture=0, channels=400).truth
    spread = np.sqrt(truth.solvability * (1 - truth.solvability) / 400)
    z = (truth.success.mean(axis=1) - truth.solvability) / np.maximum(spread, 1e-3)
    assert np.abs(z).mean() < 1.0  # 0.8 for a standard normal
    assert np.abs(z).max() < 5


def test_solvability_has_the_mean_of_its_law() -> None:
    truth = votes(solvability_a=2, solvability_b=6).truth
    assert truth.solvability.mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 9 / 400))


def test_the_attractor_gathers_failing_channels_and_without_it_they_spread() -> None:
    def kinds(attractor: float) -> float:
        targets = votes(attractor=attractor, channels=40).truth.targets
        return float(np.mean([len(set(row[row > 0])) for row in targets if np.sum(row > 0) >= 10]))

    assert kinds(1) == 1
    assert kinds(0) > 2.9


def test_monoculture_attractor_and_habit_together_make_all_agents_one() -> None:
    answers = votes("L4", 16, monoculture=1, attractor=1, fresh=0, fidelity_right=1, fidelity_wrong=1).answers
    assert np.all(answers == answers[:, :1])


def test_without_freshness_equal_agents_share_channel_and_answer() -> None:
    same = votes("L1", 9, fresh=0, fidelity_right=1, fidelity_wrong=1)
    assert np.all(same.answers == same.answers[:, :1])
    assert np.all(same.truth.channel_count == 1)


def test_full_fidelity_says_what_the_channel_found_and_none_never_does() -> None:
    faithful = votes(channels=1, fidelity_right=1, fidelity_wrong=1)
    assert np.all(faithful.answers == faithful.truth.targets)
    faithless = votes(channels=1, fidelity_right=0, fidelity_wrong=0)
    assert not np.any(faithless.answers == faithless.truth.targets)
    assert set(np.unique(faithless.answers)) == {0, 1, 2, 3}


def test_a_model_that_always_fails_is_missing_and_not_wrong() -> None:
    answers = votes("L3", 6, parse_failure=(0, 1, 0)).answers
    assert np.all(answers[:, 1::3] == MISSING)
    assert np.all(answers[:, 0::3] != MISSING)


def test_parse_failures_have_their_rate_and_hang_together_by_habit() -> None:
    together = votes("L1", 8, parse_failure=0.3, fresh=0).answers == MISSING
    apart = votes("L1", 8, parse_failure=0.3, fresh=1).answers == MISSING
    assert np.all(together == together[:, :1])
    assert together[:, 0].mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 400))
    assert apart.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 3200))
    assert np.corrcoef(apart[:, 0], apart[:, 1])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(400))


@pytest.mark.parametrize("fresh", [0.25, 1.0])
def test_many_copies_answer_by_theta(fresh: float) -> None:
    n = 4000
    world = World(WorldParameters(parse_failure=0.2, fresh=fresh))
    seats = [Seat("a/wise", 1, "wise", copy) for copy in range(n)]
    answers, truth = world.answers(QUESTIONS[:30], 4, seats)
    share = np.stack([np.mean(answers == option, axis=1) for option in range(4)], axis=1)
    law = truth.theta[:, 0]
    assert np.all(np.abs(share - law) <= 4.5 * np.sqrt(law * (1 - law) / n) + 1e-9)
    if fresh == 1:
        assert law.sum(axis=1) == pytest.approx(0.8)


def test_preferences_are_laws_and_their_tilt_grows_with_the_persona() -> None:
    def bend(tilt: float) -> float:
        world = World(WorldParameters(persona_tilt=tilt))
        return float(np.abs(world.preference(0, "poet") - world.preference(0)).sum())

    assert World(WorldParameters()).preference(1, "poet").sum() == pytest.approx(1)
    assert bend(0) == pytest.approx(0, abs=1e-12)
    assert 0 < bend(0.1) < bend(1)


def test_the_truth_counts_every_agent_once() -> None:
    truth = votes("L4", 16).truth
    assert np.all(truth.channels.sum(axis=1) == 16)
    assert truth.theta.shape == (400, 15, 4)
    assert np.all((truth.channel_count >= 1) & (truth.channel_count <= 12))
    assert votes("L4", 16, channels=1).truth.channel_count == pytest.approx(1)


# Debate ---------------------------------------------------------------------------------------------------------------

SEAT = Seat("a/-", 0)


def revised(own: int, peers: list[int], n: int = 4000, **changes: float) -> np.ndarray:
    world = World(WorldParameters(**changes))  # type: ignore[arg-type]
    return np.array([world.revise(f"q{i}", SEAT, own, peers, Moment(round=1)) for i in range(n)])


def test_nobody_is_convinced_without_copying_or_peers_or_by_what_cannot_be_read() -> None:
    assert set(revised(2, [0, 1, 3], 100, copying=0)) == {2}
    assert set(revised(2, [], 100, copying=1)) == {2}
    assert set(revised(2, [MISSING] * 9, 100, copying=1)) == {2}


def test_full_copying_takes_each_readable_peer_equally_often() -> None:
    taken = revised(2, [0, MISSING, 1, 1], copying=1)
    assert np.mean(taken == 1) == pytest.approx(2 / 3, abs=4 * np.sqrt(2 / 9 / 4000))
    assert set(taken) == {0, 1}


def test_copying_happens_at_its_rate_by_peer() -> None:
    kept = np.mean(revised(2, [1] * 5, copying=0.1) == 2)
    assert kept == pytest.approx(0.9**5, abs=4 * np.sqrt(0.24 / 4000))


@pytest.mark.parametrize("advantage", [-0.3, 0.0, 1.0])
def test_the_truth_advantage_is_a_difference_in_log_odds(advantage: float) -> None:
    world = World(WorldParameters(copying=0.2, truth_advantage=advantage))
    odds = [p / (1 - p) for p in (world.copying.convincing(right=True), world.copying.convincing(right=False))]
    assert np.log(odds[0] / odds[1]) == pytest.approx(advantage)
    taken = np.mean(revised(1, [0], copying=0.2, truth_advantage=advantage) == 0)
    assert taken == pytest.approx(world.copying.convincing(right=True), abs=4 * np.sqrt(0.25 / 4000))


def after_debate(advantage: float) -> tuple[float, float]:
    world = World(WorldParameters(copying=0.1, truth_advantage=advantage))
    seats = world.team("L4", 8)
    before = world.answers(QUESTIONS, 4, seats).answers.astype(int)
    after = np.array(
        [
            [world.revise(q, seats[i], row[i], [*row[:i], *row[i + 1 :]], Moment(round=1)) for i in range(len(seats))]
            for q, row in zip(QUESTIONS, before.tolist(), strict=True)
        ]
    )
    return float(np.mean(before == 0)), float(np.mean(after == 0))


def test_neutral_copying_keeps_the_mean_accuracy_and_an_advantage_of_truth_raises_it() -> None:
    before, neutral = after_debate(0)
    # Given the answers, the change is a sum of 3,200 steps of at most 1, of which under half differ from 0.
    assert neutral == pytest.approx(before, abs=4 * np.sqrt(0.5 / 3200))
    assert after_debate(1.5)[1] > before + 0.03


def test_a_revision_belongs_to_its_agent_round_and_replicate() -> None:
    world = World(WorldParameters(copying=0.5))

    def draws(seat: Seat, moment: Moment) -> list[int]:
        return [world.revise(q, seat, 2, [0, 1], moment) for q in QUESTIONS[:60]]

    first = draws(SEAT, Moment(round=1))
    assert draws(SEAT, Moment(round=1)) == first
    others = [(SEAT, Moment(round=2)), (SEAT, Moment(round=1, replicate=1)), (Seat("a/-", 0, None, 1), Moment(round=1))]
    assert all(draws(*other) != first for other in others)

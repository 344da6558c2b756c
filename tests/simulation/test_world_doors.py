"""The two doors of a world are one: order, company, chunks and caches change no answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.simulation import MISSING, Moment, Seat, World, WorldParameters, ground, world

QUESTIONS = [f"q{i}" for i in range(40)]
FAILING = WorldParameters(parse_failure=(0.05, 0.08, 0.30))
PROBABILITY = st.floats(0, 1)
WORLDS = st.builds(
    WorldParameters,
    seed=st.integers(0, 2**70),
    channels=st.integers(1, 20),
    solvability_a=st.floats(0.01, 20),
    solvability_b=st.floats(0.01, 20),
    monoculture=PROBABILITY,
    attractor=PROBABILITY,
    affinity=st.floats(0.01, 50),
    persona_tilt=st.floats(0, 20),
    fresh=PROBABILITY,
    fidelity_right=PROBABILITY,
    fidelity_wrong=PROBABILITY,
    parse_failure=st.tuples(PROBABILITY),
)


@settings(max_examples=60, deadline=None)
@given(WORLDS, st.integers(2, 30), st.integers(0, 99), st.sampled_from(["L1", "L2", "L3", "L4"]))
def test_one_answer_asked_alone_is_its_entry_in_the_array(
    parameters: WorldParameters, n_options: int, seed: int, layer: str
) -> None:
    moment = Moment(seed=seed, replicate=1)
    seats = World(parameters).team(layer, 7)  # type: ignore[arg-type]
    votes = World(parameters).answers(QUESTIONS[:4], n_options, seats, moment)
    assert votes.answers.dtype == np.int16
    assert votes.answers.min() >= MISSING
    assert votes.answers.max() < n_options
    alone = World(parameters)
    for q, question in enumerate(QUESTIONS[:4]):
        for i in reversed(range(7)):
            assert alone.answer(question, n_options, seats[i], moment).answer == votes.answers[q, i]


def test_the_order_of_questions_and_agents_changes_no_answer() -> None:
    seats = World(FAILING).team("L4", 33)
    rng = np.random.Generator(np.random.Philox(1))
    rows, columns = rng.permutation(len(QUESTIONS)), rng.permutation(33)
    straight = World(FAILING).answers(QUESTIONS, 4, seats)
    shuffled = World(FAILING).answers([QUESTIONS[r] for r in rows], 4, [seats[c] for c in columns])
    assert np.array_equal(shuffled.answers, straight.answers[np.ix_(rows, columns)])
    assert np.array_equal(shuffled.truth.channels, straight.truth.channels[rows])
    order = [straight.truth.configs.index(config) for config in shuffled.truth.configs]
    assert np.array_equal(shuffled.truth.theta, straight.truth.theta[rows][:, order])


def test_fewer_agents_and_questions_are_a_part_of_the_more() -> None:
    seats = World(FAILING).team("L2", 20, model=2)
    all_of_them = World(FAILING).answers(QUESTIONS, 4, seats).answers
    some = World(FAILING).answers(QUESTIONS[5:9], 4, seats[11:]).answers
    assert np.array_equal(some, all_of_them[5:9, 11:])


def test_chunks_and_forgotten_tables_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    seats = World(FAILING).team("L3", 9)
    straight = World(FAILING).answers(QUESTIONS, 4, seats)
    monkeypatch.setattr(world, "_CHUNK", 7)
    monkeypatch.setattr(ground, "_QUESTIONS", 2)
    monkeypatch.setattr(ground, "_HABITS", 1)
    chunked = World(FAILING).answers(QUESTIONS, 4, seats)
    assert np.array_equal(chunked.answers, straight.answers)
    assert np.array_equal(chunked.truth.channels, straight.truth.channels)


def test_questions_may_differ_in_their_number_of_options() -> None:
    seats = World(FAILING).team("L1", 12)
    sizes = [2 + i % 5 for i in range(len(QUESTIONS))]
    votes = World(FAILING).answers(QUESTIONS, sizes, seats)
    for q, (question, size) in enumerate(zip(QUESTIONS, sizes, strict=True)):
        assert np.array_equal(votes.answers[q], World(FAILING).answers([question], size, seats).answers[0])
        assert votes.truth.theta[q, :, size:].sum() == 0


@pytest.mark.parametrize(
    "other", [Moment(seed=1), Moment(replicate=1), Moment(round=1), Moment(mark="agent/0/0/1/")], ids=str
)
def test_another_moment_is_another_draw_in_the_same_world(other: Moment) -> None:
    sure = World(WorldParameters(fresh=1))
    seats = sure.team("L1", 8)
    now, then = sure.answers(QUESTIONS, 4, seats), sure.answers(QUESTIONS, 4, seats, other)
    assert 0.2 < np.mean(now.answers != then.answers) < 0.8
    assert np.array_equal(now.truth.theta, then.truth.theta)


def test_another_world_seed_is_another_truth() -> None:
    here, there = World(WorldParameters(seed=0)), World(WorldParameters(seed=1))
    seats = here.team("L1", 2)
    truths = [w.answers(QUESTIONS, 4, seats).truth for w in (here, there)]
    assert not np.array_equal(truths[0].targets, truths[1].targets)
    assert not np.array_equal(here.preference(0), there.preference(0))


def test_a_persona_is_known_by_its_name_and_not_by_its_place() -> None:
    late, early = World(WorldParameters()), World(WorldParameters())
    for name in ("teacher", "lawyer", "poet"):
        late.preference(0, name)
    assert np.array_equal(late.preference(0, "sceptic"), early.preference(0, "sceptic"))
    assert not np.array_equal(early.preference(0, "sceptic"), early.preference(0, "poet"))
    assert not np.array_equal(early.preference(0, "sceptic"), early.preference(0))


def test_two_configurations_of_one_model_share_habits_and_no_draws() -> None:
    """Two names for one model of the world, such as two samplings: the same habits, but agents of their own."""
    free = World(WorldParameters(fresh=0.5))
    votes = free.answers(QUESTIONS, 4, [Seat("cold/-", 0), Seat("warm/-", 0)])
    assert np.array_equal(votes.truth.theta[:, 0], votes.truth.theta[:, 1])
    assert not np.array_equal(votes.answers[:, 0], votes.answers[:, 1])


def test_a_layer_is_dealt_round_robin_and_its_smaller_team_is_a_prefix() -> None:
    w = World(WorldParameters())
    for layer in ("L1", "L2", "L3", "L4"):
        assert w.team(layer, 16)[:5] == w.team(layer, 5)
        assert len(set(w.team(layer, 16))) == 16
    assert len({seat.config for seat in w.team("L4", 15)}) == 15
    assert {seat.model for seat in w.team("L2", 9, model=1)} == {1}
    assert [seat.copy for seat in w.team("L3", 7)] == [0, 0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize("n_options", [1, 0, -3])
def test_a_question_needs_two_options(n_options: int) -> None:
    w = World(WorldParameters())
    with pytest.raises(SpecError, match="2 or more"):
        w.answers(["q"], n_options, w.team("L1", 1))
    with pytest.raises(SpecError, match="2 or more"):
        w.answer("q", n_options, w.team("L1", 1)[0])


def test_a_seat_of_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(SpecError, match="0 to 2"):
        World(WorldParameters()).answer("q", 4, Seat("x/-", 7))

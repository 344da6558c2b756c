"""Embeddings have the likeness that their weights say; tokens their law; answers wait for a free slot."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.simulation import (
    EmbeddingParameters,
    Moment,
    Seat,
    TrafficParameters,
    World,
    WorldParameters,
    embeddings,
    latencies_s,
    tokens,
)

QUESTIONS = [f"q{i}" for i in range(50)]
WORLD = World(WorldParameters())
ONLY = dict.fromkeys(("question", "channel", "model", "persona", "answer", "noise"), 0.0)


def vectors(seats: tuple[Seat, ...], questions: list[str] = QUESTIONS, moment: Moment = Moment(), **weights: float):  # type: ignore[no-untyped-def]  # noqa: B008
    drawn = WORLD.draw(questions, 4, seats, moment)
    return embeddings(WORLD, EmbeddingParameters(**weights), questions, seats, drawn, moment), drawn  # type: ignore[arg-type]


def cosines(z: np.ndarray) -> np.ndarray:
    return np.einsum("qid,qjd->qij", z, z)


@pytest.mark.parametrize("cause", ["channel", "model", "answer"])
def test_answers_are_alike_where_they_share_the_cause_and_only_there(cause: str) -> None:
    seats = WORLD.team("L3", 9)
    z, drawn = vectors(seats, **{**ONLY, cause: 1.0})
    causes = {
        "channel": drawn.channels,
        "model": np.broadcast_to([seat.model for seat in seats], drawn.answers.shape),
        "answer": drawn.answers,
    }[cause]
    same = causes[:, :, None] == causes[:, None, :]
    tolerance = 1e-6 if cause != "answer" else 0.35  # answers have random directions, the others orthogonal ones
    assert np.abs(cosines(z) - same).max() < tolerance


def test_parts_add_up_to_the_cosine_of_their_weights() -> None:
    """Two models, one question: (w_q² + 1[same channel]·w_k²) / (w_q² + w_k² + w_m²), but for chance directions."""
    z, drawn = vectors((Seat("0/-", 0), Seat("1/-", 1)), **{**ONLY, "question": 2.0, "channel": 1.0, "model": 0.5})
    same = drawn.channels[:, 0] == drawn.channels[:, 1]
    assert cosines(z)[:, 0, 1] == pytest.approx((4 + same) / 5.25, abs=0.2)


def test_rows_have_length_one_and_an_answer_alone_is_embedded_as_among_others() -> None:
    seats = WORLD.team("L4", 16)
    z, _ = vectors(seats)
    assert np.linalg.norm(z, axis=2) == pytest.approx(1, abs=1e-6)
    some, _ = vectors(seats[14:15], QUESTIONS[7:8])
    assert some[0, 0] == pytest.approx(z[7, 14], abs=1e-7)
    later, _ = vectors(seats, moment=Moment(seed=1))
    assert not np.allclose(later, z)


def test_personas_make_texts_of_one_model_less_alike() -> None:
    def mean_cosine(persona: float) -> float:
        return float(cosines(vectors(WORLD.team("L2", 5), **{**ONLY, "question": 1.0, "persona": persona})[0]).mean())

    assert mean_cosine(0.0) == pytest.approx(1)
    assert mean_cosine(0.5) < 0.9


def test_too_few_dimensions_are_refused() -> None:
    with pytest.raises(SpecError, match="16 or more"):
        vectors(WORLD.team("L1", 2), dimensions=15)


def test_tokens_are_log_normal_by_model() -> None:
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    parameters = TrafficParameters(log_mean=(5.0, 7.0), log_sd=(0.5,))
    for model, mean in ((0, 5.0), (1, 7.0), (2, 5.0)):
        logs = np.log(tokens(parameters, np.full(20_000, model), uniforms))
        assert logs.mean() == pytest.approx(mean, abs=0.01)
        assert logs.std() == pytest.approx(0.5, abs=0.01)
    with pytest.raises(SpecError, match=r"traffic\.log_sd"):
        tokens(TrafficParameters(log_sd=-1.0), np.zeros(1, np.int64), np.array([0.5]))  # type: ignore[arg-type]


def test_answers_wait_for_a_slot_first_come_first_served() -> None:
    parameters = TrafficParameters(slots=2, tokens_per_s=10, overhead_s=1)
    assert latencies_s(parameters, np.array([10, 40, 10, 10])).tolist() == [2, 5, 4, 6]
    roomy = TrafficParameters(slots=9, tokens_per_s=10, overhead_s=1)
    assert latencies_s(roomy, np.array([10, 40])).tolist() == [2, 5]

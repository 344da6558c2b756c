"""How much the answers say, in nats of their spread and in bits about the right option."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.agreement import count_answers
from agentscale.analysis.entropies import answer_hill, entropy
from agentscale.analysis.information import InformationCurve, v_information_curve
from agentscale.analysis.sections.base import FIRST_ONLY, Number, Sight, Told

_OTHER_ANSWERS = "some question has more distinct answers than options: the answers are not of the options alone"


def evidence(sight: Sight) -> Iterator[Number]:
    """Entropies and Hill numbers of the last answers; usable evidence where every question has the same options."""
    counts = count_answers(sight.last)
    hill = answer_hill(counts)
    yield from sight.means(
        {
            "entropy_ml_nats": entropy(counts, "ml"),
            "entropy_nats": entropy(counts),
            "answers_d_0": hill[..., 0],
            "answers_d_1": hill[..., 1],
            "answers_d_2": hill[..., 2],
        }
    )
    options = np.unique(sight.options)
    if len(options) == 1 and np.isfinite(options[0]):
        yield from _usable(sight, int(options[0]))


def _usable(sight: Sight, n_options: int) -> Iterator[Number]:
    """Î(n) for doubling n: the right option is told from the wrong ones, whose names carry nothing."""
    answers = sight.last[sight.first_replicate]
    if answers.max(initial=0) >= n_options:
        yield Told("evidence_bits", sight.plain(np.nan, "usable evidence", (_OTHER_ANSWERS,)))
        return
    names = list(dict.fromkeys(sight.configs))
    config = np.array([names.index(one) for one in sight.configs])
    sizes = sorted({min(2**power, sight.n_agents) for power in range(sight.n_agents.bit_length() + 1)})
    truth = np.zeros(len(answers), dtype=np.int64)
    curve = v_information_curve(answers, truth, config, n_options, sight.seed, sizes=sizes)
    yield from _told(sight, curve)


def _told(sight: Sight, curve: InformationCurve) -> Iterator[Number]:
    several = len(sight.first_replicate) < len(sight.arrays.item)
    said = (*curve.warnings, FIRST_ONLY) if several else curve.warnings
    for at, n in enumerate(curve.n):
        yield sight.question_mean("evidence_bits", curve.by_item[:, at], str(n)).warned(*said)
        alone = {"evidence_alpha": curve.alpha[at], "evidence_step_bits": curve.increments[at]}
        for name, value in alone.items():
            yield Told(name, sight.plain(value, "from the mean evidence in bits", said), str(n))

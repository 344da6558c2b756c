"""Bad input over the whole public surface: every function answers ``nan``, or a ``SpecError``, and nothing else.

Each public function has one small sound example, made for so many questions and agents. The cases take the questions or
the agents away, leave one, spoil what an argument holds, or give one argument another length. A new function must be
entered here: a test compares the table with the surface. Warnings are errors, so a stray one of numpy's fails too.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from agentscale import analysis
from agentscale.analysis import FAMILIES, TeamTokens
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Arguments = dict[str, Any]
Q, N, D, C = 6, 4, 5, 3


def drawn(*shape: int) -> np.ndarray:
    return keyed(1, "bad input", *shape).random(shape)


def ids(*shape: int) -> np.ndarray:
    return np.asarray(drawn(*shape) * C).astype(np.int64)


def vectors(q: int, n: int) -> np.ndarray:
    return drawn(q, n, D) - 0.4


def joined(q: int, n: int) -> Arguments:
    return {"answers": ids(q, n), "truth": ids(q)}


def rounds(q: int, n: int) -> Arguments:
    return {"answers": ids(q, 3, n), "truth": ids(q)}


def half(n: int) -> np.ndarray:
    return np.arange(n) % 2


def each(*names: str, low: float = 0.55, high: float = 0.95) -> Callable[[int, int], Arguments]:
    """Numbers inside (½, 1), one a question, under each name."""
    return lambda q, n: {name: low + (high - low) * drawn(q) for name in names}


def small(q: int) -> dict[str, Any]:
    return {"seed": 1, "resamples": 20}


EXAMPLES: dict[str, Callable[[int, int], Arguments]] = {
    # vectors
    "effective_channels": lambda q, n: {"z": vectors(q, n)},
    "hill_spectrum": lambda q, n: {"z": vectors(q, n), "weights": 1 + drawn(n)},
    "hill_spectrum_streamed": lambda q, n: {"blocks": vectors(q, n)},
    "mean_cosine": lambda q, n: {"z": vectors(q, n)},
    "d2_unbiased": lambda q, n: {"z": vectors(q, n)},
    "dinf_unbiased": lambda q, n: {"z": vectors(q, n)},
    "d2_estimate": lambda q, n: {"z": vectors(q, n), **small(q)},
    "kstar_rarefied": lambda q, n: {"z": vectors(q, n), "m": 2},
    "kstar_baselined": lambda q, n: {"z": vectors(q, n), "draws": 5},
    "kstar_extrapolated": lambda q, n: {"z": vectors(q, n)},
    "kstar_truncated": lambda q, n: {"z": vectors(q, n), "t": 2},
    "kstar_conditioned": lambda q, n: {"z": vectors(q, n), "correct": ids(q, n) % 2},
    "channels_d2": lambda q, n: {"z": vectors(q, n)},
    "spiked_count": lambda q, n: {"z": vectors(q, n), "config": half(n).tolist()},
    "delta_k": lambda q, n: {"z": vectors(q, n)},
    "shapley_channels": lambda q, n: {"z": vectors(q, n), "config": half(n).tolist()},
    # answers, with or without truth
    "agreement": lambda q, n: {"a": ids(q, n)},
    "fleiss": lambda q, n: {"a": ids(q, n)},
    "count_answers": lambda q, n: {"a": ids(q, n)},
    "both_wrong": lambda q, n: {"a": ids(q, n), "truth": ids(q), "n_options": np.full(q, C)},
    "vote_decomposition": lambda q, n: joined(q, n) | {"pool": ids(q, n + 2)},
    "v_information_curve": lambda q, n: joined(q, n) | {"config": half(n), "C": C, "seed": 1, "folds": 2},
    "aggregate": lambda q, n: {
        "answers": ids(q, n),
        "config": half(n),
        "item": np.arange(q),
        "n_options": C,
        "seed": 1,
    },
    "subteam_curve": lambda q, n: {"answers": ids(q, n), "config": half(n), "takes": np.bincount(half(n))[None]},
    "subteam_accuracy": lambda q, n: {"answers_by_config": [ids(n)], "take": [n], "truth": 0},
    # correctness
    "mean_phi": lambda q, n: {"correct": ids(q, n) % 2},
    "pair_tables": lambda q, n: {"correct": ids(q, n) % 2},
    "majority_error": lambda q, n: {"correct": ids(q, n) % 2},
    "rho_parts": lambda q, n: {"correct": ids(q, n) % 2, "config": half(n), "before": ids(q, n) % 2},
    "icc_correct": lambda q, n: {"k": ids(q) % (n + 1), "n": np.full(q, n)},
    "icc_estimate": lambda q, n: {"k": ids(q) % (n + 1), "n": np.full(q, n), **small(q)},
    "coverage_betabinom": lambda q, n: {"c": ids(q) % (n + 1), "n": np.full(q, n)},
    "correlation_curve": lambda q, n: {"k": ids(q, n) % 2, "n": np.arange(2, n + 2), **small(q)},
    "coverage_union": lambda q, n: {"c": np.minimum(ids(q, 2), n), "n": np.full((q, 2), n), "k": [min(n, 1)] * 2},
    "best_of_k": lambda q, n: {"scores": drawn(q, n), "correct": ids(q, n) % 2, "k": 1},
    # rounds
    "course": rounds,
    "count_transitions": rounds,
    "consensus_time": lambda q, n: {"answers": ids(q, 3, n)},
    "minority_survival": lambda q, n: {"answers": ids(q, 3, n)},
    "oracle_gap": lambda q, n: rounds(q, n) | small(q),
    "revision": lambda q, n: rounds(q, n) | small(q),
    "martingale_test": lambda q, n: rounds(q, n) | small(q),
    "flip_table": lambda q, n: rounds(q, n) | {"groups": half(n).tolist(), "items": np.arange(q)} | small(q),
    "fault_injection": lambda q, n: {"clean": ids(q, n), "faulty": ids(q + 1, n)[1:], "truth": ids(q)} | small(q),
    "coupling_gain": lambda q, n: {"injected": drawn(q, n), "updated": drawn(q + 1, n)[1:]} | small(q),
    "prior_artifact_test": lambda q, n: {"assigned": drawn(q, n), "final": drawn(q + 1, n)[1:]} | small(q),
    "fj_coupling": lambda q, n: {"opinions": drawn(q, 3, n)} | small(q),
    # counts
    "expected_accuracy": lambda q, n: {"counts": ids(q, C)},
    "maj_at_k": lambda q, n: {"counts": 1 + ids(q, C), "k": 2},
    "answer_hill": lambda q, n: {"counts": ids(q, C)},
    "inverse_simpson": lambda q, n: {"counts": ids(q, C)},
    "entropy": lambda q, n: {"counts": ids(q, C)},
    "entropies": lambda q, n: {"counts": ids(q, C)},
    "neff_answer_entropy": lambda q, n: {"counts": ids(q, C)},
    "vote_information": lambda q, n: {"counts": ids(q, n, C), "theta": drawn(n)},
    "occupancy": lambda q, n: {"pi": drawn(q, C), "n": ids(q)},
    "pass_at_k": lambda q, n: {"n": np.full(q, C), "c": ids(q), "k": ids(q)},
    "error_diversity": lambda q, n: {name: ids(q) for name in ("n11", "n10", "n01", "n00")},
    # scores by question
    "bootstrap_means": lambda q, n: {"values": drawn(q, n), **small(q)},
    "bootstrap_mean_of_means": lambda q, n: {"by_task": {"one": drawn(q, n), "two": drawn(q, n)}, **small(q)},
    "resampled_means": lambda q, n: {"values": drawn(q, n), **small(q)},
    "bootstrap_statistic": lambda q, n: {"columns": drawn(q, 2), "statistic": lambda x: x[..., 0], **small(q)},
    "paired_delta": lambda q, n: {"a": drawn(q), "b": drawn(q + 1)[1:], **small(q)},
    "mcnemar": lambda q, n: {"a": drawn(q), "b": drawn(q + 1)[1:]},
    "hier_bootstrap": lambda q, n: {
        "fn": np.mean,
        "data": drawn(q * n),
        "levels": {"question": np.repeat(np.arange(q), n)},
        "B": 20,
    },
    "n_match": lambda q, n: {
        "sizes": np.arange(1, n + 1),
        "curve": drawn(q, n),
        "references": {"r": drawn(q)},
        "resamples": 20,
    },
    "isotonic": lambda q, n: {"curve": drawn(q, n)},
    "permutation_test": lambda q, n: {"x": drawn(q), "y": drawn(q + 1)[1:], "strata": half(q), "n": 10},
    "spearman": lambda q, n: {"x": drawn(q), "y": drawn(q + 1)[1:]},
    "benjamini_hochberg": lambda q, n: {"p": drawn(q)},
    "within_association": lambda q, n: {
        "metric": drawn(q),
        "accuracy": drawn(q + 1)[1:],
        "dataset": half(q),
        "covariates": drawn(q, 1),
        "strata": half(q),
        "permutations": 10,
    },
    "margin_histogram": lambda q, n: {"values": 2 * drawn(q) - 1},
    # curves
    "fit_curve": lambda q, n: {
        "family": FAMILIES["geom"],
        "x": 1.0 + np.arange(q),
        "y": drawn(q),
        "sd": 0.1 + drawn(q),
    },
    "fit_ringelmann": lambda q, n: {"n": 2.0 + np.arange(q), "rho": drawn(q), "sd": 0.1 + drawn(q)},
    "compare_families": lambda q, n: {
        "x": 1.0 + np.arange(q),
        "y": drawn(q),
        "sd": 0.1 + drawn(q),
        "families": [FAMILIES["geom"], FAMILIES["constant"]],
    },
    # weights, covariances, joints
    "ess": lambda q, n: {"weights": drawn(q, n)},
    "neff_weights": lambda q, n: {"weights": drawn(q, n), "correlation": np.broadcast_to(np.eye(n), (q, n, n))},
    "gls_weights": lambda q, n: {"correlation": np.broadcast_to(np.eye(n), (q, n, n))},
    "mvn_r2_curve": lambda q, n: {"cov": np.broadcast_to(np.eye(n), (q, n, n)), "signal": drawn(q, n)},
    "ambiguity": lambda q, n: {"forecasts": drawn(q, n), "truth": drawn(q), "weights": drawn(n)},
    "evidence_terms": lambda q, n: {"joint": np.full((1, C, C), 1 / C**2)},
    "conditional_information": lambda q, n: {"joint": np.full((C, C), 1 / C**2), "a": [0], "b": [1]},
    "info_bound_parallel": lambda q, n: {"budget_bits": drawn(q), "calls": ids(q, 2), "single_bits": drawn(q, 2)},
    "alpha_n": lambda q, n: {"bits": drawn(q), "n": 1 + ids(q), "entropy_bits": 2.0},
    "increments": lambda q, n: {"bits": drawn(q), "n": np.arange(1, q + 1)},
    "bits": lambda q, n: {"nats": drawn(q)},
    # laws of probabilities
    "condorcet": lambda q, n: {"n": 1 + ids(q), "p": drawn(q)},
    "plurality_accuracy": lambda q, n: {"theta": drawn(q, C) / C, "n": 3},
    "beta_shape": each("p", "rho"),
    "betabinom_jury": lambda q, n: {"p": drawn(q), "rho": drawn(q), "n": 1 + ids(q)},
    "jury_ceiling": each("p", "rho"),
    "log_odds": each("p"),
    "weighted_majority": lambda q, n: {"p": drawn(n), "weights": drawn(n)},
    "kish": lambda q, n: {"n": 1 + ids(q), "rho": drawn(q)},
    "kish_ceiling": each("rho"),
    "ahead_by_k": lambda q, n: {"p": 0.6 + drawn(q) / 3, "k": 1 + ids(q)},
    "first_to_k": lambda q, n: {"theta": drawn(q, C) / C, "k": 2},
    "race_by_draws": lambda q, n: {"theta": np.full(C, 1 / C), "k": 2, "races": 20},
    "pilot_k": lambda q, n: {"right": 95, "votes": 100, "steps": 31, "target": 0.9},
    "p_full": lambda q, n: {"p": 0.6 + drawn(q) / 3, "k": 1 + ids(q), "steps": 1 + ids(q), "per_call": np.ones(q)},
    "k_min": lambda q, n: {"p": 0.6 + drawn(q) / 3, "steps": 1 + ids(q), "target": 0.4 + drawn(q) / 2},
    "chain_samples": lambda q, n: {"p": 0.6 + drawn(q) / 3, "k": 1 + ids(q), "steps": 1 + ids(q)},
    "chain_cost": lambda q, n: {"p": 0.6 + drawn(q) / 3, "k": 1 + ids(q), "steps": 1 + ids(q), "price": drawn(q)},
    "beta_coverage": lambda q, n: {"a": 0.1 + drawn(q), "b": 0.1 + drawn(q), "k": ids(q)},
    "resample_until_accept": lambda q, n: {"k": ids(q), "r": [0.5, 0.2], "p": [0.5, 0.5], "s": 0.5},
    "optimal_k": lambda q, n: {"v": -1.0, "r": [0.5, 0.2], "p": [0.5, 0.5], "s": 0.5},
    "ttspm": lambda q, n: {"n": ids(q), "f_max": drawn(q), "p": drawn(q)},
    "ttspm_stop": each("f_max", "p", "eps"),
    "verified_best_of_k": lambda q, n: {"p": drawn(q), "auc": drawn(q), "k": 1 + ids(q)},
    "items_needed": lambda q, n: {"delta": 0.1, "discordance": 0.2},
    "detectable_delta": lambda q, n: {"n": 100, "discordance": 0.2},
    # overhead and cost
    "overhead_percent": each("turns", "single_turns"),
    "coordination_efficiency": each("success", "turns", "single_turns"),
    "message_density": each("messages", "turns"),
    "success_at_density": each("density"),
    "turn_law": each("agents", low=1, high=9),
    "success_per_million_tokens": each("successes", "tokens"),
    "error_outcome_ratio": each("success", "single_success"),
    "error_odds_ratio": each("success", "single_success"),
    "error_absorption": each("error", "single_error"),
    "duplicate_work_ratio": lambda q, n: {"uses": [(at, at % 2) for at in range(n)]},
    "critical_path": lambda q, n: {"latency_s": drawn(n), "waits_for": [(at, at + 1) for at in range(n - 1)]},
    "dose": each("peers", "rounds"),
    "team_tokens": lambda q, n: each("n", "k", "tau", "prompt", "answer", low=1, high=9)(q, n),
    "cost_model": lambda q, n: {
        "tokens": TeamTokens(drawn(q) + 1, drawn(q), drawn(q)),
        "parameters": 1e9,
        "context": drawn(q),
    },
    "token_cost_usd": lambda q, n: {"tokens": TeamTokens(drawn(q) + 1, drawn(q), drawn(q)), "input": 1, "output": 2},
    "check_parse_failure": lambda q, n: {"first": 0.1, "second": 0.2},
    "check_decoding": lambda q, n: {"first": ["T 0"] * n, "second": ["T 0"]},
    "shapley": lambda q, n: {"worth": lambda who: drawn(q) * len(who), "n": max(n, 1)},
}

FILES = {
    *("analyze", "read_pilots", "forecast_table", "as_correlation", "embedder_agreement"),
    *("compare_runs", "changed_answers"),
}
"""What takes no array: run folders and families have tests of their own."""

SIZES = {
    "no questions": (0, N),
    "no agents": (Q, 0),
    "one agent": (Q, 1),
    "one question": (1, N),
    "nothing": (0, 0),
}
CONTENTS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "zero vectors": ("z blocks", np.zeros_like),
    "nan vectors": ("z blocks", lambda x: np.full_like(x, np.nan)),
    "a nan row": ("z blocks", lambda x: np.where(np.arange(x.shape[-2])[:, None] == 0, np.nan, x)),
    "all missing": ("a answers clean faulty pool", lambda x: np.full_like(x, -1)),
    "unlabelled": ("truth", lambda x: np.full_like(x, -1)),
    "all right": ("correct before", np.ones_like),
    "all wrong": ("correct before k c", np.zeros_like),
    "unknown": ("correct before", lambda x: np.full(x.shape, np.nan)),
    "no votes": ("counts pi n11 n10 n01 n00", np.zeros_like),
    "nan scores": (
        "a b x y p rho n data values columns curve metric accuracy injected updated assigned final opinions scores "
        "forecasts weights correlation cov signal bits nats",
        lambda x: np.full(x.shape, np.nan),
    ),
}


def spoilt(name: str, case: str) -> Arguments:
    """The arguments of the example in this case."""
    if case in SIZES:
        return EXAMPLES[name](*SIZES[case])
    which, change = CONTENTS[case]
    sound = EXAMPLES[name](Q, N)
    return {key: change(part) if key in which.split() and _is_array(part) else part for key, part in sound.items()}


def _is_array(part: object) -> bool:
    return isinstance(part, np.ndarray)


def _differs(one: Arguments, other: Arguments) -> bool:
    return any(repr(one[key]) != repr(other[key]) for key in one if not callable(one[key]))


def cases() -> Iterator[tuple[str, str]]:
    """Functions with the cases that change what they are given."""
    for name in EXAMPLES:
        sound = EXAMPLES[name](Q, N)
        for case in (*SIZES, *CONTENTS):
            if _differs(spoilt(name, case), sound):
                yield name, case


def longer() -> Iterator[tuple[str, str]]:
    """Functions of several arrays, with each array that can be given another length."""
    for name, example in EXAMPLES.items():
        sound, more = example(Q, N), example(Q + 1, N + 1)
        arrays = [key for key, part in sound.items() if _is_array(part)]
        if len(arrays) > 1:
            yield from ((name, key) for key in arrays if np.shape(sound[key]) != np.shape(more[key]))


def outcome(name: str, arguments: Arguments) -> tuple[Any, str]:
    """What the function gives, or how it refuses; anything else that it raises is a failure."""
    try:
        return getattr(analysis, name)(**arguments), ""
    except SpecError as error:
        return None, str(error)


def test_every_public_function_has_an_example() -> None:
    functions = {name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))}
    assert functions == {*EXAMPLES, *FILES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_every_function_is_sound(name: str) -> None:
    getattr(analysis, name)(**EXAMPLES[name](Q, N))


@pytest.mark.parametrize(("name", "case"), list(cases()))
def test_bad_input_is_answered_or_refused_and_never_breaks(name: str, case: str) -> None:
    found, refusal = outcome(name, spoilt(name, case))
    assert found is not None or "allowed:" in refusal


@pytest.mark.parametrize(("name", "key"), list(longer()))
def test_lengths_that_do_not_fit_are_refused_with_their_shapes(name: str, key: str) -> None:
    sound, more = EXAMPLES[name](Q, N), EXAMPLES[name](Q + 1, N + 1)
    with pytest.raises(SpecError) as caught:
        getattr(analysis, name)(**{**sound, key: more[key]})
    said = str(caught.value)
    assert any(str(size) in said for size in np.shape(more[key])), said
    assert any(re.search(rf"\b{one}\b", said) for one in sound), said


EMPTY = "no questions|no agents|nothing"
UNDEFINED: list[tuple[str, str, Callable[[Any], object]]] = [
    (
        "effective_channels mean_cosine kstar_truncated delta_k",
        f"{EMPTY}|zero vectors|nan vectors",
        lambda found: found,
    ),
    ("mean_cosine delta_k", "one agent", lambda found: found),
    ("hill_spectrum hill_spectrum_streamed", f"{EMPTY}|zero vectors|nan vectors", lambda found: found.hill),
    (
        "d2_unbiased dinf_unbiased d2_estimate kstar_rarefied channels_d2 spiked_count",
        f"{EMPTY}|one agent|zero vectors|nan vectors",
        lambda found: found.value,
    ),
    ("kstar_baselined", f"{EMPTY}|one agent|zero vectors|nan vectors", lambda found: found.excess),
    ("kstar_extrapolated", f"{EMPTY}|one agent|zero vectors|nan vectors", lambda found: found.exponent),
    (
        "kstar_conditioned",
        f"{EMPTY}|one agent|zero vectors|nan vectors|all right|all wrong|unknown",
        lambda found: [*np.ravel(found.adj_c), *np.ravel(found.adj_w), found.z_c, found.z_w],
    ),
    ("agreement both_wrong", f"{EMPTY}|one agent|all missing", lambda found: found.observed),
    ("fleiss mean_phi", f"{EMPTY}|one agent|all missing|all right|all wrong|unknown", lambda found: found),
    ("both_wrong", "unlabelled", lambda found: found.observed),
    ("vote_decomposition", f"{EMPTY}|all missing|unlabelled", np.concatenate),
    ("v_information_curve", f"{EMPTY}|one question|all missing|unlabelled", lambda found: found.bits),
    ("majority_error", f"{EMPTY}|unknown", lambda found: found.majority),
    ("rho_parts", f"{EMPTY}|one agent|all right|all wrong|unknown", list),
    ("icc_correct", f"{EMPTY}|one agent|all wrong", lambda found: found),
    ("icc_estimate", f"{EMPTY}|one agent|all wrong", lambda found: found.value),
    ("coverage_betabinom", f"{EMPTY}|one agent|all wrong", lambda found: [found.a, found.b]),
    ("correlation_curve", f"{EMPTY}|all wrong", lambda found: found.rho),
    ("course", f"{EMPTY}|all missing|unlabelled", lambda found: np.ravel([*found[:4], *found[5:7]])),
    ("minority_survival", f"{EMPTY}|all missing", lambda found: found),
    ("oracle_gap", f"{EMPTY}|all missing|unlabelled", lambda found: found.value),
    ("revision", f"{EMPTY}|all missing|unlabelled", lambda found: [part.value for part in found]),
    ("martingale_test", f"{EMPTY}|all missing|unlabelled", lambda found: [found.mu.value, found.p_value]),
    (
        "flip_table",
        f"{EMPTY}|one agent|all missing|unlabelled",
        lambda found: [part.value for table in found.values() for part in table[5:]],
    ),
    ("fault_injection", f"{EMPTY}|all missing|unlabelled", lambda found: [part.value for part in found]),
    ("coupling_gain fj_coupling", f"{EMPTY}|one agent|nan scores", lambda found: found.value),
    ("prior_artifact_test", f"{EMPTY}|nan scores", lambda found: [found.slope.value, found.bias.value]),
    ("answer_hill inverse_simpson entropy neff_answer_entropy", "no votes", lambda found: found),
    ("entropies error_diversity", "no votes", np.concatenate),
    ("occupancy", "no votes", lambda found: found.expected),
    ("bootstrap_means", "no questions|nan scores", lambda found: np.ravel(found[:3])),
    ("paired_delta bootstrap_statistic", "no questions|nan scores", lambda found: [found.value, found.low, found.high]),
    ("hier_bootstrap", EMPTY, lambda found: [found.value, found.low, found.high]),
    ("mcnemar spearman", "no questions|nan scores", lambda found: found),
    ("permutation_test", "no questions|nan scores", lambda found: [found.value, found.p, found.z]),
    ("within_association", "no questions|nan scores", lambda found: [found.slope, found.r2_within, found.permuted.p]),
    ("weighted_majority", "no agents", lambda found: found),
    ("ess neff_weights", "no agents", lambda found: found),
    ("ambiguity", "no agents", np.concatenate),
]


def undefined() -> Iterator[tuple[str, str, Callable[[Any], object]]]:
    changed = set(cases())
    for names, which, of in UNDEFINED:
        yield from ((name, case, of) for name in names.split() for case in which.split("|") if (name, case) in changed)


@pytest.mark.parametrize(("name", "case", "of"), list(undefined()))
def test_what_is_undefined_is_nan_and_neither_nought_nor_one(name: str, case: str, of: Callable[[Any], object]) -> None:
    found, refusal = outcome(name, spoilt(name, case))
    assert refusal or np.isnan(np.asarray(of(found), dtype=np.float64)).all(), found
    if case in CONTENTS and not refusal:
        assert getattr(found, "warnings", "a plain number has nowhere to say it")


def test_one_valid_vector_is_one_channel() -> None:
    np.testing.assert_array_equal(analysis.effective_channels(vectors(Q, 1)), 1.0)
    gap = np.where(np.arange(N)[:, None] == 2, vectors(1, N)[0], np.nan)
    assert analysis.effective_channels(gap) == 1.0

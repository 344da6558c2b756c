"""What worlds measured at their end: means with intervals, and every run, since a mean can hide two kinds of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agentscale.analysis.arrays import CellArrays, Floats
from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.curves import setting

Row = dict[str, object]

OVER_TRIALS = "95 % BCa interval with t tails, from a bootstrap over trials"
OVER_QUESTIONS = "95 % BCa interval with t tails, from a bootstrap over questions, each the mean of its trials"


def mean_rows(arrays: CellArrays, questions: Sequence[str], *, seed: int, resamples: int) -> Iterator[Row]:
    """A row for every measure and question, whose trials are replicates, and one for all questions of several.

    A trial in which a measure is not defined is left out of its mean and counted.

    Args:
        arrays: A cell in which agents acted on a world; of others there are no rows.
        questions: The task's, in the order of their places.
        seed: Of the bootstrap.
        resamples: Of it.
    """
    if not arrays.is_world:
        return
    table = np.stack(list(arrays.measures.values()), axis=1)
    places = np.unique(arrays.item).tolist()
    for place in places:
        trials = table[arrays.item == place]
        yield from _rows(arrays, questions[place], trials, trials, OVER_TRIALS, seed, resamples)
    if len(places) > 1:
        by_question = np.stack([arrays.by_item(column) for column in table.T], axis=1)
        yield from _rows(arrays, "", table, by_question, OVER_QUESTIONS, seed, resamples)


def run_rows(arrays: CellArrays, questions: Sequence[str]) -> Iterator[Row]:
    """A row for every trial, with its measures as columns."""
    for at in range(len(arrays.item) if arrays.is_world else 0):
        place = {"cell": arrays.cell.id, "question": questions[arrays.item[at]], "replicate": arrays.replicate[at]}
        yield place | {name: values[at] for name, values in arrays.measures.items()}


def _rows(
    arrays: CellArrays, question: str, trials: Floats, units: Floats, method: str, seed: int, resamples: int
) -> Iterator[Row]:
    """The rows of one question or all: trials are counted, units resampled, each of shape (…, measures)."""
    found = mean_estimates(units, seed=seed, resamples=resamples, task=f"{arrays.cell.id}/{question}")
    defined = np.isfinite(trials).sum(axis=0)
    for name, one, n in zip(arrays.measures, found, defined.tolist(), strict=True):
        yield {
            "cell": arrays.cell.id,
            **setting(arrays.cell, team=True)._asdict(),
            "question": question,
            "measure": name,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "n": n,
            "n_undefined": len(trials) - n,
            "method": method,
        }

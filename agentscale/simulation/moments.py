"""Moments of votes: what a world's parameters show themselves by, from counts and, without noise, from laws.

The same moments are computed from a recorded run, where agents were counted, and from a world, where the law of every
configuration is known; so the two can be set beside each other. Pairs of agents are of four kinds: of one
configuration, of one model with other personas, of other models with one persona, and of other models and personas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("same agent", "other persona", "other model", "other both")
"""The kinds of pairs."""


class Design(NamedTuple):
    """Who voted: B configurations."""

    models: tuple[int, ...]
    """The model of each, from 0."""
    personas: tuple[str | None, ...]
    """The persona of each, or ``None``."""
    sizes: tuple[int, ...]
    """How many agents of each."""

    def pairs(self) -> list[NDArray[np.bool_]]:
        """For each of `KINDS` which pairs of configurations are of it, shape (B, B), each pair once."""
        model, persona = np.array(self.models), np.array([name or "" for name in self.personas])
        same_model, same_persona = model[:, None] == model, persona[:, None] == persona
        once = np.triu(np.ones((len(model), len(model)), np.bool_), 1)
        enough = np.diag(np.array(self.sizes) >= 2)
        others = (same_model & ~same_persona, ~same_model & same_persona, ~same_model & ~same_persona)
        return [enough, *(kind & once for kind in others)]


class Moments(NamedTuple):
    """Moments by question: means over questions are what is fitted."""

    names: tuple[str, ...]
    by_question: Floats
    """Shape (Q, number of moments)."""

    @property
    def means(self) -> Floats:
        """Shape (number of moments,)."""
        return np.asarray(self.by_question.mean(axis=0))


def counted_moments(counts: NDArray[np.integer], design: Design) -> Moments:
    """Moments of a run, without bias for any number of agents.

    Args:
        counts: Agents by answer, shape (Q, B, C + 1): 0 is right, what cannot be read last.
        design: Who voted.
    """
    sizes = np.array(design.sizes, np.float64)
    once = counts / sizes[:, None]
    twice = counts * (counts - 1) / np.maximum(sizes * (sizes - 1), 1)[:, None]
    thrice = twice * (counts - 2) / np.maximum(sizes - 2, 1)[:, None]
    return _moments(once, twice, thrice, design)


def law_moments(theta: Floats, design: Design) -> Moments:
    """Moments of a world, from the laws of its configurations.

    Args:
        theta: Θ, shape (Q, B, C); what is left to 1 cannot be read.
        design: Who votes.
    """
    lost = np.clip(1.0 - theta.sum(axis=2, keepdims=True), 0.0, 1.0)
    once = np.concatenate([theta, lost], axis=2)
    return _moments(once, once**2, once**3, design)


def _moments(once: Floats, twice: Floats, thrice: Floats, design: Design) -> Moments:
    """From the shares of answers, and those of two and of three agents of a configuration that all give one."""
    names, columns = ["right"], [once[:, :, 0].mean(axis=1)]
    for kind, pairs in zip(KINDS, design.pairs(), strict=True):
        if not pairs.any():
            continue
        for what, options in (
            ("both right", slice(0, 1)),
            ("wrong alike", slice(1, -1)),
            ("both lost", slice(-1, None)),
        ):
            names.append(f"{what}, {kind}")
            columns.append(_alike(once[:, :, options], twice[:, :, options], pairs))
    triples = np.array(design.sizes) >= 3
    if triples.any():
        names.append("three right, same agent")
        columns.append(thrice[:, triples, 0].mean(axis=1))
    return Moments(tuple(names), np.stack(columns, axis=1))


def _alike(once: Floats, twice: Floats, pairs: NDArray[np.bool_]) -> Floats:
    """How often two agents of such a pair give the same of these options, shape (Q,)."""
    here, there = np.nonzero(pairs)
    if np.array_equal(here, there):
        return np.asarray(twice[:, here].sum(axis=2).mean(axis=1))
    return np.asarray(np.einsum("qpo,qpo->qp", once[:, here], once[:, there]).mean(axis=1))


def design_of(seats: Sequence[tuple[int, str | None]]) -> tuple[Design, list[int]]:
    """The design of seats given by (model, persona), and the configuration of each seat."""
    kinds = list(dict.fromkeys(seats))
    place = [kinds.index(seat) for seat in seats]
    sizes = tuple(place.count(kind) for kind in range(len(kinds)))
    return Design(tuple(model for model, _ in kinds), tuple(persona for _, persona in kinds), sizes), place

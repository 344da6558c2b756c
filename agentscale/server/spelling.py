"""Faults and delays as a command line spells them: ``429=0.1,hang=0.01,slow_s=3`` and ``lognormal:0.2,0.5``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import ValidationError

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.server.faults import FAULTS, FaultPlan

SPELLINGS = {
    "429": "busy",
    "503": "busy_skewed",
    "500": "error",
    "truncate": "truncated",
    "big": "huge",
}
"""Other names of faults, by which callers know them."""

SETTINGS = tuple(name for name in FaultPlan.model_fields if name not in ("seed", "shares"))
"""What else of a plan may be set."""

_DISTRIBUTIONS = ("constant:SECONDS", "uniform:LOW,HIGH", "exponential:MEAN", "lognormal:MEDIAN,SIGMA")
_FORMS = {form.partition(":")[0]: form for form in _DISTRIBUTIONS}


def fault_plan(text: str, seed: int) -> FaultPlan:
    """The plan that ``text`` spells: ``NAME=SHARE`` of faults and ``NAME=SECONDS`` of settings, between commas.

    Raises:
        SpecError: A name is unknown, or a number is out of its range.
    """
    shares: dict[str, float] = {}
    settings: dict[str, Any] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, written = pair.partition("=")
        value = _number(written, pair, "--faults", "NAME=NUMBER, such as 429=0.1")
        if name in SETTINGS:
            settings[name] = value
        elif (fault := SPELLINGS.get(name, name)) in FAULTS:
            shares[fault] = shares.get(fault, 0.0) + value
        else:
            raise SpecError.unknown("fault", name, [*FAULTS, *SPELLINGS, *SETTINGS], key="--faults")
    try:
        return FaultPlan.model_validate({"seed": seed, "shares": shares, **settings})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        problem = first["msg"].removeprefix("Value error, ")
        raise SpecError(f"{place}: {problem}" if place else problem, key="--faults") from None


def latency(text: str, seed: int) -> Callable[[int], float]:
    """The delay that ``text`` spells: of a request's number, its seconds.

    Raises:
        SpecError: The distribution is unknown, or its numbers are not right.
    """
    name, _, written = text.rpartition(":")
    name = name or "constant"
    if name not in _FORMS:
        raise SpecError.unknown("distribution", name, _FORMS, key="--latency")
    form = _FORMS[name]
    numbers = [_number(part, text, "--latency", form) for part in written.split(",")]
    if len(numbers) != len(form.split(",")) or min(numbers) < 0 or (name == "uniform" and numbers[0] > numbers[1]):
        raise SpecError(f"got {text!r}", key="--latency", allowed=f"{form}, in seconds, none below 0")
    return lambda number: _drawn(name, numbers, keyed(seed, "latency", number))


def _drawn(name: str, numbers: list[float], rng: np.random.Generator) -> float:
    if name == "uniform":
        return float(rng.uniform(numbers[0], numbers[1]))
    if name == "exponential":
        return float(rng.exponential(numbers[0]))
    if name == "lognormal":
        return float(numbers[0] * np.exp(numbers[1] * rng.standard_normal()))
    return numbers[0]


def _number(written: str, whole: str, key: str, allowed: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = float("nan")
    if np.isfinite(value):
        return value
    raise SpecError(f"got {whole!r}", key=key, allowed=allowed)

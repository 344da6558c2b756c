"""The garbage collector looks seldom while a run is under way, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentscale.engine.collector import THRESHOLDS, seldom
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep
from agentscale.store import RunFolder


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_it_looks_seldom_until_the_last_of_several_runs_has_ended() -> None:
    first, second = seldom(), seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == THRESHOLDS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


def test_a_run_that_fails_puts_it_back() -> None:
    with pytest.raises(OSError, match="full"), seldom():
        raise OSError("full")
    assert gc.get_threshold() == (700, 10, 10)


def test_what_the_caller_wishes_seldomer_still_or_not_at_all_stays() -> None:
    gc.set_threshold(50_000, 10, 10)
    with seldom():
        assert gc.get_threshold() == (50_000, 20, 50)
    gc.set_threshold(0, 10, 10)
    with seldom():
        assert gc.get_threshold() == (0, 10, 10)


def test_a_run_is_such_a_block(make_sweep: Callable[..., Sweep], play: Callable[..., tuple[RunFolder, Tally]]) -> None:
    seen: list[Any] = []
    play(make_sweep(), watch=lambda tally: seen.append(gc.get_threshold()))
    assert set(seen) == {THRESHOLDS}
    assert gc.get_threshold() == (700, 10, 10)

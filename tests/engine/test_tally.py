"""What a run counts of the tokens and the money of its calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.engine.tally import Tally
from agentscale.prices import Quote, Rates
from agentscale.recording import Answer, Clock
from agentscale.schema.calls import Completion, Failure, Usage

QUOTE = Quote((Rates(0, 10.0, 1.0, 20.0),), "test")
COUNT = st.integers(0, 10**6)


def counted(usage: Usage) -> Tally:
    tally = Tally(trials=1)
    tally.call("m", Answer(Completion("x", usage=usage), None, Clock(0.0, 0.0, 0)), QUOTE)
    return tally


def test_cached_tokens_are_paid_at_the_price_of_cached_ones() -> None:
    tally = counted(Usage(1_000_000, 0, cached_in=400_000, reasoning_out=7))
    assert tally.usd == pytest.approx(0.6 * 10.0 + 0.4 * 1.0)
    assert (tally.tokens_in, tally.tokens_cached, tally.tokens_reasoning) == (1_000_000, 400_000, 7)


def test_where_nothing_is_told_of_a_cache_all_tokens_are_fresh() -> None:
    assert counted(Usage(1_000_000, 1_000_000)).usd == pytest.approx(30.0)


@pytest.mark.parametrize(("quote", "usd"), [(None, None), (QUOTE, 0.0)])
def test_what_calls_of_an_unknown_price_have_cost_is_unknown_also_where_all_of_them_failed(
    quote: Quote | None, usd: float | None
) -> None:
    tally = Tally(trials=1)
    assert tally.usd == 0.0
    tally.call("m", Answer(None, Failure("server", "HTTP 500"), Clock(0.0, 0.0, 0)), quote)
    assert tally.usd == usd


@given(COUNT, COUNT, COUNT)
def test_no_call_costs_less_than_with_its_whole_prompt_cached(tokens_in: int, tokens_out: int, cached: int) -> None:
    """Whatever an endpoint says of its cache."""
    usd = counted(Usage(tokens_in, tokens_out, cached)).usd
    assert usd is not None
    assert QUOTE.usd(tokens_in, tokens_out, tokens_in) <= usd * (1 + 1e-12) <= QUOTE.usd(tokens_in, tokens_out) * 1.001

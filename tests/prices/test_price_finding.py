"""What a token costs: by the file, by this machine, by the public lists; else nobody knows."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale import prices
from agentscale.prices import Quote, Rates
from agentscale.schema.experiment import Experiment

OPENAI = "https://api.openai.com/v1"
HERE = "http://127.0.0.1:8080/v1"
AT = datetime(2026, 11, 1, tzinfo=UTC)


def experiment(model: dict[str, Any], **keys: Any) -> Experiment:
    return Experiment.model_validate({"models": {"m": model}, "task": "sums", **keys})


def found(model: dict[str, Any], base_url: str | None = HERE, **keys: Any) -> Quote | None:
    return prices.find(experiment(model, **keys), "m", base_url, AT)


@pytest.mark.parametrize(
    ("model", "source"),
    [
        ({"simulated": {}}, "simulated"),
        ({"scripted": {"replies": ["yes"]}}, "scripted"),
        ({"endpoint": "cpu", "model": "smol"}, "launched on this machine"),
    ],
)
def test_what_this_program_computes_itself_costs_nothing_and_says_why(model: dict[str, Any], source: str) -> None:
    quote = found(model, None, endpoints={"cpu": {"launch": {"model": "smol"}}})
    assert quote is not None
    assert quote.is_free
    assert quote.usd(10**9, 10**9) == quote.at_most(float("inf"), float("inf"), float("inf")) == 0
    assert quote.source == source


def test_without_the_public_lists_a_vendors_price_is_unknown_and_not_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert not prices.are_installed()
    assert found({"model": "gpt-4o-mini"}, OPENAI) is None


def test_for_a_server_on_this_machine_the_lists_are_not_loaded() -> None:
    code = (
        "import sys; from datetime import UTC, datetime; from agentscale.prices.public import listed\n"
        f"assert listed('gpt-4o-mini', {HERE!r}, datetime.now(UTC)) is None\n"
        "assert 'genai_prices' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_vendors_listed_price_is_found_by_its_address() -> None:
    quote = found({"model": "gpt-4o-mini"}, OPENAI)
    assert quote is not None
    assert quote.rates == (Rates(0, 0.15, 0.075, 0.6),)
    assert quote.source.startswith("genai-prices ")
    assert quote.source.endswith(": openai gpt-4o-mini")
    assert quote.usd(1_000_000, 1_000_000) == pytest.approx(0.75)


@pytest.mark.parametrize("base_url", [HERE, "https://models.example.org/v1", None])
def test_a_vendors_name_at_another_address_has_no_known_price(base_url: str | None) -> None:
    assert found({"model": "gpt-4o-mini"}, base_url) is None


def test_a_model_that_its_vendor_does_not_list_has_no_known_price() -> None:
    assert found({"model": "a-model-of-nobody"}, OPENAI) is None


def test_the_models_own_price_goes_before_the_files_and_that_before_the_lists() -> None:
    own, file = {"input": 1, "output": 2}, {"gpt-4o-mini": {"input": 3, "cached": 1, "output": 4}}
    by_model = found({"model": "gpt-4o-mini", "price": own}, OPENAI, prices=file)
    by_file = found({"model": "gpt-4o-mini"}, OPENAI, prices=file)
    assert by_model == Quote((Rates(0, 1, 1, 2),), "models.m.price")
    assert by_file == Quote((Rates(0, 3, 1, 4),), "prices.gpt-4o-mini")


def test_a_simulated_model_may_be_given_a_price_to_try_out_budgets() -> None:
    quote = found({"simulated": {}, "price": {"input": 1, "output": 2}})
    assert quote is not None
    assert quote.usd(2_000_000, 1_000_000) == 4


def test_a_longer_prompt_pays_its_own_rate_for_all_of_its_tokens() -> None:
    quote = found({"model": "gemini-2.5-pro"}, "https://generativelanguage.googleapis.com/v1beta/openai")
    assert quote is not None
    assert [rate.above for rate in quote.rates] == [0, 200_000]
    assert quote.usd(200_000, 0) == pytest.approx(0.2 * quote.rates[0].input)
    assert quote.usd(200_001, 0) == pytest.approx(0.200001 * quote.rates[1].input)


def test_cached_tokens_are_among_those_of_the_prompt() -> None:
    quote = Quote((Rates(0, 10, 1, 0),), "test")
    assert quote.usd(1_000_000, 0, tokens_cached=400_000) == pytest.approx(6.4)


rates = st.floats(0, 100)
counts = st.integers(0, 10**6)
calls = st.lists(st.tuples(counts, counts), min_size=1, max_size=9)


@given(cheap=st.tuples(rates, rates, rates), dear=st.tuples(rates, rates, rates), made=calls, above=counts)
def test_what_calls_cost_lies_between_the_bounds_for_their_tokens(
    cheap: tuple[float, float, float],
    dear: tuple[float, float, float],
    made: list[tuple[int, int]],
    above: int,
) -> None:
    quote = Quote((Rates(0, *cheap), Rates(above + 1, *dear)), "test")
    cost = sum(quote.usd(tokens_in, tokens_out, tokens_in // 2) for tokens_in, tokens_out in made)
    total_in, total_out = (sum(each) for each in zip(*made, strict=True))
    longest = max(tokens_in for tokens_in, _ in made)
    assert quote.at_least(total_in, total_out) <= cost * (1 + 1e-9)
    assert cost <= quote.at_most(total_in, total_out, longest) * (1 + 1e-9)

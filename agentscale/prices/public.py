"""The public price lists, as the package ``genai-prices`` ships them: a snapshot, read offline, never renewed here.

The package is the extra ``prices``: without it, what only the lists could tell is unknown.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from agentscale.prices.quote import Quote, Rates
from agentscale.transport import is_loopback

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices


INSTALL = "pip install 'agentscale[prices]'"
"""What brings the lists."""


def are_installed() -> bool:
    """Whether the lists are there to be asked."""
    return importlib.util.find_spec("genai_prices") is not None


def listed(model: str, base_url: str, at: datetime) -> Quote | None:
    """The listed price of a model at the vendor whose address ``base_url`` is, or ``None``; also without the lists.

    The vendor goes by the address alone: a server that is none of a known vendor may name its models as it likes, and
    what it charges is unknown. So is what is charged by the request. Where a price depends on the time of day, the
    dearest counts, so that a bound made from it holds.

    Args:
        model: The model's name at the vendor.
        base_url: Where it is asked.
        at: The time of the run, with its zone; a price that starts later is not used.
    """
    if is_loopback(base_url) or not are_installed():  # no vendor's address: the lists, slow to load, need no asking
        return None
    from genai_prices import __version__  # imports an HTTP client, which is never used
    from genai_prices.data_snapshot import get_snapshot

    try:
        provider, info = get_snapshot().find_provider_model(model, None, None, base_url)
    except LookupError:
        return None
    made = _dearest([rates for price in _in_force(info, at) if (rates := _rates(price)) is not None])
    return None if made is None else Quote(made, f"genai-prices {__version__}: {provider.id} {info.id}")


def _in_force(info: ModelInfo, at: datetime) -> Iterator[ModelPrice]:
    """The price that holds at that time, and those of other times of the day."""
    if not isinstance(info.prices, list):
        yield info.prices
        return
    yield info.get_prices(at)
    yield from (price.prices for price in info.prices if getattr(price.constraint, "end_time", None) is not None)


def _rates(price: ModelPrice) -> tuple[Rates, ...] | None:
    """The rates of a listed price; ``None`` where it does not say what text costs."""
    if price.input_mtok is None or price.output_mtok is None or price.requests_kcount is not None:
        return None
    cached = price.input_mtok if price.cache_read_mtok is None else price.cache_read_mtok
    steps = sorted({0, *(start for each in (price.input_mtok, price.output_mtok, cached) for start in _starts(each))})
    return tuple(Rates(at, _at(price.input_mtok, at), _at(cached, at), _at(price.output_mtok, at)) for at in steps)


def _starts(price: Decimal | TieredPrices) -> list[int]:
    return [] if isinstance(price, Decimal) else [tier.start for tier in price.tiers]


def _at(price: Decimal | TieredPrices, tokens_in: int) -> float:
    """The rate of a call whose prompt has just more than so many tokens."""
    if isinstance(price, Decimal):
        return float(price)
    return float([price.base, *(tier.price for tier in price.tiers if tier.start <= tokens_in)][-1])


def _dearest(found: list[tuple[Rates, ...]]) -> tuple[Rates, ...] | None:
    return max(found, key=lambda rates: (rates[-1].output, rates[-1].input), default=None)

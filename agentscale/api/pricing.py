"""What an answer of a recorded run costs today: the prices of its experiment file, or the public lists."""

from __future__ import annotations

import os
from collections.abc import Callable

from agentscale.store import RunFolder


def rate(folder: RunFolder) -> Callable[[str, int, int], float | None]:
    """From a model of the run, its tokens in and out, to US dollars; ``None`` where the price is unknown.

    Raises:
        SpecError: If the run's experiment can no longer be read.
    """
    from agentscale import experiment
    from agentscale.engine.pricing import quotes

    # Of an imported log nobody knows what was asked, and so not what it cost.
    imported = "imported" in folder.header.experiment
    known = {} if imported else quotes(experiment.from_folder(folder), os.environ)

    def usd(model: str, tokens_in: int, tokens_out: int) -> float | None:
        quote = known.get(model)
        return None if quote is None else quote.usd(tokens_in, tokens_out)

    return usd

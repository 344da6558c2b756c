"""Which further fields a model may be asked with: none that the experiment sets elsewhere, and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentscale.errors import SpecError

OWN = {
    "model": "model",
    "messages": "the task and the personas",
    "temperature": "sampling",
    "top_p": "sampling",
    "max_tokens": "sampling",
    "max_completion_tokens": "sampling, as max_tokens",
    "stop": "sampling",
    "seed": "sampling",
    "random_seed": "sampling, as seed",
    "reasoning_effort": "the model, as reasoning_effort",
    "response_format": "the model, as json_schema",
    "tools": "tools of the experiment; who has them is said under team",
    "stream": "the endpoint, as stream",
    "stream_options": "the endpoint, as stream",
    "n": "replicates and team.size, since one answer of each request is kept",
}
"""Fields of a request that are set elsewhere, and where."""

_SECRET = re.compile(
    r"key$|secret|passw|credential|authorization|bearer|cookie|(?:^|access|auth|api|session|refresh|id)[-_]?token$",
    re.IGNORECASE,
)
_NO_SECRET = ("prompt_cache_key",)


def check_extra(extra: Mapping[str, Any]) -> None:
    """Makes sure that further fields may be sent, and may stand in a file that is kept with the run.

    Raises:
        SpecError: A field is set elsewhere, or is named like a secret; its value is never shown.
    """
    for name in extra:
        if name in OWN:
            raise SpecError(f"extra holds {name!r}, which has a place of its own", remedy=f"write it under {OWN[name]}")
    for name in _names(extra):
        if _SECRET.search(name) and name not in _NO_SECRET:
            raise SpecError(
                f"extra holds {name!r}, which looks like a secret and would be written into the run folder",
                allowed="fields that anyone may read",
                remedy="name the key's variable under api_key_env of the endpoint",
            )


def _names(value: Any) -> Iterator[str]:
    """All keys of a value, however deep."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)

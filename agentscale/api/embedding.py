"""The embedder of a run: its endpoint is opened here, and only a function from texts to vectors goes further down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from agentscale import embedders
from agentscale.api.waiting import wait_for
from agentscale.embedders import Embedder
from agentscale.errors import SpecError
from agentscale.schema.embedding import EmbedderSpec
from agentscale.schema.experiment import Endpoint
from agentscale.schema.run import RunHeader

if TYPE_CHECKING:
    from agentscale.experiment import Sweep
    from agentscale.transport import Address


def embedder(spec: EmbedderSpec, header: RunHeader, environ: Mapping[str, str] | None) -> Embedder:
    """An embedder for a run. Nothing is loaded, and neither key nor endpoint needed, before a text is handed to it.

    Args:
        spec: Which embedder.
        header: The run's, for the endpoints of its experiment.
        environ: Where keys and the default base URL are looked up; ``None`` if nobody may be asked, as in a replay.

    Raises:
        SpecError: There is no such embedder.
    """
    if environ is None:
        return embedders.resolve(spec)
    known = TypeAdapter(dict[str, Endpoint]).validate_python(header.experiment.get("endpoints", {}))

    def ask(texts: Sequence[str]) -> NDArray[np.float64]:
        assert spec.model is not None  # resolve has seen to that
        where, model = address(spec, known, environ), spec.model
        return wait_for(lambda: _asked(where, model, texts))

    return embedders.resolve(spec, ask)


def check_embedder(sweep: Sweep, environ: Mapping[str, str]) -> None:
    """Makes sure, before a run, that its embedder will be at hand when the run is analysed. Sends nothing.

    Raises:
        SpecError: It is unknown, not installed, or its endpoint or key is missing.
    """
    from agentscale.engine.session import check_unwritten

    spec = sweep.experiment.embedder
    try:
        embedders.resolve(spec).check()
        if spec.name == embedders.ENDPOINT:
            check_unwritten(sweep, address(spec, sweep.experiment.endpoints, environ))
    except SpecError as error:
        raise sweep.placed(("embedder",), error) from None


def address(spec: EmbedderSpec, known: Mapping[str, Endpoint], environ: Mapping[str, str]) -> Address:
    """Where an embedder's endpoint is, by the rules that hold for models.

    Raises:
        SpecError: The endpoint is none of ``known``, its key is missing, or it is a server that only a run launches.
    """
    from agentscale import endpoints

    if spec.endpoint is None:
        return endpoints.resolve(None, None, environ)
    if spec.endpoint not in known:
        raise SpecError.unknown("endpoint", spec.endpoint, known, key="embedder")
    if known[spec.endpoint].launch is not None:
        raise SpecError(
            f"endpoint {spec.endpoint!r} is a server that is launched for a run, and gone when it is analysed",
            key="embedder",
            allowed="an endpoint with a base_url",
        )
    return endpoints.resolve(spec.endpoint, known[spec.endpoint], environ)


async def _asked(where: Address, model: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """The vectors of texts. A client lives within one loop: one for a block of texts, closed with it."""
    from agentscale.transport import EndpointClient

    client = EndpointClient(where)
    try:
        return await embedders.embed_texts(client, model, texts)
    finally:
        await client.aclose()

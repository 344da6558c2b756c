"""Opens what a run needs from outside: addresses, launched servers, clients and models; closes them all at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from agentscale import endpoints, models
from agentscale.engine.connections import Connections
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.models.openai_chat import LessonBook
from agentscale.models.openai_chat.batches import BatchDesk
from agentscale.schema.experiment import Endpoint
from agentscale.store import RunFolder
from agentscale.transport import Address, EndpointClient


def addresses(sweep: Sweep, environ: Mapping[str, str]) -> dict[str | None, Address]:
    """The address of every endpoint that a model of the sweep uses; ``None`` is the one of the environment.

    Raises:
        SpecError: If a key is missing from the environment, or stands in the file. Nothing has been sent by then.
    """
    used = {spec.endpoint: model for model, spec in sweep.experiment.models.items() if spec.model is not None}
    known: dict[str | None, Address] = {}
    for name, model in used.items():
        endpoint = sweep.experiment.endpoints[name] if name else Endpoint()
        try:
            known[name] = endpoints.resolve(name, endpoint, environ)
            check_unwritten(sweep, known[name])
        except SpecError as error:
            keys = ("endpoints", name, "api_key_env") if name else ("models", model, "model")
            raise sweep.placed(keys, error) from None
    return known


def check_unwritten(sweep: Sweep, address: Address) -> None:
    """Makes sure that the experiment file, which is kept with the run, holds no secret of an endpoint.

    Raises:
        SpecError: It does. The message does not show it.
    """
    written = sweep.source.encode("utf-8", "backslashreplace")
    if address.redact_answer(written) != written:
        raise SpecError(
            f"the experiment file, or an override, holds the key of endpoint {address.name!r} itself, and would be "
            "written into the run folder",
            allowed="the name of the variable that holds the key, under api_key_env",
            remedy="take the key out of the file, its comments included, and renew it if others have seen the file",
        )


class Session(NamedTuple):
    """What a run asks."""

    models: dict[str, Model]
    connections: Connections


@asynccontextmanager
async def opened(
    sweep: Sweep,
    environ: Mapping[str, str],
    folder: RunFolder,
    on_stop: Callable[[Callable[[], None]], None] = lambda action: None,
) -> AsyncIterator[Session]:
    """The sweep's models, ready to be asked, and the endpoints behind them.

    Args:
        sweep: The sweep.
        environ: Where keys and the default base URL are looked up.
        folder: Where logs of launched servers go, and what is learnt of endpoints; what it holds of that is known.
        on_stop: Takes what is to be done when the run is stopped: requests that wait to be sent are then not sent.

    Raises:
        SpecError: If a key or a model file is missing.
        EndpointError: If a launched server does not come up.
        StoreError: If what the folder holds of endpoints cannot be read.
    """
    known = addresses(sweep, environ)
    async with AsyncExitStack() as stack:
        clients: dict[str | None, EndpointClient] = {}
        desks: dict[str | None, BatchDesk] = {}
        for name, address in known.items():
            launch = sweep.experiment.endpoints[name].launch if name else None
            if name is not None and launch is not None:
                urls = await stack.enter_async_context(endpoints.launch_all(name, launch, folder.log_path))
                address = address.moved(*urls)
            clients[name] = EndpointClient(address)
            stack.push_async_callback(clients[name].aclose)
            on_stop(clients[name].stop)
            batch = sweep.experiment.endpoints[name].batch if name else None
            if batch is not None:
                desks[name] = BatchDesk(clients[name], batch, folder.path / "batches")
                stack.push_async_callback(desks[name].aclose)
                on_stop(desks[name].stop)
        lessons = LessonBook(folder.lessons(), folder.keep_lessons)
        specs = sweep.experiment.models
        others = any(spec.model is None for spec in specs.values())
        yield Session(
            models.build(
                specs,
                truth=sweep.truth(),
                walks=sweep.walks(),
                casts=sweep.casts(),
                clients=lambda name: desks.get(name) or clients[name],
                lessons=lessons,
            ),
            Connections(clients.values(), others=others),
        )


def offline_models(sweep: Sweep) -> dict[str, Model]:
    """Models that know who they are and are never asked: for replay, which needs neither key nor server."""
    nowhere = EndpointClient(Address.nowhere())
    specs = sweep.experiment.models
    return models.build(
        specs, truth=sweep.truth(), walks=sweep.walks(), casts=sweep.casts(), clients=lambda name: nowhere
    )

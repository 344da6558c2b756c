"""What the models of an experiment, or one at an address, can do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agentscale.api.waiting import wait_for
from agentscale.errors import AgentscaleError, EndpointError, SpecError

if TYPE_CHECKING:
    from agentscale.endpoints.probing import Examination
    from agentscale.schema.experiment import Endpoint


class Doctored(NamedTuple):
    """One model as it was found."""

    name: str
    """In the experiment file; that at the endpoint where there is none."""
    endpoint: str
    model: str
    found: Examination | None
    """``None`` where nothing could be asked."""
    failure: str = ""
    """Why."""


def doctor(
    experiment: str | Path | None = None,
    *,
    base_url: str | None = None,
    model: str | None = None,
    api_key_env: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> list[Doctored]:
    """Tries what models can do: chat, caps, usage, seeds, greedy decoding, several answers, logprobs, embeddings, ….

    Args:
        experiment: A file: all its models that stand at an endpoint are tried on its first question.
        base_url: Or an address, with ``model``.
        model: The model's name there.
        api_key_env: The variable that holds the address's key.
        environ: The environment; that of this process by default.

    Raises:
        SpecError: If nothing or too much is named, a key is missing, or no model of the file stands at an endpoint.
        EndpointError: If a server that the file launches does not come up.
    """
    from agentscale.endpoints.probing import QUESTION
    from agentscale.schema.experiment import Endpoint

    given = os.environ if environ is None else environ
    if (experiment is None) == (model is None):
        raise SpecError("name an experiment file, or a model with --model", remedy="one of both")
    if experiment is None:
        assert model is not None
        spec = Endpoint(base_url=base_url, api_key_env=api_key_env)
        return [wait_for(lambda: _examined(model, "here" if base_url else None, spec, model, QUESTION, given))]
    if base_url is not None or api_key_env is not None:
        raise SpecError("an experiment file names its own endpoints", remedy="leave --base-url and --api-key-env out")
    return _of_experiment(experiment, given)


def _of_experiment(experiment: str | Path, environ: Mapping[str, str]) -> list[Doctored]:
    from agentscale.api.running import load
    from agentscale.schema.experiment import Endpoint

    sweep = load(experiment)
    spec, question = sweep.experiment, next(iter(sweep.questions.values())).prompt
    asked = [(name, each) for name, each in spec.models.items() if each.model is not None]
    if not asked:
        raise SpecError(f"no model of {str(experiment)!r} stands at an endpoint", remedy="there is nothing to try")
    found = []
    for name, each in asked:
        endpoint = spec.endpoints[each.endpoint] if each.endpoint else Endpoint()
        called, at = each.model or "", each.endpoint

        async def examining(
            name: str = name, at: str | None = at, endpoint: Endpoint = endpoint, called: str = called
        ) -> Doctored:
            return await _examined(name, at, endpoint, called, question, environ)

        found.append(wait_for(examining))
    return found


async def _examined(
    name: str, at: str | None, endpoint: Endpoint, model: str, question: str, environ: Mapping[str, str]
) -> Doctored:
    import tempfile
    from contextlib import AsyncExitStack

    from agentscale import endpoints
    from agentscale.endpoints.probing import examine
    from agentscale.transport import EndpointClient

    address = endpoints.resolve(at, endpoint, environ)
    async with AsyncExitStack() as stack:
        if endpoint.launch is not None:
            logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentscale-doctor-")))
            launched = endpoints.launch_all(at or "here", endpoint.launch, lambda called: logs / f"{called}.log")
            address = address.moved(*await stack.enter_async_context(launched))
        client = EndpointClient(address)
        stack.push_async_callback(client.aclose)
        try:
            return Doctored(name, address.shown, model, await examine(client, model, question))
        except EndpointError as error:
            return Doctored(name, address.shown, model, None, _first_line(error))


def _first_line(error: AgentscaleError) -> str:
    return str(error).splitlines()[0]

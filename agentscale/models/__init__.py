"""Models: what turns a `ChatRequest` into a `Completion`. The retry policy is transport's, not ours.

Members: an OpenAI-compatible endpoint (`openai_chat`), the simulator (`simulated`), a walker of step chains
(`stepping`), a player of worlds (`policy`) and a script (`scripted`). To add one: a file here, a branch in `build`,
and a kind in `schema.experiment.ModelSpec`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agentscale.errors import SpecError
from agentscale.models.base import Answered, Model
from agentscale.schema.experiment import ModelSpec, Simulated
from agentscale.schema.run import QuestionRecord

if TYPE_CHECKING:
    from agentscale.models.openai_chat import LessonBook
    from agentscale.models.openai_chat.batches import BatchDesk
    from agentscale.models.policy import Cast
    from agentscale.models.stepping import Walk
    from agentscale.simulation import World
    from agentscale.transport import EndpointClient

__all__ = ["Answered", "Model", "build"]


def build(
    models: Mapping[str, ModelSpec],
    *,
    truth: Mapping[tuple[str, str], QuestionRecord],
    clients: Callable[[str | None], EndpointClient | BatchDesk],
    walks: Mapping[tuple[str, str], Walk] | None = None,
    casts: Mapping[tuple[str, str], Cast] | None = None,
    lessons: LessonBook | None = None,
) -> dict[str, Model]:
    """The models of an experiment, ready to be asked.

    No seed is handed in: what a simulated model draws is keyed by the identity of the call, which holds the run's seed.

    Args:
        models: The experiment's models by name.
        truth: The questions with their targets, by (task digest, sample id): for simulated and scripted models.
        walks: What takes the steps of a question that is a chain, by (task digest, sample id): for stepping models.
        casts: Who can play the world of a question, by (task digest, sample id): for models that play a policy.
        clients: The client of an endpoint by its name; ``None`` is the one that the environment describes.
        lessons: What is known of how endpoints want their requests spelt, and what takes up more of it.

    Raises:
        SpecError: for a world that cannot be, a model that its world does not have, or a question whose target the
            simulator cannot place among possible answers.
    """
    # Imported where used: a run of the simulator loads no HTTP client, a run against endpoints no simulator.
    worlds: dict[str, World] = {}
    built: dict[str, Model] = {}
    for name, spec in models.items():
        if spec.simulated is not None:
            from agentscale.models.simulated import SimulatedModel

            world = _world(name, spec.simulated, worlds)
            simulated = spec.simulated
            built[name] = SimulatedModel(name, simulated.model, world, truth, simulated.tool_rate, simulated.attitude)
        elif spec.scripted is not None:
            from agentscale.models.scripted import ScriptedModel

            built[name] = ScriptedModel(spec.scripted, truth)
        elif spec.stepping is not None:
            from agentscale.models.stepping import SteppingModel

            built[name] = SteppingModel(spec.stepping, truth, walks or {})
        elif spec.policy is not None:
            from agentscale.models.policy import PolicyModel

            built[name] = PolicyModel(spec.policy, casts or {})
        elif spec.model is not None:
            from agentscale.models.openai_chat import OpenAIChat

            built[name] = OpenAIChat(spec, clients(spec.endpoint), lessons)
    return built


def _world(name: str, spec: Simulated, worlds: dict[str, World]) -> World:
    """The world of a simulated model, shared by all models with equal parameters."""
    from agentscale.simulation import World, resolve

    try:
        parameters = resolve(spec.preset, spec.world)
        world = worlds.setdefault(parameters.model_dump_json(), World(parameters))
        world.preference(spec.model)  # refuses a model that the world does not have
    except SpecError as wrong:
        key = f"models.{name}.simulated" + (f".{wrong.key.removeprefix('simulated.')}" if wrong.key else "")
        raise SpecError(wrong.problem, key=key, allowed=wrong.allowed, nearest=wrong.nearest) from None
    return world

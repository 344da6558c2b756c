"""The door to the simulated and scripted models of an experiment.

A caller that says who it is gets the answer that the engine would get within the process. Of any other, the question is
found in its words, and the n-th equal body gets the n-th draw: that is arrival order, so that equal bodies get the same
answers in all, whoever gets which. Equal bodies with an endpoint seed get equal answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentscale.engine.session import offline_models
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import InstantModel
from agentscale.models.handling import before_tools
from agentscale.models.simulated import SimulatedModel
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import ANSWER_MARK, CallId, Completion, Message
from agentscale.schema.record import digest
from agentscale.server.doors import Asked
from agentscale.server.questions import Found, Place, QuestionFinder
from agentscale.server.refused import Refused

_NOBODY = "-"


class SimulatorDoor:
    """Answers as the experiment's own models do.

    Args:
        sweep: The experiment. Models at endpoints are not served.
        seed: The run's seed of callers that bring none; that of the experiment by default.

    Raises:
        SpecError: None of its models is simulated or scripted.
    """

    def __init__(self, sweep: Sweep, seed: int | None = None) -> None:
        built = offline_models(sweep).items()
        self._models = {name: model for name, model in built if isinstance(model, InstantModel)}
        if not self._models:
            raise SpecError(
                f"no model of {sweep.header.name!r} can be served: all of them are asked at endpoints",
                key="models",
                allowed="at least one simulated or scripted model",
            )
        self._seed = sweep.header.seed if seed is None else seed
        self._truth = sweep.truth()
        self._finder = QuestionFinder(self._truth.items())
        self._usual = {name: sweep.experiment.models[name].sampling for name in self._models}
        teams = [cell.team for cell in sweep.header.cells]
        personas = [agent.persona for team in teams for agent in team.everyone if agent.persona is not None]
        self._personas = {persona.text: persona.name for persona in personas}
        self._given: Counter[str] = Counter()

    @property
    def models(self) -> Sequence[str]:
        """The models by their names in the experiment."""
        return list(self._models)

    def answers(self, asked: Asked) -> list[Completion]:
        """The answers of a model.

        Raises:
            Refused: It is not known which question is meant.
            EndpointError: A script says that the call fails.
        """
        model = self._models[asked.model]
        said = [model.answer(asked.request, call).completion for call in self._calls(asked)]
        return [_apart(each) for each in said] if asked.thinks else said

    def odds(self, asked: Asked) -> Mapping[str, float]:
        """The probability of every possible first answer to a question.

        Raises:
            Refused: It is not known which question is meant, or how likely an answer is: that of a script, and one
                after others have been heard.
        """
        model, found = self._models[asked.model], self._found(asked)
        if not isinstance(model, SimulatedModel):
            raise Refused.no_logprobs("a script says what it says")
        if asked.call is None:
            slot, place = f"{self._config(asked, found)}/0", found.place
            first = found.at == len(asked.messages) - 1
        else:
            slot, first = _seated(asked.call.slot, asked.model), asked.call.round == 0 and asked.call.turn == 0
            own = (asked.call.task, asked.call.sample_id)
            place = own if own in self._truth else found.place
        if not first:
            raise Refused.no_logprobs("how likely an answer is, is known only of a first one, to the question alone")
        return model.odds(self._truth[place], slot)

    def close(self) -> None:
        """Nothing is held."""

    def _calls(self, asked: Asked) -> list[CallId]:
        if asked.call is None:
            return self._arrived(asked, self._found(asked))
        call = replace(asked.call, slot=_seated(asked.call.slot, asked.model))
        if (call.task, call.sample_id) not in self._truth:
            task, sample_id = self._found(asked).place
            call = replace(call, task=task, sample_id=sample_id)
        return [replace(call, step=call.step + more) for more in range(asked.n)]

    def _found(self, asked: Asked) -> Found:
        found = self._finder.find(asked.messages)
        if found is not None:
            return found
        raise Refused(
            f"no message holds the text of a question that is served here; {len(self._truth)} are. "
            "Put the question's text and its choices into the prompt as they stand in the task",
            param="messages",
            code="unknown_question",
        )

    def _arrived(self, asked: Asked, found: Found) -> list[CallId]:
        """The calls of somebody who does not say who it is."""
        asked, step = _without_tools(asked)
        config, later = self._config(asked, found), len(asked.messages) - 1 - found.at
        place = f"{config} {'/'.join(found.place)}"
        first = 0 if asked.sampling.seed is not None else self._given[place]
        self._given[place] += asked.n
        return [self._call(found.place, f"{config}/{first + more}", later, step) for more in range(asked.n)]

    def _call(self, place: Place, slot: str, later: int, step: int) -> CallId:
        return CallId(self._seed, *place, 0, slot, "agent", later, 0, step, 0, "")

    def _config(self, asked: Asked, found: Found) -> str:
        """Equal bodies are copies of one configuration, and those that our own engine sends are those of the file."""
        system = next((message.content for message in asked.messages if message.role == "system"), None)
        name = self._personas.get(system or "", _NOBODY)
        opening = () if system is None else (Message("system", system),)
        known = system is None or name != _NOBODY
        plain = asked.messages == (*opening, Message("user", found.record.prompt))
        if known and plain and asked.sampling in (Sampling(), self._usual[asked.model]):
            return f"{asked.model}/{name}"
        body = [[[each.role, each.content] for each in asked.messages], asked.sampling.model_dump(mode="json")]
        return f"{asked.model}/{name}@{digest(body)[:12]}"


def _without_tools(asked: Asked) -> tuple[Asked, int]:
    """What was asked before any tool was used in this turn, and how often tools have been used since."""
    kept = before_tools(asked.request)
    step = sum(message.role == "assistant" for message in asked.messages[len(kept.messages) :])
    return replace(asked, messages=kept.messages), step


def _seated(slot: str, model: str) -> str:
    """A slot among those of ``model``: the same where the caller calls it so too, else one of its own."""
    named, _, rest = slot.partition("/")
    if named == model or slot.startswith(f"{model}/"):
        return slot
    config, _, copy = rest.rpartition("/")
    return f"{model}/{config or _NOBODY}@{named}/{copy}"


def _apart(said: Completion) -> Completion:
    """The completion with all before its last line as reasoning. What was cut before it answers was all reasoning."""
    reasoning, _, answer = said.text.rpartition("\n")
    if answer.startswith(ANSWER_MARK):
        return replace(said, text=answer, reasoning=reasoning)
    return replace(said, text="", reasoning=said.text) if said.finish == "length" else said

"""Callers that do not say who they are: equal bodies are the copies of one agent, whatever arrives between them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale import api
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Message
from agentscale.server.doors import Asked
from agentscale.server.simulated import SimulatorDoor


@pytest.fixture(scope="module")
def sweep(experiment: Path) -> Sweep:
    return api.load(experiment)


@pytest.fixture(scope="module")
def voted(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], list[str]]:
    """What the team of a vote says to a question in the first replicate, in the order of its slots."""
    out = tmp_path_factory.mktemp("voted") / "run"
    folder = api.run(experiment, out=out).folder

    def said(cell: str, sample_id: str) -> list[str]:
        (trial,) = (t for t in folder.transcripts(cell) if (t.sample_id, t.replicate) == (sample_id, 0))
        return [event.text for event in trial.events]

    return said


def asked(*messages: tuple[str, str], model: str = "small", sampling: Sampling = Sampling(), n: int = 1) -> Asked:
    return Asked(model, tuple(Message(role, text) for role, text in messages), sampling, n)  # type: ignore[arg-type]


def test_the_bare_prompt_asked_again_and_again_is_the_team_of_a_vote(
    sweep: Sweep, voted: Callable[[str, str], list[str]]
) -> None:
    door = SimulatorDoor(sweep)
    for record in sweep.questions.values():
        said = [door.answers(asked(("user", record.prompt)))[0].text for _ in range(3)]
        assert said == voted("knowledge.vote.L1.small.n3", record.sample_id)


def test_a_persona_of_the_experiment_is_known_by_its_text(sweep: Sweep, voted: Callable[[str, str], list[str]]) -> None:
    wanted = ("L4", "vote", 3)
    (cell,) = (each for each in sweep.header.cells if (each.layer, each.protocol.name, each.size) == wanted)
    assert any(agent.persona for agent in cell.team.agents)
    for record in sweep.questions.values():
        door, said = SimulatorDoor(sweep), []
        for agent in cell.team.agents:
            system = [] if agent.persona is None else [("system", agent.persona.text)]
            said.append(door.answers(asked(*system, ("user", record.prompt), model=agent.model))[0].text)
        assert said == voted(cell.id, record.sample_id)


def test_n_answers_at_once_are_those_of_n_requests(sweep: Sweep, prompts: list[str]) -> None:
    one, other = SimulatorDoor(sweep), SimulatorDoor(sweep)
    said = [one.answers(asked(("user", prompts[0])))[0] for _ in range(8)]
    assert other.answers(asked(("user", prompts[0]), n=8)) == said
    assert len({each.text for each in said}) > 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.permutations([0, 0, 0, 1, 1, 1, 2, 2, 3]))
def test_every_body_gets_the_same_answers_in_all_in_whatever_order_bodies_arrive(
    sweep: Sweep, prompts: list[str], order: list[int]
) -> None:
    bodies = [
        asked(("user", prompts[0])),
        asked(("user", f"Please: {prompts[0]}")),
        asked(("user", prompts[0]), sampling=Sampling(temperature=0.5)),
        asked(("system", "You are a pirate."), ("user", prompts[0])),
    ]

    def answers(sequence: list[int]) -> Counter[tuple[int, str]]:
        door = SimulatorDoor(sweep)
        return Counter((at, door.answers(bodies[at])[0].text) for at in sequence)

    assert answers(order) == answers(sorted(order))


def test_another_seed_of_the_server_is_another_run(sweep: Sweep, prompts: list[str]) -> None:
    doors = [SimulatorDoor(sweep), SimulatorDoor(sweep, sweep.header.seed), SimulatorDoor(sweep, 99)]
    usual, same, other = ([each.text for each in door.answers(asked(("user", prompts[0]), n=16))] for door in doors)
    assert usual == same != other


def test_answers_that_stand_after_the_question_are_those_of_peers(tmp_path: Path) -> None:
    file = tmp_path / "copies.yaml"
    file.write_text(
        "name: copies\nmodels: {m: {simulated: {world: {copying: 1, parse_failure: 0}}}}\n"
        "task: {name: knowledge, limit: 3}\nteam: {size: 1, layer: L1}\nprotocol: vote\n",
        "utf-8",
    )
    sweep = api.load(file)
    for record in sweep.questions.values():
        for letter in "ABCD"[: len(record.choices)]:
            talk = (("user", record.prompt), ("assistant", "Final answer: A"), ("user", f"Final answer: {letter}"))
            (said,) = SimulatorDoor(sweep).answers(asked(*talk, model="m"))
            assert said.text.endswith(f"Final answer: {letter}")


def test_an_experiment_whose_models_are_all_elsewhere_cannot_be_served(tmp_path: Path) -> None:
    file = tmp_path / "far.yaml"
    file.write_text(
        "name: far\nmodels: {it: {model: gpt-x}}\ntask: sums\nteam: {size: 1, layer: L1}\nprotocol: vote\n", "utf-8"
    )
    with pytest.raises(SpecError, match="at least one simulated or scripted model"):
        SimulatorDoor(api.load(file))

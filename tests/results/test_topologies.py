"""The study of topologies, by what is known beforehand."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import derive
import numpy as np
import pytest

import agentscale
from agentscale.randomness import keyed
from agentscale.simulation import Copy, World, WorldParameters


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    with derive.loaded("topologies") as found:
        yield found


def _graph(study: ModuleType, topology: str, n: int = 16):
    return study.several(topology, n).graphs[0]


@pytest.mark.parametrize(
    ("topology", "behind"), [("mesh", 2), ("tree", 4), ("chain", 16), ("star", 16), ("layered", 16)]
)
def test_the_released_executor_loses_what_comes_from_earlier_generations(
    study: ModuleType, topology: str, behind: int
) -> None:
    graph = _graph(study, topology)
    assert sys.modules["handed"].plan(graph).behind == 16
    assert sys.modules["handed"].released(graph).behind == behind


def test_a_mesh_asks_for_two_calls_an_edge_and_one_less_than_it_merges(study: ModuleType) -> None:
    assert sys.modules["handed"].plan(_graph(study, "mesh")).calls == 1 + 2 * 120 + (120 - 15)
    assert sys.modules["handed"].plan(_graph(study, "chain")).calls == 1 + 2 * 15
    assert sys.modules["handed"].plan(_graph(study, "chain")).steps == 1 + 2 * 15


def test_what_regards_no_truth_leaves_accuracy_as_it_is_on_every_graph(study: ModuleType) -> None:
    law = np.tile([0.6, 0.3, 0.1], (20_000, 8, 1))
    for topology in ("mesh", "layered"):
        work = sys.modules["handed"].plan(_graph(study, topology, 8))
        said = sys.modules["handed"].hand_along(work, law, Copy(kappa=0.5), keyed(1, topology))
        assert abs((said == 0).mean() - 0.6) < 4 * np.sqrt(0.24 / 20_000)


def test_every_place_is_held_by_every_configuration_once(study: ModuleType) -> None:
    held = np.array([sys.modules["teams"].seated(16, team) for team in range(15)])
    assert all(sorted(place) == list(range(15)) for place in held.T)


def test_leaders_are_all_where_the_graph_is_regular_and_one_where_all_copy_it(study: ModuleType) -> None:
    assert study.leaders("complete", Copy(), 16, 3).size == pytest.approx(16)
    assert study.leaders("star", Copy(kappa=1.0), 16, 1) == pytest.approx((1, 1))


def test_arrays_do_what_the_engine_does(study: ModuleType, tmp_path: Path) -> None:
    experiment = tmp_path / "macnet.yaml"
    world = "{copying: 0.5, truth_advantage: 1.0}"
    models = "".join(f"  {name}: {{simulated: {{model: {at}, world: {world}}}}}\n" for at, name in enumerate("abc"))
    experiment.write_text(
        f"name: checked\nseed: 7\nmodels:\n{models}"
        "task: {name: knowledge, limit: 20}\nteam: {size: 4, layer: L3}\nprotocol: macnet\ntopology: [mesh, star]\n"
    )
    run = agentscale.run(experiment, out=tmp_path / "run")
    differences = []
    for cell in run.header.cells:
        played = list(run.transcripts(cell.id))
        work = sys.modules["handed"].plan(_graph(study, cell.topology.name, 4))
        assert {len(each.events) for each in played} == {work.calls}
        world_of_it = World(WorldParameters(copying=0.5, truth_advantage=1.0))
        ids = [f"knowledge/{each.sample_id}" for each in played]
        theta = world_of_it.answers(ids, 4, world_of_it.team("L3", 4)).truth.theta[:, [0, 1, 2, 0]]
        again = sys.modules["handed"].hand_along(
            work, np.repeat(theta, 200, axis=0), Copy(kappa=0.5, advantage=1.0), keyed(1, cell.id)
        )
        expected = (again == 0).reshape(len(played), 200).mean(axis=1)
        differences += [each.score - chance for each, chance in zip(played, expected, strict=True)]
    assert abs(np.mean(differences)) < 3 * 0.5 / np.sqrt(len(differences))

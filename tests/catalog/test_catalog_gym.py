"""Questions made by reasoning-gym: the adapter against a procedure of our own, and every task against the library."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from agentscale.catalog import load_task
from agentscale.catalog.task_folders import task_head, task_names
from agentscale.errors import SpecError
from agentscale.schema.calls import Completion
from agentscale.scoring import is_correct, read

GYMS = [name for name in task_names() if (data := task_head(name).data) is not None and data.gym is not None]


class Plain:
    """A procedure as the library has them: entries by index, judged by comparison unless it overrides that."""

    def __init__(self, size: int, seed: int, top: int) -> None:
        if top < 0:
            raise AssertionError("top must be positive")
        self._entries = [
            {"question": f"What is {i % top} + {seed}?", "answer": str(i % top + seed)} for i in range(size)
        ]

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> dict[str, str]:
        return self._entries[index]

    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        return float(answer == entry["answer"])


class Lenient(Plain):
    """One that takes several answers for right."""

    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        return 1.0


@pytest.fixture
def gym(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the library."""
    procedures = {"plain": Plain, "lenient": Lenient}
    library, factory, dataset = (ModuleType(f"reasoning_gym{name}") for name in ("", ".factory", ".dataset"))
    vars(library)["create_dataset"] = lambda name, size, seed, **more: procedures[name](size, seed, **more)
    vars(factory)["DATASETS"] = procedures
    vars(dataset)["ProceduralDataset"] = Plain
    for module in (library, factory, dataset):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def task(base: Path, kind: str = "text", **gym: Any) -> Path:
    head = {
        "name": "made",
        "description": "For a test.",
        "kind": kind,
        "instruction": "End with the mark.",
        "extract": ["mark"],
        "version": "1",
        "licence": "MIT",
        "source": "here",
        "data": {"gym": {"family": "plain", "size": 3, "levels": [{"top": 5}], **gym}},
    }
    (base / "made").mkdir(exist_ok=True)
    (base / "made" / "task.yaml").write_text(yaml.safe_dump(head), "utf-8")
    return base


def refusal(base: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_task("./made", base)
    return str(caught.value).replace(f"{base}/", "")


@pytest.mark.usefixtures("gym")
def test_every_level_has_its_own_questions_each_once(tmp_path: Path) -> None:
    made = load_task("./made", task(tmp_path, levels=[{"top": 3}, {"top": 9}], seed=2)).samples
    assert [(sample.id, sample.level) for sample in made] == [
        (f"made-{level}-{number:03d}", level) for level in (1, 2) for number in (1, 2, 3)
    ]
    assert len({sample.input for sample in made}) == 6
    assert made[0].target == "1002"
    assert load_task("./made", tmp_path).samples == made


@pytest.mark.usefixtures("gym")
@pytest.mark.parametrize(
    ("gym_says", "said"),
    [
        (
            {"family": "plane"},
            "data.gym.family: unknown procedure 'plane'\n  allowed: lenient, plain\n  did you mean 'plain'?",
        ),
        (
            {"levels": [{"top": 5}, {"top": -1}]},
            "data.gym.levels[1]: plain refuses {'top': -1}: top must be positive\n",
        ),
        ({"levels": [{"tip": 5}]}, "data.gym.levels[0]: plain refuses {'tip': 5}: "),
        ({"levels": [{"top": 2}]}, "data.gym.levels[0]: plain makes 2 different questions of {'top': 2}\n"),
        (
            {"family": "lenient"},
            "data.gym.family: lenient takes several answers for right, which only a verifier of its own",
        ),
    ],
)
def test_what_cannot_be_made_or_judged_is_refused(gym_says: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert refusal(task(tmp_path, **gym_says)).startswith(f"made/task.yaml: {said}")


@pytest.mark.usefixtures("gym")
def test_numbers_need_no_verifier(tmp_path: Path) -> None:
    assert len(load_task("./made", task(tmp_path, kind="number", family="lenient")).samples) == 3


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    assert refusal(task(tmp_path)) == (
        "made/task.yaml: these questions are made by reasoning-gym, which is not installed\n"
        "  pip install 'agentscale[gym]'"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the libraries that it brings along
@pytest.mark.parametrize("name", GYMS)
def test_the_librarys_verifier_agrees_with_our_reading(name: str) -> None:
    """What is right for us scores 1 with the procedure that made the question, and what is wrong does not."""
    library = pytest.importorskip("reasoning_gym")
    made = load_task(name, Path())
    gym = made.spec.data.gym if made.spec.data is not None else None
    assert gym is not None
    assert len(made.samples) == gym.size * len(gym.levels)
    for level, parameters in enumerate(gym.levels, start=1):
        seed = gym.seed + 1000 * level
        procedure = library.create_dataset(gym.family, size=4 * gym.size, seed=seed, **parameters)
        entries = {entry["question"].strip(): entry for entry in procedure}
        own = [sample for sample in made.samples if sample.level == level]
        for sample, other in zip(own, own[1:] + own[:1], strict=True):
            entry = entries[sample.input]
            assert procedure.score_answer(sample.target, entry) == 1.0, sample.id
            assert (procedure.score_answer(other.target, entry) == 1.0) == (other.target == sample.target), sample.id
            said = Completion(f"I think so.\nFinal answer: {sample.target}")
            reading = read(said, kind=made.spec.kind, choices=(), chain=made.spec.extract)
            assert reading.answer is not None
            assert is_correct(reading.answer, sample.target, made.spec.kind), sample.id

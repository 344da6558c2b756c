"""What ships is listed, is right, and is found in the wheel as in a checkout."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from agentscale import catalog
from agentscale.catalog import homes
from agentscale.catalog.persona_files import read_personas, unfit_name
from agentscale.errors import SpecError
from agentscale.schema.run import Named


def test_data_is_found_beside_the_code_or_at_the_top_of_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "agentscale" / "catalog"
    here.mkdir(parents=True)
    monkeypatch.setattr(homes, "_HERE", here)
    assert catalog.folder("tasks") == tmp_path / "tasks"
    (here / "tasks").mkdir()
    assert catalog.folder("tasks") == here / "tasks"


def test_every_listing_is_of_records_with_name_and_description() -> None:
    for entries in (catalog.topologies(), catalog.tasks(), catalog.personas(), catalog.experiments()):
        assert entries
        assert all(entry.name and entry.description for entry in entries)
        assert len({entry.name for entry in entries}) == len(entries)
        json.dumps([entry.model_dump(mode="json") for entry in entries])


def test_tasks_are_listed_with_what_a_user_chooses_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    assert {(entry.name, entry.kind) for entry in catalog.tasks()} >= {("knowledge", "choice"), ("sums", "number")}
    for entry in catalog.tasks():
        assert entry.samples >= 20 or entry.kind == "world"  # a world may be drawn anew as often as one likes
        assert entry.levels[0] == 1
        assert entry.licence
        assert entry.needs or catalog.load_task(entry.name, Path())


def test_a_topology_stands_for_a_generator_with_parameters() -> None:
    assert catalog.topology_preset("small_world") == Named(name="small_world", parameters={"k": 4, "p": 0.1})
    assert catalog.topology_preset("two_teams") == Named(name="file", parameters={"path": "two_teams.graphml"})


@pytest.mark.parametrize("name", ["rng", "", "../topologies/ring", "ring.yaml", "x" * 5000, "a\0b", "README"])
def test_what_is_no_topology_of_the_catalog_has_no_preset(name: str) -> None:
    assert catalog.topology_preset(name) is None


def test_a_topology_file_bears_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "topologies").mkdir()
    monkeypatch.setattr(homes, "_HERE", tmp_path)
    (tmp_path / "topologies" / "wheel.yaml").write_text("description: x\nname: whel\ngenerator: hub\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        catalog.topologies()
    assert str(caught.value).endswith("wheel.yaml:2: name: got 'whel'\n  allowed: 'wheel'")


def test_a_ready_experiment_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SpecError) as caught:
        catalog.experiment_file("../main")
    assert caught.value.allowed == ", ".join(entry.name for entry in catalog.experiments())
    assert catalog.experiment_file("main").is_file()


@pytest.mark.parametrize("family", catalog.persona_sets())
def test_the_personas_of_a_family_are_five_of_similar_length(family: str) -> None:
    texts = [persona.text for persona in catalog.persona_sets()[family].values()]
    assert len(texts) == 5
    lengths = [len(text.split()) for text in texts]
    assert 30 <= min(lengths) <= max(lengths) <= min(lengths) + 6
    assert all(text.startswith("You are a") and "\n" not in text for text in texts)


def test_no_persona_says_what_the_answer_may_be() -> None:
    for entry in catalog.personas():
        words = entry.description.lower()
        assert not any(hint in words for hint in ("option", "letter", "number", "final answer", "choice", "math"))


def test_no_two_personas_share_a_name() -> None:
    names = [entry.name for entry in catalog.personas()]
    assert len(set(names)) == len(names) == 5 * len(catalog.persona_sets())
    assert [entry.family for entry in catalog.personas()][:5] == ["general"] * 5


def test_a_tasks_own_personas_go_before_the_catalogs(tmp_path: Path) -> None:
    task = catalog.load_task("sums", tmp_path)
    assert list(catalog.personas_for(task, tmp_path)) == list(catalog.persona_sets()["general"])
    of_family = task.model_copy(update={"spec": task.spec.model_copy(update={"personas": "maths"})})
    assert list(catalog.personas_for(of_family, tmp_path)) == list(catalog.persona_sets()["maths"])
    own = task.model_copy(update={"spec": task.spec.model_copy(update={"personas": "who.yaml"})})
    (tmp_path / "who.yaml").write_text("clerk: |\n  You keep the books.\n", "utf-8")
    (persona,) = catalog.personas_for(own, tmp_path).values()
    assert (persona.name, persona.text) == ("clerk", "You keep the books.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 3\n", "who.yaml:1: a: the persona is 3\n  allowed: the text that opens its context"),
        ("a: ' '\n", "who.yaml:1: a: the persona is ' '\n  allowed: the text that opens its context"),
        (
            "a: x\nb/c: y\n",
            "who.yaml:2: \"b/c\": 'b/c' cannot be a name\n"
            "  allowed: printable text without '/' and '@', and not '-' alone",
        ),
        ("- a\n", "who.yaml:1: the top level is a list\n  allowed: a personas file: a mapping of keys to values"),
    ],
)
def test_a_wrong_file_of_personas_is_named(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "who.yaml").write_text(text, "utf-8")
    with pytest.raises(SpecError) as caught:
        read_personas(tmp_path / "who.yaml")
    assert str(caught.value) == f"{tmp_path}/{expected}"


@pytest.mark.parametrize("name", ["", " ", "-", "a/b", "a@b", "a\nb", "a\0"])
def test_a_name_that_would_blur_slots_is_refused(name: str) -> None:
    assert unfit_name(name) is not None


@pytest.mark.parametrize("name", ["a", "gpt-4.1", "Ärztin", "a b", "--"])
def test_other_names_are_taken(name: str) -> None:
    assert unfit_name(name) is None


def test_the_personas_of_the_catalog_stand_beside_its_code() -> None:
    assert catalog.folder("personas").parent == Path(catalog.__file__).parent

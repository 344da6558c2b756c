"""Reads an experiment file and checks all of it before anything is sent or written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentscale import environments
from agentscale.catalog import experiment_file, experiments
from agentscale.catalog.document import Document, Keys, dotted, read_document, to_yaml
from agentscale.catalog.faults import Faults, explain, validated
from agentscale.catalog.persona_files import unfit_name
from agentscale.errors import SpecError
from agentscale.experiment.cells import lay_out
from agentscale.experiment.header import header
from agentscale.experiment.levels import LevelReader
from agentscale.experiment.overrides import overridden
from agentscale.experiment.questions import question
from agentscale.experiment.sweep import Sweep
from agentscale.schema.experiment import Experiment, ModelSpec
from agentscale.schema.run import QuestionRecord
from agentscale.transport import check_written

if TYPE_CHECKING:
    from agentscale.tools.base import Usable


def load(path_or_name: str | Path, overrides: Sequence[str] = ()) -> Sweep:
    """Reads an experiment file into a sweep. Nothing is sent, and nothing is written.

    Args:
        path_or_name: The file, or the name of a ready experiment where there is no such file.
        overrides: Dotted overrides such as ``team.size=2,4,8``, applied in order.

    Raises:
        SpecError: With every error of the file that can be told at once: place, key, what was got, what is allowed.
    """
    path = _find(path_or_name)
    document = read_document(path, "experiment")
    for text in overrides:
        document = overridden(document, text)
    experiment = validated(document, Experiment)
    faults = Faults(document)
    _check_names(experiment, faults)
    _check_endpoints(experiment, document, faults)
    _check_models(experiment, document, faults)
    _check_embedder(experiment, faults)
    tools = _tools(experiment, path.parent, faults)
    levels = LevelReader(document, experiment, path.parent, tools, faults).read()
    try:
        layout = lay_out(levels, experiment.seed)
    except SpecError as error:
        raise faults.placed((error.key or "topology",), error) from None
    tasks = [level.task for level in levels.tasks]
    questions = [question(sample, task.spec, task.permuted_by) for task in tasks for sample in task.samples]
    _check_policies(experiment, questions, faults)
    faults.check()
    return Sweep(
        header=header(experiment, tasks, questions, layout),
        experiment=experiment,
        source=_source(document, overrides),
        path=path,
        questions={(record.task, record.sample_id): record for record in questions},
        protocols=layout.protocols,
        graphs=layout.graphs,
        tools=tools,
    )


def _find(path_or_name: str | Path) -> Path:
    path, name = Path(path_or_name), str(path_or_name)
    ready = [entry.name for entry in experiments()]
    if os.path.exists(path):  # pathlib's own raises for names that no file can have
        return path
    if name in ready:
        return experiment_file(name)
    if path.suffix or path.name != name:
        return path  # meant as a path: reading it says what is wrong
    unknown = SpecError.unknown("ready experiment", name, ready)
    raise SpecError(
        f"there is no file and no ready experiment {name!r}",
        allowed=unknown.allowed,
        nearest=unknown.nearest,
        remedy="or the path of an experiment file",
    )


def _check_names(experiment: Experiment, faults: Faults) -> None:
    """Names that become parts of slots, and personas that say something."""
    for kind, names in (("models", experiment.models), ("personas", experiment.personas)):
        for name in names:
            if problem := unfit_name(name):
                faults.add((kind, name), problem)
    for name, text in experiment.personas.items():
        if not text.strip():
            faults.add(("personas", name), SpecError("the persona is empty", allowed="the text that opens its context"))


def _check_endpoints(experiment: Experiment, document: Document, faults: Faults) -> None:
    """What stands in the file is written into the run folder: no base URL may carry what opens it."""
    for name, endpoint in experiment.endpoints.items():
        keys = ("endpoints", name, "base_url")
        try:
            if endpoint.base_url is not None:
                check_written(endpoint.base_url)
        except SpecError as error:
            faults.add(keys, _unshown(keys, error, document))


def _unshown(keys: Keys, error: SpecError, document: Document) -> SpecError:
    """The error, which must not be placed in an override: the place of an override is its text, which may be secret."""
    overridden_here = document.place(keys).file != document.file
    return error.at(file="an override", key=dotted(keys)) if overridden_here else error


def _check_models(experiment: Experiment, document: Document, faults: Faults) -> None:
    for name, spec in experiment.models.items():
        if spec.endpoint is not None and spec.endpoint not in experiment.endpoints:
            unknown = SpecError.unknown("endpoint", spec.endpoint, experiment.endpoints)
            faults.add(("models", name, "endpoint"), unknown)
        _check_asked(name, spec, document, faults)
        _check_world(name, spec, faults)
    asked = [spec.model for spec in experiment.models.values() if spec.model is not None]
    for name in experiment.prices:
        if name not in asked:
            faults.add(("prices", name), SpecError.unknown("model at an endpoint", name, asked))


def _tools(experiment: Experiment, base: Path, faults: Faults) -> dict[str, Usable]:
    """The tools of the file; what is wrong with one is noted."""
    if not experiment.tools:
        return {}
    from agentscale.tools.building import build  # most experiments have none

    made: dict[str, Usable] = {}
    for name, spec in experiment.tools.items():
        try:
            made[name] = build(name, spec, base)
        except SpecError as error:
            kind = next(kind for kind, value in spec if kind != "description" and value is not None)
            where = ("tools", name, kind, *([error.key] if error.key else []))
            moved = SpecError(error.problem, allowed=error.allowed, nearest=error.nearest, remedy=error.remedy)
            faults.add(where, moved.at(file=error.file, line=error.line))
    return made


def _check_embedder(experiment: Experiment, faults: Faults) -> None:
    name = experiment.embedder.endpoint
    if name is not None and name not in experiment.endpoints:
        faults.add(("embedder", "endpoint"), SpecError.unknown("endpoint", name, experiment.endpoints))


def _check_asked(name: str, spec: ModelSpec, document: Document, faults: Faults) -> None:
    """What a model is asked with: a profile that is known, and fields of one's own that nothing else sets."""
    if spec.model is None:
        return
    from agentscale.models.openai_chat.extra import check_extra
    from agentscale.models.openai_chat.presets import starting

    try:
        starting(spec.model, spec.profile)
    except SpecError as error:
        faults.add(("models", name, "profile"), error)
    try:
        check_extra(spec.extra)
    except SpecError as error:
        faults.add(("models", name, "extra"), _unshown(("models", name, "extra"), error, document))


def _check_world(name: str, spec: ModelSpec, faults: Faults) -> None:
    """The world of a simulated model must be one, and must have that model."""
    if spec.simulated is None:
        return
    from agentscale.simulation import WorldParameters, resolve  # only simulated models need the simulator

    keys = ("models", name, "simulated")
    if not explain(spec.simulated.world, WorldParameters, (*keys, "world"), faults, strict=False):
        return
    try:
        world = resolve(spec.simulated.preset, spec.simulated.world)
    except SpecError as error:
        where = (error.key or "").split(".") if error.key else []
        moved = SpecError(error.problem, allowed=error.allowed, nearest=error.nearest, remedy=error.remedy)
        faults.add((*keys, *where), moved)
        return
    if spec.simulated.model >= world.models:
        problem = f"the world has no model {spec.simulated.model}"
        faults.add((*keys, "model"), SpecError(problem, allowed=f"0 to {world.models - 1}"))


def _check_policies(experiment: Experiment, questions: Sequence[QuestionRecord], faults: Faults) -> None:
    """Who plays a policy must find it in every world of the file."""
    playing = {name: spec.policy for name, spec in experiment.models.items() if spec.policy is not None}
    if not playing:
        return
    from agentscale.models.policy import unplayable

    worlds = {record.world.name for record in questions if record.world is not None} & set(environments.WORLDS)
    for name, policy in playing.items():
        for world in sorted(worlds):
            if error := unplayable(policy, environments.WORLDS[world].policies):
                faults.add(("models", name, "policy"), error)
                break


def _source(document: Document, overrides: Sequence[str]) -> str:
    """The text that is kept with the run: with overrides, a file that says what they made of it."""
    if not overrides:
        return document.text
    said = "".join(f"#   {text!r}\n" for text in overrides)
    return f"# {Path(document.file).name} with the overrides\n{said}{to_yaml(document.data)}"

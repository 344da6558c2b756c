"""Finds and validates what ships as data: topologies, tasks, personas, ready experiments. Nothing here is logic.

`document` reads YAML strictly and remembers the line of every key; `faults` turns what is wrong into messages. Both
serve the experiment file as well.
"""

from agentscale.catalog.homes import folder, pulled
from agentscale.catalog.listing import (
    ExperimentEntry,
    PersonaEntry,
    TopologyEntry,
    experiment_file,
    experiments,
    personas,
    topologies,
    topology_preset,
)
from agentscale.catalog.persona_files import persona_sets, personas_for
from agentscale.catalog.published import published_yang2026
from agentscale.catalog.task_cards import TaskCard, TaskEntry, task_card, tasks
from agentscale.catalog.task_folders import load_task, task_folder, task_head

__all__ = [
    "ExperimentEntry",
    "PersonaEntry",
    "TaskCard",
    "TaskEntry",
    "TopologyEntry",
    "experiment_file",
    "experiments",
    "folder",
    "load_task",
    "persona_sets",
    "personas",
    "personas_for",
    "published_yang2026",
    "pulled",
    "task_card",
    "task_folder",
    "task_head",
    "tasks",
    "topologies",
    "topology_preset",
]

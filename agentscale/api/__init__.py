"""What a program calls: run, replay, open, analyze and report. The command line calls the same functions."""

from agentscale.api.browsing import catalog, init, list_runs, pull, schema, task_card
from agentscale.api.drawing import DrawnTopology, draw
from agentscale.api.estimating import estimate
from agentscale.api.fitting import calibrate
from agentscale.api.interchange import ImportedRun, export_run, import_run
from agentscale.api.opening import open_run
from agentscale.api.piloting import QUESTIONS, Piloted, pilot
from agentscale.api.plan_costs import PlanCost, Unit
from agentscale.api.probing import Doctored, doctor
from agentscale.api.results import Run
from agentscale.api.running import check, load, replay, run, simulate
from agentscale.api.searching import Searched, search
from agentscale.api.serving import serve
from agentscale.api.viewing import Viewed, view
from agentscale.engine import CONCURRENCY

__all__ = [
    "CONCURRENCY",
    "QUESTIONS",
    "Doctored",
    "DrawnTopology",
    "ImportedRun",
    "Piloted",
    "PlanCost",
    "Run",
    "Searched",
    "Unit",
    "Viewed",
    "calibrate",
    "catalog",
    "check",
    "doctor",
    "draw",
    "estimate",
    "export_run",
    "import_run",
    "init",
    "list_runs",
    "load",
    "open_run",
    "pilot",
    "pull",
    "replay",
    "run",
    "schema",
    "search",
    "serve",
    "simulate",
    "task_card",
    "view",
]

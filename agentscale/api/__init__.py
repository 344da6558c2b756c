"""What a program calls: run, replay, open, analyze and report. The command line calls the same functions."""

from agentscale.api.browsing import catalog, init, list_runs
from agentscale.api.results import Run
from agentscale.api.running import CONCURRENCY, check, load, open_run, replay, run

__all__ = ["CONCURRENCY", "Run", "catalog", "check", "init", "list_runs", "load", "open_run", "replay", "run"]

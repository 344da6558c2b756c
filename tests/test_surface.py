"""The public surface is a list, and importing it does nothing."""

import subprocess
import sys

import agentscale

HEAVY = {"numpy", "scipy", "networkx", "pydantic", "httpx", "aiohttp", "altair", "rich", "yaml", "asyncio"}


def _loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after ``code``."""
    program = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_public_names_are_these() -> None:
    assert sorted(agentscale.__all__) == [
        "AgentscaleError",
        "BudgetExceeded",
        "EndpointError",
        "Estimate",
        "ProtocolError",
        "RecordingMiss",
        "Run",
        "SpecError",
        "StoreError",
        "effective_channels",
        "estimate",
        "hill_spectrum",
        "init",
        "list_runs",
        "load",
        "open_run",
        "replay",
        "run",
    ]
    assert all(getattr(agentscale, name) is not None for name in agentscale.__all__)
    assert dir(agentscale) == sorted(agentscale.__all__)


def test_importing_agentscale_loads_nothing_heavy() -> None:
    assert not _loaded_by("import agentscale") & HEAVY


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = "from agentscale.cli import app\napp(['--help'], standalone_mode=False)"
    assert not _loaded_by(code) & HEAVY

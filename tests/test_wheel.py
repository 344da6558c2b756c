"""The wheel holds what an installed agentscale needs: built, installed in a fresh environment, and used there."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
ROOT = Path(__file__).parents[1]


def _ran(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    _ran(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment in which only the wheel and what it depends on is installed."""
    home = tmp_path_factory.mktemp("fresh")
    _ran(sys.executable, "-m", "venv", home / "venv", cwd=home)
    _ran(home / "venv" / "bin" / "pip", "install", "--quiet", "--compile", wheel, cwd=home)
    return home / "venv" / "bin"


def test_the_wheel_ships_data_and_no_results(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "agentscale/catalog/tasks/sums/task.yaml" in names
    assert "agentscale/catalog/topologies/ring.yaml" in names
    assert "agentscale/catalog/experiments/main.yaml" in names
    assert "agentscale/py.typed" in names
    assert not [name for name in names if name.startswith(("results", "tests", "tasks", "topologies"))]


def test_an_installed_agentscale_lists_its_catalog_and_runs_the_simulator(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(_ran(installed / "agentscale", "catalog", "tasks", "--json", cwd=tmp_path))
    assert {"sums", "knowledge"} <= {row["name"] for row in listed}
    printed = _ran(installed / "agentscale", "run", "main", "task.limit=4", "team.size=1,2", "--json", cwd=tmp_path)
    made = json.loads(printed)
    assert made["trials_done"] == made["trials"] > 0
    assert (tmp_path / made["report"]).stat().st_size > 100_000


def test_an_installation_stays_within_450_megabytes_and_has_no_torch(installed: Path) -> None:
    (packages,) = (installed.parent / "lib").glob("python*/site-packages")
    # What the environment itself came with is not ours.
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
    ours = [
        path
        for path in packages.rglob("*")
        if path.is_file() and not path.relative_to(packages).parts[0].startswith(tools)
    ]
    assert sum(path.stat().st_size for path in ours) < 450e6
    assert not (packages / "torch").exists()

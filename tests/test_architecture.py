"""The order of the rooms is law: an import only ever points down, and a room that is not placed fails."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_room_is_placed_and_imports_point_down() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_room_has_its_line_on_the_map() -> None:
    map_text = (ROOT / "agentscale" / "README.md").read_text("utf-8")
    package = ROOT / "agentscale"
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert not [room for room in sorted(rooms - {"__init__"}) if f"`{room}`" not in map_text]


def test_the_top_level_holds_nothing_but_what_is_agreed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    top = {name.split("/")[0] for name in listed if name and not name.startswith(".")}
    assert top <= {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "agentscale",
        "topologies",
        "tasks",
        "tests",
        "results",
    }

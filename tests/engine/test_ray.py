"""Real Ray, on this machine: the same transcripts as one process, also where workers are killed in the middle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agentscale import api
from agentscale.errors import SpecError

PROGRAM = """
import json
from dataclasses import asdict
from agentscale.bench.areas.executors import bereaved
from agentscale.engine.cluster import connected

with connected(processors=2):
    print(json.dumps(asdict(bereaved(questions=40, kills=10))))
"""


@pytest.mark.slow
def test_ten_killed_workers_lose_nothing_double_nothing_and_keep_the_budget() -> None:
    pytest.importorskip("ray")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("{")]  # beside what Ray says of deaths
    deaths = json.loads(told)
    assert deaths == {"kills": 10, "lost": 0, "doubled": 0, "beyond": 0, "differing": 0}


def test_a_cluster_that_does_not_answer_is_told_at_once_and_leaves_no_folder(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with pytest.raises(SpecError, match="Connection refused"):
        api.run("main", out=tmp_path / "run", executor="ray", ray_address="127.0.0.1:1")
    assert not (tmp_path / "run").exists()


EMBEDDED = """
import sys
import numpy as np
from agentscale import api

small = ["task=[{name: sums, limit: 4}]", "team={size: [2], layer: [L1]}", "protocol=vote"]
run = api.run("main", *small, out=sys.argv[1])


def kept():
    blocks = [np.load(path) for path in run.folder.embeddings_path.rglob("*.npy")]
    return {row["digest"].tobytes(): row["vector"].tobytes() for block in blocks for row in block}


run.embed_with_ray(2)
by_ray = kept()
for path in run.folder.embeddings_path.rglob("*.npy"):
    path.unlink()
run.analysis
assert by_ray == kept()
print("the same", len(by_ray))
"""


@pytest.mark.slow
def test_texts_that_ray_embeds_have_the_vectors_of_this_process(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    command = [sys.executable, "-c", EMBEDDED, str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "the same 20" in done.stdout

"""Peers run elsewhere: what is not there says so, and what is there is measured."""

import sys
from pathlib import Path

import pytest

from agentscale.bench import peers
from agentscale.bench.peers import Answer, asked, driver, named
from agentscale.bench.serving import serving
from agentscale.errors import SpecError


def test_a_library_that_is_not_installed_says_so() -> None:
    assert asked("inspect_ai", sys.executable, "http://127.0.0.1:1/v1", calls=1, workers=1) == Answer(
        None, "not installed (inspect_ai)"
    )


def test_an_interpreter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "python")
    assert asked("inspect_ai", missing, "http://127.0.0.1:1/v1", calls=1, workers=1).note == f"no interpreter {missing}"


def test_what_fails_elsewhere_is_told_by_its_last_line() -> None:
    answer = asked("no_such_library", sys.executable, "http://127.0.0.1:1/v1", calls=1, workers=1)
    assert answer.cpu_us is None
    assert answer.note.startswith("failed: FileNotFoundError")


def test_a_library_is_measured_by_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(driver.__file__)
    (tmp_path / "driver.py").write_text(here.read_text("utf-8"), "utf-8")
    (tmp_path / "with_urllib.py").write_text(
        "from urllib.request import Request, urlopen\n"
        "def ask_all(load):\n"
        "    for number in range(load.calls):\n"
        "        body = load.prompt(number).encode()\n"
        "        request = Request(load.base_url + '/chat/completions', body, {'content-type': 'text/plain'})\n"
        "        assert b'Final answer' in urlopen(request).read()\n"
        "def reading(texts, kind):\n"
        "    return lambda: [text.upper() for text in texts]\n"
        "def version():\n"
        "    return 'urllib of Python'\n"
    )
    monkeypatch.setattr(peers, "_HERE", tmp_path)
    with serving("endpoint") as server:
        answer = asked("urllib", sys.executable, f"{server}/0/v1", calls=3, workers=1)
    (tmp_path / "texts.json").write_text('["one", "two"]', "utf-8")
    for measured in (answer, peers.read_by("urllib", sys.executable, tmp_path / "texts.json", "letters")):
        assert measured.note == "urllib of Python"
        assert measured.cpu_us is not None
        assert measured.cpu_us > 0


def test_every_peer_that_a_goal_speaks_of_has_its_file() -> None:
    assert set(peers.WANTED) | set(peers.READERS) <= set(peers.PEERS)


def test_peers_are_named_in_pairs_and_everyone_is_tried_here() -> None:
    assert named(("lm_eval=/x/python",), everyone=False) == {"lm_eval": "/x/python"}
    everyone = named(("lm_eval=/x/python",), everyone=True)
    assert set(everyone) == set(peers.PEERS)
    assert everyone["inspect_ai"] == sys.executable
    assert everyone["lm_eval"] == "/x/python"


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("lm_eval", "--peer is 'lm_eval'\n  allowed: NAME=/path/to/python"),
        ("lm_evil=/x", "unknown peer 'lm_evil'\n  allowed: autogen, dspy,"),
    ],
)
def test_a_pair_that_is_none_is_refused_with_what_is_allowed(pair: str, message: str) -> None:
    with pytest.raises(SpecError) as wrong:
        named((pair,), everyone=False)
    assert str(wrong.value).startswith(message)

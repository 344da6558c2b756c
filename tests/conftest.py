"""What every test has: pytest's own tester, for the tests of the plugin, and the folder of shared data."""

import os
import signal
import sys
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester"]

# The scripts of the published studies find each other here, as they do for `python results/derive.py`.
sys.path.append(str(Path(__file__).parents[1] / "results"))

# No deadline: a busy machine is no defect. In CI every run has the same examples; elsewhere the search goes on.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("suite")

# A shell without job control starts what runs in the background deaf to Ctrl-C. The programs that tests start inherit
# that, and those that are to end by it would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


LONGEST = (
    *("test_readme.py", "test_studies.py", "test_calibration.py"),
    *("test_page.py", "test_viewer_page.py", "test_notebook_page.py", "test_large_page.py", "test_wheel.py"),
)
"""Files whose tests take longest: they go first, so that no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest tests first; the others keep their order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data that is not committed: ``AGENTSCALE_DATA``, or beside the checkout. Skips without it."""
    folder = Path(os.environ.get("AGENTSCALE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}")
    return folder

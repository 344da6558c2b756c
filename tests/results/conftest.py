"""The scripts of the published studies, as ``python results/derive.py`` imports them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "results"))

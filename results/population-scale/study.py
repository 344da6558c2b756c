"""Measures debates of crowds over Ray on this machine: ``python results/population-scale/study.py`` (three minutes)."""

import csv
from pathlib import Path

from agentscale.bench.areas.population import SIZES, Row, measured

rows = measured(SIZES)
with (Path(__file__).parent / "scaling.csv").open("w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(
        (row.agents, row.workers, f"{row.wall_s:.2f}", f"{row.held_gib:.2f}", row.same) for row in rows
    )

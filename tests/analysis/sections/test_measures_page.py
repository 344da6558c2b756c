"""The page on metrics names every measure of every section, and no section has a measure that it does not name."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from agentscale.analysis import analyze
from agentscale.analysis.sections import SECTIONS
from agentscale.cli.pages import page
from agentscale.randomness import keyed
from agentscale.schema.run import Named

PAGE = page("metrics")
DEBATE, COMPLETE = Named(name="debate", parameters={"rounds": 1}), Named(name="complete")


@pytest.fixture
def measures(build, embedding) -> dict[str, set[str]]:
    """What is said of a probed debate on multiple choice, and of a commons: all there is to say."""
    edges = tuple((u, v) for u in range(4) for v in range(4) if u != v)
    cell = build.cell(["a/-", "b/-", "a/-", "b/-"], layer="L3", protocol=DEBATE, topology=COMPLETE, edges=edges)
    trials = [
        build.transcript(
            cell,
            f"q{at}",
            [{s: str(keyed(3, s, at, turn).choice(list("AABC"))) for s in cell.team.slots} for turn in (0, 1)],
        )
        for at in range(12)
    ]
    trials = [build.probed(trial, {s: (5, [4, 4.5]) for s in cell.team.slots}) for trial in trials]
    lake = build.cell(["a/-"], protocol=Named(name="world"))
    lived = build.transcript(lake, "q0", [dict.fromkeys(lake.team.slots, "A")])
    trials.append(lived.model_copy(update={"measures": {"survival": 3.0, "collapsed": 1.0}}))
    folder = build.folder([cell, lake], trials, samples=[f"q{at}" for at in range(12)])
    tables = analyze(folder, embedding, embedder="t", seed=1, resamples=50).tables
    return {name: {str(row["measure"]) for row in tables[name].rows} for name in SECTIONS}


def part(name: str) -> str:
    """What the page says of a section: from its name at the start of a line to the next one's."""
    return re.split(r"\n(?=`[a-z]+`[,: (]|\*\*)", PAGE[PAGE.index(f"\n`{name}`") + 1 :])[0]


def test_every_measure_is_on_the_page_under_its_section(measures) -> None:
    for name, found in measures.items():
        assert found
        assert found - set(re.findall(r"`(\w+)`", part(name))) == set(), name


def test_the_page_names_no_measure_that_there_is_not(measures) -> None:
    for name, found in measures.items():
        listed = part(name).partition("\n- ")[2]
        assert set(re.findall(r"`(\w+)`", listed)) - found == set(), name


def test_no_two_sections_have_a_measure_of_one_name(measures) -> None:
    count = Counter(measure for found in measures.values() for measure in found)
    assert [measure for measure, n in count.items() if n > 1] == []

"""Under what a team was measured, in few words: parameters only where they tell two things apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agentscale.report.numbers import Row

Tables = Mapping[str, Sequence[Row]]
PLACES = ("protocol", "topology")


def shortened(tables: Tables) -> dict[str, Sequence[Row]]:
    """The tables with two more keys in each row that says what was played, for words and titles.

    ``played`` is protocol and topology, such as ``debate on ring``; ``setting`` opens with the task where there is
    more than one. The columns themselves stay as they are.

    Args:
        tables: The rows of every table by its name.
    """
    rows = [row for table in tables.values() for row in table if "protocol" in row]
    names = {label: name for place in PLACES for label, name in short_names(str(row[place]) for row in rows).items()}
    several = len({row["task"] for row in rows}) > 1
    return {name: [_told(row, names, several) for row in table] for name, table in tables.items()}


def short_names(labels: Iterable[str]) -> dict[str, str]:
    """``debate(rounds=2)`` as ``debate``, unless the run has another debate."""
    distinct = dict.fromkeys(labels)
    bare = {label: label.partition("(")[0] for label in distinct}
    return {label: name if list(bare.values()).count(name) == 1 else label for label, name in bare.items()}


def _told(row: Row, names: Mapping[str, str], several: bool) -> Row:
    if "protocol" not in row:
        return row
    played = " on ".join(names[str(row[place])] for place in PLACES if row[place])
    return {**row, "played": played, "setting": f"{row['task']} · {played}" if several else played}

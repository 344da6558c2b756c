"""The figure of attitudes: a panel a cell, a line a persona, and nothing where nobody was probed."""

from __future__ import annotations

from agentscale.report.figures import attitudes

CELLS = [{"cell": "c", "setting": "debate on ring", "team": "L2", "size": 2}]


def row(measure: str, at: str, value: float | None, low: float | None = None, high: float | None = None) -> dict:
    return {"cell": "c", "measure": measure, "at": at, "value": value, "low": low, "high": high, "n_items": 4}


ROWS = [
    row("from_default", "0", 2.0),
    *(row("from_default_of", f"m/hawk, {at}", 3.0 - at, 2.5 - at, 3.5 - at) for at in range(3)),
    *(row("from_default_of", f"m/dove, {at}", 1.0) for at in range(3)),
    row("from_default_of", "m/mute, 0", float("nan")),
]


def test_every_persona_has_a_line_with_a_point_a_round_and_the_panel_says_them_in_words() -> None:
    figure = attitudes.figure(ROWS, CELLS)
    assert figure is not None
    (panel,) = figure.panels
    assert panel.title == "debate on ring · L2 · N = 2"
    points = (
        panel.spec["layer"][1]["data"]["values"] if "data" in panel.spec["layer"][1] else panel.spec["data"]["values"]
    )
    assert [(point["config"], point["moment"], point["value"]) for point in points] == [
        *(("m/hawk", str(at), 3.0 - at) for at in range(3)),
        *(("m/dove", str(at), 1.0) for at in range(3)),
    ]
    assert "m/hawk in round 2: 1.000 (0.500 to 1.500)" in panel.alt
    assert figure.sheet.n_rows == len(ROWS)


def test_without_probes_or_defaults_there_is_no_figure() -> None:
    assert attitudes.figure([], CELLS) is None
    assert attitudes.figure([row("attitude", "0", 5.0), row("from_default_of", "m/hawk, 0", None)], CELLS) is None

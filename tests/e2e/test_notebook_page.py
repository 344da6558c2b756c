"""The page within a cell of a notebook: it works there as it does alone, and reaches nothing of the notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentscale

from .conftest import READY_MS, Open

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pages")]


def test_the_page_works_within_a_cell_and_cannot_reach_the_notebook(
    opened: Open, run: agentscale.Run, tmp_path: Path
) -> None:
    cell = run.show(600)._repr_html_()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>notebook</title>{cell}", "utf-8")
    with opened(notebook.as_uri()) as there:
        (inner,) = there.page.main_frame.child_frames
        inner.wait_for_selector("#browser[data-ready]", timeout=READY_MS)
        inner.locator("header nav a[href='#card']").click()  # a link within the page stays in the page
        assert inner.url == "about:srcdoc#card"
        row = inner.locator("#trials a").nth(2)
        wanted = row.locator(".id").inner_text()
        row.click()
        inner.wait_for_function("(wanted) => document.querySelector('#trial h3').textContent === wanted", arg=wanted)
        assert inner.evaluate("() => { try { return parent.document.title; } catch { return null; } }") is None
        assert there.trouble == []

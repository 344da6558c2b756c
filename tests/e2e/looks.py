"""What is looked for on a page, by the browser itself and by axe-core."""

from __future__ import annotations

from typing import Any

import pytest

GRAVE = ("serious", "critical")
ALL = """[...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)"""
TABS = f"() => {ALL}.length"
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  at.dataset.reached ??= "";
  const box = at.getBoundingClientRect();
  return { seen: box.width > 0 && box.height > 0, ring: getComputedStyle(at).outlineStyle };
}"""
UNREACHED = f"""() => {ALL}.filter((element) => element.dataset.reached === undefined)
  .map((element) => element.outerHTML.slice(0, 200))"""
SYMBOLS = """(section) => [...document.querySelectorAll(`#${section} [data-panel]`)].map((host) => {
  const groups = [...host.querySelectorAll('g.mark-symbol.role-mark')];
  return Math.max(0, ...groups.map((group) => group.querySelectorAll('path').length));
})"""
"""Points of every panel: those of its fullest group of marks, since some stand there twice, once to be pointed at."""


def violations(page: Any) -> list[str]:
    """What axe-core finds that is serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in GRAVE]

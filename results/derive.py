"""Makes every table, figure and page of the published studies again: no model, no key, no network.

    python results/derive.py                                    # all studies, in place, and the front page
    python results/derive.py published-numbers                  # one of them, and the front page
    python results/derive.py published-numbers --out FOLDER
    python results/derive.py --pages                            # the pages alone, from the tables that are there

A study is a folder with a ``study.py`` whose ``derive(source, out)`` reads what the study holds (experiment files and
recordings, under ``source``) and writes ``tables/*.csv`` and ``figures/*.svg`` under ``out``. Its README is ``page.md.jinja``
with the numbers of those tables: the template itself holds none. A study that says ``APART`` takes long, or measures the
machine: it is derived where it is named, and else its page is made from its published tables. What follows from those tables
its ``summarize(out)`` writes.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from pages import render

RESULTS = Path(__file__).parent
TOP = RESULTS.parent / "README.md"


def studies(results: Path = RESULTS) -> list[str]:
    """The names of all studies, in alphabetical order."""
    return sorted(path.parent.name for path in results.glob("*/study.py"))


@contextmanager
def loaded(name: str) -> Iterator[ModuleType]:
    """The script of a study, which may import its neighbours; no module of theirs is left behind."""
    folder = RESULTS / name
    spec = importlib.util.spec_from_file_location(f"study_{name.replace('-', '_')}", folder / "study.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(folder))
        for key, each in list(sys.modules.items()):
            if (getattr(each, "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[key]


def apart(name: str) -> str | None:
    """Why a study is derived only where it is named, or None."""
    with loaded(name) as study:
        return getattr(study, "APART", None)


def derive(name: str, out: Path) -> None:
    """Writes the tables and figures of one study to ``out``, and its README."""
    out.mkdir(parents=True, exist_ok=True)
    with loaded(name) as study:
        study.derive(RESULTS / name, out)
    write_page(name, out)


def report(name: str, out: Path) -> None:
    """Writes the report pages of the runs of one study to ``out``, where they take too long for a test to make them."""
    with loaded(name) as study:
        if hasattr(study, "report"):
            study.report(RESULTS / name, out)


def write_page(name: str, out: Path) -> None:
    """Writes the README of one study, from the tables in ``out``, or the published ones."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(page(name, out.parent), "utf-8")


def page(name: str, tables: Path = RESULTS) -> str:
    """The README of one study, from the tables of the folder of studies ``tables``."""
    return render(RESULTS / name / "page.md.jinja", tables, name)


def front(out: Path) -> None:
    """Writes the front page from the tables of all studies, those of ``out`` where they were derived anew.

    The findings in the README of the checkout are of the published tables.
    """
    (out / "README.md").write_text(render(RESULTS / "page.md.jinja", out), "utf-8")
    if out == RESULTS:
        TOP.write_text(with_findings(TOP.read_text("utf-8")), "utf-8")


def with_findings(readme: str) -> str:
    """The README of the checkout with the best findings between its two marks."""
    before, opening, rest = readme.partition("<!-- findings -->\n")
    _, closing, after = rest.partition("<!-- /findings -->\n")
    assert opening
    assert closing
    return before + opening + render(RESULTS / "findings.md.jinja", RESULTS) + closing + after


def main(argv: Sequence[str] | None = None) -> None:
    """Derives what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="*", metavar="STUDY", help=f"of {', '.join(studies())}; all by default")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder that gets a folder for each study")
    parser.add_argument("--pages", action="store_true", help="make only the pages, from the tables that are there")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.study) - set(studies()):
        parser.error(f"no study {', '.join(sorted(unknown))}, but {', '.join(studies())}")
    for name in arguments.study or studies():
        why = "only its page was asked for" if arguments.pages else None if arguments.study else apart(name)
        if why is None:
            derive(name, arguments.out / name)
            report(name, arguments.out / name)
        else:
            write_page(name, arguments.out / name)
        print(arguments.out / name / "README.md", f"(from the tables that are there: {why})" if why else "")
    front(arguments.out)


if __name__ == "__main__":
    main()

"""Makes every table, figure and page of the published studies again: no model, no key, no network.

    python results/derive.py                          # all studies, in place, and the front page
    python results/derive.py published-numbers        # one of them, and the front page
    python results/derive.py published-numbers --out FOLDER

A study is a folder with a ``study.py`` whose ``derive(source, out)`` reads what the study holds (experiment files and
recordings, under ``source``) and writes ``tables/*.csv`` and ``figures/*.svg`` under ``out``. Its README is ``page.md.jinja``
with the numbers of those tables: the template itself holds none.
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


def derive(name: str, out: Path) -> None:
    """Writes the tables and figures of one study to ``out``, and its README where it has a template."""
    source = RESULTS / name
    out.mkdir(parents=True, exist_ok=True)
    with loaded(name) as study:
        study.derive(source, out)
    if (source / "page.md.jinja").is_file():
        (out / "README.md").write_text(page(name, out.parent), "utf-8")


def page(name: str, tables: Path = RESULTS) -> str:
    """The README of one study, from the tables of the folder of studies ``tables``."""
    return render(RESULTS / name / "page.md.jinja", tables, name)


def front(out: Path) -> None:
    """Writes the front page from the tables of all studies, those of ``out`` where they were derived anew."""
    if (RESULTS / "page.md.jinja").is_file():
        (out / "README.md").write_text(render(RESULTS / "page.md.jinja", out), "utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Derives what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="*", metavar="STUDY", help=f"of {', '.join(studies())}; all by default")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder that gets a folder for each study")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.study) - set(studies()):
        parser.error(f"no study {', '.join(sorted(unknown))}, but {', '.join(studies())}")
    for name in arguments.study or studies():
        derive(name, arguments.out / name)
        print(arguments.out / name / "README.md")
    front(arguments.out)


if __name__ == "__main__":
    main()

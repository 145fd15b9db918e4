"""`fit report`: what came of a run or of a search, as one page."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..atomic import write_text
from ..late import late
from ..training.shown import FILES, run_facts
from ..view.report.run import run_page
from ..view.terminal import printable
from ..view.web.html import Page, html
from .session import check_output, say, write_result

if TYPE_CHECKING:
    from ..tuning.report import SearchReport

_WHAT = "The folder of a run or of a search, the run.json or search.json in it, or a trial, such as search.json#17."
_OUTPUT = "Where to write the page; by default `report.html` in the folder."
SEARCH_FILES = ("search.json", "ledger.jsonl")


def report(
    what: Annotated[Path, typer.Argument(metavar="RUN_OR_SEARCH", help=_WHAT)],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help=_OUTPUT)] = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Show the page in a browser.")] = False,
) -> None:
    """Write one page on a run or a search: curves, tables, pictures."""
    folder = folder_of(what)
    check_output(output)
    page, missing = page_of(folder)
    file = output or folder / "report.html"
    write_text(file, html(page))
    for lack in missing:
        say(f"note: {printable(lack)}")
    write_result(printable(str(file)))
    if is_opened:
        webbrowser.open(file.absolute().as_uri())


def folder_of(what: Path) -> Path:
    """The folder that is meant by itself, by the report in it, or, `search.json#17`, as a trial of a search."""
    if what.name in {"run.json", "search.json"}:
        return what.parent
    place, _, number = what.name.rpartition("#")
    if not number.isdecimal() or what.exists():
        return what
    search = what.parent if place == "search.json" else what.parent / place
    return search / "trials" / number


def write_search_page(search: SearchReport) -> None:
    """Put the page of a search into its folder; one line says so if that cannot be done."""
    file = search.folder / "report.html"
    shown = late("tuning.shown").facts_of(search.model_copy(update={"folder": near(search.folder)}), [])
    try:
        write_text(file, html(late("view.report.search").search_page(shown)))
    except OSError as error:
        say(f"warning: {printable(f'the page `{file}` cannot be written: {error.strerror or error}')}")


def near(folder: Path) -> Path:
    """A folder as commands in the current one name it: without what leads to the current one."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def page_of(folder: Path) -> tuple[Page, tuple[str, ...]]:
    """The page of a folder, and what could not be read for it.

    Raises:
        FitError: Nothing of it can be read.
        typer.BadParameter: It is neither a run nor a search.
    """
    if any((folder / name).exists() for name in SEARCH_FILES):
        search = late("tuning.shown").search_facts(folder)
        page: Page = late("view.report.search").search_page(search)
        return page, search.missing
    if any((folder / name).exists() for name in FILES):
        run = run_facts(folder)
        return run_page(run), run.missing
    if not folder.exists() and folder.parent.name == "trials":
        raise typer.BadParameter(
            f"there is no run in `{folder}`: such a trial was not begun, or known from earlier work"
        )
    if not folder.exists():
        raise typer.BadParameter(f"there is no folder `{folder}`")
    raise typer.BadParameter(f"`{folder}` holds neither a run nor a search: no `run.json`, no `search.json`")

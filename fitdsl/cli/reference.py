"""`fit list` and `fit explain`: the manual on the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..component import components
from ..diagnostics import did_you_mean
from ..explain import explanations
from ..view.manual import component_page, explanation_page, explanations_page, kind_page, kinds, kinds_page
from ..view.terminal import Display
from .session import pick, write_result


def list_components(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="ops, losses, datasets, …; or a NAME at once.")
    ] = None,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One of them, for its manual entry.")] = None,
) -> None:
    """List what a spec can name, or show one manual entry."""
    write_result(_page(kind, name, Display.of(sys.stdout)))


def _page(kind: str | None, name: str | None, display: Display) -> str:
    if kind is None:
        return kinds_page(display)
    if name is None and kind in components():
        return component_page(components()[kind], display)
    if name is None and kind not in kinds() and not did_you_mean(kind, kinds()):
        # a component of PyTorch's, most likely: `nn.Linear`
        for advice in did_you_mean(kind.rpartition(".")[2], components()):
            raise typer.BadParameter(f"nothing is called `{kind}`; {advice}")
    chosen = kinds()[pick(kind, tuple(kinds()), "kind")]
    if name is None:
        return kind_page(chosen, display)
    table = components(chosen)
    return component_page(table[pick(name, tuple(sorted(table)), chosen)], display)


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="Such as FIT2004; all are listed without.")] = None,
) -> None:
    """Explain a code: the reason, a wrong spec, the mended one."""
    display, pages = Display.of(sys.stdout), explanations()
    if code is None:
        write_result(explanations_page(pages.values(), display))
    else:
        full_code = f"FIT{code}" if code.isdecimal() else code.upper()
        near = tuple(known for known in pages if known.startswith(full_code[:4]))
        if not near:
            raise typer.BadParameter(f"there is no code `{full_code}`; `fit explain` lists all")
        write_result(explanation_page(pages[pick(full_code, near, "code")], display))

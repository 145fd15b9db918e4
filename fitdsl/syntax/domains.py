"""Domains of a param as other languages spell them, each with the way it is written here.

No rule of the grammar takes these spellings, so they are told from the text, and only where a param is wrong already.
"""

from __future__ import annotations

import re

from ..diagnostics import Fix
from .slips import Slip
from .words import Word

_LONGEST = 200
"""Characters behind which nobody would look for the mistake; keeps the search short on any text."""

_PARAM = re.compile(
    r"""
    (?P<head>param[ \t]+\w+) [ \t]* (?:=[ \t]*)?
    (?:(?P<default>[^\n\#]*?)[ \t]*\bin\b[ \t]*)?
    (?P<domain>(?P<open>log[ \t]*\(|[\[({])? (?P<inner>(?:(?!\bin\b)(?(open)[^\[\](){}:\#]|[^\[\](){}:\#\n]))+) [\])}]?)
    [ \t]*(?=\#|\n|\Z)
""",
    re.VERBOSE,
)


def misspelt_domain(first: Word) -> Slip | None:
    """What is wrong with the domain of a param; None where nothing is, or where the statement is no param.

    Args:
        first: The first word of the statement.
    """
    source, start = first.span.source, first.span.start
    match = _PARAM.match(source.text[start : start + _LONGEST])
    if match is None or match.end() == _LONGEST:
        return None
    opener, inner = match["open"] or "", " ".join(match["inner"].split())
    is_range = ".." in inner
    right = f"log({inner})" if opener.startswith("log") else inner if is_range else f"{{{inner}}}"
    span = source.span(start + match.start("domain"), start + match.end("domain"))
    if not match["default"]:
        if match["default"] is None and opener != "{" and not is_range:
            return None
        value = inner.partition(".." if is_range else ",")[0].strip()
        help = f"put a default before it: `{match['head']} = {value} in {right}`"
        whole = source.span(start, span.end)
        fix = Fix(whole, f"{match['head']} = {value} in {right}", help)
        return Slip("FIT0011", span, "expected the default of the param, found its domain", help, fix)
    is_draws = is_range and match["default"].startswith("[")
    if is_draws or opener.startswith("log") or opener in ("", "" if is_range else "{"):
        return None
    message = "a range stands without brackets" if is_range else "a choice stands in braces"
    help = f"write `in {right}`"
    return Slip("FIT0016", span, message, help, Fix(span, right, help))

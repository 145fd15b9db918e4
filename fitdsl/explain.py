"""The manual page of every diagnostic code, one markdown file each in `codes/`.

A page is a title, the reason in a few paragraphs, and two specs: one that is wrong and the same one mended. The line
`Found when` stands only where checking alone does not find the mistake; it names the code by which checking refuses the
wrong spec instead, if it does.

    # FIT2004: an input that is not flat

    Found when: data are opened

    `Linear` takes …

    ## Wrong

    ```fit
    …
    ```

    ## Right

    ```fit
    …
    ```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .dataclass import dataclass

_PAGE = re.compile(
    r"# (?P<code>FIT\d{4}): (?P<title>[^\n]+)\n+"
    r"(?:Found when: (?P<found_when>[^\n]+)\n+)?"
    r"(?P<why>.+?)\n+"
    r"## Wrong\n+```fit\n(?P<wrong>.*?)```\n+"
    r"## Right\n+```fit\n(?P<right>.*?)```\s*",
    re.DOTALL,
)


@dataclass(frozen=True)
class Explanation:
    """What a diagnostic code means.

    Attributes:
        code: `FIT` and four digits.
        title: The mistake in a few words.
        found_when: What has to be done for it to be found, where checking alone does not find it.
        why: Why it is refused, or warned of; markdown.
        wrong: A spec that makes the mistake.
        right: The same spec mended.
    """

    code: str
    title: str
    found_when: str | None
    why: str
    wrong: str
    right: str


def parse_explanation(page: str) -> Explanation:
    """Read a page.

    Raises:
        ValueError: The page is not laid out as this module says.
    """
    match = _PAGE.fullmatch(page)
    if match is None:
        raise ValueError(f"not a page on a code: {page[:60]!r}")
    return Explanation(**match.groupdict())


@cache
def explanations() -> Mapping[str, Explanation]:
    """Every code's page, in the order of the codes."""
    pages = (path for path in (files(__package__) / "codes").iterdir() if path.name.endswith(".md"))
    found = map(parse_explanation, (path.read_text(encoding="utf-8") for path in pages))
    return MappingProxyType({page.code: page for page in sorted(found, key=lambda page: page.code)})

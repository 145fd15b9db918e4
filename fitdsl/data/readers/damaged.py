"""One wording for files that are not what they should be."""

from __future__ import annotations

from pathlib import Path

from ..unusable import Unusable


def damaged(path: Path, problem: str) -> Unusable:
    """The error for a file that cannot be read, FIT6004.

    Args:
        path: The file.
        problem: What is wrong with it, as the end of a sentence that begins with its name.
    """
    return Unusable("FIT6004", f"`{path}` {problem}", "delete the file and run again, or put a sound copy there")

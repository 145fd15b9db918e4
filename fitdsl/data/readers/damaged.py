"""One wording for files that are not what they should be."""

from __future__ import annotations

from pathlib import Path

from ..unusable import Unusable

FETCH_AGAIN = "delete the file and run again, or put a sound copy there"
"""For a published file, of which there are more."""


def damaged(path: Path, problem: str, help: str = FETCH_AGAIN) -> Unusable:
    """The error for a file that cannot be read, FIT6004.

    Args:
        path: The file.
        problem: What is wrong with it, as the end of a sentence that begins with its name.
        help: What the user can do; a file of the user's own may be the only one there is, so it is not to be deleted.
    """
    return Unusable("FIT6004", f"`{path}` {problem}", help)

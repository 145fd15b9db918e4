"""A full disk or a forbidden folder is one finding, whatever of a search was about to be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..backend.refusal import refusal


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Within the block an error of the system is a finding on a search's folder (FIT5038)."""
    try:
        yield
    except OSError as error:
        message = f"cannot write to the search's folder `{folder}`: {error.strerror or error}"
        notes = ["all that was finished before is intact"]
        helps = ["make room and go on with `--resume`, or name another place by `--folder` or `--storage`"]
        raise refusal("FIT5038", message, notes=notes, helps=helps) from error

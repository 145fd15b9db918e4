"""From bytes to text: every file that cannot be a spec is refused with one sentence that says what it is instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..diagnostics import Reporter
from ..source import Source
from .parser import LONGEST, TOO_LONG

_MOST_BYTES = 4 * LONGEST
_CONTROL = frozenset(range(32)) - {9, 10, 12, 13}


def load_source(path: Path, reporter: Reporter) -> Source | None:
    """The text of a file under the name by which the user knows it; None, with a finding, if it cannot be read."""
    try:
        if path.is_dir():
            return _refuse(path, reporter, "FIT0021", f"`{path}` is a folder, not a file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return _refuse(path, reporter, "FIT0020", f"there is no file `{path}`")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _refuse(path, reporter, "FIT0022", f"`{path}` cannot be read: {reason}")
    if len(data) > _MOST_BYTES:
        return _refuse(path, reporter, "FIT0026", TOO_LONG)
    return read(str(path), data, reporter)


def read(name: str, data: bytes, reporter: Reporter) -> Source | None:
    """The text of some bytes; None, with a finding, if they are no text in UTF-8."""
    for code, message, applies in _STRANGERS:
        if applies(data):
            return _refuse(name, reporter, code, message)
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        message = f"byte 0x{data[error.start]:02x} at line {line}, column {column} is not UTF-8"
        return _refuse(name, reporter, "FIT0025", message, "save the file with the encoding UTF-8")


def _is_garmin(data: bytes) -> bool:
    return data[8:12] == b".FIT"


def _is_astronomy(data: bytes) -> bool:
    return data.startswith(b"SIMPLE  =")


def _is_utf16(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _is_binary(data: bytes) -> bool:
    return not _CONTROL.isdisjoint(data)


_STRANGERS: tuple[tuple[str, str, Callable[[bytes], bool]], ...] = (
    ("FIT0023", "this is a Garmin activity file; a spec of fitdsl is a text that begins with `fit 1`", _is_garmin),
    (
        "FIT0023",
        "this is an astronomy image (FITS); a spec of fitdsl is a text that begins with `fit 1`",
        _is_astronomy,
    ),
    ("FIT0025", "this text is in UTF-16; save the file with the encoding UTF-8", _is_utf16),
    ("FIT0024", "this is a binary file; a spec of fitdsl is a text that begins with `fit 1`", _is_binary),
)


def _refuse(name: Path | str, reporter: Reporter, code: str, message: str, help: str | None = None) -> Source | None:
    """Report that there is no text; None, in place of it."""
    reporter.error(code, Source(str(name), "").span(), message, helps=(help,) if help else ())
    return None

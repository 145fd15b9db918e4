"""Files that are no text are refused with a sentence that says what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitdsl.diagnostics import Reporter
from fitdsl.syntax.reading import load_source, read

BEGINS = "a spec of fitdsl is a text that begins with `fit 1`"


def refusal(data: bytes) -> str:
    """Why some bytes are no text."""
    reporter = Reporter()
    assert read("x.fit", data, reporter) is None
    (finding,) = reporter.diagnostics
    return " ".join([finding.code, finding.message, *finding.helps])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT\x91\x33", f"FIT0023 this is a Garmin activity file; {BEGINS}"),
        (b"SIMPLE  =                    T", f"FIT0023 this is an astronomy image (FITS); {BEGINS}"),
        (b"\x7fELF\x02\x01\x01\x00", f"FIT0024 this is a binary file; {BEGINS}"),
        (b"fit 1\n\x00", f"FIT0024 this is a binary file; {BEGINS}"),
        ("fit 1\n".encode("utf-16"), "FIT0025 this text is in UTF-16; save the file with the encoding UTF-8"),
        (
            "fit 1\n# é".encode() + b"\xe9t",
            "FIT0025 byte 0xe9 at line 2, column 4 is not UTF-8 save the file with the encoding UTF-8",
        ),
    ],
)
def test_what_is_no_text_is_called_by_its_name(data: bytes, message: str) -> None:
    assert refusal(data) == message


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    source = read("x.fit", b"\xef\xbb\xbffit 1\r\n", Reporter())
    assert source is not None
    assert (source.name, source.text) == ("x.fit", "fit 1\r\n")


def unread(path: Path) -> str:
    """Why a file is not read."""
    reporter = Reporter()
    assert load_source(path, reporter) is None
    (finding,) = reporter.diagnostics
    return f"{finding.span.source.name}: {finding.code} {finding.message}"


def test_a_file_is_read_under_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a.fit"
    path.write_text("fit 1\n", "utf-8")
    source = load_source(path, Reporter())
    assert source is not None
    assert (source.name, source.text) == (str(path), "fit 1\n")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone.fit"
    assert unread(gone) == f"{gone}: FIT0020 there is no file `{gone}`"
    assert unread(tmp_path) == f"{tmp_path}: FIT0021 `{tmp_path}` is a folder, not a file"


def test_a_path_that_no_system_has_is_refused() -> None:
    assert unread(Path("a\0b")) == "a\0b: FIT0022 `a\0b` cannot be read: embedded null byte"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.fit"
    path.write_bytes(b"\xc3\xa9" * 5_000_000)
    assert unread(path) == f"{path}: FIT0026 this text is too long: a spec has at most 1,000,000 characters"

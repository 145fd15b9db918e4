"""An array on disk that is filled chunk by chunk, by one process or by several at once, and read by any number.

Beside the values stands one checksum for each chunk, which is 0 until the chunk is written. It is written after the
chunk, so a process that is killed leaves no chunk that is later believed. Plain writes are used, not a memory map: a
disk that fills up is then an error and not a dead process.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from ..dataclass import dataclass

CHUNK = 128
"""Rows that are computed, written and checked together. A row's value may depend on its chunk in the last bits, as sums
in batches do, so chunks are the same whoever fills them."""

VALUES, CHECKS = "values", "checks"


@dataclass(frozen=True)
class Rows:
    """The files of one array.

    Attributes:
        folder: Where they are.
        count: Rows.
        row_bytes: Bytes of one row.
    """

    folder: Path
    count: int
    row_bytes: int

    @property
    def values(self) -> Path:
        """The file that holds the rows, one behind the other."""
        return self.folder / VALUES

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.count // CHUNK)

    def span(self, chunk: int) -> range:
        """The rows of a chunk."""
        return range(chunk * CHUNK, min((chunk + 1) * CHUNK, self.count))

    def is_there(self) -> bool:
        """Whether both files are."""
        return self.values.is_file() and (self.folder / CHECKS).is_file()

    def create(self) -> None:
        """Make the files, with nothing in them.

        Raises:
            OSError: The folder cannot be written.
        """
        self.folder.mkdir()
        for name, size in ((VALUES, self.count * self.row_bytes), (CHECKS, 4 * self.chunks)):
            with (self.folder / name).open("wb") as file:
                file.truncate(size)

    def write(self, chunk: int, values: bytes) -> None:
        """Put a chunk in its place.

        Raises:
            OSError: The disk is full.
        """
        self._put(VALUES, self.span(chunk).start * self.row_bytes, values)
        self._put(CHECKS, 4 * chunk, struct.pack("<I", _check(values)))

    def is_written(self, chunk: int) -> bool:
        """Whether a chunk has its checksum, which is not compared."""
        with (self.folder / CHECKS).open("rb") as file:
            return os.pread(file.fileno(), 4, 4 * chunk) not in (b"", b"\0\0\0\0")

    def state(self) -> tuple[list[int], list[int]]:
        """The chunks that are missing, and those that are damaged; each present one is read and checked.

        Raises:
            OSError: The files cannot be read.
        """
        content = (self.folder / CHECKS).read_bytes()
        checks = [check for (check,) in struct.iter_unpack("<I", content[: len(content) // 4 * 4])]
        checks += [0] * (self.chunks - len(checks))
        missing = [chunk for chunk in range(self.chunks) if checks[chunk] == 0]
        with self.values.open("rb") as file:
            damaged = [c for c in range(self.chunks) if checks[c] and _check(self._read(file.fileno(), c)) != checks[c]]
        return missing, damaged

    def _read(self, descriptor: int, chunk: int) -> bytes:
        span = self.span(chunk)
        return os.pread(descriptor, len(span) * self.row_bytes, span.start * self.row_bytes)

    def _put(self, name: str, offset: int, content: bytes) -> None:
        descriptor = os.open(self.folder / name, os.O_WRONLY)
        try:
            view = memoryview(content)
            while view:
                written = os.pwrite(descriptor, view, offset)
                view, offset = view[written:], offset + written
        finally:
            os.close(descriptor)


def _check(values: bytes) -> int:
    """A checksum that is never 0."""
    return zlib.crc32(values) or 1

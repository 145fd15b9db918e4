"""The store of finished work: a folder of entries by key, shared by all runs, processes and machines that see it.

An entry is a folder that is renamed into place when it is whole, so nobody ever finds half of one, and whoever comes
second with the same key finds the first one's. It holds `entry.json`, which says what it is and what its files hash to.
What was used longest ago makes room when the store grows beyond its limit.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any, Literal
from uuid import uuid4

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..atomic import write_text
from ..dataclass import dataclass
from ..diagnostics import FitError, Severity, diagnostic
from ..source import NOWHERE
from .hold import holding
from .rows import Rows

VARIABLE, LIMIT_VARIABLE = "FITDSL_STORE", "FITDSL_STORE_LIMIT"
LIMIT_BYTES = 20 * 10**9
"""How large the store may grow unless `FITDSL_STORE_LIMIT` says otherwise, in bytes."""

LAYOUT = "v1"
"""Folder of the entries that this version understands; others are left alone."""

STALE_S = 24 * 3600
"""Age from which an unfinished entry is taken for one whose writer was killed."""

Kind = Literal["stage", "outputs"]


class FileRecord(BaseModel):
    """A file of an entry that no longer changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Record(BaseModel):
    """What `entry.json` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = 1
    kind: Kind
    key: str
    spec: str = Field(description="name of the spec that had it made")
    part: str = Field(description="the stage, or the layer whose outputs these are")
    created: str = Field("", description="when, in ISO 8601")
    parts: dict[str, str] = Field({}, description="digests of what went into the key, by what they describe")
    result: dict[str, Any] = Field({}, description="what is known of the result beside its files")
    files: dict[str, FileRecord] = Field({}, description="files that no longer change")


@dataclass(frozen=True)
class Entry:
    """One finished piece of work, as it was when it was looked up.

    Attributes:
        size: Bytes on disk.
        used: When it was last used, in seconds since 1970.
    """

    folder: Path
    record: Record
    size: int = field(compare=False)
    used: float = field(compare=False)

    def damage(self) -> str | None:
        """What is wrong with its files; None if they are as they were written."""
        if self.record.kind == "outputs":
            return self._damaged_rows()
        for name, written in self.record.files.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != written.bytes:
                return f"`{path}` is not {written.bytes:,} bytes long"
            if _sha256(path) != written.sha256:
                return f"`{path}` has changed since it was written"
        return None

    def _damaged_rows(self) -> str | None:
        """What is wrong with kept outputs; rows that are not there yet are no damage."""
        rows = Rows(self.folder / ROWS, self.record.result["rows"], self.record.result["row_bytes"])
        try:
            _, damaged = rows.state()
        except OSError as error:
            return f"`{rows.folder}` cannot be read: {error.strerror or error}"
        return f"`{rows.values}` is damaged in {len(damaged)} of {rows.chunks} places" if damaged else None


ENTRY = "entry.json"

ROWS = "rows"
"""Folder of kept outputs inside their entry; its files change, so that they have checksums of their own."""


@dataclass(frozen=True)
class Store:
    """A store in a folder, which is made when something is first put into it."""

    folder: Path
    limit_bytes: int = LIMIT_BYTES

    @classmethod
    def default(cls) -> Store:
        """The one that `FITDSL_STORE` names, else the one in the user's cache folder.

        Raises:
            FitError: `FITDSL_STORE_LIMIT` is no size (FIT4114).
        """
        folder, limit = os.environ.get(VARIABLE), os.environ.get(LIMIT_VARIABLE)
        place = Path(folder) if folder else user_cache_path("fitdsl") / "store"
        return cls(place, read_size(limit, LIMIT_VARIABLE) if limit else LIMIT_BYTES)

    def find(self, kind: Kind, key: str) -> Entry | None:
        """The entry of a key; None if there is none, or none that this version can read."""
        return _read(self._place(kind, key))

    def take(self, kind: Kind, key: str) -> Entry | None:
        """The entry of a key, which counts as used now.

        Raises:
            Damaged: Its files are not what was written; it is removed.
        """
        entry = self.find(kind, key)
        if entry is None:
            return None
        # kept outputs are mended where they are, by whoever reads them
        if kind == "stage" and (damage := entry.damage()):
            self.remove(entry)
            raise Damaged(f"{damage}, so it is made anew")
        _touch(entry.folder)
        return entry

    def put(self, record: Record, write: Callable[[Path], None]) -> Entry:
        """Add an entry, or find that another process has done so.

        Args:
            record: What it is; `created` and `files` are filled in.
            write: Writes its files into a folder; those it leaves there are hashed, but for sub-folders.

        Raises:
            OSError: The store cannot be written, or the disk is full.
        """
        part = self.folder / LAYOUT / "unfinished" / f"{record.key}-{uuid4().hex}"
        part.mkdir(parents=True)
        try:
            write(part)
            files = {file.name: _recorded(file) for file in sorted(part.iterdir()) if file.is_file()}
            whole = record.model_copy(
                update={"created": datetime.now(UTC).isoformat(timespec="seconds"), "files": files}
            )
            write_text(part / ENTRY, whole.model_dump_json(indent=2) + "\n")
            self._publish(part, record)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        entry = self.find(record.kind, record.key)
        if entry is None:
            raise OSError(f"`{self._place(record.kind, record.key)}` was taken away")
        self.shrink(spare=entry)
        return entry

    @contextmanager
    def locked(self, name: str) -> Iterator[Callable[[], bool]]:
        """Within the block the yielded function says whether this process alone has a name, and tries for it.

        In a store that cannot be written nobody is kept out.
        """
        folder = self.folder / LAYOUT / "locks" / name
        with ExitStack() as stack:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                is_had = stack.enter_context(holding(folder))
            except OSError:
                yield lambda: True
                return
            # whoever waits for it goes on; whoever comes later at worst does the same work beside it
            stack.callback(_remove_empty, folder)
            yield is_had

    def entries(self) -> list[Entry]:
        """All entries, the one used last first."""
        found = (_read(folder) for kind in ("stage", "outputs") for folder in (self.folder / LAYOUT / kind).glob("*"))
        return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.used, reverse=True)

    def remove(self, entry: Entry) -> None:
        """Take an entry away; whoever has its files open keeps them."""
        self._discard(entry.folder)

    def shrink(self, limit_bytes: int | None = None, *, spare: Entry | None = None) -> list[Entry]:
        """Take away what was used longest ago until the rest fits, and what killed processes have left.

        Args:
            limit_bytes: What must fit; the store's own limit if left out.
            spare: Stays in any case.

        Returns:
            What was taken away.
        """
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        self._sweep()
        room, gone = limit, []
        for entry in self.entries():
            room -= entry.size
            if room < 0 and (spare is None or entry.folder != spare.folder):
                self.remove(entry)
                gone.append(entry)
        return gone

    def _discard(self, folder: Path) -> None:
        gone = self.folder / LAYOUT / "unfinished" / f"gone-{uuid4().hex}"
        gone.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(gone)
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self) -> None:
        for folder in (self.folder / LAYOUT / "unfinished").glob("*"):
            try:
                if time() - folder.stat().st_mtime > STALE_S:
                    shutil.rmtree(folder, ignore_errors=True)
            except FileNotFoundError:
                continue

    def _publish(self, part: Path, record: Record) -> None:
        place = self._place(record.kind, record.key)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.rename(place)
        except OSError:
            if _read(place) is None:
                # what stands there cannot be read, so it is in nobody's way
                self._discard(place)
                part.rename(place)

    def _place(self, kind: Kind, key: str) -> Path:
        return self.folder / LAYOUT / kind / key


class Damaged(Exception):
    """An entry is not what was written."""


def _read(folder: Path) -> Entry | None:
    try:
        record = Record.model_validate_json((folder / ENTRY).read_bytes())
        return Entry(folder, record, _size(folder), (folder / ENTRY).stat().st_mtime)
    except (OSError, ValidationError):
        return None


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _touch(folder: Path) -> None:
    try:
        os.utime(folder / ENTRY)
    except OSError:
        # a store that can only be read keeps no account of its use
        return


def _recorded(file: Path) -> FileRecord:
    return FileRecord(bytes=file.stat().st_size, sha256=_sha256(file))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(folder: Path) -> int:
    return sum(_bytes(file) for file in folder.rglob("*"))


def _bytes(file: Path) -> int:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return 0
    # what a file takes, which is less than its length while parts of it are not written
    return min(stat.st_size, getattr(stat, "st_blocks", stat.st_size) * 512)


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)
_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def read_size(text: str, owner: str) -> int:
    """Bytes from a text such as `500M` or `20 GB`.

    Args:
        text: The size.
        owner: Who asks for it, for the message.

    Raises:
        FitError: It is no size (FIT4114).
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        helps = ["write a number of bytes, such as `20G` or `500M`"]
        raise FitError([diagnostic("FIT4114", Severity.ERROR, NOWHERE, f"`{owner}` is no size: `{text}`", helps=helps)])
    return int(float(match[1]) * _FACTORS[match[2].upper()])

"""A data set's files: found on disk, and fetched where they are missing and there is a network.

A fetched file is checked against its published SHA-256 in a temporary folder and then moved into place, so a process
killed half-way leaves nothing that is later taken for the data.
"""

from __future__ import annotations

import logging
import tarfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch  # type: ignore[import-untyped]
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ..dataclass import dataclass
from .base import Download, Files
from .places import SEARCH_VARIABLE, find, folders_of
from .unusable import Unusable


def locate(files: Files, base: Path, *, owner: str) -> dict[str, Path]:
    """Where each of a data set's files lies; what is missing is fetched first.

    Args:
        files: What to look for.
        base: Folder of the spec; the files' root is relative to it.
        owner: Name of the data set, for the message.

    Raises:
        Unusable: FIT6003, files are missing and could not be fetched.
    """
    folders = folders_of(files, base)
    found = find(files, base)
    missing = [name for name in files.names if name not in found]
    if not missing:
        return found
    target = base / files.root / files.folders[0]
    problem = _fetch_all(files.downloads, missing, target)
    found = find(files, base)
    missing = [name for name in files.names if name not in found]
    if missing:
        raise _missing(owner, missing, folders, problem)
    return found


def _missing(owner: str, missing: list[str], folders: Collection[Path], problem: str | None) -> Unusable:
    notes = [f"looked in {', '.join(f'`{folder}`' for folder in folders)}"]
    if problem is not None:
        notes.append(f"fetching failed: {problem}")
    them, holds = ("it", "holds it") if len(missing) == 1 else ("them", "holds them")
    return Unusable(
        "FIT6003",
        f"`{owner}` lacks {', '.join(f'`{name}`' for name in missing)}",
        f"put {them} into `{next(iter(folders))}`, or set {SEARCH_VARIABLE} to the folder that {holds}",
        notes=notes,
    )


def _fetch_all(downloads: Collection[Download], missing: Collection[str], target: Path) -> str | None:
    """Fetch what is missing into `target`; what went wrong in one line, or None."""
    wanted = [download for download in downloads if download.name in missing or _is_archive(download)]
    try:
        for download in wanted:
            _fetch(download, missing, target)
    # pooch passes on whatever its HTTP library raises (OSErrors) and reports a wrong checksum as a ValueError.
    except (OSError, ValueError, EOFError, zlib.error, tarfile.TarError) as error:
        return " ".join(str(error).split())
    return None


def _is_archive(download: Download) -> bool:
    return download.name.endswith(".tar.gz")


def _fetch(download: Download, missing: Collection[str], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target, prefix=".fetching-") as name, _progress(download) as bar:
        folder = Path(name)
        pooch.get_logger().setLevel(logging.WARNING)
        pooch.retrieve(
            download.url,
            known_hash=f"sha256:{download.sha256}",
            fname=download.name,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16),
        )
        ready = (
            _unpack(folder / download.name, missing)
            if _is_archive(download)
            else {download.name: folder / download.name}
        )
        for final, fetched in ready.items():
            fetched.replace(target / final)


def _unpack(archive: Path, wanted: Collection[str]) -> Mapping[str, Path]:
    """The wanted files of an archive, by their own names; other members, and their paths, are ignored."""
    unpacked = {}
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name).name
            content = members.extractfile(member) if name in wanted else None
            if content is not None:
                unpacked[name] = archive.parent / name
                unpacked[name].write_bytes(content.read())
    return unpacked


@dataclass
class _Bar:
    """A rich progress bar in the form pooch asks for."""

    progress: Progress
    name: str

    def __post_init__(self) -> None:
        self.task = self.progress.add_task(self.name, total=None)
        self.total = 0

    def update(self, amount: int) -> None:
        """So many bytes more have come."""
        self.progress.update(self.task, advance=amount, total=self.total or None)

    def reset(self) -> None:
        """Back to nothing; pooch does so before it sets the bar to the end."""
        self.progress.reset(self.task)

    def close(self) -> None:
        """Nothing to do: the progress display ends with its context."""


@contextmanager
def _progress(download: Download) -> Iterator[_Bar]:
    """A bar on a terminal's standard error, one plain line elsewhere."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    if not console.is_terminal:
        console.print(f"fetching {download.url}", highlight=False, soft_wrap=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield _Bar(progress, download.name)

"""How to search, as opposed to what: the choices that stand on the command line and not in a spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path

from ..backend.refusal import refusal
from ..dataclass import dataclass
from ..program.search import SHARES, shares
from ..training.folder import fresh
from ..training.options import whole
from ..work.store import VARIABLE, Store
from .report import SearchReport, read_search
from .trainee import Result


@dataclass(frozen=True, eq=False)
class View:
    """What a watcher of a search is told: all of it, and what trials are doing at the moment.

    Attributes:
        report: As `search.json` has it.
        moving: The last news of each running trial, by number.
    """

    report: SearchReport
    moving: Mapping[int, Result]


Watcher = Callable[[View], None]


def unseen(view: View) -> None:
    """The watcher of someone who does not want to know."""
    del view


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """Choices for one search.

    Attributes:
        trials: How many students to train. If left out, as many as the search was begun with, or as the sampler's
            declaration says.
        seed: Decides weights, order and augmentation of every student; proposals follow the sampler's own seed. If left
            out, what the search was begun with, or 0.
        address: The Ray cluster, or `local`; Ray is started on this machine if left out.
        storage: Folder in which searches and, unless `FITDSL_STORE` names another place, finished work lie; the current
            folder and the user's own store if left out. All machines of a cluster see it at the same path.
        folder: Folder of this search instead of a new `searches/NAME/ID`.
        resume: Go on with the search in `folder`, or with the newest unfinished one of the spec; begin one if there is
            none.
        cpus, gpus: Of one trial, if not as the spec says.
        device: A torch device, or `auto`.
        at_once: At most so many trials run at the same time.
        allow_python: Whether a network from outside may run the user's own code.
        finish_live: Whether the best student's last stage is trained again with its teacher live.
        store: Of finished work, instead of where it is otherwise.
        watcher: Is told what happens.
    """

    trials: int | None = None
    seed: int | None = None
    address: str | None = None
    storage: Path | str | None = None
    folder: Path | None = None
    resume: bool = False
    cpus: float | None = None
    gpus: float | None = None
    device: str = "auto"
    at_once: int | None = None
    allow_python: bool = False
    finish_live: bool = False
    store: Store | None = None
    watcher: Watcher = unseen

    def __post_init__(self) -> None:
        """Hold numbers to their range.

        Raises:
            ValueError: One is outside of it.
        """
        for name, least in (("trials", 1), ("seed", 0), ("at_once", 1)):
            if (value := getattr(self, name)) is not None:
                whole(name, value, least)
        if self.cpus is not None and not 0 < self.cpus < inf:
            raise ValueError(f"`cpus` is a number above 0, got {self.cpus!r}")
        if self.gpus is not None and not 0 <= self.gpus < inf:
            raise ValueError(f"`gpus` is a number of at least 0, got {self.gpus!r}")
        if self.gpus is not None and not shares(self.gpus):
            raise ValueError(f"{SHARES}, got {self.gpus!r}")

    @property
    def searches(self) -> Path:
        """Where all searches are."""
        return Path(self.storage or "") / "searches"

    def finished_work(self) -> Store:
        """The store of finished work.

        Raises:
            FitError: The environment gives it a limit that is no size (FIT4114).
        """
        store = self.store or Store.default()
        is_own = self.storage is not None and self.store is None and VARIABLE not in os.environ
        return Store(Path(self.storage or "").absolute() / "store", store.limit_bytes) if is_own else store


def choose_folder(options: SearchOptions, name: str) -> tuple[Path, SearchReport | None]:
    """The folder of a search, and what an earlier attempt in it has reported, if this one goes on with it.

    Raises:
        FitError: The folder is not free (FIT5031), or what is in it cannot be read (FIT5035).
    """
    if "://" in str(options.storage or ""):
        helps = ["mount it as a folder on all machines, and name that"]
        raise refusal("FIT5036", f"`{options.storage}` is no folder", helps=helps)
    folder = options.folder or options.searches / name
    if options.resume:
        earlier = read_search(folder / "search.json") if options.folder else _newest_unfinished(folder)
        if earlier is not None:
            return earlier.folder, earlier
    new = options.folder or fresh(folder)
    if new.exists() and (not new.is_dir() or any(new.iterdir())):
        helps = ["`--resume` goes on with a search; name another folder, or leave `--folder` out"]
        raise refusal("FIT5031", f"`{new}` holds something already", helps=helps)
    return new, None


def _newest_unfinished(searches: Path) -> SearchReport | None:
    for file in sorted(searches.glob("*/search.json"), reverse=True):
        found = read_search(file)
        if found is not None and found.status != "done":
            return found
    return None

"""Whether a run may be gone on with: only as what it was begun, and if not, what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from pathlib import Path
from shutil import copyfile

from ..atomic import replacing
from ..backend.refusal import refusal
from .folder import RunFolder
from .options import TrainOptions
from .report import RunReport, StageReport

SHOWN = 3
"""Lines of the spec that are shown where more differ."""


def check_same(earlier: RunReport, options: TrainOptions, keys: Mapping[str, str]) -> None:
    """Hold that the stages of a run are those it was begun with.

    Args:
        earlier: What it has reported.
        options: With which it is to go on.
        keys: Keys of its stages by name, with those of their names, as they are with these options.

    Raises:
        FitError: A stage is another one (FIT4108).
    """
    for name in _changed(earlier, keys):
        message = f"`{earlier.folder}` was begun with other settings: stage `{name}` is not the same"
        helps = [
            "go on with the spec, seed and options it was begun with, or begin a new run; `--force` begins one that "
            "takes along the finished stages that are the same"
        ]
        raise refusal("FIT4108", message, notes=tuple(_differences(earlier, options)), helps=helps)


def is_another(earlier: RunReport, keys: Mapping[str, str]) -> bool:
    """Whether some stage of a run is another one by now."""
    return any(_changed(earlier, keys))


def take_along(earlier: RunReport, keys: Mapping[str, str], folder: RunFolder) -> dict[str, StageReport]:
    """Copy what the finished stages that are the same have left into the folder of a new run.

    Args:
        earlier: The run that has them; it stays as it is.
        keys: Keys of the stages of the new one by name, with those of their names.
        folder: Where the new one is.

    Returns:
        What they have reported, by name.

    Raises:
        FitError: The folder cannot be written (FIT4106).
    """
    same = {name: done for name, done in earlier.stages.items() if keys.get(name) == earlier.plan.get(name)}
    old = RunFolder(earlier.folder)
    with folder.writing():
        for name in same:
            _copy(old.stage(name), folder.stage(name))
            if old.regressors(name).exists():
                _copy(old.regressors(name), folder.regressors(name))
    return same


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as part:
        copyfile(source, part)


def _changed(earlier: RunReport, keys: Mapping[str, str]) -> Iterator[str]:
    yield from (name for name, key in keys.items() if earlier.plan.get(name, key) != key)


def _differences(earlier: RunReport, options: TrainOptions) -> Iterator[str]:
    """What differs, as `then -> now`."""
    settings = {"seed": (earlier.seed, options.seed), "epochs": (earlier.epochs, options.epochs)}
    changed = [f"`--{name}`: {_given(old)} -> {_given(new)}" for name, (old, new) in settings.items() if old != new]
    lines = list(differences(earlier.spec, options.spec))
    yield from changed
    yield from lines
    if not changed and not lines:
        yield "spec, seed and epochs are the same, so a file that the spec reads, or fitdsl itself, has changed"


def differences(then: str, now: str) -> Iterator[str]:
    """The first lines of two specs that differ, as `then -> now`, and how many more there are."""
    lines = list(_changed_lines(then, now))
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"lines of the spec that differ beside these: {len(lines) - SHOWN}"


def _given(value: int | None) -> str:
    return "not given" if value is None else str(value)


def _changed_lines(then: str, now: str) -> Iterator[str]:
    """Lines of two texts that differ otherwise than by comments and blanks."""
    old, new = _bare_lines(then), _bare_lines(now)
    for tag, begin, end, start, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pairs = zip_longest(islice(old, begin, end), islice(new, start, stop)) if tag != "equal" else ()
        yield from (f"{_line(before)} -> {_line(after)}" for before, after in pairs)


def _bare_lines(text: str) -> list[str]:
    bare = (" ".join(line.partition("#")[0].split()) for line in text.splitlines())
    return [line for line in bare if line]


def _line(text: str | None) -> str:
    return "nothing" if text is None else f"`{text}`"

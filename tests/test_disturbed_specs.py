"""Whatever is done to a sound spec, every phase reads it to its end, with few findings and nothing but findings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from mutations import disturb, mutate
from small_spec import TEXT as SMALL

from fitdsl import Compilation
from fitdsl.source import Source
from fitdsl.view.formats import FORMATS
from fitdsl.view.options import ViewOptions
from fitdsl.view.plan import plan
from fitdsl.view.reports import REPORTS
from fitdsl.view.terminal import Display

SPECS = Path(__file__).parents[1] / "specs"
# Files of `blocks` rest on names of their users, so alone they are not sound.
SOUND = [path for path in sorted(SPECS.rglob("*.fit")) if path.parent.name != "blocks"]
TEXTS = [(SPECS / "small.fit", SMALL), *((path, path.read_text(encoding="utf-8")) for path in SOUND)]
Change = Callable[[str, Random], str]


def checked(change: Change, seed: int) -> Compilation:
    """What one change makes of one of the specs."""
    random = Random(seed)
    path, text = random.choice(TEXTS)
    return Compilation(Source(str(path), change(text, random)), path)


def check_counts(change: Change, seeds: range) -> None:
    """Hold that hardly any change makes more than five findings."""
    counts = [len(checked(change, seed).diagnostics) for seed in seeds]
    assert sum(count > 5 for count in counts) <= len(counts) // 100


@pytest.mark.parametrize("change", [mutate, disturb])
def test_one_change_makes_few_findings(change: Change) -> None:
    check_counts(change, range(50))


@pytest.mark.slow
@pytest.mark.parametrize("change", [mutate, disturb])
def test_each_of_2000_changes_makes_few_findings(change: Change) -> None:
    check_counts(change, range(2000))


def check_views(seeds: range) -> None:
    """Hold that what is sound after a change can be shown in every form, and that what is not can be reported."""
    for seed in seeds:
        compilation = checked(disturb, seed)
        for report in REPORTS.values():
            report(compilation.diagnostics, Display())
        if all(finding.severity == "warning" for finding in compilation.diagnostics):
            # a PNG is the SVG, rendered by a package that need not be there
            assert [view(compilation, ViewOptions(Display(), None)) for name, view in FORMATS.items() if name != "png"]
            assert plan(compilation.program, Display())
            assert Compilation(Source("resolved.fit", compilation.resolved), compilation.path).program


def test_what_a_change_leaves_sound_can_be_shown() -> None:
    check_views(range(2000, 2020))


@pytest.mark.slow
def test_what_any_of_1000_changes_leaves_sound_can_be_shown() -> None:
    check_views(range(1000))


def test_lets_that_lead_through_thousands_of_others_are_refused() -> None:
    text = "".join(f"let a{step} = a{step + 1} + 1\n" for step in range(2000))
    (finding,) = Compilation(Source("x.fit", f"fit 1\n{text}let a2000 = 1\n")).diagnostics
    assert f"{finding.code} {finding.message}" == (
        "FIT0010 names, blocks or files of this spec lead through one another more deeply than can be followed"
    )


def test_files_that_lead_through_hundreds_of_others_are_refused(tmp_path: Path) -> None:
    for step in range(500):
        (tmp_path / f"a{step}.fit").write_text(f'fit 1\nuse "a{step + 1}.fit"\n')
    (finding,) = Compilation.open(tmp_path / "a0.fit").diagnostics
    assert finding.code == "FIT0010"


def test_thousands_of_unknown_names_are_all_told() -> None:
    text = "".join(f"let a{step} = b{step}\n" for step in range(2000))
    assert len(Compilation(Source("x.fit", f"fit 1\n{text}")).diagnostics) == 2000

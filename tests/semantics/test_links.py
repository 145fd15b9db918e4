"""`use` brings in the declarations of other files of the project, each once, and of nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from findings import found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one used file."""
    (tmp_path / "fit.toml").write_text("")
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "conv.fit").write_text("fit 1\nblock conv(out) { Conv2d(out, 3, padding=1) }\n")
    (tmp_path / "specs").mkdir()
    return tmp_path


STUDENT = "student s(x: [3, 8, 8]) { conv(4) }"


def test_a_used_file_stands_relative_to_its_user(project: Path) -> None:
    assert found(f'use "../blocks/conv.fit"\n{STUDENT}', project / "specs" / "a.fit") == []


def test_a_file_used_twice_is_read_once(project: Path) -> None:
    (project / "blocks" / "more.fit").write_text('fit 1\nuse "conv.fit"\n')
    text = f'use "blocks/conv.fit"\nuse "blocks/more.fit"\n{STUDENT}'
    assert found(text, project / "a.fit") == []


def test_files_that_use_each_other(project: Path) -> None:
    (project / "a.fit").write_text('fit 1\nuse "b.fit"\n')
    (project / "b.fit").write_text('fit 1\nuse "a.fit"\n')
    assert found('use "b.fit"', project / "a.fit") == [
        "2:1 FIT1022 these files use each other in a circle: a.fit -> b.fit -> a.fit"
        "  (move what both need into a third file)"
    ]


def test_nothing_outside_the_project_is_read(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "conv.fit"
    outside.write_text("fit 1\nblock conv(out) { Conv2d(out, 3) }\n")
    text = f'use "{outside}"\n{STUDENT}'
    assert [line.split(" ")[1] for line in found(text, project / "a.fit")] == ["FIT1021"]
    (project / "link.fit").symlink_to(outside)
    assert [line.split(" ")[1] for line in found(f'use "link.fit"\n{STUDENT}', project / "a.fit")] == ["FIT1021"]


def test_a_missing_file_names_where_it_was_looked_for(project: Path) -> None:
    assert found('use "blocks/cnov.fit"', project / "a.fit") == [
        f"2:5 FIT1020 cannot use `blocks/cnov.fit`: there is no {project / 'blocks' / 'cnov.fit'}"
        "  (a used file stands relative to the file that uses it)"
    ]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("blocks", "{project}/blocks is a folder or a device"),
        ("", "{project} is a folder or a device"),
        ("pipe.fit", "{project}/pipe.fit is a folder or a device"),
        ("loop.fit", "no file can have this path"),
        ("\\u0000.fit", "no file can have this path"),
        ("\\ud800.fit", "no file can have this path"),
        ("x" * 5000, "no file can have this path"),
    ],
)
def test_what_is_no_file_is_not_used(project: Path, written: str, reason: str) -> None:
    (project / "loop.fit").symlink_to("loop.fit")
    os.mkfifo(project / "pipe.fit")
    (finding,) = found(f'use "{written}"', project / "a.fit")
    assert finding.startswith("2:5 FIT1020 cannot use `")
    assert finding.endswith(
        f"`: {reason.format(project=project)}  (a used file stands relative to the file that uses it)"
    )


def test_a_file_that_is_no_spec_is_told_where_it_is_used(project: Path) -> None:
    (project / "ride.fit").write_bytes(b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00")
    assert found('use "ride.fit"', project / "a.fit") == [
        "2:5 FIT0023 cannot use `ride.fit`: this is a Garmin activity file; a spec of fitdsl is a text that begins "
        "with `fit 1`"
    ]

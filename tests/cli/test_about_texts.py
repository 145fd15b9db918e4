"""`check`, `show`, `plan` and `fmt`: what goes where, and the exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import Fit

GOOD = "fit 1\n\nparam width = 2 in {2, 4}\n\nstudent net(image: [4]) {\n  logits = Linear(width)\n}\n"
SPACE = "2 students, all type-check; weights 8 .. 16, MACs 8 .. 16"
BAD = "fit 1\n\nstudent net(image: [4]) {\n  logits = Linaer(2)\n}\n"
FOUND = """\
error[FIT1001]: nothing is called `Linaer`
 --> bad.fit:4:12
  |
4 |   logits = Linaer(2)
  |            ^^^^^^
  = help: did you mean `Linear`?
"""


@pytest.fixture(autouse=True)
def specs(fit: Fit) -> None:
    Path("good.fit").write_text(GOOD)
    Path("bad.fit").write_text(BAD)


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_check_of_a_good_spec_says_only_how_many(fit: Fit) -> None:
    outcome = fit("check", "good.fit")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"good.fit: {SPACE}\n1 spec, 0 errors\n")


def test_check_of_a_bad_spec_prints_findings_on_stdout(fit: Fit) -> None:
    outcome = fit("check", "bad.fit")
    assert (outcome.code, outcome.err) == (1, "1 spec, 1 error\n")
    assert outcome.out == FOUND


def test_check_searches_folders_and_leaves_hidden_ones_out(fit: Fit) -> None:
    for folder in (Path("deep/er"), Path(".hidden")):
        folder.mkdir(parents=True)
        (folder / "also.fit").write_text(GOOD)
    outcome = fit("check", ".", "--output-format", "concise")
    assert outcome.out == "bad.fit:4:12: error[FIT1001] nothing is called `Linaer`\n"
    assert outcome.err == f"deep/er/also.fit: {SPACE}\ngood.fit: {SPACE}\n3 specs, 1 error\n"
    assert fit("check", "--output-format", "concise") == outcome


def test_what_runs_and_searches_have_left_is_not_searched_but_may_be_named(fit: Fit) -> None:
    for folder, record in ((Path("runs/good/1"), "run.json"), (Path("searches/good/1"), "search.json")):
        (folder / "best").mkdir(parents=True)
        (folder / record).touch()
        for name in ("spec.fit", "best/spec.fit"):
            (folder / name).write_text(GOOD)
    assert fit("check", "good.fit", "runs", "--output-format", "concise").code == 2
    assert fit("check", ".", "--output-format", "concise").err == f"good.fit: {SPACE}\n2 specs, 1 error\n"
    named = fit("check", "runs/good/1", "--output-format", "concise")
    assert named.err.endswith("2 specs, 0 errors\n")


def test_check_of_several_files_leaves_those_that_others_use_to_their_users(fit: Fit) -> None:
    Path("part.fit").write_text("fit 1\n\nstage learn {\n  train = student\n}\n")
    Path("whole.fit").write_text('fit 1\n\nuse "part.fit"\n\nstudent net(image: [4]) {\n  logits = Linear(2)\n}\n')
    outcome = fit("check", "part.fit", "whole.fit", "--output-format", "concise")
    assert outcome.out == "part.fit:3:7: error[FIT1006] `learn` needs `loss`, `optimizer` and `epochs`\n"
    assert "this spec declares no student" in fit("check", "part.fit").out


def test_check_of_a_folder_without_specs_is_wrong_usage(fit: Fit) -> None:
    Path("empty").mkdir()
    outcome = fit("check", "empty")
    assert (outcome.code, outcome.err.splitlines()[-1]) == (
        2,
        "Error: Invalid value: no .fit file in the folder `empty`",
    )


def test_check_reports_a_file_that_several_specs_use_once(fit: Fit) -> None:
    Path("lib.fit").write_text("fit 1\n\nblock b() {\n  Linaer(2)\n}\n")
    for name in ("one", "two"):
        use = 'fit 1\n\nuse "lib.fit"\n\nstudent net(image: [4]) {\n  logits = b()\n}\n'
        Path(f"{name}.fit").write_text(use)
    assert fit("check", "one.fit", "two.fit").err == "2 specs, 1 error\n"


def test_check_of_a_missing_file(fit: Fit) -> None:
    outcome = fit("check", "gone.fit")
    assert outcome.code == 1
    assert outcome.out == "error[FIT0020]: there is no file `gone.fit`\n --> gone.fit\n"


def test_check_reads_stdin(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, BAD.encode())
    assert fit("check", "-", "--output-format", "concise").out.startswith("<stdin>:4:12: error[FIT1001]")
    pipe(monkeypatch, b"\xff\xfe")
    assert fit("check", "-", "--output-format", "concise").out.startswith("<stdin>:1:1: error[FIT0025]")


def test_check_as_json_prints_json_alone(fit: Fit) -> None:
    outcome = fit("check", "good.fit", "bad.fit", "--output-format", "json")
    assert (outcome.code, outcome.err) == (1, "")
    assert json.loads(outcome.out)["summary"] == {"errors": 1, "warnings": 0}


def test_warnings_alone_are_no_failure(fit: Fit) -> None:
    Path("warned.fit").write_text(GOOD.replace("Linear(width)", "Linear(2)"))
    outcome = fit("check", "warned.fit", "--output-format", "concise")
    assert (outcome.code, outcome.err) == (0, "1 spec, 0 errors, 1 warning\n")


@pytest.mark.parametrize("setting", ["width", "=3", "width="])
def test_a_setting_must_be_an_assignment(fit: Fit, setting: str) -> None:
    outcome = fit("check", "good.fit", "--set", setting)
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1] == f"Error: Invalid value: --set takes NAME=VALUE, got `{setting}`"


def test_set_moves_to_another_point(fit: Fit) -> None:
    shown = json.loads(fit("show", "good.fit", "--set", "width=4", "--format", "json").out)
    assert shown["networks"]["net"]["cost"]["params"] == 20
    assert shown["params"]["width"]["default"] == 2


def test_include_adds_a_folder(fit: Fit) -> None:
    Path("lib").mkdir()
    Path("lib/blocks.fit").write_text("fit 1\n\nblock b() {\n  Linear(2)\n}\n")
    Path("uses.fit").write_text('fit 1\n\nuse "blocks.fit"\n\nstudent net(image: [4]) {\n  logits = b()\n}\n')
    assert fit("check", "uses.fit").code == 1
    assert fit("check", "uses.fit", "--include", "lib").code == 0


def test_show_as_a_table(fit: Fit) -> None:
    outcome = fit("show", "good.fit")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "student net: image [4] -> logits [2]\n"
        "  layer   op         shape  params  MACs\n"
        "  logits  Linear(2)  [2]        10     8\n"
        "  total   1 layer               10     8\n"
        "  8 weights without biases and norms, 2 activations an example\n"
        "\n"
        "params\n"
        "  width  2  in {2, 4}  2 values\n"
        f"  {SPACE}\n"
    )


def test_show_as_a_tree(fit: Fit) -> None:
    assert fit("show", "good.fit", "--format", "tree", "--depth", "1").out.splitlines()[2:] == [
        "  logits  Linear(2)  [2]        10",
        "  10 params, 8 MACs",
    ]


def test_show_writes_to_a_file(fit: Fit) -> None:
    outcome = fit("show", "good.fit", "--format", "json", "-o", "out/net.json")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert json.loads(Path("out/net.json").read_text())["format_version"] == 1


@pytest.mark.parametrize(
    ("file", "begins"), [("a.svg", b"<svg"), ("a.html", b"<!DOCTYPE html>"), ("a.dot", b"digraph")]
)
def test_the_ending_of_a_file_picks_the_format(fit: Fit, file: str, begins: bytes) -> None:
    assert fit("show", "good.fit", "-o", file).code == 0
    assert Path(file).read_bytes().startswith(begins)


def test_a_file_of_an_unknown_kind_is_not_written(fit: Fit) -> None:
    outcome = fit("show", "good.fit", "-o", "a.pdf")
    assert (outcome.code, Path("a.pdf").exists()) == (2, False)
    assert "nothing is shown as `.pdf`; name one of table, tree, json," in " ".join(outcome.err.split())


@pytest.mark.parametrize("format", ["table", "svg"])
def test_a_spec_is_never_written_over(fit: Fit, format: str) -> None:
    Path("other.fit").write_text("fit 1\n")
    Path("linked.txt").symlink_to("good.fit")
    before = Path("good.fit").read_text()
    for file in ("good.fit", "other.fit", "linked.txt"):
        outcome = fit("show", "good.fit", "--format", format, "-o", file)
        assert outcome.code == 2
        assert "holds a spec or a record, which would be lost" in " ".join(outcome.err.split())
    assert (Path("good.fit").read_text(), Path("other.fit").read_text()) == (before, "fit 1\n")


@pytest.mark.parametrize("command", ["show", "plan"])
def test_a_bad_spec_is_not_shown(fit: Fit, command: str) -> None:
    outcome = fit(command, "bad.fit")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error[FIT1001]: nothing is called `Linaer`\n")


@pytest.mark.parametrize("format", ["svg", "dot", "mermaid"])
def test_a_drawing_of_a_bad_spec_shows_what_is_known(fit: Fit, format: str) -> None:
    outcome = fit("show", "bad.fit", "--format", format)
    assert (outcome.code, outcome.err) == (1, FOUND)
    assert "FIT1001 Linaer" in outcome.out


def test_a_drawing_goes_into_a_file(fit: Fit) -> None:
    printed = fit("show", "good.fit", "--format", "svg")
    assert (printed.code, printed.err) == (0, "")
    assert fit("show", "good.fit", "--format", "svg", "-o", "out/net.svg").code == 0
    assert Path("out/net.svg").read_text() == printed.out


def test_a_drawing_that_would_be_too_large_says_what_is_closed(fit: Fit) -> None:
    lines = "\n".join(f"  s{n} = repeat w in [4, 5] {{ x = Linear(w) -> ReLU()\n x -> Linear(4) }}" for n in range(100))
    Path("long.fit").write_text(f"fit 1\n\nstudent net(image: [4]) {{\n{lines}\n}}\n")
    note = "note: `net` has 600 layers; blocks 2 levels deep are drawn closed (`--depth` opens more)\n"
    outcome = fit("show", "long.fit", "--format", "svg")
    assert (outcome.code, outcome.err) == (0, note)
    assert fit("show", "long.fit", "--format", "dot").err == note
    assert fit("show", "long.fit", "--format", "svg", "--depth", "3").err == ""


def test_many_parts_of_one_block_are_drawn_in_bundles(fit: Fit) -> None:
    lines = "\n".join(f"  l{n} = Linear({n + 1})" for n in range(300))
    Path("flat.fit").write_text(f"fit 1\n\nstudent net(image: [4]) {{\n{lines}\n}}\n")
    outcome = fit("show", "flat.fit", "--format", "svg", "--depth", "9")
    assert (outcome.code, outcome.err) == (0, "note: `net` has 300 parts in one block; they are drawn in bundles\n")
    assert "l0 … l7 (8 layers)" in outcome.out


def test_an_image_takes_the_extra(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    outcome = fit("show", "good.fit", "--format", "png", "-o", "net.png")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1] == (
        "Error: Invalid value: drawing a PNG takes resvg: pip install 'fitdsl[png]', or use --format svg"
    )
    assert not Path("net.png").exists()


def test_an_image_is_drawn_by_resvg(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = SimpleNamespace(svg_to_bytes=lambda svg_string, zoom: [137, 80, len(svg_string) > 1000, int(zoom)])
    monkeypatch.setitem(sys.modules, "resvg_py", drawn)
    assert fit("show", "good.fit", "--format", "png", "-o", "net.png").code == 0
    assert Path("net.png").read_bytes() == bytes([137, 80, 1, 2])


def test_a_format_that_does_not_exist_is_refused_with_the_list(fit: Fit) -> None:
    outcome = fit("show", "good.fit", "--format", "pdf")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1] == (
        "Error: Invalid value: there is no format `pdf`; there are table, tree, json, svg, png, html, dot, mermaid"
    )


def test_plan_of_a_spec_without_stages_names_the_files(fit: Fit) -> None:
    assert fit("plan", "good.fit").out == f"files\n  writes  runs/good/\n\nspace\n  {SPACE}\n"


def test_fmt_rewrites_what_is_not_formatted(fit: Fit) -> None:
    Path("loose.fit").write_text(GOOD.replace("  logits", "      logits"))
    outcome = fit("fmt", "good.fit", "loose.fit")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "2 specs, 1 changed\n")
    assert Path("loose.fit").read_text() == GOOD


def test_fmt_check_and_diff_write_nothing(fit: Fit) -> None:
    loose = GOOD.replace("  logits", "      logits")
    Path("loose.fit").write_text(loose)
    outcome = fit("fmt", "good.fit", "loose.fit", "--check")
    assert (outcome.code, outcome.out, outcome.err) == (1, "loose.fit\n", "2 specs, 1 would change\n")
    assert fit("fmt", "good.fit", "--check").code == 0
    outcome = fit("fmt", "loose.fit", "--diff")
    assert outcome.code == 1
    assert outcome.out == (
        "--- loose.fit\n+++ loose.fit formatted\n@@ -3,5 +3,5 @@\n param width = 2 in {2, 4}\n \n"
        " student net(image: [4]) {\n-      logits = Linear(width)\n+  logits = Linear(width)\n }\n"
    )
    assert Path("loose.fit").read_text() == loose


def test_fmt_leaves_a_spec_with_syntax_errors_alone(fit: Fit) -> None:
    broken = "fit 1\nstudent {\n"
    Path("broken.fit").write_text(broken)
    outcome = fit("fmt", "broken.fit", "good.fit")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.endswith("2 specs, 0 changed\n")
    assert Path("broken.fit").read_text() == broken


def test_fmt_of_stdin_prints_the_result(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, GOOD.replace("  logits", "\tlogits").encode())
    assert fit("fmt", "-").out == GOOD


def test_check_of_a_link_to_itself_is_a_file_that_cannot_be_read(fit: Fit) -> None:
    Path("loop.fit").symlink_to("loop.fit")
    outcome = fit("check", "loop.fit", "--output-format", "concise")
    assert (outcome.code, outcome.err) == (1, "1 spec, 1 error\n")
    assert outcome.out.startswith("loop.fit:1:1: error[FIT0022] `loop.fit` cannot be read: ")

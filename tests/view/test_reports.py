"""Every output format of findings, compared whole."""

from __future__ import annotations

import json
from importlib.metadata import version

from sample_findings import NET, flat_input, unused

from fitdsl.diagnostics import Diagnostic, Label, Severity
from fitdsl.source import Source
from fitdsl.view.reports import REPORTS
from fitdsl.view.terminal import Display

PLAIN = Display()


def test_full_separates_frames() -> None:
    first, second = (REPORTS["full"]([finding], PLAIN) for finding in (flat_input(), unused()))
    assert REPORTS["full"]([flat_input(), unused()], PLAIN) == f"{first}\n\n{second}"


def test_concise() -> None:
    assert REPORTS["concise"]([flat_input(), unused()], PLAIN) == (
        "specs/net.fit:3:11: error[FIT2004] `Linear` takes a flat input, got [32, 15, 15]\n"
        "specs/net.fit:6:5: warning[FIT1008] `bar` is never used"
    )


def test_concise_keeps_a_finding_on_one_line() -> None:
    place = Label(Source("a\n.fit", "x").span(), "")
    assert REPORTS["concise"]([Diagnostic("FIT0001", Severity.ERROR, "a\nb", place)], PLAIN) == (
        "a␊.fit:1:1: error[FIT0001] a␊b"
    )


def test_json() -> None:
    assert json.loads(REPORTS["json"]([flat_input(), unused()], PLAIN)) == {
        "format_version": 1,
        "diagnostics": [
            {
                "code": "FIT2004",
                "severity": "error",
                "message": "`Linear` takes a flat input, got [32, 15, 15]",
                "file": "specs/net.fit",
                "start": {"line": 3, "column": 11},
                "end": {"line": 3, "column": 26},
                "labels": [
                    _json_label((3, 11), (3, 26), "input comes from `c3`"),
                    _json_label((3, 2), (3, 8), "the output"),
                    _json_label((3, 22), (3, 23), "a field"),
                    _json_label((6, 5), (6, 8), ""),
                    _json_label((6, 9), (6, 12), "see here"),
                    _json_label((2, 7), (2, 8), "defined here", "blocks/other.fit"),
                ],
                "notes": ["a note\nof two lines"],
                "helps": ["put `Flatten()` before it"],
                "fixes": [
                    _json_fix((3, 11), (3, 11), "put `Flatten()` before it", "Flatten() -> "),
                    _json_fix((6, 1), (6, 4), "remove `foo`", ""),
                ],
            },
            {
                "code": "FIT1008",
                "severity": "warning",
                "message": "`bar` is never used",
                "file": "specs/net.fit",
                "start": {"line": 6, "column": 5},
                "end": {"line": 6, "column": 8},
                "labels": [],
                "notes": [],
                "helps": [],
                "fixes": [],
            },
        ],
        "summary": {"errors": 1, "warnings": 1},
    }


def _json_label(
    start: tuple[int, int], end: tuple[int, int], text: str, file: str = "specs/net.fit"
) -> dict[str, object]:
    return {**_json_place(start, end), "file": file, "text": text}


def _json_fix(start: tuple[int, int], end: tuple[int, int], title: str, replacement: str) -> dict[str, object]:
    return {**_json_place(start, end), "file": "specs/net.fit", "title": title, "replacement": replacement}


def _json_place(start: tuple[int, int], end: tuple[int, int]) -> dict[str, object]:
    return {"start": {"line": start[0], "column": start[1]}, "end": {"line": end[0], "column": end[1]}}


def test_json_counts_code_points() -> None:
    source = Source("a.fit", "\U0001f600\u0301x")
    finding = Diagnostic("FIT0001", Severity.ERROR, "wrong", Label(source.span(2), ""))
    (shown,) = json.loads(REPORTS["json"]([finding], PLAIN))["diagnostics"]
    assert (shown["start"], shown["end"]) == ({"line": 1, "column": 3}, {"line": 1, "column": 4})


def test_github() -> None:
    assert REPORTS["github"]([flat_input(), unused()], PLAIN) == (
        "::error file=specs/net.fit,line=3,endLine=3,col=11,endColumn=26,title=FIT2004::"
        "`Linear` takes a flat input, got [32, 15, 15]%0Aput `Flatten()` before it%0Aremove `foo`\n"
        "::warning file=specs/net.fit,line=6,endLine=6,col=5,endColumn=8,title=FIT1008::`bar` is never used"
    )


def test_github_escapes_what_would_end_a_command_and_drops_columns_over_several_lines() -> None:
    source = Source("a:b,%.fit", "one\ntwo")
    finding = Diagnostic("FIT0001", Severity.ERROR, "100 %, a: b\r\n::error", Label(source.span(), ""))
    assert REPORTS["github"]([finding], PLAIN) == (
        "::error file=a%3Ab%2C%25.fit,line=1,endLine=2,title=FIT0001::100 %25, a: b%0D%0A::error"
    )


def test_sarif() -> None:
    log = json.loads(REPORTS["sarif"]([unused(), flat_input()], PLAIN))
    assert (log["$schema"], log["version"]) == ("https://json.schemastore.org/sarif-2.1.0.json", "2.1.0")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], run["columnKind"]) == ("fitdsl", version("fitdsl"), "unicodeCodePoints")
    assert [rule["id"] for rule in driver["rules"]] == ["FIT1008", "FIT2004"]
    assert run["results"][0] == {
        "ruleId": "FIT1008",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "`bar` is never used"},
        "locations": [{"physicalLocation": _sarif_place(6, 5, 8)}],
    }


def test_sarif_has_related_places_and_fixes() -> None:
    log = json.loads(REPORTS["sarif"]([flat_input()], PLAIN))
    (result,) = log["runs"][0]["results"]
    assert result["ruleIndex"] == 0
    assert result["message"]["text"] == (
        "`Linear` takes a flat input, got [32, 15, 15]\na note\nof two lines\nput `Flatten()` before it"
    )
    assert result["locations"] == [
        {"physicalLocation": _sarif_place(3, 11, 26), "message": {"text": "input comes from `c3`"}}
    ]
    assert [related["id"] for related in result["relatedLocations"]] == [1, 2, 3, 4, 5]
    assert result["fixes"][1] == {
        "description": {"text": "remove `foo`"},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": "specs/net.fit"},
                "replacements": [
                    {"deletedRegion": _sarif_place(6, 1, 4)["region"], "insertedContent": {"text": ""}},
                ],
            }
        ],
    }


def test_sarif_writes_file_names_as_uris() -> None:
    finding = Diagnostic("FIT0001", Severity.ERROR, "wrong", Label(Source("a b#%\udc80.fit", "x").span(), ""))
    log = json.loads(REPORTS["sarif"]([finding], PLAIN))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b%23%25%3F.fit"}


def _sarif_place(line: int, start: int, end: int) -> dict[str, object]:
    region = {"startLine": line, "startColumn": start, "endLine": line, "endColumn": end}
    return {"artifactLocation": {"uri": NET.name}, "region": region}


def test_no_findings() -> None:
    shown = {name: report([], PLAIN) for name, report in REPORTS.items()}
    assert (shown["full"], shown["concise"], shown["github"]) == ("", "", "")
    assert json.loads(shown["json"]) == {
        "format_version": 1,
        "diagnostics": [],
        "summary": {"errors": 0, "warnings": 0},
    }
    assert json.loads(shown["sarif"])["runs"][0]["results"] == []

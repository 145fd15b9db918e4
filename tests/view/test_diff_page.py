"""The page of a difference: both drawings, what is marked in them, and how rows and boxes lead to each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from browsing import NARROW, WIDE, Scheme, Visit, overlaps
from diffs import BASE, changed, one_side
from playwright.sync_api import Page

from fitdsl.view.diff.document import DiffDocument, FactDiff, PartDiff
from fitdsl.view.diff.formats import DIFF_FORMATS, Compared
from fitdsl.view.diff.page import diff_page
from fitdsl.view.terminal import Display, printable

LATER = changed(
    ("repeat 2", "repeat 3"),
    ("s2 = unit(6)\n  Flatten()", "s3 = unit(6)\n  Flatten() -> Dropout(0.5)"),
    ("t1 = Conv2d(8, 3, padding=1) -> ReLU() -> MaxPool2d(2)", "t1 = Conv2d(8, 3, padding=1) -> MaxPool2d(2)"),
    ("loss      = hint(mid)", "loss      = hint(mid)\n  batch     = 64"),
    ("guides student.s1", "guides student.s1 { loss = mse() }"),
)
ATTACKS = (
    "</script><script>document.title = 'taken'</script>",
    "<!--",
    "'\"><img src=x onerror=\"document.title='taken'\">",
    "</style></svg></td><b>",
    "x\x1bc\u2028y",
)


def page_of(before: str, after: str) -> str:
    return DIFF_FORMATS["html"](Compared(one_side(before), one_side(after, "b.fit")), Display())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "diff.html"
    path.write_text(page_of(BASE, LATER), encoding="utf-8")
    return path


def marked(page: Page, side: str) -> dict[str, list[str]]:
    """The boxes that are marked on one side, by the kind of change, each by the first line of what it says."""
    found: dict[str, list[str]] = {}
    for label in page.locator(f"figure:nth-of-type({1 if side == 'before' else 2}) .mark").all():
        kind, _, what = (label.get_attribute("aria-label") or "").partition(": ")
        found.setdefault(kind, []).append(what.split("\n")[0])
    return found


def rows(page: Page) -> list[str]:
    """Every row, its cells one blank apart, and every title of a table."""
    cells = (
        "row => [...row.children].map(cell => [...cell.childNodes].map(n => n.textContent).join(' ')).join(' ').trim()"
    )
    return list(page.eval_on_selector_all("caption, tbody tr", f"rows => rows.map({cells})"))


NAME = """item => item.matches("tr") ? [...item.querySelectorAll(".sign, th, td:last-child > span:first-child")]
    .map(part => part.textContent).join(" ")
  : item.matches("caption span") ? [...item.childNodes].slice(0, 2).map(part => part.textContent.trim()).join(" ")
  : item.getAttribute("aria-label").split("\\n")[0].replace(/^(added|removed|changed|moved or renamed): /, "")"""
"""What a row or a box is called, in the page."""


def lit(page: Page) -> set[str]:
    """What stands out: boxes, and rows by the first that they say."""
    return set(page.eval_on_selector_all(".lit", f"items => items.map({NAME})"))


def test_what_differs_is_marked_on_both_sides(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    assert page.title() == "fit diff: a.fit → b.fit"
    assert marked(page, "before") == {
        "removed": ["big.t1[1]"],
        "changed": ["hint mid", "stage hints"],
        "moved or renamed": ["big.t1[2]", "small.s1[2]", "small.s2[0]", "small.s2[1]"],
    }
    assert marked(page, "after") == {
        "added": ["small.s1[2][0]", "small.s1[2][1]", "small.[1]"],
        "changed": ["hint mid", "stage hints"],
        "moved or renamed": ["big.t1[1]", "small.s1[3]", "small.s3[0]", "small.s3[1]"],
    }
    assert page.locator(".mark.removed .sign").all_text_contents() == ["-"]
    assert set(page.locator(".mark.added .sign").all_text_contents()) == {"+"}


def test_rows_are_those_of_the_text(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    assert rows(page) == [
        "~  teacher big  changed",
        "- removed t1[1] ReLU() [8, 8, 8]",
        "> moved or renamed t1[2] is now t1[1] 1 layer",
        "~ changed total activations 1,162 → 650 (-44.1%)",
        "~  student small  changed",
        "+ added s1[2][0] Conv2d(4, 3, padding=1) [4, 8, 8] 148 params 9,216 MACs",
        "+ added s1[2][1] ReLU() [4, 8, 8]",
        "+ added [1] Dropout(p=0.5) [96]",
        "> moved or renamed s1[2] is now s1[3] 1 layer",
        "> moved or renamed s2 is now s3 2 layers",
        "~ changed total params 1,380 → 1,528 (+10.7%) weights 1,356 → 1,500 (+10.6%) "
        "MACs 15,936 → 25,152 (+57.8%) activations 1,290 → 1,898 (+47.1%)",
        "~  hint mid  changed",
        "~ changed regressor Conv2d(8, [1, 1]) -> ReLU() → Conv2d(8, [1, 1])",
        "~ changed loss l2() → mse()",
        "~  stage hints  changed",
        "~ changed batch none → 64",
    ]


def test_a_row_shows_its_boxes_and_a_box_its_rows(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("tr", has_text="is now s3").hover()
    assert lit(page) == {"small.s2[0]", "small.s2[1]", "small.s3[0]", "small.s3[1]", "> s2 is now s3"}
    page.mouse.move(1, 1)
    assert lit(page) == set()
    page.locator(".mark.removed rect").hover()
    assert lit(page) == {"big.t1[1]", "- t1[1] ReLU()"}
    page.locator("figure").last.locator(".mark", has_text="hint mid").locator("rect").hover(position={"x": 3, "y": 5})
    assert lit(page) == {"hint mid", "~ hint mid", "~ regressor Conv2d(8, [1, 1]) -> ReLU() → Conv2d(8, [1, 1])"} | {
        "~ loss l2() → mse()"
    }


def test_a_row_brings_boxes_into_sight(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "long.html"
    long = BASE.replace(
        "t1 = Conv2d(8, 3, padding=1)", "t1 = repeat 7 { Conv2d(8, 3, padding=1) -> ReLU() -> Conv2d(8, 1) }"
    )
    changes = (
        ("epochs    = 3", "epochs    = 4"),
        ("  logits = Linear(d.classes)\n}\n\nstudent", "  Linear(d.classes)\n}\n\nstudent"),
    )
    file.write_text(page_of(long, changed(*changes, text=long)), encoding="utf-8")
    page = visit.open(file)
    tops = "panes => panes.map(pane => pane.scrollTop)"
    for what, is_top in (("epochs", True), ("is now [1]", False), ("epochs", True)):
        page.locator("tr", has_text=what).hover()
        assert [top == 0 for top in page.eval_on_selector_all(".pane", tops)] == [is_top, is_top], what


def test_a_click_on_a_row_leads_to_its_box_and_keeps_the_row(visit: Visit, file: Path) -> None:
    page = visit.open(file, width=NARROW)
    page.locator("tr", has_text="is now s3").click()
    assert page.locator("figure").last.locator(".mark.lit").last.bounding_box() is not None
    assert page.evaluate(
        "(box => 0 <= box.top && box.bottom <= innerHeight)([...document.querySelectorAll('.mark.lit')].at(-1)"
        ".getBoundingClientRect())"
    )
    page.mouse.move(1, 1)
    assert "> s2 is now s3" in lit(page)


def focused(page: Page) -> str:
    return str(page.evaluate(f"({NAME})(document.activeElement)"))


def test_the_keyboard_goes_from_rows_to_boxes_and_back(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("tr", has_text="ReLU() [8").or_(page.locator("tr.removed")).first.focus()
    assert lit(page) == {"big.t1[1]", "- t1[1] ReLU()"}
    for key, there in (
        ("ArrowDown", "> t1[2] is now t1[1]"),
        ("Enter", "big.t1[1]"),
        ("End", "small.[1]"),
        ("ArrowDown", "small.[1]"),
        ("ArrowUp", "small.s3[1]"),
        ("Enter", "> s2 is now s3"),
        ("Home", "- t1[1] ReLU()"),
        ("Space", "big.t1[1]"),
        ("Space", "- t1[1] ReLU()"),
    ):
        page.keyboard.press(key)
        assert focused(page) == there, key


def test_each_group_is_one_stop_of_the_tab_key(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    stops = []
    for _ in range(5):
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert stops == ["before: a.fit", "hint mid", "after: b.fit", "hint mid", "- t1[1] ReLU()"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_nothing_overlaps_or_leaves_the_screen(visit: Visit, file: Path, width: int, scheme: Scheme) -> None:
    page = visit.open(file, width=width, scheme=scheme)
    assert overlaps(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_colours_of_changes_are_the_same_in_light_and_dark(visit: Visit, file: Path) -> None:
    colours = [
        visit.open(file, scheme=scheme).eval_on_selector_all(
            ".mark circle", "discs => discs.map(disc => getComputedStyle(disc).fill)"
        )
        for scheme in ("light", "dark")
    ]
    assert colours[0] == colours[1]
    assert len(set(colours[0])) == 4


def test_specs_that_mean_the_same_have_no_marks(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "same.html"
    file.write_text(page_of(BASE, BASE), encoding="utf-8")
    page = visit.open(file)
    assert page.inner_text("header p") == "The two mean the same."
    assert page.locator("svg").count() == 2
    assert page.locator(".mark, table").count() == 0


def test_a_network_that_is_new_is_marked_as_a_whole(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "new.html"
    named = changed(
        ("student.", "small."), ("student[", "small["), ("= student\n", "= small\n"), ("(student)", "(small)")
    )
    tiny = "student tiny(image: d.input) {\n  Flatten() -> Linear(d.classes)\n}\n\nhint mid"
    file.write_text(page_of(named, changed(("hint mid", tiny), text=named)), encoding="utf-8")
    page = visit.open(file)
    assert marked(page, "after") == {"added": ["tiny.[0]", "tiny.[1]"]}
    assert page.locator("caption .lit").count() == 0
    page.locator("caption span[data-with]").first.hover()
    assert page.locator(".mark.lit").count() == 2


def hostile(attack: str) -> DiffDocument:
    """A difference that says the same hostile text wherever one of a user's own can stand."""
    document = Compared(one_side(BASE), one_side(LATER)).document
    facts = (FactDiff(name=attack, before=None, after=attack), FactDiff(name=attack, before=attack, after=attack * 2))
    part = PartDiff(change="changed", before=attack, after=f"{attack}2", facts=facts)
    (big, small) = document.networks
    layer = next(layer for layer in small.layers if layer.after and layer.change == "added")
    assert layer.after is not None
    evil = layer.model_copy(update={"after": layer.after.model_copy(update={"address": attack}), "op": facts[0]})
    network = small.model_copy(update={"before": None, "after": attack, "facts": facts, "layers": (evil,)})
    return document.model_copy(
        update={
            **{"before": attack, "after": attack, "params": facts, "domains": facts, "search": facts},
            **{"networks": (big, network), "order": facts[1]},
            **dict.fromkeys(("data", "hints", "stages"), (part,)),
        }
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_specs_hold_stays_text(visit: Visit, tmp_path: Path, attack: str) -> None:
    before, after = one_side(BASE).program, one_side(LATER).program
    small = replace(after.networks["small"], name=attack, doc=attack)
    stages = {f"{attack}2": replace(after.stages["teach"], name=f"{attack}2")}
    networks = {"big": after.networks["big"], attack: small}
    document = diff_page(
        hostile(attack), before, replace(after, name=attack, networks=networks, hints={}, stages=stages)
    )
    assert document.count("<script") == page_of(BASE, LATER).count("<script") == 1
    file = tmp_path / "attack.html"
    file.write_text(document, encoding="utf-8")
    page = visit.open(file)
    assert page.title() == f"fit diff: {printable(attack)} → {printable(attack)}".strip()
    assert page.locator("img, td b, th b, caption b, main script").count() == 0
    assert page.locator("figure").count() == 2

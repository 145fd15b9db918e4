"""The page of a spec where something is unusual: students that do not check, links to nothing, paper, long names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browsing import NARROW, WIDE, Visit
from pictures import read
from playwright.sync_api import Page
from spec_pages import SET, item, opened, panel

from fitdsl.compilation import Compilation
from fitdsl.view.drawing.views import svg_view
from fitdsl.view.options import ViewOptions

DIGITS = Path(__file__).parents[2] / "specs" / "digits.fit"
WINDOWS = """\
param width  = 4 in {4, 8}
param window = 3 in {3, 40}
student net(image: [3, 8, 8]) {
  a = Conv2d(width, window)
  b = Conv2d(width, 3)
}
"""
SLIDER = "param width = 8 in 4..64 step 4\nstudent net(image: [3]) {\n  Linear(width)\n}\n"
WIDTH_4, WIDTH_8 = ["param-0", "0"], ["param-0", "1"]
WINDOW_3, WINDOW_40 = ["param-1", "0"], ["param-1", "1"]


@pytest.fixture
def digits(visit: Visit, tmp_path: Path) -> Page:
    return opened(visit, tmp_path, Compilation.open(DIGITS))


def call_of(page: Page, address: str) -> str:
    return item(page, address).locator("text").first.text_content() or ""


# Students that do not check -------------------------------------------------------------------------------------------


def test_where_a_student_does_not_check_the_last_one_that_does_is_shown(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read(WINDOWS))
    page.evaluate(SET, WIDTH_8)
    page.evaluate(SET, WINDOW_40)
    assert page.inner_text("#standing") == "does not check: the last student that does is shown"
    assert call_of(page, "net.a") == "a Conv2d(8, 3)"
    page.click("#back")
    assert call_of(page, "net.a") == "a Conv2d(4, 3)"


def test_a_param_changes_no_layer_of_students_that_do_not_check(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read(WINDOWS))
    page.evaluate(SET, WIDTH_8)
    page.check("#param-1-shows")
    assert page.locator(".touched").count() == 0
    page.check("#param-0-shows")
    page.evaluate(SET, WINDOW_40)
    assert page.locator(".touched").count() == len(("a", "b"))


# Links ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["50%", "thin.s9", "nothing", "%E0%A4%A", "thin.s1[0", "..", "<b>"])
def test_a_link_to_nothing_says_so(visit: Visit, tmp_path: Path, text: str) -> None:
    page = opened(visit, tmp_path, Compilation.open(DIGITS), fragment=f"#{text}")
    assert panel(page) == f"Nothing selected\n\nNothing here is called {text}."
    page.evaluate("location.hash = '#thin.s1'")
    page.wait_for_selector(".item.selected")
    page.evaluate("(text) => { location.hash = text }", text)
    page.wait_for_selector(".item.selected", state="detached")
    assert panel(page) == f"Nothing selected\n\nNothing here is called {text}."


def test_a_link_to_the_first_layer_of_a_bundle_selects_the_layer(visit: Visit, tmp_path: Path) -> None:
    spec = read("student net(image: [4]) { repeat 400 { Linear(4) -> ReLU() } }\n")
    page = opened(visit, tmp_path, spec, fragment="#net.[0][0]")
    assert panel(page).startswith("net.[0][0]\n\nLinear(4)")


def test_a_network_may_be_called_hint(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read("student hint(image: [4]) {\n  a = Linear(4)\n}\n"), fragment="#hint.a")
    assert panel(page).startswith("hint.a\n\nLinear(4)")


# Focus ----------------------------------------------------------------------------------------------------------------

FOCUS = "() => document.activeElement.dataset.address || document.activeElement.textContent"


def test_a_block_that_hides_what_is_selected_is_selected(digits: Page) -> None:
    item(digits, "thin.s1[3][0]").locator("text").first.click()
    digits.keyboard.press("c")
    assert digits.locator(".item.selected").get_attribute("data-address") == "thin.s1"
    assert digits.evaluate(FOCUS) == "thin.s1"
    assert digits.evaluate("location.hash") == "#thin.s1"
    assert panel(digits).startswith("thin.s1\n")


def test_focus_stays_on_what_was_pressed_in_the_panel_or_goes_where_it_leads(digits: Page) -> None:
    item(digits, "thin.s1").locator("text").first.click()
    digits.get_by_role("button", name="Open it").or_(digits.get_by_role("button", name="Close it")).focus()
    digits.keyboard.press("Enter")
    digits.keyboard.press("Enter")
    digits.keyboard.press("Enter")
    assert digits.evaluate(FOCUS) in {"Open it", "Close it"}
    item(digits, "thin.logits").locator("text").first.click()
    digits.locator("#selected a").first.focus()
    digits.keyboard.press("Enter")
    assert digits.evaluate(FOCUS) == "thin.[0]"


def test_nothing_is_selected_anew_after_escape(digits: Page) -> None:
    item(digits, "thin.logits").locator("text").first.click()
    for key in ("Escape", "]"):
        digits.keyboard.press(key)
    assert digits.locator(".item.selected").count() == 0
    digits.keyboard.press("ArrowDown")
    assert digits.locator(".item.selected").count() == 1


def test_a_table_of_layers_stays_as_it_is_while_layers_are_selected(digits: Page) -> None:
    digits.locator("details.layers summary").first.click()
    digits.wait_for_selector("details.layers tbody tr")
    digits.evaluate("() => { document.querySelector('details.layers tbody tr').id = 'kept' }")
    item(digits, "thin.logits").locator("text").first.click()
    assert digits.locator("#kept").count() == 1


def test_what_stays_as_it_is_is_moved_and_not_made_anew(digits: Page) -> None:
    address = "thin.s2[3][0]"
    before = item(digits, address).bounding_box()
    item(digits, address).evaluate("(element) => { element.id = 'same' }")
    item(digits, "thin.s1").locator("text").first.click()
    item(digits, "thin.s1").locator("text").first.click()
    assert item(digits, "thin.s1").get_attribute("aria-expanded") == "false"
    assert item(digits, address).get_attribute("id") == "same"
    assert item(digits, address).bounding_box() != before
    digits.select_option("#colour", "macs")
    assert item(digits, address).get_attribute("id") is None


# Pointers and colours -------------------------------------------------------------------------------------------------


def test_a_button_let_go_elsewhere_leaves_the_picture_where_it_is(digits: Page) -> None:
    digits.mouse.move(500, 110)
    digits.mouse.down()
    digits.mouse.move(500, 40)
    digits.mouse.up()
    before = digits.get_attribute("#world", "transform")
    digits.mouse.move(500, 300)
    digits.mouse.move(600, 400)
    assert digits.get_attribute("#world", "transform") == before


STROKE = "(element) => getComputedStyle(element.querySelector('.box')).stroke"


@pytest.mark.parametrize(("menu", "value"), [("stage", "1"), ("colour", "macs"), ("colour", "trained")])
def test_marks_are_seen_in_all_colours(digits: Page, menu: str, value: str) -> None:
    item(digits, "thin.s1[0][0]").locator("text").first.click()
    digits.check("#param-0-shows")
    selected, touched = (item(digits, f"thin.s1[{place}][0]").evaluate(STROKE) for place in (0, 1))
    digits.select_option(f"#{menu}", value)
    assert selected != touched
    assert item(digits, "thin.s1[0][0]").evaluate(STROKE) == selected
    assert item(digits, "thin.s1[1][0]").evaluate(STROKE) == touched


# Names and values -----------------------------------------------------------------------------------------------------

LONG = "a_name_that_goes_on_until_nobody_remembers_where_it_began_and_what_it_meant_at_all"


def test_long_names_leave_everything_in_sight(visit: Visit, tmp_path: Path) -> None:
    spec = read(f"param {LONG} = 3 in 1..6\nstudent net_{LONG}(image: [3]) {{\n  l_{LONG} = Linear({LONG})\n}}\n")
    for width in (WIDE, NARROW):
        page = opened(visit, tmp_path, spec, width=width)
        page.locator("details.layers summary").click()
        item(page, f"net_{LONG}.l_{LONG}").locator("text").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        aside = page.locator("aside")
        assert aside.evaluate("(aside) => aside.scrollWidth - aside.clientWidth") == 0
        assert page.locator("#costs").evaluate("(table) => table.scrollWidth - table.parentElement.clientWidth") <= 0


def test_a_slider_says_the_value_of_its_param_and_not_its_place(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read(SLIDER))
    assert page.get_attribute("#param-0", "aria-valuetext") == "8"
    page.evaluate(SET, ["param-0", "5"])
    assert page.get_attribute("#param-0", "aria-valuetext") == "24"
    tops = [
        page.locator(part).evaluate("(e) => e.getBoundingClientRect().top")
        for part in (".param > :first-child", ".more")
    ]
    assert abs(tops[0] - tops[1]) < 10


# Paper ----------------------------------------------------------------------------------------------------------------

BEYOND = """() => {
  const [paper, drawn] = ["picture", "world"].map((id) => document.getElementById(id).getBoundingClientRect());
  return ["left", "top"].some((side) => drawn[side] < paper[side] - 1)
    || ["right", "bottom"].some((side) => drawn[side] > paper[side] + 1);
}"""


@pytest.mark.parametrize("name", ["digits", "zoo/resnet18", "zoo/mobilenet_v2"])
def test_all_of_the_picture_is_printed(visit: Visit, tmp_path: Path, name: str) -> None:
    page = opened(visit, tmp_path, Compilation.open(DIGITS.parent / f"{name}.fit"))
    page.keyboard.press("+")
    before = page.get_attribute("#world", "transform")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(BEYOND) is False
    assert page.evaluate("document.getElementById('picture').getBoundingClientRect().height") > 500
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.get_attribute("#world", "transform") == before


def test_a_student_of_a_spec_without_a_search_checks_and_meets_nothing(visit: Visit, tmp_path: Path) -> None:
    assert opened(visit, tmp_path, read(WINDOWS)).inner_text("#standing") == "checks"


def test_what_is_known_of_a_network_that_does_not_check_is_no_total(visit: Visit, tmp_path: Path) -> None:
    networks = (
        "teacher big(image: [3, 8, 8]) {\n  Conv2d(4, 30)\n}\nstudent net(image: [3, 8, 8]) {\n  Conv2d(4, 3)\n}\n"
    )
    page = opened(visit, tmp_path, read(networks))
    assert page.inner_text("header p") == "teacher big: does not check, student net: image [3, 8, 8] -> [4, 6, 6]"
    assert page.locator("#costs tbody tr").all_inner_texts() == ["big\tdoes not check", "net\t112\t108\t3,888\t144"]
    assert " than big" not in page.inner_text("#totals")


def test_a_block_says_everything_that_it_reads(visit: Visit, tmp_path: Path) -> None:
    layers = "a = Linear(4)\n  c = Linear(4) -> Linear(4)\n  both = [a -> Linear(2), c] -> Concat()"
    page = opened(visit, tmp_path, read(f"student net(image: [3]) {{\n  {layers}\n}}\n"), fragment="#net.both")
    assert "reads\na [4], c[1] [4]\n" in panel(page)


def test_what_is_kept_does_not_look_selected(digits: Page) -> None:
    digits.select_option("#stage", "1")
    item(digits, "thin.s1[0][0]").locator("text").first.click()
    assert item(digits, "wide.s1[2]").evaluate(STROKE) != item(digits, "thin.s1[0][0]").evaluate(STROKE)


def test_a_table_of_layers_has_a_line_for_each(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, Compilation.open(DIGITS), width=NARROW)
    page.locator("details.layers summary").first.click()
    heights = page.eval_on_selector_all("details.layers tbody tr", "(rows) => rows.map((row) => row.offsetHeight)")
    assert max(heights) < 30


# Hints ----------------------------------------------------------------------------------------------------------------

CARD = '//*[local-name()="rect" and contains(concat(" ", @class, " "), " card ")]'
HINTS = """teacher big(image: [3, 8, 8]) {
  a = Conv2d(8, 3, padding=1)
  b = Conv2d(1_000, 3, padding=1)
}
student net(image: [3, 8, 8]) {
  a = Conv2d(128, 3, padding=1)
  b = Conv2d(8, 3, padding=1)
}
hint narrow: big.a guides net.a {
  loss = at()
}
hint wide_enough_for_no_other: big.b guides net.b
"""


def test_cards_of_hints_are_as_wide_as_the_widest_in_pages_and_pictures(visit: Visit, tmp_path: Path) -> None:
    spec = read(HINTS)
    shown = opened(visit, tmp_path, spec).locator(f"xpath={CARD}")
    places = shown.evaluate_all("(cards) => cards.map((card) => ['x', 'y', 'width'].map((n) => card.getAttribute(n)))")
    drawn = svg_view(spec, ViewOptions())
    assert len(places) == len(spec.program.hints)
    for x, y, width in places:
        assert float(width) > 130
        assert re.search(f'class="card"[^>]*x="{x}" y="{y}" width="{width}"', drawn)


# What is said ---------------------------------------------------------------------------------------------------------


def test_an_input_is_read_where_its_network_runs(digits: Page) -> None:
    digits.select_option("#stage", "0")
    item(digits, "wide.image").locator("text").first.click()
    assert "here\nis read\n" in panel(digits)
    assert item(digits, "wide.image").get_attribute("aria-label") == "wide.image: input, [1, 8, 8], is read"
    assert item(digits, "thin.image").get_attribute("aria-label") == "thin.image: input, [1, 8, 8], is not read"


def test_a_label_is_called_a_label(digits: Page) -> None:
    said = item(digits, "thin.s1").get_attribute("aria-label")
    assert said == "thin.s1: label s1, 13 layers, [12, 4, 4], 6,660 parameters"


def test_tools_take_four_lines_on_a_phone(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, Compilation.open(DIGITS), width=NARROW)
    groups = page.eval_on_selector_all(".tools > *", "(all) => all.map((one) => one.getBoundingClientRect().bottom)")
    assert len({round(bottom) for bottom in groups}) == 4


def test_what_a_param_takes_away_is_selected_again_when_it_is_back(digits: Page) -> None:
    item(digits, "thin.s1[5][0]").locator("text").first.click()
    digits.evaluate(SET, ["param-1", "0"])
    assert panel(digits) == "Nothing selected\n\nNothing here is called thin.s1[5][0]."
    digits.click("#back")
    assert panel(digits).startswith("thin.s1[5][0]\n")
    assert digits.locator(".item.selected").get_attribute("data-address") == "thin.s1[5][0]"

"""The page of a spec in a real browser: what it draws, what it says, and what a person can do with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from browsing import NARROW, WIDE, Scheme, Visit, overlaps
from pictures import SPECS, read
from playwright.sync_api import Page
from spec_pages import SET, item, opened, panel

from fitdsl.compilation import Compilation
from fitdsl.view.document import show_document
from fitdsl.view.drawing.views import svg_view
from fitdsl.view.options import ViewOptions
from fitdsl.view.page.page import page_view
from fitdsl.view.page.points import points

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "specs" / "digits.fit"
BRANCHY = """\
block pair(out) { left = input -> Conv2d(out, 1) right = input -> Conv2d(out, 3, padding=1) [left, right] -> Concat() }
block skip(out) { main = input -> Conv2d(out, 3, padding=1) -> ReLU() side = input -> Conv2d(out, 1) main + side }
---
a = pair(4) -> skip(8)
b = a -> pair(8) -> skip(8) -> GELU()
c = a -> Conv2d(8, 1)
b + c
AdaptiveAvgPool2d(1) -> Flatten() -> Linear(3)"""
ATTACK = "</script><img src=x onerror=\"document.title='taken'\">"

ALIKE = ("cifar10_fitnet1", "cifar10_fitnet2", "cifar10_fitnet3", "cifar100_", "depth_")
"""Specs whose networks are those of others but for numbers; they are looked at with the slow tests."""
EVERY_SPEC = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem.startswith(ALIKE) else [])
        for path in SPECS
    ],
)


@pytest.fixture
def digits(visit: Visit, tmp_path: Path) -> Page:
    return opened(visit, tmp_path, DIGITS)


# What is drawn --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["fitnets/cifar10_fitnet4", "zoo/resnet18", "zoo/mobilenet_v2", "zoo/vit_tiny"])
def test_no_text_stands_on_another(visit: Visit, tmp_path: Path, name: str, width: int, scheme: Scheme) -> None:
    page = opened(visit, tmp_path, ROOT / f"specs/{name}.fit", width=width, scheme=scheme)
    assert page.locator("#world .layer").count() > 10
    assert overlaps(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_network_with_branches_is_drawn_without_overlaps(visit: Visit, tmp_path: Path) -> None:
    blocks, _, body = BRANCHY.rpartition("---\n")
    spec = read(f"{blocks}\nstudent net(image: [3, 16, 16]) {{\n{body}\n}}\n")
    assert overlaps(opened(visit, tmp_path, spec)) == []


PLACES = """() => {
  const world = document.getElementById("world").getScreenCTM().inverse();
  const items = [...document.querySelectorAll("#world .item[data-address]")];
  return Object.fromEntries(items.map((item) => {
    const box = item.querySelector(".box");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    const moved = world.multiply(box.getScreenCTM());
    return [item.dataset.address, [x + moved.e, y + moved.f, width, height]];
  }));
}"""


@EVERY_SPEC
def test_scripts_and_python_put_everything_in_the_same_place(visit: Visit, tmp_path: Path, path: Path) -> None:
    compilation = Compilation.open(path)
    drawn = svg_view(compilation, ViewOptions())
    if "×" in drawn:
        pytest.skip("its picture has folded rows, which a page has not")
    frames = ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect")
    known = {f.get("data-address", ""): [float(f.get(n, 0)) for n in ("x", "y", "width", "height")] for f in frames}
    networks = tuple(f"{name}." for name in compilation.program.networks)
    shown = opened(visit, tmp_path, path).evaluate(PLACES)
    for address, place in shown.items():
        assert place == pytest.approx(known[address], abs=0.11), address
    assert {address for address in known if address.startswith(networks)} == shown.keys()


def test_the_page_of_fitnet_4_with_its_teacher_is_small() -> None:
    page = page_view(Compilation.open(ROOT / "specs/fitnets/cifar10_fitnet4.fit"), ViewOptions())
    assert len(page.encode()) <= 150_000


def test_the_same_spec_gives_the_same_bytes() -> None:
    first, second = (page_view(Compilation.open(DIGITS), ViewOptions()) for _ in range(2))
    assert first == second


# Numbers --------------------------------------------------------------------------------------------------------------

TABLES = """() => Object.fromEntries([...document.querySelectorAll("details.layers")].map((box) =>
  [box.dataset.network,
   [...box.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent))]))"""
OPEN = "() => document.querySelectorAll('details.layers').forEach((box) => { box.open = true; })"
FILLED = "() => [...document.querySelectorAll('details.layers')].every((box) => box.querySelector('tbody'))"


def numbers(page: Page) -> dict[str, list[list[str]]]:
    """The layers of each network as the page has them in its tables."""
    page.evaluate(OPEN)
    page.wait_for_function(FILLED)
    found: dict[str, list[list[str]]] = page.evaluate(TABLES)
    return found


def layers_of(network: Any) -> list[list[str]]:
    """The same of `fit show --format json`; the call is left out."""
    nothing = dict.fromkeys("pwma", 0)
    return [
        [node["address"], str(node["shape"]), *(f"{n:,}" for n in (node["cost"] or nothing).values())]
        for node in network["nodes"]
    ]


@EVERY_SPEC
def test_numbers_are_those_of_the_json_at_random_points(visit: Visit, tmp_path: Path, path: Path) -> None:
    page, compilation, chance = opened(visit, tmp_path, path), Compilation.open(path), Random(path.stem)
    params = json.loads(page.text_content("#spec") or "")["params"]
    for number in range(4 if params else 1):
        chosen = [param["here"] if number == 0 else chance.randrange(len(param["values"])) for param in params]
        for place, value in enumerate(chosen):
            page.evaluate(SET, [f"param-{place}", str(value)])
        point = {param["name"]: param["values"][value] for param, value in zip(params, chosen, strict=True)}
        networks = json.loads(show_document(compilation.at(point)).model_dump_json())["networks"]
        found = {name: [row[:1] + row[2:] for row in rows] for name, rows in numbers(page).items()}
        assert found == {name: layers_of(network) for name, network in networks.items()}, point
        totals = {row[0]: row[1:] for row in page.evaluate(ROWS)}
        costs = {name: network["cost"] for name, network in networks.items()}
        assert totals == {
            name: [f"{n:,}" for n in cost.values()] if cost else ["not counted"] for name, cost in costs.items()
        }


ROWS = """() => [...document.querySelectorAll("#costs tbody tr")].map(
  (row) => [...row.children].map((cell) => cell.textContent))"""


def test_a_space_too_large_to_hold_moves_one_param_at_a_time(visit: Visit, tmp_path: Path) -> None:
    widths = "\n".join(f"param w{place} = 16 in 1..40" for place in range(3))
    layers = " -> ".join(f"Conv2d(w{place}, 1)" for place in range(3))
    spec = read(f"{widths}\nstudent net(image: [3, 4, 4]) {{ {layers} }}\n")
    page = opened(visit, tmp_path, spec)
    page.evaluate(SET, ["param-0", "0"])
    page.evaluate(SET, ["param-2", "39"])
    assert page.inner_text("#param-0-value") == "16"
    assert page.evaluate(ROWS) == [
        [
            "net",
            *(
                f"{n:,}"
                for n in Compilation(spec.source, point={"w2": 40}).program.networks["net"].cost.__dict__.values()
            ),
        ]
    ]
    assert "one param moves at a time" in page.inner_text("aside")


def test_no_more_is_worked_out_than_can_be_waited_for_and_much_is_told() -> None:
    widths = "\n".join(f"param w{place} = 16 in 1..40" for place in range(20))
    layers = " -> ".join(f"Linear(w{place})" for place in range(20))
    told: list[str] = []
    around = points(read(f"{widths}\nstudent net(image: [4]) {{ {layers} }}\n"), told.append)
    assert [param.name for param in around.turned] == [f"w{place}" for place in range(12)]
    assert around.left_out == tuple(f"w{place}" for place in range(12, 20))
    assert told == [f"{1 + 12 * 39} students are worked out for the page"]


def test_a_point_that_misses_a_requirement_or_does_not_check_says_so(digits: Page) -> None:
    assert digits.inner_text("#standing") == "meets every requirement of the search"
    digits.evaluate(SET, ["param-0", "2"])
    assert digits.inner_text("#standing") == "misses a requirement of the search"
    digits.click("#back")
    assert digits.inner_text("#standing") == "meets every requirement of the search"


def test_the_layers_that_a_param_changes_are_marked(digits: Page) -> None:
    digits.check("#param-0-shows")
    touched = digits.evaluate("() => [...document.querySelectorAll('.touched')].map((item) => item.dataset.address)")
    assert "thin.s1[0][0]" in touched
    assert "thin.logits" in touched
    assert not [address for address in touched if address.startswith("wide.")]


# What a person does ---------------------------------------------------------------------------------------------------


def test_blocks_close_and_open(digits: Page) -> None:
    assert item(digits, "thin.s1").get_attribute("aria-expanded") == "true"
    item(digits, "thin.s1").locator("text").first.click()
    assert "Close it" in panel(digits)
    digits.get_by_role("button", name="Close it").click()
    assert item(digits, "thin.s1").get_attribute("aria-expanded") == "false"
    assert item(digits, "thin.s1[0][0]").count() == 0
    item(digits, "thin.s1").locator("text").first.click()
    assert item(digits, "thin.s1[0][0]").count() == 1


def test_all_blocks_close_and_open_by_levels(digits: Page) -> None:
    digits.click("#close-all")
    assert digits.locator('.item[aria-expanded="true"]').count() == 0
    assert item(digits, "wide.s1").count() == 1
    digits.click("#open-more")
    assert item(digits, "wide.s1").get_attribute("aria-expanded") == "true"
    digits.click("#open-all")
    assert digits.locator('.item[aria-expanded="false"]').count() == 0


def test_the_panel_says_everything_of_a_layer(digits: Page) -> None:
    item(digits, "thin.s2[0][0]").locator("text").first.click()
    said = panel(digits)
    line = next(
        n for n, text in enumerate(DIGITS.read_text().splitlines(), 1) if "-> ReLU()" in text and "Batch" not in text
    )
    for text in (
        "thin.s2[0][0]",
        "Conv2d(16, 3, padding=1)",
        "s1[6] [12, 4, 4]",
        "[16, 4, 4]",
        "1,744",
        "27,648",
        "18 x 18 of the input",
        f"digits.fit:{line}",
        "out_channels",
        "distil",
    ):
        assert text in said or text in (digits.locator("#selected details").text_content() or ""), text
    assert digits.evaluate("location.hash") == "#thin.s2[0][0]"


@pytest.mark.parametrize(
    ("fragment", "address"),
    [("#student.s2", "thin.s2"), ("#thin.s1[3][0]", "thin.s1[3][0]"), ("#wide.logits", "wide.logits")],
)
def test_an_address_in_the_link_is_selected(visit: Visit, tmp_path: Path, fragment: str, address: str) -> None:
    page = opened(visit, tmp_path, DIGITS, fragment=fragment)
    assert page.locator(".item.selected").get_attribute("data-address") == address
    assert panel(page).startswith(address)


def test_a_link_opens_what_is_closed_around_its_address(digits: Page) -> None:
    digits.click("#close-all")
    digits.evaluate("location.hash = '#thin.s1[3][0]'")
    digits.wait_for_selector(".item.selected")
    assert digits.locator(".item.selected").get_attribute("data-address") == "thin.s1[3][0]"


def test_a_hint_says_what_it_joins(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, DIGITS, fragment="#hint.mid")
    said = panel(page)
    assert all(
        text in said for text in ("wide.s1[2] [48, 4, 4]", "thin.s1[6] [12, 4, 4]", "Conv2d(48", "l2()", "hints")
    )


@pytest.mark.parametrize(
    ("text", "address"), [("logits", "wide.logits"), ("MaxPool", "wide.s1[2]"), ("[64]", "thin.[0]")]
)
def test_layers_are_found_by_name_op_and_shape(digits: Page, text: str, address: str) -> None:
    digits.keyboard.press("/")
    digits.keyboard.type(text)
    first = digits.locator("#found li").first
    assert first.inner_text().startswith(address.split("[")[0].rstrip("."))
    digits.keyboard.press("Enter")
    selected = digits.locator(".item.selected").get_attribute("data-address") or ""
    assert selected.split(".")[0] == address.split(".")[0]
    assert digits.locator("#found").is_hidden()


def test_what_is_not_found_is_said(digits: Page) -> None:
    digits.fill("#find", "nothing like this")
    assert digits.inner_text("#found") == "nothing found"


def test_stages_step_through_what_runs_is_frozen_and_is_kept(digits: Page) -> None:
    states = "(look) => document.querySelectorAll(`.item.${look}`).length"
    digits.keyboard.press("]")
    digits.keyboard.press("]")
    assert digits.locator("#stage option:checked").inner_text() == "2 hints"
    assert item(digits, "thin.s1[0][0]").get_attribute("class") == "item does-t"
    assert item(digits, "thin.logits").get_attribute("class") == "item does-nothing"
    assert item(digits, "wide.s1[2]").get_attribute("class") == "item does-k"
    assert item(digits, "wide.s1[0][0]").get_attribute("class") == "item does-s"
    assert digits.evaluate(states, "does-r") == len(("wide.image", "thin.image"))
    said = panel(digits)
    assert "Stage 2: hints after teach" in said
    assert "student[..s1]" in said
    digits.keyboard.press("[")
    digits.keyboard.press("[")
    assert digits.locator("#stage option:checked").inner_text() == "all"


def test_colours_follow_what_is_chosen(digits: Page) -> None:
    style = "(address) => document.querySelector(`[data-address='${address}']`).style.getPropertyValue('--share')"
    digits.select_option("#colour", "params")
    least, most = (int(digits.evaluate(style, a).rstrip("%")) for a in ("thin.s1[0][0]", "wide.s2[1][0]"))
    assert 0 < least < most == 45
    assert "parameters" in digits.inner_text("#legend")
    digits.select_option("#colour", "trained")
    assert "by-0" in (item(digits, "wide.logits").get_attribute("class") or "")
    assert "by-1" in (item(digits, "thin.s1[0][0]").get_attribute("class") or "")
    assert "first trained in hints" in digits.inner_text("#legend")


def test_everything_works_by_keyboard(digits: Page) -> None:
    digits.locator("#world .item").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        digits.keyboard.press(key)
    focused = "document.activeElement.dataset.address"
    assert digits.evaluate(focused) == "wide.s1"
    digits.keyboard.press("ArrowLeft")
    assert item(digits, "wide.s1").get_attribute("aria-expanded") == "false"
    digits.keyboard.press("Enter")
    digits.keyboard.press("ArrowRight")
    assert digits.evaluate(focused) == "wide.s1[0][0]"
    digits.keyboard.press("Escape")
    assert digits.locator(".item.selected").count() == 0
    digits.keyboard.press("?")
    assert digits.locator("#help").is_visible()
    digits.keyboard.press("Escape")
    before = digits.get_attribute("#world", "transform")
    digits.keyboard.press("+")
    assert digits.get_attribute("#world", "transform") != before
    digits.keyboard.press("0")
    digits.keyboard.press("c")
    assert digits.locator('.item[aria-expanded="true"]').count() == 0


def test_the_picture_is_dragged_and_zoomed(digits: Page) -> None:
    before = digits.get_attribute("#world", "transform")
    digits.mouse.move(500, 700)
    digits.mouse.down()
    digits.mouse.move(560, 640, steps=4)
    digits.mouse.up()
    moved = digits.get_attribute("#world", "transform")
    assert moved != before
    digits.keyboard.down("Control")
    digits.mouse.wheel(0, -200)
    digits.keyboard.up("Control")
    digits.wait_for_function(
        "(before) => document.getElementById('world').getAttribute('transform') !== before", arg=moved
    )
    assert digits.locator(".item.selected").count() == 0


def test_every_part_is_named_for_those_who_cannot_see_it(digits: Page) -> None:
    unnamed = digits.evaluate(
        "() => [...document.querySelectorAll('#world .item, button, select, input')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).length"
    )
    assert unnamed == 0
    assert item(digits, "thin.logits").get_attribute("aria-label") == "thin.logits: Linear(10), [10], 650 parameters"


# What may go wrong ----------------------------------------------------------------------------------------------------


def test_texts_of_a_spec_stay_texts(visit: Visit, tmp_path: Path) -> None:
    spec = read(f"""\
# {ATTACK}
param width = 4 in {{4, 8}}
data d {{
  source = Npz("{ATTACK.replace('"', "")}", shape=[1, 8, 8], classes=10)
  batch  = 4
}}
student net(image: d.input) {{
  # {ATTACK}
  body = Conv2d(width, 3) -> ReLU() # {ATTACK}
  Flatten() -> Linear(d.classes)
}}
stage learn {{
  train     = student
  loss      = ce()
  optimizer = SGD(lr=0.1)
  epochs    = 1
}}
""")
    page = opened(visit, tmp_path, spec)
    title = page.title()
    for address in page.evaluate("() => [...document.querySelectorAll('.item')].map((i) => i.dataset.address)"):
        if address:
            item(page, address).locator("text").first.click()
    page.select_option("#stage", "0")
    page.fill("#find", "<img")
    assert page.title() == title
    assert page.locator("img").count() == 0


def test_a_network_that_does_not_check_is_shown_with_its_fault(visit: Visit, tmp_path: Path) -> None:
    spec = read("student net(image: [3, 8, 8]) {\na = Conv2d(4, 3)\nb = Conv2d(4, 30)\n}\n")
    page = opened(visit, tmp_path, spec)
    assert item(page, "net.b").locator("rect.fault").count() == 1
    item(page, "net.b").locator("text").first.click()
    assert re.search(r"FIT\d{4}", panel(page))
    assert "at fault" in panel(page) or "at fault" in (page.locator("#selected details").text_content() or "")


def test_a_spec_without_networks_has_a_page(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read("data d {\n  source = Digits()\n  batch  = 4\n}\n"))
    assert page.locator("#world text").text_content() == "This spec has no networks."


def test_a_very_long_network_is_bundled(visit: Visit, tmp_path: Path) -> None:
    spec = read("student net(image: [4]) { repeat 2000 { Linear(4) -> ReLU() } }\n")
    page = opened(visit, tmp_path, spec)
    assert 1 < page.locator("#world .item").count() < 400
    page.keyboard.press("/")
    page.keyboard.type("[1999][0]")
    page.keyboard.press("Enter")
    assert panel(page).startswith("net.[1999][0]")
    assert page.inner_text("#notes") == "net has blocks of many parts, which are drawn in bundles"


def test_a_page_says_what_is_closed_to_begin_with(visit: Visit, tmp_path: Path) -> None:
    spec = read("student net(image: [4]) { repeat 20 { repeat 20 { Linear(4) -> ReLU() } } }\n")
    page = opened(visit, tmp_path, spec)
    assert page.inner_text("#notes") == "net has 800 layers; blocks 1 level deep are closed to begin with"
    assert page.locator("#world .item").count() < 60


def test_fit_show_writes_the_page(fit: Any, tmp_path: Path) -> None:
    done = fit("show", str(DIGITS), "--format", "html", "-o", "digits.html")
    assert done.code == 0
    assert (tmp_path / "digits.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_fit_show_opens_what_it_shows(fit: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened_files: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened_files.append)
    assert fit("show", str(DIGITS), "--format", "html", "-o", "digits.html", "--open").code == 0
    assert fit("show", str(DIGITS), "--format", "svg", "--open").out == ""
    first, second = opened_files
    assert first == (tmp_path / "digits.html").as_uri()
    assert second.endswith("/digits.svg")
    assert Path(second.removeprefix("file://")).read_text(encoding="utf-8").startswith("<svg")

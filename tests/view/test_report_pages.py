"""Pages of runs and searches in a browser: they can be read, chosen from, sorted and filtered, and nothing gets out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import outside_specs
import pytest
from browsing import NARROW, WIDE, Scheme, Visit, overlaps
from playwright.sync_api import Page
from reports import ATTACKS, events, run_report, search_report, write_run, write_search

from fitdsl.training.report import RunReport
from fitdsl.training.shown import network_facts, run_facts
from fitdsl.tuning.report import SearchReport
from fitdsl.tuning.shown import search_facts
from fitdsl.view.report.networks import sentence
from fitdsl.view.report.run import run_page
from fitdsl.view.report.search import search_page
from fitdsl.view.web.html import html

LOOKS: list[tuple[int, Scheme]] = [(WIDE, "light"), (NARROW, "dark")]
LARGEST = 1_000_000
BEST = search_report().best


def run_text(folder: Path, report: RunReport | None = None, **log: Any) -> str:
    return html(run_page(run_facts(write_run(folder, report, **log))))


def search_text(folder: Path, report: SearchReport | None = None) -> str:
    return html(search_page(search_facts(write_search(folder, report))))


def saved(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return saved(tmp_path / "run.html", run_text(tmp_path / "run"))


@pytest.fixture
def search(tmp_path: Path) -> Path:
    return saved(tmp_path / "search.html", search_text(tmp_path / "search"))


def headings(page: Page) -> list[str]:
    return page.locator("main > section > h2").all_inner_texts()


# Whole pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_run_can_be_read(visit: Visit, run: Path, width: int, scheme: Scheme) -> None:
    page = visit.open(run, width=width, scheme=scheme)
    wanted = ["Networks", "Warnings", "Picture", "Stages", "Time", "Confusions", "Spec", "The same again"]
    assert headings(page) == wanted == page.locator("nav a").all_inner_texts()
    assert page.inner_text("h1") == "pair: a run"
    assert page.inner_text(".headline") == (
        "small classifies 90.00% of the test split rightly with 1,000 weights: 3× fewer than big, −5.00 points."
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert overlaps(page) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_search_can_be_read(visit: Visit, search: Path, width: int, scheme: Scheme) -> None:
    page = visit.open(search, width=width, scheme=scheme)
    assert headings(page) == [
        *("Overview", "The best student", "What students reach and cost", "Params", "How the search went", "Students"),
        *("Picture", "Specs", "The same again"),
    ]
    assert page.inner_text(".headline") == (
        f"Of 12 students the best is #{BEST}: small classifies 90.00% of the test split rightly with 800 weights: "
        "3.75× fewer than big, −5.00 points."
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert overlaps(page) == []


def test_pages_are_whole_without_scripts(visit: Visit, search: Path) -> None:
    context = visit.windows.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(search.as_uri())
    assert page.locator("#students-table tbody tr").count() == 12
    assert not page.locator("#panel").is_visible()
    assert page.locator(f"#trial-{BEST} td").first.inner_text() == "to the end, best, front"
    context.close()


def test_what_is_printed_is_the_document(visit: Visit, search: Path) -> None:
    page = visit.open(search, fragment="#trial-6")
    assert page.locator("#panel").is_visible()
    page.emulate_media(media="print")
    assert [page.locator(part).is_visible() for part in ("#panel", "#filter", "nav", "#students-table")] == [
        *(False, False, False, True)
    ]


@pytest.mark.parametrize("name", ["run", "search"])
def test_nothing_is_cut_off_in_print(visit: Visit, name: str, request: pytest.FixtureRequest) -> None:
    page = visit.open(request.getfixturevalue(name), width=718)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    assert overlaps(page) == []


def test_networks_are_compared_where_there_are_two_to_compare() -> None:
    big, small = run_report().networks.values()
    facts = [network_facts({"big": big})[0], network_facts({"small": small})[0]]
    assert sentence(facts[1:]) == "small classifies 90.00% of the test split rightly with 1,000 weights"
    assert sentence(facts[:1]) == "big classifies 95.00% of the test split rightly"
    two = [*facts, network_facts({"tiny": small})[0]]
    assert (
        sentence(two)
        == "big classifies 95.00%, small classifies 90.00%, tiny classifies 90.00% of the test split rightly"
    )


# A run ----------------------------------------------------------------------------------------------------------------


def test_a_run_shows_every_number_of_its_epochs(visit: Visit, run: Path) -> None:
    page = visit.open(run)
    titles = page.locator("section.stage").nth(2).locator("figcaption b").all_inner_texts()
    assert titles == ["loss", "ce", "kd", "accuracy", "learning rate", "λ", "gradient"]
    assert page.locator("section.stage").nth(1).locator("figcaption b").all_inner_texts() == [
        *("hint(mid)", "fit(mid)", "learning rate", "gradient")
    ]
    table = page.locator("section.stage").nth(2).locator("table")
    assert not table.is_visible()
    page.get_by_text("all numbers by epoch").nth(2).click()
    assert table.locator("thead th").all_inner_texts() == [
        *("epoch", "train loss", "train ce", "train kd", "train accuracy", "train error"),
        *("val loss", "val ce", "val kd", "val accuracy", "val error"),
        *("λ ce", "λ kd", "rate × 1", "gradient mean", "gradient max"),
    ]
    assert table.locator("tbody tr").nth(3).locator("th, td").all_inner_texts() == [
        *("4", "2", "1", "1", "0.875", "0.125", "2.2", "1.1", "1.1", "0.9625", "0.1375"),
        *("1", "1", "0.0025", "1", "2"),
    ]


def test_an_epoch_under_the_pointer_is_told(visit: Visit, run: Path) -> None:
    page = visit.open(run)
    chart = page.locator("section.stage").nth(2).locator(".lines").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.13 * box["width"], box["y"] + box["height"] / 2)
    assert page.inner_text("#tip") == "epoch 1: train 8, val 8.8"
    page.mouse.move(box["x"] + 0.96 * box["width"], box["y"] + box["height"] / 2)
    assert page.inner_text("#tip") == "epoch 4: train 2, val 2.2"
    page.mouse.move(1, 1)
    assert not page.locator("#tip").is_visible()


def test_epochs_are_told_by_keyboard(visit: Visit, run: Path) -> None:
    page = visit.open(run)
    weights = page.locator("section.stage").nth(2).locator(".lines").nth(5)
    weights.focus()
    told = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        told.append(page.inner_text("#tip"))
    assert told == [f"epoch {epoch}: ce 1, kd {kd}" for epoch, kd in ((1, 1.75), (2, 1.5), (4, 1), (4, 1), (3, 1.25))]
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()


def test_a_run_shows_its_networks_side_by_side(visit: Visit, run: Path) -> None:
    rows = visit.open(run).locator("#networks tbody tr")
    assert rows.nth(1).locator("th, td").all_inner_texts() == [
        *("small", "student", "1,000", "3×", "20,000", "3×", "1,010", "100"),
        *("90.00%", "−5.00", "0.2500", "1,100", "0.355×", "12.0 s"),
    ]


def test_a_run_shows_its_confusions_and_its_time(visit: Visit, run: Path) -> None:
    page = visit.open(run)
    matrix = page.locator("#confusions table.matrix").first
    assert matrix.locator("tbody tr").nth(2).locator("th, td").all_inner_texts() == ["2", "4", "0", "16", "20"]
    time = page.locator("#time tbody tr")
    assert [" ".join(text.split()) for text in time.all_inner_texts()] == [
        "data 1.0 s 25% 1.0 s 25% 1.0 s 25%",
        "step 2.5 s 62% 2.5 s 62% 2.5 s 62%",
        "the rest 0.5 s 12% 0.5 s 12% 0.5 s 12%",
        "all 4.0 s 4.0 s 4.0 s",
    ]


def test_styles_of_the_picture_stay_in_it(visit: Visit, run: Path) -> None:
    page = visit.open(run)
    probe = """() => {
      const made = document.createElement("p");
      made.className = "frozen number name";
      document.querySelector("main").append(made);
      const style = getComputedStyle(made);
      return [style.strokeWidth, style.fontWeight, style.fontSize];
    }"""
    assert page.evaluate(probe) == ["1px", "400", "14px"]
    assert page.evaluate("getComputedStyle(document.querySelector('.drawing .name')).fontWeight") == "700"


def test_commands_for_a_spec_that_runs_own_code_give_leave_for_it(tmp_path: Path) -> None:
    assert "--allow-python" not in run_text(tmp_path / "1")
    assert "--seed 3 --allow-python" in run_text(tmp_path / "2", run_report(spec=outside_specs.TEXT))


def test_many_epochs_are_thinned_in_the_table_alone(tmp_path: Path) -> None:
    text = run_text(tmp_path / "run", log=events({"distil": 2000}))
    assert "every 5 epochs of 2000, and the last" in text
    assert len(text) < LARGEST


def test_what_a_run_is_warned_of_each_time_it_is_gone_on_with_is_listed_once(tmp_path: Path) -> None:
    twice = [*events({"distil": 2}), *events({"distil": 2})]
    assert run_text(tmp_path / "run", log=iter(twice)).count("the store cannot be written") == 1


# A search -------------------------------------------------------------------------------------------------------------


def test_a_student_is_chosen_everywhere_at_once(visit: Visit, search: Path) -> None:
    page = visit.open(search)
    page.locator(f".scatter .points [data-trial='{BEST}']").first.click()
    assert page.inner_text("#panel-title") == f"Student #{BEST}"
    told = " ".join(page.inner_text("#panel-body").split())
    assert "to the end, best, on the front" in told
    assert "teach (taken from earlier work or another student), hints (trained)" in told
    assert page.locator("#panel-body code").inner_text().endswith(f"search.json#{BEST}'")
    assert page.locator("#graph").count() == 1
    # both costs, parallel coordinates, best so far, histories, table
    assert page.locator(f".picked[data-trial='{BEST}']").count() == 6
    assert page.locator(f"[data-trial].picked:not([data-trial='{BEST}'])").count() == 0
    assert page.url.endswith(f"#trial-{BEST}")
    page.locator("#trial-3 td").first.click()
    assert page.inner_text("#panel-title") == "Student #3"
    assert page.locator("[data-trial].picked:not([data-trial='3'])").count() == 0
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    assert page.locator("[data-trial].picked").count() == 0
    assert "#" not in page.url


def test_a_link_leads_to_a_student(visit: Visit, search: Path) -> None:
    page = visit.open(search, fragment="#trial-4")
    assert page.inner_text("#panel-title") == "Student #4"
    assert page.locator("#trial-4.picked").count() == 1


def test_the_graph_of_a_chosen_student_is_drawn(visit: Visit, search: Path) -> None:
    for trial in search_report().trials[:3]:
        page = visit.open(search, fragment=f"#trial-{trial.id}")
        drawn = page.locator("#graph svg")
        assert drawn.get_attribute("aria-label") == f"student #{trial.id} and its teacher"
        assert f"Conv2d({trial.point['width']}, 3" in " ".join(drawn.locator("text").all_text_contents())
        assert overlaps(page) == []


def test_students_are_chosen_by_keyboard(visit: Visit, search: Path) -> None:
    page = visit.open(search)
    points = page.locator(".scatter .points").first
    assert points.locator("[tabindex='0']").count() == 1
    points.locator("[tabindex='0']").focus()
    page.keyboard.press("End")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.fullmatch(r"#\d+: accuracy [\d.]+%, 800 weights", label)
    assert page.inner_text("#tip").startswith(label)
    page.keyboard.press("Enter")
    assert page.inner_text("#panel-title") == f"Student {label.partition(':')[0]}"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") != label


def test_a_student_under_the_pointer_is_told(visit: Visit, search: Path) -> None:
    page = visit.open(search)
    assert not page.locator("#tip").is_visible()
    page.locator(f".scatter .points [data-trial='{BEST}']").first.hover()
    assert re.fullmatch(rf"#{BEST}: accuracy [\d.]+%, 400 weights\s*width = 4, lr = [\d.]+", page.inner_text("#tip"))


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#students-table tbody tr > :nth-child({number})").all_inner_texts()


def test_the_table_is_sorted(visit: Visit, search: Path) -> None:
    page = visit.open(search)
    heads = page.locator("#students-table thead th").all_inner_texts()
    assert heads[:7] == ["student", "state", "accuracy", "loss", "error", "weights", "MACs"]
    page.locator("#students-table").get_by_role("button", name="accuracy").click()
    rising = [float(text.rstrip("%")) for text in column(page, 3)]
    assert rising == sorted(rising)
    assert page.locator("th[aria-sort='ascending']").inner_text() == "accuracy"
    page.locator("#students-table").get_by_role("button", name="accuracy").click()
    assert [float(text.rstrip("%")) for text in column(page, 3)] == rising[::-1]
    page.locator("#students-table").get_by_role("button", name="student").click()
    assert column(page, 1) == [f"#{id}" for id in range(12)]
    assert page.locator("th[aria-sort]").count() == 1


def test_the_table_and_the_charts_are_filtered(visit: Visit, search: Path) -> None:
    page = visit.open(search)
    page.get_by_label("students:").select_option("done")
    assert page.inner_text("#filter [role=status]") == "4 of 12 shown, here and in the charts"
    assert page.locator("#students-table tbody tr:visible").count() == 4
    assert page.locator(".scatter >> nth=0 >> .points > :visible").count() == 4
    page.get_by_label("students:").select_option("front")
    assert page.locator("#students-table tbody tr:visible").count() == 1


def test_few_students_tell_nothing_of_params(tmp_path: Path) -> None:
    told = "Which params matter cannot be told from 9 students; it takes 10."
    assert told in search_text(tmp_path / "few", search_report(9))
    text = search_text(tmp_path / "enough", search_report(40))
    assert "among 40 students after 3 epochs of the last stage, which all of them have had" in text
    shares = re.findall(r"<th scope=\"row\">(width|lr)</th>.*? (\d+)%", text)
    assert [name for name, _ in shares] == ["width", "lr"]
    assert int(shares[0][1]) > 80


def test_the_teacher_stands_beside_its_students(tmp_path: Path) -> None:
    assert (
        "teacher big" not in search_text(tmp_path / "search").partition('id="tradeoff"')[2].partition("</section>")[0]
    )
    write_run(tmp_path / "search" / "best")
    text = html(search_page(search_facts(tmp_path / "search")))
    assert text.count('<g class="level"><title>teacher big</title>') == 2


def test_the_best_students_confusions_are_shown(tmp_path: Path) -> None:
    report = search_report()
    assert report.winner is not None
    counted = report.winner.model_copy(update={"networks": run_report().networks})
    assert "confusion matrix of small" in search_text(tmp_path / "1", report.model_copy(update={"winner": counted}))
    assert "confusions on the test split" not in search_text(tmp_path / "2", report)


def test_where_students_were_stopped_is_counted(visit: Visit, search: Path) -> None:
    rows = visit.open(search).locator("#course tbody tr")
    assert [" ".join(text.split()[:-1]) for text in rows.all_inner_texts()] == ["3 stopped 8", "9 to the end 4"]


def test_a_page_of_500_students_is_small(tmp_path: Path) -> None:
    text = search_text(tmp_path / "search", search_report(500, epochs=60))
    assert len(text.encode()) < LARGEST
    assert text.count('id="trial-') == 500


# What comes from specs ------------------------------------------------------------------------------------------------


def test_texts_of_a_run_stay_texts(visit: Visit, tmp_path: Path) -> None:
    for place, attack in enumerate(ATTACKS):
        known = run_report()
        report = known.model_copy(
            update={
                "name": attack,
                "spec": f"# {attack}\n{known.spec}".replace("\u2028", " "),
                "point": {attack: attack},
                "device": attack,
                "versions": {attack: attack},
                "stages": {attack: known.stages["teach"]},
                "networks": {attack: known.networks["small"]},
            }
        )
        log: list[dict[str, Any]] = [{"event": "warning", "stage": attack, "message": attack}]
        log += [{"event": "epoch", "stage": attack, "epoch": 1, "train": {attack: 1.0}, "weights": {attack: 1}}]
        log += [{"event": "run", "stages": [attack]}]
        file = saved(tmp_path / f"{place}.html", run_text(tmp_path / str(place), report, log=iter(log)))
        page = visit.open(file)
        assert page.title() == f"{attack}: a run".replace("\u2028", " ") or place == 4
        assert page.locator("img, main script, svg[onload]").count() == 0


def test_texts_of_a_search_stay_texts(visit: Visit, tmp_path: Path) -> None:
    for place, attack in enumerate(ATTACKS):
        known = search_report()
        more = {"reason": attack, "warnings": (attack,), "point": {attack: attack}}
        trials = [one.model_copy(update=more) for one in known.trials[:3]]
        trials += [one.model_copy(update={**more, "status": "failed"}) for one in known.trials[3:]]
        changes: dict[str, Any] = {"name": attack, "trials": trials, "vary": (attack,), "best": 0, "goals": (attack,)}
        changes |= {"sampler": attack, "versions": {attack: attack}, "point": {attack: attack}}
        report = known.model_copy(update=changes)
        file = saved(tmp_path / f"{place}.html", search_text(tmp_path / str(place), report))
        page = visit.open(file, fragment="#trial-0")
        assert page.locator("#panel").is_visible()
        assert attack.replace("\u2028", "") in page.inner_text("#panel-body").replace("\u2028", "")
        assert page.locator("img, main script, svg[onload]").count() == 0
        assert page.title() != "taken"

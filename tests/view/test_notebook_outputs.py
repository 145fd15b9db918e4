"""What specs, networks, runs and searches show in a notebook: what is in it, and that it keeps to itself."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browsing import Scheme, Visit
from diffs import BASE

import fitdsl as fit
from fitdsl.diagnostics import FitError
from fitdsl.training.report import CostReport, NetworkReport, RunReport, StageReport
from fitdsl.tuning.report import Counts, SearchReport, TrialReport, Winner
from fitdsl.view.notebook.curves import Chart, chart
from fitdsl.view.notebook.drawings import network_bundle, spec_bundle
from fitdsl.view.notebook.findings import findings_bundle

SPEC = fit.loads(BASE, name="base")
ATTACK = "</style></table><script>document.title = 'taken'</script><img src=x onerror='alert(1)'>&amp;\x1b[31m"
ELEMENTS = {
    *("div", "style", "p", "span", "table", "thead", "tbody", "tr", "th", "td", "pre", "b"),
    *("svg", "title", "desc", "rect", "path", "text", "tspan", "circle"),
}


def network(role: str, weights: int, accuracy: float) -> NetworkReport:
    cost = CostReport(params=weights + 10, weights=weights, macs=weights * 100, activations=9)
    return NetworkReport(role=role, cost=cost, test={"accuracy": accuracy}, seconds=1.5, examples_per_s=9.0)


def stage(*, reused: bool = False) -> StageReport:
    return StageReport(key="k", epochs=2, kept_epoch=1, reused=reused, seconds=3.25, metrics={})


def a_run(folder: Path, name: str = "base", stages: tuple[str, ...] = ("teach", "distil")) -> RunReport:
    events = [
        {"event": "stage", "stage": stages[-1]},
        {"event": "epoch", "stage": stages[-1], "epoch": 1, "train": {"loss": 9.0, "ce": 1.0}, "val": {"loss": 3.0}},
        {"event": "epoch", "stage": stages[-1], "epoch": 1, "train": {"loss": 2.0, "ce": 1.0}, "val": {"loss": 3.0}},
        {"event": "epoch", "stage": stages[-1], "epoch": 2, "train": {"loss": 1.0, "ce": 0.5}, "val": {"loss": 2.5}},
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)) + '\n{"event": "epo')
    return RunReport(
        name=name,
        status="done",
        spec=BASE,
        point={},
        seed=3,
        device="cpu",
        versions={},
        plan=dict.fromkeys(stages, "k"),
        stages={stages[0]: stage(reused=True), **{name: stage() for name in stages[1:]}},
        networks={"small": network("student", 500, 0.9), f"{name} big": network("teacher", 1500, 0.95)},
        folder=folder,
    )


def a_search(folder: Path, **changes: object) -> SearchReport:
    cost = {"small": CostReport(params=510, weights=500, macs=5e4, activations=9)}
    trials = [
        TrialReport(id=0, point={"width": "4"}, key="0", seed=0, cost=cost, status="done", values=(0.5, 500)),
        TrialReport(id=1, point={"width": "8"}, key="1", seed=0, cost=cost, status="done", values=(0.75, 900)),
    ]
    report = SearchReport(
        name="base",
        status="done",
        spec=BASE,
        point={},
        seed=0,
        goals=("maximize val.accuracy", "minimize weights(small)"),
        vary=("width",),
        sampler="random()",
        scheduler="none()",
        wanted=2,
        resources={},
        versions={},
        trials=trials,
        pareto=(0, 1),
        best=1,
        counts=Counts(proposed=3, trained=2),
        winner=Winner(id=1, networks={"small": network("student", 900, 0.8)}),
        folder=folder,
    )
    return report.model_copy(update=changes)


class Reader(HTMLParser):
    """Elements, attributes and texts of an output, styles left out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        if data.strip() and self.elements[-1] != "style":
            self.texts.append(data.strip())


def test_a_spec_is_its_picture() -> None:
    bundle = SPEC._repr_mimebundle_()
    assert bundle["text/plain"] == repr(SPEC)
    assert list(bundle) == ["text/plain", "image/svg+xml"]
    tree = ElementTree.fromstring(bundle["image/svg+xml"])
    texts = {"".join(element.itertext()) for element in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"teacher big", "student small", "hint mid", "distil after hints"} <= texts


def test_what_a_picture_leaves_out_is_said() -> None:
    lines = "\n".join(f"  l{number} = repeat 2 {{ Conv2d({8 + number % 7}, 1) -> ReLU() }}" for number in range(160))
    spec = fit.loads(f"fit 1\nstudent net(image: [1, 8, 8]) {{\n{lines}\n}}\n")
    bundle = spec._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html"]
    assert Reader(bundle["text/html"]).texts[-1] == (
        "`net` has 640 layers; blocks 1 level deep are drawn closed (`--depth` opens more)"
    )


def test_a_network_is_its_picture_and_its_costs() -> None:
    bundle = SPEC.student._repr_mimebundle_()
    assert bundle["text/plain"] == "<student small: 1,380 parameters, 15,936 MACs>"
    texts = Reader(bundle["text/html"]).texts
    assert texts[:9] == [
        *("an example", "parameters", "1,380", "weights, without biases and norms", "1,356"),
        *("multiply-accumulates", "15,936", "activations", "1,290"),
    ]
    assert "small" in texts
    assert "big" not in texts


def test_a_network_from_outside_says_that_its_costs_are_not_known() -> None:
    text = 'fit 1\ndata d { source = Npz("x", [3, 32, 32], classes=5) }\n'
    spec = fit.loads(f'{text}teacher big = timm("resnet18", classes=5)\n')
    texts = Reader(spec.teacher._repr_mimebundle_()["text/html"]).texts
    assert texts[0] == "costs are not known, as it comes from outside"


def test_a_run_is_what_networks_reach_and_how_training_went(tmp_path: Path) -> None:
    bundle = a_run(tmp_path / "1")._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "<run base: done, seed 3, cpu>\n"
        "  base big: 95.00% on the test split, 1,500 weights\n"
        "  small: 90.00% on the test split, 500 weights"
    )
    read = Reader(bundle["text/html"])
    assert read.texts[:2] == ["run base", "done, seed 3, cpu"]
    assert read.texts[10:26] == [
        *("base big", "teacher", "1,500", "-", "150K", "-", "95.00%", "1.5"),
        *("small", "student", "500", "3 ×", "50.0K", "3 ×", "90.00%", "1.5"),
    ]
    assert read.texts[30:39] == ["teach", "2", "1", "3.2", "taken from earlier work", "distil", "2", "1", "3.2"]
    # of an epoch that was trained again the last word counts
    assert read.texts[39] == "distil: loss: train 2 to 1 in epochs 1 to 2; val 3 to 2.5 in epochs 1 to 2"
    assert read.elements.count("svg") == 1
    assert read.texts[-1] == f"files: {tmp_path / '1'}"


def test_an_unfinished_run_shows_what_there_is(tmp_path: Path) -> None:
    run = a_run(tmp_path / "1").model_copy(update={"status": "running", "networks": {}, "stages": {}})
    (tmp_path / "1" / "events.jsonl").unlink()
    bundle = run._repr_mimebundle_()
    assert bundle["text/plain"] == "<run base: not finished, 2 stages left, seed 3, cpu>"
    assert Reader(bundle["text/html"]).texts == [
        "run base",
        "not finished, 2 stages left, seed 3, cpu",
        f"files: {tmp_path / '1'}",
    ]


def test_a_search_is_its_front_and_its_best_student(tmp_path: Path) -> None:
    bundle = a_search(tmp_path / "1")._repr_mimebundle_()
    best = "best: #1 (width=8), val.accuracy 75.00%, weights(small) 900"
    assert bundle["text/plain"] == f"<search base: done, 2 students trained of 3 proposals>\n  {best}"
    read = Reader(bundle["text/html"])
    assert read.texts[:20] == [
        *("search base", "done, 2 students trained of 3 proposals"),
        *("student", "val.accuracy", "weights(small)", "weights", "MACs", "width"),
        *("#1 best", "75.00%", "900", "500", "50.0K", "8"),
        *("#0", "50.00%", "500", "500", "50.0K", "4"),
    ]
    assert "Conv2d(8, 3, padding=1)" in " ".join(read.texts)
    assert read.texts[-4:] == [
        "students of which none is better in every goal (maximize val.accuracy, minimize weights(small))",
        best,
        "small: 80.00% on the test split, 900 weights",
        f"files: {tmp_path / '1'}",
    ]


@pytest.mark.parametrize("changes", [{"spec": "fit 2"}, {"best": None, "pareto": (), "winner": None, "trials": []}])
def test_a_search_without_a_best_student_shows_no_picture(tmp_path: Path, changes: dict[str, object]) -> None:
    bundle = a_search(tmp_path / "1", **changes)._repr_mimebundle_()
    assert "svg" not in Reader(bundle["text/html"]).elements
    assert ("no student was trained to the end" in bundle["text/plain"]) is ("best" in changes)


def test_a_chart_of_one_epoch_and_of_equal_numbers() -> None:
    for line in ([(1, 2.0)], [(1, 2.0), (2, 2.0)]):
        tree = ElementTree.fromstring(chart(Chart("s: loss", {"train": line, "val": []})))
        assert "nan" not in ElementTree.tostring(tree, "unicode")
        assert [text.text for text in tree.iter("text")][:2] == ["s: loss", "2"]


# Nothing gets out, and nothing gets in --------------------------------------------------------------------------------


def attacked(folder: Path) -> list[str]:
    """Outputs with an attack wherever a text of a user's own can get."""
    (small,) = [network for network in SPEC.program.networks.values() if network.role == "student"]
    evil = replace(small, name=ATTACK, doc=ATTACK)
    run = a_run(folder / "a'&<b>", ATTACK, (ATTACK, f"{ATTACK}2"))
    cost = {ATTACK: CostReport(params=1, weights=1, macs=1, activations=1)}
    trial = TrialReport(id=0, point={ATTACK: ATTACK}, key="", seed=0, cost=cost, values=(1.0,), reason=ATTACK)
    search = a_search(folder / "<b>", name=ATTACK, goals=(f"maximize {ATTACK}",), vary=(ATTACK,), trials=[trial])
    search = search.model_copy(update={"pareto": (0,), "best": 0, "winner": None})
    with pytest.raises(FitError) as refusal:
        fit.loads(BASE.replace("unit(6)", f'unit("{ATTACK}")'), name=ATTACK)
    program = replace(SPEC.program, name=ATTACK, networks={ATTACK: evil}, hints={}, stages={})
    return [
        spec_bundle(program, "")["image/svg+xml"],
        network_bundle(evil, "")["text/html"],
        run._repr_mimebundle_()["text/html"],
        search._repr_mimebundle_()["text/html"],
        findings_bundle(refusal.value.diagnostics)["text/html"],
    ]


def test_what_users_write_stays_text(tmp_path: Path) -> None:
    for output in attacked(tmp_path):
        read = Reader(output)
        assert set(read.elements) <= ELEMENTS
        assert not any(name.startswith("on") or "href" in name or name == "src" for name in read.attributes)
        assert "</table><script>document.title = 'taken'</script>" in "".join(read.texts)


def page_of(folder: Path, outputs: list[str], theme: str = "") -> Path:
    """A page that holds outputs as a notebook does, with styles and elements of its own."""
    file = folder / "page.html"
    own = "<style>.op{fill:red}.block,.card{stroke:red}p{color:blue}.cell:not(.other) td{text-align:right}</style>"
    mine = '<p class="name" id="mine">mine</p><table><tr><td class="number">1</td></tr></table>'
    file.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><title>ours</title>{own}'
        f"<body {theme}>{mine}<div class='cell'>{'<hr>'.join(outputs)}</div></body>",
        encoding="utf-8",
    )
    return file


def test_nothing_of_an_attack_runs(visit: Visit, tmp_path: Path) -> None:
    page = visit.open(page_of(tmp_path, attacked(tmp_path)))
    assert page.title() == "ours"
    assert page.locator("img, script").count() == 0


def test_outputs_leave_their_page_as_it_is_and_are_left_as_they_are(visit: Visit, tmp_path: Path) -> None:
    outputs = [SPEC._repr_mimebundle_()["image/svg+xml"], a_run(tmp_path / "1")._repr_mimebundle_()["text/html"]]
    page = visit.open(page_of(tmp_path, outputs))

    def style(selector: str, name: str) -> str:
        return str(page.eval_on_selector(selector, f"element => getComputedStyle(element).{name}"))

    assert style("#mine", "fontWeight") == "400"
    assert style("#mine", "color") == "rgb(0, 0, 255)"
    assert style("td.number", "padding") == "1px"
    assert style(".cell td", "textAlign") == "left"
    assert style("svg .op", "fill") == "rgb(27, 31, 36)"
    assert style("svg .card", "stroke") == "rgb(168, 58, 107)"


@pytest.mark.parametrize(
    ("theme", "scheme", "paper"),
    [
        ("", "light", "rgb(255, 255, 255)"),
        ("", "dark", "rgb(13, 17, 23)"),
        ('data-jp-theme-light="false"', "light", "rgb(13, 17, 23)"),
        ('data-jp-theme-light="true"', "dark", "rgb(255, 255, 255)"),
        ('class="vscode-dark"', "light", "rgb(13, 17, 23)"),
    ],
)
def test_a_picture_is_light_or_dark_as_its_page(
    visit: Visit, tmp_path: Path, theme: str, scheme: Scheme, paper: str
) -> None:
    page = visit.open(page_of(tmp_path, [SPEC._repr_mimebundle_()["image/svg+xml"]], theme), scheme=scheme)
    assert page.eval_on_selector(".paper", "element => getComputedStyle(element).fill") == paper

"""The page of a search: the best student against its teacher, all that were tried, and what decided among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..drawing.svg import STYLE
from ..page.page import DRAWING
from ..terminal import counted
from ..web.html import Page
from .commands import command
from .drawing import drawing
from .frame import Section, assembled
from .markup import Html, details, facts, listing, paragraph, table, tag, words
from .matrix import confusions
from .model import SearchFacts
from .networks import clock, network_table, sentence
from .scatter import Level
from .tradeoff import course, importance, parallel, reached, tradeoff
from .trials import command_of, failures, label_of, spelled, trial_data, trial_table

SCRIPTS = (*DRAWING, "student.js", "report.js")
"""What draws a student has to be there when the one is chosen that the page's address names."""


def search_page(search: SearchFacts) -> Page:
    """A search as one page."""
    return assembled(
        f"{search.name}: a search",
        headline(search),
        list(_sections(search)),
        missing=search.missing,
        scripts=SCRIPTS,
        data={"report-data": trial_data(search), "drawable": _drawable(search)},
    )


def _drawable(search: SearchFacts) -> dict[str, Any] | None:
    known = search.drawable
    return None if known is None else {"spec": known.spec, "places": known.places}


def headline(search: SearchFacts) -> str:
    """What came of a search, in a sentence."""
    over = sum(trial.status in {"done", "stopped", "failed"} for trial in search.trials)
    state = (
        ""
        if search.status == "done"
        else f" The search is {_STATES[search.status]}: {over} of {search.wanted} students are over."
    )
    if search.best is None:
        return f"No student was trained to the end.{state}"
    best = search.trial(search.best)
    if search.winner:
        return f"Of {counted(over, 'student')} the best is #{best.id}: {sentence(search.winner)}.{state}"
    return f"Of {counted(over, 'student')} the best is {label_of(search, best)}.{state}"


_STATES = {"running": "not over", "interrupted": "interrupted", "done": "over"}


def _sections(search: SearchFacts) -> Iterator[Section]:
    yield Section.of("overview", "Overview", facts(_accounts(search)), facts(_settings(search)))
    if search.best is not None:
        yield Section.of("best", "The best student", *_best(search))
    if reached(search):
        yield Section.of("tradeoff", "What students reach and cost", tradeoff(search, _teacher(search)), _numbers())
        yield Section.of("params", "Params", parallel(search), importance(search), _numbers())
        yield Section.of("course", "How the search went", course(search), _numbers())
    if search.trials:
        yield Section.of("students", "Students", *_students(search))
    yield from _troubles(search)
    yield Section.of("picture", "Picture", drawing(search.program, _drawn(search)))
    yield Section.of("spec", "Specs", *_specs(search))
    yield Section.of("again", "The same again", *_again(search))


def _drawn(search: SearchFacts) -> str:
    return "the spec at its defaults" if search.best is None else f"the best student, #{search.best}, and its teacher"


def _numbers() -> Html:
    return paragraph("The numbers are in the ", tag("a", "table of students", href="#students"), ".", class_="faint")


def _teacher(search: SearchFacts) -> Level | None:
    return Level(search.teacher[1], f"teacher {search.teacher[0]}") if search.teacher else None


# Overview -------------------------------------------------------------------------------------------------------------


def _accounts(search: SearchFacts) -> Iterator[tuple[str, str]]:
    counts, ends = search.counts, [trial.status for trial in search.trials]
    yield "proposed", str(counts["proposed"])
    yield "refused: no student, or misses a requirement", str(counts["infeasible"])
    yield "refused: same student as another", str(counts["duplicate"])
    yield "trained to the end", str(ends.count("done"))
    yield "stopped early", str(ends.count("stopped"))
    yield "failed", str(ends.count("failed"))
    open_ = sum(status in {"running", "paused", "waiting"} for status in ends)
    yield "not over", str(open_) if open_ else ""
    yield "stages trained", str(counts["stages_trained"])
    yield "stages taken from earlier work or another student", str(counts["stages_reused"])
    yield "passes of the teacher over the data", f"{search.teacher_passes:.3g}"
    yield "time", clock(search.seconds) if search.seconds else ""


def _settings(search: SearchFacts) -> Iterator[tuple[str, str]]:
    yield "goals", ", ".join(search.goals)
    yield "varied", ", ".join(param.name for param in search.params)
    yield "held", ", ".join(f"{name} = {value}" for name, value in search.point.items())
    yield "sampler", search.sampler
    yield "scheduler", search.scheduler
    yield "seed", str(search.seed)
    yield "epochs at most", ", ".join(f"{name} {epochs}" for name, epochs in search.limits.items())
    yield "a trial had", ", ".join(f"{number:g} {name}" for name, number in search.resources.items())
    yield "versions", ", ".join(f"{name} {version}" for name, version in search.versions.items())


# Students -------------------------------------------------------------------------------------------------------------


def _best(search: SearchFacts) -> Iterator[Html]:
    assert search.best is not None
    best = search.trial(search.best)
    point = ", ".join(f"{name} = {value}" for name, value in best.point.items())
    reached_ = ", ".join(f"{name} {spelled(name, value)}" for name, value in best.metrics.items())
    known = [("student", f"#{best.id}"), ("params", point), ("on the validation split", reached_)]
    yield facts([*known, ("last stage", counted(best.epoch, "epoch"))])
    if search.winner:
        yield network_table(search.winner)
        shown = confusions(search.winner)
        yield details("confusions on the test split", *shown) if shown else Html()
        if search.is_finished_live:
            yield paragraph("Its last stage was trained once more with the teacher live.")
    else:
        yield paragraph("It was not measured on the test split.")


def _students(search: SearchFacts) -> Iterator[Html]:
    yield tag("div", id="filter")
    yield trial_table(search)
    close = tag("button", "×", type="button", id="close", aria_label="close")
    head = tag("div", tag("h2", id="panel-title"), close, class_="panel-head")
    style = Html(f"<style>:where(#graph){{{STYLE}}}</style>")
    inside = (head, tag("div", id="panel-body"), style, tag("div", id="graph", class_="wide"))
    yield tag("aside", *inside, id="panel", hidden=True, aria_labelledby="panel-title", tabindex=-1)


def _troubles(search: SearchFacts) -> Iterator[Section]:
    failed = list(failures(search))
    if failed:
        columns = words("student", "why it failed", "params", "seed")
        yield Section.of("failed", "Failed students", table(columns, failed))
    warnings = dict.fromkeys(message for trial in search.trials for message in trial.warnings)
    if warnings:
        told = [(message, sum(message in trial.warnings for trial in search.trials)) for message in warnings]
        lines = [tag("li", f"{counted(number, 'student')}: {message}") for message, number in told]
        yield Section.of("warnings", "Warnings", tag("ul", *lines))


# Going on -------------------------------------------------------------------------------------------------------------


def _specs(search: SearchFacts) -> Iterator[Html]:
    if search.best_spec:
        yield details("best.fit: the spec with the best student's values", listing(search.best_spec))
    if search.spec:
        yield details("the spec that was searched", listing(search.spec))


def _again(search: SearchFacts) -> Iterator[Html]:
    if search.best is not None:
        yield paragraph("The best student once more, stages taken from the store where they are known:")
        yield listing(command_of(search, search.best))
    if search.best_spec:
        yield paragraph("The same from the spec with its values:")
        yield listing(command(search.program, "train", search.folder / "best.fit", "--seed", search.seed))
    spec = search.folder / "spec.fit"
    if search.status != "done":
        yield paragraph("Go on with the search, from the spec that it was begun with:")
        yield listing(command(search.program, "search", spec, "--folder", search.folder, "--resume"))
    yield paragraph("A search like this one:")
    yield listing(command(search.program, "search", spec, "--seed", search.seed, "--trials", search.wanted))
    yield paragraph("Folder: ", tag("code", str(search.folder)))

"""The page of a run: what it is, how it was trained, what its networks reach, and how to get the same again."""

from __future__ import annotations

from collections.abc import Iterator

from ..web.html import Page
from .commands import command
from .drawing import drawing
from .frame import Section, assembled
from .markup import Html, Row, details, facts, joined, listing, paragraph, table, tag, words
from .matrix import confusions
from .model import RunFacts
from .networks import clock, network_table, sentence
from .stages import stage_view, state_of, time_table


def run_page(run: RunFacts) -> Page:
    """A run as one page."""
    return assembled(
        f"{run.name}: a run", headline(run), list(_sections(run)), missing=run.missing, scripts=("curves.js",)
    )


def headline(run: RunFacts) -> str:
    """What came of a run, in a sentence, or how far it is."""
    if run.networks:
        return f"{sentence(run.networks)}."
    over = [stage for stage in run.stages if stage.is_done]
    told = f"{len(over)} of {len(run.stages)} stages are finished"
    current = next((stage for stage in run.stages if not stage.is_done and stage.history), None)
    if current is not None:
        told += f"; {current.name} is {state_of(current)}"
    if run.is_done:
        return f"{told}, and no network was measured."
    return f"The run is not over: {told}." if run.is_done is not None else f"{told}."


def _sections(run: RunFacts) -> Iterator[Section]:
    if run.networks:
        yield Section.of("networks", "Networks", network_table(run.networks))
    if run.warnings:
        yield Section.of("warnings", "Warnings", tag("ul", *(tag("li", warning) for warning in run.warnings)))
    yield Section.of("picture", "Picture", drawing(run.program, "teachers, students, hints and stages"))
    if run.stages:
        yield Section.of("stages", "Stages", *map(stage_view, run.stages))
        yield Section.of("time", "Time", time_table(run.stages))
    if run.networks:
        uncounted = paragraph("No network's answers were counted class by class.")
        yield Section.of("confusions", "Confusions", *(confusions(run.networks) or [uncounted]))
    if run.spec:
        yield Section.of("spec", "Spec", details("the spec as it ran", listing(run.spec)))
    yield Section.of("again", "The same again", *_again(run))


def _again(run: RunFacts) -> Iterator[Html]:
    spec = run.folder / "spec.fit"
    words_ = ["train", spec, "--seed", run.seed or 0]
    words_ += ["--epochs", run.epochs] if run.epochs is not None else []
    yield paragraph("The same numbers on the same kind of machine, stages taken from the store where they are known:")
    yield listing(command(run.program, *words_))
    yield paragraph("Everything anew:")
    yield listing(command(run.program, *words_, "--no-reuse"))
    if run.is_done is False:
        yield paragraph("Go on where it stopped:")
        yield listing(command(run.program, "train", spec, "--run", run.folder, "--resume"))
    if run.limits:
        cut = ", ".join(f"{name} {epochs}" for name, epochs in run.limits.items())
        yield paragraph(
            f"As a trial of a search it had at most so many epochs: {cut}; ",
            "only ",
            tag("code", "--point"),
            " sets that.",
        )
    yield facts(_surroundings(run))
    yield details("keys of the stages", _keys(run))


def _surroundings(run: RunFacts) -> Iterator[tuple[str, str]]:
    yield "params", ", ".join(f"{name} = {value}" for name, value in run.point.items())
    yield "seed", "" if run.seed is None else str(run.seed)
    yield "device", run.device
    yield "versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())
    yield "trained in", clock(sum(stage.seconds for stage in run.stages)) if run.stages else ""
    yield "folder", tag("code", str(run.folder))


def _keys(run: RunFacts) -> Html:
    told = "A key is the hash of everything that a stage's result depends on; equal keys, equal results."
    rows = [Row((stage.name, tag("code", stage.key))) for stage in run.stages if stage.key]
    return joined([paragraph(told), table(words("stage", "key"), rows)])

"""The charts of a search: what students reach and cost, which values they have, and how the search went on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite

from .histories import History, history_chart
from .importance import FEWEST, Importance, importances
from .markup import Html, Row, joined, numbers, paragraph, table, tag, words
from .model import ParamFacts, SearchFacts, TrialFacts
from .parallel import Axis, Strand, parallel_chart
from .scales import Linear, Log, Ordinal, Scale, brief, epochs, percents, short
from .scatter import RADIUS, Level, ScatterChart, Spot, core, scatter_chart, steps
from .trials import label_of, look_of, spelled

SHARES = frozenset({"accuracy", "error"})
MOST_NAMES = 40
"""An axis of values that are only told apart names no more of them."""


def reached(
    search: SearchFacts, *, among: Sequence[str] = ("done", "stopped", "running", "paused")
) -> list[TrialFacts]:
    """The trials that have reached something of the metric that decides."""
    return [trial for trial in search.trials if trial.status in among and search.metric in trial.metrics]


def value_of(search: SearchFacts, trial: TrialFacts) -> float:
    """What a trial has reached of the metric that decides."""
    return trial.metrics[search.metric]


def value_scale(search: SearchFacts, values: Sequence[float]) -> Scale:
    """A scale of that metric on which values far off the others are left out."""
    kept = core(values, is_large_good=search.is_large_good)
    if search.metric in SHARES:
        return percents(kept, most=5)
    return Linear.over(kept, most=5)


# What they cost -------------------------------------------------------------------------------------------------------


def tradeoff(search: SearchFacts, teacher: Level | None) -> Html:
    """The metric that decides over weights, and over multiply-accumulates."""
    kinds: tuple[tuple[str, Callable[[TrialFacts], int]], ...] = (
        ("weights", lambda trial: trial.weights),
        ("MACs", lambda trial: trial.macs),
    )
    charts = [_over(search, name, read, teacher) for name, read in kinds]
    return joined([tag("div", *charts, class_="charts large"), _key()])


def _over(search: SearchFacts, name: str, cost: Callable[[TrialFacts], int], teacher: Level | None) -> Html:
    known = [trial for trial in reached(search) if cost(trial) > 0]
    ended = [trial for trial in known if trial.status in {"done", "stopped"}]
    values = [value_of(search, trial) for trial in known]
    line = steps([(cost(t), value_of(search, t)) for t in ended], is_large_good=search.is_large_good)
    shown = ScatterChart(
        f"val {search.metric} over {name}",
        f"line: no other student has fewer {name} and a better {search.metric}",
        name,
        Log.over([cost(trial) for trial in known], brief),
        value_scale(search, [*values, teacher.y] if teacher else values),
        tuple(
            Spot(t.id, cost(t), value_of(search, t), look_of(search, t), label_of(search, t))
            for t in by_value(search, known)
        ),
        line,
        teacher,
    )
    return scatter_chart(shown)


def by_value(search: SearchFacts, trials: Sequence[TrialFacts]) -> list[TrialFacts]:
    """Trials from the worst to the best, the best of all last, so that it lies on top."""
    sign = 1 if search.is_large_good else -1
    return sorted(trials, key=lambda trial: (trial.id == search.best, sign * value_of(search, trial), trial.id))


def _key() -> Html:
    looks = {"done": "trained to the end", "stopped": "stopped early", "done front": "on the search's front"}
    looks |= {"done best": "the best", "picked": "chosen"}
    dots = [
        tag(
            "span",
            tag(
                "svg",
                tag("g", tag("circle", cx=7, cy=7, r=RADIUS), class_=look),
                viewBox="0 0 14 14",
                class_="dot chart",
                aria_hidden="true",
            ),
            word,
        )
        for look, word in looks.items()
    ]
    far = "A triangle at an edge is a student far off the others."
    return paragraph(*dots, tag("span", far), class_="keys faint")


# What they are --------------------------------------------------------------------------------------------------------


def parallel(search: SearchFacts) -> Html:
    """Every student by its params and what it has reached."""
    known = reached(search)
    failed = [trial for trial in search.trials if trial.status == "failed"]
    values = [value_of(search, trial) for trial in known]
    axes = [
        *(_axis(param, [*known, *failed]) for param in search.params),
        Axis("weights", Log.over([t.weights for t in known if t.weights], brief), {t.id: t.weights for t in known}),
        Axis(f"val {search.metric}", value_scale(search, values), {t.id: value_of(search, t) for t in known}),
    ]
    ranked = by_value(search, known)
    strands = [Strand(t.id, "failed", label_of(search, t)) for t in failed]
    strands += [
        Strand(t.id, f"{look_of(search, t)} rank{place * 5 // len(ranked)}", label_of(search, t))
        for place, t in enumerate(ranked)
    ]
    return parallel_chart(axes, strands)


def _axis(param: ParamFacts, trials: Sequence[TrialFacts]) -> Axis:
    places = places_of(param, trials)
    if param.kind == "choices":
        return Axis(param.name, Ordinal(names_of(param, trials)), places)
    spread = list(places.values())
    scale = Log.over(spread, short) if param.kind == "log" else Linear.over(spread, short)
    return Axis(param.name, scale, places)


def names_of(param: ParamFacts, trials: Sequence[TrialFacts]) -> tuple[str, ...]:
    """The values of a param that are only told apart: all, or those that occur where these are too many."""
    found = {trial.point[param.name] for trial in trials if param.name in trial.point}
    if param.values and len(param.values) <= MOST_NAMES:
        return (*param.values, *sorted(found - {*param.values}))
    return tuple(sorted(found, key=_natural))


def _natural(text: str) -> tuple[bool, float, str]:
    number = _number(text)
    return number is None, number or 0.0, text


def places_of(param: ParamFacts, trials: Sequence[TrialFacts]) -> dict[int, float]:
    """Each trial's value as a number: itself, or its place among those that are only told apart."""
    if param.kind == "choices":
        order = {name: float(place) for place, name in enumerate(names_of(param, trials))}
        return {trial.id: order[trial.point[param.name]] for trial in trials if param.name in trial.point}
    read = {trial.id: _number(trial.point.get(param.name, "")) for trial in trials}
    return {id: value for id, value in read.items() if value is not None and (value > 0 or param.kind != "log")}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


# Which params matter --------------------------------------------------------------------------------------------------


def importance(search: SearchFacts) -> Html:
    """How much of the variance of what students reach each param explains."""
    epoch, scores = comparable(search)
    trials = [trial for trial in search.trials if trial.id in scores]
    if len(trials) < FEWEST:
        return paragraph(f"Which params matter cannot be told from {len(trials)} students; it takes {FEWEST}.")
    values = {param.name: places_of(param, trials) for param in search.params}
    whole = {name: [found[t.id] for t in trials] for name, found in values.items() if len(found) == len(trials)}
    rows = [_importance_row(found) for found in importances(whole, [scores[trial.id] for trial in trials])]
    after = f"after {epoch} epochs of the last stage, which all of them have had" if epoch else "at their end"
    about = (
        f"Share of the variance of val {search.metric} that a param explains by itself (epsilon squared of a one-way "
        f"analysis of variance), among {len(trials)} students {after}. What params do together is in nobody's share; "
        "a param without any effect stays below the mark of chance 95 times of 100."
    )
    return joined(
        [paragraph(about), table([*words("param"), *numbers("share", "by chance", "groups"), *words("remark")], rows)]
    )


def _importance_row(found: Importance) -> Row:
    bar = tag("span", class_="amount", style=f"--share:{min(found.share, 1):.3f}")
    told = "" if found.share > found.chance else "may be chance"
    return Row((found.name, joined([bar, f" {found.share:.0%}"]), f"{found.chance:.0%}", str(found.groups), told))


def comparable(search: SearchFacts) -> tuple[int, Mapping[int, float]]:
    """The scores of students after as many epochs as all of them have had, and how many these are; 0 for none."""
    ended = [trial for trial in search.trials if trial.status in {"done", "stopped"} and trial.history]
    if not ended:
        done = reached(search, among=("done",))
        return 0, {trial.id: value_of(search, trial) for trial in done}
    epoch = min(trial.history[-1][0] for trial in ended)
    reached_ = ((trial.id, [score for at, score in trial.history if at <= epoch]) for trial in ended)
    return epoch, {id: scores[-1] for id, scores in reached_ if scores}


# How it went ----------------------------------------------------------------------------------------------------------


def course(search: SearchFacts) -> Html:
    """The best so far by number of student, and the scores of all over their epochs."""
    charts = [_so_far(search), *_histories(search)]
    return joined([tag("div", *charts, class_="charts large"), *_ends(search)])


def _so_far(search: SearchFacts) -> Html:
    ended = [trial for trial in reached(search) if trial.status in {"done", "stopped"}]
    spots = [Spot(t.id, t.id, value_of(search, t), look_of(search, t), label_of(search, t)) for t in ended]
    scale = value_scale(search, [spot.y for spot in spots])
    shown = ScatterChart(
        "best so far",
        "students in the order in which they were proposed",
        "student",
        epochs([0, *(spot.x for spot in spots)], most=8),
        scale,
        tuple(spots),
        _to_the_end(steps([(spot.x, spot.y) for spot in spots], is_large_good=search.is_large_good), spots),
    )
    return scatter_chart(shown)


def _to_the_end(line: tuple[tuple[float, float], ...], spots: Sequence[Spot]) -> tuple[tuple[float, float], ...]:
    return (*line, (max(spot.x for spot in spots), line[-1][1])) if line else line


def _histories(search: SearchFacts) -> Iterator[Html]:
    known = [trial for trial in search.trials if trial.history]
    if known:
        ordered = sorted(known, key=lambda trial: (trial.id == search.best, len(trial.history)))
        histories = [History(t.id, look_of(search, t), label_of(search, t), t.history) for t in ordered]
        values = [score for trial in known for _, score in trial.history]
        about = "over the epochs of the last stage; a line ends where its student was stopped"
        yield history_chart(f"val {search.metric}", about, value_scale(search, values), histories)


def _ends(search: SearchFacts) -> Iterator[Html]:
    """How many students were stopped after how many epochs."""
    ends = [(trial.epoch, trial.status) for trial in search.trials if trial.status in {"done", "stopped"}]
    if not any(status == "stopped" for _, status in ends):
        return
    rows = []
    for epoch, status in sorted(set(ends)):
        ids = [trial.id for trial in search.trials if (trial.epoch, trial.status) == (epoch, status)]
        best = _best_of(search, ids)
        rows.append(Row((str(epoch), "stopped" if status == "stopped" else "to the end", str(len(ids)), best)))
    heads = [*numbers("epochs"), *words("what became of them"), *numbers("students", f"best val {search.metric}")]
    yield table(heads, rows, "where students were stopped")


def _best_of(search: SearchFacts, ids: Sequence[int]) -> str:
    known = [trial for trial in reached(search) if trial.id in ids]
    return spelled(search.metric, value_of(search, by_value(search, known)[-1])) if known else ""

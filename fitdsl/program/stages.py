"""Stages: what each one trains, what it runs for that, and in which order they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Severity, did_you_mean
from ..graph.model import Network
from ..losses.base import Loss, Reads
from ..losses.feature import HintLoss
from ..losses.objective import Term, as_objective
from ..semantics.arguments import Given, Site, bind
from ..semantics.names import ROLES
from ..semantics.scope import UNKNOWN, Scope
from ..source import Span
from ..syntax import nodes
from ..values import NetworkRef, Selection
from .declarations import Declarations, setting_span
from .layerchecks import LAYER_CHECKS
from .model import Hint, StagePlan, StageSettings, StageTerm, steps_per_epoch
from .places import Places
from .stagechecks import CHECKS, StageInContext
from .updatechecks import UPDATE_CHECKS


def in_order(stages: Mapping[str, nodes.Stage], declarations: Declarations) -> list[nodes.Stage]:
    """The stages, each after those it names; unknown names and circles are reported and left out."""
    reporter = declarations.reporter
    for stage in stages.values():
        for after in stage.after:
            if after.text not in stages and after.text not in declarations.lost:
                reporter.error(
                    "FIT4004", after.span, f"there is no stage `{after}`", helps=did_you_mean(after.text, stages)
                )
    waiting = {name: {after.text for after in stage.after} & stages.keys() for name, stage in stages.items()}
    ordered: list[nodes.Stage] = []
    while ready := next((name for name, before in waiting.items() if not before & waiting.keys()), None):
        ordered.append(stages[ready])
        del waiting[ready]
    if waiting:
        circle = " -> ".join(_circle(waiting))
        first = stages[next(iter(waiting))]
        reporter.error(
            "FIT4003", first.name.span, f"these stages wait for each other: {circle}", helps=("take one `after` away",)
        )
    return ordered


@dataclass(frozen=True)
class Plans:
    """The stages of a spec, by name and in order.

    Attributes:
        run: Those that have epochs.
        left_out: Those that have none; `run` starts from what they would have started from.
    """

    run: Mapping[str, StagePlan]
    left_out: Mapping[str, StagePlan]

    @property
    def hints(self) -> frozenset[str]:
        """The hints that any loss names, whether or not it counts."""
        losses = (
            term.loss for plan in (*self.run.values(), *self.left_out.values()) for term in plan.settings.loss.terms
        )
        return frozenset(loss.hint.name for loss in losses if isinstance(loss, HintLoss))


def _present(stage: nodes.Stage, left_out: Mapping[str, StagePlan]) -> tuple[str, ...]:
    """The stages it starts from; in place of one that is left out, those which that one would have started from."""
    stood_for = {name: plan.after for name, plan in left_out.items()}
    names = (present for after in stage.after for present in stood_for.get(after.text, (after.text,)))
    return tuple(dict.fromkeys(names))


def _circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """Names that lead back to the first, where every stage waits for another."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(min(waiting[path[-1]] & waiting.keys()))
    return path[path.index(path[-1]) :]


@dataclass(frozen=True, eq=False)
class Stages:
    """Plans stages; reports those that train nothing, read what nothing gives, or wait for what never comes.

    Attributes:
        networks, hints: All that are sound, by name.
    """

    declarations: Declarations
    places: Places
    networks: Mapping[str, Network]
    hints: Mapping[str, Hint]

    def plan_all(self, stages: Iterable[nodes.Stage]) -> Plans:
        """The plans of stages in order; one that is wrong is reported and left away."""
        stages = list(stages)
        waited_for = {after.text for stage in stages for after in stage.after}
        plans: dict[str, StagePlan] = {}
        left_out: dict[str, StagePlan] = {}
        doubtful: set[str] = set()
        for stage in stages:
            name, after = stage.name.text, _present(stage, left_out)
            is_certain = all(one in plans and one not in doubtful for one in after)
            plan = self._plan(stage, after, plans, is_certain)
            if plan is not None and plan.settings.epochs == 0 and name not in waited_for:
                message = f"stage `{name}` trains nothing: its `epochs` are 0, and no stage comes after it"
                self._refuse("FIT4001", setting_span(stage, "epochs"), message, "give it at least one epoch")
                plan = None
            if plan is None or not is_certain:
                doubtful.add(name)
            if plan is not None:
                (plans if plan.settings.epochs else left_out)[name] = plan
        return Plans(plans, left_out)

    def look_at(self, stages: Iterable[nodes.Stage]) -> None:
        """Report the settings of stages that have no place in the order."""
        for stage in stages:
            self._settings(stage)

    def _plan(
        self, stage: nodes.Stage, after: Iterable[str], before: Mapping[str, StagePlan], is_certain: bool
    ) -> StagePlan | None:
        settings = self._settings(stage)
        if settings is None:
            return None
        terms = self._terms(stage, settings)
        if terms is None:
            return None
        taps = self._taps(terms)
        runs = {name: self.networks[name].graph.ancestors(taps[name]) for name in sorted(taps)}
        data = self._data(stage, runs)
        if data is None:
            return None
        trains = self._trains(settings.train, runs)
        plan = StagePlan(
            name=stage.name.text,
            after=tuple(one for one in after if one in before),
            data=data,
            settings=settings,
            terms=terms,
            taps=taps,
            runs=runs,
            trains=trains,
            frozen={},
            hints=tuple(dict.fromkeys(term.hint for term in terms if term.hint is not None)),
            span=stage.name.span,
        )
        plan = replace(plan, frozen={name: self._frozen(name, plan) for name in runs})
        self._check(stage, plan, before, is_certain)
        return plan

    def _check(self, stage: nodes.Stage, plan: StagePlan, before: Mapping[str, StagePlan], is_certain: bool) -> None:
        data = self.declarations.data(plan.data)
        if data is None:
            return
        # of a stage that is left out only that counts which would be wrong with any number of epochs
        is_run = plan.settings.epochs > 0
        at = StageInContext(
            stage=stage,
            plan=plan if is_run else replace(plan, settings=plan.settings.model_copy(update={"epochs": 1})),
            before=dict(before),
            networks=self.networks,
            hints=self.hints,
            is_certain=is_certain,
            data=data,
            steps=steps_per_epoch(data, plan.settings),
            values=frozenset(self.declarations.names(nodes.Let, nodes.Param)),
        )
        for check in (*CHECKS, *UPDATE_CHECKS, *LAYER_CHECKS):
            for finding in check(at):
                if is_run or finding.severity is Severity.ERROR:
                    self.declarations.reporter.add(finding)

    def _settings(self, stage: nodes.Stage) -> StageSettings | None:
        site = Site(stage.name.span, stage.name.text, "setting")
        given = [self._converted(setting) for setting in stage.settings]
        settings = bind(StageSettings, given, site, self.declarations.reporter)
        return settings if isinstance(settings, StageSettings) else None

    def _converted(self, setting: nodes.Setting) -> Given:
        name, expr = setting.name.text, setting.value
        match name:
            case "train":
                value = self._selections(expr)
            case "rates" | "max_norm" | "decay" if isinstance(expr, nodes.Dict):
                value = self._by_selection(expr)
            case _:
                value = self.declarations.setting_value(expr)
        if name == "loss" and value is not UNKNOWN:
            value = as_objective(value) or value
        return Given(name, value, expr.span, setting.name.span)

    def _value(self, expr: nodes.Expr) -> Any:
        return self.declarations.evaluator.value(expr, Scope())

    def _selections(self, expr: nodes.Expr) -> Any:
        items = expr.items if isinstance(expr, nodes.List) else (expr,)
        if not items:
            help = "name what learns, such as `student`"
            self._refuse("FIT4001", expr.span, "this stage trains nothing: the list is empty", help)
            return UNKNOWN
        selections = tuple(self.places.selection(self._value(item), item.span) for item in items)
        return UNKNOWN if None in selections else selections

    def _by_selection(self, expr: nodes.Dict) -> Any:
        values = {self.places.selection(self._value(e.key), e.key.span): self._value(e.value) for e in expr.entries}
        return UNKNOWN if None in values or UNKNOWN in values.values() else values

    def _terms(self, stage: nodes.Stage, settings: StageSettings) -> tuple[StageTerm, ...] | None:
        trained = list(dict.fromkeys(selection.network for selection in settings.train))
        terms = [self._term(term, trained, span) for term, span in _written(stage, settings.loss.terms)]
        found = [term for term in terms if term is not None]
        counting = [term for term in found if not term.term.weight.is_zero] or found
        return tuple(_numbered(counting)) if len(found) == len(terms) else None

    def _term(self, term: Term, trained: list[str], span: Span) -> StageTerm | None:
        loss = term.loss
        if isinstance(loss, HintLoss):
            hint = self.hints.get(loss.hint.name)
            return (
                None
                if hint is None
                else StageTerm(f"hint({hint.name})", term, hint.student, (hint.teacher,), hint.name)
            )
        if Reads.GUIDED in loss.reads:
            self._refuse(
                "FIT4014",
                span,
                f"`{loss.word}` compares a hint with a guided layer",
                f"write `loss = {loss.word}()` in a hint, and `hint(NAME)` here",
            )
            return None
        student = loss.taught.name if loss.taught else self._only(loss, trained, span)
        teachers = self._teachers(loss, student, span) if student else None
        if student is None or teachers is None or not {student, *teachers} <= self.networks.keys():
            return None
        return StageTerm(loss.word, term, student, teachers, shares=tuple(loss.learned_from.values()))

    def _teachers(self, loss: Loss, student: str, span: Span) -> tuple[str, ...] | None:
        if Reads.TEACHER_LOGITS not in loss.reads:
            return ()
        if loss.learned_from:
            return self._named(loss, student, span)
        if teachers := tuple(name for name in self.declarations.of_role("teacher") if name != student):
            return teachers
        if "teacher" in self.declarations.lost:
            return None
        help = "declare one: `teacher big(image: …) { … }`"
        if peer := next((name for name in self.declarations.of_role("student") if name != student), None):
            help += f"; or name a student that teaches: `{loss.word}(teacher={peer})`"
        self._refuse("FIT4005", span, f"`{loss.word}` needs a teacher, this spec has none", help)
        return None

    def _named(self, loss: Loss, student: str, span: Span) -> tuple[str, ...] | None:
        """The teachers that a loss names; None if one is no network or the student itself, which is reported."""
        values = {name: self.declarations.lookup(nodes.Name(name, span=span)) for name in loss.learned_from}
        wrong = [name for name, value in values.items() if not isinstance(value, NetworkRef)]
        found = tuple(value.name for value in values.values() if isinstance(value, NetworkRef))
        message = f"`teacher` of `{loss.word}` is `{student}`, which it teaches"
        helps: tuple[str, ...] = ("name another network",)
        if wrong:
            message = f"`teacher` of `{loss.word}` names `{wrong[0]}`, which is no network"
            helps = did_you_mean(wrong[0], self.networks)
        # what a role's name means where there is no such network, or are several, is reported already
        if student in found or set(wrong).difference(ROLES):
            self.declarations.reporter.error("FIT1007", span, message, helps=helps)
        return None if wrong or student in found else found

    def _only(self, loss: Loss, trained: list[str], span: Span) -> str | None:
        if len(trained) == 1:
            return trained[0]
        names = " and ".join(f"`{name}`" for name in trained)
        self._refuse(
            "FIT4010", span, f"`{loss.word}` could teach {names}", f"say which: `{loss.word}(student={trained[0]})`"
        )
        return None

    def _refuse(self, code: str, span: Span, message: str, help: str) -> None:
        self.declarations.reporter.error(code, span, message, helps=(help,))

    def _taps(self, terms: Iterable[StageTerm]) -> Mapping[str, tuple[str, ...]]:
        taps: dict[str, dict[str, None]] = {}
        for term in terms:
            for network, address in self._read(term):
                taps.setdefault(network, {})[address] = None
        return {network: tuple(addresses) for network, addresses in taps.items()}

    def _read(self, term: StageTerm) -> Iterator[tuple[str, str]]:
        if term.hint is not None:
            hint = self.hints[term.hint]
            yield from ((hint.student, address) for address in hint.guided)
            yield from ((hint.teacher, address) for address in hint.hint)
        else:
            yield from ((name, self.networks[name].graph.output) for name in (term.student, *term.teachers))

    def _trains(self, train: Iterable[Selection], runs: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for selection in train:
            layers = self.networks[selection.network].graph.layers
            learning = {a for a in selection.layers & runs.get(selection.network, frozenset()) if layers[a].cost.params}
            found[selection.network] = found.get(selection.network, frozenset()) | learning
        return {network: layers for network, layers in found.items() if layers}

    def _frozen(self, network: str, plan: StagePlan) -> frozenset[str]:
        """What runs without learning: layers with weights that stay, and all that nothing which learns can reach."""
        graph, learning = self.networks[network].graph, plan.learning(network)
        moving = graph.descendants(learning)
        return frozenset(a for a in plan.runs[network] - learning if a not in moving or graph.layers[a].cost.params)

    def _data(self, stage: nodes.Stage, runs: Iterable[str]) -> str | None:
        names = {data for network in runs for data in self.networks[network].data.values()}
        known = sorted(name for name in names if name is not None)
        if len(known) == 1 and None not in names:
            return known[0]
        if None in names:
            bare = next(network for network in runs if None in self.networks[network].data.values())
            message = f"stage `{stage.name}` runs `{bare}`, which reads no data"
            data = next(iter(self.declarations.names(nodes.Data)), None)
            help = (
                f"write `{data}.input` for the shape of its input" if data else "declare a `data` block for its input"
            )
        else:
            message = f"the networks of stage `{stage.name}` read different data: {', '.join(known)}"
            help = "teacher and student of a stage read the same data"
        self._refuse("FIT4011", stage.name.span, message, help)
        return None


def _written(stage: nodes.Stage, terms: Iterable[Term]) -> Iterator[tuple[Term, Span]]:
    """Terms with the calls that they come from."""
    seen: Counter[str] = Counter()
    for term in terms:
        yield term, setting_span(stage, "loss", term.loss.word, before=seen[term.loss.word])
        seen[term.loss.word] += 1


def _numbered(terms: Iterable[StageTerm]) -> Iterator[StageTerm]:
    """The same terms with names of their own: a second `kd` is `kd#2`."""
    seen: dict[str, int] = {}
    for term in terms:
        seen[term.name] = seen.get(term.name, 0) + 1
        yield term if seen[term.name] == 1 else replace(term, name=f"{term.name}#{seen[term.name]}")

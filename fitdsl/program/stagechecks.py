"""What must hold of a stage before it runs.

Each check is a function that yields what it found; `CHECKS` lists them, so adding one is adding a function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from ..data.base import DataSettings
from ..dataclass import dataclass
from ..diagnostics import Diagnostic, Label, Severity, diagnostic
from ..graph.model import Network, full_address
from ..losses.base import Reads
from ..optim.schedules import Schedule
from ..source import Span
from ..syntax import nodes
from ..syntax.walk import free, walk
from ..values import Metric, TensorType
from .declarations import setting_span
from .model import Hint, StagePlan, StageTerm


@dataclass(frozen=True, eq=False)
class StageInContext:
    """A planned stage, how it was written, and what it stands among.

    Attributes:
        before: The plans of the stages that come before it in order, whether or not it comes after them.
        is_certain: Whether all stages it starts from are sound; if not, what they leave is not known.
        data: What it trains on.
        steps: How many batches an epoch has; None where this is known only when the data are opened.
        values: Names of what can make a weight: lets and params.
    """

    stage: nodes.Stage
    plan: StagePlan
    before: Mapping[str, StagePlan]
    networks: Mapping[str, Network]
    hints: Mapping[str, Hint]
    is_certain: bool
    data: DataSettings
    steps: int | None
    values: frozenset[str]

    def span(self, setting: str, callee: str = "") -> Span:
        """Where a setting's value stands, or in it the first call of `callee`; the stage's name if it is left out."""
        return setting_span(self.stage, setting, callee)

    def ancestors(self) -> Iterator[StagePlan]:
        """The stages it starts from, directly or not."""
        pending = list(self.plan.after)
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in self.before and name not in seen:
                seen.add(name)
                pending.extend(self.before[name].after)
                yield self.before[name]


def finding(
    code: str,
    span: Span,
    message: str,
    help: str | None = None,
    *,
    severity: Severity = Severity.ERROR,
    labels: tuple[Label, ...] = (),
) -> Diagnostic:
    return diagnostic(code, severity, span, message, labels=labels, helps=(help,) if help else ())


def trains_something(at: StageInContext) -> Iterator[Diagnostic]:
    """At least one weight that is to be trained can be reached from the loss, or a regressor is trained."""
    for selection in at.plan.settings.train:
        network = at.networks[selection.network]
        layers = network.graph.layers
        if network.source is not None:
            message = f"`{selection.network}` comes from outside and stays as it is"
            help = "train a network whose layers are written in a spec"
        elif not any(layers[address].cost.params for address in selection.layers):
            message, help = f"`{selection}` has no weights to train", "select layers that have some"
        elif not at.plan.trains.get(selection.network, frozenset()) & selection.layers:
            message = f"nothing of `{selection}` is trained: the loss does not depend on it"
            help = "train the layers that the loss reads, or add a loss that reads these"
        else:
            continue
        yield finding("FIT4001", at.span("train"), message, help)


def reaches_what_it_trains(at: StageInContext) -> Iterator[Diagnostic]:
    """Every layer that is to be trained is reached; those above a guided layer are not."""
    for selection in at.plan.settings.train:
        layers = at.networks[selection.network].graph.layers
        learned = at.plan.trains.get(selection.network, frozenset())
        left = [a for a in layers if a in selection.layers and layers[a].cost.params and a not in learned]
        if left and learned & selection.layers:
            hint = next((name for name in at.plan.hints if at.hints[name].student == selection.network), None)
            first = full_address(selection.network, left[0])
            help = f"train what the hint reaches: `{selection.network}[..{hint}]`" if hint else None
            yield finding(
                "FIT4007",
                at.span("train"),
                f"the loss does not reach {len(left)} of the layers to train, first `{first}`",
                help,
                severity=Severity.WARNING,
            )


def reads_trained_teachers(at: StageInContext) -> Iterator[Diagnostic]:
    """A network that teaches has weights: from a file, or from a stage before."""
    learning = {selection.network for selection in at.plan.settings.train}
    for name in sorted(at.plan.runs.keys() - learning) if at.is_certain else ():
        if at.networks[name].is_trained:
            continue
        if any(name in stage.trains for stage in at.ancestors()):
            continue
        teaching = next((s.name for s in at.before.values() if name in s.trains), None)
        help = (
            f"put it after the stage that trains it: `stage {at.plan.name} after {teaching}`"
            if teaching
            else (f'train `{name}` in a stage before this one, or give it weights: `}} from "weights.safetensors"`')
        )
        yield finding(
            "FIT4005",
            at.span("loss"),
            f"stage `{at.plan.name}` learns from `{name}`, which nothing trained",
            help,
            labels=(Label(at.networks[name].span, "has no weights of its own"),),
        )


def trains_alone(at: StageInContext) -> Iterator[Diagnostic]:
    """No other stage trains the same network at the same time."""
    earlier = {stage.name for stage in at.ancestors()}
    for name, stage in at.before.items():
        shared = stage.trains.keys() & at.plan.trains.keys()
        if name not in earlier and shared and at.is_certain:
            yield finding(
                "FIT4008",
                at.stage.name.span,
                f"stages `{name}` and `{at.plan.name}` both train `{min(shared)}`, and neither comes after the other",
                f"say which is first: `stage {at.plan.name} after {name}`",
            )


def schedules_apply(at: StageInContext) -> Iterator[Diagnostic]:
    """A schedule has an effect within the stage's epochs."""
    settings = at.plan.settings
    schedules = [("schedule", settings.schedule)] if settings.schedule else []
    for term in settings.loss.terms:
        fields = dict(term.loss).values()
        schedules += [("loss", s) for s in (term.weight.schedule, *fields) if isinstance(s, Schedule)]
    for setting, schedule in schedules:
        if reason := schedule.never_applies(settings.epochs):
            message = f"`{schedule.word}` has no effect, or only in part: {reason}"
            help = f"keep it within epochs 1 to {settings.epochs}, or raise `epochs`"
            yield finding("FIT4006", at.span(setting, schedule.word), message, help, severity=Severity.WARNING)


def losses_count(at: StageInContext) -> Iterator[Diagnostic]:
    """Every loss has a weight above 0 at some time; below 0 it would be made large, not small."""
    seen: Counter[str] = Counter()
    terms = at.plan.settings.loss.terms
    if all(term.weight.is_zero for term in terms):
        message = f"stage `{at.plan.name}` trains nothing: the weight of all its losses is 0"
        yield finding("FIT4015", at.span("loss"), message, "give one a weight above 0")
        return
    for term in terms:
        word = term.loss.word
        span = setting_span(at.stage, "loss", word, before=seen[word])
        seen[word] += 1
        low, high = term.weight.extremes()
        if low < 0 and high <= 0:
            message = f"the weight of `{word}` is {_between(low, high)}: the stage would make this loss large"
            yield finding("FIT4015", span, message, "a weight is a number above 0; take the sign away")
        elif term.weight.is_zero and not at.values & _read_by_factors(at.stage, span):
            message = f"the weight of `{word}` is 0, so this loss has no say"
            help = "give it a weight above 0, or take it away"
            yield finding("FIT4015", span, message, help, severity=Severity.WARNING)


def _read_by_factors(stage: nodes.Stage, call: Span) -> frozenset[str]:
    """The names in what a call in the stage's loss is multiplied by."""
    losses = [setting.value for setting in stage.settings if setting.name.text == "loss"]
    products = [n for loss in losses for n in walk(loss) if isinstance(n, nodes.Binary) and n.op == "*"]
    sides = [(one, other) for p in products for one, other in ((p.left, p.right), (p.right, p.left))]
    factors = [one for one, other in sides if any(node.span == call for node in walk(other))]
    return frozenset(name for factor in factors for name in free(factor))


def _between(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"between {low:g} and {high:g}"


def measures_its_metrics(at: StageInContext) -> Iterator[Diagnostic]:
    """What `stop` and `keep` look at is measured."""
    for setting, chooser in (("stop", at.plan.settings.stop), ("keep", at.plan.settings.keep)):
        wrong = (
            None
            if chooser is None
            else unmeasured(chooser.metric, at.plan, has_validation=at.data.split.get("val", 0) > 0)
        )
        if wrong is not None:
            yield finding("FIT4009", at.span(setting), *wrong)


def unmeasured(metric: Metric, plan: StagePlan, *, has_validation: bool) -> tuple[str, str] | None:
    """Why a stage does not measure a metric of the validation split, and what helps; None if it does."""
    if not has_validation:
        return f"`{metric}` is not measured: no examples are kept for it", "give the data's `split` a part `val`"
    if metric.name != "loss" and not any(Reads.LOGITS in term.term.loss.reads for term in plan.terms):
        message = f"`{metric}` is not measured: stage `{plan.name}` does not run the student's output"
        return message, "look at `val.loss`"
    return None


def logits_fit(at: StageInContext) -> Iterator[Diagnostic]:
    """Outputs that are compared with labels have one number a class, and a student's output is like its teacher's."""
    for term in at.plan.terms:
        for name in _compared(term, Reads.TARGETS, term.student):
            type = _output(at, name)
            if type != TensorType((at.data.classes,)):
                yield finding(
                    "FIT4013",
                    at.span("loss", term.term.loss.word),
                    f"`{term.name}` needs {at.data.classes} numbers, one a class; `{name}` gives {type}",
                    f"end `{name}` in `Linear({at.data.classes})`",
                )
        for name in _compared(term, Reads.TEACHER_LOGITS, *term.teachers):
            if _output(at, name) != _output(at, term.student) and not _misfits_labels(at, name):
                yield finding(
                    "FIT4013",
                    at.span("loss", term.term.loss.word),
                    f"`{term.name}` compares outputs of one shape; `{term.student}` gives "
                    f"{_output(at, term.student)}, `{name}` gives {_output(at, name)}",
                    "end both networks in layers of one size",
                )


def _compared(term: StageTerm, reads: Reads, *names: str) -> tuple[str, ...]:
    return names if reads in term.term.loss.reads else ()


def _misfits_labels(at: StageInContext, network: str) -> bool:
    """Whether a stage compares this network with labels it does not fit, which is reported there."""
    terms = (term for plan in (*at.before.values(), at.plan) for term in plan.terms)
    is_compared = any(Reads.TARGETS in term.term.loss.reads and term.student == network for term in terms)
    return is_compared and _output(at, network) != TensorType((at.data.classes,))


def _output(at: StageInContext, network: str) -> TensorType:
    graph = at.networks[network].graph
    return graph.type_of(graph.output)


CHECKS: tuple[Callable[[StageInContext], Iterator[Diagnostic]], ...] = (
    trains_something,
    reaches_what_it_trains,
    reads_trained_teachers,
    trains_alone,
    schedules_apply,
    losses_count,
    measures_its_metrics,
    logits_fit,
)

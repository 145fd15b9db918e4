"""The search block: what it varies, what it wants and what every student must meet."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, field_validator

from ..component import Record
from ..dataclass import dataclass
from ..diagnostics import did_you_mean
from ..semantics.arguments import Given, Site, bind, placed
from ..semantics.functions import describe
from ..semantics.scope import UNKNOWN, Scope
from ..space.params import ParamInfo
from ..space.samplers import Asha, NoScheduler, Random, Sampler, TrialScheduler
from ..syntax import nodes
from ..values import ByInstance, Metric, NetworkRef, Rejected
from .declarations import COSTS, Declarations
from .model import StagePlan
from .stagechecks import unmeasured


class Trial(Record):
    """What one trial is given of a machine."""

    gpus: NonNegativeFloat = Field(0.0, description="GPUs; a fraction shares one")
    cpus: PositiveFloat = Field(1.0, description="CPU cores")

    @field_validator("gpus")
    @classmethod
    def _is_a_share_or_whole(cls, gpus: float) -> float:
        if not shares(gpus):
            raise ValueError(f"{SHARES}, got {gpus:g}")
        return gpus


SHARES = "`gpus` is a share of one GPU, such as 0.5, or a whole number of them"


def shares(gpus: float) -> bool:
    """Whether processes can be given so many GPUs: one can be shared, several cannot."""
    return gpus <= 1 or gpus == int(gpus)


@dataclass(frozen=True)
class CostOf:
    """A cost of a network as an objective: `macs(student)`."""

    kind: str
    network: str


@dataclass(frozen=True)
class Goal(ByInstance):
    """One objective of a search."""

    direction: Literal["maximize", "minimize"]
    what: Metric | CostOf

    def __str__(self) -> str:
        """As reports have it: `maximize val.accuracy`, `minimize weights(net)`."""
        what = self.what
        return f"{self.direction} {f'{what.kind}({what.network})' if isinstance(what, CostOf) else what}"


class SearchSettings(Record):
    """What stands between the braces of a search."""

    vary: tuple[str, ...] = Field(description="the params to search; all that have a domain if left out")
    goals: tuple[Goal, ...] = Field(description="what to make large or small")
    sampler: Sampler = Field(default_factory=Random, description="how students are proposed")
    scheduler: TrialScheduler = Field(default_factory=Asha, description="how weak students are stopped early")
    trial: Trial = Field(default_factory=Trial, description="what one trial is given of a machine")


SETTINGS = ("vary", "maximize", "minimize", "require", "sampler", "scheduler", "trial")


@dataclass(frozen=True, eq=False)
class Searches:
    """Reads search blocks; reports what they cannot mean.

    Attributes:
        params: All params at the current point, by name.
        last: The stage by whose metrics students are compared; None where it is not known, or there is none.
        pacing: The params that the number of its epochs depends on.
    """

    declarations: Declarations
    params: Mapping[str, ParamInfo]
    last: StagePlan | None = None
    pacing: frozenset[str] = frozenset()

    def read(self, search: nodes.Search) -> SearchSettings | None:
        """The settings of a search; None if they are wrong, which is reported."""
        site = Site(search.span, "search", "setting")
        written = [Given(s.name.text, s, s.value.span, s.name.span) for s in search.settings]
        assigned, is_fine = placed(written, SETTINGS, site, self.declarations.reporter)
        settings: dict[str, nodes.Setting] = {name: given.value for name, given in assigned.items()}
        vary = self._vary(settings.get("vary"))
        if vary == () and not self.declarations.lost:
            help = "declare a param with a domain: `param width = 8 in {8, 16}`"
            self._refuse("FIT5004", settings.get("vary", search), "this search has nothing to vary", help)
        goals = self._once(
            found for direction in ("maximize", "minimize") for found in self._goals(direction, settings)
        )
        wanted = [_items(settings[name].value) for name in ("maximize", "minimize") if name in settings]
        if is_fine and not any(wanted):
            self._refuse("FIT5007", search, "this search wants nothing", "say what: `maximize = val.accuracy`")
        self._requirements(settings.get("require"))
        plain = [settings[name] for name in ("sampler", "scheduler") if name in settings]
        given = [
            Given("vary", vary, search.span, search.span),
            Given("goals", tuple(goals), search.span, search.span),
            *self.declarations.settings(plain),
            *self._trial(settings.get("trial")),
        ]
        bound = bind(SearchSettings, given, site, self.declarations.reporter)
        if not is_fine or not isinstance(bound, SearchSettings):
            return None
        self._check_sampler(bound, settings["sampler"].value if "sampler" in settings else search)
        self._check_scheduler(bound, settings["scheduler"].value if "scheduler" in settings else search)
        return bound

    def _check_sampler(self, settings: SearchSettings, node: nodes.Node) -> None:
        """Report what a sampler cannot search."""
        domains = {name: self.params[name].domain for name in settings.vary}
        try:
            settings.sampler.check({n: domain for n, domain in domains.items() if domain}, len(settings.goals))
        except Rejected as rejected:
            self._refuse("FIT5020", node, rejected.message, *filter(None, [rejected.help]))

    def _check_scheduler(self, settings: SearchSettings, node: nodes.Node) -> None:
        """Report a scheduler that would compare students of which each has another number of epochs."""
        pacing = [f"`{name}`" for name in settings.vary if name in self.pacing]
        if self.last is None or not pacing or isinstance(settings.scheduler, NoScheduler):
            return
        message = (
            f"`{settings.scheduler.word}` compares students after the same epochs of `{self.last.name}`, whose number "
            f"varies with {' and '.join(pacing)}"
        )
        self._refuse("FIT5021", node, message, "train every student to its end: `scheduler = none()`")

    def is_met(self, search: nodes.Search) -> bool:
        """Whether the networks at this point meet every requirement."""
        found = [s.value for s in search.settings if s.name.text == "require"]
        return all(self.holds(requirement) for node in found for requirement in _items(node))

    def holds(self, requirement: nodes.Expr) -> bool:
        """Whether the networks at this point meet one requirement."""
        return self._value(requirement) is True

    def _value(self, expr: nodes.Expr) -> Any:
        return self.declarations.evaluator.value(expr, Scope())

    def _refuse(self, code: str, node: nodes.Node, message: str, *helps: str) -> None:
        self.declarations.reporter.error(code, node.span, message, helps=helps)

    def _vary(self, setting: nodes.Setting | None) -> Any:
        searchable = tuple(name for name, info in self.params.items() if info.declaration.domain is not None)
        if setting is None:
            return searchable
        names = [self._varied(item, searchable) for item in _items(setting.value)]
        return UNKNOWN if None in names else tuple(names)

    def _varied(self, item: nodes.Expr, searchable: tuple[str, ...]) -> str | None:
        name = item.id if isinstance(item, nodes.Name) else None
        if name in self.declarations.lost:
            return None
        if name in searchable:
            return name
        if name in self.params:
            self._refuse(
                "FIT5004", item, f"`{name}` has no domain to vary in", f"give it one: `param {name} = … in {{…}}`"
            )
        else:
            written = f"`{name}`" if name else "this"
            self._refuse("FIT5004", item, f"{written} is no param", *did_you_mean(name or "", searchable))
        return None

    def _once(self, wanted: Iterable[tuple[nodes.Expr, Goal]]) -> list[Goal]:
        """The goals; one that stands there a second time is reported."""
        goals: dict[str, Goal] = {}
        for item, goal in wanted:
            name = str(goal.what)
            if name not in goals:
                goals[name] = goal
                continue
            is_same = goals[name].direction == goal.direction
            message = "this goal stands here twice" if is_same else "this is to be large and small at once"
            self._refuse("FIT5008", item, message, "name it once")
        return list(goals.values())

    def _goals(self, direction: Any, settings: Mapping[str, nodes.Setting]) -> Iterator[tuple[nodes.Expr, Goal]]:
        for item in _items(settings[direction].value) if direction in settings else ():
            what = self._goal(item)
            if what is not None:
                yield item, Goal(direction, what)

    def _goal(self, item: nodes.Expr) -> Metric | CostOf | None:
        if isinstance(item, nodes.Call) and isinstance(item.function, nodes.Name) and item.function.id in COSTS:
            network = self._value(item.arguments[0].value) if len(item.arguments) == 1 else None
            if isinstance(network, NetworkRef) and self._value(item) is not UNKNOWN:
                return CostOf(item.function.id, network.name)
        value = self._value(item)
        if isinstance(value, Metric) and value.split == "val":
            wrong = self._unmeasured(value)
            if wrong is not None:
                self._refuse("FIT5008", item, *wrong)
            return value
        if isinstance(value, Metric):
            message = f"a search that chooses by `{value}` spoils it as a result"
            self._refuse("FIT5008", item, message, f"aim at `val.{value.name}`")
        elif value is not UNKNOWN:
            self._refuse(
                "FIT5008",
                item,
                f"a search aims at a metric or a cost, got {describe(value)}",
                "such as `val.accuracy` or `macs(student)`",
            )
        return None

    def _unmeasured(self, metric: Metric) -> tuple[str, str] | None:
        data = None if self.last is None else self.declarations.data(self.last.data)
        if self.last is None or data is None:
            return None
        return unmeasured(metric, self.last, has_validation=data.split.get("val", 0) > 0)

    def _requirements(self, setting: nodes.Setting | None) -> None:
        for item in () if setting is None else _items(setting.value):
            value = self._value(item)
            if value is not UNKNOWN and not isinstance(value, bool):
                self._refuse(
                    "FIT5006",
                    item,
                    f"a requirement is true or false, this is {describe(value)}",
                    "compare: `params(student) <= 1M`",
                )
            elif value is False:
                self._warn_of_a_miss(item)

    def _warn_of_a_miss(self, requirement: nodes.Expr) -> None:
        """A requirement that the values which are trained without a search do not meet."""
        chosen = [f"`{name} = {info.spelling}`" for name, info in self.params.items() if not info.is_default]
        message, trained = "the defaults do not meet this requirement", "the defaults"
        if chosen:
            message, trained = f"this requirement is not met with {' and '.join(chosen)}", "these values"
        help = f"the search may still find students that do; without a search {trained} are what is trained"
        self.declarations.reporter.warning("FIT5005", requirement.span, message, helps=(help,))

    def _trial(self, setting: nodes.Setting | None) -> list[Given]:
        if setting is None:
            return []
        value = self._value(setting.value)
        if isinstance(value, dict):
            given = [Given(name, item, setting.value.span, setting.value.span) for name, item in value.items()]
            value = bind(Trial, given, Site(setting.value.span, "trial", "setting"), self.declarations.reporter)
        return [Given("trial", value, setting.value.span, setting.name.span)]


def _items(expr: nodes.Expr) -> tuple[nodes.Expr, ...]:
    return expr.items if isinstance(expr, nodes.List) else (expr,)

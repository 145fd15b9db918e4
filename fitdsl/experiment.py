"""What Python users hold: a checked spec at one point, to look at, to move to another point, to build and to train.

Torch is loaded by `build` and `train` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compilation import Compilation
from .diagnostics import Diagnostic, did_you_mean
from .graph.model import LayerGraph
from .graph.model import Network as NetworkModel
from .late import late
from .program.model import Program
from .source import Source
from .values import Cost

if TYPE_CHECKING:
    import networkx as nx
    from torch import Tensor, nn

    from .counting.space import Space
    from .program.graph import Part
    from .training.options import TrainOptions
    from .training.report import RunReport
    from .tuning.report import SearchReport


@dataclass(frozen=True, eq=False)
class Network:
    """A teacher or a student of an experiment.

    Attributes:
        model: What the spec says of it.
        base: Folder of the spec.
    """

    model: NetworkModel
    base: Path = Path()

    @property
    def name(self) -> str:
        """Its name in the spec."""
        return self.model.name

    @property
    def graph(self) -> LayerGraph:
        """Its layers."""
        return self.model.graph

    @property
    def cost(self) -> Cost:
        """What one example costs.

        Raises:
            LookupError: It comes from outside, so its layers are not known.
        """
        if self.model.cost is None:
            raise LookupError(f"what `{self.name}` costs is not known: it comes from outside")
        return self.model.cost

    def shape(self, address: str | None = None) -> tuple[int, ...]:
        """Shape of what an address gives for one example, without the batch axis; of the output if left out.

        Raises:
            LookupError: There is no such address.
        """
        if address is None:
            address = self.graph.output
        try:
            return self.graph.type_of(address).shape
        except KeyError:
            known = [*self.graph.inputs, *self.graph.groups, *self.graph.layers]
            labels = ", ".join(filter(str.isidentifier, known))
            (advice,) = did_you_mean(address, known) or (f"there are {labels}",)
            raise LookupError(f"`{self.name}` has no `{address}`; {advice}") from None

    def build(
        self, *, seed: int = 0, weights: str | Path | RunReport | None = None, allow_python: bool = False
    ) -> nn.Module:
        """The network as a plain `torch.nn.Module` whose `state_dict` keys are the addresses, in training mode.

        Args:
            seed: Decides the weights it starts from.
            weights: A file of weights to load, or a run that has trained this network. Tensors by name are loaded by
                the module's own `load_state_dict`.
            allow_python: Whether it may run the user's own code, as a network made by `python(…)` does.

        Raises:
            TypeError: `weights` is neither.
            FitError: It comes from outside and cannot be had; or the weights cannot be read (FIT4103, FIT4104) or are
                another network's (FIT4101).
        """
        if isinstance(weights, Mapping):
            raise TypeError("`weights` is a file or a run; load tensors by name with `build().load_state_dict(…)`")
        module: nn.Module
        if self.model.source is not None:
            outside = late("backend.outside")
            module = outside.make(self.model, self.model.source, outside.Surroundings(seed, self.base, allow_python))
        else:
            module = late("backend.build").build(self.graph, name=self.name, seed=seed, slot=self.model.slot)
        if weights is not None:
            file = Path(weights) if isinstance(weights, str | Path) else weights.weights(self.name)
            late("backend.weights").load_weights(module, file)
        return module

    def __repr__(self) -> str:
        cost = self.model.cost
        size = "from outside" if cost is None else f"{cost.params:,} parameters, {cost.macs:,} MACs"
        return f"<{self.model.role} {self.name}: {size}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """How it draws itself in a notebook, which picks from it."""
        bundle: dict[str, str] = late("view.notebook.drawings").network_bundle(self.model, repr(self))
        return bundle


@dataclass(frozen=True, eq=False)
class Experiment:
    """A sound spec at one point of its search space."""

    compilation: Compilation

    @property
    def program(self) -> Program:
        """Networks, hints and stages as the other phases read them."""
        return self.compilation.program

    @cached_property
    def networks(self) -> Mapping[str, Network]:
        """Teachers and students by name."""
        return {name: Network(model, self._base) for name, model in self.program.networks.items()}

    @property
    def teacher(self) -> Network:
        """The only teacher.

        Raises:
            LookupError: There is none, or there are several; `networks` has them by name.
        """
        return self._only("teacher")

    @property
    def student(self) -> Network:
        """The only student.

        Raises:
            LookupError: There is none, or there are several; `networks` has them by name.
        """
        return self._only("student")

    @property
    def point(self) -> Mapping[str, str]:
        """Value of each param here, as the language writes it."""
        return {name: info.spelling for name, info in self.compilation.params.items()}

    @property
    def graph(self) -> nx.DiGraph[Part]:
        """The program graph: layers, regressors and loss terms, with edges from what is read to its reader."""
        graph: nx.DiGraph[Part] = late("program.graph").weave(self.program)
        return graph

    @property
    def space(self) -> Space:
        """How many students the params span."""
        return self.compilation.space

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What runs but is hardly meant."""
        return self.compilation.diagnostics

    @property
    def text(self) -> str:
        """The text at this point: everything used written in, params replaced by values."""
        return self.compilation.resolved

    def at(self, **point: Any) -> Experiment:
        """The same spec with other values for some params, as Python values or as texts in the language.

        Raises:
            FitError: The spec is not sound there, or a param is unknown or outside its domain.
        """
        return _sound(replace(self.compilation, point={**self.compilation.point, **point}))

    def train(self, **options: Any) -> RunReport:
        """Run the stages.

        Args:
            options: Fields of `fitdsl.training.options.TrainOptions`, such as `seed`, `device`, `epochs` or `run_dir`.

        Raises:
            TypeError: There is no such option.
            FitError: Data or weights cannot be read, or training fails; what was finished is kept.
        """
        cls = late("training.options").TrainOptions
        _check_known("train", options, cls)
        settled = cls(**{"base": self._base, "spec": self.text, "point": dict(self.point), **options})
        report: RunReport = _trainer(settled)(self.program, settled)
        return report

    def prepare(
        self, examples: Any, fitted: str | Path | RunReport | None = None, *, data: str | None = None
    ) -> Tensor:
        """Examples as the networks of this spec are given them when they are measured.

        Args:
            examples: [n, ...] in the shape that the data set declares, images [n, C, H, W], in a tensor or anything
                that numpy takes for an array. Numbers of type uint8 are pixels and divided by 255; all others are taken
                as they are.
            fitted: The run whose network they are for, its folder, or the file `data/NAME.safetensors` in it: what
                `Standardize`, `ZCA` and the like have learned is taken from there. Not needed without such.
            data: The data declaration; may be left out where there is one.

        Returns:
            [n, ...], float32, or int64 for tokens.

        Raises:
            FitError: What was learned is not at hand, or was learned by other preparations (FIT6008).
            LookupError: There is no such declaration, or there are several.
            ValueError: The examples have another shape, or are no numbers.
        """
        name = self._data(data)
        prepared: Tensor = late("training.prepared").prepare(self.program.data[name], examples, _file(fitted, name))
        return prepared

    def search(self, **options: Any) -> SearchReport:
        """Train students of the search space and find the best.

        Args:
            options: Fields of `fitdsl.tuning.options.SearchOptions`, such as `trials`, `seed`, `folder` or `address`.

        Raises:
            TypeError: There is no such option.
            FitError: The spec has no search, no student meets its requirements, or the cluster is not to be had.
        """
        cls = late("tuning.options").SearchOptions
        _check_known("search", options, cls)
        settled = cls(**options)
        report: SearchReport = late("tuning.search").search(self.compilation, settled)
        return report

    @property
    def _base(self) -> Path:
        path = self.compilation.path
        return path.parent if path else Path()

    def _data(self, name: str | None) -> str:
        found = [one for one in self.program.data if name in (None, one)]
        if len(found) != 1:
            names = ", ".join(self.program.data) or "none"
            raise LookupError(f"name one of the spec's data with `data=`: {names}")
        return found[0]

    def _only(self, role: str) -> Network:
        found = [network for network in self.networks.values() if network.model.role == role]
        if len(found) != 1:
            names = ", ".join(network.name for network in found) or "none"
            raise LookupError(f"this spec has not one {role} but {len(found)} ({names}); use `networks`")
        return found[0]

    def __repr__(self) -> str:
        networks = "\n".join(f"  {network!r}" for network in self.networks.values())
        return f"<spec {self.compilation.name}: stages {', '.join(self.program.stages) or 'none'}>\n{networks}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """How it draws itself in a notebook, which picks from it."""
        bundle: dict[str, str] = late("view.notebook.drawings").spec_bundle(self.program, repr(self))
        return bundle


def _file(fitted: str | Path | RunReport | None, data: str) -> Path | None:
    """Where a run keeps what the preparations of some data have learned."""
    if fitted is None:
        return None
    if not isinstance(fitted, str | Path):
        return fitted.prepared(data)
    path = Path(fitted)
    return path / "data" / f"{data}.safetensors" if path.is_dir() else path


def _check_known(method: str, options: Mapping[str, Any], cls: type[Any]) -> None:
    known = {field.name for field in fields(cls)}
    for name in options:
        if name not in known:
            (advice,) = did_you_mean(name, known) or (f"there are {', '.join(sorted(known))}",)
            raise TypeError(f"`{method}` has no option `{name}`; {advice}")


def _trainer(options: TrainOptions) -> Callable[[Program, TrainOptions], RunReport]:
    """Who trains: this process, several of this machine, or those of a cluster."""
    if options.address is not None:
        trainer = late("tuning.cluster").train_on_cluster
    elif options.gpus > 1:
        trainer = late("training.processes").train_together
    else:
        trainer = late("training.run").train
    chosen: Callable[[Program, TrainOptions], RunReport] = trainer
    return chosen


def load(path: str | Path, *, set: Mapping[str, Any] | None = None, include: Sequence[str | Path] = ()) -> Experiment:
    """The spec in a file.

    Args:
        path: A `.fit` file.
        set: Values for some params, as Python values or as texts in the language.
        include: Further folders in which `use` may look.

    Raises:
        FitError: The file cannot be read or the spec is not sound; it lists every finding.
    """
    return _sound(Compilation.open(path, set=set, include=[Path(folder) for folder in include]))


def loads(text: str, *, set: Mapping[str, Any] | None = None, name: str = "<text>") -> Experiment:
    """The spec in a text; see `load`."""
    return _sound(Compilation(Source(name, text), point=dict(set or {})))


def _sound(compilation: Compilation) -> Experiment:
    compilation.program  # noqa: B018 - asked for its refusal
    return Experiment(compilation)

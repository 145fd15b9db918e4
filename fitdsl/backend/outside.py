"""Networks from outside: made by the function they come from, and held to what the spec states of them.

The module stays as it was made, with its own `state_dict` keys; what hints read is caught by hooks on its parts.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..dataclass import dataclass
from ..diagnostics import FitError, did_you_mean
from ..graph.model import LayerGraph, Network, state_key
from ..graph.sources import OUTPUT, Factory, Source
from ..values import Cost
from ..work.paths import own_module
from .refusal import refusal
from .seeds import derived_seed


@dataclass(frozen=True)
class Surroundings:
    """What making a network from outside depends on beside the spec.

    Attributes:
        seed: Decides weights that are drawn and not loaded.
        base: Folder of the spec, where the user's own modules are looked for.
        allow_python: Whether the user's own code may run.
    """

    seed: int = 0
    base: Path = Path()
    allow_python: bool = False


def make(network: Network, source: Source, around: Surroundings) -> nn.Module:
    """A network from outside, on the CPU, in evaluation mode; a weights file is not read yet.

    Args:
        network: What the spec states of it.
        source: Where it comes from.
        around: What else has a say.

    Raises:
        FitError: It cannot be made (FIT4109), its code may not run (FIT4110), or it is not as stated (FIT4111).
    """
    factory = source.factory
    if factory is not None and not around.allow_python:
        message = f"`{network.name}` runs the code of `{source.model}`, which is not allowed"
        helps = ["if you trust this code, allow it with `--allow-python`, in Python with `allow_python=True`"]
        raise refusal("FIT4110", message, span=network.span, helps=helps)
    # Only for the user's own code: a file of the spec's folder must not pass for an installed package.
    own = nullcontext() if factory is None else _importable(factory, around.base)
    with torch.random.fork_rng(devices=()), own:
        torch.manual_seed(derived_seed(around.seed, network.slot))
        module = _called(network, source).eval()
    _check(module, network)
    return module


@contextmanager
def _importable(factory: Factory, base: Path) -> Iterator[None]:
    """Within the block modules are looked for where the user's own lies first."""
    _forget_namesake(factory, base)
    place = str((base / factory.folder).resolve())
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)


def _forget_namesake(factory: Factory, base: Path) -> None:
    """Let a module that was loaded from elsewhere not pass for the one of its name beside this spec."""
    root = factory.module.partition(".")[0]
    own, loaded = own_module(factory, base), sys.modules.get(root)
    if own is None or loaded is None:
        return
    places = [loaded.__file__] if getattr(loaded, "__file__", None) else list(getattr(loaded, "__path__", ()))
    if not any(Path(place or "").resolve().is_relative_to(own.resolve()) for place in places):
        for name in [name for name in sys.modules if name.partition(".")[0] == root]:
            del sys.modules[name]


def _called(network: Network, source: Source) -> nn.Module:
    call = source.lower()
    try:
        made = pkgutil.resolve_name(call.target)(**call.kwargs)
    except Exception as error:  # whatever foreign code raises
        raise _not_made(network, source, error) from error
    if isinstance(made, nn.Module):
        return made
    message = f"`{source.word}` gives {type(made).__name__} for `{network.name}`, not a torch module"
    raise refusal("FIT4109", message, span=network.span)


def _not_made(network: Network, source: Source, error: Exception) -> FitError:
    missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    if missing and missing.partition(".")[0] == source.package:
        message = f"`{network.name}` needs the package `{source.package}`, which is not installed"
        return refusal("FIT4109", message, span=network.span, helps=[f"install it: `pip install {source.package}`"])
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    message = f"`{source.word}` cannot make `{network.name}` from `{source.model}`: {reason}"
    helps = ["its module is looked for in the spec's folder, then where Python finds packages"] if missing else []
    return refusal("FIT4109", message, span=network.span, helps=helps)


# What its parts give --------------------------------------------------------------------------------------------------


class _AllFound(Exception):
    """Ends a network's run early: everything wanted of it is known."""


class Tapped(nn.Module):
    """The outputs of some parts of a network, each [n, ...]; nothing runs after the last of them.

    Attributes:
        network: The whole network, shared with others.
        paths: Of the parts, in the order of the outputs; the empty path is the whole.
    """

    def __init__(self, network: nn.Module, paths: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.paths = tuple(paths)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs of the parts."""
        found = _recorded(self.network, inputs, self.paths, ends_early=True)
        return tuple(found[path][0] for path in self.paths)


def tap_outside(module: nn.Module, network: LayerGraph, addresses: Sequence[str]) -> Tapped:
    """The part of a network from outside that gives what some addresses stand for; see `build.tap`."""
    return Tapped(module, [_path(network.resolve(address)) for address in addresses])


def _path(address: str) -> str:
    return "" if address == OUTPUT else state_key(address)


def _recorded(
    module: nn.Module, inputs: Sequence[Tensor], paths: Sequence[str], *, ends_early: bool
) -> Mapping[str, list[Any]]:
    """What each part gave each time it ran, by path."""
    found: dict[str, list[Any]] = {path: [] for path in paths}

    def keep(path: str, part: nn.Module, given: Any, output: Any) -> None:
        # A copy, since a later part may work in place, as the activations of many published networks do.
        found[path].append(output.clone() if isinstance(output, Tensor) else output)
        if ends_early and all(found.values()):
            raise _AllFound

    with ExitStack() as hooks:
        for path in found:
            hooks.enter_context(module.get_submodule(path).register_forward_hook(partial(keep, path)))
        with suppress(_AllFound):
            module(*inputs)
    return found


# Whether it is as stated ----------------------------------------------------------------------------------------------


def _example(network: Network) -> list[Tensor]:
    return [torch.zeros(1, *given.shape) for given in network.graph.inputs.values()]


def _check(module: nn.Module, network: Network) -> None:
    """Run one example and compare every stated shape with the real one.

    Raises:
        FitError: A stated part is not there, or what it gives is something else (FIT4111).
    """
    paths = {_path(address): layer.type.shape for address, layer in network.graph.layers.items()}
    known = dict(module.named_modules())
    notes = [f"`{path}` is no module of it" for path in paths if path not in known]
    helps = [help for path in paths if path not in known for help in did_you_mean(path, known)]
    found = _first_run(module, network, [path for path in paths if path in known])
    notes += [note for path, outputs in found.items() for note in _misfits(path, outputs, paths[path])]
    if notes:
        message = f"`{network.name}` is not what the spec says of it"
        raise refusal("FIT4111", message, span=network.span, notes=notes, helps=helps)


@torch.no_grad()
def _first_run(module: nn.Module, network: Network, paths: Sequence[str]) -> Mapping[str, list[Any]]:
    try:
        return _recorded(module, _example(network), paths, ends_early=False)
    except Exception as error:  # whatever foreign code raises
        given = " and ".join(map(str, network.graph.inputs.values()))
        reason = str(error).partition("\n")[0]
        message = f"`{network.name}` does not run on an example {given}: {reason}"
        raise refusal("FIT4111", message, span=network.span) from error


def _misfits(path: str, outputs: Sequence[Any], stated: tuple[int, ...]) -> Iterator[str]:
    name = f"`{path}`" if path else "the whole network"
    if len(outputs) != 1:
        yield f"{name} runs {len(outputs)} times for an example, not once"
    elif not isinstance(outputs[0], Tensor):
        yield f"{name} gives {type(outputs[0]).__name__}, not one tensor"
    elif tuple(outputs[0].shape[1:]) != stated:
        yield f"{name} gives {list(outputs[0].shape[1:])}, the spec says {list(stated)}"


# What it costs --------------------------------------------------------------------------------------------------------


@torch.no_grad()
def measured_cost(module: nn.Module, network: Network) -> Cost:
    """What one example costs a network from outside, counted while it runs; the module ends in evaluation mode."""
    weights = list(module.parameters())
    leaves = [path for path, part in module.named_modules() if not list(part.children())]
    inputs = [given.to(weights[0].device) for given in _example(network)] if weights else _example(network)
    with FlopCounterMode(display=False) as counter:
        outputs = _recorded(module.eval(), inputs, leaves, ends_early=False)
    return Cost(
        params=sum(weight.numel() for weight in weights),
        weights=sum(weight.numel() for weight in weights if weight.ndim > 1),
        macs=counter.get_total_flops() // 2,
        activations=sum(o.numel() for given in outputs.values() for o in given if isinstance(o, Tensor)),
    )

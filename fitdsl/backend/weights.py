"""Weights in files: written whole or not at all, read without running code, and refused by name if they do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from warnings import catch_warnings

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ..atomic import replacing
from ..diagnostics import FitError
from ..source import NOWHERE, Span
from .refusal import refusal


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors as safetensors, atomically; tensors that share memory are stored each.

    Raises:
        OSError: The folder cannot be written or the disk is full; an earlier file is intact.
    """
    copies = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with replacing(path) as part:
        part.write_bytes(save(copies, dict(metadata or {})))


def save_weights(module: nn.Module, path: Path) -> None:
    """Write a module's `state_dict` as safetensors, atomically.

    Raises:
        OSError: The folder cannot be written or the disk is full; an earlier file is intact.
    """
    save_tensors(module.state_dict(), path)


def load_tensors(path: Path, span: Span = NOWHERE) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a torch file that holds a `state_dict`, on the CPU.

    Raises:
        FitError: There is no such file (FIT4103), or it holds something else (FIT4104).
    """
    if not path.is_file():
        help = "train the network first, or name another file"
        raise refusal("FIT4103", f"there is no weights file `{path}`", span=span, helps=[help])
    try:
        tensors = load_file(path) if path.suffix == ".safetensors" else _torch_file(path)
    except Exception as error:  # any byte may stand in the file, and torch raises what comes to hand
        reason = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, UnpicklingError):
            # torch would advise to run the code in it
            reason = "it is damaged, or holds more than tensors"
        raise _unreadable(path, reason, "model.state_dict()", span) from error
    if not _is_table(tensors):
        table = next(iter(_tables_in(tensors)), None)
        reason = "it is no table of tensors" if table is None else f"its table of tensors is inside, as `{table}`"
        held = "model.state_dict()" if table is None else f'torch.load("{path.name}", weights_only=True)["{table}"]'
        raise _unreadable(path, reason, held, span)
    return {name: tensor.to_dense() for name, tensor in tensors.items()}


def _tables_in(value: Any) -> Iterable[str]:
    """The names under which a checkpoint keeps tables of tensors."""
    entries = value.items() if isinstance(value, Mapping) else ()
    return (name for name, entry in entries if isinstance(name, str) and _is_table(entry) and entry)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(tensor, Tensor) for tensor in value.values())


def _unreadable(path: Path, reason: str, right: str, span: Span) -> FitError:
    """A file that is no weights, and how to save them; in another file, as this one may hold more that is needed."""
    save = "save_file" if path.suffix == ".safetensors" else "torch.save"
    help = f'save the tensors alone: `{save}({right}, "{path.stem}_weights{path.suffix}")`'
    message = f"`{path}` holds no weights that can be read: {reason}"
    return refusal("FIT4104", message, span=span, helps=[help])


def _torch_file(path: Path) -> Any:
    with catch_warnings(action="ignore"):
        return torch.load(path, "cpu", weights_only=True)


def load_weights(module: nn.Module, path: Path, span: Span = NOWHERE) -> None:
    """Fill a module from a weights file.

    Args:
        module: Keeps its weights if the file does not fit.
        path: A `.safetensors` file, or a torch file with a `state_dict`.
        span: The place in the spec that names the file.

    Raises:
        FitError: The file cannot be read (FIT4103, FIT4104), or its tensors are not the module's (FIT4101).
    """
    fill(module, load_tensors(path, span), str(path), span)


def fill(module: nn.Module, tensors: Mapping[str, Tensor], origin: str, span: Span = NOWHERE) -> None:
    """Put tensors into a module, all or none; `origin` is where they come from, for the message.

    Raises:
        FitError: Names, shapes or kinds of numbers differ (FIT4101).
    """
    notes = tuple(_differences(module.state_dict(), tensors))
    if notes:
        message = f"the weights in `{origin}` do not fit the network"
        raise refusal("FIT4101", message, span=span, notes=notes, helps=_wrapped(module.state_dict(), tensors))
    module.load_state_dict(dict(tensors))


def _wrapped(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    """What to do about the weights of a network that was wrapped when they were saved: all names begin alike."""
    prefix = next(iter(given), "").partition(".")[0] + "."
    if not all(name.startswith(prefix) and name.removeprefix(prefix) in own for name in given):
        return []
    bare = f'{{name.removeprefix("{prefix}"): tensor for name, tensor in state.items()}}'
    return [f"all names in the file begin with `{prefix}`, the network's do not: save `{bare}`"] if given else []


def _differences(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Iterable[str]:
    if missing := [name for name in own if name not in given]:
        yield f"missing in the file: {_listed(missing)}"
    if unknown := [name for name in given if name not in own]:
        yield f"not in the network: {_listed(unknown)}"
    shapes = [
        f"`{name}` is {list(given[name].shape)}, the network needs {list(tensor.shape)}"
        for name, tensor in own.items()
        if name in given and given[name].shape != tensor.shape
    ]
    yield from shapes[:_SHOWN]
    if len(shapes) > _SHOWN:
        yield f"{len(shapes) - _SHOWN} more tensors have another shape"
    kinds = [name for name in own if name in given and own[name].is_floating_point() > given[name].is_floating_point()]
    if kinds:
        yield f"not of real numbers in the file: {_listed(kinds)}"


_SHOWN = 5


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"

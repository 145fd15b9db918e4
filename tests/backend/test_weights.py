"""Weights files: what goes in comes out, what does not fit is named, and nothing is ever half-written."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from fitdsl import atomic
from fitdsl.backend.weights import load_tensors, load_weights, save_tensors, save_weights
from fitdsl.diagnostics import Diagnostic, FitError


def module(out: int = 3) -> nn.Module:
    return nn.Sequential(nn.Linear(2, out), nn.BatchNorm1d(out))


def finding(path: Path, into: nn.Module) -> Diagnostic:
    with pytest.raises(FitError) as refused:
        load_weights(into, path)
    (diagnostic,) = refused.value.diagnostics
    return diagnostic


@pytest.mark.parametrize("name", ["net.safetensors", "net.pt"])
def test_comes_back(tmp_path: Path, name: str) -> None:
    saved, loaded = module(), module()
    path = tmp_path / name
    if name.endswith(".pt"):
        torch.save(saved.state_dict(), path)
    else:
        save_weights(saved, path)
    load_weights(loaded, path)
    assert all(torch.equal(tensor, loaded.state_dict()[key]) for key, tensor in saved.state_dict().items())


def test_misfits_are_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    tensors = module(out=4).state_dict()
    del tensors["0.bias"]
    save_tensors(tensors | {"2.weight": torch.ones(1)}, path)
    target = module()
    before = {key: tensor.clone() for key, tensor in target.state_dict().items()}
    diagnostic = finding(path, target)
    assert (diagnostic.code, diagnostic.message) == ("FIT4101", f"the weights in `{path}` do not fit the network")
    assert diagnostic.notes == (
        "missing in the file: `0.bias`",
        "not in the network: `2.weight`",
        "`0.weight` is [4, 2], the network needs [3, 2]",
        "`1.weight` is [4], the network needs [3]",
        "`1.bias` is [4], the network needs [3]",
        "`1.running_mean` is [4], the network needs [3]",
        "`1.running_var` is [4], the network needs [3]",
    )
    assert all(torch.equal(tensor, target.state_dict()[key]) for key, tensor in before.items())


def test_long_lists_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_tensors({f"layer{index}": torch.ones(1) for index in range(7)}, path)
    assert finding(path, nn.Identity()).notes == (
        "not in the network: `layer0`, `layer1`, `layer2`, `layer3`, `layer4` and 2 more",
    )


def test_absent_file(tmp_path: Path) -> None:
    diagnostic = finding(tmp_path / "none.safetensors", module())
    assert diagnostic.code == "FIT4103"
    assert diagnostic.message == f"there is no weights file `{tmp_path / 'none.safetensors'}`"


@pytest.mark.parametrize("name", ["net.safetensors", "net.pt"])
def test_garbage_and_code_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x93 no weights at all")
    assert finding(path, module()).code == "FIT4104"
    torch.save({"weight": torch.nn.Linear(1, 1)}, path)
    assert finding(path, module()).code == "FIT4104"


class Code:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("this was run",))


def test_code_in_a_torch_file_is_never_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.pt"
    for write in (lambda: torch.save({"weight": Code()}, path), lambda: path.write_bytes(pickle.dumps(Code()))):
        write()
        assert finding(path, module()).message == (
            f"`{path}` holds no weights that can be read: it is damaged, or holds more than tensors"
        )
    assert capsys.readouterr() == ("", "")


def test_an_empty_torch_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    path.touch()
    assert finding(path, module()).message == f"`{path}` holds no weights that can be read: EOFError"


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_tensors({name: tensor.long() for name, tensor in nn.Linear(2, 3).state_dict().items()}, path)
    assert finding(path, nn.Linear(2, 3)).notes == ("not of real numbers in the file: `weight`, `bias`",)


def test_a_torch_file_without_a_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.save([torch.ones(1)], path)
    diagnostic = finding(path, module())
    assert diagnostic.message == f"`{path}` holds no weights that can be read: it is no table of tensors"


def test_shared_tensors_are_stored_each(tmp_path: Path) -> None:
    shared = torch.arange(6.0).reshape(2, 3)
    save_tensors({"a": shared, "b": shared, "c": shared.t()}, tmp_path / "t.safetensors")
    loaded = load_tensors(tmp_path / "t.safetensors")
    assert torch.equal(loaded["b"], shared)
    assert torch.equal(loaded["c"], shared.t())


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.safetensors"
    save_tensors({"a": torch.ones(1)}, path)

    def full(part: Path) -> None:
        raise OSError(28, "No space left on device", str(part))

    monkeypatch.setattr(atomic, "_to_disk", full)
    with pytest.raises(OSError, match="No space left on device"):
        save_tensors({"a": torch.zeros(1)}, path)
    assert torch.equal(load_tensors(path)["a"], torch.ones(1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.safetensors"]


@pytest.mark.parametrize(
    ("saved", "reason", "help"),
    [
        (
            {"epoch": 3, "optimizer": {"state": {}}, "model": module().state_dict()},
            "its table of tensors is inside, as `model`",
            'torch.save(torch.load("net.pt", weights_only=True)["model"], "net_weights.pt")',
        ),
        ({"epoch": 3}, "it is no table of tensors", 'torch.save(model.state_dict(), "net_weights.pt")'),
        (module(), "it is damaged, or holds more than tensors", 'torch.save(model.state_dict(), "net_weights.pt")'),
    ],
    ids=["checkpoint", "numbers", "module"],
)
def test_what_training_loops_save_is_told_how_to_be_saved(
    tmp_path: Path, saved: object, reason: str, help: str
) -> None:
    path = tmp_path / "net.pt"
    torch.save(saved, path)
    diagnostic = finding(path, module())
    assert diagnostic.message == f"`{path}` holds no weights that can be read: {reason}"
    assert diagnostic.helps == (f"save the tensors alone: `{help}`",)


def test_the_help_for_a_checkpoint_makes_it_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"epoch": 3, "mean": torch.ones(2), "model": module().state_dict()}, "net.pt")
    (help,) = finding(Path("net.pt"), module()).helps
    eval(help.split("`")[1], {"torch": torch})
    load_weights(module(), Path("net_weights.pt"))


def test_weights_of_a_wrapped_network_are_told_to_be_unwrapped(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_weights(nn.DataParallel(module()), path)
    assert finding(path, module()).helps == (
        "all names in the file begin with `module.`, the network's do not: save"
        ' `{name.removeprefix("module."): tensor for name, tensor in state.items()}`',
    )
    save_weights(nn.DataParallel(nn.Linear(2, 5)), path)
    assert finding(path, module()).helps == ()


def test_sparse_tensors_are_weights_too(tmp_path: Path) -> None:
    made, loaded = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    torch.save({name: tensor.to_sparse() for name, tensor in made.state_dict().items()}, tmp_path / "w.pt")
    load_weights(loaded, tmp_path / "w.pt")
    assert torch.equal(loaded.weight, made.weight)

"""A spec's text for another folder: what lies beside it is found from there, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitdsl.diagnostics import Reporter
from fitdsl.graph.sources import Factory
from fitdsl.source import Source
from fitdsl.syntax import nodes
from fitdsl.syntax.parser import parse
from fitdsl.syntax.walk import walk
from fitdsl.work.paths import moved


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("w.pt", "teachers.py", "models/nets.py", "package/deep/net.py"):
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "specs"


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("w.pt", "../../specs/w.pt"),
        ("../specs/w.pt", "../../specs/w.pt"),
        ("teachers:big", "../../specs/teachers:big"),
        ("models/nets:big", "../../specs/models/nets:big"),
        ("package.deep.net:big", "../../specs/package.deep.net:big"),
        ("nothing.pt", "nothing.pt"),
        ("torch.nn:Identity", "torch.nn:Identity"),
        ("IMAGENET1K_V2", "IMAGENET1K_V2"),
        ("/w.pt", "/w.pt"),
        (".", "."),
        ("", ""),
    ],
)
def test_names_are_as_seen_from_there(base: Path, name: str, there: str) -> None:
    assert moved(f'fit 1\n\nlet a = "{name}"  # "w.pt"\n', base, base.parent / "runs" / "1") == (
        f'fit 1\n\nlet a = "{there}"  # "w.pt"\n'
    )


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ('data d { source = Npz("{}", [1], 2) }', True),
        ('data d { source = ImageFolder([3, 8, 8], 2, path="{}") }', True),
        ('data d { source = MNIST(root="{}") }', True),
        ('teacher t(x: [3]) { Linear(2) } from "{}"', True),
        ('teacher t = torchvision("resnet50", weights="{}")', True),
        ('teacher t = torchvision("resnet50", "{}")', True),
        ('teacher t = python("teachers:big", weights="{}")', None),
        ('student s(x: [3, 8, 8]) { Conv2d(4, 3, padding="{}") }', False),
        ('teacher t = torchvision("{}", 10)', False),
        ('teacher t = timm(model="{}")', False),
        ('teacher t = timm("a", features={{"{}": [4, 1, 1]}})', False),
    ],
)
def test_only_what_may_name_a_file_is_moved(base: Path, written: str, there: bool | None) -> None:
    (base / "same").mkdir()
    text = "fit 1\n\n" + written.replace("{}", "same").replace("{{", "{").replace("}}", "}") + "\n"
    found = moved(text, base, base.parent / "runs" / "1")
    assert ('"../../specs/same"' in found) == (there is not False)
    assert ('"../../specs/teachers:big"' in found) == (there is None)


def resolved(text: str, folder: Path) -> list[Path]:
    """Where the texts of a spec lead to."""
    spec = parse(Source("x.fit", text), Reporter())
    return [(folder / node.value).resolve() for node in walk(spec) if isinstance(node, nodes.String)]


def test_names_lead_to_the_same_through_links_quotes_and_points(base: Path, tmp_path: Path) -> None:
    disk, odd = tmp_path / "disk", base / 'an "odd" one'
    disk.mkdir()
    odd.mkdir()
    (base / "runs").symlink_to(disk)
    there = base / "runs" / "1"
    there.mkdir()
    quoted = 'Npz("an \\"odd\\" one", [1], 2)'
    for source in ('Npz("w.pt", [1], 2)', quoted, 'ImageFolder(".", [3, 8, 8], 2)', 'MNIST("..")'):
        text = f"fit 1\n\ndata d {{ source = {source} }}\n"
        (place,) = resolved(text, base)
        assert place.exists()
        assert resolved(moved(text, base, there), there) == [place]


def test_a_default_root_is_named_where_it_is_there(base: Path) -> None:
    there = base.parent / "runs" / "1"
    texts = ["MNIST()", "CIFAR10(fine=1)", 'SVHN(root="models")']
    before = "fit 1\n\n" + "".join(f"data d{n} {{ source = {text} }}\n" for n, text in enumerate(texts))
    assert moved(before, base, there).count("root=") == 1
    (base / "data").mkdir()
    assert moved(before, base, there) == (
        'fit 1\n\ndata d0 { source = MNIST(root="../../specs/data") }\n'
        'data d1 { source = CIFAR10(fine=1, root="../../specs/data") }\n'
        'data d2 { source = SVHN(root="../../specs/models") }\n'
    )


def test_a_text_moves_there_and_back(base: Path) -> None:
    text = 'fit 1\n\nlet a = ["w.pt", "package", "teachers:big", "models/nets:big", "models"]\n'
    there = base.parent / "runs" / "1"
    there.mkdir(parents=True)
    assert moved(moved(text, base, there), there, base) == text


def test_a_function_has_a_folder_where_one_is_named() -> None:
    assert Factory.read("a/b/c.d:e") == ("a/b", "c.d", "e")
    assert Factory.read("c:e") == ("", "c", "e")
    assert [Factory.read(text) for text in ("c", "c:", "a/:e", "c:e:f", "/:e")] == [None] * 5
    assert [Factory("a", "b", "c").inside(folder) for folder in ("", ".", "../d")] == ["b:c", "b:c", "../d/b:c"]

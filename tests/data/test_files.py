"""Where files are looked for, how missing ones are fetched, and what is said when they cannot be."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pooch  # type: ignore[import-untyped]
import pytest
from formats import write_mnist

from fitdsl.data import files
from fitdsl.data.base import Dataset, Download, Files
from fitdsl.data.datasets import CIFAR10, CIFAR100, MNIST, SVHN, FashionMNIST, Npz
from fitdsl.data.files import locate
from fitdsl.data.unusable import Unusable

SITE: dict[str, bytes] = {}


class _Site:
    """Stands for pooch's HTTP client: serves `SITE`, and like a real one fails with an OSError."""

    def __init__(self, progressbar: files._Bar, chunk_size: int) -> None:
        self.bar = progressbar

    def __call__(self, url: str, output_file: str, pooch: object, check_only: bool = False) -> None:
        if url not in SITE:
            raise OSError(f"no route to\n{url}")
        Path(output_file).write_bytes(SITE[url])
        self.bar.total = len(SITE[url])
        self.bar.update(len(SITE[url]))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    SITE.clear()
    monkeypatch.setattr(pooch, "HTTPDownloader", _Site)
    monkeypatch.delenv("FITDSL_DATA", raising=False)


def _publish(url: str, content: bytes) -> Download:
    SITE[url] = content
    return Download(url, hashlib.sha256(content).hexdigest())


def _archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"../outside/{name}.bin")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    files = Files(("a.gz",), root="r", folders=("sub", "."), standard=(str(tmp_path / "standard"),))
    monkeypatch.setenv("FITDSL_DATA", os.pathsep.join(map(str, (one, two))))
    places = [
        tmp_path / "standard/a.gz",
        two / "r/a",
        two / "a.gz",
        one / "sub/a",
        tmp_path / "r/a",
        tmp_path / "r/sub/a",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        assert locate(files, tmp_path, owner="X") == {"a.gz": place}


def test_missing_files_are_fetched_whole_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = _publish("http://x/a.gz", b"first"), _publish("http://x/b.gz", b"second")
    files = Files(("a.gz", "b.gz"), root="r", folders=("raw",), downloads=(first, second))
    (tmp_path / "r/raw").mkdir(parents=True)
    (tmp_path / "r/raw/a").write_bytes(b"here already")
    found = locate(files, tmp_path, owner="X")
    assert {name: path.read_bytes() for name, path in found.items()} == {"a.gz": b"here already", "b.gz": b"second"}
    assert sorted(path.name for path in (tmp_path / "r/raw").iterdir()) == ["a", "b.gz"]
    assert capsys.readouterr().err == "fetching http://x/b.gz\n"


def test_an_archive_gives_only_what_is_wanted_and_writes_nowhere_else(tmp_path: Path) -> None:
    archive = _publish("http://x/all.tar.gz", _archive(train=b"t", test=b"e", other=b"o"))
    files = Files(("train.bin", "test.bin"), folders=("batches",), downloads=(archive,))
    found = locate(files, tmp_path, owner="X")
    assert {name: path.read_bytes() for name, path in found.items()} == {"train.bin": b"t", "test.bin": b"e"}
    everything = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert everything == ["batches", "batches/test.bin", "batches/train.bin"]


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    download = _publish("http://x/a.gz", b"published")
    SITE["http://x/a.gz"] = b"tampered with"
    with pytest.raises(Unusable) as refused:
        locate(Files(("a.gz",), downloads=(download,)), tmp_path, owner="X")
    assert refused.value.notes[1].startswith("fetching failed: SHA256 hash of downloaded file (a.gz) does not match")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_archive(tmp_path: Path) -> None:
    archive = _publish("http://x/all.tar.gz", _archive(train=b"t")[:-20])
    with pytest.raises(Unusable) as refused:
        locate(Files(("train.bin",), downloads=(archive,)), tmp_path, owner="X")
    assert refused.value.message == "`X` lacks `train.bin`"
    assert refused.value.notes[1].startswith("fetching failed: ")


def test_without_a_network_one_message_says_what_is_missing_and_where(tmp_path: Path) -> None:
    write_mnist(tmp_path / "data")
    (tmp_path / "data/t10k-images-idx3-ubyte.gz").unlink()
    (tmp_path / "data/t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(Unusable) as refused:
        locate(MNIST().files, tmp_path, owner="MNIST")
    raw, plain = tmp_path / "data/MNIST/raw", tmp_path / "data"
    assert refused.value.code == "FIT6003"
    assert refused.value.message == "`MNIST` lacks `t10k-images-idx3-ubyte.gz`, `t10k-labels-idx1-ubyte.gz`"
    assert refused.value.notes == (
        f"looked in `{raw}`, `{plain}`",
        "fetching failed: no route to https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
    )
    assert refused.value.help == f"put them into `{raw}`, or set FITDSL_DATA to the folder that holds them"


def test_files_that_nobody_publishes(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as refused:
        locate(Npz(path="x/a.npz", shape=(1,), classes=2).files, tmp_path, owner="Npz")
    assert refused.value.message == "`Npz` lacks `x/a.npz`"
    assert refused.value.notes == (f"looked in `{tmp_path}`",)
    assert refused.value.help == f"put it into `{tmp_path}`, or set FITDSL_DATA to the folder that holds it"


@pytest.mark.parametrize("source", [MNIST(), FashionMNIST(), CIFAR10(), CIFAR100(), SVHN()])
def test_every_published_file_has_a_checksum(source: Dataset) -> None:
    assert source.files.downloads
    for download in source.files.downloads:
        assert len(bytes.fromhex(download.sha256)) == 32
        assert download.name.endswith(".tar.gz") or download.name in source.files.names

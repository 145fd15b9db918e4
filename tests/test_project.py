"""What ships is whole: the wheel holds every file, works outside the repository, and installs what was tested."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {"fitdsl": ROOT / "fitdsl", "fitdsl/grammars": ROOT / "grammars"}
SHIPPED = {".py", ".typed", ".lark", ".json", ".md", ".fit", ".css", ".js"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def shipped_files() -> Iterator[str]:
    """The files a wheel must hold, as they are called inside it."""
    for package, folder in SOURCES.items():
        files = (path for path in folder.rglob("*") if path.suffix in SHIPPED and path.is_file())
        yield from (f"{package}/{path.relative_to(folder).as_posix()}" for path in files)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that nothing an earlier build left behind can slip in."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("fitdsl", "grammars"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder, folder / "source"], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    inside = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == set(shipped_files())


def test_the_wheel_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    ZipFile(wheel).extractall(tmp_path / "site")
    shutil.copy(ROOT / "specs" / "digits.fit", tmp_path)
    program = "import sys, fitdsl.cli; print(fitdsl.__file__); fitdsl.cli.main(['check', 'digits.fit'])"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.splitlines()[0]) == tmp_path / "site" / "fitdsl" / "__init__.py"


def test_every_package_is_listed() -> None:
    packages = {str(Path(name).parent).replace("/", ".") for name in shipped_files() if name.endswith("/__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages


def test_every_dependency_has_a_tested_version() -> None:
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], *PROJECT["build-system"]["requires"]]
    missing = {name for want in wanted for name in re.findall(r"^[\w-]+", want.lower()) if name not in pinned}
    assert missing == set()


@pytest.mark.parametrize("path", sorted(SOURCES["fitdsl"].rglob("*.py")), ids=lambda path: path.stem)
def test_imports_stand_at_the_top(path: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    inner = [node for function in functions for node in ast.walk(function)]
    assert [node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)] == []

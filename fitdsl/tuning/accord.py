"""Whether the machines of a cluster have the same Python, Ray and fitdsl as the driver, or no trial may start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import distributions
from platform import python_version_tuple
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ..backend.refusal import refusal
from ..diagnostics import FitError

Versions = Mapping[str, str]

ANSWER_S = 60.0
"""How long a machine may take to say what it has; it may have to start a process for that."""


def check_accord() -> None:
    """Hold that all machines of the connected cluster have the same versions as this one.

    Raises:
        FitError: Some have others (FIT5037).
    """
    here = _asker()()
    notes = [note for node in _nodes() for note in _differences(node, here)]
    if notes:
        raise other_versions([f"here: {_listed(here)}", *notes])


def other_versions(notes: list[str]) -> FitError:
    """The finding that machines have other versions."""
    helps = ["install the same versions on all machines of the cluster, or begin the search from one of them"]
    return refusal("FIT5037", "not all machines of the cluster have the same versions", notes=notes, helps=helps)


def _nodes() -> list[dict[str, Any]]:
    every: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node for node in every if node["Alive"]]


def _differences(node: Mapping[str, Any], here: Versions) -> Iterator[str]:
    """What one machine has that is not as it is here; nothing of a machine that has just been lost."""
    there_only = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    asked: Any = ray.remote(num_cpus=0, max_retries=0)(_asker()).options(scheduling_strategy=there_only)
    try:
        there: Versions = ray.get(asked.remote(), timeout=ANSWER_S)
    except RayTaskError as error:
        yield f"{node['NodeManagerAddress']}: {str(error).strip().splitlines()[-1]}"
        return
    except RayError:
        return
    if others := {name: value for name, value in there.items() if value != here[name]}:
        yield f"{node['NodeManagerAddress']}: {_listed(others)}"


def _asker() -> Callable[[], Versions]:
    """A function that says what its machine has. It travels as a whole, as fitdsl may not be there."""

    def versions() -> Versions:
        found = {"Python": ".".join(python_version_tuple()[:2])}
        for name in ("ray", "fitdsl"):
            found[name] = next((one.version for one in distributions(name=name)), "none")
        return found

    return versions


def _listed(versions: Versions) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())

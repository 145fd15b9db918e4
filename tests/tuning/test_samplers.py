"""What samplers propose: feasible, new, reproducible, over whole domains, and better as they learn."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import islice
from math import log10, nan
from pathlib import Path
from statistics import mean

import pytest
from spaces import FakeSpace

from fitdsl.space import samplers as declared
from fitdsl.space.domains import Choices, Continuous, Lists, Steps
from fitdsl.tuning.points import Point
from fitdsl.tuning.samplers import Proposer, proposer

SAMPLERS: Mapping[str, declared.Sampler] = {
    "random": declared.Random(seed=1),
    "tpe": declared.Tpe(seed=1),
    "nsga2": declared.Nsga2(seed=1, population=6),
    "evolution": declared.Evolution(seed=1, population=6, sample=3),
}
LEARNING = ["tpe", "nsga2", "evolution"]
EVERY = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)

MIXED = FakeSpace(
    {
        "width": Steps(16, 64, 16),
        "rate": Continuous(1e-4, 1e-1, log=True),
        "share": Continuous(0.0, 1.0),
        "kind": Choices(("plain", "bottleneck")),
        "widths": Lists(Steps(4, 12, 4), 3),
        "blocks": Lists(Choices(('"a, b"', "f(a, b)")), 2),
    }
)
SWITCHED = FakeSpace(
    {
        "squeeze": Steps(1, 4, 1),
        "inner": Steps(1, 3, 1),
        "kind": Choices(("plain", "bottleneck")),
        "gate": Choices(("on", "off")),
    },
    switches={"squeeze": ("kind", "bottleneck"), "inner": ("gate", "on"), "gate": ("kind", "bottleneck")},
    defaults={"kind": "bottleneck", "gate": "on", "squeeze": "1", "inner": "1"},
)
GRID_OF_36 = {"width": Steps(1, 6, 1), "depth": Steps(1, 6, 1)}


def proposals(
    sampler: declared.Sampler,
    space: FakeSpace,
    count: int,
    value: Callable[[Point], tuple[float, ...] | None] = lambda point: (0.0,),
) -> list[Point]:
    """What is proposed if each student is trained before the next is; no value is a refusal."""
    found: list[Point] = []
    goals = len(value({**space.defaults, **space.draw(1, 0)[0]}) or (0.0,))
    made = proposer(sampler, space, goals)
    while len(found) < count and (point := made.propose()) is not None:
        found.append(point)
        tell(made, point, value(point))
    return found


def tell(made: Proposer, point: Point, values: tuple[float, ...] | None) -> None:
    if values is None:
        made.refused(point)
    else:
        made.learned(point, values)


@EVERY
def test_the_same_seed_and_answers_give_the_same_proposals(sampler: declared.Sampler) -> None:
    def value(point: Point) -> tuple[float] | None:
        return None if point["kind"] == "plain" else (float(point["share"]),)

    first, second = proposals(sampler, MIXED, 30, value), proposals(sampler, MIXED, 30, value)
    other = proposals(sampler.model_copy(update={"seed": 2}), MIXED, 30, value)
    assert first == second
    assert first != other


@EVERY
def test_proposals_are_values_of_their_domains_and_reach_both_ends(sampler: declared.Sampler) -> None:
    found = proposals(sampler, MIXED, 300)
    assert {point["width"] for point in found} == {"16", "32", "48", "64"}
    assert {point["kind"] for point in found} == {"plain", "bottleneck"}
    assert {item for point in found for item in point["widths"][1:-1].split(", ")} == {"4", "8", "12"}
    both = ('"a, b"', "f(a, b)")
    assert {point["blocks"] for point in found} == {f"[{one}, {other}]" for one in both for other in both}
    assert all(1e-4 <= float(point["rate"]) <= 1e-1 for point in found)
    assert all(0 <= float(point["share"]) <= 1 for point in found)


@pytest.mark.parametrize("word", LEARNING)
@pytest.mark.parametrize("way", [1, -1])
def test_an_optimum_at_an_end_is_found(word: str, way: int) -> None:
    def value(point: Point) -> tuple[float]:
        return (way * (float(point["share"]) + log10(float(point["rate"])) + int(point["width"]) / 16),)

    best = max(proposals(SAMPLERS[word], MIXED, 200, value), key=value)
    assert best["width"] == ("64" if way > 0 else "16")
    assert float(best["share"]) == pytest.approx(1 if way > 0 else 0, abs=0.05)
    assert log10(float(best["rate"])) == pytest.approx(-1 if way > 0 else -4, abs=0.25)


@pytest.mark.parametrize("word", LEARNING)
def test_what_is_learned_counts(word: str) -> None:
    def value(point: Point) -> tuple[float]:
        return (-abs(float(point["share"]) - 0.7) + int(point["width"]) / 64,)

    found = [value(point)[0] for point in proposals(SAMPLERS[word], MIXED, 120, value)]
    blind = [value(point)[0] for point in proposals(SAMPLERS["random"], MIXED, 120, value)]
    assert mean(found[-40:]) > mean(blind) + 0.2


@pytest.mark.parametrize("word", ["nsga2", "evolution"])
def test_several_goals_are_all_pursued(word: str) -> None:
    def value(point: Point) -> tuple[float, float]:
        share = float(point["share"])
        return (-abs(share - 0.4), -abs(share - 0.6))

    late = [float(point["share"]) for point in proposals(SAMPLERS[word], MIXED, 150, value)[-50:]]
    assert mean(0.35 <= share <= 0.65 for share in late) > 0.5
    assert min(late) < 0.45
    assert max(late) > 0.55


@EVERY
def test_a_param_without_a_say_is_not_proposed(sampler: declared.Sampler) -> None:
    found = proposals(sampler, SWITCHED, 40)
    assert {frozenset(point) for point in found} <= {
        frozenset({"kind"}),
        frozenset({"kind", "squeeze", "gate"}),
        frozenset({"kind", "squeeze", "gate", "inner"}),
    }
    assert all(point.keys() == SWITCHED.active(point) for point in found)


@pytest.mark.parametrize("word", ["tpe", "nsga2"])
def test_a_param_without_a_say_never_reaches_optuna(word: str) -> None:
    made = proposer(SAMPLERS[word], SWITCHED, 1)
    for _ in range(30):
        point = made.propose()
        if point is not None:
            made.learned(point, (0.0,))
    study = made._study  # type: ignore[attr-defined]
    assert {frozenset(trial.params) for trial in study.trials} == {
        frozenset({"kind[0]"}),
        frozenset({"kind[0]", "squeeze[0]", "gate[0]"}),
        frozenset({"kind[0]", "squeeze[0]", "gate[0]", "inner[0]"}),
    }


@EVERY
def test_every_student_of_a_finite_space_is_proposed(sampler: declared.Sampler) -> None:
    space = FakeSpace(GRID_OF_36, lambda point: int(point["width"]) * int(point["depth"]) <= 12)
    feasible = {tuple(point.values()) for point in space.students()}
    found: list[Point] = []

    def value(point: Point) -> tuple[float] | None:
        return (1.0,) if space.is_feasible(point) and point not in found else None

    made = proposer(sampler, space, 1)
    for _ in range(1000):
        if (point := made.propose()) is None:
            break
        tell(made, point, value(point))
        found.append(point)
    assert {tuple(point[name] for name in GRID_OF_36) for point in found} >= feasible
    assert made.propose() is None or sampler.word in ("tpe", "nsga2")


def test_random_draws_no_point_twice_and_is_uniform() -> None:
    counts = dict.fromkeys(map(str, range(1, 7)), 0)
    for seed in range(60):
        found = proposals(declared.Random(seed=seed), FakeSpace(GRID_OF_36), 12)
        assert len({tuple(point.values()) for point in found}) == 12
        for point in found:
            counts[point["width"]] += 1
    # 720 draws, six widths
    assert sum((count - 120) ** 2 / 120 for count in counts.values()) < 15.1  # chi-square, 5 degrees, 1 %
    assert len(proposals(declared.Random(), FakeSpace(GRID_OF_36), 99)) == 36


def test_grid_is_in_order_and_ends() -> None:
    space = FakeSpace({"width": Steps(1, 3, 1), "depth": Steps(1, 2, 1)}, lambda point: point["width"] != "2")
    found = proposals(declared.Grid(), space, 99)
    assert [tuple(point.values()) for point in found] == [("1", "1"), ("1", "2"), ("3", "1"), ("3", "2")]
    # without a switch's param a point means the same whatever its value
    assert len(proposals(declared.Grid(), SWITCHED, 99)) == 1 + 4 + 4 * 3


@pytest.mark.parametrize("word", ["tpe", "nsga2"])
def test_after_eight_refusals_in_a_row_a_feasible_student_is_drawn(word: str) -> None:
    space = FakeSpace({"a": Steps(1, 1000, 1)}, lambda point: int(point["a"]) <= 40)
    made = proposer(SAMPLERS[word], space, 1)
    refusals = longest = trained = 0
    while trained < 30:
        point = made.propose()
        assert point is not None
        if space.is_feasible(point):
            made.learned(point, (1.0,))
            refusals, trained = 0, trained + 1
        else:
            made.refused(point)
            refusals += 1
            longest = max(longest, refusals)
    assert 1 <= longest <= 8


@pytest.mark.parametrize("word", LEARNING)
def test_several_students_train_at_once_and_one_learns_nothing_from_a_nan(word: str) -> None:
    made = proposer(SAMPLERS[word], MIXED, 1)
    for _ in range(8):
        started = [point for point in (made.propose() for _ in range(4)) if point is not None]
        assert len(started) == 4
        for place, point in enumerate(reversed(started)):
            made.learned(point, (nan if place == 0 else float(point["share"]),))


@pytest.mark.parametrize("word", LEARNING)
def test_results_of_an_earlier_search_can_be_told(word: str) -> None:
    made = proposer(SAMPLERS[word], MIXED, 1)
    for point in islice(MIXED.draw(5, 7), 5):
        made.learned(point, (float(point["share"]),))
    assert made.propose() is not None


THIRD_PARTY = '''
from fitdsl.space.samplers import Sampler
from fitdsl.tuning.samplers import Proposer
from fitdsl.values import Call


class Fixed(Sampler, name="fixed"):
    """Proposes the widest student, once."""

    def lower(self):
        return Call("fixed_sampler.Once", {"width": 6})


class Once(Proposer):
    def __init__(self, space, goals, *, width):
        self.points = [{"width": str(width), "depth": "1"}]

    def propose(self):
        return self.points.pop() if self.points else None
'''
METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: fixed-sampler\nVersion: 1.0\n",
    "entry_points.txt": "[fitdsl.components]\nfixed = fixed_sampler\n",
}


def test_a_sampler_of_another_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    (tmp_path / "fixed_sampler.py").write_text(THIRD_PARTY)
    for name, text in METADATA.items():
        path = tmp_path / "fixed_sampler-1.0.dist-info" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    program = f"""
import sys
sys.path += [{str(tmp_path)!r}, {str(Path(__file__).parents[1])!r}]
from spaces import FakeSpace
from fitdsl.component import find
from fitdsl.tuning.samplers import proposer
made = proposer(find("fixed")(), FakeSpace({{}}), 1)
print(made.propose(), made.propose(), "optuna" in sys.modules, "torch" in sys.modules, "ray" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "{'width': '6', 'depth': '1'} None False False False\n"


def test_the_sampler_of_the_docs_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "samplers.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "climb.py").write_text(code)
    program = f"""
import sys
sys.path += [{str(tmp_path)!r}, {str(Path(__file__).parents[1])!r}]
import climb
import fitdsl
from spaces import FakeSpace
from fitdsl.space.domains import Steps
from fitdsl.tuning.samplers import proposer
made = proposer(climb.Climb(), FakeSpace({{"a": Steps(1, 9, 1), "b": Steps(1, 9, 1)}}), 1)
values = []
for _ in range(40):
    point = made.propose()
    values.append(int(point["a"]) + int(point["b"]))
    made.learned(point, (values[-1],))
print(sum(values[20:]) > sum(values[:20]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"

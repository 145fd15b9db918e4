"""Which params matter: how much of the variance of the students' scores each of them explains by itself.

The measure is epsilon squared of a one-way analysis of variance: the share of the variance that lies between groups of
students with like values, less what so many groups explain by chance. Interactions of params are in nobody's share.
Source: Kelley 1935, "An unbiased correlation ratio measure"; functional ANOVA (Hutter et al. 2014) has the same main
effects for a model of the scores.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from statistics import fmean

from ...dataclass import dataclass

FEWEST = 10
"""Of fewer students nothing is said."""
GROUPS = 4
"""Groups of values of a param that has more different values than `DIFFERENT`."""
DIFFERENT = 6
SHUFFLES = 200


@dataclass(frozen=True)
class Importance:
    """What a param explains.

    Attributes:
        share: Of the variance, from 0 to 1.
        chance: The share that 95 of 100 params without any effect stay below.
        groups: How many groups of values were compared.
    """

    name: str
    share: float
    chance: float
    groups: int


def importances(values: Mapping[str, Sequence[float]], scores: Sequence[float]) -> list[Importance]:
    """What each param explains, the largest share first.

    Args:
        values: By param the number of each student's value, in the order of `scores`.
        scores: One for each student.
    """
    generator = random.Random(0)
    shuffled = [generator.sample([*scores], len(scores)) for _ in range(SHUFFLES)]
    found = [_importance(name, grouped(known), scores, shuffled) for name, known in values.items()]
    return sorted(found, key=lambda one: -one.share)


def _importance(
    name: str, groups: Sequence[int], scores: Sequence[float], shuffled: Sequence[Sequence[float]]
) -> Importance:
    by_chance = sorted(explained(groups, other) for other in shuffled)
    return Importance(name, explained(groups, scores), by_chance[round(0.95 * len(by_chance))], len(set(groups)))


def grouped(values: Sequence[float]) -> list[int]:
    """The group of each value: one for each where there are few, else four of equal size by rank."""
    different = sorted(set(values))
    if len(different) <= DIFFERENT:
        return [different.index(value) for value in values]
    ordered = sorted(values)
    bounds = [ordered[place * len(ordered) // GROUPS] for place in range(1, GROUPS)]
    ranks = [sum(value >= bound for bound in bounds) for value in values]
    # where many values are equal, a group may be empty
    known = sorted(set(ranks))
    return [known.index(rank) for rank in ranks]


def explained(groups: Sequence[int], scores: Sequence[float]) -> float:
    """Epsilon squared of scores in groups, which are numbered from 0: 0 where all scores are equal, or all alone."""
    counts = [groups.count(group) for group in range(max(groups) + 1)]
    mean, free = fmean(scores), len(scores) - len(counts)
    total = sum((score - mean) ** 2 for score in scores)
    if total <= 1e-18 * max(mean * mean, 1.0) or not free:
        return 0.0
    sums = [0.0] * len(counts)
    for group, score in zip(groups, scores, strict=True):
        sums[group] += score - mean
    between = sum(one * one / count for one, count in zip(sums, counts, strict=True))
    within = max(total - between, 0.0) / free
    return max((between - (len(counts) - 1) * within) / total, 0.0)

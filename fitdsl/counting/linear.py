"""Sums of costs with factors, and what floats make of them.

The checker works in whole numbers, which are exact, and in floats, which round. So a sum is known together with whether
it is what the checker has, to the last digit, and if not, whether that at least only rises, or only falls, with a cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction

from ..dataclass import dataclass
from ..semantics.functions import LARGEST

Sum = tuple[str, str]
"""A student and a kind of cost."""
EXACT = 2**53
"""All whole numbers up to here are floats."""


class NotLinear(Exception):
    """A requirement is no bound on a sum of costs, or not one that the checker would have exactly."""


@dataclass(frozen=True)
class Linear:
    """A sum of costs with factors, and a number.

    Attributes:
        most: The largest it can be, without its sign.
        binary_places: How many places it has behind the point, written in base 2.
        is_float: Whether the checker has it as a float.
        is_exact: Whether the checker has no other number.
        trend: 1 where what the checker has never falls when a cost rises, -1 where it never rises, 0 if not known.
    """

    number: Fraction
    factors: Mapping[Sum, Fraction] = field(default_factory=dict)
    most: Fraction = Fraction()
    binary_places: int = 0
    is_float: bool = False
    is_exact: bool = True
    trend: int = 0

    @classmethod
    def of_number(cls, value: float) -> Linear:
        """A number."""
        number = Fraction(value)
        places = number.denominator.bit_length() - 1
        return cls(number, most=abs(number), binary_places=places, is_float=isinstance(value, float))

    @classmethod
    def of_cost(cls, sum: Sum, most: int) -> Linear:
        """A cost of a student, which is at most so much."""
        return cls(Fraction(), {sum: Fraction(1)}, Fraction(most), trend=1)

    def plus(self, other: Linear, sign: int = 1) -> Linear:
        """The sum of this one and another one, or their difference.

        Raises:
            NotLinear: It may be too large a number.
        """
        zero = Fraction()
        sums = {*self.factors, *other.factors}
        factors = {s: self.factors.get(s, zero) + sign * other.factors.get(s, zero) for s in sums}
        trends = {side.trend * by for side, by in ((self, 1), (other, sign)) if side.factors}
        made = Linear(
            self.number + sign * other.number,
            {sum: factor for sum, factor in factors.items() if factor},
            self.most + other.most,
            max(self.binary_places, other.binary_places),
            self.is_float or other.is_float,
            trend=trends.pop() if len(trends) == 1 else 0,
        )
        return made._rounded(self, other)

    def times(self, number: Linear) -> Linear:
        """A multiple.

        Raises:
            NotLinear: It may be too large a number.
        """
        return self._scaled(number.number, number, number.binary_places, self.is_float or number.is_float)

    def over(self, number: Linear) -> Linear:
        """A quotient, which is always a float.

        Raises:
            NotLinear: It may be too large a number, or the number is 0.
        """
        if not number.number:
            raise NotLinear
        divisor = number.number.numerator
        is_shift = divisor & (abs(divisor) - 1) == 0 if divisor > 0 else -divisor & (-divisor - 1) == 0
        made = self._scaled(1 / number.number, number, abs(divisor).bit_length() - 1, True)
        return made if is_shift else replace(made, is_exact=False)

    def _scaled(self, factor: Fraction, number: Linear, binary_places: int, is_float: bool) -> Linear:
        made = Linear(
            self.number * factor,
            {sum: one * factor for sum, one in self.factors.items() if factor},
            self.most * abs(factor),
            self.binary_places + binary_places,
            is_float,
            trend=self.trend * ((factor > 0) - (factor < 0)),
        )
        return made._rounded(self, number)

    def _rounded(self, *made_of: Linear) -> Linear:
        """The same, with whether floats can hold it and what it is made of."""
        if self.most >= LARGEST:
            raise NotLinear
        parts = (*made_of, self) if self.is_float else ()
        is_held = all(part.most * 2**part.binary_places <= EXACT for part in parts)
        return replace(self, is_exact=is_held and all(part.is_exact for part in made_of))

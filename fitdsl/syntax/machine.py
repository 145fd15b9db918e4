"""The LALR machine with its stack open to view, so that recovery can try words out and take steps back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from .builder import Make, Parts, makers
from .table import Table, load
from .words import Word

END = "$END"
_LISTS = ("_items", "_settings", "_statements")


@cache
def _makers() -> tuple[Make, ...]:
    return makers(load().rules)


class Machine:
    """One run of the parser over a text.

    Attributes:
        states: The stack of states, the present one last.
        values: What has been made of the symbols between them.
    """

    def __init__(self) -> None:
        self.table: Table = load()
        self.states: list[int] = [0]
        self.values: Parts = []

    @property
    def state(self) -> int:
        """The state on top of the stack."""
        return self.states[-1]

    @property
    def height(self) -> int:
        """How many states the stack has."""
        return len(self.states)

    def feed(self, word: Word) -> bool:
        """Take a word; False if it cannot stand here (the stack has then only been reduced)."""
        while (target := self.table.states[self.states[-1]].get(word.type)) is not None:
            if target >= 0:
                self.states.append(target)
                self.values.append(word)
                return True
            self._reduce(-1 - target)
        return False

    def finish(self, end: Word) -> Parts:
        """Take the end of the text, which can stand here, and give all items."""
        while self.states[-1] != self.table.end:
            self._reduce(-1 - self.table.states[self.states[-1]][end.type])
        items: Parts = self.values[-1]
        return items

    def _reduce(self, number: int) -> None:
        rule = self.table.rules[number]
        if rule.method is None:
            self.states[-1] = self.table.states[self.states[-2]][rule.origin]
            return
        parts = self.values[len(self.values) - rule.size :]
        del self.states[len(self.states) - rule.size :], self.values[len(self.values) - rule.size :]
        self.states.append(self.table.states[self.states[-1]][rule.origin])
        self.values.append(_makers()[number](parts))

    def accepts(self, type: str) -> bool:
        """Whether a word of this type could stand here."""
        return self._after(self.states, type) is not None

    def accepted(self) -> frozenset[str]:
        """The types of all words that could stand here."""
        return frozenset(
            type for type in self.table.states[self.state] if (type.isupper() or type == END) and self.accepts(type)
        )

    def takes(self, types: Sequence[str]) -> bool:
        """Whether words of these types could stand here one after another; a keyword may be meant as a name."""
        stack: list[int] | None = self.states
        for type in types:
            if stack is None:
                return False
            stack = self._after(stack, type) or (self._after(stack, "NAME") if type in self.table.keywords else None)
        return stack is not None

    def unwind(self, height: int) -> None:
        """Go back to the innermost block, opened at this height, keeping the statements that are complete."""
        stack = self.states
        if len(stack) > height and self._is_list(stack[height - 1], stack[height]):
            height += 1
        self.cut(height)

    def cut(self, height: int) -> None:
        """Go back to an open bracket, forgetting what stands in it."""
        del self.states[height:], self.values[height - 1 :]

    def would_close(self, height: int, type: str) -> bool:
        """Whether a closing bracket could stand right behind the one opened at this height."""
        return self._after(self.states[:height], type) is not None

    def in_network(self, height: int) -> bool:
        """Whether the block opened at this height holds the lines of a network."""
        return "_statements" in self.table.states[self.states[height - 1]]

    def at_list(self) -> bool:
        """Whether the last thing on the stack is a list of complete statements."""
        stack = self.states
        return len(stack) > 1 and self._is_list(*stack[-2:])

    def _is_list(self, below: int, state: int) -> bool:
        actions = self.table.states[below]
        return any(actions.get(name) == state for name in _LISTS)

    def _after(self, stack: list[int], type: str) -> list[int] | None:
        """The stack after a word, or None if the word cannot stand there; the given stack stays as it is."""
        states = self.table.states
        stack = list(stack)
        while (target := states[stack[-1]].get(type)) is not None:
            if target >= 0:
                return [*stack, target]
            rule = self.table.rules[-1 - target]
            del stack[len(stack) - rule.size :]
            stack.append(states[stack[-1]][rule.origin])
            if type == END and stack[-1] == self.table.end:
                return stack
        return None

"""The LALR machine with its stack open to view, so that recovery can try words out and take steps back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from lark import Token, UnexpectedToken
from lark.parsers.lalr_analysis import Reduce
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from .builder import Parts, callbacks
from .table import Table, load
from .words import Word

END = "$END"
_LISTS = ("_items", "_settings", "_statements")


@cache
def _conf() -> ParseConf[int]:
    table = load()
    return ParseConf(table.parse_table, cast(Any, callbacks(table.methods)), "start")


class Machine:
    """One run of the parser over a text."""

    def __init__(self) -> None:
        self.table: Table = load()
        self.parser: ParserState[int] = ParserState(_conf(), cast(Any, None))

    @property
    def state(self) -> int:
        """The state on top of the stack."""
        return self.parser.position

    @property
    def height(self) -> int:
        """How many states the stack has."""
        return len(self.parser.state_stack)

    def feed(self, word: Word) -> bool:
        """Take a word; False if it cannot stand here (the stack has then only been reduced)."""
        try:
            self.parser.feed_token(cast(Token, word))
        except UnexpectedToken:
            return False
        return True

    def finish(self, end: Word) -> Parts:
        """Take the end of the text, which can stand here, and give all items."""
        return cast(Parts, self.parser.feed_token(cast(Token, end), is_end=True))

    def accepts(self, type: str) -> bool:
        """Whether a word of this type could stand here."""
        return self._after(self.parser.state_stack, type) is not None

    def accepted(self) -> frozenset[str]:
        """The types of all words that could stand here."""
        return frozenset(
            type
            for type in self.table.parse_table.states[self.state]
            if (type.isupper() or type == END) and self.accepts(type)
        )

    def takes(self, types: Sequence[str]) -> bool:
        """Whether words of these types could stand here one after another; a keyword may be meant as a name."""
        stack: list[int] | None = self.parser.state_stack
        for type in types:
            if stack is None:
                return False
            stack = self._after(stack, type) or (self._after(stack, "NAME") if type in self.table.keywords else None)
        return stack is not None

    def unwind(self, height: int) -> None:
        """Go back to the innermost block, opened at this height, keeping the statements that are complete."""
        stack = self.parser.state_stack
        if len(stack) > height and self._is_list(stack[height - 1], stack[height]):
            height += 1
        self.cut(height)

    def cut(self, height: int) -> None:
        """Go back to an open bracket, forgetting what stands in it."""
        del self.parser.state_stack[height:], self.parser.value_stack[height - 1 :]

    def would_close(self, height: int, type: str) -> bool:
        """Whether a closing bracket could stand right behind the one opened at this height."""
        return self._after(self.parser.state_stack[:height], type) is not None

    def in_network(self, height: int) -> bool:
        """Whether the block opened at this height holds the lines of a network."""
        return "_statements" in self.table.parse_table.states[self.parser.state_stack[height - 1]]

    def at_list(self) -> bool:
        """Whether the last thing on the stack is a list of complete statements."""
        stack = self.parser.state_stack
        return len(stack) > 1 and self._is_list(*stack[-2:])

    def _is_list(self, below: int, state: int) -> bool:
        actions = self.table.parse_table.states[below]
        return any(actions[name][1] == state for name in _LISTS if name in actions)

    def _after(self, stack: list[int], type: str) -> list[int] | None:
        """The stack after a word, or None if the word cannot stand there; the given stack stays as it is."""
        states = self.table.parse_table.states
        stack = list(stack)
        while type in states[stack[-1]]:
            action, target = states[stack[-1]][type]
            if action is not Reduce:
                return [*stack, target]
            if target.expansion:
                del stack[-len(target.expansion) :]
            stack.append(states[stack[-1]][target.origin.name][1])
            if type == END and stack[-1] == self.parser.parse_conf.end_state:
                return stack
        return None

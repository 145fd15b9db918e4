"""The one formatting of a spec: comments stay, and the `=` of neighbouring lines stand under one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import nodes
from .breaking import INDENT, Breaker, Item, Place
from .rows import row_of, runs
from .spelling import OR, spell_body
from .words import write_string


def print_spec(spec: nodes.Spec) -> str:
    """The text of a spec; reading it back gives an equal spec."""
    lines = _comments(spec.trivia.leading, 0)
    lines.append(_with_comment(f"fit {spec.edition}", spec.trivia.trailing))
    if spec.declarations:
        lines += ["", *_statements(spec.declarations, 0)]
    lines += _comments(spec.trivia.dangling, 0)
    return "\n".join(lines) + "\n"


def _statements(statements: Sequence[nodes.Commented], indent: int) -> Iterator[str]:
    """The lines of some statements."""
    texts = [" " * indent + text for text in _aligned(statements, indent)]
    columns = _comment_columns(statements, texts)
    apart = False
    for index, (statement, text) in enumerate(zip(statements, texts, strict=True)):
        leading = statement.trivia.leading
        block = indent == 0 and "\n" in text
        if index > 0 and (block or apart) and leading[:1] != (None,):
            yield ""
        yield from _comments(leading if index > 0 else _without_blank(leading), indent)
        yield _with_comment(text, statement.trivia.trailing, columns[index])
        apart = block


def _aligned(statements: Sequence[nodes.Commented], indent: int) -> Iterator[str]:
    """The text of each statement, neighbouring rows aligned."""
    for run in runs(statements, indent):
        rows = [row_of(statement) for statement in run]
        heads = max((len(row.head) for row in rows if row), default=0)
        values = max((row.value_width for row in rows if row), default=0)
        for statement, row in zip(run, rows, strict=True):
            yield row.text(_BREAKER, indent, (heads, values)) if row else _declaration(statement, indent)


def _comment_columns(statements: Sequence[nodes.Commented], texts: Sequence[str]) -> list[int]:
    """For each statement, how wide its line is made before a comment, so that comments of neighbours align."""
    columns = [0] * len(statements)
    start = 0
    for index, (statement, text) in enumerate(zip(statements, texts, strict=True)):
        if statement.trivia.trailing is None or statement.trivia.leading or "\n" in text:
            start = index
        if statement.trivia.trailing is not None and "\n" not in text:
            widest = max(len(text) for text in texts[start : index + 1] if "\n" not in text)
            columns[start : index + 1] = [widest] * (index + 1 - start)
        else:
            start = index + 1
    return columns


def _declaration(statement: nodes.Commented, indent: int) -> str:
    match statement:
        case nodes.Use(path):
            return f"use {write_string(path.value)}"
        case nodes.Flow(None, value):
            return _BREAKER.value(value, Place(indent, indent))
        case nodes.Network():
            return _network(statement)
        case nodes.Block(name, parameters, body):
            return f"{_header(f'block {name}', map(_parameter, parameters))} {_body(body)}"
        case nodes.Hint():
            return _hint(statement, indent)
        case nodes.Data(name, settings):
            return f"data {name} {_braces(settings, statement.trivia, indent)}"
        case nodes.Stage(name, after, settings):
            order = f" after {', '.join(map(str, after))}" if after else ""
            return f"stage {name}{order} {_braces(settings, statement.trivia, indent)}"
        case nodes.Search(settings):
            return f"search {_braces(settings, statement.trivia, indent)}"
    raise TypeError(f"not a statement: {statement!r}")


def _network(network: nodes.Network) -> str:
    inputs = [_BREAKER.named(f"{input.name}: ", input.type) for input in network.inputs]
    options = [_BREAKER.named(f"{option.name} = ", option.value) for option in network.options]
    header = _header(f"{network.role} {network.name}", [*inputs, *options])
    weights = f" from {write_string(network.weights.value)}" if network.weights else ""
    return f"{header} {_body(network.body)}{weights}"


def _hint(hint: nodes.Hint, indent: int) -> str:
    place = Place(indent, indent)
    text = f"hint {hint.name}: "
    text += f"{_BREAKER.value(hint.teacher, place.after(text), OR)} guides "
    text += _BREAKER.value(hint.student, place.after(text), OR)
    bare = not (hint.settings or hint.trivia.opening or hint.trivia.dangling)
    return text if bare else f"{text} {_braces(hint.settings, hint.trivia, indent)}"


def _parameter(parameter: nodes.Parameter) -> Item:
    if parameter.default is None:
        return lambda place: parameter.name.text
    return _BREAKER.named(f"{parameter.name} = ", parameter.default)


def _header(name: str, items: Iterable[Item]) -> str:
    """What stands before the body of a network or block: names and values, one a line if they are long."""
    items = list(items)
    place = Place(0, 0)
    flat = f"{name}({', '.join(item(place) for item in items)})"
    return flat if place.fits(flat + " {") else name + _BREAKER.bracketed("()", items, place)


def _body(body: nodes.Body) -> str:
    flat = spell_body(body)
    return flat if Place(0, 0).fits(flat) else _block(body, 0)


def _block(body: nodes.Body, indent: int) -> str:
    return _braces(body.statements, body.trivia, indent)


def _braces(statements: Sequence[nodes.Commented], trivia: nodes.Trivia, indent: int) -> str:
    """Statements between braces, a line each."""
    if not (statements or trivia.opening or trivia.dangling):
        return "{}"
    inside = indent + INDENT
    dangling = trivia.dangling if statements else _without_blank(trivia.dangling)
    lines = [_with_comment("{", trivia.opening), *_statements(statements, inside), *_comments(dangling, inside)]
    return "\n".join([*lines, " " * indent + "}"])


def _comments(comments: Iterable[str | None], indent: int) -> list[str]:
    return ["" if comment is None else " " * indent + _comment(comment) for comment in comments]


def _comment(comment: str) -> str:
    return "#" + (comment if comment.startswith("#") or not comment else f" {comment}")


def _with_comment(text: str, comment: str | None, width: int = 0) -> str:
    return text if comment is None else f"{text:<{width}}  {_comment(comment)}"


def _without_blank(lines: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return lines[1:] if lines[:1] == (None,) else lines


_BREAKER = Breaker(_block)

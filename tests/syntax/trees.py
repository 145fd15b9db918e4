"""Random trees of every kind that a text can say, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fitdsl.syntax import nodes as n
from fitdsl.syntax.table import load

_KEYWORDS = frozenset(load().keywords.values())

words = st.from_regex(r"[a-zé_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda word: word not in _KEYWORDS)
identifiers = st.builds(n.Identifier, words)
any_identifiers = identifiers | st.sampled_from(sorted(_KEYWORDS)).map(n.Identifier)
names = st.builds(n.Name, words)
texts = st.builds(n.String, st.text(max_size=8))
integers = st.integers(0, 10**20)
fractions = st.floats(0, allow_nan=False, allow_infinity=False)
numbers = st.builds(n.Number, integers) | st.builds(n.Number, fractions)
leaves: SearchStrategy[n.Expr] = names | numbers | texts | st.builds(n.Boolean, st.booleans())

_OPERATORS = st.sampled_from(("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or"))


def _tuples(items: SearchStrategy[object], least: int = 0) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=3).map(tuple)


def _ranges(value: SearchStrategy[n.Expr]) -> SearchStrategy[n.Range]:
    maybe = st.none() | value
    return st.builds(n.Range, maybe, maybe).filter(lambda node: node.low is not None or node.high is not None)


def bodies(value: SearchStrategy[n.Expr]) -> SearchStrategy[n.Body]:
    """Lines between braces."""
    flows = st.builds(n.Flow, st.none() | identifiers, value)
    return st.builds(n.Body, _tuples(flows | st.builds(n.Let, identifiers, value)), inline=st.booleans())


def _larger(value: SearchStrategy[n.Expr]) -> SearchStrategy[n.Expr]:
    """Values made of smaller ones."""
    slot = value | _ranges(value)
    arguments = st.builds(n.Argument, st.none() | identifiers, slot)
    return st.one_of(
        st.builds(n.List, _tuples(value)),
        st.builds(n.Dict, _tuples(st.builds(n.Entry, value, value))),
        st.builds(n.Unary, st.sampled_from(("-", "+", "not")), value),
        st.builds(n.Binary, _OPERATORS, value, value),
        st.builds(n.Call, value, _tuples(arguments)),
        st.builds(n.Attribute, value, any_identifiers),
        st.builds(n.Index, value, slot),
        st.builds(n.Repeat, st.none() | identifiers, value, bodies(value)),
        st.builds(n.Chain, _tuples(value, 2)),
    )


values = st.recursive(leaves, _larger, max_leaves=12)

choices = st.builds(n.Choice, _tuples(values, 1))
ranges = st.builds(n.RangeDomain, values, values, st.none() | values) | st.builds(
    n.RangeDomain, values, values, log=st.just(True)
)
domains: SearchStrategy[n.Domain] = st.recursive(
    choices | ranges, lambda domain: st.builds(n.Draws, domain, values), max_leaves=2
)

_roles = st.sampled_from(("teacher", "student"))
_settings = _tuples(st.builds(n.Setting, any_identifiers, values))
_named = st.builds(n.Argument, identifiers, values | _ranges(values))

declarations: SearchStrategy[n.Declaration] = st.one_of(
    st.builds(n.Use, texts),
    st.builds(n.Let, identifiers, values),
    st.builds(n.Param, identifiers, values, st.none() | domains),
    st.builds(n.Data, any_identifiers, _settings),
    st.builds(
        n.Network,
        _roles,
        identifiers,
        _tuples(st.builds(n.Input, identifiers, values)),
        _tuples(_named),
        bodies(values),
        st.none() | texts,
    ),
    st.builds(n.External, _roles, identifiers, values),
    st.builds(
        n.Block,
        identifiers,
        _tuples(st.builds(n.Parameter, identifiers, st.none() | values | _ranges(values))),
        bodies(values),
    ),
    st.builds(n.Hint, identifiers, values, values, _settings),
    st.builds(n.Stage, identifiers, _tuples(identifiers), _settings),
    st.builds(n.Search, _settings),
)

specs = st.builds(n.Spec, st.just(1), _tuples(declarations))

"""Every name is declared once and every use of a name has a declaration, found without evaluating anything.

This also reads blocks that nobody calls, and so finds in a library what evaluation would meet only in its users.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, get_args

from ..diagnostics import Label, Reporter
from ..source import Span
from ..syntax import nodes
from ..syntax.walk import children, walk
from ..values import Mode

Named = nodes.Let | nodes.Param | nodes.Data | nodes.Network | nodes.External | nodes.Block | nodes.Hint

ROLES = ("teacher", "student")
# fmt: off
MODULE_ATTRIBUTES = frozenset((
    "add_module", "add_submodule", "apply", "bfloat16", "buffers", "call_super_init", "children", "code", "compile",
    "cpu", "cuda", "delete_all_unused_submodules", "delete_submodule", "double", "dump_patches", "eval",
    "extra_repr", "float", "forward", "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "graph",
    "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
    "named_parameters", "parameters", "print_readable", "recompile", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
))
# fmt: on
"""Names that a `torch.nn.Module` or `torch.fx.GraphModule` has already, so that no layer can be called so."""


MOST_ADVISED = 50
"""Behind so many findings nobody reads which name may have been meant, and looking for it takes time."""


def declared(spec: nodes.Spec, reporter: Reporter) -> Mapping[str, Named]:
    """The named declarations of a linked spec; a second declaration of a name is reported and left out."""
    found: dict[str, Named] = {}
    for declaration in spec.declarations:
        if isinstance(declaration, Named) and _is_new(declaration.name, found.get(declaration.name.text), reporter):
            found[declaration.name.text] = declaration
    return found


def stages(spec: nodes.Spec, reporter: Reporter) -> Mapping[str, nodes.Stage]:
    """The stages of a linked spec by name; they have names of their own, apart from values."""
    found: dict[str, nodes.Stage] = {}
    for declaration in spec.declarations:
        if isinstance(declaration, nodes.Stage) and _is_new(
            declaration.name, found.get(declaration.name.text), reporter
        ):
            found[declaration.name.text] = declaration
    return found


def searches(spec: nodes.Spec, reporter: Reporter) -> tuple[nodes.Search, ...]:
    """The search of a linked spec, if it has one; a second one is reported and left out."""
    found = [declaration for declaration in spec.declarations if isinstance(declaration, nodes.Search)]
    for second in found[1:]:
        reporter.error(
            "FIT1002",
            second.span,
            "`search` is declared twice",
            labels=(Label(found[0].span, "first declared here"),),
            helps=("a spec has one search; take the other away",),
        )
    return tuple(found[:1])


def _is_new(name: nodes.Identifier, first: Named | nodes.Stage | None, reporter: Reporter) -> bool:
    if first is not None:
        reporter.error(
            "FIT1002",
            name.span,
            f"`{name}` is declared twice",
            labels=(Label(first.name.span, "first declared here"),),
            helps=("give one of the two another name",),
        )
    return first is None


class Known(Protocol):
    """Names that can be asked for one by one, and what to do about one that is not there."""

    def __contains__(self, name: object, /) -> bool:
        """Whether something is called so."""

    def advice(self, name: nodes.Name, visible: Collection[str], declaration: nodes.Declaration, /) -> tuple[str, ...]:
        """Help on a name that means nothing where it stands; `visible` is what is bound around it."""


def check_names(spec: nodes.Spec, known: Known, reporter: Reporter) -> None:
    """Report every name that is used and not declared.

    Args:
        spec: A linked spec.
        known: Top-level and built-in names.
        reporter: Told of the findings.
    """
    for declaration in spec.declarations:
        _NameChecker(known, reporter, declaration).check()


def unused_params(spec: nodes.Spec) -> Iterator[nodes.Param]:
    """The params that nothing reads; `vary` does not count."""
    used = {node.id for node in _readers(spec) if isinstance(node, nodes.Name)}
    yield from (d for d in spec.declarations if isinstance(d, nodes.Param) and d.name.text not in used)


def _readers(spec: nodes.Spec) -> Iterator[nodes.Node]:
    for declaration in spec.declarations:
        for node in children(declaration):
            if not (isinstance(node, nodes.Setting) and node.name.text == "vary"):
                yield from walk(node)


@dataclass(frozen=True)
class _NameChecker:
    known: Known
    reporter: Reporter
    declaration: nodes.Declaration

    def check(self) -> None:
        match declaration := self.declaration:
            case nodes.Block():
                self.block(declaration)
            case nodes.Network():
                for part in declaration.inputs:
                    self.names(part, frozenset())
                for option in declaration.options:
                    is_mode = option.name is not None and option.name.text == "mode"
                    self.names(option, frozenset(get_args(Mode) if is_mode else ()))
                for item in declaration.inputs:
                    self.name_in_python(item.name, "input")
                inputs = {item.name.text: item.name.span for item in declaration.inputs}
                self.body(declaration.body, frozenset(), inputs)
            case nodes.Search():
                for setting in declaration.settings:
                    if setting.name.text != "vary":
                        self.names(setting, frozenset())
            case _:
                self.names(declaration, frozenset())

    def block(self, block: nodes.Block) -> None:
        parameters: dict[str, Span] = {}
        for parameter in block.parameters:
            if parameter.default is not None:
                self.names(parameter.default, frozenset(parameters))
            self.bind(parameter.name, parameters)
        self.body(block.body, frozenset({"input"}), parameters)

    def body(self, body: nodes.Body, outer: frozenset[str], local: Mapping[str, Span]) -> None:
        bound = dict(local)
        below = {name.text for statement in body.statements if (name := _bound(statement))}
        for statement in body.statements:
            self.names(statement.value, outer | bound.keys(), below)
            if name := _bound(statement):
                self.label(name)
                self.bind(name, bound)

    def bind(self, name: nodes.Identifier, bound: dict[str, Span]) -> None:
        if name.text in bound:
            self.reporter.error(
                "FIT1002",
                name.span,
                f"`{name}` is declared twice",
                labels=(Label(bound[name.text], "first declared here"),),
                helps=("give one of the two another name",),
            )
        bound.setdefault(name.text, name.span)

    def label(self, name: nodes.Identifier) -> None:
        is_taken = name.text in MODULE_ATTRIBUTES or name.text.startswith("_")
        self.name_in_python(name, "layer", is_taken=is_taken)

    def name_in_python(self, name: nodes.Identifier, noun: str, *, is_taken: bool = False) -> None:
        """Hold that a name can stand in the Python code of a module, and is read there as it is written."""
        read = name.text if name.text.isascii() else unicodedata.normalize("NFKC", name.text)
        if read != name.text:
            note, help = f"Python reads it as `{read}`", f"write `{read}`"
        elif is_taken or name.text == "self" or keyword.iskeyword(name.text):
            note = "it becomes a name of a PyTorch module, which keeps this one to itself"
            help = f"call it `{name.text.strip('_')}1`"
        else:
            return
        self.reporter.error("FIT1003", name.span, f"no {noun} can be called `{name}`", notes=(note,), helps=(help,))

    def names(self, node: nodes.Node, visible: frozenset[str], below: Collection[str] = ()) -> None:
        match node:
            case nodes.Name():
                self.name(node, visible, below)
            case nodes.Repeat():
                self.names(node.over, visible, below)
                self.body(node.body, visible | ({node.variable.text} if node.variable else set()), {})
            case nodes.Index() if isinstance(node.index, nodes.Range):
                self.names(node.value, visible, below)
            case nodes.Entry() if isinstance(node.key, nodes.Name):
                self.names(node.value, visible, below)
            case _:
                for child in children(node):
                    self.names(child, visible, below)

    def name(self, name: nodes.Name, visible: frozenset[str], below: Collection[str]) -> None:
        if name.id in visible or name.id in self.known:
            return
        helps: tuple[str, ...] = (f"`{name.id}` is made further below; move that line up",)
        if name.id not in below:
            is_one_of_many = len(self.reporter.diagnostics) > MOST_ADVISED
            helps = () if is_one_of_many else self.known.advice(name, visible, self.declaration)
        self.reporter.error("FIT1001", name.span, f"nothing is called `{name.id}`", helps=helps)


def _bound(statement: nodes.Statement) -> nodes.Identifier | None:
    return statement.name if isinstance(statement, nodes.Let) else statement.label

"""One object that answers every question about a text, each phase at most once and only when asked for.

The command line, the trainer, the editor and the tests all ask a `Compilation`; none of them chains phases itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .diagnostics import Diagnostic, FitError, Reporter, Severity
from .graph.model import Network
from .late import late
from .program.build import Built, Vocabulary, build
from .program.model import Program
from .program.search import Searches, SearchSettings
from .semantics.apart import Certain, certain
from .semantics.link import link
from .semantics.names import check_names, searches, unused_params
from .source import Source
from .space.params import (
    Domains,
    ParamInfo,
    Point,
    pacing_params,
    params,
    params_read,
    read_point,
    resolve,
    shaping_params,
)
from .syntax import nodes
from .syntax.parser import parse
from .syntax.printer import print_spec
from .syntax.reading import load_source
from .syntax.walk import free

if TYPE_CHECKING:
    from .counting.space import Space


@dataclass(frozen=True, eq=False)
class Compilation:
    """A text and what follows from it.

    Attributes:
        source: The text.
        path: Its file, against which `use` and weights are relative; None for a text that has no file.
        point: Values for some of its params, as Python values or as texts in the language (`--set width=0.75`).
        include: Further folders in which `use` may look.
    """

    source: Source
    path: Path | None = None
    point: Mapping[str, Any] = field(default_factory=dict)
    include: tuple[Path, ...] = ()
    _base: Compilation | None = field(default=None, repr=False)
    _known: dict[frozenset[str], Mapping[str, Network]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def open(cls, path: Path | str, *, set: Mapping[str, Any] | None = None, include: Sequence[Path] = ()) -> Self:
        """The compilation of a file.

        Raises:
            FitError: The file cannot be read as a spec's text.
        """
        reporter = Reporter()
        source = load_source(Path(path), reporter)
        if source is None:
            raise FitError(reporter.diagnostics)
        return cls(source, Path(path), dict(set or {}), tuple(include))

    @property
    def name(self) -> str:
        """Name of the spec: its file's, without the ending; of a text that has no file, its own if that is a word."""
        if self.path:
            return self.path.stem
        return self.source.name if self.source.name.isidentifier() else "spec"

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found wrong, from syntax to search, in the order of the phases."""
        return tuple(self._checked.reporter.diagnostics)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found that makes a program impossible."""
        return not self._checked.reporter.has_errors

    @property
    def used(self) -> frozenset[Path]:
        """The files it uses, directly or not."""
        return self._checked.used

    @cached_property
    def tree(self) -> nodes.Spec:
        """The tree as written; what could not be understood is left out."""
        return parse(self.source, Reporter())

    @property
    def program(self) -> Program:
        """The program at this point.

        Raises:
            FitError: The spec is not sound.
        """
        return self._sound.built.program

    @property
    def sketch(self) -> Program:
        """The program at this point as far as it is known, for drawings: networks that do not check have their faults.

        Raises:
            FitError: The spec is not sound, and no network of it is known at all.
        """
        built = self._checked.built
        known = {**built.declarations.sketches, **built.program.networks}
        if not known:
            return self.program
        ordered = {name: known[name] for name in built.declarations.named if name in known}
        return replace(built.program, networks=ordered)

    @property
    def params(self) -> Mapping[str, ParamInfo]:
        """The params at this point, by name.

        Raises:
            FitError: The spec is not sound.
        """
        return self._sound.params

    @property
    def search(self) -> SearchSettings | None:
        """What the search block says, if there is one.

        Raises:
            FitError: The spec is not sound.
        """
        return self._sound.search

    @property
    def resolved(self) -> str:
        """The text at this point: everything used written in, params replaced by values, no search.

        Raises:
            FitError: The spec is not sound.
        """
        return print_spec(resolve(self._sound.linked, self._sound.point))

    @cached_property
    def space(self) -> Space:
        """The students that the varied params span: all that shape a student, or those of them that `vary` names.

        Raises:
            FitError: The spec is not sound.
        """
        checked = self._sound
        varied = checked.params if checked.search is None else checked.search.vary
        turned = [checked.params[name] for name in shaping_params(checked.linked) if name in varied]
        turned = [param for param in turned if param.domain is not None]
        counting = late("counting.space")
        is_countable = all(param.size is not None for param in turned)
        ground = late("counting.ground").Ground(checked.linked, checked.point, self.name, turned)
        space: Space = counting.Space(ground if is_countable else None)
        return space

    def at(self, point: Mapping[str, str]) -> Compilation:
        """The same text at another point; it is not read again.

        Args:
            point: Values of some params as texts in the language; the others stay as they are.
        """
        return replace(self, point={**self.point, **point}, _base=self._base or self)

    def standing(self, point: Mapping[str, str]) -> Standing:
        """What the spec says at another point of its space.

        Much faster than another compilation, as nothing is read anew but the values.

        Args:
            point: Values of some params as texts in the language; the others stay as they are.

        Raises:
            FitError: The spec is not sound at its own point.
        """
        checked, reporter = self._sound, Reporter()
        values = read_point(point, params(checked.linked), reporter)
        spec = resolve(checked.linked, {**checked.point, **values})
        known, is_named = self._untouched(frozenset(values)), not any(map(free, values.values()))
        built = build(spec, self.name, reporter, known=known, is_named=is_named)
        domains = Domains(built.declarations.evaluator)
        infos = {name: domains.info(checked.params[name].declaration, values) for name in values}
        if reporter.has_errors:
            return Standing(None, is_feasible=False)
        reader = Searches(built.declarations, infos)
        is_met = all(reader.is_met(block) for block in searches(checked.linked, reporter))
        return Standing(built, is_feasible=is_met and not reporter.has_errors)

    def built_at(self, point: Mapping[str, str]) -> Built | None:
        """What the spec says at another point; None where it is not sound or meets a requirement not."""
        standing = self.standing(point)
        return standing.built if standing.is_feasible else None

    @property
    def shaping(self) -> frozenset[str]:
        """The params that shape a student.

        Raises:
            FitError: The spec is not sound.
        """
        return frozenset(shaping_params(self._sound.linked))

    @cached_property
    def linked(self) -> str:
        """The text with everything it uses written in, params and search as they are.

        Raises:
            FitError: The spec is not sound.
        """
        return print_spec(self._sound.linked)

    @cached_property
    def space_diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the space: of no matter to training, but to a search. Nothing if the spec is not sound."""
        if not self.is_sound or not any(p.domain for p in self._checked.params.values()):
            return ()
        return tuple(late("counting.findings").findings(self.space))

    @property
    def search_diagnostics(self) -> tuple[Diagnostic, ...]:
        """What a search has to know: `diagnostics` and `space_diagnostics`, without what the latter say better."""
        found = self.space_diagnostics
        is_empty = any(finding.severity is Severity.ERROR for finding in found)
        return (*(d for d in self.diagnostics if not (is_empty and d.code == "FIT5005")), *found)

    def _untouched(self, moved: frozenset[str]) -> Mapping[str, Network]:
        """The networks that depend on none of some params."""
        if moved not in self._known:
            linked = self._sound.linked
            written = [d for d in linked.declarations if isinstance(d, nodes.Network | nodes.External)]
            still = [d.name.text for d in written if moved.isdisjoint(params_read(linked, [d]))]
            self._known[moved] = {name: self.program.networks[name] for name in still}
        return self._known[moved]

    @property
    def _sound(self) -> _Checked:
        checked = self._checked
        if checked.reporter.has_errors:
            raise FitError(checked.reporter.diagnostics)
        return checked

    @cached_property
    def _checked(self) -> _Checked:
        try:
            return self._check((self._base or self)._reading)
        except RecursionError:
            reporter = Reporter()
            message = "names, blocks or files of this spec lead through one another more deeply than can be followed"
            reporter.error("FIT0010", self.source.span(0, 0), message)
            return replace(self, point={})._check(self._read(nodes.Spec(1, ()), reporter))

    @cached_property
    def _reading(self) -> _Reading:
        reporter = Reporter()
        return self._read(parse(self.source, reporter), reporter)

    def _read(self, spec: nodes.Spec, reporter: Reporter) -> _Reading:
        linking = link(spec, self.path, self.include, reporter)
        sure = certain(linking.spec, self.source, reporter.diagnostics)
        return _Reading(linking.used, sure, tuple(reporter.diagnostics))

    def _check(self, reading: _Reading) -> _Checked:
        reporter, sure = Reporter(), reading.sure
        for finding in reading.found:
            reporter.add(finding)
        linked, known = sure.spec, params(sure.spec)
        is_read, before = not reporter.has_errors, len(reporter.diagnostics)
        given = {name: value for name, value in self.point.items() if name not in sure.lost}
        point = read_point(given if linked.declarations else self.point, known, reporter)
        if len(reporter.diagnostics) > before:
            # what is said at a point that is none would be reported as wrong
            linked, known = replace(linked, declarations=()), {}
        before = len(reporter.diagnostics)
        built = build(resolve(linked, point), self.name, reporter, sure.lost)
        domains = Domains(built.declarations.evaluator)
        infos = {name: domains.info(param, point) for name, param in known.items()}
        stages = [] if reporter.has_errors else list(built.program.stages.values())
        last = stages[-1] if stages else None
        pacing = frozenset(pacing_params(linked, last.name) if last else ())
        reader = Searches(built.declarations, infos, last, pacing)
        blocks = searches(linked, reporter)
        check_names(replace(linked, declarations=blocks), Vocabulary.of(built.declarations), reporter)
        settings = [reader.read(block) for block in blocks]
        found = reporter.diagnostics[before:]
        # what a value outside its domain does to the rest of the spec is no finding of its own
        reporter.diagnostics[before:] = [finding for finding in found if finding.code == "FIT5003"] or found
        for param in unused_params(linked) if is_read else ():
            reporter.warning(
                "FIT1013",
                param.name.span,
                f"nothing reads the param `{param.name}`",
                helps=("use it, or take it away: a search would vary it for nothing",),
            )
        return _Checked(reading.used, linked, point, built, infos, settings[0] if settings else None, reporter)


@dataclass(frozen=True, eq=False)
class Standing:
    """How a spec stands at a point of its space.

    Attributes:
        built: What it says there; None where it is not sound.
        is_feasible: Whether it is sound and meets every requirement of its search.
    """

    built: Built | None
    is_feasible: bool


@dataclass(frozen=True, eq=False)
class _Reading:
    """What a text says before its params have values: files it uses, its declarations, and what was found so far."""

    used: frozenset[Path]
    sure: Certain
    found: tuple[Diagnostic, ...]


@dataclass(frozen=True, eq=False)
class _Checked:
    """What all phases together make of a text."""

    used: frozenset[Path]
    linked: nodes.Spec
    point: Point
    built: Built
    params: Mapping[str, ParamInfo]
    search: SearchSettings | None
    reporter: Reporter

"""What must hold of the layers that a stage runs, beyond shapes: they train, and mean what the losses take them for.

Each check is a function that yields what it found; `LAYER_CHECKS` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnostics import Diagnostic, Severity
from ..graph.model import Layer, Network, full_address
from ..losses.base import Reads
from .model import Hint
from .stagechecks import StageInContext, finding


def outputs_are_logits(at: StageInContext) -> Iterator[Diagnostic]:
    """Losses that make probabilities of outputs are not given probabilities."""
    for term in at.plan.terms:
        read = {term.student} if Reads.LOGITS in term.term.loss.reads else set()
        read |= {*term.teachers} if Reads.TEACHER_LOGITS in term.term.loss.reads else set()
        for name in sorted(read):
            last = _output_layer(at.networks[name])
            if last is not None and last.op.gives_probabilities:
                message = f"`{term.name}` takes logits, and makes probabilities of them; `{name}` gives probabilities"
                help = f"take `{last.op.word}()` away from the end of `{name}`"
                yield finding("FIT4016", at.span("loss", term.term.loss.word), message, help, severity=Severity.WARNING)


def _output_layer(network: Network) -> Layer | None:
    graph = network.graph
    return None if network.source is not None else graph.layers.get(graph.output)


def hints_reach_what_leads_to_them(at: StageInContext) -> Iterator[Diagnostic]:
    """No layer that leads to a guided one stays at its random start."""
    taught = dict.fromkeys(at.hints[hint].student for hint in at.plan.hints)
    for name in taught if at.is_certain else ():
        network, learning = at.networks[name], at.plan.trains.get(name, frozenset())
        trained = learning.union(*(stage.trains.get(name, ()) for stage in at.ancestors()))
        layers = network.graph.layers
        left = [a for a in layers if a in at.plan.runs[name] and layers[a].cost.weights and a not in trained]
        if left and learning and not network.is_trained:
            layer = full_address(name, left[0])
            message = f"`{layer}` keeps its random start: stage `{at.plan.name}` needs it and does not train it"
            hint = next((hint for hint in at.plan.hints if left[0] in _leading_to(at.hints[hint], network)), None)
            help = (
                f"train all that leads to what the hint guides: `{name}[..{hint}]`"
                if hint
                else f"train all of `{name}`"
            )
            yield finding("FIT4017", at.span("train"), message, help, severity=Severity.WARNING)


def _leading_to(hint: Hint, student: Network) -> frozenset[str]:
    return student.graph.ancestors(hint.guided) if hint.student == student.name else frozenset()


def batches_can_be_normalised(at: StageInContext) -> Iterator[Diagnostic]:
    """A batch norm has more than one number a channel to take a mean of."""
    batch = min(at.plan.settings.batch or at.data.batch, at.data.training_examples or at.data.batch)
    for name, learning in at.plan.trains.items() if batch == 1 else ():
        layers = at.networks[name].graph.layers
        for address in layers:
            op, type = layers[address].op, layers[address].type
            if address in learning and op.averages_batch and type.size == type.shape[0]:
                layer = full_address(name, address)
                message = f"`{layer}` has one number a channel in a batch of 1, and a mean needs several"
                help = "take a larger `batch`, or `LayerNorm()`"
                yield finding("FIT4018", at.span("batch"), message, help)
                break


def tokens_are_embedded(at: StageInContext) -> Iterator[Diagnostic]:
    """What reads tokens is an embedding with a vector for each, and no embedding reads anything else."""
    for name in at.plan.runs:
        if at.networks[name].source is None:
            yield from _misread_tokens(at, at.networks[name])


def _misread_tokens(at: StageInContext, network: Network) -> Iterator[Diagnostic]:
    vocab, source = at.data.source.signature.vocab, at.data.source.word
    graph = network.graph
    tokens = set(graph.inputs)
    for layer in graph.layers.values():
        is_given = not tokens.isdisjoint(layer.inputs)
        if is_given and layer.op.tokens == "kept":
            tokens.add(layer.address)
            continue
        name, is_reader = f"`{full_address(network.name, layer.address)}`", layer.op.tokens == "read"
        vectors = dict(layer.op).get("num_embeddings")
        if is_reader and not is_given:
            message, help = f"{name} takes tokens, and is given other numbers", "put it first, where the data flow in"
        elif is_reader and vocab is None:
            message, help = f"{name} takes tokens, and `{source}` gives real numbers", "take `Linear` instead"
        elif vectors is not None and vocab is not None and vectors < vocab:
            message = f"{name} has {vectors:,} vectors for {vocab:,} tokens"
            help = f"give it one for each: `Embedding({vocab}, …)`"
        elif vocab is not None and is_given and not is_reader:
            message = f"{name} takes real numbers, and `{source}` gives tokens"
            help = f"make vectors of them first: `Embedding({vocab}, …)`"
        else:
            continue
        yield finding("FIT4019", layer.span, message, help)
        return


LAYER_CHECKS: tuple[Callable[[StageInContext], Iterator[Diagnostic]], ...] = (
    outputs_are_logits,
    hints_reach_what_leads_to_them,
    batches_can_be_normalised,
    tokens_are_embedded,
)

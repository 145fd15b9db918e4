"""Losses that compare a network with the labels."""

from typing import Annotated, ClassVar

from pydantic import Field

from ..values import Call, NetworkRef
from .base import Loss, Reads


class CrossEntropy(Loss, name="ce"):
    """Cross-entropy of softmax(logits) against the labels, mean over the batch: [n, classes], [n] -> scalar.

    Source: torch.nn.functional.cross_entropy; label smoothing as in Szegedy et al. 2016, section 7.
    """

    reads: ClassVar = (Reads.LOGITS, Reads.TARGETS)
    source: ClassVar = "torch.nn.functional.cross_entropy"
    # softmax of (ln 3, 0) is (3/4, 1/4): the loss is ln 4 - ln 3 for label 0
    example: ClassVar = ("ce()", {"logits": [[1.0986122886681098, 0.0]], "targets": [0]}, 0.28768207245178096)

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of each label spread over all classes"
    )
    student: NetworkRef | None = Field(None, description="the network it trains, where a stage trains several")

    @property
    def taught(self) -> NetworkRef | None:
        return self.student

    def lower(self) -> Call:
        return Call("torch.nn.functional.cross_entropy", {"label_smoothing": self.label_smoothing})

"""Texts that the syntax tests share, and short ways to read them."""

from __future__ import annotations

from pathlib import Path

from fitdsl.diagnostics import Reporter
from fitdsl.source import Source
from fitdsl.syntax.nodes import Spec
from fitdsl.syntax.parser import parse

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.fit"))

EXPERIMENT = """\
# FitNet 2 taught by a maxout network on CIFAR-10 (Romero et al., ICLR 2015).
fit 1

use "blocks/maxout.fit"                         # mconv, mfc

param width = 1.0  in {0.75, 1.0, 1.25}         # a default, then every legal value
param lr    = 5e-3 in log(1e-4 .. 1e-2)
param tau   = 3.0  in 2.0 .. 6.0

data cifar10 {
  source  = CIFAR10(root="data")                # its input shape and classes follow from it
  split   = {train: 40_000, val: 10_000}
  prepare = [GCN(scale=55), ZCA(bias=0.1)]      # once, fitted on the training split
  augment = [RandomCrop(32, padding=4), RandomHorizontalFlip()]   # every epoch, reproducible
  batch   = 128
}

teacher maxout(image: cifar10.input) {
  c1 = mconv(96,  k=8, padding=4) -> MaxPool2d(4, stride=2, ceil_mode=true)
  c2 = mconv(192, k=8, padding=3) -> MaxPool2d(4, stride=2, ceil_mode=true)
  c3 = mconv(192, k=5, padding=3) -> MaxPool2d(2, stride=2, ceil_mode=true)
  Flatten() -> mfc(500)
  logits = Linear(cifar10.classes)
} from "runs/maxout/best.safetensors"           # without `from`, a stage of this file trains it

student fitnet2(image: cifar10.input) {
  s1 = repeat w in [16, 32, 32]  { mconv(width * w) } -> MaxPool2d(2)
  s2 = repeat w in [48, 64, 80]  { mconv(width * w) } -> MaxPool2d(2)
  s3 = repeat w in [96, 96, 128] { mconv(width * w) } -> MaxPool2d(8)
  Flatten() -> mfc(500)
  logits = Linear(cifar10.classes)
}

hint mid: teacher.c2 guides student.s2 {
  regressor = conv()                            # its kernel follows from the two shapes
  loss      = mse()
}

stage hints {
  train     = student[..s2]                     # W_guided, plus the regressor
  loss      = hint(mid)
  optimizer = RMSprop(lr=lr, alpha=0.9)
  epochs    = 500
  stop      = patience(val.loss, 100)
}

stage distil after hints {
  train     = student
  loss      = ce() + ramp(4, 1, epochs=5..400) * kd(temperature=tau)
  optimizer = RMSprop(lr=lr, alpha=0.9)
  epochs    = 500
  stop      = patience(val.error, 100)
}

search {
  vary      = [width, lr, tau]
  maximize  = val.accuracy
  require   = [params(student) <= 1M, macs(student) <= 110M]
  sampler   = tpe(trials=64, seed=0)
  scheduler = asha(max_epochs=60, grace=5)
  trial     = {gpus: 0.25, cpus: 2}
}
"""

STRUCTURE = """\
fit 1

block basic(out, stride = 1, act = ReLU) {       # ResNet basic block
  main = input -> Conv2d(out, 3, stride=stride, padding=1, bias=false) -> BatchNorm2d() -> act()
               -> Conv2d(out, 3, padding=1, bias=false) -> BatchNorm2d()
  skip = input -> Conv2d(out, 1, stride=stride, bias=false) -> BatchNorm2d()
  main + skip -> act()                           # the last line is the result
}

param unit   = basic in {basic, bottleneck}      # a block or an op is a value, so structure can be searched
param act    = ReLU  in {ReLU, GELU, Hardswish}
param depth  = 3     in 1..6
param widths = [16, 32, 64] in [16..64 step 16] * 3   # a list of three independent draws

student res(image: [3, 32, 32]) {
  stem = Conv2d(16, 3, padding=1)
  body = repeat depth { unit(16, act=act) } -> unit(32, stride=2) -> repeat 2 { unit(32) }
  [body, stem -> AvgPool2d(2)] -> Concat()       # merge by a list
  AdaptiveAvgPool2d(1) -> Flatten()
  logits = Linear(10)
}
"""

CORPUS = {
    "experiment": EXPERIMENT,
    "structure": STRUCTURE,
    **{str(path.relative_to(path.parents[1])): path.read_text(encoding="utf-8") for path in SPECS},
}


def read(text: str) -> tuple[Spec, list[str]]:
    """The tree of a text, and its findings as comparable lines: `2:7 FIT0001 expected …  (help)`."""
    reporter = Reporter()
    spec = parse(Source("x.fit", text), reporter)
    lines = []
    for finding in reporter.diagnostics:
        line, column = finding.span.source.position(finding.span.start)
        helps = "".join(f"  ({help})" for help in finding.helps)
        lines.append(f"{line}:{column} {finding.code} {finding.message}{helps}")
    return spec, lines


def parsed(text: str) -> Spec:
    """The tree of a text without mistakes; its first line need not be `fit 1`."""
    spec, lines = read(text if text.startswith(("fit ", "#", "\ufeff")) else f"fit 1\n{text}")
    assert lines == []
    return spec


def found(text: str) -> list[str]:
    """The findings of a text; its first line need not be `fit 1`."""
    return read(text if text.startswith("fit ") else f"fit 1\n{text}")[1]

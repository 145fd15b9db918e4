"""Layers that have the right shapes and yet do not train, or do not mean what the losses take them for."""

from __future__ import annotations

import pytest
from findings import found

STAGE = "stage learn {\n  train = s\n  loss = LOSS\n  optimizer = SGD(lr=0.1)\n  epochs = 1\n}\n"


def of(body: str, *, source: str = "Digits()", batch: int = 4, loss: str = "ce()") -> list[str]:
    """The findings of a student with a body, on line 7 and on, trained in batches."""
    data = f"data d {{\n  source = {source}\n  batch = {batch}\n}}\n"
    return found(f"{data}student s(x: d.input) {{\n{body}\n}}\n{STAGE.replace('LOSS', loss)}")


TOKENS = "Synthetic([12], 10, vocab=9, examples=90, test=9)"


def test_probabilities_are_no_logits() -> None:
    warning = "FIT4016 `ce` takes logits, and makes probabilities of them; `s` gives probabilities"
    assert of("Flatten() -> Linear(10) -> Softmax()") == [
        f"11:10 {warning}  (take `Softmax()` away from the end of `s`)"
    ]
    assert of("Flatten() -> Softmax() -> Linear(10)") == []


def test_a_teacher_that_gives_probabilities() -> None:
    teacher = 'teacher t(x: d.input) {\nFlatten() -> Linear(10) -> Softmax()\n} from "t.safetensors"\n'
    data = "data d {\n  source = Digits()\n}\n"
    student = "student s(x: d.input) {\nFlatten() -> Linear(10)\n}\n"
    assert [
        line.split("  (")[0] for line in found(data + teacher + student + STAGE.replace("LOSS", "ce() + kd()"))
    ] == ["13:17 FIT4016 `kd` takes logits, and makes probabilities of them; `t` gives probabilities"]


HINTED = """data d {
  source = Digits()
}
teacher t(x: d.input) {
  h = Conv2d(4, 3) -> ReLU()
  Flatten() -> Linear(10)
} from "t.safetensors"
student s(x: d.input) {
  a = Conv2d(4, 1)
  b = BatchNorm2d()
  c = Conv2d(4, 3)
  Flatten() -> Linear(10)
}
hint mid: t.h guides s.c
stage hints {
  train = SELECTED
  loss = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs = 1
}
"""


@pytest.mark.parametrize(
    ("selected", "layer"),
    [("s.a", "c"), ("s.c", "a"), ("s[..b]", "c"), ("s[..mid]", None), ("s[a..mid]", None), ("s[..c]", None)],
)
def test_what_leads_to_a_guided_layer_learns(selected: str, layer: str | None) -> None:
    warning = f"17:11 FIT4017 `s.{layer}` keeps its random start: stage `hints` needs it and does not train it"
    help = "train all that leads to what the hint guides: `s[..mid]`"
    assert found(HINTED.replace("SELECTED", selected)) == ([f"{warning}  ({help})"] if layer else [])


def test_of_several_hints_the_one_that_needs_the_layer_is_named() -> None:
    two = HINTED.replace("hint mid: t.h guides s.c", "hint low: t.h guides s.a\nhint mid: t.h guides s.c")
    spec = two.replace("SELECTED", "s[..low]").replace("loss = hint(mid)", "loss = hint(low) + hint(mid)")
    assert [line.rpartition("guides: ")[2] for line in found(spec) if "FIT4017" in line] == ["`s[..mid]`)"]
    spec = HINTED.replace("SELECTED", "s[..mid]").replace("loss = hint(mid)", "loss = hint(mid) + ce()")
    assert [line.rpartition("  ")[2] for line in found(spec) if "FIT4017" in line] == ["(train all of `s`)"]


def test_what_was_trained_before_may_stay_as_it_is() -> None:
    first = "stage first {\n  train = s\n  loss = ce()\n  optimizer = SGD(lr=0.1)\n  epochs = 1\n}\n"
    after = HINTED.replace("SELECTED", "s.c").replace("stage hints", f"{first}stage hints after first")
    assert found(after) == []


@pytest.mark.parametrize("layers", ["Linear(4) -> BatchNorm1d()", "Reshape([64, 1, 1]) -> BatchNorm2d() -> Flatten()"])
def test_a_batch_of_one_has_no_statistics(layers: str) -> None:
    (finding,) = of(f"Flatten() -> {layers} -> Linear(10)", batch=1)
    assert "has one number a channel in a batch of 1, and a mean needs several" in finding
    assert of(f"Flatten() -> {layers} -> Linear(10)", batch=2) == []


def test_a_batch_of_one_image_has_statistics() -> None:
    assert of("Conv2d(2, 3) -> BatchNorm2d() -> Flatten() -> Linear(10)", batch=1) == []


def test_one_example_to_train_on_is_a_batch_of_one() -> None:
    source = "Synthetic([12], 10, examples=2, test=9)\n  split = {train: 1, val: 1}"
    assert "FIT4018" in of("Linear(4) -> BatchNorm1d() -> Linear(10)", source=source)[0]


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("Linear(10)", "`s[0]` takes real numbers, and `Synthetic` gives tokens  (make vectors of them first: E9)"),
        (
            "Flatten() -> Linear(10)",
            "`s[1]` takes real numbers, and `Synthetic` gives tokens  (make vectors of them first: E9)",
        ),
        (
            "e = Embedding(8, 4)\nFlatten() -> Linear(10)",
            "`s.e` has 8 vectors for 9 tokens  (give it one for each: E9)",
        ),
        ("Embedding(9, 4) -> Flatten() -> Linear(10)", None),
        ("Reshape([12]) -> Embedding(10, 4) -> Flatten() -> Linear(10)", None),
        ("p = Split(2)\n[p[1], p[0]] -> Concat() -> Embedding(9, 4) -> Flatten() -> Linear(10)", None),
    ],
)
def test_tokens_are_embedded(body: str, finding: str | None) -> None:
    expected = [] if finding is None else [f"FIT4019 {finding.replace('E9', '`Embedding(9, …)`')}"]
    assert [line.partition(" ")[2] for line in of(body, source=TOKENS)] == expected


def test_only_tokens_are_embedded() -> None:
    given = "takes tokens, and `Digits` gives real numbers  (take `Linear` instead)"
    assert of("Flatten() -> Embedding(10, 4) -> Flatten() -> Linear(10)") == [f"7:14 FIT4019 `s[1]` {given}"]
    made = "takes tokens, and is given other numbers  (put it first, where the data flow in)"
    assert of("Flatten() -> Linear(4) -> Embedding(10, 4) -> Flatten() -> Linear(10)") == [
        f"7:27 FIT4019 `s[2]` {made}"
    ]

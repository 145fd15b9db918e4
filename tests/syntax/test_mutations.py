"""Whatever happens to a text, it is read to its end, with few findings and never a traceback."""

from __future__ import annotations

import string
from random import Random

import pytest
from corpus import CORPUS, read
from mutations import mutate

from fitdsl.syntax.printer import print_spec

TEXTS = list(CORPUS.values())


def findings_of(seed: int) -> int:
    """How many findings one random mutation of a random text makes; a text without findings survives printing."""
    random = Random(seed)
    spec, lines = read(mutate(random.choice(TEXTS), random))
    assert lines or read(print_spec(spec)) == (spec, [])
    return len(lines)


def check(seeds: range) -> None:
    counts = [findings_of(seed) for seed in seeds]
    assert sum(count > 5 for count in counts) <= len(counts) // 100
    assert sum(count > 1 for count in counts) <= len(counts) // 5


def test_one_mutation_makes_few_findings() -> None:
    check(range(150))


@pytest.mark.slow
def test_each_of_2000_mutations_makes_few_findings() -> None:
    check(range(2000))


@pytest.mark.parametrize("seed", range(20))
def test_many_mutations_at_once_do_no_harm(seed: int) -> None:
    random = Random(seed)
    text = random.choice(TEXTS)
    for _ in range(20):
        text = mutate(text, random)
        read(text)


@pytest.mark.parametrize("seed", range(20))
def test_random_characters_do_no_harm(seed: int) -> None:
    random = Random(seed)
    alphabet = string.printable + 'fit 1\n(){}[]"#->..=,:\x00é\u2028\ufeff'
    read("".join(random.choices(alphabet, k=2000)))


@pytest.mark.parametrize("name", ["experiment", "structure"])
def test_a_text_cut_off_anywhere_has_at_most_one_finding(name: str) -> None:
    text = CORPUS[name]
    counts = [len(read(text[:end])[1]) for end in range(text.index("fit 1") + 5, len(text), 7)]
    assert max(counts) == 1

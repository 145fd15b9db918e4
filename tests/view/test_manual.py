"""Manual pages of components and codes."""

from __future__ import annotations

import pytest

from fitdsl.component import components
from fitdsl.explain import Explanation
from fitdsl.ops.pool import MaxPool2d
from fitdsl.optim.stopping import Patience
from fitdsl.view.manual import component_page, explanation_page, explanations_page, kind_page, kinds, kinds_page
from fitdsl.view.terminal import Display

NARROW = Display(width=60)
PAGE = Explanation("FIT9999", "a bad name", "data are opened", "First.\n\nSecond `word`.", "fit 1\nbad\n", "fit 1\n")


def test_a_component_is_its_own_manual_entry() -> None:
    assert component_page(Patience, NARROW) == (
        "patience(metric, epochs)\n"
        "\n"
        "Stops when `epochs` epochs in a row brought no new best value.\n"
        "\n"
        "Source: Romero et al. 2015, FitNets, appendix A: 100 epochs without improvement of the validation error.\n"
        "\n"
        "  metric  metric on the validation split; a metric such as\n"
        "          `val.error`\n"
        "  epochs  epochs to wait for a new best value; a positive\n"
        "          whole number"
    )


def test_an_op_shows_defaults_and_examples() -> None:
    lines = component_page(MaxPool2d, Display()).splitlines()
    assert lines[0] == "MaxPool2d(kernel_size, stride = none, padding = 0, dilation = 1, ceil_mode = false)"
    assert lines[-1] == f"{MaxPool2d.examples[-1][0]} on {list(MaxPool2d.examples[-1][1])}"


@pytest.mark.parametrize("name", sorted(components()))
def test_every_component_has_a_page(name: str) -> None:
    page = component_page(components()[name], NARROW)
    assert page.startswith(f"{name}(")
    assert components()[name].summary() in page


def test_kinds_are_named_by_their_plurals() -> None:
    found = kinds()
    assert (found["ops"], found["losses"], found["datasets"]) == ("op", "loss", "dataset")
    assert [line.split()[0] for line in kinds_page(NARROW).splitlines()] == list(found)


def test_a_kind_lists_its_components_on_a_line_each() -> None:
    lines = kind_page("stop", NARROW).splitlines()
    assert lines == ["patience  Stops when `epochs` epochs in a row brought no ne…"]


def test_the_page_of_a_code() -> None:
    assert explanation_page(PAGE, NARROW) == (
        "FIT9999: a bad name\n\nFound when data are opened.\n\nFirst.\n\nSecond `word`.\n\n"
        "wrong\n    fit 1\n    bad\n\nright\n    fit 1"
    )


def test_the_list_of_codes() -> None:
    assert explanations_page([PAGE], NARROW) == "FIT9999  a bad name"
    assert explanations_page([], NARROW) == ""


def test_a_list_is_cut_on_a_screen_alone() -> None:
    piped = Display(width=60, is_terminal=False)
    assert kind_page("stop", piped).endswith(Patience.summary())
    assert "…" not in kinds_page(piped) + explanations_page([PAGE], piped)
    assert "…" in kinds_page(NARROW)

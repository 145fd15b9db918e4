"""Charts: scales that hold their values, marks that do not touch, and what is counted beside them."""

from __future__ import annotations

import random
from math import log

import pytest

from fitdsl.view.report.axes import roomy
from fitdsl.view.report.importance import explained, grouped, importances
from fitdsl.view.report.lines import Curve, LineChart, line_chart
from fitdsl.view.report.markup import Html, joined, tag
from fitdsl.view.report.matrix import confusion_view, shade, worst
from fitdsl.view.report.scales import Linear, Log, Ordinal, Scale, brief, percents, short
from fitdsl.view.report.scatter import core, steps


def texts(scale: Scale) -> list[str]:
    return [text for _, text in scale.ticks()]


# Markup ---------------------------------------------------------------------------------------------------------------


def test_what_is_no_markup_is_escaped_once() -> None:
    inner = tag("b", "a < b & 'c'", title='"')
    assert inner == '<b title="&quot;">a &lt; b &amp; &#39;c&#39;</b>'
    assert tag("p", inner, Html("<br/>"), "<br/>") == f"<p>{inner}<br/>&lt;br/&gt;</p>"
    assert joined(["<", inner], ", ") == f"&lt;, {inner}"


def test_attributes_that_are_none_or_no_are_left_out_but_0_is_not() -> None:
    assert tag("line", x1=0, class_="a", hidden=True, id=None, open=False) == '<line x1="0" class="a" hidden/>'


# Scales ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([0.0, 0.9], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([3, 6], ["3", "4", "5", "6"]),
        ([-1.6, 0.4], ["-2.0", "-1.5", "-1.0", "-0.5", "0.0", "0.5"]),
        ([120, 520_000], ["0", "200K", "400K", "600K"]),
        ([2.5], ["2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8"]),
        ([0.0, 0.0], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        ([], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
    ],
)
def test_a_scale_has_round_marks_and_holds_its_values(values: list[float], marks: list[str]) -> None:
    scale = Linear.over(values)
    assert texts(scale) == marks
    assert all(scale.ends[0] <= value <= scale.ends[1] for value in values)
    written = [float(mark.replace("K", "000")) for mark in marks]
    assert [place for place, _ in scale.ticks()] == pytest.approx([scale.place(value) for value in written])


def test_shares_stay_between_0_and_100_percent() -> None:
    assert texts(percents([0.91, 0.998])) == ["90%", "92%", "94%", "96%", "98%", "100%"]
    assert texts(percents([0.9965, 0.9976])) == ["99.65%", "99.70%", "99.75%", "99.80%"]
    for values in ([1.0], [0.0], [0.5], [1.0, 1.0], [0.99999, 1.0]):
        scale = percents(values)
        assert 0 <= scale.ends[0] < scale.ends[1] <= 1
        assert all(0 <= scale.place(value) <= 1 for value in values)


def test_a_logarithmic_scale_has_marks_however_narrow_it_is() -> None:
    assert texts(Log.over([1e-4, 10.0], short)) == ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert texts(Log.over([5_000, 21_000], brief)) == ["5K", "10K", "20K"]
    assert texts(Log.over([79, 147], brief)) == ["81.6", "108", "142"]
    assert len(texts(Log.over([1000, 1001], brief))) == 3
    assert len(texts(Log.over([7], brief))) >= 1
    scale = Log.over([1, 100], short)
    assert scale.place(10) == pytest.approx(0.5)
    assert scale.place(0) == 0


def test_values_that_are_only_told_apart_are_spread() -> None:
    assert Ordinal(("a", "b", "c")).ticks() == ((0.0, "a"), (0.5, "b"), (1.0, "c"))
    assert Ordinal(("a",)).ticks() == ((0.5, "a"),)


def test_marks_that_would_touch_are_left_out() -> None:
    ticks = [(place / 20, "100000") for place in range(21)]
    kept = roomy(ticks, 400)
    assert 2 < len(kept) < 12
    assert kept[0] == ticks[0]


def test_counts_are_brief() -> None:
    assert [brief(value) for value in (7, 5_000, 13_276, 1_200_000, 100)] == ["7", "5K", "13.3K", "1.2M", "100"]
    assert [short(value) for value in (0.00150812, 1e-9, 123456.7)] == ["0.001508", "1e-09", "123,457"]


# Curves ---------------------------------------------------------------------------------------------------------------


def test_a_chart_of_curves_says_in_words_what_it_shows() -> None:
    curves = (Curve("train", {1: 0.5, 2: 0.75}), Curve("val", {2: 0.5}))
    drawn = line_chart(LineChart("accuracy", curves, "share", marked=2, mark="epoch 2 was kept"))
    assert (
        'aria-label="accuracy by epoch: train from 50.00% in epoch 1 to 75.00% in epoch 2, val from 50.00% in epoch 2 '
        'to 50.00% in epoch 2; epoch 2 was kept"'
    ) in drawn
    # one epoch alone is a point
    assert drawn.count("<circle") == 1


def test_numbers_that_are_not_finite_are_no_points() -> None:
    chart = LineChart("loss", (Curve("train", {1: float("nan"), 2: float("inf")}), Curve("val", {1: 1.0})))
    assert [curve.name for curve in chart.known] == ["val"]


# Points ---------------------------------------------------------------------------------------------------------------


def test_the_line_leads_through_those_that_nothing_beats() -> None:
    points = [(3.0, 0.9), (1.0, 0.5), (2.0, 0.4), (2.0, 0.7), (4.0, 0.8)]
    assert steps(points, is_large_good=True) == ((1.0, 0.5), (2.0, 0.5), (2.0, 0.7), (3.0, 0.7), (3.0, 0.9))
    assert steps(points, is_large_good=False) == ((1.0, 0.5), (2.0, 0.5), (2.0, 0.4))
    assert steps([], is_large_good=True) == ()


def test_values_far_off_do_not_press_the_others_together() -> None:
    values = [0.1, 0.95, 0.96, 0.97, 0.98, 0.99]
    assert 0.1 not in core(values, is_large_good=True)
    assert set(values[1:]) <= {*core(values, is_large_good=True)}
    assert sorted(core([0.1, 0.2, 5.0, 0.3, 0.15], is_large_good=False)) == [0.1, 0.15, 0.2, 0.3]
    assert core([0.5] * 9, is_large_good=True) == [0.5] * 9
    assert sorted(core([0.1, 0.9], is_large_good=True)) == [0.1, 0.9]


# Which params matter --------------------------------------------------------------------------------------------------


def test_the_share_of_two_groups_is_that_of_the_formula() -> None:
    # between: 2 * (1.5 - 3.5)^2 * 2 = 16, within: 4 * 0.25 = 1, of 17; (16 - 1 * 1 / 2) / 17
    assert explained([0, 0, 1, 1], [1, 2, 5, 6]) == pytest.approx(15.5 / 17)
    assert explained([0, 0, 1, 1], [1, 1, 1, 1]) == 0
    assert explained([0, 1, 2, 3], [1, 2, 3, 4]) == 0


def test_what_matters_is_told_from_what_does_not() -> None:
    generator = random.Random(3)
    width = [float(generator.choice((2, 4, 8))) for _ in range(80)]
    rate = [10 ** generator.uniform(-3, -1) for _ in range(80)]
    idle = [generator.random() for _ in range(80)]
    scores = [w + 3 * abs(log(r) + 4.6) + generator.gauss(0, 0.3) for w, r in zip(width, rate, strict=True)]
    found = {one.name: one for one in importances({"width": width, "rate": rate, "idle": idle}, scores)}
    assert [*found] == ["width", "rate", "idle"]
    assert found["width"].share > 0.5
    assert found["rate"].share > found["rate"].chance
    assert found["idle"].share <= found["idle"].chance < 0.2
    assert [one.groups for one in found.values()] == [3, 4, 4]


def test_values_are_grouped_by_rank() -> None:
    assert grouped([4.0, 2.0, 4.0]) == [1, 0, 1]
    assert grouped([float(value) for value in range(8)]) == [0, 0, 1, 1, 2, 2, 3, 3]


# Confusions -----------------------------------------------------------------------------------------------------------


def test_the_worst_confusions_come_first() -> None:
    assert worst(((18, 1, 1), (0, 20, 0), (4, 0, 16))) == [(2, 0, 4, 20), (0, 1, 1, 20), (0, 2, 1, 20)]
    shown = confusion_view("net", ((18, 1, 1), (0, 20, 0), (4, 0, 16)))
    assert '<th scope="row">class 2</th><td>class 0</td><td class="n">4</td><td class="n">20.0%</td>' in shown
    assert "all confusions" in shown
    assert "No test example was taken for another class." in confusion_view("net", ((3, 0), (0, 4)))


def test_many_classes_are_a_map() -> None:
    many = [[9 if row == column else int(column == row + 1) for column in range(50)] for row in range(50)]
    shown = confusion_view("net", many)
    assert "confusions of net among 50 classes: 450 of 499 right" in shown
    assert (shown.count("<rect"), "10 worst confusions" in shown) == (99, True)


def test_shades_grow_with_the_share() -> None:
    assert [shade(count, 100) for count in (0, 1, 5, 20, 50, 90)] == [0, 1, 2, 3, 4, 5]
    assert shade(0, 0) == 0

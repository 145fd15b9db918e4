"""Teacher against student: what each costs and reaches, in a sentence and in a table."""

from __future__ import annotations

from collections.abc import Sequence

from ..terminal import counted
from .markup import Column, Html, Row, numbers, table, words
from .model import NetworkFacts, Numbers

COLUMNS = (
    *words("network", "role"),
    Column("weights", about="learnable numbers without biases and norm parameters"),
    Column("fewer", about="how many times fewer than the teacher's"),
    Column("MACs", about="multiply-accumulates of convolutions and linear maps, for one example"),
    Column("fewer", about="how many times fewer than the teacher's"),
    *numbers("params", "activations", "accuracy", "to teacher", "loss", "examples/s", "faster", "trained in"),
)


def ordered(networks: Sequence[NetworkFacts]) -> list[NetworkFacts]:
    """Teachers, then students."""
    return sorted(networks, key=lambda network: network.role != "teacher")


def network_table(networks: Sequence[NetworkFacts]) -> Html:
    """A row for each network; ratios are to the first teacher."""
    known = ordered(networks)
    teacher = next((network for network in known if network.role == "teacher"), None)
    rows = [Row(_cells(network, None if network is teacher else teacher)) for network in known]
    return table(COLUMNS, rows, "measured once, on the test split")


def _cells(network: NetworkFacts, teacher: NetworkFacts | None) -> list[str]:
    cost, test = network.cost, network.test
    told = {
        "weights": _ratio(teacher.cost.weights, cost.weights) if teacher else "",
        "macs": _ratio(teacher.cost.macs, cost.macs) if teacher else "",
        "accuracy": points(test, teacher.test) if teacher else "",
        "speed": _ratio(network.examples_per_s, teacher.examples_per_s) if teacher else "",
    }
    return [
        *(network.name, network.role, f"{cost.weights:,}", told["weights"], f"{cost.macs:,}", told["macs"]),
        *(f"{cost.params:,}", f"{cost.activations:,}", _shown(test, "accuracy"), told["accuracy"]),
        *(_shown(test, "loss"), f"{network.examples_per_s:,.0f}", told["speed"], clock(network.seconds)),
    ]


def _shown(test: Numbers, name: str) -> str:
    value = test.get(name)
    if value is None:
        return "–"
    return f"{value:.2%}" if name == "accuracy" else f"{value:.4f}"


def points(own: Numbers, other: Numbers) -> str:
    """The difference of two accuracies in points of percent: `−1.67`."""
    if "accuracy" not in own or "accuracy" not in other:
        return ""
    return f"{(own['accuracy'] - other['accuracy']) * 100:+.2f}".replace("-", "−")


def _ratio(whole: float, part: float) -> str:
    return f"{whole / part:.3g}×" if part and whole else ""


def sentence(networks: Sequence[NetworkFacts]) -> str:
    """What the student has gained; where there is not one student, each network's accuracy."""
    students = [network for network in networks if network.role == "student"]
    if len(students) != 1:
        each = (f"{network.name} classifies {_shown(network.test, 'accuracy')}" for network in networks)
        return f"{', '.join(each)} of the test split rightly"
    (student,) = students
    teacher = next((network for network in networks if network.role == "teacher"), None)
    told = f"{student.name} classifies {_shown(student.test, 'accuracy')} of the test split rightly"
    told += f" with {counted(student.cost.weights, 'weight')}"
    compared = _compared(student, teacher) if teacher else ""
    return f"{told}: {compared}" if compared else told


def _compared(student: NetworkFacts, teacher: NetworkFacts) -> str:
    """`9.57× fewer than wide, −1.67 points`."""
    fewer, difference = _ratio(teacher.cost.weights, student.cost.weights), points(student.test, teacher.test)
    told = (f"{fewer} fewer than {teacher.name}" if fewer else "", f"{difference} points" if difference else "")
    return ", ".join(filter(None, told))


def clock(seconds: float) -> str:
    """A time: `12.3 s`, `4:05`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"

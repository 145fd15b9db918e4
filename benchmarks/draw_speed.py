"""How long drawing takes: `fit show --format svg` in this process, spec read and checked apart from it.

python benchmarks/draw_speed.py

Prints the seconds that each network takes from its text to a checked graph and from there to its drawing, the best of
three, the size of the file and how many boxes are in it. Nothing runs but the parts that `fit show` runs.
"""

from __future__ import annotations

from time import perf_counter

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.view.drawing.views import svg_view
from fitdsl.view.options import ViewOptions

CHAIN = "repeat w in {widths} {{ Conv2d(w, 3, padding=1) -> ReLU() }}"
RESIDUAL = "repeat w in {widths} {{ x = Conv2d(w, 1)\n y = x -> Conv2d(w, 3, padding=1) -> ReLU()\n x + y }}"


def spec(body: str, count: int) -> str:
    """A student whose parts differ from their neighbours; there are so many in one block that they are bundled."""
    widths = [8 + number % 7 for number in range(count)]
    return f"fit 1\n\nstudent net(image: [8, 8, 8]) {{\n  {body.format(widths=widths)}\n}}\n"


def unlike() -> str:
    """2,000 layers in 20 blocks, no two of which are alike, so that each is a box of its own."""
    widths = [[1 + (block * 53 + layer * 7) % 97 for layer in range(50)] for block in range(20)]
    body = f"repeat ws in {widths} {{ repeat w in ws {{ Conv2d(w, 3, padding=1) -> ReLU() }} }}"
    return f"fit 1\n\nstudent net(image: [8, 8, 8]) {{\n  {body}\n}}\n"


SPECS = {
    "2,000 layers in 20 blocks, all open, a box each": (unlike(), 9),
    "2,000 layers in a chain": (spec(CHAIN, 1000), None),
    "2,000 layers in a chain, all open": (spec(CHAIN, 1000), 9),
    "2,000 layers in blocks of four with a shortcut, all open": (spec(RESIDUAL, 500), 9),
    "10,000 layers in a chain": (spec(CHAIN, 5000), None),
}


def main() -> None:
    """Print a line for each network."""
    for name, (text, depth) in SPECS.items():
        checked, drawn = [], []
        for _ in range(3):
            start = perf_counter()
            compilation = Compilation(Source("net.fit", text))
            compilation.program  # noqa: B018 - a phase that runs when it is asked for
            read = perf_counter()
            document = svg_view(compilation, ViewOptions(depth=depth))
            checked.append(read - start)
            drawn.append(perf_counter() - read)
        size = f"{len(document) / 1000:,.0f} KB, {document.count('<rect')} boxes"
        print(f"{name}: checked in {min(checked):.2f} s, drawn in {min(drawn):.2f} s, {size}")


if __name__ == "__main__":
    main()

"""How fast the page of a large network is in headless Chromium: its first paint, and opening and closing a block.

    python benchmarks/page_speed.py [--rounds 5]

For each network the page is written, opened from its file and driven as a person would. A time begins with the key that
opens a block and ends with the second frame after it, when the block is on the screen. Prints the median of all rounds
and ends with status 1 where one is over its goal. Needs Chromium on this machine, and `playwright` (in `fitdsl[dev]`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests")]

from browsing import launched  # noqa: E402
from draw_speed import CHAIN, RESIDUAL, spec, unlike  # noqa: E402

from fitdsl.compilation import Compilation  # noqa: E402
from fitdsl.source import Source  # noqa: E402
from fitdsl.view.options import ViewOptions  # noqa: E402
from fitdsl.view.page.page import page_view  # noqa: E402

NESTED = "repeat 20 {{ repeat w in {widths} {{ Conv2d(w, 3, padding=1) -> ReLU() }} }}"
ALL_OPEN = "2,000 layers in 20 blocks, all open, a box each"
SPECS = {
    ALL_OPEN: unlike(),
    "2,000 layers in a chain": spec(CHAIN, 1000),
    "2,000 layers in 20 blocks": spec(NESTED, 50),
    "2,000 layers in blocks of four with a shortcut": spec(RESIDUAL, 500),
}
PAINT_S, OPEN_S = 1.0, 0.1

PAINTED = """() => Math.max(
  performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByType("navigation")[0].domComplete,
)"""
"""When something is on the screen, and the script that draws is through."""
TOGGLED = """() => new Promise((done) => {
  const block = document.querySelectorAll("#world .item[aria-expanded]")[WHICH];
  block.focus();
  const began = performance.now();
  block.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
})"""


def main() -> int:
    """Measure, print, and say whether all is as fast as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| network | page | first paint | a block opens or closes |\n|---|---|---|---|")
    is_met = True
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        for name, text in SPECS.items():
            file = Path(folder, "page.html")
            file.write_text(page_view(Compilation(Source("net.fit", text)), ViewOptions()), encoding="utf-8")
            painted, toggled = list[float](), list[float]()
            for _ in range(rounds):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(file.as_uri())
                page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
                painted.append(page.evaluate(PAINTED) / 1000)
                if name == ALL_OPEN:
                    page.keyboard.press("o")
                    page.wait_for_function("() => document.querySelectorAll('#world .item').length > 2000")
                toggled += [page.evaluate(TOGGLED.replace("WHICH", str(which))) / 1000 for which in (1, 1, 2, 2)]
                page.close()
            paint, toggle = median(painted), median(toggled)
            is_met &= paint <= PAINT_S and toggle <= OPEN_S
            print(f"| {name} | {file.stat().st_size / 1000:,.0f} KB | {paint:.2f} s | {1000 * toggle:.0f} ms |")
    print(f"\nGoals: {PAINT_S:g} s and {1000 * OPEN_S:g} ms.")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())

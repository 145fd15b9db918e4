"""Both stages in torchdistill, which this file's interpreter has.

    python with_torchdistill.py MODE SIZE IMAGES STEPS BASELINE

MODE is `sequential` (networks cut by hand) or `hooks`; BASELINE is the folder of its scripts and configurations.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from serving import serve

mode, size, count, steps, baseline = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
sys.path.insert(0, baseline)
logging.disable(logging.INFO)

import digits_zoo  # noqa: E402
import run_fitnet  # noqa: E402
import torch  # noqa: E402

whole = digits_zoo.load_split


def first(size: int = 8, split_seed: int = 0) -> object:
    """As many training images as all variants take, so that every batch is full."""
    (inputs, labels), others = whole(size, split_seed)
    return (inputs[:count], labels[:count]), others


if __name__ == "__main__":
    torch.set_num_threads(1)
    digits_zoo.load_split = first
    Path("ckpt").mkdir(exist_ok=True)
    # the same weights; its networks name their layers as those of `pair.py` do
    torch.save({"model": torch.load("teacher.pt")}, f"ckpt/teacher_digits{size}.pt")
    made = run_fitnet.make_td(size, mode, 0)
    serve(lambda stage: made[stage](), steps)

"""What is kept of a teacher takes no memory of a trial's own: all processes of a machine read the same pages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

READER = """
import sys
from pathlib import Path
import torch
from fitdsl.training.cache import Kept
from fitdsl.training.data import Batch
from fitdsl.training.kept import DiskArray
from fitdsl.work.rows import Rows

def private():
    lines = map(str.split, Path("/proc/self/smaps").read_text().splitlines())
    return sum(int(line[1]) for line in lines if line[0] in ("Private_Dirty:", "Private_Clean:")) * 1024

folder, rows, width = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
array = DiskArray(Rows(folder, rows, width * 2), (width,), torch.float16)

def read(count):
    kept, total = Kept(({("big", "t"): array.values()},), torch.device("cpu")), 0.0
    for indices in torch.randperm(rows).split(128)[:count]:
        batch = Batch(inputs=torch.empty(0), targets=torch.empty(0), indices=indices)
        total += float(kept.given(batch, 0)[("big", "t")][:, 0].sum())
    return kept, total

read(2)
before = private()
kept, total = read(rows)
print(total, flush=True)
input()
print(private() - before, flush=True)
input()
"""

ROWS, WIDTH = 102_400, 1024
MOST = 5_000_000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks the system by /proc")
def test_two_trials_that_have_read_200_megabytes_hold_less_than_five_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "values").write_bytes(b"\0\x3c" * (ROWS * WIDTH))
    assert (tmp_path / "values").stat().st_size > 200_000_000
    command = [sys.executable, "-c", READER, str(tmp_path), str(ROWS), str(WIDTH)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    readers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    try:
        assert [_said(reader) for reader in readers] == [ROWS, ROWS]
        # both have read all of it by now, so that a page that only one of them has is a copy
        for reader in readers:
            _go_on(reader)
        assert max(_said(reader) for reader in readers) < MOST
    finally:
        for reader in readers:
            reader.communicate("\n\n")


def _go_on(reader: subprocess.Popen[str]) -> None:
    assert reader.stdin
    reader.stdin.write("\n")
    reader.stdin.flush()


def _said(reader: subprocess.Popen[str]) -> float:
    assert reader.stdout
    return float(reader.stdout.readline())

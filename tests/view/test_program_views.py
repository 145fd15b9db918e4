"""Tables, trees and plans of a small program, compared whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from graphs import network
from programs import small_program

from fitdsl.data.base import DataSettings
from fitdsl.data.datasets import SVHN, Npz, Synthetic
from fitdsl.graph.model import Network
from fitdsl.ops.conv import Conv2d
from fitdsl.ops.shape import Identity
from fitdsl.program.model import Program
from fitdsl.program.search import CostOf, Goal, SearchSettings
from fitdsl.values import Metric
from fitdsl.view.plan import plan, training_bytes
from fitdsl.view.spelling import spell
from fitdsl.view.table import headline, program_blocks
from fitdsl.view.terminal import Display, sections
from fitdsl.view.tree import tree_block

NARROW = Display(width=80)

TABLE = """\
data
  digits
    source   Digits()
    gives    [1, 8, 8], 10 classes
    parts    1,293 train, 144 val, 360 test
    split    {train: 0.9, val: 0.1}
    augment  RandomCrop(8, padding=1)
    batch    64

teacher big: image [1, 8, 8] -> logits [10], from "big.safetensors"
  layer   op                        shape       params   MACs
  t1      Conv2d(16, 3, padding=1)  [16, 8, 8]     160  9.22K
  pool    MaxPool2d(2)              [16, 4, 4]       -      -
  flat    Flatten()                 [256]            -      -
  logits  Linear(10)                [10]         2.57K  2.56K
  total   4 layers                               2.73K  11.8K
  2,704 weights without biases and norms, 1.29K activations an example

# Thin and deep.
student small: image [1, 8, 8] -> logits [10]
  layer     op                                   shape      params   MACs
  s1[0][0]  Conv2d(4, 3, padding=1, bias=false)  [4, 8, 8]      36  2.30K
  s1[0][1]  ReLU()                               [4, 8, 8]       -      -
  s1[1][0]  Conv2d(4, 3, padding=1, bias=false)  [4, 8, 8]     144  9.22K
  s1[1][1]  ReLU()                               [4, 8, 8]       -      -
  flat      Flatten()                            [256]           -      -
  logits    Linear(10)                           [10]        2.57K  2.56K
  total     6 layers                                         2.75K  14.1K
  2,740 weights without biases and norms, 1.03K activations an example

small has 1.01 times more weights and 1.2 times more MACs than big

hints
  mid
    hint       big.t1 [16, 8, 8]
    guided     small.s1 [4, 8, 8]
    regressor  Conv2d(16, 1), 80 params
    loss       mse()

stage hints
  trains  student[..s1], regressor of mid
  loss    hint(mid)
  runs    big (1 of 4 layers), small (4 of 6 layers)
  frozen  big

stage distil after hints
  trains  student
  loss    ce() + 0.5 * ramp(4, 1, epochs=1..20) * kd(temperature=3)
  runs    big (4 of 4 layers), small (6 of 6 layers)
  frozen  big"""

OPEN_TREE = """\
student small: image [1, 8, 8] -> logits [10]
  layer    op                                   shape      params
  s1                                            [4, 8, 8]     180
    [0]    unit                                 [4, 8, 8]      36
      [0]  Conv2d(4, 3, padding=1, bias=false)  [4, 8, 8]      36
      [1]  ReLU()                               [4, 8, 8]       -
    [1]    unit                                 [4, 8, 8]     144
      [0]  Conv2d(4, 3, padding=1, bias=false)  [4, 8, 8]     144
      [1]  ReLU()                               [4, 8, 8]       -
  flat     Flatten()                            [256]           -
  logits   Linear(10)                           [10]        2.57K
  2,750 params, 14,080 MACs"""

FOLDED_TREE = """\
student small: image [1, 8, 8] -> logits [10]
  layer   op               shape      params
  s1                       [4, 8, 8]     180
    [0]   unit (2 layers)  [4, 8, 8]      36
    [1]   unit (2 layers)  [4, 8, 8]     144
  flat    Flatten()        [256]           -
  logits  Linear(10)       [10]        2.57K
  2,750 params, 14,080 MACs"""

PLAN = """\
stage hints
  trains  student[..s1], regressor of mid
  loss    hint(mid)
  runs    big (1 of 4 layers), small (4 of 6 layers)
  frozen  big
  data    digits: 1,293 train, 144 val, 360 test
  steps   3 epochs of 20 steps of 64 examples, 60 in all
  update  SGD(0.1, momentum=0.9)
  memory  about 1 MB in single precision, beside the data

stage distil after hints
  trains  student
  loss    ce() + 0.5 * ramp(4, 1, epochs=1..20) * kd(temperature=3)
  runs    big (4 of 4 layers), small (6 of 6 layers)
  frozen  big
  data    digits: 1,293 train, 144 val, 360 test
  steps   at most 20 epochs of 40 steps of 32 examples, 800 in all
  update  SGD(0.1)
  stop    patience(val.error, 5)
  keep    best(val.error)
  cache   big.logits: 0.0 MB on disk, 144 rows for val; `digits` is augmented
          anew in every epoch; `views = 4` there would make it repeat itself
  memory  about 1 MB in single precision, beside the data

files
  reads   big.safetensors into big
  writes  runs/tiny/"""


@pytest.fixture
def program() -> Program:
    return small_program()


def test_table(program: Program) -> None:
    assert sections(program_blocks(program, NARROW)) == TABLE


def test_a_narrow_table_clips_ops_before_addresses() -> None:
    conv = Conv2d(out_channels=8, kernel_size=3, padding="same", padding_mode="reflect")
    thin = Network("n", "student", network((1, 8, 8), ("trunk.body[12].main", conv)), {"image": None})
    lines = program_blocks(Program("p", {}, {"n": thin}, {}, {}), Display(width=60))[1]
    assert lines[1:3] == [
        "  layer                op           shape      params   MACs",
        "  trunk.body[12].main  Conv2d(8, …  [8, 8, 8]      80  4.61K",
    ]


def test_colour_only_wraps_whole_lines(program: Program) -> None:
    coloured = sections(program_blocks(program, Display(width=80, has_color=True)))
    assert coloured.splitlines()[9] == (
        '\x1b[1mteacher big: image [1, 8, 8] -> logits [10], from "big.safetensors"\x1b[0m'
    )
    assert coloured.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") == TABLE


def test_what_a_user_wrote_cannot_steer_the_terminal(program: Program) -> None:
    net = replace(program.networks["small"], doc="\x1b[2J [red]", weights="\x07.safetensors")
    lines = program_blocks(replace(program, networks={"small": net}, hints={}, stages={}), NARROW)[1]
    assert lines[:2] == [
        "# ␛[2J [red]",
        'student small: image [1, 8, 8] -> logits [10], from "\\u0007.safetensors"',
    ]


def test_open_tree(program: Program) -> None:
    assert "\n".join(tree_block(program.networks["small"], NARROW)) == OPEN_TREE


def test_folded_tree(program: Program) -> None:
    assert "\n".join(tree_block(program.networks["small"], NARROW, depth=2)) == FOLDED_TREE


def test_plan(program: Program) -> None:
    assert plan(program, NARROW) == PLAN


def test_a_plan_names_the_stages_that_are_left_out(program: Program) -> None:
    assert "\nstage warm: left out, as it has no epochs\n" in plan(replace(program, left_out=("warm",)), NARROW)


def test_a_batch_is_no_larger_than_the_training_split(program: Program) -> None:
    data = DataSettings(source=Synthetic(shape=(1, 8, 8), classes=10, examples=50), batch=64)
    lines = plan(replace(program, data={"digits": data}), NARROW).splitlines()
    assert lines[6] == "  steps   3 epochs of 1 step of 45 examples, 3 in all"


def test_plan_of_data_whose_size_shows_only_when_opened(program: Program) -> None:
    data = DataSettings(source=Npz(path="digits.npz", shape=(1, 8, 8), classes=10), batch=64)
    lines = plan(replace(program, data={"digits": data}), NARROW).splitlines()
    assert lines[5:7] == ["  data    digits", "  steps   3 epochs in batches of 64"]
    assert lines[-3:] == ["  reads   ./digits.npz", "  reads   big.safetensors into big", "  writes  runs/tiny/"]


def test_a_plan_says_which_files_are_not_there(program: Program, tmp_path: Path) -> None:
    npz = DataSettings(source=Npz(path="digits.npz", shape=(1, 8, 8), classes=10))
    asked = replace(program, data={"digits": npz, "pictures": DataSettings(source=SVHN(root="pictures"))})
    lines = plan(asked, NARROW, base=tmp_path).splitlines()
    assert "  reads   ./digits.npz, which is not there" in lines
    assert "  reads   pictures/train_32x32.mat, fetched first" in lines
    assert "  reads   big.safetensors into big, which is not there" in lines
    for name in ("digits.npz", "big.safetensors"):
        (tmp_path / name).touch()
    lines = plan(asked, NARROW, base=tmp_path).splitlines()
    assert f"  reads   {tmp_path}/digits.npz" in lines
    assert "  reads   big.safetensors into big" in lines


def test_plan_says_what_makes_a_stage_fast(program: Program) -> None:
    stage = program.stages["hints"]
    settings = stage.settings.model_copy(update={"precision": "fp16", "compile": True, "channels_last": True})
    lines = plan(replace(program, stages={"hints": replace(stage, settings=settings)}), NARROW).splitlines()
    assert lines[8:11] == [
        "  speed   networks in fp16, losses and updates in fp32, the loss scaled,",
        "          compiled, channels last",
        "  memory  about 1 MB with activations in fp16, beside the data",
    ]


def test_memory_counts_activations_weights_and_what_updates_need(program: Program) -> None:
    # activations: 1024 in the teacher, four times 256 in the student, 1024 in the regressor;
    # weights: 160 + 36 + 144 + 80, of which all but the teacher's move
    stage = program.stages["hints"]
    assert training_bytes(program, stage, 10) == 4 * (10 * 3 * 1024 + 420 + 3 * 260)


def test_what_is_written_is_shown_even_where_it_is_the_default() -> None:
    assert spell(Conv2d(out_channels=4, kernel_size=3, stride=1)) == "Conv2d(4, 3, stride=1)"
    assert spell(Conv2d(out_channels=4, kernel_size=3)) == "Conv2d(4, 3)"


def test_an_output_without_a_label_is_shown_by_its_shape() -> None:
    graph = network((2,), ("[0]", Identity()), ("[1]", Identity()))
    assert headline(Network("n", "student", graph, {"image": None})) == "student n: image [2] -> [2]"


def test_a_network_that_does_nothing() -> None:
    graph = network((2,), ("same", Identity()))
    (_, block, *_) = program_blocks(
        Program("p", {}, {"n": Network("n", "student", graph, {"image": None})}, {}, {}), NARROW
    )
    assert block == [
        "student n: image [2] -> same [2]",
        "  layer  op          shape  params  MACs",
        "  same   Identity()  [2]         -     -",
        "  total  1 layer                 0     0",
        "  0 weights without biases and norms, 0 activations an example",
    ]


def test_a_plan_says_how_a_search_would_go(program: Program) -> None:
    search = SearchSettings(
        vary=("w",), goals=(Goal("maximize", Metric("val", "accuracy")), Goal("minimize", CostOf("macs", "s")))
    )
    assert plan(program, NARROW, search=search).endswith(
        "\n\nsearch\n"
        "  goals      maximize val.accuracy, minimize macs(s)\n"
        "  sampler    random(), up to 32 students\n"
        "  scheduler  asha()"
    )

"""JSON of specs, and the schemas that ship."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import small_program
from sample_findings import flat_input

from fitdsl.cli.schemas import DOCUMENTS, FOLDER, schema_text, write_schemas
from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.view.document import hint_document, show_json, stage_document
from fitdsl.view.options import ViewOptions
from fitdsl.view.reports import check_document

SPEC = """\
fit 1

# How many channels.
param width = 2 in {2, 4}
param sizes = [-1, 2.5] in [-1 .. 3.0] * 2
param name = "a"

student net(image: [1, 4, 4]) {
  Conv2d(width, 3, bias=false) -> Flatten()
  logits = Linear(3)
}
"""


def test_a_spec_as_json() -> None:
    shown = json.loads(show_json(Compilation(Source("a.fit", SPEC)), ViewOptions()))
    assert list(shown) == ["format_version", "networks", "hints", "stages", "params", "space"]
    assert shown["networks"] == {
        "net": {
            "role": "student",
            "inputs": {"image": [1, 4, 4]},
            "output": "logits",
            "source": None,
            "cost": {"params": 45, "weights": 42, "macs": 96, "activations": 11},
            "nodes": [
                {
                    "address": "[0]",
                    "op": "Conv2d",
                    "args": {"out_channels": 2, "kernel_size": 3, "bias": False},
                    "inputs": ["image"],
                    "shape": [2, 2, 2],
                    "cost": {"params": 18, "weights": 18, "macs": 72, "activations": 8},
                },
                {
                    "address": "[1]",
                    "op": "Flatten",
                    "args": {},
                    "inputs": ["[0]"],
                    "shape": [8],
                    "cost": {"params": 0, "weights": 0, "macs": 0, "activations": 0},
                },
                {
                    "address": "logits",
                    "op": "Linear",
                    "args": {"out_features": 3},
                    "inputs": ["[1]"],
                    "shape": [3],
                    "cost": {"params": 27, "weights": 24, "macs": 24, "activations": 3},
                },
            ],
        }
    }
    assert shown["params"] == {
        "width": {"default": 2, "domain": "{2, 4}", "size": 2},
        "sizes": {"default": [-1, 2.5], "domain": "[-1 .. 3.0] * 2", "size": None},
        "name": {"default": "a", "domain": None, "size": 1},
    }
    assert (shown["format_version"], shown["hints"], shown["stages"]) == (1, {}, [])


def test_a_hint_as_json() -> None:
    program = small_program()
    document = hint_document(program, program.hints["mid"]).model_dump(mode="json")
    regressor = document.pop("regressor")
    assert document == {
        "teacher": "big.t1",
        "student": "small.s1",
        "hint_shape": [16, 8, 8],
        "guided_shape": [4, 8, 8],
        "loss_cost": None,
    }
    assert [(node["address"], node["op"], node["inputs"]) for node in regressor] == [("conv", "Conv2d", ["guided"])]


def test_a_stage_as_json_lists_layers_in_running_order() -> None:
    program = small_program()
    guided = ["s1[0][0]", "s1[0][1]", "s1[1][0]", "s1[1][1]"]
    assert stage_document(program, program.stages["hints"]).model_dump(mode="json") == {
        "name": "hints",
        "after": [],
        "trains": {"small": ["s1[0][0]", "s1[1][0]"], "mid": ["conv"]},
        "runs": {"big": ["t1"], "small": guided, "mid": ["conv"]},
        "frozen": {"big": ["t1"]},
    }


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_shipped_schemas_are_in_step(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == schema_text(DOCUMENTS[name])


def test_schemas_can_be_written_anew(tmp_path: Path) -> None:
    write_schemas(tmp_path / "schemas")
    assert sorted(path.stem for path in (tmp_path / "schemas").iterdir()) == sorted(DOCUMENTS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("check", check_document([flat_input()]).model_dump_json()),
        ("show", show_json(Compilation(Source("a.fit", SPEC)), ViewOptions())),
    ],
)
def test_documents_come_back_equal(name: str, text: str) -> None:
    document = DOCUMENTS[name].model_validate_json(text)
    assert json.loads(document.model_dump_json()) == json.loads(text)

"""The JSON Schemas of what fitdsl prints and writes, shipped in `fitdsl/schemas`.

`python -m fitdsl.cli.schemas` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from ..training.report import RunReport
from ..tuning.report import SearchReport
from ..view.diff.document import DiffDocument
from ..view.document import ShowDocument
from ..view.reports import CheckDocument

FOLDER = Path(__file__).parents[1] / "schemas"
DOCUMENTS: Mapping[str, type[BaseModel]] = {
    "check": CheckDocument,
    "show": ShowDocument,
    "diff": DiffDocument,
    "run": RunReport,
    "search": SearchReport,
}


def schema_text(document: type[BaseModel]) -> str:
    """The JSON Schema of a document as its shipped file holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


def write_schemas(folder: Path = FOLDER) -> None:
    """Write one file for each document."""
    folder.mkdir(exist_ok=True)
    for name, document in DOCUMENTS.items():
        (folder / f"{name}.json").write_text(schema_text(document), encoding="utf-8")


if __name__ == "__main__":
    write_schemas()

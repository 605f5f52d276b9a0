"""The JSON Schema against every model file at hand: what the reader takes, the schema takes; unknown keys fail in both."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from symdiff.model.schema import model_schema

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "derivations").glob("*.toml")), *sorted((ROOT / "tests" / "data" / "models").rglob("*.toml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_schema_takes_every_model_file(path: Path) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    errors = [e.message for e in jsonschema.Draft202012Validator(model_schema()).iter_errors(document)]
    assert not errors


@pytest.mark.parametrize("change", [{"modell": {}}, {"jumps": [{"displacemnt": "h"}]}, {"model": {"coordinates": []}}, {"jumps": {}},
                                    {"claims": [{"expect": "true"}]}, {"observables": [{"name": "T", "kind": "nonsense"}]}], ids=str)  # fmt: skip
def test_schema_refuses_what_the_reader_refuses(change: dict) -> None:
    document = {"model": {"coordinates": ["x"]}} | change
    assert list(jsonschema.Draft202012Validator(model_schema()).iter_errors(document))


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(model_schema())

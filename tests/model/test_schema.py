"""The JSON Schema against every model file at hand: what the reader takes, the schema takes; unknown keys fail in both."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from symdiff.model.keys import BUILT, LATER
from symdiff.model.meanings import MEANINGS
from symdiff.model.reading_laws import LAW_ARGUMENTS
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


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    tables = [t for t in BUILT if t not in ("count", "participants")]
    assert {t: set(MEANINGS[t]) for t in tables} == {t: {*BUILT[t], *LATER.get(t, ())} for t in tables}
    assert set(LAW_ARGUMENTS) < set(MEANINGS["law"])


def test_a_misspelt_key_of_a_waiting_law_is_refused_by_both() -> None:
    document = {"model": {"coordinates": ["x"]}, "waiting_time": {"distribution": "gamma", "shpe": "2"}}
    assert list(jsonschema.Draft202012Validator(model_schema()).iter_errors(document))

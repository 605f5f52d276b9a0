"""Every entry of the collection of textbook results is accounted for: compared, and where; or why no model file states it.

``open`` entries are not compared at their test vectors yet; the list may only shrink.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.errors import NotYetError, SymdiffError

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
ACCOUNT: dict[str, str] = json.loads((DATA / "textbook_account.json").read_text())
OPEN = 1


def entries(kind: str) -> set[str]:
    return {name for name, how in ACCOUNT.items() if how.partition(":")[0] == kind}


def test_every_entry_has_its_place() -> None:
    assert len(ACCOUNT) == 251
    assert {how.partition(":")[0] for how in ACCOUNT.values()} == {
        "linear",
        "crowd",
        "states",
        "remaining",
        "counting",
        "elsewhere",
        "refused",
        "no model",
        "open",
    }
    for kind in ("linear", "crowd", "states", "remaining", "counting"):
        assert entries(kind) == entries_of(kind) & set(ACCOUNT)
    for how in ACCOUNT.values():
        kind, _, reason = how.partition(": ")
        assert kind != "elsewhere" or (ROOT / reason).is_file()
        assert kind != "no model" or len(reason) > 20
    assert len(entries("open")) <= OPEN


def entries_of(kind: str) -> set[str]:
    return set(json.loads((DATA / f"{kind}_vectors.json").read_text()))


BASE = {"parameters": {"G": "positive", "r": "positive", "x0": "real"}, "coordinates": ["x"]}
HOP = {"displacements": [["1"], ["-1"]], "rate": "G"}


@pytest.mark.parametrize(
    ("entry", "document"),
    [
        ("sb-hadamard-qw", BASE | {"jumps": [HOP | {"rate": "I*G"}]}),
        ("wc-polya-4d-misprint", {"coordinates": ["x", "y", "z", "w"], "lattice": "hypercubic", "time_step": "1"}),
        ("tr-donsker-varadhan", BASE | {"jumps": [HOP], "traps": "random"}),
        ("fp-distinct-sites", BASE | {"jumps": [HOP], "observables": [{"name": "S", "kind": "distinct_sites"}]}),
    ],
)
def test_what_no_model_file_states_is_refused(entry: str, document: dict) -> None:
    assert ACCOUNT[entry].startswith("no model: ")
    with pytest.raises(SymdiffError) as refused:
        sd.JumpModel(**document)
    assert refused.value.message
    assert refused.value.where


@pytest.mark.parametrize("entry", sorted(entries("refused")))
def test_what_is_not_handled_yet_is_refused_with_its_reason(entry: str) -> None:
    with pytest.raises(NotYetError) as refused:
        sd.derive(sd.load(str(DATA / "models" / "remaining" / f"{entry}.toml")))
    assert ACCOUNT[entry].removeprefix("refused: ") in refused.value.message

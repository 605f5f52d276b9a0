"""Every entry of the collection of textbook results is accounted for: compared, and where; or why no model file states it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.errors import NotYetError, SymdiffError

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
ACCOUNT: dict[str, str] = json.loads((DATA / "textbook_account.json").read_text())


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
    }
    for kind in ("linear", "crowd", "states", "remaining", "counting"):
        assert entries(kind) == entries_of(kind) & set(ACCOUNT)
    for how in ACCOUNT.values():
        kind, _, reason = how.partition(": ")
        assert kind != "elsewhere" or (ROOT / reason).is_file()
        assert kind != "no model" or len(reason) > 20


def entries_of(kind: str) -> set[str]:
    return set(json.loads((DATA / f"{kind}_vectors.json").read_text()))


WALK = {"parameters": {"G": "positive", "R": "positive"}, "coordinates": ["x"]}
HOP = {"displacements": [["1"], ["-1"]], "rate": "G"}
PLANE = {"parameters": {"G": "positive", "R": "positive"}, "coordinates": ["x", "y"], "spacing": "1", "rate": "G"}
CROWD = WALK | {
    "occupancy": 1,
    "density": "C",
    "jumps": [{"displacements": [["1"], ["-1"]], "rate": "G*(1 - C(x + r))"}],
}
CIRCLE = {"domain": "x**2 + y**2 < R**2"}


def asked(kind: str, model: dict = WALK | {"jumps": [HOP]}) -> dict:
    return model | {"observables": [{"name": "S", "kind": kind}]}


NO_MODEL = {
    "ct-aging-renewal-tamsd": (asked("time_averaged_msd"), "the whole path"),
    "fp-distinct-sites": (asked("distinct_sites"), "the whole path"),
    "fp-max-gaussian": (asked("maximum"), "the whole path"),
    "fp-arcsine": (asked("occupation_time"), "the whole path"),
    "fp-cover-cycle": (asked("cover_time"), "the whole path"),
    "wc-clt-tails": (asked("rate_function"), "large deviations"),
    "ex-tasep-ring": (asked("current", CROWD), "fluctuations of a crowd"),
    "ex-ssep-mobility": (asked("mobility", CROWD), "fluctuations of a crowd"),
    "ex-ssep-tracer": (asked("tracer_variance", CROWD), "one tagged agent"),
    "wc-tracer-ssep": (asked("tracer_diffusion", CROWD), "one tagged agent"),
    "fr-sierpinski": (PLANE | {"lattice": "sierpinski"}, "under translations"),
    "fp-kac": (PLANE | {"lattice": "graph"}, "under translations"),
    "sb-complete-graph": (PLANE | {"lattice": "complete"}, "under translations"),
    "fp-disk-narrow-escape": (
        PLANE | {"lattice": "square", "boundaries": [CIRCLE | {"kind": "reflecting"}, CIRCLE | {"kind": "absorbing"}]},
        "along its whole length",
    ),
    "tr-donsker-varadhan": (WALK | {"jumps": [HOP], "traps": "random"}, "unknown key 'traps'"),
    "sb-hadamard-qw": (WALK | {"time_step": "1", "jumps": [{"displacement": "1", "probability": "I/sqrt(2)"}]}, "amplitudes"),
    "sb-ctqw": (WALK | {"jumps": [HOP | {"rate": "I*G"}]}, "amplitudes"),
    "sb-dirac-checkerboard": (WALK | {"time_step": "1", "jumps": [{"displacement": "1", "probability": "I*G"}]}, "amplitudes"),
}  # fmt: skip


@pytest.mark.parametrize("entry", sorted(entries("no model")))
def test_what_no_model_file_states_is_refused_with_its_reason(entry: str) -> None:
    document, reason = NO_MODEL[entry]
    with pytest.raises(SymdiffError) as refused:
        sd.derive(sd.JumpModel(**document))
    assert reason in refused.value.message
    assert refused.value.where


def test_a_tagged_agent_is_no_walker_of_its_own() -> None:
    model = sd.JumpModel(**(CROWD | {"observables": [{"name": "S", "kind": "variance", "of": "x"}]}))
    assert "tagged agents" in derive_model(model).observables[0].why
    with pytest.raises(SymdiffError, match="tagged agents"):  # asked for by name
        derive_model(model, observables=model.observables)


@pytest.mark.slow
def test_return_probability_in_four_dimensions_vs_textbook_test_vector() -> None:
    """wc-polya-4d-misprint: 1 - 1/1.2394671218; the misprint is 0.193206."""
    model = sd.JumpModel(
        coordinates=["x", "y", "z", "w"], lattice="hypercubic", spacing="1", time_step="1",
        observables=[{"name": "F", "kind": "return_probability"}])  # fmt: skip
    value = derive_model(model).observables[0].lattice
    assert value is not None
    assert float(value.evalf(10)) == pytest.approx(0.1932016732, rel=1e-8)


@pytest.mark.parametrize("entry", sorted(entries("refused")))
def test_what_is_not_handled_yet_is_refused_with_its_reason(entry: str) -> None:
    with pytest.raises(NotYetError) as refused:
        sd.derive(sd.load(str(DATA / "models" / "remaining" / f"{entry}.toml")))
    assert ACCOUNT[entry].removeprefix("refused: ") in refused.value.message

"""Special sites next to a wall: sticky, partly absorbing and plain walls, by hand, by the exact chain of sites, and wrong ones."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from mutations import wall_mutations
from symdiff.continuum import junction_walls
from symdiff.continuum.junction_chain import End
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.dossier.verify_walls import Known, walls_tier
from symdiff.errors import InternalFaultError

BOTH = [["h"], ["-h"]]
BULK = {"displacements": BOTH, "rate": "D/h**2", "where": "x != 0"}
SLOW = {"displacements": BOTH, "rate": "kap/h", "where": "x = 0"}


def walk(jumps: list[dict], domain: str = "x >= 0", kind: str = "reflecting", **more: str) -> sd.JumpModel:
    """A walk beside one wall."""
    return sd.JumpModel(
        parameters={"h": "positive", "D": "positive", "kap": "positive", "b": "positive", "q": "probability", "L": "positive"},
        coordinates=["x"], jumps=jumps, boundaries=[{"domain": domain, "kind": kind, **more}], scaling={"h": 1})  # fmt: skip


# (wall, its kind, its coefficients): of P_0 = P_1 (D/h^2)/(kap/h), so that h P_0/P_1 = D/kap
WALLS = {
    "sticky": (walk([BULK, SLOW]), "sticky", {"storage": "D/kap"}),
    "only_inward": (walk([BULK, SLOW | {"displacements": [["h"]]}]), "sticky", {"storage": "D/kap"}),
    "open_inside_only": (
        walk([BULK | {"where": "x > 0"}, SLOW | {"displacements": [["h"]]}]),
        "sticky",
        {"storage": "D/kap"},
    ),
    "above": (walk([BULK, SLOW], "x <= 0"), "sticky", {"storage": "D/kap"}),
    # in a mirror the site at the wall is left at twice the rate
    "mirror": (walk([BULK, SLOW], rejected="mirror"), "sticky", {"storage": "D/(2*kap)"}),
    "second_site": (
        walk([BULK | {"where": "x != h"}, SLOW | {"where": "x = h"}]),
        "sticky",
        {"storage": "D/kap"},
    ),
    # b P_0 is lost: (b/h) h u (D/kap)
    "dying": (
        walk([BULK, SLOW], kind="partial", rate="b"),
        "sticky",
        {"storage": "D/kap", "kappa": "D*b/kap", "extrapolation_length": "kap/b"},
    ),
    "fast": (
        walk([BULK, SLOW | {"rate": "2*D/h**2"}], kind="partial", rate="b/h"),
        "robin",
        {"kappa": "b/2", "extrapolation_length": "2*D/b"},
    ),
    "absorbing": (walk([BULK, SLOW], kind="absorbing"), "absorbing", {"extrapolation_length": "h", "wall": "-h"}),
    "held_for_ever": (
        walk([BULK | {"where": "x > 0"}]),
        "absorbing",
        {"extrapolation_length": "0", "wall": "0"},
    ),
}


@pytest.mark.parametrize("name", WALLS)
def test_conditions_at_walls_with_special_sites_vs_the_balance_by_hand(name: str) -> None:
    model, kind, expected = WALLS[name]
    (condition,) = sd.derive(model).boundary_conditions
    assert (condition.at, condition.kind) == ("x = 0", kind)
    names = {s.name: s for _, v in condition.coefficients for s in v.free_symbols}
    found = {n: sp.sstr(v) for n, v in condition.coefficients}
    assert {n: sp.expand(sp.sympify(v, locals=names) - sp.sympify(expected[n], locals=names)) for n, v in found.items()} == dict.fromkeys(expected, 0)  # fmt: skip


@pytest.mark.parametrize("name", ["sticky", "above", "dying"])
def test_the_exact_chain_of_sites_accepts_them_and_no_wrong_one(name: str) -> None:
    model = WALLS[name][0]
    limit = sd.derive(model)
    known: Known = {}
    path = eps_path(model, limit.regime, base_values(model, Settings()))
    found = walls_tier(model, limit, path, known)
    assert found.passed is True, found.why
    mutations = list(wall_mutations(limit))
    assert mutations
    for text, wrong in mutations:
        assert walls_tier(model, wrong, path, known).passed is not True, text


@pytest.mark.parametrize("field", ["alpha", "storage"])
def test_second_route_vs_a_wrong_wall(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part in a thousand is seen."""
    right, factor = junction_walls.wall_end, sp.Rational(1001, 1000)

    def wrong(chain: junction_walls.EndChain) -> tuple[End, sp.Expr]:
        end, storage = right(chain)
        return (End(end.alpha * factor, end.beta), storage) if field == "alpha" else (end, storage * factor)

    monkeypatch.setattr(junction_walls, "wall_end", wrong)
    with pytest.raises(InternalFaultError, match="the wall" if field == "alpha" else "the storage"):
        sd.derive(WALLS["dying"][0])


def test_an_interval_with_one_sticky_end() -> None:
    limit = sd.derive(walk([BULK, SLOW], "0 <= x <= L", "absorbing"))
    assert [(b.at, b.kind) for b in limit.boundary_conditions] == [("x = L", "absorbing"), ("x = 0", "absorbing")]
    limit = sd.derive(walk([BULK, SLOW], "0 <= x <= L"))
    assert [(b.at, b.kind) for b in limit.boundary_conditions] == [("x = L", "reflecting"), ("x = 0", "sticky")]


def test_walkers_that_are_held_and_move_along_the_wall_are_said_to_be_open() -> None:
    """Their flux along the wall would stand in its condition; the exact chain of sites rejects the condition without it."""
    model = sd.JumpModel(
        parameters={"h": "positive", "D": "positive", "kap": "positive"}, coordinates=["x", "y"],
        jumps=[{"displacements": [["h", "0"], ["-h", "0"]], "rate": "D/h**2", "where": "x != 0"},
               {"displacements": [["h", "0"], ["-h", "0"]], "rate": "kap/h", "where": "x = 0"},
               {"displacements": [["0", "h"], ["0", "-h"]], "rate": "D/h**2"}],
        boundaries=[{"domain": "x >= 0", "kind": "reflecting"}], scaling={"h": 1})  # fmt: skip
    limit = sd.derive(model)
    assert limit.boundary_conditions == ()
    assert any("not derived" in a and "move along y" in a for a in limit.assumptions)


def test_a_wall_has_a_place_only_where_its_sites_are_stationary() -> None:
    """A site that is left at the rate kap h holds walkers for longer than the density takes to change."""
    (slow,) = sd.derive(walk([BULK, SLOW | {"rate": "kap*h"}], kind="absorbing")).boundary_conditions
    assert (slow.kind, slow.coefficients) == ("absorbing", ())

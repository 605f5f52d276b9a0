"""Special sites next to a wall: sticky, partly absorbing and plain walls, by hand, by the exact chain of sites, and wrong ones."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from mutations import wall_mutations
from symdiff.continuum import junction_walls, junctions
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


def line(held: str, along: str, drift: str = "0", wall: bool = False) -> sd.JumpModel:
    """Sites at x = 0 left at the rate ``held`` and walked along at the rates ``along`` (+ ``drift`` upwards)."""
    sides = [["h", "0"]] if wall else [["h", "0"], ["-h", "0"]]
    return sd.JumpModel(
        parameters=dict.fromkeys(["h", "D", "kap", "w", "E"], "positive"), coordinates=["x", "y"],
        jumps=[{"displacements": [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]], "rate": "D/h**2", "where": "x > 0" if wall else "x != 0"},
               {"displacements": sides, "rate": held, "where": "x = 0"},
               {"displacements": [["0", "h"], ["0", "-h"]], "rate": along, "where": "x = 0"},
               {"displacements": [["0", "h"]], "rate": drift, "where": "x = 0"}],
        boundaries=[{"domain": "x >= 0", "kind": "reflecting"}] if wall else [], scaling={"h": 1})  # fmt: skip


@pytest.mark.parametrize(
    ("model", "named"),
    [
        # a mass D/kap per density, which diffuses at E: Feller's sticky wall with diffusion along it
        (line("kap/h", "E/h**2", wall=True), {"storage": "D/kap", "line_diffusivity": "D*E/kap"}),
        (line("kap/h", "E/h**2", "w/h"), {"storage": "D/kap", "line_drift": "D*w/kap", "line_diffusivity": "D*E/kap"}),
        # nobody is held, but a site's h density walks along at E/h: Wentzell's condition of a fast lane
        (line("D/h**2", "E/h**3"), {"line_diffusivity": "E"}),
        (line("D/h**2", "E/h**3", wall=True), {"line_diffusivity": "E"}),
    ],
)
def test_what_a_line_carries_along_itself_stands_in_its_condition(model: sd.JumpModel, named: dict[str, str]) -> None:
    """A fast lane was said to leave no trace, held walkers that move along to be open; the exact chain of sites confirms both."""
    condition = sd.derive(model).boundary_conditions[0]
    assert condition.kind == "sticky"
    assert {n: str(v) for n, v in condition.coefficients if n in ("storage", "line_drift", "line_diffusivity")} == named
    y = next(c for c in model.coordinate_symbols if c.name == "y")
    assert any(d.variables == (y, y) for d in condition.lhs.atoms(sp.Derivative))


@pytest.mark.exhaustive
def test_exact_tier_accepts_the_line_and_rejects_it_without_its_diffusion(monkeypatch: pytest.MonkeyPatch) -> None:
    model = line("kap/h", "E/h**2")
    assert sd.verify(model, tier="exact").passed
    monkeypatch.setattr(junctions, "line_of", lambda *_: junctions.Line(sp.Integer(0), ()))
    assert sd.verify(model, tier="exact").passed is False


def test_lines_that_carry_too_much_or_are_left_at_an_angle_are_said_to_be_open() -> None:
    notes = " ".join(sd.derive(line("kap/h", "E/h**3")).assumptions)
    assert "they are no condition beside the equation but a line of its own" in notes
    oblique = sd.JumpModel(
        parameters=dict.fromkeys(["h", "D", "kap"], "positive"), coordinates=["x", "y"],
        jumps=[{"displacements": [["h", "0"], ["-h", "0"]], "rate": "D/h**2", "where": "x != 0"},
               {"displacements": [["0", "h"], ["0", "-h"]], "rate": "D/h**2", "where": "x != 0"},
               {"displacements": [["h", "sqrt(h)"], ["-h", "-sqrt(h)"]], "rate": "kap/h", "where": "x = 0"}], scaling={"h": 1})  # fmt: skip
    assert any("also move along y as they leave" in a for a in sd.derive(oblique).assumptions)


def test_a_wall_has_a_place_only_where_its_sites_are_stationary() -> None:
    """A site that is left at the rate kap h holds walkers for longer than the density takes to change."""
    (slow,) = sd.derive(walk([BULK, SLOW | {"rate": "kap*h"}], kind="absorbing")).boundary_conditions
    assert (slow.kind, slow.coefficients) == ("absorbing", ())

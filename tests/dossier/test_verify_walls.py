"""Conditions at walls and special sites: the exact chain of sites accepts the derived ones and rejects every wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy as sp

import symdiff as sd
from mutations import wall_mutations
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings
from symdiff.dossier.verification import verify_model
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.dossier.verify_walls import Known, walls_tier
from symdiff.verification.tier import TierResult

pytestmark = pytest.mark.slow
GALLERY = ("partly_absorbing_wall", "interface_of_two_media", "semi_permeable_barrier")


def _verdict(model: sd.JumpModel, limit: ContinuumLimit, known: Known | None = None) -> TierResult:
    return walls_tier(model, limit, eps_path(model, limit.regime, base_values(model, Settings())), known)


@pytest.mark.parametrize("name", GALLERY)
def test_derived_conditions_hold_on_the_sites_and_wrong_ones_do_not(name: str) -> None:
    model = load(name)
    for limit in sd.derive_all(model):
        known: Known = {}
        found = _verdict(model, limit, known)
        assert found.passed is True, found.why
        assert found.negative_control is not None
        assert found.negative_control.rejected
        for text, wrong in wall_mutations(limit):
            assert _verdict(model, wrong, known).passed is not True, f"{name}, {limit.regime.name}: {text}"


def _walls(
    kind: dict[str, str], domain: str = "x > 0", **more: object
) -> Iterator[tuple[sd.JumpModel, ContinuumLimit]]:
    jumps = [{"displacement": "h", "rate": "D/h**2 + v/(2*h)"}, {"displacement": "-h", "rate": "D/h**2 - v/(2*h)"}]
    model = sd.JumpModel(
        parameters={"h": "positive", "D": "positive", "v": "real", "k": "positive"}, coordinates=["x"], jumps=jumps,
        boundaries=[{"domain": domain, **kind}], scaling={"h": 1}, **more)  # fmt: skip
    for limit in sd.derive_all(model):
        if limit.boundary_conditions:
            yield model, limit


def test_a_reflecting_wall_stands_half_a_spacing_outside_of_the_first_site() -> None:
    """Sites at h/2, 3h/2, ... have their wall at 0; a wall on the first site is half a cell off."""
    for kind, domain, more in (
        ({"kind": "reflecting"}, "x > 0", {"origin": ["h/2"]}),
        ({"kind": "absorbing"}, "x >= 0", {}),
    ):
        for model, limit in _walls(kind, domain, **more):
            assert _verdict(model, limit).passed is True
            (condition,) = limit.boundary_conditions
            named = dict(condition.coefficients)
            h = model.parameter("h").symbol
            moved = replace(condition, coefficients=(("wall", named.get("wall", sp.Integer(0)) + h / 2),))
            found = _verdict(model, replace(limit, boundary_conditions=(moved,)))
            assert found.passed is False
            assert "does not stand" in found.why


def test_a_wall_is_placed_although_the_coefficients_are_known_to_leading_order() -> None:
    """Rates a and b that differ in the order of h: b h^2 P_x = (a - b) h P at -h/2, where (a + b)/2 stands for b one power on."""
    model = sd.JumpModel(
        parameters={"h": "positive", "a": "positive", "b": "positive"}, coordinates=["z"],
        jumps=[{"displacement": "h", "rate": "a"}, {"displacement": "-h", "rate": "b"}],
        boundaries=[{"domain": "z >= 0", "kind": "reflecting"}])  # fmt: skip
    (limit,) = [x for x in sd.derive_all(model) if x.boundary_conditions]
    assert _verdict(model, limit).passed is True
    (condition,) = limit.boundary_conditions
    h = model.parameter("h").symbol
    assert dict(condition.coefficients)["wall"] == -h / 2
    for off in (h / 2, h / 1000):
        others = tuple((n, -h / 2 + off if n == "wall" else v) for n, v in condition.coefficients)
        moved = replace(condition, coefficients=others)
        assert "does not stand" in _verdict(model, replace(limit, boundary_conditions=(moved,))).why


def test_drift_beside_a_partly_absorbing_wall_enters_its_condition() -> None:
    """D u_x - v u = kappa u; without the drift in the flux the condition is wrong."""
    tested = 0
    for model, limit in _walls({"kind": "partial", "probability": "k*h"}):
        assert _verdict(model, limit).passed is True
        (condition,) = limit.boundary_conditions
        v = model.parameter("v").symbol
        without = replace(condition, lhs=condition.lhs.xreplace({v: sp.Integer(0)}))
        assert _verdict(model, replace(limit, boundary_conditions=(without,))).passed is False
        tested += 1
    assert tested


def test_walls_have_a_row_beside_the_equation_and_what_is_not_derived_is_listed() -> None:
    rows = verify_model(load("partly_absorbing_wall"), Settings(), tier="exact").tiers
    assert [r.passed for r in rows] == [True] * 4
    assert {r.regime for r in rows} == {"stated", "long-wave"}
    equation, walls, *weak = verify_model(load("sedimentation"), Settings(), tier="exact").tiers
    assert equation.passed is True
    assert not walls.applies
    assert "not derived" in walls.why
    assert [(r.regime, r.passed) for r in weak] == [
        ("diffusive", True)
    ] * 2  # where the bias is weak, the wall has its condition


def test_a_trap_that_is_never_left_takes_walkers_at_its_site() -> None:
    """Jumps into a state that is never left are losses at the special site: kappa of the condition is theirs."""
    model = sd.JumpModel(
        parameters={"h": "positive", "D": "positive", "g": "positive"}, coordinates=["x"], states=["free", "bound"],
        jumps=[{"from": "free", "to": "free", "displacements": ["h", "-h"], "rate": "D/h**2"},
               {"from": "free", "to": "bound", "displacement": "0", "where": "x = 0", "rate": "g/h"}], scaling={"h": 1})  # fmt: skip
    limit = sd.derive(model)
    known: Known = {}
    assert limit.boundary_conditions
    assert _verdict(model, limit, known).passed is True
    for text, wrong in wall_mutations(limit):
        assert _verdict(model, wrong, known).passed is not True, text


def _half_plane(jumps: list[list[str]], **wall: str) -> tuple[sd.JumpModel, ContinuumLimit]:
    model = sd.JumpModel(
        parameters={"h": "positive", "D": "positive"}, coordinates=["x", "y"],
        jumps=[{"displacement": j, "rate": "D/h**2"} for j in jumps], boundaries=[wall])  # fmt: skip
    return model, sd.derive(model)


ALONG, ACROSS = [["0", "h"], ["0", "-h"]], [["h", "0"], ["-h", "0"]]
ONE_DIAGONAL, OTHER_DIAGONAL = [["h", "h"], ["-h", "-h"]], [["h", "-h"], ["-h", "h"]]


@pytest.mark.parametrize("diagonal", [ONE_DIAGONAL, ONE_DIAGONAL + OTHER_DIAGONAL], ids=["one", "both"])
def test_jumps_at_an_angle_that_are_refused_leave_the_place_of_the_wall_open(diagonal: list[list[str]]) -> None:
    """They lose their motion along the wall too: half a spacing, right for one axis alone, is a wrong place here."""
    model, limit = _half_plane([*ALONG, *ACROSS, *diagonal], domain="x > 0", kind="reflecting")
    (condition,) = limit.boundary_conditions
    assert _verdict(model, limit).passed is True
    assert "wall" not in dict(condition.coefficients)
    assert any("at an angle" in a for a in limit.assumptions)
    placed = replace(condition, coefficients=(("wall", model.parameter("h").symbol / 2),))
    assert _verdict(model, replace(limit, boundary_conditions=(placed,))).passed is False


def test_mirrored_jumps_that_are_not_symmetric_about_the_wall_have_no_condition() -> None:
    """They carry walkers along the wall: the flux of the bulk, 2 u_x + u_y = 0, does not hold on the sites there."""
    mirror = {"domain": "x >= 0", "kind": "reflecting", "rejected": "mirror"}
    model, limit = _half_plane([*ALONG, *ACROSS, *ONE_DIAGONAL], **mirror)
    assert not limit.boundary_conditions
    assert any("carry walkers along" in a for a in limit.assumptions)
    refused = _half_plane([*ALONG, *ACROSS, *ONE_DIAGONAL], domain="x > 0", kind="reflecting")[1].boundary_conditions
    assert _verdict(model, replace(limit, boundary_conditions=refused)).passed is False
    both, right = _half_plane([*ALONG, *ACROSS, *ONE_DIAGONAL, *OTHER_DIAGONAL], **mirror)
    assert _verdict(both, right).passed is True
    assert "wall" in dict(right.boundary_conditions[0].coefficients)


def test_refused_jumps_without_their_reverse_have_no_condition() -> None:
    _, limit = _half_plane([["h", "h"], ["-h", "0"], ["0", "-h"]], domain="x > 0", kind="reflecting")
    assert not limit.boundary_conditions

"""Exits, laws and rates on few sites, whatever the walls and rates: against results by hand, and NumPy's linear algebra of the same sites."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.observables.catalogue import on_level
from symdiff.errors import DerivationError, NotYetError, UsageError
from symdiff.model.jump_model import JumpModel, ObservableStatement

x, y, t = (sp.Symbol(name, real=True) for name in ("x", "y", "t"))
CROSS = [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]]
MIRROR = [{"domain": "x >= 0", "kind": "reflecting", "rejected": "mirror"}, {"domain": "x < 5", "kind": "absorbing"}]
QUARTIC = {"displacements": [["1"], ["-1"]], "rate": "1/(12*x**2 + 2)"}  # 12 x^2 + 2 is the second difference of x^4


def asked(model: JumpModel, kind: str) -> sp.Expr:
    stated = next((o for o in model.observables if o.kind == kind), ObservableStatement(kind, kind, None))
    return on_level(model, None, stated).value


def test_rates_of_place_beside_a_mirror() -> None:
    """T = 625 - x^4: at 0 both jumps lead to 1, 2 * 1/2 * (T(1) - T(0)) = -1. A formula is held against every site."""
    claims = {"T = 625 - x^4": "proved", "T = 625 - 2x^4": "refuted", "T(2) = 610": "refuted"}
    model = JumpModel(
        coordinates=["x"], jumps=[QUARTIC], boundaries=MIRROR, observables=[{"name": "T", "kind": "mean_exit_time"}],
        claims=[{"id": str(n), "latex": claim} for n, claim in enumerate(claims)],
    )  # fmt: skip
    value = asked(model, "mean_exit_time")
    assert [value.xreplace({x: sp.Integer(n)}) for n in range(5)] == [625 - n**4 for n in range(5)]
    assert [v.verdict for v in sd.check_all(model).verdicts] == list(claims.values())


def test_death_after_the_step_in_discrete_time() -> None:
    """One site: a quarter leaves on each side before a third of the others dies, so 1/3 is left per step."""
    model = JumpModel(
        coordinates=["x"], time_step="1", jumps=[{"displacements": [["1"], ["-1"]], "probability": "1/4"}],
        reactions=[{"consumes": ["P"], "produces": [], "probability": "1/3"}], boundaries=[{"domain": "0 < x < 2", "kind": "absorbing"}],
        observables=[{"name": "h", "kind": "splitting_probability", "target": "x >= 2"}], initial={"position": ["1"]},
    )  # fmt: skip
    assert asked(model, "mean_exit_time") == sp.Rational(3, 2)
    assert asked(model, "splitting_probability") == sp.Rational(3, 8)
    assert asked(model, "survival_probability").subs(t, 2) == pytest.approx(1 / 9, abs=1e-15)
    assert asked(model, "first_passage_density").subs(t, 2) == pytest.approx(1 / 6, abs=1e-15)
    assert asked(model, "decay_rate") == pytest.approx(np.log(3), abs=1e-14)


def test_a_trap_and_resetting_in_a_box() -> None:
    """Sites 1, 2: from 1 nothing leads down, from 2 up at rate 1 and down at rate 2; put back to 1 at rate 3: T_2 = 1/1 + T_1 (2 + 3)/1."""
    jumps = [
        {"displacement": "1", "rate": "1"},
        {"displacement": "-1", "rate": "2", "where": "x > 1"},
        {"destination": ["1"], "rate": "3"},
    ]
    model = JumpModel(
        coordinates=["x"],
        jumps=jumps,
        boundaries=[{"domain": "0 < x < 3", "kind": "absorbing"}],
        initial={"position": ["1"]},
    )
    assert asked(model, "mean_exit_time") == 7  # T_1 = 1 + T_2, 6 T_2 = 1 + 5 T_1


def test_a_partly_absorbing_disc_against_numpy() -> None:
    model = JumpModel(
        coordinates=["x", "y"], jumps=[{"displacements": CROSS[:3], "rate": "1"}, {"displacement": ["0", "-1"], "rate": "2 + x/4"}],
        boundaries=[{"domain": "x**2 + y**2 < 5", "kind": "partial", "probability": "2/5"}], initial={"position": ["1", "0"]},
        observables=[{"name": "h", "kind": "splitting_probability", "target": "x > 0"}],
    )  # fmt: skip
    sites = [(a, b) for a in range(-2, 3) for b in range(-2, 3) if a * a + b * b < 5]
    row = {site: n for n, site in enumerate(sites)}
    matrix, through, lost = np.zeros((len(sites),) * 2), np.zeros(len(sites)), np.zeros(len(sites))
    for (a, b), n in row.items():
        for (da, db), rate in zip([(1, 0), (-1, 0), (0, 1), (0, -1)], [1, 1, 1, 2 + a / 4], strict=True):
            end = (a + da, b + db)
            if end in row:
                matrix[n, row[end]] += rate
                matrix[n, n] -= rate
                continue
            matrix[n, n] -= 0.4 * rate
            lost[n] += 0.4 * rate
            through[n] += 0.4 * rate * (end[0] > 0)
    here = row[1, 0]
    assert float(asked(model, "mean_exit_time")) == pytest.approx(
        np.linalg.solve(matrix, -np.ones(len(sites)))[here], rel=1e-12
    )
    assert float(asked(model, "splitting_probability")) == pytest.approx(
        np.linalg.solve(matrix, -through)[here], rel=1e-12
    )
    rates, modes = np.linalg.eig(matrix)
    alive = (modes @ np.diag(np.exp(0.7 * rates)) @ np.linalg.inv(modes)).real
    assert float(asked(model, "survival_probability").subs(t, 0.7)) == pytest.approx(alive.sum(axis=1)[here], rel=1e-10)
    assert float(asked(model, "first_passage_density").subs(t, 0.7)) == pytest.approx((alive @ lost)[here], rel=1e-10)
    assert float(asked(model, "decay_rate")) == pytest.approx(-max(rates.real), rel=1e-10)


def test_a_stationary_law_around_a_ring_of_unlike_sites() -> None:
    """Rates up 1 + x, none down: the law is as 1/(1 + x) on 0, 1, 2, that is 6/11, 3/11, 2/11."""
    model = JumpModel(
        coordinates=["x"],
        jumps=[{"displacement": "1", "rate": "1 + x"}],
        boundaries=[{"domain": "0 <= x < 3", "kind": "periodic"}],
    )
    value = asked(model, "stationary_density")
    assert [value.xreplace({x: sp.Integer(n)}) for n in range(3)] == [sp.Rational(n, 11) for n in (6, 3, 2)]


def test_what_is_not_solved_keeps_its_reason() -> None:
    jumps = [{"displacement": "1", "rate": "a + x"}, {"displacement": "-1", "rate": "1"}]
    many = JumpModel(parameters={"a": "positive"}, coordinates=["x"], jumps=jumps,
                     boundaries=[{"domain": "x >= 0", "kind": "partial", "probability": "1/2"}, {"domain": "x < 30", "kind": "absorbing"}])  # fmt: skip
    with pytest.raises(NotYetError, match="partial or mirroring walls and rates that depend on place"):
        asked(many, "mean_exit_time")
    nowhere = JumpModel(coordinates=["x"], jumps=[QUARTIC], boundaries=MIRROR, initial={"position": ["1/2"]})
    with pytest.raises(DerivationError, match="no walker can start at"):
        asked(nowhere, "mean_exit_time")


RING = {"domain": "0 <= x < 5", "kind": "periodic"}


@pytest.mark.parametrize(
    ("jumps", "clock", "slowest"),
    [
        (
            {"displacements": [["1"], ["-1"]], "probability": "1/2"},
            {"time_step": "1"},
            -np.log(np.cos(np.pi / 5)),
        ),  # of the shortest wave
        (
            {"displacements": [["1"], ["-1"]], "probability": "1/4"},
            {"time_step": "1"},
            -np.log((1 + np.cos(2 * np.pi / 5)) / 2),
        ),
        (
            {"displacements": [["2"], ["-2"]], "rate": "1"},
            {},
            2 - 2 * np.cos(2 * np.pi / 5),
        ),  # steps of two reach all five sites
    ],
)
def test_slowest_wave_around_a_ring(jumps: dict, clock: dict, slowest: float) -> None:
    assert float(
        asked(JumpModel(coordinates=["x"], jumps=[jumps], boundaries=[RING], **clock), "decay_rate")
    ) == pytest.approx(slowest, rel=1e-12)


def test_starts_and_targets_that_do_not_exist() -> None:
    box = {
        "coordinates": ["x"],
        "boundaries": [{"domain": "0 < x < 5", "kind": "absorbing"}],
        "parameters": {"a": "positive"},
    }
    steps = {"displacements": [["1"], ["-1"]], "rate": "a"}
    for place, why in (("9", "outside of the walls"), ("1/2", "no walker can start at")):
        model = JumpModel(**box, jumps=[steps], initial={"position": [place]})
        with pytest.raises(DerivationError, match=why):
            asked(model, "mean_exit_time")
    beyond = {"observables": [{"name": "h", "kind": "splitting_probability", "target": "x >= 6"}]}
    with pytest.raises(UsageError, match="no exit lies in the target"):
        asked(JumpModel(**box, **beyond, jumps=[steps]), "splitting_probability")
    far = JumpModel(**box, **beyond, jumps=[steps | {"rate": "1"}, {"displacement": "2", "rate": "1"}])
    value = asked(
        far, "splitting_probability"
    )  # only jumps of two from site 4 end there; solved by hand as fractions of 49
    assert [value.xreplace({x: sp.Integer(n)}) for n in range(1, 5)] == [sp.Rational(n, 49) for n in (8, 13, 11, 20)]


def test_eighty_sites_with_death_in_discrete_time_are_eliminated_as_a_band() -> None:
    """The chance to leave through the top is (r^20 - r^-20)/(r^80 - r^-80), with r + 1/r from one step of p to each side and death d."""
    p, d = sp.Rational(1, 8), sp.Rational(1, 12800)
    model = JumpModel(
        coordinates=["x"], time_step="1/2", jumps=[{"displacements": [["1"], ["-1"]], "probability": "1/8"}],
        reactions=[{"consumes": ["P"], "produces": [], "probability": "1/12800"}], initial={"position": ["20"]},
        boundaries=[{"domain": "0 < x < 80", "kind": "absorbing"}],
        observables=[{"name": "h", "kind": "splitting_probability", "target": "x >= 80"}],
    )  # fmt: skip
    # inside: h = (1 - d) [(1 - 2 p) h + p (h_+ + h_-)]; beside the wall the jump out is not followed by death: one factor 1/(1 - d)
    half = float((1 - (1 - d) * (1 - 2 * p)) / (2 * p * (1 - d)))
    r = half + np.sqrt(half**2 - 1)
    wanted = (r**20 - r**-20) / (r**80 - r**-80) / (1 - float(d))
    assert float(asked(model, "splitting_probability")) == pytest.approx(wanted, rel=1e-10)


def test_times_of_those_that_arrive_from_several_states() -> None:
    """E[T; target]/P(target), both over the shares of the states at the start, not the mean of the states' conditional times."""
    jumps = [
        {"from": "R", "displacement": "1", "rate": "2"}, {"from": "L", "displacement": "-1", "rate": "1"},
        {"from": "R", "to": "L", "rate": "1/2"}, {"from": "L", "to": "R", "rate": "1/3"},
    ]  # fmt: skip
    walls = [{"domain": "0 < x < 6", "kind": "absorbing"}]
    leave, size = np.zeros(10), 5
    rates = np.zeros((10, 10))
    for n in range(size):
        right, left = 2 * n, 2 * n + 1
        rates[right, left], rates[left, right] = 1 / 2, 1 / 3
        if n < size - 1:
            rates[right, right + 2] = 2
        else:
            leave[right] = 2
        if n > 0:
            rates[left, left - 2] = 1
    generator = rates - np.diag(rates.sum(axis=1) + leave)
    generator[1, 1] -= 1  # the lower wall
    chance = np.linalg.solve(generator, -leave)
    joint = np.linalg.solve(generator, -chance)
    for shares in ((1 / 4, 3 / 4), (2 / 5, 3 / 5)):
        start = {"states": {"R": str(shares[0]), "L": str(shares[1])}} if shares[0] == 1 / 4 else {}
        for place in ([], ["2"]):  # by modes, and site by site
            initial = start | ({"position": place} if place else {})
            model = JumpModel(
                coordinates=["x"], states=["R", "L"], jumps=jumps, boundaries=walls, initial=initial,
                observables=[{"name": "T", "kind": "mean_exit_time", "target": "x >= 6"}],
            )  # fmt: skip
            found = float(asked(model, "mean_exit_time").xreplace({x: sp.Integer(2)}))
            here = np.array(shares)
            assert found == pytest.approx(here @ joint[2:4] / (here @ chance[2:4]), rel=1e-12)
            assert found != pytest.approx(here @ (joint[2:4] / chance[2:4]), rel=1e-3)

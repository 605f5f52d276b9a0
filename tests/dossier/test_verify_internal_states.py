"""The exact tier for one continuous internal state: derived equations pass, coefficients off by 1e-9 and wrong terms fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from mutations import mutations, verdict_on
from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_claim import claim_of, with_term_scaled
from symdiff.dossier.verify_exact import _system_study, homogeneous_tier
from symdiff.dossier.verify_homogeneous import HomogeneousTest
from symdiff.dossier.verify_numbers import base_values, eps_path

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

DATA = Path(__file__).parents[1] / "data" / "models" / "remaining"
WAITS = DATA / "wc-run-length-fixed-2d.toml"
QUICK = ["chiral_active_particle", "dispersion_in_a_channel", "ornstein_uhlenbeck_velocity", "run_and_tumble_in_space",
         "velocity_drawn_anew"]  # fmt: skip
SLOW = [WAITS, "active_brownian_particle_in_space", "correlated_walk_with_turning_angles", "dispersion_in_linear_shear",
        "rigid_correlated_walk", "runs_of_any_law", DATA / "wc-taylor-diameter.toml", DATA / "sb-diffusing-diffusivity.toml"]  # fmt: skip
TINY = sp.Rational(1, 10**9)


@pytest.mark.parametrize(
    "entry",
    [
        *QUICK,
        *(
            pytest.param(name, marks=pytest.mark.slow if n % 3 == 0 else pytest.mark.exhaustive)
            for n, name in enumerate(SLOW)
        ),
    ],
    ids=str,
)
def test_right_equations_pass_and_errors_of_one_in_a_billion_fail(entry: str | Path) -> None:
    model = load(entry) if isinstance(entry, str) else sd.load(entry)
    limit = sd.derive(model)
    found = verdict_on(model, limit)
    assert found.passed is True
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < 1e-15
    assert limit.equation is not None
    test = HomogeneousTest(model, claim_of(limit), eps_path(model, limit.regime, base_values(model, Settings())))
    right = limit.equation
    wrong = [(f"{n}, off by 1e-9", with_term_scaled(right, n, 1 + TINY))
             for n, t in enumerate((*right.left, *right.right)) if any(t.space) and t.coefficient != 0]  # fmt: skip
    assert wrong
    with mpmath.workdps(test.digits):
        for text, equation in [*wrong, *mutations(right)]:
            errors = test.errors(test.table(equation))
            assert not test.study(errors, test.predicted.first, mpmath.mpf(0)).vanishes, text


@pytest.mark.slow
def test_textbook_formulas_for_runs_of_fixed_length() -> None:
    model = sd.load(WAITS)
    right = r"P_t = \frac{v_0^2 T}{4} (P_{xx} + P_{yy})"  # Lovely and Dahlquist (1975): <t^2>/(2 <t>) v^2/d
    assert sd.verify(model, tier="exact", equation=right).passed is True
    assert sd.verify(model, tier="exact", equation=right.replace("{4}", "{2}")).passed is False


def test_flips_beside_turning_pass_and_a_wrong_rate_fails() -> None:
    """Forwards or backwards along a direction that turns: v^2/(2 (D_r + 2 lam)); fast rates cancel in the slow one."""
    model = sd.JumpModel(
        parameters={"v": "positive", "Dr": "positive", "lam": "positive"}, model={"coordinates": ["x", "y"]},
        internal=[{"name": "u", "domain": "direction", "diffusivity": "Dr"}],
        states=[{"name": n, "velocity": [f"{s}v*u_x", f"{s}v*u_y"]} for n, s in (("ahead", ""), ("back", "-"))],
        jumps=[{"from": a, "to": b, "displacement": ["0", "0"], "rate": "lam"} for a, b in (("ahead", "back"), ("back", "ahead"))])  # fmt: skip
    limit = sd.derive(model)
    assert verdict_on(model, limit).passed is True
    assert limit.equation is not None
    wrong = with_term_scaled(limit.equation, len(limit.equation.left), 1 + TINY)
    assert verdict_on(model, replace(limit, equations=(wrong,))).passed is False


def test_laws_that_the_model_leaves_open_are_named() -> None:
    for name, words in (("velocity_drawn_anew", "normal law"), ("chiral_active_particle", "")):
        model = load(name)
        assumed = verdict_on(model, sd.derive(model)).detail("assumed")
        assert ([words] if words else []) == [words for text in assumed if words in text]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_profiles_of_high_degree_take_a_larger_basis() -> None:
    model = sd.JumpModel(
        parameters={"U": "positive", "H": "positive", "D0": "positive"}, model={"coordinates": ["x"]},
        states=[{"velocity": "U*(y/H)**9"}], internal=[{"name": "y", "domain": "0 < y < H", "diffusivity": "D0"}])  # fmt: skip
    assert verdict_on(model, sd.derive(model)).passed is True


STOPS = """
[parameters]
a = "0 < a < 1"
q = "probability"
v = "positive"
[model]
coordinates = ["x"]
"""
IN_STEPS = 'states = ["right", "rest", "left"]\ntime_step = "1"\n' + "".join(
    f'[[jumps]]\nfrom = "{a}"\nto = "{b}"\ndisplacement = "{r}"\nprobability = "{p}"\n'
    for a, b, r, p in (("right", "right", "v", "1 - a"), ("right", "rest", "0", "a"), ("rest", "right", "v", "1 - q"),
                       ("rest", "left", "-v", "q"), ("left", "left", "-v", "1 - a"), ("left", "rest", "0", "a"))
)  # fmt: skip
IN_TIME = "".join(f'[[states]]\nname = "{n}"\nvelocity = "{v}"\n' for n, v in (("right", "v"), ("rest", "0"), ("left", "-v"))) + "".join(
    f'[[jumps]]\nfrom = "{a}"\nto = "{b}"\ndisplacement = "0"\nrate = "{p}"\n'
    for a, b, p in (("right", "rest", "a"), ("rest", "right", "2*(1 - q)"), ("rest", "left", "2*q"), ("left", "rest", "a"))
)  # fmt: skip
RARE = '[scaling]\nname = "rare"\na = 1\nx = -1\nt = -1\n'
AT = "[values]\na = '1/3'\nq = '1/4'\nv = 1\n"


@pytest.mark.parametrize("motion", [IN_STEPS, IN_TIME], ids=["steps", "time"])
def test_systems_without_the_states_that_are_left_at_once_pass_the_exact_tier(motion: str) -> None:
    """Stops between runs: left at the rate a, for the right with chance 1 - q, so that P_tt + a P_t + (1 - 2q) a v P_x = v^2 P_xx."""
    model = sd.loads(STOPS + motion + RARE + AT)
    (limit,) = [x for x in sd.derive_all(model) if x.regime.name == "rare"]
    assert [e.density for e in limit.system] == ["right", "left"]
    test = HomogeneousTest(model, claim_of(limit), eps_path(model, limit.regime, base_values(model, Settings())))
    with mpmath.workdps(test.digits):
        assert homogeneous_tier(model, claim_of(limit), test.path).passed is True
        assert _system_study(test, limit.system).vanishes
        for row, equation in enumerate(limit.system):
            for n in range(len(equation.left), len(equation.left) + len(equation.right)):
                wrong = [with_term_scaled(e, n, 1 + TINY) if e is equation else e for e in limit.system]
                assert not _system_study(test, wrong).vanishes, (row, n)

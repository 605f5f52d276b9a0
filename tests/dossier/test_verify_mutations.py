"""Wrong equations made from right ones against the exact tier: every one is caught, the right one never."""

from __future__ import annotations

from pathlib import Path

import pytest

import symdiff as sd
from mutations import mutations, verdict_on
from symdiff.dossier.gallery import load
from symdiff.verification.tier import TierResult

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

DATA = Path(__file__).parent.parent / "data" / "models"
QUICK = ["biased_walk", "walk_in_potential"]
CHAPTER = ["central_limit", "continuous_time_diffusion", "discrete_time_diffusion", "gaussian_propagator", "harmonic_trap",
           "levy_flight", "mean_squared_displacement", "persistent_walk", "square_walk_three_steps"]  # fmt: skip
MODELS = ["biased-rates", "cj-gamma-steps", "fast-switching", "glauber", "lat-brick", "lat-honeycomb-unequal", "laws-2d",
          "lazy-asymmetric", "midpoint-2d", "normalised-weights", "order-one-bias", "os-barrier", "os-gradient",
          "pd-var-steplength", "pv-dt-lazy-persistent", "windy-2d"]  # fmt: skip


def check_all_mutations(model: sd.JumpModel) -> int:
    caught = 0
    for limit in sd.derive_all(model):
        assert limit.equation is not None
        right = verdict_on(model, limit, limit.equation)
        assert right.passed is True, (limit.regime.name, right.why)
        for name, wrong in mutations(limit.equation):
            result = verdict_on(model, limit, wrong)
            if result.passed is True and tiny(name) and resolves_less(right):
                continue  # the run says itself that it resolves no error as small as this one
            assert result.passed is not True, (limit.regime.name, name)
            caught += 1
    return caught


def tiny(name: str) -> bool:
    """Whether a mutation is that of one in a million."""
    return name.endswith(("1000001/1000000", "999999/1000000"))


def resolves_less(right: TierResult) -> bool:
    """Whether the run on the right equation states that it needed larger planted errors than one in a million."""
    assert right.negative_control is not None
    return any(claim.endswith(("(1 + 1e-5)", "(1 + 1e-4)")) for claim in right.negative_control.claims)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_every_wrong_equation_is_caught(name: str) -> None:
    assert check_all_mutations(load(name)) > 8


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_wrong_equation_is_caught_in_all_models() -> None:
    models = [load(name) for name in CHAPTER if name not in QUICK]
    for name in MODELS[::12]:  # tests/benchmarks/wrong_equations.py visits all
        model = sd.load(DATA / f"{name}.toml")
        try:
            limits = sd.derive_all(model)
        except sd.SymdiffError:
            continue  # a model without a limit, kept for other tests
        if all(x.equation is not None and verdict_on(model, x).applies for x in limits):
            models.append(model)
    assert sum(check_all_mutations(model) for model in models) >= 100


# --- conventions: rates read where the walker is, in the middle, or where it lands ---------------------------------

PLACES = {"departure": "D(x)", "midpoint": "D(x + r/2)", "arrival": "D(x + r)"}
EQUATIONS = {  # mathematics of the three conventions, worked by hand: expand the gain and loss terms to second order in h
    "departure": r"P_t = \partial_{xx} (D(x) P)",
    "midpoint": r"P_t = \partial_x (D(x) \partial_x P)",
    "arrival": r"P_t = D(x) P_{xx} - P \partial_{xx} D(x)",
}


def model_of(place: str) -> sd.JumpModel:
    return sd.JumpModel(
        parameters={"h": "positive"}, functions={"D": ["x"]}, model={"coordinates": ["x"]},
        jumps=[{"displacements": ["h", "-h"], "rate": f"{PLACES[place]}/h**2"}], scaling={"h": 1},
    )  # fmt: skip


@pytest.mark.parametrize("rule", PLACES)
@pytest.mark.parametrize("claimed", EQUATIONS)
def test_ito_isothermal_and_arrival_are_told_apart(rule: str, claimed: str) -> None:
    evidence = sd.verify(model_of(rule), tier="exact", equation=EQUATIONS[claimed])
    assert evidence.passed is (rule == claimed)


def test_stratonovich_is_told_from_ito() -> None:
    stratonovich = r"P_t = \partial_{xx} (D(x) P) - \frac{1}{2} \partial_x (P \partial_x D(x))"
    assert sd.verify(model_of("departure"), tier="exact", equation=stratonovich).passed is False


# --- the textbook's usual slips --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_telegraphers_equation_with_half_the_damping_rate() -> None:
    model = load("persistent_walk")
    equation = r"P_{tt} + \frac{%s(1-p)}{\tau} P_t = \frac{\ell^2}{\tau^2} P_{xx}"
    assert sd.verify(model, tier="exact", equation=equation % "2").passed is True
    assert sd.verify(model, tier="exact", equation=equation % "").passed is False


def test_diffusion_at_fixed_persistence_is_not_that_of_the_telegraphers_equation() -> None:
    model = load("persistent_walk")
    right, wrong = r"P_t = \frac{\ell^2 p}{2\tau(1-p)} P_{xx}", r"P_t = \frac{\ell^2}{2\tau(1-p)} P_{xx}"
    assert sd.verify(model, tier="exact", equation=right).passed is True
    assert sd.verify(model, tier="exact", equation=wrong).passed is False


def test_fractional_index_off_by_a_thousandth() -> None:
    model = load("levy_flight")
    right = sd.derive(model).equation
    assert right is not None
    text = f"Derivative(P(x, t), t) = {right.rhs}"
    assert sd.verify(model, tier="exact", equation=text).passed is True
    off = text.replace("alpha/2)", "(alpha + 1/1000)/2)")
    assert off != text
    assert sd.verify(model, tier="exact", equation=off).passed is False

"""Observables, waits, populations and corrected claims at the test vectors of the collection, through the JSON of derive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document
from symdiff.model.jump_model import JumpModel

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

DATA = Path(__file__).parents[1] / "data"
VECTORS: dict[str, Any] = json.loads((DATA / "remaining_vectors.json").read_text())


def document(model: JumpModel, order: int | None = None, regime: str | None = None) -> dict[str, Any]:
    """What ``symdiff derive --json --regime`` prints, of the regime that the collection means."""
    regime = regime or ("long-wave" if model.population is None else "large-system")
    return json.loads(json.dumps(derive_document(derive_model(model, regime=regime, order=order))))


def quantity(found: dict[str, Any], name: str) -> str:
    """A coefficient of the first limit, an observable on one level ("T.lattice", "T.equation"), or of van Kampen's expansion.

    "S/x" is a ratio of two, "condition.kappa" a coefficient of a condition at a place; "valid" is the bound on abs(x) that the assumptions name.
    """
    if "/" in name:
        return "({})/({})".format(*(quantity(found, part) for part in name.split("/")))
    if name == "valid":
        start = "the probabilities are valid where Abs(x) <= "
        (bound,) = [a.removeprefix(start) for a in found["limits"][0]["assumptions"] if a.startswith(start)]
        return bound
    name, _, level = name.partition(".")
    if not level:
        return found["limits"][0]["coefficients"][name]["sympy"]
    if name in ("drift_matrix", "noise_covariance", "stationary"):
        shown = found["limits"][0]["system_size_expansion"][name]
        for step in level.split("."):
            shown = (shown[0] if isinstance(shown, list) else shown)[step]
        return shown["sympy"]
    if name == "condition":
        (shown,) = [
            c["coefficients"][level] for c in found["limits"][0]["boundary_conditions"] if level in c["coefficients"]
        ]
        return shown["sympy"]
    shown = found["observables"][name][level]
    if level == "equation" and "long-wave" in shown:
        shown = shown["long-wave"]
    return shown["sympy"]


SLOW = ("rw1d-unequal-times", "nx-velocity-resampling-tensor", "pv-rt-persistence-general", "bd-brusselator-lna")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in sorted(VECTORS)])
def test_derived_quantities_vs_textbook_test_vectors(name: str) -> None:
    entry = VECTORS[name]
    found = document(sd.load(str(DATA / "models" / f"{entry['model']}.toml")), entry.get("order"), entry.get("regime"))
    assert entry["vectors"]
    for vector in entry["vectors"]:
        names = {n: sp.Symbol(n) for n in (*found["symbols"]["parameters"], *found["symbols"]["coordinates"], "t")}
        names |= {n: sp.Symbol(n) for n in vector["params"]}
        names |= {n: lambda *_, n=n: sp.Symbol(n) for n in found["symbols"]["densities"]}  # a uniform state
        value = sp.sympify(quantity(found, vector["quantity"]), locals=names)
        value = value.xreplace({d: sp.Integer(0) for d in value.atoms(sp.Derivative) if d.expr.is_Symbol})
        value = sp.sympify(vector["is"], locals={**names, "q": value}).subs(
            {sp.Symbol(k): sp.Rational(v) for k, v in vector["params"].items()}
        )
        expected = float(vector["value"])
        assert float(sp.N(value, 30)) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert 0.7 - 3 * float(sp.N(value, 30)) != pytest.approx(expected, rel=1e-6)  # negative control


CORRECTED = sorted(v["model"] for n, v in VECTORS.items() if n.startswith("wc-"))


@pytest.mark.parametrize("name", [n for n in CORRECTED if "[[claims]]" in (DATA / "models" / f"{n}.toml").read_text()])
def test_textbook_slips_are_refuted_and_their_corrections_proved(name: str) -> None:
    model = sd.load(str(DATA / "models" / f"{name}.toml"))
    assert {c.id: v.verdict for c, v in zip(model.claims, sd.check_all(model).verdicts, strict=True)} == {
        "correct": "proved",
        "claimed": "refuted",
    }


@pytest.mark.slow
def test_heat_bath_leaves_the_boltzmann_law_at_rest_at_every_order() -> None:
    model = sd.load(str(DATA / "models" / "textbook" / "nx-glauber.toml"))
    limit = derive_document(derive_model(model, regime="stated", order=2))["limits"][0]
    terms = [limit["equations"][0]["rhs"], *(d["terms"] for d in limit["discarded"])]
    x = sp.Symbol("x")
    for factor, at_rest in ((1, True), (sp.Rational(1, 2), False)):  # nx-glauber; the second is the negative control
        for shown in terms:
            names = {"x": x, "V": sp.Lambda(x, sp.cos(x)), "u": lambda *a, f=factor: sp.exp(-f * sp.cos(x))}
            change = sp.sympify(shown["sympy"], locals=names).doit().subs({x: sp.Rational(7, 10), "h": 1, "D0": 1})
            assert (abs(float(sp.N(change, 30))) < 1e-14) is at_rest


def test_between_two_steps_the_mean_square_stands_still() -> None:
    found = document(sd.load(str(DATA / "models" / "remaining" / "wc-chapter-lattice-time.toml")))["observables"]["msd"]
    assert "t is a multiple of tau" in found["assumptions"]  # wc-chapter-lattice-time: l**2*floor(t/tau)
    assert sp.sympify(found["lattice"]["sympy"]).subs({"l": 1.2, "tau": 0.7, "t": 0.7}) == pytest.approx(1.44)


def test_montroll_weiss_formula_vs_textbook_test_vector() -> None:
    found = document(sd.load(str(DATA / "models" / "remaining" / "ct-montroll-weiss.toml")))
    (step,) = [s for s in found["limits"][0]["steps"] if s["title"] == "Montroll-Weiss formula"]
    for shift, agrees in ((0, True), (1, False)):  # the second is the negative control
        numbers = {
            "psi": lambda *_, more=shift: 0.46814404432132964 + more,
            "phi": lambda *_: 0.62160996827066446,
            "s": 0.6,
        }
        value = sp.sympify(step["rhs"]["sympy"], locals=numbers)
        assert (abs(float(value) - 1.2502543712734902274) < 1e-12) is agrees  # ct-montroll-weiss


def test_exact_potential_of_a_bistable_population_is_not_that_of_its_diffusion() -> None:
    found = document(sd.load(str(DATA / "models" / "remaining" / "bd-schlogl-potential.toml")))
    n, size = sp.Symbol("n"), sp.Symbol("V")
    law = sp.sympify(found["observables"]["Pst"]["lattice"]["sympy"], locals={"n": n, "V": size})
    law = sp.Mul(*(f for f in sp.Mul.make_args(law) if not f.has(sp.Sum)))  # without what norms it
    (product,) = law.atoms(sp.Product)
    rest = sp.lambdify((n, size), law / product, "mpmath")
    factor = sp.lambdify((product.limits[0][0], size), product.function, "mpmath")

    def gap(v: int) -> float:
        low, high = v // 2, 7 * v // 2
        fall = mpmath.log(rest(mpmath.mpf(low), v) / rest(mpmath.mpf(high), v))
        return float(fall - mpmath.fsum(mpmath.log(factor(mpmath.mpf(j), v)) for j in range(low + 1, high + 1))) / v

    # bd-schlogl-potential: phi(7/2) - phi(1/2); that of the diffusion approximation is -0.08753
    assert 2 * gap(400) - gap(200) == pytest.approx(-0.0868013089834, abs=2e-5)

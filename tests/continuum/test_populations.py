"""Populations: van Kampen's expansion against moments worked out from the reactions, and against exact stationary laws."""

from __future__ import annotations

import contextlib
import itertools
import random
from dataclasses import replace

import pytest
import sympy as sp
from sympy.polys.domains import ZZ

from benchmarks import random_models
from symdiff.continuum import populations
from symdiff.continuum.confirmation import confirm
from symdiff.continuum.derive import derive_regime, stated_regimes
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.stationary_points import _linear_form, _rational_moments
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import load_text
from symdiff.notation.codec import from_json

E = sp.Symbol("e")  # V**(-1/2)


def first(document: dict) -> ContinuumLimit:
    model = JumpModel(**document)
    return derive_regime(model, stated_regimes(model)[0])


# --- the second route: rates of change of cumulants, from the reactions ----------------------------------------------


def partitions(items: list[int]):  # type: ignore[no-untyped-def]
    """Every way to split a list into blocks."""
    if not items:
        yield []
        return
    head, rest = items[0], items[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(range(len(rest)), size):
            block = [head, *(rest[i] for i in others)]
            for further in partitions([r for i, r in enumerate(rest) if i not in others]):
                yield [block, *further]


def moment(axes: tuple[int, ...], cumulants: dict) -> sp.Expr:
    """E[xi_i xi_j ...] from the joint cumulants, up to e**2."""
    total = sp.Integer(0)
    for blocks in partitions(list(axes)):
        total += sp.Mul(*(cumulants.get(tuple(sorted(b)), sp.Integer(0)) for b in blocks))
    return total


def rates_of_moments(document: dict, values: dict) -> dict[str, sp.Expr]:
    """d<xi_i>/dt, d<xi_i xi_j>/dt, d<xi_i xi_j xi_k>/dt for n = phi/e**2 + xi/e, and the cumulants put in."""
    names, d = document["coordinates"], len(document["coordinates"])
    phi, xi = [values[n.lower()] for n in names], sp.symbols(f"xi0:{d}")
    cumulants = {(i,): E * values[f"delta_{n.lower()}"] for i, n in enumerate(names)}
    for number, kind, power in ((2, "S", 0), (2, "C", 2), (3, "K", 1)):
        for axes in itertools.combinations_with_replacement(range(d), number):
            key = "_".join((kind, *(names[i].lower() for i in axes)))
            cumulants[axes] = cumulants.get(axes, 0) + E**power * values[key]
    reactions = []
    for rule in document["reactions"]:
        consumed, produced = (
            [0 if side == "0" else sum(int(p.split()[0]) if " " in p else 1 for p in side.split(" + ") if p.split()[-1] == n) for n in names]
            for side in rule["rule"].split(" -> ")
        )  # fmt: skip
        rate = sp.sympify(rule["rate"], locals={"V": 1 / E**2, "g": values["g"]})
        numbers = [p / E**2 + x / E for p, x in zip(phi, xi, strict=True)]
        propensity = rate * sp.Mul(*(n - k for n, m in zip(numbers, consumed, strict=True) for k in range(m)))
        reactions.append((propensity, [b - a for a, b in zip(consumed, produced, strict=True)]))
    macroscopic = [sum(sp.expand(w * r[i]).coeff(E, -2) for w, r in reactions) for i in range(d)]
    found = {}
    for number in (1, 2, 3):
        for axes in itertools.combinations_with_replacement(range(d), number):
            before = sp.Mul(*(xi[i] for i in axes))
            change = sum(w * (sp.Mul(*(xi[i] + E * r[i] for i in axes)) - before) for w, r in reactions)
            change -= sum(
                sp.diff(before, x) * m / E for x, m in zip(xi, macroscopic, strict=True)
            )  # d xi = e dn - dphi/e
            polynomial = sp.Poly(sp.expand(change * E**2), *xi)
            total = sum(
                c * moment(tuple(i for i, m in enumerate(p) for _ in range(m)), cumulants)
                for p, c in polynomial.terms()
            )
            found["".join(names[i] for i in axes)] = sp.expand(total / E**2)
    return found


def rates_by_moments(limit: ContinuumLimit, document: dict, values: dict) -> dict[str, sp.Expr]:
    """The same from the expansion: the derivative of every moment by its cumulants."""
    expansion = limit.system_size
    assert expansion is not None
    names, d = document["coordinates"], len(document["coordinates"])
    put = {s: values[s.name] for v in (*expansion.macroscopic,) for s in v.free_symbols}
    rates = {}
    for group in (
        expansion.covariance,
        expansion.mean_correction,
        expansion.third_cumulants,
        expansion.covariance_correction,
    ):
        for name, rate in group:
            rates[name] = rate.xreplace(put | {s: values[s.name] for s in rate.free_symbols})
    time = sp.Symbol("t")
    moving = {name: values[name] + time * rate for name, rate in rates.items()}
    cumulants = {(i,): E * moving[f"delta_{n.lower()}"] for i, n in enumerate(names)}
    for number, kind, power in ((2, "S", 0), (2, "C", 2), (3, "K", 1)):
        for axes in itertools.combinations_with_replacement(range(d), number):
            key = "_".join((kind, *(names[i].lower() for i in axes)))
            cumulants[axes] = cumulants.get(axes, 0) + E**power * moving[key]
    return {
        "".join(names[i] for i in axes): sp.expand(
            sp.diff(moment(axes, cumulants), time).xreplace({time: sp.Integer(0)})
        )
        for number in (1, 2, 3)
        for axes in itertools.combinations_with_replacement(range(d), number)
    }


def unlike(document: dict, limit: ContinuumLimit, seed: int) -> list[str]:
    """The moments whose rates differ to the order that the expansion keeps: e for one and three factors, e**2 for two."""
    rng, names = random.Random(seed), document["coordinates"]
    values = {"g": sp.Rational(rng.randint(1, 9), 7)} | {n.lower(): sp.Rational(rng.randint(1, 20), 9) for n in names}
    for number, kinds in ((1, ["delta"]), (2, ["S", "C"]), (3, ["K"])):
        for kind, axes in itertools.product(kinds, itertools.combinations_with_replacement(names, number)):
            values["_".join((kind, *(n.lower() for n in axes)))] = sp.Rational(rng.randint(1, 20), 11)
    first, second = rates_of_moments(document, values), rates_by_moments(limit, document, values)
    return [
        k
        for k in first
        if any(sp.expand(first[k] - second[k]).coeff(E, n) != 0 for n in range(-2, 3 if len(k) == 2 else 2))
    ]


@pytest.mark.parametrize("seed", [3, 4, 8])
def test_moments_of_random_networks_follow_the_expansion(seed: int) -> None:
    document = random_models.network(random.Random(seed))
    limit = first(document)
    assert limit.system_size is not None
    assert unlike(document, limit, seed) == []


@pytest.mark.slow
def test_a_wrong_term_of_the_expansion_is_seen() -> None:
    from dataclasses import replace

    document = random_models.network(random.Random(4))
    limit = first(document)
    assert limit.system_size is not None
    for kind in ("covariance", "mean_correction", "third_cumulants", "covariance_correction"):
        (name, rate), *rest = getattr(limit.system_size, kind)
        wrong = replace(
            limit, system_size=replace(limit.system_size, **{kind: ((name, rate + sp.Rational(1, 1000)), *rest)})
        )
        assert unlike(document, wrong, 1)


def reactions(parameters: str, coordinates: str, *rules: tuple[str, str]) -> dict:
    names = coordinates.split()
    return {"parameters": dict.fromkeys(("V", *parameters.split()), "positive"), "coordinates": names, "system_size": "V",
            "scaled": [n.lower() for n in names], "reactions": [{"rule": r, "rate": rate} for r, rate in rules]}  # fmt: skip


SCHLOEGL = reactions(
    "a b c d", "X", ("2 X -> 3 X", "a/V"), ("3 X -> 2 X", "b/V**2"), ("0 -> X", "c*V"), ("X -> 0", "d")
)
BRUSSELATOR = reactions("a b", "X Y", ("0 -> X", "a*V"), ("X -> Y", "b"), ("2 X + Y -> 3 X", "1/V**2"), ("X -> 0", "1"))
CLOSED = reactions("k l", "X Y", ("X -> Y", "k"), ("Y -> X", "l"))
HILL = reactions("a b K q g", "X", ("0 -> X", "V*(a + b*(X/V)**2/(K + q*(X/V)**2))"), ("X -> 0", "g"))


@pytest.mark.parametrize(
    ("document", "points", "reason"),
    [
        (SCHLOEGL, 0, "square roots"),  # three roots of a cubic
        (BRUSSELATOR, 1, ""),  # a focus, stable where b < 1 + a**2
        (CLOSED, 0, "a number is conserved"),
        (HILL, 0, "no polynomial"),
    ],
)
def test_points_that_are_missing_are_explained_and_results_survive_json(
    document: dict, points: int, reason: str
) -> None:
    limit = first(document)
    found = limit.system_size
    assert found is not None
    assert (len(found.stationary), bool(found.stationary_missing)) == (points, bool(reason))
    assert reason in found.stationary_missing
    assert found.third_cumulants
    assert found.covariance_correction
    assert from_json(limit.to_json()) == limit
    if document is BRUSSELATOR:
        a, b = (sp.Symbol(n, positive=True) for n in "ab")
        (condition,) = found.stationary_conditions[0]
        assert sp.expand(condition.lhs - (1 + a**2 - b)) == 0


@pytest.mark.parametrize("factor", [1, sp.Rational(1001, 1000)])
def test_second_route_of_a_network_tells_a_wrong_coefficient(
    monkeypatch: pytest.MonkeyPatch, factor: sp.Rational
) -> None:
    """The factor one is the control: the operator as it was derived passes."""
    asked = []
    monkeypatch.setattr(populations, "confirm", lambda *given: asked.append(given))
    model = load_text("""
[parameters]
V = "positive"
a = "positive"
[model]
coordinates = ["A", "B"]
system_size = "V"
[[reactions]]
rule = "A + B -> 2 B"
rate = "a/V"
[[reactions]]
rule = "B -> A"
rate = "a"
""")
    derive_regime(model, stated_regimes(model)[0])
    ((subject, regime, result),) = asked
    ((row,),) = result.operator
    changed = replace(result, operator=[[[replace(row[0], coefficient=row[0].coefficient * factor), *row[1:]]]])
    with pytest.raises(InternalFaultError) if factor != 1 else contextlib.nullcontext():
        confirm(subject, regime, changed)


def test_stability_of_points_with_roots_against_the_polynomial_of_numbers() -> None:
    """A network whose stationary points hold sqrt(5) beside a rate: SymPy's characteristic polynomial fails on its matrix."""
    from symdiff.continuum.stationary_points import _characteristic

    g, z = sp.Symbol("g", positive=True), sp.Symbol("z")
    matrix = sp.Matrix(2, 2, [-g, 2 * sp.sqrt(5) * g, 3, -4 * sp.sqrt(5) * g])
    c1, c0 = _characteristic(matrix)
    assert sp.expand(z**2 + c1 * z + c0 - (z * sp.eye(2) - matrix).det()) == 0
    assert sp.expand(c0 - matrix.det() - g) != 0  # negative control
    model = JumpModel(parameters={"g": "positive", "V": "positive"}, coordinates=["A", "B"], system_size="V",
                         reactions=[{"rule": "0 -> A + 2 B", "rate": "5*g*V"}, {"rule": "A -> 0", "rate": "g"},
                                    {"rule": "2 B -> A + B", "rate": "2*g/V"}])  # fmt: skip
    assert derive_regime(model, stated_regimes(model)[0]).equation is not None


@pytest.mark.parametrize("value", ["0", "a/(1 + a)"])
def test_rows_of_the_moments_vs_substitution(value: str) -> None:
    a, x, u, v = sp.symbols("a x u v", real=True)
    place = {"0": sp.Integer(0), "a/(1 + a)": a / (1 + a)}[value]
    rate = x**2 * u / a + 3 * x * v - u + a * x - x / (1 + a) + 2
    field = ZZ.frac_field(a)
    row = _linear_form(field.poly_ring(x, u, v).ring.from_expr(rate), [field.from_sympy(place)], 2, field)
    wanted = [sp.diff(rate, u), sp.diff(rate, v), rate.subs({u: 0, v: 0})]
    assert all(sp.cancel(field.to_sympy(r) - w.subs(x, place)) == 0 for r, w in zip(row, wanted, strict=True))


def test_moments_of_a_singular_system_have_no_values() -> None:
    x, u, v = sp.symbols("x u v", real=True)
    a = sp.Symbol("a", positive=True)
    singular = ((("u", a * u + v), ("v", a**2 * u + a * v + 1)),)
    regular = ((("u", a * u + v), ("v", a**2 * u - a * v + 1)),)
    assert _rational_moments({x: a}, singular) is None
    assert _rational_moments({x: a}, regular) == (("u", -1 / (2 * a**2)), ("v", 1 / (2 * a)))


def test_moments_at_a_point_with_a_root_satisfy_their_equations() -> None:
    """Immigration, death and pairing: x = (-d + sqrt(d^2 + 8 k c))/(4 c), where the moments are worked out beside the root."""
    found = first({"parameters": {"k": "positive", "d": "positive", "c": "positive", "V": "positive"}, "coordinates": ["n"],
                   "system_size": "V", "scaled": ["x"],
                   "jumps": [{"displacement": "1", "rate": "k*V"}, {"displacement": "-1", "rate": "d*n"},
                             {"displacement": "-2", "rate": "c*n*(n - 1)/V"}]}).system_size  # fmt: skip
    assert found is not None
    (point,) = found.stationary
    k, d, c = (sp.Symbol(name, positive=True) for name in "kdc")
    numbers = {k: sp.Integer(3), d: sp.Rational(1, 2), c: sp.Rational(2, 7)}
    at = {sp.Symbol(name, real=True): v.subs(numbers) for name, v in point}
    moments = (found.covariance, found.mean_correction, found.third_cumulants, found.covariance_correction)
    rates = [*found.macroscopic, *(r for group in moments for _, r in group)]
    assert len(point) == len(rates) == 5
    assert all(abs(r.subs(numbers).subs(at).evalf(30)) < 1e-25 for r in rates)
    first_moment = {**at, sp.Symbol("S_x_x", real=True): at[sp.Symbol("S_x_x", real=True)] * 2}
    assert abs(found.covariance[0][1].subs(numbers).subs(first_moment).evalf(30)) > 1e-3  # negative control

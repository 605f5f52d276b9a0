"""First-passage laws, survival, decay rates and returns against propagated laws, eigenvalues, and known constants.

Constants: Montroll (1956) and Glasser and Zucker (1977) for Watson's integrals; OEIS A242812 for the hypercubic one in 4D.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy as sp
from chains import evaluate
from test_exits import BIASED, BOX, LAZY, NAMES, bulk_limits, walk

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement, make_model
from symdiff.model.loading import load_text
from walks import stored

POINT = {"h": 1, "tau": 1, "L": 6, "a": "13/10", "b": "4/5", "p": "11/20", "x": 2}
FLOOR = [{"domain": "x > 0", "kind": "absorbing"}]


def first_passages(p: Fraction, start: int, steps: int, top: int | None) -> list[tuple[Fraction, Fraction]]:
    """(chance to leave below, chance to leave above) at each step, by propagating the law."""
    law, found = {start: Fraction(1)}, []
    for _ in range(steps):
        after: dict[int, Fraction] = {}
        for n, w in law.items():
            for m, q in ((n + 1, p), (n - 1, 1 - p)):
                after[m] = after.get(m, Fraction(0)) + w * q
        found.append((after.pop(0, Fraction(0)), after.pop(top, Fraction(0)) if top else Fraction(0)))
        law = after
    return found


def value(model: JumpModel, kind: str, target: str = "", **point: object) -> mpmath.mpf:
    entry = {"name": "q", "kind": kind} | ({"target": target} if target else {})
    asked = walk(BIASED, BOX).observables  # for the type only
    assert asked
    fields = {n: getattr(model, n) for n in model.__dataclass_fields__}
    statement = JumpModel(
        parameters=NAMES, coordinates=["x"], jumps=BIASED, time_step="tau", observables=[entry]
    ).observables[0]
    found = observable(make_model(fields), (), statement).lattice
    assert found is not None
    return evaluate(found, POINT | point)


@pytest.mark.parametrize("step", [3, 6])
def test_first_passage_in_discrete_time_against_the_propagated_law(step: int) -> None:
    law = first_passages(Fraction(11, 20), 2, step, 6)
    box = walk(BIASED, BOX)
    assert (
        abs(value(box, "first_passage_density", t=step) - mpmath.mpf(sum(law[-1]).numerator) / sum(law[-1]).denominator)
        < 1e-15
    )
    assert abs(value(box, "first_passage_density", "x >= L", t=step) - float(law[-1][1])) < 1e-15
    assert abs(value(box, "survival_probability", t=step) - float(1 - sum(map(sum, law)))) < 1e-15
    half = first_passages(Fraction(11, 20), 2, step, None)
    line_ = walk(BIASED, FLOOR)
    assert abs(value(line_, "survival_probability", t=step) - float(1 - sum(map(sum, half)))) < 1e-15
    if step == 6:
        assert abs(value(line_, "first_passage_density", t=step) - float(half[-1][0])) < 1e-15


def test_continuous_time_between_walls_against_the_matrix_exponential() -> None:
    a, b, size = mpmath.mpf("1.3"), mpmath.mpf("0.8"), 5
    matrix = mpmath.zeros(size)
    for i in range(size):
        matrix[i, i] = -(a + b)
        if i + 1 < size:
            matrix[i + 1, i], matrix[i, i + 1] = a, b
    law = mpmath.expm(matrix * mpmath.mpf("0.7"))[:, 1]
    box = walk(LAZY, BOX)
    assert abs(value(box, "survival_probability", t="7/10") - mpmath.fsum(law)) < 1e-14
    assert abs(value(box, "first_passage_density", t="7/10") - (b * law[0] + a * law[size - 1])) < 1e-14
    assert abs(value(box, "first_passage_density", "x >= L", t="7/10") - a * law[size - 1]) < 1e-14
    slowest = min(abs(e) for e in mpmath.eig(matrix, left=False, right=False))
    assert abs(value(box, "decay_rate") - slowest) < 1e-13


def test_half_line_bessel_law_is_a_density_of_the_right_weight() -> None:
    """The integral of the first-passage density is (towards/away)^n = (b/a)^2 for a drift away from the wall."""
    model = walk(LAZY, FLOOR)
    statement = ObservableStatement("f", "first_passage_density")
    density = observable(model, (), statement).lattice
    f = sp.lambdify(
        sp.Symbol("t", real=True),
        density.subs({s: sp.sympify(POINT[s.name]) for s in density.free_symbols if s.name != "t"}),
        "mpmath",
    )
    assert abs(mpmath.quad(f, [0, 1, 4, 16, 64, 256, 1024]) - (mpmath.mpf(8) / 13) ** 2) < 1e-12


@pytest.mark.parametrize(("walls", "kinds"), [("reflecting", "RR"), ("mixed", "AR"), ("periodic", "PP")])
def test_decay_rates_against_eigenvalues(walls: str, kinds: str) -> None:
    boundaries = {"reflecting": [{"domain": "0 < x < L", "kind": "reflecting"}], "periodic": [{"domain": "0 <= x < L", "kind": "periodic"}],
                  "mixed": [{"domain": "x > 0", "kind": "absorbing"}, {"domain": "x < L", "kind": "reflecting"}]}[walls]  # fmt: skip
    jumps = LAZY if kinds != "AR" else [{"displacement": "h", "rate": "a"}, {"displacement": "-h", "rate": "a"}]
    a = mpmath.mpf("1.3")
    b = mpmath.mpf("0.8") if kinds != "AR" else a
    size = 6 if kinds == "PP" else 5
    matrix = mpmath.zeros(size)
    for i in range(size):
        for end, rate in ((i + 1, a), (i - 1, b)):
            if 0 <= end < size or kinds == "PP":
                matrix[end % size, i] += rate
                matrix[i, i] -= rate
            elif kinds == "AR" and end < 0:
                matrix[i, i] -= rate
    rates = sorted(-mpmath.re(e) for e in mpmath.eig(matrix, left=False, right=False))
    expected = rates[0] if kinds == "AR" else rates[1]
    assert abs(value(walk(jumps, boundaries), "decay_rate") - expected) < 1e-12


def test_interval_decay_and_its_lattice_correction() -> None:
    """-ln cos(pi/N) against pi^2 D/L^2, one part in 6 N^2/pi^2 apart (N = 30)."""
    model = walk([{"displacement": "h", "probability": "1/2"}, {"displacement": "-h", "probability": "1/2"}], BOX)
    found = observable(model, bulk_limits(model), ObservableStatement("d", "decay_rate"))
    point = POINT | {"L": 30}
    lattice, equation = evaluate(found.lattice, point), evaluate(dict(found.equation)["long-wave"], point)
    assert abs(lattice - mpmath.mpf("0.0054931644716721152284")) < 1e-18
    assert abs(lattice / equation - 1 - mpmath.pi**2 / (6 * 900)) < 1e-4


def test_diffusion_to_a_wall_and_between_walls() -> None:
    """S = erf(x/sqrt(4 D t)) at one wall; between two walls S and -dS/dt agree with the images' sum."""
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=[{"diffusivity": "D"}], boundaries=FLOOR)
    limits = bulk_limits(model)
    point = {"x": "6/5", "D": "7/10", "t": "11/10"}
    survive = dict(observable(model, limits, ObservableStatement("S", "survival_probability")).equation)["long-wave"]
    assert abs(evaluate(survive, point) - mpmath.mpf("0.66644974588809539003")) < 1e-18
    slab = JumpModel(
        parameters=NAMES, coordinates=["x"], states=[{"diffusivity": "D", "velocity": "v"}], boundaries=BOX
    )
    density = dict(observable(slab, bulk_limits(slab), ObservableStatement("f", "first_passage_density")).equation)[
        "long-wave"
    ]
    number = point | {"L": 2, "v": "9/10"}
    summed = mpmath.nsum(lambda k: _term(density, int(k), number), [1, 30])
    assert (
        abs(
            summed
            - _by_images(mpmath.mpf("1.2"), mpmath.mpf("0.7"), mpmath.mpf("0.9"), mpmath.mpf(2), mpmath.mpf("1.1"))
        )
        < 1e-12
    )


def _term(series: sp.Expr, k: int, point: dict) -> mpmath.mpf:
    assert isinstance(series, sp.Sum)
    return evaluate(series.function.xreplace({series.limits[0][0]: sp.Integer(k)}), point)


def _by_images(x0: mpmath.mpf, spread: mpmath.mpf, v: mpmath.mpf, length: mpmath.mpf, t: mpmath.mpf) -> mpmath.mpf:
    """-dS/dt with S from image sources of alternating sign, weighted e^(v .../2D); derivative by differences."""

    def alive(s: mpmath.mpf) -> mpmath.mpf:
        def density(y: mpmath.mpf) -> mpmath.mpf:
            total = mpmath.mpf(0)
            for n in range(-3, 4):
                for sign, place in ((1, x0 + 2 * n * length), (-1, -x0 + 2 * n * length)):
                    total += sign * mpmath.exp(-((y - place) ** 2) / (4 * spread * s))
            return (
                total
                * mpmath.exp(v * (y - x0) / (2 * spread) - v**2 * s / (4 * spread))
                / mpmath.sqrt(4 * mpmath.pi * spread * s)
            )

        return mpmath.quad(density, [0, length / 2, length])

    with mpmath.workdps(25):
        return -mpmath.diff(alive, t)


@pytest.mark.parametrize(("lattice", "expected"), [("cubic", "0.34053732955099914283"), ("bcc", "0.28222998895387000218"),
                                                   ("fcc", "0.2563182365046487711"), ("diamond", "0.44223867737848657832")])  # fmt: skip
def test_return_probabilities_of_cubic_lattices(lattice: str, expected: str) -> None:
    model = JumpModel(
        parameters={"a": "positive"}, coordinates=["x", "y", "z"], lattice=lattice, spacing="a", time_step="1"
    )
    found = observable(model, (), ObservableStatement("R", "return_probability")).lattice
    assert abs(evaluate(found, {}) - mpmath.mpf(expected)) < 1e-19


def test_a_biased_axis_makes_the_bessel_integral() -> None:
    """Against visits counted by the propagated law, 400 steps of a walk that soon leaves for good."""
    jumps = [{"displacement": ["1", "0"], "rate": "3"}, {"displacement": ["-1", "0"], "rate": "1/2"},
             {"displacements": [["0", "1"], ["0", "-1"]], "rate": "1/2"}]  # fmt: skip
    model = JumpModel(parameters={}, coordinates=["x", "y"], jumps=jumps)
    found = observable(model, (), ObservableStatement("R", "return_probability")).lattice
    law, visits = {(0, 0): 1.0}, 1.0
    for _ in range(60):
        after: dict[tuple[int, int], float] = {}
        for (m, n), w in law.items():
            for dm, dn, q in ((1, 0, 3 / 4.5), (-1, 0, 0.5 / 4.5), (0, 1, 0.5 / 4.5), (0, -1, 0.5 / 4.5)):
                key = (m + dm, n + dn)
                after[key] = after.get(key, 0.0) + w * q
        law = {k: w for k, w in after.items() if w > 1e-14}
        visits += law.get((0, 0), 0.0)
    assert abs(evaluate(found, {}) - (1 - 1 / visits)) < 1e-6


def test_low_dimensions_return_for_certain_and_drift_does_not() -> None:
    square = JumpModel(parameters={"a": "positive"}, coordinates=["x", "y"], lattice="square", spacing="a", rate="1")
    assert observable(square, (), ObservableStatement("R", "return_probability")).lattice == 1
    assert value(walk(BIASED, []), "return_probability") == mpmath.mpf("0.9")


# G = 1/(z d/dz [-lambda(z)]) at the root of z (1 - lambda(z)) inside of the unit circle, z = (-3 + sqrt(21))/6 for 3/4, 1/4; the same steps
# in other words: mirrored, doubled, along a line of the plane. Mean 0 beside: for certain.
@pytest.mark.parametrize(("steps", "expected"), [({"2": "3/4", "-1": "1/4"}, "0.156534114391560"),
                                                 ({"-4": "3/4", "2": "1/4"}, "0.156534114391560"),
                                                 ({"2": "1/4", "-1": "3/4"}, "0.75"),
                                                 ({"2": "1/3", "-1": "2/3"}, "1")])  # fmt: skip
def test_returns_of_longer_steps_with_a_drift_vs_residues(steps: dict[str, str], expected: str) -> None:
    jumps = [{"displacement": [r, "0"], "probability": p} for r, p in steps.items()]
    model = JumpModel(parameters={}, coordinates=["x", "y"], time_step="1", jumps=jumps)
    found = observable(model, (), ObservableStatement("R", "return_probability")).lattice
    for integral in found.atoms(sp.Integral):  # SymPy evaluates it once for each printing
        wave, *ends = integral.limits[0]
        found = found.xreplace(
            {
                integral: sp.Float(
                    str(
                        mpmath.quad(
                            sp.lambdify(wave, integral.function, "mpmath"), list(map(mpmath.mpf, map(sp.N, ends)))
                        )
                    )
                )
            }
        )
    assert abs(found - sp.Float(expected)) < 1e-13


def test_states_relax_and_free_walks_do_not() -> None:
    found = observable(stored("pv-1d-exact-msd"), (), ObservableStatement("d", "decay_rate")).lattice
    assert abs(evaluate(found, {"p": "4/5", "tau": 1}) + mpmath.log(mpmath.mpf("0.6"))) < 1e-30
    with pytest.raises(DerivationError, match="free walk"):
        observable(walk(BIASED, []), derive_all(walk(BIASED, [])), ObservableStatement("d", "decay_rate"))


SLOW = """
[parameters]
h = "positive"
a = "positive"
L = "positive"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "mittag_leffler"
index = "3/5"
scale = "a"
[[jumps]]
displacements = ["h", "-h"]
probability = "1/2"
[[boundaries]]
domain = "%s"
kind = "absorbing"
"""


@pytest.mark.parametrize(("domain", "inside"), [("x > 0", lambda r, y, L: mpmath.exp(-y * r)),
                         ("0 < x < L", lambda r, y, L: mpmath.cosh(r * (y - L / 2)) / mpmath.cosh(r * L / 2))])  # fmt: skip
def test_survival_beside_waits_without_a_mean_against_a_numeric_inverse_transform(domain: str, inside: Any) -> None:
    """The first-passage law in Laplace space with s^a/K in place of s/D (Metzler and Klafter, 2000), inverted by mpmath."""
    model = load_text(SLOW % domain)
    at = {"h": 1, "a": 1, "x": 1, "L": sp.Rational(5, 2), "t": 3}
    found = {}
    for kind in ("survival_probability", "first_passage_density"):
        (_, value), *_ = observable(model, derive_all(model), ObservableStatement("q", kind)).equation
        found[kind] = series(value.xreplace({s: sp.S(at[s.name]) for s in value.free_symbols if s.name in at}))

    def leaving(s: Any) -> Any:
        return inside(mpmath.sqrt(2 * s ** mpmath.mpf("0.6")), 1, mpmath.mpf("2.5"))

    wanted = mpmath.invertlaplace(leaving, 3, method="talbot")
    survived = 1 - mpmath.invertlaplace(lambda s: leaving(s) / s, 3, method="talbot")
    close = 2e-3 if "L" in domain else 1e-7  # what 15 modes leave out
    assert abs(found["first_passage_density"] - wanted) < close
    assert abs(found["survival_probability"] - survived) < close
    assert abs(found["survival_probability"] - 2 * survived) > 1e-2
    with pytest.raises(DerivationError, match="every mode decays like t"):
        observable(load_text(SLOW % "0 < x < L"), derive_all(model), ObservableStatement("q", "decay_rate"))


def series(value: sp.Expr) -> Any:
    """A sum term by term: 300 terms where it converges fast; 15 modes, whose terms fall like k^-3, with quadratures inside."""
    (total,) = value.atoms(sp.Sum)
    (index, low, _), inner = total.limits[0], total.function.atoms(sp.Integral)
    term = sp.lambdify(index, total.function, "mpmath")
    with mpmath.workdps(15 if inner else 120):
        found = mpmath.fsum(term(mpmath.mpf(n)) for n in range(int(low), 15 if inner else 300))
    whole = sp.Symbol("whole")
    return sp.lambdify(whole, value.xreplace({total: whole}), "mpmath")(found)


@pytest.mark.parametrize(
    ("coordinates", "domain", "kind", "more", "wanted"),
    [  # zeros: Abramowitz and Stegun, tables 9.5 and 10.6: j_01, j'_11, pi, 2.0815..., j_11 (four dimensions)
        ("xy", "x**2 + y**2 < R**2", "absorbing", "", 2.404825557695773**2 / 4),
        ("xy", "(x - R)**2 + y**2 < R**2", "reflecting", "", 1.841183781340659**2 / 4),
        ("xyz", "x**2 + y**2 + z**2 < R**2", "absorbing", "", float(sp.pi**2) / 4),
        ("xyz", "x**2 + y**2 + z**2 < R**2", "reflecting", "", 2.081575977818101**2 / 4),
        ("xyzw", "x**2 + y**2 + z**2 + w**2 < R**2", "absorbing", "", 3.831705970207512**2 / 4),
        (
            "xy",
            "x**2 + y**2/9 < R**2",
            "absorbing",
            "9",
            2.404825557695773**2 / 4,
        ),  # D_yy = 9 D_xx: a disk in scaled lengths
        ("xy", "x**2 + y**2 < R**2", "absorbing", "drift", 2.404825557695773**2 / 4 + 0.25 / 4),
    ],
)
def test_slowest_rate_in_balls_against_the_zeros_of_bessel_functions(
    coordinates: str, domain: str, kind: str, more: str, wanted: float
) -> None:
    """At h = 1, rate 1 per jump along x and R = 2: D = 1; a drift of 1/2 along x adds v^2/(4 D)."""
    axes = [["h" if c == a else "0" for c in coordinates] for a in coordinates]
    pairs = [(axis, "9" if more == "9" and n == 1 else "1") for n, axis in enumerate(axes)]
    jumps = [
        {"displacement": [s + c if c == "h" else c for c in axis], "rate": rate}
        for axis, rate in pairs
        for s in ("", "-")
    ]
    if more == "drift":
        jumps = [
            j | {"rate": f"1 {'+' if j['displacement'][0] == 'h' else '-'} 1/4" if j["displacement"][0] != "0" else "1"}
            for j in jumps
        ]
    model = JumpModel(parameters={"h": "positive", "R": "positive"}, coordinates=list(coordinates), jumps=jumps,
                      boundaries=[{"domain": domain, "kind": kind}])  # fmt: skip
    (_, value), *_ = observable(model, derive_all(model), ObservableStatement("q", "decay_rate")).equation
    assert float(
        value.xreplace({s: sp.Integer({"h": 1, "R": 2}[s.name]) for s in value.free_symbols})
    ) == pytest.approx(wanted, rel=1e-13)
    fields = {n: getattr(model, n) for n in JumpModel.__dataclass_fields__}
    side = model.boundaries[0]
    outside = make_model(fields | {"boundaries": (replace(side, members=tuple(-m for m in side.members)),)})
    with pytest.raises((DerivationError, NotYetError)):
        observable(outside, derive_all(outside), ObservableStatement("q", "decay_rate"))


def named(parameter: str, domain: str, **more: object) -> JumpModel:
    """A symmetric walk at a rate of the given name between walls; ``k`` and so on are what sums run over elsewhere."""
    assume = "positive integer" if parameter in "jkmn" else "positive"
    return JumpModel(parameters={"h": "positive", "L": "positive", parameter: assume}, coordinates=["x"],
                     jumps=[{"displacement": d, "rate": parameter} for d in ("h", "-h")], boundaries=[{"domain": domain, "kind": "absorbing"}],
                     **more)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "domain"),
    [("survival_probability", "x > 0"), ("survival_probability", "0 < x < L"), ("first_passage_density", "0 < x < L"), ("mean_exit_time", "0 < x < L")],
)  # fmt: skip
def test_what_a_sum_runs_over_never_is_a_parameter_of_the_same_name(kind: str, domain: str) -> None:
    """The rate s stood for the time s under the integral, and a rate k for the number k of a mode: the values were wrong."""
    plain = observable(named("g", domain), derive_all(named("g", domain)), ObservableStatement("q", kind))
    for name in "s" if domain == "x > 0" else "kj":
        model = named(name, domain)
        found = observable(model, derive_all(model), ObservableStatement("q", kind))
        for a, b in ((plain.lattice, found.lattice), (plain.equation[0][1], found.equation[0][1])):
            assert a is not None
            assert b is not None
            free = {s.name for s in b.free_symbols}
            assert name in free or "g" not in {s.name for s in a.free_symbols}
            assert not {s.name for s in b.atoms(sp.Symbol) - b.free_symbols} & free
            put = {s: sp.Symbol("rate") for e in (a, b) for s in e.free_symbols if s.name in ("g", name)}
            same = [e.xreplace({s: put.get(s, sp.Symbol(s.name)) for s in e.free_symbols}) for e in (a, b)]
            point = {"rate": sp.Rational(3, 2), "h": 1, "L": 4, "x": 1, "t": sp.Rational(2, 3)}
            values = [
                sp.N(e.subs({s: point[s.name] for s in e.free_symbols}).doit() if not e.has(sp.oo) else 0, 15)
                for e in same
            ]
            assert abs(values[0] - values[1]) < 1e-12

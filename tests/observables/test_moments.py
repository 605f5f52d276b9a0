"""Averages in time against the law propagated step by step, with exact numbers or 30 digits; closed forms with sources."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.continuum.observables.moments import lattice_moment
from symdiff.errors import DerivationError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from walks import line, stored

x, t = sp.Symbol("x", real=True), sp.Symbol("t", real=True)


def numbers(value: sp.Expr, point: dict[str, object]) -> sp.Expr:
    return value.subs({s: sp.sympify(point[s.name]) for s in value.free_symbols})


def propagated(model: JumpModel, start: dict[tuple[int, int], Fraction], steps: int, function) -> Fraction:
    """E[f(n)] after some steps of a discrete walk whose displacements are plain integers, state by state."""
    law = start
    for _ in range(steps):
        after: dict[tuple[int, int], Fraction] = {}
        for (state, n), chance in law.items():
            left = chance
            for i, j, jump in model.transitions():
                if j == state:
                    share = jump.intensity.subs(x, n)
                    weight = chance * Fraction(int(share.p), int(share.q))
                    key = (i, n + int(jump.displacement[0]))
                    after[key] = after.get(key, Fraction(0)) + weight
                    left -= weight
            after[(state, n)] = after.get((state, n), Fraction(0)) + left
        law = {k: v for k, v in after.items() if v}
    return sum((v * function(n) for (_, n), v in law.items()), Fraction(0))


@pytest.mark.parametrize(("p", "steps"), [("4/5", 7), ("3/10", 6)])
@pytest.mark.parametrize("power", [1, 2, 4])
def test_persistent_walk_against_its_propagated_law(p: str, steps: int, power: int) -> None:
    model = stored("pv-1d-exact-msd").substitute({"p": sp.Rational(p), "ell": sp.Integer(1), "tau": sp.Integer(1)})
    start = {(0, 0): Fraction(1, 2), (1, 0): Fraction(1, 2)}
    expected = propagated(model, start, steps, lambda n: n**power)
    found = lattice_moment(model, x**power)
    assert found is not None
    assert sp.nsimplify(found.subs(t, steps)) == sp.Rational(expected.numerator, expected.denominator)


def test_persistent_walk_in_symbols_against_the_textbook() -> None:
    """<x_N^2> = ell^2 [N (1 + r)/(1 - r) - 2 r (1 - r^N)/(1 - r)^2], r = 2p - 1 (Goldstein 1951; Weiss 1994)."""
    found = lattice_moment(stored("pv-1d-exact-msd"), x**2)
    assert found is not None
    values = {"p": "4/5", "t": 7, "tau": 1, "ell": 1}
    assert numbers(found, values) == sp.Rational("20.709952")
    assert abs(numbers(found, values | {"p": "3/10", "t": 20}) - sp.Float("8.9795918322468913152", 20)) < 1e-17


def test_unequal_start_of_the_states_is_taken_as_stated() -> None:
    model = stored("pv-1d-exact-msd").substitute({"p": sp.Rational(4, 5), "ell": sp.Integer(1), "tau": sp.Integer(1)})
    import dataclasses

    from symdiff.model.jump_model import Preparation, make_model

    fields = {f.name: getattr(model, f.name) for f in dataclasses.fields(model)}
    fields["preparation"] = Preparation((sp.Integer(0),), (("right", sp.Integer(1)), ("left", sp.Integer(0))))
    mean = lattice_moment(make_model(fields), x)
    expected = propagated(model, {(0, 0): Fraction(1)}, 5, lambda n: n)
    assert mean is not None
    assert sp.nsimplify(mean.subs(t, 5)) == sp.Rational(expected.numerator, expected.denominator)


def test_moments_and_generating_function_of_the_square_walk() -> None:
    """<r^4> = 2 N^2 - N, <x^4> = N (3N - 1)/4, <x^2 y^2> = N (N - 1)/4; E[cos qx] = ((1 + cos q)/2)^N."""
    y, q = sp.Symbol("y", real=True), sp.Symbol("q", positive=True)
    walk = JumpModel(parameters={"q": "positive"}, coordinates=["x", "y"], time_step="1", jumps=[
        {"displacements": [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]], "probability": "1/4"}])  # fmt: skip
    assert sp.expand(lattice_moment(walk, (x**2 + y**2) ** 2) - (2 * t**2 - t)) == 0
    assert sp.expand(lattice_moment(walk, x**4) - t * (3 * t - 1) / 4) == 0
    assert sp.expand(lattice_moment(walk, x**2 * y**2) - t * (t - 1) / 4) == 0
    wave = lattice_moment(walk, sp.cos(q * x))
    assert wave is not None
    assert abs(sp.N(wave.subs({q: 0.7, t: 3})) - ((1 + mpmath.cos(0.7)) / 2) ** 3) < 1e-14
    assert sp.expand(lattice_moment(walk, x**4) - 3 * t**2 / 4) != 0  # the Gaussian value is refuted


def test_ehrenfest_mean_and_binomial_stationary_law() -> None:
    """A <-> B: <n> = N k2/(k1 + k2), Var = N k1 k2/(k1 + k2)^2 (van Kampen, ch. VI); discrete time: factor (1 - 2/N)^t."""
    model = JumpModel(parameters={"N": "positive", "a": "positive", "b": "positive"}, coordinates=["x"], jumps=[
        {"displacement": "1", "rate": "b*(N - x)"}, {"displacement": "-1", "rate": "a*x"}])  # fmt: skip
    limits = ()
    first, second = (
        observable(model, limits, ObservableStatement("m", "stationary_moment", x**n)).lattice for n in (1, 2)
    )
    size, a, b = (sp.Symbol(n, positive=True) for n in ("N", "a", "b"))
    assert sp.cancel(first - size * b / (a + b)) == 0
    assert sp.cancel(second - first**2 - size * a * b / (a + b) ** 2) == 0
    balls = JumpModel(parameters={"n0": "positive"}, coordinates=["x"], time_step="1", initial={"position": "n0"}, jumps=[
        {"displacement": "1", "probability": "1 - x/12"}, {"displacement": "-1", "probability": "x/12"}])  # fmt: skip
    mean = lattice_moment(balls, x)
    assert mean is not None
    assert abs(numbers(mean, {"n0": 9, "t": 7}) - sp.Rational("6.8372449417009602195")) < 1e-15


def test_a_stationary_moment_of_a_free_walk_is_refused_with_the_reason() -> None:
    with pytest.raises(DerivationError, match="grows without limit"):
        observable(line({"h": "1/2", "-h": "1/2"}), (), ObservableStatement("m", "stationary_moment", x**2))


def test_equation_moments_are_those_of_the_terms_that_it_keeps() -> None:
    model = sd.load("biased_walk")
    result = observable(model, derive_all(model), ObservableStatement("v", "variance", x))
    named = dict(result.equation)
    point = {"p": "1/4", "ell": 1, "tau": 1, "t": 8}
    assert numbers(result.lattice, point) == 6
    assert numbers(named["long-wave"], point) == 6
    assert numbers(named["diffusive"], point) == 8


def test_chiral_active_particle_vs_the_mean_square_in_the_literature() -> None:
    model = JumpModel(
        parameters={"v": "positive", "D_r": "positive", "w": "real"}, coordinates=["x", "y"],
        internal=[{"name": "u", "domain": "direction", "diffusivity": "D_r", "drift": "w"}],
        states=[{"velocity": ["v*u_x", "v*u_y"]}])  # fmt: skip
    found = lattice_moment(model, x**2 + sp.Symbol("y", real=True) ** 2)
    v, d, w, time = 1.3, 0.4, -0.9, 2.1
    scale = 2 * v**2 / (d**2 + w**2) ** 2  # van Teeffelen and Loewen, Phys. Rev. E 78, 020101 (2008), in the plane
    swing = mpmath.exp(-d * time) * ((d**2 - w**2) * mpmath.cos(w * time) - 2 * d * abs(w) * mpmath.sin(abs(w) * time))
    expected = scale * (w**2 - d**2 + d * (d**2 + w**2) * time + swing)
    assert float(numbers(found, {"v": v, "D_r": d, "w": w, "t": time})) == pytest.approx(float(expected), rel=1e-12)


def test_mean_square_of_walkers_that_turn_by_right_angles_vs_the_sum_over_all_paths() -> None:
    turn = {0: Fraction(1, 2), 1: Fraction(3, 10), 3: Fraction(1, 5)}  # by quarters; mean cosine 1/2, mean sine 1/10
    model = JumpModel(
        coordinates=["x", "y"], time_step="1", internal=[{"name": "u", "domain": "direction", "mean_cosine": "1/2", "mean_sine": "1/10"}],
        jumps=[{"displacement": ["u_x + 1/3", "u_y"], "probability": "3/4"},
               {"distribution": "exponential", "mean": "2", "direction": ["u_x", "u_y"], "probability": "1/4"}])  # fmt: skip
    y, steps = sp.Symbol("y", real=True), 5
    function = x**2 + 3 * x * y + x
    axes = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    law = {(a, ()): Fraction(1, 4) for a in range(4)}
    mean, square = (
        Fraction(0),
        Fraction(0),
    )  # E[f] = sum over steps of their means, and over pairs of steps of their products
    for _ in range(steps):
        law = {((a + q) % 4, (*past, a)): c * p for (a, past), c in law.items() for q, p in turn.items()}
    for (last, past), chance in law.items():
        means = []
        for a in (*past[1:], last):
            ux, uy = axes[a]
            m = (
                Fraction(3, 4) * (ux + Fraction(1, 3)) + Fraction(1, 2) * ux,
                Fraction(3, 4) * uy + Fraction(1, 2) * uy,
            )
            second = (
                Fraction(3, 4) * (ux + Fraction(1, 3)) ** 2 + 2 * ux**2,
                Fraction(3, 4) * (ux + Fraction(1, 3)) * uy + 2 * ux * uy,
            )
            means.append((m, second))
        sx, sy = sum(m[0] for m, _ in means), sum(m[1] for m, _ in means)
        noise = [sum(s[i] - m[0] * m[i] for m, s in means) for i in (0, 1)]
        mean += chance * sx
        square += chance * (sx**2 + noise[0] + 3 * (sx * sy + noise[1]))
    total = mean + square
    assert sp.expand(lattice_moment(model, function).subs(t, steps)) == sp.Rational(total.numerator, total.denominator)
    assert lattice_moment(model, x**2).subs(t, steps) != lattice_moment(model, y**2).subs(t, steps)


def test_a_law_of_the_new_number_counts_individuals_from_zero() -> None:
    """E[n^2] of Wright and Fisher from n0: N n0 - n0 (N - n0) (1 - 1/N)^t; it was that of n - n0."""
    model = JumpModel(
        parameters={"N": "positive integer", "n0": "positive integer"}, coordinates=["n"], time_step="1",
        jumps=[{"displacement": "-n", "distribution": "binomial", "trials": "N", "success": "n/N", "probability": "1"}],
        initial={"position": ["n0"]},
    )  # fmt: skip
    value = lattice_moment(model, model.coordinate_symbols[0] ** 2)
    assert value is not None
    for steps in (0, 1, 3):
        found = numbers(value, {"N": 5, "n0": 2, "t": steps})
        assert sp.cancel(found - (10 - 6 * sp.Rational(4, 5) ** steps)) == 0


@pytest.mark.parametrize(("axes", "turning", "rate"), [
    ("xy", 'diffusivity = "D_r"', "D_r"), ("xy", 'rate = "D_r"', "D_r"), ("xy", 'diffusivity = "D_r"\nrate = "D_r"', "2*D_r"),
    ("xyz", 'diffusivity = "D_r"', "2*D_r"), ("xyz", 'rate = "D_r"', "D_r"),
])  # fmt: skip
def test_active_particles_in_a_trap_vs_the_correlation_of_their_velocity(axes: str, turning: str, rate: str) -> None:
    """<r^2> = 2 int int e^(-kap (s + s')) <v.v'> = v0^2/(kap (kap + rate)), with <v(0).v(s)> = v0^2 e^(-rate s)."""
    velocity = ", ".join(f'"v0*u_{c} - kap*{c}"' for c in axes)
    text = '[parameters]\nv0 = "positive"\nD_r = "positive"\nkap = "positive"\n[model]\n'
    text += f"coordinates = {list(axes)}\n[[states]]\nvelocity = [{velocity}]\n"
    text += f'[[internal]]\nname = "u"\ndomain = "direction"\n{turning}\n'
    text += f'[[observables]]\nname = "S"\nkind = "stationary_moment"\nof = "{" + ".join(f"{c}**2" for c in axes)}"\n'
    for name, factor in (("right", "1"), ("wrong", "2")):
        text += (
            f"[[claims]]\nid = '{name}'\nlevel = 'lattice'\nexpression = 'S = v0**2/(kap*(kap + {factor}*{rate}))'\n"
        )
    assert [v.verdict for v in sd.check_all(sd.loads(text)).verdicts] == ["proved", "refuted"]

"""Every formula of a textbook chapter against readings worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from sympy import Abs, Derivative, Eq, Function, Integral, Rational, Sum, exp, oo, pi, sqrt

from symdiff.errors import ExpressionError
from symdiff.notation.latex import read_latex

TEXT = (Path(__file__).parents[1] / "data" / "chapter.txt").read_text(encoding="utf-8")
FORMULAS = sorted(set(re.findall(r"\$([^$]+)\$", TEXT)))
BROKEN = [f for f in FORMULAS if re.fullmatch(r"0 +\\alpha +2 *", f)]  # a "<" that the page lost

a, c, j, k_B, l, n, p, t, v, x = sp.symbols("a c j k_B l n p t v x")  # noqa: E741
C, D, L, N, T = sp.symbols("C D L N T")
alpha, delta, ell, gamma, sigma, tau, Gamma = sp.symbols("alpha delta ell gamma sigma tau Gamma")
Dt, Dx, dots, x_N = sp.Symbol("Delta t"), sp.Symbol("Delta x"), sp.Symbol("..."), sp.Symbol("x_N")


def F(name: str, *arguments: Any) -> Any:
    return Function(name)(*arguments)


def P(*arguments: Any) -> Any:
    return Function("P")(*arguments)


def mean(value: Any) -> Any:
    return Function("Mean")(value)


I_, J_ = sp.symbols("i j")
step = F("delta x", I_)
jumps = P(j - 1, t) / 2 + P(j + 1, t) / 2
taylor = P(x, t) + Dx**2 / 2 * Derivative(P(x, t), (x, 2))

READINGS: dict[str, list[Any]] = {
    r"x_N = \sum_{i=1}^N \delta x_i": [Eq(x_N, Sum(step, (I_, 1, N)))],
    r"\langle x_N^2 \rangle = \langle (\sum_{i=1}^N \delta x_i)^2 \rangle = \sum_{i=1}^N \langle (\delta x_i)^2 \rangle"
    r" + \sum_{i \neq j} \langle \delta x_i \delta x_j \rangle": [
        Eq(mean(x_N**2), mean(Sum(step, (I_, 1, N)) ** 2)),
        Eq(mean(Sum(step, (I_, 1, N)) ** 2), Sum(mean(step**2), (I_, 1, N)) + F("Sum", mean(step * F("delta x", J_)), sp.Ne(I_, J_))),
    ],
    r"\langle x_N^2 \rangle = N L^2": [Eq(mean(x_N**2), N * L**2)],
    r"\langle x^2(t) \rangle = (L^2/\tau) t \propto t": [Eq(mean(F("x", t) ** 2), L**2 / tau * t), F("Propto", L**2 / tau * t, t)],
    r"x_{rms}(t) = \sqrt{\langle x^2(t) \rangle} \propto \sqrt{t}": [
        Eq(F("x_rms", t), sqrt(mean(F("x", t) ** 2))), F("Propto", sqrt(mean(F("x", t) ** 2)), sqrt(t))],
    r"P_j(t+\Delta t) = \frac{1}{2} P_{j-1}(t) + \frac{1}{2} P_{j+1}(t)": [Eq(P(j, t + Dt), jumps)],
    r"\Delta P_j = P_j(t+\Delta t) - P_j(t) = \frac{1}{2} P_{j-1}(t) + \frac{1}{2} P_{j+1}(t) - P_j(t)"
    r" = \frac{1}{2} [ (P_{j+1}(t) - P_j(t)) - (P_j(t) - P_{j-1}(t)) ]": [
        Eq(F("Delta P", j), P(j, t + Dt) - P(j, t)), Eq(P(j, t + Dt) - P(j, t), jumps - P(j, t)),
        Eq(jumps - P(j, t), jumps - P(j, t), evaluate=False)],
    r"P_j > (P_{j-1}+P_{j+1})/2": [sp.Gt(P(j), P(j - 1) / 2 + P(j + 1) / 2)],
    r"P(x\pm\Delta x, t)": [P(x + Dx, t), P(x - Dx, t)],
    r"P(x,t) + \frac{\partial P}{\partial t} \Delta t + \dots = \frac{1}{2} [ (P(x,t) - \frac{\partial P}{\partial x}\Delta x"
    r" + \frac{1}{2}\frac{\partial^2 P}{\partial x^2}(\Delta x)^2 + \dots) + (P(x,t) + \frac{\partial P}{\partial x}\Delta x"
    r" + \frac{1}{2}\frac{\partial^2 P}{\partial x^2}(\Delta x)^2 + \dots) ]": [
        Eq(P(x, t) + Dt * Derivative(P(x, t), t) + dots, taylor + dots)],
    r"P + \frac{\partial P}{\partial t} \Delta t \approx P + \frac{(\Delta x)^2}{2} \frac{\partial^2 P}{\partial x^2}": [
        F("Approx", P(x, t) + Dt * Derivative(P(x, t), t), taylor)],
    r"\frac{\partial P}{\partial t} \approx \frac{(\Delta x)^2}{2 \Delta t} \frac{\partial^2 P}{\partial x^2}": [
        F("Approx", Derivative(P(x, t), t), Dx**2 / (2 * Dt) * Derivative(P(x, t), (x, 2)))],
    r"P(x,t) = \frac{1}{\sqrt{4\pi Dt}} \exp\left(-\frac{x^2}{4Dt}\right)": [
        Eq(P(x, t), exp(-(x**2) / (4 * D * t)) / sqrt(4 * pi * D * t))],
    r"\langle X(t)^2 \rangle = N \sigma^2 = (t/\tau)\sigma^2": [Eq(mean(F("X", t) ** 2), N * sigma**2), Eq(N * sigma**2, t / tau * sigma**2)],
    r"C(x, t+\tau) = p C(x-\ell, t) + (1-p) C(x+\ell, t)": [
        Eq(F("C", x, t + tau), p * F("C", x - ell, t) + (1 - p) * F("C", x + ell, t))],
    r"F(x) = -dV/dx = -Cx": [Eq(F("F", x), -Derivative(F("V", x), x)), Eq(-Derivative(F("V", x), x), -C * x)],
    r"p_+(x) = 1/2 + \epsilon(x)": [Eq(F("p_+", x), Rational(1, 2) + F("epsilon", x))],
    r"v_d(x) = \langle \Delta x \rangle / \Delta t = (p_+ - p_-)\delta/\Delta t = 2\delta \epsilon(x)/\Delta t": [
        Eq(F("v_d", x), mean(Dx) / Dt), Eq(mean(Dx) / Dt, (sp.Symbol("p_+") - sp.Symbol("p_-")) * delta / Dt),
        Eq((sp.Symbol("p_+") - sp.Symbol("p_-")) * delta / Dt, 2 * delta * F("epsilon", x) / Dt)],
    r"\epsilon(x) = \frac{\delta}{4 k_B T} F(x) = -\frac{C \delta x}{4 k_B T}": [
        Eq(F("epsilon", x), delta * F("F", x) / (4 * k_B * T)), Eq(delta * F("F", x) / (4 * k_B * T), -C * delta * x / (4 * k_B * T))],
    r"\frac{\partial^2 P}{\partial t^2} + \alpha \frac{\partial P}{\partial t} = c^2 \frac{\partial^2 P}{\partial x^2}": [
        Eq(Derivative(P(x, t), (t, 2)) + alpha * Derivative(P(x, t), t), c**2 * Derivative(P(x, t), (x, 2)))],
    r"\partial^2 P / \partial t^2": [Derivative(P(x, t), (t, 2))],
    r"\alpha \partial P / \partial t": [alpha * Derivative(P(x, t), t)],
    r"t \ll 1/\alpha": [F("MuchLess", t, 1 / alpha)],
    r"\int l^2 p(l) dl": [Integral(l**2 * F("p", l), l)],
    r"p(l) \propto |l|^{-1-\alpha}": [F("Propto", F("p", l), Abs(l) ** (-1 - alpha))],
    r"N \to \infty": [F("Tends", N, oo)],
    r"\binom{3}{1} = 3": [Eq(3, 3, evaluate=False)],
    r"(1,2)": [sp.Tuple(1, 2)],
}  # fmt: skip


@pytest.mark.parametrize("latex", READINGS, ids=range(len(READINGS)))
def test_reading_vs_worked_by_hand(latex: str) -> None:
    assert latex in FORMULAS
    found, expected = read_latex(latex).equations, READINGS[latex]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == other or (
            one.func == other.func and all(sp.expand(a - b) == 0 for a, b in zip(one.args, other.args, strict=True))
        )


@pytest.mark.parametrize("latex", [f for f in FORMULAS if f not in BROKEN], ids=lambda f: f[:40])
def test_every_formula_is_read(latex: str) -> None:
    assert read_latex(latex).equations


def test_what_the_page_lost_is_an_error() -> None:
    assert BROKEN
    for latex in BROKEN:
        with pytest.raises(ExpressionError, match="number stands behind"):
            read_latex(latex)

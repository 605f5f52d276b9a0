# ruff: noqa: E741 (one-letter symbols, as printed)
r"""Formulas invented for this reader, with readings worked out by hand before the reader was run on them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sympy as sp
from sympy import (
    Abs,
    Derivative,
    Function,
    I,
    Integral,
    Limit,
    Rational,
    Subs,
    Sum,
    binomial,
    cos,
    erf,
    exp,
    oo,
    pi,
    sqrt,
)

from symdiff.errors import ExpressionError
from symdiff.notation.latex import context_from_json, read_latex

from test_latex_corpus import same_reading  # isort: skip

a, b, c, d, f, g, h, i, j, k, l, m, n, p, q, r, s, t, v, x, y, z = sp.symbols(
    "a b c d f g h i j k l m n p q r s t v x y z"
)
C, D, K, L, M, N, T, U = sp.symbols("C D K L M N T U")
alpha, beta, gamma, delta, epsilon, eta, kappa, lam, mu, nu, omega, sigma, tau, ell, phi, xi = sp.symbols(
    "alpha beta gamma delta epsilon eta kappa lambda mu nu omega sigma tau ell phi xi"
)
Gamma, theta, chi = sp.symbols("Gamma theta chi")
Dt, Dx, Dy = (sp.Symbol(name) for name in ("Delta t", "Delta x", "Delta y"))
half = Rational(1, 2)
Eq = partial(sp.Eq, evaluate=False)  # readings are not evaluated either, and to try takes seconds


def S(name: str) -> sp.Symbol:
    return sp.Symbol(name)


def F(name: str, *arguments: Any) -> Any:
    return Function(name)(*arguments)


def mean(value: Any) -> Any:
    return Function("Mean")(value)


def dif(value: Any, *variables: Any) -> Any:
    return Derivative(value, *variables)


def lap(value: Any, *variables: Any) -> Any:
    return sp.Add(*(Derivative(value, (u, 2)) for u in variables))


# first set
FIRST: list[tuple[str, str, dict[str, Any], list[Any]]] = [
    # master equations in discrete time
    ("m01", r"\rho_k(t+\tau) = \tfrac{1}{3}\rho_{k-1}(t) + \tfrac23 \rho_{k+1}(t)", {},
     [Eq(F("rho", k, t + tau), F("rho", k - 1, t) / 3 + 2 * F("rho", k + 1, t) / 3)]),
    ("m02", r"Q(m, s+1) = \alpha\, Q(m-1,s) + \beta\, Q(m+1,s) + (1-\alpha-\beta)\, Q(m,s)", {},
     [Eq(F("Q", m, s + 1), alpha * F("Q", m - 1, s) + beta * F("Q", m + 1, s) + (1 - alpha - beta) * F("Q", m, s))]),
    ("m03", r"w_{i,j}^{k+1} = w_{i,j}^{k} + r\left(w_{i+1,j}^{k} + w_{i-1,j}^{k} - 2 w_{i,j}^{k}\right)", {},
     [Eq(F("w", i, j, k + 1), F("w", i, j, k) + r * (F("w", i + 1, j, k) + F("w", i - 1, j, k) - 2 * F("w", i, j, k)))]),
    ("m04", r"c(y, t+\theta) = \int_{-\infty}^{\infty} c(y-s,t)\,\phi(s)\,ds", {},
     [Eq(F("c", y, t + S("theta")), Integral(F("c", y - s, t) * F("phi", s), (s, -oo, oo)))]),
    ("m05", r"p_{n+1}(k) = \frac{p_n(k-1) + p_n(k+1)}{2}", {},
     [Eq(F("p", n + 1, k), (F("p", n, k - 1) + F("p", n, k + 1)) / 2)]),
    ("m06", r"f(x,t+h)=\sum_{j=-M}^{M} q_j f(x-ja,t)", {},
     [Eq(F("f", x, t + h), Sum(F("q", j) * F("f", x - j * a, t), (j, -M, M)))]),
    ("m07", r"A_{j}^{+}(t+\tau) = (1-\epsilon) A_{j-1}^{+}(t) + \epsilon A_{j-1}^{-}(t)", {},
     [Eq(F("A^+", j, t + tau), (1 - epsilon) * F("A^+", j - 1, t) + epsilon * F("A^-", j - 1, t))]),
    ("m08", r"\phi(\mathbf{x},t+\tau)=\frac{1}{4}\sum_{k=1}^{4}\phi(\mathbf{x}+h\hat{n}_k,t)", {},
     [Eq(F("phi", S("xbold"), t + tau), Sum(F("phi", S("xbold") + h * F("nhat", k), t), (k, 1, 4)) / 4)]),
    ("m09", r"n(x\mp h,t)", {}, [F("n", x - h, t), F("n", x + h, t)]),
    ("m10", r"T_j = \tau + \frac12 T_{j-1} + \frac12 T_{j+1}", {},
     [Eq(F("T", j), tau + F("T", j - 1) / 2 + F("T", j + 1) / 2)]),
    # master equations in continuous time
    ("c01", r"\frac{d q_m}{d t} = \omega\,(q_{m+1} - 2 q_m + q_{m-1})", {},
     [Eq(dif(F("q", m, t), t), omega * (F("q", m + 1, t) - 2 * F("q", m, t) + F("q", m - 1, t)))]),
    ("c02", r"\dot{c}_i = \kappa_1 c_{i-1} - \kappa_2 c_i", {},
     [Eq(dif(F("c", i, t), t), S("kappa_1") * F("c", i - 1, t) - S("kappa_2") * F("c", i, t))]),
    ("c03", r"\partial_t p(n,t) = \beta (n-1) p(n-1,t) - \beta n\, p(n,t)", {"params": ["beta"]},
     [Eq(dif(F("p", n, t), t), beta * (n - 1) * F("p", n - 1, t) - beta * n * F("p", n, t))]),
    ("c04", r"\frac{\partial f(v,t)}{\partial t} = \int \left[ w(v|v') f(v',t) - w(v'|v) f(v,t)\right] dv'", {},
     [Eq(dif(F("f", v, t), t),
         Integral(F("w", v, S("v'")) * F("f", S("v'"), t) - F("w", S("v'"), v) * F("f", v, t), S("v'")))]),
    ("c05", r"\dot p_n = a_{n-1}p_{n-1} - (a_n + b_n)p_n + b_{n+1}p_{n+1}", {},
     [Eq(dif(F("p", n, t), t),
         F("a", n - 1) * F("p", n - 1, t) - (F("a", n) + F("b", n)) * F("p", n, t) + F("b", n + 1) * F("p", n + 1, t))]),
    ("c06", r"\frac{\mathrm d}{\mathrm dt} P_m = \sum_{l} \left( T_{ml} P_l - T_{lm} P_m \right)", {},
     [Eq(dif(F("P", m, t), t),
         Sum(F("T", m, l) * F("P", l, t) - F("T", l, m) * F("P", m, t), (l, -oo, oo)))]),
    ("c07", r"\dot{\pi}_j(t) = g\,[\pi_{j+1}(t) + \pi_{j-1}(t) - 2\pi_j(t)]", {},
     [Eq(dif(F("pi", j, t), t), g * (F("pi", j + 1, t) + F("pi", j - 1, t) - 2 * F("pi", j, t)))]),
    ("c08", r"\frac{d\langle x^2\rangle}{dt} = 2D", {}, [Eq(dif(mean(F("x", t) ** 2), t), 2 * D)]),
    ("c09", r"\partial_t \langle n\rangle = k - \gamma\langle n\rangle", {},
     [Eq(dif(mean(F("n", t)), t), k - gamma * mean(F("n", t)))]),
    ("c10", r"\frac{dP_0}{dt} = -\lambda P_0 + \mu P_1", {},
     [Eq(dif(F("P_0", t), t), -lam * F("P_0", t) + mu * F("P_1", t))]),
    # several states
    ("s01", r"\partial_t P_R + v\,\partial_x P_R = -\lambda (P_R - P_L)", {},
     [Eq(dif(F("P_R", x, t), t) + v * dif(F("P_R", x, t), x), -lam * (F("P_R", x, t) - F("P_L", x, t)))]),
    ("s02", r"\partial_t u^{\pm} = \mp c\,\partial_x u^{\pm} \pm \mu (u^- - u^+)", {},
     [Eq(dif(F("u^+", x, t), t), -c * dif(F("u^+", x, t), x) + mu * (F("u^-", x, t) - F("u^+", x, t))),
      Eq(dif(F("u^-", x, t), t), c * dif(F("u^-", x, t), x) - mu * (F("u^-", x, t) - F("u^+", x, t)))]),
    ("s03", r"\begin{align} \partial_t a &= D_a \partial_{xx} a - k a b \\ \partial_t b &= D_b \partial_{xx} b - k a b \end{align}",
     {},
     [Eq(dif(F("a", x, t), t), S("D_a") * dif(F("a", x, t), (x, 2)) - k * F("a", x, t) * F("b", x, t)),
      Eq(dif(F("b", x, t), t), S("D_b") * dif(F("b", x, t), (x, 2)) - k * F("a", x, t) * F("b", x, t))]),
    ("s04", r"\rho = \rho_1 + \rho_2", {"fields": ["rho", "rho_1", "rho_2"]},
     [Eq(F("rho", x, t), F("rho_1", x, t) + F("rho_2", x, t))]),
    ("s05", r"\dot{q}_j^{(a)} = \omega_{ab} q_j^{(b)} - \omega_{ba} q_j^{(a)}", {},
     [Eq(dif(F("q^(a)", j, t), t), S("omega_ab") * F("q^(b)", j, t) - S("omega_ba") * F("q^(a)", j, t))]),
    # partial differential equations
    ("p01", r"c_t + (vc)_x = (D c_x)_x", {},
     [Eq(dif(F("c", x, t), t) + dif(v * F("c", x, t), x), dif(D * dif(F("c", x, t), x), x))]),
    ("p02", r"u_{tt} + 2\lambda u_t = c^2 u_{xx}", {},
     [Eq(dif(F("u", x, t), (t, 2)) + 2 * lam * dif(F("u", x, t), t), c**2 * dif(F("u", x, t), (x, 2)))]),
    ("p03", r"\partial_t \psi = \nu\,\partial_y^2\psi - \kappa\,\partial_y^4 \psi", {},
     [Eq(dif(F("psi", y, t), t), nu * dif(F("psi", y, t), (y, 2)) - kappa * dif(F("psi", y, t), (y, 4)))]),
    ("p04", r"\partial_t f + \mathbf{u}\cdot\nabla f = \kappa\nabla^2 f", {"dim": 2, "params": ["u_x", "u_y"]},
     [Eq(dif(F("f", x, y, t), t) + S("u_x") * dif(F("f", x, y, t), x) + S("u_y") * dif(F("f", x, y, t), y),
         kappa * lap(F("f", x, y, t), x, y))]),
    ("p05", r"\frac{\partial \rho}{\partial t} = \nabla\cdot\left[ D(\rho)\nabla\rho\right]", {"dim": 2},
     [Eq(dif(F("rho", x, y, t), t),
         dif(F("D", F("rho", x, y, t)) * dif(F("rho", x, y, t), x), x)
         + dif(F("D", F("rho", x, y, t)) * dif(F("rho", x, y, t), y), y))]),
    ("p06", r"\partial_t^\beta W = K_\beta\,\partial_x^2 W", {},
     [Eq(F("FracDeriv", F("W", x, t), t, beta), S("K_beta") * dif(F("W", x, t), (x, 2)))]),
    ("p07", r"\frac{\partial c}{\partial t} = -K\left(-\nabla^2\right)^{\mu/2} c", {},
     [Eq(dif(F("c", x, t), t), -K * F("FracLaplacian", F("c", x, t), mu / 2))]),
    ("p08", r"\frac{\partial p}{\partial t} = \frac{D}{r^2}\frac{\partial}{\partial r}\left(r^2\frac{\partial p}{\partial r}\right)", {},
     [Eq(dif(F("p", r, t), t), D / r**2 * dif(r**2 * dif(F("p", r, t), r), r))]),
    ("p09", r"\left(\partial_t + v\partial_x - D\partial_x^2\right) c = 0", {},
     [Eq(dif(F("c", x, t), t) + v * dif(F("c", x, t), x) - D * dif(F("c", x, t), (x, 2)), 0)]),
    ("p10", r"D\frac{d^2 T}{dx^2} + v\frac{dT}{dx} = -1", {},
     [Eq(D * dif(F("T", x), (x, 2)) + v * dif(F("T", x), x), -1)]),
    ("p11", r"\partial_t P(x,t) = \partial_x\left[U'(x) P(x,t)\right] + T\,\partial_x^2 P(x,t)", {},
     [Eq(dif(F("P", x, t), t), dif(dif(F("U", x), x) * F("P", x, t), x) + T * dif(F("P", x, t), (x, 2)))]),
    ("p12", r"\frac{\partial^2 \phi}{\partial t^2} + \frac{1}{\tau}\frac{\partial\phi}{\partial t} = v^2\frac{\partial^2\phi}{\partial z^2}",
     {}, [Eq(dif(F("phi", z, t), (t, 2)) + dif(F("phi", z, t), t) / tau, v**2 * dif(F("phi", z, t), (z, 2)))]),
    ("p13", r"u_t = D\Delta u - \kappa u", {"dim": 3},
     [Eq(dif(F("u", x, y, z, t), t), D * lap(F("u", x, y, z, t), x, y, z) - kappa * F("u", x, y, z, t))]),
    ("p14", r"\partial_t\rho + \nabla\cdot\mathbf{j} = 0, \quad \mathbf{j} = -D\nabla\rho", {"dim": 2},
     [Eq(dif(F("rho", x, y, t), t) + dif(F("j_x", x, y, t), x) + dif(F("j_y", x, y, t), y), 0),
      Eq(F("j_x", x, y, t), -D * dif(F("rho", x, y, t), x)),
      Eq(F("j_y", x, y, t), -D * dif(F("rho", x, y, t), y))]),
    ("p15", r"\dv{N}{t} = \mu N", {}, [Eq(dif(F("N", t), t), mu * F("N", t))]),
    ("p16", r"\tau\frac{\partial^2 u}{\partial t^2} + \frac{\partial u}{\partial t} = D\frac{\partial^2 u}{\partial x^2} + \mathcal O(\tau^2)",
     {}, [Eq(tau * dif(F("u", x, t), (t, 2)) + dif(F("u", x, t), t), D * dif(F("u", x, t), (x, 2)) + F("O", tau**2))]),
    ("p17", r"h_t = \nu h_{xx} + \frac{\lambda}{2} (h_x)^2", {},
     [Eq(dif(F("h", x, t), t), nu * dif(F("h", x, t), (x, 2)) + lam / 2 * dif(F("h", x, t), x) ** 2)]),
    ("p18", r"\left.\frac{\partial P}{\partial x}\right|_{x=0} = 0", {},
     [Eq(Subs(dif(F("P", x, t), x), x, 0), 0)]),
    ("p19", r"\frac{\partial C}{\partial t} = \frac{\partial}{\partial x}\left(D(x)\frac{\partial C}{\partial x}\right) + kC(1-C/K)", {},
     [Eq(dif(F("C", x, t), t), dif(F("D", x) * dif(F("C", x, t), x), x) + k * F("C", x, t) * (1 - F("C", x, t) / K))]),
    ("p20", r"\frac{\partial p}{\partial t} = -\frac{\partial J}{\partial x},\qquad J = vp - D\frac{\partial p}{\partial x}", {},
     [Eq(dif(F("p", x, t), t), -dif(F("J", x, t), x)),
      Eq(F("J", x, t), v * F("p", x, t) - D * dif(F("p", x, t), x))]),
    ("p21", r"\partial_t p = \partial_x\left[(\kappa x)\, p\right] + D\,\partial_{xx} p", {},
     [Eq(dif(F("p", x, t), t), dif(kappa * x * F("p", x, t), x) + D * dif(F("p", x, t), (x, 2)))]),
    ("p22", r"\frac{\partial^2 u}{\partial x\,\partial t} = -\frac{\partial}{\partial t}\frac{\partial u}{\partial x} + u", {},
     [Eq(dif(F("u", x, t), x, t), -dif(F("u", x, t), x, t) + F("u", x, t))]),
    ("p23", r"\partial_t u = \partial_x\bigl(u^m\,\partial_x u\bigr) + \alpha u^2(1-u)", {},
     [Eq(dif(F("u", x, t), t), dif(F("u", x, t) ** m * dif(F("u", x, t), x), x) + alpha * F("u", x, t) ** 2 * (1 - F("u", x, t)))]),
    # coefficients
    ("k01", r"D_{\rm eff} = D\left[1+\tfrac{1}{48}\mathrm{Pe}^2\right]", {}, [Eq(S("D_eff"), D * (1 + S("Pe") ** 2 / 48))]),
    ("k02", r"K_\alpha = \frac{\sigma^2}{2\tau^\alpha\,\Gamma(1-\alpha)}", {},
     [Eq(S("K_alpha"), sigma**2 / (2 * tau**alpha * sp.gamma(1 - alpha)))]),
    ("k03", r"v = (k_+ - k_-)a,\qquad D = \frac{1}{2}(k_+ + k_-)a^2", {},
     [Eq(v, (S("k_+") - S("k_-")) * a), Eq(D, (S("k_+") + S("k_-")) * a**2 / 2)]),
    ("k04", r"\mu = D/k_BT", {}, [Eq(mu, D / (S("k_B") * T))]),
    ("k05", r"D = \frac{\langle \ell^2\rangle}{2d\,\langle\tau\rangle}", {}, [Eq(D, mean(ell**2) / (2 * d * mean(tau)))]),
    ("k06", r"D=\frac{(\Delta y)^2}{4\,\Delta t}(1-2q)", {}, [Eq(D, Dy**2 / (4 * Dt) * (1 - 2 * q))]),
    ("k07", r"\gamma = 6\pi\eta R_h", {}, [Eq(gamma, 6 * pi * eta * S("R_h"))]),
    ("k08", r"\beta = 1/(k_{\mathrm B}T)", {}, [Eq(beta, 1 / (S("k_B") * T))]),
    ("k09", r"D = \lim_{N\to\infty}\frac{\langle x_N^2\rangle}{2N\tau}", {},
     [Eq(D, Limit(mean(S("x_N") ** 2) / (2 * N * tau), N, oo))]),
    ("k10", r"v_{\max} = 2\sqrt{rD}", {}, [Eq(S("v_max"), 2 * sqrt(r * D))]),
    ("k11", r"D = \frac{1}{2}\sum_{j} j^2 a^2 w_j", {}, [Eq(D, Sum(j**2 * a**2 * F("w", j), (j, -oo, oo)) / 2)]),
    ("k12", r"f(x) = -\frac{dU}{dx} = -\kappa x", {},
     [Eq(F("f", x), -dif(F("U", x), x)), Eq(-dif(F("U", x), x), -kappa * x)]),
    ("k13", r"q_\pm = \frac12\left(1\pm\frac{v\tau}{\ell}\right)", {},
     [Eq(S("q_+"), (1 + v * tau / ell) / 2), Eq(S("q_-"), (1 - v * tau / ell) / 2)]),
    ("k14", r"D(c) = D_0 (1 + \alpha c)", {}, [Eq(F("D", c), S("D_0") * (1 + alpha * c))]),
    ("k15", r"D=\frac{a^2}{\tau}\cdot\frac{p(1-p)}{2}", {}, [Eq(D, a**2 / tau * p * (1 - p) / 2)]),
    ("k16", r"\kappa_4 = \mu_4 - 3\mu_2^2", {}, [Eq(S("kappa_4"), S("mu_4") - 3 * S("mu_2") ** 2)]),
    ("k17", r"D = \ell^2/2\tau", {}, [Eq(D, ell**2 / (2 * tau))]),
    ("k18", r"D_\perp = \frac{a^2}{6\tau},\quad D_\parallel = \frac{c^2}{16\tau}", {},
     [Eq(S("D_perp"), a**2 / (6 * tau)), Eq(S("D_parallel"), c**2 / (16 * tau))]),
    # results
    ("r01", r"\langle r^2\rangle = 2dDt", {}, [Eq(mean(r**2), 2 * d * D * t)]),
    ("r02", r"\langle x^2\rangle - \langle x\rangle^2 = 2Dt", {}, [Eq(mean(x**2) - mean(x) ** 2, 2 * D * t)]),
    ("r03a", r"f = e^{-x^2/4D(t-s)}", {}, [Eq(S("f"),exp(-S("x")**2/(4*S("D")*(t-S("s")))))]),
    ("r03b", r"y = x/2(1-x)", {}, [Eq(S("y"),S("x")*(1-S("x"))/2)]),  # no letters in between: a half
    ("r03", r"c(x,t) = \frac{M}{\sqrt{4\pi D t}}\,e^{-x^2/4Dt}", {},
     [Eq(F("c", x, t), M / sqrt(4 * pi * D * t) * exp(-(x**2) / (4 * D * t)))]),
    ("r04", r"\sigma^2(t) = 2D t", {}, [Eq(F("sigma", t) ** 2, 2 * D * t)]),
    ("r05", r"P_N(m)=\frac{N!}{\left(\frac{N+m}{2}\right)!\left(\frac{N-m}{2}\right)!}\,2^{-N}", {"indices": ["N"]},
     [Eq(F("P", N, m), sp.factorial(N) / (sp.factorial((N + m) / 2) * sp.factorial((N - m) / 2)) * 2 ** (-N))]),
    ("r06", r"\hat{p}(k,s)=\frac{1-\hat\psi(s)}{s}\,\frac{1}{1-\hat\lambda(k)\hat\psi(s)}", {},
     [Eq(F("phat", k, s), (1 - F("psihat", s)) / s / (1 - F("lambdahat", k) * F("psihat", s)))]),
    ("r07", r"\psi(t) \sim t^{-1-\alpha}", {}, [F("Propto", F("psi", t), t ** (-1 - alpha))]),
    ("r08", r"S(t) = \operatorname{erf}\left(\frac{x_0}{2\sqrt{Dt}}\right)", {},
     [Eq(F("S", t), erf(S("x_0") / (2 * sqrt(D * t))))]),
    ("r09", r"\omega(k) = 2\Gamma\left[\cos (ka) - 1\right]", {},
     [Eq(F("omega", k), 2 * S("Gamma") * (cos(k * a) - 1))]),
    ("r10", r"G(x,0) = \delta(x)", {}, [Eq(F("G", x, 0), sp.DiracDelta(x))]),
    ("r11", r"p_n = \frac{\mu^n e^{-\mu}}{n!}", {}, [Eq(F("p", n), mu**n * exp(-mu) / sp.factorial(n))]),
    ("r12", r"\int_0^\infty \psi(t)\,dt = 1", {}, [Eq(Integral(F("psi", t), (t, 0, oo)), 1)]),
    ("r13", r"T(x) = \frac{x(L-x)}{2D}", {}, [Eq(F("T", x), x * (L - x) / (2 * D))]),
    ("r14", r"P_{\mathrm{eq}}(x) \propto \exp\left[-\frac{U(x)}{k_BT}\right]", {},
     [F("Propto", F("P_eq", x), exp(-F("U", x) / (S("k_B") * T)))]),
    ("r15", r"0 < p \le 1", {}, [sp.Lt(0, p), sp.Le(p, 1)]),
    ("r16", r"\langle (x-\langle x\rangle)^2\rangle = 2Dt", {}, [Eq(mean((x - mean(x)) ** 2), 2 * D * t)]),
    ("r17", r"\tilde{u}(k,t) = \tilde u(k,0)\,e^{-Dk^2t}", {},
     [Eq(F("utilde", k, t), F("utilde", k, 0) * exp(-D * k**2 * t))]),
    ("r18", r"P(x) = \frac{1}{2b}e^{-|x|/b}", {}, [Eq(F("P", x), exp(-Abs(x) / b) / (2 * b))]),
    ("r19", r"\lambda(k) = \frac{1}{2}e^{ika}+\frac{1}{2}e^{-ika} = \cos(ka)", {},
     [Eq(F("lambda", k), exp(I * k * a) / 2 + exp(-I * k * a) / 2), Eq(exp(I * k * a) / 2 + exp(-I * k * a) / 2, cos(k * a))]),
    ("r20", r"\text{MSD}(t) = 4 D t^{\alpha}", {}, [Eq(F("MSD", t), 4 * D * t**alpha)]),
    ("r21", r"D(x) = \begin{cases} D_1, & x<0 \\ D_2, & x \ge 0\end{cases}", {},
     [Eq(F("D", x), sp.Piecewise((S("D_1"), x < 0), (S("D_2"), x >= 0)))]),
    ("r22", r"\sum_{n=0}^{N}\binom{N}{n} p^n q^{N-n} = 1", {},
     [Eq(Sum(binomial(N, n) * p**n * q ** (N - n), (n, 0, N)), 1)]),
    ("r23", r"\mathrm{Var}(x) = \langle x^2\rangle - \langle x\rangle^2", {}, [Eq(F("Var", x), mean(x**2) - mean(x) ** 2)]),
    ("r24", r"\langle [x(t)-x(0)]^2\rangle = 2Dt", {}, [Eq(mean((F("x", t) - F("x", 0)) ** 2), 2 * D * t)]),
    # declared names win
    ("d01", r"D = 2p(1-p)\frac{\ell^2}{\tau}", {"params": ["p", "ell", "tau"]}, [Eq(D, 2 * p * (1 - p) * ell**2 / tau)]),
    ("d02", r"\epsilon(x) = -\frac{\kappa\delta x}{4k_BT}", {"params": ["delta", "kappa"]},
     [Eq(F("epsilon", x), -kappa * delta * x / (4 * S("k_B") * T))]),
    ("d03", r"v = \lambda(a-b)", {"params": ["lam", "a", "b"]}, [Eq(v, S("lam") * (a - b))]),
    ("d04", r"D = D_0(1-\gamma)/S", {"params": ["D0", "gam", "S"]}, [Eq(D, S("D0") * (1 - S("gam")) / S("S"))]),
    ("d05", r"\mathbb{E}[x^2] = 2 D t", {}, [Eq(mean(x**2), 2 * D * t)]),
]  # fmt: skip

# second set: other letters, other notations
SECOND: list[tuple[str, str, dict[str, Any], list[Any]]] = [
    ("a01", r"P_x(t+1)=\frac{1}{2}\left[P_{x-1}(t)+P_{x+1}(t)\right]", {}, [Eq(F("P",x,t+1),(F("P",x-1,t)+F("P",x+1,t))/2)]),
    ("a02", r"p_{m}(N+1)=q\,p_{m+1}(N)+p\,p_{m-1}(N)", {}, [Eq(F("p",m,N+1), q*F("p",m+1,N)+p*F("p",m-1,N))]),
    ("a03", r"\rho(x,t+\Delta t)-\rho(x,t)=\frac12\left[\rho(x+\Delta x,t)-2\rho(x,t)+\rho(x-\Delta x,t)\right]", {}, [Eq(F("rho",x,t+Dt)-F("rho",x,t),(F("rho",x+Dx,t)-2*F("rho",x,t)+F("rho",x-Dx,t))/2)]),
    ("a04", r"n_i(t+\tau)=n_i(t)+\alpha\left[n_{i+1}(t)-n_i(t)\right]-\alpha\left[n_i(t)-n_{i-1}(t)\right]", {}, [Eq(F("n",i,t+tau),F("n",i,t)+alpha*(F("n",i+1,t)-F("n",i,t))-alpha*(F("n",i,t)-F("n",i-1,t)))]),
    ("a05", r"\phi_j^{m+1}=\phi_j^{m}-\frac{\nu}{2}\left(\phi_{j+1}^{m}-\phi_{j-1}^{m}\right)", {}, [Eq(F("phi",j,m+1),F("phi",j,m)-nu/2*(F("phi",j+1,m)-F("phi",j-1,m)))]),
    ("a06", r"f_{n+1}(x)=\int_{-\infty}^{+\infty}\mathrm{d}y\,w(x-y)\,f_n(y)", {}, [Eq(F("f",n+1,x),Integral(F("w",x-y)*F("f",n,y),(y,-oo,oo)))]),
    ("a07", r"P(x,y,t+\tau)=\tfrac14\bigl[P(x+h,y,t)+P(x-h,y,t)+P(x,y+h,t)+P(x,y-h,t)\bigr]", {}, [Eq(F("P",x,y,t+tau),(F("P",x+h,y,t)+F("P",x-h,y,t)+F("P",x,y+h,t)+F("P",x,y-h,t))/4)]),
    ("a08", r"R_{j+1}(t+\tau)=(1-\gamma\tau)R_{j}(t)+\gamma\tau L_{j}(t)", {}, [Eq(F("R",j+1,t+tau),(1-gamma*tau)*F("R",j,t)+gamma*tau*F("L",j,t))]),
    ("a09", r"P(x,t+\tau)=p(x-a)\,P(x-a,t)+q(x+a)\,P(x+a,t)", {}, [Eq(F("P",x,t+tau),F("p",x-a)*F("P",x-a,t)+F("q",x+a)*F("P",x+a,t))]),
    ("a10", r"\frac{dP_{n}}{dt}=k_{n-1}^{+}P_{n-1}+k_{n+1}^{-}P_{n+1}-(k_{n}^{+}+k_{n}^{-})P_{n}", {}, [Eq(dif(F("P",n,t),t),F("k^+",n-1)*F("P",n-1,t)+F("k^-",n+1)*F("P",n+1,t)-(F("k^+",n)+F("k^-",n))*F("P",n,t))]),
    ("a11", r"\dot{P}_{m,n}=\gamma\left(P_{m+1,n}+P_{m-1,n}+P_{m,n+1}+P_{m,n-1}-4P_{m,n}\right)", {}, [Eq(dif(F("P",m,n,t),t),gamma*(F("P",m+1,n,t)+F("P",m-1,n,t)+F("P",m,n+1,t)+F("P",m,n-1,t)-4*F("P",m,n,t)))]),
    ("a12", r"\frac{\partial P(n,t)}{\partial t}=k\Omega P(n-1,t)+\gamma(n+1)P(n+1,t)-(k\Omega+\gamma n)P(n,t)", {}, [Eq(dif(F("P",n,t),t),k*S("Omega")*F("P",n-1,t)+gamma*(n+1)*F("P",n+1,t)-(k*S("Omega")+gamma*n)*F("P",n,t))]),
    ("a13", r"\frac{\mathrm{d}\rho_{k}}{\mathrm{d}t}=p\rho_{k-1}(1-\rho_{k})+q\rho_{k+1}(1-\rho_{k})-p\rho_k(1-\rho_{k+1})-q\rho_k(1-\rho_{k-1})", {}, [Eq(dif(F("rho",k,t),t), p*F("rho",k-1,t)*(1-F("rho",k,t))+q*F("rho",k+1,t)*(1-F("rho",k,t))-p*F("rho",k,t)*(1-F("rho",k+1,t))-q*F("rho",k,t)*(1-F("rho",k-1,t)))]),
    ("a14", r"\partial_t P(x,t)=\int_{-\infty}^{\infty}\left[W(x-r,r)P(x-r,t)-W(x,r)P(x,t)\right]dr", {}, [Eq(dif(F("P",x,t),t),Integral(F("W",x-r,r)*F("P",x-r,t)-F("W",x,r)*F("P",x,t),(r,-oo,oo)))]),
    ("a16", r"\frac{dP_n(t)}{dt}=\int_0^t M(t-s)\left[P_{n+1}(s)+P_{n-1}(s)-2P_n(s)\right]ds", {}, [Eq(dif(F("P",n,t),t),Integral(F("M",t-s)*(F("P",n+1,s)+F("P",n-1,s)-2*F("P",n,s)),(s,0,t)))]),
    ("a17", r"\dot P_A=-k_1P_A+k_2P_B", {}, [Eq(dif(F("P_A",t),t),-S("k_1")*F("P_A",t)+S("k_2")*F("P_B",t))]),
    ("b01", r"\frac{\partial c(x,t)}{\partial t}+\frac{\partial}{\partial x}\left[v(x)c(x,t)\right]=\frac{\partial^2}{\partial x^2}\left[D(x)c(x,t)\right]", {}, [Eq(dif(F("c",x,t),t)+dif(F("v",x)*F("c",x,t),x),dif(F("D",x)*F("c",x,t),(x,2)))]),
    ("b03", r"\frac{\partial W}{\partial t}=\left[\frac{\partial}{\partial x}\frac{V'(x)}{m\eta}+K\frac{\partial^2}{\partial x^2}\right]W(x,t)", {}, [Eq(dif(F("W",x,t),t),dif(dif(F("V",x),x)/(m*eta)*F("W",x,t),x)+K*dif(F("W",x,t),(x,2)))]),
    ("b04", r"u_{tt}+\frac{1}{\tau}u_t=c^2u_{xx}-\kappa u", {}, [Eq(dif(F("u",x,t),(t,2))+dif(F("u",x,t),t)/tau,c**2*dif(F("u",x,t),(x,2))-kappa*F("u",x,t))]),
    ("b05", r"\partial_t n=D_n\nabla^2n-\chi\nabla\cdot(n\nabla c)", {"dim":2,"fields":["n","c"]}, [Eq(dif(F("n",x,y,t),t),S("D_n")*lap(F("n",x,y,t),x,y)-chi*(dif(F("n",x,y,t)*dif(F("c",x,y,t),x),x)+dif(F("n",x,y,t)*dif(F("c",x,y,t),y),y)))]),
    ("b06", r"\frac{\partial P}{\partial t}=\frac{\partial}{\partial x}\left[D(x)e^{-\beta V(x)}\frac{\partial}{\partial x}\left(e^{\beta V(x)}P\right)\right]", {}, [Eq(dif(F("P",x,t),t),dif(F("D",x)*exp(-beta*F("V",x))*dif(exp(beta*F("V",x))*F("P",x,t),x),x))]),
    ("b07", r"\frac{\partial p}{\partial t}=\frac{1}{2}\frac{\partial^2}{\partial x^2}\left(\sigma^2(x)p\right)-\frac{\partial}{\partial x}\left(\mu(x)p\right)", {}, [Eq(dif(F("p",x,t),t),dif(F("sigma",x)**2*F("p",x,t),(x,2))/2-dif(F("mu",x)*F("p",x,t),x))]),
    ("b08", r"\partial_t\rho=D\,\partial_z^2\rho+\mu g\,\partial_z\rho", {}, [Eq(dif(F("rho",z,t),t),D*dif(F("rho",z,t),(z,2))+mu*g*dif(F("rho",z,t),z))]),
    ("b09", r"\frac{\partial^2 u}{\partial t^2}=c^2\left(\frac{\partial^2 u}{\partial x^2}+\frac{\partial^2 u}{\partial y^2}\right)", {}, [Eq(dif(F("u",x,y,t),(t,2)),c**2*(dif(F("u",x,y,t),(x,2))+dif(F("u",x,y,t),(y,2))))]),
    ("b10", r"\frac{1}{D}\frac{\partial c}{\partial t}=\frac{\partial^2c}{\partial r^2}+\frac{2}{r}\frac{\partial c}{\partial r}", {}, [Eq(dif(F("c",r,t),t)/D,dif(F("c",r,t),(r,2))+2/r*dif(F("c",r,t),r))]),
    ("b11", r"D\,c''(x)-v\,c'(x)-k\,c(x)=0", {}, [Eq(D*dif(F("c",x),(x,2))-v*dif(F("c",x),x)-k*F("c",x),0)]),
    ("b12", r"\dot{u}=D u''+f(u)", {}, [Eq(dif(F("u",x,t),t),D*dif(F("u",x,t),(x,2))+F("f",F("u",x,t)))]),
    ("b13", r"\partial_t u=\partial_x\left[D(u)\,\partial_x u\right]+\lambda u\left(1-\frac{u}{K}\right)", {}, [Eq(dif(F("u",x,t),t),dif(F("D",F("u",x,t))*dif(F("u",x,t),x),x)+lam*F("u",x,t)*(1-F("u",x,t)/K))]),
    ("b15", r"\partial_tP=K_\mu\frac{\partial^\mu P}{\partial|x|^\mu}", {}, [Eq(dif(F("P",x,t),t),-S("K_mu")*F("FracLaplacian",F("P",x,t),mu/2))]),
    ("b16", r"{}_0D_t^{\alpha}P(x,t)=K\,\partial_x^2P(x,t)", {}, [Eq(F("FracDeriv",F("P",x,t),t,alpha),K*dif(F("P",x,t),(x,2)))]),
    ("b17", r"\frac{\partial P}{\partial t}=v\left(\frac{\partial P_-}{\partial x}-\frac{\partial P_+}{\partial x}\right)", {}, [Eq(dif(F("P",x,t),t),v*(dif(F("P_-",x,t),x)-dif(F("P_+",x,t),x)))]),
    ("b18", r"\frac{\partial f}{\partial t}+v\frac{\partial f}{\partial x}=\frac{\partial}{\partial v}\left(\gamma vf+\frac{\gamma k_BT}{m}\frac{\partial f}{\partial v}\right)", {}, [Eq(dif(F("f",x,v,t),t)+v*dif(F("f",x,v,t),x),dif(gamma*v*F("f",x,v,t)+gamma*S("k_B")*T/m*dif(F("f",x,v,t),v),v))]),
    ("b19", r"\partial_t h=\nu\,\partial_x^2h+\frac{\lambda}{2}(\partial_xh)^2", {}, [Eq(dif(F("h",x,t),t),nu*dif(F("h",x,t),(x,2))+lam/2*dif(F("h",x,t),x)**2)]),
    ("b20", r"-D\left.\frac{\partial c}{\partial x}\right|_{x=0}=\kappa c(0,t)", {}, [Eq(-D*Subs(dif(F("c",x,t),x),x,0),kappa*F("c",0,t))]),
    ("b21", r"\frac{\partial u}{\partial t}=\frac{a^2}{2\tau}\frac{\partial^2u}{\partial x^2}-\frac{a^4}{12\tau}\frac{\partial^4u}{\partial x^4}+\dots", {}, [Eq(dif(F("u",x,t),t),a**2/(2*tau)*dif(F("u",x,t),(x,2))-a**4/(12*tau)*dif(F("u",x,t),(x,4))+S("..."))]),
    ("b22", r"u_t=(u^mu_x)_x", {}, [Eq(dif(F("u",x,t),t),dif(F("u",x,t)**m*dif(F("u",x,t),x),x))]),
    ("b23", r"\frac{\partial P}{\partial t}+\nabla\cdot\mathbf{J}=0,\qquad\mathbf{J}=\mathbf{v}P-D\nabla P", {"dim":2,"params":["v_x","v_y"]}, [Eq(dif(F("P",x,y,t),t)+dif(F("J_x",x,y,t),x)+dif(F("J_y",x,y,t),y),0),Eq(F("J_x",x,y,t),S("v_x")*F("P",x,y,t)-D*dif(F("P",x,y,t),x)),Eq(F("J_y",x,y,t),S("v_y")*F("P",x,y,t)-D*dif(F("P",x,y,t),y))]),
    ("b24", r"D\frac{\mathrm{d}^2T}{\mathrm{d}x^2}=-1,\quad T(0)=T(L)=0", {}, [Eq(D*dif(F("T",x),(x,2)),-1),Eq(F("T",0),F("T",L)),Eq(F("T",L),0)]),
    ("b25", r"\partial_{t}u=\varepsilon\,\partial_{x}^{2}u-u\,\partial_{x}u", {}, [Eq(dif(F("u",x,t),t),S("varepsilon")*dif(F("u",x,t),(x,2))-F("u",x,t)*dif(F("u",x,t),x))]),
    ("c01", r"D=\lim_{t\to\infty}\frac{\langle x^2(t)\rangle}{2t}", {}, [Eq(D,Limit(mean(F("x",t)**2)/(2*t),t,oo))]),
    ("c02", r"D=\lim_{t\to\infty}\frac{\left\langle r^2(t)\right\rangle}{2dt}", {}, [Eq(D,Limit(mean(F("r",t)**2)/(2*d*t),t,oo))]),
    ("c03", r"D_{\parallel}=\frac{k_BT}{\gamma_{\parallel}}", {}, [Eq(S("D_parallel"),S("k_B")*T/S("gamma_parallel"))]),
    ("c04", r"v=\frac{a}{\tau}(p-q),\ D=\frac{a^2}{2\tau}\left[1-(p-q)^2\right]", {}, [Eq(v,a/tau*(p-q)),Eq(D,a**2/(2*tau)*(1-(p-q)**2))]),
    ("c05", r"D^*=\frac{D}{1+K}", {}, [Eq(S("D^*"),D/(1+K))]),
    ("c06", r"\frac{1}{D_{\text{eff}}}=\frac{\phi}{D_1}+\frac{1-\phi}{D_2}", {}, [Eq(1/S("D_eff"),phi/S("D_1")+(1-phi)/S("D_2"))]),
    ("c07", r"D=\frac{1}{6}\Gamma a^2f", {}, [Eq(D,Gamma*a**2*f/6)]),
    ("c08", r"D_{\mathrm{eff}}=D+\frac{v^2}{2\lambda}", {}, [Eq(S("D_eff"),D+v**2/(2*lam))]),
    ("c09", r"\mathrm{Pe}=\frac{vL}{D}", {}, [Eq(S("Pe"),v*L/D)]),
    ("c10", r"\alpha=\gamma_0\exp\left(-\frac{\Delta E}{k_{B}T}\right)", {}, [Eq(alpha,S("gamma_0")*exp(-S("Delta E")/(S("k_B")*T)))]),
    ("c11", r"\tau=\int_0^\infty t\,\psi(t)\,dt", {}, [Eq(tau,Integral(t*F("psi",t),(t,0,oo)))]),
    ("c12", r"\sigma^2=\sum_{j=-\infty}^{\infty}j^2p_j-\left(\sum_{j=-\infty}^{\infty}jp_j\right)^2", {}, [Eq(sigma**2,Sum(j**2*F("p",j),(j,-oo,oo))-Sum(j*F("p",j),(j,-oo,oo))**2)]),
    ("c13", r"a_n=\frac{1}{n!}\int r^n w(r)\,\mathrm{d}r", {}, [Eq(F("a",n),Integral(r**n*F("w",r),r)/sp.factorial(n))]),
    ("c14", r"D(\theta)=D_\parallel\cos^2\theta+D_\perp\sin^2\theta", {}, [Eq(F("D",theta),S("D_parallel")*cos(theta)**2+S("D_perp")*sp.sin(theta)**2)]),
    ("c15", r"k_{\pm}=k_0e^{\pm F a/2k_BT}", {}, [Eq(S("k_+"),S("k_0")*exp(S("F")*a/(2*S("k_B")*T))),Eq(S("k_-"),S("k_0")*exp(-S("F")*a/(2*S("k_B")*T)))]),
    ("c16", r"D=\frac{\ell^2}{2\tau}\left(1-r\right)", {"params":["ell","tau","r"]}, [Eq(D,ell**2/(2*tau)*(1-r))]),
    ("c17", r"\lambda=-\frac{1}{\tau}\ln(1-\delta)", {"params":["delta","tau"]}, [Eq(lam,-sp.log(1-delta)/tau)]),
    ("c18", r"\kappa=P_1\sqrt{D/\pi}", {"params":["P1","D"]}, [Eq(kappa,S("P1")*sqrt(D/pi))]),
    ("e01", r"\langle(\Delta x)^2\rangle=2D\Delta t", {}, [Eq(mean(Dx**2),2*D*Dt)]),
    ("e03", r"\sqrt{\langle x^2\rangle}=a\sqrt{t/\tau}", {}, [Eq(sqrt(mean(x**2)),a*sqrt(t/tau))]),
    ("e04", r"P(x,t)=\frac{1}{\sqrt{2\pi\sigma^2(t)}}\exp\left[-\frac{(x-vt)^2}{2\sigma^2(t)}\right]", {}, [Eq(F("P",x,t),1/sqrt(2*pi*F("sigma",t)**2)*exp(-(x-v*t)**2/(2*F("sigma",t)**2)))]),
    ("e05", r"P_n(t)=\frac{(\lambda t)^n}{n!}e^{-\lambda t}", {}, [Eq(F("P",n,t),(lam*t)**n/sp.factorial(n)*exp(-lam*t))]),
    ("e06", r"\hat{P}(k,t)=e^{-Dk^2t-ikvt}", {}, [Eq(F("Phat",k,t),exp(-D*k**2*t-I*k*v*t))]),
    ("e07", r"\langle n\rangle=\sum_{n=0}^{\infty}nP_n", {}, [Eq(mean(n),Sum(n*F("P",n),(n,0,oo)))]),
    ("e08", r"S(t)=1-\int_0^tf(t')\,dt'", {}, [Eq(F("S",t),1-Integral(F("f",S("t'")),(S("t'"),0,t)))]),
    ("e09", r"f(t)=\frac{x_0}{\sqrt{4\pi Dt^3}}e^{-x_0^2/(4Dt)}", {}, [Eq(F("f",t),S("x_0")/sqrt(4*pi*D*t**3)*exp(-S("x_0")**2/(4*D*t)))]),
    ("e10", r"\langle x^2\rangle\sim t^{2H}", {}, [F("Propto",mean(x**2),t**(2*S("H")))]),
    ("e11", r"\tilde\psi(s)=\int_0^\infty e^{-st}\psi(t)\,dt", {}, [Eq(F("psitilde",s),Integral(exp(-s*t)*F("psi",t),(t,0,oo)))]),
    ("e12", r"p(x)=\frac{\alpha x_m^\alpha}{x^{1+\alpha}}", {}, [Eq(F("p",x),alpha*S("x_m")**alpha/x**(1+alpha))]),
    ("e13", r"\omega(k)=-ivk-Dk^2", {}, [Eq(F("omega",k),-I*v*k-D*k**2)]),
    ("e14", r"P(x,0)=\delta(x)", {}, [Eq(F("P",x,0),sp.DiracDelta(x))]),
    ("e15", r"\operatorname{Var}[n]=\langle n^2\rangle-\langle n\rangle^2=\langle n\rangle", {}, [Eq(F("Var",n),mean(n**2)-mean(n)**2),Eq(mean(n**2)-mean(n)**2,mean(n))]),
    ("e16", r"T(x_0)=\frac{x_0(L-x_0)}{2D}", {}, [Eq(F("T",S("x_0")),S("x_0")*(L-S("x_0"))/(2*D))]),
    ("e17", r"\Pi_L(x)=\frac{x}{L}", {}, [Eq(F("Pi_L",x),x/L)]),
    ("e19", r"\psi(t)\simeq\frac{\alpha\tau^\alpha}{\Gamma(1-\alpha)t^{1+\alpha}}", {}, [F("Approx",F("psi",t),alpha*tau**alpha/(sp.gamma(1-alpha)*t**(1+alpha)))]),
    ("e20", r"P(N,m)=\frac{N!}{m!(N-m)!}p^mq^{N-m}", {}, [Eq(F("P",N,m),sp.factorial(N)/(sp.factorial(m)*sp.factorial(N-m))*p**m*q**(N-m))]),
    ("e21", r"|\epsilon(x)|\le\frac12", {}, [sp.Le(Abs(F("epsilon",x)),half)]),
    ("e22", r"\cos k\ell=\frac{e^{ik\ell}+e^{-ik\ell}}{2}", {}, [Eq(cos(k*ell),(exp(I*k*ell)+exp(-I*k*ell))/2)]),
    ("e23", r"x_N=\sum_{i=1}^{N}\xi_i", {}, [Eq(S("x_N"),Sum(F("xi",i),(i,1,N)))]),
    ("e24", r"\langle v(t)v(0)\rangle=v_0^2e^{-2\lambda t}", {}, [Eq(mean(F("v",t)*F("v",0)),S("v_0")**2*exp(-2*lam*t))]),
    ("e26", r"P(r,t)=\frac{1}{(4\pi Dt)^{d/2}}\,e^{-r^2/4Dt}", {}, [Eq(F("P",r,t),1/(4*pi*D*t)**(d/2)*exp(-r**2/(4*D*t)))]),
    ("e27", r"v_g=\frac{d\omega}{dk}", {}, [Eq(S("v_g"),dif(F("omega",k),k))]),
    ("e30", r"\left(\frac{\Delta x}{\Delta t}\right)^2=\frac{2D}{\Delta t}", {}, [Eq((Dx/Dt)**2,2*D/Dt)]),
]  # fmt: skip


CASES = FIRST + SECOND


@pytest.mark.parametrize(
    ("latex", "context", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_reading_vs_worked_by_hand(latex: str, context: dict[str, Any], expected: list[Any]) -> None:
    reading = read_latex(latex, context_from_json(context))
    assert same_reading(reading.equations, expected)


@pytest.mark.parametrize(
    ("latex", "context", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_reading_of_another_formula_is_rejected(latex: str, context: dict[str, Any], expected: list[Any]) -> None:
    """Negative control: each reading differs from that of the next formula in the list."""
    place = next(n for n, case in enumerate(CASES) if case[1] == latex)
    other = CASES[(place + 1) % len(CASES)][3]
    assert not same_reading(read_latex(latex, context_from_json(context)).equations, other)


x_p, x_m = F("P_+", x, t), F("P_-", x, t)
Pxy = F("P", x, y, t)
COMPONENTS: list[tuple[str, list[Any]]] = [
    (r"\partial_t \begin{pmatrix} P_+ \\ P_- \end{pmatrix} = \begin{pmatrix} -v\partial_x - \gamma & \gamma \\ "
     r"\gamma & v\partial_x - \gamma \end{pmatrix} \begin{pmatrix} P_+ \\ P_- \end{pmatrix}",
     [Eq(dif(x_p, t), -v * dif(x_p, x) - gamma * x_p + gamma * x_m), Eq(dif(x_m, t), v * dif(x_m, x) + gamma * x_p - gamma * x_m)]),
    (r"\begin{bmatrix} R(x,t+\tau) \\ L(x,t+\tau)\end{bmatrix} = \left[\begin{array}{cc} p & q\\ q & p\end{array}\right]"
     r"\begin{bmatrix} R(x-a,t) \\ L(x+a,t)\end{bmatrix}",
     [Eq(F("R", x, t + tau), p * F("R", x - a, t) + q * F("L", x + a, t)),
      Eq(F("L", x, t + tau), q * F("R", x - a, t) + p * F("L", x + a, t))]),
    (r"\mathbf{D} = \frac{a^2}{2\tau}\begin{pmatrix} p & 0 \\ 0 & 1-p \end{pmatrix}",
     [Eq(S("D_xx"), a**2 * p / (2 * tau)), Eq(S("D_xy"), 0), Eq(S("D_yx"), 0), Eq(S("D_yy"), a**2 * (1 - p) / (2 * tau))]),
    (r"\mathbf v = v_0 \hat x + u_0 \hat{\mathbf y}", [Eq(S("v_x"), S("v_0")), Eq(S("v_y"), S("u_0"))]),
    (r"\partial_t P = -\partial_i (A_i P) + \frac12 \sum_{j} \frac{\partial^2}{\partial x_j^2} (B P)",
     [Eq(dif(Pxy, t), -dif(S("A_x") * Pxy, x) - dif(S("A_y") * Pxy, y) + dif(S("B") * Pxy, (x, 2)) / 2 + dif(S("B") * Pxy, (y, 2)) / 2)]),
    (r"\partial_t P = \left[-\partial_i A_i(\mathbf x) + \partial_i\partial_j B_{ij}\right] P",
     [Eq(dif(Pxy, t), -dif(F("A_x", x, y) * Pxy, x) - dif(F("A_y", x, y) * Pxy, y)
         + sum(dif(F(f"B_{b}", x, y) * Pxy, *map(S, b[::-1])) for b in ("xx", "xy", "yx", "yy")))]),
    (r"(\partial_t + v\partial_x)^2 u + 2\lambda(\partial_t + v\partial_x)u = 0",
     [Eq(dif(dif(F("u", x, t), t) + v * dif(F("u", x, t), x), t) + v * dif(dif(F("u", x, t), t) + v * dif(F("u", x, t), x), x)
         + 2 * lam * (dif(F("u", x, t), t) + v * dif(F("u", x, t), x)), 0)]),
    (r"\left[D u_x\right]_-^+ = k u(0,t)",
     [Eq(sp.Limit(D * dif(F("u", x, t), x), x, 0, "+") - sp.Limit(D * dif(F("u", x, t), x), x, 0, "-"), k * F("u", 0, t))]),
    (r"\dot p_n = (E^{-1}-1) g_n p_n", [Eq(dif(F("p", n, t), t), F("g", n - 1) * F("p", n - 1, t) - F("g", n) * F("p", n, t))]),
    (r"\partial_t P = \partial_x [F(x) P - T \partial_x P]/\gamma",
     [Eq(dif(F("P", x, t), t), dif(F("F", x) * F("P", x, t) - T * dif(F("P", x, t), x), x) / gamma)]),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), COMPONENTS, ids=range(len(COMPONENTS)))
def test_matrices_indices_and_vectors_vs_their_components(latex: str, expected: list[Any]) -> None:
    assert same_reading(read_latex(latex).equations, expected)
    for k, other in enumerate(COMPONENTS):  # negative control
        assert other[1] == expected or not same_reading(read_latex(latex).equations, COMPONENTS[k][1])


@pytest.mark.parametrize(
    ("latex", "reading"),
    [
        (r"S = \sum_{n\ \mathrm{odd}} \frac{1}{n^2}", Sum(1 / (2 * n + 1) ** 2, (n, 0, oo))),
        (r"S = \sum_{n \text{ odd}} \frac{1}{n^2}", Sum(1 / (2 * n + 1) ** 2, (n, 0, oo))),
        (r"S = \sum_{n=1,3,5,\dots}^\infty \frac{1}{n^2}", Sum(1 / (2 * n + 1) ** 2, (n, 0, oo))),
        (r"S = \sum_{n=2,4,6,...} \frac{1}{n^2}", Sum(1 / (2 * n + 2) ** 2, (n, 0, oo))),
        (r"S = \sum_{n=0,\,n\ \mathrm{odd}}^\infty \frac{1}{n^2}", Sum(1 / (2 * n + 1) ** 2, (n, 0, oo))),
    ],
)
def test_sums_over_every_second_number(latex: str, reading: sp.Expr) -> None:
    found = read_latex(latex)
    assert found.equations[0].rhs == reading
    assert any("the range is n = " in w for w in found.warnings)


@pytest.mark.parametrize(
    "latex", [r"S = \sum_{n=1,3,\dots}^N n", r"S = \sum_{n\ \mathrm{even}} n", r"S = \sum_{n=1,2,\dots,N} n"]
)
def test_ranges_in_steps_that_are_not_said(latex: str) -> None:
    with pytest.raises(ExpressionError, match=r"end|first|dots"):
        read_latex(latex)

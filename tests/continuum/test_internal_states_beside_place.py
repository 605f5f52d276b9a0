"""Continuous internal states beside velocities, steps and rates that depend on place, against results by hand."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import loads

x, y = sp.symbols("x y", real=True)
D_r, c, D_a, t_a, a, b, mu, v0, tau = sp.symbols("D_r c D_a t_a a b mu v0 tau", positive=True)
v, lam, L, W = (sp.Function(n)(x, y) for n in ("v", "lam", "L", "W"))
P = sp.Function("P")(x, y, sp.Symbol("t", real=True))
NAMES = '[parameters]\nD_r="positive"\nc="-1 < c < 1"\nD_a="positive"\nt_a="positive"\na="positive"\nb="positive"\nmu="positive"\nv0="positive"\ntau="positive"\n'
NAMES += '[functions]\nv=["x","y"]\nlam=["x","y"]\nL=["x","y"]\nW=["x","y"]\n[model]\ncoordinates=["x","y"]\n'
TURN = '[[internal]]\nname="u"\ndomain="direction"\n'


def grad(flux):
    return sum(sp.diff(flux(q), q) for q in (x, y))


SWIMMING = '[[states]]\nvelocity=["v(x,y)*u_x","v(x,y)*u_y"]\n'
CASES = {
    # flux - v/(2 D_r) grad(v P): M. J. Schnitzer, Phys. Rev. E 48, 2553 (1993), by hand from the first two harmonics
    "a speed that depends on place": (SWIMMING + TURN + 'diffusivity="D_r"\n', lambda q: v / (2 * D_r) * sp.diff(v * P, q)),
    "beside a potential and diffusion": (
        '[[states]]\nvelocity=["v(x,y)*u_x-mu*Derivative(W(x,y),x)","v(x,y)*u_y-mu*Derivative(W(x,y),y)"]\ndiffusivity="a"\n'
        + TURN + 'diffusivity="D_r"\n',
        lambda q: v / (2 * D_r) * sp.diff(v * P, q) + a * sp.diff(P, q) + mu * sp.diff(W, q) * P),
    "turns at a rate that depends on place": (
        '[[states]]\nvelocity=["v0*u_x","v0*u_y"]\n' + TURN + 'rate="lam(x,y)"\nmean_cosine="c"\n',
        lambda q: v0**2 / (2 * (1 - c) * lam) * sp.diff(P, q)),
    "a line": (
        '[[states]]\nvelocity=["w-Derivative(W(x,y),x)","z-Derivative(W(x,y),y)"]\n[[internal]]\nname=["w","z"]\ndomain="line"\n'
        'drift=["-w/t_a","-z/t_a"]\ndiffusivity="D_a/t_a**2"\n', lambda q: D_a * sp.diff(P, q) + sp.diff(W, q) * P),
    # one velocity kept over its correlations 1/(1 - c): flux L/(2 tau) [grad(L P)/2 + c/(1 - c) grad(L P)] less the Ito half
    "correlated steps of a length that depends on place": (
        '[[jumps]]\ndisplacement=["L(x,y)*u_x","L(x,y)*u_y"]\nprobability="1"\n' + TURN + 'mean_cosine="c"\n',
        lambda q: sp.diff(L**2 * P, q) / (4 * tau) + c / (1 - c) * L * sp.diff(L * P, q) / (2 * tau)),
    "random steps of a length that depends on place": (
        '[[jumps]]\ndistribution="exponential"\nmean="1"\ndirection=["L(x,y)*u_x","L(x,y)*u_y"]\nprobability="1"\n' + TURN,
        lambda q: sp.diff(L**2 * P, q) / (2 * tau)),
    "runs and rests": (
        '[[states]]\nname="run"\nvelocity=["v(x,y)*u_x","v(x,y)*u_y"]\n[[states]]\nname="rest"\n' + TURN + 'diffusivity="D_r"\n'
        '[[jumps]]\nfrom="run"\nto="rest"\nrate="a"\n[[jumps]]\nfrom="rest"\nto="run"\nrate="b"\n',
        # the direction turns while the walker rests, too: correlation of the velocity over both
        lambda q: b * (D_r + b) / (2 * D_r * (a + b) * (D_r + a + b)) * v * sp.diff(v * P, q)),
}  # fmt: skip


def model(name: str):
    text = NAMES + CASES[name][0]
    return loads(
        text.replace('"x","y"]\n[[jumps]]', '"x","y"]\ntime_step="tau"\n[[jumps]]') if "steps" in name else text
    )


SLOW = ("runs and rests", "correlated steps of a length that depends on place")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.exhaustive) if n in SLOW else n for n in CASES])
def test_derived_equation_vs_flux_by_hand(name: str) -> None:
    found = sd.derive(model(name))
    p = sp.Function("P")(*found.equation.rhs.atoms(sp.Function("P")(x, y, P.args[2]).func).pop().args)
    wanted = grad(CASES[name][1]).xreplace({P: p}).doit()
    named = {s: next((z for z in found.equation.rhs.free_symbols if z.name == s.name), s) for s in wanted.free_symbols}
    gap = sp.expand((found.equation.rhs.doit() - wanted.xreplace(named)).doit())
    assert sp.simplify(gap) == 0


@pytest.mark.parametrize(("more", "message"), [
    (SWIMMING + TURN + 'rate="a"\nmean_cosine="cos(v(x,y))"\n', "depends on place"),
    (SWIMMING.replace("[[states]]", '[[states]]\nname="A"') + '[[states]]\nname="B"\n' + TURN + 'diffusivity="D_r"\n', "several densities"),
    ('[[states]]\nvelocity=["exp(u_x)*v(x,y)","0"]\n' + TURN + 'diffusivity="D_r"\n', "polynomial"),
])  # fmt: skip
def test_what_has_no_second_route_is_refused(more: str, message: str) -> None:
    with pytest.raises(sd.SymdiffError, match=message):
        sd.derive(loads(NAMES + more))


@pytest.mark.parametrize("speed", ["v0", "v(x,y)"])
def test_slow_death_and_birth_of_swimmers_vs_their_difference(speed: str) -> None:
    text = NAMES + f'[[states]]\nvelocity=["{speed}*u_x","{speed}*u_y"]\n' + TURN + 'diffusivity="D_r"\n'
    text += '[[reactions]]\nconsumes=["P"]\nproduces=[]\nrate="a"\n[[reactions]]\nconsumes=["P"]\nproduces=["P","P"]\nrate="b"\n'
    found = sd.derive(loads(text + "[scaling]\nx=-1\ny=-1\nt=-2\na=2\nb=2\n"))
    assert (
        sp.expand(
            found.coefficient("a_0")
            - (b - a).xreplace({s: z for s in (a, b) for z in found.equation.rhs.free_symbols if z.name == s.name})
        )
        == 0
    )
    assert any("produces have the internal state" in text for text in found.assumptions)


TRAP = '[parameters]\nv0="positive"\nD_r="positive"\nkap="positive"\n[model]\ncoordinates=["x","y"]\n[[states]]\n'
TRAP += 'velocity=["v0*u_x-kap*x","v0*u_y-kap*y"]\n' + TURN


@pytest.mark.parametrize(("turning", "rate"), [
    ('diffusivity="D_r"\n', "D_r"), ('rate="D_r"\n', "D_r"), ('diffusivity="D_r"\nrate="D_r"\n', "2*D_r"),
])  # fmt: skip
def test_active_particles_in_a_trap_vs_the_correlation_of_their_velocity(turning: str, rate: str) -> None:
    """<r^2> = 2 int int e^(-kap (s + s')) <v v'> = v0^2/(kap (kap + rate)), with <v(0).v(s)> = v0^2 e^(-rate s)."""
    r = sp.sympify(rate, locals={"D_r": D_r})
    of = '[[observables]]\nname="S"\nkind="stationary_moment"\nof="x**2+y**2"\n'
    text = TRAP + turning + of + "[[claims]]\nid='right'\nlevel='lattice'\nexpression='S = v0**2/(kap*(kap+{0}))'\n"
    text += "[[claims]]\nid='wrong'\nlevel='lattice'\nexpression='S = v0**2/(kap*(kap+{0}/2))'\n"
    assert [v.verdict for v in sd.check_all(loads(text.format(r))).verdicts] == ["proved", "refuted"]

"""Continuous internal states whose motion depends on place: active particles whose speed, turning or friction varies."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

import symdiff as sd
from symdiff.algebra import elimination
from symdiff.api import loads
from symdiff.continuum import derive as derivation
from symdiff.continuum.confirmation import confirm
from symdiff.errors import InternalFaultError, NotYetError, SymdiffError

HEAD = """[parameters]
v0 = "positive"
w = "positive"
c = "-1 < c < 1"
chi = "real"
a = "positive"
b = "positive"
tau = "positive"
[functions]
g = ["x"]
T = ["x"]
V = ["x"]
[model]
coordinates = ["x", "y"]
"""
DIRECTION = '[[internal]]\nname = "u"\ndomain = "direction"\n'
LINE = HEAD.replace('["x", "y"]', '["x"]') + '[[internal]]\nname = "y"\ndomain = "line"\n'
RUN = '[[states]]\nvelocity = ["v0*u_x", "v0*u_y"]\n'
x = sp.Symbol("x", real=True)
v0, w, c, chi, tau, a, b = (sp.Symbol(n, positive=True) for n in ("v0", "w", "c", "chi", "tau", "a", "b"))
g, T, V = (sp.Function(n)(x) for n in ("g", "T", "V"))

# the coefficients v_x and D_xx of - d_x(v P) + d_xx(D P), worked by hand from the flux
MODELS = {
    # J = - (s/(2 w (1 - c))) d(s P): M. J. Schnitzer, Phys. Rev. E 48, 2553 (1993), in the plane, with a mean cosine
    "speed": (HEAD + DIRECTION + 'rate = "w"\nmean_cosine = "c"\n[[states]]\nvelocity = ["g(x)*u_x", "g(x)*u_y"]\n',
              g * g.diff(x) / (2 * w * (1 - c)), g**2 / (2 * w * (1 - c))),
    # J = (v0^2/2w) (chi P S' - P'): tumbling that is rarer up the slope of g
    "tumbling": (HEAD + DIRECTION + 'rate = "w - chi*v0*u_x*Derivative(g(x), x)"\n' + RUN,
                 chi * v0**2 * g.diff(x) / (2 * w), v0**2 / (2 * w)),
    # J = - (v0^2/2g) P'
    "rotation": (HEAD + DIRECTION + 'diffusivity = "g(x)"\n' + RUN, (v0**2 / (2 * g)).diff(x), v0**2 / (2 * g)),
    # J = - (1/g) (V' P + (T P)'): the overdamped limit of Kramers' equation
    "friction": (LINE + 'diffusivity = "g(x)*T(x)"\ndrift = "-g(x)*y - Derivative(V(x), x)"\n[[states]]\nvelocity = "y"\n',
                 -V.diff(x) / g + T * (1 / g).diff(x), T / g),
    # steps l(x) along a direction that turns: Ito for the steps, g d(g P) for their correlation
    "steps": (HEAD.replace('"y"]', '"y"]\ntime_step = "tau"') + DIRECTION
              + '[[jumps]]\ndisplacement = ["g(x)*u_x", "g(x)*u_y"]\nprobability = "1"\n', sp.Integer(0), g**2 / (4 * tau)),
    # one velocity kept over its correlations, less the Ito half
    "correlated steps": (
        HEAD.replace('"y"]', '"y"]\ntime_step = "tau"') + DIRECTION + 'mean_cosine = "c"\n'
        '[[jumps]]\ndisplacement = ["g(x)*u_x", "g(x)*u_y"]\nprobability = "1"\n',
        c * g * g.diff(x) / (2 * (1 - c) * tau), (1 + c) * g**2 / (4 * (1 - c) * tau)),
    "steps by a law": (
        HEAD.replace('"y"]', '"y"]\ntime_step = "tau"') + DIRECTION
        + '[[jumps]]\ndistribution = "exponential"\nmean = "1"\ndirection = ["g(x)*u_x", "g(x)*u_y"]\nprobability = "1"\n',
        sp.Integer(0), g**2 / (2 * tau)),
    "potential": (HEAD + DIRECTION + 'diffusivity = "w"\n[[states]]\nvelocity = ["g(x)*u_x - Derivative(V(x), x)", "g(x)*u_y"]\n'
                  'diffusivity = "v0"\n', g * g.diff(x) / (2 * w) - V.diff(x), g**2 / (2 * w) + v0),
    # the direction turns while the walker rests, too: correlation of the velocity over both
    "runs and rests": (
        HEAD + DIRECTION + 'diffusivity = "w"\n[[states]]\nname = "run"\nvelocity = ["g(x)*u_x", "g(x)*u_y"]\n[[states]]\nname = "rest"\n'
        '[[jumps]]\nfrom = "run"\nto = "rest"\nrate = "a"\n[[jumps]]\nfrom = "rest"\nto = "run"\nrate = "b"\n',
        b * (w + b) * g * g.diff(x) / (2 * w * (a + b) * (w + a + b)), b * (w + b) * g**2 / (2 * w * (a + b) * (w + a + b))),
}  # fmt: skip


SLOW = ("tumbling", "rotation", "steps", "correlated steps", "runs and rests")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.exhaustive) if n in SLOW else n for n in MODELS])
def test_motion_that_depends_on_place_vs_the_flux_by_hand(name: str) -> None:
    text, drift, spread = MODELS[name]
    found = {str(k): value for k, value in sd.derive(loads(text)).coefficients}
    plain = {
        s: sp.Symbol(s.name, positive=True) for value in found.values() for s in value.free_symbols if s.name != "x"
    }
    one = "v" if "v" in found else "v_x"
    assert sp.simplify(found[one].xreplace(plain) - drift) == 0
    assert sp.simplify(found[one.replace("v", "D") + ("x" if "_" in one else "")].xreplace(plain) - spread) == 0


@pytest.mark.parametrize("name", ["speed", pytest.param("friction", marks=pytest.mark.exhaustive)])
def test_a_changed_coefficient_of_equation_or_equilibrium_is_refused(name: str, monkeypatch) -> None:
    """The negative control: one coefficient of L, or of Q at any level that counts, times 8/7."""
    kept: list[tuple] = []
    monkeypatch.setattr(derivation, "confirm", lambda *given: kept.append(given) or confirm(*given))
    sd.derive(loads(MODELS[name][0]))
    model, regime, result = kept[0]
    changed = [
        (f"L {n}", replace(result, operator=[[_times(result.operator[0][0], n)]]))
        for n in range(len(result.operator[0][0]))
    ]
    local = result.local_equilibrium
    for row, (entry,) in enumerate(local):
        for n, term in enumerate(entry):
            if term.power < result.known_below - 1 and row in (0, 1):
                rows = [[_times(entry, n)] if m == row else line for m, line in enumerate(local)]
                changed.append((f"Q {row} {n}", replace(result, local_equilibrium=rows)))
    assert len(changed) > 3
    for what, wrong in changed[:: 1 + len(changed) // 5]:
        with pytest.raises(InternalFaultError):
            pytest.fail(f"{what} passed: {confirm(model, regime, wrong)}")


def test_a_long_local_equilibrium_is_the_last_one_vs_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only discarded terms need it; those that the user asks for are worked out all the same."""
    both = sd.derive(loads(MODELS["friction"][0]))
    monkeypatch.setattr(elimination, "LONG_LAYER", 0)
    one, asked = sd.derive(loads(MODELS["friction"][0])), sd.derive(loads(MODELS["friction"][0]), order=3)
    assert (one.remainder_power, both.remainder_power) == (3, 5)
    assert one.equation == both.equation
    assert not one.discarded
    assert asked.remainder_power == 4
    assert asked.equation.right[: len(both.equation.right)] == both.equation.right


def _times(terms: list, n: int) -> list:
    return [replace(t, coefficient=t.coefficient * sp.Rational(8, 7)) if m == n else t for m, t in enumerate(terms)]


def test_a_law_of_renewal_that_depends_on_place_is_refused() -> None:
    text = HEAD + DIRECTION + 'rate = "w"\nmean_cosine = "1/(2 + g(x)**2)"\n' + RUN
    with pytest.raises(NotYetError, match="renewed"):
        sd.derive(loads(text))


@pytest.mark.parametrize(("more", "message"), [
    ('diffusivity = "w"\n[[states]]\nname = "A"\nvelocity = ["g(x)*u_x", "0"]\n[[states]]\nname = "B"\n', "several densities"),
    ('diffusivity = "w"\n[[states]]\nvelocity = ["exp(u_x)*g(x)", "0"]\n', "polynomial"),
])  # fmt: skip
def test_what_does_not_close_is_refused(more: str, message: str) -> None:
    with pytest.raises(SymdiffError, match=message):
        sd.derive(loads(HEAD + DIRECTION + more))


@pytest.mark.parametrize("speed", ["v0", "g(x)"])
def test_slow_death_and_birth_of_swimmers_vs_their_difference(speed: str) -> None:
    text = HEAD + DIRECTION + f'diffusivity = "w"\n[[states]]\nvelocity = ["{speed}*u_x", "{speed}*u_y"]\n'
    text += '[[reactions]]\nconsumes = ["P"]\nproduces = []\nrate = "a"\n'
    text += '[[reactions]]\nconsumes = ["P"]\nproduces = ["P", "P"]\nrate = "b"\n'
    found = sd.derive(loads(text + "[scaling]\nx = -1\ny = -1\nt = -2\na = 2\nb = 2\n"))
    growth = found.coefficient("a_0")
    assert sp.expand(growth.xreplace({s: sp.Symbol(s.name, positive=True) for s in growth.free_symbols}) - (b - a)) == 0
    assert any("produces have the internal state" in text for text in found.assumptions)


@pytest.mark.parametrize("turning", ['rate = "w"\nmean_cosine = "c"\n', 'diffusivity = "w"\n'])
def test_a_torque_that_depends_on_the_direction_couples_all_moments(turning: str) -> None:
    """d_phi sin(phi) e^(i n phi) holds n - 1 and n + 1; with few moments in play the second one was cut off unseen."""
    text = HEAD + DIRECTION + turning + 'drift = "b*u_y"\n' + RUN
    with pytest.raises(NotYetError, match="ever higher"):
        sd.derive(loads(text))
    assert sd.derive(loads(text.replace("b*u_y", "b"))).equation is not None


def test_a_speed_that_is_never_renewed_beside_a_direction_that_is() -> None:
    """D = <q^2>/2 over 1/(time of the speed) + 1/(time of the direction): q^2 = a/b, rates b and w (1 - c)."""
    text = (
        HEAD
        + DIRECTION
        + 'rate = "w"\nmean_cosine = "c"\n[[internal]]\nname = "q"\ndomain = "line"\ndrift = "-b*q"\ndiffusivity = "a"\n'
    )
    text += '[[states]]\nvelocity = ["q*u_x - Derivative(V(x), x)", "q*u_y"]\n'
    found = sd.derive(loads(text)).coefficient("D_xx")
    plain = found.xreplace({s: sp.Symbol(s.name, positive=True) for s in found.free_symbols})
    assert sp.cancel(plain - a / b / 2 / (b + w * (1 - c))) == 0


def test_deaths_at_every_step_beside_steps_that_depend_on_place() -> None:
    """Death commutes with a walk that it does not see: log(1 - a)/tau beside the walk's own coefficients."""
    text = HEAD.replace('"y"]', '"y"]\ntime_step = "tau"').replace('a = "positive"', 'a = "probability"') + DIRECTION
    text += 'mean_cosine = "c"\n[[jumps]]\ndisplacement = ["g(x)*u_x", "g(x)*u_y"]\nprobability = "1"\n'
    dying = sd.derive(loads(text + '[[reactions]]\nconsumes = ["P"]\nproduces = []\nprobability = "a"\n'))
    living = sd.derive(loads(text))
    assert str(dying.coefficient("a_0")) == "log(1 - a)/tau"
    assert all(dying.coefficient(n) == living.coefficient(n) for n in ("v_x", "D_xx"))


def test_a_rate_that_diverges_names_its_jump() -> None:
    text = """[parameters]
h = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacement = "h"
rate = "1"
[[jumps]]
displacement = "-h"
rate = "RATE"
[scaling]
h = 1
"""
    with pytest.raises(SymdiffError, match=r"log\(h\) diverges") as caught:
        sd.derive(loads(text.replace("RATE", "log(h)")))
    assert "[[jumps]] 2" in caught.value.where
    assert sd.derive(loads(text.replace("RATE", "log(2)"))).equation is not None


def test_two_states_of_which_one_kills_at_a_rate_of_place_vs_its_principal_eigenvector() -> None:
    """a_0 at leading order is the principal eigenvalue of the switching with its deaths, here at g = 2, a = 1, b = 3."""
    text = (
        HEAD.replace('["x", "y"]', '["x"]')
        + """[[states]]
name = "A"
velocity = "v0"
[[states]]
name = "B"
[[jumps]]
from = "A"
to = "B"
rate = "g(x)"
[[jumps]]
from = "B"
to = "A"
rate = "b"
[[reactions]]
consumes = ["A"]
produces = []
rate = "a"
"""
    )
    found = sd.derive(loads(text), order=1)
    values = {
        s: {"a": 1, "b": 3, "v0": 5}[s.name]
        for s in found.coefficient("a_0").free_symbols
        if s.name in ("a", "b", "v0")
    }
    here = (
        found.coefficient("a_0")
        .replace(lambda e: e.func.__name__ == "g", lambda e: sp.Integer(2))
        .doit()
        .xreplace(values)
    )
    # det [[-2 - 1 - s, 3], [2, -3 - s]] = s^2 + 6 s + 3
    assert abs(float(here) - (-3 + 6**0.5)) < 1e-12


def test_mixing_between_walls_that_depends_on_place_is_refused_in_words() -> None:
    text = (
        HEAD.replace('["x", "y"]', '["x"]')
        + '[[internal]]\nname = "y"\ndomain = "0 < y < a"\ndiffusivity = "g(x)"\n[[states]]\nvelocity = "v0*y"\n'
    )
    with pytest.raises(NotYetError, match="the same at every place"):
        sd.derive(loads(text))
    assert sd.derive(loads(text.replace("g(x)", "w"))).equation is not None

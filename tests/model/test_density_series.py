"""Transforms of step densities by the series of numerical moments against closed forms, and the exact tier on such steps."""

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.model.density_series import Interval, Moments, transform_series
from symdiff.model.law_transform import transform

LAWS = {  # density with b = 3/10, and E[exp(ikr)] (Abramowitz and Stegun, ch. 26; the quartic from its Taylor series)
    "sech": ("1/(2*b)/cosh(pi*r/(2*b))", lambda k, b: 1 / mpmath.cosh(k * b)),
    "logistic": (
        "exp(-r/b)/(b*(1 + exp(-r/b))**2)",
        lambda k, b: mpmath.pi * k * b / mpmath.sinh(mpmath.pi * k * b),
    ),
    "half-normal": (
        "Heaviside(r)*sqrt(2/pi)/b*exp(-r**2/(2*b**2))",
        lambda k, b: mpmath.exp(-((k * b) ** 2) / 2) * (1 - 1j * mpmath.erfi(-k * b / mpmath.sqrt(2))),
    ),
    "Rayleigh": (
        "Heaviside(r)*r/b**2*exp(-r**2/(2*b**2))",
        lambda k, b: (
            1
            + k
            * b
            * mpmath.exp(-((k * b) ** 2) / 2)
            * mpmath.sqrt(mpmath.pi / 2)
            * (1j - mpmath.erfi(k * b / mpmath.sqrt(2)))
        ),
    ),
    "mixture": (
        "exp(-Abs(r)/b)/(6*b) + 2*exp(-r**2/(2*b**2))/(3*sqrt(2*pi)*b)",
        lambda k, b: 1 / (1 + (k * b) ** 2) / 3 + 2 * mpmath.exp(-((k * b) ** 2) / 2) / 3,
    ),
    "quartic": (
        "2/(gamma(1/4)*b)*exp(-r**4/b**4)",
        lambda k, b: (
            mpmath.nsum(
                lambda n: (-1) ** int(n) * (k * b) ** (2 * n) / mpmath.factorial(2 * n) * mpmath.gamma((2 * n + 1) / 4),
                [0, 20],
            )
            / mpmath.gamma(mpmath.mpf(1) / 4)
        ),
    ),
}


def walk(density: str) -> sd.JumpModel:
    """Steps of a density at a rate."""
    return sd.loads(
        f'title = "t"\n[parameters]\nb = "positive"\ng = "positive"\n[values]\nb = 0.3\ng = 1\n[model]\ncoordinates = ["x"]\n'
        f'[[jumps]]\nrate = "g"\ndensity = "{density}"\n'
    )


@pytest.mark.parametrize("name", LAWS)
def test_transform_of_a_density_against_its_closed_form(name: str) -> None:
    density, closed = LAWS[name]
    model = walk(density)
    law = model.jumps[0].law
    assert law is not None
    with mpmath.workdps(50):
        b, k = mpmath.mpf(3) / 10, mpmath.mpf(1) / 50
        numbers = {s: b for s in dict(law.arguments)["density"].free_symbols if s.name == "b"}
        found = transform(law, mpmath.mpc(0, -k), lambda e: mpmath.mpf(sp.N(e.subs(numbers), 60)))
        assert abs(found - closed(k, b)) < mpmath.mpf(10) ** -44


@pytest.mark.slow
def test_exact_tier_on_logistic_steps_with_the_derived_and_with_a_wrong_diffusivity() -> None:
    """The variance of the logistic law is pi^2 b^2/3."""
    model = walk(LAWS["logistic"][0])
    equation = r"\partial_t P = \frac{%s g \pi^2 b^2}{6000000000} \partial_{xx} P"
    assert sd.verify(model, tier="exact", equation=equation % "1000000000").passed is True
    assert sd.verify(model, tier="exact", equation=equation % "1000000001").passed is False


def test_series_is_refused_where_it_does_not_get_small_or_the_quadrature_does_not_settle() -> None:
    with mpmath.workdps(30):
        tent = Moments((Interval(1, mpmath.mpf(0), mpmath.mpf(1), mpmath.mpf(1), lambda u: 1 - u),), True, 30)
        exact = 2 * (1 - mpmath.cos(mpmath.mpf(1) / 10)) * 100
        assert abs(transform_series(tent, mpmath.mpc(0, "0.1")) - exact) < mpmath.mpf(10) ** -26
        assert transform_series(tent, mpmath.mpc(0, 10**6)) is None
        with pytest.raises(ArithmeticError, match="does not converge"):
            Moments(
                (Interval(1, mpmath.mpf(0), mpmath.mpf(1), mpmath.mpf(1), lambda u: mpmath.floor(7 * u)),), True, 30
            )


def test_moments_of_a_density_that_is_singular_at_zero_against_the_gamma_function() -> None:
    """int u^2 u^(-5/2) e^(-u) du = Gamma(1/2) on each side: the mass itself is infinite."""
    with mpmath.workdps(40):
        tempered = Interval(
            1, mpmath.mpf(0), mpmath.inf, mpmath.mpf(1), lambda u: u ** (-mpmath.mpf(5) / 2) * mpmath.exp(-u)
        )
        assert abs(Moments((tempered,), True, 40)[2] - 2 * mpmath.sqrt(mpmath.pi)) < mpmath.mpf(10) ** -36
        with pytest.raises(ArithmeticError):
            Moments((Interval(1, mpmath.mpf(0), mpmath.inf, mpmath.mpf(1), lambda u: u**-4),), True, 20)

"""A user's own PDE against the rules: the right one in any form passes, wrong ones fail."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import UsageError

RIGHT = {
    "a population in n/V": ("immigration_and_death", r"2P_t = -2((k-\mu x)P)_x + \frac{1}{V}((k+\mu x)P)_{xx}"),
    "a population in numbers, times three": (
        "immigration_and_death", r"3P_t = -3((kV-\mu n)P)_n + \frac32((kV+\mu n)P)_{nn}"),
    "with the drift that the derivation discards": (
        "dimerisation", r"P_t = (2kx^2P)_x - (\frac{2kx}{V} P)_x + \frac{2k}{V}(x^2P)_{xx}"),
    "a kernel with growth, divided by D": ("dispersal_with_growth", r"\frac{1}{D_0} u_t = u_{xx} + \frac{r}{D_0} u"),
    "a fractional derivative, doubled": ("subdiffusion", r"2{}^{C}D_t^{\alpha} P = \frac{\ell^2}{t_0^\alpha} P_{xx}"),
    "a fractional derivative of the other side": (
        "subdiffusion", r"P_t = \frac{\ell^2}{2t_0^\alpha} D_t^{1-\alpha} P_{xx}"),
    "resetting, in two parts": ("stochastic_resetting", r"P_t = DP_{xx} - rP + \frac{r}{3}\delta(x - x_0) + \frac{2r}{3}\delta(x - x_0)"),
    "resetting, as the derivation prints it": ("stochastic_resetting",
        "Derivative(P(x, t), t) = D*Derivative(P(x, t), (x, 2)) - r*P(x, t) + r*DiracDelta(x - x0)"),
    "resetting, seen from the place": ("stochastic_resetting", r"P_t = DP_{xx} - rP + r\delta(x_0 - x)"),
    "a Laplacian, in Python's notation": ("square_lattice", "Derivative(P(x, y, t), t) = ell**2/(4*tau)*Laplacian(P(x, y, t))"),
    "another name of the density, times three": ("metropolis_rates", r"3W_t = 3D_0(W_x + \beta V_x W)_x"),
}  # fmt: skip
WRONG = {
    "Hanggi's noise for Ito's": ("immigration_and_death", r"P_t = -((k-\mu x)P)_x + \frac{1}{2V}((k+\mu x)P_x)_x"),
    "drift + 1e-6": ("immigration_and_death", r"P_t = -(1.000001(k-\mu x)P)_x + \frac{1}{2V}((k+\mu x)P)_{xx}"),
    "noise + 1e-8": ("immigration_and_death", r"P_t = -((k-\mu x)P)_x + \frac{1.00000001}{2V}((k+\mu x)P)_{xx}"),
    "twice the drift that the derivation discards": (
        "dimerisation", r"P_t = (2kx^2P)_x - (\frac{4kx}{V} P)_x + \frac{2k}{V}(x^2P)_{xx}"),
    "growth + 1e-6": ("dispersal_with_growth", "u_t = D_0 u_{xx} + 1.000001 r u"),
    "fractional diffusivity + 5e-7": (  # the powers of eps that heavy waits bring start at 0.07 here
        "subdiffusion", r"2{}^{C}D_t^{\alpha} P = 1.0000005\frac{\ell^2}{t_0^\alpha} P_{xx}"),
    "gain at resetting + 1e-9": ("stochastic_resetting", r"P_t = DP_{xx} - rP + 1.000000001 r\delta(x - x_0)"),
    "resetting to another place": ("stochastic_resetting", r"P_t = DP_{xx} - rP + r\delta(x - x_0/2)"),
    "a Laplacian + 1e-9, in Python's notation": (
        "square_lattice", "Derivative(P(x, y, t), t) = 1.000000001*ell**2/(4*tau)*Laplacian(P(x, y, t))"),
    "resetting without the gain": ("stochastic_resetting", r"P_t = DP_{xx} - rP"),
    "half of the force": ("metropolis_rates", r"u_t = D_0(u_x + \frac{\beta}{2} V_x u)_x"),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_equation_in_another_form_against_the_rules(case: str) -> None:
    name, equation = RIGHT[case]
    assert sd.verify(sd.load(f"derivations/{name}.toml"), tier="exact", equation=equation).passed is True


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_equation_against_the_rules(case: str) -> None:
    name, equation = WRONG[case]
    assert sd.verify(sd.load(f"derivations/{name}.toml"), tier="exact", equation=equation).passed is False


def test_an_equation_in_numbers_and_in_scaled_numbers_at_once() -> None:
    model = sd.load("derivations/immigration_and_death.toml")
    with pytest.raises(UsageError, match="in x and in n"):
        sd.verify(model, equation=r"P_t = -((k-\mu n)P)_x")


UNSTATED = {  # limit that no file states, and right equations of it
    "two_lanes": ("diffusive", r"P_t = -\ell \frac{a_1 w_{21} - a_2 w_{12}}{w_{12} + w_{21}} P_x "
                  r"+ \ell^2 a_2 \frac{w_{12} (a_2 + w_{21})}{w_{21} (w_{12} + w_{21})} P_{xx}"),
    "unequal_reversal_rates": ("diffusive", r"P_t = \frac{c (\lambda_1 - \lambda_2)}{2\lambda_2} P_x + \frac{c^2}{2\lambda_2} P_{xx}"),
    "death_at_every_step": ("diffusive", r"P_t = \frac{\ell^2}{2\tau} P_{xx} - \frac{\delta}{\tau} P"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSTATED)
def test_a_right_equation_of_a_limit_that_the_file_does_not_state_is_not_rejected(name: str) -> None:
    limit, equation = UNSTATED[name]
    model = sd.load(f"derivations/{name}.toml")
    found = sd.verify(model, tier="exact", equation=equation)
    assert found.passed is None
    assert f"in the limit '{limit}'" in found.tiers[0].why
    assert "[scaling]" in found.tiers[0].why
    wrong = equation.replace("P_{xx}", "1.000001 P_{xx}", 1)
    assert sd.verify(model, tier="exact", equation=wrong).passed is False


LANES = r"u_t = D_0 \partial_x[(1-v)u_x + u v_x] - b\, \partial_x[u(1-u-v)]"
TURNS = (
    "Derivative(right(x, t), t) = -c*Derivative(right(x, t), x) + lam*(left(x, t) - right(x, t)); "
    "Derivative(left(x, t), t) = c*Derivative(left(x, t), x) + {}*lam*(right(x, t) - left(x, t))"
)
SEVERAL = {
    "one of two species": ("two_species_in_lanes", LANES, True),
    "one of two species, with a wrong sign": ("two_species_in_lanes", LANES.replace("+ u v_x", "- u v_x"), False),
    "both species, the second without its drift": (
        "two_species_in_lanes", LANES + r" \\ v_t = D_0 \partial_x[(1-u)v_x + v u_x]", False),
    "the states of a walker": ("goldstein_kac_process", TURNS.format(1), True),
    "the states of a walker, a rate + 1e-9": ("goldstein_kac_process", TURNS.format("1000000001/1000000000"), False),
}  # fmt: skip


@pytest.mark.parametrize("case", SEVERAL)
def test_equations_of_several_densities_against_the_rules(case: str) -> None:
    """Burger, Hittmeir, Ranetbauer and Wolfram (2016) for the lanes; M. Kac (1974) for the states."""
    name, equation, right = SEVERAL[case]
    assert sd.verify(sd.load(f"derivations/{name}.toml"), tier="exact", equation=equation).passed is right


def test_two_equations_of_one_density() -> None:
    model = sd.load("derivations/two_species_in_lanes.toml")
    with pytest.raises(UsageError, match="two equations of u"):
        sd.verify(model, equation="u_t = u_{xx}; u_t = 2u_{xx}")

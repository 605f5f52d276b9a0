"""Growth rates of difference schemes against closed forms, and the exact tier on stated master equations."""

import mpmath
import pytest

import symdiff as sd
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.scheme_dynamics import SchemeDynamics

LAPLACE = "(u(x + h, {0}) - 2*u(x, {0}) + u(x - h, {0}))"
NOW, NEXT = LAPLACE.format("t"), LAPLACE.format("t + dt")
SCHEMES = {
    "explicit": (f"u(x, t + dt) - u(x, t) = D*dt/h**2*{NOW}", {"h": 1, "dt": 2}),
    "Crank-Nicolson": (f"u(x, t + dt) - u(x, t) = D*dt/(2*h**2)*({NOW} + {NEXT})", {}),
    "upwind": ("u(x, t + dt) = u(x, t) - v*dt/h*(u(x, t) - u(x - h, t))", {"h": 1, "dt": 1}),
    "leapfrog": (f"u(x, t + dt) - 2*u(x, t) + u(x, t - dt) = v**2*dt**2/h**2*{NOW}", {"h": 1, "dt": 1}),
    "Du Fort-Frankel": (
        "u(x, t + dt) - u(x, t - dt) = 2*D*dt/h**2*(u(x + h, t) - u(x, t + dt) - u(x, t - dt) + u(x - h, t))",
        {"h": 1, "dt": 1},
    ),
    "no steps in time": (f"Derivative(u(x, t), t) = D/h**2*{NOW}", {"h": 1}),
    "delayed": (f"Derivative(u(x, t), t) = D/h**2*{LAPLACE.format('t - dt')}", {"h": 1, "dt": 2}),
}


def scheme(name: str) -> sd.JumpModel:
    """The scheme with numbers at which it is stable."""
    equation, powers = SCHEMES[name]
    names = "\n".join(f'{p} = "positive"' for p in ("D", "v", "h", "dt"))
    scaling = "[scaling]\n" + "\n".join(f"{k} = {n}" for k, n in powers.items()) if powers else ""
    return sd.loads(
        f'title = "t"\n[parameters]\n{names}\n[values]\nD = 1.3\nv = 0.4\nh = 1.1\ndt = 0.3\n[model]\ncoordinates = ["x"]\n'
        f'density = "u"\nmaster_equation = "{equation}"\n{scaling}\n'
    )


@pytest.mark.parametrize("name", SCHEMES)
def test_exact_tier_confirms_a_scheme_and_tells_every_coefficient_off_by_one_in_a_million(name: str) -> None:
    result = sd.verify(scheme(name), tier="exact")
    assert result.passed is True
    for tier in result.tiers:
        assert tier.negative_control is not None
        assert tier.negative_control.rejected
        assert tier.smallest_detectable_error is not None
        assert tier.smallest_detectable_error < 1e-9


def test_wrong_equations_of_the_implicit_and_the_delayed_scheme_are_refuted() -> None:
    for name in ("explicit", "delayed"):
        right, wrong = (
            sd.verify(scheme(name), tier="exact", equation=rf"u_t = {c} D u_{{xx}}").passed
            for c in ("", r"\frac{1000000001}{1000000000}")
        )
        assert (right, wrong) == (True, False)


def test_growth_rates_of_schemes_against_their_closed_forms() -> None:
    """Explicit: log(1 - 4 r sin^2)/dt; Du Fort and Frankel: z^2 (1 + 2r) - 4 r cos z - (1 - 2r) = 0; delayed: Lambert's function."""
    with mpmath.workdps(40):
        for name in ("explicit", "Du Fort-Frankel", "delayed"):
            model = scheme(name)
            numbers = {
                p.symbol: mpmath.mpf(str(v)) for p, v in zip(model.parameters, (1.3, 0.4, 1.1, 0.3), strict=True)
            }
            found = SchemeDynamics(model, numbers).growth((mpmath.mpf("0.2"),), 1)[0]
            dt, r, angle = (
                mpmath.mpf("0.3"),
                mpmath.mpf("1.3") * mpmath.mpf("0.3") / mpmath.mpf("1.21"),
                mpmath.mpf("0.22"),
            )
            loss = 4 * r * mpmath.sin(angle / 2) ** 2
            exact = {
                "explicit": mpmath.log(1 - loss) / dt,
                "Du Fort-Frankel": mpmath.log(
                    (2 * r * mpmath.cos(angle) + mpmath.sqrt(1 - 4 * r**2 * mpmath.sin(angle) ** 2)) / (1 + 2 * r)
                )
                / dt,
                "delayed": mpmath.lambertw(-loss) / dt,
            }[name]
            assert abs(found - exact) < mpmath.mpf(10) ** -36
        with pytest.raises(NotYetError, match="several slow branches"):
            SchemeDynamics(scheme("delayed"), numbers).growth((mpmath.mpf("0.2"),), 2)

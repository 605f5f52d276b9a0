"""Claims about waits and crowds as papers write them, right and wrong; expected verdicts from the formulas of the papers named."""

from __future__ import annotations

import mpmath
import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.errors import DerivationError
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.model.jump_model import ClaimStatement, JumpModel

POSITIVE = "positive"


def walk(wait: dict[str, str], biased: bool = True) -> JumpModel:
    """Steps a to the right with p, to the left else; the waits are in units of t0."""
    jumps = [{"displacement": "a", "probability": "p"}, {"displacement": "-a", "probability": "1 - p"}]
    even = [{"displacements": ["a", "-a"], "probability": "1/2"}]
    return JumpModel(parameters={"a": POSITIVE, "t0": POSITIVE, "p": "0 < p < 1"}, coordinates=["x"], waiting_time=wait,
                     jumps=jumps if biased else even)  # fmt: skip


def verdicts(model: JumpModel, *claims: str, **symbols: str) -> list[str]:
    """The verdicts on some claims."""
    statements = tuple(
        ClaimStatement(id=f"c{n}", latex=c, symbols=tuple(symbols.items())) for n, c in enumerate(claims)
    )
    return [v.verdict for v in check_model(model, statements, derivation=derive_model(model)).verdicts]


def verdict(model: JumpModel, claim: str, **symbols: str) -> str:
    """The verdict on one claim."""
    (found,) = verdicts(model, claim, **symbols)
    return found


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"\mathrm{Var}(x) \sim t", "refuted"),
        (r"\mathrm{Var}(x) \sim t \ln t", "proved"),
        (r"\mathrm{Var}(x) = \frac{(2p-1)^2 a^2}{4 t_0} t\ln t", "proved"),
        (r"\mathrm{Var}(x) = \frac{(2p-1)^2 a^2}{8 t_0} t\ln t", "refuted"),
        (r"\langle x^2\rangle - \langle x\rangle^2 \sim t^2", "refuted"),
        (r"\sigma_x^2 \to \frac{(2p-1)^2 a^2}{4 t_0}\, t\ln t", "proved"),
        (r"\sigma_x^2 \to \frac{(2p-1)^2 a^2}{2 t_0}\, t\ln t", "refuted"),
        (r"\sigma \sim \sqrt{t\ln t}", "proved"),
        (r"\sigma \sim \sqrt{t}", "refuted"),
        (r"\sigma \sim \sqrt{t}\ln t", "refuted"),
        (r"\langle x^2\rangle_c = \frac{(2p-1)^2 a^2}{4 t_0} t\ln t", "proved"),
        (r"\langle (x - \langle x\rangle)^2\rangle = \frac{(2p-1)^2 a^2}{4 t_0} t\ln(t/t_0)", "proved"),
        (r"\langle x^2\rangle = \frac{(2p-1)^2 a^2}{4 t_0^2} t^2", "proved"),
        (r"\langle x^2\rangle - \frac{(2p-1)^2 a^2}{4 t_0^2} t^2 \sim t", "undecided"),
    ],
)
def test_leading_powers_that_cancel_say_nothing_of_the_variance(claim: str, expected: str) -> None:
    """Index 2: 1 - psi = 2 t0 s - t0^2 s^2 log(1/s) + ...; Var N = t log(t)/(4 t0) (Feller II, XI.5; both halves, body and long waits)."""
    assert verdict(walk({"distribution": "pareto", "index": "2", "scale": "t0"}), claim) == expected


@pytest.mark.parametrize(("factor", "expected"), [("1", "proved"), ("2", "refuted")])
def test_a_weak_bias_spreads_less_than_the_jumps(factor: str, expected: str) -> None:
    """(2 p - 1)^2 a^2 t log(t)/(4 t0) is lost beside the mean number t/(2 t0) of jumps times a^2 where 2 p - 1 is like 1/sqrt(t)."""
    model = JumpModel(parameters={"a": POSITIVE, "t0": POSITIVE, "p": "0 < p < 1"}, coordinates=["x"],
                      waiting_time={"distribution": "pareto", "index": "2", "scale": "t0"},
                      jumps=[{"displacement": "a", "probability": "p"}, {"displacement": "-a", "probability": "1 - p"}],
                      scaling={"name": "weak", "2*p - 1": 1, "x": -1, "t": -2})  # fmt: skip
    claim = ClaimStatement(id="c", latex=rf"\mathrm{{Var}}(x) = \frac{{{factor} a^2 t}}{{2 t_0}}", regime="weak")
    (found,) = check_model(model, (claim,), derivation=derive_model(model)).verdicts
    assert found.verdict == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"D = \frac{a^2}{2 t_0 \ln t}", "proved"),
        (r"D = \frac{a^2}{t_0 \ln t}", "refuted"),
        (r"\langle x^2\rangle = \frac{a^2 t}{t_0\ln(t/t_0)}", "proved"),
        (r"\langle x^2\rangle \sim \frac{t}{\ln t}", "proved"),
        (r"\langle x^2\rangle \sim \frac{t}{\ln^2 t}", "refuted"),
    ],
)
def test_logarithms_count_to_leading_order_where_the_mean_wait_diverges_like_one(claim: str, expected: str) -> None:
    assert verdict(walk({"distribution": "pareto", "index": "1", "scale": "t0"}, biased=False), claim) == expected


def test_a_symbol_for_the_variance_is_held_against_the_exact_one_too() -> None:
    """Cox, Renewal Theory (1962), 3.2: waits of two exponential stages, E[N] = t/(2 t0) - (1 - e^(-2t/t0))/4."""
    model = walk({"distribution": "gamma", "shape": "2", "scale": "t0"}, biased=False)
    right = r"V = a^2\left(\frac{t}{2t_0} - \frac{1 - e^{-2t/t_0}}{4}\right)"
    assert verdict(model, right, V="variance") == "proved"
    assert verdict(model, right.replace("{4}", "{3}"), V="variance") == "refuted"


def test_a_transform_that_is_known_near_zero_only_has_its_root_there() -> None:
    """1 - s + s^(3/2) + O(s^2) grows beyond s of order one: the search upwards never ended."""
    model = JumpModel(coordinates=["x"], waiting_time={"laplace_transform": "1 - s + s**(3/2) + O(s**2)"},
                      jumps=[{"displacement": "1", "probability": "3/4"}, {"displacement": "-1", "probability": "1/4"}])  # fmt: skip
    grown = RenewalWalk(model, {}).growth([mpmath.mpc(0, 0.001)])
    assert 0 < grown < 0.001


def test_a_density_of_a_power_of_its_own_is_known_that_much_less_far() -> None:
    """Pairs that meet at a rate per volume, C of the order of h^2: the two routes disagreed, as the remainder was claimed too high."""
    model = JumpModel(parameters={"h": POSITIVE, "D": POSITIVE, "k": POSITIVE}, coordinates=["x"], density="C",
                      jumps=[{"displacements": ["h", "-h"], "rate": "D/h**2"}], reactions=[{"rule": "C + C -> 0", "rate": "k/h**2"}],
                      scaling={"h": 1, "C": 2})  # fmt: skip
    limit = sd.derive(model)
    assert str(limit.remainder_power) == "3"
    assert verdict(model, r"C_t = D C_{xx} - \frac{2k}{h^2} C^2") == "proved"
    assert verdict(model, r"C_t = D C_{xx} - \frac{k}{h^2} C^2") == "refuted"


@pytest.mark.parametrize("range_of_b", ["b > 2", "b > 30"])
def test_site_rates_that_condense_have_an_equation_below_their_density(range_of_b: str) -> None:
    """Evans, Braz. J. Phys. 30 (2000) 42: g(n) = 1 + b/n condenses beyond the density 1/(b - 2); it was refused as a whole."""
    model = JumpModel(parameters={"b": range_of_b}, coordinates=["x"], density="C", site_rate="1 + b/C(x)",
                      jumps=[{"displacements": ["1", "-1"], "rate": "1"}])  # fmt: skip
    limit = sd.derive(model)
    assert limit.equation is not None
    assert any("gather on single sites" in a for a in limit.assumptions)


def test_a_site_rate_that_falls_to_zero_has_no_local_equilibrium() -> None:
    model = JumpModel(parameters={"b": POSITIVE}, coordinates=["x"], density="C", site_rate="b/C(x)",
                      jumps=[{"displacements": ["1", "-1"], "rate": "1"}])  # fmt: skip
    with pytest.raises(DerivationError, match="rate of zero"):
        sd.derive(model)


@pytest.mark.parametrize(
    ("index", "claim", "expected"),
    [
        ("1", r"\langle x^2\rangle = \frac{v^2t^2}{\ln(t/t_0)}", "proved"),
        ("1", r"\langle x^2\rangle = \frac{2v^2t^2}{\ln(t/t_0)}", "refuted"),
        ("1", r"\langle x^2\rangle \sim t^2", "refuted"),
        ("2", r"\langle x^2\rangle = v^2t_0 t\ln t", "proved"),
        ("2", r"\sigma_x \to v\sqrt{t_0 t\ln t}", "proved"),
        ("2", r"\sigma_x^2 \to v^2t_0 t", "refuted"),
        ("2", r"\lim_{t\to\infty}\frac{\langle x^2\rangle}{t\ln t} = v^2t_0", "proved"),
        ("2", r"\lim_{t\to\infty}\frac{\langle x^2\rangle}{t\ln t} = 2v^2t_0", "refuted"),
        ("2", r"\langle x^2\rangle = \frac12 v^2t_0 t\ln t", "refuted"),  # of the body alone
    ],
)
def test_averages_of_levy_walks_with_logarithms(index: str, claim: str, expected: str) -> None:
    """Zaburdaev, Denisov and Klafter, Rev. Mod. Phys. 87 (2015) 483, sec. III: the two marginal indices; constants by hand from E[x^2](s)."""
    model = JumpModel(parameters={"v": POSITIVE, "t0": POSITIVE}, coordinates=["x"],
                      states=[{"name": "R", "velocity": ["v"]}, {"name": "L", "velocity": ["-v"]}],
                      waiting_time={"distribution": "pareto", "index": index, "scale": "t0"},
                      jumps=[{"from": "R", "to": "L", "probability": "1"}, {"from": "L", "to": "R", "probability": "1"}])  # fmt: skip
    assert verdict(model, claim) == expected


def test_leading_powers_of_squares_add_up() -> None:
    """Zaburdaev, Fouxon, Denisov and Barkai, Phys. Rev. Lett. 117 (2016) 270601: flights at one speed in the plane."""
    model = JumpModel(parameters={"v": POSITIVE, "t0": POSITIVE, "g": "1 < g < 2"}, coordinates=["x", "y"],
                      states=[{"velocity": ["v*u_x", "v*u_y"]}], internal=[{"name": "u", "domain": "direction"}],
                      waiting_time={"distribution": "pareto", "index": "g", "scale": "t0"},
                      jumps=[{"displacement": ["0", "0"], "probability": "1", "redraw": ["u"]}])  # fmt: skip
    right = r"\langle r^2\rangle = \frac{2(g-1)v^2t_0^{g-1}}{g(3-g)(2-g)}t^{3-g}"
    assert verdicts(model, right, r"\langle r^2\rangle \sim t^2") == ["proved", "refuted"]


def test_numbers_that_leave_a_fractional_equation_open_are_drawn_anew() -> None:
    """Indices whose powers of eps lie too close together told nothing; a wrong constant is still rejected."""
    model = JumpModel(parameters={"al": "0 < al < 1", "mu": "0 < mu < 2", "t0": POSITIVE, "c": POSITIVE}, coordinates=["x"],
                      waiting_time={"distribution": "lomax", "index": "al", "scale": "t0"},
                      jumps=[{"distribution": "levy", "index": "mu", "scale": "c", "probability": "1"}])  # fmt: skip
    (tier,) = sd.verify(model, tier="exact").tiers
    assert tier.passed
    known_in_part = {"laplace_transform": "1 - s*T + B*s**be + O(s**2)"}
    biased = [{"displacement": "1", "probability": "3/4"}, {"displacement": "-1", "probability": "1/4"}]
    far = JumpModel(parameters={"T": POSITIVE, "B": POSITIVE, "be": "1 < be < 2"}, values={"B": "40", "T": "1", "be": "6/5"}, coordinates=["x"],
                    waiting_time=known_in_part, jumps=biased)  # fmt: skip
    (open_,) = sd.verify(far, tier="exact").tiers
    assert open_.passed is None
    assert "no wave" in open_.why

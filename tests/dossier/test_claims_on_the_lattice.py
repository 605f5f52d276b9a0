"""Claims about the lattice itself: fronts without a closed form, the law at sites that are reached, times between steps."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.api import settings
from symdiff.dossier.check import check_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_text

FRONT = """
[parameters]
G = "positive"
lam = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["1", "-1"]
rate = "G"
[[reactions]]
rule = "u -> 2 u"
rate = "lam"
[[reactions]]
rule = "2 u -> u"
rate = "lam/2"
[[observables]]
name = "c"
kind = "front_speed"
"""
WALK = """
[parameters]
l = "positive"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacements = ["l", "-l"]
probability = "1/2"
"""
RATES = WALK.replace('time_step = "tau"\n', "").replace('probability = "1/2"', 'rate = "1/tau"')
SQUARE = '[parameters]\na = "positive"\n[model]\ncoordinates = ["x", "y"]\ntime_step = "1"\nlattice = "square"\nspacing = "a"\n'
GAUSS = r"\frac{l}{\sqrt{2\pi l^2 t/\tau}} e^{-x^2 \tau/(2 l^2 t)}"


def verdict(text: str, claim: str, level: str = "", **values: str) -> sd.Verdict:
    statement = ClaimStatement("c", latex=claim, level=level)
    return check_model(load_text(text), (statement,), settings(load_text(text), values)).verdicts[0]


@pytest.mark.parametrize(
    ("claim", "level", "expected"),
    [  # van Saarloos, Phys. Rep. 386 (2003) 29: c = min (growth/s), which exceeds 2 sqrt(D lambda)
        (r"c = 2\sqrt{G\lambda}", "equation", "proved"),
        (r"c = 2\sqrt{G\lambda}", "lattice", "refuted"),
        (r"c = 2\sqrt{G\lambda}", "", "conditional"),
        (r"c \ge 2\sqrt{G\lambda}", "lattice", "consistent"),  # numbers alone prove no inequality
        (r"c \le 2\sqrt{G\lambda}", "lattice", "refuted"),
        (r"2\sqrt{G\lambda} \ge c", "lattice", "refuted"),
        (r"c = \sqrt{2G\lambda}", "", "refuted"),
    ],
)
def test_speeds_of_fronts(claim: str, level: str, expected: str) -> None:
    assert verdict(FRONT, claim, level).verdict == expected


@pytest.mark.parametrize(
    ("claim", "level", "expected"),
    [  # the same without an observable: c is the front's speed by custom, D that of the few agents ahead of it
        (r"c = 2\sqrt{D\lambda}", "", "conditional"),
        (r"c = 2\sqrt{D\lambda}", "equation", "proved"),
        (r"c^* = 2\sqrt{G\lambda}", "lattice", "refuted"),
        (r"c_{\min} \ge 2\sqrt{D\lambda}", "lattice", "consistent"),
        (r"c = \sqrt{D\lambda}", "", "refuted"),
    ],
)
def test_speeds_of_fronts_that_no_observable_names(claim: str, level: str, expected: str) -> None:
    found = verdict(FRONT.split("[[observables]]")[0], claim, level)
    assert found.verdict == expected
    if expected == "conditional":
        assert [(r.name, r.verdict) for r in found.regimes] == [("long-wave", "proved"), ("lattice", "refuted")]


def test_the_front_at_given_numbers_vs_its_least_speed() -> None:
    assert verdict(FRONT, "c = 2.0734", "lattice", G="1", lam="1").verdict == "proved"  # 2.07344468...
    assert verdict(FRONT, "c = 2.0735", "lattice", G="1", lam="1").verdict == "refuted"
    found = verdict(FRONT, "c = 2", "lattice", G="1", lam="1").witness
    assert found is not None
    assert (found.left, found.right) == ("2.07344468420534", "2.00000000000000")


@pytest.mark.parametrize(
    ("text", "claim", "expected"),
    [  # half of the sites are empty at any time: twice the spacing stands before the density (Spitzer, P7.9)
        (WALK, f"P(x,t) = {GAUSS}", "refuted"),
        (WALK, rf"P(x,t) \approx {GAUSS}", "refuted"),
        (WALK, rf"P(x,t) \approx 2 {GAUSS}", "proved"),
        (WALK, r"P(x,t) \sim \frac{1}{\sqrt t} e^{-x^2 \tau/(2 l^2 t)}", "proved"),
        (WALK, r"P(x,t) = 2^{-t/\tau} \binom{t/\tau}{(t/\tau + x/l)/2}", "proved"),
        (RATES, r"P(x,t) = e^{-2t/\tau} I_{x/l}(2t/\tau)", "proved"),
        (RATES, r"P(x,t) = e^{-t/\tau} I_{x/l}(t/\tau)", "refuted"),
        (SQUARE, r"P(r,t) \approx \frac{2}{\pi t} e^{-r^2/(a^2 t)}", "proved"),
        (SQUARE, r"P(r,t) \approx \frac{1}{\pi t} e^{-r^2/(a^2 t)}", "refuted"),
        (WALK, r"\langle x^2\rangle = l^2 \lfloor t/\tau\rfloor", "proved"),
        (WALK, r"\langle x^2\rangle = 2 l^2 \lfloor t/\tau\rfloor", "refuted"),
    ],
)
def test_the_law_at_the_sites_that_are_reached(text: str, claim: str, expected: str) -> None:
    assert verdict(text, claim, "lattice").verdict == expected


def test_a_definition_beside_its_use_and_a_group_with_a_power() -> None:
    found = verdict(RATES, r"D = \frac{A}{2} + Pe^2, \quad A = \frac{2 l^2}{\tau} - 2 Pe^2, \quad Pe = \frac{l}{3}")
    assert found.verdict == "proved"
    assert "A is what the claim says it is" in " ".join(found.warnings)
    assert verdict(RATES, r"D = \frac{A}{2}, \quad A = \frac{l^2}{\tau}").verdict == "refuted"
    assert verdict(RATES, r"D = \frac{l^2}{\tau}(1 + Pe^2)").verdict == "undecided"


def test_one_unreadable_claim_leaves_the_others_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = "".join(
        f"[[claims]]\nid = \"{n}\"\nlatex = '{c}'\n"
        for n, c in enumerate((r"D = \frac{l^2}{\tau}", r"D = \frac{l^2}{", "c = 1"))
    )
    (tmp_path / "m.toml").write_text(RATES + '[[observables]]\nname = "c"\nkind = "front_speed"\n' + claims)
    from symdiff.cli.main import main

    assert main(["check", str(tmp_path / "m.toml")]) == 2
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines() if line[:1].isupper()] == ["PROVED", "ERROR", "UNDECIDED"]
    assert "nothing grows" in out  # the observable that does not exist concerns its own claim only
    assert "claim '1'" in err
    assert main(["check", str(tmp_path / "m.toml"), "--json"]) == 2
    assert '"error"' in capsys.readouterr().out


@pytest.mark.parametrize("rates", [("b", "a"), ("a*Min(1, b/a)", "a*Min(1, a/b)")])
def test_stationary_laws_of_sites_are_judged_on_the_sites_where_equations_know_their_leading_part(
    rates: tuple[str, str],
) -> None:
    """Detailed balance b P(x) = a P(x + 1), also of Metropolis' rates min(a, b); it was refuted by the equation's exponential."""
    model = sd.JumpModel(parameters={"a": "positive", "b": "positive"}, coordinates=["x"], boundaries=[{"domain": "x >= 0", "kind": "reflecting"}],
                         jumps=[{"displacement": s, "rate": r} for s, r in zip(("1", "-1"), rates, strict=True)])  # fmt: skip
    assert sd.check(model, r"P_{st}(x) = (1 - b/a) (b/a)^x").verdict == "proved"
    assert sd.check(model, r"P_{st}(x) \propto (b/a)^x").verdict == "proved"
    assert sd.check(model, r"P_{st}(x) \propto (a/b)^x").verdict == "refuted"
    assert sd.check(model, r"P_{st}(x) \propto (b/a)^{2x}").verdict == "refuted"


def test_the_numbers_that_refute_an_exact_observable_lie_on_sites() -> None:
    """Ruin from x among L/h + 1 places (Feller I, XIV.3): T = [n - N (1 - r^n)/(1 - r^N)] tau/(q - p) with r = q/p, x = n h."""
    model = sd.loads("""
[parameters]
h = "positive"
tau = "positive"
L = "positive"
p = "0 < p < 1"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
""")
    found = sd.check(model, r"T = \tau x (L - x)/h^2").witness
    assert found is not None
    assert found.name == "lattice"
    at = {name: Fraction(value) for name, value in found.witness}
    n, number, q = at["x"] / at["h"], at["L"] / at["h"], 1 - at["p"]
    assert n.denominator == number.denominator == 1
    assert 0 < n < number
    r = q / at["p"]
    right = (n - number * (1 - r**n) / (1 - r**number)) * at["tau"] / (q - at["p"])
    assert Fraction(found.left) == right
    assert Fraction(found.right) != right

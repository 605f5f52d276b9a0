"""``symdiff valid`` and ``symdiff compare`` against limits that are known by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mpmath
import pytest
import sympy as sp

from symdiff.cli.main import main

WALK = """
[parameters]
h = "positive"
tau = "positive"
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
"""
RATES = """
[parameters]
a = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["a", "-a"]
rate = "g"
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "walk.toml").write_text(WALK)
    (tmp_path / "rates.toml").write_text(RATES)
    return str(tmp_path / "walk.toml"), str(tmp_path / "rates.toml")


def test_symmetric_walks_in_discrete_and_continuous_time_part_at_the_fourth_order(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """D = h^2/(2 tau) = g h^2; then -h^4/(12 tau) = -g h^4/6 against +g h^4/12."""
    status, document = run(capsys, "compare", *files, "--set", "p=1/2")
    (pair,) = [p for p in document["regimes"] if p["first"] == p["second"] == "long-wave"]
    assert status == 0
    assert document["symbols"] == {"a": "h"}
    assert pair["solved"]["g"]["sympy"] == "1/(2*tau)"
    assert pair["parts_at"] == "4"


def test_a_model_has_its_own_limits_and_no_dimension_too_few(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = run(capsys, "compare", files[1], files[1])
    assert (status, document["regimes"][0]["verdict"], document["regimes"][0]["parts_at"]) == (0, "same", None)
    status, document = run(capsys, "compare", files[1], "levy_flight")
    assert (status, document["shared"]) == (1, False)
    status, document = run(capsys, "compare", files[1], "square_lattice")
    assert (status, document["error"]["status"]) == (2, 2)


def test_the_next_term_of_a_biased_walk(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """a_3/(D L) = 2 (2p - 1) h/(3 L)."""
    numbers = ["--set", "h=1/100", "--set", "tau=1/1000", "--set", "p=9/10", "--length", "1", "--time", "10"]
    status, document = run(capsys, "valid", files[0], *numbers)
    (judged,) = [r for r in document["regimes"] if r["name"] == "long-wave"]
    assert (status, judged["applies"]) == (0, True)
    assert float(judged["relative"]) == pytest.approx(2 * 0.8 * 0.01 / 3)


def test_states_that_have_not_relaxed_leave_the_diffusive_regime(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = ["--set", "ell=1/10", "--set", "tau=1", "--set", "p=99/100", "--length", "100"]
    early, late = (run(capsys, "valid", "persistent_walk", *numbers, "--time", t) for t in ("50", "5000"))
    assert (early[1]["regime"], late[1]["regime"]) == ("telegraph", "long-wave")
    status, document = run(capsys, "valid", "persistent_walk", *numbers[:-1], "1/1000", "--time", "1")
    assert (status, document["regime"]) == (3, None)


@pytest.mark.parametrize(
    "wrong", [["--length", "-1", "--time", "1"], ["--length", "1", "--time", "x"], ["--length", "1", "--time", "1"]]
)
def test_missing_and_wrong_numbers_are_named(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    status, document = run(capsys, "valid", files[0], "--set", "p=1/2", *wrong)
    assert (status, document["error"]["status"]) == (2, 2)


LEVY = RATES.replace('displacements = ["a", "-a"]', 'distribution = "levy"\nindex = "3/2"\nscale = "a"')
ZETA = RATES.replace('displacements = ["a", "-a"]', 'index = {j = ["-oo", "oo"]}\nwhere = "j != 0"\ndisplacement = "j*a"').replace(
    'rate = "g"', 'rate = "w*Abs(j)**(-5/2)"').replace('g = "positive"', 'w = "positive"')  # fmt: skip


def test_a_levy_flight_and_one_on_a_lattice_share_their_fractional_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("levy", LEVY), ("zeta", ZETA), ("walk", RATES)):
        (tmp_path / f"{name}.toml").write_text(f'title = "{name}"\n{text}')
    status, found = run(capsys, "compare", str(tmp_path / "levy.toml"), str(tmp_path / "zeta.toml"))
    assert status == 0
    (pair,) = found["regimes"]  # sum_(j != 0) abs(j)**(-5/2) (1 - cos(jk)) = 4 sqrt(2 pi)/3 abs(k)**(3/2) + ...
    assert sp.simplify(sp.sympify(pair["solved"]["w"]["sympy"]) - 3 * sp.Symbol("g") / (4 * sp.sqrt(2 * sp.pi))) == 0
    status, found = run(capsys, "compare", str(tmp_path / "levy.toml"), str(tmp_path / "walk.toml"))
    assert status == 1  # no rate makes the fractional term vanish


def test_of_two_roots_the_positive_one_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, "compare", "goldstein_kac_process", "persistent_walk_at_fixed_p")
    pair = next(p for p in found["regimes"] if (p["first"], p["second"]) == ("long-wave", "long-wave"))
    for value in pair["solved"].values():
        root = sp.sympify(value["sympy"])
        assert root.subs({s: sp.Rational(1, 3) for s in root.free_symbols}) > 0


PLACED = """
[parameters]
h = "positive"
[functions]
D = ["x"]
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "D(x)/h**2"
"""


def test_terms_at_a_place_vs_the_product_rule_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """d_xx(D P) with D = 1 + x^2 at x = 3 on L = 2: 10/4 + 2 * 6/2 + 2; then h^2/12 of 10/16 + 4 * 6/8 + 6 * 2/4."""
    (tmp_path / "placed.toml").write_text(PLACED)
    known = ["valid", str(tmp_path / "placed.toml"), "--set", "h=1/10", "--length", "2", "--time", "1"]
    status, document = run(capsys, *known, "--set", "D=1+x**2", "--at", "x=3")
    (found,) = document["regimes"]
    assert status == 0
    assert abs(float(found["relative"]) - (0.625 + 3 + 3) / 1200 / 10.5) < 1e-9
    status, document = run(capsys, *known, "--set", "D=1+x**2")
    assert (status, "--at x=" in document["regimes"][0]["why"]) == (3, True)
    status, document = run(capsys, *known, "--at", "x=3")
    assert (status, "--set 'D=" in document["regimes"][0]["why"]) == (3, True)
    assert run(capsys, *known, "--set", "D=1+x**2", "--at", "y=3")[0] == 2


OPEN = """
[parameters]
a = "positive"
[model]
coordinates = ["x"]
time_step = "2"
[[jumps]]
characteristic_function = "1 - a**2*k**2/2 + O(k**4)"
probability = "1"
"""
TWO_SPEEDS = """
[model]
coordinates = ["x"]
states = ["right", "left"]
[parameters]
lam = "positive"
[[states]]
name = "right"
velocity = "1"
[[states]]
name = "left"
velocity = "-1"
[[jumps]]
from = "right"
to = "left"
displacement = "0"
rate = "lam"
[[jumps]]
from = "left"
to = "right"
displacement = "0"
rate = "lam"
"""


def test_what_is_said_without_a_next_term(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """E[r^2] = a^2, so that the unknown fourth order is (a/L)^2 of the second; two speeds obey the telegraph equation exactly."""
    (tmp_path / "open.toml").write_text(OPEN)
    (tmp_path / "speeds.toml").write_text(TWO_SPEEDS)
    status, document = run(
        capsys, "valid", str(tmp_path / "open.toml"), "--set", "a=3", "--length", "300", "--time", "900"
    )
    assert status == 3
    assert "(l/L)**2 = 0.0001 " in document["regimes"][0]["why"]
    status, document = run(
        capsys, "valid", str(tmp_path / "speeds.toml"), "--set", "lam=1", "--length", "1/10", "--time", "1/10"
    )
    assert (status, document["regime"]) == (0, "telegraph")
    assert {r["name"]: r["applies"] for r in document["regimes"]}["long-wave"] is False


LOMAX = """
[parameters]
a = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
distribution = "lomax"
index = "3"
scale = "a"
rate = "g"
"""


def test_next_terms_with_a_logarithm_vs_the_transform_in_any_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """phi(k) = 3 e^(-ik) E_4(-ik) for a = 1, less 1 + ik/2 - k^2/2, over k^2/2 at k = 1/100: real and imaginary part."""
    (tmp_path / "lomax.toml").write_text(LOMAX)
    k = mpmath.mpf("0.01")
    gap = 3 * mpmath.exp(-1j * k) * mpmath.expint(4, -1j * k) - 1 - 1j * k / 2 + k**2 / 2
    exact = float((abs(gap.real) + abs(gap.imag)) / (k**2 / 2))
    for unit in (1, 1000):
        _, document = run(capsys, "valid", str(tmp_path / "lomax.toml"), "--set", f"a={unit}", "--set", "g=1",
                          "--length", str(100 * unit), "--time", "10000")  # fmt: skip
        (regime,) = document["regimes"]
        assert float(regime["relative"]) == pytest.approx(exact, rel=0.02)  # what follows is of the order k log(1/k)
    other = LOMAX.replace('"lomax"\nindex = "3"\nscale = "a"', '"exponential"\nmean = "b"').replace('"g"', '"q"')
    other = other.replace('a = "positive"\ng =', 'b = "positive"\nq =')
    (tmp_path / "other.toml").write_text(other)
    status, document = run(capsys, "compare", str(tmp_path / "lomax.toml"), str(tmp_path / "other.toml"))
    (pair,) = [p for p in document["regimes"] if p["first"] == p["second"] == "long-wave"]
    assert (status, pair["parts_at"]) == (0, "3")
    assert any("log(-Laplacian)" in d["term"] for d in pair["differences"])


BY_HALVES = """
[parameters]
h = "positive"
tau = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h/2", "-h/2"]
rate = "2/(5*tau)"
[[jumps]]
displacements = ["h", "-h"]
rate = "3/(8*tau)"
[[jumps]]
displacements = ["2*h", "-2*h"]
rate = "1/(160*tau)"
"""
BY_ONES = """
[parameters]
h = "positive"
tau = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "1/(2*tau)"
"""


def test_models_that_agree_to_the_fifth_order_are_told_apart_at_the_sixth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sums of rate r^2 and r^4 are h^2 and h^4 over tau in both; of r^6 they are 1 and 2/5 (1/64) 2 + 3/4 + 2 (64/160) = 25/16."""
    for name, text in (("ones", BY_ONES), ("halves", BY_HALVES)):
        (tmp_path / f"{name}.toml").write_text(text)
    pair = str(tmp_path / "ones.toml"), str(tmp_path / "halves.toml")
    status, document = run(capsys, "compare", *pair)
    (found,) = document["regimes"]
    assert (status, found["verdict"], found["parts_at"], found["known_below"]) == (0, "same", None, "5")
    status, document = run(capsys, "compare", *pair, "--order", "8")
    (found,) = document["regimes"]
    assert (status, found["verdict"], found["parts_at"]) == (0, "same", "6")
    (only,) = found["differences"]
    ratio = sp.sympify(only["second"]["sympy"]) / sp.sympify(only["first"]["sympy"])
    assert sp.cancel(ratio) == sp.Rational(25, 16)


TWO_CLASSES = """
[parameters]
v = "positive"
a = "positive"
w = "positive"
[model]
coordinates = ["x"]
density = {A = ["a1", "a2"], B = ["b1", "b2"]}
[[states]]
name = "a1"
velocity = "v"
[[states]]
name = "a2"
velocity = "-v"
[[states]]
name = "b1"
velocity = "w"
[[states]]
name = "b2"
[[jumps]]
from = "a1"
to = "a2"
rate = "a"
[[jumps]]
from = "a2"
to = "a1"
rate = "a"
[[jumps]]
from = "b1"
to = "b2"
rate = "a"
[[jumps]]
from = "b2"
to = "b1"
rate = "2*a"
"""


def test_of_several_conserved_densities_only_the_states_within_each_relax(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two classes that never mix: eigenvalues 0, 0, -2a, -3a, so that the preparation falls like e^(-2aT)."""
    (tmp_path / "classes.toml").write_text(TWO_CLASSES)
    numbers = ("--set", "v=1", "--set", "w=1", "--set", "a=1")
    status, document = run(capsys, "valid", str(tmp_path / "classes.toml"), *numbers, "--length", "50", "--time", "5")
    (regime,) = document["regimes"]
    assert (status, regime["applies"]) == (0, True)
    (left,) = [g["value"] for g in regime["groups"] if g["name"] == "e^(-gap T)"]
    assert float(left) == pytest.approx(float(mpmath.exp(-10)), rel=1e-4)
    status, document = run(capsys, "valid", str(tmp_path / "classes.toml"), *numbers, "--length", "50", "--time", "1/2")
    assert (status, document["regimes"][0]["applies"]) == (3, False)


def test_groups_beside_waits_without_a_mean_vs_the_power_of_time_that_they_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """v = (2p - 1) h/(Gamma(1 - a) t0^a) goes with T^a: 0.02/Gamma(1/2) at T = 10^8, L = 100; with T it would be ten thousand times more."""
    path = tmp_path / "walk.toml"
    path.write_text(
        WALK.replace('time_step = "tau"\n', '[waiting_time]\ndistribution = "pareto"\nindex = "1/2"\nscale = "tau"\n'),
        "utf-8",
    )
    values = [part for text in ("h=1", "tau=1", "p=51/100") for part in ("--set", text)]
    main(["valid", str(path), *values, "--length", "100", "--time", "1e8", "--json"])
    regimes = {
        r["name"]: {g["name"]: g["value"] for g in r["groups"]} for r in json.loads(capsys.readouterr().out)["regimes"]
    }
    expected = 0.02 / float(mpmath.gamma(0.5)) * 1e4 / 100
    for name in ("long-wave", "fractional"):
        assert float(regimes[name]["v T^(1/2)/L"]) == pytest.approx(expected, rel=1e-5)
    assert float(regimes["fractional"]["K T^(1/2)/L^2"]) == pytest.approx(0.5 / float(mpmath.gamma(0.5)), rel=1e-5)
    assert "v T/L" not in regimes["long-wave"]

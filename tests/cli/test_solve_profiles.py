"""``symdiff solve`` from a profile: solutions against closed forms, the lattice against its equations written by hand, refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

import symdiff as sd
from symdiff.cli.main import main

MODELS = Path(__file__).parents[1] / "data" / "models"


def columns(found: sd.Solution, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    s = found.times[n]
    return np.array(s.places), np.array(s.law), np.array(s.solution)


def by_hand(rate_of_change, start: np.ndarray, time: float) -> np.ndarray:
    return integrate.solve_ivp(lambda _, u: rate_of_change(u), (0, time), start, "LSODA", rtol=1e-10, atol=1e-12).y[
        :, -1
    ]


@pytest.mark.slow
def test_fisher_front_moves_as_ablowitz_and_zeppetella_found() -> None:
    values = {"D0": 1, "lam": 1, "h": "1/4"}
    found = sd.solve(sd.load("fisher_equation"), [1, 4], initial={"u": "1/(1 + exp(x/sqrt(6)))**2"}, values=values)
    assert found.numerical_error < 1e-8
    for n, s in enumerate(found.times):
        x, _, u = columns(found, n)
        front = (x - 5 / np.sqrt(6) * s.time) / np.sqrt(6)  # M. Ablowitz and A. Zeppetella (1979), speed 5/sqrt(6)
        assert np.max(np.abs(u - (1 + np.exp(front)) ** -2)) < 1e-8
        slower = (x - 2 * s.time) / np.sqrt(6)  # control: the least speed is not that of this front
        assert np.max(np.abs(u - (1 + np.exp(slower)) ** -2)) > 1e-3


def test_fisher_lattice_is_the_mean_field_written_by_hand() -> None:
    values = {"D0": 1, "lam": 1, "h": "1/2"}
    found = sd.solve(sd.load("fisher_equation"), [1], initial={"u": "exp(-x**2)/2"}, window=(-6, 6), values=values)
    sites = np.arange(-80, 81) / 2
    start = np.exp(-(sites**2)) / 2
    law = by_hand(lambda u: (np.roll(u, 1) + np.roll(u, -1) - 2 * u) / 0.25 + u * (1 - u), start, 1.0)
    x, lattice, _ = columns(found, 0)
    assert (x[0], x[-1]) == (-6, 6)
    assert lattice == pytest.approx(law[np.searchsorted(sites, x)], rel=1e-8, abs=1e-10)
    halved = by_hand(lambda u: (np.roll(u, 1) + np.roll(u, -1) - 2 * u) / 0.25 + u * (1 - u / 2), start, 1.0)
    assert np.max(np.abs(halved[np.searchsorted(sites, x)] - lattice)) > 1e-3


@pytest.mark.slow
def test_burgers_by_cole_and_hopf() -> None:
    values = {"D0": 1, "v0": 1, "h": "1/4"}
    model = sd.load("weakly_asymmetric_exclusion")
    found = sd.solve(model, [2], initial={"u": "1/2 - 2*tanh(x)/5"}, values=values)
    x, lattice, u = columns(found, 0)

    def exact(place: float, t: float) -> float:  # w = 1 - 2u: w_t + w w_x = w_xx, w(x, 0) = 4/5 tanh x
        y = np.linspace(place - 30, place + 30, 20_001)
        weight = -((place - y) ** 2) / (4 * t) - 0.4 * np.log(np.cosh(y))
        weight = np.exp(weight - weight.max())
        return (1 - float(np.sum((place - y) / t * weight) / np.sum(weight))) / 2

    wanted = np.array([exact(a, 2.0) for a in x[::9]])
    assert np.max(np.abs(u[::9] - wanted)) < 1e-8
    assert 1e-5 < np.max(np.abs(lattice[::9] - wanted)) < 1e-2  # the lattice is no solver of the equation


@pytest.mark.slow
def test_a_porous_medium_keeps_barenblatts_profile() -> None:
    values = {"m": 1, "h": "1/4"}
    found = sd.solve(sd.load("porous_medium"), [2], initial={"u": "Max(0, 1 - x**2/12)"}, values=values)
    x, _, u = columns(found, 0)
    exact = np.maximum(0, 3 ** (-1 / 3) * (1 - x**2 / (12 * 3 ** (2 / 3))))  # J. L. Vazquez, u_t = (u^2)_xx
    assert np.max(np.abs(u - exact)) < found.numerical_error * float(u.max()) + 1e-4
    assert found.numerical_error < 5e-3
    assert np.min(u) >= 0


def test_discrete_time_steps_all_jumps_then_all_reactions(tmp_path: Path) -> None:
    text = """
[parameters]
h = "positive"
tau = "positive"
g = "positive"
[model]
coordinates = ["x"]
density = "u"
time_step = "tau"
[[jumps]]
displacements = ["h", "-h"]
probability = "1/4"
[[reactions]]
consumes = ["u", "u"]
produces = ["u"]
probability = "g*tau"
[scaling]
h = 1
tau = 2
"""
    path = tmp_path / "pairs.toml"
    path.write_text(text)
    values = {"h": "1/2", "tau": "1/16", "g": 1}
    found = sd.solve(path, ["16*tau"], initial={"u": "exp(-x**2)"}, values=values)
    x, lattice, _ = columns(found, 0)
    sites = np.arange(-120, 121) / 2
    u = np.exp(-(sites**2))
    for _ in range(16):
        u = u + (np.roll(u, 1) + np.roll(u, -1) - 2 * u) / 4
        u = u - u**2 / 16
    assert found.times[0].steps == 16
    assert lattice == pytest.approx(u[np.searchsorted(sites, x)], rel=1e-9, abs=1e-12)


def test_independent_walkers_from_a_profile_have_the_gaussian_convolution() -> None:
    found = sd.solve("continuous_time_diffusion", [1], initial={"": "exp(-x**2)"}, values={"Gamma": 4, "a": "1/2"})
    x, _, u = columns(found, 0)
    assert found.law_is == "exact mean numbers on the lattice"
    assert np.max(np.abs(u - np.exp(-(x**2) / 5) / np.sqrt(5))) < 1e-8  # variance 1/2 + 2 D t, D = 1


VALUES = [w for v in ("D0=1", "b=1", "h=1/2") for w in ("--set", v)]


def test_several_densities_are_tabled_one_by_one(tmp_path: Path) -> None:
    model = str(MODELS / "ex-two-species-drift.toml")
    names = sd.load(Path(model)).state_names
    target = tmp_path / "two.csv"
    given = [w for k, n in enumerate(names) for w in ("--initial", f"{n} = exp(-(x - {k})**2)/4")]
    assert main(["solve", model, "--times", "1/5", *VALUES, *given, "-o", str(target)]) == 0
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert {r["density"] for r in rows} == set(names)


REFUSED = [
    (["adhesion", "--set", "alpha=9/10", "--initial", "u = 3*exp(-x**2)/5"], "ill-posed"),
    (["asymmetric_exclusion", "--initial", "u = 1/2 + 3*tanh(x)/10", "--times", "9"], "shock"),
    (["fisher_equation", "--initial", "v = exp(-x**2)"], "no density"),
    (["fisher_equation", "--initial", "u = exp(-x**2)", "--initial", "u = 1"], "twice"),
    (["fisher_equation", "--initial", "u = 1/x"], "no finite value"),
    (["fisher_equation", "--initial", "u = -exp(-x**2)"], "negative"),
    (["fisher_equation", "--initial", "u = cos(x)"], "window"),
    (["fisher_equation", "--initial", "u = 2 + cos(x)", "--window", "0:2*pi", "--set", "h=1/10"], "spacings"),
    (["fisher_equation", "--initial", "u = exp(-x**2)", "--window", "3:1"], "empty"),
    (["fisher_equation", "--initial", "u = exp(-x**2)", "--window", "3"], "no window"),
    (["fisher_equation", "--initial", "u = exp(-x**2)", "--window", "0:1/0"], ""),
    (["fisher_equation", "--initial", "u = __import__('os').getcwd()"], ""),
    (["exclusion_with_growth", "--initial", "u = 2*exp(-x**2)"], "where 1 fit"),
    (["biased_walk", "--window", "0:1"], "profile"),
    (["angiogenesis", "--initial", "u = 1"], ""),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda v: str(v)[:60])
def test_refusals_come_before_a_solution(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    times = [] if "--times" in arguments else ["--times", "1"]
    assert main(["solve", *arguments, *times, "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]["message"]

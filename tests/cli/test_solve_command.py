"""``symdiff solve``: solutions and laws against closed forms, files, and refusals."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy import special

import symdiff as sd
from symdiff.cli.main import main

MODELS = Path(__file__).parents[1] / "data" / "models"


def integral(values: np.ndarray, x: np.ndarray) -> float:
    return float(np.sum(values) * (x[1] - x[0]))


def test_law_is_bessel_and_solution_is_gaussian_in_continuous_time(tmp_path: Path) -> None:
    target = tmp_path / "law.csv"
    arguments = [
        "solve",
        "continuous_time_diffusion",
        "--times",
        "1,4",
        "--set",
        "Gamma=3",
        "--set",
        "a=1/2",
        "-o",
        str(target),
    ]
    assert main(arguments) == 0
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert {r["time"] for r in rows} == {"1.0", "4.0"}
    for row in rows:
        t, x = float(row["time"]), float(row["x"])
        n = round(x / 0.5)  # e^(-2 Gamma t) I_n(2 Gamma t): W. Feller, vol. 2, II.7
        assert float(row["law"]) == pytest.approx(special.ive(n, 6 * t) / 0.5, rel=1e-9)
        spread = 2 * (3 * 0.25) * t
        exact = np.exp(-(x**2) / (2 * spread)) / np.sqrt(2 * np.pi * spread)
        assert float(row["solution"]) == pytest.approx(exact, abs=1e-13)


def test_ornstein_uhlenbeck_variance_of_the_harmonic_trap() -> None:
    found = sd.solve(sd.load("harmonic_trap"), ["20*dt"])
    values = {k: float(v) for k, v in found.values}
    x, u = (np.array(column) for column in (found.times[0].places, found.times[0].solution))
    limit = sd.derive(sd.load("harmonic_trap"), values=values)
    slope, d = sp.diff(limit.coefficient("v"), limit.coordinates[0]), limit.coefficient("D")
    v, d = (float(e.subs({s: values[s.name] for s in e.free_symbols})) for e in (slope, d))
    decay = np.exp(2 * v * found.times[0].time)
    variance = found.width**2 * decay + d / -v * (1 - decay)  # dx = v x dt + sqrt(2 D) dW
    assert integral(x**2 * u, x) == pytest.approx(variance, rel=1e-6)


def test_fractional_diffusion_spreads_like_its_second_moment() -> None:
    model = sd.load(MODELS / "subdiffusion.toml")
    found = sd.solve(model, ["30"], values={"alpha": "3/5", "t0": "1/4", "ell": "1/2"})
    x, u, law = (np.array(c) for c in (found.times[0].places, found.times[0].solution, found.times[0].law))
    k = 0.5**2 / (2 * 0.25**0.6)
    exact = found.width**2 + 2 * k * 30**0.6 / special.gamma(
        1.6
    )  # R. Metzler and J. Klafter, Phys. Rep. 339 (2000), eq. (45)
    assert integral(x**2 * u, x) == pytest.approx(exact, rel=2e-3)
    assert integral(law, x) == pytest.approx(1, abs=1e-3)
    assert found.times[0].difference < 0.01


REFUSED = [
    (["biased_walk", "--times", "3.5*tau"], "3.5 steps"),
    (["biased_walk", "--times", "-1*tau"], "not positive"),
    (["biased_walk", "--times", "4*tau,2*tau"], "do not increase"),
    (["biased_walk", "--times", "__import__('os')"], ""),
    (["biased_walk", "--times", "1/0"], ""),
    (["biased_walk", "--times", ""], ""),
    (["biased_walk", "--times", "1e400"], "no finite number"),
    (["walk_in_potential", "--times", "4"], "left open"),
    (["biased_walk", "--times", "4*tau", "-o", "law.xls"], "suffix"),
    ([str(MODELS / "ex-wasep.toml"), "--times", "1"], "crowd"),
    ([str(MODELS / "bc-robin-em.toml"), "--times", "1"], ""),
    (["biased_walk", "--times", "1e9*tau"], "sites"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda v: str(v)[:40])
def test_refusals_end_with_status_2_and_a_reason(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["solve", *arguments, "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_every_format_is_written(tmp_path: Path) -> None:
    for suffix in ("npz", "svg", "png"):
        path = tmp_path / f"law.{suffix}"
        wants_extra = suffix == "png" and importlib.util.find_spec("typst") is None
        assert main(["solve", "persistent_walk", "--times", "10*tau", "-o", str(path)]) == (2 if wants_extra else 0)
        assert path.exists() is not wants_extra
        assert wants_extra or path.stat().st_size > 500
    with np.load(tmp_path / "law.npz", allow_pickle=False) as found:
        assert set(found) == {"time", "place", "law", "solution"}
    drawing = (tmp_path / "law.svg").read_text(encoding="utf-8")  # it stands alone: what is what is written in it
    assert re.search(r"<text[^>]*>Dots: exact law of the walker\. Curves: solution of the equation", drawing)

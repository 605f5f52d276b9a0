"""``symdiff solve`` between walls: laws and solutions against image series and closed forms, walls written by hand, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import linalg, special

import symdiff as sd
from symdiff.cli.main import main

MODELS = Path(__file__).parents[1] / "data" / "models"
INTERVAL = """
[parameters]
h = "positive"
D0 = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "D0/h**2"
[[boundaries]]
domain = "{domain}"
kind = "{kind}"
{more}
[scaling]
h = 1
"""


def interval(tmp_path: Path, kind: str, domain: str = "0 < x < L", more: str = "") -> Path:
    path = tmp_path / f"{kind}.toml"
    path.write_text(INTERVAL.format(kind=kind, domain=domain, more=more))
    return path


def heat(x: np.ndarray, t: float) -> np.ndarray:
    return np.exp(-(x**2) / (4 * t)) / np.sqrt(4 * np.pi * t)


def images(x: np.ndarray, start: float, length: float, t: float, sign: int, low: float = 0.0) -> np.ndarray:
    """Method of images between two walls, absorbing (-1) or reflecting (1)."""
    total = np.zeros_like(x)
    for n in range(-40, 41):
        total += heat(x - start - 2 * n * length, t) + sign * heat(x + start - 2 * low - 2 * n * length, t)
    return total


VALUES = {"h": "1/10", "D0": 1, "L": 3}


@pytest.mark.parametrize(("kind", "sign", "shift"), [("absorbing", -1, 0.0), ("reflecting", 1, 0.05)])
def test_walls_agree_with_image_series(tmp_path: Path, kind: str, sign: int, shift: float) -> None:
    found = sd.solve(interval(tmp_path, kind), ["1/4", 2], values=VALUES, initial={"x": "1"})
    for s in found.times:
        x, law, u = (np.array(c) for c in (s.places, s.law, s.solution))
        # reflecting walls 0 < x < L with refused jumps stand half a step inside of the walls: sites h ... L - h
        exact = images(x, 1.0, 3 - 2 * shift, s.time, sign, shift)
        assert np.max(np.abs(u - exact)) < 1e-9
        assert np.max(np.abs(images(x, 1.0, 3 - 2 * shift, s.time, -sign, shift) - exact)) > 0.05  # the other wall
        assert 1e-6 < np.max(np.abs(law - exact)) < 0.01


def test_the_chain_is_the_matrix_written_by_hand(tmp_path: Path) -> None:
    found = sd.solve(
        interval(tmp_path, "partial", more='probability = "1/4"'), [1], values=VALUES | {"L": 1}, initial={"x": "h"}
    )
    size = 9  # sites h ... 9h
    w = 100 * (np.eye(size, k=1) + np.eye(size, k=-1) - 2 * np.eye(size))
    w[0, 0] = w[-1, -1] = -100 - 25  # a quarter of the jumps into a wall is absorbed, the others are not made
    law = linalg.expm(w)[:, 0] / 0.1
    assert np.array(found.times[0].law) == pytest.approx(law, rel=1e-9)


def test_a_robin_wall_agrees_with_its_closed_form() -> None:
    values = {"D0": 1, "P1": 1, "h": "1/20"}
    found = sd.solve("partly_absorbing_wall", ["1/2"], values=values, initial={"x": "1"})
    x, u, t = np.array(found.times[0].places), np.array(found.times[0].solution), 0.5
    lost = np.exp(x + 1 + t) * special.erfc((x + 1) / (2 * np.sqrt(t)) + np.sqrt(t))
    exact = heat(x - 1, t) + heat(x + 1, t) - lost  # H. Carslaw and J. Jaeger, 14.2: u_x = u at x = 0
    assert np.max(np.abs(u - exact)) < 1e-9
    assert np.max(np.abs(heat(x - 1, t) + heat(x + 1, t) - exact)) > 0.1  # control: a reflecting wall
    assert found.times[0].difference < 0.03


def test_an_absorbing_wall_from_a_box() -> None:
    path = "exit_between_walls"
    found = sd.solve(
        path, ["1/4"], values={"G": 100, "a": "1/10", "L": 2}, initial={"P": "Heaviside(x - 1/2)*Heaviside(3/2 - x)"}
    )
    x, u = np.array(found.times[0].places), np.array(found.times[0].solution)
    n = np.arange(1, 60)[:, None] * np.pi / 2
    part = (np.cos(n / 2) - np.cos(3 * n / 2)) / n  # of the sine series on (0, 2)
    exact = np.sum(part * np.sin(n * x) * np.exp(-(n**2) / 4), axis=0)
    assert np.max(np.abs(u - exact)) < 1e-3


def test_discrete_time_starts_from_a_spread_so_that_no_site_is_skipped(tmp_path: Path) -> None:
    text = INTERVAL.format(kind="absorbing", domain="x > 0", more="")
    text = text.replace('rate = "D0/h**2"', 'probability = "1/2"').replace(
        'coordinates = ["x"]', 'coordinates = ["x"]\ntime_step = "h**2/(2*D0)"'
    )
    path = tmp_path / "steps.toml"
    path.write_text(text)
    found = sd.solve(path, ["200*h**2/(2*D0)"], values={"h": "1/10", "D0": 1, "L": 1}, initial={"x": "1"})
    s = found.times[0]
    assert s.steps == 200
    assert found.width == pytest.approx(0.15)
    assert s.difference < 0.01
    sites = np.arange(1, 400) / 10
    law = np.exp(-(((sites - 1) / 0.15) ** 2) / 2)
    law /= law.sum()
    for _ in range(200):
        law = (np.append(law[1:], 0) + np.append(0, law[:-1])) / 2
    assert np.array(s.law) == pytest.approx(law[: len(s.law)] / 0.1, rel=1e-8, abs=1e-12)


SMALL = ["--set", "L=2", "--set", "a=1/2", "--set", "G=1"]
REFUSED = [
    (["exit_between_walls", *SMALL], "no site between the walls"),
    (["exit_between_walls", "--initial", "x = 1/3", *SMALL], "no site"),
    (["exit_between_walls", "--initial", "P = -1", *SMALL], "negative"),
    (["exit_between_walls", "--initial", "P = 0", *SMALL], "vanishes"),
    (["exit_between_walls", "--initial", "x = 1/0"], ""),
    (["absorbing_wall_for_gaussian_steps"], ""),
    (["telegraph_exit"], ""),
    (["interface_of_two_media"], ""),
    (["semi_permeable_barrier"], ""),
    (["partly_absorbing_wall", "--set", "P1=30", "--set", "h=1/10"], ""),
    (["partly_absorbing_wall", "--initial", "u = 1"], "vanish"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda v: str(v)[:60])
def test_refusals_end_with_status_2_and_a_reason(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solve", *arguments, "--times", "1", "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_mirror_image_behind_the_other_wall_is_refused_and_loses_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between two sites a jump to the right over three sites from 3/2 h ends at 9/2 h, whose image is -h/2, behind the other wall."""
    path = interval(tmp_path, "reflecting", "0 < x < 2*h", 'rejected = "mirror"\n[initial]\nposition = ["h/2"]')
    text = path.read_text().replace('coordinates = ["x"]', 'coordinates = ["x"]\norigin = ["h/2"]')
    path.write_text(text)
    options = ["--times", "1", "--set", "h=1", "--set", "D0=1", "--set", "L=2"]
    assert main(["solve", str(path), *options]) == 0
    path.write_text(text.replace('["h", "-h"]', '["h", "-h", "3*h", "-3*h"]'))
    capsys.readouterr()
    assert main(["solve", str(path), *options]) == 2
    assert "behind another" in capsys.readouterr().err

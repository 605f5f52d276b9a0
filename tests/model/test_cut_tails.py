"""The transform of a power law that is cut off, against the integral that defines it."""

from __future__ import annotations

import mpmath
import pytest

from symdiff.model.law_transform import _pareto


@pytest.mark.parametrize("index", ["0.7", "1", "1.5", "2"])
@pytest.mark.parametrize("wave", [("0", "1e-6"), ("0", "-3"), ("1", "2")])
def test_a_cut_power_law_against_its_integral(index: str, wave: tuple[str, str]) -> None:
    with mpmath.workdps(30):
        a = {"index": mpmath.mpf(index), "scale": mpmath.mpf("0.8"), "cutoff": mpmath.mpf(4)}
        q, beyond = mpmath.mpc(*wave), (a["scale"] / a["cutoff"]) ** a["index"]
        density = a["index"] * a["scale"] ** a["index"] / (1 - beyond)
        pieces = mpmath.linspace(a["scale"], a["cutoff"], 4)
        known = density * mpmath.quad(lambda r: mpmath.exp(-q * r) * r ** (-1 - a["index"]), pieces)
        assert abs(_pareto(q, a) - known) < mpmath.mpf("1e-26")
        assert abs(_pareto(q, a | {"cutoff": mpmath.mpf("4.001")}) - known) > mpmath.mpf("1e-12")

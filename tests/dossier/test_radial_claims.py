r"""Claims about fields of the distance alone, against answers by hand: T = (R^2 - r^2)/(2 d D), Laplacian = f_rr + (d - 1) f_r/r."""

from __future__ import annotations

import pytest

import symdiff as sd

BALL = """[parameters]
D0 = "positive"
R = "positive"
[model]
coordinates = ["x", "y", "z"]
[[states]]
diffusivity = "D0"
[[boundaries]]
domain = "x**2 + y**2 + z**2 < R**2"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
"""
SPACE = '[parameters]\nD0 = "positive"\n[model]\ncoordinates = ["x", "y", "z"]\n[[states]]\ndiffusivity = "D0"\n'
PLANE = """[parameters]
h = "positive"
g = "positive"
k = "positive"
[model]
coordinates = ["x", "y"]
density = "u"
[[jumps]]
displacements = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]
rate = "g/h**2"
[[reactions]]
rule = "u -> 0"
rate = "k"
"""


@pytest.mark.parametrize(("model", "latex", "verdict"), [
    (SPACE, r"P_t = \frac{D_0}{r^2}\partial_r(r^2 \partial_r P)", "proved"),
    (SPACE, r"\frac{\partial P}{\partial t} = D_0\left(\frac{\partial^2 P}{\partial r^2} + \frac{2}{r}\frac{\partial P}{\partial r}\right)", "proved"),
    (SPACE, r"\frac{\partial (rP)}{\partial t} = D_0\frac{\partial^2 (rP)}{\partial r^2}", "proved"),
    (SPACE, r"P_t = \frac{D_0}{r}\partial_r(r \partial_r P)", "refuted"),  # the plane's
    (SPACE, r"P_t = \frac{2 D_0}{r^2}\partial_r(r^2 \partial_r P)", "refuted"),
    (PLANE, r"u_t = \frac{g}{r}(r u_r)_r - k u", "proved"),
    (PLANE, r"u_t = g u_{rr} - k u", "refuted"),
    (PLANE, r"u_t = g u_{rrr}", "undecided"),
    (BALL, r"\frac{D_0}{r^2}\frac{d}{dr}\left(r^2\frac{dT}{dr}\right) = -1", "proved"),  # was a fault
    (BALL, r"\frac{D_0}{r}\frac{d}{dr}\left(r\frac{dT}{dr}\right) = -1", "refuted"),
    (BALL, r"D_0 \nabla^2 T = -1", "proved"), (BALL, r"D_0 \nabla^2 T = -2", "refuted"),
    (BALL, r"D_0 \Delta T = -1", "proved"), (BALL, r"D_0 \Delta T = -2", "refuted"),
    (BALL, "T(R) = 0", "proved"),  # was refuted
    (BALL, r"T(0) = \frac{R^2}{6 D_0}", "proved"), (BALL, r"T(0) = \frac{R^2}{2 D_0}", "refuted"),
    (BALL, r"T(R/2) = \frac{R^2}{8 D_0}", "proved"), (BALL, r"T(R/2) = \frac{R^2}{6 D_0}", "refuted"),
    (BALL, "T(a) = 0", "undecided"),
])  # fmt: skip
def test_verdicts_on_radial_claims_vs_by_hand(model: str, latex: str, verdict: str) -> None:
    assert sd.check(sd.loads(model), latex).verdict == verdict

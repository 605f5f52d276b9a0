"""Walkers that die while they wait, and walkers that diffuse and are put back, against their equations and wrong ones."""

from __future__ import annotations

import pytest

import symdiff as sd

WAITS = """
title = "Steps after waits, and death at a constant rate meanwhile"
[parameters]
h  = "positive"
t0 = "positive"
k  = "positive"
mu = "0 < mu < 1"
[values]
mu = "3/5"
[model]
coordinates = ["x"]
[waiting_time]
{law}
[[jumps]]
displacements = ["h", "-h"]
probability   = "1/2"
[[reactions]]
rule = "P -> 0"
rate = "k"
"""
GAMMA = WAITS.format(law='distribution = "gamma"\nshape = 2\nscale = "t0"')
HEAVY = WAITS.format(law='distribution = "mittag_leffler"\nindex = "mu"\nscale = "t0"')
RESET = """
title = "Diffusion with a drift in the plane, put back at a constant rate"
[parameters]
D0 = "positive"
r0 = "positive"
V  = "real"
[model]
coordinates = ["x", "y"]
[[states]]
diffusivity = "D0"
velocity    = ["V", "0"]
[[jumps]]
destination = ["0", "0"]
rate        = "r0"
"""
MEMORY = r"P_t = \frac{h^2}{2t_0^\mu} e^{-kt} D_t^{1-\mu}[e^{kt} P_{xx}] - kP"
CASES = {  # E. Abad, S. B. Yuste and K. Lindenberg, Phys. Rev. E 81 (2010) 031115, for the memory that fades
    "mean wait 2 t0": (GAMMA, r"P_t + kP = \frac{h^2}{4t_0} P_{xx}", True),
    "mean wait t0": (GAMMA, r"P_t + kP = \frac{h^2}{2t_0} P_{xx}", False),
    "death + 1e-9": (GAMMA, r"P_t + 1.000000001kP = \frac{h^2}{4t_0} P_{xx}", False),
    "a memory of those alive": (HEAVY, MEMORY, True),
    "the same, from the other side": (HEAVY, r"e^{-kt} {}^CD_t^{\mu} [e^{kt} P] = \frac{h^2}{2t_0^\mu} P_{xx}", True),
    "a memory of the dead": (HEAVY, r"P_t = \frac{h^2}{2t_0^\mu} D_t^{1-\mu} P_{xx} - kP", False),
    "death beside a derivative of broken order": (HEAVY, r"{}^CD_t^{\mu} P = \frac{h^2}{2t_0^\mu} P_{xx} - kP", False),
    "K + 1e-6": (HEAVY, MEMORY.replace(r"\frac{h^2}", r"1.000001\frac{h^2}", 1), False),
    "put back": (RESET, r"P_t = -V P_x + D_0(P_{xx} + P_{yy}) - r_0 P + r_0\delta(x)\delta(y)", True),
    "put back, D + 1e-9": (RESET, r"P_t = -V P_x + 1.000000001D_0(P_{xx} + P_{yy}) - r_0 P + r_0\delta(x)\delta(y)", False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_equation_against_the_rules(case: str) -> None:
    text, equation, right = CASES[case]
    assert sd.verify(sd.loads(text), tier="exact", equation=equation).passed is right


def test_densities_solved_beside_deaths() -> None:
    found = sd.verify(sd.loads(GAMMA), tier="pde").tier("pde")
    assert found.passed is True
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < 1e-6

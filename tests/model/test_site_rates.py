"""Zero range: the diffusivity against sums over the occupation numbers of a site; the ways to state it; densities in lattice rates."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import SymdiffError

HEAD = {"title": "zero range", "parameters": {"b": "positive", "h": "positive", "p": "probability"}, "density": "C"}
LINE = HEAD | {"coordinates": ["x"]}
BOTH = {"displacements": [["h"], ["-h"]]}


def derived(**more):
    return dict(sd.derive(sd.JumpModel(**LINE | more)).coefficients)["D"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "number"),
    [
        ("1 + b/C(x)", lambda n: 1 + sp.Rational(3, 2) / n),
        ("C(x)**2", lambda n: sp.Integer(n) ** 2),
        ("C(x)/(b + C(x))", lambda n: n / (n + sp.Rational(3, 2))),
    ],
)
def test_diffusivity_vs_sums_over_the_numbers_of_agents(rate, number):
    """dz/dC = z/var(n) with weights z^n/(g(1)...g(n)); Evans and Hanney 2005, J. Phys. A 38 R195 (from memory)."""
    z = sp.Rational(2, 5)
    weights = [sp.Integer(1)]
    for n in range(1, 120):
        weights.append(weights[-1] * z / number(n))
    total = sp.Add(*weights)
    mean = sp.N(sp.Add(*(n * w for n, w in enumerate(weights))) / total, 30)
    spread = sp.N(sp.Add(*(n * n * w for n, w in enumerate(weights))) / total, 30) - mean**2
    found = derived(site_rate=rate, jumps=[BOTH | {"rate": "1"}])
    call = {f: z for f in found.atoms(sp.core.function.AppliedUndef) if f.func.__name__ == "z"}
    found = found.xreplace(call)
    here = dict.fromkeys(found.atoms(sp.core.function.AppliedUndef), mean)
    value = found.xreplace(here)
    value = value.subs({s: {"b": sp.Rational(3, 2), "h": 1}[s.name] for s in value.free_symbols})
    assert abs(value - z / spread) < 1e-20
    assert abs(value - 1) > 0.1  # independent agents would have D = h**2


def test_ways_to_share_a_site_rate_out():
    moves = [{"displacement": ["h"]}, {"displacement": ["-h"]}]
    want = derived(site_rate="3", jumps=[m | {"rate": r} for m, r in zip(moves, ("p", "1 - p"), strict=True)])
    for key in ("probability", "weight"):
        shared = [m | {key: r} for m, r in zip(moves, ("p", "1 - p"), strict=True)]
        assert derived(site_rate="3", jumps=shared) == want
    assert derived(jumps=[m | {"site_rate": f"3*{r}"} for m, r in zip(moves, ("p", "(1 - p)"), strict=True)]) == want
    assert derived(site_rate="3", jumps=moves) == want
    assert derived(site_rate="3", jumps=[BOTH | {"rate": "1"}]) == 2 * want


@pytest.mark.parametrize(
    "more",
    [
        {"site_rate": "3", "time_step": "1", "jumps": [BOTH | {"probability": "1/2"}]},
        {"site_rate": "sqrt(C(x))", "jumps": [BOTH | {"rate": "1"}]},
        {"site_rate": "3", "jumps": [BOTH | {"site_rate": "1"}]},
        {"jumps": [{"displacement": ["h"], "site_rate": "1"}, {"displacement": ["-h"], "site_rate": "C(x)"}]},
    ],
)
def test_site_rates_without_a_known_equilibrium_are_refused(more):
    with pytest.raises(SymdiffError) as refused:
        derived(**more)
    assert refused.value.where


def test_total_rate_is_shared_among_jumps_without_weights():
    assert 2 * derived(total_rate="p", jumps=[BOTH]) == derived(jumps=[BOTH | {"rate": "p"}])


def test_densities_in_the_rate_of_a_lattice_vs_listed_jumps():
    plane = HEAD | {"coordinates": ["x", "y"], "occupancy": 1}
    vectors = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]
    rate = "p*(1 - C(x + r_x, y + r_y))*(1 + C(x, y))"
    named = sd.derive(sd.JumpModel(**plane | {"lattice": "square", "spacing": "h", "rate": rate}))
    listed = sd.derive(sd.JumpModel(**plane | {"jumps": [{"displacements": vectors, "rate": rate}]}))
    assert named.equation == listed.equation
    with pytest.raises(SymdiffError, match="full"):
        sd.JumpModel(**plane | {"lattice": "square", "spacing": "h", "rate": "p"})

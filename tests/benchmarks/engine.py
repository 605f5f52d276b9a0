"""The derivations of the engine's second half beside their targets, with SymPy's cache emptied before every run.

Run with ``python tests/benchmarks/engine.py``. Exclusion: the master equation of a crowd with 26 neighbours in three
dimensions to collected terms of the second order, and the whole of ``sd.derive``. Network: three species, eight reactions, van Kampen's expansion with its
noise equations, second route included. Exit time: of a walk in an unknown potential, from its equation, in closed form.
Waits: a continuous-time random walk with Pareto waits to its fractional equation, second route included. A ratio below
one is within the target.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from sympy.core.cache import clear_cache

from symdiff import derive
from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.continuum.crowd import one_step
from symdiff.continuum.crowd_expansion import CrowdAlgebra
from symdiff.continuum.derivation import jets_needed, with_ring
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.generator import register_small
from symdiff.continuum.populations import population_regimes
from symdiff.continuum.regimes import LONG_WAVE, prepare
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import JumpModel

POSITIVE = "positive"


def best(action: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several runs, in seconds of this process."""
    found = []
    for _ in range(repeats):
        clear_cache()
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def neighbours() -> JumpModel:
    """Exclusion with 26 neighbours, one agent a site."""
    jumps = []
    for step in itertools.product((-1, 0, 1), repeat=3):
        if any(step):
            moved = [f"{n}*h" for n in step]
            target = ", ".join(f"{c} + ({r})" for c, r in zip("xyz", moved, strict=True))
            jumps.append({"displacement": moved, "rate": f"G*(1 - C({target}))"})
    return JumpModel(
        parameters={"h": POSITIVE, "G": POSITIVE}, coordinates=["x", "y", "z"], density="C", jumps=jumps, occupancy=1
    )


def exclusion() -> Callable[[], object]:
    """Its master equation to collected terms."""
    model = neighbours()
    prepared = prepare(LONG_WAVE, model)

    def run(ring: DifferentialRing) -> object:
        ring.evolving = dict.fromkeys(model.state_names, model.time)
        register_small(prepared, ring)
        return one_step(model, CrowdAlgebra(ring, prepared, model.state_names, 3))

    return lambda: with_ring(model, prepared, run, extra=jets_needed(3, 3))


def whole_exclusion() -> Callable[[], object]:
    """What a user gets: two further orders, the test for an exact closure, the steps, and the second route."""
    model = neighbours()
    return lambda: derive(model)


def network() -> Callable[[], object]:
    """Three species, eight reactions."""
    reactions = [("1 0 0", "k1*V"), ("-1 0 0", "k2*a"), ("-1 1 0", "k3*a*b/V"), ("0 -1 0", "k4*b"), ("0 -1 1", "k5*b*c/V"),
                 ("0 0 -1", "k6*c"), ("1 0 -1", "k7*c"), ("-2 1 0", "k8*a*(a - 1)/V")]  # fmt: skip
    model = JumpModel(parameters={"V": POSITIVE, **{f"k{n}": POSITIVE for n in range(1, 9)}}, coordinates=["a", "b", "c"],
                      system_size="V", scaled=["x", "y", "z"],
                      jumps=[{"displacement": d.split(), "rate": r} for d, r in reactions])  # fmt: skip
    return lambda: derive_regime(model, population_regimes(model)[0])


def exit_time() -> Callable[[], object]:
    """Detailed balance in V(x), a reflecting wall at 0, an absorbing one at L."""
    model = JumpModel(
        parameters={"h": POSITIVE, "D": POSITIVE, "L": POSITIVE}, functions={"V": ["x"]}, coordinates=["x"], scaling={"h": 1},
        jumps=[{"displacements": ["h", "-h"], "rate": "D/h**2*exp(-(V(x + r) - V(x))/2)"}],
        boundaries=[{"domain": "x >= 0", "kind": "reflecting"}, {"domain": "x < L", "kind": "absorbing"}],
        observables=[{"name": "T", "kind": "mean_exit_time"}],
    )  # fmt: skip
    return lambda: derive_model(model)


def waits() -> Callable[[], object]:
    """Pareto waits, steps to both sides."""
    model = JumpModel(parameters={"h": POSITIVE, "t0": POSITIVE, "alpha": "0 < alpha < 1"}, coordinates=["x"],
                      waiting_time={"distribution": "pareto", "index": "alpha", "scale": "t0"},
                      jumps=[{"displacements": ["h", "-h"], "probability": "1/2"}])  # fmt: skip
    return lambda: derive_all(model)


FIGURES: tuple[tuple[str, Callable[[], Callable[[], object]], float], ...] = (
    ("exclusion, 26 neighbours, second order", exclusion, 0.05),
    ("the same, all of what sd.derive returns", whole_exclusion, 0.05),
    ("network of 3 species and 8 reactions, van Kampen", network, 0.5),
    ("mean exit time in a potential", exit_time, 0.5),
    ("waits with a heavy tail", waits, 0.2),
)


def main() -> None:
    """Print the table."""
    print(f"{'derivation':50} {'s':>7} {'target s':>9} {'ratio':>6}")
    for name, make, target in FIGURES:
        found = best(make())
        print(f"{name:50} {found:7.3f} {target:9.2f} {found / target:6.2f}")


if __name__ == "__main__":
    main()

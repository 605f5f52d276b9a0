"""Speed of linear walks in several dimensions and with states, beside the targets; and how the cost grows with the order.

Run with ``python tests/benchmarks/linear.py``: CPU seconds of the derivation of the operator (expansion, elimination of
states, logarithm of one step), of the whole derivation with steps and second route, and the ratio to a bare polynomial
expansion of the same symbol by SymPy, and to its ``.series()``. The best of several runs, SymPy's cache emptied.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

import sympy as sp
from sympy.core.cache import clear_cache

import symdiff as sd
from symdiff.continuum.derivation import Derived, derive_operator, with_ring
from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE, prepare
from symdiff.model.jump_model import JumpModel

sys.path.insert(0, str(Path(__file__).parent))
from expansion import naive, plain_equations


def best(action: Callable[[], object], repeats: int = 2) -> float:
    """The shortest of several runs in CPU seconds."""
    found = []
    for _ in range(repeats):
        clear_cache()
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def operator(model: JumpModel, order: int) -> Derived:
    """The evolution operator alone."""
    prepared = prepare(LONG_WAVE, model)
    return with_ring(model, prepared, lambda ring: derive_operator(model, prepared, ring, order))


def box(dimension: int) -> JumpModel:
    """All neighbours of the box, equally likely in discrete time."""
    moves = [m for m in itertools.product((-1, 0, 1), repeat=dimension) if any(m)]
    return sd.JumpModel(
        title="box", parameters={"h": "positive", "tau": "positive"},
        model={"coordinates": list("xyz"[:dimension]), "time_step": "tau"},
        jumps=[{"displacement": [f"{c}*h" for c in m], "probability": f"1/{len(moves)}"} for m in moves])  # fmt: skip


def lattice(name: str, dimension: int, clock: str = "rate") -> JumpModel:
    """A named lattice with equal jumps."""
    head = {"coordinates": list("xyz"[:dimension]), "lattice": name, "spacing": "a"}
    head |= {"time_step": "tau"} if clock == "step" else {"rate": "g"}
    return sd.JumpModel(title=name, parameters={"a": "positive", "g": "positive", "tau": "positive"}, model=head)


def persistent() -> JumpModel:
    """Four directions in the plane, kept with probability p."""
    ways = {"e": ("h", "0"), "n": ("0", "h"), "w": ("-h", "0"), "s": ("0", "-h")}
    return sd.JumpModel(
        title="persistent", parameters={"h": "positive", "tau": "positive", "p": "probability"},
        model={"coordinates": ["x", "y"], "time_step": "tau", "states": list(ways)},
        jumps=[{"from": a, "to": b, "displacement": list(r), "probability": "p" if a == b else "(1 - p)/3"}
               for a in ways for b, r in ways.items()])  # fmt: skip


def polynomial(model: JumpModel, order: int) -> None:
    """A bare polynomial expansion of the same size: sum w exp(-r.d), each term multiplied out by SymPy to the order."""
    waves = sp.symbols("d0:3")[: model.dimension]
    total = sp.Integer(0)
    for jump in model.jumps:
        along = -sp.Add(*(r * k for r, k in zip(jump.displacement, waves, strict=True)))
        total += jump.intensity * sp.Add(*(along**n / sp.factorial(n) for n in range(order + 1)))
    sp.Poly(sp.expand(total), *waves)


def by_series(model: JumpModel, order: int) -> None:
    """The naive way: SymPy's .series() of the master equation."""
    naive(model, plain_equations(model), order)


def main() -> None:
    """Print the table and the curve."""
    cases = [("2D, 8 neighbours", box(2), 8, "1000 x naive"), ("3D, 26 neighbours", box(3), 8, "0.2 s"),
             ("log of the symbol, cubic", lattice("cubic", 3, "step"), 6, "0.2 s"), ("log of the symbol, 26 neighbours", box(3), 6, "0.2 s"),
             ("persistent, four states", persistent(), 4, "0.1 s"), ("persistent, four states", persistent(), 8, "1 s"),
             ("honeycomb", lattice("honeycomb", 2), 4, "0.1 s"), ("kagome", lattice("kagome", 2), 4, "0.1 s")]  # fmt: skip
    print(f"{'model':34} {'order':>5} {'operator s':>11} {'derive s':>9} {'poly. s':>8} {'ratio':>7}  target")
    for name, model, order, target in cases:
        ours, whole = (
            best(lambda m=model, n=order: operator(m, n)),
            best(lambda m=model, n=order: derive_regime(m, LONG_WAVE, n), 1),
        )
        theirs = best(lambda m=model, n=order: polynomial(m, n), 1) if len(model.state_names) == 1 else None
        shown = f"{theirs:8.2f} {theirs / ours:7.0f}" if theirs is not None else f"{'':8} {'':7}"
        print(f"{name:34} {order:5} {ours:11.4f} {whole:9.3f} {shown}  {target}")
    plane = box(2)
    theirs, ours = best(lambda: by_series(plane, 8), 1), best(lambda: operator(plane, 8))
    print(f"2D, 8 neighbours, order 8: .series() {theirs:.1f} s, {theirs / ours:.0f} times ours (target 1000)")
    print("\ngrowth, 3D with 26 neighbours: order, terms of the answer, operator ms, microseconds per term")
    for order in (2, 4, 6, 8, 10, 12):
        found = operator(box(3), order)
        terms = sum(len(c) for c in found.operator[0][0].terms.values())
        ours = best(lambda n=order: operator(box(3), n))
        print(f"{order:5} {terms:6} {1e3 * ours:8.1f} {1e6 * ours / terms:8.0f}")


if __name__ == "__main__":
    main()

"""Ratios, in one run: the expansion of each chapter model against SymPy's ``.series()`` on the same master equation.

Run with ``python tests/benchmarks/expansion.py``. For every model and order, in the long-wave regime: SymPy's Taylor
series of every side of the master equation in the small displacement and in the time step; our expansion of the same
equation (master equation to collected terms, no display, no second route); and the whole derivation with the
elimination of time derivatives and of states, steps and second route. SymPy's cache is emptied before every run of
either, since a cached answer is no work. Models whose jumps have a law instead of a list (central limit, Levy flight)
have no equation that ``.series()`` could expand and are timed alone. Each figure is the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import sympy as sp
from sympy.core.cache import clear_cache

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.continuum.assembly import graded_terms
from symdiff.continuum.derivation import with_ring
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.generator import build_generator
from symdiff.continuum.regimes import LONG_WAVE, prepare
from symdiff.dossier.gallery import load
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel

eps = sp.Symbol("eps", positive=True)


def best(action: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs, in seconds, each with an empty SymPy cache."""
    found = []
    for _ in range(repeats):
        clear_cache()
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def plain_equations(model: JumpModel) -> list[tuple[sp.Expr, sp.Expr]]:
    """The master equation with definitions put in; derivatives of functions are functions of their own for SymPy."""
    x, t = model.coordinate_symbols, model.time
    names = model.state_names
    gains: list[list[sp.Expr]] = [[] for _ in names]
    for i, j, jump in model.transitions():
        rate = expand_definitions(jump.intensity, model.functions)
        rate = rate.xreplace({d: sp.Function("slope")(*x) for d in rate.atoms(sp.Derivative)})
        back = {c: c - r for c, r in zip(x, jump.displacement, strict=True)}
        gains[i].append(
            rate.xreplace(back) * sp.Function(names[j])(*(c - r for c, r in zip(x, jump.displacement, strict=True)), t)
        )
        gains[j].append(-rate * sp.Function(names[j])(*x, t))
    step = model.time_step if model.time_step is not None else sp.Integer(0)
    return [(sp.Function(n)(*x, t + step), sp.Add(*g)) for n, g in zip(names, gains, strict=True)]


def naive(model: JumpModel, equations: list[tuple[sp.Expr, sp.Expr]], order: int) -> None:
    """SymPy's own series of every side, in one small parameter that multiplies the displacements (the time step)."""
    lengths = set().union(*(r.free_symbols for j in model.jumps for r in j.displacement))
    steps = model.time_step.free_symbols if model.time_step is not None else set()
    for lhs, rhs in equations:
        rhs.xreplace({s: eps * s for s in lengths}).series(eps, 0, order + 1).removeO().doit()
        if steps:
            lhs.xreplace({s: eps * s for s in steps}).series(eps, 0, order + 1).removeO().doit()


CHAPTER = ("biased_walk", "central_limit", "continuous_time_diffusion", "discrete_time_diffusion", "gaussian_propagator", "harmonic_trap",
           "levy_flight", "mean_squared_displacement", "persistent_walk", "square_walk_three_steps", "walk_in_potential")  # fmt: skip


def expansion(model: JumpModel, order: int) -> None:
    """Our expansion of the master equation alone, to collected terms."""
    prepared = prepare(LONG_WAVE, model)

    def run(ring: DifferentialRing) -> object:
        generator = build_generator(model, prepared, ring, order + 1)
        return [graded_terms(ring, entry) for row in generator.matrix for entry in row]

    with_ring(model, prepared, run)


def main() -> None:
    """Print the table."""
    print(f"{'model':28} {'order':>5} {'.series() ms':>13} {'ours ms':>9} {'ratio':>8} {'derive ms':>10} {'ratio':>7}")
    for name in CHAPTER:
        model = load(name)
        listed = all(j.law is None for j in model.jumps)
        equations = plain_equations(model) if listed else []
        for order in (4, 8):
            if not listed:
                whole = best(lambda m=model: derive_regime(m, LONG_WAVE), 3)
                print(f"{name:28} {'-':>5} {'(a law)':>13} {'':>9} {'':>8} {1e3 * whole:10.1f}")
                break
            ours = best(lambda m=model, n=order: expansion(m, n), 7)
            whole = best(lambda m=model, n=order: derive_regime(m, LONG_WAVE, n), 3)
            theirs = best(lambda m=model, n=order, e=equations: naive(m, e, n), 2)
            print(
                f"{name:28} {order:5} {1e3 * theirs:13.1f} {1e3 * ours:9.2f} {theirs / ours:8.0f} {1e3 * whole:10.1f} {theirs / whole:7.1f}"
            )
    models = [load(name) for name in CHAPTER]
    total = best(lambda: [derive_all(m) for m in models], 2)
    print(f"whole gallery, every regime: {total:.2f} s")


if __name__ == "__main__":
    main()

"""Wrong equations made from right ones, and how many of them the exact tier catches, by kind: the table of docs/benchmarks.md.

    python tests/benchmarks/wrong_equations.py [NAMES OF MODELS]

Every derived equation of the models below is first tested itself (a rejection would be a false alarm), then mutated.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mpmath
import sympy as sp

sys.path.insert(0, str(Path(__file__).parents[1]))

import symdiff as sd
from mutations import mutations, verdict_on, wall_mutations
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_claim import claim_of, with_term_scaled
from symdiff.dossier.verify_crowd import CrowdTest
from symdiff.dossier.verify_homogeneous import HomogeneousTest
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.dossier.verify_population import population_tier
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_walls import has_walls, walls_tier
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.occupancy import is_crowd

DATA = Path(__file__).parents[1] / "data" / "models"
SAMPLE = ["biased_walk", "biased_rates", "biased_square_walk", "cubic_lattice", "exponential_jumps", "gamma_steps", "jumps_over_several_sites",
          "king_moves", "laplace_jumps", "lazy_walk_with_weak_bias", "levy_flight", "persistent_walk", "square_lattice",
          "strong_bias_hyperbolic", "strong_bias_in_moving_frame", "student_jumps", "walk_in_potential", "walk_with_weak_bias"]  # fmt: skip
PLACES = ("walk_in_potential", "os-barrier")
MODELS = ["subdiffusion", "pareto-waits", "gamma-waits-biased", "rw1d-unequal-times", "two-states-heavy-wait", "bd-immigration-death",
          "bd-vk-mean-correction", "bd-moran-selection", "ex-2d-contact", "ex-adhesion-AS", "ex-wasep", "ex-density-mean", "ex-swapping",
          "os-barrier"]  # fmt: skip
FACTORS = (
    1 + sp.Rational(1, 10**6),
    1 - sp.Rational(1, 10**6),
    sp.Integer(0),
    sp.Integer(-1),
    sp.Integer(2),
    sp.Rational(1, 2),
)
KINDS = (("00001/1000000", "coefficient times 1 + 1e-6"), ("999999/1000000", "coefficient times 1 - 1e-6"), ("times 0", "term dropped"),
         ("times -1", "sign turned"), ("times 2", "factor 2"), ("times 1/2", "factor 1/2"), ("another power", "power of the Laplacian + 1/1000"),
         ("outside", "coefficient outside of its derivative"), ("added", "term added"))  # fmt: skip
WALLS = ["partly_absorbing_wall", "bc-robin-lattice-prob", "exit_between_walls", "interface_of_two_media", "semi_permeable_barrier", "skew_walk",
         "quarter_plane_walks"]  # fmt: skip
WALL_KINDS = (("00001/1000000", "condition at a wall times 1 + 1e-6"), ("999999/1000000", "condition at a wall times 1 - 1e-6"), ("times 0", "flux or jump at a wall dropped"),
              ("times -1", "sign at a wall turned"), ("times 2", "factor 2 at a wall"), ("times 1/2", "factor 1/2 at a wall"), ("cells", "wall half a cell, or 1e-6 of one, off"))  # fmt: skip


def kind(text: str) -> str:
    """The row of the table to which a mutation belongs."""
    return next(row for mark, row in (WALL_KINDS if text.startswith("condition") else KINDS) if mark in text)


def walls(model: sd.JumpModel, limit: ContinuumLimit) -> Iterator[tuple[str, bool]]:
    """The same for the conditions at walls and special sites, on one set of exact solutions."""
    path, known = eps_path(model, limit.regime, base_values(model, Settings())), {}
    if walls_tier(model, limit, path, known).applies:
        for name, wrong in [("", limit), *wall_mutations(limit)]:
            yield name, walls_tier(model, wrong, path, known).passed is not True


def homogeneous(model: sd.JumpModel, limit: ContinuumLimit) -> Iterator[tuple[str, bool]]:
    """(mutation, caught), with one set of lattice numbers for all; the right equation first, as ''."""
    assert limit.equation is not None
    test = HomogeneousTest(model, claim_of(limit), eps_path(model, limit.regime, base_values(model, Settings())))
    with mpmath.workdps(test.digits):
        for name, equation in [("", limit.equation), *mutations(limit.equation)]:
            try:
                errors = test.errors(test.table(equation))
                seen = [
                    test.study(errors, p, mpmath.mpf(0)).vanishes
                    for p in (test.predicted.first, test.predicted.grid[0])
                ]
            except ArithmeticError:
                seen = [False]
            yield name, not any(seen)


def crowd(model: sd.JumpModel, limit: ContinuumLimit) -> Iterator[tuple[str, bool]]:
    """The same for the equations of a crowd."""
    order = [next(e for e in limit.equations if e.density == n) for n in model.state_names]
    test = CrowdTest(model, limit, eps_path(model, limit.regime, base_values(model, Settings())))
    with mpmath.workdps(test.digits):
        table = test.table(order)
        yield "", not test.study(test.errors(table), test.first()).vanishes
        for n, equation in enumerate(order):
            for index in range(len(equation.right)):
                for factor in FACTORS:
                    change = (n, index, mpmath.mpf(int(factor.p)) / int(factor.q))
                    yield f"term times {factor}", not test.study(test.errors(table, change), test.first()).vanishes


def population(model: sd.JumpModel, limit: ContinuumLimit) -> Iterator[tuple[str, bool]]:
    """The same for a population in the limit of a large system."""
    (equation,) = limit.equations
    path = eps_path(model, limit.regime, base_values(model, Settings()))
    yield "", population_tier(model, limit, path).passed is not True
    for n in range(len(equation.right)):
        for factor in FACTORS:
            wrong = replace(limit, equations=(with_term_scaled(equation, n + 1, factor),))
            yield f"term times {factor}", population_tier(model, wrong, path).passed is not True


def place_dependent(model: sd.JumpModel, limit: ContinuumLimit) -> Iterator[tuple[str, bool]]:
    """The same where rates depend on place: the whole tier, once per equation."""
    assert limit.equation is not None
    for name, equation in [("", limit.equation), *mutations(limit.equation)]:
        yield name, verdict_on(model, limit, equation).passed is not True


def outcomes(name: str) -> Iterator[tuple[str, str, bool]]:
    """(regime, mutation, caught) of everything that is tested of one model."""
    model = sd.load(DATA / f"{name}.toml") if (DATA / f"{name}.toml").exists() else load(name)
    for limit in sd.derive_all(model):
        if has_walls(model):
            found = walls(model, limit)
        elif model.crowd.reactions or is_crowd(model):
            check_scope(model, "mean field")
            found = crowd(model, limit)
        elif model.population is not None:
            if limit.regime.origin == "long-wave":
                continue
            found = population(model, limit)
        elif limit.equation is None or limit.equation.coordinates != model.coordinate_symbols:
            continue
        else:
            check_scope(model, "exact")
            if not is_homogeneous(model):
                if name not in PLACES or limit.regime.origin == "long-wave":
                    continue
                found = place_dependent(model, limit)
            else:
                found = homogeneous(model, limit)
        for text, caught in found:
            yield limit.regime.name, text, caught


def main(names: list[str]) -> int:
    """Print the table; the number of wrong equations that were missed."""
    total, caught, right, alarms, missed = Counter[str](), Counter[str](), 0, 0, []
    begin = time.process_time()
    for name in names:
        try:
            for regime, text, seen in outcomes(name):
                if not text:
                    right, alarms = right + 1, alarms + seen
                    continue
                total[kind(text)] += 1
                caught[kind(text)] += seen
                if not seen:
                    missed.append(f"{name}, {regime}: {text}")
        except sd.SymdiffError:
            continue  # a model that the exact tier does not treat
    print("| kind of error | wrong equations | caught |\n|---|---|---|")
    for _, row in (*KINDS, *WALL_KINDS):
        print(f"| {row} | {total[row]} | {caught[row]} |")
    print(f"| all | {sum(total.values())} | {sum(caught.values())} |")
    print(f"\n{right} right equations, {alarms} rejected; {time.process_time() - begin:.0f} s of CPU time.")
    for line in missed:
        print("missed:", line)
    return len(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*SAMPLE, *MODELS, *WALLS]) > 0)

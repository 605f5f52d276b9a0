"""Several slow densities: one equation for each, coupled through drift, diffusion and exchange."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from symdiff.continuum import assembly
from symdiff.continuum.assembly import GradedTerm
from symdiff.continuum.coefficients import coefficient_name, coefficient_value, expected_indices
from symdiff.continuum.derivation import Derived
from symdiff.continuum.limit import CoupledCoefficient, Discarded
from symdiff.equations.evolution_equation import EvolutionEquation


def coupled_coefficients(derived: Derived, names: tuple[str, ...]) -> tuple[CoupledCoefficient, ...]:
    """v, D, ... of every density in every equation; those of a density that does not occur in an equation are left out."""
    ring, coordinates = derived.ring, derived.model.coordinate_symbols
    highest = int(derived.kept) if derived.prepared.is_long_wave else 2
    found = []
    for i, name in enumerate(names):
        for j, other in enumerate(names):
            kept = [t for t in assembly.graded_terms(ring, derived.operator[i][j]) if t.power <= derived.kept]
            elements = {s: c for (s, f), c in assembly.merged_elements(derived, kept).items() if f is None}
            if not elements and i != j:
                continue
            alphas = [a for a in expected_indices(len(coordinates), min(highest, 2)) if a not in elements]
            for alpha in sorted([*elements, *alphas], key=lambda a: (sum(a), [-n for n in a])):
                element = elements.get(alpha, ring.zero)
                shown = ring.to_expression(-element if sum(alpha) == 1 else element)
                value = shown if sum(alpha) == 1 else coefficient_value(alpha, shown)
                found.append(CoupledCoefficient(name, coefficient_name(coordinates, alpha), other, value))
    return tuple(found)


def coupled_discarded(derived: Derived, names: tuple[str, ...]) -> tuple[Discarded, ...]:
    """What every equation leaves out, power by power."""
    found = []
    for i, name in enumerate(names):
        terms: dict[Fraction, list[tuple[GradedTerm, str]]] = {}
        for j, other in enumerate(names):
            for t in assembly.graded_terms(derived.ring, derived.operator[i][j]):
                if t.power > derived.kept:
                    terms.setdefault(Fraction(t.power), []).append((t, other))
        for power in sorted(terms):
            shown = assembly.merged(assembly.to_term(derived, t, other) for t, other in terms[power])
            found.append(Discarded(power, shown, name, derived.model.coordinate_symbols))
    return tuple(sorted(found, key=lambda d: d.power))


def shares(derived: Derived) -> list[list[sp.Expr]]:
    """The share of every state in every slow density, at leading order."""
    ring = derived.ring
    total = derived.reductions[0].split.right
    for reduction in derived.reductions[1:]:
        right = reduction.split.right
        total = [[sum((row[a] * right[a][b] for a in range(len(right))), ring.zero) for b in range(len(right[0]))]
                 for row in total]  # fmt: skip
    width = 1 if derived.generator.modes is None else derived.generator.modes.size
    return [[ring.to_expression(x) for x in row] for row in total[::width]]


def coupled_equations(derived: Derived, names: tuple[str, ...]) -> tuple[EvolutionEquation, ...]:
    """d_t u_i = sum_j L_ij u_j at the kept powers."""
    return assembly.system_equations(derived, names)

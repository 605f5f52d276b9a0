"""The conditions under which two models have the same coefficients, solved for parameters."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

Solution = dict[sp.Symbol, sp.Expr]
Samples = list[dict[sp.Symbol, sp.Rational]]
MOST_CONDITIONS = 6


def solved_conditions(
    gaps: Sequence[sp.Expr], free: set[sp.Symbol], places: tuple[sp.Symbol, ...], samples: Samples
) -> Solution | None:
    """Values of parameters that make every gap vanish at all places and densities; those in ``free`` come first.

    Empty where there are none, None where that is open. Of several roots that with the most ``samples`` at which everything
    that is positive comes out positive.
    """
    if any(g.is_nonzero and (g.is_positive or g.is_negative) for g in map(sp.factor, gaps)):
        return {}
    together = [sp.together(g) for g in gaps]
    calls = sorted(set().union(*(g.atoms(AppliedUndef) for g in together)), key=str)
    stand_ins: dict[sp.Expr, sp.Expr] = {f: sp.Dummy() for f in calls}
    numerators = [sp.fraction(g.xreplace(stand_ins))[0] for g in together]
    generators = (*places, *stand_ins.values())
    algebraic = all(n.is_polynomial(*n.free_symbols, *generators) for n in numerators)
    if len(gaps) <= MOST_CONDITIONS and algebraic:
        return _algebraic(together, numerators, stand_ins, generators, free, samples)
    if any(n.has(*generators) for n in numerators):
        return None
    return _one_by_one(numerators, free, samples)


def _algebraic(
    gaps: list[sp.Expr], numerators: list[sp.Expr], stand_ins: dict[sp.Expr, sp.Expr], generators: tuple[sp.Expr, ...],
    free: set[sp.Symbol], samples: Samples,
) -> Solution | None:  # fmt: skip
    equations: list[sp.Expr] = []
    for numerator in numerators:
        equations += sp.Poly(numerator, *generators).coeffs()
    known = sorted(set().union(*(e.free_symbols for e in equations)), key=str)
    for wanted in dict.fromkeys((tuple(s for s in known if s in free) or tuple(known), tuple(known))):
        found = []
        try:
            solutions = sp.solve(equations, list(wanted), dict=True)
        except NotImplementedError:
            return None
        for solution in solutions:
            reached = [g.xreplace(solution) for g in gaps]
            if any(g.has(sp.zoo, sp.nan) or sp.cancel(g.xreplace(stand_ins)) != 0 for g in reached):
                continue
            if not any(v.is_nonpositive for s, v in solution.items() if s.is_positive):
                found.append(solution)
        if found:
            return _best(found, samples)
    return {}


def _one_by_one(gaps: list[sp.Expr], free: set[sp.Symbol], samples: Samples) -> Solution | None:
    """Gaps with roots, exponentials, special functions: each solved for one symbol that stands in it to one power alone."""
    solution: Solution = {}
    for gap in gaps:
        left = sp.simplify(gap.xreplace(solution))
        if left == 0:
            continue
        roots = [(q != 1, s not in free, str(s), {s: v}) for s in left.free_symbols for v, q in _isolated(left, s)]
        if not roots:
            return None
        (found,) = _best([min(roots, key=lambda r: r[:3])[-1]], samples).items()
        solution = {s: v.xreplace(dict([found])) for s, v in solution.items()} | dict([found])
    return solution or None


def _isolated(gap: sp.Expr, symbol: sp.Symbol) -> list[tuple[sp.Expr, sp.Expr]]:
    """The positive root of A s**q + B in s with its q, A and B without s; empty where the gap has another form."""
    rest, moving = sp.expand(gap).as_independent(symbol, as_Add=True)
    factor, power = sp.factor(moving).as_independent(symbol, as_Add=False)
    base, exponent = power.as_base_exp()
    value = -rest / factor
    if base != symbol or exponent.has(symbol) or not symbol.is_positive or value.is_nonpositive:
        return []
    return [(sp.powdenest(value ** (1 / exponent), force=False), exponent)]


def _best(solutions: list[Solution], samples: Samples) -> Solution:
    """The solution that is allowed at the most samples, in lowest terms."""

    def allowed(solution: Solution) -> int:
        return sum(
            all(bool(v.xreplace(at).evalf(15).is_positive) for s, v in solution.items() if s.is_positive)
            for at in samples
        )

    return {s: sp.factor(v) for s, v in max(solutions, key=allowed).items()}

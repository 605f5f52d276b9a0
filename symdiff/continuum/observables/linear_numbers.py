r"""The law of a number whose rates are linear: birth at ``lambda n + nu``, death at ``mu n``, from n_0 individuals.

The generating function is ``G(z, t) = ((a + (1 - a - b) z)/(1 - b z))^{n_0} ((1 - b)/(1 - b z))^{nu/lambda}`` with
``a = mu (E - 1)/(lambda E - mu)``, ``b = lambda (E - 1)/(lambda E - mu)``, ``E = e^{(lambda - mu) t}``: every individual founds a family of its own,
and so does every immigrant (D. G. Kendall, Ann. Math. Stat. 19 (1948) 1, from memory). Without birth the second factor is that of a Poisson law
of mean ``nu (1 - e^{-mu t})/mu``.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

LAW = "n is a whole number, 0 or more; the value is the probability of this number"


def number_law(model: JumpModel, generator: Backward) -> Found:
    """P(n, t) of one number with linear rates in continuous time.

    Raises :class:`NotYetError` for other rates, several numbers and discrete time.
    """
    birth, immigration, death = _rates(model, generator)
    n, t, start = model.coordinate_symbols[0], model.time, model.preparation.position[0]
    growth = birth - death
    grown = sp.exp(sp.expand(growth * t)) if growth != 0 else sp.Integer(1)
    if growth == 0:
        lost = born = birth * t / (1 + birth * t)
    elif birth == 0:
        lost, born = 1 - grown, sp.Integer(0)
    else:
        below = birth * grown - death
        lost, born = death * (grown - 1) / below, birth * (grown - 1) / below
    mean = sp.Integer(0)
    if birth == 0 and immigration != 0:
        mean = immigration * t if death == 0 else immigration * (1 - grown) / death
    families = immigration / birth if birth != 0 else sp.Integer(0)
    return Found(_law(n, start, (lost, born), families, mean), (LAW,))


def _rates(model: JumpModel, generator: Backward) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """lambda, nu and mu."""
    refused = NotYetError(
        "of rates that depend on the number the law is known in closed form for one number that is born at lambda n + nu and dies at mu n"
    )
    if (
        model.dimension != 1
        or generator.step is not None
        or generator.local
        or generator.resets
        or len(generator.states) > 1
    ):
        raise refused
    n = model.coordinate_symbols[0]
    up, down = sp.Integer(0), sp.Integer(0)
    for move in generator.moves:
        if move.law is not None or move.step not in ((1,), (-1,)):
            raise refused
        up, down = (up + move.rate, down) if move.step == (1,) else (up, down + move.rate)
    up, down = sp.expand(up), sp.expand(down)
    birth, death = up.coeff(n), down.coeff(n)
    immigration = sp.expand(up - birth * n)
    if down != sp.expand(death * n) or immigration.has(n) or any(e.has(n, model.time) for e in (birth, death)):
        raise refused
    return birth, immigration, death


def _law(n: sp.Symbol, start: sp.Expr, chances: tuple[sp.Expr, sp.Expr], families: sp.Expr, mean: sp.Expr) -> sp.Expr:
    """The coefficient of z^n: of a family no one is left by chance a, and a family that is left has b as the ratio of its geometric law."""
    lost, born = chances
    kept = sp.cancel(sp.together(1 - lost - born)) if born != 0 else 1 - lost
    nobody = lost**start * (1 - born) ** families * sp.exp(-mean)

    def others(m: sp.Expr) -> sp.Expr:
        """m of those that came later, or that are more than one per founder."""
        if born == 0:
            return mean**m * sp.exp(-mean) / sp.factorial(m)
        more = start + families
        return (
            sp.rf(more, m) * born**m * (1 - born) ** families / sp.factorial(m)
            if more != 1
            else born**m * (1 - born) ** families
        )

    if start == 0:
        return others(n) if born != 0 or mean != 0 else sp.KroneckerDelta(n, 0)
    if born == 0 and mean == 0:
        return sp.binomial(start, n) * kept**n * lost ** (start - n)
    if start == 1:
        return sp.Piecewise((nobody, sp.Eq(n, 0)), (lost * others(n) + kept * others(n - 1), True))
    j = sp.Symbol("j", integer=True, nonnegative=True)
    founders = sp.binomial(start, j) * kept**j * lost ** (start - j)
    return sp.Piecewise((nobody, sp.Eq(n, 0)), (sp.Sum(founders * others(n - j), (j, 0, sp.Min(n, start))), True))

"""A PDE of the user's, as terms that can be tested; what is no testable claim about the model is refused with the reason."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Collection
from dataclasses import replace

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_kinds import MEMORY, density_calls, is_master, is_pde
from symdiff.dossier.claimed_terms import claimed_terms
from symdiff.dossier.linear_terms import linear_terms
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.verify_claim import time_order
from symdiff.dossier.verify_numbers import BaseValues
from symdiff.dossier.verify_open import smooth_stand_in
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.propagation.linear_crowd import is_linear_crowd
from symdiff.evidence.solution.dispersion import NumericTerms, polynomial
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.notation.names import did_you_mean
from symdiff.verification.claim import Relation, read_claim

WHERE = "--equation"
_PYTHON = re.compile(r"\b(Derivative|FracLaplacian|Laplacian)\s*\(")


def read_equation(text: str, model: JumpModel) -> EvolutionEquation:
    """The only equation in LaTeX, or in Python notation (with ``Derivative(...)``), as left and right terms.

    Raises :class:`UsageError` for several, for another kind of statement, other variables, symbols of no known value.
    """
    found = read_equations(text, model)
    if len(found) != 1:
        raise UsageError(f"{len(found)} relations, where one equation is expected", where=WHERE,
                         instead="give one equation for the density")  # fmt: skip
    return found[0]


def read_equations(text: str, model: JumpModel) -> tuple[EvolutionEquation, ...]:
    """The equations, each of a density of its own, in LaTeX or in Python notation.

    Raises as :func:`read_equation`, and where two are equations of the same density.
    """
    scaled, found = _scaled(text, model), list[EvolutionEquation]()
    python = bool(_PYTHON.search(text))
    for part in text.split(";") if python else [text]:  # LaTeX is split by its own reader
        statement = ClaimStatement("equation", latex="" if python else part, expression=part if python else "")
        found += [_read(r, model, scaled) for r in read_claim(statement, model, scaled).relations]
    names = [e.density for e in found]
    if twice := next((n for n in names if names.count(n) > 1), ""):
        raise UsageError(f"two equations of {twice}", where=WHERE, instead="give one equation for each density")
    return tuple(found)


def _read(relation: Relation, model: JumpModel, scaled: tuple[str, ...]) -> EvolutionEquation:
    relation = _without_laplacians(_named(relation, model), model)
    if scaled:  # read with the symbols of the numbers, and turned back at the end
        relation = _with_symbols(relation, dict(zip(scaled, model.coordinate_symbols, strict=True)))
    _check_variables(relation, model)
    if is_master(relation, model):
        raise UsageError(
            "a master equation is no PDE", where=WHERE, instead="'symdiff check --claim' judges master equations"
        )
    if not is_pde(relation, model):
        raise UsageError("no derivative of a density occurs: this is no PDE", where=WHERE,
                         instead="write it as P_t = D P_{xx}, or Derivative(P(x, t), t) = ...")  # fmt: skip
    names = {c.func.__name__ for c in density_calls(relation, model)}
    name, crowd = _subject(relation, names, model), bool(model.crowd.reactions) or is_crowd(model)
    memory = {c.func.__name__ for side in (relation.left, relation.right) for c in side.atoms(AppliedUndef)} & set(
        MEMORY
    )
    try:
        if memory:
            left, right = _with_memory(relation, model)
        elif crowd and (len(names) > 1 or not (is_linear_crowd(model) or model.clock == "waiting")):
            left, right = _nonlinear(relation, name, model)
        else:
            left, right = (_terms(s, relation, model) for s in (relation.left, relation.right))
    except NotYetError:
        if not crowd:
            raise
        left, right = _nonlinear(relation, name, model)
    equation = _solved(EvolutionEquation(name, model.coordinate_symbols, model.time, left, right), model)
    if time_order(equation) == 0:
        raise UsageError("no time derivative occurs", where=WHERE, instead="write it as P_t = ...")
    if not scaled:
        return equation
    return _changed(
        equation, {x: sp.Symbol(n, real=True) for n, x in zip(scaled, model.coordinate_symbols, strict=True)}
    )


def _subject(relation: Relation, names: set[str], model: JumpModel) -> str:
    """The density whose equation it is: the only one, or the only one with a time derivative."""
    if len(names) == 1:
        return next(iter(names))
    calls = set(density_calls(relation, model))
    timed: set[str] = {
        d.expr.func.__name__
        for side in (relation.left, relation.right)
        for d in side.atoms(sp.Derivative)
        if d.expr in calls and model.time in d.variables
    }
    if len(timed) != 1:
        raise NotYetError(f"the equation couples {', '.join(sorted(names))}, with time derivatives of {' and '.join(sorted(timed)) or 'none'}",
                          where=WHERE, instead="solve it for the time derivative of one density")  # fmt: skip
    (name,) = timed
    return name


def _named(relation: Relation, model: JumpModel) -> Relation:
    """A lone density of another name than the model's is the model's."""
    calls = density_calls(relation, model)
    names = {c.func.__name__ for c in calls}
    if len(names) != 1 or names & {model.density, *model.state_names, *(name for name, _ in model.densities)}:
        return relation
    table = {c: sp.Function(model.density)(*c.args) for c in calls}
    return replace(relation, left=relation.left.xreplace(table), right=relation.right.xreplace(table))


def _without_laplacians(relation: Relation, model: JumpModel) -> Relation:
    """Laplacian(f) of the Python notation as the sum of second derivatives over the coordinates."""

    def opened(side: sp.Expr) -> sp.Expr:
        return side.replace(
            lambda e: isinstance(e, AppliedUndef) and e.func.__name__ == "Laplacian" and len(e.args) == 1,
            lambda e: sp.Add(*(sp.Derivative(e.args[0], (x, 2)) for x in model.coordinate_symbols)),
        )

    return replace(relation, left=opened(relation.left), right=opened(relation.right))


def _with_symbols(relation: Relation, names: dict[str, sp.Symbol]) -> Relation:
    """The relation with these names as these symbols. Raises :class:`UsageError` where the symbols occur themselves."""
    symbols = relation.left.free_symbols | relation.right.free_symbols
    if mixed := symbols & set(names.values()):
        raise UsageError(f"the equation is in {', '.join(names)} and in {mixed.pop()}", where=WHERE,
                         instead="write it in numbers or in numbers over the system size")  # fmt: skip
    table = {s: names[s.name] for s in symbols if s.name in names}
    return replace(relation, left=relation.left.xreplace(table), right=relation.right.xreplace(table))


def _scaled(text: str, model: JumpModel) -> tuple[str, ...]:
    """The names of the scaled coordinates of a population, where the equation is written in them."""
    if model.population is None:
        return ()
    words = set(re.findall(r"(?<![A-Za-z\\])[A-Za-z]\w*", text.replace("_", " ")))
    return model.population.scaled if words & set(model.population.scaled) else ()


def _changed(equation: EvolutionEquation, symbols: dict[sp.Symbol, sp.Symbol]) -> EvolutionEquation:
    """The equation in other coordinates of the same meaning."""
    left, right = (
        tuple(replace(t, coefficient=t.coefficient.xreplace(symbols)) for t in side)
        for side in (equation.left, equation.right)
    )
    return replace(equation, left=left, right=right, coordinates=tuple(symbols[x] for x in equation.coordinates))


def _solved(equation: EvolutionEquation, model: JumpModel) -> EvolutionEquation:
    """P_t = ..., where the equation is c P_t = ... with a c that knows no density; else as it stands."""
    terms = [*equation.left, *(replace(t, coefficient=-t.coefficient) for t in equation.right)]
    timed = [t for t in terms if t.time or t.caputo is not None]
    known = {p.symbol for p in model.parameters} | set(model.coordinate_symbols)
    if len(timed) != 1 or not all(t.density for t in terms) or (timed[0].time, timed[0].caputo) != (1, None):
        return equation
    factor = timed[0].coefficient
    if any(timed[0].space) or timed[0].fractional is not None or factor == 0 or factor.free_symbols - known:
        return equation
    if {c.func.__name__ for c in factor.atoms(AppliedUndef)} - {f.name for f in model.functions}:
        return equation
    right = tuple(replace(t, coefficient=-t.coefficient / factor) for t in terms if t is not timed[0])
    return replace(equation, left=(replace(timed[0], coefficient=sp.Integer(1)),), right=right)


def _nonlinear(relation: Relation, name: str, model: JumpModel) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """d_t u = an expression in the density, solved for the time derivative."""
    zero = (0,) * model.dimension
    later = sp.Derivative(sp.Function(name)(*model.coordinate_symbols, model.time), model.time)
    mark = sp.Dummy()
    rest = sp.expand((relation.left - relation.right).xreplace({later: mark}))
    factor = sp.diff(rest, mark)
    if factor == 0 or factor.free_symbols - {p.symbol for p in model.parameters} or factor.atoms(AppliedUndef):
        raise UsageError(
            "the equation is not of first order in time with a constant in front",
            where=WHERE,
            instead="write it as u_t = ...",
        )
    right = [t / factor for t in sp.Add.make_args(sp.expand(factor * mark - rest)) if t != 0]
    densities = set(density_calls(relation, model))
    for term in right:
        if any(d.expr in densities and model.time in d.variables for d in term.atoms(sp.Derivative)):
            raise NotYetError("several time derivatives in the equation of a crowd are not tested yet", where=WHERE)
        _check_determined(term, model, {c.func.__name__ for c in densities})
    return (Term(sp.Integer(1), name, zero, 1),), tuple(Term(t, "", zero) for t in right)


def _check_variables(relation: Relation, model: JumpModel) -> None:
    plain = {*model.coordinate_symbols, model.time}
    variables = {v for side in (relation.left, relation.right) for d in side.atoms(sp.Derivative) for v in d.variables}
    calls = [c for side in (relation.left, relation.right) for c in side.atoms(AppliedUndef)]
    own = [c for c in calls if c.func.__name__ in {model.density, *model.states}]
    variables |= {a for c in own for a in c.args if a.is_Symbol}
    strangers = sorted(str(v) for v in variables - plain if v not in {p.symbol for p in model.parameters})
    if strangers:
        shown = ", ".join(model.coordinates)
        raise UsageError(f"the equation has the variable '{strangers[0]}'; the model's are {shown} and t", where=WHERE,
                         instead=f"write it in {shown} and t")  # fmt: skip


def _terms(side: sp.Expr, relation: Relation, model: JumpModel) -> tuple[Term, ...]:
    side = expand_definitions(side, model.functions)
    calls = density_calls(relation, model)
    gains: list[sp.Expr] = []
    if model.resets:  # walkers that are put back: gains at single places, without the density
        named = {
            a: sp.DiracDelta(*a.args)
            for a in side.atoms(AppliedUndef)
            if a.func.__name__ == "DiracDelta" and len(a.args) == 1
        }
        side = side.xreplace(named)  # in Python notation the name is no function that the reader knows
        gains = [t for t in sp.Add.make_args(sp.expand(side)) if t.has(sp.DiracDelta) and not t.has(*calls)]
        side = sp.expand(side) - sp.Add(*gains)
    try:
        found = linear_terms(side, density_calls(relation, model), model)
    except NotYetError as error:
        raise error.located(WHERE) from None
    for coefficient in found.values():
        _check_determined(coefficient, model)
    local = [Term(value, name, space, time, fractional) for (name, time, space, fractional), value in found.items()]
    for gain in gains:
        _check_determined(gain, model)
    return (*local, *(Term(gain, "", (0,) * model.dimension) for gain in gains))


class _AsWritten(Resolver):
    """Symbols mean what the file says: no role of a coefficient is put in."""

    def resolve(self, expression: sp.Expr, kept: Collection[sp.Basic] = ()) -> sp.Expr:
        """The expression itself."""
        del kept
        return expression


def _with_memory(relation: Relation, model: JumpModel) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """left - right of an equation with a fractional derivative in time, what is of an order in time on the left."""
    name = density_calls(relation, model)[0].func.__name__
    try:
        found = claimed_terms(relation, model, _AsWritten(model, Quantities(model, None), {}))
    except MissingQuantityError as error:
        raise NotYetError(str(error), where=WHERE) from None
    for coefficient in found.values():
        _check_determined(coefficient, model)
    terms = [(Term(c, name, k.space, k.time, k.fractional, caputo=k.caputo, memory=k.memory)) for k, c in found.items()]
    left = tuple(t for t in terms if t.caputo is not None or t.time)
    return left, tuple(replace(t, coefficient=-t.coefficient) for t in terms if t not in left)


def _check_determined(coefficient: sp.Expr, model: JumpModel, densities: Collection[str] = ()) -> None:
    known = {p.symbol for p in model.parameters} | {*model.coordinate_symbols, model.time}
    names = sorted(str(s) for s in coefficient.free_symbols - known)
    functions = {f.name for f in model.functions} | set(densities)
    names += sorted(c.func.__name__ for c in coefficient.atoms(AppliedUndef) if c.func.__name__ not in functions)
    if names:
        guess = did_you_mean(names[0], {p.name for p in model.parameters} | functions)
        raise UsageError(f"the coefficient '{names[0]}' is undetermined: the model says nothing of it", where=WHERE,
                         instead=f"write it in the model's parameters, as in ell**2/(2*tau); {guess}")  # fmt: skip
    if coefficient.has(sp.zoo, sp.nan, sp.I):
        raise UsageError(f"the coefficient '{coefficient}' is no real number", where=WHERE)


def check_well_posed(equation: EvolutionEquation, model: JumpModel, base: BaseValues) -> None:
    """Raises :class:`UsageError` where short waves grow without bound at every place and time that was looked at.

    Truncated expansions (derivatives beyond the second) are tested as expansions for long waves, and let through.
    """
    terms = (*equation.left, *equation.right)
    if max(sum(t.space) for t in terms) > 2:
        return
    generator = random.Random(0)
    with mpmath.workdps(40):
        places = [{x: mpmath.mpf(generator.randint(-99, 99)) / 100 for x in equation.coordinates} for _ in range(6)]
        steady = not any(model.time in t.coefficient.free_symbols for t in terms)
        places = [here | {model.time: mpmath.mpf(generator.randint(1, 99)) / 20} for here in places]
        sizes = (mpmath.mpf(1), mpmath.mpf(1) / 8)  # of open functions: biases, for one, are at most one
        tried = [(places[0], sizes[0])] if equation.is_homogeneous and steady else itertools.product(places, sizes)
        if all(_explodes(equation, base, *one) for one in tried):
            raise UsageError("the equation is ill-posed: short waves grow without bound (negative diffusion)", where=WHERE,
                             instead="check the sign of the highest derivative")  # fmt: skip


def _explodes(
    equation: EvolutionEquation, base: BaseValues, here: dict[sp.Symbol, mpmath.mpf], most: mpmath.mpf
) -> bool:
    values = base.numbers() | here

    def call(e: AppliedUndef, orders: tuple[int, ...]) -> mpmath.mpf:
        return most * smooth_stand_in(e, orders)

    left, right = (NumericTerms(side, values, calls=call) for side in (equation.left, equation.right))

    def fastest(length: mpmath.mpf, direction: tuple[mpmath.mpf, ...]) -> mpmath.mpf:
        wave = tuple(length * e for e in direction)
        pairs = [*left.values(wave), *((-value, time) for value, time in right.values(wave))]
        coefficients = polynomial(pairs)
        while len(coefficients) > 1 and coefficients[-1] == 0:
            coefficients.pop()
        if len(coefficients) < 2:
            return mpmath.mpf(0)
        roots = mpmath.polyroots(coefficients[::-1], maxsteps=400, extraprec=400)
        return max(root.real for root in roots)

    size = len(equation.coordinates)
    directions = [tuple(mpmath.mpf(i == j) for j in range(size)) for i in range(size)]
    directions += [(mpmath.mpf(1),) * size, tuple(mpmath.mpf((-1) ** j) for j in range(size))]
    for direction in directions:
        slow, fast = (fastest(mpmath.mpf(10) ** n, direction) for n in (8, 12))
        if fast > 0 and fast > 10 * abs(slow):
            return True
    return False

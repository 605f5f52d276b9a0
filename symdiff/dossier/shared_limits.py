"""Do two models share a limit? Their equations compared regime by regime, symbols matched by the role that they play.

The coefficients need not be the same expressions: two walks with free rates share the diffusion equation when their D are
set equal. Such conditions are listed, solved where they are algebraic, and put into the next terms, so that the order at
which the models part is that of models with the same limit.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, compare
from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.shared_conditions import Samples, solved_conditions
from symdiff.equations.evolution_equation import Term, fractional_name
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.scaling_path import draw_values

Key = tuple[Any, ...]  # row, density, derivatives in space, in time, fractional power
Table = dict[Key, sp.Expr]
MOST_SAMPLES = 8


@dataclass(frozen=True)
class Difference:
    """One term in which two limits differ, by the derivative that it has."""

    term: str
    first: sp.Expr
    second: sp.Expr


@dataclass(frozen=True)
class SharedLimit:
    """Two regimes held against each other.

    ``verdict`` is "same", "same-if" (under ``conditions``, pairs of coefficients that must be equal), "different" or
    "undecided"; ``parts_at`` the first power of eps at which the next terms differ, None where they agree below ``known``.
    """

    first: str
    second: str
    verdict: str
    conditions: tuple[Difference, ...]
    solved: tuple[tuple[str, sp.Expr], ...]
    parts_at: Fraction | None
    known: Fraction | None
    differences: tuple[Difference, ...]
    why: str


@dataclass(frozen=True)
class ModelComparison:
    """All pairs of regimes, and which name of the second model stands for which of the first."""

    symbols: tuple[tuple[str, str], ...]
    pairs: tuple[SharedLimit, ...]

    @property
    def shared(self) -> bool | None:
        """Whether some pair of regimes has one equation; None where that is open."""
        verdicts = {p.verdict for p in self.pairs}
        if verdicts & {"same", "same-if"}:
            return True
        return None if "undecided" in verdicts else False


def compare_models(
    first: Derivation,
    second: Derivation,
    order: int | None = None,
    deeper: Callable[[int], tuple[Derivation, Derivation]] | None = None,
) -> ModelComparison:
    """Hold every limit of one model against every limit of the other.

    Where two limits are the same and their next terms agree, terms up to ``order`` (as in ``derive``) are taken from
    ``deeper``, which derives both models to a given order. Raises :class:`UsageError` for models of different dimension.
    """
    a, b = first.model, second.model
    for model in (a, b):
        refuse_in_space(model, "comparisons")
    if a.dimension != b.dimension:
        raise UsageError(
            f"one model has {a.dimension} coordinates, the other {b.dimension}: they share no equation", where="compare"
        )
    names = _matched(a, b)
    translate = _translation(a, b, names)
    free = {s for p in b.parameters for s in [translate(p.symbol)]} - {p.symbol for p in a.parameters}
    samples = _samples(a, b, translate)
    pairs = []

    def held(left: ContinuumLimit, right: ContinuumLimit) -> SharedLimit:
        found = _pair(left, right, translate, free, samples)
        return found if deeper is None or order is None else _further(found, left, right, translate, order, deeper)

    for left in first.limits:
        for right in second.limits:
            if left.regime.name == right.regime.name and left.ranges and right.ranges and left.case != right.case:
                continue  # other values of the parameters
            alike = left.regime.origin == right.regime.origin == "long-wave"
            if (
                alike
                or "long-wave" not in (left.regime.origin, right.regime.origin)
                or left.regime.name == right.regime.name
            ):
                pairs.append(held(left, right))
    if not any(p.verdict in ("same", "same-if") for p in pairs):
        pairs += [held(left, right) for left in first.limits for right in second.limits
                  if (left.regime.origin == "long-wave") != (right.regime.origin == "long-wave")]  # fmt: skip
    return ModelComparison(tuple(sorted(names.items())), tuple(pairs))


# --- roles of symbols ---------------------------------------------------------------------------------------------


def _roles(model: JumpModel) -> dict[sp.Symbol, str]:
    """What every parameter is, by where it stands: time step, length (of a displacement), rate."""
    found: dict[sp.Symbol, str] = {}
    for p in model.parameters:
        if p.symbol == model.time_step:
            found[p.symbol] = "time"
        elif any(p.symbol in d.free_symbols for j in model.jumps for d in j.displacement):
            found[p.symbol] = "length"
        else:
            found[p.symbol] = "rate"
    return found


def _matched(a: JumpModel, b: JumpModel) -> dict[str, str]:
    """Names of ``b`` that stand for names of ``a``: of the same name and role, else the only ones left of a role."""
    first, second = _roles(a), _roles(b)
    names = {
        s.name: s.name for s, role in second.items() if any(t.name == s.name and r == role for t, r in first.items())
    }
    for role in ("time", "length"):
        left = [s.name for s, r in first.items() if r == role and s.name not in names.values()]
        right = [s.name for s, r in second.items() if r == role and s.name not in names]
        if len(left) == len(right) == 1:
            names[right[0]] = left[0]
    functions = [f.name for f in a.functions if f.name not in {g.name for g in b.functions}]
    others = [f.name for f in b.functions if f.name not in {g.name for g in a.functions}]
    if len(functions) == len(others) == 1:
        names[others[0]] = functions[0]
    return names


def _translation(a: JumpModel, b: JumpModel, names: dict[str, str]) -> Callable[[sp.Expr], sp.Expr]:
    """Expressions of ``b`` in the symbols of ``a``; a name that means something else there gets a prime."""
    known = {p.name: p.symbol for p in a.parameters}
    change: dict[sp.Basic, sp.Basic] = dict(zip(b.coordinate_symbols, a.coordinate_symbols, strict=True))
    for p in b.parameters:
        if p.name in names:
            change[p.symbol] = known[names[p.name]]
        elif p.name in known or p.name in a.coordinates:
            change[p.symbol] = sp.Symbol(f"{p.name}_2", **p.symbol.assumptions0)
    functions = {g: names[g] for g in (f.name for f in b.functions) if g in names}
    if len(a.density_names) == len(b.density_names):
        functions |= dict(zip(b.density_names, a.density_names, strict=True))

    def translate(expression: sp.Expr) -> sp.Expr:
        moved = expression.xreplace(change)
        calls = [f for f in moved.atoms(AppliedUndef) if f.func.__name__ in functions]
        return moved.xreplace({f: sp.Function(functions[f.func.__name__])(*f.args) for f in calls}) if calls else moved

    return translate


def _samples(a: JumpModel, b: JumpModel, translate: Callable[[sp.Expr], sp.Expr]) -> Samples:
    """Values that both models allow, to tell a root that can be positive from one that cannot."""
    found = []
    for seed in range(MOST_SAMPLES):
        second = {translate(s): v for s, v in draw_values(b, random.Random(seed)).items()}
        values = second | draw_values(a, random.Random(seed))
        found.append({s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()})
    return found


# --- tables of terms ----------------------------------------------------------------------------------------------


def _same(value: sp.Expr) -> sp.Expr:
    return value


def _add(
    table: Table, term: Term, row: int, names: dict[str, int], sign: int, translate: Callable[[sp.Expr], sp.Expr]
) -> None:
    key = (row, names.get(term.density, term.density), term.space, term.time, term.fractional, term.caputo, term.memory)
    table[key] = table.get(key, sp.Integer(0)) + sign * term.sign * translate(term.coefficient)


def _rows(limit: ContinuumLimit) -> dict[str, int]:
    return {e.density: n for n, e in enumerate(limit.equations)}


def _kept(limit: ContinuumLimit, translate: Callable[[sp.Expr], sp.Expr]) -> Table:
    table: Table = {}
    for row, equation in enumerate(limit.equations):
        for sign, terms in ((-1, equation.left), (1, equation.right)):
            for term in terms:
                _add(table, term, row, _rows(limit), sign, translate)
    return table


def _discarded(limit: ContinuumLimit, power: Fraction, translate: Callable[[sp.Expr], sp.Expr]) -> Table:
    table: Table = {}
    for part in limit.discarded:
        if part.power == power:
            for term in part.terms:
                _add(table, term, _rows(limit).get(part.density, 0), _rows(limit), 1, translate)
    return table


def _named(key: Key, limit: ContinuumLimit) -> str:
    row, of, space, time, fractional, caputo, memory = key
    letters = [c.name * n for c, n in zip(limit.coordinates, space, strict=True)] + ["t" * time]
    density = limit.equations[of].density if isinstance(of, int) else of
    words = "".join(letters)
    extra = "".join(f" ({x})" for x in (caputo, memory) if x is not None)
    broken = "" if fractional is None else f"{fractional_name(fractional)} "
    return (
        f"{f'd_{words} ' if words else ''}{broken}{density}{extra}".strip()
        or f"source of {limit.equations[row].density}"
    )


def _differences(a: Table, b: Table, limit: ContinuumLimit) -> tuple[list[Difference], bool]:
    """The terms that are not proved equal, and whether one of them is only undecided."""
    found, open_ = [], False
    for key in sorted(a.keys() | b.keys(), key=str):
        left, right = a.get(key, sp.Integer(0)), b.get(key, sp.Integer(0))
        answer = compare(left, right, limit.coordinates).answer if left != right else Answer.PROVED
        if answer is not Answer.PROVED:
            found.append(Difference(_named(key, limit), left, right))
            open_ = open_ or answer is Answer.UNDECIDED
    return found, open_


# --- one pair of regimes ------------------------------------------------------------------------------------------


def _pair(
    a: ContinuumLimit,
    b: ContinuumLimit,
    translate: Callable[[sp.Expr], sp.Expr],
    free: set[sp.Symbol],
    samples: Samples,
) -> SharedLimit:
    def verdict(name: str, why: str, **more: Any) -> SharedLimit:
        rest = {"conditions": (), "solved": (), "parts_at": None, "known": None, "differences": ()} | more
        return SharedLimit(a.title, b.title, name, why=why, **rest)

    if not a.equations or not b.equations or len(a.equations) != len(b.equations):
        return verdict("different", f"{len(a.equations)} and {len(b.equations)} equations close")
    conditions, open_ = _differences(_kept(a, _same), _kept(b, translate), a)
    solved: dict[sp.Symbol, sp.Expr] = {}
    if conditions:
        densities = {e.density for e in a.equations}
        unknown = {f.func.__name__ for c in conditions for f in (c.first - c.second).atoms(AppliedUndef)} - densities
        if open_ or unknown:
            why = (
                f"they are the same only for a suitable {', '.join(sorted(unknown))}"
                if unknown
                else "whether the coefficients are equal is open"
            )
            return verdict("undecided", why, differences=tuple(conditions))
        found = solved_conditions(
            [c.first - c.second for c in conditions], free, (*a.coordinates, sp.Symbol("t", real=True)), samples
        )
        if found is None:
            return verdict("undecided", "whether values of the parameters make the coefficients equal is open",
                           differences=tuple(conditions))  # fmt: skip
        if not found:
            return verdict(
                "different", "no values of the parameters make the equations the same", differences=tuple(conditions)
            )
        solved = found
    known = _known(a, b)
    power, differences = _parting(a, b, known, solved, translate)
    return verdict(
        "same-if" if conditions else "same", _spoken(power, known, solved) + _walls(a, b), conditions=tuple(conditions), parts_at=None if power is None else _whole(power), known=known,
        solved=tuple((str(s), v) for s, v in solved.items()), differences=differences,
    )  # fmt: skip


def _walls(a: ContinuumLimit, b: ContinuumLimit) -> str:
    return "; conditions at walls are not compared" if a.boundary_conditions or b.boundary_conditions else ""


def _parting(
    a: ContinuumLimit,
    b: ContinuumLimit,
    known: Fraction,
    solved: dict[sp.Symbol, sp.Expr],
    translate: Callable[[sp.Expr], sp.Expr],
) -> tuple[Fraction | None, tuple[Difference, ...]]:
    """The first power below ``known`` at which the discarded terms differ, and the terms that do."""
    for power in sorted({d.power for d in (*a.discarded, *b.discarded) if d.power < known}):
        left = {k: v.xreplace(solved) for k, v in _discarded(a, power, _same).items()}
        right = {k: v.xreplace(solved) for k, v in _discarded(b, power, translate).items()}
        differences, _ = _differences(left, right, a)
        if differences and not _same_in_all(a, b, power, solved, translate):
            return power, tuple(differences)
    return None, ()


def _further(
    found: SharedLimit,
    a: ContinuumLimit,
    b: ContinuumLimit,
    translate: Callable[[sp.Expr], sp.Expr],
    order: int,
    deeper: Callable[[int], tuple[Derivation, Derivation]],
) -> SharedLimit:
    """The same pair with further terms, until they differ or ``order`` is reached; found regimes have none further."""
    leading = {0 if x.regime.origin == "long-wave" else x.kept_power for x in (a, b)}
    if found.known is None or found.parts_at is not None or len(leading) > 1:
        return found
    (base,), symbols = leading, {s.name: s for x in (a, b) for s in _symbols(x, translate)}
    solved = {symbols[name]: value for name, value in found.solved if name in symbols}
    known = found.known
    while (step := known - base) <= order and step == int(step):
        try:
            limits = [d.limit(x.regime.name) for d, x in zip(deeper(int(step)), (a, b), strict=True)]
        except (SymdiffError, KeyError) as error:
            why = f"{found.why} ({error.message if isinstance(error, SymdiffError) else 'further terms do not exist'})"
            return replace(found, why=why)
        left, right = limits
        if min(left.kept_power, right.kept_power) < known:
            return found
        one = {k: v.xreplace(solved) for k, v in _kept(left, _same).items()}
        two = {k: v.xreplace(solved) for k, v in _kept(right, translate).items()}
        differences, _ = _differences(one, two, left)
        power: Fraction | None = known
        if not differences:
            known = _known(left, right)
            power, rest = _parting(left, right, known, solved, translate)
            differences = list(rest)
        why = _spoken(power, known, solved) + _walls(a, b)
        found = replace(found, known=known, differences=tuple(differences), why=why,
                        parts_at=None if power is None else _whole(power))  # fmt: skip
        if power is not None:
            return found
    return found


def _symbols(limit: ContinuumLimit, translate: Callable[[sp.Expr], sp.Expr]) -> set[sp.Symbol]:
    coefficients = [t.coefficient for e in limit.equations for t in (*e.left, *e.right)]
    return {s for c in coefficients for s in c.free_symbols | translate(c).free_symbols if isinstance(s, sp.Symbol)}


def _same_in_all(
    a: ContinuumLimit,
    b: ContinuumLimit,
    power: Fraction,
    solved: dict[sp.Symbol, sp.Expr],
    translate: Callable[[sp.Expr], sp.Expr],
) -> bool:
    """Whether the terms of one power are the same when written out: those of crowds may be grouped in another way."""

    def total(limit: ContinuumLimit, density: str, change: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        terms = [t for d in limit.discarded if d.power == power and d.density in ("", density) for t in d.terms]
        shown = (change(t.expression(limit.coordinates, sp.Symbol("t", real=True))) for t in terms)
        return sp.Add(*shown).xreplace(solved).doit().expand()

    if all(t.density for x in (a, b) for d in x.discarded for t in d.terms):
        return False
    return all(
        total(a, e.density, _same) == total(b, f.density, translate)
        for e, f in zip(a.equations, b.equations, strict=True)
    )


def _spoken(power: Fraction | None, known: Fraction, solved: dict[sp.Symbol, sp.Expr]) -> str:
    open_ = [str(s) for s, v in solved.items() if s.is_positive and not v.is_positive]
    where = f"where {', '.join(open_)} so found {'are' if len(open_) > 1 else 'is'} positive: " if open_ else ""
    if power is None:
        return where + f"no difference below eps**{known}"
    return where + f"they part at eps**{_whole(power)}" + (" log(1/eps)" if _whole(power) != power else "")


def _whole(power: Fraction) -> Fraction:
    """The power of a term without the thousandth by which a logarithm beside it is kept below."""
    return power.limit_denominator(100)


def _known(a: ContinuumLimit, b: ContinuumLimit) -> Fraction:
    powers = [x.remainder_power for x in (a, b) if x.remainder_power.is_Rational]
    return min((Fraction(int(p.p), int(p.q)) for p in powers), default=max(a.kept_power, b.kept_power))

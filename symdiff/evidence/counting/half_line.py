"""Recurrences for walks on a half-line, for any steps, drift and rule at the wall: guessed, and decided by finitely many numbers.

In several dimensions for walks to any end, which are seen in their distance to the wall. See ``half_line_check`` for the proof.
Source: C. Banderier, P. Flajolet, Theoretical Computer Science 281 (2002), 37 (the kernel method).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import UsageError
from symdiff.evidence.counting.guessing import Coefficients, guess
from symdiff.evidence.counting.half_line_check import MOST_TERMS, deciding_number, half_line_recurrence_holds
from symdiff.evidence.counting.lattice import dot, hermite_basis
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence, initial_terms
from symdiff.evidence.counting.state_recurrence import not_proved
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.terrain import Place, WalledSteps
from symdiff.evidence.counting.unrolled import normals_of, polynomials_of

_TERMS = ((40, 24), (80, 60), (160, 130), (320, 260))
_MOST_PLACES = 60
_MOST_TERMS = 900  # from which a recurrence is guessed
Row = dict[int, int]


@dataclass(frozen=True, eq=False)
class HalfLineRecurrence(ProvedRecurrence):
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0, a(n) the walks of n steps on 0, 1, 2, ... from ``start`` to ``end`` (None: any).

    ``rows``: place -> weight for each of the first places, which differ from those further on (``row``: step -> weight). Numbers are
    numerators over ``scale``^n. See ``half_line_check`` for the proof: the recurrence holds as far as ``deciding`` numbers go.
    """

    row: Row
    rows: tuple[Row, ...]
    start: int
    end: int | None
    scale: int
    fractions: bool
    site: Vector | None
    coefficients: Coefficients
    initial: tuple[int, ...]

    @property
    def denominator(self) -> int:
        return self.scale

    @property
    def weighted(self) -> bool:
        return self.fractions

    @property
    def deciding(self) -> int:
        """As many numbers decide whether the recurrence holds."""
        return deciding_number(self.row, self.rows, self.start, self.end, self.coefficients)

    def holds(self) -> bool:
        """Whether the independent checker accepts the recurrence."""
        return half_line_recurrence_holds(self.row, self.rows, self.start, self.end, self.coefficients)

    def proof_size(self) -> tuple[int, int]:
        """The number of numbers that decide, and of decimal digits in the coefficients."""
        return self.deciding, sum(len(str(abs(v))) for c in self.coefficients for v in c)


def half_line_recurrence(walk: WalledSteps, start: Place, lasts: Sequence[Place] | None) -> HalfLineRecurrence | None:
    """The recurrence; None where the walk is none on a half-line, or leads to one site in more than one dimension.

    Raises :class:`NotYetError`, with the guess, where too many numbers would have to be looked at.
    """
    seen = _seen_from_the_wall(walk)
    if seen is None or (lasts is not None and walk.dimension > 1):
        return None
    form, low, row, rows, scale = seen
    first = dot(form, start[0]) - low
    end = None if lasts is None else dot(form, lasts[0][0]) - low
    pitch = math.gcd(*row)
    if not rows and pitch > 1:  # every second place, for example, is never met
        if end is not None and (end - first) % pitch:
            raise UsageError("no walk leads there", where="--recurrence", instead="an end that can be reached")
        row = {s // pitch: w for s, w in row.items()}
        first, end = first // pitch, None if end is None else end // pitch
    site = None if lasts is None else lasts[0][0]
    guessed: Coefficients | None = None
    early = _numbers(row, rows, first, end, _TERMS[0][0])
    if not any(early):
        raise UsageError(f"no walk of up to {_TERMS[0][0]} steps leads there", instead="a site that can be reached")
    period = math.gcd(*(n - next(m for m, v in enumerate(early) if v) for n, v in enumerate(early) if v)) or 1
    for terms, unknowns in _TERMS:
        if terms * period > _MOST_TERMS:
            break
        values = _numbers(row, rows, first, end, terms * period)
        coefficients = guess(values, unknowns)
        if coefficients is None:
            continue
        guessed = coefficients
        if deciding_number(row, rows, first, end, coefficients) > MOST_TERMS:
            break
        found = HalfLineRecurrence(
            row, rows, first, end, scale, walk.weighted, site, coefficients, initial_terms(coefficients, values)
        )
        if found.holds():
            return found
    raise not_proved(guessed)


def _seen_from_the_wall(walk: WalledSteps) -> tuple[Vector, int, Row, tuple[Row, ...], int] | None:
    """(form of the distance, that of the first place, row further on, rows of the first places, common denominator)."""
    form = _one_form(walk)
    if form is None or not isinstance(walk.steps, StepSet) or walk.terrain.periods or any(walk.terrain.factors):
        return None
    longest = max(abs(dot(form, t.step)) for t in walk.machine.transitions)
    roots = []
    for polynomial in polynomials_of(walk.terrain):
        normal, constant = polynomial.affine(walk.dimension)
        if any(normal):
            axis = next(i for i, f in enumerate(form) if f)
            roots.append(Fraction(-constant * form[axis], normal[axis]))
    for sign in (1, -1):
        found = _one_side(walk, tuple(sign * f for f in form), [sign * r for r in roots], longest)
        if found is not None:
            return found
    return None


def _one_form(walk: WalledSteps) -> Vector | None:
    """The primitive form that all walls and conditions depend on; None where there are several."""
    basis = hermite_basis(normals_of(walk.terrain, walk.dimension))
    if len(basis) != 1 or not all(p.linear for p in polynomials_of(walk.terrain)):
        return None
    common = math.gcd(*basis[0])
    return tuple(x // common for x in basis[0])


def _one_side(
    walk: WalledSteps, form: Vector, roots: Sequence[Fraction], longest: int
) -> tuple[Vector, int, Row, tuple[Row, ...], int] | None:
    """Where the walk cannot get below the walls: as above, with the distance measured upwards."""
    units = [tuple(int(i == j) for j in range(walk.dimension)) for i in range(walk.dimension)]
    lift = next(row[1:] for row in hermite_basis((f, *u) for f, u in zip(form, units, strict=True)) if row[0])
    lift = tuple(x * dot(form, lift) for x in lift)  # one unit along the form
    regular = math.floor(max(roots)) + longest + 1
    lowest = math.ceil(min(roots)) - 1

    def row_of(height: int) -> dict[int, Fraction]:
        site = tuple(height * x for x in lift)
        if not walk.terrain.inside(site, 0):
            return {}
        found: dict[int, Fraction] = {}
        for (there, _), weight in walk.arcs((site, 0)):
            found[dot(form, there)] = found.get(dot(form, there), Fraction(0)) + weight
        return {h: w for h, w in found.items() if w}

    general = {h - regular: w for h, w in row_of(regular).items()}
    if not general or min(general) >= 0 or max(general) <= 0:
        return None
    places = [h for h in range(lowest, regular) if walk.terrain.inside(tuple(h * x for x in lift), 0)]
    low = places[0] if places else regular
    if low == lowest or regular - low > _MOST_PLACES:  # below all conditions and inside: no wall is there
        return None
    rows = [{h - low: w for h, w in row_of(g).items()} for g in range(low, regular)]
    while rows and rows[-1] == {h: w for s, w in general.items() if (h := len(rows) - 1 + s) >= 0}:
        rows.pop()
    scale = math.lcm(*(w.denominator for row in (general, *rows) for w in row.values()))
    whole = [{h: int(w * scale) for h, w in row.items()} for row in (general, *rows)]
    return form, low, whole[0], tuple(whole[1:]), scale * walk.denominator


def _numbers(row: Row, rows: Sequence[Row], start: int, end: int | None, last: int) -> list[int]:
    """a(0), ..., a(last)."""
    layer, found = {start: 1}, []
    for _ in range(last + 1):
        found.append(sum(layer.values()) if end is None else layer.get(end, 0))
        following: Row = {}
        for place, value in layer.items():
            for there, weight in rows[place].items() if place < len(rows) else [(place + s, w) for s, w in row.items()]:
                if there >= 0:
                    following[there] = following.get(there, 0) + value * weight
        layer = following
    return found

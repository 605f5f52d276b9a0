r"""Claims about where the macroscopic equation of a population stands still, ``x^* = 1 - \gamma/\beta``, and its eigenvalues there."""

from __future__ import annotations

import re

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.limit import SystemSizeExpansion
from symdiff.continuum.stationary_points import Point, points_at_rest
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict

MARKS = ("^*", "_*", "_star", "_ss", "_eq", "_st", "_s", "^ss", "^eq", "^st", "bar")
"""What a name of a coordinate ends in where its stationary value is meant."""
EIGENVALUE = re.compile(r"lambda(?:_[+\-\d,]+|_pm)?")
FREQUENCY = re.compile(r"(?:omega|Omega)(?:_[0dc*])?")


def near_rest(claim: Claim, relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """The verdict on a claim of one of these kinds about the expansion in the size of a system; None for others."""
    system = None if arena.limit is None else arena.limit.system_size
    if system is None or relation.kind not in ("=", "approx"):
        return None
    near = _Rest(claim, arena, system)
    return near.place(relation) or near.eigenvalue(relation)


class _Rest:
    """The places at rest of a population that has the expansion ``system``, and what a claim says of them."""

    def __init__(self, claim: Claim, arena: Arena, system: SystemSizeExpansion) -> None:
        self.claim, self.arena, self.system = claim, arena, system
        named = {s.name: s for v in system.macroscopic for s in v.free_symbols}
        self.x = tuple(named.get(n, sp.Symbol(n, real=True)) for n in system.coordinates)
        self.known = {p.symbol for p in arena.model.parameters}
        self.derived = tuple((f"d{n}/dt", v) for n, v in zip(system.coordinates, system.macroscopic, strict=True))

    def _coordinate(self, side: sp.Expr) -> sp.Symbol | None:
        """The coordinate of which a name means the value at rest."""
        if not side.is_Symbol or side in self.known:
            return None
        return next((x for x in self.x if side.name in {f"{x.name}{mark}" for mark in MARKS}), None)

    def _closed(self, side: sp.Expr) -> bool:
        return not (side.free_symbols - self.known or side.atoms(AppliedUndef))

    def _answer(self, pairs: list[tuple[sp.Expr, sp.Expr]]) -> Answer:
        """Whether all pairs agree."""
        answers = [self.arena.equal(a, b).answer for a, b in pairs]
        return next((a for a in (Answer.REFUTED, Answer.UNDECIDED) if a in answers), Answer.PROVED)

    def _at(self, point: Point) -> str:
        return ", ".join(f"{x} = {point[x]}" for x in self.x)

    def _points(self) -> tuple[tuple[Point, ...], str]:
        return points_at_rest(self.x, self.system.macroscopic)

    # --- places -------------------------------------------------------------------------------------------------------

    def _given(self) -> Point:
        """What the claim says of the coordinates at rest."""
        return {
            x: r.right for r in self.claim.relations
            if (x := self._coordinate(r.left)) is not None and self._closed(r.right)
        }  # fmt: skip

    def place(self, relation: Relation) -> RegimeVerdict | None:
        """``x^* = c/b``, perhaps beside ``y^* = a/b``: whether the macroscopic equation stands still at such a place."""
        own = self._coordinate(relation.left)
        if own is None or not self._closed(relation.right):
            return None
        given = {**self._given(), own: relation.right}
        if len(given) == len(self.x):
            return self._whole_place(own, given)
        points, missing = self._points()
        answers = [self._answer([(p[x], value) for x, value in given.items()]) for p in points]
        if Answer.PROVED in answers:
            at = points[answers.index(Answer.PROVED)]
            return RegimeVerdict("", PROVED, self.derived, f"the macroscopic equation stands still at {self._at(at)}")
        if missing or Answer.UNDECIDED in answers:
            return RegimeVerdict("", UNDECIDED, self.derived, missing or "the places at rest could not be compared")
        return self._elsewhere(own, relation.right, points)

    def _whole_place(self, own: sp.Symbol, given: Point) -> RegimeVerdict:
        rates = [self.arena.equal(v.xreplace(given), sp.S.Zero) for v in self.system.macroscopic]
        wrong = next((a for a in rates if a.answer is Answer.REFUTED), None)
        if wrong is None and any(a.answer is Answer.UNDECIDED for a in rates):
            return RegimeVerdict(
                "", UNDECIDED, self.derived, "whether the macroscopic equation stands still there is open"
            )
        if wrong is None:
            return RegimeVerdict("", PROVED, self.derived, "the macroscopic equation stands still there")
        verdict = RegimeVerdict("", REFUTED, self.derived, "the macroscopic equation does not stand still there",
                                wrong.witness, wrong.left, wrong.right)  # fmt: skip
        inner = [p for p in self._points()[0] if p[own] != 0]
        return mended(verdict, given[own], inner[0][own], self.arena) if len(inner) == 1 else verdict

    def _elsewhere(self, own: sp.Symbol, claimed: sp.Expr, points: tuple[Point, ...]) -> RegimeVerdict:
        places = "; ".join(map(self._at, points)) or "nowhere"
        verdict = RegimeVerdict("", REFUTED, self.derived, f"the macroscopic equation stands still at {places}")
        inner = [p for p in points if p[own] != 0]
        return mended(verdict, claimed, inner[0][own], self.arena) if len(inner) == 1 else verdict

    # --- eigenvalues --------------------------------------------------------------------------------------------------

    def eigenvalue(self, relation: Relation) -> RegimeVerdict | None:
        r"""``\lambda = \pm i \sqrt{ac}``, ``\lambda^2 + ac = 0``, ``\omega = \sqrt{ac}``: roots of det(lambda - A) at a place at rest.

        All such relations of a claim must hold at one place.
        """
        if self._rate_in(relation) is None:
            return None
        said = [(r, name) for r in self.claim.relations if (name := self._rate_in(r)) is not None]
        points, missing = self._points()
        inner = [p for p in points if all(p[x] != 0 for x in self.x)] or list(points)
        if not inner:
            return RegimeVerdict(
                "", UNDECIDED, self.derived, missing or "the macroscopic equation stands still nowhere"
            )
        z = sp.Symbol("lambda")
        shown = tuple((f"det(lambda - A) at {self._at(p)}", self._determinant(p, z)) for p in inner)
        answers = [self._answer([pair for r, name in said for pair in self._left_over(r, name, p)]) for p in inner]
        if Answer.PROVED in answers:
            why = f"for small deviations from {self._at(inner[answers.index(Answer.PROVED)])}"
            return RegimeVerdict("", PROVED, shown, why, reservation=why)
        damped = any(FREQUENCY.fullmatch(name.name) for _, name in said) and any(self._trace(p) != 0 for p in inner)
        if missing or damped or Answer.UNDECIDED in answers:
            why = missing or ("of a damped oscillation it is not said which frequency is meant" if damped else "the eigenvalues could not be compared")  # fmt: skip
            return RegimeVerdict("", UNDECIDED, shown, why)
        return RegimeVerdict("", REFUTED, shown, "it is no eigenvalue of the linear equation there")

    def _rate_in(self, relation: Relation) -> sp.Symbol | None:
        """The one name of an eigenvalue or frequency in a relation that holds nothing else but parameters and places at rest."""
        gap = relation.left - relation.right
        stated = {n for n, _ in self.claim.statement.symbols}
        free = {s for s in gap.free_symbols - self.known if self._coordinate(s) is None}
        if len(free) != 1 or gap.atoms(AppliedUndef):
            return None
        (name,) = free
        fits = EIGENVALUE.fullmatch(name.name) or FREQUENCY.fullmatch(name.name)
        return name if fits and name.name not in stated and gap.is_polynomial(name) else None

    def _matrix(self, point: Point) -> sp.Matrix:
        return sp.Matrix([[entry.xreplace(point) for entry in row] for row in self.system.drift_matrix])

    def _trace(self, point: Point) -> sp.Expr:
        return sp.cancel(self._matrix(point).trace())

    def _determinant(self, point: Point, z: sp.Expr) -> sp.Expr:
        return sp.expand((z * sp.eye(len(self.x)) - self._matrix(point)).det(method="berkowitz"))

    def _left_over(self, relation: Relation, name: sp.Symbol, point: Point) -> list[tuple[sp.Expr, sp.Expr]]:
        """What is left of det(z - A) divided by the relation, term by term, each to be zero: all its roots are eigenvalues."""
        at = {s: point[x] for s in relation.left.free_symbols | relation.right.free_symbols if (x := self._coordinate(s)) is not None}  # fmt: skip
        gap = (relation.left - relation.right).xreplace(at)
        oscillates = FREQUENCY.fullmatch(name.name) is not None
        z = self._trace(point) / len(self.x) + sp.I * name if oscillates else name
        rest = sp.rem(self._determinant(point, z), sp.expand(gap), name)
        return [(sp.expand(c), sp.S.Zero) for c in sp.Poly(rest, name).all_coeffs()]

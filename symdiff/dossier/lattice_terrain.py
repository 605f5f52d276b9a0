"""The walls of a jump model on its lattice of sites: domains become exact conditions on whole coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting.terrain import ABSORBING, MIRROR, STAY, Condition, Polynomial, Side, Wall
from symdiff.model.boundary import Boundary, Inequality
from symdiff.model.jump_model import JumpModel

Substitution = Mapping[sp.Symbol, sp.Expr]
_DUMMIES = tuple(sp.Dummy(f"i{k}", integer=True) for k in range(8))


def space_of_sites(
    model: JumpModel, vectors: Sequence[Sequence[sp.Expr]], offset: Sequence[sp.Expr], values: Substitution
) -> dict[sp.Symbol, sp.Expr]:
    """Every coordinate as an expression of the whole numbers of a site: origin + offset + sum_j i_j vector_j."""
    origin = model.origin or (sp.Integer(0),) * model.dimension
    sites = _DUMMIES[: model.dimension]
    return {
        x: (origin[k] + offset[k] + sp.Add(*(i * v[k] for i, v in zip(sites, vectors, strict=True)))).xreplace(values)
        for k, x in enumerate(model.coordinate_symbols)
    }


def walls_of(
    model: JumpModel, values: Substitution, places: Sequence[dict[sp.Symbol, sp.Expr]],
    vectors: Sequence[Sequence[sp.Expr]], *, chances: bool,
) -> tuple[tuple[Wall, ...], tuple[tuple[int, int, int], ...]]:  # fmt: skip
    """Walls and periods; ``places``: the space of sites of every state. With ``chances`` partial walls absorb their share.

    Raises :class:`UsageError` where the place of a wall, or what it absorbs, is not known in units of the lattice.
    """
    walls: list[Wall] = []
    periods = []
    for number, boundary in enumerate(model.boundaries, start=1):
        where = f"[[boundaries]] {number}"
        if boundary.kind == "periodic":
            periods.append(_period(boundary, model, values, places, where))
            continue
        sides = []
        for space in places:
            found = []
            for side in boundary.domain:
                for gap in _without_modulus(side, where):
                    sign = ">" if gap.strict else ">="
                    polynomial = polynomial_of(gap.gap.xreplace(values).xreplace(space), model.dimension, where)
                    image = _image(polynomial, vectors, values, model, where) if boundary.rejected == MIRROR else ()
                    found.append(Side(Condition(polynomial, sign), image))
            sides.append(tuple(found))
        rule = ABSORBING if boundary.kind == "absorbing" else boundary.rejected
        same = sides[:1] if all(s == sides[0] for s in sides) else sides
        if rule == MIRROR and len(same) > 1:
            raise NotYetError("mirror images on lattices of several sites per cell are not counted yet", where=where,
                              instead='write rejected = "stay"')  # fmt: skip
        absorbed = _absorbed(boundary, values, where) if chances else Fraction(0)
        walls.append(Wall(tuple(same), {"stay": STAY, "mirror": MIRROR}.get(rule, ABSORBING), absorbed))
    return tuple(walls), tuple(periods)


def condition_of(
    gap: sp.Expr, sign: str, values: Substitution, space: Mapping[sp.Symbol, sp.Expr], dimension: int, where: str
) -> tuple[Condition, ...]:
    """``gap sign 0`` as a condition on whole coordinates."""
    if sign in ("<", "<="):
        gap, sign = -gap, sign.replace("<", ">")
    return (Condition(polynomial_of(gap.xreplace(values).xreplace(space), dimension, where), sign.replace("==", "=")),)


def polynomial_of(gap: sp.Expr, dimension: int, where: str) -> Polynomial:
    """A gap as a polynomial of the site up to a positive factor, with coefficients a + b sqrt(c)."""
    sites = _DUMMIES[:dimension]
    try:
        terms = sp.Poly(sp.expand(gap), *sites).terms()
    except sp.PolynomialError:
        raise NotYetError(f"a wall that is no polynomial in the coordinates ({gap}) is not counted yet", where=where,
                          instead="polynomials, as in x**2 + y**2 < 25") from None  # fmt: skip
    terms = [(e, c) for e, c in terms if c != 0]
    unit = next((c for _, c in terms if not c.is_number), sp.Integer(1))
    if not unit.is_positive:
        if not unit.is_negative:
            raise _unknown(unit, where)
        unit = -unit
    found, radicand = [], 0
    for exponents, coefficient in terms:
        ratio = sp.radsimp(sp.cancel(coefficient / unit)) if unit != 1 else sp.radsimp(coefficient)
        a, b, c = _surd(ratio, where)
        if c and radicand not in (0, c):
            raise NotYetError(f"a wall with two different roots ({gap}) is not counted yet", where=where)
        radicand = c or radicand
        found.append((tuple(int(e) for e in exponents), a, b))
    return Polynomial(tuple(found), radicand)


def _surd(value: sp.Expr, where: str) -> tuple[Fraction, Fraction, int]:
    """value = a + b sqrt(c)."""
    a, b, c = Fraction(0), Fraction(0), 0
    for term in sp.Add.make_args(sp.expand(value)):
        factor, root = term.as_coeff_Mul()
        if not factor.is_Rational:
            raise _unknown(value, where)
        share = Fraction(int(factor.p), int(factor.q))
        if root == 1:
            a += share
        elif root.is_Pow and root.exp == sp.Rational(1, 2) and root.base.is_Integer and c in (0, int(root.base)):
            b, c = b + share, int(root.base)
        else:
            raise _unknown(value, where)
    return a, b, c


def _unknown(value: sp.Expr, where: str) -> UsageError:
    names = ", ".join(sorted(str(s) for s in value.free_symbols if s not in _DUMMIES))
    if not names:
        return UsageError(f"the wall stands at {value} lattice units, whose sign is not decided exactly", where=where)
    return UsageError(f"where the wall stands in lattice units depends on {names}", where=where,
                      instead=f"give values, as in --set {names.split(', ')[0]}=5, in units of the spacing")  # fmt: skip


def _without_modulus(side: Inequality, where: str) -> list[Inequality]:
    """``L - Abs(x) > 0`` as L - x > 0 and L + x > 0."""
    moduli = sorted(side.gap.atoms(sp.Abs), key=str)
    if not moduli:
        return [side]
    modulus = moduli[0]
    size = sp.Dummy("u")
    if not side.gap.xreplace({modulus: size}).diff(size).is_negative:
        raise NotYetError(f"'{side.as_text()}' is a union of domains, which is not counted yet", where=where)
    halves = [side.gap.xreplace({modulus: sign * modulus.args[0]}) for sign in (1, -1)]
    return [g for half in halves for g in _without_modulus(Inequality(half, side.strict), where)]


def _image(
    polynomial: Polynomial, vectors: Sequence[Sequence[sp.Expr]], values: Substitution, model: JumpModel, where: str
) -> tuple[Fraction, ...]:
    """d with: the mirror image of the site i is i - 2 g(i) d, in the true metric of space."""
    if not polynomial.linear:
        raise NotYetError(
            "mirror images in this wall are not counted yet", where=where, instead='write rejected = "stay"'
        )
    normal, _ = polynomial.affine(model.dimension)
    slopes = [next((a for e, a, _ in polynomial.terms if e == _unit(k, model.dimension)), Fraction(0))
              for k in range(model.dimension)]  # fmt: skip
    axes = [k for k, c in enumerate(normal) if c]
    orthogonal = all(not v[j] for k, v in enumerate(vectors) for j in range(model.dimension) if j != k)
    if orthogonal and len(axes) == 1:
        return tuple(1 / slopes[k] if k in axes else Fraction(0) for k in range(model.dimension))
    lengths = [v[k].xreplace(values) for k, v in enumerate(vectors)]
    if not orthogonal or any(sp.cancel(length / lengths[0]) != 1 for length in lengths):
        raise NotYetError("mirror images in an oblique wall of this lattice are not counted yet", where=where,
                          instead='write rejected = "stay"')  # fmt: skip
    square = sum(c * c for c in slopes)
    return tuple(c / square for c in slopes)


def _unit(k: int, dimension: int) -> tuple[int, ...]:
    return tuple(int(i == k) for i in range(dimension))


def _absorbed(boundary: Boundary, values: Substitution, where: str) -> Fraction:
    """The probability with which a partial wall absorbs."""
    if boundary.kind != "partial" or boundary.probability is None:
        return Fraction(0)
    value = boundary.probability.xreplace(values)
    if not value.is_Rational:
        names = ", ".join(sorted(str(s) for s in value.free_symbols)) or str(value)
        raise UsageError(f"what the wall absorbs depends on {names}", where=where, instead="give values with --set")
    return Fraction(int(value.p), int(value.q))


def _period(
    boundary: Boundary, model: JumpModel, values: Substitution, places: Sequence[dict[sp.Symbol, sp.Expr]], where: str
) -> tuple[int, int, int]:
    """Axis, first site and number of sites of ``0 <= x < L``."""
    if len(places) > 1 and any(p != places[0] for p in places):
        raise NotYetError("periods on lattices of several sites per cell are not counted yet", where=where)
    polynomials = [
        polynomial_of(s.gap.xreplace(values).xreplace(places[0]), model.dimension, where) for s in boundary.domain
    ]
    if not all(p.linear for p in polynomials):
        raise NotYetError("this period is not counted yet", where=where)
    planes = [p.affine(model.dimension) for p in polynomials]
    axes = {k for normal, _ in planes for k, c in enumerate(normal) if c}
    if len(axes) != 1:
        raise NotYetError("a period along no axis of the lattice is not counted yet", where=where)
    axis = axes.pop()
    (low_slope, low), (high_slope, high) = sorted(((n[axis], c) for n, c in planes), reverse=True)
    first, last = Fraction(-low, low_slope), Fraction(high, -high_slope)
    if (last - first).denominator != 1 or last <= first:
        raise UsageError(f"the period is {last - first} lattice units", where=where, instead="a whole number of sites")
    begin = -(-first.numerator // first.denominator)  # the first site at or after the beginning
    return axis, begin, int(last - first)


def ratio_of(
    weight: sp.Expr, values: Substitution, space: Mapping[sp.Symbol, sp.Expr], dimension: int
) -> tuple[Polynomial, Polynomial] | None:
    """A weight that depends on place as a ratio of polynomials of the site; None where it is not one with known numbers."""
    if weight.has(AppliedUndef, sp.Derivative):
        return None
    found: list[Polynomial] = []
    for part in sp.fraction(sp.cancel(sp.together(weight.xreplace(values).xreplace(space)))):
        try:
            terms = sp.Poly(sp.expand(part), *_DUMMIES[:dimension]).terms()
        except sp.PolynomialError:
            return None
        if any(not c.is_Rational for _, c in terms):
            return None
        found.append(
            Polynomial(tuple((tuple(map(int, e)), Fraction(int(c.p), int(c.q)), Fraction(0)) for e, c in terms))
        )
    return found[0], found[1]

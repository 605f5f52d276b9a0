"""The layer next to a wall, solved: what decays into the domain, fitted to the sites at the wall.

Sites are counted inwards from the first one inside, n = 1; W_r holds the rates of jumps by r sites inwards, from the state of the
column to that of the row. Far inside sum_r W_r u(n - r) = (out) u(n) is solved by u = r (A + n) + s + sum_i c_i y_i z_i^n with
G r = 0, sum r = 1, G s = sum_r r W_r r, sum s = 0 and the roots 0 < |z_i| < 1 of det(sum_r W_r z^-r - out) = 0. The sites next to the
wall are unknowns of their own; each of them is balanced with what the wall does to jumps outside (absorbed, refused, mirrored). So

    the density vanishes at n = -A;

and with no absorption and u -> r far inside, sum_n (sum u(n) - 1) is the excess that shifts a reflecting wall, and what tries to leave
is the flux that weak absorption takes its share of. Walkers that move at velocities V and switch by G: V u' = G u, e^(l x) for z^n,
u_i = 0 at an absorbing wall where V_i leads inside; states at rest are in balance with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import mpmath
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from symdiff.continuum.wall_numbers import (
    DIGITS,
    OPEN,
    Row,
    matrix_at,
    null_in_numbers,
    rational,
    roots_of,
    shown_number,
    solve_in_numbers,
)
from symdiff.errors import NotYetError

MOST_EXCHANGED = 4  # states
GIVEN = "where the wall stands is found from the modes of the layer next to it, as a number of 16 digits"


@dataclass(frozen=True)
class Layer:
    """The sites next to a wall: rates by sites inwards, the share of jumps outside that is not absorbed, and where it lands.

    ``mirror`` is the number of sites from the first one inside at which a jump to the site just outside ends (None: it stays).
    """

    blocks: Mapping[int, sp.Matrix]
    kept: sp.Expr
    mirror: int | None = None

    @property
    def size(self) -> int:
        """How many states there are."""
        return int(next(iter(self.blocks.values())).rows)

    @property
    def inwards(self) -> int:
        """The longest jump inwards, in sites."""
        return max(self.blocks)

    @property
    def reach(self) -> int:
        """How many sites feel the wall."""
        if self.kept == 0:
            return max(self.inwards, 1)
        return max(self.inwards, -min(self.blocks) + (self.mirror or 0), 1)


@dataclass(frozen=True)
class Solved:
    """``offset`` A with a slope far inside; or without one the ``excess`` and what tries to leave per density, ``outflow``."""

    offset: sp.Expr | None = None
    excess: sp.Expr | None = None
    outflow: sp.Expr | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mode:
    """One decaying mode: its factor per site (its rate per length), and its vector."""

    root: Any
    vector: list[Any]


def solve_layer(layer: Layer, *, sloped: bool) -> Solved:
    """The layer exactly where its modes have a closed form, else in numbers; raises :class:`NotYetError` where neither can be."""
    if not sloped and _is_uniform(layer):
        return Solved(excess=sp.Integer(0), outflow=_outflow_of(layer, lambda n: law_of(layer)))
    if (
        not all(e.is_rational_function() for w in layer.blocks.values() for e in w)
        or not layer.kept.is_rational_function()
    ):
        raise NotYetError(OPEN)
    try:
        return _exactly(layer, sloped)
    except NotYetError:
        return _in_numbers(layer, sloped)


def is_even(layer: Layer) -> bool:
    """Whether jumps both ways are alike, after an exchange of states: then no third derivative shifts where the flux vanishes."""
    size = layer.size
    if size > MOST_EXCHANGED:
        return False
    reaches = {abs(r) for r in layer.blocks}
    empty = sp.zeros(size, size)
    pairs = [(layer.blocks.get(r, empty), layer.blocks.get(-r, empty)) for r in reaches]
    return any(
        all(sp.cancel(w[i, j] - v[p[i], p[j]]) == 0 for w, v in pairs for i in range(size) for j in range(size))
        for p in permutations(range(size))
    )


def law_of(layer: Layer) -> list[sp.Expr]:
    """The law of the states far inside."""
    from symdiff.continuum.wall_states import balanced, generator

    total = sum(layer.blocks.values(), sp.zeros(layer.size, layer.size))
    return list(balanced(generator(total, layer.size), layer.size))


def _is_uniform(layer: Layer) -> bool:
    """Whether the same density on every site is stationary, where nothing is absorbed."""
    law = law_of(layer)
    none = Layer(layer.blocks, sp.Integer(1), layer.mirror)
    for n in range(1, none.reach + 1):
        for row in _balance(none, n, lambda m: [[p] for p in law], lambda v: v):
            if sp.cancel(row[0]) != 0:
                return False
    return True


# --- the sites next to the wall ---------------------------------------------------------------------------------------


def _balance(layer: Layer, n: int, at: Callable[[int], list[Row]], number: Callable[[sp.Expr], Any]) -> list[Row]:
    """Gain minus loss of every state on site n, as linear forms in the unknowns; ``at`` gives the densities of a site as such forms."""
    here = at(n)
    rows = [[0 * c for c in form] for form in here]

    def add(i: int, factor: Any, form: Row) -> None:
        rows[i] = [a + factor * b for a, b in zip(rows[i], form, strict=True)]

    for r, block in layer.blocks.items():
        for i in range(layer.size):
            for j in range(layer.size):
                if block[i, j] == 0:
                    continue
                rate = number(block[i, j])
                if n - r >= 1:
                    add(i, rate, at(n - r)[j])
                add(j, -rate, here[j])
                if n + r <= 0 and layer.mirror is None and layer.kept != 0:
                    add(j, rate * number(layer.kept), here[j])
                source = (
                    layer.mirror + 1 - n - r if layer.mirror is not None else 0
                )  # lands on n: mirror + 1 - (source + r) = n
                if layer.mirror is not None and layer.kept != 0 and source >= 1 and source + r <= 0:
                    add(i, rate * number(layer.kept), at(source)[j])
    return rows


def _outflow_of(layer: Layer, at: Callable[[int], list[Any]], number: Callable[[sp.Expr], Any] = lambda v: v) -> Any:
    """What jumps outside per unit of time."""
    total: Any = 0
    for r, block in layer.blocks.items():
        for n in range(1, -r + 1):
            here = at(n)
            for j in range(layer.size):
                leaving = sum(block[i, j] for i in range(layer.size))
                if leaving != 0:
                    total = total + number(leaving) * here[j]
    return total


def _system(layer: Layer, modes: list[Mode], sloped: bool, free: int, number: Callable[[sp.Expr], Any]):  # type: ignore[no-untyped-def]
    """(rows of coefficients with the constant last, the forms of a site's densities): unknowns A, then c_i, then free sites."""
    law, bent = _profile(layer, sloped)
    first = 1 if sloped else 0
    columns = first + len(modes) + free * layer.size
    zero, one = number(sp.Integer(0)), number(sp.Integer(1))

    def at(n: int) -> list[Row]:
        forms = [[zero] * (columns + 1) for _ in range(layer.size)]
        for j, form in enumerate(forms):
            if n <= free:
                form[first + len(modes) + (n - 1) * layer.size + j] = one
                continue
            form[columns] = number(law[j] * n + bent[j]) if sloped else number(law[j])
            if sloped:
                form[0] = number(law[j])
            for k, mode in enumerate(modes):
                form[first + k] = mode.root**n * mode.vector[j]
        return forms

    rows = [row for n in range(1, free + layer.inwards + 1) for row in _balance(layer, n, at, number)]
    return rows, at


def _profile(layer: Layer, sloped: bool) -> tuple[list[sp.Expr], list[sp.Expr]]:
    from symdiff.continuum.wall_states import balanced, generator, response

    size = layer.size
    switching = generator(sum(layer.blocks.values(), sp.zeros(size, size)), size)
    law = balanced(switching, size)
    pushed = sum((r * w * law for r, w in layer.blocks.items()), sp.zeros(size, 1))
    bent = response(switching, pushed, size)
    return list(law), list(bent) if sloped else [sp.Integer(0)] * size


def _result(layer: Layer, found: list[Any], sloped: bool, modes: list[Mode], free: int, at: Any, number: Any) -> Solved:
    """A, or excess and outflow, of the unknowns' values."""
    if sloped:
        return Solved(offset=found[0])

    def density(n: int) -> list[Any]:
        return [
            sum((c * x for c, x in zip(form, [*found, 1], strict=True)), 0 * found[0] if found else 0) for form in at(n)
        ]

    excess: Any = sum((sum(density(n)) - 1 for n in range(1, free + 1)), 0)
    for k, mode in enumerate(modes):
        excess = excess + found[k] * sum(mode.vector) * mode.root ** (free + 1) / (1 - mode.root)
    return Solved(excess=excess, outflow=_outflow_of(layer, density, number))


# --- closed forms -----------------------------------------------------------------------------------------------------


def _exactly(layer: Layer, sloped: bool) -> Solved:
    """Over the field of rational functions; one mode may bring a square root, which stands as a symbol until the end."""
    rest, z = _rest(layer)
    root: Reciprocal | None = None
    modes: list[Mode] = []
    if rest.degree() == 1:
        simple = sp.factor(-rest.coeff_monomial(1) / rest.coeff_monomial(z))
        if _inside(simple):
            modes = [_mode(layer, simple)]
    elif rest.degree() == 2:
        layer, root = _reciprocal(layer, rest, z)
        modes = [_mode(layer, root.symbol)]
    elif rest.degree() > 2:
        raise NotYetError(OPEN)
    free = layer.reach
    rows, at = _system(layer, modes, sloped, free, lambda v: v)
    found = solve_exactly(rows)
    solved = _result(layer, found, sloped, modes, free, at, lambda v: v)

    def shown(value: sp.Expr | None) -> sp.Expr | None:
        if value is None:
            return None
        return sp.factor(sp.cancel(value)) if root is None else root.shown(value)

    return Solved(shown(solved.offset), shown(solved.excess), shown(solved.outflow))


def _rest(layer: Layer) -> tuple[sp.Poly, sp.Symbol]:
    """det(sum_r W_r z^(L - r) - out z^L) without its powers of z and its double root at one."""
    z = sp.Dummy("z")
    matrix = _symbol(layer, z) * z**layer.inwards
    determinant = sp.Poly(sp.numer(sp.together(matrix.applyfunc(sp.expand).det(method="berkowitz"))), z)
    while determinant.coeff_monomial(1) == 0 and determinant.degree() > 0:
        determinant = determinant.quo(sp.Poly(z, z))
    rest, left = determinant.div(sp.Poly((z - 1) ** 2, z))
    if any(sp.cancel(c) != 0 for c in left.all_coeffs()) or rest.is_zero:
        raise NotYetError(OPEN)
    return sp.Poly([sp.cancel(c) for c in rest.all_coeffs()], z), z


def _symbol(layer: Layer, z: Any) -> sp.Matrix:
    size = layer.size
    out = sp.diag(*(sum(w[i, j] for w in layer.blocks.values() for i in range(size)) for j in range(size)))
    return sum((w * z ** (-r) for r, w in layer.blocks.items()), sp.zeros(size, size)) - out


def _inside(root: sp.Expr) -> bool:
    """Whether abs(root) < 1; raises :class:`NotYetError` where its assumptions leave that open."""
    below, above = sp.factor(1 - root), sp.factor(1 + root)
    if below.is_positive and above.is_positive:
        return True
    if below.is_negative or above.is_negative:
        return False
    raise NotYetError(OPEN)


def _mode(layer: Layer, root: sp.Expr) -> Mode:
    null = null_vector(_symbol(layer, root))
    return Mode(root, null)


def null_vector(matrix: sp.Matrix) -> list[sp.Expr]:
    null = DomainMatrix.from_Matrix(matrix.applyfunc(sp.cancel)).to_field().nullspace().to_Matrix()
    if null.rows != 1:
        raise NotYetError(OPEN)
    return [sp.cancel(c) for c in null[0, :]]


@dataclass(frozen=True)
class Reciprocal:
    """The root Z inside of Z + 1/Z = ``total``: (total + S)/2 with S^2 = total^2 - 4 and S = ``sign`` times its positive root."""

    symbol: sp.Symbol
    total: sp.Expr
    sign: int

    def shown(self, value: sp.Expr) -> sp.Expr:
        """A rational function of Z as p + q S, in the parameters."""
        t, z = sp.Dummy("T"), self.symbol
        square = t**2 - 4
        halves = []
        for part in sp.fraction(sp.together(value)):
            rest = sp.Poly(part, z).rem(sp.Poly(z**2 - t * z + 1, z))
            slope = rest.coeff_monomial(z)
            halves.append((rest.coeff_monomial(1) + slope * t / 2, slope / 2))
        (a, b), (c, d) = halves
        below = c**2 - d**2 * square
        plain, rooted = (
            sp.factor(sp.cancel((x / below).xreplace({t: self.total}))) for x in (a * c - b * d * square, b * c - a * d)
        )
        near, far = sp.factor(self.total - 2), sp.factor(self.total + 2)
        pair = sp.sqrt(near * far) if self.sign < 0 else sp.sqrt(sp.factor(-near)) * sp.sqrt(sp.factor(-far))
        return plain + self.sign * rooted * pair


def _reciprocal(layer: Layer, rest: sp.Poly, z: sp.Symbol) -> tuple[Layer, Reciprocal]:
    """One root inside of a z^2 + b z + a, as a symbol, with one rate put in terms of it."""
    a, b, c = rest.all_coeffs()
    if sp.cancel(a - c) != 0:
        raise NotYetError(OPEN)
    total = sp.factor(-b / a)  # z + 1/z
    if sp.factor(total + 2).is_negative:
        sign = 1
    elif sp.factor(total - 2).is_positive:
        sign = -1
    else:
        raise NotYetError(OPEN)
    root = sp.Dummy("Z")
    condition = sp.numer(sp.together(root**2 - total * root + 1))
    for name in sorted(condition.free_symbols - {root}, key=str):
        poly = sp.Poly(condition, name)
        if poly.degree() == 1:
            value = sp.cancel(-poly.coeff_monomial(1) / poly.coeff_monomial(name))
            blocks = {r: w.xreplace({name: value}).applyfunc(sp.cancel) for r, w in layer.blocks.items()}
            return Layer(blocks, layer.kept, layer.mirror), Reciprocal(root, total, sign)
    raise NotYetError(OPEN)


def solve_exactly(rows: list[Row]) -> list[sp.Expr]:
    """The one solution of rows (coefficients, constant) = 0 over a field of rational functions."""
    matrix = sp.Matrix([row for row in rows if any(c != 0 for c in row)])
    reduced, pivots = DomainMatrix.from_Matrix(matrix.applyfunc(sp.cancel)).to_field().rref()
    unknowns = matrix.cols - 1
    if pivots != tuple(range(unknowns)):
        raise NotYetError(OPEN)
    return [sp.cancel(-reduced.to_Matrix()[i, unknowns]) for i in range(unknowns)]


# --- numbers ----------------------------------------------------------------------------------------------------------


def _in_numbers(layer: Layer, sloped: bool) -> Solved:
    """With the roots as numbers, where all rates are rational multiples of one another."""
    scale = next(e for w in layer.blocks.values() for e in w if e != 0)
    blocks = {r: w.applyfunc(lambda e: sp.cancel(e / scale)) for r, w in layer.blocks.items()}
    if not layer.kept.is_Rational or not all(e.is_Rational for w in blocks.values() for e in w):
        raise NotYetError(OPEN)
    layer = Layer(blocks, layer.kept, layer.mirror)
    rest, _ = _rest(layer)
    with mpmath.workdps(DIGITS):
        roots = roots_of(rest)
        if any(abs(abs(x) - 1) < mpmath.mpf(10) ** (-DIGITS // 2) for x in roots):
            raise NotYetError(OPEN)  # sites that no walker reaches, or a second conserved number
        inside = [x for x in roots if abs(x) < 1]
        modes = [Mode(x, null_in_numbers(matrix_at(_symbol(layer, sp.Symbol("z")), x))) for x in inside]
        free = layer.reach + 2 * layer.size - 2
        rows, at = _system(layer, modes, sloped, free, rational)
        found = solve_in_numbers(rows)
        solved = _result(layer, found, sloped, modes, free, at, rational)
        offset, excess, outflow = (
            None if v is None else shown_number(v) for v in (solved.offset, solved.excess, solved.outflow)
        )
        return Solved(offset, excess, None if outflow is None else outflow * scale, (GIVEN,))

"""Linear systems of difference or differential equations with constant coefficients, solved by their modes.

M(s) f = g with s the shift f(n) -> f(n + 1), or the derivative. A root r of det M of multiplicity m gives solutions
r^n (v_0 + n v_1 + ...) with powers of n below m (e^(r x) for derivatives). Values at the far end n = N are kept as
symbols r^N, so that sizes may stay symbolic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from symdiff.errors import NotYetError

Entry = dict[int, sp.Expr]  # power of s -> coefficient
Vector = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Mode:
    """weight times root^n (or e^(root x)) times sum_k n^k vectors[k]."""

    root: sp.Expr
    vectors: tuple[Vector, ...]
    weight: sp.Expr = sp.S.One


@dataclass(frozen=True)
class Site:
    """The place n = N*``far`` + ``offset``, or for derivatives x = length*``far``; ``slope``: the derivative there."""

    far: bool
    offset: int = 0
    slope: bool = False


Condition = tuple[tuple[tuple[sp.Expr, int, Site], ...], sp.Expr]  # sum of coefficient * f_state(site) = value


class ConstantSystem:
    """M(s) f = g; ``differences`` tells shifts from derivatives."""

    def __init__(self, matrix: Sequence[Sequence[Entry]], *, differences: bool) -> None:
        self.matrix, self.differences = matrix, differences
        self.size = len(matrix)
        self.roots = self._roots()
        self.modes = [mode for root, times in self.roots for mode in self._modes_of(root, times)]

    # --- roots and modes ----------------------------------------------------------------------------------------

    def _roots(self) -> list[tuple[sp.Expr, int]]:
        z = sp.Dummy("z")
        lowest = min((p for row in self.matrix for e in row for p in e), default=0) if self.differences else 0
        polynomial = sp.Matrix(self.size, self.size,
                               lambda i, j: sp.Add(*(c * z ** (p - lowest) for p, c in self.matrix[i][j].items())))  # fmt: skip
        determinant = sp.expand(polynomial.det(method="berkowitz")) if self.size > 1 else sp.expand(polynomial[0, 0])
        if determinant == 0:
            raise NotYetError("the equations for the states are not independent")
        try:
            _, factors = sp.factor_list(determinant, z)
        except sp.PolynomialError:  # roots in denominators: nothing to factor by
            factors = [(sp.collect(determinant, z), 1)]
        found = []
        for factor, times in factors:
            c = [sp.expand(a) for a in reversed(sp.Poly(factor, z).all_coeffs())]
            if len(c) == 2 and c[0] == 0 and self.differences:
                continue  # z = 0: no solution that extends over more than a few sites
            if len(c) == 2:
                found.append((_quotient(-c[0], c[1]), times))
            elif len(c) == 3:
                middle = sp.cancel(-c[1] / (2 * c[2]))
                root = sp.sqrt(sp.factor(sp.cancel((c[1] ** 2 - 4 * c[0] * c[2]) / (4 * c[2] ** 2))))
                found += [(middle + root, times), (middle - root, times)]
            elif len(c) > 3:
                raise NotYetError(f"the modes are roots of a polynomial of degree {len(c) - 1} and have no closed form here",
                                  instead="give numbers, with a domain of a few hundred sites")  # fmt: skip
        return found

    def _modes_of(self, root: sp.Expr, times: int) -> list[Mode]:
        if self.size == 1:
            zero = (sp.Integer(0),)
            return [Mode(root, (*(zero for _ in range(k)), (sp.Integer(1),))) for k in range(times)]
        if times == 1 and root.has(sp.Pow) and any(a.exp == sp.Rational(1, 2) for a in root.atoms(sp.Pow)):
            return [Mode(root, (self._adjugate_column(root),))]
        unknown = [[sp.Dummy(f"v{k}{j}") for j in range(self.size)] for k in range(times)]
        flat = [u for row in unknown for u in row]
        solution = self._fitted(root, unknown, ())
        free = [u for u in flat if solution[u] == u]
        if len(free) != times:
            raise NotYetError("the modes of this system do not split")
        found = []
        for chosen in free:
            point = {u: sp.Integer(1 if u is chosen else 0) for u in free}
            found.append(Mode(root, tuple(tuple(_short(solution[u].xreplace(point)) for u in row) for row in unknown)))
        return found

    def _adjugate_column(self, root: sp.Expr) -> Vector:
        matrix = sp.Matrix(self.size, self.size, lambda i, j: self._at_root(self.matrix[i][j], root))
        adjugate = matrix.adjugate()
        for column in range(self.size):
            if any(adjugate[i, column] != 0 for i in range(self.size)):
                return tuple(adjugate[i, column] for i in range(self.size))
        raise NotYetError("the modes of this system do not split")

    def _at_root(self, entry: Entry, root: sp.Expr) -> sp.Expr:
        return sp.Add(*(c * root**p for p, c in entry.items()))

    def _applied(self, root: sp.Expr, vectors: Sequence[Sequence[sp.Expr]]) -> list[list[sp.Expr]]:
        """M(s) on a mode: the vectors by power of n, in front of the same root^n."""
        vanishing = self._multiplicity(root) if self.size == 1 else 0  # of the derivatives of det M at its root
        out = [[sp.Integer(0)] * self.size for _ in vectors]
        for i in range(self.size):
            for j in range(self.size):
                for p, c in self.matrix[i][j].items():
                    for k, vector in enumerate(vectors):
                        for low in range(k + 1 - vanishing):
                            out[low][i] += c * self._shifted_power(p, k, low, root) * vector[j]
        return out

    def _shifted_power(self, p: int, k: int, low: int, root: sp.Expr) -> sp.Expr:
        """The coefficient of root^n n^low in s^p (root^n n^k)."""
        drop = k - low
        if self.differences:
            return sp.binomial(k, low) * sp.Integer(p) ** drop * root**p
        return sp.binomial(p, drop) * sp.ff(k, drop) * root ** (p - drop) if drop <= p else sp.Integer(0)

    def _multiplicity(self, root: sp.Expr) -> int:
        return next((m for r, m in self.roots if r == root or _short(r - root) == 0), 0)

    def _fitted(
        self, root: sp.Expr, unknown: Sequence[Sequence[sp.Symbol]], source: Sequence[Sequence[sp.Expr]]
    ) -> dict[sp.Symbol, sp.Expr]:
        """Vectors with M(s) mode = source; free ones stay symbols."""
        if self.size > 1 and not _rational(root):
            raise NotYetError("a driven mode with an irrational root is handled for one state only")
        flat = [u for row in unknown for u in row]
        rows = []
        for k, row in enumerate(self._applied(root, unknown)):
            for i, value in enumerate(row):
                expanded = sp.expand(value)
                rows.append([*(expanded.coeff(u) for u in flat), source[k][i] if k < len(source) else sp.Integer(0)])
        domain, values = construct_domain([e for row in rows for e in row], field=True)
        width = len(flat) + 1
        matrix = DomainMatrix(
            [values[n * width : (n + 1) * width] for n in range(len(rows))], (len(rows), width), domain
        )
        reduced, pivots = matrix.rref()
        if len(flat) in pivots:
            raise NotYetError("the driven equation has no solution of the expected form")
        entries = reduced.to_list()
        solution: dict[sp.Symbol, sp.Expr] = {u: u for u in flat}
        for line, pivot in enumerate(pivots):
            found = domain.to_sympy(entries[line][-1])
            for column in range(pivot + 1, len(flat)):
                if entries[line][column]:
                    found -= domain.to_sympy(entries[line][column]) * flat[column]
            solution[flat[pivot]] = found
        return solution

    def driven(self, source: Mode) -> Mode:
        """One solution of M(s) f = source."""
        if self.size == 1 and not _rational(source.root):
            return self._driven_alone(source)
        length = len(source.vectors) + self._multiplicity(source.root)
        unknown = [[sp.Dummy(f"w{k}{j}") for j in range(self.size)] for k in range(length)]
        solution = self._fitted(source.root, unknown, source.vectors)
        zero = {u: sp.Integer(0) for row in unknown for u in row if solution[u] == u}
        vectors = tuple(tuple(_short(solution[u].xreplace(zero)) for u in row) for row in unknown)
        return Mode(source.root, vectors, source.weight)

    def _driven_alone(self, source: Mode) -> Mode:
        """The same for one state, from the highest power of n down: the root may be long, and is never multiplied out."""
        root, m, size = source.root, self._multiplicity(source.root), len(source.vectors)
        entry = self.matrix[0][0]
        found = [sp.Integer(0)] * (size + m)
        for low in reversed(range(size)):
            rest = source.vectors[low][0]
            for k in range(low + m + 1, size + m):
                rest -= found[k] * sp.Add(*(c * self._shifted_power(p, k, low, root) for p, c in entry.items()))
            slope = sp.Add(*(c * self._shifted_power(p, low + m, low, root) for p, c in entry.items()))
            found[low + m] = _short(rest / slope)
        return Mode(root, tuple((value,) for value in found), source.weight)

    # --- boundary conditions --------------------------------------------------------------------------------------

    def solve(
        self,
        conditions: Sequence[Condition],
        driven: Sequence[Mode],
        length: sp.Expr,
        modes: Sequence[Mode] | None = None,
    ) -> list[Mode]:
        """The solution as a list of modes: driven ones and multiples of free ones that meet the conditions."""
        free = list(self.modes if modes is None else modes)
        if len(conditions) != len(free):
            raise NotYetError(f"{len(conditions)} conditions at the walls for {len(free)} modes")
        values = _FarValues(self, length)
        rows, right = [], []
        for parts, value in conditions:
            rows.append([sp.Add(*(c * values.at(mode, state, site) for c, state, site in parts)) for mode in free])
            right.append(
                value - sp.Add(*(c * values.at(mode, state, site) for mode in driven for c, state, site in parts))
            )
        constants = [values.restored(c) for c in _linear_solve(rows, right)]
        return [*driven, *(replace(m, weight=c) for m, c in zip(free, constants, strict=True) if c != 0)]

    def value(self, solution: Sequence[Mode], state: int, n: sp.Expr) -> sp.Expr:
        """A solution at a place."""
        total = sp.Integer(0)
        for mode in solution:
            growth = mode.root**n if self.differences else sp.exp(mode.root * n)
            body = sp.Add(*(v[state] * n**k for k, v in enumerate(mode.vectors)))
            total += mode.weight * body * growth
        return total


class _FarValues:
    """Mode values at the walls, with root^N (or e^(root length)) as symbols until the system is solved."""

    def __init__(self, system: ConstantSystem, length: sp.Expr) -> None:
        self.system, self.length = system, length
        self.known: dict[sp.Expr, sp.Expr] = {}
        self.symbols: dict[sp.Symbol, sp.Expr] = {}

    def _named(self, value: sp.Expr) -> sp.Expr:
        """A symbol for what is not rational in the parameters."""
        if value.is_Rational or value.is_Symbol or value.is_Integer:
            return value
        if value not in self.known:
            symbol = sp.Dummy("far")
            self.known[value], self.symbols[symbol] = symbol, value
        return self.known[value]

    def at(self, mode: Mode, state: int, site: Site) -> sp.Expr:
        return self._weighted(mode) * self._bare(mode, state, site)

    def _weighted(self, mode: Mode) -> sp.Expr:
        return mode.weight if _rational(mode.weight) else self._named(mode.weight)

    def _bare(self, mode: Mode, state: int, site: Site) -> sp.Expr:
        root = mode.root if _rational(mode.root) else self._named(mode.root)
        vectors = [v[state] for v in mode.vectors]
        if self.system.differences:
            size = self._named(self.length) if site.far else sp.Integer(0)
            n = size + site.offset
            far = self._power(mode.root) if site.far else sp.Integer(1)
            return (
                far
                * root ** sp.Integer(site.offset)
                * sp.Add(*(self._inner(v, mode, root) * n**k for k, v in enumerate(vectors)))
            )
        x = self._named(self.length) if site.far else sp.Integer(0)
        far = self._power(mode.root) if site.far else sp.Integer(1)
        body = sp.Add(*(self._inner(v, mode, root) * x**k for k, v in enumerate(vectors)))
        if site.slope:
            steep = sp.Add(*(k * self._inner(v, mode, root) * x ** (k - 1) for k, v in enumerate(vectors) if k))
            body = root * body + steep
        return far * body

    def _inner(self, value: sp.Expr, mode: Mode, root: sp.Expr) -> sp.Expr:
        return value if _rational(value) else self._named(value)

    def _power(self, root: sp.Expr) -> sp.Expr:
        neutral = 1 if self.system.differences else 0
        if root == neutral:
            return sp.Integer(1)
        value = root**self.length if self.system.differences else sp.exp(root * self.length)
        return self._named(value)

    def restored(self, value: sp.Expr) -> sp.Expr:
        return _with_products_of_numbers(value.xreplace(self.symbols))


def _with_products_of_numbers(value: sp.Expr) -> sp.Expr:
    """(sqrt(3) - 2)(-sqrt(3) - 2) as 1: products of irrational numbers multiplied out."""
    if not any(not power.exp.is_Integer and power.is_number for power in value.atoms(sp.Pow)):
        return value

    def joined(product: sp.Mul) -> sp.Expr:
        numbers = [f for f in product.args if f.is_number]
        return sp.expand(sp.Mul(*numbers)) * sp.Mul(*(f for f in product.args if not f.is_number))

    return value.replace(lambda e: e.is_Mul, joined)


def _rational(value: sp.Expr) -> bool:
    if any(not power.exp.is_Integer for power in value.atoms(sp.Pow)):
        return False  # roots of numbers: in the linear system they cost what further symbols do not
    return bool(value.is_rational_function(*value.free_symbols)) and not value.atoms(sp.exp, sp.Function)


def _quotient(above: sp.Expr, below: sp.Expr) -> sp.Expr:
    """A fraction in lowest terms with a numerator such as 1 - p rather than -(p - 1)."""
    top, bottom = sp.fraction(sp.cancel(above / below))
    if bottom.could_extract_minus_sign():
        top, bottom = -top, -bottom
    return sp.expand(top) / sp.factor(bottom)


def _short(value: sp.Expr) -> sp.Expr:
    return sp.factor(value) if _rational(value) else sp.expand(value)


def _linear_solve(rows: list[list[sp.Expr]], right: list[sp.Expr]) -> list[sp.Expr]:
    size = len(right)
    domain, values = construct_domain([*(e for row in rows for e in row), *right], field=True)
    matrix = DomainMatrix([values[i * size : (i + 1) * size] for i in range(size)], (size, size), domain)
    column = DomainMatrix([[v] for v in values[size * size :]], (size, 1), domain)
    if matrix.rank() < size:
        raise NotYetError("the conditions at the walls do not fix the solution: is every wall reflecting?")
    return [sp.factor(domain.to_sympy(r[0])) for r in matrix.lu_solve(column).to_list()]

"""A polynomial ring over the rationals whose generators know their total derivatives.

Generators ("atoms") are parameters, coordinates, jets of smooth functions (V, V_x, V_xx, ...), the symbols of the
derivatives themselves, and what rates need besides: inverses, roots, exponentials and other smooth functions of those.
Each atom has a rule for its derivative along every coordinate, so that a coefficient can be differentiated without any
symbolic calculus. Elements are ``sympy.polys.rings`` polynomials; SymPy expressions are built for display only.

The ring grows while it is used: it starts with spare generators, and raises :class:`CapacityError` when they are used
up; the caller starts again with a larger ring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import gcd, lcm
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

from symdiff.algebra.multiindex import MultiIndex, plus, unit
from symdiff.algebra.products import sum_of_products
from symdiff.algebra.ring_atoms import Atom, CapacityError, ExponentialUnitError, Implicit
from symdiff.algebra.ring_display import displayed, exponential_expression
from symdiff.algebra.ring_fractions import fraction, image_modulo, tidy
from symdiff.errors import ResourceError

MOST_REMEMBERED = 2000  # fractions; models with symmetries ask for the same ones again and again
MAX_ATOMS = 240


@lru_cache(maxsize=32)
def _polynomials(generators: int) -> PolyRing:
    """The plain polynomial ring; making one costs more than using it, so that each size is made once."""
    return PolyRing([f"g{i}" for i in range(generators)], QQ, lex)


class DifferentialRing:
    """See the module's text; ``coordinates`` are the SymPy symbols of space, ``capacity`` the number of generators."""

    def __init__(self, coordinates: tuple[sp.Symbol, ...], capacity: int) -> None:
        if capacity > MAX_ATOMS:
            raise ResourceError(f"the derivation needs more than {MAX_ATOMS} independent quantities",
                                instead="state a simpler model or a lower --order")  # fmt: skip
        self.ring = _polynomials(capacity)
        self.coordinates = coordinates
        self.dimension = len(coordinates)
        self.atoms: list[Atom] = []
        self._known: dict[Any, Atom] = {}
        self.pairs: list[tuple[int, int]] = []  # (generator, its inverse) for cancelling monomials
        self.single: dict[int, int] = {}  # inverse of a generator -> that generator
        self.roots: list[Atom] = []
        self._meaning: dict[int, PolyElement] = {}  # what a small parameter stands for
        self._bodies: dict[str, Callable[[], PolyElement]] = {}
        self._body_jets: dict[tuple[str, MultiIndex], PolyElement] = {}
        self._shown: dict[PolyElement, sp.Expr] = {}
        self._fractions: dict[PolyElement, tuple[PolyElement, dict[int, int]]] = {}
        self.images: dict[int, int | None] = {}
        self.evolving: dict[str, sp.Symbol] = {}  # functions that also depend on time, which is shown
        self.implicit: dict[str, Implicit] = {}  # functions of what varies, known by their slopes
        self.assumed_positive: dict[sp.Expr, None] = {}  # bases of powers with symbolic exponents
        self._units: dict[sp.Expr, int] = {}  # exponentials of which a root is needed
        self.likely_factors: list[PolyElement] = []  # tried when results are factored, such as 1 - p
        self.likely_poles: list[PolyElement] = []  # tried when inverses are factored: differences and sums of rates
        self.one, self.zero = self.ring.one, self.ring.zero
        for i, symbol in enumerate(coordinates):
            self._add(("derivative", i), Atom("derivative", 0, sp.Symbol(f"d_{symbol}")))

    # --- atoms ----------------------------------------------------------------------------------------------------

    def _add(self, key: Any, atom: Atom) -> Atom:
        if len(self.atoms) >= self.ring.ngens:
            raise CapacityError
        atom.index = len(self.atoms)
        self.atoms.append(atom)
        self._known[key] = atom
        return atom

    def generator(self, atom: Atom) -> PolyElement:
        """The ring element of an atom."""
        return self.ring.gens[atom.index]

    def derivative_symbol(self, i: int) -> PolyElement:
        """The generator that stands for the derivative along coordinate i."""
        return self.ring.gens[i]

    def parameter(self, symbol: sp.Symbol) -> PolyElement:
        """The generator of a parameter or a coordinate."""
        atom = self._known.get(symbol)
        if atom is None:
            varies = symbol in self.coordinates
            atom = self._add(symbol, Atom("coordinate" if varies else "parameter", 0, symbol, varies))
        return self.generator(atom)

    def small_parameter(self, small: sp.Symbol, meaning: PolyElement, expression: sp.Expr) -> PolyElement:
        """A generator for an expression of parameters that a regime makes small, such as 2p - 1."""
        atom = self._known.get(small)
        if atom is None:
            atom = self._add(small, Atom("parameter", 0, expression))
            self._meaning[atom.index] = meaning
        return self.generator(atom)

    def define(self, name: str, value: Callable[[], PolyElement]) -> None:
        """Give a function of place its body; its jets are then the derivatives of the body."""
        self._bodies[name] = value

    def jet(self, name: str, alpha: MultiIndex, depends: tuple[int, ...]) -> PolyElement:
        """The derivative ``alpha`` of the function ``name`` of the coordinates numbered ``depends``."""
        if name in self._bodies:
            return self._body_derivative(name, alpha)
        key = ("jet", name, alpha)
        atom = self._known.get(key)
        if atom is None:
            time = [self.evolving[name]] if name in self.evolving else []
            call = sp.Function(name)(*(self.coordinates[i] for i in depends), *time)
            orders = [(self.coordinates[i], a) for i, a in enumerate(alpha) if a]
            expression = sp.Derivative(call, *orders) if orders else call
            atom = self._add(key, Atom("jet", 0, expression, True, jet=(name, alpha, depends)))
        return self.generator(atom)

    def operator_symbol(self, key: Any, expression: sp.Expr) -> PolyElement:
        """A generator for a commuting operator that is no derivative, such as abs(k)**alpha or d/dt."""
        atom = self._known.get(("operator", key))
        if atom is None:
            atom = self._add(("operator", key), Atom("operator", 0, expression))
        return self.generator(atom)

    def opaque(self, expression: sp.Expr) -> PolyElement:
        """A generator for a constant that is used as it stands, such as Abs(p - q) or gamma(alpha)."""
        key = ("opaque", expression)
        atom = self._known.get(key)
        if atom is None:
            atom = self._add(key, Atom("opaque", 0, expression))
        return self.generator(atom)

    def exponential(self, argument: PolyElement) -> PolyElement:
        """exp of a polynomial without constant grade: a product of integer powers of basic exponentials."""
        result = self.one
        for monomial, coefficient in argument.terms():
            unit_term = self.ring.from_dict({monomial: QQ(1)})
            if not any(monomial):
                unit_term = self.one
            share = sp.Rational(int(coefficient.numerator), int(coefficient.denominator))
            result *= self._exponential_power(unit_term, share)
        return result

    def _exponential_power(self, unit_term: PolyElement, share: sp.Rational) -> PolyElement:
        key = ("exp", unit_term)
        atom = self._known.get(key)
        if atom is None:
            shown = self.to_expression(unit_term)
            degree = lcm(int(share.q), self._units.get(shown, 1))
            argument = shown / degree
            atom = self._add(
                key, Atom("exp", 0, exponential_expression(argument), self.varies(unit_term), unit_term, degree)
            )
        if int(share.q) != atom.degree and atom.degree % int(share.q):
            # a finer root of the same exponential is needed: widen the common unit, once, and start afresh
            degree = atom.degree * int(share.q) // gcd(atom.degree, int(share.q))
            raise ExponentialUnitError(unit_term, degree)
        power = int(share * atom.degree)
        generator = self.generator(atom)
        return generator**power if power >= 0 else self.inverse(generator) ** (-power)

    def prepare_exponential(self, unit_term: sp.Expr, degree: int) -> None:
        """Say that exp(unit_term/degree) will be needed, before exp(unit_term) is."""
        self._units[unit_term] = degree

    def function(
        self, key: Any, expression: sp.Expr, argument: PolyElement, slope: Callable[[], PolyElement]
    ) -> PolyElement:
        """A generator for f(g), with the callable that gives f'(g) when it is needed."""
        atom = self._known.get(("function", key))
        if atom is None:
            atom = self._add(
                ("function", key), Atom("function", 0, expression, self.varies(argument), argument, slope=slope)
            )
        return self.generator(atom)

    def sign(self, expression: sp.Expr) -> PolyElement:
        """A sign, +1 or -1: its square is one and its derivative zero, except where it changes."""
        if expression.is_Rational:
            return self.ring(QQ(int(expression)))
        key = ("sign", expression)
        atom = self._known.get(key)
        if atom is None:
            if expression.could_extract_minus_sign():  # sign(-z) = -sign(z)
                return -self.sign(-expression)
            atom = self._add(key, Atom("root", 0, expression, True, self.one, 2))
            self.roots.append(atom)
        return self.generator(atom)

    def log(self, element: PolyElement) -> PolyElement:
        """log of a positive constant."""
        value = sp.log(self.to_expression(element))
        return (
            self.zero if value == 0 else self.function(("log", element), value, element, partial(self.inverse, element))
        )

    def inverse(self, element: PolyElement) -> PolyElement:
        """1/element, with one atom per irreducible factor of its numerator."""
        if len(element) == 1 and sum(element.LM) == 1 and self.atoms[element.LM.index(1)].kind != "inverse":
            inverse = self._inverse_atom(element.monic())  # of one generator: no factors to look for
            return inverse if element.LC == 1 else inverse * (1 / element.LC)
        numerator, denominator = self.fraction(element)
        if not numerator:
            raise ZeroDivisionError("an element of the differential ring that is zero has no inverse")
        content, factors = self.factors(numerator, self.likely_poles)
        result = self.ring(QQ(1) / content)
        for factor, power in factors:
            result *= self._inverse_atom(factor) ** power
        for atom, power in denominator.items():
            base = self.atoms[atom].base
            assert base is not None
            result *= base**power
        return self.tidy(result)

    def _inverse_atom(self, factor: PolyElement) -> PolyElement:
        key = ("inverse", factor)
        atom = self._known.get(key)
        if atom is None:
            single = len(factor) == 1 and sum(factor.LM) == 1 and factor.LC == 1
            expression = 1 / (self.atoms[factor.LM.index(1)].expression if single else self.to_expression(factor))
            atom = self._add(key, Atom("inverse", 0, expression, self.varies(factor), factor))
            if len(factor) == 1 and sum(factor.LM) == 1:
                self.pairs.append((factor.LM.index(1), atom.index))
                self.single[atom.index] = factor.LM.index(1)
        return self.generator(atom)

    def root(self, element: PolyElement, degree: int) -> PolyElement:
        """The real positive root of an element that is positive; one atom per irreducible factor."""
        numerator, denominator = self.fraction(element)
        content, factors = self.factors(numerator)
        sign = -1 if content < 0 else 1
        parts: list[tuple[PolyElement, int]] = []
        if sign < 0 and len(factors) == 1 and factors[0][1] == 1:  # -(1 - p) under the root: flip the factor
            parts.append((-factors[0][0], 1))
        elif sign < 0:
            raise ValueError("a root of a negative number")
        else:
            parts += factors
        result = self._number_root(int(abs(content).numerator), degree)
        result *= self.inverse(self._number_root(int(content.denominator), degree))
        for factor, power in parts:
            result *= factor ** (power // degree) * self._root_atom(factor, degree) ** (power % degree)
        for atom, power in denominator.items():
            base = self.atoms[atom].base
            assert base is not None
            whole = -(-power // degree)  # 1/b^(m/q) = b^(whole - m/q) / b^whole
            result *= (
                self._root_atom(base, degree) ** (whole * degree - power) * self.generator(self.atoms[atom]) ** whole
            )
        return self.tidy(result)

    def _number_root(self, number: int, degree: int) -> PolyElement:
        result = self.one
        for prime, power in sp.factorint(number).items():
            result *= self.ring(QQ(int(prime))) ** (power // degree)
            if power % degree:
                result *= self._root_atom(self.ring(QQ(int(prime))), degree) ** (power % degree)
        return result

    def _root_atom(self, base: PolyElement, degree: int) -> PolyElement:
        key = ("root", base, degree)
        atom = self._known.get(key)
        if atom is None:
            expression = sp.Pow(self.to_expression(base), sp.Rational(1, degree))
            atom = self._add(key, Atom("root", 0, expression, self.varies(base), base, degree))
            self.roots.append(atom)
        return self.generator(atom)

    # --- calculus -------------------------------------------------------------------------------------------------

    def varies(self, element: PolyElement) -> bool:
        """Whether the element depends on place."""
        return any(self.atoms[i].varies for i in self.used(element))

    def is_nonlocal(self, element: PolyElement) -> bool:
        """Whether an operator that is no derivative stands in the element, such as abs(k)**alpha."""
        return any(self.atoms[i].kind == "operator" for i in self.used(element))

    def used(self, element: PolyElement) -> set[int]:
        """The numbers of the generators that occur."""
        found: set[int] = set()
        for monomial in element.itermonoms():
            found.update(i for i, e in enumerate(monomial) if e)
        return found

    def total_derivative(self, element: PolyElement, i: int) -> PolyElement:
        """d/dx_i of a coefficient, by the chain rule over its atoms."""
        pairs = []
        for index in self.used(element):
            atom = self.atoms[index]
            if atom.varies:
                inner = self._atom_derivative(atom, i)
                if inner:
                    pairs.append((element.diff(self.ring.gens[index]), inner))
        return sum_of_products(pairs) if pairs else self.zero

    def _atom_derivative(self, atom: Atom, i: int) -> PolyElement:
        found = atom.derivatives.get(i)
        if found is None:
            found = atom.derivatives[i] = self._derive_atom(atom, i)
        return found

    def _derive_atom(self, atom: Atom, i: int) -> PolyElement:
        if atom.kind == "coordinate":
            return self.one if atom.expression == self.coordinates[i] else self.zero
        if atom.kind == "jet":
            assert atom.jet is not None
            name, alpha, depends = atom.jet
            return self.jet(name, plus(alpha, unit(self.dimension, i)), depends) if i in depends else self.zero
        assert atom.base is not None
        inner = self.total_derivative(atom.base, i)
        return self.outer_derivative(atom) * inner if inner else self.zero

    def outer_derivative(self, atom: Atom) -> PolyElement:
        """f'(g) of an atom f(g): an inverse, a root, an exponential or another smooth function of its base."""
        itself = self.generator(atom)
        if atom.kind == "inverse":
            return -(itself**2)
        if atom.kind == "root":
            assert atom.base is not None
            return itself * self.inverse(atom.base) * self.ring(QQ(1, atom.degree))
        if atom.kind == "exp":
            return itself * self.ring(QQ(1, atom.degree))
        assert atom.slope is not None
        return atom.slope()

    # --- normal forms ---------------------------------------------------------------------------------------------

    def tidy(self, element: PolyElement) -> PolyElement:
        """Cancel generators against their inverses and reduce powers of roots; cheap, applied after long products."""
        return tidy(self, element)

    def fraction(self, element: PolyElement) -> tuple[PolyElement, dict[int, int]]:
        """The element over a common denominator in lowest terms: (numerator, {inverse atom: power}).

        The numerator holds no inverses; an element is zero exactly when its numerator is.
        """
        found = self._fractions.get(element)
        if found is None:
            if len(self._fractions) >= MOST_REMEMBERED:
                self._fractions.clear()
            found = self._fractions[element] = fraction(self, element)
        return found[0], dict(found[1])

    def is_zero(self, element: PolyElement) -> bool:
        """Whether the element vanishes identically (its atoms are taken as independent)."""
        if not element or image_modulo(self, element):
            return not element
        return not self.fraction(element)[0]

    def factors(
        self, element: PolyElement, likely: Sequence[PolyElement] = ()
    ) -> tuple[Any, list[tuple[PolyElement, int]]]:
        from symdiff.algebra.factoring import factors

        known = [a.base for a in self.atoms if a.kind == "inverse" and a.base is not None]
        return factors(self.ring, element, [*known, *self.likely_factors, *likely])

    def _body_derivative(self, name: str, alpha: MultiIndex) -> PolyElement:
        found = self._body_jets.get((name, alpha))
        if found is None:
            if not any(alpha):
                found = self._bodies[name]()
            else:
                i = next(i for i, times in enumerate(alpha) if times)
                lower = tuple(a - (n == i) for n, a in enumerate(alpha))
                found = self.total_derivative(self._body_derivative(name, lower), i)
            self._body_jets[name, alpha] = found
        return found

    def translated(self, element: PolyElement) -> PolyElement:
        """The element with every small parameter replaced by what it stands for, such as 2p - 1."""
        if not self._meaning:
            return element
        images: dict[int, PolyElement] = {}
        for index in self.used(element):
            image = self._image(self.atoms[index])
            if image is not None:
                images[index] = image
        for index, image in images.items():
            element = _composed(element, index, image)
        return self.tidy(element)

    def _image(self, atom: Atom) -> PolyElement | None:
        """What an atom is translated to; None where it stays."""
        if atom.index in self._meaning:
            return self._meaning[atom.index]
        if atom.base is None:
            return None
        base = self.translated(atom.base)
        if base == atom.base:
            return None
        if atom.kind == "inverse":
            return self.inverse(base)
        if atom.kind == "root":
            return self.root(base, atom.degree)
        if atom.kind == "exp":
            return self.exponential(base.mul_ground(QQ(1, atom.degree)))
        function = atom.expression.func
        return self.function(
            (function.__name__, base), function(self.to_expression(base)), base, atom.slope or _no_slope
        )

    # --- display --------------------------------------------------------------------------------------------------

    def to_expression(self, element: PolyElement) -> sp.Expr:
        """The SymPy expression, factored, in the model's own symbols."""
        shown = self._shown.get(element)
        if shown is None:
            shown = self._shown[element] = displayed(self, element)
        return shown


def _no_slope() -> PolyElement:
    raise AssertionError("a translated function is only displayed")


def _composed(element: PolyElement, index: int, meaning: PolyElement) -> PolyElement:
    if not any(m[index] for m in element.itermonoms()):
        return element
    result = element.ring.zero
    powers = {0: element.ring.one}
    for monomial, coefficient in element.terms():
        power = monomial[index]
        for p in range(len(powers), power + 1):
            powers[p] = powers[p - 1] * meaning
        rest = element.ring.from_dict({(*monomial[:index], 0, *monomial[index + 1 :]): coefficient})
        result += rest * powers[power]
    return result

"""The roles in d_t u = d_x(D(u) d_x u - f(u)) + R(u): diffusivities, fluxes and sources out of a balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.multiindex import MultiIndex, up_to_degree
from symdiff.continuum.crowd_expansion import binomial_index

Elements = dict[MultiIndex, PolyElement]


@dataclass(frozen=True)
class FluxForm:
    """d_t u = sum_b D_b( sum_c,j D[j][b, c] d_c u_j - f[b] ) + R for one density, as ring elements.

    ``flux`` holds what is no diffusivity times a first derivative, ``source`` no second derivative to first degree.
    """

    diffusivity: dict[str, dict[tuple[int, int], PolyElement]]
    flux: tuple[PolyElement, ...]
    source: PolyElement


class JetView:
    """What elements of a ring know about the densities' derivatives."""

    def __init__(self, ring: DifferentialRing, names: tuple[str, ...]) -> None:
        self.ring, self.names = ring, names
        self._steep: dict[int, bool] = {}
        self._dense: dict[int, bool] = {}

    def jets(self) -> dict[int, tuple[str, MultiIndex]]:
        """Generators that are derivatives (of any order) of densities."""
        return {a.index: (a.jet[0], a.jet[1]) for a in self.ring.atoms if a.jet is not None and a.jet[0] in self.names}

    def steep(self, index: int) -> bool:
        """Whether a generator holds a derivative of a density."""
        return self._holds(index, self._steep, lambda name, alpha: any(alpha))

    def dense(self, index: int) -> bool:
        """Whether a generator is a function of a density that is no derivative of it, such as 1/(1 + u)."""
        return self._holds(index, self._dense, lambda name, alpha: True)

    def _holds(self, index: int, known: dict[int, bool], wanted: Callable[[str, MultiIndex], bool]) -> bool:
        found = known.get(index)
        if found is None:
            atom = self.ring.atoms[index]
            if atom.jet is not None:
                found = atom.jet[0] in self.names and wanted(atom.jet[0], atom.jet[1])
            elif atom.base is not None:
                found = any(self._holds(i, known, wanted) for i in self.ring.used(atom.base))
            else:
                found = False
            known[index] = found
        return found

    def single(
        self, element: PolyElement, degree: int
    ) -> tuple[dict[tuple[str, MultiIndex], PolyElement], PolyElement]:
        """The coefficients of derivatives of this order that occur to first degree beside no other; and the rest."""
        jets = self.jets()
        found: dict[tuple[str, MultiIndex], dict[tuple[int, ...], object]] = {}
        rest: dict[tuple[int, ...], object] = {}
        for monomial, coefficient in element.terms():
            steep = [i for i, e in enumerate(monomial) if e and self.steep(i)]
            if len(steep) == 1 and monomial[steep[0]] == 1 and steep[0] in jets and sum(jets[steep[0]][1]) == degree:
                i = steep[0]
                found.setdefault(jets[i], {})[(*monomial[:i], 0, *monomial[i + 1 :])] = coefficient
            else:
                rest[monomial] = coefficient
        ring = self.ring.ring
        return {k: ring.from_dict(v) for k, v in found.items()}, ring.from_dict(rest)

    def linear(self, element: PolyElement) -> Elements | None:
        """The coefficients of the derivatives of the one density, if the element is linear and homogeneous in them."""
        jets = self.jets()
        found: dict[MultiIndex, dict[tuple[int, ...], object]] = {}
        for monomial, coefficient in element.terms():
            held = [i for i, e in enumerate(monomial) if e and self.dense(i)]
            if len(held) != 1 or monomial[held[0]] != 1 or held[0] not in jets:
                return None
            i = held[0]
            found.setdefault(jets[i][1], {})[(*monomial[:i], 0, *monomial[i + 1 :])] = coefficient
        return {alpha: self.ring.ring.from_dict(terms) for alpha, terms in found.items()}


def flux_form(view: JetView, flux: tuple[PolyElement, ...], source: PolyElement) -> FluxForm:
    """Diffusivities from the fluxes; second derivatives in the source are brought into conservative form."""
    ring, d = view.ring, view.ring.dimension
    half = ring.ring(QQ(1, 2))
    table: dict[str, dict[tuple[int, int], PolyElement]] = {}
    left = []

    def add(name: str, b: int, c: int, value: PolyElement) -> None:
        entries = table.setdefault(name, {})
        entries[b, c] = entries[b, c] + value if (b, c) in entries else value

    for b, element in enumerate(flux):
        found, rest = view.single(element, 1)
        left.append(rest)
        for (name, alpha), value in found.items():
            add(name, b, alpha.index(1), -value)
    found, rest = view.single(source, 2)
    for (name, alpha), value in found.items():
        pairs = [(b, c) for b in range(d) for c in range(d) if alpha == tuple((i == b) + (i == c) for i in range(d))]
        for b, c in pairs:  # A d_b d_c u = d_b(A d_c u) - (d_b A) d_c u
            share = value if len(pairs) == 1 else value * half
            add(name, b, c, share)
            gradient = ring.jet(name, tuple(int(i == c) for i in range(d)), tuple(range(d)))
            rest = rest - ring.total_derivative(share, b) * gradient
    return FluxForm(table, tuple(map(ring.tidy, left)), ring.tidy(rest))


def conservative(ring: DifferentialRing, elements: Elements) -> Elements:
    """c d^a u = sum_g (-1)^|g| binom(a, g) d^(a-g)[(d^g c) u]: the coefficients with all derivatives to the left."""

    @cache
    def slope(alpha: MultiIndex, gamma: MultiIndex) -> PolyElement:
        if not any(gamma):
            return elements[alpha]
        i = next(i for i, n in enumerate(gamma) if n)
        return ring.total_derivative(slope(alpha, tuple(n - (k == i) for k, n in enumerate(gamma))), i)

    found: Elements = {}
    for alpha in elements:
        for gamma in up_to_degree(ring.dimension, sum(alpha)):
            if any(g > a for g, a in zip(gamma, alpha, strict=True)):
                continue
            value = slope(alpha, gamma) * ((-1) ** sum(gamma) * binomial_index(alpha, gamma))
            if value:
                key = tuple(a - g for a, g in zip(alpha, gamma, strict=True))
                found[key] = found[key] + value if key in found else value
    return {alpha: value for alpha, value in ((a, ring.tidy(v)) for a, v in found.items()) if value}

"""Normal forms of a differential ring's elements: tidied products, fractions in lowest terms, and the test for zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy.polys.rings import PolyElement

from symdiff.algebra.products import exact_quotient, sum_of_products
from symdiff.algebra.ring_atoms import Atom

if TYPE_CHECKING:
    from symdiff.algebra.differential_ring import DifferentialRing

PRIME = 2**61 - 1


def tidy(ring: DifferentialRing, element: PolyElement) -> PolyElement:
    """Cancel generators against their inverses and reduce powers of roots; cheap, applied after long products."""
    for root in ring.roots:
        element = _reduce_root(element, root)
    if not ring.pairs or not element:
        return element
    result: dict[tuple[int, ...], Any] = {}
    for monomial, coefficient in element.terms():
        for a, b in ring.pairs:
            if monomial[a] and monomial[b]:
                common = min(monomial[a], monomial[b])
                changed = list(monomial)
                changed[a] -= common
                changed[b] -= common
                monomial = tuple(changed)
        total = result.get(monomial, 0) + coefficient
        if total:
            result[monomial] = total
        else:
            result.pop(monomial, None)
    return ring.ring.from_dict(result)


def _reduce_root(element: PolyElement, root: Atom) -> PolyElement:
    i, degree = root.index, root.degree
    if all(m[i] < degree for m in element.itermonoms()):
        return element
    assert root.base is not None
    groups: dict[int, dict[tuple[int, ...], Any]] = {}
    for monomial, coefficient in element.terms():
        high, low = divmod(monomial[i], degree)
        groups.setdefault(high, {})[(*monomial[:i], low, *monomial[i + 1 :])] = coefficient
    ring = element.ring
    return sum_of_products([(ring.from_dict(terms), root.base**high) for high, terms in groups.items()])


def fraction(ring: DifferentialRing, element: PolyElement) -> tuple[PolyElement, dict[int, int]]:
    """The element over a common denominator in lowest terms: (numerator, {inverse atom: power}).

    The numerator holds no inverses; an element is zero exactly when its numerator is.
    """
    element = tidy(ring, element)
    inverses = sorted(i for i in ring.used(element) if ring.atoms[i].kind == "inverse")
    if not inverses:
        return element, {}
    highest = {i: max(m[i] for m in element.itermonoms()) for i in inverses}
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for monomial, coefficient in element.terms():
        powers = tuple(monomial[i] for i in inverses)
        stripped = tuple(0 if i in highest else e for i, e in enumerate(monomial))
        groups.setdefault(powers, {})[stripped] = coefficient
    pairs = []
    for powers, terms in groups.items():
        factor = ring.one
        for i, power in zip(inverses, powers, strict=True):
            if highest[i] > power:
                factor *= ring.atoms[i].base ** (highest[i] - power)
        pairs.append((ring.ring.from_dict(terms), factor))
    numerator = tidy(ring, sum_of_products(pairs))
    for i in inverses:
        numerator, highest[i] = _cancelled(ring, numerator, ring.atoms[i], highest[i])
    return numerator, {i: p for i, p in highest.items() if p and numerator}


def _cancelled(ring: DifferentialRing, numerator: PolyElement, inverse: Atom, power: int) -> tuple[PolyElement, int]:
    """Divide the numerator by the base of an inverse as often as it goes, at most ``power`` times."""
    base = inverse.base
    assert base is not None
    single = ring.single.get(inverse.index)
    if single is not None:
        common = min((m[single] for m in numerator.itermonoms()), default=0)
        times = min(common, power)
        if times:
            numerator = ring.ring.from_dict(
                {(*m[:single], m[single] - times, *m[single + 1 :]): c for m, c in numerator.terms()}
            )
        return numerator, power - times
    while power and numerator:
        quotient = exact_quotient(numerator, base)
        if quotient is None:
            break
        numerator, power = quotient, power - 1
    return numerator, power


def image_modulo(ring: DifferentialRing, element: PolyElement) -> int | None:
    """The element where its independent atoms are whole numbers, modulo ``PRIME``; None where roots or a division by 0
    occur. Zero has no other image than 0, and other elements hardly ever have it."""
    total = 0
    for monomial, coefficient in element.terms():
        value = int(coefficient.numerator) * pow(int(coefficient.denominator), -1, PRIME)
        for index, power in enumerate(monomial):
            if power:
                if index not in ring.images:
                    ring.images[index] = _atom_modulo(ring, index)
                image = ring.images[index]
                if image is None:
                    return None
                value = value * (image if power == 1 else pow(image, power, PRIME)) % PRIME
        total += value
    return total % PRIME


def _atom_modulo(ring: DifferentialRing, index: int) -> int | None:
    atom = ring.atoms[index]
    if atom.kind == "inverse":
        assert atom.base is not None
        image = image_modulo(ring, atom.base)
        return pow(image, -1, PRIME) if image else None
    return None if atom.kind == "root" else pow(3, 1_000_003 + index, PRIME)

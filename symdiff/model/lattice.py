"""Named lattices: shorthand for the jumps to the nearest neighbours, worked out here and nowhere else.

Conventions (the contract's): square, cubic and hypercubic sites are multiples of the axes; triangular, honeycomb and
kagome cells are multiples of a1 = (1, 0) and a2 = (1/2, sqrt(3)/2) times the length of the cell. Honeycomb: A at 0, B at
(a1 + a2)/3; kagome: A at 0, B at a1/2, C at a2/2. bcc and fcc sites are counted along the cubic axes in units of half the
cubic constant, diamond in quarters, with B at (1, 1, 1). hcp: a1, a2 in the plane, a3 = (0, 0, c); B at (a1 + a2)/3 + a3/2.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

Vector = tuple[sp.Expr, ...]
Bond = tuple[
    str, str, Vector
]  # (sublattice that is left, sublattice that is reached, displacement in units of one jump)

KEYS = ("lattice", "spacing", "lattice_constant", "a", "c", "rate")
_HALF, _ROOT3 = sp.Rational(1, 2), sp.sqrt(3)


@dataclass(frozen=True)
class Lattice:
    """A named lattice as stated: ``spacing`` is the length of a jump, ``height`` the constant c of hcp.

    ``rates`` lists (sublattice or "" for all, rate); ``total`` says that they are the rates of all jumps together.
    Rates may speak of ``r`` (``r_x``, ...), the jump's own displacement.
    """

    name: str
    spacing: sp.Expr
    height: sp.Expr | None = None
    rates: tuple[tuple[str, sp.Expr], ...] = ()
    total: bool = False

    def substitute(self, change: Callable[[sp.Expr], sp.Expr]) -> Lattice:
        """The same lattice with every expression changed."""
        height = None if self.height is None else change(self.height)
        return Lattice(
            self.name, change(self.spacing), height, tuple((s, change(r)) for s, r in self.rates), self.total
        )

    def primitive_vectors(self, dimension: int) -> tuple[Vector, ...]:
        """The vectors, in space, in whose multiples the sites (cells) are counted."""
        length = self.spacing * LATTICES[self.name].unit
        columns = _UNITS.get(self.name) or _axes(dimension)
        vectors = [tuple(length * e for e in v) for v in columns]
        if self.height is not None:
            vectors[2] = (sp.Integer(0), sp.Integer(0), self.height)
        return tuple(vectors)

    def sublattice_positions(self, dimension: int) -> dict[str, Vector]:
        """Where in the cell every sublattice sits; empty for one site per cell."""
        vectors = self.primitive_vectors(dimension)
        return {name: tuple(sp.Add(*(c * v[i] for c, v in zip(share, vectors, strict=True))) for i in range(dimension))
                for name, share in _SHARES.get(self.name, {}).items()}  # fmt: skip


@dataclass(frozen=True)
class _Kind:
    dimension: int | None
    sublattices: tuple[str, ...]
    constant: sp.Expr  # lattice_constant over spacing
    unit: sp.Expr  # unit in which sites are counted, over spacing


LATTICES = {
    "square": _Kind(2, (), sp.Integer(1), sp.Integer(1)),
    "cubic": _Kind(3, (), sp.Integer(1), sp.Integer(1)),
    "hypercubic": _Kind(None, (), sp.Integer(1), sp.Integer(1)),
    "triangular": _Kind(2, (), sp.Integer(1), sp.Integer(1)),
    "honeycomb": _Kind(2, ("A", "B"), _ROOT3, _ROOT3),
    "kagome": _Kind(2, ("A", "B", "C"), sp.Integer(2), sp.Integer(2)),
    "bcc": _Kind(3, (), 2 / _ROOT3, 1 / _ROOT3),
    "fcc": _Kind(3, (), sp.sqrt(2), 1 / sp.sqrt(2)),
    "diamond": _Kind(3, ("A", "B"), 4 / _ROOT3, 1 / _ROOT3),
    "hcp": _Kind(3, ("A", "B"), sp.Integer(1), sp.Integer(1)),
}
_PLANE = ((sp.Integer(1), sp.Integer(0)), (_HALF, _ROOT3 / 2))
_UNITS: dict[str, tuple[Vector, ...]] = {
    "triangular": _PLANE, "honeycomb": _PLANE, "kagome": _PLANE,
    "hcp": ((*_PLANE[0], sp.Integer(0)), (*_PLANE[1], sp.Integer(0)), (sp.Integer(0), sp.Integer(0), sp.Integer(1))),
}  # fmt: skip
_THIRD = sp.Rational(1, 3)
_SHARES: dict[str, dict[str, Vector]] = {
    "honeycomb": {"A": (sp.Integer(0),) * 2, "B": (_THIRD, _THIRD)},
    "kagome": {"A": (sp.Integer(0),) * 2, "B": (_HALF, sp.Integer(0)), "C": (sp.Integer(0), _HALF)},
    "diamond": {"A": (sp.Integer(0),) * 3, "B": (sp.Integer(1),) * 3},
    "hcp": {"A": (sp.Integer(0),) * 3, "B": (_THIRD, _THIRD, _HALF)},
}


def _axes(dimension: int) -> tuple[Vector, ...]:
    return tuple(tuple(sp.Integer(int(i == j)) for j in range(dimension)) for i in range(dimension))


def sublattices(head: Mapping[str, Any]) -> tuple[str, ...]:
    """The states that the lattice of a [model] table brings; none where it names no lattice with several sites per cell."""
    kind = LATTICES.get(head["lattice"]) if isinstance(head.get("lattice"), str) else None
    return kind.sublattices if kind else ()


def read_lattice(
    head: Mapping[str, Any], scope: Scope, rate_scope: Scope, coordinates: tuple[str, ...], place: Place
) -> Lattice | None:
    """The lattice of a [model] table; raises :class:`ModelError` for a wrong name, dimension or length.

    ``rate_scope`` is what rates may speak of: places, time and the densities of a crowd.
    """
    if "lattice" not in head:
        for key in KEYS[1:]:
            if key in head:
                raise place.at(key).fail(
                    f"'{key}' belongs to a lattice, but no lattice is named", 'write lattice = "square"'
                )
        return None
    name = f.text(head["lattice"], place.at("lattice"))
    if name not in LATTICES:
        raise place.at("lattice").fail(
            f"unknown lattice '{name}'; a lattice repeats itself under translations (fractals and general graphs do not)",
            did_you_mean(name, list(LATTICES)),
        )
    kind = LATTICES[name]
    if kind.dimension not in (None, len(coordinates)):
        raise place.at("lattice").fail(f"the lattice '{name}' has {kind.dimension} dimensions, the model {len(coordinates)}",
                                       f"name {kind.dimension} coordinates")  # fmt: skip
    if kind.sublattices and head.get("states") not in (None, list(kind.sublattices), kind.sublattices):
        raise NotYetError(f"further internal states on the lattice '{name}', whose sublattices are states, are not handled yet",
                          where=str(place.at("states")), instead="list the jumps with 'from' and 'to'")  # fmt: skip
    spacing, height = _lengths(head, name, scope, place)
    rates, total = _rates(head, kind, rate_scope, coordinates, place)
    return Lattice(name, spacing, height, rates, total)


def _lengths(head: Mapping[str, Any], name: str, scope: Scope, place: Place) -> tuple[sp.Expr, sp.Expr | None]:
    given = [k for k in ("spacing", "lattice_constant", "a") if k in head]
    if len(given) != 1:
        said = "no length is given" if not given else f"{' and '.join(given)} are both given"
        raise place.at("lattice").fail(f"{said} for the lattice '{name}'", 'write spacing = "h", the length of a jump')
    key = given[0]
    length = _positive(head[key], scope, place.at(key))
    if name != "hcp" and ("c" in head or key == "a"):
        raise place.at("c" if "c" in head else "a").fail(
            "'a' and 'c' belong to hcp", "write lattice_constant or spacing"
        )
    if name != "hcp":
        return (length if key == "spacing" else length / LATTICES[name].constant), None
    height = _positive(head["c"], scope, place.at("c")) if "c" in head else length * sp.sqrt(sp.Rational(8, 3))
    return length, height


def _positive(value: Any, scope: Scope, place: Place) -> sp.Expr:
    length = f.real_expression(value, scope, place)
    if length.is_positive is False:
        raise place.fail(f"the length {length} is not positive", "declare its parameters as positive")
    return length


def _rates(
    head: Mapping[str, Any], kind: _Kind, scope: Scope, coordinates: tuple[str, ...], place: Place
) -> tuple[tuple[tuple[str, sp.Expr], ...], bool]:
    given = [k for k in ("rate", "total_rate", "time_step") if k in head]
    if len(given) > 1:
        raise place.at(given[0]).fail(f"{given[0]} and {given[1]} are both given for the jumps of the lattice",
                                      "in discrete time all neighbours are equally likely; else give one rate")  # fmt: skip
    key = given[0] if given else "time_step"
    if key == "time_step":
        return (), False
    names = [f"r_{c}" for c in coordinates] + (["r"] if len(coordinates) == 1 else [])
    inner = scope.with_symbols({n: sp.Symbol(n, real=True) for n in names if n not in scope.symbols})
    value, here = head[key], place.at(key)
    if not isinstance(value, Mapping):
        return (("", f.real_expression(value, inner, here)),), key == "total_rate"
    if set(value) != set(kind.sublattices):
        wanted = ", ".join(kind.sublattices) or "none"
        raise here.fail(f"the table names {', '.join(map(str, value))}; the sublattices are: {wanted}",
                        "give one rate, or one for every sublattice")  # fmt: skip
    found = tuple((s, f.real_expression(value[s], inner, here.at(s))) for s in kind.sublattices)
    return found, key == "total_rate"


def lattice_entries(lattice: Lattice, dimension: int, time_step: bool) -> list[dict[str, Any]]:
    """The jumps to the nearest neighbours as entries of [[jumps]], one per bond of every sublattice."""
    bonds = _bonds(lattice, dimension)
    rates = dict(lattice.rates)
    entries: list[dict[str, Any]] = []
    for source, target, vector in bonds:
        degree = sum(1 for s, _, _ in bonds if s == source)
        entry: dict[str, Any] = {"displacement": list(vector)}
        if source:
            entry |= {"from": source, "to": target}
        if rates:
            rate = rates.get(source, rates.get(""))
            assert rate is not None
            entry["rate"] = rate / degree if lattice.total else rate
        elif time_step:
            entry["probability"] = sp.Rational(1, degree)
        else:
            entry["weight"] = sp.Integer(1)
        entries.append(entry)
    return entries


def _bonds(lattice: Lattice, dimension: int) -> list[Bond]:
    name, h = lattice.name, lattice.spacing
    if name in ("square", "cubic", "hypercubic"):
        return [("", "", tuple(sign * h * e for e in axis)) for axis in _axes(dimension) for sign in (1, -1)]
    if name == "bcc":
        unit = h / _ROOT3
        return [("", "", tuple(s * unit for s in signs)) for signs in itertools.product((1, -1), repeat=3)]
    if name == "fcc":
        unit = h / sp.sqrt(2)
        corners = [v for v in itertools.product((1, -1, 0), repeat=3) if sum(map(abs, v)) == 2]
        return [("", "", tuple(s * unit for s in v)) for v in corners]
    if name == "triangular":
        return [("", "", v) for v in _around(h)]
    if name == "honeycomb":
        bonds = [(_ROOT3 / 2 * h, h / 2), (-_ROOT3 / 2 * h, h / 2), (sp.Integer(0), -h)]
        return _both_ways("A", "B", bonds)
    if name == "kagome":
        first, _, second, _, third, _ = _around(h)
        return [b for s, t, v in (("A", "B", first), ("A", "C", second), ("B", "C", third))
                for b in (*_both_ways(s, t, [v]), *_both_ways(s, t, [_minus(v)]))]  # fmt: skip
    if name == "diamond":
        unit = h / _ROOT3
        corners = [v for v in itertools.product((1, -1), repeat=3) if v[0] * v[1] * v[2] == 1]
        return _both_ways("A", "B", [tuple(s * unit for s in v) for v in corners])
    return _hcp(lattice)


def _around(h: sp.Expr) -> list[Vector]:
    """The six neighbours of a triangular lattice: +-a1, +-a2, +-(a2 - a1)."""
    half = [(h, sp.Integer(0)), (h / 2, _ROOT3 * h / 2), (-h / 2, _ROOT3 * h / 2)]
    return [v for w in half for v in (w, _minus(w))]


def _minus(vector: Vector) -> Vector:
    return tuple(-e for e in vector)


def _both_ways(source: str, target: str, vectors: list[Vector]) -> list[Bond]:
    return [(source, target, v) for v in vectors] + [(target, source, _minus(v)) for v in vectors]


def _hcp(lattice: Lattice) -> list[Bond]:
    """Six neighbours in the plane, six in the planes above and below: B lies over the centre of a triangle of A."""
    a, c = lattice.spacing, lattice.height
    assert c is not None
    found: list[Bond] = [(s, s, (*v, sp.Integer(0))) for s in ("A", "B") for v in _around(a)]
    lateral = [(a / 2, a / (2 * _ROOT3)), (-a / 2, a / (2 * _ROOT3)), (sp.Integer(0), -a / _ROOT3)]
    return found + _both_ways("A", "B", [(*v, sign * c / 2) for v in lateral for sign in (1, -1)])

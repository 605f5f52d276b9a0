"""Every named lattice: bonds of one length, both ways, from site to site; as many neighbours as crystallography counts; isotropy."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import loads
from symdiff.errors import NotYetError
from symdiff.model.lattice import LATTICES, Lattice, lattice_entries

NEIGHBOURS = {  # Kittel, Introduction to Solid State Physics, ch. 1, and by counting in the plane
    "square": 4, "cubic": 6, "hypercubic": 8, "triangular": 6, "honeycomb": 3, "kagome": 4, "bcc": 8, "fcc": 12, "diamond": 4, "hcp": 12,
}  # fmt: skip


@pytest.mark.parametrize("name", LATTICES)
def test_bonds_of_a_named_lattice(name: str) -> None:
    dimension = LATTICES[name].dimension or 4
    height = sp.sqrt(sp.Rational(8, 3)) if name == "hcp" else None
    lattice = Lattice(name, sp.Integer(1), height)
    cell = sp.Matrix(lattice.primitive_vectors(dimension)).T
    places = lattice.sublattice_positions(dimension) or {"": (sp.Integer(0),) * dimension}
    bonds = [
        (e.get("from", ""), e.get("to", ""), tuple(e["displacement"]))
        for e in lattice_entries(lattice, dimension, False)
    ]
    for source in places:
        assert sum(1 for s, _, _ in bonds if s == source) == NEIGHBOURS[name]
    spread = sp.zeros(dimension)
    for source, target, vector in bonds:
        v = sp.Matrix(vector)
        assert sp.expand(v.dot(v)) == 1
        assert (target, source, tuple(sp.expand(-e) for e in vector)) in bonds
        cells = cell.solve(sp.Matrix(places[source]) + v - sp.Matrix(places[target]))
        assert all(sp.nsimplify(c).is_integer for c in cells), (source, target, vector)
        spread += v * v.T
    assert spread.applyfunc(sp.expand) == sp.eye(dimension) * sp.Rational(len(bonds), dimension)


def test_nearest_neighbours_in_four_dimensions_vs_cumulants() -> None:
    """(1/tau) log((cosh h q_1 + ... + cosh h q_4)/4), its fourth order by hand; nine coordinates are refused."""
    text = '[parameters]\nh = "positive"\ntau = "positive"\n[model]\ncoordinates = {}\nlattice = "hypercubic"\nspacing = "h"\ntime_step = "tau"\n'
    limit = sd.derive(loads(text.format('["w", "x", "y", "z"]')), order=4)
    h, tau = sp.symbols("h tau", positive=True)
    assert limit.coefficient("D_ww") == h**2 / (8 * tau)
    assert limit.coefficient("a_zzzz") == h**4 / (384 * tau)
    assert limit.coefficient("a_wwzz") == -(h**4) / (64 * tau)
    with pytest.raises(NotYetError, match="1 to 8"):
        loads(text.format([f"x{n}" for n in range(9)]))

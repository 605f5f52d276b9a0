"""Recurrences of walks that depend on place through one plain walk: against counts place by place; a checker that rejects forged proofs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from symdiff import counting
from symdiff.evidence.counting.composed_recurrence import ComposedProof, composed_proof, composed_values
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.laurent import lowest_terms, resolvent
from symdiff.evidence.counting.state_recurrence import StateRecurrence
from symdiff.evidence.counting.steps import StateSteps

PLANE = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)]
OVER = [(0, 0), (-1, 0), (0, -1)]  # the three atoms of the next plane over the centre of a triangle


def close_packed(inside: int = 1, between: int = 1) -> StateSteps:
    """Hexagonal close packing: planes A B A B; the weights of the bonds in a plane and between planes."""
    bonds = [(s, s, (*v, 0), inside) for s in "AB" for v in PLANE]
    up = [("A", "B", (*v, k), between) for v in OVER for k in (0, -1)]
    return StateSteps.from_transitions([*bonds, *up, *((b, a, tuple(-x for x in s), w) for a, b, s, w in up)])


def proved(steps: StateSteps) -> StateRecurrence:
    found = counting.recurrence(steps, (0, 0, 0, "A"), (0, 0, 0, "A"))
    assert isinstance(found, StateRecurrence)
    return found


@pytest.mark.parametrize(("inside", "between"), [(1, 1), (1, 2), (3, 1)])
def test_hexagonal_close_packing_vs_dynamic_programming(inside: int, between: int) -> None:
    """Each of the 12 bonds lies in four triangles: a(3) = 48."""
    steps = close_packed(inside, between)
    found = proved(steps)
    assert isinstance(found.proof, ComposedProof)
    assert found.holds()
    origin = ((0, 0, 0), 0)
    expected = [layer.get(origin, 0) for layer in layers(steps, 7, {origin: 1})]
    assert expected[2] == 6 * inside**2 + 6 * between**2
    if inside == between:
        assert found.order == 3
        assert expected[3] == 48
    assert list(itertools.islice(found.terms(), 8)) == expected
    assert [found.nth(n) for n in range(8)] == expected


def test_values_that_disagree_with_the_first_ones_are_none() -> None:
    found = proved(close_packed())
    values = composed_values(found.fraction, [1, 0, 12, 48], 6)
    assert values == [1, 0, 12, 48, 540, 4320, 42240]
    assert composed_values(found.fraction, [1, 0, 12, 47], 6) is None


def test_without_a_further_coordinate() -> None:
    """Honeycomb through the triangular lattice: two steps are 3 + t."""
    bonds = [("A", "B", v, 1) for v in OVER]
    steps = StateSteps.from_transitions([*bonds, *((b, a, (-v[0], -v[1]), w) for a, b, v, w in bonds)])
    found = counting.recurrence(steps, (0, 0, "A"), (0, 0, "A"))
    assert isinstance(found, StateRecurrence)
    column, determinant = resolvent(steps, [0])
    proof = composed_proof(
        lowest_terms(column[0], determinant), found.coefficients, list(itertools.islice(found.terms(), 20))
    )
    assert proof is not None
    assert proof.composition.axis is None
    claim = replace(found, proof=proof)
    assert claim.holds()
    assert not replace(claim, coefficients=((found.coefficients[0][0] + 1,), *found.coefficients[1:])).holds()


def test_forged_proofs_are_rejected() -> None:
    found = proved(close_packed())
    proof, c = found.proof, found.coefficients
    assert isinstance(proof, ComposedProof)
    form, inner = proof.composition, proof.inner
    place, value = next(iter(proof.certificate.items()))
    more = {(0, 0): 2}

    def with_form(**changes: object) -> StateRecurrence:
        return replace(found, proof=replace(proof, composition=replace(form, **changes)))

    forgeries = [
        replace(found, coefficients=((c[0][0] + 1, *c[0][1:]), *c[1:])),
        replace(found, coefficients=((0,),)),
        replace(found, ends=(1,)),
        replace(found, displacement=(1, 0, 0)),
        replace(found, steps=close_packed(1, 2)),
        replace(found, proof=replace(proof, certificate={**proof.certificate, place: value + 1})),
        replace(found, proof=replace(proof, certificate={}, number=0)),
        replace(found, proof=replace(proof, number=proof.number + 1)),
        replace(found, proof=replace(proof, pole=proof.pole + 1)),
        replace(found, proof=replace(proof, below=0)),
        replace(found, proof=replace(proof, below=inner.order + 1, certificate={**proof.certificate, (0, -4): 1})),
        replace(found, proof=replace(proof, removed=(0,))),
        replace(found, proof=replace(proof, removed=(3,))),
        replace(found, proof=replace(proof, inner=replace(inner, coefficients=((0,),)))),
        replace(found, proof=replace(proof, inner=replace(inner, certificate=inner.certificate[:-1]))),
        with_form(plain=counting.StepSet.from_steps(PLANE[:-1])),
        with_form(axis=None),
        with_form(axis=0),
        with_form(upper=form.upper | more),
        with_form(lower=(form.lower[0] | {(1, 0): 1}, form.lower[1])),
        with_form(root=({(0, 0): 2}, form.root[1])),
        with_form(root=(form.root[0], form.root[1] | {(1, 0): 1})),
    ]
    assert [forgery.holds() for forgery in forgeries] == [False] * len(forgeries)
    assert found.holds()

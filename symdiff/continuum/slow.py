"""The names of the slow densities: conserved classes of states, sums that the model names, or the states themselves."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.derivation import Derived, leading_part
from symdiff.continuum.fast_states import closed_classes
from symdiff.errors import ModelError
from symdiff.model.jump_model import JumpModel


def slow_names(derived: Derived) -> tuple[str, ...]:
    """One name per row of the operator; a sum of states without a name of its own is called by its states, as in A_B.

    Raises :class:`ModelError` where two conserved classes would both bear the density's name.
    """
    model = derived.model
    if len(derived.slow) == 1:
        return (model.density,)
    named = {frozenset(states): name for name, states in model.densities}
    conserved = len(closed_classes(model)) == len(derived.slow)
    found = []
    for basin in derived.slow:
        members = [model.state_names[i] for i in basin]
        core = [model.state_names[i] for i in _core(model, basin)] if conserved else members
        if frozenset(members) in named:
            found.append(named[frozenset(members)])
        elif len(core) == 1:
            found.append(core[0])
        else:
            found.append(model.density if conserved and not model.densities else "_".join(members))
    twice = next((n for n in found if found.count(n) > 1), None)
    if twice is not None:
        classes = " and ".join(" + ".join(model.state_names[i] for i in basin) for basin in derived.slow)
        raise ModelError(f"several sums of states are conserved, and none of them has a name: {classes}", where="[model] density",
                         instead='name them, as in density = {u = ["right", "left"], v = ["rest"]}')  # fmt: skip
    return tuple(found)


def shared_out(derived: Derived) -> tuple[tuple[str, tuple[tuple[str, sp.Expr], ...]], ...]:
    """The transient states that count to several slow densities: each with the chances to end in the states of every one.

    The sum over the densities is one. Then a density is m P with these weights m, no plain sum of states.
    """
    if derived.generator.modes is not None or not any(r.split.split_transients for r in derived.reductions):
        return ()
    ring, weights = derived.ring, derived.reductions[0].split.measure
    for reduction in derived.reductions[1:]:
        columns = list(zip(*weights, strict=True))
        weights = [
            [sum((x * y for x, y in zip(row, column, strict=True)), ring.zero) for column in columns]
            for row in reduction.split.measure
        ]
    found = []
    for state, column in zip(derived.model.state_names, zip(*weights, strict=True), strict=True):
        counted = [(a, ring.to_expression(ring.tidy(x))) for a, x in zip(slow_names(derived), column, strict=True) if x]
        if len(counted) > 1:
            found.append((state, tuple(counted)))
    return tuple(found)


def shared_out_notes(derived: Derived) -> tuple[str, ...]:
    """What the densities of a system count of transient states between them."""
    return tuple(
        f"{state}: {' and '.join(f'({share}) of it to {name}' for name, share in shares)}, by the chances to end there"
        for state, shares in shared_out(derived)
    )


def stands_still(derived: Derived) -> bool:
    """Whether what is kept changes no total: nothing happens, or at rates that depend on place states change where they are."""
    if derived.model.scheme is not None:
        return False
    columns = zip(*([leading_part(x, derived.kept) for x in row] for row in derived.operator), strict=True)
    kept = [[c for x in column for c in x.terms.values()] for column in columns]
    if derived.homogeneous:
        return not any(any(column) for column in kept)
    return all(derived.ring.is_zero(sum(column, derived.ring.zero)) for column in kept)


def are_densities(derived: Derived) -> bool:
    """Whether each slow row is a density of its own: conserved, or named by the model."""
    model = derived.model
    members = {frozenset(model.state_names[i] for i in basin) for basin in derived.slow}
    if model.densities:
        return members == {frozenset(states) for _, states in model.densities}
    return len(closed_classes(model)) == len(derived.slow)


def _core(model: JumpModel, basin: tuple[int, ...]) -> tuple[int, ...]:
    return next((c for c in closed_classes(model) if set(c) <= set(basin)), basin)

"""Activities averaged in local equilibrium: sites that lose agents at a rate of their own (zero range, see there), and rods.

Rods of k sites: with the weights of the configurations of a row of rods under a slowly varying fugacity z, the mean number
of rods that can cross from x to x + h is G z(x), that of those that can come back G z(x + h), where
z = C (1 - (k-1) C)^(k-1) / (1 - k C)^k and G = (1 - k C)^(k+1) / (1 - (k-1) C)^k in between. Half their sum is
C (1 - k C)/(1 - (k-1) C), and G z' = 1/(1 - (k-1) C)^2, so that D = rate h^2 / (1 - (k-1) C)^2.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.zero_range import fugacity
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import Jump, JumpModel


def site_activity(model: JumpModel) -> sp.Expr:
    """The mean rate of a site as a function of its density, z(C)."""
    factors = [j for j in model.jumps if _reads_density(j.intensity, model)]
    if factors:
        raise NotYetError(
            "a site rate beside rates that depend on densities is not handled yet", where=factors[0].label
        )
    return fugacity(model).at(sp.Function(model.density)(*model.coordinate_symbols))


def rod_activity(jump: Jump, model: JumpModel) -> sp.Expr:
    """The mean number of rods that can make a jump of one site, by local equilibrium; exact to second order in gradients."""
    k = model.crowd.rod_length
    assert k is not None
    if len(model.state_names) > 1 or model.dimension > 1:
        raise NotYetError(
            "rods in more than one dimension, or of several species, are not handled yet", where="[model] rod_length"
        )
    if model.crowd.reactions:
        raise NotYetError("reactions between rods are not handled yet", where="[[reactions]] 1")
    if _reads_density(jump.intensity, model):
        raise DerivationError("the rate of a rod depends on densities, but rods already exclude each other",
                              where=jump.label, instead="leave the density out of the rate")  # fmt: skip
    if jump.law is not None or {abs_length(j) for j in model.jumps} != {abs_length(jump)}:
        raise NotYetError("rods that move by more than one site are not handled yet", where=jump.label)
    x, step = model.coordinate_symbols[0], jump.displacement[0]
    if jump.intensity.has(x):
        raise NotYetError("rates of rods that depend on place are not handled yet", where=jump.label)
    density = sp.Function(model.density)

    def free(place: sp.Expr) -> sp.Expr:
        return 1 - k * density(place)

    def shorter(place: sp.Expr) -> sp.Expr:
        return 1 - (k - 1) * density(place)

    if k == 1:
        return density(x) * free(x + step)
    middle = x + step / 2
    both_ways = density(middle) * free(middle) / shorter(middle)
    return both_ways + (density(x) - density(x + step)) / (2 * shorter(middle) ** 2)


def abs_length(jump: Jump) -> sp.Expr:
    """The length of a jump along a line."""
    r = jump.displacement[0]
    return -r if r.could_extract_minus_sign() else r


def _reads_density(value: sp.Expr, model: JumpModel) -> bool:
    return any(c.func.__name__ == model.density for c in value.atoms(AppliedUndef))

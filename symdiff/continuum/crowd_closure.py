"""What the mean field of a crowd assumes, and whether it is exact."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.assumptions import validity
from symdiff.continuum.crowd import CrowdDerived
from symdiff.continuum.limit import Closure
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import Event, events, exact_closure


def closure_of(model: JumpModel) -> Closure:
    """Exact where the products of the agents' numbers cancel before any average is taken; else an approximation."""
    crowd = model.crowd
    if crowd.site_rate is not None:
        return Closure("local-equilibrium", "the rate of a site is averaged over the local equilibrium of its number of agents; "
                       "exact in the limit of slow variation (zero range process)")  # fmt: skip
    if crowd.rod_length is not None and crowd.rod_length != 1:
        return Closure("local-equilibrium", "the room between rods is averaged over their local equilibrium; exact in the limit "
                       "of slow variation where jumps to both sides are equally likely")  # fmt: skip
    expanded = tuple(
        Event(e.gone, e.come, expand_definitions(e.intensity, model.functions), e.label)
        for e in events(model.jumps, crowd, model.state_names, model.dimension)
    )
    lawful = any(j.law is not None and j.intensity.atoms(sp.core.function.AppliedUndef) for j in model.jumps)
    discrete = model.clock == "discrete"
    together = discrete and (
        bool(crowd.reactions) or crowd.occupancy is not None
    )  # two agents may enter one site in the same step
    if not lawful and not together and exact_closure(expanded, model.state_names, model.coordinate_symbols):
        return Closure("exact", "the products of the numbers of agents cancel before any average is taken: the mean densities obey "
                       "linear equations of their own")  # fmt: skip
    what = (
        "the mean of a product of numbers of agents is replaced by the product of their means, as the rules are written"
    )
    reason = "neighbouring sites are correlated"
    if discrete:
        reason += ", and all agents are taken to move at once"
    return Closure("mean-field", f"{what}; an approximation, since {reason}: its error does not vanish with the lattice spacing in "
                   "general and is to be measured by simulation")  # fmt: skip


def crowd_assumptions(
    derived: CrowdDerived, equations: tuple[EvolutionEquation, ...], closure: Closure
) -> tuple[str, ...]:
    """The regime, the mean field, the occupancy, and what the equation needs to be well-posed."""
    model, prepared = derived.model, derived.prepared
    names = ", ".join(model.state_names)
    if prepared.is_long_wave:
        found = [f"{names}: varying over lengths that are long against the jumps; all parameters are fixed"]
    else:
        powers = ", ".join(f"{k} = O({sp.Symbol('eps') ** v})" for k, v in prepared.regime.powers)
        found = [f"eps -> 0 with {powers}; what is not named is of order one"]
    if closure.kind == "mean-field":
        found.append("mean field: densities at different sites, and agents of one site, are taken as uncorrelated")
    elif closure.kind == "local-equilibrium":
        found.append("local equilibrium: every neighbourhood has relaxed to the equilibrium of its density")
    if model.crowd.site_rate is not None:
        from symdiff.continuum.zero_range import fugacity_assumptions  # loaded when used: start-up time

        found += fugacity_assumptions(model)
    if model.crowd.occupancy is not None:
        rule = ("no rule overfills one" if model.clock != "discrete"
                else "those that enter one site in the same time step are not kept apart")  # fmt: skip
        found.append(
            f"at most {model.crowd.occupancy} agent{'' if model.crowd.occupancy == 1 else 's'} on a site; {rule}"
        )
    found.append("densities are numbers of agents per site, in the range where every rate is nonnegative")
    found += validity(model)
    found += [f"stated in the model: {c}" for c in model.constraints]
    free = [d.name for d in model.functions if d.body is None]
    if free:
        found.append(f"{', '.join(free)}: smooth, varying over lengths that are long against the jumps")
    found += list(dict.fromkeys(f"{_positive(base, model)} is positive" for base in derived.ring.assumed_positive))
    if model.clock == "discrete":
        found.append("time is read at many time steps; higher time derivatives are eliminated, not dropped")
        if model.crowd.reactions:
            found.append("in every time step the reactions come after the jumps")
    if any(t.density == "" and any(t.space) and t.sign > 0 for e in equations for t in e.right):
        found.append("well-posed only where the diffusivity is not negative (with several species: its eigenvalues)")
    return tuple(found)


def _positive(base: sp.Expr, model: JumpModel) -> str:
    """A base of a power, wherever it is read; a density goes by its name."""
    name = base.func.__name__ if isinstance(base, sp.core.function.AppliedUndef) else ""
    return name if name in model.state_names else str(base)

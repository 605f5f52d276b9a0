"""The steps of a derivation, each an equation with its justification."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.graded import GradedSeries
from symdiff.continuum import assembly
from symdiff.continuum.derivation import Derived
from symdiff.continuum.limit import Step
from symdiff.continuum.master import master_equation
from symdiff.continuum.slow import slow_names
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd


def derivation_steps(derived: Derived, equations: tuple[EvolutionEquation, ...]) -> tuple[Step, ...]:
    """Master equation, Kramers-Moyal expansion, elimination of states, of time derivatives, and the result."""
    if derived.model.scheme is not None:
        return (*_master_steps(derived), *_scheme_steps(derived, equations))
    found = _master_steps(derived) + _expansion_steps(derived)
    if derived.reductions:
        found += _elimination_steps(derived)
    if derived.generator.inverse_step is not None:
        found += _time_steps(derived)
    for equation in equations:
        why = _limit_reason(derived)
        if (found[-1].lhs, found[-1].rhs) == (equation.lhs, equation.rhs):
            why = f"{found.pop().why}; {why}"
        found.append(Step(f"Continuum limit{_of(equation.density, len(equations))}", equation.lhs, equation.rhs, why))
    return tuple(found)


def _master_steps(derived: Derived) -> list[Step]:
    equations = master_equation(derived.model).equations
    if derived.model.scheme is not None:
        return [Step("Master equation", e.lhs, e.rhs, "as stated in the model") for e in equations]
    why = _balance(derived.model)
    if derived.model.clock == "discrete":
        why += "; one time step"
    return [Step(f"Master equation{_of(e.state, len(equations))}", e.lhs, e.rhs, why) for e in equations]


def _balance(model: JumpModel) -> str:
    """What the terms of a master equation are, in words."""
    place = model.coordinates[0] if model.dimension == 1 else "x"
    if model.population is not None:
        return f"balance of gains and losses at every value of {', '.join(model.coordinates)}"
    who = "an agent" if is_crowd(model) or model.crowd.reactions else "a walker"
    why = f"balance of arrivals and departures at {place}: {who} that arrives at {place} by a jump r left {place} - r"
    if not model.jumps:
        turns = " and the changes of the internal state" if model.internals else ""
        why = f"balance at {place} of the motion in space{turns}"
    if any(v.domain == "direction" for v in model.internals):
        why += "; Δ with an index is the Laplacian on the directions"
        why += ", ∂ with an index the derivative by their angle" if any(any(v.drift) for v in model.internals) else ""
    if any(v.rate is not None for v in model.internals):
        why += "; R[...] is what stands inside with the internal state drawn anew"
    return why


def _scheme_steps(derived: Derived, equations: tuple[EvolutionEquation, ...]) -> list[Step]:
    """The dispersion relation of the scheme, and its slow branch."""
    from symdiff.continuum.assembly import wave_symbols  # loaded when used: start-up time

    scheme, waves, s = derived.model.scheme, wave_symbols(derived), sp.Symbol("s")
    assert scheme is not None
    total = sp.Add(
        *(
            t.coefficient * s**t.time_order * sp.Mul(*((sp.I * k) ** n for k, n in zip(waves, t.space_orders, strict=True)))
            * sp.exp(sp.Add(s * t.time_shift, *(sp.I * k * a for k, a in zip(waves, t.shift, strict=True))))
            for t in scheme.terms
        )
    )  # fmt: skip
    why = "modes e^(st + ikx) put into the equation"
    found = [Step("Dispersion relation", total, sp.Integer(0), why)]
    for e in equations:
        found.append(
            Step(
                "Continuum limit",
                e.lhs,
                e.rhs,
                "the branch with s -> 0 as k -> 0, expanded in k; " + _limit_reason(derived),
            )
        )
    return found


def _of(state: str, number: int) -> str:
    return f" of {state}" if number > 1 else ""


def _taylor(model: JumpModel) -> str:
    """What an expansion is, in the coordinates of the model."""
    first, *others = model.coordinates
    c, power = (first, "j" if "n" in (first, *others) else "n") if len(first) == 1 and first.islower() else ("x", "n")
    along = f", and so along {', '.join(others)}" if others else ""
    return (
        f"Taylor expansion of every term about {', '.join(model.coordinates)} (Kramers-Moyal): "
        f"e^(-r d_{c}) = sum (-d_{c})^{power} r^{power} / {power}!{along}, the derivatives acting on rate times density"
    )


def _expansion_steps(derived: Derived) -> list[Step]:
    """P(x - r) = sum_n (-r d)^n P / n!, with the derivatives acting on rate times density."""
    model = derived.model
    x, t = model.coordinate_symbols, model.time
    limit = derived.kept if derived.generator.inverse_step is None else derived.kept + _step_power(derived)
    names = model.state_names
    found: list[Step] = []
    if derived.generator.modes is not None:
        return found if derived.generator.modes.is_ball else _moment_steps(derived)
    for i, name in enumerate(names):
        here = sp.Function(name)(*x, t)
        lhs = (
            sp.Derivative(here, t) if model.clock == "continuous" else sp.Function(name)(*x, t + model.time_step) - here
        )
        rhs = sp.Add(
            *(
                _operator_expression(derived, derived.generator.matrix[i][j], other, limit)
                for j, other in enumerate(names)
            )
        )
        why = _taylor(model)
        found.append(Step(f"Kramers-Moyal expansion{_of(name, len(names))}", lhs, rhs, why))
    return found


MOMENTS_SHOWN = 3  # of every internal state: what the second order needs


def _moment_steps(derived: Derived) -> list[Step]:
    """The first equations of the hierarchy of moments over the continuous internal states."""
    model, modes = derived.model, derived.generator.modes
    assert modes is not None
    x, t = model.coordinate_symbols, model.time
    limit = derived.kept if derived.generator.inverse_step is None else derived.kept + _step_power(derived)
    names = [modes.name(state, label) for state in model.state_names for label in modes.labels]
    found = []
    for a, name in enumerate(names):
        if modes.weight(modes.labels[a % modes.size]) > MOMENTS_SHOWN - 1:
            continue
        function = sp.Function(name)
        lhs = sp.Derivative(function(*x, t), t)
        if model.time_step is not None:
            lhs = function(*x, t + model.time_step) - function(*x, t)
        rhs = sp.Add(
            *(
                _operator_expression(derived, derived.generator.matrix[a][b], other, limit)
                for b, other in enumerate(names)
            )
        )
        found.append(Step("Moment equation", lhs, rhs,
                          "the master equation times a polynomial of the internal state, which is the index, averaged over it"))  # fmt: skip
    return found


def _step_power(derived: Derived) -> int:
    assert derived.generator.inverse_step is not None
    return -int(derived.generator.inverse_step.valuation)


def _operator_expression(derived: Derived, series: GradedSeries, density: str, highest: object) -> sp.Expr:
    x, t = derived.model.coordinate_symbols, derived.model.time
    terms = [g for g in assembly.graded_terms(derived.ring, series) if g.power <= highest]  # type: ignore[operator]
    shown = [
        assembly.to_term(derived, assembly.GradedTerm(0, space, 0, fractional, c), density)
        for (space, fractional), c in assembly.merged_elements(derived, terms).items()
    ]
    return sp.Add(*(term.expression(x, t) for term in shown))


def _elimination_steps(derived: Derived) -> list[Step]:
    model = derived.model
    x, t = model.coordinate_symbols, model.time
    total = sp.Function(model.density)(*x, t)
    found = []
    ring = derived.ring
    split = derived.reductions[0].split
    if len(derived.reductions) == 1 and len(split.left) == 1 and derived.generator.modes is None:
        for name, share in zip(model.state_names, split.right, strict=True):
            found.append(Step(f"Local equilibrium of {name}", sp.Function(name)(*x, t), ring.to_expression(share[0]) * total,
                              "null vector of the switching, at leading order"))  # fmt: skip
    limit = derived.kept if derived.generator.inverse_step is None else derived.kept + _step_power(derived)
    lhs = (
        sp.Derivative(total, t)
        if model.clock == "continuous"
        else sp.Function(model.density)(*x, t + model.time_step) - total
    )
    rhs = (
        _operator_expression(derived, derived.increment[0][0], model.density, limit)
        if len(derived.increment) == 1
        else sp.Integer(0)
    )
    if len(derived.increment) == 1:
        found.append(
            Step(
                "Solvability",
                lhs,
                rhs,
                "the sum over the states, with the deviations from local equilibrium put in order by order",
            )
        )
    return found


def _time_steps(derived: Derived) -> list[Step]:
    model = derived.model
    if len(derived.operator) > 1:
        return [Step(f"Time derivative eliminated{_of(e.density, len(derived.operator))}", e.lhs, e.rhs,
                     f"d_t = log(1 + K)/{_step_of(model)} for the matrix K of one step: higher time derivatives are replaced, not dropped")
                for e in assembly.system_equations(derived, slow_names(derived))]  # fmt: skip
    x, t = model.coordinate_symbols, model.time
    lhs = sp.Derivative(sp.Function(model.density)(*x, t), t)
    rhs = _operator_expression(derived, derived.operator[0][0], model.density, derived.kept)
    why = f"d_t = log(1 + K)/{_step_of(model)}, K the increment of one step: higher time derivatives are replaced by gradients, not dropped"
    return [Step("Time derivative eliminated", lhs, rhs, why)]


def _step_of(model: JumpModel) -> str:
    """The time step as it stands in a quotient."""
    step = model.time_step
    return str(step) if step is None or step.is_Symbol or step.is_Integer else f"({step})"


def _limit_reason(derived: Derived) -> str:
    if derived.prepared.is_long_wave:
        return (
            f"gradients up to order {derived.kept} are kept"
            if derived.kept == int(derived.kept)
            else "the leading term of the heavy tail is kept"
        )
    return f"terms of order eps**({derived.kept}) are kept in the regime '{derived.prepared.regime.name}'"

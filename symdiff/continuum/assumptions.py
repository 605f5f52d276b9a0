"""Everything that a result rests on, in words."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.graded import power
from symdiff.algebra.operators import lowest_power
from symdiff.continuum.derivation import Derived
from symdiff.continuum.slow import slow_names
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.model.jump_model import JumpModel
from symdiff.model.ranges import enclosure, parameter_intervals


def _of_grids(model: JumpModel) -> list[str]:
    """What the functions of an unknown grid mean: slope and, where it moves, velocity (per axis, in this order)."""
    found: list[str] = []
    for d in model.functions:
        if not d.slope_to:
            continue
        x, *timed = d.arguments
        if timed and found and found[-1].endswith(f"per unit of {x}"):
            found.append(
                f"{d.name} is the velocity of the grid, {d.name}({x}, {timed[0]}) = d_t f at the site that is at {x}"
            )
            continue
        shown = ", ".join(("q", *("t" for _ in timed)))
        slope = "d_q f" if timed else "f'(q)"
        found.append(f"{d.name} is the slope of the grid: sites are at {x} = f({shown}), q = n h, and "
                     f"{d.name}({', '.join(d.arguments)}) = {slope} there; {model.density} is a density per unit of {x}")  # fmt: skip
    return found


RARE_EVENTS = ("a diffusion approximation: it fails for rare events (extinction, fixation at a fixed bias, escape from a metastable "
               "state), whose probabilities are exponentially small in the system size and come out wrong in the exponent")  # fmt: skip


def assumptions(derived: Derived, equation: EvolutionEquation | None) -> tuple[str, ...]:
    """The regime, the range of the parameters, smoothness, laws, states, and what truncation costs."""
    model, prepared = derived.model, derived.prepared
    found = [_regime_text(derived)]
    found += validity(model)
    found += [f"stated in the model: {c}" for c in model.constraints]
    free = [d.name for d in model.functions if d.body is None]
    if free:
        found.append(f"{', '.join(free)}: smooth, varying over lengths that are long against the jumps")
    found += _of_grids(model)
    if model.internals and any(r.produces for r in model.crowd.reactions):
        found.append("agents that a reaction produces have the internal state of the agent that it consumes")
    defined = [d.name for d in model.functions if d.body is not None]
    if defined and prepared.is_long_wave:
        found.append(f"{', '.join(defined)}: read as a smooth function of place, each of its derivatives small")
    found += singular_places(model)
    found += list(
        dict.fromkeys(f"{base} is positive" for base in (*_positive_roots(derived), *_positive_powers(derived)))
    )
    kinks = [plain_text(a.expression.args[0]) for a in derived.ring.atoms if isinstance(a.expression, sp.sign)]
    if kinks:
        found.append(f"the rates have a kink where {', '.join(dict.fromkeys(kinks))} vanishes: terms with its sign are not analytic, "
                     "and hold away from such places")  # fmt: skip
    if derived.reductions:
        found.append(
            "the internal states have relaxed to their local equilibrium: times are long against the switching time"
        )
    if (
        model.lossy
        and prepared.regime.origin == "found"
        and lowest_power(derived.operator) < power(prepared.time_power)
    ):
        found.append(
            "the number of walkers falls faster than the time of this regime: it is how the survivors move that is kept to its order"
        )
    if model.scheme is not None:
        slow = "branch that varies" if len(derived.operator) == 1 else "two branches that vary"
        found.append(f"the equation is that of the {slow} slowly in time; a scheme over several time levels may have other, spurious "
                     "branches, and whether those decay is not judged here")  # fmt: skip
    if model.clock == "discrete":
        found.append("time is read at many time steps; higher time derivatives are eliminated, not dropped")
        if _is_bipartite(model):
            found.append("walkers always change sublattice: the lattice law approaches the density on one sublattice at a time "
                         "(twice the density there), not pointwise")  # fmt: skip
    found += _law_notes(model)
    if prepared.is_long_wave and _next_grade(derived) - Fraction(derived.kept) < Fraction(1, 10):
        found.append("what is left out is smaller by a factor of log(1/eps) only")
    if equation is not None:
        found += _truncation_notes(equation)
    if model.population is not None and derived.prepared.is_long_wave:
        found.append(RARE_EVENTS)
    return tuple(found)


def _next_grade(derived: Derived) -> Fraction:
    """The lowest power of eps that is left out, as far as it is known; that of a logarithm lies a little below the whole one."""
    grades = [g for row in derived.operator for x in row for g in (*x.terms, x.order)]
    return Fraction(min(g for g in grades if g > derived.kept))


def singular_places(model: JumpModel) -> list[str]:
    """Where a rate or a displacement divides by what vanishes at a place (a polynomial, a function): no Taylor expansion holds there."""
    places = model.coordinate_symbols
    numbers = {c: sp.Dummy(nonnegative=True) for c in places} if model.population is not None else {}
    read = [j.intensity for j in model.jumps] + [r for j in model.jumps for r in j.displacement]
    read += [f.body for f in model.functions if f.body is not None]
    divisors = {p.base for e in read for p in e.atoms(sp.Pow) if p.exp.is_negative and p.base.has(*places)}
    found = [
        str(base) for base in divisors
        if not base.xreplace(numbers).is_nonzero and (isinstance(base, (AppliedUndef, sp.Abs)) or base.is_polynomial(*places))
    ]  # fmt: skip
    return [f"the rates divide by {base}: the expansion holds far from where that vanishes, against the length of the jumps"
            for base in sorted(found)]  # fmt: skip


def _regime_text(derived: Derived) -> str:
    prepared = derived.prepared
    if prepared.is_long_wave:
        several = len(derived.slow) > 1 and derived.model.scheme is None
        names = " and ".join(slow_names(derived)) if several else derived.model.density
        vary = "vary" if several else "varies"
        return f"{names} {vary} over lengths that are long against the jumps; all parameters are fixed"
    powers = ", ".join(f"{key} = O({_eps(value)})" for key, value in prepared.regime.powers)
    return f"eps -> 0 with {powers}; what is not named is of order one"


def _eps(value: Fraction) -> str:
    if value == 0:
        return "1"
    if value == 1:
        return "eps"
    return f"eps**{value}" if value.denominator == 1 and value > 0 else f"eps**({value})"


def validity(model: JumpModel) -> list[str]:
    """Where the rates are not negative, or the probabilities lie in [0, 1] and sum to at most one."""
    what = "rates" if model.clock == "continuous" else "probabilities"
    counts = frozenset(model.coordinate_symbols) if model.population is not None else frozenset()
    shown = [_reduced(c, counts) for c in model.conditions]
    return [f"the {what} are valid where {relation_text(c)}" for c in dict.fromkeys(shown) if c is not sp.true]


def _reduced(condition: sp.Basic, counts: frozenset[sp.Symbol]) -> sp.Basic:
    """f g >= 0 as g >= 0 for what is never negative: positive parameters, and numbers of individuals n, n(n - 1)."""
    if not isinstance(condition, (sp.GreaterThan, sp.LessThan)) or condition.atoms(AppliedUndef, sp.Function):
        return condition
    gap = condition.gts - condition.lts
    if not gap.is_rational_function() or len(gap.free_symbols) > 6 or sp.count_ops(gap) > 60:
        return condition
    number, factors = sp.factor_list(sp.numer(sp.together(gap)))
    below = sp.denom(sp.together(gap))
    if not below.is_positive:
        return condition
    odd = [f for f, power in factors if power % 2]
    for n in counts.intersection(odd):
        for k in range(len(odd)):  # n (n - 1) ... is a number of pairs, triples
            if n - k in odd:
                odd.remove(n - k)
    rest = [f for f in odd if not f.is_nonnegative]
    if number < 0 and rest:
        rest.sort(key=lambda f: (-sum(t.could_extract_minus_sign() for t in sp.Add.make_args(f)), str(f)))
        rest[0] = sp.Add(*(-t for t in sp.Add.make_args(rest[0])))
    elif number < 0:
        return condition
    return sp.GreaterThan(sp.Mul(*rest, evaluate=False), 0, evaluate=False) if rest else sp.true


def relation_text(condition: sp.Basic) -> str:
    """A condition in one line."""
    if isinstance(condition, sp.And):
        return " and ".join(relation_text(part) for part in condition.args)
    return plain_text(_without_minus(condition))


def _without_minus(condition: sp.Basic) -> sp.Basic:
    """1 - lam*tau >= 0 as lam*tau <= 1: no term has a minus."""
    if not isinstance(condition, (sp.GreaterThan, sp.LessThan)):
        return condition
    if condition.gts.is_Mul and condition.lts == 0 and sum(f.is_Add for f in condition.gts.args) > 1:
        return sp.GreaterThan(condition.gts, 0, evaluate=False)
    terms = sp.Add.make_args(sp.expand(condition.gts - condition.lts))
    below = [-term for term in terms if term.could_extract_minus_sign()]
    above = [term for term in terms if not term.could_extract_minus_sign()]
    if not below:
        return sp.GreaterThan(sp.Add(*above), 0, evaluate=False)
    return sp.LessThan(sp.Add(*below), sp.Add(*above), evaluate=False)


def plain_text(value: sp.Basic) -> str:
    """An expression in one line, derivatives of functions of place as ``d_x V(x)``."""
    derivatives = {d: sp.Symbol(f"{_operator(d)} {d.expr}", real=True) for d in value.atoms(sp.Derivative)}
    return str(value.xreplace(derivatives))


def _operator(derivative: sp.Derivative) -> str:
    return "d_" + "".join(str(v) * int(n) for v, n in derivative.variable_count)


def _positive_roots(derived: Derived) -> list[str]:
    """Bases of roots whose sign does not follow from the assumptions."""
    ring = derived.ring
    found = []
    for atom in ring.atoms:
        if atom.kind == "root" and atom.base is not None:
            base = ring.to_expression(atom.base)
            if not base.is_nonnegative and not base.is_number:
                found.append(str(base))
    return found


def _positive_powers(derived: Derived) -> list[str]:
    """Bases of powers with symbolic exponents whose sign does not follow from the assumptions; a function goes by its name."""
    model, found = derived.model, []
    box = parameter_intervals(model.parameters)
    for base in derived.ring.assumed_positive:
        if isinstance(base, AppliedUndef):
            found.append(base.func.__name__)
        elif (low := enclosure(sp.expand(base), box).low) is None or low < 0:
            found.append(str(base))
    return found


def _is_bipartite(model: JumpModel) -> bool:
    """Whether every jump moves by exactly one spacing along one coordinate, and nobody rests."""
    lengths = set()
    for jump in model.jumps:
        moved = [r for r in jump.displacement if r != 0]
        if jump.law is not None or len(moved) != 1 or moved[0].atoms(sp.core.function.AppliedUndef):
            return False
        lengths.add(-moved[0] if moved[0].could_extract_minus_sign() else moved[0])
    for state in model.state_names:
        total = sp.Add(*(j.intensity for j in model.jumps if j.source in (None, state)))
        if sp.expand(total) != 1:
            return False
    return len(lengths) == 1 or (model.dimension == len(lengths))


def _law_notes(model: JumpModel) -> list[str]:
    found = []
    for jump in model.jumps:
        law = jump.law
        if law is None:
            continue
        if law.distribution == "tail" and law.tail is not None:
            found.append("the step law is symmetric, and differs from its tail A abs(r)**(-1 - alpha) by terms that decay at "
                         "least as fast as abs(r)**(-3)")  # fmt: skip
        elif law.tail is not None:
            found.append("the second moment of the steps is infinite: there is no mean squared displacement")
        elif law.distribution == "moments":
            found.append("nothing is assumed of the step law beyond its stated moments")
    return list(dict.fromkeys(found))


def _truncation_notes(equation: EvolutionEquation) -> list[str]:
    highest = max((sum(t.space) for t in equation.right), default=0)
    in_time = max((t.time for t in equation.left), default=0)
    if highest <= 2 or (in_time >= highest and max(sum(t.space) for t in equation.left) < in_time):
        return []  # of states that move at velocities of their own: nothing is cut off, and fronts are sharp
    notes = [
        f"truncated at derivative {highest}: beyond the second order the solution may take negative values (Pawula)"
    ]
    top = [t for t in equation.right if sum(t.space) == highest and t.time == 0]
    if highest % 2 == 0 and len(equation.coordinates) == 1:
        sign = (-1) ** (highest // 2)
        value = top[0].coefficient
        if (sign * value).is_positive:
            notes.append(
                f"as it stands the truncated equation is ill-posed: short waves grow (a_{highest} has the wrong sign)"
            )
        elif (sign * value).is_positive is None:
            notes.append(f"well-posed only where a_{highest} {'<' if sign > 0 else '>'} 0; otherwise short waves grow")
    return notes

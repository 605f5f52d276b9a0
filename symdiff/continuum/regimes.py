"""A regime made ready for the expansion: which symbol is how small, and what replaces the expressions made small."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdiff.algebra.expansion import Grading
from symdiff.errors import DerivationError, ModelError, NotYetError
from symdiff.model.definitions import composed_definitions, expand_definitions
from symdiff.model.jump_model import FunctionDeclaration, JumpModel, ScalingRegime
from symdiff.model.parameter import Interval
from symdiff.model.ranges import Intervals, enclosure, parameter_intervals
from symdiff.model.small_expressions import SmallExpression, add_small, put_in

LONG_WAVE = ScalingRegime("long-wave", "long-wave", ())


@dataclass(frozen=True)
class PreparedRegime:
    """``grading`` for the expansion; ``time_power`` is the power of d/dt (0 where time is not scaled)."""

    regime: ScalingRegime
    grading: Grading
    small: tuple[SmallExpression, ...]
    time_power: Fraction
    definitions: tuple[FunctionDeclaration, ...]

    @property
    def is_long_wave(self) -> bool:
        """Whether gradients are small and nothing else."""
        return self.regime.origin == "long-wave"

    def replace(self, expression: sp.Expr) -> sp.Expr:
        """The expression with the replaced parameters put in, and in a stated scaling the defined functions.

        In the long-wave regime a function that is defined by a formula in the coordinates stays a slowly varying function,
        whose derivatives count.
        """
        if self.definitions:
            expression = expand_definitions(expression, self.definitions)
        return expression.xreplace({s.parameter: s.solution for s in self.small}) if self.small else expression


def prepare(regime: ScalingRegime, model: JumpModel) -> PreparedRegime:
    """Read a regime's powers; raises :class:`ModelError` where they contradict each other or leave a choice open."""
    if regime.origin == "long-wave":
        return PreparedRegime(
            regime, Grading({}, Fraction(0), Fraction(1)), (), Fraction(0), composed_definitions(model.functions)
        )
    coordinates = set(model.coordinate_symbols)
    densities = {sp.Symbol(name): name for name in (*model.state_names, *model.density_names)}
    fields: dict[str, Fraction] = {}
    lengths: set[Fraction] = set()
    time_power = Fraction(0)
    powers: dict[sp.Symbol, Fraction] = {}
    compound = []
    for key, value in regime.powers:
        if key in coordinates:
            lengths.add(value)
        elif key == model.time:
            time_power = -value
        elif key in densities:
            members = dict(model.densities).get(densities[key], (densities[key],))
            fields |= dict.fromkeys(members, value)
        elif key.is_Symbol:
            powers[key] = value
        elif key.free_symbols & (coordinates | {model.time}):
            raise NotYetError(f"the scaling of '{key}', which mixes coordinates with parameters, is not handled yet",
                              where=_place(regime))  # fmt: skip
        else:
            compound.append((key, value))
    named = {k for k, _ in regime.powers if k in coordinates}
    if len(lengths) > 1 or (named and named != coordinates and lengths != {Fraction(0)}):
        raise NotYetError("different powers for different coordinates are not handled yet", where=_place(regime))
    small = _resolve(compound, powers, regime)
    bodies = tuple(d for d in model.functions if d.body is not None)
    length = lengths.pop() if lengths else Fraction(0)
    prepared = PreparedRegime(regime, Grading(powers, length, -length, fields), small, time_power, bodies)
    _check_consistency(prepared)
    _check_possible(prepared, model)
    return prepared


def _place(regime: ScalingRegime) -> str:
    return f"regime '{regime.name}'"


def _resolve(
    compound: list[tuple[sp.Expr, Fraction]], powers: dict[sp.Symbol, Fraction], regime: ScalingRegime
) -> tuple[SmallExpression, ...]:
    """Powers of compound keys: products fix the power of one more symbol, sums replace one parameter."""
    found: tuple[SmallExpression, ...] = ()
    waiting = sorted(compound, key=lambda item: (_monomial(item[0]) is None, len(item[0].free_symbols)))
    for key, value in waiting:
        exponents = _monomial(key)
        if exponents is not None:
            open_symbols = [s for s in exponents if s not in powers]
            rest = value - sum((powers[s] * e for s, e in exponents.items() if s in powers), Fraction(0))
            if len(open_symbols) == 1:
                powers[open_symbols[0]] = rest / exponents[open_symbols[0]]
            elif open_symbols:
                names = ", ".join(sorted(str(s) for s in open_symbols))
                raise ModelError(f"the power of '{key}' leaves open how {names} scale", where=_place(regime),
                                 instead=f"state the power of {open_symbols[0]} as well")  # fmt: skip
            continue
        longer = add_small(found, key, set(powers))
        if longer is None:
            _check_dependent(key, value, found, powers, regime)
            continue
        found = longer
        powers[found[-1].symbol] = value
    return found


def _monomial(key: sp.Expr) -> dict[sp.Symbol, Fraction] | None:
    """Exponents of a product of powers of symbols; None for anything else."""
    exponents = {}
    for factor in sp.Mul.make_args(key):
        base, exponent = factor.as_base_exp()
        if base.is_Symbol and exponent.is_Rational:
            exponents[base] = Fraction(int(exponent.p), int(exponent.q))
        elif not factor.is_number:
            return None
    return exponents


def _check_dependent(
    key: sp.Expr,
    value: Fraction,
    found: tuple[SmallExpression, ...],
    powers: dict[sp.Symbol, Fraction],
    regime: ScalingRegime,
) -> None:
    """A key whose symbols are all settled by the other keys: fine if it says the same, an error if it does not."""
    if key.free_symbols <= set(powers):
        raise ModelError(f"the power of '{key}' contradicts the powers of its symbols, which are stated as well",
                         where=_place(regime), instead="state each independent quantity once")  # fmt: skip
    reduced = put_in(found, key)
    inner = {s.symbol for s in found}
    if not reduced.free_symbols <= inner:
        raise NotYetError(f"'{key}' is not affine in any of its free parameters; such scalings are not handled yet",
                          where=_place(regime), instead="state the power of an affine expression, such as 2*p - 1")  # fmt: skip
    limit = reduced.xreplace({s: sp.Integer(0) for s in inner})
    others = ", ".join(f"'{s.expression}'" for s in found)
    if limit != 0:
        raise ModelError(f"'{key}' tends to {limit} where {others} vanishes: they cannot both be small",
                         where=_place(regime), instead="keep one of the two")  # fmt: skip
    if {powers[s] for s in reduced.free_symbols} != {value}:
        raise ModelError(f"'{key}' is fixed by {others}, whose power is another one", where=_place(regime),
                         instead="state each independent quantity once")  # fmt: skip


def _check_consistency(prepared: PreparedRegime) -> None:
    """Every stated power must be the one that follows from all of them together."""
    regime = prepared.regime
    replaced = {s.parameter for s in prepared.small}
    for key, value in regime.powers:
        exponents = _monomial(key)
        if exponents is None or any(s not in prepared.grading.symbols for s in exponents):
            continue
        actual = sum((prepared.grading.symbols[s] * e for s, e in exponents.items()), Fraction(0))
        if actual != value:
            raise ModelError(f"'{key}' is said to be of order eps**({value}), but its symbols make it eps**({actual})",
                             where=_place(regime), instead="state each independent quantity once")  # fmt: skip
    for key, value in regime.powers:
        if key.is_Symbol and key in replaced:
            small = next(s for s in prepared.small if s.parameter == key)
            raise ModelError(f"'{key}' is of order eps**({value}) and '{small.expression}' is small as well",
                             where=_place(regime), instead="keep one of the two")  # fmt: skip


def _check_possible(prepared: PreparedRegime, model: JumpModel) -> None:
    """What is small must be able to come near to zero, and what is large to grow, inside the declared ranges."""
    box, powers = parameter_intervals(model.parameters), prepared.grading.symbols
    for key, power in prepared.regime.powers:
        if key not in box:
            continue
        if power > 0 and not box[key].closed.contains(Fraction(0)):
            raise _impossible(prepared, f"'{key}' cannot be small: declared is {box[key].text(str(key))}")
        if power < 0 and box[key].low is not None and box[key].high is not None:
            raise _impossible(prepared, f"'{key}' cannot be large: declared is {box[key].text(str(key))}")
    inside: Intervals = {
        s: Interval(span.low, span.high) for s, span in box.items()
    }  # what is not small keeps off the ends of its range
    none = {s.symbol: sp.Integer(0) for s in prepared.small} | {s: sp.Integer(0) for s in powers if powers[s] > 0}
    for small in prepared.small:
        at_zero = small.solution.xreplace(none)
        if powers.get(small.symbol, 0) <= 0 or small.parameter not in box or at_zero.has(sp.nan, sp.zoo):
            continue
        if any(powers.get(s, 0) < 0 for s in at_zero.free_symbols):
            continue
        if enclosure(at_zero, inside).intersect(box[small.parameter].closed).empty:
            others = at_zero.free_symbols & set(box)
            why = f"it would make {small.parameter} = {at_zero}"
            why += f", while declared is {box[small.parameter].text(str(small.parameter))}"
            instead = "state the power of each quantity that vanishes with it" if others else ""
            raise _impossible(prepared, f"'{small.expression}' cannot be small: {why}", instead)


def _impossible(prepared: PreparedRegime, why: str, instead: str = "") -> DerivationError:
    return DerivationError(why, where=_place(prepared.regime), instead=instead or "scale what can vanish within its declared range, or declare another range")  # fmt: skip

"""The exact tier for walkers that are put back: the transform of their law against that of the equation, at one time.

For a wave e^(-ik.x) the law of the walk obeys u(t + tau) = T(k) u(t) + sum of rho e^(-ik.x0), in continuous time u' = W(k) u +
sum of r e^(-ik.x0), with T and W those of the jumps with their losses, read off the model: the renewal formula. The equation
gives u' = L(k) u + its gains. Both are solved in closed form, at shrinking eps.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from math import lcm
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import with_term_scaled
from symdiff.dossier.verify_exact import negative_control
from symdiff.dossier.verify_numbers import EpsPath, generator_for, power
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.rules import NumericJump, NumericRules, motions_of, symbol_matrix
from symdiff.evidence.solution.dispersion import NumericTerms
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import Convergence, exponent_grid, extrapolation
from symdiff.verification.tier import TierResult, frozen, not_applicable

Number = Any

LEVELS = (3, 5, 7, 9, 11)
WAVES = 5
DIGITS = 150
QUANTITY = "power of eps of (transform of the law on the lattice - that of the equation)"


def resetting_tier(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, users: EvolutionEquation | None = None
) -> TierResult:
    """The verdict on one regime of a homogeneous walk with resetting at constant rates."""
    name = limit.regime.name
    try:
        _require_scope(model)
    except NotYetError as reason:
        return not_applicable("exact", reason.message, name)
    equation = users or limit.equation
    if equation is None:
        return not_applicable("exact", "systems of states with resetting are not cross-checked in this tier yet", name)
    if [(t.coefficient, t.time, any(t.space), t.caputo) for t in equation.left] != [(1, 1, False, None)]:
        return not_applicable("exact", "beside resetting only equations written as P_t = ... are cross-checked", name)
    with mpmath.workdps(DIGITS):
        try:
            return _verdict(model, limit, path, equation)
        except NotYetError as reason:
            return not_applicable("exact", reason.message, name)


def _require_scope(model: JumpModel) -> None:
    if len(model.state_names) > 1 or model.internals:
        raise NotYetError("walkers with internal states that are put back are not cross-checked in this tier yet")
    if model.boundaries:
        raise NotYetError("walls beside resetting are not cross-checked yet")
    shown = [e for j in model.jumps for e in (j.intensity, *j.displacement)]
    shown += [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    if any(e.has(*model.coordinate_symbols, model.time) or e.atoms(sp.core.function.AppliedUndef) for e in shown):
        raise NotYetError(
            "walkers that are put back at rates that depend on place are not cross-checked in this tier yet"
        )


class _Test:
    """The lattice's numbers at every level of eps, and how far an equation is from them."""

    def __init__(self, model: JumpModel, limit: ContinuumLimit, path: EpsPath) -> None:
        self.model, self.path = model, path
        self.eps = [mpmath.mpf(10) ** (-n) for n in LEVELS]
        self.values = [path.values(e) for e in self.eps]
        self.places = [j.destination for j in model.resets if j.destination is not None]
        kept = Fraction(limit.kept_power) - path.time_power
        self.weight = [power(e, -kept) for e in self.eps]
        generator = generator_for(model, "wave vectors")
        drawn = [
            tuple(mpmath.mpf(generator.randint(300, 2400)) / 1000 for _ in model.coordinates) for _ in range(WAVES)
        ]
        self.waves = [[tuple(k * path.unit(e) for k in wave) for wave in drawn] for e in self.eps]
        self.scale = self._time()
        self.exact = [[self._lattice(i, k) for k in waves] for i, waves in enumerate(self.waves)]

    def number(self, e: sp.Expr, i: int) -> Number:
        """The value of an expression at one level."""
        return evaluate(e, self.values[i], mp_arithmetic())

    def _time(self) -> list[Number]:
        """The mean time between two resettings at every level, in whose units the law is looked at."""
        total = sp.Add(*(j.intensity for j in self.model.resets))
        rates = [
            self.number(total, i) / (1 if self.model.time_step is None else self.number(self.model.time_step, i))
            for i in range(len(self.eps))
        ]
        return [
            power(e, -self.path.time_power) / (rates[0] * power(self.eps[0], -self.path.time_power)) for e in self.eps
        ]

    def _phase(self, i: int, wave: Sequence[Number], place: Sequence[sp.Expr]) -> Number:
        return mpmath.exp(-mpmath.j * mpmath.fsum(k * self.number(p, i) for k, p in zip(wave, place, strict=True)))

    def _lattice(self, i: int, wave: tuple[Number, ...]) -> Number:
        """The transform of the law at the time, from the start of the model."""
        model, values = self.model, self.values[i]
        moving = tuple(
            NumericJump(0, 0, self.number(j.intensity, i), tuple(self.number(r, i) for r in j.displacement), j.law, j.directions)
            for j in model.jumps if j.destination is None
        )  # fmt: skip
        step = None if model.time_step is None else self.number(model.time_step, i)
        motions = motions_of(model, lambda e: self.number(e, i))
        factor = symbol_matrix(NumericRules(1, moving, step, values, motions=motions), wave)[0][0]
        loss = mpmath.fsum(self.number(j.intensity, i) for j in model.resets)
        gain = mpmath.fsum(
            self.number(j.intensity, i) * self._phase(i, wave, p)
            for j, p in zip(model.resets, self.places, strict=True)
        )
        first, time = self._phase(i, wave, model.preparation.position), self.scale[i]
        kept = factor - loss
        if step is None:
            grown = mpmath.exp(kept * time)
            return grown * first + (grown - 1) / kept * gain
        grown = mpmath.exp(mpmath.log(kept) * time / step)
        return grown * first + (grown - 1) / (kept - 1) * gain

    def _equation(
        self, i: int, wave: tuple[Number, ...], local: Sequence[Term], gains: Sequence[tuple[Term, Sequence[sp.Expr]]]
    ) -> Number:
        growth = mpmath.fsum(v for v, _ in NumericTerms(local, self.values[i]).values(wave))
        gain = mpmath.mpc(0)
        for term, place in gains:
            c = evaluate(_bare(term, self.model), self.values[i], mp_arithmetic())
            turn = mpmath.fprod((mpmath.j * k) ** n for k, n in zip(wave, term.space, strict=True))
            gain += c * turn * self._phase(i, wave, place)
        first, time = self._phase(i, wave, self.model.preparation.position), self.scale[i]
        grown = mpmath.exp(growth * time)
        return grown * first + ((grown - 1) / growth if growth != 0 else time) * gain

    def errors(self, right: Sequence[Term]) -> list[list[Number]]:
        """Lattice minus equation by level, over the kept power of eps."""
        local = [t for t in right if t.density]
        gains = [(t, _place_of(t, self.model)) for t in right if not t.density]
        return [
            [
                (a - self._equation(i, k, local, gains)) * self.weight[i]
                for k, a in zip(self.waves[i], self.exact[i], strict=True)
            ]
            for i in range(len(self.eps))
        ]


def _verdict(model: JumpModel, limit: ContinuumLimit, path: EpsPath, equation: EvolutionEquation) -> TierResult:
    test = _Test(model, limit, path)
    kept = Fraction(limit.kept_power)
    denominators = [p.denominator for _, p in limit.regime.powers] + [kept.denominator]
    first = next((d.power for d in limit.discarded), Fraction(str(limit.remainder_power))) - kept
    grid = exponent_grid(Fraction(1, lcm(*denominators)), mpmath.mpf(0), [], 40)
    start = mpmath.mpf(first.numerator) / first.denominator
    study = extrapolation(test.eps, [p for p in grid if p > start - mpmath.mpf("1e-9")])
    noise = [mpmath.mpf(10) ** (20 - DIGITS) * w for w in test.weight]

    def of(right: Sequence[Term]) -> Convergence:
        return study(test.errors(right), noise)

    def changed(index: int, factor: Number) -> Convergence:
        exact = sp.Integer(2) if factor == 2 else 1 + sp.Rational(1, 10**6)
        return of(with_term_scaled(equation, index + len(equation.left), exact).right)

    main = of(equation.right)
    named = [
        (_derivative_of(term, equation) if term.density else "the gain", partial(changed, n))
        for n, term in enumerate(equation.right)
    ]
    control, detectable = negative_control(main, named)
    passed: bool | None = bool(main.vanishes)
    why = "the laws on the lattice and from the equation agree to the order that the regime keeps"
    if not passed:
        why = "a kept coefficient is wrong: the difference does not vanish with eps"
    elif not control.rejected:
        passed, why = None, "the negative control was not rejected: this run could not have seen an error"
    details = frozen(levels=[mpmath.nstr(e, 3) for e in test.eps], wave_vectors=WAVES, digits=DIGITS, values=path.base.texts(),
                     drawn=list(path.base.drawn))  # fmt: skip
    order = None if main.order is None else float(main.order)
    return TierResult("exact", True, why, limit.regime.name, QUANTITY, float(first), order, float(mpmath.nstr(main.threshold, 6)), passed,
                      detectable, control, details)  # fmt: skip


def _derivative_of(term: Term, equation: EvolutionEquation) -> str:
    """P_xx, or the density itself."""
    along = "".join(c.name * k for c, k in zip(equation.coordinates, term.space, strict=True))
    return f"{term.density}_{along}" if along else "the density"


def _bare(term: Term, model: JumpModel) -> sp.Expr:
    """A gain without its delta functions and the sum over all walkers, which is one."""
    value = term.sign * term.coefficient
    value = value.replace(lambda e: isinstance(e, (sp.DiracDelta, sp.Integral)), lambda e: sp.Integer(1))
    if value.has(*model.coordinate_symbols) or value.has(model.time):
        raise NotYetError("a gain that depends on place is not cross-checked yet")
    return value


def _place_of(term: Term, model: JumpModel) -> tuple[sp.Expr, ...]:
    """The place of a gain such as r delta(x - x_0) delta(y - y_0), of the model's destinations or not."""
    deltas = term.coefficient.atoms(sp.DiracDelta)
    places = []
    for c in model.coordinate_symbols:
        own = [sp.expand(d.args[0] / d.args[0].coeff(c)) for d in deltas if d.args[0].coeff(c) in (1, -1)]
        if len(own) != 1 or len(deltas) != model.dimension or (own[0] - c).has(*model.coordinate_symbols, model.time):
            raise NotYetError(
                "a gain that is no product of delta(x - x_0), one for each coordinate, is not cross-checked yet"
            )
        places.append(c - own[0])
    return tuple(places)

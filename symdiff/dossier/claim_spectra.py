r"""Claims about power spectra, ``S(\omega) = 2k/(g^2 + \omega^2)``: the transform of a stationary correlation (Wiener and Khinchin).

S(w) = int e^(iwt) C(t) dt over all t; where C(t) = sum of c e^(-r |t|) it is the sum of 2 c r/(r^2 + w^2). Spectra over positive
frequencies alone are twice as large, some texts divide by 2 pi: a claim that holds in such a sense only is conditional.
Source: C. W. Gardiner, Stochastic Methods (2009), sec. 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.claim_two_times import regression
from symdiff.dossier.claim_velocities import velocity_correlation
from symdiff.dossier.late_growth import surely_positive
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.model.parameter import parse_parameter
from symdiff.verification.claim import Claim, Relation

HEADS = ("S", "G", "P", "Phi")
FREQUENCIES = {"omega": sp.S.One, "w": sp.S.One, "f": 2 * sp.pi, "nu": 2 * sp.pi}
CONVENTIONS = (
    (sp.S.One, ""),
    (sp.Integer(2), "if the spectrum is over positive frequencies alone, twice the transform of the correlation"),
    (1 / (2 * sp.pi), "if the spectrum is the transform of the correlation over 2 pi"),
)


@dataclass(frozen=True)
class _Spectrum:
    """What is spoken of (``of``: a coordinate or v), at which frequency, and the share of the transform over all times."""

    of: str
    frequency: sp.Symbol
    share: sp.Expr
    by_name: bool


def senses_of_spectrum(claim: Claim, model: JumpModel) -> Iterator[tuple[Claim, JumpModel, str]]:
    """The claim with spectra worked out, in each convention with what is said of it; nothing where it speaks of none.

    A name such as S(omega) may follow any convention; an integral that is written out is what it is.
    """
    found = {part: s for r in claim.relations for side in (r.left, r.right) for part in side.atoms(AppliedUndef, sp.Integral)
             if (s := _spectrum(part, model)) is not None}  # fmt: skip
    frequencies = {s.frequency for s in found.values()}
    if len(frequencies) != 1 or model.dimension != 1 or model.boundaries:
        return
    (frequency,) = frequencies
    parameter = parse_parameter(frequency.name, "positive")
    wave = FREQUENCIES[frequency.name] * parameter.symbol
    values = {part: _transform(s.of, wave, model) for part, s in found.items()}
    if None in values.values():
        return
    outer = extended(model, parameter)
    if not claim.statement.regime:  # the correlations are exact
        claim = replace(claim, statement=replace(claim.statement, level=claim.statement.level or "lattice"))
    named = any(s.by_name for s in found.values()) and not all(s.by_name for s in found.values())
    for factor, note in CONVENTIONS if any(s.by_name for s in found.values()) and not named else CONVENTIONS[:1]:
        change = {
            part: value * found[part].share * (factor if found[part].by_name else 1) for part, value in values.items()
        }
        sense = changed(changed(claim, change, note or NOTE), {frequency: parameter.symbol})
        yield replace(sense, relations=tuple(_in_proportion(r, parameter.symbol) for r in sense.relations)), outer, note


def _in_proportion(r: Relation, wave: sp.Symbol) -> Relation:
    """A proportion for all frequencies as an equation: the ratio of the sides does not depend on the frequency."""
    if r.kind != "propto":
        return r
    return Relation("=", sp.diff(r.left, wave) * r.right, r.left * sp.diff(r.right, wave))


NOTE = "the spectrum is the transform of the stationary correlation over all times"


def _spectrum(part: sp.Basic, model: JumpModel) -> _Spectrum | None:
    taken = {p.name for p in model.parameters} | {d.name for d in model.functions} | {o.name for o in model.observables}
    letters = {n for n in FREQUENCIES if n not in taken and n not in model.coordinates}
    if isinstance(part, sp.Integral):
        return _written_out(part, letters, model)
    if not isinstance(part, AppliedUndef) or str(part.args[-1]) not in letters or len(part.args) > 2:
        return None
    head, _, label = part.func.__name__.partition("_")
    if len(part.args) == 2:  # S_n(omega), which the reader may take for S at the site n
        if label or part.args[0] not in model.coordinate_symbols:
            return None
        label = str(part.args[0])
    if head not in HEADS or part.func.__name__ in (*taken, model.density):
        return None
    (c,) = model.coordinates if model.dimension == 1 else ("",)
    by_itself = bool(model.motions) and velocity_correlation(model) is not None  # its place has no stationary spectrum
    names = {"": "v" if by_itself else c, c: c, c * 2: c, "v": "v", "vv": "v"}
    return _Spectrum(names[label], part.args[-1], sp.S.One, True) if label in names else None


def _written_out(integral: sp.Integral, letters: set[str], model: JumpModel) -> _Spectrum | None:
    """int e^(i w t) <v(t) v(0)> dt over all t, 2 int_0^oo cos(w t) <v(t) v(0)> dt."""
    if len(integral.limits) != 1 or len(integral.limits[0]) != 3 or integral.limits[0][2] != sp.oo:
        return None
    t, low, _ = integral.limits[0]
    factors = sp.Mul.make_args(integral.function)
    means = [f for f in factors if isinstance(f, AppliedUndef) and f.func.__name__.partition("_")[0] == "Mean"]
    waves = [f for f in factors if isinstance(f, (sp.exp, sp.cos)) and f.has(t)]
    if len(means) != 1 or len(waves) != 1 or sp.Mul(*means, *waves) != integral.function:
        return None
    angle = waves[0].args[0] / (sp.I * t if isinstance(waves[0], sp.exp) else t)
    frequency = next((s for s in angle.free_symbols if s.name in letters), None)
    places = sorted(means[0].args[0].atoms(AppliedUndef), key=str)
    if (
        frequency is None
        or angle not in (frequency, -frequency)
        or len(places) != 2
        or places[0].func != places[1].func
    ):
        return None
    name = str(places[0].func).removeprefix("delta ")
    small = sp.Symbol("delta")  # delta n(t) delta n(0), which the reader takes for a product
    inside = means[0].args[0]
    deviations = str(places[0].func).startswith("delta ") or inside.has(small)
    plain = sp.Mul(*places) == inside / (small**2 if inside.has(small) else 1)
    plain = plain and {c.args for c in places} == {(sp.S.Zero,), (t,)}
    half = low == 0 and isinstance(waves[0], sp.cos)
    if not plain or name not in ("v", *model.coordinates) or not (half or low == -sp.oo):
        return None
    if name != "v" and not deviations:
        return None  # the mean of x(t) x(0) does not vanish
    return _Spectrum(name, frequency, sp.S.Half if half else sp.S.One, False)


def _transform(of: str, wave: sp.Expr, model: JumpModel) -> sp.Expr | None:
    """The transform of the correlation of a velocity, or of a coordinate about its mean; None where it is not known."""
    try:
        if of == "v":
            correlation = velocity_correlation(model)
            return None if correlation is None else _of_decays(correlation, wave, model)
        slope, _ = regression(model)
    except (SymdiffError, ValueError):
        return None
    (x,), settled = model.coordinate_symbols, sp.Function("Mean_eq")
    value = _of_decays(slope, wave, model)
    return None if value is None else value * (settled(x**2) - settled(x) ** 2)


def _of_decays(correlation: sp.Expr, wave: sp.Expr, model: JumpModel) -> sp.Expr | None:
    total, t = sp.S.Zero, model.time
    for term in sp.Add.make_args(sp.expand(correlation)):
        weight, decay = term.as_independent(t, as_Add=False)
        rate = -sp.diff(sp.expand(decay.exp), t) if isinstance(decay, sp.exp) else sp.S.Zero
        if rate == 0 or rate.has(t) or surely_positive(model, rate) is not True:
            return None
        rest = sp.exp(sp.expand(decay.exp) + rate * t)
        total += weight * rest * 2 * rate / (rate**2 + wave**2)
    return total


def speaks_of_a_spectrum(claim: Claim, model: JumpModel) -> bool:
    """Whether a claim holds a spectrum, known or not."""
    return any(_spectrum(c, model) is not None for r in claim.relations for c in calls_of(r))

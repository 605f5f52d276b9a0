"""``symdiff derive``: master equation, equation, coefficients, regimes, what was discarded."""

from __future__ import annotations

import sys
from argparse import Namespace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.cli.output import Outcome, error_document, report_error
from symdiff.continuum import forms
from symdiff.continuum.crossovers import crossovers
from symdiff.continuum.limit import ContinuumLimit, SystemSizeExpansion
from symdiff.dossier import gallery
from symdiff.dossier.asked import asked_observable
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.settings import settings_of
from symdiff.dossier.typography import equation_text, text, typography_of
from symdiff.errors import DerivationError, UsageError
from symdiff.notation.display.build import Typography
from symdiff.notation.names import unicode_name
from symdiff.report.prose import in_text


def run(reference: str | None, options: Namespace) -> Outcome:
    """Derive one model and show it."""
    read: dict[str, Any] = {}
    if reference is None:
        from symdiff.cli.pasted import pasted_model, reading_document  # loaded when used: start-up time

        pasted = pasted_model(options)
        model, read = pasted.model, {"reading": reading_document(pasted)}
    else:
        model = gallery.load(reference)
    wanted = tuple(asked_observable(kind, model.coordinate_symbols, "--observable") for kind in options.observable)
    derivation = derive_model(
        model,
        settings_of(model, options.set),
        order=options.order,
        regime=options.regime,
        observables=wanted,
        max_terms=options.max_terms,
    )
    if options.certificate:
        _write_certificate(derivation, options)
    wrong = [
        DerivationError(o.why, where=f"observable '{o.name}'", instead=o.instead)
        for o in derivation.observables
        if o.impossible
    ]
    status = 2 if wrong else 3 if any(o.lattice is None and not o.equation for o in derivation.observables) else 0
    if options.json:
        from symdiff.dossier.derive_document import derive_document  # loaded when used: start-up time

        return Outcome(
            status, document=derive_document(derivation) | read | (error_document(wrong[0]) if wrong else {})
        )
    for error in wrong:
        report_error(error)
    return Outcome(status, text="\n".join(show(derivation, options.steps)))


def _write_certificate(derivation: Derivation, options: Namespace) -> None:
    from pathlib import Path

    from symdiff.dossier.certificate import certificate_and_gaps  # loaded when used: start-up time
    from symdiff.report.whole_file import write_whole

    if len(options.file) > 1:
        raise UsageError(
            "a certificate belongs to one model", where="--certificate", instead="derive one file at a time"
        )
    text, gaps = certificate_and_gaps(derivation, options.order)
    write_whole(Path(options.certificate), text.encode())
    for regime, why in gaps:
        sys.stderr.write(f"symdiff: the certificate leaves out the regime '{regime}': {why}\n")


def show(derivation: Derivation, steps: bool) -> list[str]:
    """The derivation as lines of text."""
    model, style = derivation.model, typography_of(derivation.model)
    title = model.title or "Jump model"
    lines = [title, "=" * len(title), ""]
    if model.source:
        lines += [f"Source: {model.source}" + (f" ({model.source_status})" if model.source_status else ""), ""]
    lines.append("Master equation" + ("" if model.space_dimension is None else " of the projection on one axis"))
    lines += [f"  {equation_text(e.lhs, e.rhs, style)}" for e in derivation.master_equation.equations]
    for limit in derivation.limits:
        lines += ["", *_limit_lines(limit, style, steps)]
    if steps:
        lines += [f"Crossover {' | '.join(c.between)}: {', '.join(f'{n} {text(v, style)}' for n, v in c.at)} ({in_text(c.why, style)})"
                  for c in crossovers(derivation.model, derivation.limits)]  # fmt: skip
    if derivation.observables:
        lines += ["", "Observables"]
    for o in derivation.observables:
        if o.lattice is not None:
            lines.append(f"  {o.name} on the lattice: {text(o.lattice, style)}")
        lines += [f"  {o.name} from the equation ({name}): {text(value, style)}" for name, value in o.equation]
        if o.lattice is None and not o.equation:
            lines.append(
                f"  {o.name}: {'does not exist' if o.impossible else 'not known'} for this model: {in_text(o.why, style)}"
            )
            lines += [f"    instead: {o.instead}"] if o.instead else []
        elif o.why and (o.lattice is None or not o.equation):
            lines.append(
                f"    not known {'on the lattice' if o.lattice is None else 'from an equation'}: {in_text(o.why, style)}"
            )
        lines += [f"    assumes: {in_text(a, style)}" for a in o.assumptions]
    return lines


def _limit_lines(limit: ContinuumLimit, style: Typography, steps: bool) -> list[str]:
    scaling = ", ".join(f"{text(key, style)} = O({_eps(value, style)})" for key, value in limit.regime.powers)
    lines = [f"Regime {limit.regime.name}" + (f"  ({scaling})" if scaling else "")]
    if limit.frame is not None:
        lines += [f"  in the frame that moves with d{c}/dt = {text(v, style)}" for c, v in limit.frame]
    if not limit.equations:
        lines.append(f"  no single equation: {in_text(limit.closure.why, style)}")
        lines += [f"  {equation_text(e.lhs, e.rhs, style)}" for e in limit.system]
    lines += [f"  {equation_text(e.lhs, e.rhs, style)}" for e in limit.equations]
    for name, value in limit.coefficients:
        lines.append(f"    {_role_text(name, value)} = {text(value, style)}{_value(value, limit)}")
    for c in limit.coupled:
        of = f" of {c.of}" if c.of else ""
        lines.append(
            f"    {c.density}: {_role_text(c.role, c.value)}{of} = {text(c.value, style)}{_value(c.value, limit)}"
        )
    for b in limit.boundary_conditions:
        lines.append(f"    at {in_text(b.at, style)} ({b.kind}): {equation_text(b.lhs, b.rhs, style)}")
        lines += [f"      {_role_text(name, value)} = {text(value, style)}" for name, value in b.coefficients]
    for name, share in limit.local_equilibrium:
        lines.append(f"    share of {name} = {text(share, style)}")
    if limit.system_size is not None:
        lines += _system_size_lines(limit.system_size, style, steps)
    if limit.moments_exist_below is not None:
        lines.append(f"    moments of the displacement exist below order {text(limit.moments_exist_below, style)}")
    for part in limit.discarded:
        terms = sp.Add(*(t.expression(limit.coordinates, sp.Symbol("t", real=True)) for t in part.terms))
        where = f" in the equation of {part.density}" if part.density else ""
        log = _logarithms(part.logarithms)
        lines.append(f"  discarded at {_eps(part.whole_power, style)}{log}{where}: {text(terms, style)}")
    if limit.steps:
        lines.append(f"  remainder: O({_remainder(limit.remainder_power, style)})")
        lines.append(f"  closure: {limit.closure.kind} ({in_text(limit.closure.why, style)})")
    lines += [f"  assumes: {in_text(a, style)}" for a in limit.assumptions]
    if steps:
        lines += _form_lines(limit, style)
        for number, step in enumerate(limit.steps, start=1):
            lines += [
                f"  step {number}. {step.title}",
                f"      {equation_text(step.lhs, step.rhs, style)}",
                f"      {in_text(step.why, style)}",
            ]
    if limit.steps:
        seen = limit.confirmation.observed_power
        power = (
            "to all digits"
            if seen is None
            else f"difference ~ ε^{seen:.2f}, required {_required(limit.confirmation.predicted_power, style)}"
        )
        lines.append(f"  confirmed by the second route: {limit.confirmation.method}, {power}")
    return lines


def _logarithms(count: int) -> str:
    """log(1/eps) to a power, as a factor."""
    return f" log(1/ε){'²³⁴⁵⁶⁷⁸⁹'[count - 2] if 1 < count < 10 else ''}" if count else ""


def _remainder(power: sp.Expr, style: Typography) -> str:
    """The power left out; a logarithm makes it smaller by a thousandth, which is shown as the logarithm that it is."""
    if not power.is_Rational or power.q <= 100:
        return _eps(power, style)
    exact = Fraction(int(power.p), int(power.q))
    whole = exact.limit_denominator(100)
    logarithms = (whole - exact) * 1000
    if logarithms.denominator != 1 or not 0 < logarithms < 10:
        return _eps(power, style)
    return _eps(whole, style) + _logarithms(int(logarithms))


def _required(power: str, style: Typography) -> str:
    """The power that the second route asks for."""
    thousandths = power.partition("/")[2].isdecimal() and Fraction(power).denominator > 100
    return _remainder(sp.Rational(power), style) if thousandths else f"ε^{_power(power, style)}"


def _form_lines(limit: ContinuumLimit, style: Typography) -> list[str]:
    """The dimensionless groups, the name of the drift, the regularised form, and which orders are isotropic."""
    lines = []
    scaled, drifts, pade = forms.dimensionless(limit), forms.drifts(limit), forms.regularised(limit)
    if scaled is not None:
        groups = ", ".join(f"{name} = {text(value, style)}" for name, value in scaled.groups) or "no group left"
        lines.append(f"  dimensionless: lengths in L, times in {text(scaled.time, style)}; {groups}")
    if drifts is not None and drifts.evaluation is not None:
        named = f" ({drifts.name})" if drifts.name else ""
        lines.append(f"  noise √(2D) read at a = {text(drifts.evaluation, style)}{named} of the step leaves no drift")
    if pade is not None:
        where = "" if pade.bounded is None else f" where {text(pade.bounded, style)} ≤ 0"
        lines.append(f"  regularised: {equation_text(*pade.equation, style)} ({in_text(pade.why, style)}{where})")
    lines += [f"  order {n}: {'isotropic' if found else 'not isotropic'}" for n, found in forms.isotropy(limit)]
    return lines


def _system_size_lines(found: SystemSizeExpansion, style: Typography, steps: bool) -> list[str]:
    """Van Kampen's expansion: the macroscopic equation, the linear noise, the next order of mean and noise."""
    every = steps or len(found.coordinates) == 1
    lines = [f"  system-size expansion, n = {found.size} x + √{found.size} ξ: Cov(n) = {found.size} S + C, ⟨n⟩ = {found.size} x + δ"
             + (f", third cumulants {found.size} K" if every else "")]  # fmt: skip
    lines += [
        f"    d{unicode_name(c)}/dt = {text(v, style)}"
        for c, v in zip(found.coordinates, found.macroscopic, strict=True)
    ]
    groups = (
        found.covariance,
        found.mean_correction,
        *((found.third_cumulants, found.covariance_correction) if every else ()),
    )
    lines += [f"    d{unicode_name(name)}/dt = {text(v, style)}" for group in groups for name, v in group]
    if not every:
        lines.append("    (K and C: --steps)")
    for point, conditions in zip(found.stationary, found.stationary_conditions, strict=True):
        shown = [
            f"{unicode_name(name)} = {text(v, style)}" for name, v in point if every or name[:2] not in ("K_", "C_")
        ]
        lines.append(
            "    stationary: "
            + ", ".join(shown)
            + (f"  where {', '.join(text(c, style) for c in conditions)}" if conditions else "")
        )
    if found.stationary_missing:
        lines.append(
            f"    {'further ' if found.stationary else ''}stationary points: not given ({in_text(found.stationary_missing, style)})"
        )
    if found.rare_events is not None:
        lines.append(f"    rare events, law e^(-{found.size} Φ): Φ' = {text(found.rare_events.jumps, style)} for the jumps, "
                     f"{text(found.rare_events.diffusion, style)} by this diffusion")  # fmt: skip
    return lines


def _value(value: sp.Expr, limit: ContinuumLimit) -> str:
    return f"  = {sp.N(value, 15)}" if limit.settings and value.is_number and not value.is_Integer else ""


def _role_text(name: str, value: sp.Expr) -> str:
    spoken = {"damping_rate": "damping rate", "cross_rate": "cross rate", "bias_rate": "bias rate", "c2": "c²",
              "relaxation_time": "relaxation time", "extrapolation_length": "extrapolation length", "stability_index": "stability index", "waiting_index": "waiting index"}  # fmt: skip
    of_itself = not value.is_Symbol and any(s.name == name for s in value.free_symbols)  # where the file declares a D
    return spoken.get(name) or unicode_name(f"{name}_eff" if of_itself else name)


_RAISED = str.maketrans("0123456789-/", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᐟ")


def _power(value: Any, style: Typography) -> str:
    return text(value, style) if isinstance(value, sp.Expr) else in_text(str(value), style)


def _eps(value: Any, style: Typography) -> str:
    if isinstance(value, Fraction) or (isinstance(value, sp.Expr) and value.is_Rational):
        if value == 0:
            return "1"
        return "ε" if value == 1 else "ε" + str(value).translate(_RAISED)
    return f"ε^({_power(value, style)})"

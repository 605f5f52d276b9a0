r"""Stochastic differential equations as a model: drift and diffusivity of a diffusion, angles as directions.

``dX_i = a_i dt + b_{ik} dW_k`` moves with the velocity a and the diffusivity b b^T/2 of Ito; of Stratonovich's the drift
(1/2) b_{jk} d_j b_{ik} is added. ``\dot x = f + g\,\xi`` with ``\langle\xi\xi'\rangle = c\,\delta(t - t')`` has b = g sqrt(c).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdiff.dossier.pasted_names import declare, own
from symdiff.dossier.stochastic_text import FIRST_NOISE, HEAD, StochasticText, stochastic_text
from symdiff.errors import ExpressionError, ModelError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.latex.values import ReadSymbol

_TIME, _VELOCITY = sp.Symbol("q_900"), sp.Symbol("q_991")
_ANGLES = ("theta", "phi", "varphi", "vartheta", "psi")
_T = sp.Symbol("t")
_POSITIVE = re.compile(r"\\?\w+\s*>\s*0")  # parameters are taken to be positive anyway


@dataclass
class _Read:
    """The equations as they were read: d(variable) = drift dt + sum of amplitudes times noises."""

    variables: list[sp.Symbol]
    drift: list[sp.Expr]
    amplitudes: list[list[sp.Expr]]
    table: dict[tuple[str, str], ReadSymbol]
    warnings: list[str]


def stochastic_model(text: str, context: ReadingContext | None) -> tuple[JumpModel, Reading, tuple[str, ...]] | None:
    """The diffusion that a text's stochastic differential equations state; None where there are none.

    Raises :class:`ModelError` where the noise is not that of a diffusion, :class:`NotYetError` for angles without a plane.
    """
    found = stochastic_text(text)
    if found is None:
        return None
    read = _read(found, context)
    assumed: list[str] = []
    strengths = _strengths(found, context, assumed)
    amplitudes = [[b * sp.sqrt(c) for b, c in zip(row, strengths, strict=True)] for row in read.amplitudes]
    drift = [a + s for a, s in zip(read.drift, _induced(found, read, amplitudes, assumed), strict=True)]
    tensor = [
        [sp.factor_terms(sp.expand(sum((p * q for p, q in zip(a, b, strict=True)), sp.S.Zero) / 2)) for b in amplitudes]
        for a in amplitudes
    ]
    assumed += [f"{rest} is not part of the model" for rest in found.beside if not _POSITIVE.fullmatch(rest)]
    model = _document(read, drift, tensor, assumed)
    return JumpModel(**model), _shown(text, found, read), tuple(assumed)


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(found: StochasticText, context: ReadingContext | None) -> _Read:
    if found.orders.count(2) > 1:
        raise NotYetError("several second derivatives in time", instead="write dx = v dt and dv = ... for each")
    read, velocities = _Read([], [], [], {}, []), list[sp.Symbol]()
    for variable, order, factor, side in zip(found.variables, found.orders, found.factors, found.sides, strict=True):
        (name,) = _expressions(variable, context, read)
        if not name.is_Symbol:
            raise ModelError(f"{variable} is no variable", instead="write dX_t = ... or \\dot x = ...")
        if name.name.partition("_")[2] in ("i", "j", "k", "n", "m"):
            raise NotYetError(f"{name} stands for many variables", instead="write the equation of each")
        (value,) = _expressions(side, context, read)
        (over,) = _expressions(factor, context, read) if factor else (sp.S.One,)
        value = sp.expand(value / over)
        velocity = _free_name(read) if order == 2 else None
        if velocity is not None:
            velocities.append(velocity)
            read.variables.append(name)
            read.drift.append(velocity)
            read.amplitudes.append([sp.S.Zero] * len(found.noises))
        read.variables.append(velocity or name)
        noises = [sp.Symbol(f"q_{FIRST_NOISE + k}") for k in range(len(found.noises))]
        row = [sp.diff(value, n) for n in noises]
        rest = value.xreplace(dict.fromkeys(noises, sp.S.Zero))
        if any(b.has(*noises, _TIME) for b in row) or sp.diff(rest, _TIME).has(_TIME):
            raise ModelError("noise and time do not stand linearly in the equation", instead="write a dt + b dW")
        if found.wiener and sp.expand(rest.xreplace({_TIME: sp.S.Zero})) != 0:
            raise ModelError(f"a term of d{name} has neither dt nor dW", instead="write a dt + b dW")
        read.drift.append(sp.diff(rest, _TIME) if found.wiener else rest)
        read.amplitudes.append(row)
    second: dict[sp.Basic, sp.Expr] = {_VELOCITY: velocities[0]} if velocities else {}
    read.drift = [a.xreplace(second) for a in read.drift]
    read.amplitudes = [[b.xreplace(second) for b in row] for row in read.amplitudes]
    if len(set(read.variables)) < len(read.variables):
        raise ModelError("a variable has more than one equation", instead="write one equation for each variable")
    return read


def _free_name(read: _Read) -> sp.Symbol:
    taken = {name for name, _ in read.table}
    return sp.Symbol(next(n for n in ("v", "u", "w", "vel") if n not in taken))


def _expressions(latex: str, context: ReadingContext | None, read: _Read) -> list[sp.Expr]:
    """One side as an expression; its symbols and warnings go to the table."""
    try:
        reading = read_latex(f"{HEAD} = {latex}", context)
    except ExpressionError as error:  # its column counts signs that the text does not have
        shown = re.sub(r"q_\{\d+\}", "...", " ".join(latex.split()))
        raise ExpressionError(error.message, where=f"'{shown[:80]}'", instead=error.instead) from None
    if len(reading.equations) != 1 or not isinstance(reading.equations[0], sp.Equality):
        raise ModelError(
            f"'{latex[:60]}' is more than one side of an equation", instead="write one equation for each variable"
        )
    for s in reading.symbols:
        if not s.name.startswith("q_9"):
            read.table.setdefault((s.name, s.kind), s)
    read.warnings += [w for w in reading.warnings if w not in read.warnings and "q_" not in w]
    return [reading.equations[0].rhs]


def _strengths(found: StochasticText, context: ReadingContext | None, assumed: list[str]) -> list[sp.Expr]:
    """c of each noise: <xi(t) xi(t')> = c delta(t - t'); 1 for increments of Wiener processes, and where nothing is said."""
    stated: sp.Expr | None = None
    for inside, value in found.correlations:
        if inside.count("\\xi") + inside.count("\\eta") + inside.count("\\zeta") < 2:
            continue
        (rhs,) = (e.rhs for e in read_latex(f"{HEAD} = {value}", context).equations)
        deltas = sorted(rhs.atoms(sp.DiracDelta), key=str)
        rhs = rhs.replace(lambda e: isinstance(e, sp.KroneckerDelta), lambda _: sp.S.One)
        mark = sp.Dummy()
        marked = rhs.xreplace({deltas[0]: mark}) if len(deltas) == 1 else sp.S.Zero
        strength = sp.diff(marked, mark)
        if strength == 0 or sp.expand(marked - strength * mark) != 0 or strength.has(_T):
            raise NotYetError(
                "noise with a memory is no white noise",
                instead="write the equation of the noise beside it, such as \\dot\\eta = -\\eta/\\tau + \\sqrt{2D}\\xi/\\tau",
            )
        if stated is not None and sp.expand(stated - strength) != 0:
            raise NotYetError(
                "noises of different strengths", instead="put the strengths in front of noises of unit strength"
            )
        stated = strength
    if stated is None:
        assumed.append("dW is the increment of a Wiener process, <dW^2> = dt" if found.wiener
                       else "the noise is white and of unit strength: <xi(t) xi(t')> = delta(t - t')")  # fmt: skip
    if len(found.noises) > 1:
        assumed.append("noises with different labels are independent")
    return [sp.S.One if stated is None else stated] * len(found.noises)


def _induced(found: StochasticText, read: _Read, amplitudes: list[list[sp.Expr]], assumed: list[str]) -> list[sp.Expr]:
    """Stratonovich's drift (1/2) b_jk d_j b_ik: zero for Ito; what is not said about noise that depends on place is refused."""
    drift = [
        sp.expand(sum((amplitudes[j][k] * sp.diff(b, read.variables[j]) for k, b in enumerate(row) for j in range(len(amplitudes))), sp.S.Zero) / 2)
        for row in amplitudes
    ]  # fmt: skip
    if all(d == 0 for d in drift):
        return drift
    if found.wiener and not found.stratonovich:
        assumed.append("dW is multiplied in the sense of Ito")
        return [sp.S.Zero] * len(drift)
    if found.stratonovich:
        named = ", ".join(f"{d} to that of {v}" for v, d in zip(read.variables, drift, strict=True) if d != 0)
        assumed.append(f"\\circ dW is read in the sense of Stratonovich, which adds the velocity {named}")
        return drift
    raise ModelError(
        "noise whose strength depends on place: the equation does not say in which sense (Ito, Stratonovich)",
        instead="write dX = a\\,dt + b\\,dW for Ito, or b\\circ dW for Stratonovich",
    )


# --- the model -------------------------------------------------------------------------------------------------------


def _document(read: _Read, drift: list[sp.Expr], tensor: list[list[sp.Expr]], assumed: list[str]) -> dict[str, Any]:
    angle = next((i for i, v in enumerate(read.variables) if v.name in _ANGLES and len(read.variables) > 1), None)
    state: dict[str, Any] = {}
    document: dict[str, Any] = {"title": "A model read from LaTeX"}
    variables, change = list(read.variables), dict[sp.Basic, sp.Expr]()
    if angle is not None:
        document["internal"] = [_direction(read, angle, drift, tensor)]
        theta = variables.pop(angle)
        change = {sp.cos(theta): sp.Symbol("u_x"), sp.sin(theta): sp.Symbol("u_y")}
        assumed.append(f"{theta} is the angle of a direction u in the plane: cos({theta}) = u_x, sin({theta}) = u_y")
        drift = [a for i, a in enumerate(drift) if i != angle]
        tensor = [[d for j, d in enumerate(row) if j != angle] for i, row in enumerate(tensor) if i != angle]
    internal = [v for entry in document.get("internal", []) for k, v in entry.items() if k not in ("name", "domain")]
    names, declared = declare(variables, [*drift, *(d for row in tensor for d in row), *internal], set(read.variables))
    document |= declared
    state["velocity"] = [str(own(a.xreplace(change), names)) for a in drift]
    diagonal = all(d == 0 for i, row in enumerate(tensor) for j, d in enumerate(row) if i != j)
    if diagonal and len({sp.expand(tensor[i][i]) for i in range(len(tensor))}) == 1:
        state["diffusivity"] = str(own(tensor[0][0], names))
    else:
        state["diffusivity"] = [[str(own(d, names)) for d in row] for row in tensor]
    if angle is not None:
        document["internal"][0] = {k: v if k in ("name", "domain") else str(own(v, names)) for k, v in document["internal"][0].items()}  # fmt: skip
    parameters = document["parameters"]
    assumed += [f"{n} is {p}" for n, p in sorted(parameters.items())]
    notes = "Assumed: " + "; ".join(assumed) + "." if assumed else ""
    taken = {*parameters, *document.get("functions", {}), *(names[v] for v in variables)}
    density = next(n for n in ("P", "p", "rho", "prob") if n not in taken)
    head = {"coordinates": [names[v] for v in variables], "density": density}
    return document | {"model": head, "states": [state], "notes": notes}


def _direction(read: _Read, angle: int, drift: list[sp.Expr], tensor: list[list[sp.Expr]]) -> dict[str, Any]:
    """The angle of a walker's direction as a continuous internal state; it turns by itself alone."""
    theta = read.variables[angle]
    hidden = {sp.cos(theta): sp.Dummy(), sp.sin(theta): sp.Dummy()}
    others = [a for i, a in enumerate(drift) if i != angle] + [d for i, row in enumerate(tensor) for j, d in enumerate(row) if angle not in (i, j)]  # fmt: skip
    mixed = [tensor[i][angle] for i in range(len(tensor)) if i != angle]
    plain = not any(e.xreplace(hidden).has(theta) for e in others)
    if len(read.variables) != 3 or not plain or any(m != 0 for m in mixed):
        raise NotYetError(f"the angle {theta} is not turned into a direction of the plane here",
                          instead="write \\dot x, \\dot y with \\cos\\theta and \\sin\\theta, and \\dot\\theta with noise of its own")  # fmt: skip
    if drift[angle].has(*read.variables) or tensor[angle][angle].has(*read.variables):
        raise NotYetError(
            f"{theta} turns at a rate that depends on place or direction", instead="state the model in a file"
        )
    found: dict[str, Any] = {"name": "u", "domain": "direction", "diffusivity": tensor[angle][angle]}
    return found | ({"drift": drift[angle]} if drift[angle] != 0 else {})


def _shown(text: str, found: StochasticText, read: _Read) -> Reading:
    """The reading as rates of change, with the noises as functions of time."""
    trajectory: dict[sp.Basic, sp.Expr] = {v: sp.Function(v.name)(_T) for v in read.variables}
    noises = [sp.Function(("d" + n + "/dt") if found.wiener else n)(_T) for n in found.noises]
    equations = []
    for v, a, row in zip(read.variables, read.drift, read.amplitudes, strict=True):
        total = a.xreplace(trajectory) + sp.Add(*(b.xreplace(trajectory) * n for b, n in zip(row, noises, strict=True)))
        equations.append(sp.Equality(sp.Derivative(trajectory[v], _T), total, evaluate=False))
    moving = {v.name for v in read.variables}
    symbols = [ReadSymbol(v.name, "trajectory", ("t",)) for v in read.variables]
    symbols += [s for (name, _), s in read.table.items() if name not in moving]
    return Reading(text, tuple(equations), tuple(symbols), tuple(read.warnings))

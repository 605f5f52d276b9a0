"""A pasted master equation becomes a jump model, and everything that the equation leaves open is listed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.balance import Nonlinear, balances_of, crowd_in
from symdiff.dossier.latex_crowd import CrowdWriter
from symdiff.dossier.latex_writer import Writer
from symdiff.dossier.pasted_conditions import Beside, beside, numbered_places
from symdiff.dossier.pasted_diffusion import diffusion_document
from symdiff.dossier.pasted_ends import End, with_walls, without_ends
from symdiff.dossier.pasted_fluxes import fluxes_put_in, relaxing_document
from symdiff.dossier.pasted_hops import hopping_model
from symdiff.dossier.pasted_kernels import general_jumps
from symdiff.dossier.pasted_levels import unconditional, with_later_level
from symdiff.dossier.pasted_neighbours import Around, sums_over_neighbours, with_dimension
from symdiff.dossier.pasted_reactions import reaction_model
from symdiff.dossier.pasted_stochastic import stochastic_model
from symdiff.dossier.pasted_sums import over_distances
from symdiff.dossier.pasted_vectors import in_components
from symdiff.dossier.pasted_waits import waiting_document
from symdiff.dossier.pasted_walls import without_conditions
from symdiff.dossier.vector_places import along_axes
from symdiff.errors import ModelError, NotYetError, SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.loading import to_toml
from symdiff.model.scaling_path import draw_values
from symdiff.notation.expression import Scope, parse_expression
from symdiff.notation.latex import Reading, ReadingContext, read_latex

_NUMBERED = re.compile(r"_-?\d+$")
_SPACING = re.compile(r"the sites of a lattice of spacing (\w+):")
_DIRECTED = re.compile(r"\w+_(plus|minus)\d*")


@dataclass(frozen=True)
class ModelReading:
    """The model, how the formula was read, and what was assumed beyond what it says."""

    model: JumpModel
    reading: Reading
    assumed: tuple[str, ...]

    def toml(self) -> str:
        """The model as the text of a model file."""
        return to_toml(self.model)


def model_from_latex(text: str, context: ReadingContext | None = None, spacing: str = "") -> ModelReading:
    """Read a master equation (one per state) and state it as a jump model.

    >>> model_from_latex(r"\\dot P_n = \\Gamma(P_{n+1} + P_{n-1} - 2P_n)").assumed[0]
    'n numbers the sites of a lattice of spacing a: x = n*a'

    ``spacing`` is the LaTeX of the lattice spacing where sites are numbered and the text around names it.

    Raises :class:`ExpressionError` where the formula cannot be read, :class:`ModelError` where it is no master equation,
    :class:`NotYetError` where it is one that symdiff cannot turn into jumps.
    """
    try:
        try:
            return _model_from_latex(text, context, _symbol_of(spacing))
        except ModelError as error:
            labelled = _labels(text, context) if LOST in error.message else None
            if labelled is None:
                raise
        return _with_labels(text, labelled, _symbol_of(spacing))
    except (
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        LookupError,
        NotImplementedError,
        RecursionError,
    ) as error:
        # SymPy raises all of these for mathematics that it does not like; a pasted formula must not end in a traceback
        raise NotYetError(
            f"{BEYOND} ({type(error).__name__})",
            instead="write it in simpler steps, or state the jumps in a model file",
        ) from error


LOST = "probability is not conserved"
_LABELLED = re.compile(
    r"\\?(?P<name>[A-Za-z]+)_(?:\{\s*(?P<braced>[ijklmn])\s*(?P<shift>[+-]\s*\d)?\s*\}|(?P<plain>[ijklmn])(?![A-Za-z]))"
)


def _labels(text: str, context: ReadingContext | None) -> ReadingContext | None:
    """The context in which ``k_m`` beside ``P_{m-1}`` is one constant; None where no subscript may be a label.

    Read as the rate at site m it breaks the balance where the author means the k of mRNA.
    """
    uses = [(m["name"], m["braced"] or m["plain"], m["shift"]) for m in _LABELLED.finditer(text)]
    shifted = {(name, index) for name, index, shift in uses if shift}
    indices = {index for _, index in shifted}
    found = {f"{name}_{index}" for name, index, _ in uses if index in indices and (name, index) not in shifted}
    known = context or ReadingContext()
    return replace(known, parameters=(*known.parameters, *sorted(found))) if found else None


def _with_labels(text: str, context: ReadingContext, spacing: str) -> ModelReading:
    found = _model_from_latex(text, context, spacing)
    names = ", ".join(n for n in context.parameters if any(p.name == n for p in found.model.parameters))
    note = f"the subscripts of {names} are labels: as numbers of sites they would break the balance"
    notes = f"{found.model.notes[:-1]}; {note}." if found.model.notes else f"Assumed: {note}."
    fields = {name: getattr(found.model, name) for name in JumpModel.__dataclass_fields__}
    return replace(found, model=make_model(fields | {"notes": notes}), assumed=(*found.assumed, note))


def _symbol_of(latex: str) -> str:
    """The name of the one symbol that a piece of LaTeX is; empty where it is none."""
    if not latex:
        return ""
    try:
        names = {s.name for e in read_latex(f"{latex} = 1").equations for s in e.free_symbols}
    except SymdiffError:
        return ""
    return names.pop() if len(names) == 1 else ""


BEYOND = "this equation is beyond the reader of master equations"


def _model_from_latex(text: str, context: ReadingContext | None, spacing: str) -> ModelReading:
    text, components = in_components(text, context)
    stated = stochastic_model(text, context) or hopping_model(text, context) or reaction_model(text, context)
    if stated is not None:
        model, shown, assumed = stated
        return ModelReading(model, shown, (*components, *assumed))
    written = read_latex(text, context)
    started = unconditional(written.equations)
    waiting = waiting_document(written.equations, lambda equations: _jumps_alone(equations, written, context, spacing))
    if waiting is not None:
        granted = [*components, *waiting[1]]
        return ModelReading(_stated(waiting[0], granted), written, tuple(granted))
    started, put_in = fluxes_put_in(started)
    relaxing = relaxing_document(started)
    if relaxing is not None:
        granted = [*components, *relaxing[1]]
        return ModelReading(_stated(relaxing[0], granted), written, tuple(granted))
    general = general_jumps(started)
    if general is not None:
        granted = [*components, *general[1]]
        return ModelReading(_stated(general[0], granted), written, tuple(granted))
    ends = without_ends(numbered_places(started))
    conditions = without_conditions(ends.equations)
    plain, walls = conditions.equations, (*ends.walls, *conditions.walls)
    said = beside(plain, [s.name for s in written.symbols])
    if started != written.equations and not put_in:
        said = replace(said, notes=(*said.notes, "what stands behind the time in brackets is the start of the walker"))
    reading = kernels_put_in(replace(written, equations=said.equations))
    granted = [*components, *said.notes, *conditions.notes]
    diffusion = diffusion_document(reading.equations, granted)
    if diffusion is not None:
        granted += [f"what is said of {name} is not part of the model" for name in said.ranges]
        granted += _enclosed(diffusion, walls, conditions.start, "")
        return ModelReading(_stated(diffusion, granted), written, tuple(granted))
    writer, document, notes = _written(reading, said, context, spacing)
    writer.assumed.extend((*notes, *ends.notes, *conditions.notes))
    spacing_named = next((m.group(1) for a in writer.assumed if (m := _SPACING.search(a))), "")
    writer.assumed.extend(_enclosed(document, walls, conditions.start, spacing_named))
    said_of = {c.func.__name__ for e in said.equations for c in e.atoms(AppliedUndef)}
    known = {s.name for s in reading.symbols} | {writer.names.get(n, n) for n in said_of if _NUMBERED.search(n)}
    for name in sorted(n for n in document.get("functions", {}) if _DIRECTED.fullmatch(n) and n not in known):
        writer.assumed.append(
            f"{name} is the rate of the jumps to the {'right' if '_plus' in name else 'left'} from the site in its bracket"
        )
    return ModelReading(_stated(document, writer.assumed), written, tuple(writer.assumed))


def _written(
    reading: Reading, said: Beside, context: ReadingContext | None, spacing: str
) -> tuple[Writer, dict[str, Any], tuple[str, ...]]:
    """The document of a master equation, its writer, and notes."""
    spacing = spacing or said.spacing
    sums = sums_over_neighbours(reading.equations)
    if sums:
        return _of_neighbours(reading, sums, (context or ReadingContext()).dim, spacing, said)
    equations, notes = along_axes(reading.equations)
    equations, more = with_later_level(equations)
    writer = _writer(equations, reading, spacing, said)
    return writer, writer.document(), (*notes, *more)


def _jumps_alone(
    equations: Sequence[sp.Basic], written: Reading, context: ReadingContext | None, spacing: str
) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    """What happens at the jumps of a walk with waits: the document, what is assumed, and the names."""
    said = beside(numbered_places(equations), [s.name for s in written.symbols])
    reading = kernels_put_in(replace(written, equations=said.equations))
    writer, document, notes = _written(reading, said, context, spacing)
    unit = [
        a
        for a in writer.assumed
        if "one step of the time index" in a or a == f"{document['model'].get('time_step')} is positive"
    ]
    document["parameters"].pop(document["model"].get("time_step"), None)
    names = {old: new for old, new in writer.names.items() if old not in ("time step", "lattice spacing")}
    return document, [a for a in (*writer.assumed, *notes) if a not in unit], names


def _enclosed(document: dict[str, Any], walls: Sequence[End], start: Sequence[sp.Expr], spacing: str) -> list[str]:
    """The walls and the start of the walker put into a document; what is assumed of them."""
    if start:
        document["initial"] = {"position": [str(s * sp.Symbol(spacing) if spacing else s) for s in start]}
        for symbol in sorted({x for s in start for x in s.free_symbols}, key=str):
            document["parameters"].setdefault(symbol.name, "integer" if spacing else "real")
    return with_walls(document, walls, spacing) if walls else []


def _stated(document: dict[str, Any], assumed: list[str]) -> JumpModel:
    """The model with what was assumed as its notes; in discrete time one whose weights cannot be probabilities is a scheme."""

    def with_notes() -> dict[str, Any]:
        return document | {"notes": "Assumed: " + "; ".join(assumed) + "." if assumed else ""}

    model = JumpModel(**with_notes())
    if model.clock != "discrete" or _has_values(model):
        return model
    document["model"]["signed"] = True
    assumed.append("the weights need not be probabilities: the equation is a scheme")
    return JumpModel(**with_notes())


def _has_values(model: JumpModel) -> bool:
    """Whether some parameters make all weights probabilities."""
    try:
        draw_values(model, random.Random(1))
    except UsageError:
        return False
    return True


def kernels_put_in(reading: Reading) -> Reading:
    r"""``\partial_t P = \int [W(x|x')P(x') - ...] dx', W(x|x') = ...``: what the text defines beside the equation stands in it."""
    equations = list(reading.equations)
    time = sp.Symbol("t")
    moving = {c.func for e in equations for c in e.atoms(AppliedUndef) if any(a.has(time) for a in c.args)}
    for e in reading.equations:
        if not isinstance(e, sp.Equality) or not isinstance(e.lhs, AppliedUndef) or e.rhs.has(e.lhs.func):
            continue
        head, others = e.lhs, [o for o in equations if o is not e]
        uses = {c for o in others for c in o.atoms(AppliedUndef) if c.func == head.func}
        plain = all(a.is_Symbol for a in head.args) and len(set(head.args)) == len(head.args)
        moved = any(d.expr.func == head.func for o in others for d in o.atoms(sp.Derivative))
        if (
            not uses
            or not plain
            or moved
            or any(c.func in moving for c in e.rhs.atoms(AppliedUndef))
            or any(len(c.args) != len(head.args) for c in uses)
        ):
            continue
        change = {c: e.rhs.xreplace(dict(zip(head.args, c.args, strict=True))) for c in uses}
        equations = [o.xreplace(change) for o in others]
        reading = replace(reading, equations=tuple(equations))
    equations = [_put_back(e) for e in reading.equations]
    reading = replace(reading, equations=tuple(equations))
    inside = (e.replace(_is_loss, _with_factor_inside) for e in reading.equations)
    return replace(reading, equations=tuple(over_distances(e) for e in inside))


def _put_back(e: sp.Basic) -> sp.Basic:
    r"""``r \delta(x) \int P(y, t) dy``: all walkers together are one."""
    change: dict[sp.Basic, sp.Expr] = {}
    for m in e.atoms(sp.Mul):
        wholes = [
            f
            for f in m.args
            if isinstance(f, (sp.Integral, sp.Sum)) and len(f.limits) == 1 and f.limits[0][1:] in ((), (-sp.oo, sp.oo))
        ]
        if len(wholes) == 1 and m.has(sp.DiracDelta, sp.KroneckerDelta):
            inside, variable = wholes[0].function, wholes[0].limits[0][0]
            if isinstance(inside, AppliedUndef) and inside.args == (variable, sp.Symbol("t")):
                change[m] = m / wholes[0]
    if not change or not isinstance(e, sp.Equality):
        return e
    return sp.Equality(*(side.xreplace(change) for side in e.args), evaluate=False)


def _is_loss(e: sp.Basic) -> bool:
    """``P(x, t) * Integral(W(y, x), y)``: a density in front of the integral of its own rates."""
    if not e.is_Mul or not any(isinstance(f, AppliedUndef) for f in e.args):
        return False
    integrals = [f for f in e.args if isinstance(f, sp.Integral)]
    return len(integrals) == 1 and not integrals[0].function.atoms(AppliedUndef)


def _with_factor_inside(product: sp.Mul) -> sp.Expr:
    integral = next(f for f in product.args if isinstance(f, sp.Integral))
    densities = [f for f in product.args if isinstance(f, AppliedUndef)]
    rest = sp.Mul(*(f for f in product.args if f is not integral and f not in densities))
    return rest * sp.Integral(sp.Mul(*densities) * integral.function, *integral.limits)


_LATTICES = ("line", "square lattice", "simple cubic lattice")


def _of_neighbours(
    reading: Reading, sums: Sequence[Around], dimension: int | None, spacing: str, said: Beside
) -> tuple[Writer, dict[str, Any], tuple[str, ...]]:
    """The model of an equation with sums over neighbours: in the dimension stated, that of the weights, or any."""
    _check_coordination(reading.equations, sums, dimension)
    found: dict[int, tuple[Writer, dict[str, Any], tuple[str, ...]]] = {}
    failures: list[ModelError] = []
    for size in (dimension,) if dimension else (1, 2, 3):
        equations, notes = along_axes(with_dimension(reading.equations, sums, size))
        try:
            writer = _writer(equations, reading, spacing or sums[0].spacing, said)
            found[size] = writer, writer.document(), notes
        except ModelError as error:
            failures.append(error)
    if not found:
        raise failures[0]
    size = min(found)
    writer, document, notes = found[size]
    anywhere = _in_any_dimension([found[n][1] for n in (1, 2, 3)]) if len(found) == 3 else None
    if anywhere is not None:
        writer.assumed = [a for a in writer.assumed if "number the sites" not in a and "numbers the sites" not in a]
        writer.assumed.append(f"the lattice has the spacing {anywhere['model']['spacing']}")
        return writer, anywhere, (*notes, "the neighbours are those on the hypercubic lattice in d dimensions")
    hint = "" if dimension or len(found) == 1 else " (state another dimension as --context '{\"dim\": 2}')"
    return writer, document, (*notes, f"the neighbours are those on the {_LATTICES[size - 1]}{hint}")


_COORDINATED = {3: "honeycomb", 8: "bcc", 12: "fcc"}


def _check_coordination(equations: Sequence[sp.Basic], sums: Sequence[Around], dimension: int | None) -> None:
    """``\\frac{\\Gamma}{12} \\sum_\\delta``: a number in front that counts the neighbours of another lattice than the hypercubic one."""
    for m in (m for e in equations for m in e.atoms(sp.Mul) if any(s.total in m.args for s in sums)):
        lattice = _COORDINATED.get(int(m.as_coeff_Mul()[0].q)) if m.as_coeff_Mul()[0].is_Rational else None
        if lattice and dimension is None:
            raise NotYetError(f"{m.as_coeff_Mul()[0].q} neighbours are not those of a line, a square or a cubic lattice, and the lattice is not named",
                              instead=f'name it in a model file: lattice = "{lattice}", total_rate = "Gamma"; or write the terms out')  # fmt: skip


def _in_any_dimension(documents: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The walks on a line, in the plane and in space as one on the hypercubic lattice, where all jumps of each are alike and it does
    nothing else: at one rate in all dimensions, at one shared by all jumps, or (in discrete time) with certainty."""
    document = documents[0]
    head, jumps = document["model"], document["jumps"]
    weights = [{j.get("rate") or j.get("probability") for j in d["jumps"]} for d in documents]
    lengths = {j["displacement"][0].lstrip("-") for j in jumps}
    plain = (
        all(len(d["jumps"]) == 2 * n for n, d in enumerate(documents, start=1))
        and len(lengths) == 1
        and all(
            len(w) == 1 and None not in w and set(d) <= {"title", "model", "jumps", "parameters"}
            for w, d in zip(weights, documents, strict=True)
        )
    )
    if not plain or "d" in document["parameters"] or "occupancy" in head or "constraints" in head:
        return None
    (length,), each = lengths, [w for (w,) in weights]
    scope = Scope({n: sp.Symbol(n) for n in document["parameters"]})
    rates = [parse_expression(w, scope) for w in each]
    same = all(sp.cancel(r - rates[0]) == 0 for r in rates)
    shared = all(sp.cancel(n * r - rates[0]) == 0 for n, r in enumerate(rates, start=1))
    model = {"dimension": "d", "density": head["density"], "lattice": "hypercubic", "spacing": length}
    if "time_step" in head:
        if rates[0] != sp.Rational(1, 2) or not shared:
            return None
        model |= {"time_step": head["time_step"]}
    elif same or shared:
        model |= {"rate": each[0]} if same else {"total_rate": str(2 * rates[0])}
    else:
        return None
    return {
        "title": document["title"],
        "model": model,
        "parameters": document["parameters"] | {"d": "positive integer"},
    }


def _writer(equations: Sequence[sp.Basic], reading: Reading, spacing: str, said: Beside) -> Writer:
    try:
        balances = balances_of(equations)
        return Writer(balances, reading, spacing, said)
    except Nonlinear:
        return CrowdWriter(crowd_in(equations), reading, spacing, said)

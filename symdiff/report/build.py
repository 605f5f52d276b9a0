"""A dossier as a document: model, regimes with their steps, claims, counts, cross-check, figures, provenance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import sympy as sp

from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit, Step
from symdiff.continuum.observables.result import ObservableResult
from symdiff.continuum.staged import RUNNING
from symdiff.dossier.dossier import Dossier
from symdiff.dossier.typography import typography_of
from symdiff.model.loading import to_toml
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.grouping import grouped
from symdiff.notation.display.nodes import Name, Node, Row, Sign
from symdiff.notation.display.text import to_text
from symdiff.report.bibliography import bibtex_of_all, programs_of, sources_of
from symdiff.report.build_evidence import claim_blocks, count_blocks, evidence_blocks
from symdiff.report.build_figures import figures
from symdiff.report.build_model import model_blocks
from symdiff.report.build_noise import system_size_blocks
from symdiff.report.document import (
    Block,
    Display,
    Document,
    Heading,
    Inline,
    Items,
    Line,
    Math,
    Paragraph,
    References,
    Table,
)
from symdiff.report.named_coefficients import called_by_name
from symdiff.report.prose import prose, say
from symdiff.report.roles import role_name, tex_word
from symdiff.report.side_by_side import joined
from symdiff.report.width import printed_length

ROLE_WORDS = {
    "D": "diffusivity",
    "v": "drift",
    "kappa": "absorption",
    "K": "diffusivity",
    "flux": "flux",
    "c2": "square of the speed",
}
WIDEST_VALUE = 34  # printed length of an observable's value in a table


def build_document(dossier: Dossier, kind: str = "full") -> Document:
    """The report of one model; an "appendix" has the derivation only, a "referee" report the claims and the evidence."""
    style = typography_of(dossier.model)
    blocks: list[Block] = []
    if kind != "appendix":
        blocks += summary_blocks(dossier, style)
    blocks += model_blocks(dossier.model, style)
    if kind != "referee":
        for n, limit in enumerate(dossier.derivation.limits):
            blocks += limit_blocks(limit, style, before=dossier.derivation.limits[:n])
        blocks += observable_blocks(dossier.derivation.observables, style)
    if kind != "appendix":
        blocks += claim_blocks(dossier.verdicts, style)
    if kind == "full":
        blocks += count_blocks(dossier.counts, style)
    if kind != "appendix":
        blocks += evidence_blocks(dossier.evidence, dossier.why_no_evidence, style)
        blocks += figures(dossier)
    blocks += _references(dossier)
    blocks += _provenance(dossier)
    return Document(dossier.model.title or "Jump model", tuple(blocks), to_toml(dossier.model))


def summary_blocks(dossier: Dossier, style: Typography) -> list[Block]:
    """Source, notes, and the first equation."""
    model = dossier.model
    blocks: list[Block] = []
    if model.source:
        status = f" ({model.source_status})" if model.source_status else ""
        blocks.append(Paragraph((f"Source: {_sentence(model.source + status)}",)))
    if model.notes:
        blocks.append(Paragraph((" ".join(model.notes.split()),)))
    limit = next((x for x in dossier.derivation.limits if x.equations), None)
    if limit is not None:
        tidy = tidied(limit)
        shown = [called_by_name(limit, e.lhs, tidy(e.rhs), style) for e in limit.equations]
        blocks.append(Paragraph(("Result in the regime ‘", *prose(limit.regime.name, style), "’:")))
        blocks += [Display(node) for node, _ in shown]
        if names := [name for _, used in shown for name in used]:
            parts: list[Inline] = []
            for name in names:
                parts += [", " if parts else "where ", Math(role_name(name, style))]
            blocks.append(
                Paragraph(
                    (
                        *parts,
                        f" {'stands' if len(names) == 1 else 'stand'} below, under the coefficients of this regime.",
                    )
                )
            )
    return blocks


def tidied(limit: ContinuumLimit) -> Callable[[sp.Expr], sp.Expr]:
    """How sums are grouped: those of crowds, which come multiplied out, by their derivatives."""
    return grouped if limit.coupled or limit.closure.kind == "mean-field" else lambda e: e


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


# --- limits ---------------------------------------------------------------------------------------------------------


def limit_blocks(
    limit: ContinuumLimit,
    style: Typography,
    *,
    steps: bool = True,
    discarded: Sequence[Block] | None = None,
    before: Sequence[ContinuumLimit] = (),
) -> list[Block]:
    """One regime: scaling, steps (or the equation alone; those that stand in a regime ``before`` are not said again), coefficients,
    :func:`later_blocks` (``discarded`` in their place), assumptions."""
    name = limit.regime.name
    blocks: list[Block] = [Heading(1, f"Regime: {name}", ("Regime: ", *prose(name, style)))]
    if limit.regime.powers:
        parts: list[Inline] = ["Scaling: "]
        for n, (key, value) in enumerate(limit.regime.powers):
            parts += ([", "] if n else []) + [
                Math(build(key, style)),
                " of order ",
                *prose(f"eps**({value})", style),
            ]
        blocks.append(Paragraph((*parts, ".")))
    if not limit.equations:
        blocks.append(Paragraph(say(f"no single equation: {limit.closure.why}", style)))
    tidy = tidied(limit)
    said, where = _said_before(limit, before) if steps else (0, "")
    if said:
        which = f"Steps 1 to {said} are those" if said > 1 else "Step 1 is that"
        blocks.append(Paragraph((f"{which} of the regime ‘", *prose(where, style), "’.")))
    for n, step in enumerate(_told_steps(limit)[said:] if steps else (), said + 1):
        title = _named(
            step.title.replace("Kramers-Moyal", "Kramers–Moyal").replace("Montroll-Weiss", "Montroll–Weiss"),
            limit,
            style,
        )
        shown, _ = called_by_name(limit, step.lhs, tidy(step.rhs), style)
        blocks.append(Display(shown, title, say(step.why, style) if step.why else (), n))
    if not limit.equations or not steps:
        blocks += [
            Display(called_by_name(limit, e.lhs, tidy(e.rhs), style)[0]) for e in limit.equations or limit.system
        ]
    blocks += _coefficients(limit, style)
    blocks += _boundaries(limit, style)
    blocks += later_blocks(limit, style) if discarded is None else discarded
    lines: list[Line] = [say(f"closure: {limit.closure.kind}; {limit.closure.why}", style)]
    lines += [say(a, style) for a in limit.assumptions]
    if limit.moments_exist_below is not None:
        lines.append(
            ("Moments of the displacement exist below order ", Math(build(limit.moments_exist_below, style)), ".")
        )
    if limit.steps:
        lines.append(confirmation_line(limit, style))
    return [*blocks, Heading(2, "Assumptions and confirmation"), Items(tuple(lines))]


def _told_steps(limit: ContinuumLimit) -> list[Step]:
    """The steps without the expansions in jumps of equations that have none."""
    told: list[Step] = []
    for step in limit.steps:
        known = any((s.lhs, s.rhs) == (step.lhs, step.rhs) for s in told)
        told += [] if known and step.title.startswith("Kramers-Moyal expansion") else [step]
    return told


def _said_before(limit: ContinuumLimit, before: Sequence[ContinuumLimit]) -> tuple[int, str]:
    """How many of the first steps stand in an earlier regime as well, and its name; those with the result are always shown."""
    own, best = _told_steps(limit), (0, "")
    own = own[: len(own) - max(len(limit.equations), 1)]
    for earlier in before:
        pairs = list(zip(own, _told_steps(earlier), strict=False))
        same = next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
        best = max(best, (same, earlier.regime.name), key=lambda found: found[0])
    return best


def _named(title: str, limit: ContinuumLimit, style: Typography) -> str:
    """The title of a step with the density that it is about as print spells it: of ρ."""
    for name in {e.density for e in (*limit.equations, *limit.system)}:
        if title.endswith(f" of {name}"):
            return title.removesuffix(name) + style.name(name).text
    return title


def _coefficients(limit: ContinuumLimit, style: Typography) -> list[Block]:
    tidy = tidied(limit)
    shown = [_roles(names, tidy(value), style) for names, value in _shared(limit.coefficients)]
    for density in dict.fromkeys(c.density for c in limit.coupled):
        pairs = [(f"{c.role}_{c.of}" if c.of else c.role, c.value) for c in limit.coupled if c.density == density]
        shown += [_roles(names, tidy(value), style, density) for names, value in _shared(pairs)]
    blocks: list[Block] = [Heading(2, "Coefficients"), *joined(shown)] if shown else []
    if limit.frame:
        blocks.append(Paragraph(("In the frame that moves with the velocity",)))
        blocks += joined(_role(f"v_{name}", value, style) for name, value in limit.frame)
    if limit.local_equilibrium:
        blocks.append(Paragraph(("In local equilibrium, the shares of the states are",)))
        blocks += joined(_equals(Name(rf"\text{{{tex_word(n)}}}", n), v, style) for n, v in limit.local_equilibrium)
    return blocks


def _shared(coefficients: Sequence[tuple[str, sp.Expr]]) -> list[tuple[list[str], sp.Expr]]:
    """Components of one tensor that are equal, together: D_xx = D_yy = ..."""
    groups: dict[tuple[str, sp.Expr], list[str]] = {}
    for name, value in coefficients:
        head, _, index = name.partition("_")
        together = head in ("v", "D", "flux") and bool(index)
        groups.setdefault((head if together else name, value), []).append(name)
    return [(names, value) for (_, value), names in groups.items()]


def _roles(names: Sequence[str], value: sp.Basic, style: Typography, density: str = "") -> Node:
    if len(names) == 1:
        return _role(names[0], value, style, density)
    parts: list[Node] = []
    for name in names:
        parts += [_of_density(role_name(name, style), density, style), Sign("=")]
    return Row((*parts, build(value, style)))


def _of_density(symbol: Name, density: str, style: Typography) -> Name:
    """The symbol of a coefficient in the equation of one of several densities."""
    if not density:
        return symbol
    of = style.name(density)
    return Name(rf"{symbol.latex}^{{({of.latex})}}", f"{symbol.text}^({of.text})")


def _role(name: str, value: sp.Basic, style: Typography, density: str = "") -> Node:
    symbol, shown = role_name(name, style), build(value, style)
    if density:  # no parameter has the name of a density above it
        return Row((_of_density(symbol, density, style), Sign("="), shown))
    if to_text(shown) == symbol.text:  # D = D, where the file calls its diffusivity so
        word = ROLE_WORDS.get(name, "coefficient")
        symbol = Name(rf"\text{{{word}}}", word)
    elif any(style.name(s.name) == symbol for s in value.free_symbols):
        symbol = Name(rf"{symbol.latex}_{{\mathrm{{eff}}}}", f"{symbol.text}_eff")
    return Row((symbol, Sign("="), shown))


def _equals(symbol: Node, value: sp.Basic, style: Typography) -> Node:
    return Row((symbol, Sign("="), build(value, style)))


def _boundaries(limit: ContinuumLimit, style: Typography) -> list[Block]:
    blocks: list[Block] = [Heading(2, "Boundary conditions")] if limit.boundary_conditions else []
    return [*blocks, *(block for b in limit.boundary_conditions for block in boundary_blocks(b, style))]


def boundary_blocks(b: BoundaryCondition, style: Typography) -> list[Block]:
    """One condition at a wall or an interface, and its coefficients."""
    return [
        Paragraph(("At ", *prose(b.at, style), f", {'Robin' if b.kind == 'robin' else b.kind}:")),
        Display(build_equation(b.lhs, b.rhs, style)),
        *joined(_role(name, value, style) for name, value in b.coefficients),
    ]


def later_blocks(limit: ContinuumLimit, style: Typography) -> list[Block]:
    """What takes long to work out or to write: the noise of a population, and what was discarded."""
    return [*system_size_blocks(limit.system_size, style), *discarded_blocks(limit, style)]


def discarded_blocks(limit: ContinuumLimit, style: Typography) -> list[Block]:
    """The terms that were left out, power by power; often longer than all else."""
    if not limit.steps:
        return []
    blocks: list[Block] = [Heading(2, "What was discarded")]
    time = sp.Symbol("t", real=True)
    for part in limit.discarded:
        terms = tidied(limit)(sp.Add(*(t.expression(limit.coordinates, time) for t in part.terms)))
        of: Line = (" in the equation of ", Math(style.name(part.density))) if part.density else ()
        blocks.append(Paragraph((*say(f"terms of order eps**({part.power})", style)[:-1], *of, ":")))
        blocks.append(Display(build(terms, style)))
    rest = (
        "of order eps or smaller"
        if limit.remainder_power == 1
        else f"of order eps**({limit.remainder_power}) or smaller"
    )
    return [*blocks, Paragraph(say(f"everything else is {rest}", style))]


def confirmation_line(limit: ContinuumLimit, style: Typography) -> Line:
    """What the second route says of a limit, or that it has not said it yet."""
    return say(_confirmed(limit), style)


def _confirmed(limit: ContinuumLimit) -> str:
    if limit.confirmation.method == RUNNING:
        return "Not confirmed yet: the second route is running"
    seen = limit.confirmation.observed_power
    method = f"Confirmed by a second route ({limit.confirmation.method})"
    if seen is None:
        return f"{method}: no difference to {limit.confirmation.digits} digits"
    power = limit.confirmation.predicted_power
    drawn = "" if re.fullmatch(r"-?[\d/]+", power) else " at numbers drawn for the parameters"
    return f"{method}: the difference falls like eps**({seen:.2f}){drawn}, and had to fall at least like eps**({power})"


def observable_blocks(found: Sequence[ObservableResult], style: Typography) -> list[Block]:
    """Every observable on the lattice and from the equations, with what its values assume and what is missing."""
    blocks: list[Block] = [Heading(1, "Observables")] if found else []
    for o in found:
        rows: list[tuple[Line, ...]] = []
        if o.lattice is not None:
            rows.append((("on the lattice, exactly",), (Math(build(o.lattice, style)),)))
        rows += [
            (("from the equation of regime ‘", *prose(name, style), "’"), (Math(build(value, style)),))
            for name, value in o.equation
        ]
        kind = o.kind.replace("_", " ")
        head: Line = (kind.capitalize(),) if o.name == o.kind else (Math(style.name(o.name)), f" ({kind})")
        blocks.append(Paragraph((*head, ":") if rows else (*head, ": not known for this model. ", *say(o.why, style))))
        wide = [n for n, (_, value) in enumerate(rows) if _too_wide(value)]
        shown = [(name, ("stands below",) if n in wide else value) for n, (name, value) in enumerate(rows)]
        if len(wide) < len(rows):
            blocks.append(Table((("level",), ("value",)), tuple(shown)))
        for n in wide:
            (node,) = (part.node for part in rows[n][1] if isinstance(part, Math))
            blocks += [Paragraph(_opening(rows[n][0])), Display(node)]
        if o.why and rows and (o.lattice is None or not o.equation):
            blocks.append(
                Paragraph(
                    say(f"Not known {'on the lattice' if o.lattice is None else 'from an equation'}: {o.why}", style)
                )
            )
        if o.assumptions:
            blocks += [Paragraph(("This assumes:",)), Items(tuple(say(a, style) for a in o.assumptions))]
    return blocks


def _opening(line: Line) -> Line:
    """``on the lattice, exactly`` in front of a formula."""
    first, *rest = line
    return (first[0].upper() + first[1:] if isinstance(first, str) else first, *rest, ":")


def _too_wide(value: Line) -> bool:
    """Whether a formula would run out of its column."""
    return any(isinstance(part, Math) and printed_length(part.node) > WIDEST_VALUE for part in value)


# --- the end --------------------------------------------------------------------------------------------------------


def _references(dossier: Dossier) -> list[Block]:
    """The sources that are named, numbered, and the BibTeX of what was used."""
    model = dossier.model
    sources, versions = sources_of(model), dict(dossier.provenance)
    keyed = (*((s.key, _sentence(s.text)) for s in sources), *programs_of(versions))
    own = [c for c in model.claims if c.source and not c.source.lower().startswith("ibid") and c.source != model.source]
    lines: list[Line] = [(f"Claim ‘{c.id}’: {_sentence(c.source)}",) for c in own]
    return [
        Heading(1, "Sources"),
        *([Items(tuple(lines))] if lines else []),
        References(keyed, bibtex_of_all(sources, versions)),
    ]


FINGERPRINTS = {"model_sha256": "SHA-256 of the model:"}
LONG_VALUE = 40  # characters: a hash stands in a line of its own


def _provenance(dossier: Dossier) -> list[Block]:
    versions = ", ".join(f"{name} {value}" for name, value in dossier.provenance if len(value) < LONG_VALUE)
    long = [f"{FINGERPRINTS.get(name, name)} {value}" for name, value in dossier.provenance if len(value) >= LONG_VALUE]
    return [Heading(1, "Provenance"), *(Paragraph((line,)) for line in (versions, *long) if line)]

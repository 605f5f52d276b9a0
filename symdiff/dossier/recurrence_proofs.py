"""The proof of a recurrence as a JSON document and in a sentence, for each kind of proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdiff.evidence.counting import exact_text
from symdiff.evidence.counting.composed_recurrence import ComposedProof
from symdiff.evidence.counting.finite_recurrence import FiniteRecurrence
from symdiff.evidence.counting.half_line import HalfLineRecurrence
from symdiff.evidence.counting.recurrence import Recurrence
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence
from symdiff.evidence.counting.state_recurrence import StateRecurrence
from symdiff.evidence.counting.steps import Vector

EXPANSION = "one expansion of the certificate, by a checker that shares no code with the search"


def proof_document(found: ProvedRecurrence) -> dict[str, Any]:
    """All that the checker takes, and whether it accepts."""
    terms, digits = found.proof_size()
    document: dict[str, Any] = {"terms": terms, "digits": digits, "checked": found.holds()}
    if isinstance(found, Recurrence):
        return document | {
            "scale": exact_text(found.scale),
            "certificate": [[list(m), k, [exact_text(x) for x in q]] for m, k, q in found.certificate],
            "maps": [{"matrix": [list(row) for row in g], "scales": [exact_text(k) for k in scales]} for g, scales in found.maps],
            "targets": [{"displacement": list(t), "factor": exact_text(f)} for t, f in found.targets],
        }  # fmt: skip
    if isinstance(found, StateRecurrence):
        return document | _of_states(found)
    if isinstance(found, HalfLineRecurrence):
        rows = [[[h, exact_text(w)] for h, w in row.items()] for row in (found.row, *found.rows)]
        return document | {
            "steps": rows[0],
            "first_rows": rows[1:],
            "start": found.start,
            "end": found.end,
            "deciding": found.deciding,
        }
    assert isinstance(found, FiniteRecurrence)
    matrix = [[[j, exact_text(w)] for j, w in row.items()] for row in found.matrix]
    return document | {"matrix": matrix, "ends": list(found.ends)}


def _of_states(found: StateRecurrence) -> dict[str, Any]:
    proof = found.proof
    document = {
        "states": list(found.steps.states), "start": found.start, "ends": list(found.ends),
        "arcs": [[[j, list(s), exact_text(w)] for j, s, w in out] for out in found.steps.arcs],
        "displacement": list(found.displacement), "pole": proof.pole,
        "column": [_terms(p) for p in found.column], "determinant": _terms(found.determinant),
        "fraction": [_terms(p) for p in found.fraction],
    }  # fmt: skip
    if isinstance(proof, ComposedProof):
        form = proof.composition
        return document | {
            "plain": proof_document(proof.inner) | {
                "steps": [[list(s), exact_text(w)] for s, w in zip(form.plain.steps, form.plain.numerators, strict=True)],
                "coefficients": [[exact_text(x) for x in c] for c in proof.inner.coefficients],
            },
            "axis": form.axis, "upper": _terms(form.upper), "lower": [_terms(p) for p in form.lower],
            "root": [_terms(p) for p in form.root], "below": proof.below, "removed": list(proof.removed),
            "number": exact_text(proof.number), "certificate": _terms(proof.certificate),
        }  # fmt: skip
    return document | {
        "operator": [[p, k, exact_text(v)] for p, k, v in proof.operator],
        "certificate": [_terms(p) for p in proof.parts], "logarithms": [_terms(p) for p in proof.logarithms],
    }  # fmt: skip


def _terms(polynomial: Mapping[Vector, int]) -> list[Any]:
    return [[list(x), exact_text(value)] for x, value in sorted(polynomial.items())]


def proof_methods(found: ProvedRecurrence) -> tuple[str, str]:
    """How the recurrence was found, and what checked it."""
    if isinstance(found, FiniteRecurrence):
        return (
            "shortest recurrence of the first numbers (Berlekamp and Massey), then proved (Cayley and Hamilton)",
            f"the first {len(found.matrix) + found.order} numbers, by a checker that shares no code with the search",
        )
    if isinstance(found, HalfLineRecurrence):
        return (
            "guessed from exact terms, then proved by the kernel method, which bounds the number of terms that decide",
            f"the first {found.deciding + 1} numbers, by a checker that shares no code with the search",
        )
    return "guessed from exact terms, then proved by a certificate", EXPANSION


def proof_sentences(found: ProvedRecurrence) -> list[str]:
    """What was proved and how, in lines."""
    terms, digits = found.proof_size()
    shape = f"order {found.order}, degree {found.degree}; proved for all n >= 0 by "
    if isinstance(found, FiniteRecurrence):
        return [f"{shape}the matrix of one step between {len(found.matrix)} places ({terms} weights, {digits} digits): it holds for the first"
                f" {len(found.matrix)} n, hence for all (Cayley and Hamilton)"]  # fmt: skip
    if isinstance(found, HalfLineRecurrence):
        return [f"{shape}{found.deciding + 1} numbers: by the kernel method the generating function is algebraic, and what a recurrence leaves"
                f" of it vanishes if its first {found.deciding + 1} coefficients do"]  # fmt: skip
    lines = [f"{shape}a certificate of {terms} terms ({digits} digits), which one expansion verifies"]
    if isinstance(found, Recurrence) and len(found.targets) > 1:
        lines.append("            the walks between the walls are those in open space to "
                     f"{len(found.targets)} images of their end, with signs")  # fmt: skip
    if isinstance(found, StateRecurrence):
        number = len(found.steps.states)
        of_states = f"; {number} states" if number > 1 else ""
        if isinstance(found.proof, ComposedProof):
            plain = found.proof.inner
            lines.append(f"            through the closed walks of {len(plain.steps.steps)} plain steps, whose recurrence of order {plain.order}"
                         f" is proved too{of_states}")  # fmt: skip
            return lines
        lines.append(f"            an identity of rational functions with poles of order {found.proof.pole}{of_states}")
    return lines

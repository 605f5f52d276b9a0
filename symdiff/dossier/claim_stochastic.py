r"""Claims that are stochastic differential equations, ``dx = -k x\,dt + \sqrt{2D}\,dW``: by the drift and the diffusivity of their Fokker-Planck equation.

Source: C. W. Gardiner, Stochastic Methods (2009), secs. 4.3.5 and 4.3.6 (Ito and Stratonovich).
"""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.verification.claim import Claim, Relation, read_claim, reading_context

_NOISE = re.compile(r"d\s*(?:\\mathbf\s*\{?)?[WB](?![A-Za-z])|\\xi|\\eta|\\circ\s*d")
_DIFFERENTIAL = re.compile(r"^\s*(?:\\mathrm\s*\{?\s*d\s*\}?|d)\s*[A-Za-z]")


_LANGEVIN = re.compile(
    r"^\s*(?:\\gamma\s*|\\zeta\s*|\\eta\s*)?(?:\\dot\s*\{?\s*(?:\\mathbf\s*\{?)?\s*[A-Za-z]|\\frac\s*\{\s*d\s*[A-Za-z]\s*\}\s*\{\s*d\s*t\s*\})"
)
_FORCE = re.compile(r"\\(?:xi|eta|zeta|Gamma|boldsymbol\s*\{?\s*\\xi)\s*\}?\s*(?:_\w)?\s*\(\s*t\s*\)")


def is_langevin(statement: ClaimStatement) -> bool:
    """``\\dot x = -k x + \\sqrt{2D}\\,\\xi(t)``: a noise that depends on time stands on the right."""
    left, _, right = statement.latex.partition("=")
    return bool(_LANGEVIN.search(left) and _FORCE.search(right))


def stochastic_claim(statement: ClaimStatement, model: JumpModel) -> Claim | None:
    """The claim that the model's equation is that of the process; None where the text is no stochastic differential equation."""
    text = statement.latex
    differential = bool(_DIFFERENTIAL.search(text) and _NOISE.search(text))
    if not (differential or is_langevin(statement)) or model.population is not None:
        return None
    try:
        pasted = model_from_latex(text, replace(reading_context(model), fields=()))
        limit = next(iter(derive_all(pasted.model)))
    except SymdiffError:
        return None
    own = dict(zip(pasted.model.coordinate_symbols, model.coordinate_symbols, strict=False))
    if pasted.model.dimension != model.dimension or {str(a).lower() for a in own} != {
        str(b).lower() for b in own.values()
    }:
        return None
    relations: list[Relation] = []
    equations: list[sp.Basic] = []
    symbols: list[tuple[str, str]] = []
    for role, value in limit.coefficients:
        if role.partition("_")[0] not in ("v", "D"):
            continue
        name = f"{role}_of_it"
        said = f"{name} = {sp.sstr(value.xreplace(own))}"
        part = read_claim(replace(statement, latex="", expression=said, symbols=((name, role),)), model)
        relations += part.relations
        equations += [sp.Eq(sp.Symbol(role), sp.Add(*(r.right for r in part.relations)), evaluate=False)]
        symbols.append((name, role))
    if not relations:
        return None
    note = "the stochastic differential equation is read by the drift and the diffusivity of its Fokker-Planck equation"
    kept = replace(statement, symbols=(*statement.symbols, *symbols))
    told = tuple(a for a in pasted.assumed if "dW" in a or "xi" in a or "eta" in a or "Stratonovich" in a)
    return Claim(kept, tuple(relations), tuple(equations), (note, *told))

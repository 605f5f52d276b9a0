"""How a model's names look in print."""

from __future__ import annotations

import sympy as sp

from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.text import to_text
from symdiff.notation.names import UNICODE, USUAL_LATEX


def latex_of_names(model: JumpModel) -> dict[str, str]:
    """The LaTeX of the parameters that the model, or custom, prints otherwise than by their names."""
    return {p.name: given for p in model.parameters if (given := p.latex or USUAL_LATEX.get(p.name, ""))}


def typography_of(model: JumpModel) -> Typography:
    """The typography of one model: its LaTeX overrides, coordinates, densities, and probabilities first in products."""
    return Typography(
        latex=latex_of_names(model),
        coordinates=(*model.coordinates, *_inner(model), "t"),
        shares=_scaled(model),
        densities=tuple(dict.fromkeys((model.density, *model.states))),
        leading=tuple(p.name for p in model.parameters if p.probability),
        functions=tuple(f.name for f in model.functions),
        names=frozenset(
            (
                *(p.name for p in model.parameters),
                *(f.name for f in model.functions),
                *model.coordinates,
                *_inner(model),
                *_scaled(model),
                model.density,
                *(s for s in model.states if len(s) < 3 or s in UNICODE),
            )
        ),
    )


def _inner(model: JumpModel) -> tuple[str, ...]:
    """What else counts as a place: internal variables."""
    return tuple(c for variable in model.internals for c in variable.components)


def _scaled(model: JumpModel) -> tuple[str, ...]:
    """The names of a population's numbers over its size, which are the coordinates of its equation."""
    return tuple(model.population.scaled) if model.population is not None else ()


def latex(expression: sp.Basic, style: Typography) -> str:
    """LaTeX of an expression."""
    return to_latex(build(expression, style))


def text(expression: sp.Basic, style: Typography) -> str:
    """One line of text of an expression."""
    return to_text(build(expression, style))


def equation_latex(lhs: sp.Basic, rhs: sp.Basic, style: Typography) -> str:
    """LaTeX of an equation."""
    return to_latex(build_equation(lhs, rhs, style))


def equation_text(lhs: sp.Basic, rhs: sp.Basic, style: Typography) -> str:
    """One line of text of an equation."""
    return to_text(build_equation(lhs, rhs, style))


def in_words(expression: sp.Basic) -> str:
    """One line of text of an expression in a sentence, with the names as the model has them."""
    return to_text(build(expression, Typography()))

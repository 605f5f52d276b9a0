"""A whole ``.tex`` file put to the test: every displayed equation as a claim about the model that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import InternalFaultError, SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel, make_model
from symdiff.notation.latex.scan import TexEquation, equations_of, lattice_spacing, rows_of
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED, UNDECIDED, Verdict

MODEL, UNREAD, NO_MODEL = "model", "unread", "no model"
Ask = Callable[[TexEquation], JumpModel | None]


@dataclass(frozen=True)
class TexVerdict:
    """What became of one displayed equation.

    ``outcome`` is a verdict, "model" (a master equation that became the model of what follows), "unread" (the reader
    could not read it) or "no model"; ``why`` says more.
    """

    equation: TexEquation
    outcome: str
    model: str
    why: str
    verdict: Verdict | None = None
    subject: JumpModel | None = None  # the model that it was put to


def check_tex(
    text: str, where: str, load: Callable[[str], JumpModel], ask: Ask | None = None, model: JumpModel | None = None
) -> tuple[TexVerdict, ...]:
    """Judge every displayed equation.

    Which model an equation belongs to: the last ``% symdiff: model = NAME`` before it (``load`` finds it), else ``model``,
    else the last master equation of the text itself, else what ``ask`` answers.
    """
    spacing = lattice_spacing(text)
    desk = _Desk(load, ask, model, spacing)
    return tuple(
        desk.judge(equation, number, where) for number, equation in enumerate(equations_of(text, where), start=1)
    )


class _Desk:
    """Remembers the model at hand and what was derived of each."""

    def __init__(
        self, load: Callable[[str], JumpModel], ask: Ask | None, model: JumpModel | None, spacing: str
    ) -> None:
        self.load, self.ask, self.given, self.spacing = load, ask, model, spacing
        self.pasted: JumpModel | None = None
        self.named: dict[str, JumpModel] = {}
        self.derived: dict[int, Derivation] = {}

    def judge(self, equation: TexEquation, number: int, where: str) -> TexVerdict:
        """One equation; errors of reading become an outcome, faults of symdiff do not."""
        model = self._named(equation, where) or self.given
        refused = ""
        if model is None:
            pasted, refused = self._paste(equation)
            if pasted is not None:
                self.pasted = pasted
                return TexVerdict(
                    equation, MODEL, "", f"a master equation: the model of what follows; {pasted.notes}".rstrip("; ")
                )
            model = self.pasted or (self.ask(equation) if self.ask else None)
        if model is None:
            why = "no model is named for it, and no master equation stands before it"
            return TexVerdict(equation, NO_MODEL, "", f"{why}; it is none itself: {refused}" if refused else why)
        name = equation.model or model.title
        found = self._judged(equation, equation.latex, f"equation-{number}", name, model)
        rows = rows_of(equation.latex)
        if len(rows) < 2 or found.outcome == PROVED:
            return found
        each = [
            self._judged(equation, row, f"equation-{number}-{n}", name, model) for n, row in enumerate(rows, start=1)
        ]
        wrong = next((v for v in each if v.outcome == REFUTED), None)
        if wrong is not None and found.outcome != REFUTED:  # the other rows could not be read, say
            found = wrong
        if found.outcome == CONDITIONAL and all(
            v.outcome == UNDECIDED for v in each
        ):  # a system, which no row is by itself
            return found
        said = ", ".join(f"row {n} {v.outcome}" for n, v in enumerate(each, start=1))
        return replace(found, why=f"{said}; {found.why}")

    def _judged(self, equation: TexEquation, latex: str, name: str, title: str, model: JumpModel) -> TexVerdict:
        """What the model says of a formula."""
        try:
            statement = ClaimStatement(name, latex=latex, symbols=equation.symbols)
            report = check_model(_bare(model), (statement,), None, self._derivation(model))
        except InternalFaultError:
            raise
        except SymdiffError as error:
            return TexVerdict(equation, UNREAD, title, error.message)
        (verdict,) = report.verdicts
        why = _HINT.sub(" in this model", verdict.why)
        return TexVerdict(equation, verdict.verdict, title, why, verdict, model)

    def _named(self, equation: TexEquation, where: str) -> JumpModel | None:
        if not equation.model:
            return None
        if equation.model not in self.named:
            try:
                self.named[equation.model] = self.load(equation.model)
            except SymdiffError as error:
                raise error.located(f"{where}, line {equation.first_line}") from None
        return self.named[equation.model]

    def _paste(self, equation: TexEquation) -> tuple[JumpModel | None, str]:
        """The model that an equation states, or why it states none; behind one a partial differential equation is a claim about it."""
        try:
            model = model_from_latex(equation.latex, spacing=self.spacing).model
        except InternalFaultError:
            raise
        except SymdiffError as error:
            return None, error.message
        return (model, "") if model.jumps or self.pasted is None else (None, "")

    def _derivation(self, model: JumpModel) -> Derivation:
        if id(model) not in self.derived:
            self.derived[id(model)] = derive_model(model)
        return self.derived[id(model)]


_HINT = re.compile(r": say what it is: symbols = \{.*?\.\.\.\)")  # advice for model files


def _bare(model: JumpModel) -> JumpModel:
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"claims": ()})


def tex_status(verdicts: tuple[TexVerdict, ...]) -> int:
    """1 where an equation is refuted, 3 where one is open or could not be read, else 0."""
    outcomes = {v.outcome for v in verdicts}
    if REFUTED in outcomes:
        return 1
    return 0 if outcomes <= {"proved", "consistent", MODEL} else 3

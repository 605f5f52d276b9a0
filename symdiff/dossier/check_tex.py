"""A whole ``.tex`` file put to the test: every displayed equation as a claim about the model that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import InternalFaultError, SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel, make_model
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import Reading, read_latex
from symdiff.notation.latex.scan import TexEquation, definitions_of, equations_of, lattice_spacing, rows_of
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED, Verdict

MOST_DEFINITIONS = 3  # put beside one equation
BEHIND = 300  # characters behind an equation in which "where q = 1 - p" still belongs to it
_UNKNOWN = re.compile(r"(?:nothing is known of|has no quantity) '(\w+)'")
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
    until the text states a master equation that is another's; without a name the last master equation of the text itself,
    else what ``ask`` answers.
    """
    spacing = lattice_spacing(text)
    desk = _Desk(load, ask, model, spacing, definitions_of(text))
    return tuple(
        desk.judge(equation, number, where) for number, equation in enumerate(equations_of(text, where), start=1)
    )


class _Desk:
    """Remembers the model at hand and what was derived of each."""

    def __init__(
        self,
        load: Callable[[str], JumpModel],
        ask: Ask | None,
        model: JumpModel | None,
        spacing: str,
        definitions: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self.load, self.ask, self.given, self.spacing, self.definitions = load, ask, model, spacing, definitions
        self.pasted: JumpModel | None = None
        self.pasted_line, self.named_at = 0, -1
        self.named: dict[str, JumpModel] = {}
        self.derived: dict[int, Derivation] = {}
        self.read: dict[str, Reading | None] = {}  # formulas between the words

    def judge(self, equation: TexEquation, number: int, where: str) -> TexVerdict:
        """One equation; errors of reading become an outcome, faults of symdiff do not."""
        if equation.named_at != self.named_at:  # a new comment: what the text stated before it is past
            self.named_at, self.pasted = equation.named_at, None
        named = self._named(equation, where) or self.given
        pasted, refused = self._paste(equation, named is not None)
        if named is not None and pasted is not None:
            return self._stated(equation, number, named, pasted)
        if named is None and pasted is not None:
            self.pasted = pasted
            return TexVerdict(
                equation, MODEL, "", f"a master equation: the model of what follows; {pasted.notes}".rstrip("; ")
            )
        model = self.pasted or named or (self.ask(equation) if self.ask else None)
        if model is None:
            why = "no model is named for it, and no master equation stands before it"
            return TexVerdict(equation, NO_MODEL, "", f"{why}; it is none itself: {refused}" if refused else why)
        if named is not None and self.pasted is not None:
            return self._claimed(equation, number, f"the master equation in line {self.pasted_line}", model)
        return self._claimed(equation, number, equation.model or model.title, model)

    def _stated(self, equation: TexEquation, number: int, named: JumpModel, pasted: JumpModel) -> TexVerdict:
        """A master equation where a model is named: a claim about it, else the model of what follows."""
        title = equation.model or named.title
        found = self._claimed(equation, number, title, named)
        if found.outcome in (PROVED, CONDITIONAL, CONSISTENT):
            self.pasted = None
            return found
        own = "'% symdiff: model = text' before it makes it a model of its own"
        part = len(pasted.states) < len(named.states)  # the balance of one of several densities
        if found.outcome == REFUTED and (part or _moves(pasted) == _moves(named)):
            self.pasted = None
            return replace(found, why=f"{found.why}; what follows is still judged against {title} ({own})")
        self.pasted, self.pasted_line = pasted, equation.first_line
        why = f"a master equation that is not that of {title}: the model of what follows, until a comment names one; "
        if found.outcome == REFUTED:  # or it is a misprint
            return replace(found, outcome=UNDECIDED, verdict=None, why=f"{why}if it is meant as that of {title}, it is wrong: {found.why} ({own})")  # fmt: skip
        return TexVerdict(equation, MODEL, "", f"{why}{pasted.notes}".rstrip("; "))

    def _claimed(self, equation: TexEquation, number: int, name: str, model: JumpModel) -> TexVerdict:
        """The verdict on an equation, and on each of its rows."""
        found = self._with_definitions(equation, f"equation-{number}", name, model)
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

    def _with_definitions(self, equation: TexEquation, name: str, title: str, model: JumpModel) -> TexVerdict:
        """The verdict, with what the words before the equation say of symbols that are not known (``where $q = 1 - p$``) put beside it."""
        found = self._judged(equation, equation.latex, name, title, model)
        put: list[str] = []
        while len(put) < MOST_DEFINITIONS and (unknown := _UNKNOWN.search(found.why)) is not None:
            says = next((d for d in self._said_before(equation, unknown.group(1)) if d not in put), None)
            if says is None:
                break
            put.append(says)
            beside = ", \\quad ".join([equation.latex.rstrip(" .,;"), *put])
            found = replace(self._judged(equation, beside, name, title, model), equation=equation)
        return replace(found, why=f"{found.why}; with {', '.join(put)} of the text") if put else found

    def _said_before(self, equation: TexEquation, name: str) -> list[str]:
        """What the text says of a symbol before an equation ends or right behind it, the nearest first, solved for it."""
        before = [latex for end, latex in self.definitions if end <= equation.end + BEHIND]
        return [says for latex in reversed(before) if (says := self._solved(latex, name))]

    def _solved(self, latex: str, name: str) -> str:
        """A formula of the text as a definition of ``name``: ``p = (1 + e)/2`` as e = 2p - 1; empty where it is none."""
        if latex not in self.read:
            try:
                self.read[latex] = read_latex(latex)
            except SymdiffError:
                self.read[latex] = None
        reading = self.read[latex]
        e = reading.equations[0] if reading is not None and len(reading.equations) == 1 else None
        if not isinstance(e, sp.Equality) or sp.Symbol(name) not in e.free_symbols:
            return ""
        symbol, gap = sp.Symbol(name), e.lhs - e.rhs
        slope = sp.diff(gap, symbol)
        if e.lhs == symbol:
            return latex
        if slope == 0 or slope.has(symbol):
            return ""
        plain = Typography()
        return f"{to_latex(build(symbol, plain))} = {to_latex(build(sp.expand(symbol - gap / slope), plain))}"

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

    def _paste(self, equation: TexEquation, named: bool) -> tuple[JumpModel | None, str]:
        """The model that an equation states, or why it states none; behind one a partial differential equation is a claim about it."""
        try:
            model = model_from_latex(equation.latex, spacing=self.spacing).model
        except InternalFaultError:
            raise
        except SymdiffError as error:
            return None, error.message
        return (model, "") if model.jumps or (self.pasted is None and not named) else (None, "")

    def _derivation(self, model: JumpModel) -> Derivation:
        if id(model) not in self.derived:
            self.derived[id(model)] = derive_model(model)
        return self.derived[id(model)]


def _moves(model: JumpModel) -> tuple[object, ...]:
    """The clock, the states and the moves of a model, whatever its lengths and rates are called."""
    moves = [
        tuple(str(d.xreplace(dict.fromkeys(d.free_symbols, sp.S.One))) for d in j.displacement) for j in model.jumps
    ]
    return model.clock, len(model.states), len(model.coordinates), tuple(sorted(moves))


_HINT = re.compile(r": say what it is: symbols = \{.*?\.\.\.\)")  # advice for model files


def _bare(model: JumpModel) -> JumpModel:
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"claims": ()})


def tex_status(verdicts: tuple[TexVerdict, ...]) -> int:
    """1 where an equation is refuted, 3 where one is open or could not be read, else 0."""
    outcomes = {v.outcome for v in verdicts}
    if REFUTED in outcomes:
        return 1
    return 0 if outcomes <= {"proved", "consistent", MODEL} else 3

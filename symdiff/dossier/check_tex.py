"""A whole ``.tex`` file put to the test: every displayed equation as a claim about the model that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.latex_model import model_from_latex
from symdiff.dossier.tex_identities import broken_chain, expansion
from symdiff.dossier.tex_letters import HELD, UNREAD, in_their_letters, missing
from symdiff.dossier.tex_step_laws import in_moments
from symdiff.dossier.tex_strangers import among_strangers
from symdiff.errors import InternalFaultError, SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel, make_model
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import Reading, read_latex
from symdiff.notation.latex.scan import TexEquation, equations_of, rows_of
from symdiff.notation.latex.surroundings import AROUND, Surroundings, is_condition, surroundings_of
from symdiff.verification.roles import CUSTOMARY
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED, Verdict

MOST_DEFINITIONS = 3  # put beside one equation
MOST_COMPANIONS = 4  # other equations tried beside one
_BEGINS = re.compile(
    r"(?i)\b(?:consider|another|different(?:ly)?|suppose|turn to|second|third|instead|betrachte\w*|anders?|statt(?:dessen)?)\b"
)
_OF_EQUATIONS = ("D", "v", "K", "damping_rate", "speed", "c2")  # roles of letters that stand in a claimed equation
MODEL, NO_MODEL = "model", "no model"
OUTCOMES = (PROVED, CONDITIONAL, CONSISTENT, REFUTED, UNDECIDED, UNREAD, MODEL, NO_MODEL)
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
    own: bool = False  # whether that is a model of the text itself


def check_tex(
    text: str, where: str, load: Callable[[str], JumpModel], ask: Ask | None = None, model: JumpModel | None = None
) -> tuple[TexVerdict, ...]:
    """Judge every displayed equation.

    Which model an equation belongs to: the last ``% symdiff: model = NAME`` before it (``load`` finds it), else ``model``,
    until the text states a master equation that is another's; without a name the last master equation of the text itself,
    else what ``ask`` answers.
    """
    equations = equations_of(text, where)
    around = surroundings_of(text)
    shown = tuple((e.end, e.latex) for e in equations if is_condition(e.latex))
    desk = _Desk(load, ask, model, replace(around, conditions=(*around.conditions, *shown)), text)
    first = [desk.judge(equation, number, where) for number, equation in enumerate(equations, start=1)]
    defined = [desk.with_companions(v, n, first) for n, v in enumerate(first, start=1)]
    put_in = [desk.with_displayed(v, n, defined) for n, v in enumerate(defined, start=1)]
    return among_strangers(in_their_letters(put_in, desk.judged_with), around, desk.letters)


class _Desk:
    """Remembers the model at hand and what was derived of each."""

    def __init__(
        self,
        load: Callable[[str], JumpModel],
        ask: Ask | None,
        model: JumpModel | None,
        around: Surroundings,
        text: str,
    ) -> None:
        self.load, self.ask, self.given, self.around, self.text = load, ask, model, around, text
        self.pasted: JumpModel | None = None
        self.own: list[JumpModel] = []
        self.pasted_line, self.named_at, self.last_end = 0, -1, 0
        self.named: dict[str, JumpModel] = {}
        self.derived: dict[int, Derivation] = {}
        self.read: dict[str, Reading | None] = {}  # formulas between the words

    def judge(self, equation: TexEquation, number: int, where: str) -> TexVerdict:
        """One equation; errors of reading become an outcome, faults of symdiff do not."""
        if equation.named_at != self.named_at:  # a new comment: what the text stated before it is past
            self.named_at, self.pasted = equation.named_at, None
        if equation.fault:
            return TexVerdict(equation, UNREAD, "", equation.fault)
        if (told := expansion(self._reading(equation.latex))) is not None:
            self.last_end = equation.end
            return TexVerdict(equation, told[0], "", told[1])
        if self.pasted is not None and is_condition(equation.latex) and not equation.model:
            why = f"a property of what stands in {self._own_title()}, and part of that model"
            return TexVerdict(equation, MODEL, "", why, subject=self.pasted)
        named = self._named(equation, where) or self.given
        pasted, refused = self._paste(equation, named is not None)
        since, self.last_end = self.text[self.last_end : equation.start], equation.end
        if named is not None and pasted is not None:
            return self._stated(equation, number, named, pasted)
        if pasted is not None:
            return self._begun(equation, number, pasted, since)
        model = self.pasted or named or (self.ask(equation) if self.ask else None)
        if model is None:
            why = "no model is named for it, and no master equation stands before it"
            return TexVerdict(equation, NO_MODEL, "", f"{why}; it is none itself: {refused}" if refused else why)
        return self._claimed(equation, number, self._title(equation, model), model)

    def _title(self, equation: TexEquation, model: JumpModel) -> str:
        """What the model at hand is called in the table."""
        return self._own_title() if model is self.pasted else equation.model or model.title

    def _is_own(self, model: JumpModel) -> bool:
        return any(model is m for m in self.own)

    def _own_title(self) -> str:
        return f"the master equation in line {self.pasted_line}"

    def _begun(self, equation: TexEquation, number: int, pasted: JumpModel, since: str) -> TexVerdict:
        """A balance where no model is named: that of the text's model once more, a claim about it, or the model of what follows."""
        found = None
        if self.pasted is not None:
            found = self._claimed(equation, number, self._own_title(), self.pasted)
            again = found.outcome == PROVED or (not _hops(pasted) and found.outcome in HELD)
            if again or (not _hops(pasted) and not self._is_new(pasted, self.pasted, equation, since)):
                return found
        why = "a master equation: the model of what follows"
        if found is not None and found.outcome == REFUTED and not _hops(pasted):
            why = f"{why}; if it is meant as a claim about {self._own_title()}, it is wrong: {found.why}"
        self.pasted, self.pasted_line = pasted, equation.first_line
        self.own.append(pasted)
        gap = broken_chain(self._reading(equation.latex))
        outcome = REFUTED if gap else MODEL
        why = f"{gap}; its first two members are the model of what follows" if gap else why
        return TexVerdict(equation, outcome, "", f"{why}; {pasted.notes}".rstrip("; "), subject=pasted)

    def _is_new(self, pasted: JumpModel, model: JumpModel, equation: TexEquation, since: str) -> bool:
        """Whether a partial differential equation that is not that of the model at hand states another: behind a heading, or words
        that turn to something else, and with a symbol or a density that the model does not have."""
        turned = self.around.parted(equation.start - len(since), equation.start) or _BEGINS.search(since)
        known = {p.name for p in model.parameters} | {n for n, role in CUSTOMARY.items() if role in _OF_EQUATIONS}
        unknown = {p.name for p in pasted.parameters} - known
        strange = not set(pasted.density_names) & set(model.density_names)
        return bool(turned) and (bool(unknown) or strange)

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
        self.own.append(pasted)
        why = f"a master equation that is not that of {title}: the model of what follows, until a comment names one; "
        if found.outcome == REFUTED:  # or it is a misprint
            return replace(found, outcome=UNDECIDED, verdict=None, why=f"{why}if it is meant as that of {title}, it is wrong: {found.why} ({own})")  # fmt: skip
        return TexVerdict(equation, MODEL, "", f"{why}{pasted.notes}".rstrip("; "), subject=pasted)

    def _claimed(self, equation: TexEquation, number: int, name: str, model: JumpModel) -> TexVerdict:
        """The verdict on an equation, and on each of its rows."""
        found = self._with_definitions(equation, f"equation-{number}", name, model)
        rows = rows_of(equation.latex)
        if len(rows) < 2 or found.outcome == PROVED:
            return found
        each = [
            self._judged(equation, row, f"equation-{number}-{n}", name, model) for n, row in enumerate(rows, start=1)
        ]
        if found.outcome not in (REFUTED, *HELD) and all(v.outcome in HELD for v in each):
            worst = next((v for v in each if v.outcome != PROVED), each[0])
            why = "; ".join(f"row {n} {v.outcome}: {v.why}" for n, v in enumerate(each, start=1))
            return replace(worst, why=why)
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
        while len(put) < MOST_DEFINITIONS and (unknown := missing(found)):
            says = next((d for d in self._said_before(equation, unknown) if d not in put), None)
            if says is None:
                break
            put.append(says)
            beside = _joined(equation.latex, *put)
            found = replace(self._judged(equation, beside, name, title, model), equation=equation)
        return replace(found, why=f"{found.why}; with {', '.join(put)} of the text") if put else found

    def with_companions(self, found: TexVerdict, number: int, all_: Sequence[TexVerdict]) -> TexVerdict:
        """The verdict on ``mu = ...``, of which the model knows nothing, beside another equation of the text in which mu stands."""
        name = missing(found)
        rows = rows_of(found.equation.latex)
        if not name or found.subject is None or not any(self._solved(row, name, True) for row in rows):
            return found
        near = [v for v in self._beside(found, all_) if v.outcome in (PROVED, CONDITIONAL) and self._speaks(v, name)]
        for other in near[:MOST_COMPANIONS]:
            joined = _joined(other.equation.latex, found.equation.latex)
            put = self._judged(found.equation, joined, f"equation-{number}", found.model, found.subject)
            if put.outcome in (*HELD, REFUTED):
                return replace(
                    put, why=f"{put.why}; with the equation in line {other.equation.first_line}, in which {name} stands"
                )
        return found

    def with_displayed(self, found: TexVerdict, number: int, all_: Sequence[TexVerdict]) -> TexVerdict:
        """The verdict on an equation with a symbol that another display of the same stretch of text defines."""
        put: list[tuple[TexVerdict, str]] = []
        first, latex = found, found.equation.latex
        while len(put) < MOST_DEFINITIONS and found.subject is not None and (name := missing(found)):
            says = next(
                (
                    v
                    for v in self._beside(first, all_)
                    if (v, name) not in put and v.outcome != REFUTED and self._defines(v, name)
                ),
                None,
            )
            if says is None:
                break
            put.append((says, name))
            latex = _joined(latex, next(d for r in rows_of(says.equation.latex) if (d := self._solved(r, name, True))))
            found = self._judged(first.equation, latex, f"equation-{number}", first.model, found.subject)
        if not put or found.outcome not in (*HELD, REFUTED):
            return first
        lines = ", ".join(dict.fromkeys(str(v.equation.first_line) for v, _ in put))
        return replace(found, why=f"{found.why}; with what line {lines} defines")

    def judged_with(self, v: TexVerdict, symbols: tuple[tuple[str, str], ...]) -> TexVerdict:
        """The verdict with symbols of the author's as names of the model."""
        assert v.subject is not None
        equation = replace(v.equation, symbols=(*v.equation.symbols, *symbols))
        found = self._claimed(equation, 0, v.model, v.subject)
        return replace(found, equation=v.equation)

    def _beside(self, found: TexVerdict, all_: Sequence[TexVerdict]) -> list[TexVerdict]:
        """The other equations judged against the same model, the nearest first."""
        others = [v for v in all_ if v.subject is found.subject and v.equation is not found.equation]
        return sorted(others, key=lambda v: abs(v.equation.start - found.equation.start))

    def _speaks(self, v: TexVerdict, name: str) -> bool:
        """Whether a symbol stands in an equation, other than as what is defined there."""
        return name in self.letters(v) and not self._defines(v, name)

    def _defines(self, v: TexVerdict, name: str) -> bool:
        return any(self._solved(row, name, True) for row in rows_of(v.equation.latex))

    def letters(self, v: TexVerdict) -> set[str]:
        """The letters of an equation, as far as it can be read."""
        reading = self._reading(v.equation.latex)
        equations = reading.equations if reading is not None else ()
        return {s.name for e in equations for s in e.free_symbols} | {
            c.func.__name__ for e in equations for c in e.atoms(AppliedUndef)
        }

    def _said_before(self, equation: TexEquation, name: str) -> list[str]:
        """What the text says of a symbol before an equation ends or right behind it, the nearest first, solved for it."""
        before = [latex for end, latex in self.around.definitions if end <= equation.end + AROUND]
        return [says for latex in reversed(before) if (says := self._solved(latex, name))]

    def _reading(self, latex: str) -> Reading | None:
        if latex not in self.read:
            try:
                self.read[latex] = read_latex(latex)
            except SymdiffError:
                self.read[latex] = None
        return self.read[latex]

    def _solved(self, latex: str, name: str, as_it_stands: bool = False) -> str:
        """A formula of the text as a definition of ``name``: ``p = (1 + e)/2`` as e = 2p - 1; empty where it is none.

        What is a number is none either (``for $\\mu = 0$`` speaks of a case).
        """
        reading = self._reading(latex)
        symbol, plain = sp.Symbol(name), Typography()
        equations = reading.equations if reading is not None else ()
        stated = next((e for e in equations if isinstance(e, sp.Equality) and _is_named(e.lhs, name)), None)
        if stated is not None:
            if stated.rhs.is_number or stated.rhs.has(symbol, sp.Function(name)):
                return ""
            if len(equations) == 1:
                return latex
            alone = next((p for p in _PARTS.split(latex) if p != latex and self._solved(p, name, True) == p), "")
            return alone or f"{to_latex(build(stated.lhs, plain))} = {to_latex(build(stated.rhs, plain))}"
        e = equations[0] if len(equations) == 1 and not as_it_stands else None
        if not isinstance(e, sp.Equality) or symbol not in e.free_symbols:
            return ""
        gap = e.lhs - e.rhs
        slope = sp.diff(gap, symbol)
        if slope == 0 or slope.has(symbol):
            return ""
        return f"{to_latex(build(symbol, plain))} = {to_latex(build(sp.expand(symbol - gap / slope), plain))}"

    def _judged(self, equation: TexEquation, latex: str, name: str, title: str, model: JumpModel) -> TexVerdict:
        """What the model says of a formula."""
        try:
            moments = in_moments(self._reading(latex), model) if self._is_own(model) and "\\int" in latex else ""
            statement = ClaimStatement(name, latex=latex, symbols=equation.symbols)
            if moments:
                statement = ClaimStatement(name, expression=moments, symbols=equation.symbols)
            report = check_model(_bare(model), (statement,), None, self._derivation(model))
        except InternalFaultError:
            raise
        except SymdiffError as error:
            return TexVerdict(equation, UNREAD, title, error.message, None, model, self._is_own(model))
        (verdict,) = report.verdicts
        why = _HINT.sub(" in this model", verdict.why)
        return TexVerdict(equation, verdict.verdict, title, why, verdict, model, self._is_own(model))

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
        spacing = self.around.spacing_for(equation.latex, equation.start, equation.end)
        said = [c for c in self.around.conditions_for(equation.end) if c != equation.latex]
        if said and "\\int" in equation.latex and not is_condition(equation.latex):
            try:
                model = model_from_latex(_joined(equation.latex, *said), spacing=spacing).model
                return (model, "") if _hops(model) or not named else (None, "")
            except InternalFaultError:
                raise
            except SymdiffError:  # of another equation's functions
                pass
        try:
            model = model_from_latex(equation.latex, spacing=spacing).model
        except InternalFaultError:
            raise
        except SymdiffError as error:
            return None, error.message
        return (model, "") if _hops(model) or not named else (None, "")

    def _derivation(self, model: JumpModel) -> Derivation:
        if id(model) not in self.derived:
            self.derived[id(model)] = derive_model(model)
        return self.derived[id(model)]


def _joined(latex: str, *more: str) -> str:
    """Several formulas as one."""
    return ", \\quad ".join([latex.rstrip(" .,;"), *more])


def _hops(model: JumpModel) -> bool:
    """Whether walkers, or numbers, jump: no partial differential equation says so, which is a claim behind a master equation."""
    return any(j.law is not None or any(j.displacement) for j in model.jumps)


def _moves(model: JumpModel) -> tuple[object, ...]:
    """The clock, the states and the moves of a model, whatever its lengths and rates are called."""
    moves = [
        tuple(str(d.xreplace(dict.fromkeys(d.free_symbols, sp.S.One))) for d in j.displacement) for j in model.jumps
    ]
    return model.clock, len(model.states), len(model.coordinates), tuple(sorted(moves))


def _is_named(side: sp.Basic, name: str) -> bool:
    """Whether a side is a symbol, or that symbol as a function of letters: B, B(x)."""
    if isinstance(side, AppliedUndef):
        return str(side.func.__name__) == name and all(a.is_Symbol for a in side.args)
    return bool(side == sp.Symbol(name))


_PARTS = re.compile(r"[,;.]?\s*\\q?quad(?![A-Za-z])\s*")  # between the statements of one line
_HINT = re.compile(r": say what it is: symbols = \{.*?\.\.\.\)")  # advice for model files


def _bare(model: JumpModel) -> JumpModel:
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"claims": ()})


def tex_status(verdicts: tuple[TexVerdict, ...]) -> int:
    """1 where an equation is refuted, 3 where one is open or could not be read, else 0."""
    outcomes = {v.outcome for v in verdicts}
    if REFUTED in outcomes:
        return 1
    return 0 if outcomes <= {"proved", "consistent", MODEL} else 3

"""Claims as relations between expressions in the model's own symbols, read from LaTeX or from Python notation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError, SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.notation.expression import Scope, parse_chain
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.names import CONSTANTS, KNOWN_FUNCTIONS, SPECIAL_FORMS, USUAL_LATEX
from symdiff.verification.claim_jumps import with_jumps
from symdiff.verification.claim_tensors import written_out
from symdiff.verification.claim_words import with_words
from symdiff.verification.roles import DIMENSIONLESS, KNOWN_ROLES, PATTERNED, role_of

SIGNS = {"=": "=", "==": "=", "<=": "<=", "<": "<", ">=": ">=", ">": ">", "!=": "!="}
_KINDS = {sp.Equality: "=", sp.LessThan: "<=", sp.StrictLessThan: "<", sp.GreaterThan: ">=", sp.StrictGreaterThan: ">",
          sp.Unequality: "!="}  # fmt: skip
_LOOSE = {"Propto": "propto", "Sim": "propto", "Approx": "approx", "Similar": "propto", "Asymptotic": "propto",
          "Tends": "to", "MuchGreater": "gg", "MuchLess": "ll"}  # fmt: skip


@dataclass(frozen=True)
class Relation:
    """left KIND right, with KIND one of = <= < >= > != propto approx, and, for conditions beside a claim, to gg ll."""

    kind: str
    left: sp.Expr
    right: sp.Expr


@dataclass(frozen=True)
class Claim:
    """A claim as it was read: all relations must hold, at the places (or the time) ``at``, and for t -> oo where it is ``late``, t -> 0 where ``early``,
    |x| -> oo where ``far``, ``small`` parameters -> 0."""

    statement: ClaimStatement
    relations: tuple[Relation, ...]
    equations: tuple[sp.Basic, ...]
    warnings: tuple[str, ...]
    at: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    late: bool = False
    early: bool = False
    far: bool = False
    small: tuple[sp.Symbol, ...] = ()  # parameters that the claim lets go to zero


def reading_context(model: JumpModel) -> ReadingContext:
    """What the reader is told of the model's names."""
    functions = tuple((d.name, d.arguments) for d in model.functions)
    return ReadingContext(
        fields=tuple(dict.fromkeys((model.density, *model.states))),
        functions=functions,
        parameters=(*(p.name for p in model.parameters), *defined_symbols(model)),
        aliases=tuple((p.latex, p.name) for p in model.parameters if p.latex) + _usual_spellings(model),
        coordinates=model.coordinates,
        dim=model.dimension,
    )


def defined_symbols(model: JumpModel) -> dict[str, sp.Expr]:
    """Named expressions of the file without arguments, written out in its parameters: a claim in LaTeX knows them too."""
    return {name: model.scope.symbols[name] for name, _ in model.definitions if name in model.scope.symbols}


def _usual_spellings(model: JumpModel) -> tuple[tuple[str, str], ...]:
    """k_B T for the one parameter ``kT``, where neither of its signs is declared."""
    declared = {p.name for p in model.parameters}
    found = tuple((USUAL_LATEX[p.name], p.name) for p in model.parameters if p.name in USUAL_LATEX and not p.latex)
    return found if len(found) == 1 and not declared & {"T", "k_B", "kB", "k_b"} else ()


def _context_of(statement: ClaimStatement, model: JumpModel) -> ReadingContext:
    """What the claim itself says of a symbol wins; a claim about counts speaks of no density."""
    context = reading_context(model)
    densities = tuple(name for name, role in statement.symbols if role in model.states)
    own = tuple(name for name, _ in statement.symbols if name not in densities)
    fields = () if statement.count else tuple(f for f in (*context.fields, *densities) if f not in own)
    bare = _bare_letters(statement.latex, model)
    asked, asked_at = _observables_in_words(statement.latex, model)
    functions = (*context.functions, *((name, model.coordinates) for name in asked_at))
    return replace(
        context, fields=fields, functions=functions,
        parameters=(*context.parameters, *own, *bare, *asked, *_words(statement.latex, context)),
    )  # fmt: skip


def _observables_in_words(latex: str, model: JumpModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Observables with names of several letters that the claim types plainly, alone and with an argument: no products of letters."""
    declared = {p.name for p in model.parameters}
    names = [o.name for o in model.observables if re.fullmatch(r"[A-Za-z][A-Za-z]*\d*", o.name) and len(o.name) > 1]
    names = [n for n in names if n not in declared]
    found = [n for n in names if re.search(rf"(?<![A-Za-z\\]){n}(?![A-Za-z0-9])", latex)]
    called = [n for n in found if re.search(rf"(?<![A-Za-z\\]){n}\s*(?:\\left\s*)?\(", latex)]
    return tuple(n for n in found if n not in called), tuple(called)


def _bare_letters(latex: str, model: JumpModel) -> tuple[str, ...]:
    r"""``\lambda`` beside ``\lambda_0``, which the file calls lam: a sign of the claim's own."""
    found = (re.fullmatch(r"\\([A-Za-z]+)\s*_.+", p.latex) for p in model.parameters if p.latex and p.latex in latex)
    heads = {m.group(1) for m in found if m} - {p.name for p in model.parameters}
    applied = {
        h: r"(?!\s*(?:\\left\s*)?\()" if h in ("Gamma", "zeta", "delta", "Theta") else "" for h in heads
    }  # functions of their own
    return tuple(sorted(h for h in heads if re.search(rf"\\{h}(?![A-Za-z])(?!\s*_){applied[h]}", latex)))


def _words(latex: str, context: ReadingContext) -> tuple[str, ...]:
    """Names of quantities that are typed in plain letters: walks, ratio, Pe^2; no products of their letters (P e^{-x})."""
    taken = {*context.parameters, *context.coordinates, *(name for name, _ in context.functions)}
    known = {role for role in KNOWN_ROLES if role.isalpha() and len(role) > 3} - taken
    known |= {name for name in ("CV",) if not set(name) & taken}
    known |= {name for name in DIMENSIONLESS if name not in taken and name[1] not in taken}  # D*a, where a is declared
    return tuple(sorted(w for w in known if re.search(rf"(?<![A-Za-z\\]){w}(?![A-Za-z]|\^(?!\{{?\d+\}}?))", latex)))


def read_claim(statement: ClaimStatement, model: JumpModel, coordinates: tuple[str, ...] = ()) -> Claim:
    """Read one claim; raises :class:`ModelError` or :class:`ExpressionError` with the claim's place.

    ``coordinates``: other names of the coordinates, of which densities are then functions.
    """
    try:
        if statement.latex:
            context = _context_of(statement, model)
            context = replace(context, coordinates=coordinates) if coordinates else context
            latex, notes = _role_beside_a_parameter(with_words(statement.latex), model)
            latex, notes = _velocity_beside_a_parameter(latex, notes, model)
            latex = with_jumps(latex, model)
            latex = _with_one_lag(written_out(latex, context.coordinates or ()))
            reading: Reading = read_latex(latex, context)
            equations, warnings = _with_both_times(reading.equations, model), (*notes, *reading.warnings)
            relations = tuple(_in_its_sense(_relation(e), statement.latex) for e in equations)
        else:
            relations = _from_expression(statement.expression, model)
            equations = tuple(_as_equation(r) for r in relations)
            warnings = ()
    except SymdiffError as error:
        raise error.located(f"claim '{statement.id}'") from None
    renamed = {name: role for name, role in statement.symbols if _is_parameter(role, model)}
    left = tuple(item for item in statement.symbols if item[0] not in renamed)
    stated = tuple(name for name, _ in left)
    return Claim(
        replace(statement, symbols=left), tuple(_own(r, model, renamed, stated) for r in relations), equations, warnings
    )


def _role_beside_a_parameter(latex: str, model: JumpModel) -> tuple[str, tuple[str, ...]]:
    """``D(u) = D(1 - u)``, where D is a parameter and u a density: what depends on u is the coefficient of the equation; ``D = D(x)`` beside a function."""
    declared = {p.name for p in model.parameters}
    named = re.match(r"\s*([Dv])\s*(?==|\\(?:approx|simeq|sim|propto)\b)", latex)
    if named and f"{named[1]}_eff" not in declared and _is_applied_after(named, latex, model):
        note = f"{named[1]} alone on a side is read as the coefficient of the equation, {named[1]} of a place as the function"
        return rf"{named[1]}_{{\mathrm{{eff}}}} " + latex[named.end() :], (note,)
    places = "|".join(map(re.escape, sorted({*model.states, model.density, *model.coordinates} - declared)))
    head = re.match(
        rf"\s*([Dv])\s*(?:\\left\s*)?\(\s*({places})\s*(?:\\right\s*)?\)\s*(?==|\\(?:approx|simeq|sim|propto)\b)", latex
    )
    if head is None or head[1] not in declared or f"{head[1]}_eff" in declared:
        return latex, ()
    note = f"{head[1]}({head[2]}) alone on a side is read as the coefficient of the equation, {head[1]} elsewhere as the parameter"
    return rf"{head[1]}_{{\mathrm{{eff}}}} " + latex[head.end() :], (note,)


def _is_applied_after(named: re.Match[str], latex: str, model: JumpModel) -> bool:
    """``D = 2 D(x)`` beside a function D: what stands by itself is not the function."""
    name = named[1]
    return name in model.scope.functions and bool(
        re.search(rf"(?<![A-Za-z\\]){name}\s*(?:\\left\s*)?\(", latex[named.end() :])
    )


_AT_TIMES = re.compile(r"(?<![A-Za-z\\])v\s*\(\s*(0|t'?|s|t_\{?[0-9]\}?)\s*\)")


def _velocity_beside_a_parameter(latex: str, notes: tuple[str, ...], model: JumpModel) -> tuple[str, tuple[str, ...]]:
    r"""``\langle v(t)v(0)\rangle = v^2 e^{-2\lambda t}``, where the file calls the speed v: what depends on time is the velocity."""
    if "v" not in {p.name for p in model.parameters} or r"\langle" not in latex or len(_AT_TIMES.findall(latex)) < 2:
        return latex, notes
    found = _AT_TIMES.sub(lambda m: rf"v_{{\mathrm{{vel}}}}({m[1]})", latex)
    return found, (*notes, "v at a time is read as the velocity, v elsewhere as the parameter")


_GIVEN = re.compile(r"(?:\||\\mid)[^()|]*,\s*(t'|t_0|t_\{0\}|s)\s*\)")
_LAG = "varsigma_7"  # no text has it


def _with_one_lag(latex: str) -> str:
    r"""``4D(t-t')`` of a density at t given one at t' as a product: the time between as one sign, which is read as no argument of D."""
    given = _GIVEN.search(latex)
    if given is None or _LAG in latex:
        return latex
    between = rf"(?:\\left\s*)?[(\[]\s*t\s*-\s*{re.escape(given.group(1))}\s*(?:\\right\s*)?[)\]]"
    return re.sub(between, lambda _: rf"\{_LAG} ", latex)


def _with_both_times(equations: tuple[sp.Basic, ...], model: JumpModel) -> tuple[sp.Basic, ...]:
    """The equations with t - t' for the one sign of the time between."""
    lag = sp.Symbol(_LAG)
    if not any(e.has(lag) for e in equations):
        return equations
    firsts = {c.args[-1] for e in equations for c in e.atoms(AppliedUndef) if len(c.args) == 2 * model.dimension + 2}
    first = firsts.pop() if len(firsts) == 1 else lag
    return tuple(e.xreplace({lag: sp.Symbol("t") - first}) for e in equations)


def _is_parameter(role: str, model: JumpModel) -> bool:
    """Whether a claim's symbol is said to mean a parameter of the file, which is no role of a coefficient."""
    return role not in KNOWN_ROLES and not role.startswith(PATTERNED) and any(p.name == role for p in model.parameters)


_PREFIXED = re.compile(
    r"\{\}\s*(?P<scripts>(?:[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w)\s*)+)(?:\\[!,;:]\s*)*(?:\\math\w+\s*\{?\s*)?D"
)


def _in_its_sense(relation: Relation, latex: str) -> Relation:
    """Fractional derivatives that are all marked RL in the sense of Riemann and Liouville; the reading itself does not tell them apart."""
    marks = ["RL" in m.group("scripts") for m in _PREFIXED.finditer(latex)]
    if not marks or not all(marks):
        return relation
    calls = {
        c
        for side in (relation.left, relation.right)
        for c in side.atoms(AppliedUndef)
        if c.func.__name__ == "FracDeriv"
    }
    change = {c: sp.Function("RiemannLiouvilleDerivative")(*c.args) for c in calls}
    return replace(relation, left=relation.left.xreplace(change), right=relation.right.xreplace(change))


def _relation(equation: sp.Basic) -> Relation:
    if type(equation) in _KINDS:
        return Relation(_KINDS[type(equation)], *equation.args)
    name = type(equation).__name__ if not isinstance(equation, AppliedUndef) else equation.func.__name__
    if name in _LOOSE and len(equation.args) == 2:
        return Relation(_LOOSE[name], *equation.args)
    raise ModelError(
        f"'{equation}' is no equation", instead="a claim is a relation, such as D = \\frac{\\ell^2}{2\\tau}"
    )


def _as_equation(relation: Relation) -> sp.Basic:
    kinds = {v: k for k, v in _KINDS.items()} | {"approx": sp.Equality}
    return kinds[relation.kind](relation.left, relation.right, evaluate=False)


def _from_expression(text: str, model: JumpModel) -> tuple[Relation, ...]:
    names = set(re.findall(r"[^\W\d]\w*", text)) - set(KNOWN_FUNCTIONS) - set(SPECIAL_FORMS) - set(CONSTANTS)
    bare = {n for n in names if n not in model.scope.functions or role_of(n, {})}  # D is a coefficient, D(x) a rate
    symbols = {n: sp.Symbol(n) for n in bare} | dict(model.scope.symbols) | {"t": model.time}
    calls = set(re.findall(r"([^\W\d]\w*)\s*\(", text)) & names
    functions = {n: (_arity(text, n), sp.Function(n)) for n in calls if n not in model.scope.symbols}
    scope = Scope(symbols, {**functions, **model.scope.functions})
    members, signs = parse_chain(text, scope)
    if not signs:
        raise ModelError(f"'{text}' is no equation", instead="a claim is a relation, such as D = ell**2/(2*tau)")
    return tuple(Relation(SIGNS[s], a, b) for s, a, b in zip(signs, members, members[1:], strict=False))


def _arity(text: str, name: str) -> int:
    """The number of arguments at the first call: commas at its own level."""
    found = re.search(rf"\b{name}\s*\(", text)
    assert found is not None
    level, commas = 0, 0
    for character in text[found.end() - 1 :]:
        level += {"(": 1, ")": -1}.get(character, 0)
        commas += character == "," and level == 1
        if level == 0:
            break
    return commas + 1


def _own(relation: Relation, model: JumpModel, renamed: dict[str, str], stated: tuple[str, ...]) -> Relation:
    """Both sides in the model's own symbols, which carry their assumptions; ``renamed`` is what the claim calls them."""
    table: dict[sp.Basic, sp.Basic] = {sp.Symbol(p.name): p.symbol for p in model.parameters}
    table |= {sp.Symbol(c.name): c for c in model.coordinate_symbols}
    table[sp.Symbol("t")] = model.time
    table |= {sp.Symbol(name): value for name, value in defined_symbols(model).items() if name not in stated}
    own_symbols = {p.name: p.symbol for p in model.parameters}
    for name, parameter in renamed.items():
        table |= dict.fromkeys((sp.Symbol(name), own_symbols.get(name, sp.Symbol(name))), own_symbols[parameter])

    def own(side: sp.Expr) -> sp.Expr:
        return side.xreplace(table)

    return Relation(relation.kind, own(relation.left), own(relation.right))

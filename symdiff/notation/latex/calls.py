"""``h(...)``: is it h applied to something, or h times a bracket? Decided from all uses of h; doubts become warnings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symdiff.notation.latex.evidence import rows_of_values
from symdiff.notation.latex.facts import Facts
from symdiff.notation.latex.keyed import COEFFICIENTS, base_name
from symdiff.notation.latex.nodes import Deriv, Fence, Leaf, Macro, Nabla, Node, Row, Scripted, is_op
from symdiff.notation.latex.signs import (
    COORDINATE_LETTERS,
    FUNCTION_LETTERS,
    VARIABLE_LETTERS,
    is_increment,
    is_law_of,
    sign_at,
    sign_of,
    split_at_commas,
)
from symdiff.notation.latex.subscripts import parts_of
from symdiff.notation.latex.views import plain_name

_RATES = COEFFICIENTS - {"K"} | {"omega", "alpha", "a", "b", "c", "r"}
_MITTAG_LEFFLER = re.compile(r"E_(alpha|beta|gamma|nu|mu|alpha/2|2-alpha|2H|1/2)(,.+)?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bracket holds arguments, and the warning that goes with it (empty where there is no doubt)."""

    applied: bool
    warning: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class _Site:
    following: Row | None
    powers: tuple[bool, bool]
    in_exponent: bool


@dataclass(frozen=True, slots=True)
class _Content:
    plain: str
    number: bool
    sum_: bool
    constant_term: bool
    fields: int
    mean: bool
    names: frozenset[str]


def verdict(
    name: str,
    written: str,
    bracket: Row,
    facts: Facts,
    *,
    following: Row | None = None,
    powers: tuple[bool, bool] = (False, False),
    in_exponent: bool = False,
) -> Verdict:
    """The decision for ``written`` (named ``name``) followed by a round ``bracket``.

    ``following`` is what comes behind it; ``powers`` says whether a power stands before and behind the bracket.
    """
    twin = name.replace("^-", "^").replace("_-", "_")
    if twin != name and twin in facts.called and name not in facts.called:  # P^{-\sigma} beside P^\sigma(x)
        name = twin
    site = _Site(following, powers, in_exponent)
    given = split_at_commas(bracket)
    declared = facts.names.resolve(name)[0]
    context = facts.names.context
    if declared is not None and declared not in context.fields and declared not in dict(context.functions):
        if declared in (*context.coordinates, *context.indices) and declared not in context.parameters:
            return Verdict(len(given) == 1 and _is_time(given[0], facts))
        inside = plain_name(given[0], facts.merged).rstrip("'")
        if name == facts.time and len(given) == 1 and inside in context.coordinates:
            return Verdict(True)  # t(x), the mean time from x on
        if len(given) > 1 or inside == facts.time or inside in facts.coordinates:
            return Verdict(False, refused=f"{written} is declared a plain symbol but is written with arguments")
        return Verdict(False, f"{written}({inside}) is read as a product" if inside else "")
    if len(given) > 1:
        return Verdict(True)
    if all(powers):
        return Verdict(False)  # c^2 (\Delta t)^2
    if _is_operator(bracket):
        return Verdict(False)
    content = _content(bracket, facts)
    if name in content.names and not (
        name in facts.called and not facts.is_field(name) and _is_own_call(name, bracket, facts)
    ):
        return Verdict(False, _unless_nested(name, written, facts))
    if name in facts.called or facts.is_field(name):
        return _of_known(name, written, content, facts)
    return _of_unknown(name, written, bracket, content, facts, site)


def _is_operator(bracket: Row) -> bool:
    r"""``(\partial_t + v\partial_x)``: an operator is no argument."""
    ends = [n for n, following in zip(bracket.items, (*bracket.items[1:], None), strict=True)
            if following is None or is_op(following, "+", "-")]  # fmt: skip
    return any(isinstance(n, Nabla) or (isinstance(n, Deriv) and n.operand is None) for n in ends)


def _is_own_call(name: str, bracket: Row, facts: Facts) -> bool:
    """``f(f(x))``: what stands in the bracket is nothing but another call."""
    return _called_in(bracket, facts) == name


def _called_in(bracket: Row, facts: Facts) -> str:
    """The name of the one call that a bracket holds; empty where it holds something else."""
    found = sign_at(bracket.items, 0, facts.merged)
    if found is None or found[1] + 1 != len(bracket.items) or not isinstance(bracket.items[-1], Fence):
        return ""
    return parts_of(found[0], facts.view).name


def _is_time(row: Row, facts: Facts) -> bool:
    return plain_name(row, facts.merged).rstrip("'") == facts.time


def _unless_nested(name: str, written: str, facts: Facts) -> str:
    """``f(f(x))`` would be read as a product: say so where f is applied elsewhere."""
    if name in facts.called and not facts.is_field(name):
        return f"{written} in front of a bracket that holds {written} itself is read as a factor"
    return ""


def _content(row: Row, facts: Facts) -> _Content:
    items = row.items
    terms: list[list[object]] = [[]]
    for node in items:
        if is_op(node, "+", "-"):
            if terms[-1]:
                terms.append([])
        else:
            terms[-1].append(node)
    names: set[str] = set()
    fields = 0
    for inner in rows_of_values(row):
        at = 0
        while at < len(inner.items):
            found = sign_at(inner.items, at, facts.merged)
            if found is None:
                at += 1
                continue
            name = facts.parts(parts_of(found[0], facts.view)).name
            names.add(name)
            fields += facts.is_field(name) or found[0].name in facts.view.indexed
            at = found[1]
    constant = any(len(term) == 1 and _is_number(term[0]) for term in terms)
    mean = any(isinstance(n.base if isinstance(n, Scripted) else n, Fence) and _fence_left(n) == "<" for n in items)
    number = len(terms) == 1 and constant
    return _Content(plain_name(row, facts.merged), number, len(terms) > 1, constant, fields, mean, frozenset(names))


def _is_number(node: object) -> bool:
    if isinstance(node, Leaf):
        return node.kind == "number" or (node.kind == "command" and node.text == "infty")
    if isinstance(node, Scripted) and node.sub is None and node.sup is not None and len(node.sup.items) == 1:
        return is_op(node.sup.items[0], "+", "-") and _is_number(node.base)  # 0^+
    return isinstance(node, Macro) and node.name.endswith("frac") and all(
        len(arg.items) == 1 and _is_number(arg.items[0]) for arg in node.args)  # fmt: skip


def _fence_left(node: object) -> str:
    base = node.base if isinstance(node, Scripted) else node
    return base.left if isinstance(base, Fence) else ""


def _variables(facts: Facts) -> frozenset[str]:
    return frozenset(facts.coordinates) | {facts.time} | facts.integrated | COORDINATE_LETTERS | facts.view.indices


def _of_known(name: str, written: str, content: _Content, facts: Facts) -> Verdict:
    role = facts.roles.get(name)
    template = role.template if role is not None else None
    if content.plain.rstrip("'") in _variables(facts) or content.plain in (template or ()):
        return Verdict(True)
    known = {
        n.rstrip("'")
        for args in facts.arguments.get(name, ())
        if len(args) == 1 and (n := plain_name(args[0], facts.merged))
    }
    if facts.is_field(name):
        if content.fields and content.sum_:
            return Verdict(False)
        if content.names & (_variables(facts) | set(template or ())):
            return Verdict(True)
        if content.number or (content.plain and template is not None and len(template) == 1):
            return Verdict(True)
        if content.plain in facts.summed:  # P(m) under a sum over m, beside P(n)
            return Verdict(True)
        if name in facts.view.indexed and not content.names & {facts.time}:
            return Verdict(name not in facts.bare and _only_places(name, facts))
        return Verdict(False, f"{written} in front of a bracket is read as a factor")
    if content.plain or content.number:
        return Verdict(True)
    if content.names & (known | _variables(facts)) and not (content.constant_term and content.fields):
        return Verdict(True)
    if content.fields == 1 and not content.sum_:
        return Verdict(True)
    return Verdict(False, f"{written} in front of a bracket is read as a factor, though it has arguments elsewhere")


def at_a_place(bracket: Row, facts: Facts) -> bool:
    """``x - h/2`` where a density stands at ``x - h``: the bracket holds a place, of which something depends."""
    names = _content(bracket, facts).names
    letters = names & COORDINATE_LETTERS
    return (
        bool(letters)
        and names != letters
        and any(
            facts.is_field(name) and any(letters & _content(row, facts).names for row in given)
            for name, several in facts.arguments.items()
            for given in several
        )
    )


def _only_places(name: str, facts: Facts) -> bool:
    """``P_{n+1}(j)``, ``P_n(j-1)``: every bracket behind the name holds the same letter, plain or displaced by a number."""
    letters: set[str] = set()
    for given in facts.arguments.get(name, ()):
        inner = _content(given[0], facts)
        letters |= inner.names
        if len(given) > 1 or len(inner.names) != 1 or (inner.sum_ and not inner.constant_term):
            return False
    return len(letters) == 1


def _of_unknown(name: str, written: str, bracket: Row, content: _Content, facts: Facts, site: _Site) -> Verdict:
    bare = name in facts.bare
    if site.powers[1] and len(bracket.items) == 1 and isinstance(bracket.items[0], Deriv):  # \lambda (\partial_x h)^2
        return Verdict(False, f"{written} in front of a bracket with a power is read as a factor")
    if _MITTAG_LEFFLER.fullmatch(name) and not bare:
        return Verdict(True, f"{written}(...) is read as a function of what stands in the bracket")
    if is_increment(content.plain):  # brackets hold the two letters of an increment together
        given = [_content(args[0], facts) for args in facts.arguments.get(name, ()) if len(args) == 1]
        elsewhere = any(c.number or (c.plain and not is_increment(c.plain)) for c in given)  # C(0) beside C(\Delta t)
        applied = elsewhere or (is_law_of(name, content.plain, facts.time) and not site.powers[1] and not bare)
        return Verdict(applied, f"{written}({content.plain}) is read as a {'function' if applied else 'product'}")
    if content.plain or (
        content.fields == 1 and not content.sum_ and not content.constant_term and len(bracket.items) == 1
    ):
        return Verdict(True)
    if content.fields and not bare and _called_in(bracket, facts):  # f(N_t(y)): a factor needs no brackets around it
        return Verdict(True, f"{written}(...) is read as a function of what stands in the bracket")
    if content.number:
        if name in VARIABLE_LETTERS or bare:
            return Verdict(False, f"{written} in front of a number in brackets is read as a factor")
        if name in facts.view.indexed:
            return Verdict(True)
        return Verdict(True, f"{written} in front of a number in brackets is read as a function")
    if content.fields or content.mean:
        return Verdict(False, "" if content.sum_ else f"{written} in front of a bracket is read as a factor")
    if content.names & facts.integrated:
        rate = bare and site.in_exponent  # \lambda e^{-\lambda(t-t')}
        return Verdict(not rate, f"{written} in front of a bracket is read as a factor" if rate else "")
    distance = (
        content.sum_
        and not content.constant_term
        and content.names <= _variables(facts) | facts.summed | _places(facts)
    )
    if (
        distance and content.names & facts.summed and not bare and name not in VARIABLE_LETTERS
    ):  # p(n - m) under a sum over m
        return Verdict(True, f"{written}(...) is read as a function; write \\cdot for a product")
    same = content.sum_ and _same_argument_follows(bracket, site.following, facts)
    if not bare and same and not content.constant_term:
        return Verdict(True)
    if bare or (name in VARIABLE_LETTERS and not _several(name, facts)):
        return Verdict(False, "")
    if site.powers[1] and not content.sum_:
        return Verdict(False, f"{written} in front of a bracket with a power is read as a factor")
    if content.sum_ and site.powers[0] and facts.time not in content.names:
        return Verdict(False)
    if content.sum_ and content.names & _variables(facts):
        if _is_time_since(name, bracket, facts):
            return Verdict(
                False, f"{written} in front of a bracket is read as a factor; declare it a function if it is one"
            )
        if _several(name, facts):
            return Verdict(True)
        if (
            not site.in_exponent
            and not content.constant_term
            and (facts.time in content.names or name in FUNCTION_LETTERS)
        ):
            return Verdict(True, f"{written}(...) is read as a function; write \\cdot for a product")
        doubt = f"{written} in front of a bracket is read as a factor; declare it a function if it is one"
        return Verdict(False, doubt)
    if content.sum_:
        doubtful = name.split("_")[0] in FUNCTION_LETTERS and "_" not in name
        return Verdict(False, f"{written} in front of a bracket is read as a factor" if doubtful else "")
    return Verdict(True, f"{written}(...) is read as a function of what stands in the bracket")


def _is_time_since(name: str, bracket: Row, facts: Facts) -> bool:
    r"""``2D(t - t_0)``, ``x_0 + v(t-t_0)``: a coefficient times the time that has passed; not a memory, ``\gamma(t - t')``."""
    items = bracket.items
    if len(items) != 3 or not is_op(items[1], "-") or base_name(name) not in _RATES:
        return False
    now, then = sign_of(items[0]), sign_of(items[2])
    if now is None or then is None or not now.is_bare or now.name != facts.time:
        return False
    return then.name == facts.time and not then.primes and then.sub is not None


def _places(facts: Facts) -> set[str]:
    """The letters that stand alone in the brackets of densities."""
    return {
        plain_name(row, facts.merged)
        for name, several in facts.arguments.items()
        if facts.is_field(name)
        for given in several
        for row in given
    }


def _several(name: str, facts: Facts) -> bool:
    """Applied to several different things, each with a coordinate in it: ``D(x+a/2)`` beside ``D(x-a/2)``, but not ``k(N-n)``, what is
    left of N."""
    given = {args for args in facts.arguments.get(name, ()) if len(args) == 1}
    return (
        len(given) > 1
        and not all(_is_rest(args[0], facts) for args in given)
        and all(
            _content(args[0], facts).names & _variables(facts)
            and not _content(args[0], facts).fields
            and _is_place(args[0], facts)
            for args in given
        )
    )


def _is_place(row: Row, facts: Facts) -> bool:
    r"""``x + a``, ``2x``: of a sum, one term is a variable by itself; in ``k_0(1 + \epsilon n)`` none is."""
    terms: list[list[Node]] = [[]]
    for node in row.items:
        if is_op(node, "+", "-"):
            terms.append([])
        else:
            terms[-1].append(node)
    terms = [term for term in terms if term]
    alone = {plain_name(Row(tuple(term)), facts.merged).rstrip("'") for term in terms}
    return len(terms) < 2 or bool(alone & _variables(facts))


def _is_rest(row: Row, facts: Facts) -> bool:
    """``N - n + 1``: the number of a site, or of individuals, is taken from something else."""
    for at, node in enumerate(row.items[:-1]):
        found = sign_at(row.items, at + 1, facts.merged) if is_op(node, "-") else None
        if found is not None and facts.parts(parts_of(found[0], facts.view)).name in facts.view.indices:
            names = _content(row, facts).names
            return at > 0 and not names & facts.summed and not names <= _variables(facts)
    return False


def _same_argument_follows(bracket: Row, following: Row | None, facts: Facts) -> bool:
    """``q(x+a) P(x+a,t)``: what comes behind has the same argument."""
    if following is None:
        return False
    return any(
        isinstance(node, Fence)
        and node.left == "("
        and split_at_commas(node.body)[0] == bracket
        and len(split_at_commas(node.body)) > 1
        for node in following.items
    )

r"""A second opinion on plain algebra: ``latex2sympy2-extended`` (extra ``latex``), in a process that can be killed.

The library is asked for one side of a relation at a time; it never decides anything. Its answer comes back as a tree of
names and numbers, never as code, and is compared with our own reading. Its lower-casing and mixed fractions are off. It
reads no derivatives, fields or ``\Delta x``: such sides are not put to it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, compare
from symdiff.notation.latex.respelled import respelled
from symdiff.notation.latex.values import Reading

SECONDS = 10.0
MAX_NODES = 2000
_UNFIT = re.compile(
    r"\\Delta|\\partial|\\nabla|\\langle|\\sum|\\int|\\begin|\\binom|\\text|\\mathrm|\\operatorname|!|\\pm|\\mp|\\hat|\\tilde|\\bar|\\dot"
)
_SPACES = re.compile(r"\\(?:[,;:!> ]|q?quad(?![A-Za-z]))")
_FRACTION = re.compile(r"\\[tdcs]frac(?![A-Za-z])")
_CHILD = "symdiff.notation.latex.second_reader_child"
_HEADS: dict[str, Any] = {"Add": sp.Add, "Mul": sp.Mul, "Pow": sp.Pow, "exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos,
          "tan": sp.tan, "sinh": sp.sinh, "cosh": sp.cosh, "tanh": sp.tanh, "Abs": sp.Abs, "gamma": sp.gamma}  # fmt: skip


@dataclass(frozen=True)
class SecondOpinion:
    """``agreement`` is True, False, or None where the second reader has no say; ``why`` is one sentence."""

    agreement: bool | None
    why: str


def second_opinion(reading: Reading, seconds: float = SECONDS) -> SecondOpinion:
    """Compare a reading with that of ``latex2sympy2-extended``; never raises for what the library does."""
    if importlib.util.find_spec("latex2sympy2_extended") is None:
        return SecondOpinion(None, "the second reader is not installed (the extra 'latex')")
    if len(reading.equations) != 1 or not isinstance(reading.equations[0], sp.Equality):
        return SecondOpinion(None, "only a single equation is put to the second reader")
    equation = reading.equations[0]
    sides = _sides(reading.latex)
    if (
        sides is None
        or _UNFIT.search(reading.latex)
        or equation.atoms(AppliedUndef, sp.Derivative, sp.Integral, sp.Sum)
    ):
        return SecondOpinion(None, "not plain algebra: not put to the second reader")
    if sp.Symbol("d") in equation.free_symbols:
        return SecondOpinion(None, "the letter d is a differential to the second reader: not put to it")
    trees = _ask(sides, seconds)
    if trees is None:
        return SecondOpinion(None, "the second reader gave no answer in time")
    own = [_plain(equation.lhs), _plain(equation.rhs)]
    for side, tree, mine in zip(sides, trees, own, strict=True):
        if tree is None:
            return SecondOpinion(None, f"the second reader cannot read '{side}'")
        theirs = _built(tree)
        if theirs is None:
            return SecondOpinion(None, f"the second reader's answer to '{side}' is beyond comparison")
        answer = compare(theirs, mine).answer
        if answer is Answer.REFUTED:
            return SecondOpinion(False, f"the second reader takes '{side}' for {theirs}")
        if answer is Answer.UNDECIDED:
            return SecondOpinion(None, f"whether both readings of '{side}' agree is open")
    return SecondOpinion(True, "the second reader (latex2sympy2-extended) reads the same")


def _sides(latex: str) -> tuple[str, str] | None:
    plain = _FRACTION.sub(r"\\frac", _SPACES.sub(" ", respelled(latex))).replace(":=", "=").replace("\\therefore", " ")
    parts = plain.strip().strip("$").rstrip(".,; ").split("=")
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 and all(p.strip() for p in parts) else None


def _plain(e: sp.Expr) -> sp.Expr:
    """Names without the marks that readers write differently."""
    return e.xreplace({s: sp.Symbol(_name(s.name)) for s in e.free_symbols})


def _name(name: str) -> str:
    return re.sub(r"[{}\\\s]", "", name)


def _ask(sides: tuple[str, str], seconds: float) -> list[Any] | None:
    try:
        done = subprocess.run([sys.executable, "-m", _CHILD], input=json.dumps(sides), capture_output=True, text=True,
                              timeout=seconds, check=False)  # fmt: skip
        trees = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return None
    return trees if isinstance(trees, list) and len(trees) == len(sides) else None


def _built(tree: Any, budget: list[int] | None = None) -> sp.Expr | None:
    """An expression from a tree of known heads; None for anything else."""
    budget = [MAX_NODES] if budget is None else budget
    budget[0] -= 1
    if budget[0] < 0 or not isinstance(tree, list) or len(tree) < 2:
        return None
    head, *rest = tree
    if head == "symbol" and isinstance(rest[0], str):
        return sp.pi if rest[0] == "pi" else sp.Symbol(_name(rest[0]))
    if (
        head == "rational"
        and all(isinstance(r, str) and re.fullmatch(r"-?\d{1,60}", r) for r in rest)
        and len(rest) == 2
    ):
        return sp.Rational(int(rest[0]), int(rest[1])) if int(rest[1]) else None
    if head not in _HEADS:
        return None
    parts: list[sp.Expr] = []
    for branch in rest:
        part = _built(branch, budget)
        if part is None:
            return None
        parts.append(part)
    if head == "Pow" and (len(parts) != 2 or (parts[1].is_Integer and abs(parts[1]) > 1000)):
        return None
    return _HEADS[head](*parts)

"""Results as JSON text and back, without loss and without pickle.

Values are written field by field; expressions as trees of known heads. Reading builds only the classes named here and
SymPy heads of a fixed list, so that no text is ever evaluated.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import UsageError

FORMAT = 1
MAX_TEXT = 64 * 1024 * 1024

MODEL_FORM = "symdiff.model.loading"  # models are written in their own form, TOML
CLASSES: dict[str, str] = {  # class -> module that defines it; loaded when first met
    "Interval": "symdiff.model.parameter", "ContinuumLimit": "symdiff.continuum.limit", "Step": "symdiff.continuum.limit", "Closure": "symdiff.continuum.limit",
    "CoupledCoefficient": "symdiff.continuum.limit", "BoundaryCondition": "symdiff.continuum.limit",
    "SystemSizeExpansion": "symdiff.continuum.limit", "RareEvents": "symdiff.continuum.limit", "ResetSource": "symdiff.continuum.limit",
    "Discarded": "symdiff.continuum.limit", "Confirmation": "symdiff.continuum.confirmation",
    "EvolutionEquation": "symdiff.equations.evolution_equation", "Term": "symdiff.equations.evolution_equation",
    "MasterEquation": "symdiff.equations.evolution_equation", "StateEquation": "symdiff.equations.evolution_equation",
    "ScalingRegime": "symdiff.model.jump_model", "Verdict": "symdiff.verification.verdict",
    "RegimeVerdict": "symdiff.verification.verdict", "ObservableResult": "symdiff.continuum.observables.result",
    "Derivation": "symdiff.dossier.derivation", "ClaimStatement": "symdiff.model.jump_model", "Settings": "symdiff.dossier.settings",
    "CheckReport": "symdiff.dossier.check", "WalkCount": "symdiff.dossier.counts", "SiteRow": "symdiff.dossier.counts",
    "TierResult": "symdiff.verification.tier", "NegativeControl": "symdiff.verification.tier",
    "Evidence": "symdiff.verification.tier", "Solution": "symdiff.dossier.solve", "SolvedTime": "symdiff.dossier.solve",
    "Sweep": "symdiff.dossier.sweep", "SweepRow": "symdiff.dossier.sweep",
}  # fmt: skip

_HEADS = [
    "Add",
    "Mul",
    "Pow",
    "exp",
    "log",
    "Abs",
    "sign",
    "floor",
    "Min",
    "Max",
    "Heaviside",
    "DiracDelta",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "sech",
    "csch",
    "asinh",
    "acosh",
    "atanh",
    "gamma",
    "zeta",
    "erf",
    "erfc",
    "besseli",
    "besselk",
    "factorial",
    "binomial",
    "Derivative",
    "Integral",
    "Sum",
    "Tuple",
    "Piecewise",
    "Equality",
    "Unequality",
    "LessThan",
    "StrictLessThan",
    "GreaterThan",
    "StrictGreaterThan",
    "And",
    "Or",
    "Not",
    "Limit",
    "Subs",
]
_RELATIONAL = {"Equality", "Unequality", "LessThan", "StrictLessThan", "GreaterThan", "StrictGreaterThan"}
_CONSTANTS = {"pi": sp.pi, "E": sp.E, "I": sp.I, "oo": sp.oo, "-oo": -sp.oo, "EulerGamma": sp.EulerGamma, "true": sp.true,
              "false": sp.false, "zoo": sp.zoo, "nan": sp.nan}  # fmt: skip
_NAME_OF = {value: name for name, value in _CONSTANTS.items()}
_ASSUMED = ("real", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")


def to_json(value: Any) -> str:
    """A result as JSON text; ``from_json`` gives an equal value back."""
    return json.dumps({"symdiff": FORMAT, "value": _encode(value)}, ensure_ascii=False)


def from_json(text: str) -> Any:
    """The value that ``to_json`` wrote; raises :class:`UsageError` for anything else."""
    if len(text) > MAX_TEXT:
        raise UsageError("the text is too long to be a result of symdiff")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("this is no JSON text", instead="give what result.to_json() returned") from None
    if not isinstance(document, dict) or document.get("symdiff") != FORMAT or "value" not in document:
        raise UsageError("this JSON text is no result of symdiff", instead="give what result.to_json() returned")
    try:
        return _decode(document["value"])
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"the text is damaged: {type(error).__name__}", instead="give what result.to_json() returned"
        ) from None


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$int": hex(value)}
    if isinstance(value, Fraction):
        return {"$fraction": [hex(value.numerator), hex(value.denominator)]}
    if isinstance(value, (tuple, list)):
        return [_encode(v) for v in value]
    if isinstance(value, dict):
        return {"$dict": [[_encode(k), _encode(v)] for k, v in value.items()]}
    if isinstance(value, sp.Basic):
        return {"$sympy": _encode_expression(value)}
    name = type(value).__name__
    if name == "JumpModel":
        return {"$model": importlib.import_module(MODEL_FORM).to_toml(value)}
    if is_dataclass(value) and name in CLASSES:
        return {"$type": name, **{f.name: _encode(getattr(value, f.name)) for f in fields(value)}}
    raise UsageError(f"a {name} cannot be written as JSON")


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(v) for v in value)
    if not isinstance(value, dict):
        return value
    if "$int" in value:
        return int(value["$int"], 16)
    if "$fraction" in value:
        return Fraction(*(int(part, 16) for part in value["$fraction"]))
    if "$dict" in value:
        return {_decode(k): _decode(v) for k, v in value["$dict"]}
    if "$sympy" in value:
        return _decode_expression(value["$sympy"], 0)
    if "$model" in value:
        return importlib.import_module(MODEL_FORM).load_text(value["$model"], "the model in the JSON text")
    name = value["$type"]
    if name not in CLASSES:
        raise UsageError(f"'{name}' is no result of symdiff")
    cls = getattr(importlib.import_module(CLASSES[name]), name)
    return cls(**{f.name: _decode(value[f.name]) for f in fields(cls) if f.name in value})


def _encode_expression(e: sp.Basic) -> list[Any]:
    if e in _NAME_OF:
        return ["constant", _NAME_OF[e]]
    if isinstance(e, sp.Symbol):
        known = e._assumptions_orig if hasattr(e, "_assumptions_orig") else e.assumptions0
        return ["Symbol", e.name, {k: bool(v) for k, v in known.items() if k in _ASSUMED and v is not None}]
    if isinstance(e, sp.Rational):
        return ["Rational", hex(int(e.p)), hex(int(e.q))]
    if isinstance(e, sp.Float):
        return ["Float", str(e), int(e._prec)]
    if isinstance(e, AppliedUndef):
        return ["call", e.func.__name__, *(_encode_expression(a) for a in e.args)]
    head = type(e).__name__
    if head == "ExprCondPair":
        return ["pair", *(_encode_expression(a) for a in e.args)]
    if head not in _HEADS:
        raise UsageError(f"the expression head '{head}' cannot be written as JSON")
    return [head, *(_encode_expression(a) for a in e.args)]


def _decode_expression(tree: list[Any], depth: int) -> Any:
    if depth > 400:
        raise UsageError("the expression is nested too deeply")
    head = tree[0]
    if head == "constant":
        return _CONSTANTS[tree[1]]
    if head == "Symbol":
        return sp.Symbol(str(tree[1]), **{k: bool(v) for k, v in tree[2].items() if k in _ASSUMED})
    if head == "Rational":
        return sp.Rational(int(tree[1], 16), int(tree[2], 16))
    if head == "Float":
        return sp.Float(str(tree[1]), precision=int(tree[2]))
    arguments = [_decode_expression(a, depth + 1) for a in (tree[2:] if head == "call" else tree[1:])]
    if head == "call":
        return sp.Function(str(tree[1]))(*arguments)
    if head == "pair":
        return tuple(arguments)
    if head not in _HEADS:
        raise UsageError(f"the expression head '{head}' is not known")
    build: Callable[..., Any] = getattr(sp, head)
    return build(*arguments, evaluate=False) if head in _RELATIONAL else build(*arguments)

"""NumPy arrays as numbers for the evaluation of expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import special
from sympy.core.function import AppliedUndef

from symdiff.notation.evaluation import Arithmetic, evaluate

FloatArray = npt.NDArray[np.float64]
SmoothFunction = Callable[[tuple[FloatArray, ...], tuple[int, ...]], FloatArray]
"""A smooth function of place and its partial derivatives: (places, orders of the derivatives) -> values."""
Functions = Mapping[str, SmoothFunction]


def array_arithmetic() -> Arithmetic:
    """Real numbers and arrays of them, in double precision."""
    named: dict[str, Callable[..., Any]] = {
        "exp": np.exp, "log": np.log, "Abs": np.abs, "sign": np.sign, "floor": np.floor,
        "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
        "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
        "cot": lambda x: 1 / np.tan(x), "sec": lambda x: 1 / np.cos(x), "csc": lambda x: 1 / np.sin(x),
        "coth": lambda x: 1 / np.tanh(x), "sech": lambda x: 1 / np.cosh(x), "csch": lambda x: 1 / np.sinh(x),
        "erf": special.erf, "erfc": special.erfc, "gamma": special.gamma, "zeta": special.zeta, "besseli": special.iv, "besselk": special.kv,
        "factorial": lambda x: special.gamma(x + 1), "binomial": special.binom,
        "Heaviside": lambda x, _=None: np.heaviside(x, 0.5),
        "Min": lambda *a: np.minimum.reduce(np.broadcast_arrays(*a)), "Max": lambda *a: np.maximum.reduce(np.broadcast_arrays(*a)),
    }  # fmt: skip
    return Arithmetic(lambda p, q: p / q, named, lambda a, b: np.power(np.asarray(a, dtype=float), b))


def evaluate_arrays(expression: sp.Expr, local: Mapping[sp.Symbol, Any], functions: Functions) -> FloatArray:
    """An expression at numbers or arrays ``local`` of its symbols, with ``functions`` for those that the model leaves open.

    Raises as :func:`symdiff.notation.evaluation.evaluate` does.
    """
    numbers = array_arithmetic()

    def call(e: AppliedUndef, orders: tuple[int, ...]) -> FloatArray:
        arguments = tuple(np.asarray(evaluate(a, local, numbers, call)) for a in e.args)
        return functions[e.func.__name__](arguments, orders)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = np.asarray(evaluate(expression, local, numbers, call), dtype=float)
        if not np.all(np.isfinite(found)) and expression.has(sp.exp):  # (2 e^(x^2) + 1) e^(-x^2)
            wide = {k: np.asarray(v, dtype=np.longdouble) for k, v in local.items()}
            found = np.asarray(evaluate(expression, wide, numbers, call), dtype=float)
    return found

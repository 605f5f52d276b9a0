"""NumPy arrays as numbers for the evaluation of expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from symdiff.notation.evaluation import Arithmetic

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
        "erf": special.erf, "erfc": special.erfc, "gamma": special.gamma, "zeta": special.zeta, "besseli": special.iv,
        "factorial": lambda x: special.gamma(x + 1), "binomial": special.binom,
        "Heaviside": lambda x: np.heaviside(x, 0.5),
        "Min": lambda *a: np.minimum.reduce(np.broadcast_arrays(*a)), "Max": lambda *a: np.maximum.reduce(np.broadcast_arrays(*a)),
    }  # fmt: skip
    return Arithmetic(lambda p, q: p / q, named, lambda a, b: np.power(np.asarray(a, dtype=float), b))

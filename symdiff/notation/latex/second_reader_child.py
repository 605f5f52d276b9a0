"""The killable process of the second reader: JSON list of LaTeX sides in, JSON list of trees (or null) out."""

from __future__ import annotations

import json
import sys
from typing import Any

import sympy as sp


def main() -> None:
    """Read the sides from standard input, write their trees to standard output."""
    from latex2sympy2_extended import latex2sympy
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig

    config = ConversionConfig(
        interpret_as_mixed_fractions=False, lowercase_symbols=False, interpret_simple_eq_as_assignment=False
    )
    found: list[Any] = []
    for side in json.load(sys.stdin):
        try:
            found.append(tree(latex2sympy(side, conversion_config=config)))
        except Exception:  # whatever a foreign parser raises means: not read
            found.append(None)
    json.dump(found, sys.stdout)


def tree(e: Any) -> Any:
    """An expression as nested lists; raises ValueError for what is no plain algebra."""
    if isinstance(e, sp.Symbol):
        return ["symbol", e.name]
    if e is sp.pi:
        return ["symbol", "pi"]
    if e is sp.E:
        return ["exp", ["rational", "1", "1"]]
    if isinstance(e, sp.Rational):
        return ["rational", str(e.p), str(e.q)]
    if isinstance(e, sp.Float):
        exact = sp.Rational(str(e))
        return ["rational", str(exact.p), str(exact.q)]
    if isinstance(e, sp.Expr) and e.args:
        return [type(e).__name__, *(tree(a) for a in e.args)]
    raise ValueError(f"{type(e).__name__} is no plain algebra")


if __name__ == "__main__":
    main()

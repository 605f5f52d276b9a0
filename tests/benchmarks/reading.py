"""Reading of LaTeX and refusal of bad files, in CPU time: ``python -m tests.benchmarks.reading``.

Targets: 2 ms for a formula, 0.2 s for any text whatever, 2 s for any file that is no model.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from symdiff.cli.main import main as symdiff
from symdiff.errors import ExpressionError
from symdiff.notation.latex import read_latex
from tests.cli.test_bad_input import FILES
from tests.notation.test_latex_safety import HOSTILE

FORMULAS = (
    r"D = \frac{\ell^2}{2\tau}",
    r"P_j(t+\Delta t) = \frac{1}{2} P_{j-1}(t) + \frac{1}{2} P_{j+1}(t)",
    r"\langle x^2\rangle = 2Dt",
    r"\frac{\partial C}{\partial t} + v \frac{\partial C}{\partial x} = D \frac{\partial^2 C}{\partial x^2}",
)


def shortest(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the shortest of several runs."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def read(text: str) -> None:
    """Read one text, or have it refused."""
    with contextlib.suppress(ExpressionError):
        read_latex(text)


def refuse(path: Path) -> None:
    """Derive from one file that is no model."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        symdiff(["derive", str(path)])


def main() -> None:
    """Print the three figures beside their targets."""
    typical = shortest(lambda: [read(formula) for formula in FORMULAS for _ in range(10)], 12) / (10 * len(FORMULAS))
    print(f"a formula, mean of {len(FORMULAS)}: {1000 * typical:.2f} ms (target 2)")
    worst = max((shortest(lambda t=text: read(t), 3), text[:40]) for text in HOSTILE)  # type: ignore[misc]
    print(f"slowest of {len(HOSTILE)} hostile texts: {worst[0]:.3f} s (target 0.2): {worst[1]}")
    with tempfile.TemporaryDirectory() as folder:
        path, found = Path(folder) / "model.toml", []
        for name, content in FILES.items():
            path.write_bytes(content)
            found.append((shortest(lambda: refuse(path), 2), name))
    print(f"slowest of {len(found)} bad files: {max(found)[0]:.2f} s (target 2): {max(found)[1]}")


if __name__ == "__main__":
    main()

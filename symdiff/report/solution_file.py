"""A solution beside the exact law, as a table (.csv, .npz) or as a figure (.svg, .png)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.dossier.solution import Solution
from symdiff.notation.names import unicode_name
from symdiff.report.document import Figure, Series
from symdiff.report.formats import check_output
from symdiff.report.png import svg_png
from symdiff.report.svg import figure_svg
from symdiff.report.whole_file import write_whole

SUFFIXES = (".csv", ".npz", ".svg", ".png")
HEADER = ("time", "steps", "law", "solution")


def check_path(path: Path) -> None:
    """Raises :class:`UsageError` for a path that cannot become one of these files."""
    check_output(path, SUFFIXES)


def write_solution(solution: Solution, path: Path) -> None:
    """Write the file; it appears whole or not at all."""
    check_path(path)
    writers = {".csv": _csv, ".npz": _npz, ".svg": _svg, ".png": _png}
    write_whole(path, writers[path.suffix.lower()](solution))


def _csv(solution: Solution) -> bytes:
    """One row per time and place (and density, where there are several); an empty number of steps in continuous time."""
    several = any(s.density for s in solution.times)
    named = ("density",) if several else ()
    lines = [",".join((HEADER[0], HEADER[1], *named, solution.coordinate, HEADER[2], HEADER[3]))]
    for s in solution.times:
        steps = "" if s.steps is None else str(s.steps)
        begin = f"{s.time!r},{steps}" + (f",{s.density}" if several else "")
        lines += [f"{begin},{x!r},{a!r},{b!r}" for x, a, b in zip(s.places, s.law, s.solution, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def _npz(solution: Solution) -> bytes:
    """Long columns as in the table, as plain arrays: nothing in the file needs pickle."""
    stream = io.BytesIO()
    counts = [len(s.places) for s in solution.times]
    several = any(s.density for s in solution.times)
    named: dict[str, Any] = {"density": np.repeat([s.density for s in solution.times], counts)} if several else {}
    np.savez_compressed(
        stream,
        **named,
        time=np.repeat([s.time for s in solution.times], counts),
        place=np.concatenate([s.places for s in solution.times]),
        law=np.concatenate([s.law for s in solution.times]),
        solution=np.concatenate([s.solution for s in solution.times]),
    )
    return stream.getvalue()


def solution_figure(solution: Solution) -> Figure:
    """The law as dots and the solution as curves, at every time."""
    series: list[Series] = []
    for n, s in enumerate(solution.times):
        label = f"t = {s.time:.4g}" if s.steps is None else f"{s.steps} step{'' if s.steps == 1 else 's'}"
        label = f"{s.density}, {label}" if s.density else label
        series.append(Series("", s.places, s.solution, "line", n))
        series.append(Series(label, s.places, s.law, "marks", n))
    values = ", ".join(f"{unicode_name(k)} = {v}" for k, v in solution.values)
    law = solution.law_is
    caption = f"Dots: {law}. Curves: solution of the equation (regime ‘{solution.regime}’). {values}"
    return Figure(
        tuple(series), solution.coordinate, "density", (caption.strip(),), f"The {law} and the equation's solution."
    )


def _svg(solution: Solution) -> bytes:
    return figure_svg(solution_figure(solution), "solution", alone=True).encode()


def _png(solution: Solution) -> bytes:
    return svg_png(_svg(solution).decode())

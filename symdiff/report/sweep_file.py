"""A sweep as a table (.csv, .parquet) or as a figure (.svg, .png)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from symdiff.dossier.sweep import Sweep
from symdiff.errors import UsageError
from symdiff.report.document import Figure, Series
from symdiff.report.formats import check_output
from symdiff.report.png import svg_png
from symdiff.report.svg import figure_svg
from symdiff.report.whole_file import write_whole

SUFFIXES = (".csv", ".parquet", ".svg", ".png")
MOST_CURVES = 8


def check_path(path: Path) -> None:
    """Raises :class:`UsageError` for a path that cannot become one of these files, before any work is done."""
    check_output(path, SUFFIXES)
    if path.suffix.lower() == ".parquet":
        _pyarrow()


def write_sweep(sweep: Sweep, path: Path) -> None:
    """Write the file; it appears whole or not at all."""
    check_path(path)
    writers = {".csv": csv_bytes, ".parquet": _parquet, ".svg": _svg, ".png": _png}
    write_whole(path, writers[path.suffix.lower()](sweep))


def csv_bytes(sweep: Sweep) -> bytes:
    """The table with one header line; an empty cell where there is nothing."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, sweep.columns, lineterminator="\n")
    writer.writeheader()
    for row in sweep.table():
        writer.writerow({name: "" if value is None else _plain_cell(value) for name, value in row.items()})
    return stream.getvalue().encode()


def _plain_cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula of its own, -2*k, in brackets."""
    return f"({value})" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _pyarrow() -> tuple[object, object]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError("Parquet needs PyArrow, which is not installed", where="-o",
                         instead="pip install 'symdiff-continuum[parquet]', or write .csv") from None  # fmt: skip
    return pyarrow, parquet


def _parquet(sweep: Sweep) -> bytes:
    """The same columns with types: numbers where a column holds numbers only, text elsewhere."""
    arrow, parquet = _pyarrow()
    rows = sweep.table()
    columns = {}
    for name in sweep.columns:
        values = [row[name] for row in rows]
        if not all(isinstance(v, (int, float)) for v in values if v is not None):
            values = [None if v is None else str(v) for v in values]
        columns[name] = values
    stream = io.BytesIO()
    parquet.write_table(arrow.table(columns), stream)  # type: ignore[attr-defined]
    return stream.getvalue()


# --- the figure -----------------------------------------------------------------------------------------------------


def _figure(sweep: Sweep) -> Figure:
    """Coefficients of the first regime over the first parameter; with more parameters, one coefficient and a curve for each."""
    curves = _curves(sweep)
    if not curves:
        raise UsageError(
            "no coefficient is a number at these points: there is nothing to draw", where="-o", instead="write .csv"
        )
    series: list[Series] = []
    failed: list[tuple[float, float]] = []
    for n, (label, points) in enumerate(curves[:MOST_CURVES]):
        xs, ys = tuple(x for x, _, _ in points), tuple(y for _, y, _ in points)
        series += [Series(label, xs, ys, "line", n), Series("", xs, ys, "marks", n)]
        failed += [(x, y) for x, y, status in points if status != 0]
    if failed:
        series.append(
            Series("not confirmed", tuple(x for x, _ in failed), tuple(y for _, y in failed), "marks", len(curves))
        )
    fixed = ", ".join(f"{name} = {value}" for name, value in sweep.fixed)
    left_out = f" {len(curves) - MOST_CURVES} more are left out." if len(curves) > MOST_CURVES else ""
    caption = f"Coefficients of the derived equation over {sweep.axes[0]}.{left_out} {fixed}".strip()
    return Figure(tuple(series), sweep.axes[0], "coefficient", (caption,), f"Coefficients over {sweep.axes[0]}.")


def _curves(sweep: Sweep) -> list[tuple[str, list[tuple[float, float, int]]]]:
    """(label, points with their status) of every coefficient that is a number."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    regime = next((c[0] for row in sweep.rows for c in row.coefficients), "")
    roles = [
        role for name, role, *_ in next((r.coefficients for r in sweep.rows if r.coefficients), ()) if name == regime
    ]
    only = ("D" if "D" in roles else roles[0]) if len(sweep.axes) > 1 and roles else ""
    for row in sweep.rows:
        others = ", ".join(f"{name} = {exact}" for name, exact, _ in row.values[1:])
        for name, role, _, number in row.coefficients:
            if name == regime and number and only in ("", role):
                label = f"{role}, {others}" if others else role
                found.setdefault(label, []).append((float(row.values[0][2]), float(number), row.status))
    return list(found.items())


def _svg(sweep: Sweep) -> bytes:
    return figure_svg(_figure(sweep), "sweep", alone=True).encode()


def _png(sweep: Sweep) -> bytes:
    return svg_png(_svg(sweep).decode())

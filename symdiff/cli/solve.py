"""``symdiff solve``: the derived equation's solution beside the law of the rules."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from symdiff.cli.models import load
from symdiff.cli.output import Outcome
from symdiff.dossier.settings import settings_of


def run(reference: str, options: Namespace) -> Outcome:
    """Solve one model; write the file, where one is asked for."""
    path = Path(options.output) if options.output else None
    if path is not None:
        from symdiff.report.solution_file import check_path

        check_path(path)
    model = load(reference, options)
    from symdiff.dossier.initial_profile import read_initial, read_window
    from symdiff.dossier.solve import solve_model  # loads numpy and scipy

    initial = read_initial(options.initial) if options.initial else None
    window = read_window(options.window) if options.window else None
    solution = solve_model(
        model, options.times.split(","), settings_of(model, options.set), options.regime, initial, window
    )
    document: dict[str, Any] = {
        "title": solution.title, "regime": solution.regime, "equation": solution.equation, "coordinate": solution.coordinate,
        "values": dict(solution.values), "drawn": list(solution.drawn), "width": solution.width,
        "numerical_error": solution.numerical_error, "notes": list(solution.notes), "law": solution.law_is,
        "times": [{"time": s.time, "steps": s.steps, "difference": s.difference, "places": len(s.places)}
                  | ({"density": s.density} if s.density else {}) for s in solution.times],
    }  # fmt: skip
    if path is not None:
        from symdiff.report.solution_file import write_solution

        write_solution(solution, path)
        document["written"] = path.name
    if options.json:
        if path is None:
            for entry, s in zip(document["times"], solution.times, strict=True):
                entry |= {"places": list(s.places), "law": list(s.law), "solution": list(s.solution)}
        return Outcome(0, document=document)
    title = model.title or reference
    lines = [title, "=" * len(title), f"regime     {solution.regime}", f"equation   {solution.shown}"]
    lines.append("with       " + ", ".join(f"{k} = {v}" for k, v in solution.values))
    if solution.drawn:
        lines.append(f"drawn      {', '.join(solution.drawn)} (nobody set them; --set does)")
    lines += [f"note       {note}" for note in solution.notes]
    lines.append(f"solver     exact to {solution.numerical_error:.1g} of the highest density")
    for s in solution.times:
        steps = f" ({s.steps} steps)" if s.steps is not None else ""
        of = f", {s.density}" if s.density else ""
        lines.append(
            f"t = {s.time:.6g}{steps}{of}: largest difference to the {solution.law_is} {100 * s.difference:.3g} % of its highest density"
        )
    if path is not None:
        lines.append(f"{path.name} written")
    return Outcome(0, text="\n".join(lines))

"""Step laws and families of jumps back in the words of the model file."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdiff.model import transform_law
from symdiff.model.density_law import total_of
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.step_law import StepLaw


def law_entry(
    jump: Jump, law: StepLaw, model: JumpModel, entry: dict[str, Any]
) -> tuple[dict[str, Any], sp.Expr | None]:
    """The entry with what states the law, and the intensity in words of ``r`` or of the index; None where the law says it."""
    if law.distribution == "family":
        return _family_entry(jump, law, model, entry)
    if (law.inner or law).distribution == "density" and total_of(law.inner or law) is None:
        return entry | {"rate_density": str(_endless_density(jump, law, model))}, None
    return entry | law_words(law, model.coordinates) | _direction(jump), jump.intensity.xreplace(
        _lengths_in_r(jump, law, model)
    )


def law_words(law: StepLaw, coordinates: tuple[str, ...] = ()) -> dict[str, Any]:
    """The keys that state a law."""
    if law.inner is not None:
        inner = law_words(law.inner)
        plain = inner.get("distribution") == "fixed"
        return {"distribution": "isotropic", "length": inner["value"] if plain else inner}
    if law.distribution == "normal" and law.lengths > 1:
        a, d = dict(law.arguments), law.lengths
        rows = [[str(a[f"covariance.{min(i, j)}.{max(i, j)}"]) for j in range(d)] for i in range(d)]
        return {"distribution": "normal", "mean": [str(a[f"mean.{i}"]) for i in range(d)], "covariance": rows}
    if law.distribution in transform_law.NAMES:
        names = {transform_law.LAPLACE: "s"} | {
            w: f"k_{c}" for w, c in zip(transform_law.wave_symbols(law.lengths), coordinates, strict=False)
        }
        if law.lengths == 1:
            names[transform_law.wave_symbols(1)[0]] = "k"
        body = dict(law.arguments)["transform"].xreplace({s: sp.Symbol(n) for s, n in names.items()})
        return {law.distribution: str(body)}
    if law.distribution == "density":
        shown = ["r"] if law.lengths == 1 else [f"r_{c}" for c in coordinates]
        change = {s: sp.Symbol(n, real=True) for s, n in zip(law.variables, shown, strict=True)}
        return {"density": str(dict(law.arguments)["density"].xreplace(change))}
    return {"distribution": law.distribution} | {name: str(value) for name, value in law.arguments}


def _endless_density(jump: Jump, law: StepLaw, model: JumpModel) -> sp.Expr:
    """The rate per length of r of jumps that come infinitely often: it has no total to be divided by."""
    body = dict((law.inner or law).arguments)["density"]
    if law.inner is None:
        return (jump.intensity * body).xreplace(_lengths_in_r(jump, law, model))
    r, d = sp.Symbol("r", positive=True), law.lengths
    sphere = sp.pi ** sp.Rational(d, 2) / sp.gamma(sp.Rational(d, 2))
    return jump.intensity * body.xreplace({law.inner.variables[0]: r}) / (sphere * r ** (d - 1))


def _direction(jump: Jump) -> dict[str, Any]:
    return {"direction": [str(e) for e in jump.direction]} if jump.direction else {}


def _lengths_in_r(jump: Jump, law: StepLaw, model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
    """Each random length through the components of the displacement r."""
    names = ["r"] if model.dimension == 1 else [f"r_{c}" for c in model.coordinates]
    r = [sp.Symbol(n, real=True) for n in names]
    found = {}
    for s, row in zip(law.variables, jump.directions, strict=True):
        i = next(n for n, e in enumerate(row) if e != 0)
        found[s] = (r[i] - jump.displacement[i]) / row[i]
    return found


def _family_entry(jump: Jump, law: StepLaw, model: JumpModel, entry: dict[str, Any]) -> tuple[dict[str, Any], sp.Expr]:
    a = dict(law.arguments)
    taken = (
        {p.name for p in model.parameters}
        | set(model.coordinates)
        | {d.name for d in model.functions}
        | set(model.state_names)
    )
    names: list[str] = []
    for n in range(law.lengths):
        name = "ijmn"[n] if law.lengths > 1 else "j"
        while name in taken:
            name += "0"
        names.append(name)
        taken.add(name)
    change = {s: sp.Symbol(n, integer=True, positive=True) for s, n in zip(law.variables, names, strict=True)}
    moved = [
        sp.Add(d, *(a[f"value.{n}"] * row[i] for n, row in enumerate(jump.directions)))
        for i, d in enumerate(jump.displacement)
    ]
    ranges = {name: [str(a[f"low.{n}"]), str(a[f"high.{n}"])] for n, name in enumerate(names)}
    written = entry | {"index": ranges, "displacement": [str(r.xreplace(change)) for r in moved]}
    return written, (jump.intensity * a["weight"]).xreplace(change)

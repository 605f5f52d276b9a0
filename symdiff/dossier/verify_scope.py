"""Which parts of a model each tier understands: a model with any other part is not cross-checked, and the result says so.

The lists name what is understood, not what is not: a new part of the model's language is refused here until its meaning in
the lattice law, in the walkers and in the equation was built.
"""

from __future__ import annotations

from dataclasses import fields

from symdiff.errors import NotYetError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.family import grows_beyond_bounds
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.occupancy import check_walkers

MEANINGLESS = {  # statements about the model, not about how walkers move
    "title", "topic", "source", "source_status", "notes", "parameters", "functions", "definitions", "values", "coordinates", "density", "constraints",
    "regimes", "claims", "observables", "conditions", "scope", "lattice", "densities",
}  # fmt: skip
MOTION = {"states", "clock", "time_step", "signed", "lossy", "jumps", "preparation", "origin"}
GROWTH = MOTION | {
    "population",
    "motions",
    "internals",
    "waiting",
    "state_waits",
    "first_wait",
    "scheme",
}  # the growth of a wave forgets its start
WORDS = {  # fields in the reader's words
    "motions": "motion inside a state", "internals": "continuous internal states", "boundaries": "walls", "waiting": "waiting times",
    "state_waits": "waiting times of states", "first_wait": "a first wait of another law", "population": "populations",
    "crowd": "agents that see each other", "region": "'where'", "redraw": "renewed internal states", "destination": "a fixed destination",
}  # fmt: skip
SILENT = {"first_wait": "ordinary"}  # fields whose default says nothing
JUMP = {"displacement", "intensity", "source", "target", "law", "direction", "label"}
MORE = {
    "exact": {"waiting", "redraw"},
    "pde": {"redraw", "waiting"},
    "local": {"redraw"},
    "simulation": {"destination"},
    "data": {"destination"},
    "animation": {"destination"},
    "walls": {"destination", "region"},
    "flights": {"waiting", "redraw"},
}  # further parts of a jump, by tier
UNDERSTOOD = {
    "exact": GROWTH,
    "population": MOTION | {"population"},
    "pde": MOTION | {"motions", "internals", "waiting", "state_waits", "first_wait"},
    "simulation": MOTION | {"population", "waiting", "motions"},
    "data": MOTION | {"population", "waiting"},
    "walled simulation": MOTION | {"boundaries"},
    "animation": MOTION,
    "walls": MOTION | {"boundaries"},
    "numbers": MOTION | {"population"},
    "flights": MOTION | {"motions", "internals", "waiting", "state_waits"},
    "profiles": MOTION | {"crowd"},
    "mean field": MOTION | {"crowd", "motions"},
    "linear crowd": MOTION | {"crowd", "motions"},
    "local": MOTION | {"motions", "population", "internals"},
}

ANIMATED = ("animation", "flights", "walls", "numbers")  # what the page plays


def check_scope(model: JumpModel, tier: str) -> None:
    """Raises :class:`NotYetError` where the model says something that this tier does not understand."""
    if model.clock == "none":
        raise NotYetError(
            "the jumps have weights but no rates or probabilities: there is no law in time to compare with"
        )
    if "crowd" not in UNDERSTOOD[tier] and not (model.scheme is not None and "scheme" in UNDERSTOOD[tier]):
        check_walkers(model, "these checks")
    done = "animated" if tier in ANIMATED else "cross-checked in this tier"
    for name in JumpModel.__dataclass_fields__:
        value = getattr(model, name)
        if (
            name not in MEANINGLESS
            and name not in UNDERSTOOD[tier]
            and _says_something(value)
            and value != SILENT.get(name)
        ):
            raise NotYetError(f"models with {_words(name)} are not {done} yet")
    for jump in model.jumps:
        for field in fields(Jump):
            if field.name in MORE.get(tier, ()):
                continue
            if (
                field.name not in JUMP
                and getattr(jump, field.name) != field.default
                and _says_something(getattr(jump, field.name))
            ):
                raise NotYetError(f"jumps with {_words(field.name)} are not {done} yet")
        law = jump.law
        if (
            law is not None
            and tier not in ("exact", "linear crowd", "flights", "numbers", "pde")
            and (law.lengths > 1 or law.inner is not None or law.distribution == "family")
        ):
            raise NotYetError(
                "infinite families of jumps and steps of several random lengths are not cross-checked yet"
            )
        if law is not None and law.distribution == "family" and grows_beyond_bounds(dict(law.arguments), law.box):
            raise NotYetError(
                "steps that grow like powers g^j leave a difference that oscillates with log(eps): it has no power of eps to compare"
            )
        if law is not None and model.resets:
            raise NotYetError("steps with a continuous law beside resetting are not simulated yet")
        if law is not None and jump.intensity.free_symbols & set(law.variables):
            raise NotYetError("rates that depend on a random step are not cross-checked yet")
    if model.depends_on_time and (tier != "mean field" or model.time_step is not None):
        raise NotYetError("rates that depend on time are not cross-checked in this tier yet")


def _words(field: str) -> str:
    return WORDS.get(field, field.replace("_", " "))


def _says_something(value: object) -> bool:
    return value not in (None, False, (), "", [], INDEPENDENT)

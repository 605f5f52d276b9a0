"""Every key of the model file: those that symdiff handles, and those of the contract that it does not handle yet."""

from __future__ import annotations

from symdiff.errors import ModelError, NotYetError
from symdiff.notation.names import did_you_mean

BUILT: dict[str, tuple[str, ...]] = {
    "file": ("title", "topic", "source", "source_status", "notes", "parameters", "functions", "definitions", "values", "model",
             "jumps", "scaling", "regimes", "claims", "initial", "observables", "boundaries", "states", "internal",
             "reactions", "waiting_time"),
    "parameters": ("assume", "latex", "value"),
    "model": ("coordinates", "density", "states", "time_step", "constraints", "origin", "signed", "survival", "total_rate",
              "master_equation", "latex_master_equation", "lattice", "spacing", "lattice_constant", "a", "c", "rate", "occupancy", "site_rate", "rod_length",
              "system_size", "scaled", "embedding", "dimension"),
    "jumps": ("displacement", "displacements", "probability", "rate", "weight", "from", "to", "index",
              "distribution", "direction", "redraw", "where", "waiting_time", "destination",
              "characteristic_function", "laplace_transform", "density", "rate_density", "site_rate"),
    "states": ("name", "velocity", "diffusivity", "evaluation", "waiting_time"),
    "internal": ("name", "domain", "diffusivity", "drift", "rate", "mean_cosine", "mean_sine", "distribution"),
    "claims": ("id", "latex", "expression", "regime", "source", "expect", "symbols", "given", "of", "level", "count",
               "notes"),
    "initial": ("position", "states"),
    "observables": ("name", "kind", "of", "target", "period"),
    "count": ("n", "to", "from"),
    "boundaries": ("domain", "kind", "probability", "rate", "rejected", "crossing"),
    "reactions": ("consumes", "produces", "rule", "rate", "probability", "reverse_rate", "reverse_probability"),
    "participants": ("state", "displacement"),
}  # fmt: skip

LATER: dict[str, dict[str, str]] = {  # and what to write instead
    "file": {},
    "model": {},
    "jumps": {},
    "initial": {},
}  # fmt: skip

TABLES = {"file": "the file", "model": "[model]", "jumps": "[[jumps]]", "claims": "[[claims]]", "initial": "[initial]",
          "observables": "[[observables]]", "count": "count", "parameters": "a parameter's table",
          "boundaries": "[[boundaries]]", "states": "[[states]]", "internal": "[[internal]]",
          "reactions": "[[reactions]]", "participants": "an agent's table"}  # fmt: skip

OBSERVABLE_KINDS = (
    "moment", "variance", "propagator", "dispersion_relation", "scaling_exponent", "stationary_moment", "stationary_density",
    "decay_rate", "splitting_probability", "mean_exit_time", "first_passage_density", "survival_probability",
    "return_probability", "effective_drift", "effective_diffusion", "front_speed", "stability_threshold",
)  # fmt: skip


ELSEWHERE = {
    (
        "reactions",
        "where",
    ): 'a trap at one site: states = ["walker", "gone"] and [[jumps]] from = "walker", to = "gone", displacement = "0", '
    'rate = "k/h", where = "x = 0"',
}


def check_key(table: str, key: str, where: str, *, also: tuple[str, ...] = ()) -> None:
    """Refuse a key that is unknown (with the nearest known one) or not handled yet."""
    if key in BUILT[table] or key in also:
        return
    later = LATER.get(table, {})
    if key in later:
        raise NotYetError(
            f"'{key}' in {TABLES[table]} is part of the model file's language, but symdiff does not handle it yet",
            where=where,
            instead=later[key],
        )
    if (table, key) in ELSEWHERE:
        raise ModelError(
            f"'{key}' is a key of jumps: sites of their own have jumps of their own",
            where=where,
            instead=ELSEWHERE[table, key],
        )
    raise ModelError(
        f"unknown key '{key}' in {TABLES[table]}", where=where, instead=did_you_mean(key, BUILT[table] + also)
    )

"""Which quantity of a derivation a symbol of a claim means, where the model file does not say.

A claim's own ``symbols`` come first; else a name that the model declares keeps the model's meaning; then this table of the
field's customary letters. Roles are the names of coefficients in the JSON of ``derive``, and a few more.
"""

from __future__ import annotations

import re

CUSTOMARY: dict[str, str] = {
    "D": "D", "D_eff": "D", "Deff": "D", "D_L": "D", "D_num": "D", "D_app": "D", "D^*": "D", "D_*": "D", "D_oo": "D", "Dbar": "D", "Dcal": "D", "v": "v", "v_d": "v", "V_d": "v", "v_drift": "v", "u_d": "v",
    "D^(1)": "v", "D^(2)": "D", "v_eff": "v", "veff": "v", "V_eff": "v", "u_eff": "v", "U_eff": "v", "V": "v",
    "vbar": "v", "ubar": "v", "Vbar": "v", "Ubar": "v", "v_m": "v", "u_m": "v", "v_avg": "v", "v_mean": "v", "barv": "v",
    "alpha": "damping_rate", "c": "speed", "c_min": "speed", "c^*": "speed", "c_f": "speed", "v_f": "speed", "v_front": "speed", "v^*": "speed", "v_min": "speed",
    "c2": "c2", "K": "K", "K_alpha": "K", "D_alpha": "K", "gamma": "scaling_exponent",
    "N": "steps", "n": "steps", "damping_rate": "damping_rate", "relaxation_time": "relaxation_time",
    "bias_rate": "bias_rate", "cross_rate": "cross_rate", "stability_index": "stability_index", "speed": "speed",
    "waiting_index": "waiting_index", "scaling_exponent": "scaling_exponent", "standard_deviation": "standard_deviation",
    "variance": "variance", "steps": "steps", "growth_rate": "growth_rate", "s": "growth_rate", "s_+": "growth_rate_+", "s_-": "growth_rate_-",
    "walks": "walks", "probability": "probability", "kappa": "kappa", "kap": "kappa", "extrapolation_length": "extrapolation_length",
    "flux": "flux", "source": "source", "wall": "wall", "storage": "storage", "permeability": "permeability", "ratio": "ratio",
}  # fmt: skip
DIMENSIONLESS = ("Pe", "Da")  # the groups in the dimensionless form
PATTERNED = ("a_", "D_", "v_", "c2_", "cross_rate_", "bias_rate_", "flux_")

KNOWN_ROLES = tuple(
    sorted(
        set(CUSTOMARY.values())
        | {"wave_speed", "agent_speed", "a_0", "a_3", "a_4", "v_x", "D_xx", "D_xy", "a_xxyy", "K"}
    )
)


def role_of(name: str, stated: dict[str, str]) -> str | None:
    """The role of an undeclared name; None where nothing is known of it.

    >>> role_of("D_eff", {}), role_of("D_xy", {}), role_of("beta", {"beta": "damping_rate"}), role_of("q", {})
    ('D', 'D_xy', 'damping_rate', None)
    """
    if name in stated:
        return stated[name]
    if name in CUSTOMARY:
        return CUSTOMARY[name]
    if name.startswith(PATTERNED) and len(name) > 2:
        return name
    if re.fullmatch(r"K_[xyz]{2}", name):
        return name
    if re.fullmatch(r"a\d|[Dv][xyz]{1,2}", name):  # a3, Dxx, vx
        return f"{name[0]}_{name[1:]}"
    return None

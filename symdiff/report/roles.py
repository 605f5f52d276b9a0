"""How coefficients are called in print."""

from __future__ import annotations

from symdiff.notation.display.build import Typography
from symdiff.notation.display.nodes import Name

ROLE_NAMES = {
    "damping_rate": ("damping rate", r"\alpha", "α"), "cross_rate": ("cross rate", "", ""), "bias_rate": ("bias rate", "", ""),
    "c2": ("", "c^2", "c^2"), "relaxation_time": ("relaxation time", "", ""), "stability_index": ("stability index", "", ""),
    "waiting_index": ("waiting index", "", ""), "extrapolation_length": ("extrapolation length", "", ""),
}  # fmt: skip


def tex_word(text: str) -> str:
    """A declared name inside text of a formula."""
    return text.replace("_", r"\_")


def role_name(name: str, style: Typography) -> Name:
    """How a coefficient is called: its symbol or its words, with the directions that it belongs to."""
    role = next((r for r in ROLE_NAMES if name == r or name.startswith(f"{r}_")), "")
    if not role:
        return style.name(name)
    spoken, latex, text = ROLE_NAMES[role]
    index = name[len(role) + 1 :]
    if index:
        low = style.name(f"v_{index}")
        latex, text = (latex or rf"\text{{{spoken}}}") + low.latex[1:], (text or spoken) + low.text[1:]
        head, raised, rest = text.partition("^")
        power, _, low_text = rest.partition("_")
        return Name(latex, f"{head}_{low_text}^{power}" if raised else text)
    return Name(latex, text) if latex else Name(rf"\text{{{spoken}}}", spoken)

"""Plain text made safe for TeX: nothing that a user writes can become a command."""

from __future__ import annotations

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": r"'", "`": r"\textasciigrave{}", "−": r"$-$", "–": "--", "‘": "`", "’": "'", "—": "---", "\u00a0": "~", "…": r"\ldots{}",
}  # fmt: skip
_MATHEMATICAL = (
    {
        "≤": r"\le",
        "≥": r"\ge",
        "≠": r"\ne",
        "∞": r"\infty",
        "∂": r"\partial",
        "√": r"\surd",
        "·": r"\cdot",
        "×": r"\times",
        "→": r"\to",
        "ε": r"\varepsilon",
        "∫": r"\int",
        "Σ": r"\Sigma",
        "′": "'",
        "±": r"\pm",
        "∝": r"\propto",
        "≈": r"\approx",
        "ℓ": r"\ell",
        "ϵ": r"\epsilon",
        "ϕ": r"\phi",
        "ϑ": r"\vartheta",
        "ϱ": r"\varrho",
        "ς": r"\varsigma",
        "ħ": r"\hbar",
        "⟨": r"\langle",
        "⟩": r"\rangle",
    }
    | {c: f"{{}}_{n}" for n, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}
    | {c: f"{{}}^{n}" for n, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {"⁻": "{}^{-}"}
)
_MATHEMATICAL |= dict(zip("αβγδζηθικλμνξπρστυφχψωΓΔΘΛΞΠΦΨΩ",
             (rf"\{n}" for n in ["alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Phi", "Psi", "Omega"]), strict=True))  # fmt: skip


def escape_tex(text: str) -> str:
    r"""Text for TeX, typeset as it stands; letters that pdflatex does not know become a question mark in brackets.

    >>> escape_tex(r"\input{secret} & 100%")
    '\\textbackslash{}input\\{secret\\} \\& 100\\%'
    """
    return "".join(_one(c) for c in text)


def _one(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _MATHEMATICAL:
        return f"${_MATHEMATICAL[character]}$"
    if character in "\n\t":
        return " "
    if character.isascii():
        return character if character.isprintable() else ""
    return character if "\u00a1" <= character <= "\u017f" else "[?]"

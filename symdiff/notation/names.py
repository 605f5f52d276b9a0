"""The names that every expression may use, and how declared names look in print."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

KNOWN_FUNCTIONS: dict[str, tuple[int, int]] = {  # name -> fewest and most arguments
    "exp": (1, 1), "log": (1, 1), "sqrt": (1, 1), "Abs": (1, 1), "sign": (1, 1), "floor": (1, 1),
    "Min": (1, 20), "Max": (1, 20), "Heaviside": (1, 1),
    "sin": (1, 1), "cos": (1, 1), "tan": (1, 1), "cot": (1, 1), "sec": (1, 1), "csc": (1, 1),
    "asin": (1, 1), "acos": (1, 1), "atan": (1, 1), "atan2": (2, 2),
    "sinh": (1, 1), "cosh": (1, 1), "tanh": (1, 1), "coth": (1, 1), "sech": (1, 1), "csch": (1, 1),
    "asinh": (1, 1), "acosh": (1, 1), "atanh": (1, 1),
    "gamma": (1, 1), "zeta": (1, 2), "erf": (1, 1), "erfc": (1, 1), "besseli": (2, 2), "besselk": (2, 2),
    "factorial": (1, 1), "binomial": (2, 2), "Rational": (2, 2), "O": (1, 1),
}  # fmt: skip
SPECIAL_FORMS = ("Piecewise", "Derivative", "Integral", "Sum")
CONSTANTS = ("pi", "oo", "True", "False")

PYTHON_KEYWORDS = frozenset(
    [
        "False",
        "None",
        "True",
        "and",
        "as",
        "assert",
        "async",
        "await",
        "break",
        "class",
        "continue",
        "def",
        "del",
        "elif",
        "else",
        "except",
        "finally",
        "for",
        "from",
        "global",
        "if",
        "import",
        "in",
        "is",
        "lambda",
        "nonlocal",
        "not",
        "or",
        "pass",
        "raise",
        "return",
        "try",
        "while",
        "with",
        "yield",
    ]
)
RESERVED = frozenset(KNOWN_FUNCTIONS) | frozenset(SPECIAL_FORMS) | frozenset(CONSTANTS) | PYTHON_KEYWORDS

SUGGESTED_SPELLING = {"lambda": "lam", "gamma": "gam", "zeta": "zet"}

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
    ]
)
UNICODE = dict(zip(
    ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell", "lam", "gam", "eps", "zet", "Gam", "Lam", "bet",
     "varepsilon", "varphi", "vartheta", "varrho", "varsigma", "hbar"],
    "αβγδϵζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩℓλγεζΓΛβεϕϑϱςħ", strict=True))  # fmt: skip
SPOKEN = {"ell": r"\ell", "lam": r"\lambda", "gam": r"\gamma", "eps": r"\varepsilon", "epsilon": r"\epsilon",
          "zet": r"\zeta", "Gam": r"\Gamma", "Lam": r"\Lambda", "bet": r"\beta"}  # fmt: skip
SPOKEN |= {n: f"\\{n}" for n in ("varepsilon", "varphi", "vartheta", "varrho", "varsigma", "hbar")}

THERMAL_ENERGY = r"k_{\mathrm{B}} T"
USUAL_LATEX = dict.fromkeys(("kT", "kBT", "k_BT", "kbT", "k_bT"), THERMAL_ENERGY)
"""One quantity that print spells with several signs: as if the model file gave this LaTeX to the name."""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that looks most like ``name``, or an empty string."""
    pool = sorted(set(candidates))
    parts = [c for c in pool if len(name) > 2 and name in c.split("-")]  # pde: py-pde, not sde
    found = parts if len(parts) == 1 else difflib.get_close_matches(name, pool, n=1, cutoff=0.6)
    if found:
        return found[0]
    folded = {c.lower(): c for c in pool}
    word = name.lower().split("_")[0]
    alike = [c for c in pool if len(word) > 3 and word in c.lower().split("_")]  # fisher_kpp: fisher_equation
    return folded.get(name.lower(), alike[0] if alike else "")


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A hint for an unknown name: the nearest known one, or the list of what is known."""
    pool = sorted(set(candidates))
    near = nearest(name, pool)
    if near and (len(name) > 2 or len(near) <= 3):  # 'at' looks like 'rate', and means something else
        return f"did you mean '{near}'?"
    shown = ", ".join(pool[:12]) + (", ..." if len(pool) > 12 else "")
    return f"known here: {shown}" if shown else "nothing is declared here"


def is_identifier(name: str) -> bool:
    """Whether ``name`` may be declared: a letter, then letters, digits and underscores, at most 40 of them."""
    return name.isascii() and name.isidentifier() and not name.startswith("_") and len(name) <= 40


def latex_name(name: str) -> str:
    r"""How a declared name is typeset.

    >>> [latex_name(n) for n in ("tau", "ell", "mu", "D0", "Du", "D_r", "v_max", "right", "dx")]
    ['\\tau', '\\ell', '\\mu', 'D_0', 'D_u', 'D_r', 'v_{\\mathrm{max}}', '\\mathrm{right}', '\\Delta x']
    """
    if name in ("dx", "dy", "dz", "dt"):
        return rf"\Delta {name[1]}"
    head, _, tail = name.partition("_")
    if not tail:
        stem = head.rstrip("0123456789")
        if stem and stem != head and (len(stem) == 1 or _one_letter(stem)):
            head, tail = stem, head[len(stem) :]
        elif len(head) == 2 and head != "kT" and not _one_letter(head):
            head, tail = head[0], head[1]
    base = _one_letter(head) or (head if len(head) == 1 else rf"\mathrm{{{head}}}")
    if not tail:
        return base
    signs = scripts_of(tail)
    between = " " if any(inner for _, inner, _ in signs) else ", "
    low = between.join(
        _script_latex(part) + (f"_{_script_latex(inner)}" if inner else "") + (f"^{power}" if power else "")
        for part, inner, power in signs
    )
    return f"{base}_{low}" if len(low) == 1 or (low.startswith("\\") and low[1:].isalpha()) else f"{base}_{{{low}}}"


def _script_latex(part: str) -> str:
    plain = len(part) == 1 or part.isdigit() or set(part) <= set("xyzt") or set(part) <= set("XYZ")
    return _one_letter(part) or (part if plain else rf"\mathrm{{{part}}}")


_NESTED = re.compile(r"([^\W\d_])_([A-Za-z]|\d+)(\d?)(?=_|$)")


def scripts_of(tail: str) -> list[tuple[str, str, str]]:
    """What a subscript is made of, as (sign, its own subscript, its power): u_x2_u_y is u_x^2 u_y.

    >>> scripts_of("u_x2_u_y"), scripts_of("on"), scripts_of("n1_n2")
    ([('u', 'x', '2'), ('u', 'y', '')], [('on', '', '')], [('n', '1', ''), ('n', '2', '')])
    """
    found, rest = [], tail
    while rest:
        if match := _NESTED.match(rest):
            found.append((match.group(1), match.group(2), match.group(3)))
            rest = rest[match.end() :].removeprefix("_")
            continue
        part, _, rest = rest.partition("_")
        numbered = part[:1].isalpha() and part[1:].isdigit()
        found += [(part[0], part[1:], "") if numbered else (part, "", "")] if part else []
    return found


_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def unicode_name(name: str) -> str:
    """How a declared name is written in plain text.

    >>> [unicode_name(n) for n in ("tau", "D0", "D_r", "right")]
    ['τ', 'D₀', 'D_r', 'right']
    """
    head, _, tail = name.partition("_")
    if not tail:
        stem = head.rstrip("0123456789")
        if stem and stem != head and (len(stem) == 1 or stem in UNICODE):
            return UNICODE.get(stem, stem) + head[len(stem) :].translate(_LOW)
        return f"Δ{name[1]}" if name in ("dx", "dy", "dz", "dt") else UNICODE.get(head, head)
    base = UNICODE.get(head, head)
    low = "_".join(UNICODE.get(part, part) for part in tail.split("_"))
    return base + tail.translate(_LOW) if tail.isdigit() else f"{base}_{low}"


def _one_letter(word: str) -> str:
    if word in SPOKEN:
        return SPOKEN[word]
    return f"\\{word}" if word in GREEK else ""

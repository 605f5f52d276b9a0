"""Which TeX commands are known, what they are, and which are refused by name."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREEK = _words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi omicron pi varpi "
    "rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi "
    "Omega"
)
LETTERLIKE = GREEK | {"ell", "hbar", "imath", "jmath", "wp", "aleph", "hslash"}

THIN_SPACES = _words(", ; : > enspace thinspace medspace thickspace enskip hfill") | {" "}
NO_SPACES = frozenset(["!", "/", "negthinspace", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits",
                       "nolimits", "nonumber", "notag", "noindent", "centering", "strut", "relax"])  # fmt: skip
WIDE_SPACES = frozenset({"quad", "qquad"})
DROPPED_WITH_ARGUMENT = _words("label tag hspace vspace mspace hskip color")
SIZES = _words("big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm middle")

WORDS = _words("mathrm operatorname mathsf mathit mathtt textit textsf texttt textnormal rm")
PROSE = _words("text textrm mbox hbox intertext shortintertext")
OLD_STYLES = {"rm": "word", "sf": "word", "it": "word", "tt": "word", "bf": "mathbf", "cal": "mathcal"}

CONNECTING_WORDS = _words(
    "and or where with for if as when since so thus hence but that is are the all in on at to from by of then while here "
    "i.e. e.g. cf. let otherwise else any each given provided also equivalently respectively therefore consequently finally now "
    "we obtain get have find gives yields becomes reads obeys satisfies implies follows moreover similarly it this these"
)

QUALIFIERS = _words("fixed constant const finite small large exactly approximately asymptotically")  # behind a formula

ARGUMENTS = {  # command -> number of arguments; an option in [] is read where TeX allows one
    "frac": 2, "tfrac": 2, "dfrac": 2, "cfrac": 2, "sfrac": 2, "nicefrac": 2,
    "binom": 2, "tbinom": 2, "dbinom": 2, "sqrt": 1,
    "hat": 1, "widehat": 1, "tilde": 1, "widetilde": 1, "bar": 1, "overline": 1, "vec": 1, "check": 1, "breve": 1,
    "dot": 1, "ddot": 1, "dddot": 1, "underline": 1,
    "mathbf": 1, "boldsymbol": 1, "bm": 1, "pmb": 1, "mathcal": 1, "mathscr": 1, "mathbb": 1, "mathfrak": 1, "bold": 1,
    "mathrm": 1, "operatorname": 1, "mathsf": 1, "mathit": 1, "mathtt": 1,
    "boxed": 1, "underbrace": 1, "overbrace": 1, "overset": 2, "underset": 2, "stackrel": 2, "mathop": 1, "mathrel": 1,
    "pdv": 1, "dv": 1, "expval": 1, "ev": 1, "abs": 1, "order": 1, "mathbin": 1, "mathord": 1,
}  # fmt: skip
FRACTIONS = _words("frac tfrac dfrac cfrac sfrac nicefrac")
BINOMIALS = _words("binom tbinom dbinom")
ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
           "vec": "vec", "check": "check", "breve": "breve", "underline": "underline"}  # fmt: skip
DOTS_OVER = {"dot": 1, "ddot": 2, "dddot": 3}
FONTS = {"mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "pmb": "bold", "bold": "bold", "mathcal": "cal",
         "mathscr": "scr", "mathbb": "bb", "mathfrak": "frak"}  # fmt: skip
TRANSPARENT = _words("boxed mathop mathrel mathbin mathord")

RELATIONS = {
    "=": "=", ":=": "=", "equiv": "=", "triangleq": "=", "coloneqq": "=", "approx": "approx", "simeq": "approx",
    "cong": "approx", "approxeq": "approx", "doteq": "approx", "propto": "propto", "sim": "sim", "asymp": "sim",
    "<": "<", ">": ">", "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "ne": "!=", "neq": "!=", "ll": "ll", "gg": "gg", "lll": "ll", "ggg": "gg", "to": "to",
    "rightarrow": "to", "longrightarrow": "to", "lesssim": "<~", "gtrsim": ">~", "in": "in", "mapsto": "mapsto",
}  # fmt: skip
CONNECTIVES = _words("Rightarrow Longrightarrow implies iff Leftrightarrow Longleftrightarrow therefore because land "
                        "leadsto rightsquigarrow")  # fmt: skip
MULTIPLICATIONS = frozenset({"cdot", "times", "ast", "bullet"})
DIVISIONS = frozenset({"div", "slash"})
ELLIPSES = _words("dots ldots cdots dotsb dotsc dotsm dotsi dotso")
BINDERS = {"sum": "sum", "prod": "prod", "int": "int", "iint": "int", "iiint": "int", "lim": "lim"}
FUNCTIONS = {  # command or word -> name in SymPy
    "exp": "exp", "ln": "log", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec",
    "csc": "csc", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "coth": "coth", "sech": "sech", "csch": "csch",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "asin": "asin", "acos": "acos", "atan": "atan", "artanh": "atanh", "arsinh": "asinh", "arcosh": "acosh",
    "erf": "erf", "erfc": "erfc", "sgn": "sign", "sign": "sign", "max": "Max", "min": "Min", "binomial": "binomial", "floor": "floor", "Re": "re", "Im": "im",
}  # fmt: skip
STATISTICS = {"Var": "Var", "var": "Var", "Cov": "Cov", "cov": "Cov", "E": "Mean", "Prob": "", "Pr": ""}
DELIMITERS = {
    "(": "(", ")": "(", "[": "[", "]": "[", "{": "{", "}": "{", "lbrace": "{", "rbrace": "{", "lbrack": "[", "rbrack": "[",
    "langle": "<", "rangle": "<", "lvert": "|", "rvert": "|", "vert": "|", "|": "|", "lVert": "||", "rVert": "||", "Vert": "||", "lfloor": "floor", "rfloor": "floor",
    "lceil": "ceil", "rceil": "ceil", ".": ".", "<": "<", ">": "<",
}  # fmt: skip
OPENING = frozenset({"(", "[", "lbrace", "{", "lbrack", "langle", "lvert", "lVert", "lfloor", "lceil"})
CLOSING = frozenset({")", "]", "rbrace", "}", "rbrack", "rangle", "rvert", "rVert", "rfloor", "rceil"})
PLAIN = (
    LETTERLIKE | frozenset(RELATIONS) | CONNECTIVES | MULTIPLICATIONS | DIVISIONS | ELLIPSES | frozenset(BINDERS)
    | frozenset(FUNCTIONS) | _words("partial nabla infty pm mp prime circ mid cdotp dagger star perp parallel emptyset "
    "colon lor forall exists setminus vee wedge oint mathring and Pr varnothing degree uparrow downarrow leftarrow "
    "rightleftharpoons leftrightarrow dd grad laplacian gets hookrightarrow notin subset sup inf arg det ker dim deg oplus "
    "otimes surd angle triangle square")
)  # fmt: skip
LINEAR_ENVIRONMENTS = _words("equation align aligned alignat alignedat gather gathered split multline eqnarray "
                                "displaymath math flalign dcases cases rcases")  # fmt: skip
MATRICES = _words("matrix pmatrix bmatrix Bmatrix smallmatrix psmallmatrix bsmallmatrix array")
REFUSED = _words(
    "input include def edef gdef xdef let futurelet newcommand renewcommand providecommand DeclareMathOperator "
    "newenvironment write immediate read openin openout closein closeout csname endcsname expandafter noexpand catcode "
    "special usepackage documentclass loop repeat while if ifx ifnum else fi href url includegraphics verb begingroup "
    "endgroup makeatletter makeatother newread newwrite jobname everypar output shipout string meaning uppercase "
    "lowercase the toks count dimen skip chardef mathchardef directlua luaexec pdfobj ShellEscape import subimport "
    "lstinputlisting verbatiminput bibliography newtoks advance multiply divide romannumeral number char afterassignment "
    "aftergroup global long outer protected unless newif newcount relax@ message errmessage typeout end@"
)
UNITS = "units are not read: write the plain number, \\num{...}, in the units of the model"
_REACTIONS = "'symdiff derive --latex' reads reactions between named species, with a constant above each arrow"
_REMAINDER = "write the cases one by one"
REFUSED_MATHEMATICS = {
    "ce": _REACTIONS, "xrightarrow": _REACTIONS, "xleftarrow": _REACTIONS, "xrightleftharpoons": _REACTIONS,
    "xleftrightarrow": _REACTIONS,
    "substack": "write the condition in one line", "cancel": "leave out what cancels", "phantom": "leave it out",
    "sideset": "write the scripts at the symbol", "oint": "closed integrals are not read", "mathring": "use another accent",
    "not": r"write \ne or \notin", "atop": r"write \binom or \frac",
    "iiiint": "write the integrals one by one", "norm": r"write \abs",
    "prescript": "write the scripts at the symbol", "tensor": "write the components", "matrix": "write the components",
    "qty": "write the brackets themselves, and a quantity with its unit as a plain number, \\num{...}, in the units of the model",
    "bmod": _REMAINDER, "pmod": _REMAINDER, "mod": _REMAINDER, "pod": _REMAINDER,
    "SI": UNITS, "si": UNITS, "unit": UNITS, "ang": UNITS, "dddtot": "", "overleftarrow": "", "overrightarrow": r"write \vec",
}  # fmt: skip
UNICODE = {
    "−": "-", "–": "-", "·": "\\cdot", "⋅": "\\cdot", "×": "\\times", "≈": "\\approx", "≃": "\\simeq", "∼": "\\sim",
    "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "≪": "\\ll", "≫": "\\gg", "→": "\\to", "∞": "\\infty", "∂": "\\partial",
    "∇": "\\nabla", "∫": "\\int", "∑": "\\sum", "∏": "\\prod", "±": "\\pm", "∓": "\\mp", "∝": "\\propto", "⟨": "\\langle",
    "⟩": "\\rangle", "〈": "\\langle", "〉": "\\rangle", "′": "'", "’": "'", "ℓ": "\\ell", "ħ": "\\hbar", "∈": "\\in",
    "…": "\\dots", "⋯": "\\cdots", "∗": "*", "µ": "\\mu", "ϵ": "\\epsilon", "ϕ": "\\phi", "∆": "\\Delta", "≡": "\\equiv",
    "α": "\\alpha", "β": "\\beta", "γ": "\\gamma", "δ": "\\delta", "ε": "\\varepsilon", "ζ": "\\zeta", "η": "\\eta",
    "θ": "\\theta", "ι": "\\iota", "κ": "\\kappa", "λ": "\\lambda", "μ": "\\mu", "ν": "\\nu", "ξ": "\\xi", "π": "\\pi",
    "ρ": "\\rho", "σ": "\\sigma", "τ": "\\tau", "υ": "\\upsilon", "φ": "\\varphi", "χ": "\\chi", "ψ": "\\psi",
    "ω": "\\omega", "Γ": "\\Gamma", "Δ": "\\Delta", "Θ": "\\Theta", "Λ": "\\Lambda", "Ξ": "\\Xi", "Π": "\\Pi",
    "Σ": "\\Sigma", "Φ": "\\Phi", "Ψ": "\\Psi", "Ω": "\\Omega",
}  # fmt: skip
UNICODE_SPACES = frozenset("\u00a0\u2002\u2003\u2009\u200a\u202f\u2005\u2004")

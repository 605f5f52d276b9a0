r"""Claims about a whole tensor, written out along the model's axes before they are read: ``\det\mathbf D``, ``\mathrm{tr}\,\mathbf D``,
``\nabla\cdot(\mathbf D\nabla n)``,
``\langle\mathbf r\rangle = \mathbf v t``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import permutations

_BOLD = r"\\(?:mathbf|boldsymbol|bm|mathsf)\s*(?:\{\s*(?P<a>[A-Za-z])\s*\}|(?P<b>[A-Za-z]))"
_GAP = r"(?:\\[,;:!]|~|\s){0,4}"  # bounded, so that no text takes long
_OF = rf"{_GAP}(?:\\left)?(?P<open>[(\[]?){_GAP}{_BOLD}{_GAP}(?:\\right)?[)\]]?"
_DETERMINANT = re.compile(rf"\\(?:det|operatorname\s*\{{det\}}|mathrm\s*\{{det\}}){_OF}")
_TRACE = re.compile(rf"(?:\\(?:mathrm|operatorname|text|rm)\s*\{{\s*[tT]r\s*\}}|\\[tT]r(?![A-Za-z])){_OF}")
_FLUX = re.compile(
    rf"\\nabla{_GAP}\\cdot{_GAP}(?:\\left|\\bigl|\\big)?(?P<open>[(\[]?){_GAP}{_BOLD}{_GAP}(?:\\cdot)?{_GAP}\\nabla(?![A-Za-z]){_GAP}"
    rf"(?P<field>\\[A-Za-z]+|[A-Za-z])(?P<args>\([^()]*\))?{_GAP}(?:\\right|\\bigr|\\big)?[)\]]?"
)
_LARGEST = re.compile(
    rf"\\(?:max|operatorname\*?\{{max\}}|sup)_\{{?[a-z]\}}?{_GAP}(?P<name>\\[A-Za-z]+|[A-Za-z])(?:\([a-z]\))?(?![A-Za-z(_^])"
)


def written_out(latex: str, axes: Sequence[str]) -> str:
    r"""The claim with determinants, traces and divergences of a bold tensor in components; itself in one dimension.

    >>> written_out(r"\det\mathbf{D} = 1", ("x", "y"))
    '(D_{xx} D_{yy} - D_{xy} D_{xy}) = 1'
    """
    if len(axes) == 1 and "max" in latex:
        return _LARGEST.sub(r"\g<name>_{\\max}", latex)
    if not 2 <= len(axes) <= 3 or any(len(a) > 1 for a in axes) or not re.search(_BOLD, latex):
        return latex
    for pattern, shown in ((_DETERMINANT, _determinant), (_TRACE, _trace), (_FLUX, _divergence)):
        latex = pattern.sub(_replacing(shown, axes), latex)
    return by_axis(latex, axes)


def _replacing(
    shown: Callable[[str, Sequence[str], re.Match[str]], str], axes: Sequence[str]
) -> Callable[[re.Match[str]], str]:
    return lambda match: shown(match.group("a") or match.group("b"), axes, match)


def _entry(letter: str, one: str, two: str) -> str:
    return f"{letter}_{{{min(one, two)}{max(one, two)}}}"


def _determinant(letter: str, axes: Sequence[str], _: re.Match[str]) -> str:
    terms = []
    for order in permutations(range(len(axes))):
        swaps = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
        sign = "-" if swaps % 2 else "+"
        terms.append(f"{sign} " + " ".join(_entry(letter, axes[i], axes[k]) for i, k in enumerate(order)))
    return f"({' '.join(terms).removeprefix('+ ')})"


def _trace(letter: str, axes: Sequence[str], _: re.Match[str]) -> str:
    return f"({' + '.join(_entry(letter, a, a) for a in axes)})"


def _divergence(letter: str, axes: Sequence[str], match: re.Match[str]) -> str:
    field = match.group("field") + (match.group("args") or "")

    def gradient(one: str) -> str:
        return " + ".join(rf"{_entry(letter, one, two)} \frac{{\partial {field}}}{{\partial {two}}}" for two in axes)

    return " + ".join(rf"\frac{{\partial}}{{\partial {one}}}\left[{gradient(one)}\right]" for one in axes)


_PLACE = rf"\\langle{_GAP}\\(?:mathbf|boldsymbol|bm|vec)\s*\{{?\s*[rxRX]\s*\}}?{_GAP}(?:\(t\))?{_GAP}\\rangle"
_LETTER = r"\\(?:mathbf|boldsymbol|bm|vec)\s*(?:\{\s*(?P<a>[vuVUJjFfg])\s*\}|(?P<b>[vuVUJjFfg]))(?![A-Za-z])"
_ZERO = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec)\s*(?:\{\s*0\s*\}|0)")
_VECTOR = re.compile(rf"^{_GAP}(?:{_PLACE}|{_LETTER}){_GAP}=")
_FIELD = rf"\\nabla(?![A-Za-z]){_GAP}(?P<field>\\[A-Za-z]+|[A-Za-z])(?P<args>\([^()]*\))?"
_TENSOR_FLUX = re.compile(rf"{_BOLD}{_GAP}(?:\\cdot)?{_GAP}{_FIELD}")
_GRADIENT = re.compile(_FIELD)
_LEFT_OVER = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec|nabla|cdot|times|begin)(?![A-Za-z])|\|")


def by_axis(latex: str, axes: Sequence[str]) -> str:
    r"""A vector equation as one for each axis; the text itself where it is none, or holds more than vectors and gradients.

    >>> by_axis(r"\langle\mathbf r\rangle = \mathbf v t", ("x", "y"))
    '\\langle x\\rangle = v_{x} t,\\quad \\langle y\\rangle = v_{y} t'
    """
    if not 2 <= len(axes) <= 3 or not _VECTOR.match(latex) or "," in latex:
        return latex
    lines = [_along(latex, axis, axes) for axis in axes]
    return latex if any(_LEFT_OVER.search(line) for line in lines) else ",\\quad ".join(lines)


def _along(latex: str, axis: str, axes: Sequence[str]) -> str:
    """The component of a vector equation along one axis."""

    def row(match: re.Match[str]) -> str:
        return rf"\left[{_row(match, axis, axes)}\right]"

    def slope(match: re.Match[str]) -> str:
        return rf"\frac{{\partial {_field(match)}}}{{\partial {axis}}}"

    def component(match: re.Match[str]) -> str:
        return f"{match.group('a') or match.group('b')}_{{{axis}}}"

    line = re.sub(_PLACE, rf"\\langle {axis}\\rangle", latex)
    return _ZERO.sub("0", re.sub(_LETTER, component, _GRADIENT.sub(slope, _TENSOR_FLUX.sub(row, line))))


def _field(match: re.Match[str]) -> str:
    return match.group("field") + (match.group("args") or "")


def _row(match: re.Match[str], one: str, axes: Sequence[str]) -> str:
    letter = match.group("a") or match.group("b")
    return " + ".join(
        rf"{_entry(letter, one, two)} \frac{{\partial {_field(match)}}}{{\partial {two}}}" for two in axes
    )

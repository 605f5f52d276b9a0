r"""Spellings that are put into plainer ones before anything is read: ``\num``, ``0{,}5``, ``\substack``, ``\xrightarrow{t\to\infty}``, and layout."""

from __future__ import annotations

import re

from symdiff.notation.latex.tokens import fail

_NUMBER = re.compile(r"\\num\s*\{\s*([-+]?)\s*(\d[\d ]*(?:[.,]\d+)?)\s*(?:[eE]\s*([-+]?\d{1,3}))?\s*\}")
_COMMA = re.compile(r"(?<![\d.}])(\d{1,12})\{,\}(\d{1,12})(?!\d|\{,\}|\.)")
_SEPARATOR = re.compile(r"\d\s*\{,\}\s*\d")
_STACK = re.compile(r"\\substack\s*\{((?:[^{}]|\{[^{}]*\}){0,400})\}")
_ARROW = re.compile(r"\\x(?:long)?rightarrow\s*(?:\[\s*\]\s*)?\{((?:[^{}]|\{[^{}]*\}){0,200})\}")
_GOES = re.compile(r"\\(?:long)?(?:to|rightarrow)(?![A-Za-z])")
_END = re.compile(r"[\s.,;]*(?:\$\$?|\\\]|\\\)|\\end\s*\{[a-z]+\*?\})*\s*$")
_LAYOUT = re.compile(
    r"\\math(?:open|close|inner|punct|ord|bin|rel|op)\s*\{\s*\}|\\(?:textcolor|colorbox)\s*(?:\[[^][{}]{0,40}\])?\s*\{[^{}]{0,60}\}|\\mathstrut(?![A-Za-z])"
    r"|\\(?:[vh]?phantom)\s*\{(?:[^{}]|\{[^{}]*\}){0,200}\}|\\smash\s*(?:\[[tb]\])?(?=\s*\{)|\\qty(?=\s*[(\[|])|[\^_]\s*\{\s*\}"
)
_LAID_OUT = re.compile(
    r"\\math(?:open|close|inner|punct|ord|bin|rel|op|strut)|color|phantom|\\smash|\\qty|[\^_]\s*\{\s*\}"
)
_WRAPPER = re.compile(r"\\(?:begin|end)\s*\{subequations\}")


_FAR = re.compile(r"(\\lim\s*_\s*\{\s*)\|\s*([a-z])\s*\|(\s*\\(?:to|rightarrow)\s*)(\\infty\s*\})")
_FRACTIONAL = re.compile(
    r"(?:(\{\s*\}\s*_\s*(?:\{[^{}]{1,20}\}|[0a])\s*)I\s*_\s*(?:t|\{t\})\s*\^\s*(?:\{([^{}]{1,40})\}|(\\[a-z]+|[a-z\d]))"
    r"|(?<![A-Za-z\\}])I_t\^(?:\{([^{}]{0,20}(?:\\(?:alpha|beta|gamma|mu|nu)|/2)[^{}]{0,20})\}|(\\(?:alpha|beta|gamma|mu|nu))))"
)


def respelled(text: str) -> str:
    r"""The text with these spellings put in; any other text as it is.

    Raises :class:`ExpressionError` for ``1{,}000``, which is a thousand or one, depending on the country.
    """
    if "\\" not in text and "{" not in text:
        return text
    if "\\num" in text:
        text = _NUMBER.sub(_plain_number, text)
    if "{,}" in text:
        text = _with_points(text)
    if _LAID_OUT.search(text):
        text = _LAYOUT.sub(" ", text)
    if "subequations" in text:
        text = _WRAPPER.sub(" ", text)
    if "\\substack" in text:
        text = _STACK.sub(_one_line, text)
    if "\\lim" in text and "|" in text:
        text = _FAR.sub(r"\1\2\3\\pm\4", text)
    if "I_" in text or "I^" in text:
        text = _FRACTIONAL.sub(_as_derivative, text)
    if "rightarrow" in text and "\\x" in text:
        text = _with_condition(text)
    return text


def _as_derivative(found: re.Match[str]) -> str:
    r"""``{}_0I_t^\alpha f`` as ``{}_0D_t^{-\alpha} f``: a fractional integral is a derivative of negative order."""
    front, *orders = found.groups()
    order = next(o for o in orders if o)
    return f"{front or '{}_0'}D_t^{{-({order})}}"


def _one_line(found: re.Match[str]) -> str:
    r"""``_{\substack{a\to0\\ b\to0}}`` as ``_{a\to0, b\to0}``."""
    line = re.sub(r"\\\\(?:\s*\[[^]]{0,20}\])?", ",", found.group(1))
    return line if found.string[: found.start()].rstrip().endswith("{") else f"{{{line}}}"


def _plain_number(found: re.Match[str]) -> str:
    r"""``\num{3.2e-9}`` of siunitx as ``(3.2\cdot 10^{-9})``."""
    sign, digits, power = found.groups()
    value = sign.replace("+", "") + digits.replace(" ", "").replace(",", ".")
    return f"({value}\\cdot 10^{{{int(power)}}})" if power else f"({value})" if sign else f"{{{value}}}"


def _with_points(text: str) -> str:
    r"""``0{,}5`` as ``0.5``."""

    def point(found: re.Match[str]) -> str:
        whole, rest = found.groups()
        return found.group() if len(rest) == 3 and whole != "0" else f"{whole}.{rest}"

    text = _COMMA.sub(point, text)
    found = _SEPARATOR.search(text)
    if found is not None:
        raise fail(text, found.start(), "a comma in a number may part thousands or be a decimal point",
                   "write 1000, or 1.000")  # fmt: skip
    return text


def _with_condition(text: str) -> str:
    r"""``A \xrightarrow{t\to\infty} B`` as ``A \to B, t\to\infty``: what stands above is what the limit is taken in."""
    found = list(_ARROW.finditer(text))
    if len(found) != 1 or not _GOES.search(found[0].group(1)):
        return text
    end = _END.search(text, found[0].end())
    place = end.start() if end is not None else len(text)
    return f"{text[: found[0].start()]}\\to {text[found[0].end() : place]},\\quad {found[0].group(1)}{text[place:]}"

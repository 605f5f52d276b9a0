r"""Vectors in pasted equations of motion, written out in components: ``\dot{\mathbf r} = v_0\hat{\mathbf u} + \sqrt{2D}\boldsymbol\xi``.

In the plane a unit vector is (cos theta, sin theta); ``\hat{\mathbf u}\cdot\nabla`` is the derivative along it, the Laplacian on
the circle the second derivative by theta, and ``\int d\hat{\mathbf u}'`` an integral over all angles.
"""

from __future__ import annotations

import re

from symdiff.errors import ModelError, NotYetError
from symdiff.notation.latex import ReadingContext

AXES = ("x", "y", "z")
MAX_TEXT = 4_000
_STYLE = r"\\(?:mathbf|boldsymbol|bm|vec|bf|pmb)"
_LETTER = r"(?:[A-Za-z]|\\(?:xi|eta|zeta|Xi|omega|Omega|mu|rho)(?![A-Za-z]))"
_BOLD = rf"(?:{_STYLE}\s*(?:\{{\s*{_LETTER}\s*\}}|(?<![A-Za-z]){_LETTER}|\s{_LETTER}))"
_UNIT = (
    rf"(?:\\hat\s*(?:\{{\s*(?:{_BOLD}|[nuep])\s*\}}|{_BOLD}|\s?[nuep](?![A-Za-z]))"
    rf"|{_STYLE}\s*\{{\s*\\hat\s*\{{?\s*[nuep]\s*\}}?\s*\}}|{_STYLE}\s*(?:\{{\s*[uep]\s*\}}|\s[uep](?![A-Za-z])))"
)
_PLACE = rf"{_STYLE}\s*(?:\{{\s*[rxR]\s*\}}|\s[rxR](?![A-Za-z]))"
_RATE_OF = r"(?:\\dot\s*(?:\{{\s*(?:{0})\s*\}}|(?:{0}))|\\[dt]?frac\s*\{{\s*(?:\\mathrm\{{d\}}|d)\s*(?:{0})\s*\}}\s*\{{\s*(?:\\mathrm\{{d\}}|d)\s*t\s*\}}|(?<![A-Za-z\\])d\s*(?:{0}))(?:_t|\(t\))?"
_MOVES = re.compile(_RATE_OF.format(_PLACE) + r"\s*&?\s*=")
_MOVES_TOO = re.compile(_RATE_OF.format(_BOLD) + r"\s*&?\s*=")
_TURNS = re.compile(_RATE_OF.format(_UNIT) + r"\s*&?\s*=(?P<side>.*)", re.DOTALL)
_ANGLES = r"\\(?:theta|varphi|phi|vartheta|psi)(?![A-Za-z])"
_ARGUMENTS = re.compile(
    rf"\(\s*(?:{_PLACE})\s*,\s*(?P<unit>{_UNIT}|{_ANGLES})(?P<prime>'|\^\{{\\prime\}}|\^\\prime)?\s*(?P<time>,\s*t\s*)?\)"
)
_SPACE = re.compile(
    rf"(?:\\(?:text|mbox|mathrm)\s*\{{\s*(?:in|for|with|where)?\s*\}}\s*)?(?:{_PLACE}|{_UNIT}|{_BOLD})\s*(?:\(t\))?\s*\\in\s*(?:\\mathbb\s*\{{?\s*(?P<kind>[RS])\s*\}}?|(?P<plain>[RS]))\s*\^\s*\{{?\s*(?P<size>[1-3])\s*\}}?"
)
_SPELLED = re.compile(
    rf"{_UNIT}\s*(?:\(\s*(?:{_ANGLES}|t)\s*\))?\s*=\s*(?:\\left)?\s*[(\[]\s*\\cos\s*(?P<angle>{_ANGLES})\s*(?:\(t\))?\s*,\s*\\sin\s*{_ANGLES}\s*(?:\(t\))?\s*(?:\\right)?\s*[)\]](?:\s*\^\s*(?:\\top|\{{?\s*\\?(?:mathrm\{{)?T\s*\}}?\}}?))?"
)
_TURNED = re.compile(rf"(?:\\dot\s*\{{?\s*|d\s*|\\partial_\{{?\s*|\\partial\s*)(?P<angle>{_ANGLES})")
_SEPARATOR = re.compile(r"\\\\|,?\s*\\q?quad(?![A-Za-z])|\\(?:text|mbox)\s*\{[^{}]*\}|;|,\s*(?=\\dot|\\frac\s*\{\s*d)")
_EDGE = re.compile(r"^(?:[\s,.&]|\\[,;:! ])+|(?:[\s,.&]|\\[,;:! ])+$")
_CROSSED = re.compile(
    rf"(?P<strength>.*?)\\?(?P<noise>{_STYLE}\s*\{{?\s*\\(?:xi|eta|zeta)\s*\}}?)\s*(?:_\{{?\w\}}?)?\s*(?:\(t\))?\s*\\times\s*(?:{_UNIT})(?:\(t\))?",
    re.DOTALL,
)


def in_components(text: str, context: ReadingContext | None) -> tuple[str, tuple[str, ...]]:
    r"""The text with its vectors in components, and what was assumed; as it stands where it has none.

    Raises :class:`ModelError` where the number of dimensions, or how a direction turns, is not said.
    """
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return text, ()
    moves = _MOVES.search(text) is not None
    lives = _ARGUMENTS.search(text) is not None and re.search(_UNIT, text) is not None
    if not moves and not lives:
        return text, ()
    size = _dimension(text, context)
    plain = _SPACE.sub(" ", text)
    spelled = _SPELLED.search(plain)
    turned = spelled or _TURNED.search(plain)
    angle = turned.group("angle") if turned is not None else "\\theta"
    plain = _SPELLED.sub(" ", plain)
    directed = re.search(_UNIT, plain) is not None
    if directed and size != 2:
        raise NotYetError(f"directions in {size} dimensions are not read into a model",
                          instead="state them in a model file: [[internal]] name = \"u\", domain = \"direction\", and velocity = [\"v*u_x\", ...]")  # fmt: skip
    if lives:
        return _density_equation(plain, angle), (f"{angle.lstrip(chr(92))} is the angle of the unit vector",)
    return _motion(plain, size, angle, directed), (f"the vectors have {size} components",)


def _dimension(text: str, context: ReadingContext | None) -> int:
    if context is not None and context.dim is not None:
        return context.dim
    for m in _SPACE.finditer(text):
        return int(m.group("size")) + ((m.group("kind") or m.group("plain")) == "S")
    if _SPELLED.search(text) is not None or _TURNED.search(text) is not None:
        return 2
    raise ModelError("the vectors have a number of dimensions that is not said",
                     instead="write \\mathbf r\\in\\mathbb R^2 beside the equation, or add --context '{\"dim\": 2}'")  # fmt: skip


# --- densities -------------------------------------------------------------------------------------------------------


def _density_equation(text: str, angle: str) -> str:
    r"""``\partial_t f(\mathbf r, \hat{\mathbf u}, t) = -v \hat{\mathbf u}\cdot\nabla f + ...`` in x, y and the angle."""
    prime = r"(?:'|\^\s*\{?\s*\\prime\s*\}?)"
    on_circle = rf"(?:\\nabla|\\Delta|\\mathcal\s*\{{?\s*R\s*\}}?)\s*_\s*\{{?\s*(?:{_UNIT}|[uep])\s*\}}?"
    along = rf"(?P<unit>{_UNIT})\s*(?:\(\s*(?:{_ANGLES})\s*\))?\s*(?P<prime>{prime})?\s*\\cdot\s*(?:\\nabla(?:_\s*\{{?\s*(?:{_PLACE}|r)\s*\}}?)?|\\partial_\{{?\s*(?:{_PLACE})\s*\}}?)"
    plain = re.sub(rf"{on_circle}\s*\^\s*\{{?\s*2\s*\}}?|\\Delta_\s*\{{?\s*(?:{_UNIT})\s*\}}?|\\mathcal\s*\{{?\s*R\s*\}}?\s*\^\s*2",
                   lambda _: rf" \partial_{{{angle}}}^2 ", text)  # fmt: skip
    plain = _ARGUMENTS.sub(lambda m: f"(x,y,{angle}{chr(39) if m.group('prime') else ''},t)", plain)
    plain = re.sub(along, lambda _: rf" (\cos{angle}\partial_x + \sin{angle}\partial_y) ", plain)
    plain = re.sub(rf"\\int(?:_\{{?[^{{}}\s]*\}}?)?\s*(?:\\mathrm\{{d\}}|d)\s*(?:{_UNIT})\s*{prime}(?P<body>(?:(?!\\int).)*?\(x,y,[^()]*',t\))",
                   lambda m: rf"\int_0^{{2\pi}} {m.group('body')} d{angle}'", plain, flags=re.DOTALL)  # fmt: skip
    plain = re.sub(rf"\\int(?:_\{{?[^{{}}\s]*\}}?)?(?P<body>(?:(?!\\int).)*?)(?:\\mathrm\{{d\}}|(?<![A-Za-z\\])d)\s*(?:{_UNIT})\s*{prime}",
                   lambda m: rf"\int_0^{{2\pi}} {m.group('body')} d{angle}'", plain, flags=re.DOTALL)  # fmt: skip
    plain = re.sub(r"\\nabla\s*\^\s*\{?\s*2\s*\}?", r" (\\partial_x^2 + \\partial_y^2) ", plain)
    left = re.search(rf"{_UNIT}|{_PLACE}|\\nabla", plain)
    if left is not None:
        raise NotYetError(f"'{left.group()}' stands where it is not written out in components",
                          instead=f"write the equation in x, y and {angle}: f(x, y, {angle}, t)")  # fmt: skip
    return plain


# --- trajectories ----------------------------------------------------------------------------------------------------


def _motion(text: str, size: int, angle: str, directed: bool) -> str:
    r"""The equations of each component; the direction by its angle."""
    found: list[str] = []
    turns = (
        re.search(rf"\\dot\s*\{{?\s*{_ANGLES}|(?<![A-Za-z\\])d\s*{_ANGLES}|\\frac\s*\{{\s*d\s*{_ANGLES}", text)
        is not None
    )
    for part in filter(
        None, (_EDGE.sub("", p) for p in _SEPARATOR.split(re.sub(r"\\(?:begin|end)\{[a-z]+\*?\}|&", " ", text)))
    ):
        turning = _TURNS.match(part)
        if turning is not None:
            found.append(_turning(turning.group("side"), angle))
            turns = True
        elif _MOVES_TOO.search(part) is not None:
            found += [_component(part, axis, size, angle) for axis in range(size)]
        elif re.search(rf"{_BOLD}|{_UNIT}", part):
            raise NotYetError(f"'{part[:60]}' is not written out in components", instead="write the equations of the components: \\dot x = ..., \\dot y = ...")  # fmt: skip
        else:
            found.append(part)
    if directed and not turns:
        raise ModelError("how the direction turns is not said",
                         instead=f"write its equation beside it: \\dot{angle} = \\sqrt{{2D_r}}\\,\\eta(t)")  # fmt: skip
    return ", \\quad ".join(found)


def _turning(side: str, angle: str) -> str:
    r"""``\dot{\hat u} = \sqrt{2D_r}\boldsymbol\eta\times\hat u`` in the plane: the angle diffuses."""
    crossed = _CROSSED.fullmatch(side.strip())
    if crossed is None or re.search(rf"{_UNIT}|{_PLACE}", crossed.group("strength")):
        raise NotYetError("the motion of the unit vector is not read", instead=f"write that of its angle: \\dot{angle} = \\sqrt{{2D_r}}\\,\\eta(t)")  # fmt: skip
    return rf"\dot{{{angle}}} = {crossed.group('strength')} \eta_r(t)"


def _component(part: str, axis: int, size: int, angle: str) -> str:
    name = AXES[axis]
    vector = rf"(?:{_UNIT}|{_BOLD})"
    if re.search(
        rf"(?:\||\\[lr]?[vV]ert|\\norm|\\abs)[^|]*{vector}|{vector}\s*(?:\(\s*t\s*\))?\s*\^|{vector}\s*\\cdot", part
    ):
        raise NotYetError("lengths and products of vectors are not written out",
                          instead="write the equations of the components: \\dot x = ..., \\dot y = ...")  # fmt: skip
    noise = rf"{_STYLE}\s*(?:\{{\s*(?P<inner>\\(?:xi|eta|zeta))\s*\}}|\s?(?P<bare>\\(?:xi|eta|zeta)))(?:_\s*\{{?\s*\w+\s*\}}?)?\s*(?:\(\s*t\s*\))?"
    part = re.sub(noise, lambda m: f" {m.group('inner') or m.group('bare')}_{name}(t) ", part)
    part = re.sub(
        rf"{_STYLE}\s*(?:\{{\s*(?P<a>[WB])\s*\}}|\s(?P<b>[WB])(?![A-Za-z]))(?:_t|\(t\))?",
        lambda m: f" {m.group('a') or m.group('b')}_{name} ",
        part,
    )
    part = re.sub(
        rf"{_UNIT}(?:\(\s*(?:t|{_ANGLES})\s*\))?", lambda _: rf" \{'cos' if axis == 0 else 'sin'}{angle} ", part
    )
    part = re.sub(rf"\(\s*{_PLACE}\s*\)", lambda _: f"({','.join(AXES[:size])})", part)
    part = re.sub(
        rf"\\(?P<dots>d?dot)\s*(?:\{{\s*{_PLACE}\s*\}}|{_PLACE})(?:\(t\))?",
        lambda m: rf"\{m.group('dots')} {name}",
        part,
    )
    part = re.sub(rf"{_PLACE}(?:_t|\(t\))?", f" {name} ", part)
    moving = rf"\\(?P<dots>d?dot)\s*\{{?\s*{_STYLE}\s*(?:\{{\s*(?P<a>[A-Za-z])\s*\}}|\s?(?P<b>[A-Za-z]))\s*\}}?"
    part = re.sub(moving, lambda m: rf"\{m.group('dots')} {m.group('a') or m.group('b')}_{{{name}}}", part)
    letter = (
        rf"{_STYLE}\s*(?:\{{\s*(?P<a>{_LETTER})\s*\}}|\s?(?P<b>{_LETTER}))(?:_\{{?\s*(?P<low>[A-Za-z0-9]+)\s*\}}?)?"
    )
    part = re.sub(letter, lambda m: f" {m.group('a') or m.group('b')}_{{{(m.group('low') or '')}{name}}} ", part)
    if re.search(r"\\nabla|\\cdot\s|\\times", part):
        raise NotYetError("gradients and products of vectors in equations of motion are not written out",
                          instead="write the equations of the components: \\dot x = ..., \\dot y = ...")  # fmt: skip
    return part

"""What subscripts and superscripts mean: part of the name, arguments, a derivative, a power."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.notation.latex import commands
from symdiff.notation.latex.nodes import Fence, Leaf, Node, Row, Scripted, is_command, is_op, unwrapped
from symdiff.notation.latex.signs import Sign, label, sign_of, split_at_commas

WORDS = frozenset(  # labels that are words, above a name or below it
    {
        "eq",
        "st",
        "ss",
        "in",
        "out",
        "eff",
        "tot",
        "th",
        "ex",
        "id",
        "ref",
        "max",
        "min",
        "rev",
        "irr",
        "vac",
        "on",
        "off",
    }
)


COUNTED = frozenset("ijklmn")  # letters that number sites, and n_1, n_2 along the axes


@dataclass(frozen=True, slots=True)
class Parts:
    """A sign taken apart: the name with its labels, index arguments, derivative letters, and the power."""

    name: str
    indices: tuple[Row, ...] = ()
    derivative: tuple[tuple[str, int], ...] = ()
    power: Row | None = None
    unread: str = ""  # a script that is neither label, index nor power


@dataclass(frozen=True)
class View:
    """Which letters are indices, which bases carry them, and which letters mean a derivative below a field."""

    indices: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()  # bases whose letters below are labels after all
    raised: frozenset[str] = frozenset()  # bases with a step number above, in brackets: P^{(t+1)} beside P^{(t)}
    above: frozenset[str] = frozenset()  # bases that carry an index only where a sign stands above: k_n^+ beside k_0
    states: frozenset[tuple[str, str]] = frozenset()  # bases with the letter of a state above: P^A, P^{-\sigma}


def parts_of(sign: Sign, view: View) -> Parts:
    """The parts of ``sign``; a derivative is only a candidate: the caller knows whether the name is a field."""
    indices: list[Row] = []
    labels: list[str] = []
    derivative: tuple[tuple[str, int], ...] = ()
    unread = ""
    if sign.sub is not None:
        parts = split_at_commas(sign.sub)
        if len(parts) == 2 and not parts[0].items and (run := derivative_run(parts[1], view.letters - view.indices)):
            derivative, parts = run, ()  # u_{,xx}
        for part in parts:
            found = _index_rows(part, sign.name, view, raised=sign.sup is not None)
            run = derivative_run(part, view.letters - view.indices) if not indices and not labels else ()
            if found:
                indices.extend(found)
            elif run and part == sign.sub:
                derivative = run
            else:
                text = label(part)
                arrow = any(is_command(n, "to", "rightarrow") for n in part.items)
                shifted = any(is_op(n, "+", "-") for n in part.items)
                if (
                    text is None
                    or not part.items
                    or (
                        arrow
                        and (shifted or any(s is not None and s.name in view.indices for s in map(sign_of, part.items)))
                    )
                    or (shifted and len(side_by_side(part)) > 1)
                ):
                    unread = "subscript"
                labels.append(text or "?")
    name = sign.name + (f"_{','.join(labels)}" if labels else "")
    kind, row, text = _superscript(sign, view)
    if kind == "index" and row is not None:
        indices.append(row)
    elif kind == "label":
        name += f"^{text}"
    return Parts(name, tuple(indices), derivative, row if kind == "power" else None, unread)


def with_derivative_as_label(parts: Parts) -> Parts:
    """The same parts where the letters below are part of the name: ``D_{xx}`` is a coefficient."""
    text = "".join(letter * count for letter, count in parts.derivative)
    head, caret, tail = parts.name.partition("^")
    return Parts(f"{head}_{text}{caret}{tail}", parts.indices, (), parts.power, parts.unread)


def derivative_run(row: Row, letters: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """``xx``, ``xt``, ``6x`` as letters with counts; empty where ``row`` is something else."""
    found: list[tuple[str, int]] = []
    count = 1
    for node in row.items:
        if (
            isinstance(node, Leaf)
            and node.kind == "number"
            and node.text.isdigit()
            and count == 1
            and 1 < int(node.text[:3]) <= 20
        ):
            count = int(node.text[:3])
            continue
        sign = sign_of(node)
        if sign is None or not sign.is_bare or sign.name not in letters:
            return ()
        if found and found[-1][0] == sign.name and count == 1:
            found[-1] = (sign.name, found[-1][1] + 1)
        else:
            found.append((sign.name, count))
        count = 1
    return tuple(found) if count == 1 else ()


def index_letters(row: Row) -> tuple[str, ...]:
    """The single letters of a subscript part such as ``n``, ``nm``, ``i+1``, ``-s``; empty where it is none of these."""
    found: list[str] = []
    for node in row.items:
        if is_op(node, "+", "-", "/") or (isinstance(node, Leaf) and node.kind == "number"):
            continue
        sign = sign_of(node)
        if sign is None or sign.sup is not None or sign.dots or (len(sign.name) > 1 and sign.style == "word"):
            return ()
        number = "" if sign.sub is None else label(sign.sub) or ""
        if sign.sub is not None and (not number.isdigit() or sign.name not in COUNTED):
            return ()
        found.append(f"{sign.name}_{number}" if number else sign.name)
    return tuple(found)


def is_shifted(row: Row) -> bool:
    """``n+1``, ``j-1``, ``2n``: a letter with a number, as only an index has it."""
    items = row.items
    if len(items) >= 3 and sign_of(items[0]) is not None and is_op(items[1], "+", "-"):
        return all(is_op(n, "+", "-") or isinstance(n, (Leaf, Scripted)) for n in items[2:])
    return False


def ends_of_transition(part: Row) -> list[Row]:
    r"""The end and the start of ``i \to j``, in the order of w(j | i); empty for other subscripts."""
    place = [i for i, n in enumerate(part.items) if is_command(n, "to", "rightarrow")]
    if len(place) != 1 or not 0 < place[0] < len(part.items) - 1:
        return []
    return [Row(part.items[place[0] + 1 :], part.at), Row(part.items[: place[0]], part.at)]


def bold_site(part: Row) -> str:
    r"""The name of x in ``\mathbf{x} + \mathbf{e}_\nu``, a site and a step; empty where a subscript is something else."""
    first = sign_of(part.items[0]) if len(part.items) > 2 and is_op(part.items[1], "+", "-") else None
    return first.name if first is not None and first.style in ("bold", "vec") and first.is_bare else ""


def _index_rows(part: Row, base: str, view: View, *, raised: bool) -> list[Row]:
    """The arguments that a part of a subscript stands for; none where it is a label."""
    if base in view.labelled:
        return []
    letters = index_letters(part)
    if letters and all(letter in view.indices for letter in letters):
        return side_by_side(part)
    if letters and letters[0] in view.indices and is_shifted(part):
        return [part]
    last = len(letters) == 1 and letters[0] in ("M", "N") and (len(part.items) == 1 or is_shifted(part))
    if last and base in view.indexed and base not in view.above:
        return [part]  # a_N beside a_n: the last site
    ends = ends_of_transition(part)
    if ends and all((letters := index_letters(end)) and letters[0] in view.indices for end in ends):
        return ends
    if (site := bold_site(part)) and site in view.indices:
        return [part]
    if base in view.above and not raised:
        return []
    only_number = len(part.items) <= 2 and all(
        is_op(n, "-") or (isinstance(n, Leaf) and n.kind == "number") for n in part.items
    )
    if base in view.indexed and only_number and part.items:
        return [part]
    return []


def side_by_side(part: Row) -> list[Row]:
    r"""``ij``, ``i+1\,j``, ``ij-1`` as one row for each index; a factor, as in ``2n+1`` or ``i+2j``, stays one."""
    chunks: list[list[Node]] = []
    for n, node in enumerate(part.items):
        before = part.items[n - 1] if n else None
        joined = is_op(node, "+", "-", "/") or before is None or is_op(before, "+", "-", "/")
        number = isinstance(before, Leaf) and before.kind == "number"
        if number and not (len(chunks[-1]) > 1 and (node.gap or before.text == "1")):  # type: ignore[union-attr]
            joined = True  # a factor
        if chunks and (joined or sign_of(node) is None):
            chunks[-1].append(node)
        else:
            chunks.append([node])
    return [Row(tuple(chunk), chunk[0].at) for chunk in chunks]


def _superscript(sign: Sign, view: View) -> tuple[str, Row | None, str]:
    sup = sign.sup
    if sup is None:
        return "", None, ""
    only = unwrapped(sup)
    if isinstance(only, Leaf):
        if only.kind == "op" and only.text in "+-*":
            return "label", None, only.text
        if only.kind in ("word", "prose") or is_command(
            only,
            "ast",
            "star",
            "dagger",
            "circ",
            "parallel",
            "perp",
            "bullet",
            "uparrow",
            "downarrow",
            "rightarrow",
            "leftarrow",
        ):
            return "label", None, label(Row((only,))) or "?"
    if isinstance(only, Fence) and only.left == "(":
        letters = index_letters(only.body)
        if letters and (letters[0] in view.indices or (sign.name in view.raised and len(letters) == 1)):
            return "index", only.body, ""
        text = label(sup)
        if text is not None and not any(is_op(n, "+", "-", "/") for n in only.body.items):
            return "label", None, text
        return "power", sup, ""
    if sign.name != "e" and label(sup) in WORDS and len(sup.items) > 1:
        return "label", None, label(sup) or "?"
    if (
        len(sup.items) > 2
        and sign.name != "e"
        and all(isinstance(n, Leaf) and n.kind == "letter" and not (i and n.gap) for i, n in enumerate(sup.items))
    ):
        return "label", None, label(sup) or "?"
    if sign.name in view.levels and _is_level(sup):
        return "index", sup, ""
    if view.states and (sign.name, label(sup)) in view.states:
        return "label", None, label(sup) or "?"
    return "power", sup, ""


def _is_level(sup: Row) -> bool:
    letters = index_letters(sup)
    return len(letters) == 1 and (len(sup.items) == 1 or is_shifted(sup))


def is_ellipsis(node: Node) -> bool:
    """Whether ``node`` is one of the dots commands."""
    return isinstance(node, Leaf) and node.kind == "command" and node.text in commands.ELLIPSES

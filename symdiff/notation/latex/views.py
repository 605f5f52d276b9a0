"""Which letters below and above a symbol are indices."""

from __future__ import annotations

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import Evidence, Use
from symdiff.notation.latex.nodes import Fence, Leaf, Row, is_op, unwrapped
from symdiff.notation.latex.signs import COORDINATE_LETTERS, Sign, label, sign_at, sign_of, split_at_commas
from symdiff.notation.latex.subscripts import (
    View,
    bold_site,
    ends_of_transition,
    index_letters,
    is_shifted,
    side_by_side,
)

_INDEX_LETTERS = frozenset("ijklmn")
_STEP_LETTERS = frozenset("NM")


def plain_name(row: Row, merged: frozenset[str]) -> str:
    """The name of a row that is one variable (with primes, with a label); empty where it is more than that."""
    found = sign_at(row.items, 0, merged) if row.items else None
    if found is None or found[1] != len(row.items):
        return ""
    sign = found[0]
    if sign.sup is not None or sign.dots:
        return ""
    return sign.name + "'" * sign.primes


def view_of(evidence: Evidence, names: Names, notes: list[str]) -> View:
    """The indices of a formula, from shifts (``P_{n+1}``), sums, Kronecker deltas, time derivatives and declarations."""
    context = names.context
    time = context.time
    shifted: dict[str, set[str]] = {}
    single: dict[str, set[str]] = {}
    indices = set(context.indices)
    for use in evidence.uses:
        for part in _parts(use.sign):
            letters = index_letters(part)
            chunks = side_by_side(part) if letters else []
            if len(chunks) > 1 and any(is_shifted(c) for c in chunks) and set(letters) <= _INDEX_LETTERS:
                indices.update(letters)
                _note(notes, f"the letters {', '.join(letters)} below {use.sign.name} are read as one index each")
            elif ends := ends_of_transition(part):
                first = [le[0] for end in ends if (le := index_letters(end))]
                if len(first) == 2 and (set(first) <= _INDEX_LETTERS or any(is_shifted(end) for end in ends)):
                    indices.update(first)
                    _note(notes, f"{use.sign.name}_{{a \\to b}} is read as {use.sign.name}(b | a): from a to b")
            elif site := bold_site(part):
                shifted.setdefault(use.sign.name, set()).add(site)
            elif is_shifted(part) and letters:
                shifted.setdefault(use.sign.name, set()).add(letters[0])
            elif len(part.items) == 1 and letters:
                single.setdefault(use.sign.name, set()).update(letters)
            if letters and use.sign.name == "delta":
                indices.update(
                    le for le in letters if len(split_at_commas(use.sign.sub or part)) > 1 or len(letters) == 2
                )
            indices.update(le for le in letters if le in evidence.summed)
            if _counts(part) and (use.call is not None or (use.alone and _stands_free(letters, use, evidence))):
                indices.update(letters)
        raised = unwrapped(use.sign.sup) if use.sign.sup is not None else None
        if isinstance(raised, Fence) and raised.left == "(":
            letters = index_letters(raised.body)
            free = [
                le
                for le in letters
                if le in _INDEX_LETTERS
                and any(o.sign.name == le and not o.sign.sub for o in evidence.uses if o is not use)
            ]
            indices.update(
                le for le in letters if le in evidence.summed or (len(letters) == 1 and use.left and le in free)
            )
    indices.update(letter for letters in shifted.values() for letter in letters)
    for base, letter in sorted(_mirrored(evidence)):
        if letter not in indices:
            indices.add(letter)
            _note(notes, f"the {letter} below {base} is read as an index, since -{letter} stands there as well")
    for use in evidence.uses:  # \\dot P_{n_1, n_2}: what moves in time has numbered indices
        numbered = [index_letters(part) for part in _parts(use.sign)]
        timed = use.sign.dots > 0 or (use.direct and any(d.variable == time for d in use.diffs))
        if timed and len(numbered) > 1 and all(len(n) == 1 and "_" in n[0] for n in numbered):
            indices.update(n[0] for n in numbered)
    for use in evidence.uses:  # one index among the letters between commas makes the others indices too
        parts = [index_letters(part) for part in _parts(use.sign)]
        if len(parts) > 1 and any(part and part[0] in indices for part in parts):
            indices.update(part[0] for part in parts if len(part) == 1 and part[0].split("_")[0] in _INDEX_LETTERS)
    for use in [
        *evidence.uses,
        *evidence.uses,
    ]:  # w_{ik} under a sum over k: both letters are indices, then those of w_{ij}
        for part in _parts(use.sign):
            letters = index_letters(part)
            if (
                len(letters) == len(part.items) == 2
                and set(letters) & indices
                and set(letters) <= indices | _INDEX_LETTERS
            ):
                indices.update(letters)
    labelled = {
        base for base, letters in single.items()
        if len(letters) > 1 and base not in shifted and not letters & indices and all(le in _INDEX_LETTERS for le in letters)
    }  # fmt: skip
    labelled |= _declared_with_label(evidence, context.parameters)
    for use in evidence.uses:
        below_it = "" if use.sign.sub is None else label(use.sign.sub) or ""
        if f"{use.sign.name}_{below_it}" in context.parameters:
            continue  # v_m, declared as it stands
        if use.sign.name not in labelled:
            indices.update(_promoted(use, evidence, time, notes, frozenset(context.indices)))
    indexed = {use.sign.name for use in evidence.uses for part in _parts(use.sign)
               if (letters := index_letters(part)) and any(le in indices for le in letters)}  # fmt: skip
    unsigned = {use.sign.name for use in evidence.uses for part in _parts(use.sign) if not _has_sign_above(use.sign)
            and (letters := index_letters(part)) and any(le in indices for le in letters)}  # fmt: skip
    below = (
        COORDINATE_LETTERS
        | {time}
        | set(context.coordinates)
        | {v for v in evidence.variables if v}
        | _doubled(evidence, time)
    ) - indices
    levels = _levels(evidence, indices, notes)
    return View(
        frozenset(indices), frozenset(indexed), levels, frozenset(below), frozenset(labelled),
        _raised(evidence), frozenset(indexed - unsigned), _states(evidence, time, levels, notes),
    )  # fmt: skip


def _declared_with_label(evidence: Evidence, parameters: tuple[str, ...]) -> set[str]:
    """The k of a declared parameter ``k_m``, where every k of the formula bears the label of a declared one, although m is an index."""
    declared = {p for p in parameters if "_" in p}
    found: dict[str, bool] = {}
    for use in evidence.uses:
        if use.sign.sub is not None:
            whole = f"{use.sign.name}_{label(use.sign.sub) or '?'}"
            found[use.sign.name] = found.get(use.sign.name, True) and whole in declared
    return {base for base, every in found.items() if every}


def _has_sign_above(sign: Sign) -> bool:
    return sign.sup is not None and len(sign.sup.items) == 1 and is_op(sign.sup.items[0], "+", "-")


def _mirrored(evidence: Evidence) -> set[tuple[str, str]]:
    r"""The sigma of ``p_{n,-\sigma}`` beside ``p_{n,\sigma}``: a label has no sign."""
    plain: set[tuple[str, str]] = set()
    signed: set[tuple[str, str]] = set()
    for use in evidence.uses:
        for part in _parts(use.sign):
            letters = index_letters(part)
            if len(letters) == 1 and len(part.items) == 1:
                plain.add((use.sign.name, letters[0]))
            elif len(letters) == 1 and len(part.items) == 2 and is_op(part.items[0], "-"):
                signed.add((use.sign.name, letters[0]))
    return plain & signed


def _doubled(evidence: Evidence, time: str) -> set[str]:
    r"""The xi of ``u_{\xi\xi}`` beside ``u_\tau``: written twice below what also has the time below it."""
    runs = [(u.sign.name, [sign_of(n) for n in u.sign.sub.items]) for u in evidence.uses if u.sign.sub is not None]
    timed = {base for base, run in runs if len(run) == 1 and run[0] is not None and run[0].name == time}
    found: set[str] = set()
    for base, run in runs:
        first = run[0] if run else None
        same = first is not None and all(s is not None and s.is_bare and s.name == first.name for s in run)
        if base in timed and first is not None and same and len(run) > 1 and first.name not in _INDEX_LETTERS:
            found.add(first.name)
    return found


def _parts(sign: Sign) -> tuple[Row, ...]:
    return () if sign.sub is None else split_at_commas(sign.sub)


def _stands_free(letters: tuple[str, ...], use: Use, evidence: Evidence) -> bool:
    """Whether each of the letters is a number in the formula as well."""
    free = {other.sign.name for other in evidence.uses if other is not use and other.sign.sub is None}
    return set(letters) <= free


def _counts(part: Row) -> bool:
    """``2n``: a number times an index letter."""
    letters = index_letters(part)
    return len(part.items) == 2 and isinstance(part.items[0], Leaf) and part.items[0].kind == "number" and bool(
        set(letters) & (_INDEX_LETTERS | _STEP_LETTERS))  # fmt: skip


def _promoted(use: Use, evidence: Evidence, time: str, notes: list[str], declared: frozenset[str]) -> set[str]:
    """Letters below a symbol that moves in time, or that is defined in terms of the letter: indices too."""
    found: set[str] = set()
    timed = use.sign.dots > 0 or ((use.direct or use.averaged) and any(d.variable == time for d in use.diffs))
    names = set() if use.call is None else {f[0].name for i in range(len(use.call.items))
                                            if (f := sign_at(use.call.items, i, evidence.merged)) is not None}  # fmt: skip
    for part in _parts(use.sign):
        letters = index_letters(part)
        called_in_time = use.call is not None and use.bracket == "(" and time in names
        if (
            len(part.items) == len(letters) == 2
            and (timed or called_in_time)
            and (set(letters) <= set("ijkl") or set(letters) <= set("mn"))
        ):
            found.update(letters)
        if len(part.items) != 1 or len(letters) != 1 or letters[0] in declared:
            continue
        letter = letters[0]
        free = any(other.sign.name == letter and other.sign.sub is None for other in evidence.uses)
        if letter in _INDEX_LETTERS and (
            timed or (use.call is not None and use.bracket == "(" and (time in names or names & COORDINATE_LETTERS))
        ):
            found.add(letter)
        elif (letter in _INDEX_LETTERS and use.alone and free and use.call is None) or (
            letter in _STEP_LETTERS | _INDEX_LETTERS
            and use.call is not None
            and use.bracket == "("
            and free
            and _one_variable(use.call)
        ):
            found.add(letter)
            _note(notes, f"the {letter} below {use.sign.name} is read as an index")
    return found


def _note(notes: list[str], message: str) -> None:
    if message not in notes:
        notes.append(message)


def _one_variable(call: Row) -> bool:
    return len(call.items) == 1


def _raised(evidence: Evidence) -> frozenset[str]:
    """Bases with a step number above in brackets: ``P_n^{(t+1)}`` beside ``P_n^{(t)}``."""
    shifted: set[tuple[str, str]] = set()
    plain: set[tuple[str, str]] = set()
    for use in evidence.uses:
        raised = unwrapped(use.sign.sup) if use.sign.sup is not None else None
        if not isinstance(raised, Fence) or raised.left != "(":
            continue
        letters = index_letters(raised.body)
        if len(letters) == 1:
            found = shifted if is_shifted(raised.body) else plain if len(raised.body.items) == 1 else set()
            found.add((use.sign.name, letters[0]))
    return frozenset(name for name, _ in shifted & plain)


def _states(evidence: Evidence, time: str, levels: frozenset[str], notes: list[str]) -> frozenset[tuple[str, str]]:
    r"""Letters above a density that name its state: ``\dot P^A`` beside ``P^B``, ``P^\sigma(x, t + 1)`` beside ``P^{-\sigma}``.

    What moves in time is a density, not a power of one; a single letter that could be a number (``u^m``) must have another beside it.
    """
    above: dict[str, set[str]] = {}
    moving: dict[str, set[str]] = {}
    timed: dict[str, set[str]] = {}
    for use in evidence.uses:
        sup = use.sign.sup
        letters = index_letters(sup) if sup is not None else ()
        if sup is None or len(letters) != 1 or use.sign.name in levels or use.sign.name == "e":
            continue
        if len(sup.items) == 1 or (len(sup.items) == 2 and is_op(sup.items[0], "-")):
            text = label(sup) or ""
            above.setdefault(use.sign.name, set()).add(text)
            if use.sign.dots > 0 or (use.direct and any(d.variable == time for d in use.diffs)):
                timed.setdefault(use.sign.name, set()).add(text)
                moving.setdefault(use.sign.name, set()).add(text)
            elif use.left and use.call is not None and use.bracket == "(":
                moving.setdefault(use.sign.name, set()).add(text)
    found: set[tuple[str, str]] = set()
    for base, texts in moving.items():
        mirrored = any(f"-{text}" in above[base] for text in texts)
        several = len(texts) > 1 and not texts <= _INDEX_LETTERS | _STEP_LETTERS
        capital = any(text.isupper() and text not in _STEP_LETTERS for text in timed.get(base, ()))
        if mirrored or several or capital:
            found |= {(base, text) for text in above[base]}
            _note(notes, f"the letters above {base} are read as names of states, not as powers")
    return frozenset(found)


def _is_sited(use: Use, indices: set[str]) -> bool:
    return any((below := index_letters(part)) and below[0] in indices for part in _parts(use.sign))


def _beside_levels(evidence: Evidence, indices: set[str], found: set[str], notes: list[str]) -> set[str]:
    r"""The J of ``J_{i+1/2}^n`` in a scheme with ``u_i^{n+1}`` and ``u_i^n``: an index below, the number of the step above."""
    above = [(u.sign.name, index_letters(u.sign.sup), u) for u in evidence.uses if u.sign.sup is not None]
    numbers = {letters[0] for name, letters, _ in above if name in found and len(letters) == 1}
    others: set[str] = set()
    same = {use.sign.sub for name, _, use in above if name in found}
    for name, letters, use in above:
        sited = use.sign.sub is not None and (use.sign.sub in same or _is_sited(use, indices))
        if name not in found and sited and len(letters) == 1 and letters[0] in numbers:
            others.add(name)
            _note(notes, f"the {letters[0]} above {name} is read as the number of the step, not as a power")
    return others


def _levels(evidence: Evidence, indices: set[str], notes: list[str]) -> frozenset[str]:
    """Bases whose superscript is a time level: ``u_j^{n+1}`` beside ``u_j^n``."""
    with_step: set[str] = set()
    plain: set[str] = set()
    sure: set[str] = set()
    for use in evidence.uses:
        sup = use.sign.sup
        if sup is None:
            continue
        letters = index_letters(sup)
        if len(letters) != 1:
            continue
        if is_shifted(sup) and (_is_sited(use, indices) or not any(is_op(n, "/") for n in sup.items)):
            with_step.add(use.sign.name)
            if use.alone or _is_sited(use, indices):
                sure.add(use.sign.name)
        elif len(sup.items) == 1:
            plain.add(use.sign.name)
    found = with_step & plain & sure
    found |= _beside_levels(evidence, indices, found, notes)
    subscripted = {use.sign.name for use in evidence.uses if use.sign.sub is not None}
    for name in sorted(found - subscripted):
        notes.append(f"the superscript of {name} is read as a time level, not as a power")
    return frozenset(found)

"""The sections on claims, walk counts and the numerical cross-check."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from symdiff.dossier.counts import WalkCount
from symdiff.evidence.counting import exact_text
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import is_tall
from symdiff.notation.display.nodes import Node, Number, Power, Row, Sign
from symdiff.notation.display.one_line import in_one_line
from symdiff.report.breaking import lines_of
from symdiff.report.document import (
    BREAK,
    Block,
    Display,
    Heading,
    Inline,
    Items,
    Line,
    Math,
    Paragraph,
    Table,
)
from symdiff.report.prose import prose, say
from symdiff.report.width import printed_length
from symdiff.verification.tier import Evidence, TierResult
from symdiff.verification.verdict import Verdict

MOST_SITES = 14
MOST_IN_A_CELL = 36  # printed length of a formula
TIERS = {"exact": "exact", "pde": "PDE", "simulation": "simulation", "closure": "closure"}
SHORT_FRACTION = 9  # characters
LONG_NUMBER = 36
FORMULA_IN_TEXT = re.compile(r"∂|[₀-₉]|[α-ωℓ]")
MOST_SAID = 240  # characters of a reason that holds formulas
MOST_IN_A_LINE = 22  # printed length of a line of a claim
MOST_CONTROLS = 160  # characters of a list of wrong claims


# --- claims ---------------------------------------------------------------------------------------------------------


def claim_blocks(verdicts: tuple[Verdict, ...], style: Typography) -> list[Block]:
    """Every claim as it was read, its verdict, and why."""
    if not verdicts:
        return []
    rows: list[tuple[Line, ...]] = []
    for v in verdicts:
        expected = "" if v.as_expected is not False else f" (expected: {v.expect})"
        rows.append(
            (
                (v.id,),
                _formulas(build(e, style) for e in v.equations) if v.equations else (v.statement,),
                ("error" if v.error is not None else v.verdict + expected,),
                _reason(v, style),
            )
        )
    header: tuple[Line, ...] = (("claim",), ("as it was read",), ("verdict",), ("why",))
    return [
        Heading(1, "Claims"),
        Table(header, tuple(rows)),
        *_long_answers(verdicts, style),
        *_warnings(verdicts, style),
    ]


def _reason(v: Verdict, style: Typography) -> Line:
    if v.error is not None:
        return _unread(v.error, v.statement)
    why = (
        v.why if len(v.why) <= MOST_SAID else "; ".join(re.sub(r": derived .*", "", part) for part in v.why.split("; "))
    )
    line: list[Inline] = list(say(why, style)) if why else []
    wrong = v.witness if v.verdict == "refuted" else v.elsewhere if v.in_found_limits_alone else None
    if wrong is None:
        return tuple(line)
    if wrong.correct is not None:
        right = build(wrong.correct, style)
        line += [" Right is ", *_short(right), " (", *prose(wrong.name, style), ")."]
    if wrong.ratio is not None:
        line += [" The claim is ", *_short(build(wrong.ratio, style)), " times that."]
    if wrong.mend:
        line += [" ", *say(wrong.mend, style)]
    if wrong.left or wrong.right:
        at = ", ".join(f"{n} = {x}" for n, x in wrong.witness)
        if "the ratio of the sides depends on" in v.why + wrong.why and wrong.right == "0":
            text = f"{'At ' + at + ': ' if at else ''}the slope of left over right, times right squared, is {_decimal(wrong.left)}, not 0"
            return (*line, " ", *say(text, style))
        numbers = re.sub(r"(?<![A-Za-z])oo(?![A-Za-z])", "∞", " against ".join(_apart(wrong.left, wrong.right)))
        line += [" ", *say(f"{'At ' + at + ': ' if at else ''}{numbers}", style)]
    return tuple(line)


def _unread(error: tuple[str, str, str], statement: str) -> Line:
    """Where a claim cannot be read, why, and what to write instead, in words."""
    where, message, instead = error
    column = re.search(r"column \d+", where)
    said = f"{column[0]} of ‘{statement}’: {message}" if column else message
    stop = "" if said.endswith((".", "?", "!")) else "."
    return (said[0].upper() + said[1:] + stop + (f" Instead: {instead}." if instead else ""),)


def _apart(left: str, right: str) -> tuple[str, str]:
    """Two numbers that differ, each short enough to read and long enough to tell them apart."""
    for digits in range(6, 18, 2):
        shown = _decimal(left, digits), _decimal(right, digits)
        if shown[0] != shown[1]:
            return shown
    return left, right


def _decimal(value: str, digits: int = 6) -> str:
    """A short fraction and a whole number as they are; what is longer to this number of digits."""
    if not re.fullmatch(r"-?\d+(/\d+|\.\d+(e[-+]?\d+)?)", value) or ("/" in value and len(value) <= SHORT_FRACTION):
        return value
    return f"{float(Fraction(value)):.{digits}g}"


def _short(node: Node) -> Line:
    """A formula that fits into a cell, or where to find it."""
    return ("what stands below",) if _stands_below(node) else (Math(in_one_line(node)),)


def _stands_below(node: Node) -> bool:
    return printed_length(node) > MOST_IN_A_CELL or is_tall(in_one_line(node))


def _long_answers(verdicts: tuple[Verdict, ...], style: Typography) -> list[Block]:
    """What is right, and the ratio, where they are too long for the table."""
    blocks: list[Block] = []
    for v in verdicts:
        for equation in v.equations:
            claimed = build(equation, style)
            if _too_wide(lines_of(claimed, MOST_IN_A_LINE)):
                blocks += [Paragraph((f"Claim ‘{v.id}’ as it was read",)), Display(claimed)]
        wrong = v.witness if v.verdict == "refuted" else v.elsewhere if v.in_found_limits_alone else None
        for name, value in (
            ("right is", wrong and wrong.correct),
            ("the claim over what is right is", wrong and wrong.ratio),
        ):
            node = None if value is None else build(value, style)
            if node is not None and _stands_below(node):
                blocks += [Paragraph((f"Claim ‘{v.id}’: {name}",)), Display(node)]
    return blocks


def _noted(warning: str, style: Typography) -> Line:
    """A warning; the user's LaTeX in it stands as it was typed."""
    if "\\" in warning:
        return (f"{warning}.",)
    line = say(warning, style)
    first, *rest = line
    return (first[0].lower() + first[1:] if isinstance(first, str) else first, *rest)


def _too_wide(lines: Sequence[tuple[Node | None, Node]]) -> bool:
    return any(
        printed_length(rest) + (printed_length(left) if left else 0) > MOST_IN_A_LINE + 8 for left, rest in lines
    )


def _formulas(nodes: Iterable[Node]) -> Line:
    parts: list[Inline] = []
    for node in nodes:
        lines = lines_of(node, MOST_IN_A_LINE)
        if _too_wide(lines):
            parts += [*([BREAK] if parts else []), "stands below"]
            continue
        for n, (left, rest) in enumerate(lines):
            shown = (
                Row((*left.items, *(rest.items if isinstance(rest, Row) else (rest,))))
                if isinstance(left, Row)
                else rest
            )
            parts += ([BREAK] if parts else []) + [*(["\u2003"] if n else []), Math(shown)]
    return tuple(parts)


def _warnings(verdicts: tuple[Verdict, ...], style: Typography) -> list[Block]:
    lines: list[Line] = [(f"{v.id}: ", *_noted(w, style)) for v in verdicts for w in v.warnings]
    return [Paragraph(("What the reading of the claims took for granted:",)), Items(tuple(lines))] if lines else []


# --- counts ---------------------------------------------------------------------------------------------------------


def count_blocks(found: WalkCount | None, style: Typography) -> list[Block]:
    """The endpoint law of a few steps."""
    if found is None:
        return []
    rows: list[tuple[Line, ...]] = []
    known = any(row.probability is not None for row in found.rows)
    reached = [
        r for r in found.rows if known or r.walks != 0
    ]  # without probabilities a site that no walk reaches says nothing
    for row in reached[:MOST_SITES]:
        cells: tuple[Line, ...] = ((_site(row.site),), (_number(exact_text(row.walks)),))
        chance = "" if row.probability is None else _number(exact_text(row.probability))
        rows.append((*cells, (chance,)) if known else cells)
    units = ", ".join(dict.fromkeys(str(s) for s in found.spacings))
    where = f"Sites in units of {units}" if units else "Sites in multiples of the primitive vectors"
    note = f"{where}. Method: {found.method}. Checked by: {found.checked_by.replace('(sum of weights)^n', 'the n-th power of the sum of weights')}."
    if any(row.walks == 0 and row.probability for row in reached[:MOST_SITES]):
        note = f"A walk is counted where every step is a jump; the probability has the rests in it as well. {note}"
    if len(reached) > len(rows):
        note = f"The first {len(rows)} of {len(reached)} sites. {note}"
    header: tuple[Line, ...] = (("site",), ("walks",), ("probability",))
    return [
        Heading(1, "Exact walk counts"),
        Paragraph((f"Walks of {found.n} steps; in all {exact_text(found.total)}.",)),
        Table(header if known else header[:2], tuple(rows), say(note, style)),
    ]


def _site(site: tuple[int | str, ...]) -> str:
    """(i, j):A as ``count --to`` has it."""
    entries = [str(c).replace("-", "−") for c in site if isinstance(c, int)]
    state = "".join(f":{c}" for c in site if not isinstance(c, int))
    return (entries[0] if len(entries) == 1 else f"({', '.join(entries)})") + state


def _number(text: str) -> str:
    """An exact number, or six of its digits where it is too long for a column."""
    return text if len(text) <= LONG_NUMBER else f"≈ {float(Fraction(text)):.6g}".replace("e-", "·10^-")


# --- cross-check ----------------------------------------------------------------------------------------------------


def evidence_blocks(evidence: Evidence | None, why: str, style: Typography) -> list[Block]:
    """The tiers of the cross-check with their numbers and negative controls."""
    blocks: list[Block] = [Heading(1, "Numerical cross-check")]
    if evidence is None:
        return [*blocks, Paragraph(say(f"not run: {why}", style))]
    run = [r for r in evidence.tiers if r.applies]
    if run:
        header: tuple[Line, ...] = (("tier",), ("regime",), ("predicted",), ("measured",), ("resolves",), ("passed",))
        several = len({r.quantity for r in run if r.quantity}) > len({r.tier for r in run if r.quantity})
        note = "Resolves: the smallest relative error of a coefficient (in the simulation: of a rule) that this run would have seen."
        if any(r.measured is None and r.passed for r in run):
            note += " With a dash no difference was seen, and no power could be measured."
        kinds = list(dict.fromkeys((r.tier, r.quantity) for r in run))
        marks = {kind: f" ({n})" if several else "" for n, kind in enumerate(kinds, 1)}
        blocks.append(Table(header, tuple(_tier(r, marks[r.tier, r.quantity], style) for r in run), (note,)))
    lines: list[Line] = [
        say(f"{TIERS[tier]} tier{marks[tier, quantity]}: {quantity}", style)
        for tier, quantity in dict.fromkeys((r.tier, r.quantity) for r in run if r.quantity)
    ]
    lines += _numbers_of(run, style)
    left_out: dict[tuple[str, str], list[str]] = {}
    for r in evidence.tiers:
        name = f"{TIERS[r.tier]} tier{' in ' + r.regime if r.regime else ''}"
        if not r.applies:
            left_out.setdefault((TIERS[r.tier], r.why), []).append(r.regime)
            continue
        if r.passed is not True or r.tier == "closure":  # the badge is the finding
            lines.append(say(f"{name}: {r.why}", style))
        if r.negative_control is not None:
            lines.append(_told(_control(name, r), style))
    for (tier, reason), regimes in left_out.items():
        names = list(dict.fromkeys(regimes))
        where = f" in {', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]}" if all(regimes) else ""
        apart = "" if reason.startswith("not run") else "does not apply; "
        lines.append(say(f"{tier} tier{where}: {apart}{reason}", style))
    return [*blocks, Items(tuple(lines))]


def _plain_number(value: str) -> str:
    """2541/1000 as 2.541, 1/7 as it is, 0.142857142857 to six digits."""
    top, _, bottom = value.partition("/")
    if bottom and re.fullmatch(r"-?\d+", top) and bottom.isdigit() and 10**6 % int(bottom) == 0:
        return f"{int(top) / int(bottom):.12g}"
    return _decimal(value)


def equal(name: str, value: str, style: Typography) -> Math:
    """A parameter and its number."""
    top, _, bottom = value.lstrip("-").partition("/")
    number: list[Node] = [Sign("−")] if value.startswith("-") else []
    number += [Number(top), Sign("/"), Number(bottom)] if bottom else [Number(top)]
    return Math(Row((style.name(name), Sign("="), Row(tuple(number)))))


def _numbers_of(run: Sequence[TierResult], style: Typography) -> list[Line]:
    """The values of the parameters at which tiers ran; one line for those that share them."""
    shared: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for r in run:
        values = dict(r.details).get("values")
        if isinstance(values, dict) and values:
            pairs_ = tuple((key, _plain_number(str(v))) for key, v in sorted(values.items()))
            shared.setdefault(pairs_, []).append(TIERS[r.tier])
    lines: list[Line] = []
    for pairs, tiers in shared.items():
        parts: list[Inline] = []
        for key, value in pairs:
            parts += [", " if parts else "", equal(key, value, style)]
        who = " and ".join(dict.fromkeys(tiers))
        lines.append((f"Numbers of the {who} tier: " if len(shared) > 1 else "Numbers: ", *parts, "."))
    return lines


def _told(text: str, style: Typography) -> Line:
    """A sentence of parts; one with a formula that is printed already stands as it is, its letters are not set once more."""
    if not FORMULA_IN_TEXT.search(text):
        return say(text, style)
    parts: list[Inline] = []
    for part in re.split(r"(?<=; )", f"{text[0].upper()}{text[1:]}."):
        parts += [part] if FORMULA_IN_TEXT.search(part) else prose(part, style)
    return tuple(parts)


def _control(name: str, r: TierResult) -> str:
    control = r.negative_control
    assert control is not None
    number = len(control.claims)
    if not number:
        return f"{name}: nothing could be varied, so that no negative control was made"
    listed = "; ".join(_together(control.claims))
    if len(listed) > MOST_CONTROLS and all(" times " in claim for claim in control.claims):
        factors = list(dict.fromkeys(claim.rpartition(" times ")[2] for claim in control.claims))
        what = (
            "coefficients"
            if all(claim.startswith("coefficient") for claim in control.claims)
            else "numbers in the rules"
        )
        listed = f"every one of {len(_together(control.claims))} {what} times {' and '.join(factors)}"
    claims_ = f"{number} deliberately wrong claim{'' if number == 1 else 's'} ({listed})"
    outcome = (
        "all rejected, as they must be"
        if control.rejected
        else f"NOT told apart: {'; '.join(map(_spoken, control.missed))}"
    )
    return f"negative control of the {name}: {claims_}: {outcome}"


def _spoken(name: str) -> str:
    """A wrong claim without the keys of the model file: jump 2 for [[jumps]] 2."""
    return re.sub(r"\[\[(jump|reaction)s\]\] ", r"\1 ", name)


def _together(names: tuple[str, ...]) -> list[str]:
    """Claims that differ in their factor only, in one."""
    factors: dict[str, list[str]] = {}
    for name in names:
        subject, _, factor = _spoken(name).partition(" times ")
        factors.setdefault(subject, []).append(factor)
    found = []
    for subject, several in factors.items():
        if len(several) == 2 and several[0].replace("+", "-") == several[1]:
            several = [several[0].replace("+", "±")]
        found.append(f"{subject} times {' and '.join(several)}" if several != [""] else subject)
    return found


def steeper(r: TierResult) -> bool:
    """Whether a difference falls by a higher power than the one that it has to have at least."""
    return r.tier == "exact" and None not in (r.predicted, r.measured) and r.measured > r.predicted + 0.1  # type: ignore[operator]


def _tier(r: TierResult, mark: str, style: Typography) -> tuple[Line, ...]:
    passed = {True: "yes", False: "NO", None: "inconclusive"}[r.passed]
    predicted = _figures(r.predicted)
    predicted = ("≥ ", *predicted) if steeper(r) else predicted
    measured = _figures(r.measured)
    if r.measured is not None and r.uncertainty:
        measured = (*measured, " ± ", *_figures(r.uncertainty))
    numbers = (predicted, measured, _figures(r.smallest_detectable_error))
    return ((TIERS[r.tier] + mark,), prose(r.regime, style) or ("all",), *numbers, (passed,))


def _figures(value: float | None) -> Line:
    """A measured number to four figures (small and large ones to two), with a power of ten where it needs one."""
    if value is None:
        return ("–",)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return (f"{value:.4g}".replace("-", "−"),)
    if not math.isfinite(value):
        return (str(value),)
    digits, _, exponent = f"{value:.1e}".partition("e")
    power = Row((Sign("−"), Number(str(-int(exponent))))) if int(exponent) < 0 else Number(str(int(exponent)))
    return (Math(Row((Number(digits), Sign("×"), Power(Number("10"), power)))),)

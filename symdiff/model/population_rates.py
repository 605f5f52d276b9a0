"""Whether the rates of a population take away only individuals that are there."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdiff.model.boundary import Boundary
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump

MAX_TAKEN = 20  # individuals at once; of more the first ones are looked at


def check_taken(
    jumps: Sequence[Jump], coordinates: Sequence[str], boundaries: Sequence[Boundary], place: Place
) -> None:
    """Refuse a jump by -m whose rate does not vanish where fewer than m individuals are left; walls below lift it.

    Raises :class:`symdiff.errors.ModelError` with the rate that is left.
    """
    for n, name in enumerate(coordinates):
        symbol = sp.Symbol(name, real=True)
        walled = any(side.gap.has(symbol) for b in boundaries for side in b.domain)
        for jump in jumps:
            taken = jump.displacement[n] if jump.displacement else sp.Integer(0)
            if taken.is_integer is False:
                where, _ = _labelled(jump, place)
                raise where.fail(f"{name} counts individuals, and a jump changes it by {taken}", "write a whole number")
            if walled or jump.law is not None or jump.region is not None or not (taken.is_Integer and taken < 0):
                continue
            for left in range(min(-int(taken), MAX_TAKEN)):
                rest = jump.intensity.xreplace({symbol: sp.Integer(left)})
                if rest.has(sp.nan, sp.zoo, sp.oo) or sp.cancel(rest) == 0:
                    continue
                where, key = _labelled(jump, place)
                raise where.fail(
                    f"{-taken} of {name} {'is' if taken == -1 else 'are'} taken away at the rate {sp.sstr(sp.factor(rest))} where "
                    f"{'none is' if not left else f'only {left} is' if left == 1 else f'only {left} are'} left",
                    f"let the {key} vanish there, as {_example(name, -int(taken))} does, or state a wall: "
                    f'[[boundaries]] domain = "{name} >= 0"')  # fmt: skip


def _example(name: str, taken: int) -> str:
    return f"a multiple of {'*'.join([name, *(f'({name} - {k})' for k in range(1, taken))][:3])}"


def _labelled(jump: Jump, place: Place) -> tuple[Place, str]:
    kind, _, number = jump.label.partition(" ")
    section = kind.strip("[]")
    if section in ("jumps", "reactions") and number.split(" ")[0].isdigit():
        return place.at(section, int(number.split(" ")[0]) - 1), "rate"
    return place.at("jumps"), "rate"

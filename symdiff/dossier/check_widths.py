"""``x ~ t^(1/alpha)``: a coordinate that stands for the typical width of the law, or for its mean where there is a drift."""

from __future__ import annotations

from functools import partial

from symdiff.algebra.equality import Answer
from symdiff.dossier.comparing import Arena
from symdiff.dossier.late_growth import late_growth, surely_positive
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

MEAN = "the coordinate is taken for its mean"
TYPICAL = "the coordinate is taken for the typical width of the law"


def typical_width(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """Compare the power of t with half of the scaling exponent, times the power of the coordinate."""
    model = arena.model
    variables = set(model.coordinate_symbols)
    width, other = (
        (relation.left, relation.right) if relation.left.free_symbols & variables else (relation.right, relation.left)
    )
    _, power = width.as_base_exp()
    try:
        exponent = resolver.quantities.value("scaling_exponent")
        grown = late_growth(resolver.resolve(other), model.time, partial(surely_positive, model))
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    if grown is None:
        return RegimeVerdict("", UNDECIDED, (), "the other side is no power of t at late times")
    derived = (("scaling exponent of x^2", exponent),)
    try:
        mean = late_growth(
            resolver.quantities.moment(model.coordinate_symbols[0]), model.time, partial(surely_positive, model)
        )
    except MissingQuantityError:
        mean = None
    if mean is not None and mean[1] != 0 and arena.equal(power * mean[0], grown[0]).answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, MEAN, reservation=MEAN)
    answer = arena.equal(power * exponent / 2, grown[0])
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, TYPICAL, reservation=TYPICAL)
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "the exponents could not be compared")
    why = f"the typical width goes as t**({exponent / 2})"
    return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)

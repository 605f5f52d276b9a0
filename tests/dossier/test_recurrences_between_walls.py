"""Recurrences of walks between walls, and to other sites of biased steps: against counts site by site; forged proofs; refusals."""

from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import islice

import pytest

from symdiff.dossier.recurrences import recurrence_document, recurrence_model
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StepSet
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.recurrence import recurrence
from symdiff.evidence.counting.steps import one_state
from symdiff.model.loading import load_text

Site = tuple[int, ...]
LINE = [(1,), (-1,)]
SQUARE = [(1, 0), (-1, 0), (0, 1), (0, -1)]
DIAGONAL = list(itertools.product((-1, 1), repeat=2))
KING = [v for v in itertools.product((-1, 0, 1), repeat=2) if any(v)]
CUBIC = [tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)]
TANDEM = [(1, 0), (-1, 1), (0, -1)]
FORK = [(0, 1), (1, -1), (-1, -1)]
QUADRANT = ("x >= 0", "y >= 0")


def text(steps: list[Site], walls: tuple[str, ...], kind: str = "absorbing", more: str = "") -> str:
    """A model file of bare steps between walls."""
    names = ["x", "y", "z"][: len(steps[0])]
    jumps = [[str(v) for v in s] for s in steps]
    lines = [f"[model]\ncoordinates = {names}\n[[jumps]]\ndisplacements = {jumps}\nweight = 1\n"]
    lines += [f'[[boundaries]]\ndomain = "{w}"\nkind = "{kind}"\n{more}\n' for w in walls]
    return "".join(lines).replace("'", '"')


def inside(walls: tuple[str, ...], site: Site) -> bool:
    """Walls written as sums of coordinates >= a number, by hand."""
    place = dict(zip("xyz", site, strict=False))
    return all(_side(w, place) for w in walls)


def _side(wall: str, place: dict[str, int]) -> bool:
    left, right = wall.split(" >= ")
    a, _, b = left.partition(" - ")
    return place[a] - (place[b] if b else 0) >= int(right)


def brute(
    steps: list[Site], walls: tuple[str, ...], start: Site, n: int, rule: str = "absorbing"
) -> list[dict[Site, int]]:
    """One dictionary per number of steps."""
    layer, found = {start: 1}, []
    for _ in range(n + 1):
        found.append(layer)
        following: dict[Site, int] = {}
        for site, number in layer.items():
            for s in steps:
                there = tuple(a + b for a, b in zip(site, s, strict=True))
                if not inside(walls, there):
                    if rule == "absorbing":
                        continue
                    there = site if rule == "stay" else tuple(-a if a < 0 else a for a in there)
                following[there] = following.get(there, 0) + number
        layer = following
    return found


CASES = [  # steps, walls, start, end (None: any)
    (LINE, ("x >= 0",), (0,), (0,)), (LINE, ("x >= 0",), (2,), None), (LINE, ("x >= -3",), (1,), (4,)),
    (SQUARE, QUADRANT, (0, 0), (0, 0)), (SQUARE, QUADRANT, (1, 2), (2, 1)), (SQUARE, QUADRANT, (0, 0), None),
    (DIAGONAL, QUADRANT, (0, 0), None), (KING, QUADRANT, (0, 0), (0, 0)), (KING, QUADRANT, (0, 0), None),
    (SQUARE, ("y >= 0", "x - y >= 0"), (0, 0), (0, 0)), (TANDEM, QUADRANT, (0, 0), (0, 0)), (TANDEM, QUADRANT, (1, 1), (2, 0)),
    (CUBIC, ("z >= 0",), (0, 0, 0), None),
    # walls that exchange one step with several, alone and beside a mirror
    (FORK, QUADRANT, (0, 0), (0, 0)), ([(-a, -b) for a, b in FORK], QUADRANT, (0, 0), (0, 0)),
    ([(1, 1), (-1, 1), (0, -1)], ("y >= 0",), (0, 0), (0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "walls", "start", "end"), CASES)
def test_walks_between_absorbing_walls_against_counts(
    steps: list[Site], walls: tuple[str, ...], start: Site, end: Site | None
) -> None:
    found = recurrence_model(load_text(text(steps, walls)), end, start, None, any_end=end is None).found
    assert found.holds()
    expected = [sum(layer.values()) if end is None else layer.get(end, 0) for layer in brute(steps, walls, start, 16)]
    assert list(islice(found.terms(), 17)) == expected
    assert any(expected)


@pytest.mark.parametrize("rule", ["stay", "mirror"])
@pytest.mark.parametrize(("steps", "start", "end"), [(LINE, (0,), (2,)), (SQUARE, (0, 1), (1, 0))])
def test_walks_between_reflecting_walls_against_counts(rule: str, steps: list[Site], start: Site, end: Site) -> None:
    walls = QUADRANT[: len(start)]
    model = load_text(text(steps, walls, "reflecting", f'rejected = "{rule}"'))
    found = recurrence_model(model, end, start, None).found
    expected = [layer.get(end, 0) for layer in brute(steps, walls, start, 16, rule)]
    assert list(islice(found.terms(), 17)) == expected
    assert found.holds()
    assert any(expected)


@pytest.mark.parametrize(("weights", "site"), [((3, 1, 2, 5), (3, 2)), ((2, 3, 1, 1), (4, 0)), ((1, 1, 2, 2), (1, 2))])
def test_other_sites_of_biased_steps_against_counts(weights: tuple[int, ...], site: Site) -> None:
    steps = StepSet.from_steps(SQUARE, list(weights))
    found = recurrence(steps, site)
    expected = [layer.get((site, 0), 0) for layer in layers(one_state(steps), 20, {((0, 0), 0): 1})]
    assert list(islice(found.terms(), 21)) == expected
    assert found.holds()


def test_forged_proofs_of_walks_between_walls_are_rejected() -> None:
    found = recurrence_model(load_text(text(SQUARE, QUADRANT)), (0, 0), (0, 0), None).found
    (t, f), *rest = found.targets
    assert len(rest) == 3
    assert not replace(found, targets=((t, -f), *rest)).holds()
    assert not replace(found, targets=tuple(rest)).holds()
    biased = recurrence(StepSet.from_steps(SQUARE, [3, 1, 2, 5]), (1, 0))
    (g, scales), *maps = biased.maps
    assert not replace(biased, maps=((g, tuple(2 * k for k in scales)), *maps)).holds()


def test_the_document_names_the_images() -> None:
    found = recurrence_model(load_text(text(LINE, ("x >= 0",))), None, None, 10)
    document = recurrence_document(found)
    assert document["counts"] == [{"site": [0], "walks": "42"}]  # the fifth Catalan number
    assert document["proof"]["targets"] == [
        {"displacement": [-2], "factor": "-1"},
        {"displacement": [0], "factor": "1"},
    ]
    assert document["asymptotic"]["factor_from"] == "the numbers"
    assert document["asymptotic"]["power"] == "-3/2"


@pytest.mark.parametrize(
    ("model", "end", "reason"),
    [
        (text([(1, 0), (-1, 0), (1, 1), (-1, -1)], QUADRANT), (0, 0), "no mirrors of the steps"),  # Gessel's walks
        (text([(1, 1), (-1, 0), (0, -1)], QUADRANT), (0, 0), "no mirrors of the steps"),  # Kreweras' walks
        (text(SQUARE, QUADRANT, "reflecting"), None, "power of the sum"),
    ],
)
def test_what_is_no_mirror_is_refused(model: str, end: Site | None, reason: str) -> None:
    with pytest.raises(NotYetError, match=reason):
        recurrence_model(load_text(model), end, None, None, any_end=end is None)


def test_a_search_that_would_take_minutes_is_refused_at_once() -> None:
    fcc = [v for v in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, v)) == 2]
    model = load_text(text(fcc, ("x >= 0", "y >= 0", "z >= 0")))
    with pytest.raises(NotYetError, match="different images"):
        recurrence_model(model, None, (1, 2, 2), None, any_end=True)


def test_an_end_outside_of_the_walls_is_refused() -> None:
    with pytest.raises(UsageError, match="outside"):
        recurrence_model(load_text(text(LINE, ("x >= 0",))), (-1,), None, None)


def test_states_between_walls_are_refused() -> None:
    """A persistent walker on the half-line: the reason, not a fault."""
    arcs = [("r", "r", 1), ("r", "l", -1), ("l", "l", -1), ("l", "r", 1)]
    jumps = [f'[[jumps]]\nfrom = "{a}"\nto = "{b}"\ndisplacement = ["{s}"]\nprobability = "1/2"\n' for a, b, s in arcs]
    head = '[model]\ncoordinates = ["x"]\nstates = ["r", "l"]\ntime_step = 1\n'
    model = load_text(head + "".join(jumps) + '[[boundaries]]\ndomain = "x >= 0"\nkind = "absorbing"\n')
    for to, any_end in ((None, False), ((2, "l"), False), ((2,), False), (None, True)):
        with pytest.raises(NotYetError, match="internal states"):
            recurrence_model(model, to, (0, "r"), None, any_end=any_end)

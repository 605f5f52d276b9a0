"""What a change of the statement must do to the result: rotations, gauges, copies, reductions. Each holds to the fourth order."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.model.jump_model import JumpModel

NAMES = {"h": "positive", "tau": "positive", "p": "0 < p < 1", "g": "positive"}
h, p = sp.Symbol("h", positive=True), sp.Symbol("p", positive=True)


def rate_of(jumps: list[dict], **more: object) -> tuple[sp.Expr, dict[str, sp.Symbol]]:
    """The growth rate of a mode, kept and discarded terms, and the symbols in it."""
    model = JumpModel(**{"parameters": NAMES, "coordinates": ["x"], "jumps": jumps} | more)
    rate = derive_regime(model, LONG_WAVE, 4).growth_rate
    return rate, {s.name: s for s in rate.free_symbols}


def equal(a: sp.Expr, b: sp.Expr) -> bool:
    return sp.cancel(sp.expand(sp.together(a - b))) == 0


STEPS = [((1, 0), "1/3"), ((0, 1), "p/3"), ((-1, -1), "1/4")]


def test_a_rotated_walk_has_the_rotated_rate() -> None:
    """A turn by the angle whose sine is 4/5: s'(k) = s(R^T k)."""

    def walk(turn: bool) -> tuple[sp.Expr, dict[str, sp.Symbol]]:  # fmt: skip
        rows = [
            (f"(3*{a} - 4*{b})*h/5", f"(4*{a} + 3*{b})*h/5") if turn else (f"{a}*h", f"{b}*h") for (a, b), _ in STEPS
        ]
        return rate_of([{"displacement": list(r), "probability": w} for r, (_, w) in zip(rows, STEPS, strict=True)],
                       coordinates=["x", "y"], time_step="tau")  # fmt: skip

    (plain, names), (turned, _) = walk(False), walk(True)
    kx, ky = names["k_x"], names["k_y"]
    back = plain.xreplace({kx: (3 * kx + 4 * ky) / 5, ky: (3 * ky - 4 * kx) / 5})
    assert equal(back, turned)


def test_where_the_sublattices_are_drawn_changes_nothing() -> None:
    """Bonds of an alternating chain from A to B moved by +1/3, those back by -1/3."""

    def chain(gauge: str) -> sp.Expr:  # fmt: skip
        return rate_of(
            [{"from": a, "to": b, "displacement": f"({d})*h + ({s}{gauge})*h", "probability": w}
             for a, b, d, s, w in (("A", "B", 1, "", "p"), ("A", "B", -1, "", "1/5"), ("B", "A", -1, "-", "1/2"), ("B", "A", 1, "-", "p/2"))],
            states=["A", "B"], time_step="tau", parameters=NAMES | {"p": "0 < p < 1/2"})[0]  # fmt: skip

    assert equal(chain("0"), chain("1/3"))


def test_two_copies_of_a_line_are_the_sum() -> None:
    jumps = [{"displacement": "h", "rate": "g"}, {"displacement": "-2*h", "rate": "g*p"}]
    line, names = rate_of(jumps)
    flat = [{**j, "displacement": [j["displacement"], "0"]} for j in jumps]
    flat += [{**j, "displacement": ["0", j["displacement"]]} for j in jumps]
    plane, both = rate_of(flat, coordinates=["x", "y"])
    assert equal(plane, sum(line.xreplace({names["k"]: both[k]}) for k in ("k_x", "k_y")))


def test_a_walk_with_equal_chances_has_no_odd_terms_and_is_the_persistent_one_at_one_half() -> None:
    simple = rate_of([{"displacements": ["h", "-h"], "probability": "1/2"}], time_step="tau")[0]
    biased, names = rate_of(
        [{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}], time_step="tau"
    )
    assert equal(biased.xreplace({names["p"]: sp.Rational(1, 2)}), simple)
    states = [
        ("right", "right", "h", "p"),
        ("left", "left", "-h", "p"),
        ("right", "left", "-h", "1 - p"),
        ("left", "right", "h", "1 - p"),
    ]
    jumps = [{"from": a, "to": b, "displacement": d, "probability": w} for a, b, d, w in states]
    persistent, names = rate_of(jumps, states=["right", "left"], time_step="tau")
    assert equal(persistent.xreplace({names["p"]: sp.Rational(1, 2)}), simple)
    halves = [{**j, "probability": "1/2"} for j in jumps]  # the switching has the eigenvalue -1: its blocks fall apart
    assert equal(rate_of(halves, states=["right", "left"], time_step="tau")[0], simple)


def test_another_unit_of_time_scales_the_rate() -> None:
    jumps = [{"displacement": "h", "rate": "g"}, {"displacement": "-2*h", "rate": "g*p"}]
    slower = [{**j, "rate": f"({j['rate']})/7"} for j in jumps]
    assert equal(rate_of(jumps)[0], 7 * rate_of(slower)[0])


def test_switching_that_falls_into_blocks_keeps_the_sixth_order() -> None:
    """Hexagonal close packing: M - r l is diagonal there; confirmed by the second route to the sixth derivative."""
    from symdiff.dossier.gallery import load

    assert derive_regime(load("hexagonal_close_packed"), LONG_WAVE, 6).confirmation.digits > 0

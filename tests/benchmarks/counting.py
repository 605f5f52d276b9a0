"""Exact counting beside the usual ways, in one run: run as a script, a table in Markdown is printed.

    python tests/benchmarks/counting.py            # half a minute: n = 100 in the plane, other problems below it
    python tests/benchmarks/counting.py --laws     # only the laws in the plane, n = 300: minutes, nearly all of them the dictionary's
    python tests/benchmarks/counting.py --full     # these, the other problems, and self-avoiding walks
    python tests/benchmarks/counting.py --power    # only the law with its checks beside flint's bare power, from one step on

CPU seconds, checks included on our side. All ways count the same law, and the laws are compared. Nothing is asserted about
time. Needs python-flint and numba (the extra ``fast``); what is missing is left out.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symdiff import counting
from symdiff.counting import StepSet

PLANE = {
    "square": [(1, 0), (-1, 0), (0, 1), (0, -1)],
    "triangular": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)],
    "king": [s for s in itertools.product((-1, 0, 1), repeat=2) if any(s)],
}
CUBIC = [tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)]
HONEYCOMB = [("A", "B", s, 1) for s in ((0, 0), (-1, 0), (0, -1))] + [
    ("B", "A", s, 1) for s in ((0, 0), (1, 0), (0, 1))
]
DIAMOND = [("A", "B", (-a, -b, -c), 1) for a, b, c in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
DIAMOND += [("B", "A", (-a, -b, -c), 1) for _, _, (a, b, c), _ in DIAMOND]
PERSISTENT = [("r", "r", 1, 2), ("r", "l", -1, 1), ("l", "l", -1, 2), ("l", "r", 1, 1)]
FCC = [s for s in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, s)) == 2]
KNIGHT = [s for s in itertools.product((-2, -1, 1, 2), repeat=2) if abs(s[0]) != abs(s[1])]
EXPANDED = 16  # the number of steps for SymPy's expansion, which is hopeless beyond
Law = dict[tuple[int, ...], int]


def dictionary(steps: list[tuple[int, int]], n: int) -> Law:
    """The usual way: one dictionary for each number of steps."""
    layer = {(0, 0): 1}
    for _ in range(n):
        following: dict[tuple[int, int], int] = {}
        for (x, y), count in layer.items():
            for dx, dy in steps:
                site = (x + dx, y + dy)
                following[site] = following.get(site, 0) + count
        layer = following
    return dict(layer)


def object_arrays(steps: list[tuple[int, int]], n: int) -> Law:
    """Sums of shifted NumPy arrays of Python integers."""
    size = 2 * n + 1
    cells = np.zeros((size + 2, size + 2), object)
    cells[n + 1, n + 1] = 1
    for m in range(1, n + 1):
        low, high = n + 1 - m, n + 2 + m
        fresh = np.zeros_like(cells)
        for dx, dy in steps:
            fresh[low:high, low:high] += cells[low - dx : high - dx, low - dy : high - dy]
        cells = fresh
    found = np.argwhere(cells)
    return {(int(x) - n - 1, int(y) - n - 1): cells[x, y] for x, y in found}


def flint_power(steps: list[tuple[int, int]], n: int) -> Law:
    """The power of a polynomial in two variables, as python-flint takes it."""
    from flint import Ordering, fmpz_mpoly_ctx

    context = fmpz_mpoly_ctx.get(("x", "y"), Ordering.lex)
    power = context.from_dict({(dx + 1, dy + 1): 1 for dx, dy in steps}) ** n
    return {(int(a) - n, int(b) - n): int(c) for (a, b), c in power.to_dict().items()}


def expansion(steps: list[tuple[int, int]], n: int) -> Law:
    """SymPy's expand."""
    x, y = sp.symbols("x y")
    poly = sp.Poly(sp.expand(sp.Add(*(x ** (a + 1) * y ** (b + 1) for a, b in steps)) ** n), x, y)
    return {(a - n, b - n): int(c) for (a, b), c in poly.terms()}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and the answer."""
    begin = time.process_time()
    answer = work()
    return time.process_time() - begin, answer


def copy_bandwidth() -> float:
    """Bytes per second of copying an array that fits into no cache."""
    source = np.ones(2**25, np.uint64)
    target = np.empty_like(source)
    target[:] = source
    return source.nbytes / min(timed(lambda: target.__setitem__(slice(None), source))[0] for _ in range(3))


def answer_bytes(law: Any) -> int:
    """The bytes of all counts of a law, each as short as it is."""
    return sum((value.bit_length() + 7) // 8 for _, value in law.numerators.pairs())


def plane(name: str, n: int, bandwidth: float) -> str:
    """One row of the table; raises where two ways disagree."""
    steps = PLANE[name]
    walks = StepSet.from_steps(steps)
    counting.endpoint_law(walks, n)  # the first call compiles
    ours, law = timed(lambda: counting.endpoint_law(walks, n))
    listing, expected = timed(lambda: dict(law.numerators))
    row = [f"{name}, n = {n}", f"{ours:.3f}", f"{listing:.2f}"]
    for way in (dictionary, object_arrays, flint_power):
        try:
            spent, found = timed(lambda way=way: way(steps, n))
        except ImportError:
            row += ["–", "–"]
            continue
        if found != expected:
            raise SystemExit(f"{name}, n = {n}: {way.__name__} disagrees")
        row += [f"{spent:.2f}", f"{spent / ours:.0f}" if spent > 10 * ours else f"{spent / ours:.1f}"]
    spent, found = timed(lambda: expansion(steps, EXPANDED))
    small, law16 = timed(lambda: counting.endpoint_law(walks, EXPANDED))
    if found != dict(law16.numerators):
        raise SystemExit(f"{name}: SymPy disagrees")
    row += [f"{spent:.2f}", f"{spent / small:.0f}", f"{ours / (answer_bytes(law) / bandwidth):.0f}"]
    return "| " + " | ".join(row) + " |"


def flint_bare(steps: list[tuple[int, ...]], n: int) -> Any:
    """The power as python-flint takes it, from a list of steps, and nothing is read from it."""
    from flint import Ordering, fmpz_mpoly_ctx

    context = fmpz_mpoly_ctx.get(("x", "y", "z")[: len(steps[0])], Ordering.lex)
    low = [min(axis) for axis in zip(*steps, strict=True)]
    return context.from_dict({tuple(a - b for a, b in zip(s, low, strict=True)): 1 for s in steps}) ** n


def microseconds(work: Callable[[], Any]) -> float:
    """CPU time of one call: the least of five rounds of some milliseconds."""
    once = timed(work)[0]
    calls = max(1, min(300, int(0.005 / max(once, 1e-6))))
    return 1e6 / calls * min(timed(lambda: [work() for _ in range(calls)])[0] for _ in range(5))


def powers() -> None:
    """The whole law with its checks beside flint's bare power; the first law of a step set, which is compared with dynamic programming, too."""
    lengths = (1, 3, 5, 8, 10, 15, 20, 30, 40, 60, 100, 150)
    print("| microseconds: flint's power / here |" + "".join(f" n = {n} |" for n in lengths) + " first law, n = 3 |")
    print("|---|" + "---|" * (len(lengths) + 1))
    for name, steps in (
        ("{-2..2}", [(i,) for i in range(-2, 3)]),
        *PLANE.items(),
        ("knight", KNIGHT),
        ("cubic", CUBIC),
        ("fcc", FCC),
    ):
        shifted = [
            StepSet.from_steps([(s[0] + k, *s[1:]) for s in steps]) for k in range(1, 8)
        ]  # all are asked for the first time
        first = min(timed(lambda other=other: counting.endpoint_law(other, 3))[0] for other in shifted)
        row = [name]
        for n in lengths:
            if len(steps[0]) == 3 and n > 40:
                row.append("")
                continue
            walks = StepSet.from_steps(steps)
            counting.endpoint_law(walks, n)
            theirs = microseconds(lambda steps=steps, n=n: flint_bare(steps, n))
            ours = microseconds(lambda walks=walks, n=n: counting.endpoint_law(walks, n))
            row.append(f"{theirs:.0f} / {ours:.0f}")
        print("| " + " | ".join([*row, f"{1e6 * first:.0f}"]) + " |", flush=True)


def others() -> list[tuple[str, Callable[[], Any]]]:
    """Further problems, with the targets they are measured against."""
    walks = {name: StepSet.from_steps(steps) for name, steps in PLANE.items()}
    cubic, fcc, line = StepSet.from_steps(CUBIC), StepSet.from_steps(FCC), StepSet.from_steps([-2, -1, 0, 1, 2])
    honeycomb = counting.StateSteps.from_transitions(HONEYCOMB)
    persistent = counting.StateSteps.from_transitions(PERSISTENT)
    quadrant = {name: counting.WalledSteps(walks[name], counting.orthant(2)) for name in ("square", "king")}
    walks |= {
        "Kreweras": StepSet.from_steps([(-1, 0), (0, -1), (1, 1)]),
        "Gessel": StepSet.from_steps([(1, 0), (-1, 0), (1, 1), (-1, -1)]),
    }
    rules = [(name, rule) for name in ("Kreweras", "Gessel", "king") for rule in ("stay", "mirror", "absorbing")]
    strip = counting.WalledSteps(StepSet.from_steps([1, -1]), counting.box((0,), (8,)))
    origin = (0, 0)
    return [
        ("square, law, n = 1000 (0.2)", lambda: counting.endpoint_law(walks["square"], 1000)),
        ("triangular, law, n = 1000 (1)", lambda: counting.endpoint_law(walks["triangular"], 1000)),
        ("king, law, n = 1000 (2)", lambda: counting.endpoint_law(walks["king"], 1000)),
        ("cubic, law, n = 200 (0.5)", lambda: counting.endpoint_law(cubic, 200)),
        ("fcc, law, n = 200 (5)", lambda: counting.endpoint_law(fcc, 200)),
        ("square, one site, n = 1e6 (30)", lambda: counting.count(walks["square"], 10**6, origin)),
        ("triangular, one site, n = 1e5 (2)", lambda: counting.count(walks["triangular"], 10**5, origin)),
        ("honeycomb, one site, n = 1e5 (2)", lambda: counting.count(honeycomb, 10**5, (0, 0, "A"), (0, 0, "A"))),
        ("cubic, one site, n = 1e5 (2)", lambda: counting.count(cubic, 10**5, (0, 0, 0))),
        ("cubic, one site, n = 1e6 (30)", lambda: counting.count(cubic, 10**6, (0, 0, 0))),
        ("{-2..2}, one site, n = 1e5 (2)", lambda: counting.count(line, 10**5, 0)),
        ("persistent on the line, one site, n = 5000", lambda: counting.count(persistent, 5000, 0, (0, "r"))),
        ("strip of 9 sites, one site, n = 1e6", lambda: counting.count(strip, 10**6, 0, 0)),
        ("recurrences of these sets, all together", slowest_recurrence),
        ("fcc, recurrence (3)", lambda: counting.recurrence(fcc)),
        ("fcc, recurrence to (1, 1, 0) (3)", lambda: counting.recurrence(fcc, (1, 1, 0))),
        ("triangular, first returns, 0..10000 (8)", lambda: counting.first_return(walks["triangular"], 10**4)),
        ("square, law of the number of returns, n = 1e4 (8)", lambda: counting.visits_law(walks["square"], 10**4)),
        ("quadrant to the origin, four steps, 0..1000 (3)", lambda: counting.walled_sequence(quadrant["square"], 1000, origin, origin)),
        ("quadrant to any end, four steps, 0..1000 (3)", lambda: counting.walled_sequence(quadrant["square"], 1000, origin)),
        ("quadrant to the origin, eight steps, 0..1000 (8)", lambda: counting.walled_sequence(quadrant["king"], 1000, origin, origin)),
        ("quadrant to any end, eight steps, 0..1000 (8)", lambda: counting.walled_sequence(quadrant["king"], 1000, origin)),
        *((f"quadrant to the origin, {name}, walls: {rule}, 0..1000 ({8 if name == 'king' else 3} wall)",
           lambda name=name, rule=rule: counting.walled_sequence(counting.WalledSteps(walks[name], counting.orthant(2, rule)), 1000, origin, origin))
          for name, rule in rules),
    ]  # fmt: skip


def avoiding() -> list[tuple[str, Callable[[], Any]]]:
    """Self-avoiding walks, as far as a minute goes."""
    plain = {"square": (StepSet.from_steps(PLANE["square"]), 32), "cubic": (StepSet.from_steps(CUBIC), 14),
             "triangular": (StepSet.from_steps(PLANE["triangular"]), 14)}  # fmt: skip
    found = [
        (f"self-avoiding walks, {name}, c_{n}", lambda w=w, n=n: counting.self_avoiding_sequence(w, n))
        for name, (w, n) in plain.items()
    ]
    for name, arcs, n in (("honeycomb", HONEYCOMB, 30), ("diamond", DIAMOND, 18)):
        steps = counting.StateSteps.from_transitions(arcs)
        start = (*(0,) * steps.dimension, "A")
        found.append(
            (f"self-avoiding walks, {name}, c_{n}", lambda w=steps, n=n, s=start: counting.self_avoiding_sequence(w, n, s, states_are_sites=True))
        )  # fmt: skip
    return found


def slowest_recurrence() -> None:
    """A recurrence for every set of nearest neighbours in the plane with closed walks; the time of the slowest is printed."""
    king, worst, number = PLANE["king"], (0.0, []), 0
    for chosen in itertools.product((0, 1), repeat=8):
        steps = [s for s, c in zip(king, chosen, strict=True) if c]
        if not steps:
            continue
        try:
            spent, _ = timed(lambda steps=steps: counting.recurrence(StepSet.from_steps(steps)))
        except counting.UsageError:  # no closed walks
            continue
        number += 1
        worst = max(worst, (spent, steps))
    print(
        f"| {number} sets of nearest neighbours, the slowest recurrence, {len(worst[1])} steps (1) | {worst[0]:.2f} | |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the laws in the plane at n = 300")
    parser.add_argument("--power", action="store_true", help="only flint's bare power beside the law with its checks")
    parser.add_argument("--laws", action="store_true", help="only the laws in the plane at n = 300")
    options = parser.parse_args()
    full = options.full or options.laws
    if options.power:
        powers()
        return
    n = 300 if full else 100
    bandwidth = copy_bandwidth()
    print(f"copy bandwidth {bandwidth / 1e9:.1f} GB/s\n")
    print("| whole law | here | to list it | dictionary | ratio | object arrays | ratio | flint power | ratio "
          f"| SymPy at n = {EXPANDED} | ratio | over the copy |")  # fmt: skip
    print("|" + "---|" * 12)
    for name in PLANE:
        print(plane(name, n, bandwidth), flush=True)
    if options.laws:
        return
    print("\n| problem (target) | CPU s | wall s |\n|---|---|---|")
    for name, task in others() + (avoiding() if full else []):
        begin = time.perf_counter()
        spent, _ = timed(task)
        print(f"| {name} | {spent:.2f} | {time.perf_counter() - begin:.2f} |", flush=True)


if __name__ == "__main__":
    main()

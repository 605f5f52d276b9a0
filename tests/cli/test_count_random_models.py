"""``symdiff count`` on random model files against dynamic programming written from the contract alone."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

from symdiff.cli.main import main

Place = tuple[tuple[int, ...], str]
Jumps = dict[tuple[str, str, tuple[int, ...]], Fraction]


def layers(
    jumps: Jumps, n: int, first: Place, least: tuple[int, ...] | None, stay: bool, stop: Place | None = None
) -> list[dict[Place, Fraction]]:
    """Weights of all walks after 0..n steps; with ``stop`` they go no further from there."""
    found = [{first: Fraction(1)}]
    for m in range(n):
        layer: dict[Place, Fraction] = defaultdict(Fraction)
        for (site, state), count in found[-1].items():
            if m and (site, state) == stop:
                continue
            for (source, target, step), weight in jumps.items():
                if source != state:
                    continue
                there = tuple(a + b for a, b in zip(site, step, strict=True))
                if least is None or all(a >= b for a, b in zip(there, least, strict=True)):
                    layer[there, target] += count * weight
                elif stay:
                    layer[site, state] += count * weight
        found.append(dict(layer))
    return found


def random_model(draw: random.Random) -> tuple[str, Jumps, tuple[int, ...] | None, bool]:
    """A model file, its jumps, the lowest site (or None) and whether a step outside is refused."""
    dimension, states = draw.choice([1, 2, 2, 3]), draw.choice([[""], [""], ["a", "b"]])
    axes = ["x", "y", "z"][:dimension]
    jumps: Jumps = {}
    for _ in range(draw.randint(1, 5)):
        step = tuple(draw.randint(-2, 2) for _ in axes)
        jumps[draw.choice(states), draw.choice(states), step] = Fraction(draw.randint(1, 9), draw.choice([1, 2, 7]))
    lines = ["[model]", f"coordinates = {json.dumps(axes)}"]
    lines += [f"states = {json.dumps(states)}"] if states[0] else []
    for (source, target, step), weight in jumps.items():
        lines += ["[[jumps]]", f"displacement = {json.dumps([str(x) for x in step])}", f'weight = "{weight}"']
        lines += [f'from = "{source}"', f'to = "{target}"'] if source else []
    least, stay = None, draw.random() < 0.5
    if draw.random() < 0.6:
        least = tuple(draw.randint(-2, 0) for _ in axes)
        kind = "reflecting" if stay else "absorbing"
        for axis, low in zip(axes, least, strict=True):
            lines += ["[[boundaries]]", f'domain = "{axis} >= {low}"', f'kind = "{kind}"']
    return "\n".join(lines), jumps, least, stay


@pytest.mark.parametrize("seed", range(25))
def test_random_model_files_vs_dynamic_programming(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(seed)
    text, jumps, least, stay = random_model(draw)
    path = tmp_path / "walk.toml"
    path.write_text(text)

    def count(*options: str) -> dict[str, object]:
        assert main(["count", str(path), "--json", *options]) == 0, text
        return dict(json.loads(capsys.readouterr().out))

    def shown(place: Place) -> str:
        return ",".join(map(str, place[0])) + (f":{place[1]}" if place[1] else "")

    first: Place = ((0,) * (len(next(iter(jumps))[2])), next(iter(jumps))[0])
    n = draw.randint(1, 5)
    expected = layers(jumps, n, first, least, stay)
    start = ["-n", str(n), "--from", shown(first)]
    rows = count(*start)["counts"]
    assert isinstance(rows, list)
    law = {tuple(row["site"]): Fraction(row.get("walks", row.get("weight"))) for row in rows}
    assert law == {(*site, state) if state else site: w for (site, state), w in expected[n].items()}
    end = draw.choice(sorted(place for layer in expected for place in layer))
    sequence = [Fraction(v) for v in count(*start, "--to", shown(end), "--sequence")["sequence"]]  # type: ignore[attr-defined]
    assert sequence == [layer.get(end, 0) for layer in expected]
    totals = [Fraction(v) for v in count(*start, "--any-end", "--sequence")["sequence"]]  # type: ignore[attr-defined]
    assert totals == [sum(layer.values()) for layer in expected]
    kind = ["--first-return"] if end == first else ["--first-passage", "--to", shown(end)]
    stopped = layers(jumps, n, first, least, stay, end)
    firsts = [Fraction(v) for v in count(*start, *kind, "--sequence")["sequence"]]  # type: ignore[attr-defined]
    assert firsts == [0, *(layer.get(end, 0) for layer in stopped[1:])]

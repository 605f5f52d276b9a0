"""Null p-values of the simulation tier over many runs: rules followed by their own walkers against their own exact law.

    python -m tests.benchmarks.null_p_values --runs 10000 --processes 16 --seed 1

Every run is one chunk of walkers of one model, drawn as ``symdiff verify`` draws them. Of every direction in which counts are
compared, and of the omnibus test, the p-values are put to the test of Kolmogorov and Smirnov; and it is counted how often the evidence that
may be looked at any time reached 1/alpha, which happens with probability alpha at most. Runs are independent, so that the smallest of
all K p-values of the tests, times K, is itself one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: one thread a process

import argparse
import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from scipy import stats

from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_laws import LawTest
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_simulation import make_plan
from symdiff.verification.bets import BoundedBets
from symdiff.verification.sequential import SequentialTest
from symdiff.verification.statistics import compare_counts

MODELS = ("biased_walk", "square_walk_three_steps", "persistent_walk", "harmonic_trap", "laplace_jumps")
ALPHAS = (0.1, 0.01, 0.001)
LOOKS = 20  # chunks after each of which the evidence is looked at
WALKERS = 2 * 10**6  # a chunk: p-values of whole numbers are uniform up to their steps


def chunk(name: str, seed: int, first: int, count: int) -> tuple[dict[str, list[float]], list[float]]:
    """p-values by direction of ``count`` chunks, and the highest evidence in every LOOKS of them."""
    model = load(name)
    test = make_plan(model, base_values(model, Settings()), seed, 10.0).test
    found: dict[str, list[float]] = {}
    evidence, sequence = [], None
    lawful = isinstance(test, LawTest)
    if not lawful:
        test.each = min(test.each, WALKERS)
    for n in range(first, first + count):
        counts = test.sample(n)
        if lawful:
            test.sums, test.walkers = list(counts)[: len(test.names)], test.each
            scores = test._compare(test.exact).scores
            if (n - first) % LOOKS == 0:
                evidence += [test.bets.highest] if n > first else []
                test.bets = BoundedBets(test.exact, test.wrong_exact, 1e-6)
            test.bets.add(counts[len(test.names) :])
        else:
            seen = np.array(counts, dtype=np.int64)
            scores = compare_counts(test.cells, seen, test.directions, 1e-6).scores
            if (n - first) % LOOKS == 0:
                evidence += [sequence.highest] if sequence is not None else []
                sequence = SequentialTest(test.cells, test.wrong_cells, 1e-6)
            assert sequence is not None
            sequence.add(seen)
        for index, score in enumerate(scores, start=1):  # several jumps of one entry have one name
            found.setdefault(f"{index}. {score.name}", []).append(score.p)
    last = test.bets.highest if lawful else None if sequence is None else sequence.highest
    return found, evidence + ([] if last is None else [last])


def main() -> int:
    """Run and print; 0 where all p-values look uniform."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("runs", 1000), ("processes", 1), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    begin, smallest, tests = time.monotonic(), 1.0, 0
    size = LOOKS * max(1, math.ceil(options.runs / LOOKS / options.processes))
    print("| model | direction | runs | p below 0.01 | p of uniformity |\n|---|---|---|---|---|")
    reached: list[float] = []
    with ProcessPoolExecutor(options.processes) as pool:
        for model in MODELS:
            parts = list(pool.map(partial(chunk, model, options.seed, count=size), range(0, options.runs, size)))
            reached += [e for _, evidence in parts for e in evidence]
            for direction in parts[0][0]:
                p = np.concatenate([found[direction] for found, _ in parts])
                uniform = float(stats.kstest(p, "uniform").pvalue)
                smallest, tests = min(smallest, uniform), tests + 1
                print(f"| {model} | {direction} | {len(p)} | {np.mean(p < 0.01):.4f} | {uniform:.3f} |", flush=True)
    together = min(1.0, smallest * tests)
    print(f"\n{tests} tests; all p-values uniform together: p = {together:.3f}. {time.monotonic() - begin:.0f} s")
    for alpha in ALPHAS:
        share = np.mean(np.array(reached) >= -math.log(alpha))
        print(f"evidence ever above 1/{alpha:g} in {LOOKS} looks: {share:.4f} of {len(reached)} (at most {alpha:g})")
    return int(together < 1e-3)


if __name__ == "__main__":
    sys.exit(main())

"""The simulation tier of right models under many seeds: none may be rejected, whatever the seed.

    python -m tests.benchmarks.seeds --seeds 300 --processes 16

Every entry of the gallery whose walkers can be followed is verified once per seed, as ``symdiff verify NAME --tier simulation --seed N
--budget B`` does it. One verdict fails with probability 1e-6 at most if the rules and the walkers are right. Seeds that leave a
verdict open are counted apart: a test that may stop at any time passes a right model with probability 0.999 where the budget reaches.
Entries that take more than half a second of preparation get a tenth of the seeds.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: one thread a process

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from symdiff.dossier.gallery import gallery_names, load
from symdiff.dossier.verification import verify_model
from symdiff.errors import NothingToCheckError, SymdiffError

DEAR = ("adhesion", "biased_rates_in_three_dimensions", "brusselator", "cauchy_steps", "central_limit", "departure_rates_in_the_plane", "gamma_steps",
        "gamma_waits_with_bias", "immigration_and_death", "immigration_and_pair_annihilation", "laplace_jumps", "levy_flight", "subdiffusion",
        "triangular_lattice_with_departure_rates")  # fmt: skip
Row = tuple[str, Counter[str], list[str], float]


def simulate(budget: float, first: int, task: tuple[str, int, int]) -> Row:
    """Outcomes of one entry under a block of seeds: entry, counts, what failed, CPU seconds."""
    name, block, size = task
    counts, failed, begin = Counter[str](), [], time.process_time()
    for seed in range(first + block * size, first + (block + 1) * size):
        try:
            found = verify_model(load(name), tier="simulation", seed=seed, budget=budget)
        except NothingToCheckError:
            return name, Counter({"not simulated": size}), [], time.process_time() - begin
        except SymdiffError as error:
            return name, Counter({f"refused: {error.message[:80]}": size}), [], time.process_time() - begin
        outcome = {True: "passed", False: "FAILED", None: "open"}[found.passed]
        counts[outcome] += 1
        if found.passed is False:
            failed.append(f"{name}, seed {seed}: {found.tiers[0].why}")
    return name, counts, failed, time.process_time() - begin


def main() -> int:
    """Run and print; the number of verdicts that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, value in (("seeds", 300), ("processes", 1), ("first", 1000), ("block", 10)):
        parser.add_argument(f"--{option}", type=int, default=value)
    parser.add_argument("--budget", type=float, default=0.5, help="of every verdict, in the tier's own seconds")
    parser.add_argument("names", nargs="*", help="entries; all by default")
    options = parser.parse_args()
    names, begin, blocks = options.names or gallery_names(), time.monotonic(), -(-options.seeds // options.block)
    total, failed, seconds, seen = Counter[str](), [], Counter[str](), Counter[str]()
    tasks = [(name, block, options.block) for block in range(blocks) for name in names if name not in DEAR or block < max(1, blocks // 10)]  # fmt: skip
    with ProcessPoolExecutor(options.processes) as pool:
        work = partial(simulate, options.budget, options.first)
        for done, (name, counts, wrong, spent) in enumerate(pool.map(work, tasks), start=1):
            total.update(counts)
            failed += wrong
            seconds[name] += spent
            seen[name] += sum(counts[k] for k in ("passed", "FAILED", "open"))
            if done % 500 == 0:
                print(f"{done} of {len(tasks)} blocks of {options.block} seeds, {len(failed)} failed, {time.monotonic() - begin:.0f} s", flush=True)  # fmt: skip
    for outcome, times in total.most_common():
        print(f"{times:8d}  {outcome}")
    print("slowest:", ", ".join(f"{name} {spent:.0f} CPU-s" for name, spent in seconds.most_common(6)))
    for line in failed:
        print("FAILED", line)
    print(f"{sum(map(bool, seen.values()))} entries, {sum(seen.values())} verdicts, {len(failed)} failed, {time.monotonic() - begin:.0f} s")  # fmt: skip
    return len(failed)


if __name__ == "__main__":
    sys.exit(main() > 0)

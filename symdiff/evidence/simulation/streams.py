"""Random numbers that depend on (model, seed, chunk) and on nothing else.

Philox is counter-based: its key alone fixes the stream. The key of a chunk of walkers is a hash of the model's fingerprint, the
seed and the chunk's number, so that chunks may be computed in any order, anywhere, and give the same walkers.
Source: J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def chunk_generator(fingerprint: str, seed: int, chunk: int) -> np.random.Generator:
    """The generator of one chunk."""
    digest = hashlib.sha256(f"{fingerprint}/{seed}/{chunk}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))


GAMMA = np.uint64(0x9E3779B97F4A7C15)  # the increment and the mixing below are those of SplitMix64
Words = npt.NDArray[np.uint64]


def chunk_key(fingerprint: str, seed: int, chunk: int) -> np.uint64:
    """The 64-bit key of one chunk, for generators that count."""
    return np.uint64(int.from_bytes(hashlib.sha256(f"{fingerprint}/{seed}/{chunk}/key".encode()).digest()[:8], "big"))


def mixed(z: Words) -> Words:
    """64 random bits for every counter; the same on every machine, and in the compiled kernels.

    Source: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators (OOPSLA 2014).
    """
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def walker_keys(key: np.uint64, first: int, count: int) -> Words:
    """The key of each of some walkers of a chunk: draw n of a walker is ``mixed(its key + n GAMMA)``, n = 1, 2, ..."""
    with np.errstate(over="ignore"):
        return mixed(key + np.arange(first + 1, first + count + 1, dtype=np.uint64) * GAMMA)

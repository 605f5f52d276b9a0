"""Random numbers that depend on (model, seed, chunk) and on nothing else.

Philox is counter-based: its key alone fixes the stream. The key of a chunk of walkers is a hash of the model's fingerprint, the
seed and the chunk's number, so that chunks may be computed in any order, anywhere, and give the same walkers.
Source: J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

import hashlib

import numpy as np


def chunk_generator(fingerprint: str, seed: int, chunk: int) -> np.random.Generator:
    """The generator of one chunk."""
    digest = hashlib.sha256(f"{fingerprint}/{seed}/{chunk}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))

"""Shared settings of the test suite."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices; the workers of the suite share the cores
sys.path.insert(0, str(Path(__file__).parent))

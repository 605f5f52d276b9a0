"""Everything installed that the numbers of a result may depend on."""

from __future__ import annotations

import functools
import hashlib
import platform
from pathlib import Path

import mpmath
import sympy as sp

import symdiff


@functools.cache
def versions() -> dict[str, str]:
    """Versions by name; ``source`` is a hash of this package's own text."""
    import numpy as np  # loaded when used: start-up time
    import scipy

    own = hashlib.sha256()
    root = Path(symdiff.__file__).parent
    for path in sorted(root.rglob("*.py")):
        own.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return {"symdiff": symdiff.__version__, "source": own.hexdigest()[:16], "sympy": sp.__version__, "mpmath": mpmath.__version__,
            "numpy": np.__version__, "scipy": scipy.__version__, "python": platform.python_version()}  # fmt: skip

"""Loaded once by the process that workers are forked from, so that each of them starts with everything that a request needs."""

import gc
import importlib
import os
import pkgutil

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""A job has one processor: every thread of a numerical library takes some 40 MB of address space, on 64 processors all that a job may
have; and a process with threads cannot be forked. Set before any of them is loaded."""
os.environ.update(ONE_THREAD)

import symdiff.continuum  # noqa: E402
from symdiff.web.tasks import TASKS  # noqa: E402

for _module in pkgutil.walk_packages(symdiff.continuum.__path__, "symdiff.continuum."):
    importlib.import_module(_module.name)  # what other kinds of models need, so that no edit waits for it
for _request in ({"name": "biased_walk"}, {"name": "persistent_walk"}):
    TASKS["view"](_request)  # tables that SymPy fills when they are first used
TASKS["gallery"]({})  # 180 files, which are read again only where one has changed
gc.collect()
gc.freeze()  # what is loaded is not searched for garbage again, and stays shared between the workers
gc.set_threshold(20_000, 10, 50)  # derivations make many small objects that live on; a job's memory is bounded

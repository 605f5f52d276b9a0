"""The public functions of the package; the command line is built on the same calls."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.check import CheckReport, check_model
from symdiff.dossier.counts import CountRequest, WalkCount, count_model
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load as _load
from symdiff.dossier.settings import Settings
from symdiff.dossier.verification import verify_model
from symdiff.errors import UsageError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.model.loading import load_file, load_text
from symdiff.model.substitution import read_settings
from symdiff.verification.tier import Evidence
from symdiff.verification.verdict import Verdict

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from symdiff.dossier.results_store import ResultsStore
    from symdiff.dossier.solution import Solution
    from symdiff.dossier.sweep import Sweep

Values = Mapping[str, Any]
P = ParamSpec("P")
R = TypeVar("R")


def _of_a_model(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of a model take what :func:`load` takes, too; anything else is a usage error, not a traceback."""

    @functools.wraps(function)
    def called(*given: Any, **more: Any) -> R:
        model = given[0] if given else more.get("model")
        if isinstance(model, (str, Path)):
            model = load(model)
        elif not isinstance(model, JumpModel):
            raise UsageError(f"{str(model)[:60]!r} is no model", where=function.__name__,
                             instead='sd.load("biased_walk"), sd.load(pathlib.Path("walk.toml")) or sd.JumpModel(...)')  # fmt: skip
        return function(*(model, *given[1:]), **more) if given else function(*given, **(more | {"model": model}))

    return called


def load(reference: str | Path) -> JumpModel:
    """The model in a file, or of the gallery by its name; raises :class:`symdiff.SymdiffError` with the place.

    >>> load("biased_walk").title
    'Biased random walk'
    """
    return load_file(reference) if isinstance(reference, Path) else _load(reference)


def loads(text: str) -> JumpModel:
    """The model in a string of TOML."""
    return load_text(text)


def read_sbml(path: str | Path) -> JumpModel:
    """The reactions of an SBML file (Level 2, or Level 3 core) as a population; ``model.notes`` lists what was assumed.

    Raises :class:`symdiff.SymdiffError` with line and name for rate rules, events, delays and all else that is no network.
    """
    from symdiff.model import sbml

    return sbml.read_sbml(Path(path)).model


@_of_a_model
def derive(
    model: JumpModel, regime: str | None = None, *, order: int | None = None, values: Values | None = None
) -> ContinuumLimit:
    """The continuum limit of the first regime, or of a named one.

    >>> str(derive(load("continuous_time_diffusion")).equation.rhs)
    'Gamma*a**2*Derivative(P(x, t), (x, 2))'
    """
    return derive_model(model, settings(model, values), order=order, regime=regime).limits[0]


@_of_a_model
def derive_all(
    model: JumpModel, *, order: int | None = None, values: Values | None = None
) -> tuple[ContinuumLimit, ...]:
    """The limits of every regime: the stated ones, ``long-wave``, and those found where none is stated."""
    return derive_model(model, settings(model, values), order=order).limits


@_of_a_model
def check(
    model: JumpModel,
    claim: str,
    *,
    regime: str = "",
    symbols: Mapping[str, str] | None = None,
    values: Values | None = None,
) -> Verdict:
    r"""The verdict on one claim, in LaTeX.

    >>> check(load("biased_walk"), r"D = \frac{\ell^2}{2\tau}").verdict
    'conditional'
    """
    statement = ClaimStatement("claim", latex=claim, regime=regime, symbols=tuple((symbols or {}).items()))
    bare = _without_claims(model)
    return check_model(bare, (statement,), settings(model, values)).verdicts[0]


@_of_a_model
def check_all(model: JumpModel, *, values: Values | None = None) -> CheckReport:
    """The verdicts on all claims that the model states."""
    return check_model(model, (), settings(model, values))


def _without_claims(model: JumpModel) -> JumpModel:
    from symdiff.model.jump_model import make_model

    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"claims": ()})


def settings(model: JumpModel, values: Values | None) -> Settings:
    """Values by name, as numbers or strings, for this model."""
    return Settings(tuple(read_settings(model, [f"{k}={v}" for k, v in (values or {}).items()]).items()))


@_of_a_model
def verify(
    model: JumpModel, *, seed: int | None = None, budget: float | None = None, tier: str | None = None, equation: str = "",
    chunks: int | None = None, executor: Executor | None = None, values: Values | None = None, store: str | Path | None = None,
) -> Evidence:  # fmt: skip
    """The numerical cross-check of the derivation, or of an equation of one's own, against the microscopic model.

    ``executor`` works out the chunks of walkers, ``chunks`` asks for exactly so many; neither changes a chunk. What a ``store``
    file holds is not worked out again.

    >>> verify(load("biased_walk"), seed=1, tier="exact").passed
    True
    """
    with contextlib.ExitStack() as stack:
        return verify_model(model, settings(model, values), seed=seed, budget=budget, tier=tier, equation=equation,
                            chunks=chunks, executor=executor, store=_opened(store, stack))  # fmt: skip


def _opened(store: str | Path | None, stack: contextlib.ExitStack) -> ResultsStore | None:
    if store is None:
        return None
    from symdiff.dossier.results_store import ResultsStore  # loads sqlite

    return stack.enter_context(ResultsStore(Path(store)))


@_of_a_model
def verify_data(model: JumpModel, path: str | Path, *, equation: str = "", values: Values | None = None) -> Evidence:
    """Measured trajectories (.csv or .npz) against the model and its equation; see ``docs/cross-check.md`` for the form.

    Raises :class:`symdiff.SymdiffError` for data that cannot be used, with their place.
    """
    from symdiff.dossier.verify_data import verify_data as test  # loaded when used: it needs numpy and scipy

    return test(model, Path(path), settings(model, values), equation)


@_of_a_model
def solve(
    model: JumpModel, times: Sequence[float | str], *, regime: str | None = None, values: Values | None = None,
    initial: Mapping[str, str] | None = None, window: tuple[float | str, float | str] | None = None,
) -> Solution:  # fmt: skip
    """The derived equation solved from the model's [initial], beside the exact law of the walker.

    Crowds are solved from a profile, ``initial={"u": "exp(-x**2)/2"}``, beside the mean field of their rules on the lattice;
    ``window`` are the places that are tabled.

    >>> solve(load("biased_walk"), ["40*tau"]).times[0].difference < 0.03
    True
    """
    from symdiff.dossier.solve import solve_model  # loaded when used: it needs numpy and scipy

    places = None if window is None else (str(window[0]), str(window[1]))
    return solve_model(model, [str(t) for t in times], settings(model, values), regime, initial, places)


@_of_a_model
def sweep(
    model: JumpModel, over: Mapping[str, str | Sequence[Any]], *, tier: str | None = None, seed: int = 0, budget: float | None = None,
    chunks: int | None = None, values: Values | None = None, executor: Executor | None = None, jobs: int = 1,
    store: str | Path | None = None, output: Sequence[str | Path] = (),
) -> Sweep:  # fmt: skip
    """Derivation, verdicts and cross-check over a grid: ``over={"p": "0.1:0.9:9"}`` or ``{"p": [0.1, "1/3"]}``.

    Runs on any ``executor`` (a Dask cluster: ``Client(...).get_executor()``), else in ``jobs`` processes; what a ``store`` file
    holds is not worked out again. ``output`` are files to write: .csv, .parquet, .svg, .png.

    >>> sweep(load("biased_walk"), {"p": ["1/4", "1/2"]}, tier="exact").rows[1].tiers[0][:2]
    ('exact', 'passed')
    """
    from symdiff.dossier.executors import process_pool  # loaded when used, all of them: most runs sweep nothing
    from symdiff.dossier.sweep import sweep_model
    from symdiff.dossier.sweep_grid import read_axes
    from symdiff.report.sweep_file import check_path, write_sweep

    paths = [Path(p) for p in output]
    for path in paths:
        check_path(path)
    axes = read_axes(model, [f"{k}={v if isinstance(v, str) else ','.join(map(str, v))}" for k, v in over.items()])
    with contextlib.ExitStack() as stack:
        kept = _opened(store, stack)
        run = executor or stack.enter_context(process_pool(jobs))
        found = sweep_model(
            model,
            axes,
            settings(model, values),
            tier=tier,
            seed=seed,
            budget=budget,
            chunks=chunks,
            executor=run,
            store=kept,
        )
    for path in paths:
        write_sweep(found, path)
    return found


@_of_a_model
def count_walks(
    model: JumpModel, n: int, to: Any = None, start: Any = None, *, values: Values | None = None
) -> WalkCount:
    """The exact law of the endpoint after n steps, or the count of one endpoint.

    >>> count_walks(load("square_walk_three_steps"), n=3).probability((1, 2))
    Fraction(3, 64)
    """
    request = CountRequest(n, to=_site(to), start=_site(start))
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise UsageError(f"n = {n!r} is no number of steps", instead="give a whole number, 0 or more")
    return count_model(model, request, settings(model, values))


@_of_a_model
def export(
    model: JumpModel, target: str, *, regime: str | None = None, order: int | None = None, values: Values | None = None
) -> str:
    """The equation of the first regime, or of a named one, as a program: sde, py-pde, ufl, mathematica or julia.

    >>> print(export(load("continuous_time_diffusion"), "mathematica").splitlines()[-2].strip())
    D[P[x, t], {t, 1}] == Gamma0*a^2*D[P[x, t], {x, 2}]
    """
    from symdiff.report.export import export as write  # loaded when used: most runs export nothing

    return write(model, derive(model, regime, order=order, values=values), target)


def _site(site: Any) -> tuple[int | str, ...] | None:
    if site is None:
        return None
    entries = tuple(site) if isinstance(site, (tuple, list)) else (site,)
    if not all(isinstance(e, (int, str)) and not isinstance(e, bool) for e in entries):
        raise UsageError(f"{site!r} is no lattice site", instead="give whole coordinates, as in (1, 2)")
    return entries


@_of_a_model
def report(
    model: JumpModel,
    path: str | Path,
    *,
    style: str = "full",
    seed: int | None = None,
    values: Values | None = None,
    budget: float | None = None,
) -> Path:
    """Write derivation, claims, counts, cross-check and figures to a file; its suffix chooses the format.

    ``style`` is "full", "appendix" (the derivation only) or "referee" (claims, evidence, provenance). Without a ``budget`` (seconds of
    simulation) the parts of the cross-check that take long are listed as not run.

    Returns the path. Raises :class:`symdiff.SymdiffError`; a file appears whole or not at all.
    """
    from symdiff.dossier.dossier import make_dossier  # loaded when used: it needs numpy and scipy
    from symdiff.report.formats import check_output
    from symdiff.report.write import write_report

    target = Path(path)
    check_output(target)
    write_report(make_dossier(model, settings(model, values), seed=seed, budget=budget), target, style)
    return target

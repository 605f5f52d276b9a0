"""The derivation of one model, ready to be shown: limits, observables, settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symdiff.continuum.cases import in_cases
from symdiff.continuum.derive import derive_all, derive_regime, stated_regimes
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.master import master_equation
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.continuum.sizing import require_size
from symdiff.continuum.staged import require_confirmed
from symdiff.dossier.settings import Settings, apply_to_limit, apply_to_model
from symdiff.equations.evolution_equation import MasterEquation
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.notation.names import did_you_mean
from symdiff.notation.storable import Storable

if TYPE_CHECKING:
    from collections.abc import Callable

    from symdiff.continuum.observables.result import ObservableResult


@dataclass(frozen=True)
class Derivation(Storable):
    """A model with the limits that were derived from it and its observables."""

    model: JumpModel
    settings: Settings
    master_equation: MasterEquation
    limits: tuple[ContinuumLimit, ...]
    observables: tuple[ObservableResult, ...]

    def limit(self, name: str) -> ContinuumLimit:
        """The limit of one regime; raises KeyError."""
        for limit in self.limits:
            if limit.regime.name == name:
                return limit
        raise KeyError(name)


def derive_model(
    model: JumpModel,
    settings: Settings | None = None,
    *,
    order: int | None = None,
    regime: str | None = None,
    observables: tuple[ObservableStatement, ...] = (),
    max_terms: int | None = None,
    tell: Callable[[ContinuumLimit], None] | None = None,
) -> Derivation:
    """Derive every limit of a model, or that of one regime.

    An observable of the file that no level has keeps its place, empty, with the reason; one of ``observables`` raises. ``tell`` is told every
    limit as soon as it stands, before and after its last steps (see ``symdiff.continuum.staged``); the result holds the same objects.

    Raises :class:`UsageError` for an unknown regime, :class:`ResourceError` where more than ``max_terms`` are to be expected, and what the derivation itself raises.
    """
    settings = settings or Settings()
    prepared = apply_to_model(model, settings)
    require_size(prepared, order, max_terms)
    early: list[tuple[ContinuumLimit, ContinuumLimit]] = []

    def told(limit: ContinuumLimit) -> None:
        early.append((limit, apply_to_limit(limit, model, settings)))
        if tell is not None:
            tell(early[-1][1])

    if regime is None:
        limits = derive_all(prepared, order, None if tell is None else told)
    else:
        limits = in_cases(prepared, lambda case: (_one(case, regime, order),))
    limits = tuple(
        next((shown for found, shown in early if found is limit), None) or apply_to_limit(limit, model, settings)
        for limit in limits
    )
    require_confirmed(limits)
    wanted = (*prepared.observables, *observables)
    results: tuple[ObservableResult, ...] = ()
    if wanted:
        from symdiff.continuum.observables.catalogue import observable_results  # loaded when used: start-up time

        results = observable_results(prepared, limits, wanted, required=frozenset(o.name for o in observables))
    return Derivation(model, settings, master_equation(prepared), limits, results)


def _one(model: JumpModel, name: str, order: int | None) -> ContinuumLimit:
    if name == LONG_WAVE.name:
        return derive_regime(model, LONG_WAVE, order)
    regimes = stated_regimes(model)
    for stated in regimes:
        if stated.name == name:
            return derive_regime(model, stated, order)
    names = [r.name for r in regimes] + [LONG_WAVE.name]
    if not regimes:
        for limit in derive_all(model, order):
            if limit.regime.name == name:
                return limit
            names.append(limit.regime.name)
    raise UsageError(f"the model has no regime '{name}'", where="--regime", instead=did_you_mean(name, set(names)))

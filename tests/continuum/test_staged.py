"""Limits that come before their last steps: the same as those that come at once, and none that stays unconfirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symdiff.continuum import derive as engine
from symdiff.continuum.confirmation import Confirmation
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.staged import NOT_YET, at_once, completed, confirmed, in_stages, require_confirmed
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.errors import InternalFaultError


@pytest.mark.parametrize(
    "name", ["biased_walk", "annihilation_of_two_species", "telegraph_exit", "interface_of_two_media"]
)
def test_limits_told_in_stages_are_those_derived_at_once(name: str) -> None:
    told: list[ContinuumLimit] = []
    found = derive_model(load(name), tell=told.append)
    assert found.limits == derive_model(load(name)).limits
    assert told[0].confirmation == NOT_YET
    assert replace(told[0], confirmation=found.limits[0].confirmation) == told[1] == found.limits[0]


def test_second_route_that_disagrees_is_raised_after_the_first_route_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def disagrees(*_: object) -> Confirmation:
        raise InternalFaultError("the two routes disagree")

    monkeypatch.setattr(engine, "confirm", disagrees)
    told: list[ContinuumLimit] = []
    with pytest.raises(InternalFaultError):
        derive_model(load("biased_walk"), tell=told.append)
    assert [t.confirmation for t in told] == [NOT_YET]


def test_a_limit_whose_second_route_was_not_asked_is_no_result() -> None:
    (limit, *_) = derive_model(load("biased_walk")).limits
    require_confirmed([limit])
    with pytest.raises(InternalFaultError):
        require_confirmed([limit, replace(limit, confirmation=NOT_YET)])


def test_of_several_second_routes_a_limit_keeps_its_own_and_none_waits_where_all_is_wanted_at_once() -> None:
    (limit, *_) = derive_model(load("biased_walk")).limits
    one, other = (Confirmation(method, "1", None, 40) for method in ("one", "other"))

    def twice() -> ContinuumLimit:
        first = confirmed(limit, lambda: one)
        confirmed(limit, lambda: other)
        return first

    told: list[ContinuumLimit] = []
    assert in_stages(twice, told.append).confirmation == one
    assert [t.confirmation.method for t in told] == ["running", "one"]

    def now() -> ContinuumLimit:
        with at_once():
            return completed(limit, _renamed)

    assert in_stages(now, told.append).density == "Q"
    assert len(told) == 3


def _renamed(limit: ContinuumLimit) -> ContinuumLimit:
    return replace(limit, density="Q")

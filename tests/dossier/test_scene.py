"""The animation's rules, moved exactly, against its curve: the spread grows alike, in one dimension and seen along x in more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.dossier.scene import HALF, scene_document, scene_of
from symdiff.dossier.scene_crowd import SITES, crowd_scene
from symdiff.dossier.scene_flight import FlightScene, flight_scene
from symdiff.dossier.scene_laws import TABLE, Tables
from symdiff.dossier.scene_moves import Move, Scene
from symdiff.dossier.scene_numbers import counts, numbers_scene
from symdiff.dossier.scene_walls import has_special_sites, walls_scene
from symdiff.dossier.settings import settings_of
from symdiff.errors import NotYetError, SymdiffError, UsageError
from symdiff.model.loading import load_text


def _scene(name: str, regime: str = "") -> Scene:
    model = load(name)
    limits = [x for x in derive_model(model).limits if x.equation is not None and x.frame is None]
    limit = next(x for x in limits if regime in ("", x.regime.name))
    make = numbers_scene if counts(model) else walls_scene if has_special_sites(model) else scene_of
    return make(model, limit, settings_of(model, []))[0]


def _variance(places: np.ndarray, weights: np.ndarray) -> float:
    weights = weights / weights.sum()
    mean = (places * weights).sum()
    return float(((places - mean) ** 2 * weights).sum())


def _law(scene: Scene, steps: int, factor: float = 1.0) -> np.ndarray:
    law = np.zeros((len(scene.states), 2 * HALF + 1))
    law[:, HALF] = scene.shares
    for _ in range(steps):
        after = law.copy()
        for source, target, sites, weights, _ in scene.moves:
            moved = law[source] * np.asarray(weights) * factor
            after[source] -= moved
            after[target] += np.roll(moved, sites)
        law = after
    return law.sum(axis=0)


@pytest.mark.parametrize(("name", "regime"), [("biased_walk", "long-wave"), ("square_lattice", ""), ("king_moves", "")])
def test_the_spread_of_the_exact_law_grows_like_that_of_the_curve(name: str, regime: str) -> None:
    scene = _scene(name, regime)
    assert scene.step is not None
    sites = scene.low + scene.spacing * np.arange(scene.sites)
    steps = (12, 36)
    frames = [int(np.argmin(np.abs(np.asarray(scene.times) - n * scene.step))) for n in steps]
    assert [scene.times[f] for f in frames] == pytest.approx([n * scene.step for n in steps])
    grown = np.diff([_variance(np.asarray(scene.grid), np.asarray(scene.solution[f])) for f in frames])[0]
    exact, wrong = (np.diff([_variance(sites, _law(scene, n, c)) for n in steps])[0] for c in (1.0, 0.99))
    assert abs(grown / exact - 1) < 1e-3  # the curve is sent with five digits
    assert abs(grown / wrong - 1) > 5e-3  # the control: one per cent less of every move


def _chain(scene: Scene, moves: tuple[Move, ...]) -> np.ndarray:
    """The exact law of one walker at the last time, by powers or the exponential of its matrix."""
    matrix = np.zeros((scene.sites, scene.sites))
    for m in moves:
        for j in np.flatnonzero(m.weights):
            matrix[j, j] -= m.weights[j]
            if m.target >= 0:
                goal = j + m.sites if m.at is None else m.at
                matrix[goal if 0 <= goal < scene.sites else j, j] += m.weights[j]
    last = scene.times[-1]
    moved = (
        linalg.expm(matrix * last)
        if scene.step is None
        else np.linalg.matrix_power(np.eye(scene.sites) + matrix, round(last / scene.step))
    )
    return np.asarray(moved[:, scene.start])


def _missed(scene: Scene, law: np.ndarray) -> float:
    """The largest distance of law and solution, in units of the law's maximum; halves of it where every second site is empty."""
    sites = scene.low + scene.spacing * np.arange(scene.sites)
    density = law / scene.spacing
    if scene.step is not None and not scene.counted:
        density = (density + (np.roll(density, 1) + np.roll(density, -1)) / 2) / 2
    curve = np.interp(sites, scene.grid, scene.solution[-1])
    far = np.abs(sites) > 1.5 * scene.spacing  # at an interface the curve has two values
    return float(np.abs(curve - density)[far].max() / density.max())


@pytest.mark.parametrize(
    ("name", "close"),
    [("exit_between_walls", 0.01), ("partly_absorbing_wall", 0.01), ("skew_walk", 0.02), ("semi_permeable_barrier", 0.04),
     ("stochastic_resetting", 0.04), ("immigration_and_death", 0.03), ("moran_process", 0.04)],
)  # fmt: skip
def test_the_law_beside_walls_and_of_populations_lies_on_the_curve(name: str, close: float) -> None:
    """``close`` is what a step of one site (of one individual) leaves; the control misses three times as much at least."""
    scene = _scene(name)
    assert _missed(scene, _chain(scene, scene.moves)) < close
    slower = tuple(m._replace(weights=(0.7 if m is scene.moves[0] else 1.0) * m.weights) for m in scene.moves)
    assert _missed(scene, _chain(scene, slower)) > 3 * close


def test_a_wall_that_mirrors_and_one_that_stops_turn_a_walker_back_as_they_say() -> None:
    text = '[parameters]\nh = "positive"\n[model]\ncoordinates = ["x"]\ntime_step = "1"\n[[jumps]]\ndisplacements = ["h", "-2*h"]\nprobability = "1/2"\n'
    text += '[[boundaries]]\ndomain = "x >= 0"\nkind = "reflecting"\nrejected = "{}"\n'
    found = {}
    for rejected in ("stay", "mirror"):
        model = load_text(text.format(rejected))
        scene = walls_scene(model, derive_model(model).limits[0], settings_of(model, []))[0]
        assert scene.low == 0
        found[rejected] = {m.sites: m.weights[:3].tolist() for m in scene.moves}
    assert found["stay"] == {1: [0.5, 0.5, 0.5], -2: [0.0, 0.0, 0.5]}
    # from 0 to the image of -2, at 2, and from 1 to the image of -1, at 1
    assert found["mirror"] == {1: [0.5, 0.5, 0.5], -2: [0.0, 0.0, 0.5], 2: [0.5, 0.0, 0.0], 0: [0.0, 0.5, 0.0]}


def _flights(name: str, regime: str = "") -> FlightScene:
    model = load(name)
    limit = next(x for x in derive_model(model).limits if regime in ("", x.regime.name))
    return flight_scene(model, limit, settings_of(model, []))[0]


def _apart(scene: FlightScene) -> float:
    return float(np.abs(np.array(scene.law) - np.array(scene.solution)).max() / np.max(scene.solution[-1]))


@pytest.mark.parametrize(
    ("name", "exact", "control"),
    [("goldstein_kac_process", "telegraph", "long-wave"), ("mobile_and_immobile", "coupled", "long-wave")],
)
def test_the_exact_law_of_walkers_that_move_is_the_solution_of_the_equation_of_second_order(
    name: str, exact: str, control: str
) -> None:
    assert _apart(_flights(name, exact)) < 1e-5  # sent with six digits
    assert _apart(_flights(name, control)) > 0.1


def test_waits_of_mittag_leffler_spread_by_steps_on_a_lattice_as_the_fractional_equation_says() -> None:
    scene = _flights("subdiffusion")
    assert _apart(scene) < 0.1
    grown = [_variance(np.asarray(scene.grid), np.asarray(row)) for row in scene.law[2::4]]
    spread = [_variance(np.asarray(scene.grid), np.asarray(row)) for row in scene.solution[2::4]]
    assert grown == pytest.approx(spread, rel=0.02)
    assert scene.jumps[0][0].wait[0] == 9.0  # the law is drawn as such


def test_the_table_of_a_family_of_jumps_has_its_weights_and_keeps_the_far_ones() -> None:
    model = load("levy_flight_on_a_lattice")
    alpha = next(p.symbol for p in model.parameters if p.name == "alpha")
    tables = Tables({alpha: 0.75, **{p.symbol: 1.0 for p in model.parameters if p.symbol != alpha}})
    law = model.jumps[0].law
    assert law is not None
    code, _ = tables.step(law, model.jumps[0].directions)
    rows = tables.rows()[0]
    assert code[0] == TABLE
    n = np.arange(1, 10**6)
    zeta = float((n**-1.75).sum()) + 1e6 ** (-0.75) / 0.75
    assert rows["cumulative"][0] == pytest.approx(1 / zeta, rel=1e-3)  # the first weight, j^(-1-alpha)/zeta(1 + alpha)
    beyond = 1 - np.interp(10**4, rows["values"], rows["cumulative"])
    assert beyond == pytest.approx(1e4 ** (-0.75) / 0.75 / zeta, rel=0.05)


def test_functions_that_are_left_open_are_shown_with_the_waves_that_stand_for_them() -> None:
    scene = _scene("departure_rates")
    assert "which is left open" in scene.note
    assert any(len(set(w)) > 1 for _, _, _, w, _ in scene.moves)


@pytest.mark.parametrize(
    ("name", "why"), [("departure_rates_in_the_plane", "do not depend on place"), ("brusselator", "several kinds")]
)
def test_walkers_that_are_not_animated_are_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(NotYetError, match=why):
        _scene(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("skew_walk", "p=1"),
        ("levy_flight", "alpha=1e-9"),
        ("biased_walk", "ell=1e999"),
        ("wright_fisher", "N=100000"),
        ("bursty_gene", "b=1e9"),
    ],
)
def test_values_at_the_edge_are_refused_and_no_fault(name: str, value: str) -> None:
    model = load(name)
    with pytest.raises(UsageError):
        scene_document(model, derive_model(model), settings_of(model, [value]))


@pytest.mark.parametrize("name", ["biased_rates", "adhesion"])
def test_setting_all_values_of_a_scene_gives_the_same_scene(name: str) -> None:
    model = load(name)
    derivation = derive_model(model)
    first = scene_document(model, derivation, settings_of(model, []))
    again = scene_document(model, derivation, settings_of(model, [f"{n}={v}" for n, v in first["values"].items()]))
    assert again == first


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weakly_asymmetric_exclusion", "two_species_in_lanes", "fisher_equation"])
def test_the_mean_field_of_a_crowd_grows_apart_from_its_curve_by_the_order_that_is_left_out(name: str) -> None:
    model = load(name)
    limit = derive_model(model).limits[0]
    scene, _ = crowd_scene(model, limit, settings_of(model, []))
    assert scene.solution.shape == scene.law.shape == (len(scene.times), len(scene.states), SITES)
    assert np.abs(scene.solution - scene.law).max() < 5e-3
    assert np.abs(scene.law[-1] - scene.start).max() > 0.05  # the control: standing still is no agreement


def test_the_tables_of_a_crowd_hold_the_rates_that_the_rules_say() -> None:
    model = load("weakly_asymmetric_exclusion")
    scene, values = crowd_scene(model, derive_model(model).limits[0], settings_of(model, []))
    d, v, h = (values[p.symbol] for p in model.parameters)
    right, left = scene.rules
    assert (right.seen, left.seen) == (((0, (0,)), (0, (1,))), ((0, (0,)), (0, (-1,))))
    assert right.table.tolist() == [[0.0, 0.0, pytest.approx(d / h**2 + v / (2 * h)), 0.0]]
    assert left.table.tolist() == [[0.0, 0.0, pytest.approx(d / h**2 - v / (2 * h)), 0.0]]


@pytest.mark.parametrize(
    ("rate", "more", "why"),
    [
        ("0*u(x)", "", "nothing moves"),
        ("(-1 - u(x))/h**2", "", "negative"),
        ("1/h**2", 'consumes = ["u"]\nproduces = ["u", "u", "u"]\nrate = "1000"', "without bound"),
    ],
)
def test_crowds_that_are_no_process_or_explode_are_refused_with_the_reason(rate: str, more: str, why: str) -> None:
    text = f'[parameters]\nh = "positive"\n[model]\ncoordinates = ["x"]\ndensity = "u"\n[[jumps]]\ndisplacements = ["h", "-h"]\nrate = "{rate}"\n'
    model = load_text(text + (f"[[reactions]]\n{more}\n" if more else ""))
    with pytest.raises(SymdiffError, match=why):
        scene_document(model, derive_model(model), settings_of(model, []))

"""Walkers that wait and jump by any laws: compiled against NumPy, bit for bit; laws against their known quantiles and transforms."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

import symdiff as sd
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.simulation import elementary
from symdiff.evidence.simulation.hops import Hops
from symdiff.evidence.simulation.laws import draw, step_law, wait_law
from symdiff.evidence.simulation.streams import walker_keys

COUNT = 200_000
STEPS: dict[str, tuple[dict[str, float], Callable[[FloatArray], FloatArray]]] = {
    "normal": ({"mean": 0.3, "variance": 4.0}, stats.norm(0.3, 2.0).cdf),
    "laplace": ({"scale": 1.5}, stats.laplace(scale=1.5).cdf),
    "uniform": ({"low": -1.0, "high": 2.0}, stats.uniform(-1, 3).cdf),
    "exponential": ({"mean": 0.7}, stats.expon(scale=0.7).cdf),
    "gamma": ({"shape": 2.5, "scale": 0.4}, stats.gamma(2.5, scale=0.4).cdf),
    "lomax": ({"index": 1.3, "scale": 0.8}, stats.lomax(1.3, scale=0.8).cdf),
    "cauchy": ({"scale": 1.2}, stats.cauchy(scale=1.2).cdf),
    "geometric": ({"mean": 2.0}, lambda n: 1 - (2 / 3) ** (n + 1)),
}
WAITS: dict[str, tuple[dict[str, float], Callable[[float], float]]] = {  # with E[exp(-s t)]
    "mittag_leffler": ({"index": 0.6, "scale": 0.9}, lambda s: 1 / (1 + (0.9 * s) ** 0.6)),
    "levy": ({"index": 0.5, "scale": 0.9}, lambda s: math.exp(-((0.9 * s) ** 0.5) / math.cos(math.pi / 4))),
    "gamma": ({"shape": 0.4, "scale": 2.0}, lambda s: (1 + 2 * s) ** -0.4),
}
KEYS = walker_keys(np.uint64(12345), 0, COUNT)


def drawn(law: str, arguments: dict[str, float], build: Callable[..., object] = step_law) -> FloatArray:
    made = build(law, arguments)
    return draw(made, KEYS, np.uint64(512), compiled=False)  # type: ignore[arg-type]


def distance(law: str, factor: float = 1.0) -> float:
    """Kolmogorov's distance from the known law, times sqrt(count): 2.7 is exceeded with probability 1e-6."""
    arguments, known = STEPS[law]
    x = np.sort(drawn(law, arguments)) * factor
    last = np.flatnonzero(np.append(np.diff(x) > 0, True))  # of equal numbers the last
    return float(np.max(np.abs(known(x[last]) - (last + 1) / COUNT)) * math.sqrt(COUNT))


@pytest.mark.parametrize("law", STEPS)
def test_steps_against_their_distribution_and_not_a_stretched_one(law: str) -> None:
    assert distance(law) < 2.7
    assert distance(law, 1.05) > 2.7


@pytest.mark.parametrize("law", WAITS)
def test_waits_against_their_transform_and_not_another(law: str) -> None:
    arguments, psi = WAITS[law]
    t = drawn(law, arguments, wait_law)
    assert t.min() >= 0
    for s in (0.3, 3.0):
        seen = np.exp(-s * t)
        gap = abs(seen.mean() - np.array([psi(s), psi(1.1 * s)])) / seen.std() * math.sqrt(COUNT)
        assert gap[0] < 5 < gap[1]


def test_stable_steps_against_their_characteristic_function() -> None:
    x = drawn("levy", {"index": 1.4, "scale": 0.8, "skewness": 0.5})
    k = 0.9
    size = (0.8 * k) ** 1.4
    exact = np.exp(-size * (1 - 0.5j * math.tan(math.pi * 0.7)))
    assert abs(np.exp(1j * k * x).mean() - exact) < 6 / math.sqrt(COUNT)
    assert abs(np.exp(1j * k * x).mean() - np.conj(exact)) > 6 / math.sqrt(COUNT)


def test_elementary_functions_against_those_of_the_library() -> None:
    x = np.linspace(-600, 600, 100_001)
    assert np.max(np.abs(elementary.exp(x) / np.exp(x) - 1)) < 1e-15
    u = elementary.uniform(KEYS)
    assert np.max(np.abs(elementary.log(u) - np.log(u))) < 4e-15
    cosine, sine = elementary.circle(2 * u - 1)
    assert np.max(np.abs(cosine + 1j * sine - np.exp(1j * np.pi * (2 * u - 1)))) < 1e-14


@pytest.mark.parametrize(
    "law", ['distribution = "levy"\nindex = 1.5\nscale = 1', 'distribution = "gamma"\nshape = 1.7\nscale = 1']
)
def test_compiled_walkers_are_those_of_numpy(law: str) -> None:
    pytest.importorskip("numba")
    name, *rest = (line.split(" = ")[1].strip('"') for line in law.splitlines())
    keys = [line.split(" = ")[0] for line in law.splitlines()][1:]
    model = sd.JumpModel(title=name, model={"coordinates": ["x"]},
                         jumps=[{"distribution": name, **dict(zip(keys, rest, strict=True)), "rate": "2"}, {"displacement": "-1", "rate": "0.5"}])  # fmt: skip
    walkers = Hops(model, {}, (0.0,), (1.0,), "key", 3)
    one, other = (walkers.chunk(4, 1.5, walkers=2_000, compiled=c) for c in (True, False))
    assert np.array_equal(one.positions, other.positions)
    assert np.array_equal(one.states, other.states)

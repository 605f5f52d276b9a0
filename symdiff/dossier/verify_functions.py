"""Test functions for what a model leaves open: smooth, periodic, and as large as the probabilities allow."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdiff.evidence.arrays import FloatArray, SmoothFunction, evaluate_arrays
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import FunctionDeclaration, JumpModel

SHAPES = ((1.0, 0.3), (0.0, 0.2), (0.0, 0.05), (0.3, 0.1), (0.1, 0.03), (0.0, 0.01))
"""(mean, size of the waves): the first pair for which every probability is one is taken."""


@dataclass(frozen=True)
class Waves:
    """offset + sum of size cos(k.x + phase): a stand-in for a function of place that the model leaves open."""

    offset: float
    parts: tuple[tuple[float, tuple[float, ...], float], ...]

    def __call__(self, places: tuple[FloatArray, ...], orders: tuple[int, ...]) -> FloatArray:
        total = np.zeros(np.broadcast_shapes(*(np.shape(p) for p in places))) + (0.0 if any(orders) else self.offset)
        for size, wave, phase in self.parts:
            factor = size * math.prod(k**n for k, n in zip(wave, orders, strict=True))
            angle = sum(k * p for k, p in zip(wave, places, strict=True)) + phase + sum(orders) * math.pi / 2
            total = total + factor * np.cos(angle)
        return total

    def text(self, names: Sequence[str]) -> str:
        """The function as readable text."""
        shown = [f"{self.offset:g}"] if self.offset else []
        for size, wave, phase in self.parts:
            angle = " + ".join(f"{k:.6g}*{n}" for k, n in zip(wave, names, strict=True) if k)
            shown.append(f"{size:.4g}*cos({angle} + {phase:.4g})")
        return " + ".join(shown)


@dataclass(frozen=True)
class Written:
    """A function that the model or the user writes out, with its derivatives."""

    arguments: tuple[str, ...]
    body: sp.Expr
    values: tuple[tuple[sp.Symbol, float], ...]
    others: tuple[tuple[str, SmoothFunction], ...]

    def __call__(self, places: tuple[FloatArray, ...], orders: tuple[int, ...]) -> FloatArray:
        symbols, body = [sp.Symbol(n, real=True) for n in self.arguments], self.body
        for symbol, count in zip(symbols, orders, strict=True):
            body = sp.diff(body, symbol, count) if count else body
        known = {**dict(self.values), **dict(zip(symbols, places, strict=True))}
        found = evaluate_arrays(body, known, dict(self.others))
        return np.broadcast_to(found, np.broadcast_shapes(*(np.shape(p) for p in places)))


@dataclass(frozen=True)
class Stretched:
    """f(eps x): a function of place that varies over lengths of order 1/eps, as the long-wave regime means it."""

    function: SmoothFunction
    eps: float

    def __call__(self, places: tuple[FloatArray, ...], orders: tuple[int, ...]) -> FloatArray:
        return self.function(tuple(self.eps * p for p in places), orders) * self.eps ** sum(orders)


def free_functions(model: JumpModel) -> list[FunctionDeclaration]:
    """The functions that the model leaves open."""
    return [f for f in model.functions if f.body is None]


def draw_waves(
    declared: FunctionDeclaration, generator: random.Random, periods: Mapping[str, float], shape: tuple[float, float]
) -> Waves:
    """Two waves with one and two periods in the box; of several coordinates a single, weaker one."""
    offset, size = shape
    parts = []
    several = len(periods) > 1
    for n in (1,) if several else (1, 2):
        counts = [n if i == 0 else generator.choice((-1, 0, 1)) for i in range(len(declared.arguments))]
        generator.shuffle(counts)
        wave = tuple(2 * math.pi * c / periods[a] for c, a in zip(counts, declared.arguments, strict=True))
        parts.append(
            (size / (2 if several else n) * generator.uniform(0.7, 1.0), wave, generator.uniform(0, 2 * math.pi))
        )
    return Waves(offset, tuple(parts))


def all_functions(
    model: JumpModel, drawn: Mapping[str, SmoothFunction], values: Mapping[sp.Symbol, float]
) -> dict[str, SmoothFunction]:
    """Every function of the model as something that can be evaluated: ``drawn`` for the open ones, and the written ones."""
    found = dict(drawn)
    for f in model.functions:
        if f.body is not None:
            body = expand_definitions(f.body, model.functions)
            found[f.name] = Written(f.arguments, body, tuple(values.items()), tuple(drawn.items()))
    return found

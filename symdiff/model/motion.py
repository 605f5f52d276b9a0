"""Motion inside a state, and continuous internal states, as frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.model.step_law import StepLaw

DOMAINS = ("direction", "line", "ball")


@dataclass(frozen=True)
class Motion:
    """What a walker does inside one state: d_t P = - d_i(v_i P) + d_ij(D_ij P), with D read as ``evaluation`` says.

    ``state`` is None for the one nameless state. ``diffusivity`` is the symmetric tensor D_ij, row by row (empty: none).
    ``evaluation`` a (0 Ito, 1/2 Stratonovich, 1 isothermal) adds the drift a d_j D_ij.
    """

    state: str | None
    velocity: tuple[sp.Expr, ...]
    diffusivity: tuple[tuple[sp.Expr, ...], ...] = ()
    evaluation: sp.Expr = sp.S.Zero

    @property
    def is_rest(self) -> bool:
        """Whether the walker stays where it is between its jumps."""
        return all(v == 0 for v in self.velocity) and all(d == 0 for row in self.diffusivity for d in row)

    def changed(self, swap: Callable[[sp.Expr], sp.Expr]) -> Motion:
        """The same motion with every expression changed."""
        return replace(self, velocity=tuple(map(swap, self.velocity)), evaluation=swap(self.evaluation),
                       diffusivity=tuple(tuple(map(swap, row)) for row in self.diffusivity))  # fmt: skip


@dataclass(frozen=True)
class InternalVariable:
    """A continuous internal state, by the names of its components.

    ``domain``: "direction" (a unit vector of the model's space), "line", or "ball" (all points nearer to ``centre`` than
    ``radius``, with reflecting walls: an interval in one dimension). Its own motion has ``diffusivity`` and ``drift`` (of a
    direction in the plane: the angular velocity). It is renewed at ``rate`` (None: before every step, at every jump, or by
    ``redraw``): a direction by a random turn of ``mean_cosine`` and ``mean_sine`` (both None: uniformly), a number by ``law``.
    """

    name: str
    components: tuple[str, ...]
    domain: str
    diffusivity: sp.Expr = sp.S.Zero
    drift: tuple[sp.Expr, ...] = ()
    rate: sp.Expr | None = None
    mean_cosine: sp.Expr | None = None
    mean_sine: sp.Expr | None = None
    law: StepLaw | None = None
    centre: tuple[sp.Expr, ...] = ()
    radius: sp.Expr | None = None
    domain_text: str = ""

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The components as SymPy symbols."""
        return tuple(sp.Symbol(name, real=True) for name in self.components)

    @property
    def moves(self) -> bool:
        """Whether it has a motion of its own."""
        return self.diffusivity != 0 or any(d != 0 for d in self.drift)

    @property
    def uniform(self) -> bool:
        """Whether a renewed direction forgets the old one altogether."""
        return (self.mean_cosine in (None, 0)) and (self.mean_sine in (None, 0))

    def open_harmonic(self, degree: int, part: str) -> sp.Symbol:
        """The mean of a harmonic of the turn (``part`` "cosine" or "sine") that the model does not state."""
        return sp.Symbol(f"the mean of the turn's harmonic {degree} ({part}) of {self.name}", real=True)

    def open_moment(self, k: int) -> sp.Symbol:
        """A moment of the law of renewal that the model does not state."""
        return sp.Symbol(f"moment {k} of {self.name}", real=True)

    def changed(self, swap: Callable[[sp.Expr], sp.Expr]) -> InternalVariable:
        """The same variable with every expression changed."""

        def maybe(value: sp.Expr | None) -> sp.Expr | None:
            return None if value is None else swap(value)

        return replace(
            self,
            diffusivity=swap(self.diffusivity),
            drift=tuple(map(swap, self.drift)),
            rate=maybe(self.rate),
            mean_cosine=maybe(self.mean_cosine),
            mean_sine=maybe(self.mean_sine),
            law=None if self.law is None else self.law.substitute(swap),
            centre=tuple(map(swap, self.centre)),
            radius=maybe(self.radius),
        )

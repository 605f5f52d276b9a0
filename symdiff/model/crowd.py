"""Agents that see each other, as frozen values: reactions, occupancy, site rates, rods; and populations that are counted."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Participant:
    """One agent that a reaction consumes or produces: its state, and where it is from the place of the reaction."""

    state: str
    displacement: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Reaction:
    """``intensity`` is a rate per set of consumed agents (per site where nothing is consumed), or a probability per step.

    It may depend on the coordinates, which mean the place of the reaction, and on densities at named sites.
    """

    consumes: tuple[Participant, ...]
    produces: tuple[Participant, ...]
    intensity: sp.Expr
    label: str = ""


@dataclass(frozen=True)
class Crowd:
    """What a model says about agents that meet.

    ``occupancy``: how many agents fit on a site (None: no limit). ``site_rate``: the rate at which a site loses one of its
    agents, a function of their number (zero range). ``rod_length``: the number of sites that one agent covers.
    """

    reactions: tuple[Reaction, ...] = ()
    occupancy: sp.Expr | None = None
    site_rate: sp.Expr | None = None
    rod_length: sp.Expr | None = None


INDEPENDENT = Crowd()


@dataclass(frozen=True)
class Population:
    """Coordinates that count individuals: ``scaled`` names each coordinate over the ``system_size``."""

    system_size: sp.Symbol
    scaled: tuple[str, ...]

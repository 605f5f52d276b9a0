"""The signs of a formula with their parts, and questions that every decision asks about them."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import Evidence, Use
from symdiff.notation.latex.signs import VARIABLE_LETTERS
from symdiff.notation.latex.subscripts import Parts, parts_of
from symdiff.notation.latex.views import view_of

COEFFICIENTS = frozenset(
    {"D", "K", "k", "v", "mu", "nu", "kappa", "sigma", "gamma", "Gamma", "lambda", "tau", "ell", "beta", "chi"}
)


def base_name(name: str) -> str:
    """The name without its labels."""
    return name.split("_")[0].split("^")[0]


def is_average(use: Use) -> bool:
    r"""``\mathbb{E}[x]``, ``E[x]``, ``\mathrm{Var}(x)``: what a derivative before it is meant for stands in the brackets."""
    if use.call is None:
        return False
    name = use.sign.name
    return name in ("Ebb", "Var", "var", "Cov", "cov") or (name in ("E", "Ecal", "Ebold") and use.bracket == "[")


@dataclass
class Keyed:
    """One use of a sign, and the parts that the sign falls into."""

    use: Use
    parts: Parts


class Collected:
    """All uses of all signs; ``notes`` collects the guesses."""

    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.names = names
        self.context = names.context
        self.time = self.context.time
        self.notes: list[str] = []
        self.view = view_of(evidence, names, self.notes)
        self.keyed = [Keyed(use, parts_of(use.sign, self.view)) for use in evidence.uses]
        self.parameters = frozenset((*self.context.parameters, *self.context.indices))
        self.functions = dict(self.context.functions)

    def note(self, message: str) -> None:
        """Keep a guess, once."""
        if message not in self.notes:
            self.notes.append(message)

    def declared(self, name: str) -> str:
        """The declared name that a spelling means, or the spelling itself."""
        return self.names.resolve(name)[0] or name

    def is_parameter(self, name: str) -> bool:
        """Whether the caller declared the name a plain symbol."""
        return self.declared(name) in self.parameters and self.declared(name) not in self.functions

    def uses(self, name: str) -> list[Keyed]:
        """Every use of a name."""
        return [item for item in self.keyed if item.parts.name == name]

    def is_differentiated(self, item: Keyed) -> bool:
        """Whether a derivative, a dot or a prime is surely meant for this use."""
        use = item.use
        if is_average(use) and self.declared(item.parts.name) == item.parts.name not in self.context.fields:
            return False  # d E[x] / dt
        if self.declared(item.parts.name) in self.context.coordinates:
            return use.sign.dots > 0 or (use.direct and any(d.variable == self.time for d in use.diffs))
        bound = use.call is None and use.sign.name in self.evidence.bound - self.evidence.unprimed  # r' of an integral
        primed = use.sign.primes and not bound and (use.call is not None or use.sign.name not in VARIABLE_LETTERS)
        if use.sign.dots or primed:
            return not use.argument or use.call is not None or bool(use.sign.dots)
        return use.direct and bool(use.diffs)

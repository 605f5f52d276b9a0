"""A pasted master equation becomes a jump model, and everything that the equation leaves open is listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, compare
from symdiff.dossier.balance import Balance, Flow, balances_of
from symdiff.dossier.vector_places import along_axes
from symdiff.errors import ModelError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, is_identifier, latex_name

_DIRECTED = re.compile(r"\w+_(plus|minus)\d*")
AXES = ("x", "y", "z")
SPACINGS = ("a", "h", "ell", "dx", "a0", "spacing")


@dataclass(frozen=True)
class ModelReading:
    """The model, how the formula was read, and what was assumed beyond what it says."""

    model: JumpModel
    reading: Reading
    assumed: tuple[str, ...]


def model_from_latex(text: str, context: ReadingContext | None = None, spacing: str = "") -> ModelReading:
    """Read a master equation (one per state) and state it as a jump model.

    ``spacing`` is the LaTeX of the lattice spacing where sites are numbered and the text around names it.

    Raises :class:`ExpressionError` where the formula cannot be read, :class:`ModelError` where it is no master equation,
    :class:`NotYetError` where it is one that symdiff cannot turn into jumps.
    """
    reading = read_latex(text, context)
    equations, notes = along_axes(reading.equations)
    writer = _Writer(balances_of(equations), reading, spacing)
    writer.assumed.extend(notes)
    document = writer.document()
    written = {s.name for s in reading.symbols}
    for name in sorted(n for n in document.get("functions", {}) if _DIRECTED.fullmatch(n) and n not in written):
        writer.assumed.append(
            f"{name} is the rate of the jumps to the {'right' if '_plus' in name else 'left'} from the site in its bracket"
        )
    assumed = tuple(writer.assumed)
    document["notes"] = "Assumed: " + "; ".join(assumed) + "." if assumed else ""
    return ModelReading(JumpModel(**document), reading, assumed)


class _Writer:
    """Collects the names, the jumps and the assumptions of one model."""

    def __init__(self, balances: Sequence[Balance], reading: Reading, spacing: str = "") -> None:
        self.balances, self.reading = balances, reading
        self.named_spacing = {r"\ell": "ell"}.get(spacing, "dx" if "Delta" in spacing else spacing)
        self.assumed: list[str] = []
        self.places = balances[0].places
        self.step = balances[0].step
        self.names: dict[str, str] = {}
        for symbol in sorted(self._symbols(), key=str):
            self._name(symbol.name)
        self.replaced: dict[sp.Symbol, sp.Expr] = {}
        self.indexed = self._indexed()
        self.axes = self._axes()
        self.reactions: list[dict[str, Any]] = []
        self.lossy = False

    def _symbols(self) -> set[sp.Symbol]:
        found: set[sp.Symbol] = set(self.step.free_symbols) if self.step is not None else set()
        for balance in self.balances:
            for flow in balance.flows:
                found |= flow.weight.free_symbols | set().union(*(s.free_symbols for s in flow.shift))
        return {s for s in found if s not in self.places and s.name != "t"}

    def _name(self, name: str) -> str:
        """A name that a model file may declare, for a name of the reading; two names never become one."""
        if name not in self.names:
            plain = {"Delta x": "dx", "Delta t": "dt", "Delta y": "dy", "Delta z": "dz"}.get(name, name)
            plain = plain.replace("+", "plus").replace("-", "minus").replace("^", "_")
            plain = SUGGESTED_SPELLING.get(plain, re.sub(r"\W+", "_", plain).strip("_") or "q")
            while plain in RESERVED or plain in self.names.values() or plain == "t" or not is_identifier(plain):
                plain = f"{plain}1" if plain[0].isalpha() else f"q{plain}"
            self.names[name] = plain
        return self.names[name]

    # --- places -----------------------------------------------------------------------------------------------------

    def _indexed(self) -> bool:
        """Whether places are site numbers, to be multiplied by a lattice spacing that the equation does not name.

        Numbers in the rates (a population, ``lambda n P_n``) stay what they are.
        """
        kinds = {s.name: s.kind for s in self.reading.symbols}
        flows = [f for b in self.balances for f in b.flows]
        bare = all(x.is_Integer for f in flows for x in f.shift)
        shown = any(f.weight.has(*self.places) for f in flows)
        index = all(kinds.get(p.name) in ("index", "symbol", None) and p.name not in AXES for p in self.places)
        return bare and index and not shown

    def _axes(self) -> tuple[str, ...]:
        if not self.indexed:
            return tuple(self._name(p.name) for p in self.places)
        free = [a for a in AXES if a not in self.names.values()]
        if len(self.places) > len(free):
            raise NotYetError(f"{len(self.places)} indices are not turned into coordinates")
        return tuple(free[: len(self.places)])

    def _spacing(self) -> sp.Expr:
        if not self.indexed:
            return sp.Integer(1)
        if len(self.places) == 1 and "Delta x" in self.names:
            name = self.names["Delta x"]
        else:
            choices = (self.named_spacing, *SPACINGS) if self.named_spacing else SPACINGS
            name = next(s for s in choices if s not in self.names.values() and s not in self.axes)
            self.names["lattice spacing"] = name
        indices = ", ".join(p.name for p in self.places)
        places = ", ".join(f"{a} = {p.name}*{name}" for a, p in zip(self.axes, self.places, strict=True))
        self._assume(
            f"{indices} number{'s' if len(self.places) == 1 else ''} the sites of a lattice of spacing {name}: {places}"
        )
        return sp.Symbol(name)

    def _assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    # --- the document -----------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The model in the words of the model file."""
        spacing = self._spacing()
        states = [self._name(b.density) for b in self.balances]
        single = len(states) == 1
        self._normalise()
        if any(b.crowded for b in self.balances):
            self._assume(
                "the products of densities cancel, so walkers that do not see each other obey the same equation; these are modelled"
            )
        jumps, motions = [], []
        for balance in self.balances:
            moved, motion = self._jumps(balance, spacing, single)
            jumps += moved
            motions.append(motion)
        head: dict[str, Any] = {"coordinates": list(self.axes), "density": states[0] if single else self._total(states)}
        if self.step is not None:
            head["time_step"] = str(self._own(self.step))
            if self.step.is_Integer:
                head["time_step"] = str(self.step * sp.Symbol(self._time_unit()))
        document: dict[str, Any] = {"title": "A model read from LaTeX", "model": head, "jumps": jumps}
        if any(motions):
            document["states"] = [{"name": n, **m} for n, m in zip(states, motions, strict=True)]
        elif not single:
            head["states"] = states
        document["parameters"] = self._parameters(jumps, head, motions)
        functions = self._functions()
        if functions:
            document["functions"] = functions
        if self.reactions:
            document["reactions"] = self.reactions
        if self.lossy:
            head["survival"] = "lossy"
        return document

    def _time_unit(self) -> str:
        """How long one step of a time index lasts: a symbol, where the equation names none."""
        if "Delta t" not in self.names:
            self.names["time step"] = next(n for n in ("tau", "dt", "tau0") if n not in self.names.values())
        name = self.names.get("Delta t") or self.names["time step"]
        self._assume(f"one step of the time index lasts {name}")
        return name

    def _total(self, states: list[str]) -> str:
        return next(n for n in ("P", "u", "C", "rho", "total") if n not in states and n not in self.names.values())

    def _own(self, e: sp.Expr) -> sp.Expr:
        """An expression in the model's names."""
        change: dict[sp.Basic, sp.Expr] = {
            s: sp.Symbol(self._name(s.name)) for s in e.free_symbols if s not in self.places
        }
        change |= {p: sp.Symbol(a) for p, a in zip(self.places, self.axes, strict=True)}
        calls = {
            c: sp.Function(self._name(c.func.__name__))(*(a.xreplace(change) for a in c.args))
            for c in e.atoms(AppliedUndef)
        }
        return e.xreplace(calls).xreplace(change)

    def _jumps(self, balance: Balance, spacing: sp.Expr, single: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The jumps that arrive in one state, and that state's own motion."""
        target = self._name(balance.density)
        jumps: list[dict[str, Any]] = []
        motion: dict[str, Any] = {}
        for flow in balance.flows:
            source = self._name(flow.source)
            if any(flow.orders):
                motion |= self._motion(flow, balance)
                continue
            if all(s == 0 for s in flow.shift) and source == target and not self.lossy:
                continue  # staying or leaving: what the jumps that leave already say; looked at in _normalise
            displacement = [-self._own(s) * spacing for s in flow.shift]
            back = {
                p: p - s for p, s in zip(self.places, flow.shift, strict=True)
            }  # weights are stated at the place of arrival
            weight = self._own(sp.expand(flow.weight.xreplace(back)))
            entry: dict[str, Any] = {"displacement": [str(d) for d in displacement]}
            if not single:
                entry |= {"from": source, "to": target}
            jumps.append(entry | {"rate" if self.step is None else "probability": str(sp.factor_terms(weight))})
        return jumps, motion

    def _motion(self, flow: Flow, balance: Balance) -> dict[str, Any]:
        if flow.source != balance.density or any(s != 0 for s in flow.shift) or self.step is not None:
            raise NotYetError(
                "a derivative of another density, at another place or in discrete time is no motion of a state"
            )
        if flow.weight.has(*self.places):
            raise NotYetError(
                "a velocity that depends on place is not read from LaTeX yet", instead="state it in a model file"
            )
        size = len(self.places)
        if sum(flow.orders) == 1:
            return {"velocity": [str(-self._own(flow.weight)) if n else "0" for n in flow.orders]}
        if sum(flow.orders) == 2 and size == 1:
            return {"diffusivity": str(self._own(flow.weight))}
        raise NotYetError("derivatives of this order are not read into a model yet")

    # --- conservation -----------------------------------------------------------------------------------------------

    def _normalise(self) -> None:
        """What leaves every state must be what arrives elsewhere; a probability without a name of its own is settled so."""
        for balance in self.balances:
            missing = sp.expand(
                self._leaving(balance.density) + self._staying(balance) - (0 if self.step is None else 1)
            )
            if missing == 0 or compare(missing, sp.Integer(0), ()).answer is Answer.PROVED:
                continue
            settled = self._settled(missing, balance) if self.step is not None else None
            if settled is None and self._is_death(missing, balance):
                continue
            if settled is None:
                raise ModelError(
                    f"probability is not conserved: for a walker in {balance.density} the probabilities and the loss do not cancel "
                    f"(they differ by {self._own(missing)})",
                    instead="check the loss term; state killing or growth in a model file ([[reactions]], survival = \"lossy\")")  # fmt: skip
            symbol, value = settled
            self.balances = [_with_replaced(b, symbol, value) for b in self.balances]
            self._assume(f"{self._name(symbol.name)} = {self._own(value)}, since the probabilities sum to one")

    def _leaving(self, density: str) -> sp.Expr:
        """All weights with which a walker in this state at x goes somewhere else."""
        total = sp.Integer(0)
        for balance in self.balances:
            for flow in balance.flows:
                if (
                    flow.source == density
                    and not any(flow.orders)
                    and (balance.density != density or any(s != 0 for s in flow.shift))
                ):
                    total += flow.weight.xreplace({p: p - s for p, s in zip(self.places, flow.shift, strict=True)})
        return total

    def _staying(self, balance: Balance) -> sp.Expr:
        """The weight of the density itself: the probability of staying, or minus the rate of leaving."""
        return sp.Add(
            *(
                f.weight
                for f in balance.flows
                if f.source == balance.density and not any(f.orders) and all(s == 0 for s in f.shift)
            )
        )

    def _is_death(self, missing: sp.Expr, balance: Balance) -> bool:
        """What is missing as walkers that die (or, at a rate, are born): named by symbols of its own, so no slip in the jumps."""
        parts = [p.as_coeff_Mul() for p in sp.Add.make_args(missing)]
        signs = {
            bool(c > 0)
            for c, p in parts
            if p.free_symbols and not p.has(*self.places) and p.is_Mul | p.is_Symbol | p.is_Pow
        }
        if len(signs) != 1 or any(not p.free_symbols or p.has(*self.places) for _, p in parts):
            return False
        born = signs.pop()
        density = self._name(balance.density)
        if self.step is not None:
            if born:
                return False
            self.lossy = True
            self._assume(f"in each step a walker in {density} dies with probability {self._own(-missing)}")
            return True
        moved = set().union(
            *(f.weight.free_symbols for b in self.balances for f in b.flows if any(f.shift) or f.source != b.density)
        )
        if missing.free_symbols & moved:
            return False
        rate = str(self._own(missing if born else -missing))
        self.reactions.append({"rule": f"{density} -> {f'2 {density}' if born else '0'}", "rate": rate})
        self._assume(f"walkers in {density} {'are born' if born else 'die'} at the rate {rate}")
        return True

    def _settled(self, missing: sp.Expr, balance: Balance) -> tuple[sp.Symbol, sp.Expr] | None:
        """A plain symbol that stands once, with factor one: the last probability, which the others fix; that of staying first."""
        found = [s for s in missing.free_symbols - set(self.places) if sp.diff(missing, s) == 1]
        if not found:
            return None
        staying = self._staying(balance)
        plain = max(found, key=lambda s: (s == staying, s.name))
        return plain, sp.expand(plain - missing)

    # --- names ------------------------------------------------------------------------------------------------------

    def _parameters(
        self, jumps: list[dict[str, Any]], head: dict[str, Any], motions: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Every parameter with what is assumed of it: probabilities where 1 - p stands too, else positive."""
        texts = " ".join(str(v) for j in jumps for v in (*j["displacement"], j.get("rate"), j.get("probability")))
        texts += f" {head.get('time_step', '')} {motions} {[r['rate'] for r in self.reactions]}"
        used = [n for n in self.names.values() if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", texts)]
        latex = {plain: name for name, plain in self.names.items()}
        functions = {
            self._name(c.func.__name__) for b in self.balances for f in b.flows for c in f.weight.atoms(AppliedUndef)
        }
        states = {self._name(b.density) for b in self.balances}
        found: dict[str, Any] = {}
        for name in sorted(set(used) - functions - states - set(self.axes)):
            chance = self.step is not None and any(self._is_probability(name, j["probability"]) for j in jumps)
            assume = "probability" if chance else "positive"
            self._assume(f"{name} is {'a probability' if chance else 'positive'}")
            shown = (
                to_latex(build(sp.Symbol(latex[name]), Typography()))
                if latex[name] not in ("lattice spacing", "time step")
                else ""
            )
            if latex[name].startswith("Delta "):
                shown = rf"\Delta {latex[name][6:]}"
            found[name] = assume if not shown or shown == latex_name(name) else {"assume": assume, "latex": shown}
        return found

    def _is_probability(self, name: str, text: str) -> bool:
        """A weight that is the symbol itself, or one minus it."""
        return text == name or text in (f"1 - {name}", f"-{name} + 1")

    def _functions(self) -> dict[str, list[str]]:
        found = {}
        for balance in self.balances:
            for flow in balance.flows:
                for call in sorted(flow.weight.atoms(AppliedUndef), key=str):
                    arguments = [
                        a for p, a in zip(self.places, self.axes, strict=True) if any(x.has(p) for x in call.args)
                    ]
                    if len(arguments) != len(call.args):
                        raise NotYetError(
                            f"{call} is no function of the coordinates alone", instead="state the model in a file"
                        )
                    found[self._name(call.func.__name__)] = arguments
        return found


def _with_replaced(balance: Balance, symbol: sp.Symbol, value: sp.Expr) -> Balance:
    flows = tuple(Flow(f.source, f.shift, f.weight.xreplace({symbol: value}), f.orders) for f in balance.flows)
    return Balance(balance.density, balance.places, balance.step, flows)

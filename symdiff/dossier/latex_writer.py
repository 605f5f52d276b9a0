"""Writes the model of a linear master equation, and lists what the equation leaves open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.balance_types import Balance, Flow
from symdiff.dossier.latex_conservation import Conservation
from symdiff.dossier.pasted_conditions import Beside, range_text
from symdiff.dossier.pasted_drift import with_motion
from symdiff.dossier.pasted_laws import NUMBER, STEP, Law
from symdiff.dossier.pasted_names import spelling
from symdiff.dossier.pasted_pieces import Cell, condition, in_pieces, written_out
from symdiff.dossier.pasted_totals import kernel_of, ratios_of
from symdiff.dossier.pasted_wait_laws import named_density
from symdiff.errors import ModelError, NotYetError
from symdiff.notation.latex import Reading
from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, is_identifier, latex_name

AXES = ("x", "y", "z")
_TIME = sp.Symbol("t")
LONGEST_NAME = 32  # of 40 that a model file allows, so that two may be told apart
SPACINGS = ("a", "h", "ell", "dx", "a0", "spacing")


class Writer(Conservation):
    """Collects the names, the jumps and the assumptions of one model."""

    def __init__(
        self, balances: Sequence[Balance], reading: Reading, spacing: str = "", said: Beside | None = None
    ) -> None:
        self.balances, self.reading, self.said = list(balances), reading, said or Beside(())
        self.named_spacing = spacing
        self.assumed: list[str] = []
        self.places = balances[0].places
        self.step = balances[0].step
        self.names: dict[str, str] = {}
        for symbol in sorted(self._symbols(), key=str):
            self._name(symbol.name)
        self.balances = [with_motion(b) for b in balances]
        self.assumptions: dict[str, str] = {}
        self.drawn: set[str] = set()  # moments and totals of laws that are only named
        self.indexed = self._indexed()
        self.axes = self._axes()
        self.number = sp.Symbol(next(n for n in ("j", "m", "q", "nr") if n not in (*self.axes, *self.names.values())))
        self.reactions: list[dict[str, Any]] = []
        self.lossy = False
        self.unit: sp.Expr = sp.S.One  # the length between numbered sites
        for name, comparisons in self.said.ranges.items():
            if name in self.names:
                self.assumptions[self.names[name]] = range_text(self.names[name], comparisons, sp.Symbol(name))
        for note in self.said.notes:
            self._assume(note)

    def _symbols(self) -> set[sp.Symbol]:
        found: set[sp.Symbol] = set(self.step.free_symbols) if self.step is not None else set()
        for balance in self.balances:
            for flow in balance.flows:
                found |= flow.weight.free_symbols | set().union(*(s.free_symbols for s in flow.shift))
            found |= {s for e in balance.sources for s in e.free_symbols}
            found |= {s for rate, where in balance.resets for e in (rate, *where) for s in e.free_symbols}
            for law in balance.laws:
                used = (law.weight, law.kernel, law.displacement, law.low, law.high)
                found |= set().union(*(e.free_symbols for e in used)) - {law.variable}
        return {s for s in found if s not in self.places and s.name != "t"}

    def _name(self, name: str) -> str:
        """A name that a model file may declare, for a name of the reading; two names never become one."""
        if name not in self.names:
            plain = {"Delta x": "dx", "Delta t": "dt", "Delta y": "dy", "Delta z": "dz"}.get(name, name)
            plain = plain.replace("->", "right").replace("<-", "left")
            plain = plain.replace("+", "plus").replace("-", "minus").replace("^", "_")
            plain = SUGGESTED_SPELLING.get(plain, re.sub(r"\W+", "_", plain).strip("_")[:LONGEST_NAME] or "q")
            while (
                plain in RESERVED
                or (plain == STEP.name and any(b.laws for b in self.balances))
                or plain in self.names.values()
                or plain == "t"
                or not is_identifier(plain)
            ):
                plain = f"{plain}1" if plain[0].isalpha() else f"q{plain}"
            self.names[name] = plain
        return self.names[name]

    def _axes_names(self) -> tuple[str, ...]:
        return self.axes

    def _free(self, name: str) -> str:
        taken = {*self.names.values(), *self.axes, *self._called()}
        return next(n for n in (name, "source", f"{name}0", f"{name}1", "source0") if n not in taken)

    # --- places -----------------------------------------------------------------------------------------------------

    def _indexed(self) -> bool:
        """Whether places are site numbers, to be multiplied by a lattice spacing that the equation does not name.

        Numbers in the rates (a population, ``lambda n P_n``) stay what they are; functions of the site, ``W_n P_n``, become
        functions of its place where the length between sites is named.
        """
        kinds = {s.name: s.kind for s in self.reading.symbols}
        flows = [f for b in self.balances for f in b.flows]
        bare = all(x.is_Integer for f in flows for x in f.shift) and all(
            law.summed and sp.expand(law.displacement).xreplace({law.variable: sp.S.One}).is_Integer
            for b in self.balances
            for law in b.laws
        )
        weights = [f.weight for f in flows]
        named = self.named_spacing or any(
            self._is_spacing(sp.Symbol(n)) for n in (*SPACINGS, "Delta x") if n in self.names
        )
        if named and not any(law.weight.has(*self.places) for b in self.balances for law in b.laws):
            weights = [w.xreplace({c: sp.Dummy() for c in w.atoms(AppliedUndef)}) for w in weights]
        shown = any(w.has(*self.places) for w in weights)
        index = all(kinds.get(p.name) in ("index", "symbol", None) and p.name not in AXES for p in self.places)
        return bare and index and not shown

    def _axes(self) -> tuple[str, ...]:
        if not self.indexed:
            return tuple(self._name(p.name) for p in self.places)
        free = [a for a in AXES if a not in self.names.values() and a not in self._called()]
        if len(self.places) > len(free):
            raise NotYetError(f"{len(self.places)} indices are not turned into coordinates")
        return tuple(free[: len(self.places)])

    def _spacing(self) -> sp.Expr:
        if not self.indexed:
            return sp.Integer(1)
        own = next((n for n in SPACINGS if n in self.names and self._is_spacing(sp.Symbol(n))), None)
        if len(self.places) == 1 and "Delta x" in self.names:
            name = self.names["Delta x"]
        elif own is not None:
            name = self.names[own]
        else:
            meant = {s.name for s in self.reading.symbols} - {self.named_spacing}
            taken = {*self.names.values(), *self.axes, *self._called(), *meant}
            if self.named_spacing and self.named_spacing not in {*taken, *self.names}:
                name = self._name(self.named_spacing)
            else:
                name = next(s for s in (*SPACINGS, "spacing0") if s not in taken)
                self.names["lattice spacing"] = name
        indices = ", ".join(p.name for p in self.places)
        places = ", ".join(f"{a} = {p.name}*{name}" for a, p in zip(self.axes, self.places, strict=True))
        self._assume(
            f"{indices} number{'s' if len(self.places) == 1 else ''} the sites of a lattice of spacing {name}: {places}"
        )
        return sp.Symbol(name)

    def _called(self) -> set[str]:
        """The names of densities and functions."""
        weights = [f.weight for b in self.balances for f in b.flows]
        return {b.density for b in self.balances} | {c.func.__name__ for w in weights for c in w.atoms(AppliedUndef)}

    def _is_spacing(self, symbol: sp.Symbol) -> bool:
        """Whether the terms of the weights of all jumps are inverse to a length or to its square: D/a**2 + c/(2*a)."""
        terms = [t for w in self._weights() for t in sp.Add.make_args(sp.expand(w))]
        return bool(terms) and all(any(not sp.expand(t * symbol**n).has(symbol) for n in (1, 2)) for t in terms) and all(
            t.has(symbol) for t in terms)  # fmt: skip

    def _weights(self) -> list[sp.Expr]:
        return [f.weight for b in self.balances for f in b.flows if any(f.shift)]

    def _assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    # --- the document -----------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The model in the words of the model file."""
        spacing = self.unit = self._spacing()
        states = [self._name(b.density) for b in self.balances]
        single = len(states) == 1
        self._normalise()
        if any(b.crowded for b in self.balances):
            self._assume(
                "the products of densities cancel, so walkers that do not see each other obey the same equation; these are modelled"
            )
        jumps, motions = [], []
        for balance in self.balances:
            for source in balance.sources:
                arriving = {"rule": f"0 -> {self._name(balance.density)}", "rate": str(self._own(source))}
                self.reactions.append(arriving)
                self._assume(
                    f"walkers of {self._name(balance.density)} arrive at the rate {arriving['rate']} at each place"
                )
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
            document["states"] = [
                {"name": n, **m} if len(states) > 1 else m for n, m in zip(states, motions, strict=True)
            ]
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
        if self.sites is not None and self.sites[0] != 0:
            head["origin"] = [str(self._own(self.sites[0]) * spacing)]
            self._assume(f"{head['origin'][0]} is a site")
        self._constrain(head, document)
        return document

    def _constrain(self, head: dict[str, Any], document: dict[str, Any]) -> None:
        """Comparisons of several parameters, and those of symbols that the model has no use for."""
        for comparison in self.said.constraints:
            own = self._own(comparison)
            if {s.name for s in own.free_symbols} <= set(document["parameters"]):
                head.setdefault("constraints", []).append(str(own))
                self._assume(str(own))
            else:
                self._assume(f"{comparison} is not part of the model")
        for name in self.said.ranges:
            if self.names.get(name) not in document["parameters"]:
                self._assume(f"what is said of {name} is not part of the model")

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
            s: sp.Symbol(self._name(s.name)) for s in e.free_symbols if s not in (*self.places, STEP, NUMBER, _TIME)
        }
        change |= {p: sp.Symbol(a) for p, a in zip(self.places, self.axes, strict=True)}
        change |= {STEP: sp.Symbol("r"), NUMBER: self.number}
        scale = self.unit if self.indexed else sp.S.One  # W(n + 1) is W(x + a)
        far = {p: a / scale for p, a in ((p, change[p]) for p in self.places)}
        calls = {
            c: sp.Function(self._name(c.func.__name__))(
                *(
                    sp.expand(scale * a.xreplace(change | far)) if a.has(*self.places) else a.xreplace(change)
                    for a in c.args
                )
            )
            for c in e.atoms(AppliedUndef)
        }
        return e.xreplace(calls).xreplace(change)

    def _jumps(self, balance: Balance, spacing: sp.Expr, single: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The jumps that arrive in one state, and that state's own motion."""
        target = self._name(balance.density)
        jumps: list[dict[str, Any]] = []
        motion: dict[str, Any] = {}
        if balance.motion is not None:
            velocity, diffusivity = balance.motion
            if any(v != 0 for v in velocity):
                motion["velocity"] = [str(self._own(v)) for v in velocity]
            if diffusivity != 0:
                motion["diffusivity"] = str(self._own(diffusivity))
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
            entry: dict[str, Any] = {"displacement": [str(d) for d in displacement]}
            if not single:
                entry |= {"from": source, "to": target}
            for sites, left in self._pieces(sp.expand(flow.weight.xreplace(back)), spacing):
                weight = self._own(left)
                self._check_sign(weight)
                jumps.append(sites | entry | {self.clock: str(sp.factor_terms(weight))})
        for rate, where in balance.resets:
            elsewhere = {
                s for f in balance.flows for e in (f.weight, *f.shift) for s in e.free_symbols
            } | rate.free_symbols
            for symbol in {s for w in where for s in w.free_symbols} - elsewhere:
                self.assumptions.setdefault(self._name(symbol.name), "integer" if self.indexed else "real")
            jumps.append(
                {"destination": [str(self._own(w) * spacing) for w in where], self.clock: str(self._own(rate))}
            )
        for law in balance.laws:
            ends = {} if single else {"from": self._name(law.source), "to": target}
            jumps.append(self._drawn(law, spacing) | ends)
        return jumps, motion

    def _pieces(self, weight: sp.Expr, spacing: sp.Expr) -> list[tuple[dict[str, Any], sp.Expr]]:
        """A weight in pieces as one for each kind of site."""
        if not any(in_pieces(weight, p) for p in self.places):
            return [({}, weight)]
        (place,) = self.places
        x = self._own(place)
        found = []
        for cells, value in written_out(weight, place):
            ends = [Cell(self._own(c.low) * spacing, self._own(c.high) * spacing) for c in cells]
            found.append(({"where": condition(ends, x)}, value))
        return found

    def _check_sign(self, weight: sp.Expr) -> None:
        """A rate such as -g*n, of numbers n of individuals, is negative wherever it is not zero."""
        axes = {sp.Symbol(a) for a in self.axes if a not in AXES}
        if (
            weight.free_symbols & axes
            and not weight.atoms(AppliedUndef)
            and all(t.could_extract_minus_sign() for t in sp.Add.make_args(sp.expand(weight)))
        ):
            raise ModelError(f"the rate {weight} of a jump is negative", instead="check the signs of gain and loss")

    @property
    def clock(self) -> str:
        return "rate" if self.step is None else "probability"

    @property
    def how(self) -> str:
        return "at the rate" if self.step is None else "with the probability"

    def _drawn(self, law: Law, spacing: sp.Expr) -> dict[str, Any]:
        """A jump whose step is drawn from a law."""
        call = law.named
        if call is not None:
            return self._drawn_by_moments(law, call, spacing)
        total = self._own(sp.S.One if law.total is None else law.total)
        for share in (total, sp.expand(1 - total)):
            if self.step is not None and share.is_Symbol:
                self.assumptions.setdefault(share.name, "probability")
        if law.summed:
            terms = (law.weight * law.kernel, law.displacement, law.low, law.high)
            weight, displacement, *ends = (self._own(e) for e in terms)
            for end in ends:
                self.assumptions |= (
                    {end.name: "positive integer"} if end.is_Symbol and end.name not in self.assumptions else {}
                )
            for ratio in map(self._own, ratios_of(law)):
                self.assumptions[ratio.name] = f"0 < {ratio} < 1"
            for power in weight.atoms(sp.Pow):  # p**j*(1 - p)**(N - j)
                if power.exp.has(self.number) and (chance := sp.expand(1 - power.base)).is_Symbol:
                    self.assumptions.setdefault(chance.name, "probability")
            return {
                "displacement": [str(displacement * spacing)],
                "index": {self.number.name: [str(e) for e in ends]},
                self.clock: str(weight),
            }
        kernel = kernel_of(law)
        if not law.unnormalised:
            normalised = self._own(kernel) / total
            named = named_density(normalised, sp.Symbol("r"))
            return {self.clock: str(total)} | (named or {"density": str(normalised)})
        if self.step is not None:
            raise NotYetError("a law that is not normalised, in discrete time, is not read into a model",
                              instead="write the probability of a jump times a normalised law")  # fmt: skip
        return {"rate_density": str(self._own(kernel))}

    def _drawn_by_moments(self, law: Law, call: AppliedUndef, spacing: sp.Expr) -> dict[str, Any]:
        """A jump by a law of which the equation says the name only: by its moments."""
        name = call.func.__name__
        first, second = self._parameter("m1", "real", name), self._parameter("m2", "positive", name)
        self._assume(
            f"{first} and {second} are the mean and the mean square of the argument of {name}, as of a probability"
        )
        mean = sp.S.Zero if call.args[0].has(sp.Abs) else first if call.args[0] == law.variable else -first
        slope = self._own(sp.diff(law.displacement, law.variable)) * spacing
        offset = self._own(law.displacement.xreplace({law.variable: sp.S.Zero})) * spacing
        front = self._own(law.weight * law.kernel / call)
        if law.unnormalised and name not in self.said.normalised:
            total = self._parameter(f"{self._name(name)}0", "positive", name)
            self._assume(f"{total} is the {'sum' if law.summed else 'integral'} of {name}, the rate of all its jumps")
            front *= total
        else:
            self._assume(f"{name} is normalised")
        entry = {self.clock: str(front), "distribution": "moments", "mean": str(slope * mean + offset)}
        return entry | {"second_moment": str(sp.expand(slope**2 * second + 2 * slope * offset * mean + offset**2))}

    def _parameter(self, name: str, assume: str, of: str) -> sp.Symbol:
        """A parameter of the model that the equation does not name."""
        key = f"{name} of {of}"
        if key not in self.names:
            while name in self.names.values() or name in self.axes:
                name += "_"
            self.names[key] = name
            self.assumptions[name] = assume
            self.drawn.add(name)
        return sp.Symbol(self.names[key])

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
        raise NotYetError(
            "derivatives of this order, or along an internal variable, are not read into a model yet",
            instead="state motion in a model file: [[states]] velocity, diffusivity; [[internal]] for directions",
        )

    # --- names ------------------------------------------------------------------------------------------------------

    def _parameters(
        self, jumps: list[dict[str, Any]], head: dict[str, Any], motions: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Every parameter with what is assumed of it: probabilities where 1 - p stands too, else positive."""
        texts = " ".join(str(v) for j in jumps for v in j.values())
        texts += f" {head.get('time_step', '')} {motions} {[r[self.clock] for r in self.reactions]}"
        used = [n for n in self.names.values() if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", texts)]
        latex = {plain: name for name, plain in self.names.items()}
        functions = set(self._functions())
        states = {self._name(b.density) for b in self.balances}
        found: dict[str, Any] = {}
        for name in sorted(set(used) - functions - states - set(self.axes)):
            chance = self.step is not None and any(self._is_probability(name, j["probability"]) for j in jumps)
            assume = self.assumptions.get(name) or ("probability" if chance else "positive")
            if name in self.drawn:
                found[name] = assume
                continue
            said = {
                "probability": "is a probability",
                "positive": "is positive",
                "real": "is real",
                "integer": "is an integer",
                "positive integer": "is a positive integer",
            }.get(assume)
            self._assume(f"{name} {said}" if said else assume if name in assume else f"{name} is {assume}")
            shown = spelling(latex[name]) if latex[name] not in ("lattice spacing", "time step") else ""
            found[name] = assume if not shown or shown == latex_name(name) else {"assume": assume, "latex": shown}
        return found

    def _is_probability(self, name: str, text: str) -> bool:
        """A weight that is the symbol itself, or one minus it."""
        return text == name or text in (f"1 - {name}", f"-{name} + 1")

    def _functions(self) -> dict[str, list[str]]:
        found = {}
        for balance in self.balances:
            motion = () if balance.motion is None else (*balance.motion[0], balance.motion[1])
            for weight in (*(f.weight for f in balance.flows), *motion, *balance.sources):
                for call in sorted(weight.atoms(AppliedUndef), key=str):
                    arguments = [
                        a for p, a in zip(self.places, self.axes, strict=True) if any(x.has(p) for x in call.args)
                    ]
                    arguments += ["t"] if any(x.has(_TIME) for x in call.args) else []
                    if len(arguments) != len(call.args):
                        raise NotYetError(
                            f"{call} is no function of the coordinates alone", instead="state the model in a file"
                        )
                    found[self._name(call.func.__name__)] = arguments
        return found

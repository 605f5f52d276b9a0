"""A pasted equation with products of densities becomes a model of agents that see each other."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.balance_types import Balance
from symdiff.dossier.latex_writer import Writer
from symdiff.dossier.pasted_conditions import Beside
from symdiff.dossier.pasted_crowds import Change, Crowd, Hop
from symdiff.errors import NotYetError
from symdiff.notation.latex import Reading


class CrowdWriter(Writer):
    """Writes the rules of a :class:`Crowd` in the words of the model file."""

    def __init__(self, crowd: Crowd, reading: Reading, spacing: str = "", said: Beside | None = None) -> None:
        self.crowd = crowd
        balances = [Balance(name, crowd.places, crowd.step, ()) for name in crowd.names]
        super().__init__(balances, reading, spacing, said)

    def _rates(self) -> list[sp.Expr]:
        return [*(h.rate for h in self.crowd.hops), *(c.rate for c in self.crowd.changes)]

    def _weights(self) -> list[sp.Expr]:
        return [h.rate for h in self.crowd.hops]

    def _symbols(self) -> set[sp.Symbol]:
        found: set[sp.Symbol] = set(self.step.free_symbols) if self.step is not None else set()
        found |= set().union(*(e.free_symbols for e in self._rates()))
        found |= set().union(*(d.free_symbols for h in self.crowd.hops for d in h.displacement))
        return {s for s in found if s not in (*self.places, self.crowd.time) and s.name != "t"}

    def _indexed(self) -> bool:
        plain = {
            c: sp.Integer(1)
            for e in self._rates()
            for c in e.atoms(AppliedUndef)
            if c.func.__name__ in self.crowd.names
        }
        if any(e.xreplace(plain).has(*self.places) for e in self._rates()):
            raise NotYetError("rates that depend on place beside products of densities are not read from LaTeX",
                              instead="state the rules in a model file")  # fmt: skip
        return all(d.is_Integer for h in self.crowd.hops for d in h.displacement)

    def document(self) -> dict[str, Any]:
        """The model in the words of the model file."""
        spacing = self._spacing()
        names = [self._name(n) for n in self.crowd.names]
        single = len(names) == 1
        jumps = [self._hop(h, spacing, single) for h in self.crowd.hops if not h.born]
        for hop in (h for h in self.crowd.hops if h.born):
            self._birth(hop, spacing)
        for change in self.crowd.changes:
            self._change(change, spacing)
        head: dict[str, Any] = {"coordinates": list(self.axes), "density": names[0] if single else self._total(names)}
        if not single:
            head["states"] = names
        if self.step is not None:
            step = self._own(self.step)
            head["time_step"] = str(step * sp.Symbol(self._time_unit()) if step.is_Integer else step)
        if any(e.atoms(AppliedUndef) for e in self._rates()):
            self._assume("densities at different sites are taken as uncorrelated (mean field)")
        room = all(map(self._leaves_room, self.crowd.hops)) and all(map(self._keeps_room, self.crowd.changes))
        if self.crowd.hops and room:
            head["occupancy"] = "1"
            self._assume("at most one agent fits on a site: no jump leads to a full one")
        document: dict[str, Any] = {"title": "A model read from LaTeX", "model": head, "jumps": jumps}
        if self.reactions:
            document["reactions"] = self.reactions
        document["parameters"] = self._parameters(jumps, head, [])
        self._constrain(head, document)
        return document

    def _birth(self, hop: Hop, spacing: sp.Expr) -> None:
        """A birth on a neighbouring site."""
        parent, child, rate = self._name(hop.source), self._name(hop.target), str(self._local(hop.rate, spacing))
        there = [str(self._own(d) * spacing) for d in hop.displacement]
        born = {"state": child, "displacement": there}
        self.reactions.append({"consumes": [parent], "produces": [parent, born], self.clock: rate})
        self._assume(f"agents of {parent} put one of {child} at the distance {', '.join(there)} {self.how} {rate}")

    def _change(self, change: Change, spacing: sp.Expr) -> None:
        name, rate = self._name(change.name), str(self._local(change.rate, spacing))
        if not change.parent:
            self.reactions.append({"consumes": [], "produces": [name], self.clock: rate})
            self._assume(f"agents of {name} arrive on every site {self.how} {rate}")
            return
        parent = self._name(change.parent)
        rule = f"{name} -> 0" if not change.born else f"{name} -> 2 {name}"
        if change.born and parent != name:
            rule = f"{parent} -> {parent} + {name}"
        self.reactions.append({"rule": rule, self.clock: rate})
        self._assume(f"agents of {name} {'are born' if change.born else 'die'} {self.how} {rate}")

    def _keeps_room(self, change: Change) -> bool:
        """Whether a change never puts an agent on a full site: deaths, and arrivals where there is room."""
        places = (*self.crowd.places, self.crowd.time)
        full = {sp.Function(n)(*places): sp.S.One if n == change.name else sp.S.Zero for n in self.crowd.names}
        return not change.born or bool(not change.parent and sp.expand(change.rate.xreplace(full)) == 0)

    def _hop(self, hop: Hop, spacing: sp.Expr, single: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {"displacement": [str(self._own(d) * spacing) for d in hop.displacement]}
        if not single:
            entry |= {"from": self._name(hop.source), "to": self._name(hop.target)}
        return entry | {self.clock: str(self._local(hop.rate, spacing))}

    def _local(self, rate: sp.Expr, spacing: sp.Expr) -> sp.Expr:
        """A rate in the model's names, with densities as functions of place alone."""
        change: dict[sp.Basic, sp.Expr] = {}
        for call in rate.atoms(AppliedUndef):
            if call.func.__name__ not in self.crowd.names or self.crowd.time not in call.args:
                raise NotYetError(
                    f"{call} beside products of densities is not read from LaTeX",
                    instead="state the rules in a model file",
                )
            rest = [a for a in call.args if a != self.crowd.time]
            steps = [sp.expand(a - p) for a, p in zip(rest, self.places, strict=True)]
            where = (sp.Symbol(axis) + self._own(d) * spacing for axis, d in zip(self.axes, steps, strict=True))
            change[call] = sp.Function(self._name(call.func.__name__))(*where)
        held = {call: sp.Dummy() for call in change}
        back = {dummy: change[call] for call, dummy in held.items()}
        mine = {
            s: sp.Symbol(self._name(s.name))
            for s in rate.xreplace(held).free_symbols
            if not isinstance(s, sp.Dummy) and s.name != "t"
        }
        return rate.xreplace(held).xreplace(mine).xreplace(back)

    def _leaves_room(self, hop: Hop) -> bool:
        """Whether the rate vanishes where an agent of the kind that arrives is on the site to which the jump leads."""
        where = (p + d for p, d in zip(self.places, hop.displacement, strict=True))
        there = sp.Function(hop.target)(*where, self.crowd.time)
        others = [sp.Function(n)(*there.args) for n in self.crowd.names if n != hop.target]
        full = hop.rate.xreplace({there: sp.S.One} | dict.fromkeys(others, sp.S.Zero))
        return bool(sp.expand(full) == 0)

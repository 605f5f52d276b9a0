"""What leaves must arrive: the weights of a pasted master equation against conservation, and what it says of births and deaths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, compare
from symdiff.dossier.balance_types import Balance
from symdiff.dossier.pasted_laws import Law
from symdiff.dossier.pasted_pieces import Cell, cells_of, in_pieces, orders, places_in, site_lattice
from symdiff.dossier.pasted_totals import law_total, vanishes
from symdiff.errors import ModelError, NotYetError


class Conservation:
    """The part of the writer that looks at what every state gains and loses."""

    balances: list[Balance]
    places: tuple[sp.Symbol, ...]
    step: sp.Expr | None
    reactions: list[dict[str, Any]]
    lossy: bool
    number: sp.Symbol
    sites: tuple[sp.Expr, sp.Expr] | None = None  # one site and the distance of the next, beside rates in pieces

    def _name(self, name: str) -> str:
        raise NotImplementedError

    def _own(self, e: sp.Expr) -> sp.Expr:
        raise NotImplementedError

    def _assume(self, text: str) -> None:
        raise NotImplementedError

    def _axes_names(self) -> tuple[str, ...]:
        raise NotImplementedError

    def _free(self, name: str) -> str:
        raise NotImplementedError

    def _normalise(self) -> None:
        """What leaves every state must be what arrives elsewhere; a probability without a name of its own is settled so."""
        self.balances = [replace(b, laws=tuple(map(_with_total, b.laws))) for b in self.balances]
        self._multiplied()
        for balance in tuple(self.balances):
            missing = sp.expand(
                self._leaving(balance.density) + self._staying(balance) - (0 if self.step is None else 1)
            )
            missing = self._in_every_piece(missing, balance)
            missing = self._sources_apart(missing, balance)
            balance = next(b for b in self.balances if b.density == balance.density)
            missing = self._with_laws(missing, balance.density)
            balance = next(b for b in self.balances if b.density == balance.density)
            if missing == 0 or compare(missing, sp.Integer(0), ()).answer is Answer.PROVED:
                continue
            if self._settled_by_bonds(missing):
                continue
            _refuse_operators(missing)
            settled = self._settled(missing, balance) if self.step is not None else None
            if settled is None and self._is_death(missing, balance):
                continue
            if settled is None:
                raise self._not_conserved(missing, balance)
            symbol, value = settled
            self.balances = [_with_replaced(b, symbol, value) for b in self.balances]
            self._assume(f"{self._own(symbol)} = {self._own(value)}, since the probabilities sum to one")

    def _in_every_piece(self, missing: sp.Expr, balance: Balance) -> sp.Expr:
        """What is missing, where rates are stated in pieces: the same at every site, or probability is not conserved at some."""
        if not any(in_pieces(missing, p) for p in self.places):
            return missing
        if len(self.places) > 1:
            raise NotYetError("conditions on the place in several dimensions are not read into a model",
                              instead="state the jumps in a model file, each with the sites it starts from: where = \"x < 0\"")  # fmt: skip
        (place,) = self.places
        self.sites = site_lattice([missing], place, [f.shift[0] for b in self.balances for f in b.flows])
        found: dict[sp.Expr, Cell] = {}
        for order in orders(places_in([missing], place)):
            for cell, value in cells_of(missing, place, order, self.sites):
                found.setdefault(value, cell)
        if len(found) == 1:
            return next(iter(found))
        value, cell = next((v, c) for v, c in found.items() if v != 0)
        where = Cell(self._own(cell.low), self._own(cell.high)).text(self._own(place))
        raise ModelError(
            f"probability is not conserved at {where}: for a walker in {balance.density} that leaves there the probabilities and the "
            f"loss do not cancel (they differ by {self._own(value)})",
            instead="conditions in a gain are those of the site that is left: a rate g of sites x < 0 stands as g for x < a in the "
            "gain of a jump by a",
        )

    def _settled_by_bonds(self, missing: sp.Expr) -> bool:
        r"""``\\Gamma_{i,i+1} (P_{i+1} - P_i) + \\Gamma_{i,i-1} (P_{i-1} - P_i)``: what leads nowhere unless a bond has one rate both ways."""
        heads = {c.func.__name__ for c in missing.atoms(AppliedUndef)}
        names = sorted(
            n.removesuffix("_plus")
            for n in heads
            if n.endswith("_plus") and f"{n.removesuffix('_plus')}_minus" in heads
        )
        change: dict[str, sp.Function] = {f"{n}_minus": sp.Function(f"{n}_plus") for n in names}
        if not names or len(self.places) != 1 or sp.expand(_on_bonds(missing, change)) != 0:
            return False
        self.balances = [
            replace(b, flows=tuple(replace(f, weight=_on_bonds(f.weight, change)) for f in b.flows))
            for b in self.balances
        ]
        for n in names:
            self._assume(f"{n} is that of a bond, the same both ways: {n}_plus is read at the site on its left")
        return True

    def _not_conserved(self, missing: sp.Expr, balance: Balance) -> ModelError:
        """What is gained and what is lost, where these differ."""
        own = self._own(missing)
        said = f"probability is not conserved: for a walker in {balance.density} the probabilities and the loss do not cancel (they differ by {own}"
        instead = 'check the loss term; state killing or growth in a model file ([[reactions]], survival = "lossy")'
        if missing.has(sp.DiracDelta, sp.KroneckerDelta):
            instead = 'a trap at one site is a state in a model file: states = ["walker", "gone"] and [[jumps]] from = "walker", to = "gone", displacement = "0", rate = "k", where = "x = 0"'
        elif self.step is not None and not own.has(*(sp.Symbol(a) for a in self._axes_names())):
            said += f": they sum to {sp.expand(own + 1)}, not to one"
        elif self.step is None and missing.atoms(AppliedUndef) and missing.has(*self.places):
            instead = (
                "rates of a gain belong to the site that is left: g(x-a) P(x-a,t) beside the loss g(x) P(x,t); "
                + instead
            )
        elif self.step is None:
            lost = -self._own(sp.expand(self._staying(balance)))
            said += f": gained at the rate {sp.expand(own + lost)}, lost at {sp.expand(lost)}"
        return ModelError(said + ")", instead=instead)

    def _sources_apart(self, missing: sp.Expr, balance: Balance) -> sp.Expr:
        """Walkers that are put to a place and that nobody there was lost for arrive from outside: ``J \\delta(x)``."""
        put = sp.Add(*(rate for rate, _ in balance.resets))
        left = sp.expand(missing - put)
        if not balance.resets or missing == 0 or self.step is not None or left.free_symbols & put.free_symbols:
            return missing
        source = sp.Function(self._free("S"))(*self.places)
        for rate, where in balance.resets:
            place = ", ".join(f"{a} = {self._own(w)}" for a, w in zip(self.places, where, strict=True))
            self._assume(f"{source.func.__name__} is the source: {rate} at {place} and nothing elsewhere")
        changed = replace(balance, resets=(), sources=(*balance.sources, source))
        self.balances = [changed if b is balance else b for b in self.balances]
        return left

    def _multiplied(self) -> None:
        """``N_{t+1} = R_0 (...)``: a factor in front of all that a walker does is no probability, but growth in each step."""
        if self.step is None or len(self.balances) != 1:
            return
        (balance,) = self.balances
        written = [law for law in balance.laws if _is_written(law)]
        total = sp.factor_terms(
            self._leaving(balance.density)
            + self._staying(balance)
            + sp.Add(*(w.weight if w.total is None else w.total for w in written))
        )
        weights = [f.weight for f in balance.flows] + [law.weight for law in balance.laws]
        shares = [sp.cancel(w / total) for w in weights] if total != 0 else []
        if balance.resets:
            return
        plain = (
            total.is_Symbol
            or (total.is_Mul and all(f.is_Symbol or f.is_number for f in total.args))
            or isinstance(total, sp.exp)
        )
        if (
            not plain
            or not total.free_symbols
            or total.has(*self.places)
            or any(s.free_symbols & total.free_symbols for s in shares)
        ):
            return
        flows = tuple(replace(f, weight=sp.expand(f.weight / total)) for f in balance.flows)
        laws = tuple(
            replace(law, weight=sp.expand(law.weight / total), total=None if law.total is None else law.total / total)
            for law in balance.laws
        )
        self.balances = [replace(balance, flows=flows, laws=laws)]
        density, factor = self._name(balance.density), self._own(total)
        self.reactions.append({"rule": f"{density} -> 2 {density}", "probability": str(factor - 1)})
        self._assume(
            f"each step multiplies the number of walkers by {factor}: each is doubled with the probability {factor - 1}, "
            f"for {factor} between 1 and 2; the mean obeys the same equation elsewhere"
        )

    def _with_laws(self, missing: sp.Expr, density: str) -> sp.Expr:
        """What is missing beside the totals of the laws that are written out; of a law whose total is not known it is the total."""
        laws = [law for b in self.balances for law in b.laws if law.source == density and _is_written(law)]
        if not laws or missing.has(*self.places):
            return missing
        if all(law.total is not None for law in laws):
            return self._front_settled(sp.factor_terms(sp.expand(missing + sp.Add(*(law.total for law in laws)))), laws)
        alike = len(laws) == 2 and laws[0].summed and laws[0].displacement == -laws[1].displacement and (
            laws[0].kernel * laws[0].weight == laws[1].kernel * laws[1].weight)  # both sides of a symmetric law  # fmt: skip
        if missing == 0:
            return missing
        if len(laws) > 1 and not alike:
            raise NotYetError("several integrals over jumps with one loss are not read into a model", instead="write the loss of "
                              "each under its integral: w(r) [P(x-r,t) - P(x,t)]")  # fmt: skip
        known = {law: replace(law, total=-missing / len(laws)) for law in laws}
        self.balances = [replace(b, laws=tuple(known.get(law, law) for law in b.laws)) for b in self.balances]
        for law in laws:
            if law.summed:
                weight = self._own(law.weight * law.kernel)
                self._assume(f"the sum of {weight} over {self.number} is {self._own(-missing / len(laws))}")
        return sp.S.Zero

    def _front_settled(self, missing: sp.Expr, laws: Sequence[Law]) -> sp.Expr:
        """``A \\sum_k q^k P_{n-k}``: the factor A that makes the weights of all jumps one; ``... - k P``: the k that is their sum."""
        if vanishes(missing):
            return sp.S.Zero
        used = {s for law in laws for s in (law.weight * law.kernel).free_symbols}
        fronts = set.intersection(
            *({f for f in sp.Mul.make_args(law.weight * law.kernel) if f.is_Symbol} for law in laws)
        )
        flows = {s for b in self.balances for f in b.flows if any(f.shift) for s in f.weight.free_symbols}
        among = fronts - flows if self.step is not None else missing.free_symbols - used - flows
        found = {}
        for symbol in sorted(among & missing.free_symbols, key=str):
            slope = sp.diff(missing, symbol)
            rest = sp.expand(missing - slope * symbol)
            if not slope.has(symbol) and not rest.has(symbol) and rest != 0 and not sp.cancel(rest / slope).is_positive:
                found[symbol] = sp.factor(-rest / slope)
        if len(found) != 1 or (self.step is None and not all(_one_sign(v) for v in found.values())):
            return missing
        ((symbol, value),) = found.items()
        self.balances = [_with_replaced(b, symbol, value) for b in self.balances]
        why = "the probabilities sum to one" if self.step is not None else "all that leave arrive"
        self._assume(f"{self._own(symbol)} = {self._own(value)}, since {why}")
        return sp.S.Zero

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
            total += sp.Add(*(rate for rate, _ in balance.resets if balance.density == density))
            total += sp.Add(*(law.weight * law.kernel / law.named for law in balance.laws
                              if law.source == density and not law.unnormalised and law.named is not None))  # fmt: skip
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
        if balance.resets or len(signs) != 1 or any(not p.free_symbols or p.has(*self.places) for _, p in parts):
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
        moved |= {s for b in self.balances for law in b.laws for s in (law.weight * law.kernel).free_symbols}
        if missing.free_symbols & moved:
            return False
        rate = str(self._own(missing if born else -missing))
        self.reactions.append({"rule": f"{density} -> {f'2 {density}' if born else '0'}", "rate": rate})
        self._assume(f"walkers in {density} {'are born' if born else 'die'} at the rate {rate}")
        return True

    def _settled(self, missing: sp.Expr, balance: Balance) -> tuple[sp.Expr, sp.Expr] | None:
        """A plain symbol, or a function of the place, that stands once, with factor one: the last probability, which the others fix;
        that of staying first."""
        marks = {c: sp.Dummy(c.func.__name__) for c in missing.atoms(AppliedUndef) if c.args == self.places}
        if len({c.func for c in missing.atoms(AppliedUndef)}) != len(marks):
            marks = {}
        marked = missing.xreplace(marks)
        found = [s for s in marked.free_symbols - set(self.places) if sp.diff(marked, s) == 1]
        if not found:
            return None
        staying = self._staying(balance).xreplace(marks)
        plain = max(found, key=lambda s: (s == staying, s.name))
        back = {mark: call for call, mark in marks.items()}
        return plain.xreplace(back), sp.expand(plain - marked).xreplace(back)


def _on_bonds(e: sp.Expr, change: dict[str, sp.Function]) -> sp.Expr:
    """Rates to the left as those of the bond on the left, by its own left site."""
    return e.xreplace(
        {c: change[c.func.__name__](c.args[0] - 1) for c in e.atoms(AppliedUndef) if c.func.__name__ in change}
    )


def _with_factor_outside(law: Law) -> Law:
    """``\\int R_0 k(r) P(x-r) dr``: the constant beside the named law belongs to its weight."""
    factor = sp.S.One if law.named is None or law.unnormalised else sp.cancel(law.kernel / law.named)
    if factor == 1 or factor.atoms(AppliedUndef):
        return law
    return replace(law, weight=law.weight * factor, kernel=law.named)


_OPERATOR = re.compile(r"[A-Za-z]cal(_\w+)?|Delta_[A-Za-z]\w*")


def _refuse_operators(missing: sp.Expr) -> None:
    r"""``\\mathcal R_u [P]``, ``\\Delta_u P`` of a direction u, read as factors: no births and deaths."""
    acting = sorted(s.name for s in missing.free_symbols if _OPERATOR.fullmatch(s.name))
    if acting:
        shown = "mathcal " + acting[0].replace("cal", "", 1) if "cal" in acting[0] else acting[0]
        raise NotYetError(
            f"\\{shown} in front of a density is an operator that the equation does not explain",
            instead="write out what it does, or state the jumps in a model file (turns of a direction: [[internal]] with rate or diffusivity)",
        )


def _is_written(law: Law) -> bool:
    """Whether the total of a law is part of the loss of the place left, and no name stands for the law."""
    return law.named is None and not law.unnormalised


def _with_total(law: Law) -> Law:
    law = _with_factor_outside(law)
    return replace(law, total=law_total(law)) if _is_written(law) else law


def _one_sign(value: sp.Expr) -> bool:
    """A sum of positive terms, as a rate of positive parameters is."""
    return not any(t.could_extract_minus_sign() for t in sp.Add.make_args(sp.expand(value)))


def _with_replaced(balance: Balance, known: sp.Expr, value: sp.Expr) -> Balance:
    """The balance with what is known of a symbol, or of a function wherever it stands."""

    def put(e: sp.Expr) -> sp.Expr:
        if known.is_Symbol:
            return e.xreplace({known: value})
        calls = {c for c in e.atoms(AppliedUndef) if c.func == known.func}
        return e.xreplace({c: value.xreplace(dict(zip(known.args, c.args, strict=True))) for c in calls})

    flows = tuple(replace(f, weight=put(f.weight)) for f in balance.flows)
    laws = tuple(
        replace(
            law, weight=put(law.weight), kernel=put(law.kernel), total=None if law.total is None else put(law.total)
        )
        for law in balance.laws
    )
    return replace(balance, flows=flows, laws=laws)

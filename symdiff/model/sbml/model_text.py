"""An SBML file as the text of a model file: numbers of individuals as coordinates, every law as a rate, every reading listed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import sympy as sp

from symdiff.errors import ModelError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import load_text
from symdiff.model.reading import MAX_SPECIES
from symdiff.model.sbml.mathml import Names, formula
from symdiff.model.sbml.network import Network, SbmlReaction, Species, network_of
from symdiff.model.sbml.propensities import Way, ways
from symdiff.model.sbml.xml_tree import MAX_BYTES, parse_xml
from symdiff.model.toml_form import written
from symdiff.model.toml_text import read_bytes
from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, is_identifier

AVOGADRO = sp.Rational("6.02214179e23")  # the value that SBML Level 3 Version 1 fixes for its csymbol
TAKEN = frozenset({"t", "r", "eps"})
MAX_NAME = 36
MAX_NOTES = 1_900  # characters


@dataclass(frozen=True)
class SbmlModel:
    """The model file's text, the model it states, and what was read into the SBML file."""

    text: str
    model: JumpModel
    assumed: tuple[str, ...]


def read_sbml(path: Path) -> SbmlModel:
    """The model file of an SBML file on disk; see :func:`read_sbml_bytes`."""
    return read_sbml_bytes(read_bytes(path, MAX_BYTES, "an SBML file"), path.name)


def read_sbml_bytes(data: bytes, file: str = "SBML") -> SbmlModel:
    """The jump process of the reactions of an SBML file (Level 2, or Level 3 core), as a model file.

    Numbers n of individuals are the coordinates. A kinetic law K, in units of substance per time, is met by the rate
    (individuals per unit of substance) * K of jumps; concentrations are n/(Omega) in one compartment. Raises
    :class:`ModelError` with file, line and name for rate and algebraic rules, events, delays, laws in pieces and all else that is no network.
    """
    network = network_of(parse_xml(data, file), file)
    writer = _Writer(network)
    document = writer.document()
    comments = "".join(f"# assumed: {a}\n" for a in writer.assumed) if len(writer.listed) > MAX_NOTES else ""
    text = comments + written(document)
    return SbmlModel(text, load_text(text, f"{file} as a model file"), tuple(writer.assumed))


@dataclass(frozen=True)
class _Units:
    """How numbers become what laws speak of: W = extent * K; c = n * concentration[compartment]; amounts n * amount."""

    size: sp.Symbol | None  # the system size
    extent: sp.Expr
    amount: sp.Expr
    shared: str  # the one compartment whose concentrations are n over the system size, or ""
    own: bool  # the scaled numbers are what the ids mean in the file


@dataclass
class _Writer:
    network: Network
    assumed: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    values: dict[sp.Symbol, sp.Rational | None] = field(default_factory=dict)
    signs: dict[sp.Symbol, str] = field(default_factory=dict)
    scaled: dict[str, str] = field(default_factory=dict)
    avogadro: sp.Symbol = field(default_factory=lambda: sp.Symbol("N_Avogadro", positive=True))

    # --- names --------------------------------------------------------------------------------------------------

    def name(self, wanted: str) -> str:
        """A name for an id of the file, which may be declared and is free; a change is listed."""
        found = SUGGESTED_SPELLING.get(wanted, wanted.lstrip("_") or "x")
        found = self.free(found[:MAX_NAME] if is_identifier(found[:MAX_NAME]) else f"x{found}"[:MAX_NAME])
        if found != wanted:
            self.assumed.append(f"'{wanted}' of the file is called {found}")
        return found

    def free(self, stem: str) -> str:
        """``stem``, with a number behind it where that is taken."""
        found, number = stem, 1
        while found in self.used or found in RESERVED or found in TAKEN:
            number += 1
            found = f"{stem}_{number}"
        self.used.add(found)
        return found

    def parameter(self, wanted: str, value: sp.Rational | None) -> sp.Symbol:
        """A quantity that stays as it is, with its sign from its value."""
        sign = "positive" if value is None or value > 0 else "nonnegative" if value == 0 else "real"
        symbol = sp.Symbol(self.name(wanted), **{sign: True})
        self.values[symbol], self.signs[symbol] = value, sign
        return symbol

    @property
    def listed(self) -> str:
        """All that was assumed, in one paragraph."""
        return "Read from SBML. Assumed: " + "; ".join(self.assumed) + "."

    # --- the document -------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The model file as a plain document."""
        network = self.network
        self.used |= set(network.species)  # ids keep their names where they can
        changing = self._changing()
        if not changing:
            raise ModelError("no reaction changes the number of anything", where=network.file,
                             instead="a network has species that are not held fixed, and reactions between them")  # fmt: skip
        if len(changing) > MAX_SPECIES:
            raise ModelError(f"reactions change {len(changing)} species; networks of up to {MAX_SPECIES} are handled", where=network.file,
                             instead="take the part of the network that matters, and hold the rest fixed")  # fmt: skip
        symbols = self._constants(changing)
        units = self._units(changing, symbols)
        numbers = self._numbers(changing, units)
        initial = self._assigned(symbols, changing)
        meanings = symbols | {s.id: numbers[s.id] * self._factor(s, units, symbols) for s in changing.values()}
        meanings = {name: value.xreplace(dict(initial.definitions)) for name, value in meanings.items()}
        meanings |= self._ruled(meanings)
        reactions = [
            e for r in network.reactions for e in self._entries(r, numbers, meanings, units, initial.definitions)
        ]
        if not reactions:
            raise ModelError("no reaction changes the number of anything", where=network.file)
        return self._assembled(reactions, numbers, units, self._start(changing, units, symbols, initial))

    def _changing(self) -> dict[str, Species]:
        moved = {name for r in self.network.reactions for name in (*r.consumed, *r.produced)}
        return {s.id: s for s in self.network.species.values() if s.id in moved and not s.held}

    def _constants(self, changing: Mapping[str, Species]) -> dict[str, sp.Expr]:
        """Compartments, parameters and species that stay as they are, by their ids in the file."""
        network = self.network
        found: dict[str, sp.Expr] = {}
        for c in network.compartments.values():
            found[c.id] = self.parameter(c.id, c.size)
        for name, value in network.parameters.items():
            found[name] = _placeholder(name) if name in network.rules else self.parameter(name, value)
        for s in network.species.values():
            if s.id in network.rules:
                found[s.id] = _placeholder(s.id)
            elif s.id not in changing:
                self.used.discard(s.id)
                found[s.id] = self.parameter(s.id, self._value_held(s))
        return found

    def _value_held(self, s: Species) -> sp.Rational | None:
        """What the id of a species means at the start, as a number where it is known."""
        size = self.network.compartments[s.compartment].size
        if s.initial is None or s.initial_is_amount == s.as_amount:
            return s.initial
        if size is None or s.compartment in self.network.assignments:
            return None
        return s.initial / size if s.initial_is_amount else s.initial * size

    def _units(self, changing: Mapping[str, Species], symbols: Mapping[str, sp.Expr]) -> _Units:
        network = self.network
        homes = {s.compartment for s in changing.values()}
        concentrations = not any(s.as_amount for s in changing.values())
        shared = next(iter(homes)) if len(homes) == 1 and concentrations else ""
        if network.item_units:
            size = symbols[shared] if shared and shared not in network.assignments else None
            self.assumed.append("amounts are numbers of individuals (items)")
            if size is not None:
                self.assumed.append(f"the system size is the size {size} of the compartment")
            return _Units(size, sp.Integer(1), sp.Integer(1), shared if size is not None else "", True)
        size = sp.Symbol(self.free("Omega"), positive=True)
        self.values[size], self.signs[size] = None, "positive"
        if shared:
            self.assumed.append(f"{size} is the number of individuals at one unit of concentration in '{shared}'")
            extent = size / symbols[shared]
            return _Units(size, extent, 1 / extent, shared, True)
        self.assumed.append(f"{size} is the number of individuals in one unit of substance")
        own = all(s.as_amount for s in changing.values())
        return _Units(size, size, 1 / size, "", own)

    def _factor(self, s: Species, units: _Units, symbols: Mapping[str, sp.Expr]) -> sp.Expr:
        """What the id of a species means in laws, over its number of individuals."""
        return units.amount if s.as_amount else units.amount / symbols[s.compartment]

    def _numbers(self, changing: Mapping[str, Species], units: _Units) -> dict[str, sp.Symbol]:
        found = {}
        for s in changing.values():
            self.used.discard(s.id)
            if units.size is None:
                found[s.id] = sp.Symbol(self.name(s.id), nonnegative=True)
                continue
            self.scaled[s.id] = self.name(s.id) if units.own else self.free(f"a_{s.id}"[:MAX_NAME])
            found[s.id] = sp.Symbol(self.free(f"n_{s.id}"[:MAX_NAME]), nonnegative=True)
        return found

    # --- formulas -----------------------------------------------------------------------------------------------

    def _names(self, symbols: Mapping[str, sp.Expr]) -> Names:
        return Names(symbols, self.network.functions, {r.id: "is the rate of a reaction, which is not read in formulas"
                                                       for r in self.network.reactions}, self.avogadro)  # fmt: skip

    def _assigned(self, symbols: Mapping[str, sp.Expr], changing: Mapping[str, Species]) -> _Assigned:
        """Initial assignments: constants that are given by others, and the start of species."""
        network = self.network
        places = {name: f"{network.file}, initial assignment of '{name}'" for name in network.assignments}
        start = {s.id: sp.Symbol(f"start_{s.id}", positive=True) for s in changing.values()}
        found = {
            name: formula(e, self._names({**symbols, **start}), places[name]) for name, e in network.assignments.items()
        }
        meaning = {**symbols, **start}
        known = {meaning[name]: value for name, value in found.items()}
        for s in changing.values():
            value = self._value_held(s)
            if s.id not in found and value is not None:
                known[start[s.id]] = value
        for _ in range(len(known) + 1):
            if not any(value.free_symbols & known.keys() for value in known.values()):
                break
            known = {name: value.xreplace(known) for name, value in known.items()}
        else:
            first = next(iter(found))
            raise ModelError("initial assignments that need each other", where=places[first])
        for name in found:
            ruled = known[meaning[name]].free_symbols & {_placeholder(n) for n in network.rules}
            if ruled:
                raise ModelError(f"it needs '{str(next(iter(ruled)))[5:]}', which an assignment rule gives", where=places[name],
                                 instead="put the rule's formula into the initial assignment")  # fmt: skip
            missing = known[meaning[name]].free_symbols & set(start.values())
            if missing:
                raise ModelError(
                    f"it needs the initial value of '{str(next(iter(missing)))[6:]}', which is not stated",
                    where=places[name],
                )
        for symbol in known.keys() - set(start.values()):
            self.values.pop(symbol)
            self.assumed.append(f"{symbol} has its initial value {known[symbol]} at all times")
        definitions = {symbol: value for symbol, value in known.items() if symbol not in start.values()}
        return _Assigned(definitions, {s: known[start[s]] for s in start if start[s] in known})

    def _ruled(self, meanings: Mapping[str, sp.Expr]) -> dict[str, sp.Expr]:
        """What assignment rules say of their variables at all times, written out."""
        rules = self.network.rules
        places = {name: f"{self.network.file}, line {e.line}, assignment rule of '{name}'" for name, e in rules.items()}
        found = {name: formula(e, self._names(meanings), places[name]) for name, e in rules.items()}
        known = {_placeholder(name): value for name, value in found.items()}
        for _ in range(len(known) + 1):
            if not any(value.free_symbols & known.keys() for value in found.values()):
                break
            found = {name: value.xreplace(known) for name, value in found.items()}
        else:
            raise ModelError("assignment rules that need each other", where=places[next(iter(found))])
        if found:
            self.assumed.append(f"assignment rules are written out: {', '.join(found)}")
        return found

    def _entries(self, reaction: SbmlReaction, numbers: Mapping[str, sp.Symbol], meanings: Mapping[str, sp.Expr],
                 units: _Units, definitions: Mapping[sp.Symbol, sp.Expr]) -> list[dict[str, Any]]:  # fmt: skip
        """The entries of [[reactions]] that one reaction becomes."""
        file = self.network.file
        where = f"{file}, line {reaction.line}, reaction '{reaction.id}'"
        consumed = {numbers[name]: many for name, many in reaction.consumed.items() if name in numbers}
        produced = {numbers[name]: many for name, many in reaction.produced.items() if name in numbers}
        if consumed == produced:
            self.assumed.append(f"the reaction '{reaction.id}' changes no number and is left out")
            return []
        local = {
            name: self.parameter(self._local_name(name, reaction), value) for name, value in reaction.local.items()
        }
        law = formula(reaction.law, self._names({**meanings, **local}), where)
        law = (units.extent * law).xreplace(dict(definitions))

        def fail(message: str, instead: str) -> NoReturn:
            raise ModelError(message, where=where, instead=instead)

        found = ways(law, consumed, produced, reaction.reversible, fail)
        if len(found) > 1:
            self.assumed.append(
                f"the law of '{reaction.id}' is split: its positive terms are the rate of the reaction, the others of its reverse"
            )
        if any(way.sets for way in found):
            self.assumed.append(f"powers of what '{reaction.id}' consumes count sets of individuals: n(n - 1) for n^2")
        return [_entry(way) for way in found]

    def _local_name(self, name: str, reaction: SbmlReaction) -> str:
        elsewhere = [r for r in self.network.reactions if r is not reaction and name in r.local]
        taken = name in self.network.parameters or name in self.network.species or name in self.network.compartments
        return f"{name}_{reaction.id}" if elsewhere or taken else name

    # --- writing ------------------------------------------------------------------------------------------------

    def _start(
        self, changing: Mapping[str, Species], units: _Units, symbols: Mapping[str, sp.Expr], assigned: _Assigned
    ) -> list[str]:
        """The initial numbers, where all of them are stated."""
        found = []
        for s in changing.values():
            if s.id in assigned.start:
                number = assigned.start[s.id] / self._factor(s, units, symbols)
            elif s.initial is None:
                self.assumed.append(f"the initial value of '{s.id}' is not stated: no start is given")
                return []
            else:
                number = s.initial / (units.amount if s.initial_is_amount else units.amount / symbols[s.compartment])
            found.append(str(sp.factor_terms(number.xreplace(dict(assigned.definitions)))))
        return found

    def _assembled(
        self, reactions: list[dict[str, Any]], numbers: Mapping[str, sp.Symbol], units: _Units, start: list[str]
    ) -> dict[str, Any]:
        network = self.network
        held = [s.id for s in network.species.values() if s.held]
        if held:
            self.assumed.append(f"held fixed by the file: {', '.join(held)}")
        if network.left_out:
            self.assumed.append(f"packages that need not be understood are left out: {', '.join(network.left_out)}")
        words = set(re.findall(r"[A-Za-z_]\w*", " ".join([*(e["rate"] for e in reactions), *start])))
        words |= set() if units.size is None else {str(units.size)}
        self.values.setdefault(self.avogadro, AVOGADRO)
        self.signs[self.avogadro] = "positive"
        kept = {s: v for s, v in self.values.items() if str(s) in words}
        unused = [str(s) for s in self.values if s not in kept and s != self.avogadro]
        if unused:
            self.assumed.append(f"in no rate: {', '.join(unused)}")
        unknown = [str(s) for s, v in kept.items() if v is None and s != units.size]
        if unknown:
            self.assumed.append(f"without a value in the file, taken to be positive: {', '.join(unknown)}")
        self.used |= {str(s) for s in kept}
        head: dict[str, Any] = {"coordinates": [str(n) for n in numbers.values()], "density": next(
            n for n in ("P", "Prob", "P_0", "P_1", "P_2", "P_3") if n not in self.used)}  # fmt: skip
        if units.size is not None:
            head |= {"system_size": str(units.size), "scaled": [self.scaled[name] for name in numbers]}
        document: dict[str, Any] = {
            "title": " ".join(network.title.split())[:200] or "Reaction network",
            "topic": "populations and chemical reactions",
        }
        document["notes"] = (
            self.listed
            if len(self.listed) <= MAX_NOTES
            else f"Read from SBML; {len(self.assumed)} assumptions stand at the head of the file."
        )
        document["parameters"] = {str(s): self.signs[s] for s in kept}
        document["values"] = {str(s): str(v) for s, v in kept.items() if v is not None}
        document = {k: v for k, v in document.items() if v}
        return document | {"model": head, "reactions": reactions} | ({"initial": {"position": start}} if start else {})


def _placeholder(name: str) -> sp.Symbol:
    """What stands for a variable of a rule until the rule is written out."""
    return sp.Symbol(f"rule {name}", real=True)


@dataclass(frozen=True)
class _Assigned:
    definitions: Mapping[sp.Symbol, sp.Expr]
    start: Mapping[str, sp.Expr]


def _entry(way: Way) -> dict[str, str]:
    return {"rule": f"{_agents(way.consumed)} -> {_agents(way.produced)}", "rate": str(way.rate)}


def _agents(side: Mapping[sp.Symbol, int]) -> str:
    return " + ".join(f"{'' if many == 1 else f'{many} '}{n}" for n, many in side.items()) or "0"

"""The parts of SBML that make a reaction network, as frozen values; every other part is refused by its name and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import sympy as sp

from symdiff.errors import ModelError
from symdiff.model.sbml.mathml import Definition, exact_number, lambda_of
from symdiff.model.sbml.xml_tree import Element

NAMESPACE = "http://www.sbml.org/sbml/level"
_COMMON = "id name metaid sboTerm"
_KNOWN: dict[str, str] = {
    "model": "substanceUnits timeUnits volumeUnits areaUnits lengthUnits extentUnits conversionFactor",
    "compartment": "size spatialDimensions units constant outside compartmentType",
    "species": "compartment initialAmount initialConcentration substanceUnits hasOnlySubstanceUnits boundaryCondition "
               "constant conversionFactor speciesType charge spatialSizeUnits",
    "parameter": "value units constant", "localParameter": "value units", "functionDefinition": "",
    "initialAssignment": "symbol", "assignmentRule": "variable", "reaction": "reversible fast compartment", "kineticLaw": "timeUnits substanceUnits",
    "speciesReference": "species stoichiometry constant denominator", "modifierSpeciesReference": "species",
    "unitDefinition": "", "unit": "kind exponent scale multiplier offset",
}  # fmt: skip
_LISTS = {"listOfFunctionDefinitions": "functionDefinition", "listOfUnitDefinitions": "unitDefinition",
          "listOfCompartments": "compartment", "listOfSpecies": "species", "listOfParameters": "parameter",
          "listOfInitialAssignments": "initialAssignment", "listOfReactions": "reaction",
          "listOfCompartmentTypes": "compartmentType", "listOfSpeciesTypes": "speciesType"}  # fmt: skip
_RULES, _RULE = "listOfRules", "assignmentRule"
_REFUSED = {"listOfConstraints": "constraints", "listOfEvents": "events"}
_ADVICE = {
    "rules": "quantities that rates or equations move are no part of a jump process; assignment rules are read",
    "events": "jumps at stated times or thresholds are no part of a jump process with rates",
    "constraints": "remove them: they only stop a simulation",
}


@dataclass(frozen=True)
class Compartment:
    """A compartment with its size (None: not stated)."""

    id: str
    size: sp.Rational | None
    dimensions: int


@dataclass(frozen=True)
class Species:
    """A species; ``as_amount``: its id means an amount in formulas, else a concentration; ``held``: reactions do not change it."""

    id: str
    compartment: str
    initial: sp.Rational | None
    initial_is_amount: bool
    as_amount: bool
    held: bool
    units: str
    line: int


@dataclass(frozen=True)
class SbmlReaction:
    """A reaction: numbers consumed and produced by species, its law, its own parameters."""

    id: str
    consumed: Mapping[str, int]
    produced: Mapping[str, int]
    reversible: bool
    law: Element
    local: Mapping[str, sp.Rational | None]
    line: int


@dataclass(frozen=True)
class Network:
    """All that is read of an SBML file; ``item_units``: amounts are numbers of individuals."""

    file: str
    title: str
    compartments: Mapping[str, Compartment]
    species: Mapping[str, Species]
    parameters: Mapping[str, sp.Rational | None]
    functions: Mapping[str, Definition]
    assignments: Mapping[str, Element]
    rules: Mapping[str, Element]
    reactions: tuple[SbmlReaction, ...]
    item_units: bool
    left_out: tuple[str, ...]


def network_of(root: Element, file: str) -> Network:
    """The network that an ``<sbml>`` element states; raises :class:`ModelError` for anything beyond it."""
    return _Reader(root, file).network()


class _Reader:
    def __init__(self, root: Element, file: str) -> None:
        self.root, self.file, self.ids = root, file, dict[str, str]()

    def fail(self, element: Element, message: str, instead: str = "") -> NoReturn:
        raise ModelError(message, where=self.where(element), instead=instead)

    def where(self, element: Element) -> str:
        name = element.attributes.get("id", "")
        return f"{self.file}, line {element.line}" + (f", {element.name} '{name[:60]}'" if name else "")

    def network(self) -> Network:
        left_out = self._envelope()
        models = list(self.root.all("model"))
        if len(models) != 1:
            self.fail(self.root, f"the file holds {len(models)} models, not one")
        model = models[0]
        self._attributes(model)
        if "conversionFactor" in model.attributes:
            self.fail(model, "a conversion factor is not read", "state the stoichiometry in the units of the species")
        entries = {entry: list[Element]() for entry in (*_LISTS.values(), _RULE)}
        for child in model.children:
            self._section(child, model, entries)
        units = {e.attributes.get("id", ""): e for e in entries["unitDefinition"]}
        compartments = {c.id: c for c in map(self._compartment, entries["compartment"])}
        species = {s.id: s for s in (self._species(e, compartments) for e in entries["species"])}
        parameters = {self._id(e): self._number(e, "value") for e in entries["parameter"]}
        functions = {self._id(e): lambda_of(e, self.where(e)) for e in entries["functionDefinition"]}
        reactions = tuple(self._reaction(e, species) for e in entries["reaction"])
        assignments = self._assignments(entries["initialAssignment"], {*compartments, *species, *parameters})
        rules = self._rules(entries[_RULE], species, parameters, {*assignments}, reactions)
        return Network(self.file, model.attributes.get("name", "") or model.attributes.get("id", ""), compartments, species,
                       parameters, functions, assignments, rules, reactions,
                       self._items(model, species, units), left_out)  # fmt: skip

    # --- the envelope -------------------------------------------------------------------------------------------

    def _envelope(self) -> tuple[str, ...]:
        root = self.root
        level = root.attributes.get("level", "")
        if root.name != "sbml" or not root.namespace.startswith(NAMESPACE):
            self.fail(root, f"the root is <{root.name[:40]}> in the namespace '{root.namespace[:80]}': this is no SBML",
                      "an SBML file starts with <sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" ...>")  # fmt: skip
        if level not in ("2", "3") or not root.namespace.startswith(NAMESPACE + level):
            self.fail(
                root,
                f"SBML Level {level[:10] or 'unknown'} is not read; Levels 2 and 3 are",
                "convert it with any SBML tool",
            )
        needed = [
            name
            for name, value in root.attributes.items()
            if name.endswith(" required") and value.strip() in ("true", "1")
        ]
        for name in needed:
            self.fail(
                root,
                f"the file needs the SBML package {_package(name)}, which changes what it means",
                "only the core is read",
            )
        return tuple(_package(name) for name in root.attributes if name.endswith(" required"))

    def _section(self, child: Element, model: Element, entries: dict[str, list[Element]]) -> None:
        if child.namespace != model.namespace:
            return  # a package that need not be understood
        if child.name in _REFUSED:
            if child.children:
                first, kind = child.children[0], _REFUSED[child.name]
                what = first.attributes.get("variable") or first.attributes.get("id") or ""
                self.fail(
                    first,
                    f"{kind} are not read: <{first.name}>" + (f" of '{what[:60]}'" if what else ""),
                    _ADVICE[kind],
                )
            return
        if child.name == _RULES:
            for entry in child.children:
                if entry.namespace == model.namespace and entry.name != _RULE:
                    what = entry.attributes.get("variable", "")
                    self.fail(
                        entry,
                        f"<{entry.name[:60]}>" + (f" of '{what[:60]}'" if what else "") + " is not read",
                        _ADVICE["rules"],
                    )
                if entry.namespace == model.namespace:
                    self._attributes(entry)
                    entries[_RULE].append(entry)
            return
        if child.name not in _LISTS:
            self.fail(child, f"<{child.name[:60]}> is not read in a model")
        wanted = _LISTS[child.name]
        for entry in child.children:
            if entry.namespace == model.namespace and entry.name != wanted:
                self.fail(entry, f"<{entry.name[:60]}> stands in <{child.name}>")
            if entry.namespace == model.namespace and wanted in entries:
                if wanted in _KNOWN:
                    self._attributes(entry)
                entries[wanted].append(entry)

    def _attributes(self, element: Element) -> None:
        known = {*_KNOWN[element.name].split(), *_COMMON.split()}
        for name in element.attributes:
            if " " not in name and name not in known:
                self.fail(
                    element,
                    f"the attribute '{name[:40]}' of <{element.name}> is unknown",
                    f"known: {', '.join(sorted(known))}",
                )

    def _id(self, element: Element, *, local: bool = False) -> str:
        name = element.attributes.get("id", "")
        if not (name.isascii() and name.isidentifier()):
            self.fail(element, f"<{element.name}> without a valid id")
        if not local:
            if name in self.ids:
                self.fail(element, f"'{name[:60]}' names two things: a {self.ids[name]} already")
            self.ids[name] = element.name
        return name

    def _number(self, element: Element, key: str) -> sp.Rational | None:
        text = element.attributes.get(key)
        if text is None:
            return None
        value = exact_number(text)
        if value is None:
            self.fail(element, f"{key} = '{text[:40]}' is no number", "write a decimal number, such as 0.5 or 1e-3")
        return value

    def _flag(self, element: Element, key: str, default: bool) -> bool:
        text = element.attributes.get(key)
        if text is None:
            return default
        if text.strip() not in ("true", "false", "1", "0"):
            self.fail(element, f"{key} = '{text[:20]}' is neither true nor false")
        return text.strip() in ("true", "1")

    # --- parts --------------------------------------------------------------------------------------------------

    def _compartment(self, element: Element) -> Compartment:
        size, dimensions = self._number(element, "size"), self._number(element, "spatialDimensions")
        if size is not None and size <= 0:
            self.fail(element, f"the size {size} is not positive")
        if dimensions is not None and dimensions not in (0, 1, 2, 3):
            self.fail(element, f"spatialDimensions = {dimensions}", "0, 1, 2 or 3")
        return Compartment(self._id(element), size, 3 if dimensions is None else int(dimensions))

    def _species(self, element: Element, compartments: Mapping[str, Compartment]) -> Species:
        for key, why in (("conversionFactor", "state the stoichiometry in the units of the species"),
                         ("spatialSizeUnits", "state sizes in the units of the compartment")):  # fmt: skip
            if key in element.attributes:
                self.fail(element, f"'{key}' is not read", why)
        where = compartments.get(element.attributes.get("compartment", ""))
        if where is None:
            self.fail(element, f"the compartment '{element.attributes.get('compartment', '')[:60]}' does not exist")
        amount, concentration = self._number(element, "initialAmount"), self._number(element, "initialConcentration")
        if amount is not None and concentration is not None:
            self.fail(element, "an initial amount beside an initial concentration", "give one of them")
        initial = concentration if amount is None else amount
        if initial is not None and initial < 0:
            self.fail(element, f"the initial value {initial} is negative")
        as_amount = self._flag(element, "hasOnlySubstanceUnits", False)
        if not where.dimensions and (not as_amount or concentration is not None):
            self.fail(element, f"a concentration in '{where.id}', which has no extent", 'hasOnlySubstanceUnits="true"')
        held, fixed = self._flag(element, "boundaryCondition", False), self._flag(element, "constant", False)
        name = self._id(element)
        units = element.attributes.get("substanceUnits", "")
        return Species(name, where.id, initial, amount is not None, as_amount, held or fixed, units, element.line)

    def _reaction(self, element: Element, species: Mapping[str, Species]) -> SbmlReaction:
        name = self._id(element)
        if self._flag(element, "fast", False):
            self.fail(
                element,
                "a fast reaction (at equilibrium at all times) is not read",
                "state its rates, and make them large",
            )
        sides = {}
        for key in ("listOfReactants", "listOfProducts"):
            sides[key] = self._side(element, element.one(key), species)
        for child in element.children:
            if child.namespace == element.namespace and child.name not in (*sides, "listOfModifiers", "kineticLaw"):
                self.fail(child, f"<{child.name[:60]}> is not read in a reaction")
        for modifier in (m for group in element.all("listOfModifiers") for m in group.children):
            if modifier.attributes.get("species") not in species:
                self.fail(modifier, f"'{modifier.attributes.get('species', '')[:60]}' is no species")
        law = element.one("kineticLaw")
        if law is None:
            self.fail(element, "a reaction without a kinetic law", "state how fast it goes")
        self._attributes(law)
        for key in ("timeUnits", "substanceUnits"):
            if key in law.attributes:
                self.fail(law, f"'{key}' of a kinetic law is not read", "state the law in the units of the model")
        reversible = self._flag(element, "reversible", True)
        return SbmlReaction(name, sides["listOfReactants"], sides["listOfProducts"], reversible, law,
                            self._local(law), element.line)  # fmt: skip

    def _local(self, law: Element) -> dict[str, sp.Rational | None]:
        found: dict[str, sp.Rational | None] = {}
        for group in law.children:
            if group.namespace != law.namespace:
                continue
            if group.name not in ("listOfParameters", "listOfLocalParameters"):
                self.fail(group, f"<{group.name[:60]}> is not read in a kinetic law")
            for entry in group.children:
                if entry.name not in ("parameter", "localParameter"):
                    self.fail(entry, f"<{entry.name[:60]}> stands in <{group.name}>")
                self._attributes(entry)
                name = self._id(entry, local=True)
                if name in found:
                    self.fail(entry, f"two local parameters are named '{name}'")
                found[name] = self._number(entry, "value")
        return found

    def _side(self, reaction: Element, group: Element | None, species: Mapping[str, Species]) -> dict[str, int]:
        found: dict[str, int] = {}
        for entry in group.children if group is not None else ():
            if entry.name != "speciesReference":
                self.fail(entry, f"<{entry.name[:60]}> stands in <{group.name if group else ''}>")
            self._attributes(entry)
            if entry.children:
                self.fail(
                    entry.children[0],
                    f"<{entry.children[0].name}> is not read",
                    "state the stoichiometry as a whole number",
                )
            name = entry.attributes.get("species", "")
            if name not in species:
                self.fail(entry, f"'{name[:60]}' is no species")
            number = self._number(entry, "stoichiometry")
            if number is None:
                if self.root.attributes.get("level") == "3":
                    self.fail(entry, f"the stoichiometry of '{name}' is not stated", 'stoichiometry="1"')
                number = sp.Integer(1)
            if not number.is_Integer or number < 0 or self._number(entry, "denominator") not in (None, 1):
                self.fail(
                    entry,
                    f"the stoichiometry {number} of '{name}' is no whole number",
                    "individuals react as wholes: multiply it out",
                )
            found[name] = found.get(name, 0) + int(number)
        del reaction
        return {name: number for name, number in found.items() if number}

    def _assignments(self, entries: Iterable[Element], known: set[str]) -> dict[str, Element]:
        found: dict[str, Element] = {}
        for entry in entries:
            name = entry.attributes.get("symbol", "")
            if name not in known:
                self.fail(
                    entry, f"an initial assignment to '{name[:60]}', which is no species, compartment or parameter"
                )
            if name in found:
                self.fail(entry, f"two initial assignments to '{name}'")
            found[name] = entry
        return found

    def _rules(
        self, entries: Iterable[Element], species: Mapping[str, Species], parameters: Mapping[str, object], started: set[str],
        reactions: tuple[SbmlReaction, ...],
    ) -> dict[str, Element]:  # fmt: skip
        """Assignment rules of parameters, and of species that no reaction changes."""
        moved = {name for r in reactions for name in (*r.consumed, *r.produced) if not species[name].held}
        found: dict[str, Element] = {}
        for entry in entries:
            name = entry.attributes.get("variable", "")
            if name not in parameters and name not in species:
                self.fail(entry, f"an assignment rule for '{name[:60]}', which is no species or parameter",
                          "sizes of compartments that change are not read")  # fmt: skip
            if name in moved:
                self.fail(entry, f"an assignment rule for '{name}', which reactions change")
            if name in found or name in started:
                self.fail(entry, f"two assignments to '{name}'")
            found[name] = entry
        return found

    # --- units --------------------------------------------------------------------------------------------------

    def _items(self, model: Element, species: Mapping[str, Species], units: Mapping[str, Element]) -> bool:
        """Whether amounts count individuals; the unit of substance is one for all species that react."""
        default = (
            model.attributes.get("substanceUnits", "") if self.root.attributes.get("level") == "3" else "substance"
        )
        used = {s.units or default for s in species.values()}
        if len(used) > 1:
            shown = ", ".join(f"'{u[:30]}'" for u in sorted(used))
            self.fail(model, f"species have different units of substance: {shown}", "state all amounts in one unit")
        unit = next(iter(used), default)
        extent = model.attributes.get("extentUnits", unit)
        if extent != unit and "extentUnits" in model.attributes:
            self.fail(
                model, f"reactions are counted in '{extent[:30]}', species in '{unit[:30]}'", "use one unit for both"
            )
        if unit == "item":
            return True
        parts = [p for group in units[unit].all("listOfUnits") for p in group.children] if unit in units else []
        if len(parts) != 1 or parts[0].attributes.get("kind") != "item":
            return False
        plain = {"exponent": 1, "scale": 0, "multiplier": 1, "offset": 0}
        for key, usual in plain.items():
            if self._number(parts[0], key) not in (None, usual):
                self.fail(
                    parts[0],
                    f"items in units of {key} = {parts[0].attributes[key][:20]} are not read",
                    "count single items",
                )
        return True


def _package(name: str) -> str:
    """``http://www.sbml.org/sbml/level3/version1/comp/version1 required`` as ``comp``."""
    parts = name.split(" ")[0].split("/")
    return parts[-2] if len(parts) > 1 else parts[0][:40]

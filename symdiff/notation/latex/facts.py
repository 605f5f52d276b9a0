"""Decisions from the evidence: which letters are fields, functions, indices, coordinates; the second stage's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import FIELD_LIKE, Diff, Evidence, Use
from symdiff.notation.latex.nodes import Row
from symdiff.notation.latex.signs import COORDINATE_LETTERS, VARIABLE_LETTERS, sign_at, split_at_commas
from symdiff.notation.latex.subscripts import Parts, View, index_letters, is_shifted, parts_of, with_derivative_as_label
from symdiff.notation.latex.views import plain_name, view_of

_COORDINATE_ORDER = {name: rank for rank, name in enumerate(("x", "y", "z", "r", "theta", "phi"))}
_POTENTIALS = frozenset({"V", "U", "W", "Phi", "Psi", "varphi"})
CORE_FIELDS = frozenset({"u", "c", "C", "P", "p", "rho", "phi", "psi", "f", "n", "w", "h", "q", "T", "theta", "U", "N", "v", "S"})
_COEFFICIENTS = frozenset({"D", "K", "k", "v", "mu", "nu", "kappa", "sigma", "gamma", "Gamma", "lambda", "tau", "ell", "beta", "chi"})


@dataclass(frozen=True, slots=True)
class Role:
    """What a name is: ``template`` are the arguments it has where none are written (None: it is a plain symbol there)."""

    kind: str
    template: tuple[str, ...] | None
    guess: str = ""
    hidden: tuple[str, ...] = ()  # arguments that are written nowhere, not even in its brackets: the t of a dotted P(n)


@dataclass(frozen=True)
class Facts:
    """All decisions about one formula."""

    names: Names
    time: str
    coordinates: tuple[str, ...]
    view: View
    roles: dict[str, Role]
    called: frozenset[str]
    bare: frozenset[str]
    arguments: dict[str, tuple[tuple[Row, ...], ...]]
    laplacians: frozenset[str]
    merged: frozenset[str]
    imaginary: bool
    integrated: frozenset[str]
    vectors: bool
    stray: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def parts(self, found: Parts) -> Parts:
        """``found`` with its derivative letters made part of the name where that name is no field."""
        if found.derivative:
            labelled = with_derivative_as_label(found)
            if self.names.resolve(labelled.name)[0] is not None or not self.is_field(found.name):
                return labelled
        return found

    def is_field(self, name: str) -> bool:
        """Whether ``name`` depends on coordinates or time where nothing is written behind it."""
        role = self.roles.get(name)
        return role is not None and role.kind in ("field", "function")


def _base(name: str) -> str:
    return name.split("_")[0].split("^")[0]


@dataclass
class _Keyed:
    use: Use
    parts: Parts


def facts_of(evidence: Evidence, names: Names) -> Facts:
    """The decisions about one formula. Raises :class:`ExpressionError` where a declared name is ambiguous."""
    return _Decider(evidence, names).facts()


class _Decider:
    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.names = names
        self.context = names.context
        self.time = self.context.time
        self.notes: list[str] = []
        self.view = view_of(evidence, names, self.notes)
        self.keyed = [_Keyed(use, parts_of(use.sign, self.view)) for use in evidence.uses]
        self.parameters = frozenset((*self.context.parameters, *self.context.indices))
        self.functions = dict(self.context.functions)

    def facts(self) -> Facts:
        called, bare, arguments = self.calls()
        fields = self.fields(called)
        laplacians = self.laplacians(fields)
        vectors = self.evidence.nabla or self.evidence.laplacian or bool(laplacians)
        coordinates = self.coordinates(fields, vectors)
        roles = self.roles(fields, called, bare, coordinates)
        return Facts(
            self.names, self.time, coordinates, self.view, roles, called, bare, arguments, laplacians, self.evidence.merged,
            self.imaginary(), frozenset(self.evidence.integrated), self.evidence.nabla,
            frozenset(self.evidence.stray), self.notes,
        )  # fmt: skip

    def note(self, message: str) -> None:
        if message not in self.notes:
            self.notes.append(message)

    def declared(self, name: str) -> str:
        return self.names.resolve(name)[0] or name

    def is_parameter(self, name: str) -> bool:
        return self.declared(name) in self.parameters and self.declared(name) not in self.functions

    # --- calls --------------------------------------------------------------------------------------------------

    def calls(self) -> tuple[frozenset[str], frozenset[str], dict[str, tuple[tuple[Row, ...], ...]]]:
        """Names surely applied to arguments, names that also stand alone, and every list of arguments."""
        called: set[str] = set()
        bare: set[str] = set()
        arguments: dict[str, list[tuple[Row, ...]]] = {}
        for item in self.keyed:
            name, call = item.parts.name, item.use.call
            if call is None or item.use.bracket == "{":
                if not item.parts.derivative:
                    bare.add(name)
                continue
            given = split_at_commas(call)
            if item.use.bracket == "(":
                arguments.setdefault(name, []).append(given)
            if self.surely_called(item, given):
                called.add(name)
        declared = {item.parts.name for item in self.keyed if self.declared(item.parts.name) in self.functions
                    or self.declared(item.parts.name) in self.context.fields}  # fmt: skip
        return frozenset(called | declared), frozenset(bare), {k: tuple(v) for k, v in arguments.items()}

    def surely_called(self, item: _Keyed, given: tuple[Row, ...]) -> bool:
        if self.is_parameter(item.parts.name) or item.use.bracket != "(":
            return False
        if len(given) > 1 or item.use.sign.primes or item.use.sign.dots:
            return True
        return bool(plain_name(given[0], self.evidence.merged)) and item.parts.name != "Gamma"

    # --- fields -------------------------------------------------------------------------------------------------

    def fields(self, called: frozenset[str]) -> set[str]:
        """Names that are differentiated or declared, with their families (``P_R`` makes ``P_L`` one too)."""
        fields = {item.parts.name for item in self.keyed if self.declared(item.parts.name) in (*self.context.fields, *self.functions)}
        for item in self.keyed:
            if self.is_differentiated(item):
                fields.add(self.differentiated_name(item, called))
        fields |= self.by_subscript(fields)
        for group in self.evidence.groups:
            self.settle_group(group, fields, called)
        families = {name.split("_")[0].split("^")[0] for name in fields if "_" in name or "^" in name}
        for item in self.keyed:
            base = item.use.sign.name
            if base in families and item.parts.name != base and not self.is_parameter(item.parts.name) and not item.parts.derivative:
                fields.add(item.parts.name)
        fields = {name for name in fields if not self.is_parameter(name)}
        return fields - {name for name in fields if self.is_function_of_field(name, fields)}

    def is_function_of_field(self, name: str, fields: set[str]) -> bool:
        """``\\partial_x f(u)``: f is no field but a function of one."""
        uses = self.uses(name)
        given = [split_at_commas(i.use.call) if i.use.call is not None and i.use.bracket == "(" else () for i in uses]
        inner = {plain_name(args[0], self.evidence.merged) if len(args) == 1 else "" for args in given}
        return bool(uses) and name not in self.context.fields and inner <= fields - {name}

    def is_differentiated(self, item: _Keyed) -> bool:
        use = item.use
        if self.declared(item.parts.name) in self.context.coordinates:
            return use.sign.dots > 0 or (use.direct and any(d.variable == self.time for d in use.diffs))
        if use.sign.dots or (use.sign.primes and (use.call is not None or use.sign.name not in VARIABLE_LETTERS)):
            return not use.argument or use.call is not None or bool(use.sign.dots)
        return use.direct and bool(use.diffs)

    def differentiated_name(self, item: _Keyed, called: frozenset[str]) -> str:
        if item.parts.derivative and not any(
            other.parts.name == item.parts.name and not other.parts.derivative for other in self.keyed
        ):
            return with_derivative_as_label(item.parts).name
        return item.parts.name

    def by_subscript(self, fields: set[str]) -> set[str]:
        """Fields recognised by ``u_t``, ``u_{xx}``: a time below, or a coordinate below a letter used like a field."""
        candidates = [item for item in self.keyed if item.parts.derivative and not self.is_labelled(item)]
        runs: dict[str, set[str]] = {}
        for item in candidates:
            runs.setdefault(item.parts.name, set()).add("".join(letter * count for letter, count in item.parts.derivative))
        plain = {i.parts.name for i in self.keyed if not i.parts.derivative and i.use.call is None}
        plain |= {name.removeprefix("Delta ") for name in plain}
        elsewhere = bool(self.evidence.variables) or self.evidence.nabla or self.evidence.laplacian or self.has_bracket_runs()
        timed = {name for name, found in runs.items() if any(self.time in run for run in found)}
        spatial = {name for name, found in runs.items() if any(self.time not in run for run in found)}
        accepted = {
            name for name in timed
            if name in plain or name in fields or (_base(name) not in _COEFFICIENTS and (spatial or elsewhere))
        }  # fmt: skip
        letters = {letter for name in accepted for run in runs[name] for letter in run}
        for name in spatial - fields - accepted:
            if self.by_coordinate(name, runs[name], name in plain, bool(accepted or fields), letters, elsewhere):
                accepted.add(name)
                self.note(f"the letters below {name} are read as derivatives")
        return accepted

    def by_coordinate(self, name: str, runs: set[str], bare: bool, moving: bool, letters: set[str], elsewhere: bool) -> bool:
        """Whether ``name_x``, without any ``name_t``, is a derivative rather than a component or a label."""
        base = _base(name)
        if moving and (letters or elsewhere):
            if base in _COEFFICIENTS or base not in FIELD_LIKE:
                return bare and all(set(run) <= letters | {"x", "y", "z"} for run in runs)
            return bool(letters)
        return base in CORE_FIELDS and (bare or (len(runs) > 1 and any(len(run) > 1 for run in runs)))

    def has_bracket_runs(self) -> bool:
        return any(d.variable in self.view.letters for group in self.evidence.groups for use in group for d in use.diffs)

    def is_labelled(self, item: _Keyed) -> bool:
        labelled = with_derivative_as_label(item.parts).name
        return self.names.resolve(labelled)[0] is not None or self.is_parameter(item.parts.name)

    def settle_group(self, group: Sequence[Use], fields: set[str], called: frozenset[str]) -> None:
        """A bracket under a derivative must hold something that depends on the variable; if nothing is known to, guess."""
        parts = [(use, parts_of(use.sign, self.view)) for use in group if not use.averaged]
        if not parts or any(p.name in fields or (p.name in called and u.call is not None) or u.sign.dots for u, p in parts):
            return
        variables = {d.variable for use in group for d in use.diffs}
        if any(p.name in variables for _, p in parts):
            return
        choices = [p.name for u, p in parts if not self.is_parameter(p.name) and u.sign.name in FIELD_LIKE]
        if choices:
            fields.add(choices[-1])
            self.note(f"{choices[-1]} is taken to depend on what it is differentiated by")

    def laplacians(self, fields: set[str]) -> frozenset[str]:
        """The fields whose ``\\Delta`` is the Laplacian rather than an increment."""
        moving = any(d.variable == self.time for item in self.keyed for d in item.use.diffs) or any(
            item.parts.derivative or item.use.sign.dots for item in self.keyed
        )
        found: set[str] = set()
        for item in self.keyed:
            if not item.parts.name.startswith("Delta ") or item.use.left or item.parts.indices:
                continue
            inner = item.parts.name[6:]
            if inner in fields and inner not in self.view.indexed and moving and inner not in COORDINATE_LETTERS:
                found.add(item.parts.name)
                if self.context.dim is None and not self.context.coordinates:
                    self.note(f"\\Delta {inner} is read as the Laplacian, not as an increment")
        return frozenset(found)

    # --- coordinates --------------------------------------------------------------------------------------------

    def coordinates(self, fields: set[str], vectors: bool) -> tuple[str, ...]:
        if self.context.coordinates:
            return self.context.coordinates
        found: list[str] = []
        differentiated = {i.parts.name for i in self.keyed if self.is_differentiated(i)}
        for name in self.evidence.variables:
            if name and name != self.time and name not in differentiated and name not in fields and not name.startswith("Delta "):
                found.append(name)
        for item in self.keyed:
            if item.parts.derivative and item.parts.name in fields:
                found += [letter for letter, _ in item.parts.derivative if letter != self.time]
        for group in self.evidence.groups:
            found += [d.variable for use in group for d in use.diffs
                      if d.variable in self.view.letters and d.variable != self.time and d.variable not in fields]  # fmt: skip
        for item in self.keyed:
            if item.parts.name in fields and item.use.call is not None and not item.parts.indices:
                names = [plain_name(arg, self.evidence.merged) for arg in split_at_commas(item.use.call)]
                found += [n for n in names if n in COORDINATE_LETTERS and n != self.time and len(names) > 1]
        if self.context.dim is not None:
            found += ["x", "y", "z"][: self.context.dim]
        elif vectors and not any(name in _COORDINATE_ORDER for name in found):
            found.append("x")
            self.note("the number of dimensions is not stated: one, with the coordinate x, is assumed")
        primed = [i.parts.name for i in self.keyed if i.use.sign.primes and i.parts.name in fields and i.use.call is None]
        if primed and not found:
            found.append("x")
            self.note(f"the primes at {primed[0]} are read as derivatives by x")
        unique = dict.fromkeys(found)
        return tuple(sorted(unique, key=lambda n: _COORDINATE_ORDER.get(n, 9)))

    # --- roles --------------------------------------------------------------------------------------------------

    def roles(self, fields: set[str], called: frozenset[str], bare: frozenset[str], coordinates: tuple[str, ...]) -> dict[str, Role]:
        roles: dict[str, Role] = {}
        for name in fields:
            roles[name] = self.field_role(name, coordinates)
        for item in self.keyed:
            name, use = item.parts.name, item.use
            if name in roles or self.is_parameter(name):
                continue
            timed = any(d.variable == self.time for d in use.diffs)
            if use.averaged and timed and (use.sign.name in FIELD_LIKE or use.sign.name in VARIABLE_LETTERS):
                roles[name] = Role("trajectory", (self.time,))
        roles.update(self.defined_fields(fields, roles))
        for name in called:
            if name not in roles and not self.is_parameter(name):
                roles[name] = self.function_role(name, bare)
        return roles

    def defined_fields(self, fields: set[str], roles: dict[str, Role]) -> dict[str, Role]:
        """``J = -D \\partial_x P``: what is defined by derivatives of a field is one itself."""
        found: dict[str, Role] = {}
        for item in self.keyed:
            use = item.use
            name = item.parts.name if not item.parts.derivative else with_derivative_as_label(item.parts).name
            if not use.left or use.call is not None or {name, item.parts.name} & set(roles) or self.is_parameter(name):
                continue
            if (not use.sign.is_bare and (use.sign.sub is None or item.parts.indices)) or _base(name) in _COEFFICIENTS:
                continue
            sources = [i.parts.name for i in self.keyed if i.use.statement == use.statement and i.parts.name in fields
                       and (i.parts.derivative or (i.use.direct and any(d.partial for d in i.use.diffs)))]  # fmt: skip
            if sources and roles[sources[0]].template:
                found[name] = Role("field", roles[sources[0]].template, f"{name} is taken to depend on what {sources[0]} depends on")
        return found

    def uses(self, name: str) -> list[_Keyed]:
        return [item for item in self.keyed if item.parts.name == name]

    def field_role(self, name: str, coordinates: tuple[str, ...]) -> Role:
        declared = self.declared(name)
        if declared in self.functions:
            return Role("function", self.functions[declared])
        uses = self.uses(name) or [i for i in self.keyed if with_derivative_as_label(i.parts).name == name]
        if not any(self.is_differentiated(i) or i.use.call is not None or i.parts.derivative for i in uses):
            family = [i for i in self.keyed if i.use.sign.name == uses[0].use.sign.name] if uses else []
            uses = [i for i in family if self.is_differentiated(i) or i.use.call is not None] or uses
        own = {d.variable for item in uses for d in item.use.diffs if item.use.direct and d.variable != "nabla"}
        plain = self.plain_template(uses, own - {self.time})
        if plain is not None:
            if self.time not in plain and self.moves_in_time(uses):
                return Role("field", (*plain, self.time), f"{name} is taken to depend on {self.time} as well", (self.time,))
            return Role("field", plain)
        return self.elided_role(name, uses, coordinates)

    def moves_in_time(self, uses: Sequence[_Keyed]) -> bool:
        """Differentiated by time, while no bracket behind it ever holds the time."""
        timed = any(i.use.sign.dots or (i.use.direct and any(d.variable == self.time for d in i.use.diffs)) for i in uses)
        given = [arg for i in uses if i.use.call is not None for arg in split_at_commas(i.use.call)]
        return timed and not any(self.shifted_name(arg, last=False) == self.time for arg in given)

    def plain_template(self, uses: Sequence[_Keyed], own: set[str] | frozenset[str] = frozenset()) -> tuple[str, ...] | None:
        """The arguments written behind a name, where they are plain variables; shifted ones count if nothing better is there.

        ``own`` are variables by which the name is differentiated: a single argument that is none of them is a value, as in T(L).
        """
        best: tuple[str, ...] | None = None
        for item in uses:
            if item.use.call is None or item.use.bracket != "(":
                continue
            given = split_at_commas(item.use.call)
            names = tuple(plain_name(arg, self.evidence.merged).rstrip("'") for arg in given)
            if own and len(names) == 1 and names[0] not in own and names[0] != self.time:
                continue
            if all(names) and not (item.parts.indices and len(given) == 1 and names[0] != self.time):
                return names
            shifted = tuple(self.shifted_name(arg, last=i + 1 == len(given) > 1) for i, arg in enumerate(given))
            if (all(shifted) and len(given) > 1) or (all(shifted) and item.parts.indices):
                best = best or shifted
        return best

    def shifted_name(self, arg: Row, *, last: bool) -> str:
        names = [f[0].name for i in range(len(arg.items)) if (f := sign_at(arg.items, i, self.evidence.merged)) is not None]
        for name in names:
            if name == self.time or name in COORDINATE_LETTERS or name in self.context.coordinates or name in self.view.indices:
                return name
        return self.time if last and not names else ""

    def elided_role(self, name: str, uses: Sequence[_Keyed], coordinates: tuple[str, ...]) -> Role:
        diffs = {d for item in uses for d in item.use.diffs if item.use.direct}
        letters = {letter for item in uses for letter, _ in item.parts.derivative}
        dots = any(item.use.sign.dots for item in uses)
        primes = any(item.use.sign.primes for item in uses)
        indexed = any(item.parts.indices for item in uses)
        own = {d.variable for d in diffs if d.variable != "nabla"} | letters
        partial = any(d.partial for d in diffs) or bool(letters) or self.declared(name) in self.context.fields
        spread = coordinates if partial or any(d.variable == "nabla" for d in diffs) else tuple(c for c in coordinates if c in own)
        if indexed and not any(c in own for c in coordinates) and not any(d.variable == "nabla" for d in diffs):
            spread = ()
        extra = tuple(v for v in sorted(own) if v not in coordinates and v != self.time and self.is_variable(v))
        timed = self.time in own or dots or (partial and not (indexed and not own))
        if primes and not spread:
            spread = coordinates or ("x",)
        elif dots and self.any_space() and not indexed:
            spread = coordinates
        if partial and not spread and not indexed:
            spread, guess = self.guessed_space(name, own)
            return Role("field", (*spread, *extra, self.time), guess)
        if self.is_potential(name, own, coordinates):
            self.note(f"{name} is taken not to depend on {self.time}")
            timed = False
        return Role("field", tuple(dict.fromkeys((*spread, *extra, *((self.time,) if timed else ())))))

    def is_variable(self, name: str) -> bool:
        return not any(item.parts.name == name and self.is_differentiated(item) for item in self.keyed)

    def any_space(self) -> bool:
        return any(item.use.sign.primes or item.parts.derivative for item in self.keyed) or any(
            name != self.time for name in self.evidence.variables
        ) or self.evidence.nabla  # fmt: skip

    def guessed_space(self, name: str, own: set[str]) -> tuple[tuple[str, ...], str]:
        return ("x",), f"{name} is taken to depend on x and {self.time}"

    def is_potential(self, name: str, own: set[str], coordinates: tuple[str, ...]) -> bool:
        base = name.split("_")[0]
        others = any(self.time in {d.variable for d in i.use.diffs} or any(le == self.time for le, _ in i.parts.derivative)
                     for i in self.keyed if i.parts.name != name)  # fmt: skip
        under_nabla = any(d.variable == "nabla" for i in self.uses(name) for d in i.use.diffs if i.use.direct)
        return base in _POTENTIALS and (bool(own) or under_nabla) and self.time not in own and own <= set(coordinates) and others

    def function_role(self, name: str, bare: frozenset[str]) -> Role:
        uses = [item for item in self.uses(name) if item.use.call is not None]
        template = self.plain_template(uses)
        timelike = all(self.time in (names or ()) for names in [template])
        kind = "field" if template is not None and len(template) > 1 and timelike else "function"
        if name not in bare or name in VARIABLE_LETTERS or name in COORDINATE_LETTERS or template is None:
            return Role(kind if kind == "field" else "applied", None)
        if any(item.use.alone for item in uses) and kind != "field":
            return Role("applied", None, f"{name} without an argument is taken as a symbol, {name}(...) as a function")
        return Role(kind, template, "" if kind == "field" else f"{name} without an argument is read as {name}({', '.join(template)})")

    def imaginary(self) -> bool:
        subscripted = any(
            "i" in index_letters(part) for use in self.evidence.uses if use.sign.sub is not None for part in split_at_commas(use.sign.sub)
        )
        return "i" not in self.names.all and "i" not in self.evidence.bound and not subscripted


__all__ = ["Diff", "Facts", "Role", "facts_of", "is_shifted"]

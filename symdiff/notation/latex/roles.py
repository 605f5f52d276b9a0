"""What each name is: field, function or moving coordinate, and the arguments it has where none are written."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from symdiff.notation.latex.evidence import FIELD_LIKE
from symdiff.notation.latex.facts import ANGLES, Role
from symdiff.notation.latex.keyed import COEFFICIENTS, Collected, Keyed, base_name
from symdiff.notation.latex.nodes import Row
from symdiff.notation.latex.signs import COORDINATE_LETTERS, VARIABLE_LETTERS, label, sign_at, split_at_commas
from symdiff.notation.latex.subscripts import index_letters, with_derivative_as_label
from symdiff.notation.latex.views import plain_name

_POTENTIALS = frozenset({"V", "U", "W", "Phi", "Psi", "varphi"})
_POSITIONS = frozenset({"rbold", "xbold", "rvec", "xvec"})


class Roles(Collected):
    """The roles of all names."""

    def roles(
        self, fields: set[str], called: frozenset[str], bare: frozenset[str], coordinates: tuple[str, ...]
    ) -> dict[str, Role]:
        """The role of every name that is more than a plain symbol."""
        roles: dict[str, Role] = {}
        for name in sorted(fields):  # guesses are told in one order
            roles[name] = self.field_role(name, coordinates)
        for one, other in (("R", "L"), ("L", "R")):
            if one in roles and other in roles and not roles[one].template:
                roles[one] = roles[other]
        roles |= self.timed_together(roles)
        for item in self.keyed:
            name, use = item.parts.name, item.use
            if name in roles or self.is_parameter(name):
                continue
            timed = any(d.variable == self.time for d in use.diffs)
            if name == self.time or use.argument:
                continue
            letter = use.sign.name.removeprefix("Delta ").removeprefix("delta ")  # of <\Delta x^2>
            if use.averaged and timed and (letter in FIELD_LIKE or letter in VARIABLE_LETTERS):
                roles[name] = Role("trajectory", (self.time,))
        roles.update(self.defined_fields(fields, roles))
        roles.update(self.exponential_potentials(roles, coordinates))
        for name in sorted(called):
            if name not in roles and not self.is_parameter(name):
                roles[name] = self.function_role(name, bare)
        return roles

    def timed_together(self, roles: dict[str, Role]) -> dict[str, Role]:
        """Declared fields beside one that moves in time, as in ``\\dot A_n = B_{n+1} - A_n``: they depend on the time as well."""
        declared = {n: r for n, r in roles.items() if self.declared(n) in self.context.fields and r.kind == "field"}
        if not any(self.time in (r.template or ()) for r in declared.values()):
            return {}
        found: dict[str, Role] = {}
        left_out = any(self.time in r.hidden for r in declared.values())
        for name, role in declared.items():
            given = [split_at_commas(i.use.call) for i in self.uses(name) if i.use.call is not None]
            called, template = bool(given), role.template
            if template is not None and self.time in template:
                short = left_out and called and all(len(arguments) == len(template) - 1 for arguments in given)
                if short and not role.hidden and template[-1] == self.time:
                    found[name] = Role("field", template, role.guess, (self.time,))
                continue
            if template is None:
                continue
            guess = f"{name} is taken to depend on {self.time} as well"
            found[name] = Role("field", (*template, self.time), guess, (self.time,) if called else ())
        return found

    def exponential_potentials(self, roles: dict[str, Role], coordinates: tuple[str, ...]) -> dict[str, Role]:
        r"""``e^{-\beta V} \partial_x (e^{\beta V} P)``, ``\int_0^L e^{V} dx``: a potential that were constant would drop out."""
        raised = [item.parts.name for item in self.keyed if item.use.exponent]
        space = tuple(c for c in coordinates if c not in ANGLES)
        moving = self.evidence.nabla or any(c in self.evidence.variables for c in space)
        integrated = tuple(c for c in ("x", "y", "z", "r") if c in self.evidence.integrated)
        if not coordinates and len(integrated) != 1:
            return {}
        if set(raised) & (COORDINATE_LETTERS | set(coordinates)):  # V x in the exponent: a slope
            return {}
        spread = space if coordinates else integrated
        found: dict[str, Role] = {}
        for name in dict.fromkeys(raised):
            known = name in roles or self.declared(name) != name or self.is_parameter(name)
            plain = all(i.use.call is None and not i.parts.indices for i in self.uses(name))
            often = not coordinates or (moving and raised.count(name) > 1)
            if base_name(name) in _POTENTIALS and not known and plain and often and spread:
                guess = f"{name} is taken to depend on {', '.join(spread)}, as a potential does"
                found[name] = Role("field", spread, guess)
        return found

    def defined_fields(self, fields: set[str], roles: dict[str, Role]) -> dict[str, Role]:
        """``J = -D \\partial_x P``: what is defined by derivatives of a field is one itself."""
        found: dict[str, Role] = {}
        for item in self.keyed:
            use = item.use
            name = item.parts.name if not item.parts.derivative else with_derivative_as_label(item.parts).name
            if not use.left or use.call is not None or {name, item.parts.name} & set(roles) or self.is_parameter(name):
                continue
            if not use.sign.is_bare and (use.sign.sub is None or item.parts.indices):
                continue
            if (role := self.given_by_field(item, fields, roles)) is not None:
                found[name] = role
                continue
            if base_name(name) in COEFFICIENTS:
                continue
            sources = [i.parts.name for i in self.keyed if i.use.statement == use.statement and i.parts.name in fields
                       and (i.parts.derivative or (i.use.direct and any(d.partial for d in i.use.diffs)))]  # fmt: skip
            if sources and roles[sources[0]].template:
                found[name] = Role(
                    "field", roles[sources[0]].template, f"{name} is taken to depend on what {sources[0]} depends on"
                )
        return found

    def given_by_field(self, item: Keyed, fields: set[str], roles: dict[str, Role]) -> Role | None:
        r"""The role of v where ``v = v_0(1 - \rho)`` stands beside ``\partial_x(v\rho)``: a constant would leave the derivative."""
        name, here = item.parts.name, item.use.statement
        others = [i for i in self.uses(name) if i.use.statement != here]
        varies = {d.variable for i in others for d in i.use.diffs}
        if not item.use.alone or not varies or any(i.use.call is not None for i in others):
            return None
        right = [i for i in self.keyed if i.use.statement == here and i is not item and not i.use.averaged]
        moving = [
            i.parts.name for i in right if i.use.call is None and i.parts.name in fields and i.parts.name in roles
        ]
        template = roles[moving[0]].template if moving and roles[moving[0]].kind == "field" else None
        if template is None:
            places = {v for i in others for d in i.use.diffs for v in self.spread(d.variable)}
            template = tuple(
                dict.fromkeys(i.parts.name for i in right if i.use.sign.is_bare and i.parts.name in places)
            )
        if not template or set(template) & self.evidence.bound:
            return None
        return Role("field", template, f"{name} is taken to depend on {', '.join(template)}, as its definition does")

    def spread(self, variable: str) -> tuple[str, ...]:
        """The coordinates that a derivative is taken by; those of nabla are the usual ones."""
        return ("x", "y", "z", "r") if variable == "nabla" else (variable,)

    def field_role(self, name: str, coordinates: tuple[str, ...]) -> Role:
        """The role of something that is differentiated or declared."""
        declared = self.declared(name)
        if declared in self.functions:
            return Role("function", self.functions[declared])
        uses = self.uses(name) or [i for i in self.keyed if with_derivative_as_label(i.parts).name == name]
        if not any(self.is_differentiated(i) or i.use.call is not None or i.parts.derivative for i in uses):
            family = [i for i in self.keyed if i.use.sign.name == uses[0].use.sign.name] if uses else []
            uses = [i for i in family if self.is_differentiated(i) or i.use.call is not None] or uses
        runs = {letter for item in uses for letter, _ in item.parts.derivative}
        own = runs | {d.variable for item in uses for d in item.use.diffs if item.use.direct and d.variable != "nabla"}
        plain = self.plain_template(uses, own - {self.time})
        if plain is not None and self.evidence.nabla and set(plain) & _POSITIONS:
            spread = [(c for c in coordinates if c not in plain) if name in _POSITIONS else (name,) for name in plain]
            plain = tuple(dict.fromkeys(itertools.chain(*spread)))
        if plain is not None:
            if self.time not in plain and self.moves_in_time(uses):
                return Role(
                    "field", (*plain, self.time), f"{name} is taken to depend on {self.time} as well", (self.time,)
                )
            return Role("field", plain)
        return self.elided_role(name, uses, coordinates)

    def moves_in_time(self, uses: Sequence[Keyed]) -> bool:
        """Differentiated by time, while no bracket behind it ever holds the time."""
        timed = any(
            i.use.sign.dots
            or (i.use.direct and not i.use.operator and i.use.diffs and i.use.diffs[-1].variable == self.time)
            for i in uses
        )
        given = [arg for i in uses if i.use.call is not None for arg in split_at_commas(i.use.call)]
        return timed and not any(self.shifted_name(arg, last=False) == self.time for arg in given)

    def plain_template(
        self, uses: Sequence[Keyed], own: set[str] | frozenset[str] = frozenset()
    ) -> tuple[str, ...] | None:
        """The arguments written behind a name, where they are plain variables; shifted ones count if nothing better is there.

        ``own`` are variables by which the name is differentiated: a single argument that is none of them is a value, as in T(L).
        """
        best: tuple[str, ...] | None = None
        primed = any(i.use.sign.primes and i.use.call is None for i in uses)
        variables = {*COORDINATE_LETTERS, *self.context.coordinates, self.time}
        integrated: tuple[str, ...] | None = None  # u(y, t) under an integral over y says less than u(x, t)
        for item in uses:
            if item.use.call is None or item.use.bracket != "(":
                continue
            given = split_at_commas(item.use.call)
            written = [plain_name(arg, self.evidence.merged) for arg in given]
            names = tuple(self.numbered(name, arg) for name, arg in zip(written, given, strict=True))
            if len(set(names)) < len(names) and all(names):
                names = tuple(map(self.labelled, given))
            inner = set(written) & self.evidence.unprimed
            if own and len(names) == 1 and names[0] not in own and names[0] != self.time:
                continue
            if own and len(names) > 1 and not own & set(names):
                continue
            if primed and len(names) == 1 and not {*names, names[0].partition("_")[0]} & variables:
                continue  # T'' beside T(L) = 0: the value at a wall
            if inner and len(uses) > 1 and not own & inner:
                integrated = integrated or (names if all(names) else None)
                continue
            if all(names) and not (item.parts.indices and len(given) == 1 and names[0] != self.time):
                return names
            shifted = tuple(self.shifted_name(arg, last=i + 1 == len(given) > 1) for i, arg in enumerate(given))
            if (all(shifted) and len(given) > 1) or (all(shifted) and item.parts.indices):
                best = best or shifted
        return best or (None if integrated is None else tuple(map(self.unbound, integrated)))

    def numbered(self, name: str, arg: Row) -> str:
        """x_0 where something is differentiated by x_0; the bare letter otherwise."""
        return full if name and (full := self.labelled(arg)) in self.evidence.variables else name.rstrip("'")

    def labelled(self, arg: Row) -> str:
        """The variable of an argument with its number: n_1 beside n_2."""
        found = sign_at(arg.items, 0, self.evidence.merged)
        low = label(found[0].sub) if found is not None and found[0].sub is not None else ""
        return plain_name(arg, self.evidence.merged).rstrip("'") + (f"_{low}" if low else "")

    def unbound(self, name: str) -> str:
        """The coordinate that stands outside of the integrals, for one that is integrated over: x beside J(x - y) u(y, t)."""
        if name not in self.evidence.unprimed:
            return name
        others = [u.sign.name for u in self.evidence.uses if u.sign.is_bare and u.sign.name in COORDINATE_LETTERS]
        return next((other for other in others if other not in self.evidence.unprimed), name)

    def shifted_name(self, arg: Row, *, last: bool) -> str:
        """The variable in an argument such as ``x + a``; a number in the last place stands for the time."""
        names = [
            f[0].name for i in range(len(arg.items)) if (f := sign_at(arg.items, i, self.evidence.merged)) is not None
        ]
        names = [
            name for name in names if name not in self.evidence.bound
        ] or names  # n of n - r, under an integral over r
        for name in names:
            if (
                name == self.time
                or name in COORDINATE_LETTERS
                or name in self.context.coordinates
                or name in self.view.indices
            ):
                return name
        first = sign_at(arg.items, 0, self.evidence.merged) if arg.items else None
        if (
            not last
            and len(names) == 1
            and first is not None
            and first[0].is_bare
            and names[0] not in self.context.parameters
        ):
            return names[0]  # n - 1 beside a bare P
        return self.time if last and not names else ""

    def elided_role(self, name: str, uses: Sequence[Keyed], coordinates: tuple[str, ...]) -> Role:
        """The role of a field whose arguments are written nowhere: what it is differentiated by decides."""
        diffs = {d for item in uses for d in item.use.diffs if item.use.direct}
        letters = {letter for item in uses for letter, _ in item.parts.derivative}
        dots = any(item.use.sign.dots for item in uses)
        primes = any(item.use.sign.primes for item in uses)
        indexed = any(item.parts.indices for item in uses)
        own = {d.variable for d in diffs if d.variable != "nabla"} | letters
        partial = any(d.partial for d in diffs) or bool(letters) or self.declared(name) in self.context.fields
        spread = (
            coordinates
            if partial or any(d.variable == "nabla" for d in diffs)
            else tuple(c for c in coordinates if c in own)
        )
        if indexed and not any(c in own for c in coordinates) and not any(d.variable == "nabla" for d in diffs):
            spread = ()
        extra = tuple(v for v in sorted(own) if v not in coordinates and v != self.time and self.is_variable(v))
        timed = self.time in own or dots or (partial and not (indexed and not own))
        if primes and not spread:
            spread = coordinates or ("x",)
        elif dots and self.any_space() and not indexed:
            spread = coordinates
        stepped = () if indexed or not timed else tuple(n for n in self.stepped_indices() if n not in spread)
        if partial and not spread and not indexed and not stepped:
            spread, guess = self.guessed_space(name, own)
            return Role("field", (*spread, *extra, self.time), guess)
        spread = (*stepped, *spread)
        if self.is_potential(name, own, coordinates):
            self.note(f"{name} is taken not to depend on {self.time}")
            timed = False
        elif timed and spread and self.is_coefficient_of_operator(uses, own):
            self.note(
                f"{name} in the operator is taken as a function of {', '.join(spread)} (declare it a parameter in the context if it is constant)"
            )
            timed = False
        return Role("field", tuple(dict.fromkeys((*spread, *extra, *((self.time,) if timed else ())))))

    def stepped_indices(self) -> tuple[str, ...]:
        r"""The n of ``(\mathbb{E}_n^{-1} - 1) P``: what a step operator acts on depends on it."""
        found: list[str] = []
        for use in self.evidence.uses:
            if use.sign.sub is None or not (use.sign.name == "Ebb" or use.sign.name in self.evidence.steps):
                continue
            letters = index_letters(use.sign.sub)
            if len(letters) == len(use.sign.sub.items) == 1:
                found += letters
        return tuple(dict.fromkeys(found))

    def is_variable(self, name: str) -> bool:
        """Whether a derivative variable is a plain one, not itself a field."""
        return not any(item.parts.name == name and self.is_differentiated(item) for item in self.keyed)

    def any_space(self) -> bool:
        """Whether anything is differentiated by something else than the time."""
        return any(item.use.sign.primes or item.parts.derivative for item in self.keyed) or any(
            name != self.time for name in self.evidence.variables
        ) or self.evidence.nabla  # fmt: skip

    def guessed_space(self, name: str, own: set[str]) -> tuple[tuple[str, ...], str]:
        """The coordinate of a field that is differentiated partially, but by the time only."""
        if name.endswith(("hat", "tilde")) and any(
            u.sign.name == "k" and u.sign.sub is None for u in self.evidence.uses
        ):
            return ("k",), f"{name} is taken to depend on k and {self.time}"
        return ("x",), f"{name} is taken to depend on x and {self.time}"

    def is_coefficient_of_operator(self, uses: Sequence[Keyed], own: set[str]) -> bool:
        r"""``[-\partial_x A + \partial_x^2 B] P``: A and B are differentiated nowhere but within the operator."""
        inside = [i.use for i in uses if i.use.direct and i.use.diffs]
        return bool(inside) and self.time not in own and all(u.operator and u.call is None for u in inside)

    def is_potential(self, name: str, own: set[str], coordinates: tuple[str, ...]) -> bool:
        """Whether a letter that commonly is a potential is differentiated by coordinates only."""
        base = name.split("_")[0]
        others = any(self.time in {d.variable for d in i.use.diffs} or any(le == self.time for le, _ in i.parts.derivative)
                     for i in self.keyed if i.parts.name != name)  # fmt: skip
        under_nabla = any(d.variable == "nabla" for i in self.uses(name) for d in i.use.diffs if i.use.direct)
        return (
            base in _POTENTIALS
            and (bool(own) or under_nabla)
            and self.time not in own
            and own <= set(coordinates)
            and others
        )

    def function_role(self, name: str, bare: frozenset[str]) -> Role:
        """The role of something that is applied to arguments but never differentiated."""
        uses = [item for item in self.uses(name) if item.use.call is not None]
        template = self.plain_template(uses)
        timelike = all(self.time in (names or ()) for names in [template])
        kind = "field" if template is not None and len(template) > 1 and timelike else "function"
        if name not in bare or name in VARIABLE_LETTERS or name in COORDINATE_LETTERS or template is None:
            return Role(kind if kind == "field" else "applied", None)
        if template == (self.time,) and all(item.parts.indices for item in self.uses(name)) and any(i.use.alone and i.use.left for i in uses):  # fmt: skip
            return Role("field", template, f"{name} without an argument is read as {name}({self.time})")
        if any(item.use.alone for item in uses) and kind != "field":
            return Role("applied", None, f"{name} without an argument is taken as a symbol, {name}(...) as a function")
        return Role(
            kind,
            template,
            "" if kind == "field" else f"{name} without an argument is read as {name}({', '.join(template)})",
        )

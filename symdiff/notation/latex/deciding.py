"""Decisions from the evidence; the second stage's work."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import FIELD_LIKE, Evidence, Use
from symdiff.notation.latex.facts import ANGLES, CORE_FIELDS, Facts
from symdiff.notation.latex.keyed import COEFFICIENTS, Keyed, base_name, is_average
from symdiff.notation.latex.nodes import Row
from symdiff.notation.latex.roles import Roles
from symdiff.notation.latex.signs import COORDINATE_LETTERS, is_increment, is_law_of, split_at_commas
from symdiff.notation.latex.subscripts import index_letters, parts_of, with_derivative_as_label
from symdiff.notation.latex.views import plain_name

_PLAIN_FIELDS = frozenset({"u", "w", "rho", "phi", "psi", "f"})  # S_xx is a spectrum, p_xx a pressure
_COORDINATE_ORDER = {name: rank for rank, name in enumerate(("x", "y", "z", "r", "theta", "phi"))}


def facts_of(evidence: Evidence, names: Names) -> Facts:
    """The decisions about one formula. Raises :class:`ExpressionError` where a declared name is ambiguous."""
    return _Decider(evidence, names).facts()


class _Decider(Roles):
    def facts(self) -> Facts:
        called, bare, arguments = self.calls()
        fields = self.fields(called)
        entries: set[str] = set()
        for item in self.keyed:
            if item.parts.derivative and (item.parts.name not in fields or self.is_entry(item)):
                if item.parts.name in fields:
                    entries.add(with_derivative_as_label(item.parts).name)
                item.parts = with_derivative_as_label(item.parts)
        called, bare, arguments = self.calls()
        laplacians = self.laplacians(fields)
        vectors = self.evidence.nabla or self.evidence.laplacian or bool(laplacians)
        coordinates = self.coordinates(fields, vectors)
        roles = self.roles(fields, called, bare, coordinates)
        return Facts(
            self.names, self.time, coordinates, self.view, roles, called, bare, arguments, laplacians, self.evidence.merged,
            self.imaginary(), frozenset(self.evidence.integrated), self.evidence.nabla,
            frozenset(self.evidence.stray), any(u.sign.name == "e" and u.sign.sup is not None for u in self.evidence.uses),
            frozenset(fields), frozenset(self.evidence.steps - self.names.all), frozenset(self.evidence.summed),
            frozenset(entries), self.notes,
        )  # fmt: skip

    def is_entry(self, item: Keyed) -> bool:
        """``D_{xx} = D(x, y)``: an entry of the tensor of diffusion, not the second derivative of a function D."""
        run = "".join(letter * count for letter, count in item.parts.derivative)
        stated = item.use.alone and item.use.left and item.use.call is None and len(run) == 2 and self.time not in run
        again = [i for i in self.uses(item.parts.name) if i.parts.derivative and i.use.statement == item.use.statement]
        if not stated or base_name(item.parts.name) != "D" or len(again) > 1:
            return False
        self.note(f"D_{run} alone on the left is read as an entry of the diffusion tensor, not as a derivative of D")
        return True

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

    def surely_called(self, item: Keyed, given: tuple[Row, ...]) -> bool:
        if self.is_parameter(item.parts.name) or item.use.bracket != "(":
            return False
        if len(given) > 1 or item.use.sign.primes or item.use.sign.dots:
            return True
        if (
            item.use.alone
            and item.use.left
            and item.parts.indices
            and self.shifted_name(given[0], last=False) == self.time
        ):
            return True  # P_n(t + \\tau) = ...: no product of the time with a density
        plain = plain_name(given[0], self.evidence.merged)
        if (
            is_increment(plain)
            and not (item.use.alone and item.use.left)
            and not is_law_of(item.parts.name, plain, self.time)
        ):
            return False  # 2D(\Delta t), but P_0(\Delta t) = ... is a function of the time
        return bool(plain) and (item.parts.name != "Gamma" or plain in COORDINATE_LETTERS)

    # --- fields -------------------------------------------------------------------------------------------------

    def fields(self, called: frozenset[str]) -> set[str]:
        """Names that are differentiated or declared, with their families (``P_R`` makes ``P_L`` one too)."""
        fields = {
            item.parts.name
            for item in self.keyed
            if self.declared(item.parts.name) in (*self.context.fields, *self.functions)
        }
        self.settle_choices(fields, called)
        for item in self.keyed:
            if self.is_differentiated(item):
                fields.add(self.differentiated_name(item, called))
        fields |= self.by_subscript(fields)
        guessed: set[str] = set()
        for group in self.evidence.groups:
            guessed |= self.settle_group(group, fields, called, guessed)
        families = {name.split("_")[0].split("^")[0] for name in fields if "_" in name or "^" in name}
        for item in self.keyed:
            base = item.use.sign.name
            if (
                base in families
                and item.parts.name != base
                and not self.is_parameter(item.parts.name)
                and not item.parts.derivative
            ):
                fields.add(item.parts.name)
        fields |= self.relaxing(fields | called) | self.partner(fields)
        fields = {name for name in fields if not self.is_parameter(name)}
        return fields - {name for name in fields if self.is_function_of_field(name, fields)}

    def relaxing(self, fields: set[str] | frozenset[str]) -> set[str]:
        r"""``f^{eq}``, ``f^{(0)}`` beside a law f of velocities: local equilibria and orders of an expansion vary as f does."""
        found: set[str] = set()
        for item in self.keyed:
            name, base = item.parts.name, base_name(item.parts.name)
            label = name[len(base) + 1 :]
            known = name in fields or base not in fields or base not in ("f", "F", "g") or item.parts.derivative
            if not known and (label in ("eq", "EQ", "(eq)") or (label[:1] == "(" and label[1:-1].isdigit())):
                found.add(name)
                if not any(i.use.call is not None for i in self.uses(name)):
                    self.note(f"{name} is taken to depend on what {base} depends on")
        return found

    def partner(self, fields: set[str]) -> set[str]:
        r"""L of ``\partial_t R = -v\partial_x R - \lambda_R R + \lambda_L L``: walkers to the left beside those to the right."""
        if len(fields & {"R", "L"}) != 1:
            return set()
        (other,) = {"R", "L"} - fields
        labels = {i.parts.name.partition("_")[2] for i in self.keyed}
        uses = self.uses(other)
        if not {"R", "L"} <= labels or not uses or any(i.use.call is not None for i in uses):
            return set()
        self.note(f"{other} is taken to depend on what {'L' if other == 'R' else 'R'} depends on")
        return {other}

    def settle_choices(self, fields: set[str], called: frozenset[str]) -> None:
        r"""``\partial_t P = -\partial_x F P``: of several signs behind a derivative, it is meant for one that moves elsewhere."""
        known = fields | {self.differentiated_name(i, called) for i in self.keyed if self.is_differentiated(i)}
        for choice in self.evidence.choices:
            names = [parts_of(use.sign, self.view).name for use in choice]
            core = next((n for n, use in enumerate(choice) if use.sign.name in CORE_FIELDS), 0)
            meant = next((n for n, name in enumerate(names) if name in known), core)
            choice[meant].direct = True
            known.add(names[meant])

    def is_function_of_field(self, name: str, fields: set[str]) -> bool:
        """``\\partial_x f(u)``: f is no field but a function of one."""
        uses = self.uses(name)
        given = [split_at_commas(i.use.call) if i.use.call is not None and i.use.bracket == "(" else () for i in uses]
        inner = {plain_name(args[0], self.evidence.merged) if len(args) == 1 else "" for args in given}
        return bool(uses) and name not in self.context.fields and inner <= fields - {name}

    def differentiated_name(self, item: Keyed, called: frozenset[str]) -> str:
        if item.parts.derivative and not any(
            other.parts.name == item.parts.name and not other.parts.derivative for other in self.keyed
        ):
            return with_derivative_as_label(item.parts).name
        return item.parts.name

    def by_subscript(self, fields: set[str]) -> set[str]:
        """Fields recognised by ``u_t``, ``u_{xx}``: a time below, or a coordinate below a letter used like a field."""
        candidates = [item for item in self.keyed if item.parts.derivative and not self.is_labelled(item)]
        candidates = [
            i for i in candidates if not (i.use.averaged and i.use.sign.name.isupper())
        ]  # E[X_t]: X at time t
        runs: dict[str, set[str]] = {}
        for item in candidates:
            runs.setdefault(item.parts.name, set()).add(
                "".join(letter * count for letter, count in item.parts.derivative)
            )
        plain = {
            i.parts.name for i in self.keyed if not i.parts.derivative and (i.use.call is None or self.is_at_place(i))
        }
        plain |= {name.removeprefix("Delta ") for name in plain}
        elsewhere = (
            bool(self.evidence.variables) or self.evidence.nabla or self.evidence.laplacian or self.has_bracket_runs()
        )
        timed = {name for name, found in runs.items() if any(self.time in run for run in found)}
        spatial = {name for name, found in runs.items() if any(self.time not in run for run in found)}
        stated = self.time in self.evidence.variables  # \Sigma_t beside \partial_t: a label
        accepted = {
            name for name in timed
            if name in plain or name in fields
            or (base_name(name) not in COEFFICIENTS and (spatial or elsewhere) and (not stated or base_name(name) in CORE_FIELDS))
        }  # fmt: skip
        for item in candidates:  # u_x(0,t) = 0: a derivative at a wall
            given = split_at_commas(item.use.call) if item.use.call is not None and item.use.bracket == "(" else ()
            inner = [plain_name(arg, self.evidence.merged).rstrip("'") for arg in given]
            at_wall = len(given) > 1 and not all(n == self.time or n in self.view.letters for n in inner)
            if at_wall and base_name(item.parts.name) in CORE_FIELDS:
                accepted.add(item.parts.name)
                self.note(f"the letters below {item.parts.name} are read as derivatives")
        letters = {letter for name in accepted for run in runs[name] for letter in run}
        for name in spatial - fields - accepted:
            if self.by_coordinate(name, runs[name], name in plain, bool(accepted or fields), letters, elsewhere):
                accepted.add(name)
                self.note(f"the letters below {name} are read as derivatives")
        return accepted

    def is_at_place(self, item: Keyed) -> bool:
        """``u(x,t)``: several arguments, or a single sign."""
        given = split_at_commas(item.use.call) if item.use.call is not None and item.use.bracket == "(" else ()
        return len(given) > 1 or (len(given) == 1 and bool(plain_name(given[0], self.evidence.merged)))

    def by_coordinate(
        self, name: str, runs: set[str], bare: bool, moving: bool, letters: set[str], elsewhere: bool
    ) -> bool:
        """Whether ``name_x``, without any ``name_t``, is a derivative rather than a component or a label."""
        base = base_name(name)
        if moving and (letters or elsewhere):
            if base in COEFFICIENTS or base not in FIELD_LIKE:
                return bare and all(set(run) <= letters | {"x", "y", "z"} for run in runs)
            return bool(letters) or self.is_divergence(name, runs)
        if base in _PLAIN_FIELDS and any(len(run) > 1 and len(set(run)) == 1 for run in runs):
            return True  # u_{xx} = 0
        if base in CORE_FIELDS and any(len(run) > 2 and len(set(run)) == 1 for run in runs):
            return True  # p_{xxxx} = 0: no tensor has three of the same
        return base in CORE_FIELDS and (bare or (len(runs) > 1 and any(len(run) > 1 for run in runs)))

    def is_divergence(self, name: str, runs: set[str]) -> bool:
        r"""``\partial_t u = -J_x``: a component of the flux would stand behind ``\partial_x`` there."""
        if base_name(name) not in ("J", "j") or runs != {"x"}:
            return False
        uses = [i.use for i in self.uses(name) if i.parts.derivative]
        moved = {i.use.statement for i in self.keyed if any(d.variable == self.time for d in i.use.diffs)}
        return all(not u.diffs and not u.left and u.call is None and u.statement in moved for u in uses)

    def has_bracket_runs(self) -> bool:
        return any(
            d.variable in self.view.letters for group in self.evidence.groups for use in group for d in use.diffs
        )

    def is_labelled(self, item: Keyed) -> bool:
        labelled = with_derivative_as_label(item.parts).name
        return self.names.resolve(labelled)[0] is not None or self.is_parameter(item.parts.name)

    def settle_group(
        self, group: Sequence[Use], fields: set[str], called: frozenset[str], guessed: set[str]
    ) -> set[str]:
        """A bracket under a derivative must hold something that depends on the variable; the name that is guessed if nothing does."""
        parts = [(use, parts_of(use.sign, self.view)) for use in group if not use.averaged]
        for use, part in parts:
            level = bool(part.indices) and part.name in fields and use.call is None  # \partial_x(f_{n-1} + f_{n+1})
            use.direct = use.direct or part.name in guessed or level
        if not parts or any(
            p.name in fields or (p.name in called and u.call is not None) or u.sign.dots for u, p in parts
        ):
            return set()
        variables = {d.variable for use in group for d in use.diffs}
        if any(p.name in variables for _, p in parts):
            return set()
        choices = [(u, p.name) for u, p in parts
                   if not self.is_parameter(p.name) and u.sign.name in FIELD_LIKE and not is_average(u)]  # fmt: skip
        if not choices:
            return set()
        use, name = choices[-1]
        use.direct = True
        fields.add(name)
        self.note(f"{name} is taken to depend on what it is differentiated by")
        return {name}

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
            if (
                name
                and name != self.time
                and name not in differentiated
                and name not in fields
                and not name.startswith("Delta ")
            ):
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
        elif vectors and not any(name in _COORDINATE_ORDER and name not in ANGLES for name in found):
            turning = [name for name in found if name in ANGLES]
            found += ["x", "y"] if turning else ["x"]
            self.note(
                f"the number of dimensions is not stated: two, x and y, are assumed beside the angle {turning[0]}" if turning
                else "the number of dimensions is not stated: one, with the coordinate x, is assumed"
            )  # fmt: skip
        primed = [
            i.parts.name for i in self.keyed if i.use.sign.primes and i.parts.name in fields and i.use.call is None
        ]
        if primed and not found:
            found.append("x")
            self.note(f"the primes at {primed[0]} are read as derivatives by x")
        unique = dict.fromkeys(found)
        return tuple(sorted(unique, key=lambda n: _COORDINATE_ORDER.get(n, 9)))

    def imaginary(self) -> bool:
        subscripted = any(
            "i" in index_letters(part)
            for use in self.evidence.uses
            if use.sign.sub is not None
            for part in split_at_commas(use.sign.sub)
        )
        return "i" not in self.names.all and "i" not in self.evidence.bound and not subscripted

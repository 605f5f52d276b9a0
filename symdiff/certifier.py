# fmt: off
"""Re-verifies a certificate of ``symdiff derive --certificate``, exactly: ``python certifier.py FILE``.

All that a referee has to trust: this file and Python's standard library. The events of the model make the master equation F(D, d) P = K P, D = d_t,
F = D for rates, e^(tau D) - 1 for steps, 1/E[e^(-T D)] - 1 for waits T, a scheme itself; K is a series in eps, derivatives to the left, e^(-r.d) [w P] =
sum_n (-d)^n [r^n w P]/n!, w may hold densities (mean field). It is multiplied out that P = Q u with d_t u = L u solves this below the stated power of eps,
and that the states add up to the densities u. Denominators are cleared, nothing is rounded; what stands under roots, logarithms and symbolic powers counts as
positive, a function of constants that is not known here as a constant of any value."""
from __future__ import annotations

import ast
import functools
import hashlib
import json
import math
import sys
from fractions import Fraction
from typing import Any

EXACT, PRIME, ROOTS = 10**9, 2305843009213690799, 5040  # the order of a series known to the end; ranks are taken modulo a prime that has the roots of 2, 3, 5, 7, symbols being powers
LARGEST_FILE, LARGEST_NUMBER, MOST_PRODUCTS = 4_000_000, 4000, 400_000  # bytes, bits, products of two terms
class RefusedError(Exception):
    """What is wrong, and the exit status: 1 the certificate does not hold, 2 it cannot be checked at all."""
def require(condition: Any, otherwise: str, status: int = 1) -> None:
    if not condition:
        raise RefusedError(otherwise, status)
def whole(x: Any) -> Any: return int(Fraction(x)) if Fraction(x).denominator == 1 else Fraction(x)
class Series:
    """The sum of c eps^g m over {(g, m): c}, m a product of powers of atoms ((atom, power), ...), known below eps^order."""
    def __init__(self, terms: dict[Any, Any], order: Any = EXACT) -> None:
        self.order, self.terms = order if order < EXACT // 2 else EXACT, {k: c for k, c in terms.items() if c and k[0] < order}
        self.low = min((g for g, _ in self.terms), default=self.order)
    def __add__(self, other: Series) -> Series: return added([self, other], EXACT)
    def lead(self) -> Series: return Series({k: c for k, c in self.terms.items() if k[0] == self.low})
    def times(self, number: Any) -> Series: return Series({k: c * number for k, c in self.terms.items()}, self.order)
def added(parts: Any, order: Any = EXACT) -> Series:
    out = dict[Any, Any]()
    for part in parts:
        order = min(order, part.order)
        for k, c in part.terms.items():
            out[k] = out[k] + c if k in out else c
    return Series(out, order)
ONE, ZERO = Series({(0, ()): Fraction(1)}), Series({})
def primes(c: Any) -> Any:  # factors of a number, each with the sign of its power; large ones need not be prime
    for n, sign in ((c.numerator, 1), (c.denominator, -1)):
        for p in (*range(2, 1000), n):
            while n > 1 and n % p == 0:
                n //= p
                yield p, sign
class Ring:
    """The coefficients. Atoms: ("s", symbol), ("x", coordinate), ("d", i) for a derivative to the left, time after the coordinates,
    ("t", i) for time, ("j", f, orders) for a derivative of a function, ("e", f) = exp(f), ("l", f) = log(f) and ("p", f) = f for a polynomial f."""
    def __init__(self, coordinates: list[str], weight: Any, long_wave: bool, limit: Any) -> None:
        self.coordinates, self.weight, self.weights, self.long_wave, self.limit, self.products = coordinates, weight, [weight] * len(coordinates), long_wave, limit, 0
        self.keys, self.index, self.positive, self.unscaled = list[Any](), dict[Any, int](), set[int](), set[Any]()
        self.constants, self.functions, self.flow, self.found = list[Series](), dict[str, Any](), dict[str, Series](), dict[Any, Series]()
        self.names = {f"d_{x}": self.atom(("d", i), weight) for i, x in enumerate(coordinates)}
    def atom(self, key: Any, grade: Any = 0, power: Any = 1, positive: bool = False) -> Series:
        if key not in self.index:
            inner = {self.keys[i][0] for (_, m), _ in (key[1] if key[0] in "epl" else ()) for i, _ in m}
            require("d" not in inner, "a step or a wait is not small", 2)
            self.index[key], self.keys = len(self.keys), [*self.keys, key]
            self.positive, self.unscaled = self.positive | {self.index[key]} if positive else self.positive, self.unscaled | {self.index[key]} if not grade else self.unscaled
        return Series({(whole(grade * power), ((self.index[key], whole(power)),)): Fraction(1)})
    def mul(self, a: Series, b: Series) -> Series:
        order, out = min(a.order + b.low, b.order + a.low), dict[Any, Any]()
        self.products += len(a.terms) * len(b.terms)
        require(self.products <= MOST_PRODUCTS, "the certificate takes more work than is allowed", 2)
        for (g, m), c in a.terms.items():
            for (h, n), d in b.terms.items():
                if g + h < order:
                    powers = (old := dict(m)) | {i: old.get(i, 0) + e for i, e in n}
                    key = (g + h, tuple(sorted((i, e) for i, e in powers.items() if e)))
                    out[key] = out[key] + c * d if key in out else c * d
        require(all(c.numerator.bit_length() + c.denominator.bit_length() <= LARGEST_NUMBER for c in out.values()), "the certificate needs larger numbers than are allowed", 2)
        return Series(out, order)
    def expanded(self, x: Series, e: Any = None) -> Series:  # exp(x), (1 + x)^e, or for e = 0 log(1 + x), for an x that is small in eps
        require(x.low > 0, "an expansion in a quantity that is not small", 2)
        total, term, n = (x, x, 1) if e == 0 else (ONE, ONE, 0)
        while term.terms:
            term, n = self.mul(term, x).times(Fraction(1 if e is None else e - n, n + 1)), n + 1
            term = Series(term.terms, min(term.order, self.limit)) if any(g >= self.limit for g, _ in term.terms) else term
            total = total + term
        return total
    def power(self, a: Series, e: Any) -> Series:
        require(abs(e) <= 200, "a power that cannot be checked", 2)
        if e >= 0 and e == int(e):
            return self.mul(self.power(a, e - 1), a) if e else ONE
        require((f := a.lead()).terms, "a division by zero", 2)
        return self.mul(self.lead_power(f, e), self.expanded(self.mul(a + f.times(-1), self.lead_power(f, -1)), e))
    def log(self, a: Series) -> Series:  # the logarithm; of a product the sum of those of its factors
        require((f := a.lead()).terms and f.low == 0, "a logarithm of what is not of order one", 2)
        small, ((_, m), c) = self.expanded(self.mul(a + f.times(-1), self.lead_power(f, -1)), 0), min(f.terms.items())
        if len(f.terms) > 1 or c < 0 or any(i not in self.unscaled or (i not in self.positive and self.keys[i][0] not in "ep") for i, _ in m):
            return self.atom(("l", tuple(sorted(f.terms.items())))) + small
        for (kind, key, *_), i, e in ((self.keys[i], i, e) for i, e in m):
            small += (Series(dict(key)) if kind == "e" else self.atom(("l", key if kind == "p" else (((0, ((i, 1),)), Fraction(1)),)))).times(e)
        return small + added(self.atom(("l", (((0, ()), Fraction(p)),))).times(sign) for p, sign in primes(c))
    def lead_power(self, f: Series, e: Any) -> Series:  # f^e for an f of one grade: of a single term at once, otherwise by an atom for f
        (g, m), c = min(f.terms.items())
        if len(f.terms) > 1 or (e != int(e) and (c < 0 or any(i not in self.positive for i, _ in m))):
            return self.atom(("p", tuple(sorted(f.terms.items()))), g, e)
        total = Series({(g * e, tuple((i, x * e) for i, x in m)): c ** int(e) if e == int(e) else Fraction(1)})
        for p, sign in primes(c) if e != int(e) else ():
            total = self.mul(total, self.atom(("p", (((0, ()), Fraction(p)),)), 0, e * sign))
        return total
    def exp(self, a: Series) -> Series:
        head = ONE
        for m, c in ((m, c) for (g, m), c in a.terms.items() if g == 0):
            key: Any = self.keys[m[0][0]] if len(m) == 1 and m[0][1] == 1 else ()
            head = self.mul(head, self.lead_power(Series(dict(key[1])), c) if key[:1] == ("l",) else self.atom(("e", (((0, m), Fraction(1)),)), 0, c))
        return self.mul(head, self.expanded(Series({k: c for k, c in a.terms.items() if k[0] != 0}, a.order)))
    def dx(self, a: Series, i: int) -> Series:  # the derivative of the coefficients along coordinate i, or in time after the last; a derivative counts its weight in eps
        self.found |= {(j, i): self.slope(self.keys[j], j, i) for j in {j for _, m in a.terms for j, _ in m if (j, i) not in self.found}}
        if (a, i) not in self.found:
            parts = (self.mul(Series({key: c * e}), self.found[j, i]) for key, c in a.terms.items() for j, e in key[1])
            self.found[a, i] = added(parts, a.order + self.weights[i])
        return self.found[a, i]
    def slope(self, key: Any, j: int, i: int) -> Series:  # the logarithmic derivative of atom j
        over = Series({(self.weights[i], ((j, -1),)): Fraction(1)})
        require(key != ("t", i) or self.weights[i] == (self.weight if self.long_wave else -self.names["t"].low), "the model changes in time at another pace than the density", 2)
        if key[0] == "j" and i == len(self.coordinates) and key[1] in self.flow:
            return self.mul(self.derived(self.flow[key[1]], key[2]), Series({(-self.names[key[1]].low - sum(key[2]) * self.weight, ((j, -1),)): Fraction(1)}))
        if key[0] == "j" and i < len(self.coordinates) and self.coordinates[i] in self.functions[key[1]][0]:
            return self.mul(self.atom(("j", key[1], tuple(n + (k == i) for k, n in enumerate(key[2])))), over)
        if key[0] in "epl" and (f := Series(dict(key[1]))):
            return self.mul(self.mul(self.dx(f, i), ONE if key[0] == "e" else self.power(f, -1)), Series({(0, ((j, -1),)): 1}) if key[0] == "l" else ONE)
        return over if key in (("x", i), ("t", i)) else ZERO
    def derived(self, a: Series, orders: Any) -> Series: return functools.reduce(self.dx, (i for i, n in enumerate(orders) for _ in range(n)), a)
    def vanishes(self, a: Series, below: Any) -> bool:  # whether every power of eps below ``below`` is zero, once denominators are cleared and powers written out
        require(a.order >= below, "the series cannot be carried far enough", 2)
        for grade in {g for g, _ in a.terms if g < below}:
            terms = {m: c for (g, m), c in a.terms.items() if g == grade}
            while atoms := {i for m in terms for i, e in m if self.keys[i][0] == "p" and not 0 <= e < 1}:
                atom = max(atoms)  # atoms inside it have smaller numbers
                f, by_power, total = Series({(0, m): c for (_, m), c in self.keys[atom][1]}), dict[int, Any](), ZERO
                for m, c in terms.items():
                    e = dict(m).get(atom, 0)
                    by_power.setdefault(int(e // 1), {})[0, tuple((i, x if i != atom else e % 1) for i, x in m if i != atom or e % 1)] = c
                for n in range(max(by_power), min(by_power) - 1, -1):
                    total = self.mul(total, f) + Series(by_power.get(n, {}))
                terms = {m: c for (_, m), c in total.terms.items()}
            if terms:
                return False
        return True
    def read(self, text: str) -> Series:  # an expression: whole numbers, declared names and functions, + - * / **, Derivative, exp, sqrt, log, sin, cos, O for what is not known
        return self.value(ast.parse(text.strip() if len(text) < 100_000 else "too_long", mode="eval").body)
    def value(self, node: Any, total: Series = ZERO) -> Series:
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            total, node = total + self.value(node.right).times(1 if isinstance(node.op, ast.Add) else -1), node.left
        match node:
            case ast.Constant(value=n) | ast.Name(id=n) if type(n) is int or n in self.names:
                found = ONE.times(Fraction(n)) if type(n) is int else self.names[str(n)]
            case ast.UnaryOp(op=ast.USub(), operand=a):
                found = self.value(a).times(-1)
            case ast.BinOp(left=a, op=ast.Mult() | ast.Div() as op, right=b):
                found, factor = self.value(a), self.value(b)
                found = self.mul(found, factor if isinstance(op, ast.Mult) else self.power(factor, -1))
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                found, e = self.value(a), self.value(b)
                found = self.power(found, whole(e.terms.get((0, ()), 0))) if {*e.terms} <= {(0, ())} else self.exp(self.mul(e, self.log(found)))
            case ast.Call(func=ast.Name(id=name), args=[*nodes], keywords=[]) if name in self.functions:
                away = (self.mul(self.value(n) + self.names[x].times(-1), self.names[f"d_{x}"]) for n, x in zip(nodes, self.functions[name][0], strict=True))
                found = self.applied(self.expanded(added(away)), self.functions[name][1], left=False)  # f(x + r) = sum_n r^n f^(n)(x) / n!
            case ast.Call(func=ast.Name(id="exp" | "sqrt" | "log" | "O" as name), args=[a], keywords=[]):
                f = self.value(a)
                found = self.exp(f) if name == "exp" else self.log(f) if name == "log" else self.power(f, Fraction(1, 2)) if name == "sqrt" else Series({}, f.low)
            case ast.Call(func=ast.Name(id="cos" | "sin" as name), args=[a], keywords=[]):
                i, sign = self.power(ONE.times(Fraction(-1)), Fraction(1, 2)), 1 if name == "cos" else -1
                turn = self.mul(i, self.value(a))
                found = self.mul((self.exp(turn) + self.exp(turn.times(-1)).times(sign)).times(Fraction(sign, 2)), ONE if sign == 1 else i)
            case ast.Call(func=ast.Name(id="Derivative"), args=[a, *variables], keywords=[]):
                found = functools.reduce(self.dx, (self.coordinates.index(ast.unparse(x)) for x in variables), self.value(a))
            case ast.Call(func=ast.Name(), args=nodes, keywords=[]) if all(self.names.get(n.id, ONE) in self.constants and n.id not in ("t", "d_t") for x in nodes for n in ast.walk(x) if isinstance(n, ast.Name)):
                found = self.atom(("s", ast.unparse(node)))
            case _:
                raise RefusedError(f"'{ast.unparse(node)[:60]}' is not declared, or is nothing that can be checked", 2)
        return total + found
    def applied(self, operator: Series, f: Series, end: Any = EXACT, left: bool = True) -> Series:  # an operator acting on f, known below eps^end: its derivatives to the left of its coefficients, or right before f
        groups, parts = dict[Any, Any](), []
        for (g, m), c in operator.terms.items():
            orders = tuple(dict(m).get(self.index["d", i], 0) for i in range(len(self.weights)))
            groups.setdefault(orders, {})[g, tuple((j, e) for j, e in m if self.keys[j][0] != "d")] = c
        for orders, terms in groups.items():
            grade = sum(n * w for n, w in zip(orders, self.weights, strict=True))
            c = Series({(g - grade, m): x for (g, m), x in terms.items()}, operator.order - grade)
            near = Series(f.terms, min(f.order, end - c.low - grade)) if end < EXACT else f
            parts.append(self.mul(c, self.derived(near, orders)) if not left or all(self.keys[i][0] == "s" for _, m in terms for i, _ in m) else self.derived(self.mul(c, near), orders))
        return added(parts, min(operator.order + f.low, end))
def declare(model: Any, regime: Any, densities: Any, below: Any) -> Ring:  # the names of the model with their powers of eps, which must be those of the scaling
    space, keys, replaced, fields = whole(regime["derivative"]), dict(regime["scaling"]), regime["replaced"], regime["fields"]
    powers, long_wave = {n: whole(p) for n, p in regime["powers"].items()}, regime["name"] == "long-wave"
    ring = Ring(model["coordinates"], space, long_wave, below + 2 + 3 * max([abs(p) for p in powers.values()], default=0))
    names = ["pi", "d_t", "t", *ring.names, *model["parameters"], *model["functions"], *{*densities, *model["states"]}, *ring.coordinates, *replaced]
    require(len(set(names)) == len(names) and all(ast.unparse(ast.parse(n)) == n for n in names), "two names are the same")
    for name in {"pi", *model["parameters"], *replaced} - {r[0] for r in replaced.values()}:
        ring.names[name] = ring.atom(("s", name), powers.get(name, 0), positive=name == "pi" or model["parameters"].get(name) == "positive")
    ring.names |= {x: ring.atom(("x", i), 0 if long_wave else -space) for i, x in enumerate(ring.coordinates)} | {"": ONE} | ({"t": ring.atom(("t", len(ring.coordinates)), whole(keys.get("t", 0)))} if model.get("timed") else {})
    ring.names |= {name: ring.atom(("j", name, (0,) * len(ring.coordinates)), whole(grade), positive=True) for name, grade in fields.items()}
    ring.functions |= {name: (ring.coordinates, ring.names[name]) for name in fields}
    ring.constants = [ONE] + [x for n, x in ring.names.items() if (n == "pi" or n in model["parameters"]) and not x.low]
    ring.names |= {parameter: ring.read(text) for parameter, text, _ in replaced.values()}
    told = {n.id for key in keys for n in ast.walk(ast.parse(key)) if isinstance(n, ast.Name)} | {*replaced}
    short = {key: n for n, (_, _, key) in replaced.items()} | {"t": "t"}
    require(all(ring.read(key).low == whole(p) for key, p in keys.items() if key not in short) and told >= {n for n, p in (*powers.items(), *(() if long_wave else fields.items())) if whole(p)}
            and all(powers[n] == whole(keys[key]) and ring.vanishes(ring.read(key) + ring.names[n].times(-1), below) for key, n in short.items() if n != "t")
            and ((not keys and space == 1) if long_wave else not space or told >= {*ring.coordinates}), "the powers of eps are not those of the scaling")
    for name, (places, body) in model["functions"].items():
        ring.functions[name] = (places, ring.read(body) if body else ring.atom(("j", name, (0,) * len(ring.coordinates)), positive=True))
    return ring
def claimed(ring: Ring, table: Any, order: Any, own: Any = 0) -> Series:  # the sum of d^orders [coefficient * density] over the [power of eps, orders, coefficient] of each density
    parts = [Series({}, order + own)]
    for density, terms in table.items():
        for power, orders, text in terms:
            c, g = ring.read(text), whole(power) + own - ring.names[density].low - sum(orders) * ring.weight
            rest = Series({k: x for k, x in c.terms.items() if k[0] != g and not (ring.long_wave and density)}, c.order)
            require(all(ring.keys[i][0] != "d" for _, m in c.terms for i, _ in m) and Fraction(power) < order and (c.order == EXACT or not ring.long_wave) and len(orders) == len(ring.coordinates)
                    and ring.vanishes(rest, c.order), f"the coefficient {text} is not of the stated power of eps")
            c = Series({(g if density else h, m): x for (h, m), x in c.terms.items() if ring.long_wave or h == g}, c.order)
            parts.append(ring.derived(ring.mul(c, ring.names[density]), orders))
    return added(parts)
def nullity(ring: Ring, k: Any, unit: Any, grade: Any = None) -> int:  # how many modes the part of K that differentiates nothing leaves alone, of one grade or of all, at numbers modulo a prime
    def at(terms: Any, grade: Any) -> Any:
        return sum(c.numerator * pow(c.denominator, -1, PRIME) * math.prod(number(i, e) for i, e in m)
                   for (g, m), c in terms.items() if grade in (None, g) and not any(ring.keys[i][0] == "d" for i, _ in m)) % PRIME
    def number(i: int, e: Any) -> Any:
        inside = at(dict(ring.keys[i][1]), None) if ring.keys[i][0] == "p" else 0
        root = pow(inside, (PRIME + 1) // 4, PRIME)  # a square root, where there is one
        require(ring.keys[i][0] != "p" or e == int(e) or (2 * e == int(2 * e) and root * root % PRIME == inside), "whether the states mix depends on roots", 2)
        return pow(root, int(2 * e), PRIME) if e != int(e) else pow(inside, int(e), PRIME) if ring.keys[i][0] == "p" else pow(7 + i, (5 + i) * whole(e * ROOTS), PRIME)
    rows, rank = [[at(k.get((s, ((z, *["0"] * len(ring.coordinates)),)), ZERO).terms, None if grade is None else grade + unit[s] - unit[z]) for z in unit] for s in unit], 0
    for j in range(len(unit)):
        for pivot in [r for r in rows if r[j]][:1]:
            rows, rank = [[(x - r[j] * pow(pivot[j], -1, PRIME) * y) % PRIME for x, y in zip(r, pivot, strict=True)] for r in rows if r is not pivot], rank + 1
    return len(unit) - rank
def shift(ring: Ring, step: Any, law: str = "1", sign: int = -1) -> Series:  # e^(-r.d) times the transform of what is random in a step
    lengths = [ring.mul(ring.read(r).times(sign), ring.names[f"d_{x}"]) for x, r in zip(ring.coordinates, step, strict=True)]
    return ring.mul(ring.expanded(added(lengths)), ring.read(law))
def verify(model: Any, limit: Any) -> str:  # one limit against the model; returns the equation that holds
    states, densities, below, shown, shares = model["states"], limit["densities"], whole(limit["remainder"]), limit["operator"], limit["equilibrium"]
    ring, own = declare(model, limit["regime"], densities, below), {a: whole(grade) for a, grade in limit["regime"]["fields"].items()}
    flow = {a: claimed(ring, shown[a], below, own[a]) for a in densities}
    here, k, (a, *more) = ["0"] * len(ring.coordinates), dict[Any, Series](), densities
    (own_atom, _), = min(ring.names[a].terms)[1]  # u = e^(rate t) w with d_t w = (L - rate) w, where a constant rate of growth is of the lowest power
    rate = Series({(g - own[a], tuple(x for x in m if x[0] != own_atom)): c for (g, m), c in flow[a].terms.items() if g == flow[a].low and (own_atom, 1) in m})
    rate = ZERO if more or model.get("timed") or any(ring.keys[i][0] in "jx" for _, m in rate.terms for i, _ in m) or any(ring.dx(rate, i).terms for i in range(len(here))) else rate
    ring.flow = flow = {b: f + ring.mul(rate, ring.names[a]).times(-1) for b, f in flow.items()} if rate.terms else flow
    slow = min([f.low - own[b] for b, f in flow.items()] + [ring.weight if ring.long_wave else -ring.names.get("t", ONE).low] * ("t" in ring.names))
    ring.weights, ring.names["d_t"] = [*ring.weights, slow], ring.atom(("d", len(here)), slow) + rate
    clock, time = ring.read(model["clock"]), ring.index["d", len(here)]
    first, degree = Series({x: c for x, c in clock.terms.items() if time in dict(x[1])}).lead(), len(densities) if not shares else 1  # F(D) = first + smaller
    require(all((i == time and e in (1, degree)) or ring.keys[i][0] in "slpe" for _, m in first.terms for i, e in m) and not ring.vanishes(first, first.low + 1)
            and not any(ring.dx(clock, i).terms for i in range(len(here) + 1)), "no clock that can be checked", 2)
    require(Fraction(limit["kept"]) + Fraction(dict(limit["regime"]["scaling"]).get("t", 0)) >= 0 and (not ring.long_wave or all(not own[b] or (not densities[b] and f.low - own[b] == slow) for b, f in flow.items())), "the powers of eps are not those of the regime's times")
    end, _, rates = below + first.low - slow, ring.names.pop("d_t"), [ring.read(event["rate"]) for event in model["events"]]
    ring.limit = end + max(own.values()) + 2 - min((r.low for r in rates), default=0)
    for event, rate in zip(model["events"], rates, strict=True):
        taken = tuple((s, *at) for s, at in event["from"])
        for sign, (s, *step) in [(-1, x) for x in event["from"]] + [(1, x) for x in event["to"]]:
            k[s, taken] = k.get((s, taken), ZERO) + ring.mul(rate.times(sign), shift(ring, *step))
    for s, z, text in model["motion"]:
        k[s, ((z, *here),)] = k.get((s, ((z, *here),)), ZERO) + ring.read(text)
    unit = {s: whole(limit["regime"]["units"].get(s, 0)) for s in states}  # the power of eps in which a state is measured
    require(not any(unit[s] for members in densities.values() for s in members), "a density is measured in units of its own")
    base = min((x.low - unit[s] + sum(unit[z] for z, *_ in taken) for (s, taken), x in k.items()), default=0)
    p = {s: claimed(ring, shares[s], end - base, unit[s]) for s in states} if shares else {s: ring.names[a] for a, members in densities.items() for s in members}
    sums = [added([p[s] for s in members] + [ring.names[a].times(-1)]) for a, members in densities.items() if members]
    require(all(ring.vanishes(x, min(end - base, x.order)) for x in sums), "the shares of the states do not add up to one")
    for s in states:
        top, moved = end + own.get(s, 0) + unit[s], [Series({}, EXACT)]
        for taken, operator in ((x, y) for (z, x), y in k.items() if z == s):
            f = ONE
            for z, *at in taken:
                f = ring.mul(f, ring.applied(shift(ring, at, sign=1), p[z], left=False))
            moved.append(ring.applied(operator, f))
        require(ring.vanishes(added(moved) + ring.applied(clock, p[s], top).times(-1), top), "the equation is not the model's")
    if shares:  # the densities are all that is slow: as many as closed classes of states, at leading order or altogether
        require(all(len(taken) == 1 and [*taken[0][1:]] == here for _, taken in k), "states that meet cannot be eliminated", 2)
        fast = first.low > base and nullity(ring, k, unit, base) == len(densities)
        lost = any(not any(orders) for table in shown.values() for terms in table.values() for _, orders, _ in terms)
        require(fast or (not lost and min(unit.values()) >= 0 and nullity(ring, k, unit) == len(densities)), "other densities are slow as well")
    lines = [f"d_t {a} = " + (" + ".join(f"d{tuple(o)} [{f'({c})' if isinstance(getattr(ast.parse(c).body[0].value, 'op', 0), ast.Add | ast.Sub) and b else c}{' * ' * bool(b) + b}]" for b, terms in shown[a].items() for p, o, c in terms if Fraction(p) <= Fraction(limit["kept"])) or "0") for a in densities]
    said = {"(away from the walls; the conditions at the walls are not checked)": model["walls"], "(of the moments that are listed: that further ones change nothing is not checked)": model["moments"]}
    return "\n".join([*lines, *(line for line, holds in said.items() if holds)])
def check(text: bytes | str) -> list[tuple[str, str]]:  # the regimes of a certificate that holds, each with its equation; raises RefusedError
    try:
        document = json.loads(text if len(text) <= LARGEST_FILE else '{"format": 0}', object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else {})
        require(document["format"] == "symdiff certificate 3", "no certificate of symdiff, of another format, or too large", 2)
        body = json.dumps({k: v for k, v in document.items() if k != "sha256"}, sort_keys=True)
        require(hashlib.sha256(body.encode()).hexdigest() == document["sha256"], "it was changed: its sha256 is another")
        return [(limit["regime"]["name"], verify(limit["model"], limit)) for limit in document["limits"]]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, SyntaxError, RecursionError, MemoryError) as e:
        raise RefusedError(f"no certificate that can be read ({type(e).__name__}: {str(e)[:80]})", 2) from e
if __name__ == "__main__":
    try:
        with open(sys.argv[1], "rb") as file:
            print(*(f"holds in {name}:\n{equation}" for name, equation in check(file.read(LARGEST_FILE + 1))), sep="\n")
    except (RefusedError, OSError, LookupError) as problem:
        print("refused:", problem.args[0] if isinstance(problem, RefusedError) else problem)
        sys.exit(problem.args[1] if isinstance(problem, RefusedError) else 2)

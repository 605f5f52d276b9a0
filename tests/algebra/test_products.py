"""Quotients of packed polynomials against those of the library."""

from __future__ import annotations

import random

from sympy import QQ, ring

from symdiff.algebra.products import exact_quotient

polynomials, *symbols = ring("a b c d e", QQ)


def test_exact_quotients_against_division_with_remainder() -> None:
    generator = random.Random(3)

    def drawn(terms: int, denominator: int = 1) -> object:
        """A polynomial with distinct monomials, so that it is not zero."""
        monomials = {tuple(generator.randint(0, 3) for _ in symbols) for _ in range(terms)}
        return polynomials.from_dict(
            {m: QQ(generator.choice((-5, -2, -1, 1, 3)), generator.randint(1, denominator)) for m in monomials}
        )

    divided = refused = 0
    for _ in range(150):
        divisor = drawn(generator.randint(2, 4)).primitive()[1]
        quotient = drawn(generator.randint(1, 12), 6)
        assert exact_quotient(quotient * divisor, divisor) == quotient
        for other in (quotient * divisor + drawn(1, 6), quotient, divisor * divisor + quotient):
            (wanted,), remainder = other.div([divisor])
            found = exact_quotient(other, divisor)
            assert found == (None if remainder else wanted)
            divided, refused = divided + (found is not None), refused + (found is None)
    assert refused > 300  # the control: most of the altered ones have a remainder
    assert exact_quotient(symbols[0] ** 2 - symbols[1] ** 2, symbols[0] - symbols[1]) == symbols[0] + symbols[1]
    assert exact_quotient(symbols[0] ** 2 + symbols[1] ** 2, symbols[0] - symbols[1]) is None
    assert divided + refused == 450

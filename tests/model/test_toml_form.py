"""Models written as TOML: read back they are the same, and they look like files written by hand."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

import symdiff as sd
from symdiff.model.loading import load_text, to_toml
from symdiff.model.toml_form import written


@given(st.text(alphabet="a'\"\\\n\r\t\x00\x7f\x1bé∂{}[]#=\u2028", max_size=9))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    document = {text: text, "head": {text: [text, {text: text}]}, "rows": [{"a": text}]}
    again = tomllib.loads(written(document))
    assert again == {**document, "head": {text: [text, {text: text}]}, "rows": [{"a": text}]}


def test_a_model_reads_like_a_file_written_by_hand() -> None:
    text = to_toml(sd.load("biased_walk"))
    assert load_text(text) == load_text(to_toml(load_text(text)))
    assert "latex = 'D = \\frac{\\ell^2}{2\\tau}'" in text
    assert '[[jumps]]\ndisplacement = "-ell"\nprobability = "1 - p"\n' in text
    assert '[[regimes]]\nname = "diffusive"\nell = 1\n' in text

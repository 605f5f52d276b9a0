"""The page in a real browser: first model, edit, error, tabs by keyboard, slider, cancel, link, back button."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from workbench import serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("starlette", reason="the extra 'web' is not installed")
CHROMIUM = shutil.which("chromium")
CALM = 1000  # milliseconds between two pictures for those who want no motion, as in player.js
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]


def until(page: Any, condition: str) -> None:
    """Wait for a condition; playwright's own polling needs an eval, which the page's policy forbids."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        time.sleep(0.1)
    raise AssertionError(f"{condition} did not become true; the page says: {page.inner_text('body')[:500]}")


def played_to_the_end(page: Any) -> None:
    """Play, and all frames after the first at once."""
    page.click("#panel-play button")
    until(page, "document.querySelector('canvas').player.frames > 0")
    page.evaluate("(() => { const q = document.querySelector('canvas').player; while (!q.over()) q.advance(); })()")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (found, _):
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    found = browser.new_page(viewport={"width": 1280, "height": 860})
    found.set_default_timeout(60_000)
    problems: list[str] = []
    found.on("pageerror", lambda e: problems.append(str(e)))
    found.on("console", lambda m: problems.append(m.text) if m.type == "error" and "422" not in m.text else None)
    found.goto(address)
    until(found, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    yield found
    found.close()
    assert not problems


def test_first_model_edit_and_error(page: Any) -> None:
    assert "diffusive" in page.inner_text("#result-tabs")
    text = page.input_value("#toml")
    page.fill("#toml", text.replace('"1 - p"', '"1 - pp"'))
    page.wait_for_selector("#message.bad")
    assert "stale" in (page.get_attribute("#results", "class") or "")
    assert "pp" in page.inner_text("#message")
    page.fill("#toml", text.replace('"ell"', '"2*ell"').replace('"-ell"', '"-2*ell"'))
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    assert "stale" not in (page.get_attribute("#results", "class") or "")


def test_observables_that_are_stated_and_that_are_chosen(page: Any) -> None:
    page.click("#tab-observe")
    until(page, "document.querySelector('#panel-observe').textContent.includes('states no observables')")
    page.select_option("#kind", "decay_rate")
    until(page, "document.querySelector('#panel-observe').textContent.includes('a free walk has no slowest rate')")
    page.select_option("#kind", "dispersion_relation")
    page.wait_for_selector("#panel-observe table math")


def test_tabs_by_keyboard_alone(page: Any) -> None:
    page.focus("#tab-regime-0")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-regime-1", "aria-selected") == "true"
    assert page.evaluate("document.activeElement.id") == "tab-regime-1"
    assert not page.is_hidden("#panel-regime-1")
    page.keyboard.press("End")
    assert page.get_attribute("#tab-verify", "aria-selected") == "true"


def test_the_skip_link_leaves_the_model_and_the_results_take_the_focus(page: Any) -> None:
    page.select_option("#gallery", "persistent_walk")
    until(page, "document.querySelector('#result-tabs').textContent.includes('telegraph')")
    page.focus(".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "panel-regime-0"
    assert page.evaluate("location.hash") == "#name=persistent_walk"  # it loaded the first model before
    assert "right" in page.input_value("#toml")


def test_form_and_text_follow_each_other(page: Any) -> None:
    page.click("#tab-form")
    page.wait_for_selector("#form .jump")
    for n, text in enumerate(("3*ell", "-3*ell")):
        jump = page.locator(f"#form [data-place='jumps.{n}.displacement'] input")
        jump.fill(text)
        jump.press("Tab")
    until(page, "document.querySelector('#toml').value.includes('displacement = \"-3*ell\"')")
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    page.select_option("#form > label select", "boundaries")
    wall = page.locator("#form [data-place='boundaries.0']")
    wall.locator("[data-place='boundaries.0.domain'] input").fill("x > 0")
    page.keyboard.press("Tab")
    wall.locator("[data-place='boundaries.0.kind'] select").select_option("reflecting")
    until(page, "document.querySelector('#toml').value.includes('kind = \"reflecting\"')")
    text = page.input_value("#toml")
    assert 'ell = "positive"' in text
    page.fill("#toml", text.replace("Biased random walk", "A walk by the text"))
    until(page, "document.querySelector('#form [data-place=title] input').value === 'A walk by the text'")
    page.click("#new")
    until(page, "document.querySelector('#form [data-place=title] input').value === 'My walk'")
    page.go_back()
    until(page, "document.querySelector('#form [data-place=title] input').value === 'A walk by the text'")
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")


def test_pasted_latex_becomes_the_model(page: Any) -> None:
    page.click("#tab-latex")
    page.click("#read")
    page.click("#reading button")
    until(page, "document.querySelector('#toml').value.includes('A model read from LaTeX')")


def test_walkers_slider_and_play(page: Any) -> None:
    page.click("#tab-play")
    page.wait_for_selector("#slider-p")
    page.evaluate(
        "const s = document.querySelector('#slider-p'); s.value = 0.7; s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    page.click("#panel-play button")
    until(page, "document.querySelector('#panel-play button').textContent === 'Pause'")


def test_cross_check_shows_its_convergence_plot(page: Any) -> None:
    page.click("#tab-verify")
    page.click("#panel-verify button")
    page.wait_for_selector("#panel-verify figure svg")


def test_cross_check_can_be_cancelled(page: Any) -> None:
    page.click("#tab-verify")
    page.click("#panel-verify button")
    page.click("#panel-verify button:nth-of-type(2)")
    until(page, "document.querySelector('#panel-verify').textContent.includes('cancelled')")


def test_gallery_back_button_and_link(page: Any) -> None:
    page.select_option("#gallery", "persistent_walk")
    until(page, "document.querySelector('#result-tabs').textContent.includes('telegraph')")
    page.go_back()
    until(page, "document.querySelector('#result-tabs').textContent.includes('diffusive')")
    page.click("#link")
    until(page, "location.hash.startsWith('#model=')")
    text = page.input_value("#toml")
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector("#panels math")
    assert page.input_value("#toml") == text


def test_a_text_of_ones_own_survives_the_gallery_and_a_reload(page: Any) -> None:
    mine = page.input_value("#toml").replace("Biased random walk", "My own walk")
    page.fill("#toml", mine)
    page.select_option("#gallery", "persistent_walk")
    until(page, "document.querySelector('#result-tabs').textContent.includes('telegraph')")
    page.click("#tab-counts")  # of a walk with states, one disc for each place
    until(page, "document.querySelectorAll('#panel-counts circle:not(.start)').length === 4")
    page.go_back()
    until(page, "document.querySelector('#toml').value.includes('My own walk')")
    page.reload()
    page.wait_for_selector("#panels math")
    assert page.input_value("#toml") == mine


DEVIATION = """(() => { const q = document.querySelector('canvas').player, d = q.data, m = q.means(0);
    const off = (law) => m.reduce((a, v, i) => a + (v - law[i]) ** 2 * q.rows * q.copies / (law[i] * (1 - law[i])), 0) / m.length;
    return [off(d.law.at(-1)[0]), off(d.start[0])]; })()"""


def test_agents_that_exclude_each_other_follow_the_exact_mean_field(page: Any) -> None:
    """In symmetric exclusion the mean field is exact: 121 squared deviations in units of their variance average to one."""
    page.select_option("#gallery", "exclusion_in_the_plane")
    until(page, "document.querySelector('#result-tabs').textContent.includes('stated')")
    page.click("#tab-play")
    page.wait_for_selector("#slider-D0")
    page.select_option("#walkers", "10000")
    played_to_the_end(page)
    law, start = page.evaluate(DEVIATION)
    assert 0.4 < law < 1.8
    assert start > 5  # the control: the profile that they began with


OFF_THE_LATTICE = """(() => { const q = document.querySelector('canvas').player, d = q.data, bar = d.grid[1] - d.grid[0];
    const off = (law) => { let sum = 0, n = 0;
      q.bars.forEach((v, i) => { const p = law[i] * bar; if (p * q.count > 20) { sum += (v * bar - p) ** 2 * q.count / (p * (1 - p)); n += 1; } });
      return sum / n; };
    return [off(d.law.at(-1)), off(d.first)]; })()"""


@pytest.mark.parametrize("name", ["gamma_steps", "subdiffusion", "two_velocities", "chiral_active_particle"])
def test_walkers_off_the_lattice_follow_their_exact_law(page: Any, name: str) -> None:
    """Steps, waits and motion drawn on the page: squared deviations in units of their variance average to one."""
    page.select_option("#gallery", name)
    until(page, f"location.hash === '#name={name}' && !document.querySelector('#results').classList.contains('stale')")
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    page.click("#tab-play")
    page.wait_for_selector("#panel-play canvas")
    played_to_the_end(page)
    until(page, "document.querySelector('#panel-play button').textContent === 'Play'")
    words = page.get_attribute("#panel-play canvas", "aria-label")
    found = re.findall(r"(walkers|equation): mean (\S+), standard deviation ([^;]+)", words)
    assert [n for n, *_ in found] == ["walkers", "walkers", "equation"]  # simulated, exact, and the curve
    assert float(found[0][2]) == pytest.approx(float(found[1][2]), rel=0.03)
    law, start = page.evaluate(OFF_THE_LATTICE)
    assert 0.4 < law < 1.8
    assert start > 5  # the control: the Gaussian that they began with


ON_SITES = """(() => { const q = document.querySelector('canvas').player, { law, walk } = q.densities(), gap = q.data.spacing;
    const off = (f) => { let sum = 0, n = 0;
      law.forEach((v, j) => { const p = f(v, j) * gap; if (p * q.count > 20) { sum += (walk[j] * gap - p) ** 2 * q.count / (p * (1 - p)); n += 1; } });
      return sum / n; };
    return [off((v) => v), off((v, j) => law[Math.max(0, j - 2)])]; })()"""


@pytest.mark.parametrize("name", ["partly_absorbing_wall", "moran_process", "stochastic_resetting"])
def test_walkers_beside_walls_and_populations_follow_their_exact_law(page: Any, name: str) -> None:
    page.select_option("#gallery", name)
    until(page, f"location.hash === '#name={name}' && !document.querySelector('#results').classList.contains('stale')")
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    page.click("#tab-play")
    page.wait_for_selector("#panel-play canvas")
    played_to_the_end(page)
    law, shifted = page.evaluate(ON_SITES)
    assert 0.4 < law < 1.8
    assert shifted > 5  # the control: the law two sites further


def test_what_has_no_walkers_says_so_and_offers_nothing_to_play(page: Any) -> None:
    page.select_option("#gallery", "heat_scheme_implicit")
    until(page, "document.querySelector('#toml').value.includes('master_equation')")
    until(page, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
    page.click("#tab-play")
    until(page, "document.querySelector('#panel-play .note').textContent.startsWith('no picture: ')")
    assert page.is_hidden("#panel-play canvas")


def test_those_who_want_no_motion_see_a_picture_now_and_then(browser: Any, address: str) -> None:
    drawn = {}  # while it plays, so without the picture at the end
    for wish in ("reduce", "no-preference"):
        context = browser.new_context(reduced_motion=wish)
        calm = context.new_page()
        calm.goto(f"{address}#name=goldstein_kac_process")
        until(calm, "/^derived.*[^…]$/.test(document.querySelector('#message').textContent)")
        calm.click("#tab-play")
        until(calm, "document.querySelector('canvas')?.player?.data")
        calm.evaluate(
            "const q = document.querySelector('canvas').player, d = q.draw; window.at = [];"
            "q.draw = () => { window.at.push(performance.now()); d.call(q); }"
        )
        calm.click("#panel-play button")
        until(calm, "!document.querySelector('canvas').player.running")
        first, *others, _ = calm.evaluate("window.at")
        drawn[wish] = 1 + sum(1 for at in others if at - first < 0.9 * CALM)
        context.close()
    assert drawn["reduce"] <= 2 < drawn["no-preference"]  # one as it starts, and the first of the calm ones


def test_narrow_screens_show_everything_without_sideways_scrolling(browser: Any, address: str) -> None:
    phone = browser.new_page(viewport={"width": 360, "height": 800})
    phone.goto(address)
    phone.wait_for_selector("#panels math")
    shown = {
        "claims": "td",
        "counts": "circle",
        "play": ".slider",
        "verify": "figure svg",
        "regime-0": ".display[tabindex]",
    }
    for tab, sign in shown.items():
        phone.click(f"#tab-{tab}")
        if tab == "verify":
            phone.click("#panel-verify button")
        phone.wait_for_selector(f"#panel-{tab} {sign}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 361, tab
    phone.locator("#panel-regime-0 .display").last.scroll_into_view_if_needed()
    phone.wait_for_selector("#panel-regime-0 .display[tabindex]")
    wide = "[...document.querySelectorAll('#panel-regime-0 .display[tabindex]')].every((d) => d.scrollWidth > d.clientWidth)"
    assert phone.evaluate(wide)  # what has to be scrolled is reached by keyboard, and nothing else
    assert phone.evaluate("document.querySelectorAll('#panel-regime-0 .display:not([tabindex])').length")
    phone.click("#tab-form")
    phone.wait_for_selector("#form fieldset")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 361
    phone.click("#tab-claims")
    verdict = phone.locator("#panel-claims td[data-label=verdict]").first.bounding_box()
    assert verdict is not None
    assert verdict["x"] + verdict["width"] <= 361
    phone.close()

"""Speed of the workbench in a real browser: page visible, an edit's derivation, frames with 100,000 walkers.

    python -m tests.benchmarks.web_page --entries 180 --repeats 5
    python -m tests.benchmarks.web_page --entries 180 --cpu

*Page*: from the start of the navigation to the first formula of the derivation in the document (a fresh browser context
each time, nothing cached). *Edit*: from the keystroke in the text to the frame with the first regime (marked as not confirmed, what was discarded still to come), to
that with its second route's verdict, and to that with all of them; the edit gives
the first parameter another name, so that neither the text nor any of its expressions can be remembered (of a comment, whose
expressions are, it would take two thirds of the time); gallery entries are taken evenly over the list, claims are left out.
*Frames*: what the animation itself counts in its second second of play. Printed are median, 90 % and largest, and the
entries slower than 0.2 s.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import time
import tomllib
from functools import partial
from typing import Any

from symdiff.dossier.gallery import gallery_names
from tests.workbench import serving

SEEN = """
addEventListener("DOMContentLoaded", () => {
  const look = () => { if (!window.seen && document.querySelector("#panels math")) window.seen = performance.now(); };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
});
"""
NAMED = ("[parameters]", "[values]", "[scaling]", "[[regimes]]", "[definitions]", "[functions]")
"""Tables whose keys are names of the model."""
EDIT = """(edited) => new Promise((resolve) => {
  const text = document.querySelector("#toml"), message = document.querySelector("#message"), start = performance.now();
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))));
  let first, sure;
  const seen = new MutationObserver(() => {
    if (message.textContent.startsWith("deriving")) return;
    first ??= painted();
    if (!message.textContent.includes("not confirmed yet")) sure ??= painted();
    if (message.textContent.endsWith("…")) return;
    seen.disconnect();
    Promise.all([first, sure, painted()]).then((times) => resolve([...times, message.classList.contains("bad") ? message.textContent : ""]));
  });
  seen.observe(message, { childList: true, characterData: true, subtree: true });
  text.value = edited;
  text.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def visible(browser: Any, address: str) -> float:
    """Seconds from navigation to the first formula, in a fresh context."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.add_init_script(SEEN)
    page.goto(address)
    page.wait_for_selector("#panels math")
    seconds = float(page.evaluate("window.seen")) / 1000
    context.close()
    return seconds


def renamed(text: str, suffix: str = "q") -> str:
    """A model whose first parameter has another name: in its own table where it stands as a key, elsewhere in the expressions."""
    statement = text.split("[[claims]]")[0]
    name = next(iter(tomllib.loads(statement).get("parameters", {})), None)
    if name is None:
        return statement + f"# {time.time_ns()}"
    word, table, lines = re.compile(rf"\b{re.escape(name)}\b"), "", []
    for line in statement.splitlines():
        table = line.strip() if line.startswith("[") else table
        key, equals, value = line.partition("=")
        if table not in NAMED and '"' not in key:  # a key of the language, which may be called the same: a, c, index
            lines.append(key + equals + word.sub(name + suffix, value))
        else:
            lines.append(word.sub(name + suffix, line))
    return "\n".join(lines)


def edits(page: Any, address: str, names: list[str]) -> tuple[dict[str, float], ...]:
    """Seconds from an edit to its first regime, to that regime confirmed, and to all of them, per gallery entry."""
    found: tuple[dict[str, float], ...] = ({}, {}, {})
    for name in names:
        page.goto("about:blank")
        page.goto(f"{address}#name={name}")
        page.wait_for_function(
            "() => /^(derived.*[^…]|no single.*)$/.test(document.querySelector('#message').textContent)", timeout=60_000
        )
        *milliseconds, fault = page.evaluate(EDIT, renamed(page.input_value("#toml")))
        if fault:  # the name is a key of the language too
            print(f"  {name} is left out: {fault}")
            continue
        for times, one in zip(found, milliseconds, strict=True):
            times[name] = one / 1000
    return found


def cpu_edits(names: list[str], tries: int = 3) -> tuple[dict[str, float], ...]:
    """As :func:`edits`, the CPU time that a warm worker takes, without a browser; the smallest of some tries, each with names of its own."""
    import symdiff.web.warm  # noqa: F401  (as a worker does)
    from symdiff.dossier.gallery import gallery_folder
    from symdiff.web import tasks, workers

    found: tuple[dict[str, float], ...] = ({}, {}, {})
    for name in names:
        text = (gallery_folder() / f"{name}.toml").read_text(encoding="utf-8")
        for n in range(tries):
            told: list[float] = []
            start = time.process_time()

            def tell(_: Any, told: list[float] = told, start: float = start) -> None:
                told.append(time.process_time() - start)

            kind, _ = workers.answer(partial(tasks.view, tell=tell), {"model": renamed(text, "qrstuvw"[n])})
            whole = time.process_time() - start
            if kind == "ok":  # else the name is a key of the language too
                for times, one in zip(found, [*told[:2], *[whole] * (3 - len(told[:2]))], strict=True):
                    times[name] = min(one, times.get(name, one))
    return found


def frames(page: Any, address: str) -> list[int]:
    """Frames a second with 100,000 walkers, for walks in discrete and in continuous time, and with a direction that turns."""
    found = []
    for name in ("biased_walk", "departure_rates", "chiral_active_particle"):
        page.goto(f"{address}#name={name}")
        page.reload()
        page.click("#tab-play")
        page.wait_for_selector(".slider")
        page.click("#panel-play button")
        time.sleep(3)
        shown = page.inner_text("#panel-play output")
        found.append(int(shown.split()[0]) if shown else 0)
    return found


def summary(title: str, values: list[float]) -> str:
    """Median, 90 % and largest."""
    ordered = sorted(values)
    return f"{title}: median {statistics.median(ordered):.3f} s, 90 % {ordered[int(0.9 * (len(ordered) - 1))]:.3f} s, largest {ordered[-1]:.3f} s ({len(ordered)})"


def shown(times_of: tuple[dict[str, float], ...]) -> None:
    """Print the times of edits, and which are above the target."""
    for title, times in zip(("first regime", "first regime confirmed", "all regimes"), times_of, strict=True):
        print(summary(f"edit, {title}", list(times.values())))
        print("  slower than 0.2 s:", ", ".join(f"{n} {t:.2f}" for n, t in times.items() if t > 0.2) or "none")


def main() -> None:
    """Run and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="edits only, CPU time of a worker, without a browser")
    options = parser.parse_args()
    names = gallery_names()
    chosen = list(names[:: max(1, len(names) // options.entries)])
    if options.cpu:
        shown(cpu_edits(chosen))
        return
    with serving() as (address, _), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visible(browser, address)  # the workers are ready
        print(summary("page", [visible(browser, address) for _ in range(options.repeats)]))
        page = browser.new_context(bypass_csp=True).new_page()
        page.goto(address)
        print("frames a second with 100,000 walkers:", frames(page, address))
        shown(edits(page, address, chosen))
        browser.close()


if __name__ == "__main__":
    main()

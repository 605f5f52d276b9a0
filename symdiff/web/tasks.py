"""What the workbench asks of a worker: pure functions from a plain payload to a plain result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from symdiff.dossier.gallery import entries, gallery_folder, gallery_names
from symdiff.dossier.gallery import load as load_gallery
from symdiff.dossier.settings import Settings, settings_of
from symdiff.errors import ModelError, UsageError
from symdiff.model.jump_model import ClaimStatement, JumpModel, make_model
from symdiff.model.loading import load_text, to_toml

if TYPE_CHECKING:
    from symdiff.continuum.limit import ContinuumLimit
    from symdiff.dossier.derivation import Derivation
    from symdiff.report.document import Block

Payload = Mapping[str, Any]
Result = dict[str, Any]
Tell = Callable[[Result], None]
MAX_TEXT = 100_000
MAX_CLAIMS = 20
REPORTS = (".html", ".tex", ".md", ".ipynb")


def model_of(payload: Payload) -> JumpModel:
    """The model of a request: ``model`` is TOML text, ``name`` a gallery entry; a path is neither."""
    name, text = payload.get("name"), payload.get("model")
    if (name is None) == (text is None):
        raise UsageError(
            "a request names either a gallery entry or the text of a model",
            where="request",
            instead='{"name": "biased_walk"} or {"model": "..."}',
        )
    if name is not None:
        return load_gallery(_name(name))
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise UsageError(f"the model is no text of at most {MAX_TEXT} characters", where="model")
    return load_text(text)


def _name(name: Any) -> str:
    if not isinstance(name, str) or name not in gallery_names():
        from symdiff.notation.names import nearest

        near = nearest(name, gallery_names()) if isinstance(name, str) and len(name) < 100 else ""
        raise UsageError("there is no gallery entry of this name", where="name",
                         instead=f"did you mean '{near}'?" if near else "the gallery lists them (POST /api/gallery)")  # fmt: skip
    return name


def _settings(model: JumpModel, payload: Payload) -> Settings:
    values = payload.get("set", {})
    if not isinstance(values, Mapping) or len(values) > 50:
        raise UsageError("'set' is no object of names and values", where="set", instead='{"p": "1/3"}')
    return settings_of(model, [f"{name}={value}" for name, value in values.items()])


def gallery(_payload: Payload) -> Result:
    """The gallery, one line each."""
    files = sorted(gallery_folder().glob("*.toml"))
    return {"entries": list(_gallery_lines(tuple((f.name, f.stat().st_mtime_ns) for f in files)))}


@lru_cache(maxsize=1)
def _gallery_lines(_files: tuple[tuple[str, int], ...]) -> tuple[Result, ...]:
    """Every entry read, again only where a file has changed."""
    return tuple(
        {"name": e.name, "title": e.title, "topic": e.topic, "source": e.source, "claims": e.claims} for e in entries()
    )


def entry(payload: Payload) -> Result:
    """One gallery entry as TOML text."""
    name = _name(payload.get("name"))
    return {"name": name, "model": (gallery_folder() / f"{name}.toml").read_text(encoding="utf-8")}


def derive(payload: Payload) -> Result:
    """The document of ``derive``, and every regime as a fragment of HTML."""
    from symdiff.dossier.derive_document import derive_document

    derivation = _derived(payload, model_of(payload))
    return {"document": derive_document(derivation), **_fragments(derivation)}


def view(payload: Payload, tell: Tell = lambda _: None) -> Result:
    """What the page shows of a derivation; the document, whose observables take as long as the derivation, is left out.

    ``tell`` is given the fragment of every regime as soon as it stands, first without the second route's verdict.
    """
    model = model_of(payload)
    if model.clock == "none":  # weights alone: nothing evolves, but walks can be counted
        return {"dimension": model.dimension, "claims": len(model.claims), "model": _model_html(model), "regimes": []}
    told: list[tuple[ContinuumLimit, Result]] = []

    def shown(limit: ContinuumLimit) -> None:
        told.append((limit, _completed(*told[-1], limit, model) if told else _regime_fragment(limit, model)))
        tell(told[-1][1])

    derivation = _derived(payload, _without_observables(model), shown)  # those are worked out when they are looked at
    return {
        "dimension": model.dimension,
        "claims": len(model.claims),
        **_fragments(derivation, told),
        "model": _model_html(model),
    }


def _without_observables(model: JumpModel) -> JumpModel:
    return make_model({**vars(model), "observables": ()})


def _derived(payload: Payload, model: JumpModel, tell: Callable[[ContinuumLimit], None] | None = None) -> Derivation:
    from symdiff.dossier.derivation import derive_model

    order = payload.get("order")
    if order is not None and (isinstance(order, bool) or not isinstance(order, int)):
        raise UsageError("'order' is no whole number", where="order")
    return derive_model(model, _settings(model, payload), order=order, tell=tell)


def _fragments(derivation: Derivation, told: Sequence[tuple[ContinuumLimit, Result]] = ()) -> Result:
    """The model and its regimes as HTML; those of ``told`` are written already."""
    model = derivation.model
    regimes = [
        next((shown for limit, shown in told if limit is x), {}) or _regime_fragment(x, model)
        for x in derivation.limits
    ]
    return {"model": _model_html(model), "regimes": regimes}


def _model_html(model: JumpModel) -> str:
    from symdiff.dossier.typography import typography_of
    from symdiff.report.build_model import model_blocks
    from symdiff.report.html import blocks_html

    return blocks_html(model_blocks(model, typography_of(model))[1:])


def _regime_fragment(limit: ContinuumLimit, model: JumpModel) -> Result:
    """The fragment of a limit; before its second route ended without what was discarded, which takes as long to write as all else."""
    from symdiff.continuum.staged import RUNNING
    from symdiff.dossier.typography import typography_of
    from symdiff.report.build import limit_blocks
    from symdiff.report.html import blocks_html

    confirmed = limit.confirmation.method != RUNNING
    later = None if confirmed or not limit.steps else _written_later()
    html = blocks_html(limit_blocks(limit, typography_of(model), discarded=later)[1:])
    return {"name": limit.title, "html": html, "closed": bool(limit.equations), "confirmed": confirmed}


def _written_later() -> list[Block]:
    from symdiff.report.document import Heading, Paragraph

    return [Heading(2, "What was discarded"), Paragraph(("is being written …",))]


def _completed(before: ContinuumLimit, fragment: Result, limit: ContinuumLimit, model: JumpModel) -> Result:
    """The fragment of a limit that may be the one ``before``, completed: then only the second route's verdict and what was discarded are written."""
    from symdiff.dossier.typography import typography_of
    from symdiff.report.build import later_blocks
    from symdiff.report.html import blocks_html

    if (
        fragment["confirmed"]
        or replace(limit, confirmation=before.confirmation, system_size=before.system_size) != before
    ):
        return _regime_fragment(limit, model)
    html = fragment["html"].replace(_verdict(before, model), _verdict(limit, model))
    html = html.replace(blocks_html(_written_later()), blocks_html(later_blocks(limit, typography_of(model))))
    return {**fragment, "html": html, "confirmed": True}


def _verdict(limit: ContinuumLimit, model: JumpModel) -> str:
    from symdiff.dossier.typography import typography_of
    from symdiff.report.build import confirmation_line
    from symdiff.report.document import Items
    from symdiff.report.html import blocks_html

    items = blocks_html([Items((confirmation_line(limit, typography_of(model)),))])
    return items.removeprefix("<ul>").removesuffix("</ul>")


def observe(payload: Payload) -> Result:
    """The observables that the model states, or one of a ``kind`` that it need not state, on the lattice and from the equations."""
    from symdiff.dossier.asked import asked_observable
    from symdiff.dossier.derivation import derive_model
    from symdiff.dossier.typography import typography_of
    from symdiff.model.keys import OBSERVABLE_KINDS
    from symdiff.report.build import observable_blocks
    from symdiff.report.html import blocks_html

    model, kind = model_of(payload), payload.get("kind", "")
    if not isinstance(kind, str):
        raise UsageError("'kind' is no name", where="kind")
    wanted = (asked_observable(kind, model.coordinate_symbols, "kind"),) if kind else ()
    stated = _without_observables(model) if kind else model
    found = derive_model(stated, _settings(stated, payload), observables=wanted).observables
    return {"kinds": list(OBSERVABLE_KINDS), "html": blocks_html(observable_blocks(found, typography_of(model))[1:])}


def check(payload: Payload) -> Result:
    """Verdicts on the claims of the model and on further ones, as document and fragment."""
    from symdiff.dossier.check import check_model
    from symdiff.dossier.check_document import check_document, status
    from symdiff.dossier.typography import typography_of
    from symdiff.report.build_evidence import claim_blocks
    from symdiff.report.html import blocks_html

    model = model_of(payload)
    claims = payload.get("claims", [])
    if not isinstance(claims, list) or len(claims) > MAX_CLAIMS or not all(isinstance(c, str) for c in claims):
        raise UsageError(f"'claims' is no list of at most {MAX_CLAIMS} formulas", where="claims")
    statements = tuple(ClaimStatement(f"claim-{n}", latex=c) for n, c in enumerate(claims, start=len(model.claims) + 1))
    report = check_model(model, statements, _settings(model, payload))
    fragment = blocks_html(claim_blocks(report.verdicts, typography_of(model))[1:])
    return {"document": check_document(report), "status": status(report), "html": fragment}


def count(payload: Payload) -> Result:
    """The exact law of the endpoint after n steps, and where its sites lie; ``state`` is the one that the walk starts in."""
    from symdiff.dossier.counts import CountRequest, count_document, count_model
    from symdiff.dossier.lattice_steps import site_places

    model = model_of(payload)
    n = payload.get("n", 3)
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= 60:
        raise UsageError("'n' is no whole number of steps from 0 to 60", where="n")
    start: tuple[int | str, ...] = (0,) * model.dimension
    if model.states:
        start = (*start, _state(model, payload.get("state")))
    found = count_model(model, CountRequest(n, start=start), _settings(model, payload))
    sites = [row.site for row in found.rows]
    places = site_places(model, [found.start, *sites])
    return {"document": count_document(found), "states": list(model.states), "start": places[0], "places": places[1:]}


def _state(model: JumpModel, name: Any) -> str:
    if name is None:
        return model.states[0]
    if name not in model.states:
        raise UsageError("the model has no such state", where="state", instead=f"one of {', '.join(model.states)}")
    return str(name)


def verify(payload: Payload) -> Result:
    """The numerical cross-check, with the smallest budget, and its convergence plot."""
    from symdiff.dossier.typography import typography_of
    from symdiff.dossier.verification import verify_model
    from symdiff.dossier.verify_document import verify_document
    from symdiff.report.build_evidence import evidence_blocks
    from symdiff.report.build_figures import convergence
    from symdiff.report.html import blocks_html

    model = model_of(payload)
    seed = payload.get("seed", 1)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise UsageError("'seed' is no whole number", where="seed")
    evidence = verify_model(model, _settings(model, payload), seed=seed, budget=2.0)
    return {
        "document": verify_document(evidence),
        "html": blocks_html([*evidence_blocks(evidence, "", typography_of(model))[1:], *convergence(evidence)]),
    }


def report(payload: Payload) -> Result:
    """A report as text, in one of the formats of :data:`REPORTS`."""
    from symdiff.dossier.dossier import make_dossier
    from symdiff.report.write import render

    suffix = payload.get("format", ".html")
    if suffix not in REPORTS:
        raise UsageError(f"'format' is none of {', '.join(REPORTS)}", where="format")
    model = model_of(payload)
    return {
        "text": render(make_dossier(model, _settings(model, payload), seed=1, budget=2.0), suffix),
        "format": suffix,
    }


def read(payload: Payload) -> Result:
    """A master equation in LaTeX as a model, with the reading and everything that was assumed."""
    from symdiff.dossier.latex_model import model_from_latex
    from symdiff.notation.display.build import Typography, build
    from symdiff.notation.display.mathml import to_mathml

    text = payload.get("latex")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise UsageError("'latex' is no text", where="latex")
    found = model_from_latex(text)
    fields = tuple(s.name for s in found.reading.symbols if s.kind == "field")
    style = Typography(densities=fields, show_arguments=True)
    return {
        "equations": [to_mathml(build(e, style), block=True) for e in found.reading.equations],
        "symbols": [{"name": s.name, "kind": s.kind, "arguments": list(s.arguments)} for s in found.reading.symbols],
        "warnings": list(found.reading.warnings), "assumed": list(found.assumed), "model": to_toml(found.model),
    }  # fmt: skip


def scene(payload: Payload) -> Result:
    """Rules and solution as numbers, for the animation."""
    from symdiff.dossier.derivation import derive_model
    from symdiff.dossier.scene import scene_document

    model, regime = model_of(payload), payload.get("regime", "")
    if not isinstance(regime, str):
        raise UsageError("'regime' is no name", where="regime")
    return scene_document(model, derive_model(model), _settings(model, payload), regime)


def schema(_payload: Payload) -> Result:
    """The JSON Schema of the model file: the keys that the form offers, with their meaning."""
    from symdiff.model.schema import model_schema

    return {"schema": model_schema()}


def form(payload: Payload) -> Result:
    """The text of a model as a plain document, for the form; it need not be a valid model yet."""
    return {"document": _toml_document(payload.get("model"))}


def _toml_document(text: Any) -> Result:
    from tomlkit.exceptions import TOMLKitError

    from symdiff.web.toml_edit import parsed

    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise UsageError("the model is no text", where="model")
    try:
        return parsed(text)
    except (TOMLKitError, RecursionError, ValueError) as error:
        raise ModelError(
            f"not valid TOML: {str(error)[:200]}", where="model", instead="the form follows once the text is TOML"
        ) from None


def toml(payload: Payload) -> Result:
    """The form's document as TOML text, written into ``model`` where that is given: what did not change stays as it was."""
    from symdiff.web.toml_edit import rewritten

    document, before = payload.get("document"), payload.get("model", "")
    if not isinstance(document, dict):
        raise UsageError("'document' is no object", where="document")
    _toml_document(before)
    try:
        text = rewritten(before, document)
    except (TypeError, ValueError, RecursionError):
        raise UsageError("the document holds what TOML cannot say", where="document") from None
    if len(text) > MAX_TEXT:
        raise UsageError("the document is too long", where="document")
    return {"model": text}


IN_PARTS = frozenset({"view"})
"""Tasks that tell what they have before the whole stands, where ``parts`` is true in the request."""
TASKS: dict[str, Callable[..., Result]] = {
    "gallery": gallery, "entry": entry, "derive": derive, "view": view, "observe": observe, "check": check, "count": count, "verify": verify, "report": report,
    "read": read, "scene": scene, "schema": schema, "form": form, "toml": toml,
}  # fmt: skip

"""The section on the microscopic model: parameters, jumps, waits, motion, internal states, reactions, walls, the start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from symdiff.model.boundary import Boundary, Region
from symdiff.model.crowd import Crowd, Participant, Reaction
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import InternalVariable, Motion
from symdiff.model.occupancy import is_crowd
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import WaitingLaw
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.nodes import Fenced, Node, Row, Sign
from symdiff.notation.display.one_line import in_one_line
from symdiff.report.document import Block, Display, Heading, Inline, Items, Line, Math, Paragraph, Table
from symdiff.report.prose import prose

SPELLED = {1: "one dimension", 2: "two dimensions", 3: "three dimensions"}
EVALUATIONS = {sp.S.Half: "Stratonovich", sp.S.One: "isothermal"}
RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "="}


def model_blocks(model: JumpModel, style: Typography) -> list[Block]:
    """All that the file says about the microscopic dynamics."""
    blocks: list[Block] = [Heading(1, "The microscopic model"), Paragraph(_clock(model, style))]
    parameters = tuple(((Math(style.name(p.name)),), prose(p.assume, style)) for p in model.parameters)
    if parameters:
        blocks.append(Table((("parameter",), ("assumed",)), parameters))
    if model.scheme is not None:
        blocks.append(Display(build_equation(model.scheme.lhs, model.scheme.rhs, style)))
    if model.jumps:
        blocks.append(_jumps(model, style))
    if model.crowd.reactions:
        blocks.append(_reactions(model, style))
    for declared in model.functions:
        if declared.body is not None:
            call = sp.Function(declared.name)(*(sp.Symbol(a, real=True) for a in declared.arguments))
            blocks.append(Display(build_equation(call, declared.body, style)))
    rules = [
        *_waits(model, style),
        *(line for motion in model.motions for line in _motion(motion, model, style)),
        *(_internal(variable, model, style) for variable in model.internals),
        *_crowd(model.crowd, style),
        *_population(model, style),
        *(_wall(boundary, style) for boundary in model.boundaries),
        *_rest(model, style),
    ]
    return [*blocks, Items(tuple(rules))] if rules else blocks


def _clock(model: JumpModel, style: Typography) -> Line:
    place = SPELLED.get(model.dimension, f"{model.dimension} dimensions")
    if model.space_dimension is not None:
        place = f"{model.space_dimension} dimensions, isotropic, given by its projection on one axis"
    if model.scheme is not None:
        return (f"An equation for the density in {place}, stated as it is:",)
    clock = {
        "discrete": "in discrete time",
        "continuous": "in continuous time",
        "none": "without a clock",
        "waiting": "that waits for random times",
    }[model.clock]
    step: Line = () if model.time_step is None else (", one step every ", _math(model.time_step, style))
    states = _states(model, style)
    if is_crowd(model) or model.crowd.reactions:
        return (f"Agents that see each other in {place}, {clock}", *step, *states, ".")
    if model.population is not None:
        return (f"A population, {clock}", *step, ": jumps change the numbers of its members.")
    if model.signed:
        return (f"A scheme in {place}, {clock}", *step, *states, ": its weights need not be probabilities.")
    return (f"A walker in {place}{' ' if model.clock == 'waiting' else ', '}{clock}", *step, *states, ".")


def _states(model: JumpModel, style: Typography) -> Line:
    """The internal states, or the species where a jump changes none into another."""
    if not model.states:
        return ()
    kept = all(not j.target or j.target == j.source for j in model.jumps)
    word = (
        "species"
        if kept and (is_crowd(model) or model.crowd.reactions)
        else f"internal state{'s'[: len(model.states) - 1]}"
    )
    return (f", with the {word} ", *_listed(_state(name, style) for name in model.states))


def _state(name: str, style: Typography) -> Line:
    """A state: a letter as mathematics, a word as it is."""
    shown = style.name(name)
    return (Math(shown),) if len(name) <= 2 or shown.text != name else (name,)


def _math(value: sp.Basic, style: Typography) -> Math:
    return Math(in_one_line(build(value, style)))


def _vector(values: Sequence[sp.Basic], style: Typography) -> Line:
    """A number, or a vector in brackets."""
    if len(values) == 1:
        return (_math(values[0], style),)
    return (_bracketed([in_one_line(build(v, style)) for v in values]),)


def _bracketed(nodes: Sequence[Node]) -> Math:
    items: list[Node] = []
    for n, node in enumerate(nodes):
        items += ([Sign(",")] if n else []) + [node]
    return Math(Fenced("()", Row(tuple(items))))


def _listed(lines: Iterable[Line], between: str = ", ") -> Line:
    parts: list[Inline] = []
    for n, line in enumerate(lines):
        parts += ([between] if n else []) + list(line)
    return tuple(parts)


def _all_zero(values: Iterable[sp.Basic]) -> bool:
    return all(v == 0 for v in values)


# --- jumps and reactions --------------------------------------------------------------------------------------------


def _jumps(model: JumpModel, style: Typography) -> Table:
    """A row for each kind of jump; neighbours that differ in their displacement only share one."""
    intensity = {
        "discrete": "weight" if model.signed else "probability",
        "waiting": "probability",
        "continuous": "rate",
    }
    header: list[Line] = [("displacement",), (intensity.get(model.clock, "weight"),)]
    if model.states:
        header = [("from",), ("to",), *header]
    regions = any(j.region is not None for j in model.jumps)
    if regions:
        header.append(("from sites with",))
    groups: list[list[Jump]] = []
    for jump in model.jumps:
        if groups and _together(groups[-1][0], jump):
            groups[-1].append(jump)
        else:
            groups.append([jump])
    rows = []
    for group in groups:
        first = group[0]
        row: tuple[Line, ...] = (
            _listed((_displacement(j, style) for j in group), ",  "),
            (Math(in_one_line(build(first.intensity, style))),),
        )
        if model.states:
            ends = ((first.source, "any"), (first.target, "the same"))
            row = (*(_state(name, style) if name else (other,) for name, other in ends), *row)
        if regions:
            row = (*row, ("any",) if first.region is None else (Math(_region(first.region, style)),))
        rows.append(row)
    return Table(tuple(header), tuple(rows))


def _together(first: Jump, other: Jump) -> bool:
    if first.law is not None or first.destination is not None or len(first.displacement) < 2:
        return False
    same = (first.intensity, first.source, first.target, first.region, first.waiting, first.redraw)
    return same == (other.intensity, other.source, other.target, other.region, other.waiting, other.redraw) and (
        other.law is None and other.destination is None
    )


def _displacement(jump: Jump, style: Typography) -> Line:
    if jump.destination is not None:
        return ("to the place ", *_vector(jump.destination, style))
    if jump.law is None:
        return _vector(jump.displacement, style)
    line = law_line(jump.law, style)
    if jump.direction and jump.direction != (1,):
        line = (*line, ", along ", *_vector(jump.direction, style))
    if not _all_zero(jump.displacement):
        line = (*_vector(jump.displacement, style), ", and ", *line)
    return line


NAMED = {
    "mittag_leffler": "Mittag-Leffler",
    "pareto": "Pareto",
    "levy": "Lévy",
    "cauchy": "Cauchy",
    "student": "Student",
    "lomax": "Lomax",
}


def law_line(law: StepLaw | WaitingLaw, style: Typography) -> Line:
    """A law by its name and arguments."""
    transform = getattr(law, "transform", None)
    if transform is not None:
        return ("law with the transform ", _math(transform, style))
    arguments = _listed((f"{_argument(name, style)} ", _math(value, style)) for name, value in law.arguments)
    return (
        f"law ‘{NAMED.get(law.distribution, law.distribution.replace('_', ' '))}’",
        *((": ", *arguments) if arguments else ()),
    )


def _argument(name: str, style: Typography) -> str:
    """covariance.0.1 as "covariance x y": components by their coordinates, where there are so many."""
    word, *indices = name.replace("_", " ").split(".")
    own = [c for c in style.coordinates if c != "t"]
    return " ".join([word, *(own[int(i)] if i.isdigit() and int(i) < len(own) else i for i in indices)])


def _region(region: Region | Boundary, style: Typography) -> Node:
    parts: list[Node] = [build(region.members[0], style)]
    for sign, member in zip(region.signs, region.members[1:], strict=True):
        parts += [Sign(RELATIONS.get(sign, sign)), in_one_line(build(member, style))]
    return Row(tuple(parts))


def _reactions(model: JumpModel, style: Typography) -> Table:
    intensity = "probability" if model.clock == "discrete" else "rate"
    header: tuple[Line, ...] = (("consumes",), ("produces",), (intensity,))

    def side(agents: tuple[Participant, ...]) -> Line:
        kinds = [(a, agents.count(a)) for a in dict.fromkeys(agents)]
        shown = ((*((f"{n} ",) if n > 1 else ()), *_agent(a, style)) for a, n in kinds)
        return _listed(shown, " + ") or ("nothing",)

    def row(reaction: Reaction) -> tuple[Line, ...]:
        return (side(reaction.consumes), side(reaction.produces), (_math(reaction.intensity, style),))

    return Table(header, tuple(map(row, model.crowd.reactions)))


def _agent(agent: Participant, style: Typography) -> Line:
    if _all_zero(agent.displacement):
        return _state(agent.state, style)
    return (*_state(agent.state, style), " at ", *_vector(agent.displacement, style))


# --- waits, motion, internal states ---------------------------------------------------------------------------------


def _waits(model: JumpModel, style: Typography) -> list[Line]:
    lines: list[Line] = []
    if model.waiting is not None:
        lines.append(("Waits between jumps: ", *law_line(model.waiting, style), "."))
    for state, law in model.state_waits:
        lines.append((f"Waits in the state {state}: " if state else "Waits: ", *law_line(law, style), "."))
    for jump in model.jumps:
        if jump.waiting is not None:
            lines.append(
                ("Waits before the jump by ", *_displacement(jump, style), ": ", *law_line(jump.waiting, style), ".")
            )
    if lines and model.first_wait != "ordinary":
        lines.append((f"The first wait is of the kind ‘{model.first_wait}’.",))
    return lines


def _motion(motion: Motion, model: JumpModel, style: Typography) -> list[Line]:
    """What the walker does between its jumps."""
    if motion.is_rest:
        return []
    parts: list[Inline] = []
    if not _all_zero(motion.velocity):
        parts += ["with the velocity ", *_vector(motion.velocity, style)]
    rows = motion.diffusivity
    if any(not _all_zero(row) for row in rows):
        isotropic = all(d == (rows[0][0] if i == j else 0) for i, row in enumerate(rows) for j, d in enumerate(row))
        parts += [" and " if parts else "", "with the diffusivity "]
        parts += [_math(rows[0][0], style)] if isotropic else ["tensor ", *_listed(_vector(row, style) for row in rows)]
        if motion.evaluation != 0:
            name = EVALUATIONS.get(motion.evaluation)
            parts += (
                [f", read in the {name} sense"]
                if name
                else [", evaluated at the share ", _math(motion.evaluation, style)]
            )
    where = f"In the state {motion.state} the" if motion.state else "Between its jumps the" if model.jumps else "The"
    return [(f"{where} walker moves ", *parts, ".")]


def _internal(variable: InternalVariable, model: JumpModel, style: Typography) -> Line:
    """A continuous internal state: where it lives, how it moves, how it is renewed."""
    names = _listed((Math(style.name(c)),) for c in variable.components)
    name: Line = names if len(variable.components) == 1 else ("(", *names, ")")
    kind = {"direction": "a direction, a unit vector", "line": "a number" if len(names) == 1 else "a vector"}
    parts: list[Inline] = ["Internal state ", *name, f", {kind.get(variable.domain, 'confined')}"]
    if variable.domain == "ball":
        shape = "interval of half-length" if len(variable.components) == 1 else "ball of radius"
        parts += [f" to the {shape} ", *(() if variable.radius is None else (_math(variable.radius, style),))]
        parts += [" about ", *_vector(variable.centre, style)] if variable.centre else []
    if variable.diffusivity != 0:
        parts += ["; it diffuses with ", _math(variable.diffusivity, style)]
    if not _all_zero(variable.drift):
        parts += ["; it drifts with ", *_vector(variable.drift, style)]
    if variable.rate is not None:
        parts += ["; it is drawn anew at the rate ", _math(variable.rate, style)]
    for label, value in (("mean cosine", variable.mean_cosine), ("mean sine", variable.mean_sine)):
        if value is not None and value != 0:
            parts += [f", with the {label} of the turn ", _math(value, style)]
    if variable.law is not None:
        parts += [", from the ", *law_line(variable.law, style)]
    if any(variable.name in j.redraw for j in model.jumps):
        parts.append("; some jumps draw it anew")
    return (*parts, ".")


# --- crowds, populations, walls, the start --------------------------------------------------------------------------


def _crowd(crowd: Crowd, style: Typography) -> list[Line]:
    lines: list[Line] = []
    if crowd.occupancy is not None:
        lines.append(("At most ", _math(crowd.occupancy, style), " to a site."))
    if crowd.site_rate is not None:
        lines.append(("Each site loses an agent at the rate ", _math(crowd.site_rate, style), "."))
    if crowd.rod_length is not None:
        lines.append(("Each agent covers ", _math(crowd.rod_length, style), " sites."))
    return lines


def _population(model: JumpModel, style: Typography) -> list[Line]:
    population = model.population
    if population is None:
        return []
    pairs = zip(population.scaled, model.coordinates, strict=False)
    scaled = _listed((Math(style.name(x)), " is ", Math(style.name(n)), " over it") for x, n in pairs)
    return [("System size: ", _math(population.system_size, style), *(("; ", *scaled) if scaled else ()), ".")]


def _wall(boundary: Boundary, style: Typography) -> Line:
    """A domain with what becomes of a jump that would end outside."""
    parts: list[Inline] = ["Walkers are where ", Math(_region(boundary, style))]
    refused = "ends at the mirror image of its end" if boundary.rejected == "mirror" else "is not made"
    if boundary.kind == "periodic":
        return (*parts, "; the two ends are one site.")
    if boundary.kind == "partial" and boundary.rate is not None:
        parts += ["; sites with a jump that leads outside absorb at the rate ", _math(boundary.rate, style)]
        parts.append(f"; the jump itself {refused}")
    elif boundary.kind == "partial":
        chance = () if boundary.probability is None else (" with the probability ", _math(boundary.probability, style))
        parts += ["; a jump that would end outside is the last", *chance, f", else it {refused}"]
    else:
        parts.append(f"; a jump that would end outside {'is the last' if boundary.kind == 'absorbing' else refused}")
    if boundary.crossing == "bridge":
        parts.append("; steps also hit the wall in between")
    return (*parts, ".")


def _rest(model: JumpModel, style: Typography) -> list[Line]:
    """The lattice's place, what is required, walkers that vanish, the start."""
    lines: list[Line] = []
    if model.origin and not _all_zero(model.origin):
        lines.append(("The first site is at ", *_vector(model.origin, style), "."))
    if model.lossy:
        lines.append(("A walker that makes none of its jumps is gone.",))
    for constraint in model.constraints:
        lines.append((*prose(constraint, style), " is required."))
    start = model.preparation
    if start.stated:
        lines.append(("The walker starts at ", *_vector(start.position, style), "."))
    if start.states is not None:
        shares = _listed((f"{name} with ", _math(value, style)) for name, value in start.states)
        lines.append(("States at the start: ", *shares, "."))
    return lines

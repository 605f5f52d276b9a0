"""``symdiff completion``: commands, options, their values and gallery names, completed by bash, zsh or fish; made from the parser."""

from __future__ import annotations

import argparse
from argparse import Namespace
from dataclasses import dataclass

from symdiff.cli.output import Outcome
from symdiff.dossier.gallery import gallery_names

MODELS = ("file", "first", "second")
"""Positional arguments that take a gallery name."""
NO_MODEL = ("certify",)


@dataclass(frozen=True)
class Words:
    """What may follow a command: its long options, the values of those that have a choice, and words in their own right."""

    summary: str
    options: tuple[str, ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]
    words: tuple[str, ...]


def run(_reference: str | None, options: Namespace) -> Outcome:
    """Print the script of one shell."""
    from symdiff.cli.arguments import build_parser

    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](commands_of(build_parser()))
    return Outcome(0, text=script, document={"shell": options.shell, "script": script})


def commands_of(parser: argparse.ArgumentParser) -> dict[str, Words]:
    """Every command with what may follow it."""
    (group,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    helps = {a.dest: a.help or "" for a in group._choices_actions}
    return {name: _words(name, helps.get(name, ""), command) for name, command in group.choices.items()}


def _words(name: str, summary: str, command: argparse.ArgumentParser) -> Words:
    long = [(o, a) for a in command._actions for o in a.option_strings if o.startswith("--")]
    bare = [a for a in command._actions if not a.option_strings]
    chosen = [str(c) for a in bare for c in a.choices or ()]
    models = gallery_names() if name not in NO_MODEL and any(a.dest in MODELS for a in bare) else ()
    return Words(
        summary,
        tuple(sorted(o for o, _ in long)),
        tuple(
            (o, tuple(map(str, found)))
            for o, a in sorted(long, key=lambda p: p[0])
            if (found := a.choices or _known(name, o))
        ),
        (*chosen, *models),
    )


def _known(command: str, option: str) -> tuple[str, ...]:
    """The values of options whose parser leaves it to the command to refuse what it does not know."""
    from symdiff.model.keys import OBSERVABLE_KINDS
    from symdiff.report.export import TARGETS

    return {("derive", "--observable"): OBSERVABLE_KINDS, ("export", "--to"): tuple(TARGETS)}.get((command, option), ())


def _bash(commands: dict[str, Words]) -> str:
    cases = "\n".join(f"    {name}) words='{' '.join((*w.options, *w.words))}' ;;" for name, w in commands.items())
    values = "\n".join(
        f"    {name}:{option}) COMPREPLY=($(compgen -W '{' '.join(choices)}' -- \"$current\")); return ;;"
        for name, w in commands.items()
        for option, choices in w.values
    )
    return f"""_symdiff() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  case ${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD-1]}} in
{values}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='{" ".join(commands)} --help --version'; else
  case ${{COMP_WORDS[1]}} in
{cases}
    *) words= ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"; [ "$COMP_CWORD" -gt 1 ] && compgen -f -- "$current"))
}}
complete -o filenames -F _symdiff symdiff"""


def _zsh(commands: dict[str, Words]) -> str:
    described = "\n".join(f"    '{name}:{_plain(w.summary)}'" for name, w in commands.items())
    cases = "\n".join(
        f"    {name}) compadd -- {' '.join((*w.options, *w.words))}; _files ;;" for name, w in commands.items()
    )
    values = "\n".join(
        f"    {name}:{option}) compadd -- {' '.join(choices)}; return ;;"
        for name, w in commands.items()
        for option, choices in w.values
    )
    return f"""#compdef symdiff
_symdiff() {{
  local -a commands=(
{described}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2]:$words[CURRENT-1] in
{values}
  esac
  case $words[2] in
{cases}
  esac
}}
compdef _symdiff symdiff"""


def _fish(commands: dict[str, Words]) -> str:
    lines = ["complete -c symdiff -n __fish_use_subcommand -f"]
    for name, w in commands.items():
        here = f"complete -c symdiff -n '__fish_seen_subcommand_from {name}'"
        values = dict(w.values)
        lines.append(f"complete -c symdiff -n __fish_use_subcommand -a {name} -d '{_plain(w.summary)}'")
        lines += [f"{here} -l {o[2:]}" + (f" -x -a '{' '.join(values[o])}'" if o in values else "") for o in w.options]
        if w.words:
            lines.append(f"{here} -a '{' '.join(w.words)}'")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("'", "").replace(":", ",")

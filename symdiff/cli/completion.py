"""``symdiff completion``: commands, options and gallery names, completed by bash, zsh or fish; made from the parser itself."""

from __future__ import annotations

import argparse
from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.dossier.gallery import gallery_names

WITH_MODEL = ("derive", "check", "verify", "solve", "sweep", "count", "report")


def run(_reference: str | None, options: Namespace) -> Outcome:
    """Print the script of one shell."""
    from symdiff.cli.main import build_parser

    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](commands_of(build_parser()))
    return Outcome(0, text=script, document={"shell": options.shell, "script": script})


def commands_of(parser: argparse.ArgumentParser) -> dict[str, tuple[str, list[str]]]:
    """Every command with its summary and its long options."""
    (group,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    helps = {a.dest: a.help or "" for a in group._choices_actions}
    return {
        name: (helps.get(name, ""), sorted(o for a in command._actions for o in a.option_strings if o.startswith("--")))
        for name, command in group.choices.items()
    }


def _bash(commands: dict[str, tuple[str, list[str]]]) -> str:
    cases = "\n".join(
        f"    {name}) words='{' '.join(options)}{_names(name)}' ;;" for name, (_, options) in commands.items()
    )
    return f"""_symdiff() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  if [ "$COMP_CWORD" -eq 1 ]; then words='{" ".join(commands)} --help --version'; else
  case ${{COMP_WORDS[1]}} in
{cases}
    *) words= ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"; compgen -f -- "$current"))
}}
complete -o filenames -F _symdiff symdiff"""


def _zsh(commands: dict[str, tuple[str, list[str]]]) -> str:
    described = "\n".join(f"    '{name}:{_plain(summary)}'" for name, (summary, _) in commands.items())
    cases = "\n".join(
        f"    {name}) compadd -- {' '.join(options)}{_names(name)}; _files ;;"
        for name, (_, options) in commands.items()
    )
    return f"""#compdef symdiff
_symdiff() {{
  local -a commands=(
{described}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
{cases}
  esac
}}
compdef _symdiff symdiff"""


def _fish(commands: dict[str, tuple[str, list[str]]]) -> str:
    lines = ["complete -c symdiff -n __fish_use_subcommand -f"]
    for name, (summary, options) in commands.items():
        lines.append(f"complete -c symdiff -n __fish_use_subcommand -a {name} -d '{_plain(summary)}'")
        lines += [f"complete -c symdiff -n '__fish_seen_subcommand_from {name}' -l {o[2:]}" for o in options]
        if name in WITH_MODEL:
            lines.append(
                f"complete -c symdiff -n '__fish_seen_subcommand_from {name}' -a '{' '.join(gallery_names())}'"
            )
    return "\n".join(lines)


def _names(command: str) -> str:
    return " " + " ".join(gallery_names()) if command in WITH_MODEL else ""


def _plain(text: str) -> str:
    return text.replace("'", "").replace(":", ",")

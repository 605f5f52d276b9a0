"""``symdiff certify``: a certificate verified again, by a checker that knows nothing of the engine."""

from __future__ import annotations

from argparse import Namespace

from symdiff import certifier
from symdiff.cli.output import Outcome
from symdiff.errors import UsageError


def run(reference: str, options: Namespace) -> Outcome:
    """Verify one certificate; a certificate that does not hold has the exit status 1."""
    del options
    try:
        with open(reference, "rb") as file:
            text = file.read(certifier.LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{reference} cannot be read: {error.strerror}", where="certify",
                         instead="name a file that 'symdiff derive FILE --certificate OUT' has written") from None  # fmt: skip
    try:
        holding = certifier.check(text)
    except certifier.RefusedError as error:
        why, status = error.args
        if status == 2:
            raise UsageError(f"{reference} cannot be verified: {why}", where="certify",
                             instead="name a file that 'symdiff derive FILE --certificate OUT' has written") from None  # fmt: skip
        return Outcome(
            1, text=f"{reference} does not hold: {why}", document={"certified": False, "why": why, "limits": []}
        )
    lines = [f"{reference} holds"]
    for name, equation in holding:
        lines += [f"  in the regime {name}:", *(f"    {line}" for line in equation.splitlines())]
    limits = [{"regime": name, "equation": equation} for name, equation in holding]
    return Outcome(0, text="\n".join(lines), document={"certified": True, "why": "", "limits": limits})

"""``symdiff schema``: the JSON Schema of the model file, for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.model.schema import model_schema


def run(_reference: str | None, _options: Namespace) -> Outcome:
    """Print the schema."""
    document = model_schema()
    return Outcome(0, text=json.dumps(document, indent=1), document=document)

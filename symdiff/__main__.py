"""``python -m symdiff``, for shells that do not find the command ``symdiff``."""

import sys

from symdiff.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python
"""Watchbill's command line: `manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    """Run the management command named on the command line; exit 2 when the environment is refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import env

    try:
        env.load(os.environ)
    except env.Refused as refused:
        sys.exit(str(refused))

    from config.commandline import CommandLine

    CommandLine(sys.argv).execute()


if __name__ == "__main__":
    main()

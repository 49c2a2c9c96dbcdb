"""The command line: `python -m tuner COMMAND`, or `tuner COMMAND`."""

import sys

from tuner.cli.main import run


def main() -> None:
    """Run the command that was typed, and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

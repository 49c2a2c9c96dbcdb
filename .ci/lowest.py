"""Print the lowest version of every dependency that pyproject.toml allows, as pip constraints.

Usage: `python .ci/lowest.py [EXTRA…] > lowest.txt`; without an extra, the core alone.
"""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def lowest(requirement: str) -> str:
    """Return the pin at a requirement's lower bound; without a bound, say so and stop."""
    found = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9][0-9.]*)", requirement)
    if found is None:
        sys.exit(f"{PYPROJECT.name}: {requirement!r} must be of the form 'name>=version'")
    name, version = found.groups()
    return f"{name}=={version}"


def main() -> None:
    """Print one pin a line."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(r for name in sys.argv[1:] for r in extras[name])]
    print("\n".join(lowest(r) for r in requirements if not r.startswith("eta-tuner[")))


if __name__ == "__main__":
    main()

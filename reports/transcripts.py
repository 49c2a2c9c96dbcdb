"""Run the commands of docs/commands.md again and replace what the page shows of their output.

    python reports/transcripts.py

They run in the order of the page, in one empty folder with a link to `studies`. A block with a line
that is "…" alone is an extract and stays as it is.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "commands.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def rerun(block: str, folder: Path) -> str:
    """Return a block of commands, each after "$ ", with what they print now."""
    if re.search(r"^ *…$", block, re.MULTILINE):
        return block
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    if len(commands) == block.count("\n") > 1:  # commands alone, their results not shown
        return block
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = {**os.environ, "COLUMNS": "80", "PATH": path, "PYTHONPATH": str(ROOT)}
    answers = []
    for command in commands:
        print(command, file=sys.stderr)
        done = subprocess.run(  # noqa: S602 - the page's own commands
            command, shell=True, cwd=folder, env=told, stdout=subprocess.PIPE, text=True, check=True
        )
        answers.append(f"$ {command}\n{done.stdout.strip(chr(10))}\n")
    return "".join(answers)


def main() -> None:
    """Rewrite the page."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "studies").symlink_to(ROOT / "studies")
        text = PAGE.read_text(encoding="utf-8")
        new = BLOCK.sub(lambda found: f"```console\n{rerun(found[1], folder)}```", text)
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What a command leaves in its folder: what must be the same each time, and whether it is whole."""

import json
import sqlite3
import tomllib
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

TIMES = {"seconds", "environment", "command", "steps", "began", "files"}
OPENINGS = {"openings", "test_openings"}

TABLES = ("trial_params", "trial_values", "trial_intermediate_values")


def outputs(folder: Path, *, without: set[str] = TIMES) -> dict[str, Any]:
    """Return what a command wrote: models, figures and trials as they are, records without times.

    Pages are left out, for they state times; they are made of the rest alone.
    """
    found: dict[str, Any] = {}
    for path in folder.iterdir():
        if path.suffix in (".safetensors", ".png", ".toml"):
            found[path.name] = path.read_bytes()
        elif path.name == "records.json":
            found[path.name] = without_keys(json.loads(path.read_text("utf-8")), without)
        elif path.suffix == ".db":
            found[path.name] = trials(path)
    return found


def without_keys(value: Any, keys: set[str]) -> Any:
    """Return a document without the entries of these names."""
    if isinstance(value, dict):
        return {k: without_keys(v, keys) for k, v in value.items() if k not in keys}
    return [without_keys(v, keys) for v in value] if isinstance(value, list) else value


def trials(database: Path) -> dict[str, list[Any]]:
    """Return the parameters and values of the trials stored; none before there are tables."""
    with closing(sqlite3.connect(database)) as db, suppress(sqlite3.OperationalError):
        return {
            table: db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
            for table in TABLES
        }
    return {table: [] for table in TABLES}


def check_whole(folder: Path) -> None:
    """Assert that no file below a folder is half-written; temporary ones are no files yet."""
    for path in folder.rglob("*"):
        match path.suffix:
            case ".json":
                json.loads(path.read_bytes())
            case ".toml":
                tomllib.loads(path.read_text("utf-8"))
            case ".png":
                assert path.read_bytes().endswith(b"IEND\xaeB`\x82"), path
            case ".html":
                assert path.read_text("utf-8").rstrip().endswith("</html>"), path
            case ".safetensors":
                load_file(path)
            case ".db":
                with closing(sqlite3.connect(path)) as db:
                    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",), path

"""`export`: a saved model in the format of another tool."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import tuner
from tuner.cli.interrupts import NOTHING_WRITTEN, if_interrupted
from tuner.cli.options import FILE, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, narration
from tuner.errors import OptionError, OutputError
from tuner.settings import NAME
from tuner.storage import MODEL


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """To which format, and where to write."""

    to: Annotated[str | None, Opt("The format, required: onnx or torch.", NAME)]
    out: Annotated[Path | None, Opt("The file to write; else beside the model.", FILE)]

    def __post_init__(self) -> None:
        if self.to is None:
            raise OptionError("to is missing: give onnx or torch.")


@grouped
def export(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL|RUN", help="A saved model, or the folder of a run with one."),
    ],
    options: ExportOptions,
    answer: AnswerOptions,
) -> None:
    """Write a saved model for ONNX Runtime or PyTorch, preprocessing included.

    The ONNX graph takes the raw columns of a table by their names and gives label and
    probabilities. The PyTorch program takes raw numbers, no texts, and gives probabilities;
    torch.export.load(FILE).module() reads it, without tuner.
    """
    path = Path(model, MODEL) if Path(model).is_dir() else Path(model)
    with narration() as say:
        say(f"exporting {path}")
        written = _export(path, str(options.to), options.out)
    if answer.json:
        document = {"command": "export", "model": str(path), "to": options.to}
        print(json_text({**document, "files": [str(written)]}))
    else:
        print(f"Exported: {written}")


@if_interrupted(NOTHING_WRITTEN)
def _export(path: Path, to: str, out: Path | None) -> Path:
    from tuner.export import TARGETS, export_model
    from tuner.records import require_choice

    require_choice("to", to, tuple(TARGETS))
    written = out or path.with_suffix(TARGETS[to].suffix)
    if written.resolve() == path.resolve():
        raise OutputError(f"--out {written} would replace the model: choose another file.")
    return export_model(tuner.load_model(path), to, written)

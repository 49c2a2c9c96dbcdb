"""All commands, and the way from what was typed to an exit code."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer

from tuner.cli.console import DONE, PROGRAM, exit_code
from tuner.cli.dashboard import dashboard
from tuner.cli.data import data
from tuner.cli.doctor import doctor
from tuner.cli.evaluate import evaluate
from tuner.cli.export import export as export_model
from tuner.cli.find_eta import find_eta
from tuner.cli.predict import predict
from tuner.cli.report import report
from tuner.cli.reproduce import reproduce
from tuner.cli.study_run import run as run_study
from tuner.cli.study_stored import delete, export, show, show_list
from tuner.cli.train import train, with_settings
from tuner.cli.tune import tune

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # plain help: it wraps at any width and reads well in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


study = typer.Typer(help="Run an Optuna study, or look at those stored.")
study.command("run")(run_study)
study.command("list")(show_list)
study.command("show")(show)
study.command("export")(export)
study.command("delete")(delete)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tuner {version('eta-tuner')}")
        raise typer.Exit


@app.callback()
def tuner(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version, and exit."
        ),
    ] = False,
) -> None:
    """Search hyperparameters of small networks, and show why each value was chosen.

    Results go to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 bad usage or input,
    130 Ctrl-C.
    """


app.command("find-eta")(find_eta)
app.command("train")(train)
app.command("tune")(tune)
app.command("evaluate")(evaluate)
app.command("predict")(predict)
app.command("export")(export_model)
app.command("report")(report)
app.command("reproduce")(reproduce)
app.add_typer(study, name="study")
app.command("dashboard")(dashboard)
app.add_typer(data, name="data")
app.command("doctor")(doctor)


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Whatever goes wrong is one line on stderr; with `--debug` its traceback stands above it.

    Parameters
    ----------
    argv
        What was typed behind the program's name.

    Examples
    --------
    >>> run(["--version"])
    tuner 0.1.0
    0
    """
    return exit_code(argv, _run_command)


def _hide_types_of_arguments(command: Any) -> None:
    """Leave `<list[str]>` and the like out of the help: the name of an argument says what it is."""
    for each in getattr(command, "commands", {}).values():
        _hide_types_of_arguments(each)
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: None  # noqa: ARG005


def _run_command(argv: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    _hide_types_of_arguments(command)
    try:
        with command.make_context(PROGRAM, with_settings(argv), obj=tuple(argv)) as context:
            command.invoke(context)
    except typer.Exit as end:  # so end --help, --version and a command that was stopped
        return end.exit_code
    return DONE

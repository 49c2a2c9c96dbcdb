"""`study`: run Optuna studies, and look at what is stored."""

import typer

from tuner.cli.study_run import run
from tuner.cli.study_stored import delete, export, show, show_list

study = typer.Typer(help="Run an Optuna study, or look at those stored.")

study.command("run")(run)
study.command("list")(show_list)
study.command("show")(show)
study.command("export")(export)
study.command("delete")(delete)

"""`reproduce`: the article's experiments, the published figures beside ours."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import tuner
from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import load_data
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import interrupts
from tuner.cli.options import AnswerOptions, DataOptions, ExecutorOptions, Opt, grouped
from tuner.cli.reproduce_answers import narrator, print_answer
from tuner.errors import StoppedError
from tuner.records import LANGUAGES, require, require_choice
from tuner.settings import INTEGER, NAME


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """In which language, from which seed, and how to begin."""

    lang: Annotated[str, Opt("Language of the page: en or zh.", NAME, "en")]
    seed: Annotated[int, Opt("Of everything that is drawn at random.", INTEGER, "0")]
    fresh: Annotated[bool, Opt("Start over where an earlier call was interrupted.")]

    def __post_init__(self) -> None:
        require_choice("lang", self.lang, LANGUAGES)
        require(0 <= self.seed < 2**31, "seed", self.seed, "at least 0 and below 2147483648")


@grouped
def reproduce(
    *,
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME…]", help="Which experiments; all of them if none is named."),
    ] = None,
    data: DataOptions,
    page: PageOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Run the article's experiments, and show its published figures beside ours.

    The published figures are those of MNIST: --data mnist. Networks are trained in --workers
    processes (default: all cores), each kind once, whatever number of experiments need it. The test
    part is opened once for each experiment that measures on it, after the training.

    Writes reproduce.html (for zh: reproduce-zh.html), its figures and records.json to --out
    (default: reports/reproduce-DATA). Stopped at any moment, the same command goes on.
    """
    from tuner.article.experiments import check_names

    check_names(names or [])
    out = work.out or Path("reports", f"reproduce-{data.title}")
    command = command_line([each for each in context.obj if each != "--fresh"])
    with narrator() as say:
        say.tell(f"reading {data.data}")
        dataset = load_data(data, page.seed)
        with output_folder(out):
            try:
                with interrupts(say.notice, "round of training", f"go on with {command}") as asked:
                    result = tuner.reproduce(
                        dataset,
                        names or [],
                        seed=page.seed,
                        workers=work.scheduler or work.workers,
                        folder=out,
                        fresh=page.fresh,
                        watch=say.watch,
                        stop_asked=asked,
                        command=command,
                    )
            except StoppedError:
                print(f"interrupted: go on with {command}", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from None
            say.tell("writing the report")
            written = result.write(out, lang=page.lang)
    print_answer(result.record, written, as_json=answer.json)

"""A study to be killed: `python -m tests.support.study.coordinate STUDY.json FOLDER`.

It prints a line when the study begins and writes down its worker processes, and each network that
it has trained to a rung, as they come.
"""

import argparse
import json
import multiprocessing
from pathlib import Path
from typing import Any

PROCESSES, TRAINED = "processes.txt", "trained.txt"
"""In the folder: one worker's process id a line; trial, seed and epochs of one network a line."""


def main() -> None:
    """Run the study, or go on with it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("study", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--storage")
    parser.add_argument("--scheduler")
    given = parser.parse_args()

    from tests.support.study.small import run, spec_of
    from tuner.execution.base import Callbacks
    from tuner.study.batches import BatchFiles

    save = BatchFiles.save

    def save_and_note(files: BatchFiles, key: tuple[int, int], training: Any) -> None:
        save(files, key, training)
        with (given.folder / TRAINED).open("a") as file:
            file.write(f"{key} {len(training.history)}\n")

    def note_processes(_: object) -> None:
        ids = {child.pid for child in multiprocessing.active_children()}
        with (given.folder / PROCESSES).open("a") as file:
            file.write("".join(f"{pid}\n" for pid in ids))
        print("goes on", flush=True)

    setattr(BatchFiles, "save", save_and_note)  # noqa: B010
    spec = spec_of(json.loads(given.study.read_text()))
    options = {"workers": given.workers, "storage": given.storage, "scheduler": given.scheduler}
    run(spec, given.folder, callbacks=Callbacks(watch=note_processes), **options)


if __name__ == "__main__":
    main()

"""A real Dask scheduler with worker processes."""

import logging
import os
import signal
import sys
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.article.conftest import tiny_images
from tests.support.servers import DaskCluster, free_port, started
from tests.support.study.processes import wait_until
from tests.support.study.small import LONGER, run, spec_of, trials_of, undisturbed
from tests.support.tuning.plans import store_plans
from tuner.article.experiments import EXPERIMENTS
from tuner.article.reproduce import reproduce
from tuner.article.training import Progress, open_runs
from tuner.data import load
from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.execution.base import Callbacks
from tuner.execution.opening import open_executor
from tuner.records import TuneProgress
from tuner.study.coordinator import StudyProgress
from tuner.study.optuna_storage import default_url
from tuner.study.studies import stored_study
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import MODEL, SETTINGS, tune
from tuner.tuning.request import TuneRequest


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Dask logs what it tries; only errors are ours to look at."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


@pytest.mark.long
def test_the_trials_are_those_of_one_machine(tmp_path: Path, dask_cluster: DaskCluster) -> None:
    summary = run(spec_of(LONGER), tmp_path / "one", scheduler=dask_cluster.address)
    assert trials_of(summary) == undisturbed(LONGER)
    again = run(spec_of(name="two", seeds=2), tmp_path / "two", scheduler=dask_cluster.address)
    assert trials_of(again) == undisturbed(name="two", seeds=2)


def test_a_worker_killed_meanwhile_changes_nothing(
    tmp_path: Path, dask_cluster: DaskCluster
) -> None:
    def watch(progress: StudyProgress) -> None:
        if progress.doing.startswith("training") and len(progress.trials) == 8:
            os.kill(dask_cluster.workers[0].pid, signal.SIGKILL)

    summary = run(
        spec_of(LONGER),
        tmp_path,
        scheduler=dask_cluster.address,
        callbacks=Callbacks(watch=watch),
    )
    assert dask_cluster.workers[0].wait(10) == -signal.SIGKILL
    assert trials_of(summary) == undisturbed(LONGER)


@pytest.mark.long
def test_the_workers_that_hold_the_data_may_die(tmp_path: Path, dask_cluster: DaskCluster) -> None:
    killed: list[int] = []

    def watch(progress: StudyProgress) -> None:
        if progress.doing.startswith("training") and len(progress.trials) == 8 and not killed:
            killed.extend(holders_of_data(dask_cluster.address)[:2])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    summary = run(
        spec_of(LONGER),
        tmp_path,
        scheduler=dask_cluster.address,
        callbacks=Callbacks(watch=watch),
    )
    assert killed
    assert trials_of(summary) == undisturbed(LONGER)


@pytest.mark.long
def test_a_tuning_on_a_cluster_gives_the_model_of_one_machine(
    tmp_path: Path, dask_cluster: DaskCluster
) -> None:
    data, request = load("digits"), TuneRequest(budget=1, source="digits")

    def kill(now: TuneProgress) -> None:
        if now.step == "study" and not now.total:
            os.kill(dask_cluster.workers[1].pid, signal.SIGKILL)

    models = []
    for name, scheduler in (("here", None), ("there", dask_cluster.address)):
        store_plans(tmp_path / name, data, request)
        callbacks = Callbacks(watch=kill) if scheduler else Callbacks()
        with closing(open_executor(trainer_of(data), scheduler=scheduler)) as executor:
            folder = tmp_path / name
            assert tune(data, request, folder, executor=executor, callbacks=callbacks)
        models.append([(tmp_path / name / file).read_bytes() for file in (MODEL, SETTINGS)])
    assert dask_cluster.workers[1].wait(10) == -signal.SIGKILL
    assert models[0] == models[1]


@pytest.mark.long
def test_experiments_on_a_cluster_find_what_one_machine_finds(
    tmp_path: Path, dask_cluster: DaskCluster
) -> None:
    data, findings = tiny_images(), []
    experiments = [e for e in EXPERIMENTS if e.name in {"l2-small", "threshold"}]
    assert len(experiments) == 2

    def kill(now: Progress) -> None:
        if now.done > now.total / 2:
            dask_cluster.workers[2].kill()

    for name, scheduler in (("here", None), ("there", dask_cluster.address)):
        with (
            closing(open_executor(trainer_of(data), scheduler=scheduler)) as executor,
            open_runs(tmp_path / name, data.summary) as store,
        ):
            watch = kill if scheduler else lambda _: None
            done = reproduce(experiments, data, store, workers=executor, watch=watch)
        findings.append([(e.findings, e.panels) for e in done.experiments])
    assert dask_cluster.workers[2].wait(10) == -signal.SIGKILL
    assert findings[0] == findings[1]


def holders_of_data(address: str) -> list[int]:
    distributed: Any = import_module("distributed")
    with distributed.Client(address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        held = client.who_has()
    return [pids[worker] for key, workers in held.items() if "loads" in key for worker in workers]


@pytest.mark.long
def test_a_cluster_lost_meanwhile_is_one_line_and_nothing_is_lost(
    tmp_path: Path, dask_cluster: DaskCluster
) -> None:
    def watch(progress: StudyProgress) -> None:
        if progress.doing.startswith("training") and len(progress.trials) == 8:
            os.kill(dask_cluster.scheduler.pid, signal.SIGKILL)

    with pytest.raises(TunerError) as error:
        run(
            spec_of(LONGER),
            tmp_path,
            scheduler=dask_cluster.address,
            callbacks=Callbacks(watch=watch),
        )
    assert str(error.value) == (
        f"--scheduler {dask_cluster.address}: the cluster was lost: finished work is stored:"
        " start it again, or leave the option out, and run the command again to go on."
    )
    assert len(stored_study(default_url(tmp_path), "longer").trials) == 8
    assert trials_of(run(spec_of(LONGER), tmp_path)) == undisturbed(LONGER)


def test_no_scheduler_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask: needs the extra `dask`")
    monkeypatch.setattr("tuner.execution.dask.PATIENCE", 0.5)
    for address in (f"tcp://127.0.0.1:{free_port()}", "127.0.0.1", ""):
        with pytest.raises(InputError) as error:
            run(spec_of(), tmp_path, scheduler=address)
        assert str(error.value) == (
            f"--scheduler {address}: no Dask scheduler answers there: start one with"
            " `dask scheduler`, or leave the option out."
        )


def test_a_scheduler_without_workers_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask: needs the extra `dask`")
    port = free_port()
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--no-dashboard", "--no-show"]
    address = f"tcp://127.0.0.1:{port}"

    def refused() -> bool:
        with pytest.raises(InputError) as error:
            run(spec_of(), tmp_path, scheduler=address)
        return str(error.value) == (
            f"--scheduler {address}: has no worker: start one with"
            f" `dask worker {address} --nthreads 1`."
        )

    with started(command, tmp_path / "scheduler.log"):
        wait_until(refused, seconds=60)


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError) as error:
        run(spec_of(), tmp_path, scheduler="tcp://127.0.0.1:8786")
    assert str(error.value) == (
        "--scheduler needs Dask: pip install 'eta-tuner[dask]', or leave the option out."
    )

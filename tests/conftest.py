"""What holds for all tests: floating-point errors, processes left behind and skips in CI fail."""

import multiprocessing
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.drawing import blank_figures
from tests.support.report.visits import CHROMIUM, FLAGS, Visit, Visitor

REQUIRE_ALL = bool(os.environ.get("TUNER_TEST_REQUIRE_ALL"))

LONG = bool(os.environ.get("TUNER_TEST_LONG"))

hypothesis.settings.register_profile("tuner", deadline=None)  # timings are never asserted
hypothesis.settings.load_profile("tuner")

pytest.register_assert_rewrite("tests.support.trainers.contract")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave the long tests to those who ask for them."""
    if item.get_closest_marker("exhaustive") and not LONG:
        pytest.skip("thousands of cases: make test-all")
    if item.get_closest_marker("long") and not LONG:
        pytest.skip("a long test: make test-all")


@pytest.fixture(autouse=True)
def raise_floating_point_errors() -> Iterator[None]:
    """Code that overflows or underflows on purpose must say so with an errstate of its own."""
    with np.errstate(all="raise"):
        yield


@pytest.fixture(autouse=True)
def leave_no_process() -> Iterator[None]:
    """A test ends the processes that it starts; those of wider fixtures are there before it."""
    before = set(multiprocessing.active_children())
    yield
    left = set(multiprocessing.active_children()) - before
    for process in left:
        process.kill()
    assert not left


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the running Chromium of this process, which can hold only one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Open pages; each context is closed after the test."""
    opened: list[Visit] = []

    def open_page(page: Path | str, **context: Any) -> Visit:
        address = page.as_uri() if isinstance(page, Path) else page
        opened.append(Visit(browser, address, **context))
        return opened[-1]

    yield open_page
    for each in opened:
        each.context.close()


@pytest.fixture(name="blank_figures")
def blank_figures_of_a_test() -> Iterator[None]:
    """Leave the figures of pages blank, for tests that only read the text."""
    with blank_figures():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where every optional part must be there, a test skipped for want of one has failed."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report

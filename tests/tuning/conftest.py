from collections.abc import Iterator

import pytest

from tests.support.drawing import blank_figures


@pytest.fixture(scope="module", autouse=True)
def cheap_reports() -> Iterator[None]:
    with blank_figures():
        yield

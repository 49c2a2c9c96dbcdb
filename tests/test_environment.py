import json
import platform
import re

from tuner.environment import blas_libraries, environment, usable_cores
from tuner.records import Environment, from_json, to_json


def test_it_names_versions_and_blas() -> None:
    found = environment()
    assert found.python == platform.python_version()
    assert re.fullmatch(r"\d+\.\d+.*", found.packages["numpy"])
    assert found.blas_threads == 1
    assert from_json(Environment, json.dumps(to_json(found))) == found


def test_it_does_not_name_the_machine() -> None:
    assert platform.node() not in str(environment())


def test_each_blas_has_threads_and_a_name() -> None:
    for library in blas_libraries():
        assert library.threads >= 1
        assert library.name
        assert library.name in environment().blas


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1

"""The Python of README and docs runs as it stands there, their links resolve, their files exist."""

import re
import runpy
from dataclasses import fields
from pathlib import Path

import pytest

from tuner.report.checks.base import table_of_codes
from tuner.report.checks.every import EVERY_KIND
from tuner.study.spec import StudySpec

pytestmark = pytest.mark.usefixtures("blank_figures")

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

SMALLER = {'budget="60s"': 'budget="2s"', "trials=20": "trials=3"}
"""What the examples spend, and what the tests allow them."""

MOST_WORDS = 1_200


def texts(pattern: str) -> list[tuple[str, str]]:
    """Return each match of a pattern in the pages, with the page it stands in."""
    found = (
        (page, re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL)) for page in PAGES
    )
    return [(page.relative_to(ROOT).as_posix(), text) for page, every in found for text in every]


def smaller(source: str) -> str:
    for full, less in SMALLER.items():
        source = source.replace(full, less)
    return source


def needs_torch(source: str) -> None:
    if "torch" in source:
        pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")


@pytest.mark.parametrize(
    ("page", "source"),
    [
        pytest.param(page, source, marks=[] if page == "README.md" else pytest.mark.long)
        for page, source in texts(r"```python\n(.*?)```")
    ],
)
def test_the_python_runs(
    page: str, source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    needs_torch(source)
    exec(compile(smaller(source), page, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own


@pytest.mark.long
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_run(
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    source = path.read_text(encoding="utf-8")
    needs_torch(source)
    copy = tmp_path / path.name
    copy.write_text(smaller(source), encoding="utf-8")
    runpy.run_path(str(copy), run_name="__main__")
    assert capsys.readouterr().out


def test_there_is_python_to_run() -> None:
    assert EXAMPLES
    assert "README.md" in dict(texts(r"```python\n(.*?)```"))


@pytest.mark.parametrize(("page", "target"), texts(r"(?:\]\(|src=\")(?!https?://)([^)#\"]+)"))
def test_links_resolve(page: str, target: str) -> None:
    assert (ROOT / page).parent.joinpath(target).exists()


@pytest.mark.parametrize(("page", "path"), texts(r"`((?:tuner|tests|studies)/[\w./]+)`"))
def test_files_that_are_named_exist(page: str, path: str) -> None:
    assert (ROOT / path).exists()


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= MOST_WORDS


def test_every_page_of_the_docs_is_linked_from_the_readme() -> None:
    linked = {target for page, target in texts(r"\]\(([^)#]+)[^)]*\)") if page == "README.md"}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_no_message_names_the_distribution_of_somebody_else() -> None:
    """`tuner` on the package index is another project; this one is `eta-tuner`."""
    wrong = re.compile(r"pip install\b[^\n`]*?[' \"]tuner\b")
    sources = (*PAGES, *(ROOT / "tuner").rglob("*.py"))
    assert [path.name for path in sources if wrong.search(path.read_text(encoding="utf-8"))] == []


def test_the_table_of_warnings_is_the_generated_one() -> None:
    text = (ROOT / "docs" / "warnings.md").read_text(encoding="utf-8")
    assert table_of_codes(EVERY_KIND).strip() in text, "python -m tuner.report.checks"


def test_every_key_of_a_study_file_is_explained() -> None:
    text = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    keys = [field.name for field in fields(StudySpec)]
    assert [key for key in keys if f"`{key}`" not in text and f"[{key}" not in text] == []

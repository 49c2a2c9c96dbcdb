import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from tests.data.test_idx import idx
from tuner.data import Dataset, load
from tuner.data.loading import assemble
from tuner.data.published import FILES, Published, cache_folder, obtain, read_published
from tuner.errors import DataError, DownloadError

PLAIN = {
    FILES[0]: idx(np.random.default_rng(0).integers(0, 256, (40, 3, 3))),
    FILES[1]: idx(np.arange(40) % 2),
    FILES[2]: idx(np.random.default_rng(1).integers(0, 256, (12, 3, 3))),
    FILES[3]: idx(np.arange(12) % 2),
}
ZIPPED = {f"{file}.gz": gzip.compress(content, mtime=0) for file, content in PLAIN.items()}
HASHES = {name: sha256(content).hexdigest() for name, content in (PLAIN | ZIPPED).items()}


@dataclass
class Mirror:
    """An HTTP server on loopback that delivers `files`, or what `spoil` makes of them."""

    files: dict[str, bytes]
    spoil: Callable[[bytes], bytes] = bytes
    requests: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def serve() -> Iterator[Callable[..., Mirror]]:
    servers = []

    def start(spoil: Callable[[bytes], bytes] = bytes) -> Mirror:
        mirror = Mirror(ZIPPED, spoil)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mirror))
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        mirror.url = f"http://127.0.0.1:{server.server_port}/set/"
        return mirror

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            mirror.requests.append(name)
            if name not in mirror.files:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(mirror.files[name])))
            self.end_headers()
            self.wfile.write(mirror.spoil(mirror.files[name]))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


def published(*mirrors: str) -> Published:
    return Published("toy", "toy", mirrors, HASHES, validation=10)


DOWN = "http://127.0.0.1:9/set/"


def wrong(content: bytes) -> bytes:
    return bytes(len(content))


def cut_off(content: bytes) -> bytes:
    return content[: len(content) // 2]


def test_four_files_are_downloaded_once(no_data: Path, serve: Callable[..., Mirror]) -> None:
    mirror = serve()
    for _ in range(2):
        examples = read_published(published(mirror.url))
        assert examples.published == (30, 10, 12)
    assert sorted(mirror.requests) == sorted(ZIPPED)
    data = assemble(examples)
    assert (data.train.n, data.validation.n, data.open_test().n) == (30, 10, 12)
    pixels = np.frombuffer(PLAIN[FILES[0]], np.uint8, offset=16).reshape(40, 9)
    np.testing.assert_array_equal(data.train.x, (pixels[:30] / 255).astype(np.float32))


@pytest.mark.parametrize("spoil", [wrong, cut_off])
def test_a_bad_mirror_gives_way_to_the_next(
    no_data: Path, serve: Callable[..., Mirror], spoil: Callable[[bytes], bytes]
) -> None:
    bad, good = serve(spoil), serve()
    labels = obtain(published(DOWN, bad.url, good.url), FILES[1])
    assert np.array_equal(labels, np.arange(40) % 2)
    assert bad.requests == good.requests == [f"{FILES[1]}.gz"]


@pytest.mark.parametrize(
    ("spoil", "reason"), [(wrong, "wrong SHA-256"), (cut_off, r"ChunkedEncodingError|Protocol")]
)
def test_when_no_mirror_delivers_they_are_named_and_nothing_is_left(
    no_data: Path,
    serve: Callable[..., Mirror],
    spoil: Callable[[bytes], bytes],
    reason: str,
) -> None:
    bad = serve(spoil)
    with pytest.raises(DownloadError, match=reason) as caught:
        obtain(published(DOWN, bad.url), FILES[0])
    message = str(caught.value)
    assert DOWN in message
    assert bad.url in message
    assert "Set TUNER_DATA_DIR" in message
    assert "\n" not in message
    assert list(cache_folder(published()).iterdir()) == []


def test_a_missing_page_is_a_download_error(no_data: Path, serve: Callable[..., Mirror]) -> None:
    mirror = serve()
    mirror.files = {}
    with pytest.raises(DownloadError, match="HTTPError"):
        obtain(published(mirror.url), FILES[0])


def test_a_damaged_file_in_the_cache_is_downloaded_anew(
    no_data: Path, serve: Callable[..., Mirror]
) -> None:
    mirror = serve()
    here = cache_folder(published())
    here.mkdir(parents=True)
    (here / f"{FILES[1]}.gz").write_bytes(b"half a fi")
    assert len(obtain(published(mirror.url), FILES[1])) == 40
    assert (here / f"{FILES[1]}.gz").read_bytes() == ZIPPED[f"{FILES[1]}.gz"]


def test_a_cache_that_cannot_be_written_is_named(no_data: Path) -> None:
    (no_data / "cache").write_text("a file in the way")
    with pytest.raises(DataError, match="cannot be kept there"):
        obtain(published(DOWN), FILES[0])


@pytest.mark.parametrize("folder", ["toy", "."])
@pytest.mark.parametrize("form", ["published", "plain", "recompressed"])
def test_files_in_the_data_directory_are_used(
    no_data: Path, monkeypatch: pytest.MonkeyPatch, folder: str, form: str
) -> None:
    here = no_data / "data" / folder
    here.mkdir(parents=True)
    for file in FILES:
        content = {
            "published": ZIPPED[f"{file}.gz"],
            "plain": PLAIN[file],
            "recompressed": gzip.compress(PLAIN[file], compresslevel=1, mtime=5),
        }[form]
        (here / (file if form == "plain" else f"{file}.gz")).write_bytes(content)
    monkeypatch.setenv("TUNER_DATA_DIR", str(no_data / "data"))
    examples = read_published(published(DOWN))
    assert examples.published == (30, 10, 12)
    assert examples.sha256 == published().identity


@pytest.mark.parametrize("content", [b"something else", b"\x1f\x8b", ZIPPED[f"{FILES[3]}.gz"]])
def test_another_file_in_the_data_directory_is_refused(
    no_data: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (no_data / f"{FILES[1]}.gz").write_bytes(content)
    monkeypatch.setenv("TUNER_DATA_DIR", str(no_data))
    with pytest.raises(DataError, match="is not the published file of toy"):
        obtain(published(DOWN), FILES[1])


def test_a_data_directory_that_is_none_is_named(
    no_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNER_DATA_DIR", str(no_data / "nowhere"))
    with pytest.raises(DataError, match=r"TUNER_DATA_DIR: .*nowhere is not a directory"):
        load("mnist")


@pytest.mark.mnist
def test_real_mnist_is_split_as_published(real_mnist: Dataset) -> None:
    summary = real_mnist.summary
    assert (summary.n_train, summary.n_validation, summary.n_test) == (50_000, 10_000, 10_000)
    assert real_mnist.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert real_mnist.validation.y[:5].tolist() == [3, 8, 6, 9, 6]
    assert real_mnist.open_test().y[:5].tolist() == [7, 2, 1, 0, 4]
    assert real_mnist.image_shape == (28, 28)
    assert 0.130 < real_mnist.train.x.mean() < 0.131


def test_other_files_do_not_pass_for_fashion_mnist(
    no_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in ZIPPED.items():
        (no_data / name).write_bytes(content)
    monkeypatch.setenv("TUNER_DATA_DIR", str(no_data))
    with pytest.raises(DataError, match="is not the published file of fashion-mnist"):
        load("fashion-mnist")

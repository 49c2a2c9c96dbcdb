"""`dashboard`: Optuna's dashboard on a study, for this machine only."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from socketserver import ThreadingMixIn
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer

from tuner.cli.interrupts import if_interrupted
from tuner.cli.options import AnswerOptions, Opt, grouped
from tuner.cli.output import json_text
from tuner.cli.study_stored import Place, PlaceOptions, find, places, stored
from tuner.errors import InputError, MissingExtraError
from tuner.records import require
from tuner.settings import INTEGER

HOST, PORTS = "127.0.0.1", 2**16

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Where it answers."""

    port: Annotated[int, Opt("The port; 0 for any that is free.", INTEGER, "8080")]

    def __post_init__(self) -> None:
        require(0 <= self.port < PORTS, "port", self.port, f"from 0 to {PORTS - 1}")


@grouped
def dashboard(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Of a study, as `study list` calls it.")
    ] = None,
    server: ServerOptions,
    options: PlaceOptions,
    answer: AnswerOptions,
) -> None:
    """Open Optuna's dashboard on a study, until Ctrl-C.

    It answers on 127.0.0.1 only: nothing else than this machine can see it.
    """
    from tuner.study.optuna_storage import connected

    make_app = _dashboard_app()
    place = _place(name, options)
    with connected(place.url) as storage:
        app = _for_this_machine(make_app(storage))
        with _server(app, server.port) as serving:
            url = f"http://{HOST}:{serving.server_port}/dashboard/"
            text = json_text({"command": "dashboard", "url": url, "storage": place.shown})
            words = f"{place.shown} at {url} (Ctrl-C ends it)"
            print(text if answer.json else words, flush=True)
            with if_interrupted("the dashboard is closed."):
                serving.serve_forever()


def _dashboard_app() -> Callable[[Any], App]:
    try:
        wsgi: Callable[[Any], App] = import_module("optuna_dashboard").wsgi
    except ImportError:
        raise MissingExtraError(
            "the dashboard is not installed: pip install 'eta-tuner[dashboard]'."
        ) from None
    return wsgi


def _place(name: str | None, options: PlaceOptions) -> Place:
    if name is not None:
        return find(name, options)[0]
    there = places(options)
    if len(there) != 1:
        names = ", ".join(study.study for _, study in stored(options)) or "none is stored"
        raise InputError(f"NAME is missing: give that of a study: {names}.")
    return there[0]


def _for_this_machine(app: App) -> App:
    """Answer nobody who came by another name than this machine's own, or from another's page."""

    def guarded(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        host = str(environ.get("HTTP_HOST"))
        ours = re.fullmatch(r"(127\.0\.0\.1|localhost)(:\d+)?", host)
        if ours and environ.get("HTTP_ORIGIN") in (None, f"http://{host}"):
            return app(environ, start)
        start("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"open it as 127.0.0.1"]

    return guarded


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """State nothing of requests."""


def _server(app: App, port: int) -> WSGIServer:
    try:
        return make_server(HOST, port, app, server_class=_Server, handler_class=_Quiet)
    except OSError as error:
        raise InputError(
            f"--port {port} cannot be used ({error.strerror}): choose another, or 0."
        ) from None

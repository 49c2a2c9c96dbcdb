"""Figures as bytes: the same figure gives the same bytes, and nothing of them tells the time."""

import re
from base64 import b64encode
from io import BytesIO

from matplotlib.figure import Figure

from tuner.report.style import LIGHT_TO_DARK, PAPER, styled

DPI = 200

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_PATH, _FINE = re.compile(r" d=\"[^\"]*\""), re.compile(r"(\.\d\d)\d+")
_LIGHT = re.compile("|".join(LIGHT_TO_DARK))


def png(figure: Figure) -> bytes:
    """Give a figure on light paper as PNG, `DPI` dots to the inch."""
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure) -> str:
    """Give a figure as SVG with a transparent ground; letters are drawn as outlines.

    Coordinates are cut to a hundredth of a point, which halves the file.
    """
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    return _PATH.sub(_shortened, buffer.getvalue().decode())


def _shortened(path: re.Match[str]) -> str:
    return _FINE.sub(r"\1", path[0])


def darkened(drawing: str) -> str:
    """Exchange the colours of an SVG for those that show on dark paper.

    Examples
    --------
    >>> darkened("stroke: #0072b2; fill: none")
    'stroke: #5bb8ee; fill: none'
    """
    return _LIGHT.sub(lambda color: LIGHT_TO_DARK[color[0]], drawing)


def data_uri(content: bytes | str, media_type: str) -> str:
    """Put content into an address of its own, so that a page needs no second file.

    Examples
    --------
    >>> data_uri("a,b", "text/csv")
    'data:text/csv;base64,YSxi'
    """
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    return f"data:{media_type};base64,{b64encode(raw).decode('ascii')}"

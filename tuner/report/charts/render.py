"""Figures as bytes: the same figure gives the same bytes, and nothing of them tells the time."""

import re
from io import BytesIO

from matplotlib.figure import Figure

from tuner.report.charts.theme import LIGHT_TO_DARK, PAPER, styled

DPI = 150

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_COLOR = re.compile("|".join(LIGHT_TO_DARK))
_TAG = re.compile(r"<[^>]*>")
_IDLE = re.compile(
    r"(\.\d\d)\d+| id=\"(?:axes|figure|line2d|matplotlib\.axis|patch|text|tick)[^\"]*\""
)
"""Digits beyond a hundredth of a point, and names of groups: half of what matplotlib writes."""


def png(figure: Figure) -> bytes:
    """Return a figure on light paper as PNG, `DPI` dots to the inch."""
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure, *, dark: bool = True) -> str:
    """Return a figure as SVG with a transparent ground, its text as text.

    Each color is a CSS variable with a value for light and one for dark screens, so that the
    picture turns dark with the page (`dark`); prints stay light.
    """
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    drawing = _TAG.sub(_lightened, buffer.getvalue().decode())
    if not dark:
        return drawing
    head = drawing.index(">", drawing.index("<svg")) + 1
    return f"{drawing[:head]}{_STYLE}{_COLOR.sub(_variable, drawing[head:])}"


def _lightened(tag: re.Match[str]) -> str:
    """Leave out of a tag what nobody sees; numbers in the text between tags stay as they are."""
    return _IDLE.sub(lambda found: found[1] or "", tag[0])


def _variable(color: re.Match[str]) -> str:
    return f"var(--{color[0][1:]})"


def _rules(colors: dict[str, str]) -> str:
    return f":root{{{''.join(f'--{name[1:]}:{color};' for name, color in colors.items())}}}"


_STYLE = (
    f"<style>{_rules({color: color for color in LIGHT_TO_DARK})}"
    f"@media screen and (prefers-color-scheme:dark){{{_rules(dict(LIGHT_TO_DARK))}}}</style>"
)

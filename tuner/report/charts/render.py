"""Figures as bytes: the same figure gives the same bytes, and nothing of them tells the time."""

import re
from base64 import b64encode
from io import BytesIO

from matplotlib import rc_context
from matplotlib.figure import Figure

from tuner.report.charts.theme import LIGHT_TO_DARK, PAPER, styled

DPI = 150

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_PATH, _FINE = re.compile(r" d=\"([^\"]*)\""), re.compile(r"(\.\d\d)\d+")
_TAG = re.compile(r"<[^>]*>")
_UNTURNED = re.compile(r" transform=\"rotate\(-0 [^\"]*\)\"")
_GAPS = re.compile(r"\s*([A-Za-z])\s*")
_IDLE = re.compile(
    r"<!--.*?-->|(?<=<g) id=\"[^\"]*\"|(?<=>)\s+(?=<)|(?<=[;:])\s+|xlink:(?=href)", re.S
)
_OUTLINE = re.compile(
    r"<path id=\"DejaVuSans-([\w-]+)\" d=\"([^\"]*)\" transform=\"scale\(0\.015625\)\"/>"
)
_GLYPH = re.compile(r"href=\"#DejaVuSans-([\w-]+)\"(?: transform=\"translate\(([\d.]+) 0\)\")?")
_USE = r"<use href=\"#(\w+)\" x=\"[\d.]+\" y=\"[\d.]+\" style=\"([^\"]*)\"/>"
_USES = re.compile(rf"{_USE}(?:<use href=\"#\1\" [^>]* style=\"\2\"/>){{3,}}")
_PLACE = re.compile(r" x=\"([\d.]+)\" y=\"([\d.]+)\"")
_LIGHT = re.compile("|".join(LIGHT_TO_DARK))


def png(figure: Figure) -> bytes:
    """Return a figure on light paper as PNG, `DPI` dots to the inch."""
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure, *, outlines: bool = True) -> str:
    """Return a figure as SVG with a transparent ground.

    Letters are drawn as outlines, the same everywhere; or (`outlines` false) as text in a font of
    the reader's, which makes the file much smaller.

    Coordinates are cut to a hundredth of a point, many markers of one kind become one path, and
    what only a reader of the source would miss is left out: a third of the file remains.
    """
    buffer = BytesIO()
    with styled(), rc_context({} if outlines else {"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    drawing = _PATH.sub(_shortened, _IDLE.sub("", buffer.getvalue().decode()))
    if not outlines:
        drawing = _TAG.sub(_cut, _UNTURNED.sub("", drawing))
    drawing = _GLYPH.sub(_lettered, _OUTLINE.sub(_outlined, drawing))
    return _USES.sub(_grouped, drawing)


def _cut(tag: re.Match[str]) -> str:
    """Cut the numbers of a tag; those in the text between tags are what the figure says."""
    return _FINE.sub(_SAME, tag[0])


def _shortened(path: re.Match[str]) -> str:
    return f' d="{_GAPS.sub(_SAME, _FINE.sub(_SAME, path[1])).strip()}"'


_SAME = r"\1"


def _outlined(glyph: re.Match[str]) -> str:
    """Return a letter on a grid of 128 units, finer than any screen shows."""
    outline = re.sub(r"\d+", lambda place: str(round(int(place[0]) / 16)), glyph[2])
    return f'<path id="g{glyph[1]}" d="{outline}" transform="scale(.25)"/>'


def _lettered(glyph: re.Match[str]) -> str:
    place = "" if glyph[2] is None else f' x="{float(glyph[2]):.1f}"'
    return f'href="#g{glyph[1]}"{place}'


def _grouped(uses: re.Match[str]) -> str:
    """Turn markers that look the same into the corners of one path that has no line."""
    name = f"k{uses.start()}"
    corners = "L".join(f"{float(x):.1f} {float(y):.1f}" for x, y in _PLACE.findall(uses[0]))
    ends = "".join(f' marker-{place}="url(#{name})"' for place in ("start", "mid", "end"))
    return (
        f'<marker id="{name}" markerUnits="userSpaceOnUse" overflow="visible" style="{uses[2]}">'
        f'<use href="#{uses[1]}"/></marker>'
        f'<path d="M{corners}" style="fill:none;stroke:none"{ends}/>'
    )


def darkened(drawing: str) -> str:
    """Exchange the colours of an SVG for those that show on dark paper.

    Examples
    --------
    >>> darkened("stroke: #0072b2; fill: none")
    'stroke: #5bb8ee; fill: none'
    """
    return _LIGHT.sub(lambda color: LIGHT_TO_DARK[color[0]], drawing)


def adaptive(drawing: str) -> str:
    """Let an SVG choose between the colours for light and for dark paper by itself.

    Examples
    --------
    >>> adaptive('<svg><path style="stroke:#0072b2"/></svg>')[:78]
    '<svg><style>@media screen and (prefers-color-scheme:dark){[style*="stroke:#007'
    """
    head = drawing.index(">", drawing.index("<svg")) + 1
    rules = "".join(
        f'[style*="{kind}:{light}"]{{{kind}:{dark}!important}}'
        for light, dark in LIGHT_TO_DARK.items()
        for kind in ("stroke", "fill")
        if f"{kind}:{light}" in drawing
    )
    query = f"@media screen and (prefers-color-scheme:dark){{{rules}}}"
    return f"{drawing[:head]}<style>{query}</style>{drawing[head:]}"


def data_uri(content: bytes | str, media_type: str) -> str:
    """Put content into an address of its own, so that a page needs no second file.

    Examples
    --------
    >>> data_uri("a,b", "text/csv")
    'data:text/csv;base64,YSxi'
    """
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    return f"data:{media_type};base64,{b64encode(raw).decode('ascii')}"

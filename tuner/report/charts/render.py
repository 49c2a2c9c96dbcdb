"""Figures as bytes: the same figure gives the same bytes, and nothing of them tells the time."""

import re
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends import backend_agg, backend_svg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform, TransformedBbox, TransformedPath
from PIL import Image

from tuner.report.charts.theme import LIGHT_TO_DARK, PAPER, styled

DPI = 150
"""Dots to the inch of a PNG."""

_COMPRESSION = 3
"""Of zlib: level 6 takes 1.4 times as long for files an eighth smaller."""

POINTS = 72
"""Dots to the inch of an SVG, in which a figure is laid out."""

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_COLOR = re.compile("|".join(LIGHT_TO_DARK))
_TAG = re.compile(r"<[^>]*>")
_IDLE = re.compile(
    r"(\.\d\d)\d+| id=\"(?:axes|figure|line2d|matplotlib\.axis|patch|text|tick)[^\"]*\""
)
"""Digits beyond a hundredth of a point, and names of groups: half of what matplotlib writes."""


@dataclass(frozen=True)
class Rendered:
    """A figure in both its formats.

    Attributes
    ----------
    svg
        On a transparent ground, its text as text.
    png
        On light paper, `DPI` dots to the inch.
    """

    svg: str
    png: bytes


def render(figure: Figure, *, dark: bool = True) -> Rendered:
    """Lay a figure out once and return it as SVG and as PNG.

    Each color of the SVG is a CSS variable with a value for light and one for dark screens, so that
    the picture turns dark with the page (`dark`); prints stay light.
    """
    text, dpi = StringIO(), figure.dpi
    with styled():
        figure.set_dpi(POINTS)
        both = _Both(text, *figure.bbox.size)
        figure.draw(both)
        figure.set_dpi(dpi)
        both.svg.finalize()
        drawing = _TAG.sub(_lightened, text.getvalue())
        return Rendered(_with_dark(drawing) if dark else drawing, both.png())


class _Both(RendererBase):
    """Draws everything as SVG and as an image of `DPI` dots to the inch.

    Walking through a figure and laying out its text take longer than either drawing. The walk is
    in points; the image is drawn with all places scaled, line widths and fonts scale by themselves.
    """

    def __init__(self, text: StringIO, width: float, height: float) -> None:
        super().__init__()
        self.scale = DPI / POINTS
        self.scaled = Affine2D().scale(self.scale)
        svg: Any = backend_svg.RendererSVG
        image: Any = backend_agg.RendererAgg
        self.svg = svg(width, height, text, image_dpi=DPI, metadata=_NO_METADATA)
        self.image = image(self.scale * width, self.scale * height, DPI)
        paper = Affine2D().scale(self.image.width, self.image.height)
        self.image.draw_path(self._no_edge(), Path.unit_rectangle(), paper, to_rgba(PAPER))

    def _no_edge(self) -> GraphicsContextBase:
        context = self.new_gc()
        context.set_linewidth(0)
        return context

    def png(self) -> bytes:
        """Return the image as a PNG file."""
        buffer = BytesIO()
        pixels = Image.fromarray(np.asarray(self.image.buffer_rgba())).convert("RGB")
        pixels.save(buffer, "png", compress_level=_COMPRESSION, dpi=(DPI, DPI))
        return buffer.getvalue()

    def _context(self, context: Any) -> Any:
        """Return a copy whose clip is scaled."""
        scaled = self.image.new_gc()
        scaled.copy_properties(context)
        box, (path, place) = context.get_clip_rectangle(), context.get_clip_path()
        if box is not None:
            scaled.set_clip_rectangle(TransformedBbox(box, self.scaled))
        if path is not None:
            scaled.set_clip_path(TransformedPath(path, place + self.scaled))
        return scaled

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        self.svg.draw_path(gc, path, transform, rgbFace)
        self.image.draw_path(self._context(gc), path, transform + self.scaled, rgbFace)

    def draw_markers(  # noqa: PLR0917
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        self.svg.draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        large, far = marker_trans + self.scaled, trans + self.scaled
        self.image.draw_markers(self._context(gc), marker_path, large, path, far, rgbFace)

    def draw_image(
        self, gc: GraphicsContextBase, x: float, y: float, im: Any, transform: Any = None
    ) -> None:
        self.svg.draw_image(gc, x, y, im, transform)
        self.image.draw_image(self._context(gc), self.scale * x, self.scale * y, im)

    def get_image_magnification(self) -> float:
        return self.scale

    def option_image_nocomposite(self) -> bool:
        return True

    def draw_text(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, *style: Any, **more: Any
    ) -> None:
        self.svg.draw_text(gc, x, y, s, *style, **more)
        far = self.scale * x, self.scale * y
        self.image.draw_text(self._context(gc), *far, s, *style, **more)

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        size: tuple[float, float, float] = self.svg.get_text_width_height_descent(s, prop, ismath)
        return size

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.svg.width, self.svg.height

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.svg.open_group(s, gid)

    def close_group(self, s: str) -> None:
        self.svg.close_group(s)


def _lightened(tag: re.Match[str]) -> str:
    """Leave out of a tag what nobody sees; numbers in the text between tags stay as they are."""
    return _IDLE.sub(lambda found: found[1] or "", tag[0])


def _with_dark(drawing: str) -> str:
    """Exchange each color for a variable that has a value for dark screens too."""
    head = drawing.index(">", drawing.index("<svg")) + 1
    colored = _COLOR.sub(lambda color: f"var(--{color[0][1:]})", drawing[head:])
    return f"{drawing[:head]}{_STYLE}{colored}"


def _rules(colors: dict[str, str]) -> str:
    return f":root{{{''.join(f'--{name[1:]}:{color};' for name, color in colors.items())}}}"


_STYLE = (
    f"<style>{_rules({color: color for color in LIGHT_TO_DARK})}"
    f"@media screen and (prefers-color-scheme:dark){{{_rules(dict(LIGHT_TO_DARK))}}}</style>"
)

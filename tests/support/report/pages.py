"""A page as its parts, for tests to look at."""

import base64
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects the tags, headings and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def downloads(self) -> dict[str, bytes]:
        """Name and content of the files that the page carries."""
        links = [link for link in self.all("a") if "download" in link]
        return {
            str(link["download"]): base64.b64decode(str(link["href"]).split(",")[1])
            for link in links
        }

"""Names that users chose, as letters that a figure can draw."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font


def drawable(text: str) -> bool:
    r"""Return whether the font of the figures has every letter of a text.

    Examples
    --------
    >>> [drawable(text) for text in ("λ = 0.3", "手写", "a\nb")]
    [True, False, False]
    """
    return text.isprintable() and {ord(letter) for letter in text} <= _letters()


@cache
def _letters() -> frozenset[int]:
    path = findfont(FontProperties(family=["DejaVu Sans"]))
    return frozenset(get_font(path).get_charmap())


def lettered(text: str, most: int, instead: str) -> str:
    r"""Return a text as a figure draws it: shortened to `most` letters, or another in its place.

    Examples
    --------
    >>> lettered("Ankle boot", 7, "9"), lettered("手写", 8, "class 3"), lettered("$5", 8, "")
    ('Ank…oot', 'class 3', '\\$5')
    """
    if not text or not drawable(text):
        return instead
    end = most // 2
    short = text if len(text) <= most else f"{text[: most - end - 1]}…{text[-end:]}"
    return short.replace("$", r"\$")


def class_letters(classes: Sequence[str], most: int = 10) -> tuple[str, ...]:
    """Return the name of each class as a figure draws it; its number where none else would do.

    Examples
    --------
    >>> class_letters(["cat", "a very long name 1", "a very long name 2"], 9)
    ('cat', 'a ve…me 1', 'a ve…me 2')
    >>> class_letters(["cat", "a very long name", "a very lonely name"], 9)
    ('cat', 'class 1', 'class 2')
    """
    numbers = [f"class {index}" for index in range(len(classes))]
    short = [lettered(*each) for each in zip(classes, [most] * len(classes), numbers, strict=True)]
    often = Counter(short)
    return tuple(
        name if often[name] == 1 else number for name, number in zip(short, numbers, strict=True)
    )

"""What every summary consists of; page, terminal and notebook show the same one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """The result of a record in words.

    Attributes
    ----------
    good
        Whether the question was answered.
    headline
        The result, without a full stop.
    sentence
        What it rests on, in one or more sentences.
    advice
        What to do next; may be empty.
    facts
        Name and value of the numbers behind it.
    """

    good: bool
    headline: str
    sentence: str
    advice: str
    facts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Headline and sentence as running text.

        Examples
        --------
        >>> Summary(good=True, headline="Use η = 1", sentence="It is so.", advice="", facts=()).text
        'Use η = 1. It is so.'
        """
        return f"{self.headline}. {self.sentence}".rstrip()

"""What a check can find wrong, and text of a bundle as a terminal may show it."""


def shown(text):
    """The text with what would act on a terminal (escape sequences, turns of direction) as its escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


class Bad(Exception):
    """What is wrong with the bundle, in one line."""

    def __str__(self):
        return shown(super().__str__())


class Usage(Exception):
    """What is wrong with the question."""

    def __str__(self):
        return shown(super().__str__())

"""What a check can find wrong."""


class Bad(Exception):
    """What is wrong with the bundle, in one line."""


class Usage(Exception):
    """What is wrong with the question."""

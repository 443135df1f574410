"""The error of a circuit that the engine leaves to PennyLane."""


class UnsupportedError(Exception):
    """The engine does not support something in the QNode; the message names it."""

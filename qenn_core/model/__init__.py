"""The hybrid model of a spec.

``shape`` is light; ``network`` imports torch and PennyLane. So nothing is imported here: what wants the
one does not get the other.
"""

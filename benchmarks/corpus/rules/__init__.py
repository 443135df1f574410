"""The rules by which the samples are made, in a module for each kind of trouble.

A rule is a function that yields samples.
"""

"""The core of QENN Studio: everything that is not a page."""

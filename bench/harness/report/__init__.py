"""The report: one HTML file with everything in it."""

from harness.report.page import write

__all__ = ["write"]

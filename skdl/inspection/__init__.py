"""What a net learns, and what keeps it from learning."""

from skdl.inspection.diagnose import diagnose
from skdl.inspection.report import Finding, Report

__all__ = [
    "Finding",
    "Report",
    "diagnose",
]

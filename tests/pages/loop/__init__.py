"""A whole run as its worker would tell it: every event of docs/events.md, with small made-up numbers.

Pages and reports read events and artefacts alone, so this is all that they need to be tested, without training. One
file a stage; `text.py` says what a run on text tells otherwise.
"""

from . import text
from .attribution import attribute
from .bias import audit_bias
from .common import begin, end, estimate, stage
from .maps import project
from .probes import probe_bias
from .sheet import SHEET
from .studying import predictions, study
from .training import pretrain, reading

__all__ = [
    "SHEET",
    "attribute",
    "audit_bias",
    "begin",
    "end",
    "estimate",
    "predictions",
    "pretrain",
    "probe_bias",
    "project",
    "reading",
    "stage",
    "study",
    "text",
]

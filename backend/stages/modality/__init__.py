"""What the stages need of a modality, one folder each: `backend/stages/modality/NAME/` holds

    data.py      `Data(job)`, a DataModule (_base.py): examples, views, encoders, what is read of the raw data
    explain.py   `Explaining(job)` (_explaining.py): examples in their parts, controls, how scores are kept
    asking.py    `ASKING`, an Asking (_asking.py): examples of a question and their explanation
    leaving.py   `LEAVING`, a Leaving (_leaving.py), and reading.py: what a model needs to read new files elsewhere

A folder of WORKBENCH_PLUGINS can hold more. Nothing else of the stages knows which modality a run is of.
"""

from __future__ import annotations

from types import ModuleType

from ... import plugins
from ...engine.job import Job
from ._asking import Asking
from ._base import DataModule
from ._explaining import Explaining
from ._leaving import Leaving

__all__ = [
    "Asking",
    "DataModule",
    "Explaining",
    "Leaving",
    "asking",
    "data_class",
    "data_module",
    "explaining",
    "leaving",
]


def data_class(modality: str) -> type[DataModule]:
    """The DataModule of a modality, not yet of a job."""
    return _module(modality, "data").Data


def data_module(job: Job) -> DataModule:
    """The data of a job, as its modality reads it."""
    return data_class(job.dataset.kind)(job)


def explaining(job: Job) -> Explaining:
    """What explains the classifiers of a job."""
    return _module(job.dataset.kind, "explain").Explaining(job)


def asking(modality: str) -> Asking:
    """What questions need of a modality."""
    return _module(modality, "asking").ASKING


def leaving(modality: str) -> Leaving:
    """What a model needs of a modality where it leaves."""
    return _module(modality, "leaving").LEAVING


def _module(modality: str, name: str) -> ModuleType:
    return plugins.module("stages.modality", f"{modality}.{name}")

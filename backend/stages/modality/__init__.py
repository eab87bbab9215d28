"""What the stages need of a modality, one folder each: `backend/stages/modality/NAME/` holds

    data.py      `Data(job)`, a DataModule (_base.py): examples, views, encoders, what is read of the raw data
    explain.py   `prepare`, `explain` and `judge`, the steps of the stage `attribute`

A folder of WORKBENCH_PLUGINS can hold more. Nothing else of the stages knows which modality a run is of.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ... import plugins
from ...engine.job import Job
from ._base import DataModule

__all__ = ["DataModule", "data_class", "data_module", "explaining"]


def data_class(modality: str) -> type[DataModule]:
    """The DataModule of a modality, not yet of a job."""
    return _module(modality, "data").Data


def data_module(job: Job) -> DataModule:
    """The data of a job, as its modality reads it."""
    return data_class(job.dataset.kind)(job)


def explaining(modality: str) -> ModuleType:
    """The module that explains classifiers of a modality."""
    return _module(modality, "explain")


def _module(modality: str, name: str) -> ModuleType:
    return import_module(f"{plugins.package('stages.modality').__name__}.{modality}.{name}")

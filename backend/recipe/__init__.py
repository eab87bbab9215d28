"""A run's recipe: TOML in, every default written out, unknown keys refused.

    [data]         name = "ham"
    [pretext]      name = "simclr", temperature = 0.2      (a plug-in and its parameters)
    [encoder]      name = "convnet", width = 32
    [augment]      name = "xray"
    [tokenizer]    name = "wordpiece", vocabulary = 8000   (text only)
    [train]        epochs = 40, batch_size = 256, ...
    [collapse] [finetune] [decide] [projection] [attribution] [fairness]    each stage's settings

`resolve` fills in the defaults of the kind of data and of the plug-ins from the catalogue
(backend.registry.catalogue), so the server can check a recipe without importing torch.
"""

from ..modality import DEFAULTS
from .check import (
    LISTED,
    PLUGGED,
    checked_sections,
    fitting_encoders,
    is_readout,
    of_kind,
    over,
    resolve,
    takes_small,
)
from .files import read_toml
from .places import places
from .sections import (
    Attribution,
    Choice,
    Collapse,
    Data,
    Decide,
    Fairness,
    Finetune,
    Probes,
    Projection,
    Recipe,
    Section,
    Train,
)
from .stages import STAGES, known, needs_labels, rests_on

__all__ = [
    "DEFAULTS",
    "LISTED",
    "PLUGGED",
    "STAGES",
    "Attribution",
    "Choice",
    "Collapse",
    "Data",
    "Decide",
    "Fairness",
    "Finetune",
    "Probes",
    "Projection",
    "Recipe",
    "Section",
    "Train",
    "checked_sections",
    "fitting_encoders",
    "is_readout",
    "known",
    "needs_labels",
    "of_kind",
    "over",
    "places",
    "read_toml",
    "resolve",
    "rests_on",
    "takes_small",
]

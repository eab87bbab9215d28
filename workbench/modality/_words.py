"""What a modality is called, and what is particular to it in sentences and tables. Pure: no Streamlit, no figures.

The defaults serve a modality of which nothing is known; a room's `words.py` derives from `Words` and says more.
"""

from __future__ import annotations

from typing import Any, ClassVar

from backend.modality import modality, names
from backend.modality._base import Modality
from backend.workspace.formats import percent

from ..verdicts import arms as shared


class Words:
    """name: of the modality; what the back end calls an example of it, and all of them as a title."""

    def __init__(self, name: str):
        known = modality(name) if name in names() else Modality
        self.noun, self.nouns, self.title = known.noun, known.nouns, known.title

    @property
    def looked_at(self) -> str:
        """What is seen of the points on a map."""
        return self.nouns

    hint = ""  # which files the registration form takes
    roles: ClassVar[dict[str, str]] = {}  # column roles of its own: {role: title}

    # The study: its arms in a sentence and in a legend, what beating each baseline means, how pairs were made.
    arms = shared.ARM
    arm_names = shared.ARM_NAME
    baselines = shared.BASELINES
    rule = shared.PAIRED + f"the baseline from scratch is the same network from fresh weights.{shared.TESTED}"

    # Whether the embedding helps a model that also reads the raw data, by decision: the sentence's beginning.
    beside: ClassVar[dict[str, str]] = {
        "gain": "The frozen embedding beside the raw data helps",
        "loss": "The frozen embedding beside the raw data harms",
        "equivalent": "The frozen embedding beside the raw data makes no difference",
        "no significant difference": "Undecided whether the frozen embedding helps beside the raw data",
        "not enough data": "Not enough data to say whether the frozen embedding helps beside the raw data",
    }

    # The same against an untrained encoder's embedding: whether what it gains is owed to pretraining.
    untrained: ClassVar[dict[str, str]] = {
        "gain": "Beside the raw data the pretrained embedding is better than an untrained one",
        "loss": "Beside the raw data the pretrained embedding is worse than an untrained one",
        "equivalent": "Beside the raw data the pretrained embedding is as good as an untrained one",
        "no significant difference": "Undecided whether the pretrained embedding beside the raw data is better than an "
        "untrained one",
        "not enough data": "Not enough data to say whether the pretrained embedding beside the raw data is better than "
        "an untrained one",
    }

    def rival(self, arm: str, method: str) -> str:
        """How a sentence calls a model that saw no pretraining, by its arm and method."""
        return shared.method(method) if arm == "classical" else self.arms[arm]

    def use(self, arm: str, method: str) -> str:
        """What a person should use where this model beats pretraining, behind "Use"; empty: its name says enough."""
        return ""

    # Explanations: what a method ranks, what it makes, the controls that it must beat, and how it passes.
    part = "parts"
    makes, made = "scores", "given its scores"
    judged, certified = "method", "example"
    controls: tuple[str, ...] = ("random_map", "input_copy", "random_scores")
    noise = "random scores"
    passes = (
        "A method passes when it beats its controls. It must depend on the model: the rank correlation of its scores "
        "with those of a re-initialised model stays below 0.5. And it must be faithful: parts that it ranks high move "
        "the class's probability more than parts in random order, the 95 % interval of the difference excluding 0, "
        "where random scores score 0."
    )

    colours = ""  # how the colours of printed explanations read

    def counted(self, n: int) -> str:
        """ "1 image", "240 images" """
        return f"{n:,} {self.noun if n == 1 else self.nouns}"

    # The data sheet.
    repeated = "same values"  # what exact duplicates share

    def size(self, manifest: dict[str, Any]) -> str:
        """How many there are, and how large each is."""
        return self.counted(manifest["count"])

    def extent(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
        """How large the examples are, in the line under the headline."""
        return []

    def grave(self, warnings: list[str]) -> str:
        """What a warning of the sheet says that belongs into the headline, as half a sentence; empty for none."""
        return ""

    def shell_lines(self, sheet: dict[str, Any]) -> list[str]:
        """What the shell says of the sheet beside its warnings."""
        return []

    # Clusters of a map.
    clusters = "Clusters"

    def cluster(self, cluster: dict[str, Any], most: int = 3) -> str:
        """What a cluster is called beside its number: the label that most of it has, if any."""
        label = cluster.get("label")
        return f"{label['name']} {percent(label['share'], 0)}" if label else ""

    def clusters_called(self, body: dict[str, Any]) -> str:
        """What the clusters are named by. body: of a `clusters` event."""
        if any(cluster.get("label") for cluster in body["clusters"]):
            return "Each is named by the label that most of its labelled points have."
        return "Without labels they have numbers alone."

    def cluster_cells(self, cluster: dict[str, Any]) -> dict[str, Any]:
        """Cells of its own in the table of clusters."""
        return {}

    def clusters_titled(self, clusters: list[dict[str, Any]]) -> str:
        """The table of clusters in the report, by what names them."""
        labelled = any(cluster.get("label") for cluster in clusters)
        return f"Clusters of the {self.nouns}" + " and the label that most of each has" * labelled

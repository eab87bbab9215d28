"""Images: uint8, of one size, with one or more channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...recipe.stages import LABELLED
from .._base import Cell, Modality, Third

if TYPE_CHECKING:
    from ...data.source import Glimpse


ROOM = 24  # pixels: smaller images have no room for a deeper encoder, or for half their side
IMAGES_A_MINUTE, MOST_MINUTES = 1_000, 10  # of pretraining, where nobody said how long: about 30 epochs on two cores


class Images(Modality):
    cell = "png"
    noun, nouns, title = "image", "images", "Images"
    recipe = {"stages": list(LABELLED)}  # noqa: RUF012
    third = Third("augment", "Augmentation", "What two views may differ in")
    mark = "shape"
    spec_fields = ("image_column", "size")
    baselines = ("scratch_aug", "scratch_plain", "random", "classical")

    def cells(
        self,
        stored: Any,
        manifest: dict[str, Any],
        rows: list[int],
        size: int | None = None,
        characters: int | None = None,
    ) -> list[Cell]:
        from .cell import thumbnails

        return [Cell("png", picture) for picture in thumbnails(stored, manifest, rows, size)]

    def stands_apart(self, file: str) -> bool:
        from ...data.pixels.kinds import SUFFIXES

        return file.lower().endswith(SUFFIXES)

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        """A table is one of images where it has a column of them; a folder is one of what it holds more of."""
        if reader == "tabular_images":
            return 0 if glimpse.image is None else float("inf")
        if reader == "image_folder" and glimpse.rows is not None:
            return max(1, glimpse.rows)
        return float("inf")

    def suggest(self, manifest: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
        grey = "xray" if "xray" in catalogue["augment"] else "photo"
        told = {
            "augment": {"name": grey if manifest["channels"] == 1 else "photo"},
            "pretext": {"name": "simclr"},
            "encoder": {"name": "convnet"},
        }
        if min(manifest["height"], manifest["width"]) < ROOM:
            return told
        told["pretext"] |= {"temperature": 0.1, "hidden": 512, "out": 128}
        told["encoder"] |= {"width": 48, "depth": 1}
        minutes = min(MOST_MINUTES, max(1, round(manifest["count"] / IMAGES_A_MINUTE)))
        return told | {"train": {"minutes": minutes, "optimizer": "muon", "lr": 4e-3, "small_first": 0.85}}


MODALITY = Images()

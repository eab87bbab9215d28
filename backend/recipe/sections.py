"""The sections of a recipe, each field with its default, its bounds and what it means."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..targets import metrics
from ..workspace.layout import check_name
from .stages import LABELLED, known


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True)


class Choice(BaseModel):
    """A plug-in by name; its other keys are the plug-in's own parameters, checked against its schema."""

    model_config = ConfigDict(extra="allow")
    name: str

    @property
    def params(self) -> dict[str, Any]:
        return {k: v for k, v in self.model_dump().items() if k != "name"}


class Data(Section):
    name: str = Field(description="A registered data set")
    max_train: int | None = Field(None, ge=8, description="Use at most this many training examples for pretraining")

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        return check_name(value, "data.name")


class Train(Section):
    epochs: int = Field(30, ge=0, le=10_000, description="0: take a pretrained encoder as it is")
    max_steps: int = Field(0, ge=0, description="End after this many steps though the epochs are not over; 0: no cap")
    minutes: float = Field(
        0,
        ge=0,
        le=100_000,
        description="Minutes of all pretrainings together, instead of epochs: steps are timed first; 0: count epochs",
    )
    batch_size: int = Field(256, ge=4, le=65_536)
    optimizer: Literal["adamw", "lars", "muon"] = "adamw"
    lr: float = Field(2e-3, gt=0, le=10, json_schema_extra={"sweep": {"factor": 8, "log": True}})
    weight_decay: float = Field(1e-4, ge=0, le=1)
    warmup: float = Field(0.05, ge=0, le=0.5, description="Share of the steps with a rising learning rate")
    small_first: float = Field(
        0.0,
        ge=0,
        le=0.95,
        description="Share of the steps that come first and see images of half the side, at a quarter of the work; "
        "for encoders that read images of any size",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="auto: bf16 on CUDA, and for convolutions on CPUs that multiply it themselves; fp32 elsewhere",
    )
    compile: bool = Field(False, description="torch.compile the encoder (CUDA)")
    log_every: int = Field(10, ge=1, description="Steps between two metric events")
    checkpoint_every: int = Field(50, ge=1, description="Steps between two resumable checkpoints")
    knn_every: int = Field(100, ge=0, description="Steps between two online kNN readings; 0: never")
    knn_readings: int = Field(
        0,
        ge=0,
        le=100,
        description="With minutes: kNN readings at so many equal shares of the training, not every so often; 0: no",
    )
    keep_every: int = Field(
        0, ge=0, description="Steps between two encoders that are kept and mapped; 0: only the last"
    )

    @model_validator(mode="after")
    def _trained(self) -> Train:
        if self.minutes and (self.epochs == 0 or self.max_steps):
            raise ValueError("expected minutes without epochs = 0 and max_steps")
        if self.knn_readings and not self.minutes:
            raise ValueError("expected knn_readings only with minutes")
        return self


class Collapse(Section):
    every: int = Field(10, ge=1, description="Steps between two readings")
    action: Literal["warn", "stop"] = Field("warn", description="stop: end the run at a confirmed collapse")


class Finetune(Section):
    """The label-fraction study."""

    fractions: list[float] = Field([0.01, 0.05, 0.1, 0.2, 0.5, 1.0], description="Shares of the training labels")
    subset_seeds: int = Field(
        5, ge=1, le=50, description="Label subsets of each size; with a precision, those of the pilot"
    )
    precision: float = Field(
        0,
        ge=0,
        le=0.5,
        description="Half-width wanted of the intervals, as a share (0.02: two points; of an error in the target's "
        "unit in standard deviations of the target): a pilot then says how many subsets that takes; 0: subset_seeds",
    )
    minutes: float = Field(
        0, ge=0, le=100_000, description="With a precision: minutes that the study's models may take; 0: no limit"
    )
    pretrain_seeds: int = Field(3, ge=1, le=20)
    methods: list[str] = Field(["knn", "linear", "lpft"], description="How the pretrained encoder is used")
    baselines: list[Literal["scratch_aug", "scratch_plain", "random", "classical", "reference"]] = [
        "scratch_aug",
        "scratch_plain",
        "random",
        "classical",
    ]
    reference: str = Field(
        "",
        description="Baseline 'reference': the pretrained model whose frozen features are probed",
        json_schema_extra={"place": "model"},
    )
    metric: Literal[tuple(metrics())] = Field(
        "accuracy", description="What the verdict speaks of; which there are depends on the target"
    )
    margin: float = Field(
        0.01,
        gt=0,
        lt=0.5,
        description="Equivalence margin on the metric, stated beforehand; of an error in the "
        "target's unit it counts in standard deviations of the target",
    )
    loss: Literal["cross_entropy", "balanced", "focal"] = Field(
        "cross_entropy",
        description="Of networks that learn classes; balanced: classes weigh alike; focal: easy examples weigh less",
    )
    max_validation: int = Field(0, ge=0, description="Tune on at most this many validation rows; 0: on all")
    max_steps: int = Field(
        0, ge=0, description="Cap on supervised steps; 0: as many as pretraining plus fine-tuning (equal compute)"
    )

    @model_validator(mode="after")
    def _planned(self) -> Finetune:
        if self.minutes and not self.precision:
            raise ValueError("expected minutes only with a precision")
        if self.precision and self.subset_seeds < 3:
            raise ValueError("expected at least 3 subset_seeds for the pilot of a study with a precision")
        return self

    @field_validator("fractions")
    @classmethod
    def _shares(cls, value: list[float]) -> list[float]:
        if not value or any(not 0 < f <= 1 for f in value):
            raise ValueError("expected shares above 0 and at most 1")
        return sorted(set(value))


class Decide(Section):
    """Decisions: what alerts cost and how many there may be, stated before any figure."""

    miss: float = Field(10.0, ge=0, le=1e12, description="Cost of a positive row that raises no alert")
    false_alarm: float = Field(1.0, ge=0, le=1e12, description="Cost of an alert on a row that is not positive")
    inspection: float = Field(0.0, ge=0, le=1e12, description="Cost of looking at an alert, right or wrong")
    unit: str = Field("", max_length=20, description="What costs are counted in, such as EUR; empty: units of cost")
    budget: float = Field(0.05, gt=0, lt=1, description="Share of the rows that can be inspected")
    detection: float = Field(
        0.8,
        gt=0,
        lt=1,
        description="Share of the positive rows that every model has to find where false alarms are compared",
    )

    @model_validator(mode="after")
    def _some_cost(self) -> Decide:
        if self.miss <= self.inspection:
            raise ValueError("expected a missed positive to cost more than an inspection: no alert would pay")
        return self


class Projection(Section):
    methods: list[str] = Field(
        [], description="Which maps; none named: UMAP and PCA, from 20,000 points PaCMAP and PCA"
    )
    dimensions: list[Literal[2, 3]] = Field([2, 3], min_length=1)
    max_points: int = Field(20_000, ge=10, le=1_000_000)
    stability_points: int = Field(
        10_000, ge=0, le=1_000_000, description="Up to so many points every map is made again with another seed"
    )
    start_from: str = Field(
        "", pattern=r"^([0-9a-f]{64})?$", description="Digest of a map of the same data that these maps start from"
    )


class Attribution(Section):
    methods: list[str] = ["integrated_gradients", "saliency", "input_x_gradient", "layer_gradcam", "occlusion"]
    examples: int = Field(16, ge=1, le=2_000, description="Test examples explained in the run, balanced over classes")


class Fairness(Section):
    sensitive: list[str] = Field([], description="Attributes to audit; empty: all that the data set names")
    intersections: bool = Field(True, description="Also audit the attributes' intersection")
    min_group: int = Field(30, ge=2, description="Smaller groups are shown as too few to say")
    resamples: int = Field(10_000, ge=200, le=1_000_000)
    permutations: int = Field(5_000, ge=200, le=1_000_000)
    fraction: float = Field(1.0, gt=0, le=1, description="Label fraction of the models that are audited")


class Probes(Section):
    """Bias of a language model: test sets of sentences, swapped terms, what embeddings give away."""

    methods: list[str] = Field([], description="Which probes; of text only")
    folder: str = Field(
        "",
        description="Folder of the test sets, one Parquet file each; absent ones are skipped",
        json_schema_extra={"place": "folder"},
    )
    items: int = Field(400, ge=20, le=100_000, description="At most so many items of a test set, drawn at random")
    permutations: int = Field(10_000, ge=200, le=1_000_000)
    swaps: str = Field(
        "", description="Terms swapped in your own texts, as 'she/he, woman/man'; empty: the workbench's lists"
    )

    @field_validator("swaps")
    @classmethod
    def _pairs(cls, value: str) -> str:
        for part in filter(str.strip, value.split(",")):
            sides = [side.strip().lower() for side in part.split("/")]
            if len(sides) != 2 or not all(sides) or sides[0] == sides[1]:
                raise ValueError("expected pairs such as 'she/he, woman/man'")
        return value


class Recipe(Section):
    title: str = Field("", max_length=120)
    seed: int = Field(0, ge=0, lt=2**31)
    stages: list[str] = list(LABELLED)
    data: Data
    pretext: Choice = Choice(name="simclr")
    encoder: Choice = Choice(name="convnet")
    augment: Choice | None = Choice(name="photo")
    tokenizer: Choice | None = None
    train: Train = Train()
    collapse: Collapse = Collapse()
    finetune: Finetune = Finetune()
    decide: Decide = Decide()
    projection: Projection = Projection()
    attribution: Attribution = Attribution()
    fairness: Fairness = Fairness()
    probes: Probes = Probes()

    @field_validator("stages")
    @classmethod
    def _some(cls, value: list[str]) -> list[str]:
        if not value or len(set(value)) < len(value):
            raise ValueError("expected at least one stage, each of them once")
        if strange := set(value) - set(known()):
            raise ValueError(f"expected some of {', '.join(known())}, found {', '.join(sorted(strange))[:80]!r}")
        return value

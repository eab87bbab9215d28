"""A run's recipe: TOML in, every default written out, unknown keys refused.

    [data]         name = "ham"
    [pretext]      name = "simclr", temperature = 0.2      (a plug-in and its parameters)
    [encoder]      name = "convnet", width = 32
    [augment]      name = "xray"
    [tokenizer]    name = "wordpiece", vocabulary = 8000   (text only)
    [train]        epochs = 40, batch_size = 256, ...
    [collapse] [finetune] [projection] [attribution] [fairness]    each stage's settings

`resolve` fills in the defaults of the kind of data and of the plug-ins from the catalogue
(backend.registry.catalogue), so the server can check a recipe without importing torch.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any, Literal

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .workspace.layout import BadInput, check_name

STAGES = ("pretrain", "study", "project", "attribute", "audit_bias", "probe_bias")
Stage = Literal["pretrain", "study", "project", "attribute", "audit_bias", "probe_bias"]
# What a recipe leaves open depends on the kind of data; keys are those of the recipe.
DEFAULTS: dict[str, dict[str, Any]] = {
    "image": {"stages": list(STAGES[:5])},
    "text": {
        "stages": ["pretrain", "study", "project", "audit_bias", "probe_bias"],
        "pretext": {"name": "mlm"},
        "encoder": {"name": "bert"},
        "augment": {"name": "none"},
        "tokenizer": {"name": "wordpiece"},
        "train": {"batch_size": 32, "lr": 1e-3, "weight_decay": 0.01},
        "finetune": {"baselines": ["scratch_aug", "random", "classical"]},
        "attribution": {"methods": []},
        "probes": {
            "methods": [
                "crows_pairs",
                "winobias",
                "winogender",
                "bec_pro",
                "weat",
                "seat",
                "counterfactual",
                "leakage",
            ]
        },
    },
}


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
    batch_size: int = Field(256, ge=4, le=65_536)
    optimizer: Literal["adamw", "lars"] = "adamw"
    lr: float = Field(2e-3, gt=0, le=10)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    warmup: float = Field(0.05, ge=0, le=0.5, description="Share of the steps with a rising learning rate")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 on CUDA, fp32 elsewhere")
    compile: bool = Field(False, description="torch.compile the encoder (CUDA)")
    log_every: int = Field(10, ge=1, description="Steps between two metric events")
    checkpoint_every: int = Field(50, ge=1, description="Steps between two resumable checkpoints")
    knn_every: int = Field(100, ge=0, description="Steps between two online kNN readings; 0: never")


class Collapse(Section):
    every: int = Field(10, ge=1, description="Steps between two readings")
    action: Literal["warn", "stop"] = Field("warn", description="stop: end the run at a confirmed collapse")


class Finetune(Section):
    """The label-fraction study."""

    fractions: list[float] = Field([0.01, 0.05, 0.1, 0.2, 0.5, 1.0], description="Shares of the training labels")
    subset_seeds: int = Field(5, ge=1, le=50)
    pretrain_seeds: int = Field(3, ge=1, le=20)
    methods: list[str] = Field(["knn", "linear", "lpft"], description="How the pretrained encoder is used")
    baselines: list[Literal["scratch_aug", "scratch_plain", "random", "classical", "reference"]] = [
        "scratch_aug",
        "scratch_plain",
        "random",
        "classical",
    ]
    reference: str = Field(
        "", description="Baseline 'reference': the pretrained model whose frozen features are probed"
    )
    metric: Literal["accuracy", "balanced_accuracy", "auroc"] = "accuracy"
    margin: float = Field(0.01, gt=0, lt=0.5, description="Equivalence margin on the metric, stated beforehand")
    max_validation: int = Field(0, ge=0, description="Tune on at most this many validation rows; 0: on all")
    max_steps: int = Field(
        0, ge=0, description="Cap on supervised steps; 0: as many as pretraining plus fine-tuning (equal compute)"
    )

    @field_validator("fractions")
    @classmethod
    def _shares(cls, value: list[float]) -> list[float]:
        if not value or any(not 0 < f <= 1 for f in value):
            raise ValueError("expected shares above 0 and at most 1")
        return sorted(set(value))


class Projection(Section):
    methods: list[str] = ["umap", "pca"]
    dimensions: list[Literal[2, 3]] = [2, 3]
    max_points: int = Field(20_000, ge=10, le=1_000_000)


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
    folder: str = Field("", description="Folder of the test sets, one Parquet file each; absent ones are skipped")
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
    stages: list[Stage] = DEFAULTS["image"]["stages"]
    data: Data
    pretext: Choice = Choice(name="simclr")
    encoder: Choice = Choice(name="convnet")
    augment: Choice = Choice(name="photo")
    tokenizer: Choice | None = None
    train: Train = Train()
    collapse: Collapse = Collapse()
    finetune: Finetune = Finetune()
    projection: Projection = Projection()
    attribution: Attribution = Attribution()
    fairness: Fairness = Fairness()
    probes: Probes = Probes()


PLUGGED = {"pretext": "pretext", "encoder": "encoders", "augment": "augment", "tokenizer": "tokenizers"}
LISTED = {"finetune": "finetune", "projection": "projection", "attribution": "attribution", "probes": "probes"}


def read_toml(path: str | Path, overrides: list[str] = ()) -> dict[str, Any]:
    """A recipe file as a dict, with `a.b=c` overrides (values in TOML syntax; bare words are strings)."""
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"recipe {path}: expected a TOML file, found nothing there") from None
    except OSError as error:
        raise BadInput(f"recipe {path}: expected a TOML file, found: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"recipe {path}: expected TOML, found: {error}") from None
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--set {override}: expected section.key=value, found no '='")
        try:
            value = tomllib.loads(f"v = {text}")["v"]
        except (ValueError, RecursionError):
            value = text
        *sections, last = key.strip().split(".")
        place = raw
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise BadInput(f"--set {override}: expected {section!r} to be a section, found a value")
        place[last] = value
    return raw


def resolve(raw: dict[str, Any], catalogue: dict[str, Any], where: str = "recipe", kind: str = "image") -> Recipe:
    """Check `raw` against the sections and the plug-ins' schemas and write out every default of `kind`.

    Raises BadInput with one line that names the file, the field, what was expected and what was found.
    """
    try:
        recipe = Recipe.model_validate(over(DEFAULTS[kind], raw))
    except ValidationError as error:
        raise BadInput(_one_line(error, where)) from None
    for section, folder in PLUGGED.items():
        choice: Choice | None = getattr(recipe, section)
        if choice is None:
            continue
        schema = _known(catalogue, folder, choice.name, f"{where}: {section}.name", kind)["schema"]
        setattr(recipe, section, Choice(name=choice.name, **_filled(choice, schema, f"{where}: {section}")))
    for section, folder in LISTED.items():
        for name in getattr(recipe, section).methods:
            _known(catalogue, folder, name, f"{where}: {section}.methods", kind)
    _check_together(recipe, where, kind)
    return recipe


def _check_together(recipe: Recipe, where: str, kind: str) -> None:
    """Refuse what each section allows and the whole does not."""
    plan, borrowed = recipe.finetune, recipe.encoder.name == "pretrained"
    own = recipe.tokenizer is not None and recipe.tokenizer.name == "own"
    if borrowed != own:
        pair = "'own', the tokens that encoder 'pretrained' knows" if borrowed else "another: 'own' is of 'pretrained'"
        found = recipe.tokenizer.name if recipe.tokenizer else None
        raise BadInput(f"{where}: tokenizer.name: expected {pair}, found {found!r}")
    if "scratch_plain" in plan.baselines and kind != "image":
        raise BadInput(
            f"{where}: finetune.baselines: expected no 'scratch_plain' for {kind} data, which is not augmented: "
            "'scratch_aug' is the same network from scratch"
        )
    if ("reference" in plan.baselines) != bool(plan.reference):
        wanted = "a model for baseline 'reference'" if not plan.reference else "it among finetune.baselines"
        raise BadInput(f"{where}: finetune.reference: expected {wanted}, found {plan.reference or 'none'!r}")
    if plan.reference and kind != "text":
        raise BadInput(f"{where}: finetune.reference: expected none for {kind} data, found {plan.reference!r}")
    if borrowed and recipe.train.epochs == 0 and plan.pretrain_seeds > 1:
        raise BadInput(
            f"{where}: finetune.pretrain_seeds: expected 1 with train.epochs = 0, since an encoder that is taken as it "
            f"is does not differ by seed, found {plan.pretrain_seeds}"
        )


def over(defaults: dict[str, Any], raw: Any) -> Any:
    """`raw` over the defaults, key by key; a section that names another plug-in takes none of the default's keys."""
    if not isinstance(raw, dict):
        return raw
    merged = {**defaults, **raw}
    for key, value in defaults.items():
        given = raw.get(key)
        if isinstance(value, dict) and isinstance(given, dict) and given.get("name") in (None, value.get("name")):
            merged[key] = {**value, **given}
    return merged


def _filled(choice: Choice, schema: dict[str, Any], where: str) -> dict[str, Any]:
    """The parameters of a plug-in with its defaults written out. Raises BadInput for what its schema refuses."""
    properties = schema.get("properties", {})
    for key, value in choice.params.items():
        if key not in properties:
            known = ", ".join(properties) or "it has none"
            raise BadInput(f"{where}.{key}: expected a parameter of {choice.name} ({known}), found an unknown key")
        if isinstance(value, float) and not math.isfinite(value):  # JSON Schema lets NaN pass every bound
            raise BadInput(f"{where}.{key}: expected a finite number, found {value}")
    filled = {**{k: v["default"] for k, v in properties.items() if "default" in v}, **choice.params}
    for problem in jsonschema.Draft202012Validator(schema).iter_errors(filled):
        field = ".".join([where, *map(str, problem.absolute_path)])
        raise BadInput(f"{field}: expected a value that {choice.name} takes, found {problem.message}"[:400])
    return filled


def _known(catalogue: dict[str, Any], folder: str, name: str, field: str, kind: str) -> dict[str, Any]:
    fitting = of_kind(catalogue[folder], kind)
    if name not in fitting:
        other = f", which is not for {kind} data" if name in catalogue[folder] else ""
        raise BadInput(f"{field}: expected one of {', '.join(fitting)}, found {name!r}{other}")
    return fitting[name]


def of_kind(folder: dict[str, Any], kind: str) -> dict[str, Any]:
    """The plug-ins of one folder of the catalogue that take this kind of data."""
    return {name: entry for name, entry in folder.items() if kind in entry["kinds"]}


def _one_line(error: ValidationError, where: str) -> str:
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "recipe"
    if first["type"] == "extra_forbidden":
        return f"{where}: {field}: expected a known key, found an unknown one"
    if first["type"] == "missing":
        return f"{where}: {field}: expected a value, found none"
    if first["type"] == "model_type":
        return f"{where}: {field}: expected a section of keys and values, found {first['input']!r}"[:400]
    message = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{where}: {field}: {message}, found {first['input']!r}"[:400]

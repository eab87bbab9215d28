"""Where pretrained models come from: a folder with config.json and safetensors, read as data and never run.

A source is a local folder, "package:NAME" for a model that an installed Python package carries, or
"hf:OWNER/NAME" (with "@REVISION" where it matters) for one of the Hugging Face hub. Folders are hostile until checked:
no pickle is opened, no code of theirs runs, and what their files claim is bounded before memory is given to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..workspace.layout import BadInput, given_path
from ._text import CAUSAL, HEADS

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
WITH_HEAD = ("ForMaskedLM", "ForCausalLM", "LMHeadModel")  # ends of the names of classes that guess tokens
JSON_BYTES = 64 << 20
# Keys by which a configuration would choose code, kernels or files rather than describe a network.
DROPPED = ("auto_map", "transformers_weights", "fusion_config", "dtype", "torch_dtype", "_name_or_path")
HUB = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}(@[\w./-]{1,96})?")


def folder_of(source: str) -> Path:
    """The folder that a source names. Raises BadInput with one line where there is none."""
    if source.startswith("package:"):
        return _in_package(source.removeprefix("package:"))
    if source.startswith("hf:"):
        return _from_hub(source.removeprefix("hf:"))
    folder = given_path(source, "source")
    if not (folder / "config.json").is_file():
        raise BadInput(f"source {folder}: expected a folder with config.json, found none there")
    return folder


def _in_package(name: str) -> Path:
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"source package:{name}: expected an installed package that carries a model, found none")
    root = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(path.parent for path in root.rglob("config.json") if "model_type" in read_json(path))
    if len(found) != 1:
        names = ", ".join(str(path.relative_to(root)) for path in found) or "none"
        raise BadInput(f"source package:{name}: expected one folder with the config.json of a model, found {names}")
    return found[0]


def _from_hub(name: str) -> Path:
    """The snapshot of a hub model, fetched where the hub can be reached and taken from the cache where not."""
    from huggingface_hub import snapshot_download

    if not HUB.fullmatch(name):
        raise BadInput(f"source hf:{name[:120]}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION")
    repository, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(repository, revision=revision or None, allow_patterns=["*.json", "*.safetensors"])
        )
    except Exception as error:  # the client raises a dozen kinds: offline, unknown, gated, a proxy's refusal
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise BadInput(
            f"source hf:{name}: expected the hub or a cached copy, found neither ({reason}); "
            "fetch it elsewhere and give its folder"
        ) from None
    if not any(folder.glob("*.safetensors")):
        pickles = _pickles_on_hub(repository, revision or None)
        if pickles:
            raise BadInput(_pickled(f"hf:{name}", pickles[0], folder, repository))
    return folder


def _pickles_on_hub(repository: str, revision: str | None) -> list[str]:
    """Files of the hub's own list that would have to be unpickled, [] where the hub cannot be asked."""
    from huggingface_hub import HfApi

    try:
        files = HfApi().list_repo_files(repository, revision=revision)
    except Exception:  # offline with a cached copy: its weights are then said to be missing
        return []
    return sorted(name for name in files if any(Path(name).match(pattern) for pattern in PICKLES) and "/" not in name)


def _pickled(source: object, found: str, folder: Path, given: str = "FOLDER") -> str:
    """The refusal of a pickle, with the conversion that keeps what the model has: its head too where it has one."""
    config = read_json(folder / "config.json")
    named = config.get("architectures")
    names = [str(name) for name in named] if isinstance(named, list) else []
    kind = config.get("model_type")
    headed = any(name.endswith(WITH_HEAD) or (kind == "bert" and name.endswith("ForPreTraining")) for name in names)
    loader = "AutoModelForCausalLM" if kind in CAUSAL else "AutoModelForMaskedLM"
    loader = loader if headed or not names else "AutoModel"
    steps = "; ".join(f"{name}.from_pretrained({given!r}).save_pretrained('NEW')" for name in (loader, "AutoTokenizer"))
    return (
        f"source {source}: expected safetensors, found {found}, which may run code when it is read; where you trust "
        f"it, convert it with transformers: {steps}"
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of bounded size, {} for what is none."""
    try:
        if path.stat().st_size > JSON_BYTES:
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_config(folder: Path) -> Any:
    """The configuration in `folder`, of a model type that is known here. Raises BadInput."""
    from transformers import AutoConfig

    raw = read_json(folder / "config.json")
    kind = raw.get("model_type")
    if kind not in HEADS:
        raise BadInput(f"source {folder}: expected a model of type {', '.join(HEADS)}, found {str(kind)[:60]!r}")
    if "quantization_config" in raw:
        raise BadInput(f"source {folder}: expected weights in floating point, found quantised ones")
    kept = {key: value for key, value in raw.items() if key not in DROPPED}
    try:
        return AutoConfig.for_model(**kept)
    except Exception as error:  # the configuration classes check their values each in their own way
        raise BadInput(f"source {folder}/config.json: expected a {kind} configuration, found {_first(error)}") from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model, one or the shards of an index. Raises BadInput; a pickle is never opened."""
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if whole.is_file():
        return [whole]
    if index.is_file():
        places = read_json(index).get("weight_map")
        names = sorted(set(map(str, places.values()))) if isinstance(places, dict) else []
        for name in names or ["no shard"]:
            if Path(name).name != name or not name.endswith(".safetensors") or not (folder / name).is_file():
                raise BadInput(f"source {folder}: expected the shards that its index names, found no {name[:120]!r}")
        return [folder / name for name in names]
    pickles = [path.name for pattern in PICKLES for path in sorted(folder.glob(pattern))]
    if pickles:
        raise BadInput(_pickled(folder, pickles[0], folder))
    raise BadInput(f"source {folder}: expected model.safetensors, found no weights")


def read_weights(folder: Path) -> dict[str, Any]:
    """Every tensor by name; numbers in floating point as float32. Raises BadInput for a broken file."""
    import torch
    from safetensors import SafetensorError, safe_open

    tensors = {}
    for file in weight_files(folder):
        try:
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118
                    tensors[name] = opened.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise BadInput(f"source {file}: expected a safetensors file, found {_first(error)}") from None
    return {name: t.to(torch.float32) if t.is_floating_point() else t for name, t in tensors.items()}


def read_model(folder: Path) -> tuple[Any, dict[str, list[str]]]:
    """(the language model in `folder`, what did not come from there).

    {"fresh": parameters that the files lack, drawn from torch's generator: the head of a checkpoint that was saved
    without one; "unused": tensors that the language model has no place for}. Raises BadInput unless every weight below
    the head is there and finite.
    """
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    config, tensors = read_config(folder), read_weights(folder)
    if not 0 < config.num_hidden_layers <= len(tensors):
        raise BadInput(f"source {folder}: expected {config.num_hidden_layers} layers, found {len(tensors)} tensors")
    broken = next((n for n, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()), None)
    if broken:
        raise BadInput(f"source {folder}: expected finite weights, found NaN or infinity in {broken!r}")
    models = MODEL_FOR_CAUSAL_LM_MAPPING if config.model_type in CAUSAL else MODEL_FOR_MASKED_LM_MAPPING
    try:
        with quiet():
            model, told = models[type(config)].from_pretrained(
                None,
                config=config,
                state_dict=tensors,
                dtype="float32",
                attn_implementation="sdpa",
                output_loading_info=True,
            )
    except Exception as error:  # shapes that do not fit come as RuntimeError, odd sizes as anything
        raise BadInput(f"source {folder}: expected the weights of its config.json, found {_first(error)}") from None
    below = model.base_model_prefix + "."
    missing = sorted(told["missing_keys"])
    lost = [name for name in missing if name.startswith(below)]
    if lost or told["mismatched_keys"]:
        wrong = lost[0] if lost else sorted(told["mismatched_keys"])[0][0]
        raise BadInput(f"source {folder}: expected the weights of its config.json, found that {wrong!r} does not fit")
    return model, {"fresh": missing, "unused": sorted(told["unexpected_keys"])}


@contextmanager
def quiet() -> Iterator[None]:
    """Without the library's own report of what it loads: `read_model` returns that."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def digest(folder: Path) -> str:
    """SHA-256 over config.json and the weights: which model this is."""
    found = hashlib.sha256()
    for file in [folder / "config.json", *weight_files(folder)]:
        with open(file, "rb") as opened:
            found.update(hashlib.file_digest(opened, "sha256").digest())
    return found.hexdigest()


def longest(config: Any) -> int:
    """Tokens that a model of this configuration can read at once; RoBERTa's positions start after its padding's id."""
    shift = config.pad_token_id + 1 if config.model_type == "roberta" else 0
    return config.max_position_embeddings - shift


def _first(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]

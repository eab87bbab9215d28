"""What leaves is what was made: plain Transformers loads the folder in a fresh process and says the same to 1e-5."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer as Fast

from backend.control.runs import runs as run_rows
from backend.control.service import Service
from backend.encoders._text import TextEncoder
from backend.engine.weights import (
    Classifier,
    load_classifier,
    load_encoder,
    save_classifier,
    save_encoder,
    text_spec,
)
from backend.finetune import lora
from backend.language.generate import continued
from backend.leaving import onnx
from backend.leaving.__main__ import export, main
from backend.recipe import Choice
from backend.tokenizers._base import Tokenizer
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog
from backend.workspace.layout import BadInput, Workspace
from tests.checkpoints import TEXTS, encoder, tokenizer
from tests.conftest import make_texts, registered
from workbench.documents import model as exporting
from workbench.verdicts import export as words

MODELS = ("bert", "gpt2", "llama", "modernbert")
CAUSAL = ("gpt2", "llama")
PROMPT = "She saw the"
RUN = "run-1"
# Runs far from this repository: it can import nothing of ours.
LOADS = """
import json, sys
import numpy as np
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer
(prompt, *texts), folders, out = json.load(open(sys.argv[1])), sys.argv[2:-1], sys.argv[-1]
found = {}
for folder in folders:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    loader = AutoModelForCausalLM if "gpt2" in folder or "llama" in folder else AutoModelForMaskedLM
    loader = loader if "language-model" in folder else AutoModel
    with torch.no_grad():
        out_ = loader.from_pretrained(folder).eval()(**batch)
    found[folder.rsplit("/", 1)[1]] = (out_.logits if "language-model" in folder else out_.last_hidden_state).numpy()
    found[folder.rsplit("/", 1)[1] + "/ids"] = batch["input_ids"].numpy()
    if loader is AutoModelForCausalLM:
        given = tokenizer(prompt, return_tensors="pt")
        written = loader.from_pretrained(folder).generate(**given, do_sample=False, max_new_tokens=8)
        found[folder.rsplit("/", 1)[1] + "/written"] = written[0, given["input_ids"].shape[1] :].numpy()
np.savez(out, **found)
"""


def record(
    workspace: Workspace,
    run: str,
    name: str,
    seed: int = 0,
    cut: Tokenizer | None = None,
    given: list[str] | None = None,
    **recipe,
) -> tuple[TextEncoder, Tokenizer]:
    """A run that pretrained `name`, and fine-tuned it by LoRA, as its worker would have told it; given: what the
    weights that it started from lacked, None where it started fresh."""
    made = cut or tokenizer("bpe" if name in CAUSAL else "wordpiece", encoder=name)
    model, artefacts = encoder(name, made, seed=seed), Artefacts(workspace.artefacts)
    saved = artefacts.put_json("tokenizer", made.as_dict())
    spec = text_spec(Choice(name=name, width=32, layers=2, heads=2), model, saved.sha256, ["bad", "good"])
    tuned = lora.adapted(encoder(name, made, seed=seed), lora.Params(), seed=1)
    for key, value in tuned.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(value, std=0.1)
    torch.manual_seed(3)
    classifier = lora.merged(Classifier(tuned.eval(), torch.nn.Linear(32, 2)))
    folder = workspace.run(run)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.job.write_text(json.dumps({"kind": "run", "dataset": make_texts(artefacts, n=40).manifest}))
    log = EventLog(folder.events)
    recipe = {
        "data": {"name": "reviews"},
        "pretext": {"name": "clm" if name in CAUSAL else "mlm"},
        "train": {"epochs": 1},
        **recipe,
    }
    log.append("run.started", {"recipe": recipe}, key="start")
    if given is not None:
        log.append("weights.read", {"fresh": given}, key="start")
    log.append("tokenizer", {"name": "x"}, [saved], key="tokenizer")
    kept = save_encoder(artefacts, "encoder/ssl/0", model, spec)
    log.append("encoder", {"seed": seed}, [kept], key=f"pretrain/{seed}")
    kept = save_classifier(artefacts, "classifier/ssl", classifier, spec)
    log.append("classifier", {"arm": "ssl", "method": "lora", "pretrain_seed": 0}, [kept], key="ssl/1")
    log.close()
    return model, made


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """(workspace, root of NAME-WHAT folders, what a fresh process read from them)"""
    root = tmp_path_factory.mktemp("out")
    workspace = Workspace.open(tmp_path_factory.mktemp("ws"))
    paths = []
    for name in MODELS:
        record(workspace, name, name)
        for what in ("encoder", "language-model", "classifier"):
            paths.append(root / f"{name}-{what}")
            with pytest.MonkeyPatch.context() as patch:
                if what == "encoder":  # the same network is written as ONNX with the classifier
                    patch.setattr(onnx, "written", lambda *_: {"file": None, "line": "not asked for"})
                told = export(workspace, name, paths[-1], what)
            if what == "classifier":
                assert told["onnx"]["difference"] <= 1e-4, told["onnx"]
    (root / "texts.json").write_text(json.dumps([PROMPT, *TEXTS[:4]]))
    command = [sys.executable, "-c", LOADS, root / "texts.json", *paths, root / "found.npz"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    subprocess.run(list(map(str, command)), cwd=root, env=env, check=True, capture_output=True)
    return workspace, root, dict(np.load(root / "found.npz"))


def of_run(workspace: Workspace, name: str, kind: str, load):
    events = [json.loads(line) for line in workspace.run(name).events.read_text().splitlines()]
    event = next(e for e in events if e["kind"] == kind)
    return load(Artefacts(workspace.artefacts), event["subjects"][0]["sha256"])


@pytest.mark.parametrize("name", MODELS)
def test_hidden_states_and_logits_are_those_of_the_run(folders, name):
    workspace, _, found = folders
    model = of_run(workspace, name, "encoder", load_encoder)
    stored = of_run(workspace, name, "tokenizer", lambda a, sha256: a.json(sha256))
    tokens = Tokenizer.from_dict(stored).encode(TEXTS[:4])
    assert (found[f"{name}-encoder/ids"] == tokens.ids.numpy()).all()
    real = tokens.mask.numpy()
    with torch.no_grad():
        hidden = model.hidden(tokens)
        logits = model.logits(hidden)
    assert np.abs(found[f"{name}-encoder"] - hidden.numpy())[real].max() < 1e-5
    assert np.abs(found[f"{name}-language-model"] - logits.numpy())[real].max() < 1e-5


@pytest.mark.parametrize("name", CAUSAL)
def test_plain_generation_goes_on_with_the_prompt_as_the_workbench_does(folders, name):
    workspace, _, found = folders
    model = of_run(workspace, name, "encoder", load_encoder)
    stored = of_run(workspace, name, "tokenizer", lambda a, sha256: a.json(sha256))
    made = Tokenizer.from_dict(stored)
    end = made.vocabulary.separator
    ours, _ = continued(model, [end, *made.ids([PROMPT])[0]], 8, temperature=0, top_p=1.0, seed=0, end=end)
    assert len(ours) > 3
    theirs = [token for token in found[f"{name}-language-model/written"].tolist() if token != end]
    assert theirs == [one.token for one in ours]


def test_a_prompt_stays_open_where_the_run_kept_a_tokenizer_that_closes_it(tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    record(workspace, "earlier", "gpt2", cut=tokenizer("bpe", encoder="bert"))
    export(workspace, "earlier", tmp_path / "out", "language-model")
    ids = Fast.from_file(str(tmp_path / "out" / "tokenizer.json")).encode(PROMPT).tokens
    assert ids[0] == "[SEP]"
    assert "[SEP]" not in ids[1:]


@pytest.mark.parametrize("name", MODELS)
def test_a_merged_classifier_leaves_as_a_plain_network_and_its_head(folders, name):
    workspace, root, found = folders
    model = of_run(workspace, name, "classifier", load_classifier)
    stored = of_run(workspace, name, "tokenizer", lambda a, sha256: a.json(sha256))
    tokens = Tokenizer.from_dict(stored).encode(TEXTS[:4])
    with torch.no_grad():
        expected = model(tokens).numpy()
    states, mask = found[f"{name}-classifier"], tokens.mask.numpy()[:, :, None]
    pooled = (states * mask).sum(1) / mask.sum(1)
    head = load_file(root / f"{name}-classifier" / "head.safetensors")
    assert np.abs(pooled @ head["weight"].numpy().T + head["bias"].numpy() - expected).max() < 1e-5
    config = json.loads((root / f"{name}-classifier" / "config.json").read_text())
    assert config["id2label"] == {"0": "bad", "1": "good"}


@pytest.mark.parametrize(
    ("name", "recipe", "given", "says"),
    [
        ("bert", {"pretext": {"name": "simcse"}}, None, "found 'simcse'"),
        ("bert", {"pretext": {"name": "rtd"}}, ["cls.predictions.bias"], "found 'rtd'"),
        ("gpt2", {"pretext": {"name": "simcse"}}, None, "found 'simcse'"),
        ("bert", {"train": {"epochs": 0}}, ["cls.predictions.bias"], "found train.epochs = 0"),
        ("bert", {"pretext": {"name": "simcse"}}, [], None),
        ("bert", {"train": {"epochs": 0}}, [], None),
    ],
)
def test_a_head_that_nothing_trained_does_not_leave_as_a_language_model(tmp_path, name, recipe, given, says):
    workspace = Workspace.open(tmp_path / "ws")
    record(workspace, RUN, name, given=given, **recipe)
    export(workspace, RUN, tmp_path / "encoder", "encoder")
    if says is None:
        assert export(workspace, RUN, tmp_path / "out", "language-model")["what"] == "language-model"
        return
    with pytest.raises(BadInput, match=says) as found:
        export(workspace, RUN, tmp_path / "out", "language-model")
    assert "\n" not in str(found.value)
    assert not (tmp_path / "out").exists()


def test_what_a_run_has_not_is_one_line(folders, tmp_path, capsys):
    workspace, _, _ = folders
    for asked, says in (
        ({"what": "encoder", "seed": 4}, "expected a finished pretraining of seed 4, found none"),
        ({"what": "classifier", "seed": 1}, "the study keeps that of seed 0, found none"),
    ):
        with pytest.raises(BadInput, match=says):
            export(workspace, "bert", tmp_path / "x", **asked)
    assert main([str(workspace.root), "nothing", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def service(workspace, reviews):
    """A service with one run on the tiny texts that has ended."""
    found = Service.open(workspace.root, start_supervisor=False)
    manifest = {**reviews.manifest, "sensitive": []}
    registered(found.store, manifest)
    job = {"recipe": {"title": "Reviews", "data": {"name": "reviews"}, "tokenizer": {"name": "wordpiece"}}}
    found.store.write(lambda tx: run_rows.create(tx, RUN, "run", "Reviews", "reviews", job, "local"))
    record(workspace, RUN, "bert")
    yield found
    found.close()


@pytest.fixture
def here(monkeypatch):
    """Models are written by this process, which has torch already; one test asks another, as the command does."""

    def written(root, run, folder, asked):
        return export(Workspace(root), run, folder, **asked)

    monkeypatch.setattr(exporting, "written", written)


@pytest.mark.slow  # two processes that import torch; what they write is tested above
def test_the_command_asks_a_process_that_may_import_torch(service, tmp_path, capsys):
    told = exporting.export_model(service, RUN, tmp_path / "model", what="encoder", seed=0)
    assert told["architecture"] == "BertModel"
    assert Path(told["path"]) == tmp_path / "model"
    assert (
        {p.relative_to(tmp_path / "model").as_posix() for p in (tmp_path / "model").rglob("*") if p.is_file()}
        == set(told["files"])
        >= {
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "README.md",
        }
    )
    with pytest.raises(BadInput, match="expected a finished pretraining of seed 9"):
        exporting.written(service.workspace.root, RUN, tmp_path / "other", {"what": "encoder", "seed": 9})


@pytest.mark.parametrize("what", ["encoder", "language-model", "classifier"])
@pytest.mark.usefixtures("here")
def test_the_card_says_what_it_is_and_its_code_runs(service, tmp_path, what, monkeypatch):
    target, root = tmp_path / "out" / "model", service.verify()["root"]
    told = exporting.export_model(service, RUN, target, what=what, seed=0)
    card = (target / "README.md").read_text()
    for needed in ("Reviews", service.dataset("reviews")["digest"], root, told["weights"]):
        assert needed in card
    assert "compliant" not in card.lower()
    assert str(tmp_path) not in card
    recipe = re.search(r"```toml\n(.*?)```", card, re.DOTALL).group(1)
    assert tomllib.loads(recipe)["data"]["name"] == "reviews"
    monkeypatch.chdir(target)
    names: dict = {}
    exec(re.findall(r"```python\n(.*?)```", card, re.DOTALL)[-1], names)
    answer = next(f for f in ("classify", "logits", "embed") if f in names)
    assert torch.isfinite(names[answer](TEXTS[:2])).all()
    if what == "classifier":
        model = of_run(service.workspace, RUN, "classifier", load_classifier)
        expected = model(tokenizer().encode(TEXTS[:2])).softmax(1)
        assert (names["classify"](TEXTS[:2]) - expected).abs().max() < 1e-5


def test_the_card_tells_where_weights_came_from_but_no_path_of_this_machine():
    told = {"what": "encoder", "seed": 0, "model_type": "bert", "architecture": "BertModel", "parameters": 9, "dim": 4}
    told |= {"length": 8, "weights": "w" * 64, "files": {}, "modality": "text", "difference": 0.0, "classes": []}
    told |= {"takes": "texts", "head": None, "onnx": {"file": None, "line": "no"}}
    recipe = {"encoder": {"name": "pretrained", "source": "/home/ada/secret/tiny"}, "finetune": {"reference": "hf:a/b"}}
    run = {"run": "r", "title": "T", "recipe": recipe}
    manifest = {"name": "d", "count": 3, "digest": "d" * 64}
    given = {"source": "/home/ada/secret/tiny", "digest": "f" * 64, "fresh": ["cls.x"]}
    broken = {"ok": False, "findings": [{"line": "leaf 3 was changed"}]}
    card = words.card(told, run, manifest, ["It did well."], given, broken)
    assert "started from the weights of `tiny`" in card
    assert "head was not among them" in card
    assert 'source = "tiny"' in card
    assert 'reference = "hf:a/b"' in card
    assert "secret" not in card
    assert "did not verify at this export: leaf 3 was changed" in card


@pytest.mark.usefixtures("here")
def test_the_ledger_knows_what_left(service, tmp_path):
    told = exporting.export_model(service, RUN, tmp_path / "model", what="encoder", seed=0)
    (event,) = service.events(RUN, "export")
    assert event["body"]["files"] == told["files"]
    assert set(told["files"]) >= {"README.md", "SHA256SUMS", "model.safetensors", "load.py", "score.py"}
    with pytest.raises(BadInput, match="expected a new or an empty folder"):
        exporting.export_model(service, RUN, tmp_path / "model", what="encoder", seed=0)
    with pytest.raises(BadInput, match="expected a finished pretraining of seed 9"):
        exporting.export_model(service, RUN, tmp_path / "other", what="encoder", seed=9)
    assert not [p.name for p in tmp_path.iterdir() if p.name == "other" or p.name.startswith(".export-")]
    assert len(service.events(RUN, "export")) == 1
    with pytest.raises(BadInput, match="export: "):
        service.keep_export(RUN, {"what": "everything"})

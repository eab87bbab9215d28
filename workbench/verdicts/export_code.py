"""Code that uses an exported model: what its card shows. Pure."""

from __future__ import annotations

from typing import Any

SHELL = """\
pip install -r requirements.txt
python score.py {files} -o predictions.csv
"""
PYTHON = """\
import torch
from load import load, read

model = load()
for names, inputs in read([{files!r}]):
    with torch.no_grad():
        {answer}
"""
ONNX = """\
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
outputs = session.run(None, {inputs})  # {outputs}
"""
POOLED = """\
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModel.from_pretrained(FOLDER).eval()


def embed(texts):
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None].float()
    return (states * mask).sum(1) / mask.sum(1).clamp_min(1)
"""
ENCODER = f"import torch\nfrom transformers import AutoModel, AutoTokenizer\n\n{POOLED}"
CLASSIFIER = f"""\
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

{POOLED}

def classify(texts):
    head = load_file(FOLDER + "/head.safetensors")
    return (embed(texts) @ head["weight"].T + head["bias"]).softmax(1)  # columns: model.config.id2label
"""
LANGUAGE_MODEL = """\
import torch
from transformers import {loader}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = {loader}.from_pretrained(FOLDER).eval()


def logits(texts):
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        return model(**batch).logits
"""


def snippet(told: dict[str, Any]) -> str:
    """What stands under "Use": the shell, Python, ONNX where there is one, and plain Transformers for its models."""
    plain = _block(f'FOLDER = "."  # where this file lies\n{transformers(told)}') if told.get("model_type") else ""
    if told["what"] == "language-model":
        return plain
    files = "NEW_FILES"
    answer = "features = model(*inputs)  # N x d" if told["what"] == "encoder" else _answers(told)
    parts = [
        f"New files ({told['takes']}) become {'features' if told['what'] == 'encoder' else 'predictions'}:",
        _block(SHELL.format(files=files), "sh"),
        "In Python:",
        _block(PYTHON.format(files="NEW_FILE", answer=answer)),
    ]
    if told["onnx"]["file"]:
        names = [f'"{name}": {name}' for name in told["onnx"]["inputs"]]
        given = "{" + ", ".join(names) + "}"
        outputs = ", ".join(told["onnx"]["outputs"])
        parts += [
            "With another runtime, on arrays as `read` gives them:",
            _block(ONNX.format(inputs=given, outputs=outputs)),
        ]
    return "\n\n".join([*parts, *(["With plain Transformers:", plain] if plain else [])])


def transformers(told: dict[str, Any]) -> str:
    """Code that loads the folder `FOLDER` with plain Transformers."""
    if told["what"] == "language-model":
        masked = told["architecture"].endswith("MaskedLM")
        return LANGUAGE_MODEL.format(loader="AutoModelForMaskedLM" if masked else "AutoModelForCausalLM")
    return CLASSIFIER if told.get("head") == "linear" and told["classes"] else ENCODER


def _answers(told: dict[str, Any]) -> str:
    meant = 'probabilities of model.told["classes"]' if told["classes"] else "numbers"
    return f"answers = model(*inputs)  # {meant}\n        features = model.embed(*inputs)  # N x d"


def _block(text: str, language: str = "python") -> str:
    return f"```{language}\n{text.rstrip()}\n```"

"""Why a text model decides as it does: closed forms, the stage on a trained classifier, the warm worker's answers."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from backend.attribution import attention, layer_integrated_gradients, token_occlusion
from backend.attribution._evaluate import FRACTIONS
from backend.attribution._generation import explain_prompt
from backend.attribution._measures import FEWEST_WORDS, rank_correlation
from backend.attribution._parts import curves
from backend.attribution._text import Sentences, by_word, sentences
from backend.attribution._text_evaluate import inverse_document_frequency, word_rarity
from backend.encoders._text import Tokens
from backend.engine.job import Job, Stopped
from backend.engine.supervised import train_classifier
from backend.engine.weights import build_classifier, build_encoder, save_classifier, save_encoder, text_spec
from backend.interactive import answer as ask
from backend.recipe import Choice, Recipe
from backend.registry import plugin
from backend.stages import attribute
from backend.stages.modality.text import explain as text
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events
from backend.workspace.layout import BadInput, Workspace
from tests.conftest import WORDS, make_texts

METHODS = ["layer_integrated_gradients", "token_occlusion", "attention"]


class BagOfWords(nn.Module):
    """Two logits, the sum of w . embedding ** power over the tokens and its negative: scores have a closed form."""

    def __init__(self, power: int):
        super().__init__()
        torch.manual_seed(0)
        embedding = nn.Embedding(12, 4)
        self.encoder = nn.Module()
        self.encoder.embedding, self.power = embedding, power
        self.weights = nn.Parameter(torch.randn(4))

    def forward(self, tokens: Tokens):
        states = self.encoder.embedding(tokens.ids) ** self.power * tokens.mask[:, :, None]
        total = (states @ self.weights).sum(dim=1)
        return torch.stack([total, -total], dim=1)


# [CLS] a bc [SEP], where "bc" are two pieces, and a longer text; 1 is the blank
TEXTS = Sentences(
    Tokens(torch.tensor([[2, 5, 6, 7, 3, 0], [2, 8, 9, 10, 11, 3]]), torch.tensor([5, 6])),
    torch.tensor([[-1, 0, 1, 1, -1, -1], [-1, 0, 1, 2, 3, -1]]),
    [[(0, 1), (2, 4)], [(0, 1), (1, 2), (2, 3), (3, 4)]],
    blank=1,
)
TARGET = torch.tensor([0, 1])


def closed_form(model: BagOfWords) -> torch.Tensor:
    value = model.encoder.embedding.weight**model.power @ model.weights
    gain = value[TEXTS.tokens.ids] - value[TEXTS.blank]
    return (gain * torch.tensor([[1.0], [-1.0]]) * (TEXTS.words >= 0)).detach()


@pytest.mark.parametrize("power", [1, 2, 3])
def test_integrated_gradients_of_a_bag_of_words_are_its_terms(power):
    model = BagOfWords(power)
    found = layer_integrated_gradients.attribute(model, TEXTS, TARGET, layer_integrated_gradients.Params())
    torch.testing.assert_close(found.scores, closed_form(model), rtol=1e-4, atol=1e-5)
    assert found.errors.max() < 1e-3
    assert found.layer == "encoder.embedding"


def test_occluding_a_word_takes_all_its_pieces():
    model = BagOfWords(2)
    found = token_occlusion.attribute(model, TEXTS, TARGET, token_occlusion.Params())
    for merged, true in zip(by_word(found.scores, TEXTS), by_word(closed_form(model), TEXTS), strict=True):
        np.testing.assert_allclose(merged, true, rtol=1e-4, atol=1e-5)
    assert found.scores[0, 2] == found.scores[0, 3]


def test_rollout_follows_attention_through_the_layers():
    swap = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(attention.rollout(swap.expand(1, 1, 2, 2))[0], torch.full((2, 2), 0.5))
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    found = attention.rollout(first.expand(3, 1, 2, 2))[0]
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0], [7 / 8, 1 / 8]]))


def test_words_go_and_come_back_in_the_order_of_the_scores():
    model = BagOfWords(1)
    scores = by_word(closed_form(model), TEXTS)
    found = curves(model, TEXTS, TARGET, scores)
    whole = model(TEXTS.tokens).softmax(dim=1).gather(1, TARGET[:, None])[:, 0].detach()
    bare = model(TEXTS.without(TEXTS.words >= 0)).softmax(dim=1).gather(1, TARGET[:, None])[:, 0].detach()
    for way, first, last in (("deletion", whole, bare), ("insertion", bare, whole)):
        assert found[way].shape == (2, len(FRACTIONS))
        np.testing.assert_allclose(found[way][:, 0], first, rtol=1e-5)
        np.testing.assert_allclose(found[way][:, -1], last, rtol=1e-5)
    halfway = TEXTS.tokens.ids[1].clone()
    for word in np.argsort(-scores[1])[:2]:
        halfway[TEXTS.words[1] == word] = TEXTS.blank
    half = model(Tokens(halfway[None], torch.tensor([6]))).softmax(dim=1)[0, 1].item()
    assert found["deletion"][1, len(FRACTIONS) // 2] == pytest.approx(half, rel=1e-5)


def test_rank_correlation_of_texts_leaves_out_the_short_ones():
    a, b = np.arange(FEWEST_WORDS, dtype=float), np.arange(FEWEST_WORDS - 1, dtype=float)
    np.testing.assert_array_equal(rank_correlation([a, b, a], [2 * a, b, -a]), [1, np.nan, -1])


def test_a_word_is_as_rare_as_its_rarest_piece():
    rarity = torch.arange(12, dtype=torch.float64)
    assert [own.tolist() for own in word_rarity(TEXTS, rarity)] == [[5, 7], [8, 9, 10, 11]]
    counted = SimpleNamespace(vocabulary=SimpleNamespace(size=3), ids=lambda texts: [[0, 0], [0, 1], [0]])
    found = inverse_document_frequency(counted, [["a", "b", "c"]])
    torch.testing.assert_close(found, torch.log(torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A classifier of the tiny reviews, whose label one word decides: (its state, its spec, its tokenizer)."""
    dataset = make_texts(Artefacts(tmp_path_factory.mktemp("store")))
    kind = plugin("tokenizers", "wordpiece")
    tokenizer = kind.call(kind.params(vocabulary=200, length=24), [dataset.texts], Choice(name="bert"))
    choice = Choice(name="bert", width=32, layers=1, heads=2)
    kind = plugin("encoders", "bert")
    encoder = kind.call(kind.params(**choice.params), tokenizer.vocabulary)
    spec = text_spec(choice, encoder, "0" * 64, dataset.classes)
    model = build_classifier(spec, build_encoder(spec, seed=0))
    tokens, rows = tokenizer.encode(dataset.texts), dataset.rows("train")
    val, labels = dataset.rows("val"), torch.from_numpy(dataset.labels.copy())
    train_classifier(
        model,
        tokens[rows],
        labels[rows],
        tokens[val],
        labels[val],
        augmentation=None,
        steps=80,
        lr=2e-3,
        weight_decay=0.01,
        seed=0,
        batch_size=32,
        device="cpu",
        patience=10,
    )
    return model, spec, tokenizer


def told(root, trained, **attribution) -> Job:
    """A job whose study has just trained its classifiers: the trained one for both arms."""
    model, spec, tokenizer = trained
    workspace = Workspace.open(root)
    folder, artefacts = workspace.run("t1"), Artefacts(workspace.artefacts)
    folder.checkpoints.mkdir(parents=True)
    recipe = Recipe.model_validate({"data": {"name": "reviews"}, "attribution": attribution})
    job = Job(folder, recipe, make_texts(artefacts), "cpu", EventLog(folder.events), artefacts)
    saved = artefacts.put_json("tokenizer", tokenizer.as_dict())
    for arm in ("scratch_aug", "ssl"):
        stored = save_classifier(artefacts, f"classifier/{arm}", model, {**spec, "tokenizer": saved.sha256})
        job.events.append("classifier", {"arm": arm, "fraction": 1.0}, [stored], key=f"{arm}/1.0")
    return job


@pytest.fixture(scope="module")
def job(tmp_path_factory, trained):
    """The stage has run."""
    job = told(tmp_path_factory.mktemp("explained") / "ws", trained, methods=METHODS, examples=12)
    attribute.run(job)
    return job


@pytest.fixture
def workspace(job):
    return Workspace(job.folder.path.parent.parent)


def events(job, kind: str):
    return {e["key"]: e for e, _ in read_events(job.folder.events) if e["kind"] == kind}


def scores(job, event, method: str):
    """{row: {word: score}} of one method."""
    table = job.artefacts.table(next(s["sha256"] for s in event["subjects"] if s["role"].endswith(method))).to_pandas()
    return {row: dict(zip(own["word"], own["score"], strict=True)) for row, own in table.groupby("row")}


def test_the_word_that_decides_gets_the_largest_share(job):
    found = events(job, "attribution")
    assert list(found) == [f"{arm}/{m}" for arm in ("ssl", "scratch_aug") for m in METHODS]
    body = found["ssl/layer_integrated_gradients"]["body"]
    assert set(job.dataset.table["split"][body["rows"]]) == {"test"}
    assert body["cut"] == [False] * 12
    assert np.mean(np.array(body["label"]) == body["predicted"]) > 0.8
    # without words a classifier says one of its two classes anyway: words decide where it then says the other
    decided = [i for i, bare in enumerate(body["bare"]) if bare < 0.5 and body["label"][i] == body["predicted"][i]]
    assert len(decided) >= 4
    deciding = {*WORDS["good"], *WORDS["bad"]}
    for method in METHODS[:2]:
        own = scores(job, found[f"ssl/{method}"], method)
        each = [own[body["rows"][i]] for i in decided]
        assert np.mean([max(of, key=lambda w, of=of: abs(of[w])) in deciding for of in each]) > 0.8, method
    assert max(body["completeness"]["errors"][i] for i in decided) <= 0.01
    assert found["ssl/attention"]["body"]["completeness"] is None


def test_scores_name_the_words_as_they_stand_in_the_text(job):
    event = events(job, "attribution")["ssl/token_occlusion"]
    table = job.artefacts.table(event["subjects"][0]["sha256"])
    assert table.column_names == ["row", "word", "start", "end", "score"]
    for word in table.to_pylist():
        assert job.dataset.texts[word["row"]][word["start"] : word["end"]] == word["word"] != ""


def test_the_controls_fail_beside_the_methods_that_pass(job):
    event = events(job, "attribution.controls")["ssl"]
    body = event["body"]
    every = {*METHODS, "random_scores", "word_rarity"}
    for measure in ("randomisation", "deletion", "insertion", "faithfulness", "verdict", "agreement"):
        assert set(body[measure]) == every
    passed = {name for name, verdict in body["verdict"].items() if verdict["passes"]}
    assert {"layer_integrated_gradients", "token_occlusion"} <= passed
    assert not {"random_scores", "word_rarity"} & passed
    assert body["randomisation"]["word_rarity"] == pytest.approx(1)
    assert body["planted"] is body["planted_mean"] is body["planted_area"] is None
    assert [s["role"] for s in event["subjects"]] == ["scores/ssl/random_scores", "scores/ssl/word_rarity"]
    assert "words that it ranks high" in body["verdict"]["attention"]["why"]
    json.dumps(body, allow_nan=False)


def test_a_stopped_stage_goes_on_where_it_was(tmp_path, trained, monkeypatch):
    job = told(tmp_path / "ws", trained, methods=METHODS[1:], examples=4)
    real, calls = text.Explaining.explain, []

    def stop_after_one(room, arm, name):
        real(room, arm, name)
        calls.append(name)
        if len(calls) == 1:
            room.job.stop.set()

    monkeypatch.setattr(text.Explaining, "explain", stop_after_one)
    with pytest.raises(Stopped):
        attribute.run(job)
    monkeypatch.undo()
    assert len(events(job, "attribution")) == 1
    job.events.close()
    job.events = EventLog(job.folder.events)
    job.stop.clear()
    attribute.run(job)
    keys = [(e["kind"], e["key"]) for e, _ in read_events(job.folder.events)]
    assert len(keys) == len(set(keys))
    assert len(events(job, "attribution")) == 4
    assert len(events(job, "attribution.controls")) == 2


@pytest.fixture
def question(job):
    classifier = events(job, "classifier")["ssl/1.0"]["subjects"][0]["sha256"]
    return {"kind": "attribute", "classifier": classifier, "methods": METHODS[:2]}


def test_the_warm_worker_explains_a_row_as_the_stage_did(job, workspace, question):
    event = events(job, "attribution")["ssl/layer_integrated_gradients"]
    row = event["body"]["rows"][3]
    found = ask({**question, "dataset": job.dataset.manifest, "rows": [row]}, workspace)
    assert [s.role for s in found["subjects"]] == [f"scores/{m}" for m in METHODS[:2]]
    table = job.artefacts.table(found["subjects"][0].sha256).to_pandas()
    whole = scores(job, event, "layer_integrated_gradients")[row]
    assert dict(zip(table["word"], table["score"], strict=True)) == pytest.approx(whole, rel=1e-2, abs=1e-4)
    assert found["result"]["predicted"] == [event["body"]["predicted"][3]]
    assert found["result"]["label"] == [event["body"]["label"][3]]
    json.dumps(found["result"], allow_nan=False)


def test_the_warm_worker_explains_what_a_person_types(job, workspace, question):
    text = "I found it SPLENDID\n and so warm. " + "again and " * 20
    result = ask({**question, "texts": [text, "dull"]}, workspace)["result"]
    assert result["rows"] is None
    assert result["label"] == [-1, -1]
    assert result["cut"] == [True, False]
    assert result["classes"] == ["bad", "good"]
    assert result["predicted"] == [1, 0]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"texts": []}, "list of 1 to 32 texts"),
        ({"texts": ["a"] * 33}, "list of 1 to 32 texts"),
        ({"texts": ["a", 7]}, "found int"),
        ({"texts": ["a" * 20_001]}, "found 20,001 characters"),
        ({"texts": ["good", " \n"]}, "none in text 2"),
        ({"texts": ["a"], "methods": ["saliency"]}, r"expected some of attention, .*found \['saliency'\]"),
        ({}, "expected dataset, rows"),
        ({"texts": ["a"], "classifier": "0" * 64}, "expected an artefact"),
    ],
)
def test_a_wrong_question_gets_one_line(workspace, question, change, line):
    with pytest.raises(BadInput, match=line):
        ask({**question, **change}, workspace)


@pytest.fixture(scope="module")
def causal():
    """A causal model that has learnt: after red things stop, after green things go."""
    texts = [
        f"the {colour} {thing} {does}"
        for colour, does in (("red", "stops"), ("green", "goes"))
        for thing in ("car", "bus")
    ]
    kind = plugin("tokenizers", "bpe")
    tokenizer = kind.call(kind.params(vocabulary=320, min_frequency=1, length=16), [texts], Choice(name="gpt2"))
    kind = plugin("encoders", "gpt2")
    torch.manual_seed(0)
    choice = Choice(name="gpt2", width=32, layers=2, heads=2, dropout=0.0)
    encoder = kind.call(kind.params(**choice.params), tokenizer.vocabulary)
    ids = [torch.tensor([[tokenizer.vocabulary.separator, *own]]) for own in tokenizer.ids(texts)]
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=5e-3)
    for step in range(160):
        own = ids[step % len(ids)]
        logits = encoder.logits(encoder.hidden(Tokens(own))[0, :-1])
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, own[0, 1:]).backward()
        optimizer.step()
    return encoder.eval(), tokenizer, text_spec(choice, encoder, "0" * 64, [])


def test_a_continuation_is_explained_by_the_word_that_made_it(causal):
    encoder, tokenizer, _ = causal
    prompt = "the green bus"
    found = explain_prompt(encoder, tokenizer, prompt, " goes")
    assert [prompt[a:b] for a, b in found.spans] == ["the", "green", "bus"]
    assert found.scores.shape == (len(found.tokens), 3)
    assert found.scores[0, 1] > 1 > found.scores[0, 0].abs()
    assert np.prod(found.probabilities) > 0.5
    start = torch.tensor([[tokenizer.vocabulary.separator, *tokenizer.ids(["the bus"])[0]]])
    with torch.no_grad():
        left = encoder.logits(encoder.hidden(Tokens(start))[0, -1]).log_softmax(0)[found.tokens[0]]
    expected = np.log(found.probabilities[0]) - left.item()
    assert found.scores[0, 1].item() == pytest.approx(expected, rel=1e-3)


def test_a_token_that_is_part_of_a_letter_or_special_is_explained_too(causal):
    encoder, tokenizer, _ = causal
    assert len(explain_prompt(encoder, tokenizer, "the {red} car", "é 中 [SEP]").tokens) > 4


def test_without_a_continuation_the_likeliest_next_token_is_explained(causal, workspace):
    encoder, tokenizer, spec = causal
    artefacts = Artefacts(workspace.artefacts)
    saved = artefacts.put_json("tokenizer", tokenizer.as_dict())
    stored = save_encoder(artefacts, "encoder/ssl/0", encoder, {**spec, "tokenizer": saved.sha256})
    asked = {"kind": "attribute_generation", "encoder": stored.sha256, "prompt": "the red"}
    result = ask(asked, workspace)["result"]
    assert result["words"] == [{"start": 0, "end": 3}, {"start": 4, "end": 7}]
    (token,) = result["tokens"]
    assert 0 < token["probability"] <= 1
    assert len(token["scores"]) == 2
    for change, line in (
        ({"prompt": " "}, "expected words"),
        ({"prompt": "the red car " * 9}, "at most 16 tokens"),
        ({"prompt": 3}, "expected a text"),
        ({"target": 3}, "question.target"),
    ):
        with pytest.raises(BadInput, match=line):
            ask({**asked, **change}, workspace)


def test_a_model_that_reads_both_ways_has_no_continuation(trained):
    model, _, tokenizer = trained
    with pytest.raises(BadInput, match="expected a causal language model"):
        explain_prompt(model.encoder, tokenizer, "the film", None)


def test_words_of_the_tokenizer_have_their_places(trained):
    _, _, tokenizer = trained
    found = sentences(tokenizer, ["She isn't  zxqy!"], "cpu")
    assert ["She isn't  zxqy!"[a:b] for a, b in found.spans[0]] == ["She", "isn", "'", "t", "zxqy", "!"]
    assert found.blank == tokenizer.vocabulary.mask

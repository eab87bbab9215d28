"""How likely a language model finds words and sentences, in batches.

Masked models are asked for a word at a place whose token is hidden. Causal models see no right context and are asked
for whole sentences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import torch

from ..encoders._text import Tokens
from ._base import Context, Skip

BATCH = 64  # inputs in one pass
PAIRS = 32  # sentence pairs whose questions are held at once
HELD_OUT, COUNTED = 64, 2000  # texts on which a model is compared with word frequencies, and from which these are


@dataclass(frozen=True)
class Question:
    """Token ids with the token at `place` hidden; asked is the probability of each of `wanted` there."""

    ids: list[int]
    place: int
    wanted: tuple[int, ...]


def need_head(context: Context) -> None:
    """Refuse a model that can be asked neither for a hidden word nor for a whole sentence."""
    if not context.encoder.causal and context.tokenizer.vocabulary.mask is None:
        raise Skip("the tokenizer has no mask token, so the model cannot be asked for a hidden word")


@torch.no_grad()
def answers(context: Context, questions: list[Question]) -> list[np.ndarray]:
    """Log-probabilities of the wanted tokens at the hidden places, one array a question."""
    found: list[np.ndarray] = [np.empty(0)] * len(questions)
    order = sorted(range(len(questions)), key=lambda i: len(questions[i].ids))
    encoder = context.encoder.to(context.device).eval()
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        rows = [list(questions[i].ids) for i in part]
        for row, i in zip(rows, part, strict=True):
            row[questions[i].place] = context.tokenizer.vocabulary.mask
        states = encoder.hidden(padded(context, rows))
        places = torch.tensor([questions[i].place for i in part], device=context.device)
        logs = encoder.logits(states[torch.arange(len(part), device=context.device), places]).float().log_softmax(1)
        for row, i in zip(logs, part, strict=True):
            found[i] = row[list(questions[i].wanted)].cpu().numpy()
    return found


@torch.no_grad()
def token_logs(context: Context, rows: list[list[int]]) -> list[np.ndarray]:
    """Log-probabilities under a causal model of every token but the first of each row of token ids, given those before
    it: one array a row, float64, one number shorter than the row."""
    found: list[np.ndarray] = [np.empty(0)] * len(rows)
    encoder = context.encoder.to(context.device).eval()
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        tokens = padded(context, [rows[i] for i in part])
        logs = encoder.logits(encoder.hidden(tokens)[:, :-1]).float().log_softmax(2)
        said = logs.gather(2, tokens.ids[:, 1:, None])[:, :, 0].double().cpu().numpy()
        for row, i in zip(said, part, strict=True):
            found[i] = row[: len(rows[i]) - 1]
    return found


def sentence_logs(context: Context, rows: list[list[int]]) -> np.ndarray:
    """Log-likelihood of each row of token ids under a causal model, float64 N, given its first token: what begins a
    text (`rows_of`), so that the first word counts."""
    return np.array([logs.sum() for logs in token_logs(context, rows)])


def padded(context: Context, rows: list[list[int]]) -> Tokens:
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.full((len(rows), int(lengths.max())), context.tokenizer.vocabulary.pad, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
    return Tokens(ids, lengths).to(context.device)


def rows_of(context: Context, texts: list[str]) -> list[list[int]]:
    """Token ids of each text framed as the encoder saw texts in training, without padding."""
    tokens = context.tokenizer.encode(texts)
    return [row[:length].tolist() for row, length in zip(tokens.ids, tokens.lengths, strict=True)]


def spot(context: Context, text: str, start: int, end: int) -> tuple[list[int], int] | None:
    """(token ids of the text, place of the word at characters start to end).

    None where the word is not a single token that the tokenizer knows, or was cut off.
    """
    pieces = context.tokenizer.pieces(text)
    here = [i for i, p in enumerate(pieces) if not p.special and p.start < end and p.end > start]
    if len(here) != 1:
        return None
    ids = rows_of(context, [text])[0]
    return None if ids[here[0]] == context.tokenizer.vocabulary.unk else (ids, here[0])


def preferences(context: Context, pairs: list[tuple[tuple[str, int, int], tuple[str, int, int]]]) -> np.ndarray:
    """How much likelier the first of two sentences is that differ in one word, in nats; float64 N.

    pairs: ((text, start, end), (text, start, end)), the characters of the word. A masked model is asked for both words
    at their hidden place, a causal one for both sentences. NaN where a word is not a single known token or where the
    model cannot tell the sentences apart.
    """
    need_head(context)
    known: list[int] = []
    asked: list[Question] = []
    for i, (a, b) in enumerate(pairs):
        one, other = spot(context, *a), spot(context, *b)
        if one and other and one[1] == other[1] and len(one[0]) == len(other[0]) and one[0] != other[0]:
            known.append(i)
            asked.append(Question(one[0], one[1], (one[0][one[1]], other[0][other[1]])))
    found = np.full(len(pairs), np.nan)
    for start in range(0, len(known), BATCH):
        context.tick(start, len(known))
        part = slice(start, start + BATCH)
        if context.encoder.causal:
            texts = [text for i in known[part] for text in (pairs[i][0][0], pairs[i][1][0])]
            logs = sentence_logs(context, rows_of(context, texts)).reshape(-1, 2)
        else:
            logs = np.stack(answers(context, asked[part]))
        found[known[part]] = logs[:, 0] - logs[:, 1]
    return found


def sentence_scores(context: Context, pairs: list[tuple[str, str]]) -> np.ndarray:
    """Scores of two sentences each, N x 2; only their order means something.

    Masked models: pseudo-log-likelihood of the tokens that both share, each hidden in turn (Nangia et al. 2020,
    EMNLP). Causal models: log-likelihood of the whole sentence.
    """
    need_head(context)
    found = np.zeros((len(pairs), 2))
    for start in range(0, len(pairs), PAIRS):
        context.tick(start, len(pairs))
        part = pairs[start : start + PAIRS]
        rows = rows_of(context, [text for pair in part for text in pair])
        if context.encoder.causal:
            found[start : start + len(part)] = sentence_logs(context, rows).reshape(-1, 2)
            continue
        questions, owners = [], []
        for i in range(len(part)):
            for side, question in shared_questions(context, rows[2 * i], rows[2 * i + 1]):
                questions.append(question)
                owners.append((start + i, side))
        for (row, side), logs in zip(owners, answers(context, questions), strict=True):
            found[row, side] += logs[0]
    return found


def shared_questions(context: Context, a: list[int], b: list[int]) -> Iterable[tuple[int, Question]]:
    """(0 or 1, question) for every token that both sentences share, special ones left out."""
    special = set(context.tokenizer.vocabulary.special) - {context.tokenizer.vocabulary.unk}
    for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        for k in range(block.size):
            if a[block.a + k] not in special:
                yield 0, Question(a, block.a + k, (a[block.a + k],))
                yield 1, Question(b, block.b + k, (b[block.b + k],))


def fluency(context: Context) -> dict[str, float | int] | None:
    """Does the head know the language at all? Nats per token of held-out texts under the model and under the tokens'
    frequencies alone; None without texts.

    A model that does no better than frequencies has learnt nothing that a test set of sentences could show.
    """
    dataset, rng = context.dataset, np.random.default_rng(context.seed)
    held_out = [dataset.texts[i] for i in dataset.rows("val")[:HELD_OUT]]
    train = [dataset.texts[i] for i in dataset.rows("train")[:COUNTED]]
    if not held_out or not train:
        return None
    size = context.tokenizer.vocabulary.size
    counts = np.ones(size)
    for row in context.tokenizer.ids(train):
        counts += np.bincount(row, minlength=size)
    frequency = np.log(counts / counts.sum())
    rows, special = rows_of(context, held_out), set(context.tokenizer.vocabulary.special)
    places = [[i for i, token in enumerate(row) if token not in special] for row in rows]
    if context.encoder.causal:
        said = [row[i] for row, at in zip(rows, places, strict=True) for i in at]
        told = zip(token_logs(context, rows), places, strict=True)
        model = sum(logs[i - 1] for logs, at in told for i in at) / max(1, len(said))
    else:
        hidden = [(row, int(i)) for row, at in zip(rows, places, strict=True) if at for i in rng.choice(at, 4)]
        said = [row[i] for row, i in hidden]
        logs = answers(context, [Question(row, i, (row[i],)) for row, i in hidden])
        model = np.mean([found[0] for found in logs]) if logs else np.nan
    if not said:
        return None
    return {"model": -float(model), "frequency": -float(frequency[said].mean()), "tokens": len(said)}

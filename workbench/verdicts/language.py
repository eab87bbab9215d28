"""What a language model has learnt, in words. Pure: event bodies (docs/events.md) -> sentences."""

from __future__ import annotations

from typing import Any

from backend.data.identity import holds_slur
from backend.workspace.formats import decimal, duration, interval, percent, points

MOST_UNKNOWN = 0.01  # share of [UNK] among the tokens from which it is warned of
CONTEXT = {"unigram": "none", "bigram": "one", "trigram": "two"}


def sentence(readings: list[dict[str, Any]], baselines: dict[str, Any] | None) -> str:
    """How far the last reading of one seed is, against what counting reaches on the same tokens."""
    if not readings:
        note = (baselines or {}).get("note")
        return f"No reading of the language model: {note}." if note else "No reading of the language model yet."
    last = readings[-1]
    if last["loss"] is None:
        return f"The last reading of the language model failed: {last['note']}."
    models = (baselines or {}).get("models") or []
    if last["masked_accuracy"] is not None:
        return _masked(last, models)
    return _causal(last, models)


def _causal(last: dict[str, Any], models: list[dict[str, Any]]) -> str:
    """Models stand in the order of their context: unigram, bigram, trigram."""
    loss = f"Validation loss {decimal(last['loss'])} nats a token"
    beaten = [m for m in models if last["loss"] < m["loss"]]
    if not models:
        return f"{loss}; nothing to compare it with yet."
    best = min(models, key=lambda m: m["loss"])
    if not beaten:
        worst = max(models, key=lambda m: m["loss"])
        return f"{loss}, not below the {worst['name']}'s {decimal(worst['loss'])}: it does not use the context yet."
    if best in beaten:
        if not _certain(last):
            return f"{loss}, below the {best['name']}'s {decimal(best['loss'])}, but not by more than chance explains."
        return (
            f"{loss}, below the {best['name']}'s {decimal(best['loss'])} (difference {interval(_difference(last))}): "
            f"it uses more than {CONTEXT.get(best['name'], 'few')} tokens of context."
        )
    nearest = min(beaten, key=lambda m: m["loss"])
    return (
        f"{loss}, below the {nearest['name']}'s {decimal(nearest['loss'])} but not the {best['name']}'s "
        f"{decimal(best['loss'])}: counting still does better."
    )


def _masked(last: dict[str, Any], models: list[dict[str, Any]]) -> str:
    guessed = f"It guesses {percent(last['masked_accuracy'])} of the masked tokens right"
    if not models:
        return f"{guessed}; nothing to compare it with yet."
    best = max(models, key=lambda m: m["accuracy"])
    counting = f"counting ({best['name']}) reaches {percent(best['accuracy'])}"
    if last["masked_accuracy"] <= best["accuracy"]:
        return f"{guessed}, and {counting}: it does not use more than its neighbours yet."
    if not _certain(last):
        return f"{guessed}, and {counting}: not different by more than chance explains."
    return (
        f"{guessed}; {counting} (difference {points(_difference(last))}): it reads more than the neighbouring tokens."
    )


def _certain(last: dict[str, Any]) -> bool:
    found = _difference(last)
    low, high = found.get("low"), found.get("high")
    return low is not None and (high < 0 or low > 0)


def _difference(last: dict[str, Any]) -> dict[str, Any]:
    """The model minus the best baseline, in the units of what it is measured by."""
    return (last.get("against") or {}).get("difference") or {}


def numbers(last: dict[str, Any]) -> str:
    """The line beneath the curves: what the sentence rests on."""
    if last["loss"] is None:
        return ""
    parts = [f"Step {last['step']:,}", f"{last['tokens']:,} held-out tokens guessed"]
    parts.append(f"loss {decimal(last['loss'], 3)} nats (perplexity {_perplexity(last['perplexity'])})")
    parts.append(f"{percent(last['accuracy'])} right")
    if last["bits_per_byte"] is not None:
        parts.append(f"{decimal(last['bits_per_byte'], 3)} bits a byte")
    elif last["masked_accuracy"] is None and last.get("note"):
        parts.append(last["note"])
    return " · ".join(parts)


def unknown(tokenizer: dict[str, Any]) -> str:
    """A warning where the tokenizer does not know much of the texts; nothing otherwise."""
    shares = tokenizer.get("unknown") or {}
    split = max(shares, key=shares.get, default=None)
    if split is None or shares[split] <= MOST_UNKNOWN:
        return ""
    where = {"train": "training", "val": "validation"}[split]
    return (
        f"{percent(shares[split])} of the tokens of the {where} texts are [UNK]: the model sees nothing of what "
        "stood there. A tokenizer by bytes (bpe) knows every text."
    )


def counted(baselines: dict[str, Any]) -> str:
    """On what the baselines were counted, and how long that took."""
    some = "" if baselines["counted"] == baselines["corpus"] else f", a sample of {baselines['corpus']:,}"
    kind = "guesses from neighbours" if baselines["language"] == "masked" else "interpolated Kneser-Ney n-grams"
    seconds = duration(baselines["seconds"]) if baselines["seconds"] >= 1 else "less than a second"
    return (
        f"Baselines: {kind}, counted on {baselines['counted']:,} training tokens{some} in "
        f"{seconds}, judged on the same {baselines['tokens']:,} tokens as the model."
    )


def layers(reading: dict[str, Any]) -> str:
    """What the layers' numbers say, in one sentence."""
    found = [one for one in reading["layers"] if one["anisotropy"] is not None]
    if not found:
        return "The layers' states are no finite numbers."
    last, whole = found[-1], reading.get("sentences") or {}
    texts = (
        f"; of whole texts, the embeddings: {decimal(whole['anisotropy'])} and {whole['effective_rank']:.0f}"
        if whole.get("anisotropy") is not None
        else ""
    )
    return (
        f"In the last layer two tokens' states have a mean cosine of {decimal(last['anisotropy'])}, and their "
        f"effective rank is {last['effective_rank']:.0f} of {last['dim']} dimensions{texts}. High cosines are normal "
        "in language models (Ethayarajh 2019): judge them together with the loss."
    )


def stopped(sample: dict[str, Any]) -> str:
    return {
        "length": "It stopped at the number of tokens asked for.",
        "end of text": "It ended the text itself.",
        "context full": "It stopped where its context ends.",
        "filled": "Each [MASK] is filled as if the others stayed masked.",
    }.get(sample["stopped"], "")


def truth(sample: dict[str, Any]) -> str:
    """What stood at the masks of a held-out text."""
    return "The text had: " + ", ".join(sample["truth"]) if sample.get("truth") else ""


def offends(sample: dict[str, Any]) -> bool:
    """Whether anything that a sample shows, on hover too, holds a slur."""
    tokens = sample["tokens"]
    likely = [other["text"] for token in tokens for other in token.get("alternatives") or ()]
    written = "".join(token["text"] for token in tokens)
    return any(map(holds_slur, [sample.get("prompt") or "", written, *likely, *(sample.get("truth") or ())]))


def _perplexity(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"

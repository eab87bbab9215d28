"""Bias of a language model, probed with fixed sentences, with swapped terms and through its embeddings: one file a
probe."""

"""Bias of a language model, probed with fixed sentences: one file a test set."""

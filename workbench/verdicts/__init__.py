"""Numbers in, the plain sentence on top of a page out. Pure functions, no markup.

A sentence states the finding, its interval and what it rests on; when the honest answer is "no significant
difference" or "not enough data", it says that.

One file a page, or a part of one under the name of what it speaks of: slices and probes on the page Bias, maps on
Embeddings, arms on whatever compares models. `run.sentences` collects what a run came to, for the shell and documents.
"""

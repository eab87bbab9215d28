"""Numbers in, the plain sentence on top of a page out. One file a page; pure functions, no markup.

A sentence states the finding, its interval and what it rests on; when the honest answer is "no significant
difference" or "not enough data", it says that.
"""

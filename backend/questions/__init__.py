"""Questions that a person waits for: one file a kind of question, asked of the warm worker."""

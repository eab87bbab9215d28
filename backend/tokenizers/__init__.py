"""How text becomes tokens: one file a way to train a tokenizer, or to take a model's own."""

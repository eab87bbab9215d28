"""Which tokens a masked language model must guess: one file a policy."""

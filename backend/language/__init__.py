"""Language models as such: what n-grams reach on the same tokens, readings by token frequency and layer, generation."""

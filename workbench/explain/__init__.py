"""What the explain page is made of: explained images, explained texts, explained continuations of a prompt."""

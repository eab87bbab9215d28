"""The parts of the page "Which settings suit this data?"."""

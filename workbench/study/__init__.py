"""The parts of the page "Did pretraining help?"."""

"""The parts of the page Runs: its table, what is done with the runs that are chosen, and their comparison."""

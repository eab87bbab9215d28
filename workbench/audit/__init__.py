"""The parts of the Audit page: the state of the record, the events, one event opened, what waits for a decision."""

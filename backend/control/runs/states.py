"""The states of a run: queued -> running -> succeeded | failed | cancelled | lost (then queued again)."""

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "lost")
ENDED = ("succeeded", "failed", "cancelled")

"""What the events say together: no gap in a run, no clock moved back, one chain of keys, one of checkpoints."""

from datetime import datetime, timedelta

from .faults import Bad
from .notes import key_read, note_read, note_signed

TOLERANCE = timedelta(minutes=5)  # by which clocks are set right without an alarm
# Kinds of events that no worker may write.
SERVERS = ("store.", "job.", "user.", "review.", "dossier.", "checkpoint.", "key.", "payload.", "report.")


class Record:
    """What is held from one event to the next."""

    def __init__(self):
        self.next_seq, self.run_time, self.server_time = {}, {}, ""
        self.keys, self.subjects, self.redacted, self.logged = [], {}, set(), []

    def take(self, leaf, run, seq, time, kind, told, subjects):
        where = f"leaf {leaf}, run {run}: "
        if seq is None:
            latest, self.server_time = self.server_time, max(self.server_time, time)
            if run is not None:
                self.run_time.setdefault(run, time)
        else:
            if kind.startswith(SERVERS):
                raise Bad(f"{where}authority: a worker says {kind}, which is the server's to say")
            expected = self.next_seq.get(run, 0)
            if run is not None and seq != expected:
                raise Bad(f"{where}gap: expected event {expected} of the run, found {seq}")
            self.next_seq[run] = seq + 1
            latest = self.run_time.get(run, "")
            self.run_time[run] = max(latest, time)
        if time < latest and datetime_read(latest) - datetime_read(time) > TOLERANCE:
            raise Bad(f"{where}clock: the time {time} comes after {latest}")
        if kind == "payload.redacted":
            self.redacted.add(told["leaf"])
        elif kind == "checkpoint.signed":
            self.logged.append((leaf, told["number"], told["size"], told["root"]))
        elif told is not None:
            self.keys.append((leaf, self.key(kind, told, where)))
        for subject in subjects or ():
            self.subjects.setdefault((subject["sha256"], subject["type"]), leaf)

    def key(self, kind, told, where):
        if (kind == "key.created") != (not self.keys):
            raise Bad(where + "a first key where there is one, or an exchange where there is none")
        new = key_read(told["key"])
        if kind == "key.rotated":
            old = self.keys[-1][1]
            text, signatures = note_read(told["note"].encode(), where + "the exchange of the key")
            note_signed(text, signatures, old, where + "the exchange of the key")
            if text.split("\n")[1:3] != [old[0], told["key"]] or new[0] != old[0]:
                raise Bad(where + "the old key signed another one than the new")
        return new

    def key_at(self, size):
        found = [key for leaf, key in self.keys if leaf < size]
        if not found:
            raise Bad(f"no key speaks for the first {size} events")
        return found[-1]


def datetime_read(time):
    try:
        return datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        raise Bad("a time that is none: " + time[:40]) from None

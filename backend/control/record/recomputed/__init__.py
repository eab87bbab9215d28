"""What verification recomputes of all that lies beside the leaves: one check a subject.


Each is made from a snapshot and the workspace. What pages show of runs, data sets and people they fold from the leaves
themselves; these checks name what would contradict it, so that nobody tampers unseen where nothing is believed.
"""

from .course import Course
from .files import Files
from .keys import Keys
from .secrets import Secrets
from .tables import Form, Payloads, Processes
from .workers import Workers

CHECKS = (Form, Workers, Course, Secrets, Payloads, Processes, Files, Keys)

__all__ = ["CHECKS", "Course", "Files", "Form", "Keys", "Payloads", "Processes", "Secrets", "Workers"]

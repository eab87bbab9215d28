"""What is told of a new or a changed user, checked: names, roles, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...workspace.layout import BadInput, check_name
from .people_record import Person
from .permissions import ROLES

RESERVED = {"local", "worker", "supervisor", "server", "system", "admin", "witness"}  # actors that are no person
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


def free_name(name: str, known: Iterable[Person]) -> str:
    """A user's name that nobody has. Raises BadInput."""
    check_name(name, "user")
    if name.casefold() in {person.name.casefold() for person in known} | RESERVED:
        raise BadInput(f"user: expected a name that is free, found {name!r}")
    return name


def free_email(email: str, known: Iterable[Person]) -> str:
    """An address that no user has, in its one form. Raises BadInput."""
    if not isinstance(email, str) or not EMAIL.fullmatch(email.strip()) or not email.isprintable():
        raise BadInput(f"e-mail: expected an address, found {str(email)[:80]!r}")
    email = email.strip().casefold()
    if any(person.email == email for person in known):
        raise BadInput(f"e-mail: expected one that no user has, found {email!r}")
    return email


def check_role(role: str) -> None:
    if role not in ROLES:
        raise BadInput(f"role: expected {', '.join(ROLES)}, found {str(role)[:40]!r}")

"""Who may do what: the one table. The API, the explorer's routes and the pages ask it; docs/people.md repeats it.

A person has one role, and may administer besides. In single-user mode there is one caller, `LOCAL`, who may do all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...workspace.layout import BadInput

ROLES = ("viewer", "scientist", "reviewer", "auditor")
ADMIN = "admin"  # a right beside the role, not a role
SINGLE = "single user"


@dataclass(frozen=True)
class Permission:
    """What a permission lets a person do, and whom it is given to (roles, or ADMIN)."""

    does: str
    given: frozenset[str]


def _to(does: str, *given: str) -> Permission:
    return Permission(does, frozenset(given))


PERMISSIONS = {
    "read": _to("look at data, runs, events, figures, maps, reports and reviews", *ROLES),
    "account": _to("change the own password, make and revoke own API tokens", *ROLES),
    "register": _to("register data", "scientist"),
    "submit": _to("start runs, and resume those that ended badly", "scientist"),
    "cancel": _to("cancel runs", "scientist"),
    "label": _to("rename, tag, annotate and put away runs", "scientist"),
    "select": _to("keep selections", "scientist"),
    "ask": _to("ask the warm worker, and for a review", "scientist"),
    "report": _to("build and complete reports, hand out models", "scientist"),
    "review": _to("approve, reject or send back", "reviewer"),
    "ledger": _to("read the whole ledger, the events about people among it", "auditor"),
    "verify": _to("verify the record", "scientist", "reviewer", "auditor"),
    "export": _to("write checkpoints and audit bundles", "auditor"),
    "redact": _to("remove a personal payload from the record", ADMIN),
    "key": _to("exchange the key that signs the ledger's checkpoints", ADMIN),
    "people": _to("add and disable people, change their roles, make and revoke their tokens", ADMIN),
}


class Forbidden(BadInput):
    """The caller is known and may not do this: one line."""


@dataclass(frozen=True)
class Caller:
    """Who asks; `name` is the actor of what is written for them.

    made_by: who made the API token by which they come; None where they came by none. session: by what they are known, a
    cookie's digest or a token's beginning.
    """

    name: str
    role: str
    admin: bool = False
    made_by: str | None = field(default=None, compare=False)
    session: str = field(default="", compare=False, repr=False)

    def may(self, permission: str) -> bool:
        given = PERMISSIONS[permission].given
        return self.role == SINGLE or self.role in given or (self.admin and ADMIN in given)

    def must(self, permission: str) -> None:
        """Raises Forbidden."""
        if not self.may(permission):
            raise Forbidden(refusal(self, permission))


LOCAL = Caller("local", SINGLE, admin=True)


def refusal(caller: Caller, permission: str) -> str:
    """Why the caller may not: 'To start runs, the role scientist is needed; anna is a viewer'."""
    wanted, known = PERMISSIONS[permission], [role for role in (*ROLES, ADMIN) if role in PERMISSIONS[permission].given]
    return f"To {wanted.does}: expected the role {' or '.join(known)}, found {caller.role} ({caller.name})"


def may_change(caller: Caller, name: str) -> None:
    """A person changes their own account; an administrator everybody's. Raises Forbidden."""
    if caller.name != name:
        if not caller.may("people"):
            raise Forbidden(f"account {name}: expected its owner or an administrator, found {caller.name}")
    else:
        caller.must("account")

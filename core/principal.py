"""Who asks, and who can read the answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The person who asks, and what they may do. The default is nobody, who has no role and no organisation.

    `person` is a learner's id, `organisation` the one they act in, `roles` theirs in it.
    """

    person: str = ""
    organisation: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who can read a reply: everyone at `address` (the text form of an address), which is one person where it is `private`."""

    address: str = ""
    private: bool = False


NOBODY = Principal()
UNKNOWN_AUDIENCE = Audience()

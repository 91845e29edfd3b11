"""What happens to people's accounts. ``object_code`` is the user's, duty's or organisation's public code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class UserEvent(Event):
    object_kind: ClassVar[str] = "user"
    user_id: int


class UserRegistered(UserEvent): ...


class RegistrationRepeated(UserEvent):
    """Somebody registered with a phone or e-mail that already has an account; its owner is told, nobody else."""


class UserSignedIn(UserEvent): ...


class UserSignedOut(UserEvent): ...


class SecondStepAsked(UserEvent):
    """The password was right; the code is asked for. Without a following UserSignedIn: somebody knows the password."""


class SecondFactorEnrolled(UserEvent): ...


class SecondFactorRemoved(UserEvent): ...


class SecondFactorReset(UserEvent):
    """An operator took away a factor that its owner has lost."""


class RecoveryCodeUsed(UserEvent): ...


@dataclass(frozen=True, kw_only=True)
class SignInRefused(UserEvent):
    """A wrong password, or an account that is disabled or does not exist (then ``object_code`` is empty)."""


class PasswordChanged(UserEvent): ...


@dataclass(frozen=True, kw_only=True)
class PasswordResetAsked(UserEvent):
    """``link_token`` goes into the outbox message alone; the audit trail does not keep it."""

    link_token: str


class UserDisabled(UserEvent): ...


class UserEnabled(UserEvent): ...


@dataclass(frozen=True, kw_only=True)
class UserClosed(UserEvent):
    """Announced before the person's words go, so that every feature forgets its part - or refuses.

    ``wants_anonymity``: pages of needs are to name this donor no more.
    """

    wants_anonymity: bool


class ContactChanged(UserEvent):
    """Name or office phone, as the person's own page shows them."""


@dataclass(frozen=True, kw_only=True)
class DutyEvent(Event):
    object_kind: ClassVar[str] = "duty"
    user_id: int


class DutyRequested(DutyEvent): ...


class DutyGranted(DutyEvent): ...


class DutyRefused(DutyEvent): ...


class DutyEnded(DutyEvent): ...


@dataclass(frozen=True, kw_only=True)
class InvitationEvent(Event):
    object_kind: ClassVar[str] = "invitation"


class OfficerInvited(InvitationEvent): ...


class InvitationAccepted(InvitationEvent): ...


class InvitationWithdrawn(InvitationEvent): ...


@dataclass(frozen=True, kw_only=True)
class OrganisationEvent(Event):
    object_kind: ClassVar[str] = "organisation"
    organisation_id: int


class OrganisationRegistered(OrganisationEvent): ...


class OrganisationVerified(OrganisationEvent): ...


class OrganisationRefused(OrganisationEvent): ...

"""The nouns of people and sign-in."""

from itsm.accounts.models.account import RoleGrant, UserAccount
from itsm.accounts.models.group import Group, GroupMember
from itsm.accounts.models.person import Person
from itsm.accounts.models.session import OneTimeCode, SignInAttempt, UserSession

__all__ = [
    "Group",
    "GroupMember",
    "OneTimeCode",
    "Person",
    "RoleGrant",
    "SignInAttempt",
    "UserAccount",
    "UserSession",
]

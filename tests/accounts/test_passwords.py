"""What stands in for the hash of a name that nobody has."""

from __future__ import annotations

from argon2 import PasswordHasher, extract_parameters

from itsm.accounts.services import passwords


def test_a_name_that_nobody_has_costs_what_a_real_one_costs_and_never_matches() -> None:
    maker = PasswordHasher()
    stand_in = passwords._nobodys(maker)
    assert extract_parameters(stand_in) == extract_parameters(maker.hash("four ordinary words here"))
    assert not passwords.matches(stand_in, "four ordinary words here")
    assert not passwords.matches(None, "four ordinary words here")
    assert passwords._nobodys(maker) != stand_in

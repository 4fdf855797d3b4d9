"""What is read about people: visible to whom, listed, and in detail."""

from itsm.accounts.queries.people import get_person, list_people, people_named, visible_people

__all__ = ["get_person", "list_people", "people_named", "visible_people"]

"""The nouns of custom fields."""

from itsm.fields.models.field import CustomField

__all__ = ["CustomField"]

"""Where the pages of insight hang."""

from flask import Blueprint

bp = Blueprint("insight", __name__)

"""Where the pages of tickets hang: the desk's under /tickets, the employees' at the root."""

from flask import Blueprint

desk = Blueprint("tickets", __name__, url_prefix="/tickets")
employees = Blueprint("portal", __name__)

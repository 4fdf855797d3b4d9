"""Where the pages of the register hang: the staff's under /assets, the network's under /network, the label's under /a."""

from flask import Blueprint

from itsm.kernel.actor import Role

register_pages = Blueprint("assets", __name__, url_prefix="/assets")
network_pages = Blueprint("network", __name__, url_prefix="/network")
tag_pages = Blueprint("asset_tags", __name__, url_prefix="/a")

READERS = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.BUYER, Role.AUDITOR)
"""Who may look through the register."""
NETWORK_READERS = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
"""Who may look at the network as a whole."""
WRITERS = (Role.TECHNICIAN, Role.ASSET_MANAGER)
"""Who may knock where assets are changed; the policy says to what."""

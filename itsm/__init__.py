"""IT asset and helpdesk service management: discovery, assets and tickets in one product."""

"""factory_boy factories, one a model. They need an open transaction (the ``work`` fixture)."""

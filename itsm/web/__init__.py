"""The web floor: gate, rendering, forms, listings, refusals. No word of any feature."""

"""Custom fields: what a customer wants to write down that we did not think of."""

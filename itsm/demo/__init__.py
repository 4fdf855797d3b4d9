"""The demonstration company: people, history and a simulated network."""

"""What the simulated computers answer over SSH."""

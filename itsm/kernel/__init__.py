"""The kernel: clock, actor, policy, events, refusals, text. Pure values; standard library only."""

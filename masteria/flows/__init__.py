"""The only network callers: claim, talk to the outside, record. No transaction is open while they wait."""

"""The commands, the process tree and everything that starts Masteria on one machine."""

"""The outside world on loopback: Meta's Graph API and the customers' phones. A server of its own; all in memory.

It follows Meta's published shapes (Cloud API, Graph v20 to v29, November 2026) closely enough that the production
adapter cannot tell it apart, and it counts what it accepted: the ground truth for crash tests and benchmarks.
Start it with `masteria.sandbox.__main__.main(argv)` or, without a command line, `masteria.sandbox.server.serve`.
"""

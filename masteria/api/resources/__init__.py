"""The REST resources: parse, call one action or query, answer. One router a file."""

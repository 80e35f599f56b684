"""One file a resource: parse, one action or query, answer. No rules and no SQL live here."""

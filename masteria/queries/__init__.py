"""The only readers for screens and the API: small frozen rows, never table objects, nothing changed."""

"""The only writers of the database: one function a verb, one transaction, no network, no errors caught."""

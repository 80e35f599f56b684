"""The desk: who acts, for which company, in which transaction, and what follows."""

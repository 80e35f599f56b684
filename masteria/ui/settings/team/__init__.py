"""The team's pages of the settings: people, invites, teams, roles."""

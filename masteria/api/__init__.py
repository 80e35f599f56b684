"""HTTP beside the screens: REST, webhooks, sign-in routes, health."""

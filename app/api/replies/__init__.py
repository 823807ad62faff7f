"""The shapes of responses, in modules that are named like the routes."""

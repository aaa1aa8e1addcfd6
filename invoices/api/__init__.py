"""The REST API, version 1: thin views over the same services as the screens."""

"""The OAuth accounts server: people, clients, codes, tokens, the consent page."""

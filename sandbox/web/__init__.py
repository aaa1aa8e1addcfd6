"""The web pages of the sandbox: mini Bigin, mini Books, sign-in. HTML only; the APIs are elsewhere."""

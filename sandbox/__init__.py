"""A stateful stand-in for Zoho: accounts, Bigin v2, Books v3, Invoice v3, a mini Bigin. It shares no code with it."""

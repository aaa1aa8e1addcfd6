"""A stateful stand-in for Zoho: accounts server, Bigin v2, Books v3, Invoice v3 and a mini Bigin. Shares no code with the product."""

"""What the screens show, read from the tables: no network, no writes, a fixed number of statements for each screen."""

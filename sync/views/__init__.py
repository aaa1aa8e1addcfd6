"""The sync's screens: each view is guard, form, one service, render or redirect. They read by `sync.queries`."""

"""The screens of documents: each view is guard, form, one service, render or redirect."""

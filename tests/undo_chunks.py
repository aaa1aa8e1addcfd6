"""Undo of a run as a worker prepares it, in tests that have only few records."""

from __future__ import annotations

import pytest

from sync import tasks, undo_run


def of_size(monkeypatch: pytest.MonkeyPatch, records: int) -> list[int]:
    """So many records a chunk, none in the request; the ids that are queued."""
    monkeypatch.setattr(undo_run, "IN_REQUEST", 0)
    monkeypatch.setattr(undo_run, "CHUNK", records)
    queued: list[int] = []
    monkeypatch.setattr(tasks.take_back, "delay", queued.append)
    return queued

"""Bigin v2 as a stateful engine: organisations, records, metadata, notifications. HTTP assembly lives in `sandbox.app`."""

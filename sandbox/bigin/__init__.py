"""Bigin v2 as a stateful engine: records, metadata, notifications. HTTP assembly lives in `sandbox.app`."""

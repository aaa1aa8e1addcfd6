"""The world of the proofs, for longer."""

from tests.sync_proof.conftest import world

__all__ = ["world"]

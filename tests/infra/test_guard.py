"""The fixture that refuses HTTP inside a transaction, in tests with and without pytest-django's own one."""

import pytest
from django.db import transaction

from tests.conftest import refuse_open_transaction
from zoho import client


def test_the_guard_is_in_force() -> None:
    assert client.before_send[-1] is refuse_open_transaction


@pytest.mark.django_db
def test_the_wrapping_transaction_of_a_test_does_not_count() -> None:
    refuse_open_transaction()
    with transaction.atomic(), pytest.raises(AssertionError, match="HTTP inside a transaction"):
        refuse_open_transaction()
    refuse_open_transaction()


@pytest.mark.django_db(transaction=True)
def test_an_open_transaction_counts() -> None:
    refuse_open_transaction()
    with transaction.atomic(), pytest.raises(AssertionError, match="HTTP inside a transaction"):
        refuse_open_transaction()
    refuse_open_transaction()

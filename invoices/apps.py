"""The app's entry in INSTALLED_APPS."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "invoices"

    def ready(self) -> None:
        from invoices import seen_deals  # noqa: PLC0415 - models may be imported from here on
        from sync import deals  # noqa: PLC0415

        deals.told_by(seen_deals.of_company)

"""What goes in and out of the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from invoices import deals, ordering
from invoices.models import Document, DocumentKind
from sync.models import Issue, Module, ModuleSetting, Run


class ModuleShape(serializers.ModelSerializer[ModuleSetting]):
    class Meta:
        model = ModuleSetting
        fields = (
            "module",
            "mode",
            "started_at",
            "paused_at",
            "next_run_at",
            "last_sync_at",
            "pushed_to_books_at",
            "pushed_to_bigin_at",
        )
        read_only_fields = fields


class StatusShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    bigin_organization = serializers.CharField()
    books_organization = serializers.CharField()
    product = serializers.CharField()
    state = serializers.CharField()
    problem = serializers.CharField()
    open_issues = serializers.IntegerField()
    modules = ModuleShape(many=True)


class RunShape(serializers.ModelSerializer[Run]):
    counts = serializers.DictField()
    calls = serializers.DictField(child=serializers.IntegerField())
    modules = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Run
        fields = (
            "id", "kind", "series", "modules", "trigger", "state", "stage", "started_at", "finished_at", "counts",
            "calls", "problem",
        )  # fmt: skip
        read_only_fields = fields


class IssueShape(serializers.ModelSerializer[Issue]):
    record_label = serializers.CharField(source="record.label", default="")

    class Meta:
        model = Issue
        fields = ("id", "module", "kind", "code", "reason", "advice", "state", "record_label", "created_at")
        read_only_fields = fields


class SyncWish(serializers.Serializer[Any]):
    modules = serializers.ListField(
        child=serializers.ChoiceField(choices=Module.choices),
        required=False,
        max_length=2,
        help_text="Which modules to synchronise; all when left out.",
    )


class SyncAnswer(serializers.Serializer[Any]):
    result = serializers.ChoiceField(choices=["queued", "running", "not_started", "paused"])


class DocumentShape(serializers.ModelSerializer[Document]):
    """`state` is ours (queued, creating, checking, unconfirmed, refused, stands …), `status` is Books' own; `error`
    says in words what is the matter and what to do."""

    error = serializers.SerializerMethodField()
    warnings = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Document
        fields = (
            "id", "kind", "state", "error", "warnings", "books_id", "number", "status", "reference", "date", "due_date",
            "currency", "total", "balance", "customer_id", "customer_name", "record_module", "record_id", "url",
            "modified_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_error(self, document: Document) -> str:
        return ordering.explained(document)


class LineWish(serializers.Serializer[Any]):
    item_id = serializers.CharField(
        max_length=40, required=False, validators=[RegexValidator(r"^[0-9]{1,40}\Z", "Not an id of Books.")]
    )
    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=2000, required=False)
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, default=Decimal(1))
    rate = serializers.DecimalField(max_digits=18, decimal_places=6)


class DocumentWish(serializers.Serializer[Any]):
    """What is left out is taken from the record: a deal's products, its customer, today."""

    key = serializers.RegexField(
        r"^[A-Za-z0-9_-]{1,36}\Z",
        help_text="One key is one document: sent again with the same key, the first one is answered, and one that Books"
        " did not confirm is looked for again.",
    )
    module = serializers.ChoiceField(choices=deals.MODULES)
    record_id = serializers.RegexField(r"^[0-9]{1,40}\Z")
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    send = serializers.BooleanField(default=False, help_text="E-mail it once it stands.")
    bill_again = serializers.BooleanField(default=False, help_text="Even though the deal was billed before.")
    date = serializers.DateField(required=False)
    end_date = serializers.DateField(required=False, help_text="Due, expiry or shipment date, by kind.")
    reference = serializers.CharField(max_length=50, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    terms = serializers.CharField(max_length=10000, required=False, allow_blank=True)
    lines = serializers.ListField(child=LineWish(), required=False, min_length=1, max_length=200)


class Problem(serializers.Serializer[Any]):
    detail = serializers.CharField()


class FieldProblems(serializers.Serializer[Any]):
    detail = serializers.CharField()
    wrong = serializers.DictField(child=serializers.CharField(), help_text="Field -> what is wrong with it.")

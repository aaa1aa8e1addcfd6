"""Our own lint tools see what they are there for, and let be what is fine."""

import pytest
from grimp import ImportGraph
from importlinter.domain.contract import ContractCheck

from devtools import gallery, lint_shape, lint_templates
from devtools.import_contracts import ImportsOnly, OnlyFrom


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('<a hx-on:click="go()">', "hx-on"),
        ('<a onclick="go()">', "on…="),
        ("<a onmouseover = 'go()'>", "on…="),
        ("""<a hx-vals='js:{"a": 1}'>""", "js:"),
        ('<a href="javascript:go()">', "js:"),
        ('<p style="color: red">', "inline style"),
        ("<STYLE>p {}</STYLE>", "inline style"),
        ("<script>go()</script>", "inline script"),
        ('<script\n  type="module">go()</script>', "inline script"),
        ('<form hx-trigger="click[ctrlKey], keyup">', "trigger filter"),
        ("{{ name|safe }}", "unescaped"),
        ("{% autoescape off %}", "unescaped"),
        ('<script src="https://cdn.example.com/x.js"></script>', "another host"),
    ],
)
def test_templates_offence(text: str, word: str) -> None:
    found = list(lint_templates.offences(f"<p>first line</p>\n{text}"))
    assert [(line, word in advice) for line, advice in found] == [(2, True)]


@pytest.mark.parametrize(
    "text",
    [
        '<script src="{% static "js/app.js" %}" defer></script>',
        '<form hx-post="/x" hx-trigger="change delay:200ms" hx-confirm="Is it on?">',
        "{# <script>never shown</script> #}",
        "{% comment %}\nstyle=\n{% endcomment %}",
        '<p class="on" data-style-name="x">json: on a = b</p>',
        '<a href="{{ document.url }}" target="_blank" rel="noopener">',
    ],
)
def test_templates_fine(text: str) -> None:
    assert list(lint_templates.offences(text)) == []


def test_templates_line_numbers_survive_comments() -> None:
    assert [line for line, _ in lint_templates.offences("{% comment %}\n\n{% endcomment %}\n<p style='a'>")] == [4]


def test_shape_counts_files_functions_and_notes() -> None:
    long_function = "def f():\n" + "    a = 1\n" * 60
    assert list(lint_shape.offences(long_function)) == [(1, "f has 61 lines, at most 60")]
    assert list(lint_shape.offences("def f():\n" + "    a = 1\n" * 59)) == []
    assert [line for line, _ in lint_shape.offences("a = 1\n" * 401)] == [401]
    assert list(lint_shape.offences("a = 1\n" * 400)) == []
    assert [line for line, _ in lint_shape.offences("a = 1\nb = 2  # " + "TO" + "DO later\n")] == [2]


def graph(*imports: tuple[str, str]) -> ImportGraph:
    made = ImportGraph()
    for importer, imported in imports:
        made.add_module(importer)
        made.add_module(imported)
        made.add_import(importer=importer, imported=imported, line_number=3, line_contents="")
    return made


def only_from(package: str, *modules: str) -> OnlyFrom:
    return OnlyFrom(name="n", session_options={}, contract_options={"package": package, "modules": list(modules)})


def imports_only(*modules: str) -> ImportsOnly:
    return ImportsOnly(name="n", session_options={}, contract_options={"modules": list(modules)})


def verdict(check: ContractCheck) -> tuple[bool, list[str]]:
    return check.kept, check.metadata["lines"]


def test_only_from_names_every_other_importer() -> None:
    contract = only_from("requests", "zoho.client")
    assert verdict(contract.check(graph(("zoho.client", "requests")), verbose=False)) == (True, [])
    both = graph(("zoho.client", "requests"), ("sync.engine", "requests"))
    assert verdict(contract.check(both, verbose=False)) == (False, ["sync.engine imports requests (line 3)"])


def test_only_from_refuses_a_module_that_is_gone() -> None:
    contract = only_from("requests", "zoho.client")
    assert verdict(contract.check(graph(("a", "b")), verbose=False)) == (False, ["there is no module zoho.client"])


def test_imports_only_allows_the_standard_library_and_its_own_kind() -> None:
    contract = imports_only("sync.plan", "sync.fields")
    fine = graph(("sync.plan", "sync.fields"), ("sync.plan", "decimal"), ("sync.fields", "collections"))
    assert verdict(contract.check(fine, verbose=False)) == (True, [])
    impure = graph(("sync.plan", "django"), ("sync.fields", "sync.models"))
    assert verdict(contract.check(impure, verbose=False)) == (
        False,
        ["sync.fields imports sync.models (line 3)", "sync.plan imports django (line 3)"],
    )


def test_gallery_groups_by_area_and_escapes() -> None:
    html = gallery.page(["sync-b.png", "accounts-<x>.png", "sync-a.png"])
    assert html.index("<h2>accounts</h2>") < html.index("<h2>sync</h2>")
    assert html.index('src="sync-a.png"') < html.index('src="sync-b.png"')
    assert 'src="accounts-&lt;x&gt;.png"' in html
    assert "<x>" not in html

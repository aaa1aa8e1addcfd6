"""Contracts import-linter lacks: a package that few may import, and modules that may import almost nothing."""

import sys

from grimp import ImportGraph
from importlinter.application import output
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck


def report(check: ContractCheck, graph: ImportGraph, offences: list[tuple[str, str]]) -> ContractCheck:
    lines = [
        f"{importer} imports {imported} (line {detail['line_number']})"
        for importer, imported in sorted(offences)
        for detail in graph.get_import_details(importer=importer, imported=imported)
    ]
    check.kept = check.kept and not lines
    check.metadata["lines"] = [*check.metadata.get("lines", []), *lines]
    return check


def unknown_modules(graph: ImportGraph, modules: set[str]) -> ContractCheck:
    """A contract on a module that is gone would hold for ever and guard nothing."""
    missing = sorted(modules - graph.modules)
    return ContractCheck(kept=not missing, metadata={"lines": [f"there is no module {name}" for name in missing]})


def render_lines(check: ContractCheck) -> None:
    for line in check.metadata["lines"]:
        output.print_error(line)


class OnlyFrom(Contract):
    """Only `modules` import `package` directly."""

    type_name = "only_from"
    package = fields.StringField()
    modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed: set[str] = set(self.modules)  # type: ignore[call-overload]
        package = str(self.package)
        importers = graph.find_modules_that_directly_import(package) if package in graph.modules else set()
        return report(unknown_modules(graph, allowed), graph, [(importer, package) for importer in importers - allowed])

    def render_broken_contract(self, check: ContractCheck) -> None:
        render_lines(check)


class ImportsOnly(Contract):
    """`modules` import the standard library and each other, and nothing else."""

    type_name = "imports_only"
    modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        pure: set[str] = set(self.modules)  # type: ignore[call-overload]
        allowed = pure | sys.stdlib_module_names
        offences = [
            (importer, imported)
            for importer in pure & graph.modules
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported not in allowed and imported.partition(".")[0] not in sys.stdlib_module_names
        ]
        return report(unknown_modules(graph, pure), graph, offences)

    def render_broken_contract(self, check: ContractCheck) -> None:
        render_lines(check)

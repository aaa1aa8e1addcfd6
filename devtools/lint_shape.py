"""The sizes this project keeps to: files of at most 400 lines, functions of at most 60, and no note about later."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 400, 60
LATER = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")


def offences(text: str) -> Iterator[tuple[int, str]]:
    """Line number and what is wrong there."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield len(lines), f"{len(lines)} lines, at most {FILE_LINES}: split the file by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {size} lines, at most {FUNCTION_LINES}"
    for number, line in enumerate(lines, 1):
        if LATER.search(line):
            yield number, "a note about later: do it or drop it"


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / line for line in listed.stdout.splitlines() if "/migrations/" not in line]
    return [file for file in files if file.exists()]


def main() -> int:
    lines = [
        f"{file.relative_to(ROOT)}:{line}: {problem}"
        for file in sources()
        for line, problem in offences(file.read_text(encoding="utf-8"))
    ]
    print("\n".join(lines) or "Shape: every file and function within its size.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes docs/conformance.md: each protocol requirement with the tests that prove it, or the reason why there is none.

A test claims a requirement by its name: `fn req_041_code_replay_revokes_the_tokens` in Rust (several numbers may stand
in a row: `req_066_067_..`), `req 041` or `req_041` in the title of a browser test. Titles and reasons stand in
docs/conformance.toml.

usage: scripts/conformance.py            writes the page
       scripts/conformance.py --check    fails when the page is stale, or a requirement has neither test nor reason
"""

import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/conformance.toml"
PAGE = ROOT / "docs/conformance.md"
SKIPPED = {"target", "node_modules", ".git"}
RUST_TEST = re.compile(r"#\[(?:tokio::)?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async\s+)?fn\s+(req(?:_\d{3})+\w*)")
NUMBERED = re.compile(r"(?<![a-zA-Z])req[ _](\d{3})((?:[ _,]+\d{3}(?!\d))*)")
TITLE = re.compile(r"""(?:\btest(?:\.\w+)*|\bit|\bdescribe)\(\s*(?P<quote>['"`])(?P<text>.*?)(?P=quote)""")
PYTHON_TEST = re.compile(r"\bdef\s+(\w*req_\d{3}\w*)")


def sources(folder: str, *suffixes: str):
    """The files below `folder` that end in one of `suffixes`, in a stable order."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in suffixes and not SKIPPED.intersection(path.relative_to(ROOT).parts):
            yield path


def numbers(name: str) -> list[int]:
    """The requirement numbers that a test's name or title claims."""
    found = []
    for match in NUMBERED.finditer(name):
        found += [int(match[1])] + [int(number) for number in re.findall(r"\d{3}", match[2])]
    return found


def claims() -> dict[int, list[tuple[str, str]]]:
    """Requirement number -> (file, test name), in a stable order."""
    proofs: dict[int, list[tuple[str, str]]] = {}

    def add(path: pathlib.Path, name: str) -> None:
        for number in numbers(name):
            proofs.setdefault(number, []).append((str(path.relative_to(ROOT)), name))

    for folder in ("app", "frontend", "migrations", "server"):
        for path in sources(folder, ".rs"):
            for match in RUST_TEST.finditer(path.read_text(encoding="utf-8")):
                add(path, match[1])
    for path in sources("end2end", ".ts", ".mjs", ".js", ".py"):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            named = [match[1] for match in PYTHON_TEST.finditer(text)]
        else:
            named = [match["text"] for match in TITLE.finditer(text)]
        if named_numbers := [name for name in named if numbers(name)]:
            for name in named_numbers:
                add(path, name)
        elif found := sorted({number for number in numbers_anywhere(text)}):
            # A script rather than a suite: the file itself is the proof.
            for number in found:
                proofs.setdefault(number, []).append((str(path.relative_to(ROOT)), ""))
    return {number: sorted(set(tests)) for number, tests in proofs.items()}


def numbers_anywhere(text: str):
    """The requirement numbers that a script names anywhere."""
    for match in NUMBERED.finditer(text):
        yield int(match[1])


def cell(text: str) -> str:
    """`text` inside a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def page(table: dict, proofs: dict[int, list[tuple[str, str]]]) -> tuple[str, list[str]]:
    """The page, and what is wrong with it."""
    titles = {int(number): title for number, title in table["titles"].items()}
    reasons = {int(number): reason for number, reason in table["reasons"].items()}
    problems = [f"requirement {number} has no title" for number in sorted(set(proofs) | set(reasons)) if number not in titles]
    proven = sum(1 for number in titles if number in proofs)
    lines = [
        "# Conformance",
        "",
        "Written by `scripts/conformance.py` from the names of the tests and `docs/conformance.toml`: do not edit.",
        "",
        f"{proven} of {len(titles)} requirements have a test; each of the others has its reason.",
    ]
    for section in table["sections"]:
        lines += ["", f"## {section['letter']}. {section['title']}", "", "| # | Requirement | Proof, or reason |", "|---|---|---|"]
        for number in range(section["first"], section["last"] + 1):
            tests = proofs.get(number, [])
            if not tests and number not in reasons:
                problems.append(f"requirement {number} ({titles.get(number)}) has neither a test nor a reason")
            parts = [f"`{path}`: {cell(name)}" if path.endswith((".ts", ".js", ".mjs")) else f"`{path}`: `{name}`" if name else f"`{path}`" for path, name in tests]
            if number in reasons:
                parts.append(f"*{cell(reasons[number])}*")
            lines.append(f"| {number} | {cell(titles.get(number, '?'))} | {'<br>'.join(parts)} |")
    return "\n".join(lines) + "\n", problems


def main() -> int:
    """Writes or checks the page."""
    if sys.argv[1:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    text, problems = page(tomllib.loads(TABLE.read_text(encoding="utf-8")), claims())
    for problem in problems:
        print(f"conformance: {problem}", file=sys.stderr)
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            print("conformance: docs/conformance.md is stale: run scripts/conformance.py and commit it", file=sys.stderr)
            return 1
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The documents say what is so: commands parse, links lead somewhere, files, keys, messages, metrics and tests exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QKeySequence
from typer.main import get_command

from coachdesk.cli import app
from coachdesk.ui.presenters.agent import QUICK_REASONS
from coachdesk.ui.presenters.settings import WHISPER_KEYS
from coachdesk.ui.views.agent_desk import REPLY_KEYS
from coachdesk.ui.views.wall import NUMBERED
from coachdesk.ui.wording import REMEDIES, REPLIES, coaching
from signaling.metrics import Metrics
from signaling.policy import Mode
from tests.ui.samples import MIA, call, with_mode

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "signaling" / "PROTOCOL.md"]
GUIDE = (ROOT / "docs" / "user-guide.md").read_text("utf-8")
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text("utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PAGE = (ROOT / "signaling" / "web" / "texts.js").read_text("utf-8")

Row = dict[str, str]


def tables(text: str, *columns: str) -> list[Row]:
    """The rows of every table that has all of ``columns``, each by the name of its column."""
    rows: list[Row] = []
    header: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not header or not cells:
            header = cells
        elif set(columns) <= set(header) and not set("".join(cells)) <= {"-", ":"}:
            rows.append(dict(zip(header, cells, strict=False)))
    return rows


# --- command lines ---


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def command_lines(text: str) -> Iterator[tuple[str, bool]]:
    """What calls CoachDesk in a document, and whether a reader would type it as it is: lines of code blocks are
    whole, code in running text may be the name of a command."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S):
        if language in ("", "sh", "ini"):
            yield from ((line, True) for line in block.splitlines() if _arguments(line))
    yield from (
        (code, False) for code in re.findall(r"`([^`\n]+)`", without_blocks(text)) if _arguments(code)
    )


def _arguments(line: str) -> list[str]:
    """The arguments of ``coachdesk`` in a command line; empty when it is none."""
    called = re.match(r"^(?:\w+=\S* )*(?:\S*/bin/|ExecStart=\S*/)?(?:python -m )?coachdesk (.*)", line)
    demo = re.match(r"^\./run (demo.*)", line)
    found = called or demo
    if found is None:
        return []
    typed = re.split(r" [|>&]", found[1])[0].translate(str.maketrans("", "", "[]"))
    return shlex.split(re.sub(r"\bN\b", "1", typed), comments=True)


PROGRAM = get_command(app)
LINES = sorted({found for path in DOCUMENTS for found in command_lines(path.read_text("utf-8"))})


def parse(command: Any, name: str, arguments: list[str], parent: Any = None) -> None:
    """Resolves command and options as the program would, without running anything. Raises a usage error."""
    context = command.make_context(name, list(arguments), parent)
    if hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, inner, rest = command.resolve_command(context, rest)
        parse(inner, name, rest, context)


def complaint(line: str, *, whole: bool) -> str:
    """What the command line says against ``line``. Not ``whole``: what is required may be left out."""
    try:
        parse(PROGRAM, "coachdesk", _arguments(line))
    except Exception as error:
        if whole or type(error).__name__ not in ("MissingParameter", "NoArgsIsHelpError"):
            return f"{type(error).__name__}: {error}"
    return ""


def test_command_lines_are_found() -> None:
    assert ("coachdesk token mia", True) in LINES
    assert any(line.startswith("ExecStart=") and whole for line, whole in LINES)
    assert any(line.startswith("./run demo --headless") for line, _ in LINES)


@pytest.mark.parametrize(("line", "whole"), LINES)
def test_a_command_line_is_understood(line: str, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COACHDESK_TOKEN", raising=False)
    assert complaint(line, whole=whole) == ""


@pytest.mark.parametrize(
    "line",
    [
        "coachdesk serve",
        "coachdesk server --prot 80",
        "coachdesk user add amy --role boss --team x",
        "coachdesk server --port many",
    ],
)
def test_a_wrong_command_line_is_noticed(line: str) -> None:
    assert complaint(line, whole=False)


def test_environment_variables_exist() -> None:
    source = "\n".join(
        path.read_text("utf-8")
        for folder in ("coachdesk", "signaling", "tests")
        for path in (ROOT / folder).rglob("*.py")
    )
    named = {name for path in DOCUMENTS for name in re.findall(r"COACHDESK_\w+", path.read_text("utf-8"))}
    assert {name for name in named if f'"{name}"' not in source} == set()


# --- links ---


def links(path: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", without_blocks(path.read_text("utf-8")))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("http")]


def anchors(path: Path) -> set[str]:
    """Those of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(path.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_readme_leads_to_every_document_and_shows_an_image() -> None:
    found = {(ROOT / link).resolve() for link in links(ROOT / "README.md")}
    assert set(DOCUMENTS) - {ROOT / "README.md"} <= found
    assert ROOT / "docs" / "images" / "supervisor.png" in found


def test_every_image_is_shown() -> None:
    shown = {(path.parent / link).resolve() for path in DOCUMENTS for link in links(path)}
    assert set((ROOT / "docs" / "images").iterdir()) <= shown


# --- deployment.md ---


def test_the_metrics_are_those_of_the_server() -> None:
    families = Metrics().registry.collect()
    real = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    named = set(re.findall(r"`(coachdesk_\w+)", DEPLOYMENT))
    assert named == real


# --- architecture.md ---


def listed_files() -> set[str]:
    """The paths in the table of files; a bare name is in the folder of the one before it."""
    found: set[str] = set()
    for row in tables(ARCHITECTURE, "file", "its one job"):
        folder = ""
        for name in re.findall(r"`([^`]+)`", row["file"]):
            if "/" in name.rstrip("/"):
                folder = name.rstrip("/").rpartition("/")[0] + "/"
                found.add(name)
            else:
                found.add(folder + name)
    return found


def test_every_file_in_the_table_exists() -> None:
    assert {name for name in listed_files() if not (ROOT / name).exists()} == set()


def test_every_module_is_in_the_table() -> None:
    listed = listed_files()
    folders = tuple(name for name in listed if name.endswith("/"))
    modules = {
        path.relative_to(ROOT).as_posix()
        for package in ("coachdesk", "signaling")
        for path in (ROOT / package).rglob("*.py")
        if not path.name.startswith("__")
    }
    assert {name for name in modules - listed if not name.startswith(folders)} == set()


# --- security.md ---


def test_every_test_it_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", SECURITY)
    assert len(named) > 40
    assert [
        pair for pair in named if not re.search(rf"^(async )?def {pair[1]}\(", _source(pair[0]), re.M)
    ] == []


def _source(name: str) -> str:
    path = ROOT / name
    return path.read_text("utf-8") if path.exists() else ""


# --- user-guide.md: keys ---

SOURCES = sorted((ROOT / "coachdesk" / "ui").rglob("*.py"))
TREES = [ast.parse(path.read_text("utf-8")) for path in SOURCES]


def calls(*names: str) -> Iterator[list[str | None]]:
    """The arguments of every call of a function, None for those that are not plain strings."""
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names:
                yield [str(arg.value) if isinstance(arg, ast.Constant) else None for arg in node.args]


def shown_key(key: str) -> str:
    return QKeySequence(key).toString()


@cache
def desktop_keys() -> set[tuple[str, str]]:
    """Key and words of every button, as far as the source has them as they are."""
    pairs = {
        (shown_key(key), words)
        for words, key, *_ in (args for args in calls("Action") if len(args) > 3)
        if key and words
    }
    pairs |= {("Esc", args[0]) for args in calls("add_close") if args and args[0]} | {("Esc", "Close")}
    pairs |= {(shown_key(REPLY_KEYS[reply]), words) for reply, words in REPLIES.items()}
    return pairs


def guide_keys(part: str) -> list[tuple[str, str]]:
    rows = [(row["key"], row["button"]) for row in tables(part, "key", "button")]
    return [(key.strip("`"), words) for key, words in rows if key]


DESK, CUSTOMER = GUIDE.split("\n## Customer\n")
CUSTOMER = CUSTOMER.split("\n## When something breaks\n")[0]


def test_every_key_of_the_guide_is_one_of_the_windows() -> None:
    plain = {shown_key(args[0]) for args in calls("QKeySequence") if args and args[0]}
    numbers = ("1` … `9", "Listen"), ("1` … `9", "*agent's name*")
    unknown = [
        (key, words)
        for key, words in guide_keys(DESK)
        if (key, words) not in desktop_keys()
        and (key, words) not in numbers
        and not (not words and key in plain)
    ]
    assert unknown == []
    assert NUMBERED == 9


def test_every_key_of_the_windows_is_in_the_guide() -> None:
    assert desktop_keys() - set(guide_keys(DESK)) == set()


def test_reasons_and_whisper_keys_are_in_the_guide() -> None:
    text = " ".join(GUIDE.split())
    assert all(f"`{number}` *{reason}*" in text for number, reason in enumerate(QUICK_REASONS, 1))
    assert all(f"`{key}`" in GUIDE for key in WHISPER_KEYS)


def test_the_keys_of_the_customers_page_are_its_own() -> None:
    room = (ROOT / "signaling" / "web" / "room.js").read_text("utf-8")
    keys = re.search(r"const KEYS = \{(.*?)\}", room)
    assert keys is not None
    assert {key.upper() for key in re.findall(r"(\w): \"", keys[1])} == {
        key for key, _ in guide_keys(CUSTOMER)
    }
    assert all(f'"{words}"' in PAGE for _, words in guide_keys(CUSTOMER))


# --- user-guide.md: messages ---


def said() -> list[re.Pattern[str]]:
    """What windows and page can say, with anything in the place of what is filled in."""
    patterns = [_pattern(re.split(r"\{\w+\}", text)) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', PAGE)]
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.append(_pattern([node.value]))
            elif isinstance(node, ast.JoinedStr):
                patterns.append(_pattern(list(_fixed_parts(node))))
    return [pattern for pattern in patterns if len(re.findall(r"\w", pattern.pattern)) > 4]


def _fixed_parts(text: ast.JoinedStr) -> Iterator[str]:
    part = ""
    for value in text.values:
        if isinstance(value, ast.Constant):
            part += str(value.value)
        else:
            yield part
            part = ""
    yield part


def _pattern(parts: list[str]) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, parts)))


def test_every_message_of_the_guide_is_said_somewhere() -> None:
    patterns = said()
    quoted = [row["it says"] for row in tables(GUIDE, "it says")]
    assert len(quoted) > 50
    assert [text for text in quoted if not any(pattern.fullmatch(text) for pattern in patterns)] == []


def test_the_banners_are_those_the_agent_is_shown() -> None:
    modes = (Mode.LISTEN, Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER)
    shown = [coaching(call(with_mode(MIA, mode))) for mode in modes]
    asked = ["You asked for help", "Mia sees to it"]
    assert [row["banner"] for row in tables(GUIDE, "banner")] == [
        *(each.title for each in shown if each),
        *asked,
    ]
    assert all(any(pattern.fullmatch(text) for pattern in said()) for text in asked)


def test_every_fault_has_its_place_in_the_guide() -> None:
    quoted = {row["it says"] for row in tables(GUIDE, "it says")}
    assert {title for title, _ in REMEDIES.values()} - quoted == set()
    titles = [title for title in re.findall(r'title: "([^"]+)"', PAGE) if "{" not in title]
    assert set(titles) - quoted == set()


def test_tables_are_tables() -> None:
    """Every line of a table has as many cells as its header: a stray bar would hide a cell."""
    for path in DOCUMENTS:
        lines = without_blocks(path.read_text("utf-8")).splitlines()
        for above, line in pairwise(lines):
            if above.startswith("|") and line.startswith("|"):
                bars = [len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", each))) for each in (above, line)]
                assert bars[0] == bars[1], f"{path.name}: {line}"

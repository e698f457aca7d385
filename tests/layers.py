"""Who imports whom, read from the source: the rules of docs/architecture.md over parsed modules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PURE = frozenset(
    {
        "coachdesk.annotation",
        "coachdesk.arrowshape",
        "coachdesk.call",
        "coachdesk.command",
        "coachdesk.commands",
        "coachdesk.event",
        "coachdesk.events",
        "coachdesk.gestures",
        "coachdesk.inkcommands",
        "coachdesk.inkevents",
        "coachdesk.inklog",
        "coachdesk.inkpeople",
        "coachdesk.inkroutes",
        "coachdesk.inkwire",
        "coachdesk.measuring",
        "coachdesk.media.briefing",
        "coachdesk.media.capturetime",
        "coachdesk.media.catchup",
        "coachdesk.media.connection.nack",
        "coachdesk.media.connection.outqueue",
        "coachdesk.media.connection.pacer",
        "coachdesk.media.connection.rate",
        "coachdesk.media.connection.red",
        "coachdesk.media.connection.reports",
        "coachdesk.media.connection.resend",
        "coachdesk.media.farear",
        "coachdesk.media.forward",
        "coachdesk.media.history",
        "coachdesk.media.jitter.arrival",
        "coachdesk.media.jitter.comfort",
        "coachdesk.media.jitter.incoming",
        "coachdesk.media.jitter.lateness",
        "coachdesk.media.jitter.splicer",
        "coachdesk.media.jitter.timescale",
        "coachdesk.media.mixer",
        "coachdesk.media.packet",
        "coachdesk.media.pcm",
        "coachdesk.media.picture.codes",
        "coachdesk.media.picture.encoding",
        "coachdesk.media.picture.pictureline",
        "coachdesk.media.picture.registration",
        "coachdesk.media.picture.thinning",
        "coachdesk.media.picture.videobuffer",
        "coachdesk.media.picture.vp8",
        "coachdesk.media.playout",
        "coachdesk.media.quality",
        "coachdesk.media.picture.smaller",
        "coachdesk.media.screenshare.content",
        "coachdesk.media.screenshare.damage",
        "coachdesk.media.screenshare.pointerview",
        "coachdesk.media.screenshare.screenfit",
        "coachdesk.media.screenshare.screenlimit",
        "coachdesk.media.screenshare.screenrate",
        "coachdesk.media.screenshare.screensizes",
        "coachdesk.media.soundcards.crossing",
        "coachdesk.media.soundcards.drift",
        "coachdesk.media.soundcards.resample",
        "coachdesk.media.soundcards.soundring",
        "coachdesk.media.soundcards.streamhealth",
        "coachdesk.media.speech",
        "coachdesk.media.talktime",
        "coachdesk.media.tracker",
        "coachdesk.media.tracking.align",
        "coachdesk.media.tracking.anchor",
        "coachdesk.media.tracking.atlas",
        "coachdesk.media.tracking.bend",
        "coachdesk.media.tracking.course",
        "coachdesk.media.tracking.evidence",
        "coachdesk.media.tracking.features",
        "coachdesk.media.tracking.fit",
        "coachdesk.media.tracking.flow",
        "coachdesk.media.tracking.frames",
        "coachdesk.media.tracking.geometry",
        "coachdesk.media.tracking.keyframe",
        "coachdesk.media.tracking.pattern",
        "coachdesk.media.tracking.points",
        "coachdesk.media.tracking.refine",
        "coachdesk.media.tracking.relocate",
        "coachdesk.media.tracking.rivals",
        "coachdesk.media.tracking.softness",
        "coachdesk.media.tracking.structure",
        "coachdesk.media.tracking.surface",
        "coachdesk.media.tracking.view",
        "coachdesk.media.whisper.backlog",
        "coachdesk.media.whisper.leakguard",
        "coachdesk.media.whisper.leakmeter",
        "coachdesk.media.whisper.polite",
        "coachdesk.media.whisper.preroll",
        "coachdesk.media.whisper.replay",
        "coachdesk.media.whisper.whispers",
        "coachdesk.quality_report",
        "coachdesk.routing",
        "coachdesk.screen.looks",
        "coachdesk.screen.masks",
        "coachdesk.screencommands",
        "coachdesk.screenevents",
        "coachdesk.screenrules",
        "coachdesk.screenwire",
        "coachdesk.shapes",
        "coachdesk.sketch",
        "coachdesk.soundcourse",
        "coachdesk.soundevents",
        "coachdesk.stillwire",
        "coachdesk.ui.zoom",
        "signaling.calls",
        "signaling.codes",
        "signaling.fields",
        "signaling.hub",
        "signaling.lobby",
        "signaling.pace",
        "signaling.photomessages",
        "signaling.photos",
        "signaling.pictureform",
        "signaling.policy",
        "signaling.presence",
        "signaling.protocol",
        "signaling.quality",
        "signaling.sharemessages",
        "signaling.sharing",
        "signaling.signalmessages",
        "signaling.state",
        "signaling.step",
        "signaling.views",
    }
)
"""Modules that decide and do no I/O: they import each other, ``PURE_PARTIES`` and harmless standard ones."""

PURE_PARTIES = frozenset({"cv2", "msgspec", "numpy"})
CODEC = "coachdesk.media.opus"
"""Loads a library, but is a function of its input after that: pure modules may import it."""

WORLD = frozenset(
    {"asyncio", "concurrent", "ctypes", "http", "multiprocessing", "select", "selectors", "signal", "socket"}
    | {"socketserver", "sqlite3", "ssl", "subprocess", "threading", "urllib"}
)
"""Standard modules that touch the world; no pure module imports one."""

QT = frozenset({"PySide6", "shiboken6", "qasync", "qtawesome"})
FOREIGN_INSIDES = ("aiortc", "aioice")
COMPAT = tuple(f"coachdesk.media.connection.{name}" for name in ("compat", "rtpin", "rtpout"))
UI = "coachdesk.ui"
SCREEN = "coachdesk.screen"
"""A program of its own, which captures by Qt; nothing imports it."""
CLI = "coachdesk.cli"


@dataclass(frozen=True)
class Import:
    """``target`` is a dotted name; of ``from a import b`` it is ``a.b``, a module or a name in one."""

    target: str
    line: int
    lazy: bool

    def reaches(self, module: str) -> bool:
        return self.target == module or self.target.startswith(module + ".")

    @property
    def root(self) -> str:
        return self.target.partition(".")[0]


class Module:
    """One parsed source file.

    Attributes:
        name: its dotted name.
        imports: all of it, wherever it stands: at the top, in a function, under ``TYPE_CHECKING``, or by
            ``import_module``.
    """

    def __init__(self, name: str, source: str, *, package: bool = False) -> None:
        self.name = name
        self.tree = ast.parse(source)
        self._package = name if package else name.rpartition(".")[0]
        self.imports = list(self._imports(self.tree, lazy=False))

    def _imports(self, node: ast.AST, *, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            yield from (Import(target, getattr(child, "lineno", 0), lazy) for target in self._targets(child))
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from self._imports(child, lazy=lazy or inside)

    def _targets(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (self._parent(node.level), node.module)))
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))

    def _parent(self, level: int) -> str:
        parts = self._package.split(".")
        return ".".join(parts[: len(parts) - level + 1]) if level else ""


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def read_modules(root: Path, *packages: str) -> list[Module]:
    """Every module of the packages below ``root``, parsed."""
    paths = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return [_read(root, path) for path in paths]


def _read(root: Path, path: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    package = parts[-1] == "__init__"
    return Module(".".join(parts[:-1] if package else parts), path.read_text("utf-8"), package=package)


def faults(module: Module) -> list[str]:
    """What ``module`` breaks of the layers; each fault one line with the place."""
    rules = (_signaling_alone, _pure, _no_qt, _screen_alone, _no_ui, _no_foreign_insides)
    return [f"{module.name}:{line}: {what}" for rule in rules for line, what in rule(module)]


def _signaling_alone(module: Module) -> Iterator[tuple[int, str]]:
    if module.name.split(".")[0] == "signaling":
        for each in module.imports:
            if each.reaches("coachdesk"):
                yield each.line, f"signaling imports {each.target}"


def _pure(module: Module) -> Iterator[tuple[int, str]]:
    if module.name in PURE:
        for each in module.imports:
            if not _harmless(each):
                yield each.line, f"a pure module imports {each.target}"


def _harmless(each: Import) -> bool:
    if each.root in ("coachdesk", "signaling"):
        return any(each.reaches(pure) for pure in PURE | {CODEC})
    return each.root in PURE_PARTIES or (each.root in sys.stdlib_module_names and each.root not in WORLD)


def _no_qt(module: Module) -> Iterator[tuple[int, str]]:
    if not _within(module, UI) and not _within(module, SCREEN):
        for each in module.imports:
            if each.root in QT:
                yield each.line, f"imports {each.target}, which only {UI} or {SCREEN} may"


def _screen_alone(module: Module) -> Iterator[tuple[int, str]]:
    if not _within(module, SCREEN):
        for each in module.imports:
            if each.reaches(SCREEN):
                yield each.line, f"imports {each.target}, a program of its own"


def _no_ui(module: Module) -> Iterator[tuple[int, str]]:
    if not _within(module, UI):
        for each in module.imports:
            if each.reaches(UI) and not (module.name == CLI and each.lazy):
                yield each.line, f"imports {each.target}, which only {CLI} may, inside a function"


def _within(module: Module, package: str) -> bool:
    return module.name == package or module.name.startswith(package + ".")


def _no_foreign_insides(module: Module) -> Iterator[tuple[int, str]]:
    """Private names of aiortc, aioice: imported, or used as attributes that this module does not define."""
    if module.name in COMPAT or module.name.split(".")[0] != "coachdesk":
        return
    for each in module.imports:
        if each.root in FOREIGN_INSIDES and any(part.startswith("_") for part in each.target.split(".")):
            yield each.line, f"imports {each.target}, which only {', '.join(COMPAT)} may"
    own = _own_names(module.tree) | {"_replace", "_asdict", "_fields"}
    safe = _other_libraries(module)
    if not any(each.root in FOREIGN_INSIDES for each in module.imports):
        safe |= {"self", "cls"}  # inherited from a module of ours
    for node in ast.walk(module.tree):
        name = _private_attribute(node, safe)
        if name and name not in own:
            yield (
                getattr(node, "lineno", 0),
                f"uses the private {name}; aiortc's are for {', '.join(COMPAT)} alone",
            )


def _private_attribute(node: ast.AST, safe: set[str]) -> str:
    """The private attribute that ``node`` uses of anything but the ``safe`` variables, or ""."""
    if isinstance(node, ast.Call) and _called(node) in ("getattr", "setattr", "hasattr", "delattr"):
        name = next((arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)), "")
    elif isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in safe:
            return ""
        name = node.attr
    else:
        return ""
    return str(name) if str(name).startswith("_") and not str(name).endswith("__") else ""


def _own_names(tree: ast.AST) -> set[str]:
    """Names this module defines: functions, classes, variables, and attributes set on ``self`` or ``cls``."""
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", "cls"):
            own |= {node.attr} if isinstance(node.ctx, ast.Store) else set()
    return own


def _other_libraries(module: Module) -> set[str]:
    """Names under which modules other than aiortc's are imported: their private parts are let be."""
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.partition(".")[0] not in FOREIGN_INSIDES
    }

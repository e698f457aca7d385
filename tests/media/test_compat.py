"""The contract with aiortc and aioice: what happens when a release changes what we rely on."""

from __future__ import annotations

import types
from collections.abc import Callable

import pytest
from aiortc import RTCRtpSender
from aiortc.codecs import CODECS

from coachdesk.media.connection import codecs, compat, contract
from coachdesk.media.connection.contract import REQUIREMENTS, CompatError, Uses

NAMES = [(use, name) for use in REQUIREMENTS for name in use.names]
SIGNATURES = [use for use in REQUIREMENTS if use.parameters is not None]


def where(use: Uses) -> str:
    return f"{use.owner.__name__}.{use.function}"


def test_the_installed_release_is_as_expected() -> None:
    contract.check()


@pytest.mark.parametrize("use", REQUIREMENTS, ids=where)
def test_a_function_that_is_gone_is_named(use: Uses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use.owner, use.function, None)
    with pytest.raises(CompatError, match=f"{where(use)} is gone"):
        contract.check()


@pytest.mark.parametrize("use", SIGNATURES, ids=where)
def test_a_changed_signature_is_named(use: Uses, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(self: object, something: int, *, new: str) -> None: ...

    monkeypatch.setattr(use.owner, use.function, changed)
    with pytest.raises(CompatError, match=f"{where(use)} no longer takes"):
        contract.check()


@pytest.mark.parametrize(
    ("use", "name"), NAMES, ids=lambda value: value if isinstance(value, str) else where(value)
)
def test_a_renamed_private_part_is_named(use: Uses, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use.owner, use.function, renamed(getattr(use.owner, use.function), name))
    with pytest.raises(CompatError, match=f"{where(use)} no longer uses {name}"):
        contract.check()


def test_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RTCRtpSender, "_run_rtp", None)
    with pytest.raises(CompatError, match=r"aiortc \d.* with aioice \d.*Install aiortc 1\.16"):
        contract.check()


def test_opus_is_offered_with_forward_error_correction() -> None:
    compat.tune()
    opus = next(codec for codec in CODECS["audio"] if codec.name == "opus")
    assert opus.parameters["useinbandfec"] == 1
    assert [codec.name for codec in codecs.preferred_codecs("audio")] == ["opus", "red"]
    assert [codec.name for codec in codecs.preferred_codecs("video")] == ["VP8", "rtx"]


def renamed(function: Callable[..., object], name: str) -> Callable[..., object]:
    """A copy of ``function`` whose code refers to something else wherever it referred to ``name``."""
    return types.FunctionType(without(function.__code__, name), {}, function.__name__)


def without(code: types.CodeType, name: str) -> types.CodeType:
    return code.replace(
        co_names=tuple("renamed" if known == name else known for known in code.co_names),
        co_consts=tuple(
            without(constant, name) if isinstance(constant, types.CodeType) else constant
            for constant in code.co_consts
        ),
        co_freevars=(),
    )

"""What the customer's browser is told of ink, to the letter."""

from __future__ import annotations

from coachdesk.demo.scene import Scene
from tests.e2e.steps import until

_LISTEN_IN = """() => {
  window.inkTold = [];
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = make.call(this, label, options);
    if (label.startsWith("ink")) channel.addEventListener("message", ({ data }) => window.inkTold.push(data));
    return channel;
  };
}"""


async def listen_in(scene: Scene) -> None:
    """To be called before the customer's page has a connection."""
    await scene.customer.page.evaluate(_LISTEN_IN)


async def told(scene: Scene) -> list[str]:
    """Every message of ink that the customer's browser got."""
    messages: list[str] = await scene.customer.page.evaluate("window.inkTold")
    return messages


async def until_told(scene: Scene, *words: str) -> None:
    """Waits for one message that has all of ``words``."""
    script = "words => window.inkTold.some(message => words.every(word => message.includes(word)))"
    await until(scene.customer.page, script, list(words))

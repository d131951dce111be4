"""`/ticker?every=1000`: a page that changes by itself, every so many milliseconds."""

import time
from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template

PAGE = Template(
    """
<h1>Ticker</h1>
<p>Every {every} ms: tick <span id="tick">{tick}</span> at <span id="at">{at}</span></p>
<table id="prices">
  {prices}
</table>
<button id="now" phx-click="now">tick now</button>"""
)
PRICE = Template('<tr id="price-{name}"><td>{name}</td><td>{price}</td></tr>')
NAMES = ("ABC", "DEF", "GHI", "JKL")
TICK = "tick"


class TickerLive(LiveView):
    """Raises one price a tick, each in its turn."""

    view = "Roost.TickerLive"
    title = "Ticker"

    async def mount(self) -> None:
        self.every = int(self.params.get("every", "1000"))
        self.tick = self.at = 0
        self.prices = dict.fromkeys(NAMES, 100)
        if self.process is not None:
            self.process.every(self.every / 1000, TICK)

    async def handle_info(self, message: Any) -> None:
        if message != TICK:
            return await super().handle_info(message)
        self._tick()
        return None

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event != "now":
            return await super().handle_event(event, value)
        self._tick()
        return None

    def _tick(self) -> None:
        self.tick += 1
        self.at = time.time_ns() // 1_000_000
        self.title = f"Ticker {self.tick}"
        self.prices[NAMES[self.tick % len(NAMES)]] += 1

    def render(self) -> Rendered:
        prices = [PRICE(name=name, price=self.prices[name]) for name in NAMES]
        return PAGE(
            every=self.every, tick=self.tick, at=self.at, prices=Each(PRICE, prices)
        )

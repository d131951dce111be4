"""Stylesheet, scripts and the real JavaScript client, where a folder of it is given.

Law of this file: only files named here are served; a path from outside never becomes a file.
"""

from pathlib import Path
from typing import Final

from roost.web import Response

JAVASCRIPT: Final = "text/javascript; charset=utf-8"
CSS: Final = "text/css; charset=utf-8"
STYLES: Final = """body { font: 16px/1.5 system-ui; margin: 2rem }
nav { display: flex; flex-wrap: wrap; gap: 0 1rem }
[role=alert] { border-left: 4px solid; padding: .5rem }
"""
SCRIPT: Final = """const csrf = document.querySelector("meta[name='csrf-token']").content
if (window.LiveView) {
  const {LiveSocket} = window.LiveView
  const reply = el => answer => { el.dataset.reply = JSON.stringify(answer) }
  const runs = hook => {
    const run = () => window.liveSocket.execJS(hook.el, hook.el.dataset.run)
    hook.el.addEventListener("click", run)
  }
  const hooks = {
    Echo: {
      mounted() {
        this.el.addEventListener("click", () => {
          this.pushEvent("ping", {at: Date.now()}, reply(this.el))
        })
      }
    },
    Ticks: {
      mounted() { this.handleEvent("tick", ({n}) => { this.el.textContent = n }) }
    },
    Teller: {
      mounted() {
        this.pushEvent("mounted", {id: this.el.id})
        this.el.addEventListener("click", () => this.pushEvent("heard", {id: this.el.id}))
      },
      updated() { this.pushEvent("updated", {id: this.el.id}) },
      disconnected() { this.pushEvent("disconnected", {id: this.el.id}, () => {}) },
      reconnected() { this.pushEvent("reconnected", {id: this.el.id}) }
    },
    Listener: {
      mounted() {
        this.el.addEventListener("click", () => this.pushEvent("heard", {id: this.el.id}))
      }
    },
    Silent: {},
    Runs: { mounted() { runs(this) } },
    RunsAndTells: {
      mounted() { runs(this) },
      updated() { this.pushEvent("updated", {id: this.el.id}) }
    },
    CompEcho: {
      mounted() {
        this.el.addEventListener("click", () => {
          this.pushEventTo(this.el, "comp_echo", {x: 1}, reply(this.el))
        })
      }
    }
  }
  const params = {_csrf_token: csrf}
  window.liveSocket = new LiveSocket("/live", Phoenix.Socket, {params, hooks})
  window.liveSocket.connect()
}
"""
PACKAGES: Final = {  # in the folder that npm installed
    "/vendor/phoenix/phoenix.min.js": "phoenix/priv/static/phoenix.min.js",
    "/vendor/phoenix_html/phoenix_html.js": "phoenix_html/priv/static/phoenix_html.js",
    "/vendor/live_view/phoenix_live_view.js": (
        "phoenix_live_view/priv/static/phoenix_live_view.js"
    ),
}


def asset(path: str, vendor: Path | None) -> Response:
    """Return the asset at `path`, else a 404. `vendor` is a `node_modules` folder."""
    if path == "/static/app.css":
        return Response(body=STYLES, content_type=CSS)
    if path == "/static/app.js":
        return Response(body=SCRIPT, content_type=JAVASCRIPT)
    if vendor is not None and path in PACKAGES:
        file = vendor / PACKAGES[path]
        if file.is_file():
            return Response(body=file.read_text("utf-8"), content_type=JAVASCRIPT)
    return Response(status=404, body="Not Found")

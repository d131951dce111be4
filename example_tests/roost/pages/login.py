"""`/login` and `/logout`: plain pages that change the session."""

from roost import web
from roost.layout import document
from roost.rendered import escape
from roost.session import CSRF_KEY, FLASH_KEY, SOCKET_ID_KEY, Session
from roost.web import Request, Response

PASSWORD = "roost"  # everybody's
PAGE = """<h1>Log in</h1>
{flash}

<form id="login-form" action="/login" method="post">
  <input type="hidden" name="_csrf_token" value="{csrf_token}">
  <input id="user_name" type="text" name="user[name]" value="">
  <input id="user_password" type="password" name="user[password]" value="">
  <button id="login-submit">Log in</button>
</form>
"""


def show(session: Session) -> Response:
    """Return the login page, with the flash that led here."""
    flash = "\n".join(
        f'<p id="flash-{escape(kind)}" role="alert">{escape(message)}</p>'
        for kind, message in session.take_flash().items()
    )
    csrf_token = session.csrf_token()
    body = PAGE.format(flash=flash, csrf_token=csrf_token)
    return Response(body=document(csrf_token=csrf_token, title="Log in", body=body))


def log_in(request: Request, session: Session) -> Response:
    """Let anyone in who knows the password; a new session, as Phoenix advises."""
    name = request.form.get("user[name]", "")
    if not name or request.form.get("user[password]") != PASSWORD:
        session.put(FLASH_KEY, {"error": "Wrong name or password"})
        return web.redirect("/login")
    csrf_secret = session.get(CSRF_KEY)
    session.renew()
    session.put(CSRF_KEY, csrf_secret)
    session.put("user", name)
    session.put(SOCKET_ID_KEY, f"users:{name}")
    session.put(FLASH_KEY, {"info": f"Welcome {name}"})
    return web.redirect("/secret")


def log_out(session: Session) -> str | None:
    """Forget the user; return the id of the sockets to be closed."""
    socket_id = session.get(SOCKET_ID_KEY)
    session.renew()
    return socket_id

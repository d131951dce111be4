"""Pages without LiveView: a plain one, a form's landing page, a refusal."""

from roost.elixir import inspect
from roost.layout import document
from roost.rendered import escape
from roost.session import Session
from roost.web import Request, Response

FORBIDDEN = (
    "Forbidden invalid CSRF (Cross Site Request Forgery) token, please make sure that:\n\n"
    "  * The session cookie is being sent and session is loaded\n"
    "  * The request include a valid &#39;_csrf_token&#39; param"
    " or &#39;x-csrf-token&#39; header"
)
PLAIN = """<h1>Plain</h1>
<p id="plain">No LiveView here</p>
<a href="/nav/a" id="to-nav">back to nav</a>"""


def show(session: Session) -> Response:
    """Return the page that has no view."""
    csrf_token = session.csrf_token()
    return Response(body=document(csrf_token=csrf_token, title="Plain", body=PLAIN))


def posted(request: Request, session: Session) -> Response:
    """Show the fields of a form that came by POST."""
    fields = {k: v for k, v in request.form.items() if k != "_csrf_token"}
    body = f'<h1>Posted</h1>\n<pre id="posted">{escape(inspect(fields))}</pre>'
    csrf_token = session.csrf_token()
    return Response(body=document(csrf_token=csrf_token, title="Posted", body=body))

"""`/dashboard`: a controller's page, with two views in it and links around them."""

from roost.layout import document
from roost.session import Session
from roost.web import Response

PAGE = """<h1 id="dashboard">Dashboard</h1>
{left}
{right}
<a id="to-a" href="/nav/a" data-phx-link="redirect" data-phx-link-state="push">nav a</a>
<a id="to-a-2" href="/nav/a?page=2" data-phx-link="patch" data-phx-link-state="push">page 2</a>"""


def show(session: Session, left: str, right: str) -> Response:
    """Return the page around the HTML of two views."""
    body = PAGE.format(left=left, right=right)
    csrf_token = session.csrf_token()
    return Response(body=document(csrf_token=csrf_token, title="Dashboard", body=body))

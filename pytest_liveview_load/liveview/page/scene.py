"""What acting on a page needs to know, in one value.

Law: a value for one step; the client makes a new one when its document changes.
"""

from typing import NamedTuple

from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form import FormState
from pytest_liveview_load.liveview.page.serialize import FormDialect


class Scene(NamedTuple):
    """A document, what this user has done to its forms, and how the server speaks."""

    document: Document
    forms: FormState
    dialect: FormDialect

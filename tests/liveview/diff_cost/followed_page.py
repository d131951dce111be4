"""A page that is only followed to see what its diffs send again."""

from pytest_liveview_load.liveview.diff_cost.resent import SentPage
from pytest_liveview_load.liveview.observer import ResentSizes
from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import parse_json


class FollowedPage:
    """Merges what it is sent, as a view's content does, and compares it."""

    def __init__(self, rendered: bytes, dialect: Dialect) -> None:
        self.rendered = rendered_from(parse_json(rendered), dialect).rendered
        self.sent = SentPage(rendered, self.rendered)

    def take(self, diff: bytes) -> ResentSizes:
        before = self.rendered.without_streams()
        self.rendered = merge(before, parse_json(diff)).rendered
        return self.sent.take(diff, before, self.rendered)

"""What a click, submit or key press comes to."""

from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import clicks
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    HttpSubmit,
    LiveNavigate,
    LivePatch,
    PageLoad,
    PartOfPage,
    PushEvent,
    VisualCommand,
)
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.page.pages import URL, VIEW, page_of

HOST = "http://localhost:4000"


def shown(action: Action) -> Any:
    """Return a push as (view, kind, event, value, cid); any other action as it is."""
    match action:
        case PushEvent():
            value = action.payload["value"]
            return action.view_id, action.kind, action.event, value, action.cid
        case Dispatch():
            return "dispatch", action.event
        case VisualCommand():
            return action.kind, [each.anchor for each in action.identities]
        case _:
            return action


def clicked(content: str, css: str = "#a") -> list[Any]:
    visible = page_of(content)
    return [
        shown(each) for each in clicks.click(visible, find_one(visible.document, css))
    ]


def pushed(event: str, value: Any, cid: int | None = None, kind: str = "click") -> Any:
    return VIEW, kind, event, value, cid


CLICKS = {
    "an event": ("<p id=a phx-click=go>x</p>", [pushed("go", {})]),
    "what is inside a bound element": (
        "<p phx-click=go phx-value-n=1><b id=a>x</b></p>",
        [pushed("go", {"n": "1"})],
    ),
    "values as their attributes are spelled": (
        "<p id=a phx-click=go phx-value-a-b=1 phx-value-item_id=2 phx-value-cD=3>x</p>",
        [pushed("go", {"a-b": "1", "item_id": "2", "cd": "3"})],
    ),
    "the closest of two": (
        "<p phx-click=out><b id=a phx-click=in>x</b></p>",
        [pushed("in", {})],
    ),
    "a component by cid": (
        "<p id=a phx-click=go phx-target=2>x</p>",
        [pushed("go", {}, 2)],
    ),
    "every component that matches": (
        (
            "<i class=t data-phx-component=1></i><i class=t data-phx-component=2></i>"
            "<p id=a phx-click=go phx-target=.t>x</p>"
        ),
        [pushed("go", {}, 1), pushed("go", {}, 2)],
    ),
    "the view, where a match is in no component": (
        "<i class=t></i><p id=a phx-click=go phx-target=.t>x</p>",
        [pushed("go", {})],
    ),
    "the view, from inside a component": (
        "<p data-phx-component=1><b id=a phx-click=go>x</b></p>",
        [pushed("go", {})],
    ),
    "an element's numeric value": (
        "<meter id=a phx-click=go value=0.5></meter>",
        [pushed("go", {"value": 0.5})],
    ),
    "a checkbox, toggled": (
        "<input id=a type=checkbox phx-click=go>",
        [pushed("go", {"value": "on"})],
    ),
    "a checkbox, untoggled": (
        "<input id=a type=checkbox phx-click=go checked>",
        [pushed("go", {})],
    ),
    "a patch link": (
        "<a id=a href=/y?n=1 data-phx-link=patch data-phx-link-state=replace>x</a>",
        [LivePatch(url=f"{HOST}/y?n=1", replace=True)],
    ),
    "a navigate link, from inside": (
        "<a href=y data-phx-link=redirect data-phx-link-state=push><b id=a>x</b></a>",
        [LiveNavigate(url=f"{HOST}/y", replace=False)],
    ),
    "a live link that is bound as well": (
        "<a id=a href=/y data-phx-link=patch data-phx-link-state=push phx-click=go>x</a>",
        [LivePatch(url=f"{HOST}/y", replace=False), pushed("go", {})],
    ),
    "a plain link": ("<a id=a href='?p=2#end'>x</a>", [PageLoad(url=f"{URL}?p=2#end")]),
    "a link elsewhere": (
        "<a id=a href=//b.test>x</a>",
        [PageLoad(url="http://b.test")],
    ),
    "a bound plain link": (
        "<a id=a href=/y phx-click=go>x</a>",
        [pushed("go", {}), PageLoad(url=f"{HOST}/y")],
    ),
    "a bound link to nowhere": (
        "<a id=a href=# phx-click=go>x</a>",
        [pushed("go", {})],
    ),
    "a part of the page": (
        "<a id=a href=#top>x</a>",
        [PartOfPage(url=f"{URL}#top")],
    ),
    "a bound part of the page": (
        "<a id=a href=#top phx-click=go>x</a>",
        [pushed("go", {}), PartOfPage(url=f"{URL}#top")],
    ),
    "the top of the page within what is bound": (
        "<p phx-click=go><a id=a href=#>x</a></p>",
        [pushed("go", {}), PartOfPage(url=f"{URL}#")],
    ),
    "a script": ("<a id=a href='javascript:void(0)'>x</a>", []),
    "a mail": ("<a id=a href='mailto:a@b'>x</a>", []),
    "a link with a method": (
        "<a id=a href=/out data-method=delete data-to=/out data-csrf='t&k'>x</a>",
        [
            HttpSubmit(
                method="POST",
                url=f"{HOST}/out",
                body="_csrf_token=t%26k&_method=delete",
            )
        ],
    ),
    "a text field": ("<input id=a>", []),
    "a submit button": (
        "<form phx-submit=s><input name=n value=1><button id=a name=b value=2>x</button></form>",
        [pushed("s", "n=1&b=2", kind="submit")],
    ),
    "a submit button elsewhere": (
        "<form id=f phx-submit=s><input name=n value=1></form><button id=a form=f>x</button>",
        [pushed("s", "n=1", kind="submit")],
    ),
    "a bound submit button": (
        "<form phx-submit=s><button id=a phx-click=go>x</button></form>",
        [pushed("go", {"value": ""}), pushed("s", "", kind="submit")],
    ),
    "a bound button that does not submit": (
        "<form phx-submit=s><button id=a type=button phx-click=go>x</button></form>",
        [pushed("go", {"value": ""})],
    ),
    "a plain form by GET": (
        "<form action=/find?old=1><input name=q value='a b'><button id=a>x</button></form>",
        [HttpSubmit(method="GET", url=f"{HOST}/find?q=a+b", body="")],
    ),
    "a plain form by POST": (
        "<form method=post><textarea name=q>1\n2</textarea><button id=a name=b>x</button></form>",
        [HttpSubmit(method="POST", url=URL, body="q=1%0D%0A2&b=")],
    ),
    "a button that posts elsewhere": (
        "<form action=/1><button id=a formaction=/2 formmethod=post>x</button></form>",
        [HttpSubmit(method="POST", url=f"{HOST}/2", body="")],
    ),
    "a dialog's button": ("<form method=dialog><button id=a>x</button></form>", []),
    "the flash": (
        """<div id=a phx-click='[["push",{"event":"lv:clear-flash","value":{"key":"info"}}],
        ["hide",{"to":"#a","time":200}]]'>x</div>""",
        [pushed("lv:clear-flash", {"key": "info"}), ("hide", ["a"])],
    ),
}


@pytest.mark.parametrize(("content", "expected"), CLICKS.values(), ids=CLICKS)
def test_a_click_on(content: str, expected: list[Any]) -> None:
    assert expected == clicked(content)


REFUSED = {
    "a disabled button": (
        "<button id=a phx-click=go disabled>x</button>",
        '<button id="a" phx-click="go" disabled>x</button> is disabled',
    ),
    "what is in a disabled button": (
        "<button disabled phx-click=go><b id=a>x</b></button>",
        '<button phx-click="go" disabled>x</button> is disabled',
    ),
    "a button of a disabled fieldset": (
        "<fieldset disabled><button id=a phx-click=go>x</button></fieldset>",
        '<button id="a" phx-click="go">x</button> is disabled',
    ),
    "what nothing is bound to": (
        "<p id=a>x</p><button id=inc phx-click=inc>+</button>",
        (
            f'<p id="a">x</p> has no phx-click and no href on {URL}\n'
            'nearest on the page:\n  <button id="inc" phx-click="inc">+</button>'
        ),
    ),
    "a target that nothing matches": (
        "<p id=a phx-click=go phx-target='#gone'>x</p>",
        "has phx-target '#gone', which matches nothing",
    ),
    "a chain that is none": (
        "<p id=a phx-click='[[\"push\"'>x</p>",
        'has a binding that is no JS command chain: [["push"',
    ),
    "an exec of nothing": (
        '<p id=a phx-click=\'[["exec",{"attr":"data-x"}]]\'>x</p>',
        "has no JS command in 'data-x', which JS.exec asks for",
    ),
    "an exec in a circle": (
        '<p id=a phx-click=\'[["exec",{"attr":"phx-click"}]]\'>x</p>',
        "runs JS.exec in a circle",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_an_error_says_why_for(content: str, message: str) -> None:
    with pytest.raises(ElementError) as raised:
        clicked(content)

    assert message in str(raised.value)


def test_a_nested_view_gets_its_own_events_and_no_click_leaves_it() -> None:
    content = (
        '<div phx-click="outer"><div id="child" data-phx-session="">'
        '<b id="a" phx-click="in">x</b><i id="b">y</i></div></div>'
    )

    assert [("child", "click", "in", {}, None)] == clicked(content)
    with pytest.raises(ElementError, match="has no phx-click"):
        clicked(content, "#b")


def test_a_click_on_a_dead_page_has_no_view() -> None:
    page = DeadRender.parse("<p id=a phx-click=go>x</p>", URL)
    visible = VisiblePage(Document(page), FormState(), NEWEST)

    (action,) = clicks.click(visible, find_one(visible.document, "#a"))

    assert ("", "click", "go", {}, None) == shown(action)


CHAINS = {
    "a patch": (
        '["patch",{"href":"/y","replace":true}]',
        [LivePatch(url=f"{HOST}/y", replace=True)],
    ),
    "a navigate": (
        '["navigate",{"href":"/y"}]',
        [LiveNavigate(url=f"{HOST}/y", replace=False)],
    ),
    "a push at a component": (
        '["push",{"event":"e","target":3}]',
        [pushed("e", {}, 3)],
    ),
    "a push at a selector": (
        '["push",{"event":"e","target":"#t"}]',
        [pushed("e", {}, 7)],
    ),
    "what only changes looks": (
        (
            '["show",{"to":"#t"}],["add_class",{"names":["x"]}],["set_attr",{"attr":["a","b"]}],'
            '["dispatch",{"event":"x"}],["focus",{}],["transition",{}]'
        ),
        [
            ("show", ["t"]),
            ("add_class", ["a"]),
            ("set_attr", ["a"]),
            ("dispatch", "x"),
            ("transition", ["a"]),
        ],
    ),
    "a command of tomorrow": (
        '["levitate",{"to":"#nobody"}],["push",{"event":"e"}]',
        [pushed("e", {})],
    ),
    "an exec elsewhere": (
        '["exec",{"attr":"data-do","to":"#t"}]',
        [pushed("done", {})],
    ),
    "an exec inside": (
        '["exec",{"attr":"data-do","to":{"inner":"b"}}]',
        [pushed("inner", {})],
    ),
    "an exec around": (
        '["exec",{"attr":"data-do","to":{"closest":"section"}}]',
        [pushed("around", {})],
    ),
    "an exec of nobody": ('["exec",{"attr":"data-do","to":"#nobody"}]', []),
}


@pytest.mark.parametrize(("chain", "expected"), CHAINS.values(), ids=CHAINS)
def test_a_chain_does(chain: str, expected: list[Any]) -> None:
    content = (
        """<section data-do='[["push",{"event":"around"}]]'>"""
        f"""<p id=a phx-click='[{chain}]'>x<b data-do='[["push",{{"event":"inner"}}]]'>y</b></p>"""
        """<i id=t data-phx-component=7 data-do='[["push",{"event":"done"}]]'>z</i></section>"""
    )

    assert expected == clicked(content)


def test_a_js_push_on_a_form_sends_its_value_beside_the_form() -> None:
    chain = '[["push",{"event":"e","value":{"id":1}}]]'
    visible = page_of(f"<form id=f phx-submit='{chain}'><input name=a></form>")

    (push,) = clicks.submit(visible, find_one(visible.document, "#f"))

    assert isinstance(push, PushEvent)
    assert {
        "type": "form",
        "event": "e",
        "value": "a=",
        "meta": {"id": 1},
    } == push.payload

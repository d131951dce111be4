"""`/form`: every kind of field, validated while typing; and a form handed to a plain POST."""

from collections.abc import Iterable
from typing import Any

from roost.components import Reply
from roost.elixir import Fields, decode_form, inspect, path_of, without_unused
from roost.liveview import LiveView
from roost.rendered import Each, Html, Rendered, Template, attribute
from roost.session import Session

PAGE = Template(
    """
<h1>Form</h1>
<form phx-submit="save" phx-change="validate" phx-auto-recover="recover" id="user-form">
  {name}
  {email}
  {age}
  <div class="field">
  <label for="user_bio">Bio</label>
  <textarea id="user_bio" name="user[bio]" rows="3">{bio}</textarea>
</div>
  <div class="field">
  <label for="user_role">Role</label>
  <select id="user_role" name="user[role]">
    {roles}
  </select>
</div>
  <div class="field">
  <label for="user_langs">Languages</label>
  <select id="user_langs" name="user[langs][]" multiple>
    {langs}
  </select>
</div>
  <fieldset id="plans">
    {plans}
  </fieldset>
  <fieldset id="tags">
    <input type="hidden" name="user[tags][]" value="">
    {tags}
  </fieldset>
  <fieldset id="address">
    <input type="text" id="user_address_city" name="user[address][city]"{city}>
    <input type="text" id="user_address_zip" name="user[address][zip]"{zip}>
  </fieldset>
  <input type="hidden" name="user[agree]" value="false">
  <input type="checkbox" id="user_agree" name="user[agree]" value="true"{agree}>
  {agree_error}
  <button id="save" name="commit" value="save" phx-disable-with="Saving">Save</button>
  <button id="save-draft" name="commit" value="draft">Save draft</button>
  <button type="reset" id="reset-form" name="reset">Reset</button>
</form>
<p>Target: <code id="target">{target}</code> validations: <span id="validations">{validations}</span></p>
{saved}
<form action="/form/posted" method="post" phx-submit="handoff" id="handoff-form"{trigger}>
  <input name="_csrf_token" type="hidden" hidden{csrf}>
  <div class="field">
  <label for="handoff_token">Token</label>
  <input type="text" id="handoff_token" name="handoff[token]"{token}>
</div>
  <button id="handoff">Hand off to the controller</button>
</form>"""  # noqa: E501
)
FIELD = Template(
    """
<div class="field">
  <label for="{id}">{label}</label>
  <input type="{type}" id="{id}" name="{name}"{value}{rest}>
  {error}
</div>"""
)
OPTION = Template('<option{selected} value="{value}">{label}</option>')
RADIO = Template(
    """
<label>
      <input type="radio" id="user_plan_{value}" name="user[plan]" value="{value}"{checked}> {value}
    </label>"""
)
CHECKBOX = Template(
    """
<label>
      <input type="checkbox" id="user_tags_{value}" name="user[tags][]" value="{value}"{checked}> {value}
    </label>"""  # noqa: E501
)
ERROR = Template('<p class="error" id="{id}-error">{message}</p>')
SAVED = Template('<pre id="saved">{fields}</pre>')

ROLES = ("reader", "writer", "admin")
LANGS = ("elixir", "python", "rust", "erlang")
PLANS = ("free", "pro", "team")
TAGS = ("red", "green", "blue")
EMPTY: Fields = {"role": "reader", "plan": "free", "agree": "false"}


def errors_of(user: Fields, *, submitted: bool) -> dict[str, str]:
    """Return the message for each wrong field; one not yet used has none until the submit."""
    wrong: dict[str, str] = {}
    if len(user.get("name", "")) < 3:
        wrong["name"] = "is too short"
    if "@" not in user.get("email", ""):
        wrong["email"] = "must have an @"
    if user.get("age") and not user["age"].isdecimal():
        wrong["age"] = "is not a number"
    if user.get("agree") != "true":
        wrong["agree"] = "must be accepted"
    if submitted:
        return wrong
    return {
        field: message
        for field, message in wrong.items()
        if field in user and f"_unused_{field}" not in user
    }


class FormLive(LiveView):
    """Validates a user, saves it, and hands a second form over to a plain POST."""

    view = "Roost.FormLive"
    title = "Form"

    async def mount(self) -> None:
        self.user = dict(EMPTY)
        self.errors: dict[str, str] = {}
        self.target = "none"
        self.validations = 0
        self.saved: str | None = None
        self.token = ""
        self.trigger = False
        self.csrf = Session(dict(self.session)).csrf_token()

    async def handle_event(self, event: str, value: Any) -> Reply:
        fields = decode_form(value["fields"]) if isinstance(value, dict) else {}
        target = inspect(path_of(value.get("_target", "")))
        match event:
            case "validate":
                self._take(fields["user"], submitted=False)
                self.target = target
                self.validations += 1
            case "age_changed":
                self.user = self.user | fields["user"]
                self.target = f"age:{target}"
            case "recover":
                self._take(fields["user"], submitted=False)
                self.target = f"recover:{target}"
            case "save":
                self._save(fields)
            case "handoff":
                self.token = fields["handoff"]["token"]
                self.trigger = True
            case _:
                return await super().handle_event(event, value)
        return None

    def _take(self, user: Fields, *, submitted: bool) -> None:
        self.errors = errors_of(user, submitted=submitted)
        self.user = without_unused(user)

    def _save(self, fields: Fields) -> None:
        self._take(fields["user"], submitted=True)
        if self.errors:
            self.put_flash("error", "Please fix the errors")
            return
        self.saved = inspect(without_unused(fields))
        self.put_flash("info", "Saved")

    def render(self) -> Rendered:
        user, address = self.user, self.user.get("address", {})
        return PAGE(
            name=self._field("name", "text", ' autocomplete="off" phx-debounce="300"'),
            email=self._field("email", "email", ' phx-debounce="blur"'),
            age=self._field("age", "number", ' phx-change="age_changed"'),
            bio="\n" + user.get("bio", ""),  # a browser drops the first newline
            roles=_options(ROLES, [user.get("role", "")], titled=True),
            langs=_options(LANGS, user.get("langs", []), titled=False),
            plans=_choices(RADIO, PLANS, [user.get("plan", "")]),
            tags=_choices(CHECKBOX, TAGS, user.get("tags", [])),
            city=attribute("value", address.get("city", "")),
            zip=attribute("value", address.get("zip", "")),
            agree=attribute("checked", user.get("agree") == "true"),
            agree_error=self._error("agree"),
            target=self.target,
            validations=self.validations,
            saved=None if self.saved is None else SAVED(fields=self.saved),
            trigger=attribute("phx-trigger-action", self.trigger),
            csrf=attribute("value", self.csrf),
            token=attribute("value", self.token),
        )

    def _field(self, field: str, kind: str, rest: str) -> Rendered:
        return FIELD(
            id=f"user_{field}",
            label=field.capitalize(),
            type=kind,
            name=f"user[{field}]",
            value=attribute("value", self.user.get(field, "")),
            rest=Html(rest),
            error=self._error(field),
        )

    def _error(self, field: str) -> Rendered | None:
        if field not in self.errors:
            return None
        return ERROR(id=f"user_{field}", message=self.errors[field])


def _options(values: Iterable[str], chosen: Iterable[str], *, titled: bool) -> Each:
    return Each(
        OPTION,
        [
            OPTION(
                selected=attribute("selected", value in chosen),
                value=value,
                label=value.capitalize() if titled else value,
            )
            for value in values
        ],
    )


def _choices(template: Template, values: Iterable[str], chosen: Iterable[str]) -> Each:
    return Each(
        template,
        [
            template(value=value, checked=attribute("checked", value in chosen))
            for value in values
        ],
    )

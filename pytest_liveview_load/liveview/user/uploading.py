# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verb that chooses files: `upload`.

    await live.upload("#avatar", "tests/me.png")
    await live.submit("#profile")

Law: as in a browser, choosing tells the form (its phx-change); the files go at once where
`auto_upload` is on, and else before the form's submit.
"""

from pytest_liveview_load.errors import UploadError
from pytest_liveview_load.liveview.client.files import File, chosen_files
from pytest_liveview_load.liveview.client.owners import owner_of
from pytest_liveview_load.liveview.client.perform import perform
from pytest_liveview_load.liveview.client.upload_entry import Uploader
from pytest_liveview_load.liveview.client.uploads import Uploads
from pytest_liveview_load.liveview.page import file_inputs
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.user.face import Face


class Uploading(Face):
    """What a live user uploads."""

    __slots__ = ()

    @property
    def uploaders(self) -> dict[str, Uploader]:
        """The app's own uploaders, by the name that the server's meta gives them.

        `live.uploaders["S3"] = put`, where `async def put(entry)` sends `entry.read()`
        to where `entry.meta` says and may tell `entry.progress(percent)`. Returning
        completes the entry, raising refuses it.

        Example:
            async def put(entry):
                entry.progress(50)

            live.uploaders["S3"] = put
        """
        return self._uploads().uploaders

    async def upload(
        self,
        selector: str | None = None,
        *files: File,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Choose files in a `live_file_input`: paths, (name, bytes) or (name, bytes, type).

        On any other element they are dropped, if it is a `phx-drop-target` or within one.
        An input with `webkitdirectory` takes folders: the path of one, or names such as
        "photos/me.png"; the server is told each file's `relative_path`.

        With `auto_upload` the step ends when they have arrived. A file that is cancelled
        (by a click on what the app offers for it) is not sent; nor is an empty one, as in
        a browser. Records `upload`, from the first preflight to the last ack.

        Raises:
            UploadError: A file cannot be read (nothing is sent then), or the server
                refuses one; without `auto_upload` servers before 1.2 do so at the submit.

        Example:
            await live.visit("/upload")
            await live.upload("[name=doc]", ("hello.txt", b"hello"))
            await live.click("#upload-save")
            assert live.text("#flash-info") == "Received 1 file(s)"
        """
        named = selector or label or ""
        if not files:
            raise UploadError(named, "no file was given")
        chosen = [file for each in files for file in chosen_files(named, each)]
        uploads, tab = self._uploads(), self._tab
        step = self._step(f"upload({named!r})", timeout)
        tab.step = step
        try:
            page = await tab.ready(step)
            scene = page.scene()
            element = scene.document.one(selector, label=label, role="field")
            ref, actions = file_inputs.attach(scene, element, chosen)
            await perform(tab, page, step, actions)
            change = actions[-1]
            if tab.page is page and isinstance(change, PushEvent):
                view = await owner_of(tab, page, step, change.view_id)
                await uploads.chosen(page, view, step, change, ref)
                await tab.settle(step, [])
        finally:
            tab.step = None

    def _uploads(self) -> Uploads:
        if self._tab.uploads is None:
            self._tab.uploads = Uploads(self._tab)
        return self._tab.uploads

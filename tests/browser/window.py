"""One person's browser: a context of its own, and all that a page must not do there, noted as it happens."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

WIDE, NARROW = (1280, 900), (390, 844)
_WATCH = """
window.__ran = [];
window.__broken = [];
window.__mark = (what) => { window.__ran.push(String(what)); return ""; };
for (const name of ["alert", "confirm", "prompt"]) window[name] = window.__mark;
document.addEventListener("securitypolicyviolation",
  (e) => window.__broken.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


@dataclass
class Window:
    """A person at the page. Faults: console errors, page errors, dialogs, requests to anywhere but the page."""

    context: BrowserContext
    address: str
    script: bool
    expected: tuple[str, ...] = ()
    """Parts of console errors that a test brings about, such as the 409 of a conflict."""
    also: tuple[str, ...] = ()
    """Other addresses that may be asked, such as a sign-in provider's."""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.context.on("console", self._console)
        self.context.on("dialog", self._dialog)
        self.context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)

    def open(self, path: str) -> Page:
        """Go to a path of the page; whoever is not signed in comes to the door."""
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None, path
        assert answer.status < 500, f"{path}: {answer.status}"
        self.check()
        return self.page

    def sign_in(self, name: str, to: str = "/queue") -> "Window":
        """By the chooser of a sandbox."""
        self.open(f"/sign-in?to={to}")
        self.page.get_by_role("button", name=name).click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def preview_bulk(self, deals: int = 6) -> Page:
        """What a re-run of the first deals of the queue would touch."""
        page = self.open("/queue?tab=all")
        for tick in page.locator("td.tick input").all()[:deals]:
            tick.check()
        page.get_by_role("button", name="Re-run ticked").click()
        page.get_by_role("heading", name=f"Judge {deals} deals again?").wait_for()
        return page

    def check(self) -> None:
        """What stands in the page's own notes since it was loaded."""
        if self.script:
            found: dict[str, list[str]] = self.page.evaluate("({ran: window.__ran, broken: window.__broken})")
            self.faults += [f"{self.page.url} ran {what}" for what in found["ran"]]
            self.faults += [f"{self.page.url} broke its policy: {what}" for what in found["broken"]]
        if self.faults:
            raise AssertionError("\n".join(self.faults))

    def close(self) -> None:
        """At the end nothing may have happened that must not."""
        try:
            self.check()
        finally:
            self.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.faults.append(f"console {message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message[:200]}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", *self.also)):
            self.faults.append(f"asked {request.url[:200]}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")


def open_window(
    browser: Browser,
    address: str,
    *,
    script: bool = True,
    size: tuple[int, int] = WIDE,
    expected: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    **own: Any,
) -> Window:
    """A new context, so that nobody's cookies meet."""
    width, height = size
    context = browser.new_context(
        java_script_enabled=script, viewport={"width": width, "height": height}, locale="en-GB", **own
    )
    context.set_default_timeout(10_000)
    context.add_init_script(_WATCH)
    return Window(context=context, address=address, script=script, expected=expected, also=also)

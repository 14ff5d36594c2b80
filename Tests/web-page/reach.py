"""Who can use the page, and with what."""

import contextlib
import os
import subprocess
import tempfile

from axe_playwright_python.sync_playwright import Axe

from stage import Server, answers, finished, say, shot, test, text_of, until

SAMPLE = """## A heading

Some **text** with a [link](https://example.org) and `code`.

| a | b |
| - | - |
| 1 | 2 |

```js
const x = 'a rather long line that makes the box scroll sideways on every screen that is not enormous, this one too I hope'
```
"""


def accessible(page, what):
    results = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [entry for entry in results if entry["impact"] in ("serious", "critical")]
    assert not serious, "\n".join(
        f"{what}: {entry['id']}: {entry['help']}: {[node['html'][:200] for node in entry['nodes'][:3]]}" for entry in serious)
    return [entry["id"] for entry in results]


def filled(scene, user, **options):
    page = scene.page(scene.parrot, user, **options)
    say(page, SAMPLE)
    finished(page)
    page.locator("#list li").first.wait_for(state="attached")
    return page


@test("axe finds no serious violation: empty, with answers, dark, narrow, in dialogs, while it streams")
def axe(scene):
    minor = set()
    for scheme in ("light", "dark"):
        page = scene.page(scene.demo, f"axe-{scheme}", color_scheme=scheme)
        until(lambda: page.evaluate("document.getElementById('welcome-note').textContent !== ''"), "it did not come to be")
        minor.update(accessible(page, f"{scheme}, empty"))
        shot(page, f"empty-{scheme}")
        page = filled(scene, f"axe-{scheme}-full", color_scheme=scheme)
        page.locator("#list li").first.hover()
        minor.update(accessible(page, f"{scheme}, answers"))
        page.locator("#settings-open").click()
        minor.update(accessible(page, f"{scheme}, settings"))
        shot(page, f"settings-{scheme}")
        page.keyboard.press("Escape")
        say(page, "!every=0.05 piece=3\n" + SAMPLE)
        until(lambda: page.locator("article.live .body").count() and "heading" in text_of(answers(page).nth(1)), "no text")
        minor.update(accessible(page, f"{scheme}, streaming"))
        page.keyboard.press("Escape")
        page.context.set_offline(True)
        page.locator("#banner").wait_for()
        minor.update(accessible(page, f"{scheme}, offline"))
        shot(page, f"offline-{scheme}")
    page = filled(scene, "axe-narrow", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    minor.update(accessible(page, "narrow"))
    page.locator("#sidebar-show").click()
    page.wait_for_timeout(250)
    minor.update(accessible(page, "drawer"))
    return f"lesser findings: {', '.join(sorted(minor)) or 'none'}"


@test("the keyboard alone does everything")
def keyboard(scene):
    page = scene.page(scene.demo, "keys")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    until(lambda: page.evaluate("document.activeElement.id === 'input'"), "the field has not the focus")
    page.keyboard.type("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line [[tokens=600 rate=60]]")
    page.keyboard.press("Enter")
    until(lambda: answers(page).count() and len(text_of(answers(page).first)) > 30, "no text")
    assert "First line\nsecond line" in page.locator(".said").inner_text()
    page.keyboard.press("Escape")
    finished(page)
    assert "Stopped." in answers(page).first.inner_text()
    page.keyboard.press("Control+Shift+X")
    until(lambda: page.evaluate("navigator.clipboard.readText()") != "", "not copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("This is Weir's")
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate("document.activeElement.matches('article.answer')")
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate("document.activeElement.matches('article.question')")
    shot(page, "focus")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "input"
    page.keyboard.press("Control+/")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "input"
    page.keyboard.press("Control+Shift+O")
    until(lambda: page.evaluate("location.hash === ''"), "it did not come to be")
    page.keyboard.type("Another")
    page.keyboard.press("Enter")
    finished(page)
    page.locator("#list li").nth(1).wait_for()
    # The list: rename with F2, delete with Delete, undo.
    page.locator("#list a").nth(1).focus()
    page.keyboard.press("F2")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    page.locator("#list li", has_text="By keyboard").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "By keyboard"
    page.keyboard.press("Delete")
    page.locator(".note").wait_for()
    assert page.locator("#list li", has_text="By keyboard").count() == 0
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    page.locator("#list li", has_text="By keyboard").wait_for()
    page.keyboard.press("Control+Shift+S")
    assert not page.locator("#sidebar").is_visible()
    page.keyboard.press("Control+Shift+S")
    assert page.locator("#sidebar").is_visible()


@test("Tab reaches every control, and each shows that it has the focus")
def tab_order(scene):
    page = filled(scene, "tabs-order")
    page.locator("#input").focus()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("""() => {
          const element = document.activeElement
          if (element === document.body) return ''
          const style = getComputedStyle(element)
          const field = getComputedStyle(element.closest('.field') ?? element)
          const shows = style.outlineStyle !== 'none' || field.boxShadow !== 'none'
          return `${shows ? '' : 'UNSEEN '}${element.id || element.getAttribute('aria-label') || element.textContent}`
        }""")
        seen.append(name)
    unseen = [name for name in seen if name.startswith("UNSEEN")]
    assert not unseen, unseen
    for name in ("new-chat", "settings-open", "scroller", "input", "Copy answer", "Answer again", "Copy code"):
        assert name in seen, f"{name} not in {seen}"


@test("screen readers hear beginnings and ends, and no tokens")
def live_region(scene):
    page = scene.page(scene.demo, "live")
    page.evaluate("""() => {
      window.heard = []
      new MutationObserver(changes => {
        for (const change of changes) for (const node of change.addedNodes) window.heard.push(node.textContent)
      }).observe(document.getElementById('announcer'), { childList: true })
    }""")
    say(page, "Speak [[tokens=80 rate=60]]")
    finished(page)
    until(lambda: len(page.evaluate("heard")) >= 2, "nothing was announced")
    assert page.evaluate("heard") == ["The answer begins.", "The answer is complete."]
    assert page.locator("#thread [aria-live], #thread[aria-live], [role=log]").count() == 0


@test("360 pixels are enough")
def narrow(scene):
    page = filled(scene, "narrow", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    wide = "document.documentElement.scrollWidth > innerWidth || document.getElementById('scroller').scrollWidth > innerWidth"
    assert not page.evaluate(wide)
    shot(page, "narrow")
    page.locator("#sidebar-show").tap()
    page.wait_for_timeout(250)
    shot(page, "narrow-list")
    assert not page.evaluate(wide)
    page.locator("#list a").first.tap()
    page.wait_for_timeout(250)
    assert not page.locator("#sidebar").is_visible()
    say_ = page.locator("#input")
    say_.fill("On a phone, Enter makes a line")
    say_.press("Enter")
    assert say_.input_value().endswith("\n")
    page.locator("#send").tap()
    finished(page, 2)
    for control in page.locator("#top button, #top a, #composer button").all():
        box = control.bounding_box()
        assert box is None or min(box["width"], box["height"]) >= 32, control.get_attribute("id")


@test("wide screens keep lines readable")
def wide(scene):
    page = filled(scene, "wide", viewport={"width": 2200, "height": 1200})
    assert answers(page).first.bounding_box()["width"] < 800
    shot(page, "wide")


def token_of(user, secret):
    command = [os.environ["WEIR_BINARY"], "token", "--user", user, "--ttl", "1h", "--secret-file", secret]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextlib.contextmanager
def guarded():
    """A server that asks for tokens, and the file with its secret."""
    with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
        secret.write("0123456789abcdef" * 4)
        secret.flush()
        server = Server("--jwt-secret-file", secret.name)
        try:
            yield server, secret.name
        finally:
            server.stop()


@test("a missing or wrong token is asked for in words, and a good one lets in until signing out")
def sign_in(scene):
    with guarded() as (server, secret):
        page = scene.page(server, "nobody")
        page.locator("dialog.must").wait_for()
        shot(page, "sign-in")
        accessible(page, "sign in")
        page.locator("#token").fill("not a token!")
        page.get_by_role("button", name="Sign in").click()
        assert "not a token" in page.locator(".why").inner_text()
        page.locator("#token").fill("aaaa.bbbb.cccc")
        page.get_by_role("button", name="Sign in").click()
        page.locator(".why", has_text="sign in again").wait_for()
        page.locator("#token").fill(token_of("ann", secret))
        page.get_by_role("button", name="Sign in").click()
        until(lambda: page.locator("#user-name").inner_text() == "ann", "not signed in")
        say(page, "Hello")
        finished(page)
        page.locator("#settings-open").click()
        page.get_by_role("button", name="Sign out").click()
        page.locator("dialog.must").wait_for()
        # Refused requests are what this test is about.
        scene.complaints = [entry for entry in scene.complaints if "401" not in entry]


@test("an application's own token, by function or in the address, lets in")
def application_token(scene):
    with guarded() as (server, secret):
        context = scene.context()
        context.add_init_script(f"window.weirToken = async () => '{token_of('ann', secret)}'")
        page = scene.page(server, "", context)
        until(lambda: page.locator("#user-name").inner_text() == "ann", "the function was not asked")
        page.locator("#settings-open").click()
        assert page.get_by_role("button", name="Sign out").count() == 0, "the page cannot sign out of the application"
        page = scene.page(server, "", None, f"#token={token_of('bob', secret)}")
        until(lambda: page.locator("#user-name").inner_text() == "bob", "the address was not read")
        assert "token" not in page.evaluate("location.href")
        page.reload()
        until(lambda: page.locator("#user-name").inner_text() == "bob", "the token was not kept for the tab")

"""What the operator's page shows, and to whom."""

import contextlib
import re
import tempfile

from reach import accessible
from stage import Server, finished, free_port, say, shot, test, until

SECRET = "ünlocked-by-the-operator"
PLANS = """
models:
  default: "fast"
  fast:
    endpoints:
      good: {{url: {good}, model: parrot}}
  broken:
    endpoints:
      bad: {{url: "http://127.0.0.1:{bad}/v1", model: nobody}}
plans:
  default: {{tokensPerDay: 50000, turnsAtOnce: 4}}
retry: {{maximumAttempts: 2, baseDelay: 10ms, maximumDelay: 20ms}}
"""


@contextlib.contextmanager
def watched(scene, bad=1):
    """A server with an operator's secret, a provider that answers, and one at the port `bad`."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, tempfile.NamedTemporaryFile("w") as secret:
        file.write(PLANS.format(good=f"http://127.0.0.1:{scene.provider.port}/v1", bad=bad))
        file.flush()
        secret.write(SECRET)
        secret.flush()
        server = Server("--config", file.name, "--set", f"admin.secretFile={secret.name}")
        try:
            yield server
        finally:
            server.stop()


def enter(scene, server, context=None, secret=SECRET, **options):
    page = scene.blank(context, **options)
    page.goto(server.url + "admin")
    page.locator("#secret").fill(secret)
    page.locator("#enter-go").click()
    return page


def live(page):
    until(lambda: page.locator("#status").inner_text() == "live", "no state came")


def tile(page, name):
    return page.locator("#tiles div", has=page.get_by_text(name, exact=True)).locator("dd").inner_text()


@test("without a secret there is no operator's page")
def absent(scene):
    page = scene.blank()
    assert page.goto(scene.demo.url + "admin").status == 404
    scene.complaints.clear()


@test("the operator's page wants the secret: a wrong one is said to be wrong, guesses are slowed down, none is kept but the right one")
def secret(scene):
    with watched(scene) as server:
        page = enter(scene, server, secret="not the secret at all")
        page.locator("#enter-why", has_text="not the operator’s secret").wait_for()
        shot(page, "admin-wrong")
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
        assert page.locator("#view").is_hidden()
        page.locator("#secret").fill(SECRET)
        page.locator("#enter-go").click()
        live(page)
        assert page.evaluate("sessionStorage.getItem('weir.admin')") == SECRET
        assert page.evaluate("Object.values(localStorage).join() + location.href + document.cookie").count(SECRET) == 0
        page.reload()
        live(page)
        page.get_by_role("button", name="Forget the secret").click()
        page.locator("#enter").wait_for()
        assert page.evaluate("sessionStorage.length") == 0
        # Each guess counts, also over the WebSocket alone.
        guess = """async () => {
          const socket = new WebSocket(location.origin.replace('http', 'ws') + '/admin/watch', ['weir.v1.json', 'weir.admin.eA'])
          return new Promise(resolve => { socket.onopen = () => resolve('open'); socket.onclose = () => resolve('refused') })
        }"""
        assert [page.evaluate(guess) for _ in range(5)] == ["refused"] * 5
        page.locator("#secret").fill(SECRET)
        page.locator("#enter-go").click()
        page.locator("#enter-why", has_text=re.compile("Too many wrong secrets.*Try again in \\d+ s")).wait_for()
        # Refusals are what this test is about.
        scene.complaints = [entry for entry in scene.complaints if "status of 4" not in entry]


@test("the operator's page shows devices, turns, tokens, providers, plans and the disk at work")
def figures(scene):
    with watched(scene, free_port()) as server:
        page = enter(scene, server, viewport={"width": 1280, "height": 1700})
        live(page)
        until(lambda: tile(page, "Connections") == "1", "the operator's own connection is not counted")
        user = scene.page(server, "ann")
        say(user, "!piece=8 every=0.05\n" + "What a long answer this is. " * 40)
        until(lambda: tile(page, "Turns running") == "1", "the running turn is not shown")
        until(lambda: tile(page, "Tokens a second") not in ("0", "–"), "no tokens are shown")
        assert tile(page, "Connections") == "2"
        page.locator("#slowest tbody tr", has_text="ann").wait_for()
        finished(user)
        plan = page.locator("#plans tbody tr", has_text="default")
        until(lambda: re.search(r"default\t1\t[1-9]", plan.inner_text()), plan.inner_text())
        assert "of 50,000" in plan.inner_text()
        well = page.locator("#endpoints tbody tr", has_text="fast")
        assert "well" in well.inner_text() and " of " in well.inner_text()
        for title in ("Devices", "Turns", "Tokens from providers", "Time to first token", "Entries per fsync", "Time of a commit", "Memory"):
            figure = page.locator("figure", has=page.get_by_role("heading", name=title, exact=True))
            said = figure.locator("svg.drawing").get_attribute("aria-label")
            assert said.startswith(f"{title}, the last 60 s. Now: "), said
            until(lambda: "L" in figure.locator("svg.drawing path.line").first.get_attribute("d"), f"{title} has no line")
        # A provider that nobody answers at: its breaker opens, and that is told in the table, the strip and the log.
        user.evaluate("""async () => {
          const address = performance.getEntriesByType('resource').find(entry => /\\/weir(-[0-9a-f]+)?\\.js/.test(entry.name))
          const { Weir } = await import(address.name)
          for (let number = 0; number < 8; number++) {
            const weir = new Weir({ user: `bob-${number}`, storage: 'memory' })
            weir.conversation().send('hello', { model: 'broken' }).done.catch(() => {})
          }
        }""")
        bad = page.locator("#endpoints tbody tr", has_text="broken")
        until(lambda: "failing" in bad.inner_text() or "probed" in bad.inner_text(), bad.inner_text())
        page.locator("#change-list li.worse", has_text="Endpoint broken fails and is left alone").first.wait_for()
        strips = page.locator("figure.wide svg.drawing")
        assert "broken" in strips.get_attribute("aria-label") and strips.locator("rect.span-failing").count() >= 1
        shot(page, "admin")
        # Pointing at a plot tells the values of that time.
        drawing = page.locator("figure", has=page.get_by_role("heading", name="Memory", exact=True)).locator("svg.drawing")
        box = drawing.bounding_box()
        drawing.hover(position={"x": box["width"] - 12, "y": 40})
        assert drawing.locator(".at").count() == 1


@test("the operator's page survives a killed server: it says so, goes on by itself, and keeps its history")
def restart(scene):
    with watched(scene) as server:
        page = enter(scene, server)
        live(page)
        line = "document.querySelector('#plots svg.drawing path.line').getAttribute('d')"
        until(lambda: page.evaluate(line).count("L") >= 2, "no line")
        server.kill()
        until(lambda: "reached" in page.locator("#status").inner_text(), "nothing is said of the loss")
        before = page.evaluate(line).count("L")
        page.locator("#change-list li.worse", has_text="reached").wait_for()
        server.start()
        live(page)
        until(lambda: page.evaluate(line).count("M") == 2, "the gap is not shown as one")
        assert page.evaluate(line).count("L") >= before
        page.locator("#change-list", has_text="The connection is back.").wait_for()
        assert page.locator("#change-list", has_text="started.").count() == 1


@test("a page that nobody sees asks for few states and draws none")
def hidden(scene):
    with watched(scene) as server:
        context = scene.context()
        page = scene.blank(context)
        asked = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda data: asked.append(data)))
        page.goto(server.url + "admin")
        page.locator("#secret").fill(SECRET)
        page.locator("#enter-go").click()
        live(page)
        show = """isHidden => {
          Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
          document.dispatchEvent(new Event('visibilitychange'))
        }"""
        page.evaluate(show, True)
        until(lambda: len(asked) == 2 and '"intervalMs":10000' in asked[1], asked)
        drawn = page.evaluate("document.querySelector('#plots svg.drawing').innerHTML")
        page.evaluate("dispatchEvent(new Event('resize'))")
        assert page.evaluate("document.querySelector('#plots svg.drawing').innerHTML") == drawn
        page.evaluate(show, False)
        until(lambda: len(asked) == 3 and '"intervalMs":1000' in asked[2], asked)
        until(lambda: page.evaluate("document.querySelector('#plots svg.drawing').innerHTML") != drawn, "it does not go on")


@test("axe finds no serious violation in the operator's page: light, dark, narrow; and 360 pixels are enough")
def axe(scene):
    minor = set()
    with watched(scene, free_port()) as server:
        options = [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}]
        for number, option in enumerate(options):
            page = scene.blank(**option)
            page.goto(server.url + "admin")
            page.locator("#enter").wait_for()
            minor.update(accessible(page, f"{option}, asking"))
            page.locator("#secret").fill(SECRET)
            page.locator("#enter-go").click()
            live(page)
            page.locator("#endpoints tbody tr").first.wait_for()
            until(lambda: page.locator("#plots svg.drawing path.line").first.get_attribute("d"), "no line")
            minor.update(accessible(page, f"{option}, live"))
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
            shot(page, f"admin-{number}")
    return f"lesser findings: {', '.join(sorted(minor)) or 'none'}"


@test("a user's device is refused the server's state, and an operator's connection is nobody's device")
def apart(scene):
    with watched(scene) as server:
        page = enter(scene, server)
        live(page)
        ask = """async ([path, protocols, frame]) => {
          const socket = new WebSocket(location.origin.replace('http', 'ws') + path, protocols)
          await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onclose = reject })
          const answer = new Promise(resolve => { socket.onmessage = event => resolve(JSON.parse(event.data)) })
          socket.send(JSON.stringify(frame))
          return answer.finally(() => socket.close())
        }"""
        frame = {"requestId": "7", "watchServer": {}}
        answer = page.evaluate(ask, ["/?user=ann", ["weir.v1.json"], frame])
        assert answer["requestId"] == "7" and answer["error"]["code"] == "ERROR_CODE_PERMISSION_DENIED", answer
        entry = "weir.admin." + page.evaluate("s => btoa(String.fromCharCode(...new TextEncoder().encode(s))).replace(/=+$/, '')", SECRET)
        protocols = ["weir.v1.json", entry.replace("+", "-").replace("/", "_")]
        frame = {"requestId": "8", "sendMessage": {"parts": [{"text": "hello"}]}}
        answer = page.evaluate(ask, ["/admin/watch", protocols, frame])
        assert answer["requestId"] == "8" and answer["error"]["code"] == "ERROR_CODE_PERMISSION_DENIED", answer
        answer = page.evaluate(ask, ["/admin/watch", protocols, {"requestId": "9", "watchServer": {}}])
        assert answer["requestId"] == "9" and answer["serverState"]["lanes"], answer

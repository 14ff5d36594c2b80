"""What happens when connections, servers and networks fail."""

import time

from stage import Server, answers, finished, say, shot, test, text_of, until


@test("a refresh in the middle of an answer continues within a second")
def refresh(scene):
    page = scene.page(scene.demo, "refresh")
    say(page, "Go on [[tokens=500 rate=60]]")
    until(lambda: answers(page).count() and len(text_of(answers(page).first)) > 200, "no text")
    # The best of three: what else the machine does is not the page's doing.
    for _ in range(3):
        before = text_of(answers(page).first)
        start = time.monotonic()
        page.reload()
        until(lambda: answers(page).count() and len(text_of(answers(page).first)) > len(before), "it did not continue")
        waited = time.monotonic() - start
        if waited < 1:
            break
    assert page.locator("article.live").count() == 1 and page.locator("article.question").count() == 1
    finished(page)
    text = text_of(answers(page).first)
    assert text.startswith(before[:150]) and answers(page).count() == 1
    assert waited < 1, f"{waited:.2f} s"
    return f"{waited * 1000:.0f} ms with the page's load"


@test("a server that is killed in the middle of an answer loses nothing that was acknowledged")
def killed(scene):
    server = Server("--demo-rate", "40", "--demo-delay", "50ms")
    try:
        page = scene.page(server, "killed")
        say(page, "Before [[rate=0]]")
        finished(page)
        say(page, "During [[tokens=300]]")
        # What has not been stored for a second may be lost, and says so.
        until(lambda: answers(page).count() == 2 and len(text_of(answers(page).nth(1))) > 400, "no text", 20)
        server.kill()
        page.locator("#banner").wait_for()
        shot(page, "server-gone")
        server.start()
        page.locator("#banner").wait_for(state="hidden", timeout=20_000)
        finished(page, 2)
        assert page.locator("article.question").count() == 2 and answers(page).count() == 2
        problem = answers(page).nth(1).locator(".problem")
        problem.wait_for()
        shot(page, "broken-off")
        before = text_of(answers(page).nth(1))
        problem.get_by_role("button", name="Continue").click()
        until(lambda: answers(page).nth(1).locator(".problem").count() == 0, "not continued")
        finished(page, 2, 30_000)
        whole = text_of(answers(page).nth(1))
        assert answers(page).count() == 2 and len(whole) > len(before) and whole.startswith(before[:100])
        page.reload()
        finished(page, 2)
        assert text_of(answers(page).nth(1)) == whole
    finally:
        server.stop()


@test("what is written offline is kept, shown as such, and sent when the connection is back")
def offline(scene):
    page = scene.page(scene.demo, "offline")
    say(page, "One")
    finished(page)
    page.context.set_offline(True)
    say(page, "Two, in a tunnel")
    page.locator("#banner", has_text="offline").wait_for()
    page.locator(".state", has_text="sent when the connection is back").wait_for()
    shot(page, "offline")
    page.context.set_offline(False)
    finished(page, 2, 30_000)
    assert "Two, in a tunnel" in text_of(answers(page).nth(1))
    assert page.locator("#banner").is_hidden() and page.locator(".state .hint").count() == 0


@test("a message that waits offline can be taken back")
def withdrawn(scene):
    page = scene.page(scene.demo, "withdrawn")
    say(page, "One")
    finished(page)
    page.context.set_offline(True)
    page.locator("#banner").wait_for()
    say(page, "Two")
    page.locator("#stop").click()
    until(lambda: page.locator("#input").input_value() == "Two", "the text did not come back")
    assert page.locator("article.question").count() == 1
    page.context.set_offline(False)


@test("a message written before the server was there is sent when it comes")
def late(scene):
    server = Server("--demo-delay", "50ms")
    try:
        page = scene.page(server, "late")
        until(lambda: page.evaluate("document.getElementById('user-name').textContent === 'late'"), "it did not come to be")
        server.kill()
        page.locator("#banner").wait_for()
        say(page, "Anybody there?")
        server.start()
        finished(page, 1, 30_000)
        assert "Anybody there?" in text_of(answers(page).first)
    finally:
        server.stop()


@test("a slow network delays, and breaks nothing")
def slow(scene):
    context = scene.context()
    page = scene.page(scene.demo, "slow", context)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 20_000}
    network.send("Network.emulateNetworkConditions", slow)
    say(page, "Slowly [[tokens=200 rate=100]]")
    finished(page, 1, 30_000)
    page.set_default_timeout(30_000)
    network.send("Network.clearBrowserCache")
    start = time.monotonic()
    page.reload()
    finished(page, 1, 30_000)
    return f"page and history, nothing cached, in {time.monotonic() - start:.1f} s at 40 kB/s and 400 ms"


@test("an answer that the provider breaks off can be continued")
def cut(scene):
    page = scene.page(scene.parrot, "cut")
    text = " ".join(f"word{number}" for number in range(200))
    say(page, f"!piece=20 every=0.01 cut=600\n{text}")
    answers(page).first.locator(".problem").wait_for()
    finished(page)
    shot(page, "cut")
    answers(page).first.get_by_role("button", name="Continue").click()
    until(lambda: answers(page).first.locator(".problem").count() == 0, "not continued")
    finished(page)
    assert answers(page).count() == 1 and text_of(answers(page).first) == text, text_of(answers(page).first)[-1500:]

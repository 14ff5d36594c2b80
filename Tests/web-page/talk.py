"""What people do with the page when nothing goes wrong."""

import base64
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from google.protobuf.unknown_fields import UnknownFieldSet
from grpc_tools import protoc

from stage import Server, answers, finished, say, shot, test, text_of, until

MARKDOWN = (Path(__file__).parent / "markdown.md").read_text()


@test("a message is sent and its answer streams")
def send(scene):
    page = scene.page(scene.demo, "send")
    say(page, "How are you? [[tokens=120 rate=40]]")
    page.locator("article.question .said").wait_for()
    lengths = set()
    until(lambda: lengths.add(len(answers(page).first.inner_text())) or len(lengths) > 5, "the answer came in one piece")
    finished(page)
    assert "You wrote: “How are you?" in text_of(answers(page).first)
    assert page.locator("#send").is_disabled() and page.locator("#input").input_value() == ""
    page.locator("#list li.selected").wait_for()
    assert page.locator("#title").inner_text().startswith("How are you?")
    shot(page, "answer")


@test("Markdown looks the same whether it came in pieces or at once")
def markdown(scene):
    page = scene.page(scene.parrot, "markdown", viewport={"width": 1280, "height": 1900})
    say(page, "!piece=3 every=0.002\n" + MARKDOWN)
    finished(page)
    shot(page, "markdown")
    html = "document.querySelector('article.answer .body').outerHTML"
    live = page.evaluate(html)
    page.reload()
    finished(page)
    assert page.evaluate(html) == live
    body = answers(page).first.locator(".body")
    for tag, number in {"table": 1, "h3": 1, "h4": 1, "pre": 2, "li": 7, "blockquote": 2, "del": 1, "hr": 1, "script": 0, "img": 0}.items():
        assert body.locator(tag).count() == number, f"{body.locator(tag).count()} {tag}"
    for link in body.locator("a").all():
        assert "noopener" in link.get_attribute("rel") and link.get_attribute("href").startswith("https://")
    assert "$Q = C_d \\cdot b \\cdot h^{3/2}$" in body.inner_text()


@test("code is copied with its tabs")
def copy_code(scene):
    page = scene.page(scene.parrot, "copy")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = "if x:\n\treturn 'a  b'\n"
    say(page, f"Here:\n\n```python\n{code}```\n")
    finished(page)
    page.get_by_role("button", name="Copy code").click()
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.get_by_role("button", name="Copy answer").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Here:\n\n```python")


@test("an answer is stopped, continued, and asked for again")
def stop(scene):
    page = scene.page(scene.demo, "stop")
    say(page, "A long one [[tokens=400 rate=80]]")
    until(lambda: answers(page).count() and len(text_of(answers(page).first)) > 120, "no text")
    page.locator("#stop").click()
    finished(page)
    stopped = text_of(answers(page).first)
    assert "Stopped." in answers(page).first.inner_text()
    shot(page, "stopped")
    page.get_by_role("button", name="Continue").click()
    finished(page, timeout=30_000)
    whole = text_of(answers(page).first)
    assert answers(page).count() == 1 and whole.startswith(stopped) and len(whole) > len(stopped) + 500
    page.get_by_role("button", name="Answer again").click()
    page.locator("article.superseded").wait_for()
    page.locator("#stop").click()
    finished(page)
    page.locator("article.superseded summary").click()
    assert page.locator("article.superseded .body").inner_text() == whole
    shot(page, "again")


@test("two tabs and two devices show the same answer live")
def tabs(scene):
    one = scene.page(scene.demo, "tabs")
    say(one, "First")
    finished(one)
    path = one.evaluate("location.hash")
    tab = scene.page(scene.demo, "tabs", one.context, path)
    device = scene.page(scene.demo, "tabs", None, path)
    others = (tab, device)
    for page in others:
        finished(page)
    say(one, "Second [[tokens=150 rate=50]]")
    for page in others:
        until(lambda: answers(page).count() == 2 and len(text_of(answers(page).nth(1))) > 50, "not live")
        assert page.locator("article.live").count() == 1, "it came when it was over"
        assert page.locator("article.question").count() == 2
    device.locator("#stop").click()
    for page in (one, *others):
        finished(page, 2)
        assert "Stopped." in answers(page).nth(1).inner_text()
    assert len({text_of(answers(page).nth(1)) for page in (one, *others)}) == 1


@test("conversations are renamed, deleted, brought back, and deleted on all devices")
def conversations(scene):
    page = scene.page(scene.demo, "list")
    for word in ("Alpha", "Beta"):
        page.locator("#new-chat").click()
        say(page, word)
        finished(page)
        page.locator("#list li.selected", has_text=word).wait_for()
    other = scene.page(scene.demo, "list")
    other.locator("#list li").nth(1).wait_for()
    item = page.locator("#list li", has_text="Alpha")
    item.hover()
    item.get_by_role("button", name="Rename").click()
    page.locator(".rename").fill("Gamma <b>")
    page.locator(".rename").press("Enter")
    other.locator("#list li", has_text="Gamma <b>").wait_for()
    beta = page.locator("#list li", has_text="Beta")
    beta.hover()
    beta.get_by_role("button", name="Delete").click()
    shot(page, "deleted")
    assert beta.count() == 0 and page.evaluate("location.hash") == ""
    page.get_by_role("button", name="Undo").click()
    beta.wait_for()
    assert other.locator("#list li", has_text="Beta").count() == 1
    beta.hover()
    beta.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Dismiss").click()
    other.locator("#list li", has_text="Beta").wait_for(state="detached")


@test("drafts are kept, each with its conversation")
def drafts(scene):
    page = scene.page(scene.demo, "drafts")
    say(page, "Something")
    finished(page)
    page.locator("#input").fill("half a thou")
    # At once, without waiting for the browser to tell of the changed address: who types fast types into the new one.
    clicked = "document.getElementById('new-chat').click(), document.getElementById('input').value"
    assert page.evaluate(clicked) == ""
    page.locator("#input").fill("another")
    page.reload()
    until(lambda: page.evaluate("document.getElementById('input').value === 'another'"), "it did not come to be")
    page.locator("#list li a").first.click()
    until(lambda: page.evaluate("document.getElementById('input').value === 'half a thou'"), "it did not come to be")


@test("reasoning is folded away, and a call of a tool is shown")
def parts(scene):
    page = scene.page(scene.demo, "parts")
    say(page, "Think first [[reasoning=40 rate=0 tokens=30]]")
    finished(page)
    fold = page.locator("details.reasoning")
    assert not fold.locator(".markdown").is_visible()
    fold.locator("summary").click()
    assert len(fold.locator(".markdown").inner_text()) > 100
    say(page, "The weather? [[tool=weather rate=0]]")
    finished(page, 2)
    page.locator("details.tool summary").click()
    assert "weather" in page.locator("details.tool").inner_text()
    shot(page, "parts")
    page.reload()
    finished(page, 2)
    assert page.locator("details.reasoning").count() == 1 and page.locator("details.tool").count() == 1


@test("a tool's result is entered by hand, shown as text, and the model goes on with it")
def tool_result(scene):
    page = scene.page(scene.demo, "results")
    say(page, "The weather? [[tool=weather rate=0]]")
    finished(page)
    form = page.locator("form.results")
    form.get_by_label("Result of weather").fill("Sunny, <b>21</b> °C")
    shot(page, "tool-result")
    form.get_by_role("button", name="Send the result").click()
    finished(page, 2)
    assert "Sunny, <b>21</b> °C" in text_of(answers(page).nth(1)) and not form.is_visible()
    page.locator(".of-tool summary").click()
    assert page.locator(".of-tool pre").inner_text() == "Sunny, <b>21</b> °C"
    page.reload()
    finished(page, 2)
    assert page.locator("article.question").count() == 2 and not form.is_visible()


@test("conversations are found by words of their titles, whatever their case")
def search(scene):
    page = scene.page(scene.demo, "search")
    for number in range(9):
        page.locator("#new-chat").click()
        say(page, f"{'Ünder the WEIR' if number == 4 else 'Something else'} {number} [[rate=0 tokens=5]]")
        finished(page)
    page.locator("#filter").fill("ünder the weir")
    until(lambda: page.locator("#list li").count() == 1, "not filtered")
    assert "WEIR 4" in page.locator("#list li").inner_text()
    page.locator("#filter").fill("nothing like it")
    page.locator("#list .hint", has_text="No title has these words").wait_for()
    page.locator("#filter").fill("")
    until(lambda: page.locator("#list li").count() == 9, "not all are back")


@test("the binary frames in the browser's network panel are what protoc's classes read and write")
def network_panel(scene):
    context = scene.context()
    page = context.new_page()
    panel = context.new_cdp_session(page)
    panel.send("Network.enable")
    frames = {"received": [], "sent": []}
    for way, name in (("received", "Network.webSocketFrameReceived"), ("sent", "Network.webSocketFrameSent")):
        panel.on(name, lambda event, way=way: frames[way].append(event["response"]))
    page.goto(f"{scene.demo.url}?user=panel")
    say(page, "For the panel: ünï 水 [[tokens=60 rate=0]]")
    finished(page)
    expected = text_of(answers(page).first)
    server_frame, client_frame = frame_classes()
    kinds = {"received": [], "sent": []}
    text = ""
    for way, make in (("received", server_frame), ("sent", client_frame)):
        for entry in frames[way]:
            assert entry["opcode"] == 2, entry
            data = base64.b64decode(entry["payloadData"])
            frame = make.FromString(data)
            assert len(UnknownFieldSet(frame)) == 0 and frame.SerializeToString() == data
            kinds[way].append(frame.WhichOneof("frame"))
            if kinds[way][-1] == "delta":
                assert frame.delta.offset == len(text.encode())
                text += frame.delta.text
    assert {"welcome", "ack", "turn_started", "delta", "turn_finished"} <= set(kinds["received"]), kinds
    assert {"hello", "send_message"} <= set(kinds["sent"]), kinds
    assert text.split() == expected.split(), f"{text!r}, on the page {expected!r}"
    return f"{len(frames['received'])} frames received, {len(frames['sent'])} sent"


def frame_classes():
    """ServerFrame and ClientFrame, as protoc makes them of the schema."""
    with tempfile.TemporaryDirectory() as directory:
        schemas = Path(__file__).parent.parent.parent / "schemas"
        files = [str(path.relative_to(schemas)) for path in schemas.glob("weir/v1/*.proto")]
        assert protoc.main(["protoc", f"-I{schemas}", f"--python_out={directory}", *files]) == 0
        sys.path.insert(0, directory)
        try:
            return import_module("weir.v1.server_pb2").ServerFrame, import_module("weir.v1.client_pb2").ClientFrame
        finally:
            sys.path.remove(directory)


@test("what follows waits for the answer that runs, and says so")
def queue(scene):
    page = scene.page(scene.demo, "queue")
    say(page, "One [[tokens=200 rate=40]]")
    until(lambda: answers(page).count() and len(text_of(answers(page).first)) > 20, "no text")
    say(page, "Two")
    page.locator(".queue", has_text="the answer above").wait_for()
    shot(page, "queue")
    page.keyboard.press("Escape")
    finished(page)


@test("a place in the queue is shown, with what is waited for")
def place(scene):
    upstream = f"http://127.0.0.1:{scene.provider.port}/v1"
    server = Server("--upstream", upstream, "--model", "parrot", "--set", "upstream.maximumConcurrent=1")
    try:
        one = scene.page(server, "first")
        say(one, "!piece=10 every=0.05\n" + "One after the other. " * 200)
        until(lambda: answers(one).count() and len(text_of(answers(one).first)) > 20, "no text")
        two, three = (scene.page(server, user) for user in ("second", "third"))
        say(two, "!piece=10 every=0.05\nTwo")
        two.locator(".queue", has_text="all places at the model are taken").wait_for()
        say(three, "Three")
        three.locator(".queue", has_text="1 before you").wait_for()
        shot(three, "place")
        one.locator("#stop").click()
        for page in (two, three):
            finished(page)
        assert two.locator(".queue").count() == 0
    finally:
        server.stop()


@test("an answer that is refused says why, and can be asked for again")
def refused(scene):
    server = Server("--demo-fault", "refuse", "--demo-delay", "10ms", "--set", "retry.maximumAttempts=1")
    try:
        page = scene.page(server, "refused")
        say(page, "Will you?")
        problem = page.locator(".problem")
        problem.wait_for()
        shot(page, "refused")
        assert len(problem.locator("p").inner_text()) > 20
        problem.get_by_role("button", name="Try again").click()
        until(lambda: page.locator("article.live").count() == 0 and problem.count() == 1, "the attempt left something behind")
        assert page.locator("article.question").count() == 1
        page.reload()
        page.locator(".tail, .problem").get_by_role("button", name="nswer it").or_(
            page.get_by_role("button", name="Try again")).first.wait_for()
    finally:
        server.stop()


MODELS = """
models:
  default: quick
  quick:
    endpoints:
      main: {{url: {url}, model: quick-1}}
  thorough:
    endpoints:
      main: {{url: {url}, model: thorough-1}}
"""


@test("the model is chosen where there are several, and the choice is remembered")
def models(scene):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(MODELS.format(url=f"http://127.0.0.1:{scene.provider.port}/v1"))
        file.flush()
        server = Server("--config", file.name)
        try:
            page = scene.page(server, "models")
            page.locator("#model-box").wait_for()
            page.locator("#model").select_option("thorough")
            say(page, "Who?")
            finished(page)
            assert "thorough" in answers(page).first.locator(".facts").inner_text()
            shot(page, "models")
            page.reload()
            page.locator("#model-box").wait_for()
            assert page.locator("#model").input_value() == "thorough"
        finally:
            server.stop()

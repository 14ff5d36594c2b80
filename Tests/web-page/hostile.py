"""What people and models write to break the page."""

from stage import answers, finished, say, shot, test, text_of, until

STRINGS = [
    "<script>window.broken = 1</script>",
    "<img src=x onerror=\"window.broken = 2\">",
    "<svg/onload=window.broken=3>",
    "[click](javascript:window.broken=4)",
    "[click](JaVaScRiPt&#58;window.broken=5)",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "<javascript:window.broken=6>",
    "![x](x\" onerror=\"window.broken=7)",
    "[a](https://example.org/\"onmouseover=\"window.broken=8)",
    "`</code><script>window.broken=9</script>`",
    "```\"><script>window.broken=10</script>\n</code></pre><img src=x onerror=window.broken=11>\n```",
    "| <img src=x onerror=window.broken=12> | b |\n|---|---|\n| <script>window.broken=13</script> | [x](vbscript:x) |",
    "</textarea></div></body><iframe src=\"javascript:parent.broken=14\"></iframe>",
    "<a href=\"javascript:window.broken=15\">x</a> <style>*{display:none}</style> <base href=//evil>",
    "\u202eright to left\u202c \u0000 \ufffe {{constructor.constructor('window.broken=16')()}}",
]


def unbroken(page):
    assert page.evaluate("window.broken") is None
    inside = "#thread, #list, #top"
    assert page.locator(inside).locator("script, img, iframe, style, base, svg:not(.icon), [onerror], [onload]").count() == 0
    for link in page.locator("#thread a").all():
        href = link.get_attribute("href")
        assert href is None or href.startswith(("https:", "http:", "mailto:")), href


@test("scripts in questions, answers and titles stay text")
def scripts(scene):
    page = scene.page(scene.parrot, "scripts")
    text = "\n\n".join(STRINGS).replace("\u0000", "")
    say(page, text)
    finished(page)
    unbroken(page)
    page.locator("article.question .link").click()
    assert page.locator("article.question .said").inner_text() == text
    assert "<script>window.broken = 1</script>" in text_of(answers(page).first)
    shot(page, "hostile")
    item = page.locator("#list li.selected")
    for title in STRINGS[:3]:
        item.hover()
        item.get_by_role("button", name="Rename").click()
        page.locator(".rename").fill(title)
        page.locator(".rename").press("Enter")
        until(lambda: page.locator("#title").inner_text() == title, f"the title is not {title}")
        unbroken(page)
    page.reload()
    finished(page)
    unbroken(page)


@test("scripts in reasoning, tools, their results, reasons of refusals and searches stay text")
def other_places(scene):
    page = scene.page(scene.parrot, "places")
    text = STRINGS[1]
    places = (("reasoning", "details.reasoning"), ("tool", "details.tool"), ("refuse", ".problem"))
    for number, (directive, selector) in enumerate(places, 1):
        page.locator("#new-chat").click()
        say(page, f"!{directive}=1\n{text}")
        finished(page)
        place = page.locator(f"article.answer {selector}").first
        place.wait_for()
        if directive != "refuse":
            place.locator("summary").click()
            until(lambda: text in place.inner_text(), f"{directive} is not shown: {place.inner_text()}")
        unbroken(page)
        if directive == "tool":
            page.locator("form.results textarea").fill(text)
            page.get_by_role("button", name="Send the result").click()
            finished(page, 2)
            page.locator(".of-tool summary").click()
            assert page.locator(".of-tool pre").inner_text() == text
            unbroken(page)
    # The search is only shown from some conversations on.
    page.evaluate("text => { const f = document.getElementById('filter'); f.value = text; f.dispatchEvent(new Event('input')) }", text)
    page.locator("#list .hint").wait_for()
    unbroken(page)


@test("every string piece by piece, as a model would say it")
def pieces(scene):
    page = scene.page(scene.parrot, "pieces")
    page.evaluate("""async strings => {
      const { MarkdownStream } = await import(moduleOf('app/markdown/stream'))
      const holder = document.createElement('div')
      document.getElementById('thread').append(holder)
      for (const text of strings) {
        for (const step of [1, 3, 7]) {
          const element = document.createElement('div')
          holder.append(element)
          const stream = new MarkdownStream(element)
          for (let at = 0; at < text.length; at += step) stream.append(text.slice(at, at + step))
          stream.end()
        }
      }
      function moduleOf(name) {
        const found = performance.getEntriesByType('resource').find(entry => entry.name.includes(name))
        return found.name
      }
    }""", STRINGS)
    unbroken(page)


@test("the address cannot put anything into the page, and a token does not stay in it")
def address(scene):
    page = scene.page(scene.demo, "address", None, "#c/<script>window.broken=1</script>")
    page.locator("#welcome").wait_for()
    unbroken(page)
    page.goto(f"{scene.demo.url}?user=address#token=abc.def.ghi")
    page.reload()
    until(lambda: "token" not in page.evaluate("location.href"), "the token is still in the address")
    assert page.evaluate("sessionStorage.getItem('weir.token')") == "abc.def.ghi"
    page.goto(f"{scene.demo.url}?user=address&token=abc.def.xyz#c/one")
    # The rest of the address stays, until the page finds that there is no such conversation.
    until(lambda: page.evaluate("location.href").startswith(f"{scene.demo.url}?user=address#"), page.evaluate("location.href"))
    assert page.evaluate("sessionStorage.getItem('weir.token')") == "abc.def.xyz"


@test("100 KB are pasted, sent, answered and shown, and more than the server takes is refused in words")
def paste(scene):
    page = scene.page(scene.demo, "paste")
    text = "".join(f"line {number:05} of what was pasted\n" for number in range(3300))[:100_000]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#input").press("ControlOrMeta+v")
    until(lambda: page.evaluate("document.getElementById('input').value.length") == len(text), "not all was pasted")
    assert page.locator("#composer").bounding_box()["height"] < 500
    page.locator("#send").click()
    finished(page)
    said = page.locator("article.question .said")
    assert said.bounding_box()["height"] < 400
    shot(page, "pasted")
    page.get_by_role("button", name="Show all").click()
    assert said.bounding_box()["height"] > 10_000
    page.reload()
    finished(page)
    assert page.evaluate("document.querySelector('.said').textContent.length") == len(text.strip())
    page.evaluate("text => { const i = document.getElementById('input'); i.value = text; i.dispatchEvent(new Event('input')) }", "x" * 2_000_000)
    assert "more than the server takes" in page.locator("#composer-note").inner_text()
    assert page.locator("#send").is_disabled()


@test("nothing inline runs or styles, and text cannot become elements")
def policy(scene):
    page = scene.page(scene.demo, "policy")
    tried = page.evaluate("""() => {
      const script = document.createElement('script')
      try { script.textContent = 'window.broken = 1' } catch { /* as it should be */ }
      document.body.append(script)
      const element = document.createElement('div')
      element.setAttribute('style', 'display: none')
      document.body.append(element)
      const isStyled = getComputedStyle(element).display === 'none'
      try { element.innerHTML = '<b>x</b>' } catch { /* as it should be */ }
      return { isStyled, children: element.children.length, broken: window.broken }
    }""")
    assert tried == {"isStyled": False, "children": 0, "broken": None}, tried
    # The browser complains of every attempt.
    assert len(scene.complaints) >= 3
    scene.complaints.clear()

"""What is long stays smooth."""

from stage import answers, finished, say, shot, test, text_of, until

PARAGRAPH = "Some **bold** and *slanted* words, `code`, and a [link](https://example.org) in a paragraph of usual length.\n\n"
SHAPES = {
    "paragraphs": PARAGRAPH * 20,
    "one list": "- an item with **bold** words and `code`\n" * 40,
    "one block of code": "```js\n" + "const value = compute(a, b) // a line of code\n" * 5000,
    "one table": "| a | b | c |\n|---|---|---|\n" + "| cell | **bold** | `code` |\n" * 5000,
    "one paragraph in one line": "words that never end and **sometimes** are bold, or `code` ",
}


@test("work per piece is independent of the answer's length, up to 100 KB of each kind of block")
def constant_work(scene):
    page = scene.page(scene.demo, "constant")
    figures = []
    for name, shape in SHAPES.items():
        text = (shape * (100_000 // len(shape) + 1))[:100_000]
        early, late, whole = page.evaluate("""async text => {
          const address = performance.getEntriesByType('resource').find(entry => entry.name.includes('app/markdown/stream'))
          const { MarkdownStream } = await import(address.name)
          const holder = document.createElement('div')
          holder.className = 'markdown'
          document.getElementById('thread').append(holder)
          const stream = new MarkdownStream(holder)
          const times = []
          for (let at = 0; at < text.length; at += 20) {
            const start = performance.now()
            stream.append(text.slice(at, at + 20))
            // What the frame would cost.
            if (at % 400 === 0) void document.getElementById('scroller').scrollHeight
            times.push(performance.now() - start)
          }
          stream.end()
          holder.remove()
          // The best hundred of five: what else the machine does meanwhile is not the page's work.
          const best = part => Math.min(...[0, 100, 200, 300, 400].map(from =>
            part.slice(from, from + 100).reduce((sum, time) => sum + time, 0) / 100))
          return [best(times.slice(250, 750)), best(times.slice(-500)), times.reduce((sum, time) => sum + time, 0)]
        }""", text)
        figures.append(f"{name} {early * 1000:.0f} µs, at 100 KB {late * 1000:.0f} µs")
        assert late < 4 * early + 2, f"{name}: {early:.3f} ms a piece at first, {late:.3f} ms at the end"
        assert whole < 5000 * (8 * early + 1), f"{name}: {whole:.0f} ms in all, {early:.3f} ms a piece at first"
    return "; ".join(figures)


@test("the view follows until the reader scrolls up, and again at the end")
def follow(scene):
    page = scene.page(scene.demo, "follow")
    say(page, "Long [[tokens=1500 rate=150]]")
    distance = "(() => { const s = document.getElementById('scroller'); return s.scrollHeight - s.clientHeight - s.scrollTop })()"
    top = "document.getElementById('scroller').scrollTop"
    until(lambda: page.evaluate(top) > 200, "it does not follow", 20)
    assert page.evaluate(distance) < 60
    page.mouse.move(700, 400)
    page.mouse.wheel(0, -150)
    page.wait_for_timeout(300)
    where = page.evaluate(top)
    page.wait_for_timeout(700)
    assert page.evaluate(top) == where, "the reader was pulled away"
    page.locator("#to-end").wait_for()
    shot(page, "scrolled-up")
    page.locator("#to-end").click()
    until(lambda: page.evaluate(distance) < 5, "not at the end")
    where = page.evaluate(top)
    until(lambda: page.evaluate(top) > where, "it does not follow again")
    page.keyboard.press("Escape")
    finished(page)


@test("a history of 10,000 messages scrolls without being loaded or laid out as a whole")
def history(scene):
    page = scene.page(scene.demo, "history")
    page.evaluate("""async () => {
      const address = performance.getEntriesByType('resource').find(entry => /\\/weir(-[0-9a-f]+)?\\.js/.test(entry.name))
      const { Weir } = await import(address.name)
      const weir = new Weir({ user: 'history', storage: 'memory' })
      const conversation = weir.conversation('long')
      await conversation.open('Ten thousand')
      for (let number = 0; number < 5000; number += 8) {
        const batch = []
        for (let index = number; index < Math.min(5000, number + 8); index += 1) {
          batch.push(conversation.send(`question ${index} [[rate=0 delay=0ms tokens=30]]`).done)
        }
        await Promise.all(batch)
      }
      weir.close()
    }""")
    page.goto(f"{scene.demo.url}?user=history#c/long")
    page.reload()
    finished(page)
    page.locator("article.question", has_text="question 4999").wait_for()
    nodes = "document.querySelectorAll('#thread *').length"
    first = page.evaluate(nodes)
    page.mouse.move(700, 400)
    seen = set()
    for _ in range(2000):
        page.mouse.wheel(0, -1000)
        page.wait_for_timeout(16)
        texts = page.evaluate("[...document.querySelectorAll('article.question .said')].map(e => e.textContent)")
        seen.update(int(text.split()[1]) for text in texts)
        if min(seen) < 4000:
            break
    assert min(seen) < 4000, f"only back to question {min(seen)}"
    most = page.evaluate(nodes)
    assert most < 4 * first + 4000, f"{most} elements, {first} at first"
    # Nothing was left out on the way.
    assert seen == set(range(min(seen), 5000)), sorted(set(range(min(seen), 5000)) - seen)[:10]
    shot(page, "history")
    page.locator("#to-end").click()
    page.locator("article.question", has_text="question 4999").wait_for()
    return f"{first} elements at first, {most} after scrolling through {2 * (5000 - min(seen))} messages"

#!/usr/bin/env python3
"""Runs the tests of the pages. Arguments: words, only tests whose promise has one of them run; --quick: a handful."""

import sys
import time
import traceback

from playwright.sync_api import sync_playwright

import stage

# Each of these registers its tests.
import talk  # noqa: F401
import loss  # noqa: F401
import hostile  # noqa: F401
import reach  # noqa: F401
import library  # noqa: F401
import long  # noqa: F401
import watch  # noqa: F401


# Of each file the test that says most in a few seconds.
QUICK = [
    "a message is sent and its answer streams",
    "a refresh in the middle of an answer",
    "scripts in questions, answers and titles",
    "the keyboard alone does everything",
    "from another origin with a token of its own",
    "the operator's page shows",
]


def passes(scene, number, promise, function):
    start = time.monotonic()
    try:
        figures = function(scene)
        assert not scene.complaints, "\n".join(scene.complaints)
    except Exception:
        print(f"FAIL  {time.monotonic() - start:5.1f} s  {promise}", flush=True)
        traceback.print_exc()
        for complaint in scene.complaints:
            print(complaint, file=sys.stderr)
        for index, page in enumerate(page for context in scene.contexts for page in context.pages):
            page.screenshot(path=stage.SCREENSHOTS / f"failed-{number}-{index}.png")
        return False
    print(f"ok    {time.monotonic() - start:5.1f} s  {promise}{f': {figures}' if figures else ''}", flush=True)
    return True


def main(words):
    if words == ["--quick"]:
        words = QUICK
    chosen = [entry for entry in stage.TESTS if not words or any(word in entry[0] for word in words)]
    if not chosen:
        sys.exit("no test has such a word in its name")
    failed = []
    with sync_playwright() as playwright:
        scene = stage.Stage(playwright)
        try:
            for number, (promise, function) in enumerate(chosen):
                if not passes(scene, number, promise, function):
                    failed.append(promise)
                scene.clear()
        finally:
            scene.stop()
    print(f"{len(chosen) - len(failed)} of {len(chosen)} passed; screenshots in {stage.SCREENSHOTS}")
    sys.exit(1 if failed else 0)


main(sys.argv[1:])

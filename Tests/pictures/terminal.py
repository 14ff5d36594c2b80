"""A terminal: runs a program in one, types into it, and shows its screen as a web page."""

import os
import pty
import select
import signal
import struct
import termios
import time
from fcntl import ioctl
from html import escape

import pyte

COLOURS = {
    "default": "#d6dadd", "black": "#5d666d", "red": "#ff8f85", "green": "#6fd39b", "brown": "#e8c268", "blue": "#7db7f0",
    "magenta": "#d6a5e6", "cyan": "#62c4cc", "white": "#f3f5f6", "brightblack": "#8b959c", "brightred": "#ffaaa2",
    "brightgreen": "#93e3b5", "brightbrown": "#f2d792", "brightblue": "#a4cef7", "brightmagenta": "#e6c4f0",
    "brightcyan": "#94dce2", "brightwhite": "#ffffff",
}


class Terminal:
    def __init__(self, command, columns=84, lines=34, environment=None):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.process, self.handle = pty.fork()
        if self.process == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", **(environment or {})})
        ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.process, signal.SIGWINCH)

    def read(self, awaited, seconds=20, quiet=0.8):
        """Takes what comes until the screen has `awaited` and nothing has come for `quiet` seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.handle], [], [], quiet)
            if ready:
                self.stream.feed(os.read(self.handle, 65536))
            elif awaited in " ".join(line.strip() for line in self.screen.display):
                return
        raise AssertionError(f"the screen never had {awaited!r}:\n" + "\n".join(self.screen.display))

    def type(self, text):
        os.write(self.handle, text.encode())

    def stop(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.handle)

    def page(self, title):
        """The screen up to its last line that is not empty."""
        lines = []
        for number in range(self.screen.lines):
            cells = self.screen.buffer[number]
            spans = []
            for column in range(self.screen.columns):
                cell = cells[column]
                colour = COLOURS.get(cell.fg, f"#{cell.fg}" if len(cell.fg) == 6 else COLOURS["default"])
                style = (colour, cell.bold, cell.italics, cell.underscore, cell.reverse)
                if spans and spans[-1][0] == style:
                    spans[-1][1] += cell.data
                else:
                    spans.append([style, cell.data])
            lines.append("".join(self.span(style, text) for style, text in spans).rstrip())
            lines[-1] = lines[-1] if any(text.strip() for _, text in spans) else ""
        while lines and not lines[-1]:
            lines.pop()
        body = "\n".join(lines)
        return f"""<!doctype html><meta charset="utf-8"><style>
          body {{ margin: 0; padding: 18px; background: #e9edee; display: inline-block }}
          div {{ border-radius: 10px; background: #16191c; box-shadow: 0 6px 24px #0003; overflow: hidden }}
          h1 {{ margin: 0; padding: 9px 14px; font: 12.5px system-ui, sans-serif; color: #98a2a8; background: #22272b }}
          pre {{ margin: 0; padding: 14px 18px 18px; color: #d6dadd; font: 14px/1.42 "DejaVu Sans Mono", monospace }}
        </style><div><h1>{escape(title)}</h1><pre>{body}</pre></div>"""

    @staticmethod
    def span(style, text):
        colour, bold, italics, underlined, reverse = style
        css = f"color:#16191c;background:{colour}" if reverse else f"color:{colour}"
        css += ";font-weight:700" if bold else ""
        css += ";font-style:italic" if italics else ""
        css += ";text-decoration:underline" if underlined else ""
        return f'<span style="{css}">{escape(text)}</span>'

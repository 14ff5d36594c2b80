"""Plots as SVG, with nothing but text: axes, lines, steps and bars in the colours of the page's style sheet."""

import math
from html import escape

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 34, 46
MARKERS = ["circle", "square", "triangle", "diamond", "cross"]


class Scale:
    """Turns values into places between two pixels, linearly or by logarithm, and knows round values to label."""

    def __init__(self, least, most, start, end, logarithmic=False):
        self.logarithmic = logarithmic
        if logarithmic:
            least, most = max(least, 1e-9), max(most, 1e-9)
            if most / least < 2:
                least, most = least / 1.5, most * 1.5
        elif most <= least:
            most = least + 1
        self.least, self.most, self._start, self._end = least, most, start, end

    def __call__(self, value):
        if self.logarithmic:
            share = math.log(max(value, self.least) / self.least) / math.log(self.most / self.least)
        else:
            share = (value - self.least) / (self.most - self.least)
        return self._start + share * (self._end - self._start)

    def ticks(self, wanted=6):
        if not self.logarithmic:
            step = _round_step((self.most - self.least) / wanted)
            first = math.ceil(self.least / step - 1e-9)
            return [index * step for index in range(first, int(self.most / step + 1e-9) + 1)]
        decades = math.log10(self.most / self.least)
        parts = (1,) if decades > 4 else (1, 3) if decades > 2 else (1, 2, 5)
        powers = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
        values = [part * 10.0 ** power for power in powers for part in parts]
        return [value for value in values if self.least * 0.999 <= value <= self.most * 1.001]


def _round_step(step):
    power = 10 ** math.floor(math.log10(step))
    return next(part * power for part in (1, 2, 2.5, 5, 10) if step <= part * power * 1.0001)


def short(value):
    """A number for an axis."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    if abs(value) >= 1e3:
        return f"{value / 1e3:g}k"
    return f"{value:g}"


class Plot:
    """One frame with axes; what is drawn comes on top in order."""

    def __init__(self, title, x_label, y_label, x, y, x_ticks=None, y_ticks=None):
        self.x, self.y = x, y
        self._parts = [f'<text class="plot-title" x="{LEFT}" y="16">{escape(title)}</text>']
        self._labels = []
        self._title = title
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for value, text in y_ticks or [(value, short(value)) for value in y.ticks()]:
            place = y(value)
            self._parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{place:.1f}" y2="{place:.1f}"/>')
            self._parts.append(
                f'<text class="tick" x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{text}</text>')
        for value, text in x_ticks or [(value, short(value)) for value in x.ticks()]:
            place = x(value)
            self._parts.append(
                f'<line class="tick-mark" x1="{place:.1f}" x2="{place:.1f}" y1="{bottom}" y2="{bottom + 4}"/>')
            self._parts.append(
                f'<text class="tick" x="{place:.1f}" y="{bottom + 18}" text-anchor="middle">{text}</text>')
        self._parts.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
        self._parts.append(
            f'<text class="label" x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f'{escape(x_label)}</text>')
        self._parts.append(
            f'<text class="label" transform="translate(14 {(TOP + bottom) / 2:.0f}) rotate(-90)" text-anchor="middle">'
            f'{escape(y_label)}</text>')

    def line(self, name, series, points, marker=0, dashed=False):
        """A line through (x, y) points, named at its end."""
        points = [(x, y) for x, y in points if x is not None and y is not None]
        if not points:
            return
        places = [(self.x(x), self.y(y)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self._parts.append(f'<polyline class="line s-{series}" points="{path}"{dash}/>')
        if len(places) <= 12:
            for (x, y), (value_x, value_y) in zip(places, points):
                hint = escape(f"{name}: {value_x:,.6g}, {value_y:,.4g}")
                self._parts.append(_marker(x, y, series, marker, hint))
        self._labels.append((places[-1][1], name, series))

    def level(self, value, text):
        """A line across at a value that is to be held."""
        place = self.y(value)
        right = WIDTH - RIGHT
        self._parts.append(f'<line class="target" x1="{LEFT}" x2="{right}" y1="{place:.1f}" y2="{place:.1f}"/>')
        self._parts.append(f'<text class="target-text" x="{LEFT + 6}" y="{place - 5:.1f}">{escape(text)}</text>')

    def moments(self, values, text):
        """Upright lines at moments."""
        bottom = HEIGHT - BOTTOM
        for index, value in enumerate(values):
            place = self.x(value)
            self._parts.append(f'<line class="moment" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{bottom}"/>')
            if index == 0:
                self._parts.append(
                    f'<text class="target-text" x="{place + 4:.1f}" y="{bottom - 6}">{escape(text)}</text>')

    def render(self):
        """The figure, with the lines' names beside their ends, moved apart where they would touch."""
        gap, low, high = 15, TOP + 6, HEIGHT - BOTTOM
        labels = sorted(self._labels)
        places = []
        for place, _, _ in labels:
            places.append(max(place, places[-1] + gap) if places else max(place, low))
        overflow = places[-1] - high if places else 0
        if overflow > 0:
            for index in range(len(places) - 1, -1, -1):
                limit = high if index == len(places) - 1 else places[index + 1] - gap
                places[index] = min(places[index], limit)
        for place, (_, name, series) in zip(places, labels):
            self._parts.append(
                f'<text class="name t-{series}" x="{WIDTH - RIGHT + 10}" y="{place + 4:.1f}">{escape(name)}</text>')
        return _figure(self._parts, self._title, HEIGHT)


def bars(title, unit, rows, level=None, digits=2):
    """Horizontal bars from rows of (name, series, value, least, most), the spread as a whisker, the value as a word."""
    rows = [row for row in rows if row[2] is not None]
    if not rows:
        return ""
    name_width, row_height, top = max(120, 7.2 * max(len(row[0]) for row in rows)), 28, 34
    height = top + row_height * len(rows) + 26
    most = max(max(row[2], row[4]) for row in rows)
    scale = Scale(0, most, name_width, WIDTH - 90)
    parts = [f'<text class="plot-title" x="0" y="16">{escape(title)}</text>']
    if level is not None and level[0] <= most:
        place = scale(level[0])
        parts.append(f'<line class="target" x1="{place:.1f}" x2="{place:.1f}" y1="{top - 4}" y2="{height - 24}"/>')
        parts.append(
            f'<text class="target-text" x="{place:.1f}" y="{height - 10}" text-anchor="middle">{escape(level[1])}</text>')
    for index, (name, series, value, least, greatest) in enumerate(rows):
        y = top + index * row_height
        parts.append(
            f'<text class="bar-name" x="{name_width - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        width = max(1.0, scale(value) - name_width)
        parts.append(
            f'<rect class="bar f-{series}" x="{name_width}" y="{y + 3}" width="{width:.1f}" height="16" rx="2"/>')
        if greatest > least:
            parts.append(
                f'<line class="whisker" x1="{scale(least):.1f}" x2="{scale(greatest):.1f}" y1="{y + 11}" y2="{y + 11}"/>')
        end = max(scale(value), scale(greatest)) + 6
        parts.append(f'<text class="value" x="{end:.1f}" y="{y + 15}">{value:,.{digits}f} {escape(unit)}</text>')
    return _figure(parts, title, height)


def _figure(parts, title, height):
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">' + "".join(parts) + "</svg>")


def _marker(x, y, series, kind, hint):
    title = f"<title>{hint}</title>"
    shape = MARKERS[kind % len(MARKERS)]
    style = f'class="dot f-{series}"'
    if shape == "circle":
        return f'<circle {style} cx="{x:.1f}" cy="{y:.1f}" r="4">{title}</circle>'
    if shape == "square":
        return f'<rect {style} x="{x - 3.6:.1f}" y="{y - 3.6:.1f}" width="7.2" height="7.2">{title}</rect>'
    corners = {
        "triangle": [(0, -5), (4.6, 3.6), (-4.6, 3.6)],
        "diamond": [(0, -5.2), (5.2, 0), (0, 5.2), (-5.2, 0)],
        "cross": [
            (-4, -2), (-2, -4), (0, -2), (2, -4), (4, -2), (2, 0), (4, 2), (2, 4), (0, 2), (-2, 4), (-4, 2), (-2, 0)],
    }[shape]
    path = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon {style} points="{path}">{title}</polygon>'

"""What was measured, by scenario, subject and figure, over all rounds."""

import statistics


class Results:
    def __init__(self, rounds):
        # (scenario, subject) -> the figures of each round
        self._rounds = rounds

    def all(self, scenario, subject):
        return self._rounds.get((scenario, subject), [])

    def values(self, scenario, subject, key):
        return [figures[key] for figures in self.all(scenario, subject) if figures.get(key) is not None]

    def median(self, scenario, subject, key):
        """None where nothing was measured."""
        values = self.values(scenario, subject, key)
        return statistics.median(values) if values else None

    def problems(self, scenario, subject):
        return [
            " ".join((figures.get("failure") or "left out: " + figures["missing"]).split())[:600]
            for figures in self.all(scenario, subject) if "failure" in figures or "missing" in figures]

    def curve(self, scenario, subject, key):
        """A distribution as (share, milliseconds), the medians over the rounds."""
        curves = self.values(scenario, subject, f"{key}_curve")
        if not curves:
            return []
        return [(points[0][0], statistics.median(value for _, value in points)) for points in zip(*curves)]


def decimal(value, digits):
    """With so many digits behind the point, fewer where the number is large: nobody reads hundredths of thousands."""
    fewer = 2 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 0
    return f"{value:,.{max(0, digits - fewer)}f}"


def with_spread(values, digits):
    """The median, and the spread behind it where it is over 10 %."""
    if not values:
        return "-"
    middle, least, most = statistics.median(values), min(values), max(values)
    text = decimal(middle, digits)
    if middle and (most - least) / abs(middle) > 0.1:
        text += f" ({decimal(least, digits)}-{decimal(most, digits)})"
    return text

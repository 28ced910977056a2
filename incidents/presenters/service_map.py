"""Services and what they depend on as a picture: boxes in layers for a wide window, a list with rails for a phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from incidents.presenters.health import Health, Healths
from teams.catalogue import graph, layout
from teams.models import Service

# The room that a picture has on a page of its own, and in a column, in a window of 1440 pixels.
PAGE, COLUMN = 1320, 920
# What a letter takes of a box, about, and what is left for them beside the sign.
NAME_LETTER, NOTE_LETTER, BESIDE = 7.4, 6.0, 50
ROW_HEIGHT, ROW_WIDTH = 52, 360
WIDEST_GUTTER, LANE = 104, 14
TIP, BEND = 8, 8


@dataclass(frozen=True, slots=True)
class Box:
    """A service in the picture. `x` and `y` are its upper left corner."""

    service: Service
    health: Health
    x: float
    y: float
    name: str
    note: str
    label: str
    here: bool

    @property
    def transform(self) -> str:
        return f"translate({self.x} {self.y})"


@dataclass(frozen=True, slots=True)
class Edge:
    """A line, and the tip of its arrow. `hot`: trouble comes along it."""

    path: str
    tip: str
    hot: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One way to draw it: `kind` is layers or rails."""

    kind: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    box_width: int
    box_height: int

    # Where in a box its sign and its two lines of text stand.

    @property
    def middle(self) -> int:
        return self.box_height // 2

    @property
    def icon_top(self) -> int:
        return self.middle - 10

    @property
    def name_line(self) -> int:
        return self.middle - 3

    @property
    def note_line(self) -> int:
        return self.middle + 15


@dataclass(frozen=True, slots=True)
class Line:
    """A service in words, beside the picture."""

    service: Service
    health: Health
    needs: tuple[Service, ...]
    needed_by: tuple[Service, ...]
    here: bool


@dataclass(frozen=True, slots=True)
class Picture:
    sheets: tuple[Sheet, ...]
    lines: tuple[Line, ...]
    summary: str


def picture(
    services: Mapping[int, Service], healths: Healths, *, here: int | None = None, width: int = PAGE
) -> Picture:
    """`services` and the dependencies among them, with the health of each. `here` is the one that it is about."""
    known = graph.among(healths.graph, _in_order(services.values()))
    health = {pk: healths.of(pk) for pk in known}
    back = graph.turned(known)
    lines = tuple(
        Line(
            services[pk],
            health[pk],
            tuple(services[other] for other in known[pk]),
            tuple(services[other] for other in back[pk]),
            pk == here,
        )
        for pk in known
    )
    told = {line.service.pk: line for line in lines}
    sheets = (_layers(known, told, width), _rails(known, told)) if lines else ()
    return Picture(sheets, lines, _summary(lines))


def _in_order(services: Iterable[Service]) -> list[int]:
    return [service.pk for service in sorted(services, key=lambda s: (s.name.casefold(), s.pk))]


def _summary(lines: Sequence[Line]) -> str:
    """The picture in a sentence, for whoever does not see it."""
    edges = sum(len(line.needs) for line in lines)
    trouble = [line.service.name for line in lines if line.health.state == "trouble"]
    exposed = sum(line.health.state == "exposed" for line in lines)
    said = f"{_count(len(lines), 'service')} with {_count(edges, 'dependency', 'dependencies')}. "
    if trouble:
        said += f"In trouble: {', '.join(trouble)}; {_count(exposed, 'more service')} depend on them. "
    return f"{said}The table below says the same in words."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _layers(known: Mapping[int, list[int]], told: Mapping[int, Line], width: int) -> Sheet:
    paper = layout.fitted(known, width)
    drawing = layout.drawn(known, paper)
    return Sheet(
        "layers",
        tuple(_box(told[pk], x + 1, y + 1, paper.box_width) for pk, (x, y) in drawing.places.items()),
        tuple(_curve(line.points, hot=_hot(told[line.end])) for line in drawing.lines),
        round(drawing.width + 2),
        round(drawing.height + 2),
        int(paper.box_width),
        int(paper.box_height),
    )


def _box(line: Line, x: float, y: float, width: float) -> Box:
    service, health = line.service, line.health
    note = service.team.name
    if health.state == "trouble":
        count = len(health.incidents)
        note = f"{health.word}: {health.incidents[0].reference}{f' and {count - 1} more' if count > 1 else ''}"
    elif health.state == "exposed":
        note = health.word.lower()
    elif service.lifecycle != Service.Lifecycle.PRODUCTION:
        note = f"{service.lifecycle}, {note}"
    needs = f", depends on {', '.join(other.name for other in line.needs)}" if line.needs else ""
    label = f"{service.name}: {health.word}, {service.team.name}, tier {service.tier}{needs}"
    name_letters, note_letters = (int((width - BESIDE) / letter) for letter in (NAME_LETTER, NOTE_LETTER))
    names = _cut(service.name, name_letters), _cut(note, note_letters)
    return Box(service, health, round(x, 1), round(y, 1), *names, label, line.here)


def _hot(end: Line) -> bool:
    """Whether trouble comes along a line to `end`."""
    return end.health.state != "calm"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _curve(points: Sequence[tuple[float, float]], *, hot: bool) -> Edge:
    """A line that leaves and enters level, and bends in the room between two layers."""
    (x, y), *rest = ((px + 1, py + 1) for px, py in points)
    said = [f"M{x:.1f} {y:.1f}"]
    for number, (to_x, to_y) in enumerate(rest):
        last = number == len(rest) - 1
        stop = to_x - TIP if last else to_x
        if abs(to_y - y) < 0.5:
            said.append(f"L{stop:.1f} {to_y:.1f}")
        else:
            middle = (x + stop) / 2
            said.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {stop:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return Edge("".join(said), _tip(x, y), hot)


def _tip(x: float, y: float) -> str:
    return f"M{x - TIP:.1f} {y - TIP / 2:.1f}L{x:.1f} {y:.1f}L{x - TIP:.1f} {y + TIP / 2:.1f}Z"


def _rails(known: Mapping[int, list[int]], told: Mapping[int, Line]) -> Sheet:
    listing = layout.listed(known)
    step = min(LANE, (WIDEST_GUTTER - 24) / max(listing.lanes, 1))
    indent = round(24 + listing.lanes * step) if listing.lanes else 0
    width = ROW_WIDTH - indent - 2
    boxes = tuple(_box(told[pk], indent + 1, row * ROW_HEIGHT + 4, width) for row, pk in enumerate(listing.rows))
    edges = []
    for rail in listing.rails:
        x, top = indent - 16 - rail.lane * step, _level(rail.top, 8)
        for end, row in rail.ends:
            bottom = _level(row, -8)
            path = (
                f"M{indent + 1} {top}H{x + BEND:.1f}Q{x:.1f} {top} {x:.1f} {top + BEND}"
                f"V{bottom - BEND}Q{x:.1f} {bottom} {x + BEND:.1f} {bottom}H{indent + 1 - TIP}"
            )
            edges.append(Edge(path, _tip(indent + 1, bottom), _hot(told[end])))
    height = len(listing.rows) * ROW_HEIGHT
    return Sheet("rails", boxes, tuple(edges), ROW_WIDTH, height, width, ROW_HEIGHT - 8)


def _level(row: int, off: int) -> int:
    """Where a rail leaves a row, a little below its middle, or enters it, a little above."""
    return row * ROW_HEIGHT + ROW_HEIGHT // 2 + off

"""Where a graph's boxes and lines go on paper, twice: in layers from left to right, and as a list with rails beside it.
Pure; places are in pixels from the upper left corner.

The layers go from what depends on others to what is depended on. A line over several layers takes a lane of its own in
each, so that none runs through a box.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from teams.catalogue import graph as graphs
from teams.catalogue.graph import Graph

N = TypeVar("N", bound=Hashable)
SWEEPS = 12
SETTLINGS = 8
NARROWEST_BOX, NARROW_GAP = 164.0, 46.0


@dataclass(frozen=True, slots=True)
class Paper:
    """Sizes of a drawing. `lane` is the height that a passing line takes; drawings of pieces that do not hang together
    stand side by side as far as `width` allows."""

    box_width: float = 208
    box_height: float = 54
    between_layers: float = 72
    between_boxes: float = 18
    lane: float = 16
    between_pieces: float = 36
    width: float = 1100


@dataclass(frozen=True, slots=True)
class Line(Generic[N]):
    """From the right side of `start` to the left side of `end`, through `points`: (x, y) each."""

    start: N
    end: N
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drawing(Generic[N]):
    """`places` are the upper left corners of the boxes, in the order in which a reader meets them."""

    places: dict[N, tuple[float, float]]
    lines: tuple[Line[N], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lane(Generic[N]):
    """A line over several layers, where it passes layer number `layer`."""

    start: N
    end: N
    layer: int


Slot = Hashable


def fitted(graph: Graph[N], width: float) -> Paper:
    """Paper on which the layers of `graph` stand side by side in `width`, as far as its boxes can still be read."""
    usual = Paper()
    layers = max(_ranks(graph).values(), default=0) + 1
    gap = usual.between_layers if layers <= 4 else NARROW_GAP
    box = (width - (layers - 1) * gap) / layers
    return Paper(
        box_width=min(max(box, NARROWEST_BOX), usual.box_width), between_layers=gap, between_pieces=gap, width=width
    )


def drawn(graph: Graph[N], paper: Paper | None = None) -> Drawing[N]:
    """The graph in layers. It has no circles: what goes round in one could stand nowhere (ValueError)."""
    paper = paper or Paper()
    if circle := graphs.circle(graph):
        raise ValueError(f"a circle can't be drawn in layers: {circle}")
    pieces = [_piece(graphs.among(graph, piece), paper) for piece in graphs.pieces(graph)]
    # The large ones first; what hangs on nothing comes last and fills rows.
    pieces.sort(key=lambda piece: (len(piece.places) == 1, -len(piece.places)))
    return _together(pieces, paper)


def _together(pieces: Sequence[Drawing[N]], paper: Paper) -> Drawing[N]:
    widest = max([piece.width for piece in pieces] + [paper.width])
    places: dict[N, tuple[float, float]] = {}
    lines: list[Line[N]] = []
    x = y = row = right = 0.0
    for piece in pieces:
        gap = paper.between_boxes if len(piece.places) == 1 else paper.between_pieces
        if x and x + piece.width > widest:
            x, y, row = 0.0, y + row + gap, 0.0
        places |= {node: (x + left, y + top) for node, (left, top) in piece.places.items()}
        lines += [Line(line.start, line.end, tuple((x + px, y + py) for px, py in line.points)) for line in piece.lines]
        row, right = max(row, piece.height), max(right, x + piece.width)
        x += piece.width + gap
    return Drawing(places, tuple(lines), right, y + row)


def _piece(graph: Graph[N], paper: Paper) -> Drawing[N]:
    rank = _ranks(graph)
    layers, links = _lanes(graph, rank)
    layers = _untangled(layers, links)
    centres = _settled(layers, links, paper)
    top = min(centres[slot] - _half(slot, paper) for layer in layers for slot in layer)
    step = paper.box_width + paper.between_layers
    places = {
        slot: (number * step, centres[slot] - top - paper.box_height / 2)
        for number, layer in enumerate(layers)
        for slot in layer
        if not isinstance(slot, Lane)
    }
    lines = []
    for node, others in graph.items():
        for other in others:
            passed = [Lane(node, other, layer) for layer in range(rank[node] + 1, rank[other])]
            points = [(rank[node] * step + paper.box_width, centres[node] - top)]
            for lane in passed:
                at = centres[lane] - top
                points += [(lane.layer * step, at), (lane.layer * step + paper.box_width, at)]
            points.append((rank[other] * step, centres[other] - top))
            lines.append(Line(node, other, tuple(points)))
    height = max(centres[slot] + _half(slot, paper) for layer in layers for slot in layer) - top
    return Drawing(places, tuple(lines), len(layers) * step - paper.between_layers, height)  # type: ignore[arg-type]


def _ranks(graph: Graph[N]) -> dict[N, int]:
    """The layer of each node: right of everything that depends on it, and no further left of what it depends on than
    it has to be."""
    rank = dict.fromkeys(graphs.nodes(graph), 0)
    order = graphs.in_order(graph)
    for node in order:
        for other in graph.get(node, ()):
            rank[other] = max(rank[other], rank[node] + 1)
    back = graphs.turned(graph)
    for node in order:
        if others := graph.get(node, ()):
            near = min(rank[other] for other in others) - 1
            if not back[node]:
                rank[node] = near
    least = min(rank.values(), default=0)
    return {node: layer - least for node, layer in rank.items()}


def _lanes(graph: Graph[N], rank: Mapping[N, int]) -> tuple[list[list[Slot]], dict[Slot, list[Slot]]]:
    """What stands in each layer, lanes of passing lines included, and what each has a line to in the next layer."""
    layers: list[list[Slot]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    links: dict[Slot, list[Slot]] = {}
    for node in graphs.in_order(graph):
        layers[rank[node]].append(node)
        links[node] = []
    for node, others in graph.items():
        for other in others:
            before: Slot = node
            for layer in range(rank[node] + 1, rank[other]):
                lane = Lane(node, other, layer)
                layers[layer].append(lane)
                links[before].append(lane)
                links[lane] = []
                before = lane
            links[before].append(other)
    return layers, links


def _untangled(layers: list[list[Slot]], links: Mapping[Slot, list[Slot]]) -> list[list[Slot]]:
    """The same layers in an order in which few lines cross: each stands where the middle of its neighbours is, swept
    to the right and to the left in turn; the best that was seen counts."""
    back = graphs.turned(links)
    best, least = [list(layer) for layer in layers], _crossings(layers, links)
    now = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        if not least:
            break
        rightward = sweep % 2 == 0
        numbers = range(1, len(now)) if rightward else range(len(now) - 2, -1, -1)
        for number in numbers:
            beside = now[number - 1 if rightward else number + 1]
            place = {slot: at for at, slot in enumerate(beside)}
            near = back if rightward else links
            here = {slot: at for at, slot in enumerate(now[number])}
            now[number].sort(key=lambda slot: (_middle([place[o] for o in near[slot]], here[slot]), here[slot]))
        if (count := _crossings(now, links)) < least:
            best, least = [list(layer) for layer in now], count
    return best


def _middle(places: list[int], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(layers: Sequence[Sequence[Slot]], links: Mapping[Slot, Collection[Slot]]) -> int:
    """How many lines cross between neighbouring layers."""
    count = 0
    for left, right in pairwise(layers):
        place = {slot: at for at, slot in enumerate(right)}
        seen: list[int] = []
        for slot in left:
            ends = sorted(place[other] for other in links[slot])
            for end in ends:
                count += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return count


def _settled(layers: Sequence[Sequence[Slot]], links: Mapping[Slot, list[Slot]], paper: Paper) -> dict[Slot, float]:
    """The height of each slot's centre: near those of its neighbours, in the order of its layer, none over another."""
    back = graphs.turned(links)
    offsets = [_offsets(layer, paper) for layer in layers]
    centres = {
        slot: at for layer, ats in zip(layers, offsets, strict=True) for slot, at in zip(layer, ats, strict=True)
    }
    for turn in range(SETTLINGS):
        numbers = range(len(layers)) if turn % 2 == 0 else range(len(layers) - 1, -1, -1)
        for number in numbers:
            layer, own = layers[number], offsets[number]
            wanted = []
            for slot in layer:
                near = [centres[other] for other in (*back[slot], *links[slot])]
                wanted.append(sum(near) / len(near) if near else centres[slot])
            free = _rising([want - at for want, at in zip(wanted, own, strict=True)])
            centres |= {slot: shift + at for slot, shift, at in zip(layer, free, own, strict=True)}
    return centres


def _offsets(layer: Sequence[Slot], paper: Paper) -> list[float]:
    """How far below the first each stands at the least."""
    found: list[float] = []
    for number, slot in enumerate(layer):
        if not number:
            found.append(0.0)
            continue
        former = layer[number - 1]
        found.append(found[-1] + _half(former, paper) + _half(slot, paper) + paper.between_boxes)
    return found


def _half(slot: Slot, paper: Paper) -> float:
    return (paper.lane if isinstance(slot, Lane) else paper.box_height) / 2


def _rising(values: Iterable[float]) -> list[float]:
    """The numbers nearest to `values` (least squares) of which none is less than the one before."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        total, count = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            more, others = blocks.pop()
            total, count = total + more, count + others
        blocks.append((total, count))
    return [total / count for total, count in blocks for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Rail(Generic[N]):
    """The line of `node` down to what it depends on: it leaves row `top`, runs in lane `lane` (0 is next to the rows),
    and turns off to each of `rows`."""

    node: N
    top: int
    lane: int
    ends: tuple[tuple[N, int], ...]

    @property
    def bottom(self) -> int:
        return max(row for _, row in self.ends)


@dataclass(frozen=True, slots=True)
class Listing(Generic[N]):
    """A graph as a list in which everything stands above what it depends on. `lanes` is how many rails run side by
    side at the most."""

    rows: tuple[N, ...]
    rails: tuple[Rail[N], ...]
    lanes: int


def listed(graph: Graph[N]) -> Listing[N]:
    """The graph as a list with rails. It has no circles."""
    rows = [
        node for piece in _large_first(graphs.pieces(graph)) for node in graphs.in_order(graphs.among(graph, piece))
    ]
    place = {node: row for row, node in enumerate(rows)}
    rails: list[Rail[N]] = []
    for node in rows:
        ends = sorted(((other, place[other]) for other in graph.get(node, ())), key=lambda end: end[1])
        if not ends:
            continue
        top, bottom = place[node], ends[-1][1]
        taken = {rail.lane for rail in rails if rail.bottom > top and rail.top < bottom}
        lane = next(number for number in range(len(taken) + 1) if number not in taken)
        rails.append(Rail(node, top, lane, tuple(ends)))
    return Listing(tuple(rows), tuple(rails), max((rail.lane + 1 for rail in rails), default=0))


def _large_first(pieces: list[list[N]]) -> list[list[N]]:
    return sorted(pieces, key=lambda piece: (len(piece) == 1, -len(piece)))

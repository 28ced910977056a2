"""What depends on what: how far trouble reaches, and where dependencies go round in a circle. Pure.

A graph maps each node to what it depends on. A node that depends on nothing needs no entry. Answers are in the order
of the graph, so the same graph is always told in the same way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

N = TypeVar("N", bound=Hashable)
Graph = Mapping[N, Collection[N]]


def nodes(graph: Graph[N]) -> list[N]:
    """Every node, those that are only depended on as well."""
    return list(dict.fromkeys(each for node, others in graph.items() for each in (node, *others)))


def turned(graph: Graph[N]) -> dict[N, list[N]]:
    """The graph the other way round: each node with what depends on it."""
    found: dict[N, list[N]] = {node: [] for node in nodes(graph)}
    for node, others in graph.items():
        for other in others:
            found[other].append(node)
    return found


def reach(graph: Graph[N], start: Iterable[N], steps: int | None = None) -> dict[N, int]:
    """What any of `start` depends on, however indirectly, with the fewest steps to it; those of `start` are left out.
    `steps`: no further than that. Of a `turned` graph, what depends on them. A circle ends where it began."""
    first = set(start)
    found: dict[N, int] = {}
    waiting = deque((node, 0) for node in dict.fromkeys(first))
    while waiting:
        node, far = waiting.popleft()
        if steps is not None and far >= steps:
            continue
        for other in graph.get(node, ()):
            if other not in found and other not in first:
                found[other] = far + 1
                waiting.append((other, far + 1))
    return found


def way(graph: Graph[N], start: N, end: N) -> list[N]:
    """The shortest way from `start` to `end`, both included; empty where there is none."""
    came: dict[N, N | None] = {start: None}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        if node == end:
            return _walked(came, end)
        for other in graph.get(node, ()):
            if other not in came:
                came[other] = node
                waiting.append(other)
    return []


def _walked(came: Mapping[N, N | None], end: N) -> list[N]:
    found: list[N] = []
    node: N | None = end
    while node is not None:
        found.append(node)
        node = came[node]
    return found[::-1]


def circle(graph: Graph[N], among: Iterable[N] | None = None) -> list[N]:
    """A circle that goes through one of `among` (anything, where None), the shortest through the first of them that is
    in any: a, b, c, a. Empty where there is none."""
    looping = _looping(graph)
    for node in nodes(graph) if among is None else among:
        if node in looping:
            ways = [found for other in graph.get(node, ()) if (found := way(graph, other, node))]
            if ways:
                return [node, *min(ways, key=len)]
    return []


def _looping(graph: Graph[N]) -> set[N]:
    """What is left of the graph when everything that no circle can go through is taken away, from both ends."""
    left = set(nodes(graph))
    for each in (graph, turned(graph)):
        missing = {node: len([other for other in each.get(node, ()) if other in left]) for node in left}
        back = turned(each)
        done = deque(node for node, count in missing.items() if not count)
        while done:
            node = done.popleft()
            left.discard(node)
            for other in back.get(node, ()):
                if other in missing:
                    missing[other] -= 1
                    if not missing[other]:
                        done.append(other)
    return left


def among(graph: Graph[N], kept: Iterable[N]) -> dict[N, list[N]]:
    """The graph of `kept` alone, in their order."""
    wanted = dict.fromkeys(kept)
    return {node: [other for other in graph.get(node, ()) if other in wanted] for node in wanted}


def pieces(graph: Graph[N]) -> list[list[N]]:
    """Nodes that hang together, whichever way, as lists in the order of the graph."""
    back = turned(graph)
    seen: set[N] = set()
    found = []
    order = nodes(graph)
    for first in order:
        if first in seen:
            continue
        piece, waiting = {first}, [first]
        while waiting:
            node = waiting.pop()
            for other in (*graph.get(node, ()), *back.get(node, ())):
                if other not in piece:
                    piece.add(other)
                    waiting.append(other)
        seen |= piece
        found.append([node for node in order if node in piece])
    return found


def in_order(graph: Graph[N]) -> list[N]:
    """Nodes so that each stands before what it depends on, as near to the order of the graph as that allows. What goes
    round in a circle comes last, as it is."""
    waits = dict.fromkeys(nodes(graph), 0)
    for others in graph.values():
        for other in others:
            waits[other] += 1
    place = {node: number for number, node in enumerate(waits)}
    found: list[N] = []
    ready = [node for node in waits if not waits[node]][::-1]
    while ready:
        node = ready.pop()
        found.append(node)
        freed = []
        for other in graph.get(node, ()):
            waits[other] -= 1
            if not waits[other]:
                freed.append(other)
        # What a node alone was waited for stands right below it.
        ready += sorted(freed, key=place.__getitem__, reverse=True)
    done = set(found)
    return found + [node for node in waits if node not in done]

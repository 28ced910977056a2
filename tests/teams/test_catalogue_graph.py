"""What depends on what: reach, ways, circles, and where the boxes and lines of the drawing go."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.catalogue import graph, layout

SHOP = {
    "shop": ["checkout", "search"],
    "checkout": ["ledger", "sign-in"],
    "search": ["sign-in"],
    "ledger": ["database"],
    "sign-in": ["database"],
    "mail": [],
}


@st.composite
def graphs(draw: st.DrawFn, *, loops: bool = False) -> dict[int, list[int]]:
    """Graphs of up to a dozen nodes; without `loops`, every line leads to a higher number."""
    size = draw(st.integers(1, 12))
    ends = st.integers(0, size - 1)
    found: dict[int, list[int]] = {node: [] for node in range(size)}
    for a, b in draw(st.lists(st.tuples(ends, ends), max_size=30, unique=True)):
        start, end = (a, b) if loops else (min(a, b), max(a, b))
        if start != end and end not in found[start]:
            found[start].append(end)
    return found


def test_reach_says_how_far_and_in_which_direction() -> None:
    assert graph.reach(SHOP, ["checkout"]) == {"ledger": 1, "sign-in": 1, "database": 2}
    assert graph.reach(SHOP, ["shop"], steps=1) == {"checkout": 1, "search": 1}
    assert graph.reach(graph.turned(SHOP), ["sign-in"]) == {"checkout": 1, "search": 1, "shop": 2}
    assert graph.reach(SHOP, ["mail"]) == {}
    assert graph.reach(SHOP, ["nobody"]) == {}
    assert graph.reach(SHOP, ["ledger", "sign-in"]) == {"database": 1}


def test_a_way_is_the_shortest() -> None:
    assert graph.way(SHOP, "shop", "database") == ["shop", "checkout", "ledger", "database"]
    assert graph.way(SHOP, "shop", "shop") == ["shop"]
    assert graph.way(SHOP, "database", "shop") == []


def test_a_circle_is_told_from_its_begin_to_its_begin() -> None:
    assert graph.circle(SHOP) == []
    looped = SHOP | {"database": ["checkout"]}
    assert graph.circle(looped, ["database"]) == ["database", "checkout", "ledger", "database"]
    assert graph.circle(looped, ["mail", "shop"]) == []
    assert graph.circle({"a": ["a"]}) == ["a", "a"]
    # Two circles and what lies between them, which is in neither.
    between = {"a": ["b"], "b": ["a", "x"], "x": ["c"], "c": ["d"], "d": ["c"]}
    assert graph.circle(between, ["x"]) == []
    assert graph.circle(between, ["x", "d"]) == ["d", "c", "d"]


@given(graphs(loops=True))
def test_a_circle_is_found_exactly_where_something_reaches_itself(found: dict[int, list[int]]) -> None:
    circle = graph.circle(found)
    turning = any(node in graph.reach(found, found[node]) or node in found[node] for node in found)
    assert bool(circle) == turning
    if circle:
        assert circle[0] == circle[-1]
        assert len(set(circle)) == len(circle) - 1
        assert all(end in found[start] for start, end in pairwise(circle))


@given(graphs())
def test_everything_stands_above_and_left_of_what_it_depends_on(found: dict[int, list[int]]) -> None:
    order = graph.in_order(found)
    assert sorted(order) == sorted(found)
    drawing, listing = layout.drawn(found), layout.listed(found)
    row = {node: number for number, node in enumerate(listing.rows)}
    for start, others in found.items():
        for end in others:
            assert order.index(start) < order.index(end)
            assert row[start] < row[end]
            assert drawing.places[start][0] < drawing.places[end][0]
    assert sorted(listing.rows) == sorted(drawing.places) == sorted(found)
    assert len(drawing.lines) == sum(map(len, found.values()))


@given(graphs())
def test_no_box_covers_another_and_no_line_runs_through_one(found: dict[int, list[int]]) -> None:
    paper = layout.Paper()
    drawing = layout.drawn(found, paper)
    boxes = list(drawing.places.items())
    for number, (_, (x, y)) in enumerate(boxes):
        assert 0 <= x <= drawing.width - paper.box_width + 0.01
        assert -0.01 <= y <= drawing.height - paper.box_height + 0.01
        for _, (other_x, other_y) in boxes[:number]:
            assert abs(x - other_x) >= paper.box_width or abs(y - other_y) >= paper.box_height - 0.01
    for line in drawing.lines:
        for (x, y), (end_x, end_y) in pairwise(line.points):
            # What is level passes a layer; the rest bends in the room between two.
            if y == end_y:
                crossed = [n for n, (bx, by) in boxes if x < bx + 1 < end_x and by < y < by + paper.box_height]
                assert not crossed


@given(graphs())
def test_rails_that_run_beside_each_other_have_lanes_of_their_own(found: dict[int, list[int]]) -> None:
    rails = layout.listed(found).rails
    for number, one in enumerate(rails):
        for other in rails[:number]:
            if one.lane == other.lane:
                assert one.bottom <= other.top or other.bottom <= one.top


def test_lines_are_untangled() -> None:
    crossed = {"a": ["z"], "b": ["y"], "c": ["x"]} | {"root": ["a", "b", "c"]}
    drawing = layout.drawn(crossed)
    height = {node: y for node, (_, y) in drawing.places.items()}
    assert sorted("abc", key=height.__getitem__) == [
        {"x": "c", "y": "b", "z": "a"}[n] for n in sorted("xyz", key=height.__getitem__)
    ]


def test_what_hangs_on_nothing_fills_rows_below() -> None:
    alone = {f"s{number}": [] for number in range(12)}
    drawing = layout.drawn({"a": ["b"], **alone}, layout.Paper(width=900))
    lowest = drawing.places["a"][1]
    assert all(drawing.places[name][1] > lowest for name in list(alone)[3:])
    assert drawing.width <= 900


def test_a_circle_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="circle"):
        layout.drawn({"a": ["b"], "b": ["a"]})


def test_nothing_is_drawn_as_nothing() -> None:
    assert layout.drawn({}) == layout.Drawing({}, (), 0.0, 0.0)
    assert layout.listed({}).rows == ()

"""JMESPath expressions on strangers' bodies: compiled with clear errors, evaluated within bounds. Pure.

An expression is written by somebody who may configure an integration, its body by whoever has the key. Neither may
take the process down, so that the size of an expression, the steps of an evaluation and the size of every value on
the way are bounded. The size is what a value would be when written out: `[@, @] | [@, @] | …` makes few objects and
yet doubles with each step.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.functions import Functions
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from incidents.sources import SourceError
from incidents.sources.reading import clean, shown

LONGEST = 1000
MOST_NODES = 200
DEEPEST = 40
MOST_STEPS = 100_000
LARGEST = 1_000_000
# Where values come into being; everything else hands on a part of what it was given.
MAKERS = frozenset(
    [
        "filter_projection", "flatten", "function_expression", "multi_select_dict", "multi_select_list", "projection",
        "value_projection",
    ]
)  # fmt: skip
# What the library raises beside its own errors, for numbers without end, slices without steps and the like.
FAILURES = (JMESPathError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class TooCostly(ValueError):
    """An evaluation that went over its bounds."""


@dataclass(slots=True)
class Budget:
    """How much may be evaluated on one body, by all the expressions together."""

    steps: int = MOST_STEPS

    def spend(self, steps: int) -> None:
        """TooCostly when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise TooCostly(f"takes too long: the mapping has {MOST_STEPS} steps for a body")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `written` is how it was given."""

    written: str
    tree: Any


def compiled(written: object, field: str) -> Expression:
    """SourceError on `field` says what is wrong with the expression, and where."""
    if not isinstance(written, str) or not written.strip():
        raise SourceError(field, f"give a JMESPath expression, not {shown(written)}")
    if len(written) > LONGEST:
        raise SourceError(field, f"has {len(written)} characters; give at most {LONGEST}")
    try:
        tree = Parser().parse(written).parsed
    except (ParseError, LexerError) as error:
        at = getattr(error, "lex_position", None) if isinstance(error, ParseError) else error.lexer_position
        where = f" at character {at + 1}" if isinstance(at, int) else ""
        raise SourceError(field, f"is not JMESPath{where}: {_reason(error)}") from None
    except FAILURES as error:
        raise SourceError(field, f"is not JMESPath: {_reason(error)}") from None
    _judge(tree, field)
    return Expression(written, tree)


def evaluated(expression: Expression, value: Any, field: str, budget: Budget) -> Any:
    """What the expression finds in a decoded JSON value, which is JSON too. SourceError on `field` where it fails."""
    interpreter = _Bounded(budget)
    try:
        found = interpreter.visit(expression.tree, value)
        interpreter.weigh(found)
    except TooCostly as error:
        raise SourceError(field, str(error)) from None
    except RecursionError:
        raise SourceError(field, "is nested too deeply") from None
    except FAILURES as error:
        raise SourceError(field, f"can't be evaluated: {_reason(error)}") from None
    return found


def _reason(error: Exception) -> str:
    told = " ".join(str(error).split()) or type(error).__name__
    return clean(told.removeprefix("Invalid jmespath expression: "), 200)


def _judge(tree: Any, field: str) -> None:
    """Refuse what is too large, and functions that are unknown or called with another number of arguments."""
    level, nodes = [tree], 0
    for _ in range(DEEPEST):
        nodes += len(level)
        if nodes > MOST_NODES:
            raise SourceError(field, f"has more than {MOST_NODES} parts")
        for node in level:
            if node["type"] == "function_expression":
                _judge_call(node, field)
        level = [child for node in level for child in node.get("children", ()) if isinstance(child, dict)]
        if not level:
            return
    raise SourceError(field, f"is nested more than {DEEPEST} deep")


def _judge_call(node: Any, field: str) -> None:
    name, given = node["value"], len(node["children"])
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        raise SourceError(field, f"has no function {clean(str(name), 60)}()")
    wanted = len(known["signature"])
    variadic = bool(known["signature"]) and known["signature"][-1].get("variadic")
    if given < wanted or (given > wanted and not variadic):
        raise SourceError(field, f"{name}() takes {wanted}{' or more' if variadic else ''} arguments, not {given}")


class _Functions(Functions):
    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        match function_name, list(resolved_args):
            case "join", [str() as glue, list() as parts] if len(glue) * len(parts) > LARGEST:
                raise TooCostly("joins more than can be kept")
        return super().call_function(function_name, resolved_args)


class _Bounded(TreeInterpreter):
    def __init__(self, budget: Budget) -> None:
        super().__init__(Options(custom_functions=_Functions()))
        self.budget = budget
        # By identity; the value is kept with its weight, so that no other one gets its identity.
        self.weights: dict[int, tuple[Any, int]] = {}

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self.budget.spend(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in MAKERS:
            self.weigh(found)
        return found

    def weigh(self, value: Any) -> int:
        """The size of a value when it is written out. TooCostly when that is too much, or when it is no JSON."""
        if isinstance(value, str):
            weight = 1 + len(value)
        elif value is None or isinstance(value, bool | int | float):
            weight = 1
        elif isinstance(value, dict | list):
            known = self.weights.get(id(value))
            if known is not None:
                return known[1]
            parts = [*value, *value.values()] if isinstance(value, dict) else value
            self.budget.spend(1 + len(parts) // 8)
            weight = 1 + sum(map(self.weigh, parts))
            self.weights[id(value)] = (value, weight)
        else:
            # An expression by reference, "&name", is for functions only.
            raise TooCostly("gives an expression instead of a value")
        if weight > LARGEST:
            raise TooCostly("makes more than can be kept")
        return weight

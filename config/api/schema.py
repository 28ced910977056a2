"""What the OpenAPI schema says beyond the views: every operation may answer with a problem."""

from __future__ import annotations

from typing import Any

BLOCKER = {
    "type": "object",
    "description": "One thing that is missing, and how to supply it.",
    "required": ["code", "message", "field", "fix_url", "overridable"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "field": {"type": "string", "description": "The input that supplies it, if one does."},
        "fix_url": {"type": "string", "description": "The page of the console that does."},
        "overridable": {"type": "boolean", "description": "A reason is enough: send override and reason."},
    },
}
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs."},
        "scope": {"type": "string", "description": "403 `scope_missing`: the scope that the token lacks."},
        "errors": {
            "type": "array",
            "description": "400: every input that is wrong; `field` is dotted.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
        "blockers": {
            "type": "array",
            "description": "409: all that is missing.",
            "items": {"$ref": "#/components/schemas/ProblemBlocker"},
        },
        "overridable": {"type": "boolean", "description": "409: whether a reason is all that it takes."},
        "phase": {"type": "string", "description": "409 of a verb: where the incident is."},
        "possible_verbs": {
            "type": "array",
            "items": {"type": "string"},
            "description": "409 of a verb: what can be done from there.",
        },
    },
}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the problem to every operation as its default response."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"], schemas["ProblemBlocker"] = PROBLEM, BLOCKER
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"]["default"] = {"description": "Refused or failed.", "content": content}
    return result

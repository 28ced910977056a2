"""What an issue says, in the markup of its tracker. PURE."""

from __future__ import annotations

from incidents.trackers.shapes import Draft

# Markup that people typed must neither call somebody, nor run a command, nor hide anything there.
_MARKDOWN = str.maketrans(
    {"<": "&lt;", ">": "&gt;", "@": "@\u200b", "`": "\\`", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]", "#": "\\#"}
)
_WIKI = str.maketrans({"{": "\\{", "}": "\\}", "[": "\\[", "]": "\\]", "|": "\\|", "*": "\\*", "!": "\\!"})


def escaped(text: str) -> str:
    """Text in one line of Markdown, as plain as it was typed."""
    return " ".join(text.split()).translate(_MARKDOWN)


def markdown(draft: Draft) -> str:
    """The body for GitHub and GitLab. No line begins with what somebody typed: GitLab reads commands there."""
    lines = []
    for line in draft.lines:
        text = escaped(line.text)
        lines.append(f"**{line.label}:** " + (f"[{text}]({line.url})" if line.url else text))
    return "\n\n".join([*lines, f"<!-- {draft.marker} -->"])


def plain(text: str) -> str:
    """Text in one line of Jira's markup, as plain as it was typed."""
    return " ".join(text.split()).translate(_WIKI)


def wiki(draft: Draft) -> str:
    """The body for Jira."""
    lines = []
    for line in draft.lines:
        text = plain(line.text)
        lines.append(f"*{line.label}:* " + (f"[{text}|{line.url}]" if line.url else text))
    return "\n\n".join(lines)

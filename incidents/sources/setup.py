"""What to enter in a tool, cut into what is said and what is copied. Pure.

In a configuration the lines that begin with "> " are read by people; what stands between them is copied as it is.
"""

from dataclasses import dataclass

SAID = "> "


@dataclass(frozen=True, slots=True)
class Step:
    """`says`: what to do, in a sentence or two; perhaps empty. `text`: what to copy there; perhaps empty."""

    says: str
    text: str


def steps(configuration: str) -> list[Step]:
    """The steps of a configuration in their order; each has words, or a text, or both."""
    found: list[tuple[list[str], list[str]]] = [([], [])]
    for line in configuration.splitlines():
        said, text = found[-1]
        if line.startswith(SAID):
            if any(each.strip() for each in text):
                found.append(([line.removeprefix(SAID)], []))
            else:
                said.append(line.removeprefix(SAID))
        else:
            text.append(line)
    cut = [Step(" ".join(said), "\n".join(text).strip("\n")) for said, text in found]
    return [step for step in cut if step.says or step.text]


def plain(configuration: str) -> str:
    """A configuration as one text, for where it can't be cut."""
    return "".join(line.removeprefix(SAID) for line in configuration.splitlines(keepends=True))

"""The blameless coach: marks phrases that blame, says why, and offers a rewrite that asks how and what.

PURE: phrases, names and languages are data, and no phrase is a regular expression, so that none can take long.
"""

from incidents.coaching.engine import Coach, Kind, Phrase, Remark
from incidents.coaching.languages import LANGUAGES, Language, language
from incidents.coaching.patterns import PatternError, compiled, is_readable
from incidents.coaching.people import Person

__all__ = [
    "LANGUAGES",
    "Coach",
    "Kind",
    "Language",
    "PatternError",
    "Person",
    "Phrase",
    "Remark",
    "compiled",
    "is_readable",
    "language",
]

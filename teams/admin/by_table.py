"""The administration by the table of access: which rows somebody sees, and what they may do to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst

from teams import access, permits
from teams.models import EscalationPolicy, Layer, LayerMember, Schedule, Service, Team, User
from teams.signin import again

# What no page shows and no address may filter by: each answer to a filter gives away a letter.
UNSHOWN = frozenset({"password", "digest", "secret", "key", "data"})
# What everybody who is signed in may read anyway: it can be named to whoever has to take it apart first.
NAMED = (EscalationPolicy, Layer, LayerMember, Schedule, Service, Team)


def person(request: HttpRequest) -> User:
    """Who is signed in to the administration."""
    assert isinstance(request.user, User)
    return request.user


class ByTable:
    """A mixin of model admins and inlines: `verbs` names the table's verb for view, add, change and delete; what is
    left out nobody may.

    `within` leads from a row to what gives people a role on it, a team unless `where` says otherwise (`""`: the row
    is one): who may do the verb for some of these only sees and changes their rows.
    """

    verbs: ClassVar[dict[str, str]] = {}
    within: ClassVar[str | None] = None

    def where(self, user: Any, verb: str) -> QuerySet[Any]:
        """What `within` leads to, as far as `user` may do `verb` there."""
        return permits.teams_where(user, verb)

    def _may(self, request: HttpRequest, act: str, obj: Any = None) -> bool:
        verb = self.verbs.get(act)
        if verb is None:
            return False
        if self.within is None:
            return permits.may(request.user, verb)
        if obj is None:
            return permits.may_somewhere(request.user, verb)
        # Of an inline, `obj` is the row that it belongs to. A page asks the same for every line of it, and where it
        # only reads, the answer stays.
        if request.method not in again.SAFE or obj.pk is None:
            return permits.may(request.user, verb, obj)
        known: dict[Any, bool] = request.__dict__.setdefault("_allowed", {})
        asked = (verb, type(obj), obj.pk)
        if asked not in known:
            known[asked] = permits.may(request.user, verb, obj)
        return known[asked]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may filter the list by `lookup`."""
        if not UNSHOWN.isdisjoint(lookup.split("__")):
            return False
        allowed: bool = super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        return allowed

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        verb = self.verbs.get("change") or self.verbs.get("view")
        if self.within is None or verb is None or permits.may(request.user, verb):
            return found
        return found.filter(**{f"{self.within or 'pk'}__in": self.where(request.user, verb).values("pk")})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django's four answers, which name what was chosen and only count what hangs on it: that may be of a private
        incident, and say so in its words."""
        chosen = list(objs)
        if not chosen:
            return [], {}, set(), []
        collector = NestedObjects(using=router.db_for_write(type(chosen[0])), origin=objs)
        collector.collect(chosen)
        known = set(chosen)
        rows = [row for of_kind in collector.model_objs.values() for row in of_kind]
        site: admin.AdminSite = self.admin_site  # type: ignore[attr-defined]
        missing = {
            row._meta.verbose_name
            for row in rows
            if site.is_registered(type(row)) and not site.get_model_admin(type(row)).has_delete_permission(request, row)
        }
        kinds = Counter(type(row) for row in rows)
        counts = {kind._meta.verbose_name_plural: n for kind, n in kinds.items()}
        deletable = [*map(_named, chosen), *_counted(row for row in rows if row not in known)]
        named = sorted(_named(row) for row in collector.protected if isinstance(row, NAMED))
        others = (row for row in collector.protected if not isinstance(row, NAMED))
        return deletable, counts, missing, [*named, *_counted(others)]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """What a row is to belong to is chosen among those for which this person may do it."""
        verb = self.verbs.get("change")
        if self.within == db_field.name and verb and "queryset" not in kwargs:
            kwargs["queryset"] = self.where(request.user, verb)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


def _named(row: Model) -> str:
    return f"{capfirst(row._meta.verbose_name)}: {row}"


def _counted(rows: Iterable[Model]) -> list[str]:
    """Rows by kind: "1 incident", "3 timeline entries"."""
    kinds = Counter(type(row)._meta for row in rows)
    return sorted(f"{n} {kind.verbose_name if n == 1 else kind.verbose_name_plural}" for kind, n in kinds.items())


def crud(view: str, change: str, add: str = "", delete: str = "") -> dict[str, str]:
    """`verbs` of an admin: whoever may change may add and delete as well, unless another verb is named."""
    return {"view": view, "change": change, "add": add or change, "delete": delete or add or change}


# What the end of an admin page's name says about it; any other page is one that changes a row.
_ACTS = {"add": "add", "delete": "delete"}
_READS = ("changelist", "history", "autocomplete")


class TableAdmin(ByTable, admin.ModelAdmin[Any]):
    """A model admin by the table. Its pages that change something ask again who it is where the table says so, and
    its “History” is the audit log, which knows more than the administration did."""

    def get_urls(self) -> list[Any]:
        patterns = super().get_urls()
        for pattern in patterns:
            pattern.callback = self._asking(pattern.callback, (pattern.name or "").rpartition("_")[2])
        return patterns

    def _asking(self, view: Any, page: str) -> Any:
        verb = self.verbs.get(_ACTS.get(page, "change"))
        if verb is None or not access.TABLE[verb].again:
            return view

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            reads = page in _READS and request.method in again.SAFE
            if not reads and permits.may_somewhere(request.user, verb):
                again.require(request)
            return view(request, *args, **kwargs)

        return inner

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect(f"{reverse('teams:audit')}?object={self.opts.label_lower}:{object_id}")

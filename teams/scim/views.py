"""django-scim2's views, with our rows, our pages of results, and every refusal in SCIM's format."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from django_scim import views
from django_scim.constants import SCIM_CONTENT_TYPE, SchemaURI
from django_scim.exceptions import SCIMException

from teams.scim.config import MOST_RESULTS
from teams.scim.door import door
from teams.scim.errors import Wrong, answer
from teams.scim.groups import Group
from teams.scim.people import Person
from teams.signin.provisioning import TAKEN

log = logging.getLogger(__name__)


class Scim(View):
    """Before a view of the library: the door, and answers to what goes wrong."""

    implemented = True

    @method_decorator(csrf_exempt)
    @method_decorator(door)  # type: ignore[arg-type]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.implemented:
            return answer(501, "This is not offered; see ServiceProviderConfig.")
        try:
            with transaction.atomic():
                response: HttpResponse = View.dispatch(self, request, *args, **kwargs)  # type: ignore[assignment]
        except Exception as wrong:  # noqa: BLE001
            return _said(wrong)
        if response.status_code >= 400 and not response.content:
            words = {404: "There is no such resource.", 405: f"{request.method} is not for this address."}
            kept = {"Allow": response["Allow"]} if "Allow" in response else {}
            return answer(response.status_code, words.get(response.status_code, "Refused."), "", **kept)
        return response

    def load_body(self, body: bytes) -> Any:
        """The body as JSON. Raises `Wrong`."""
        try:
            found = json.loads(body.decode() or "{}")
        except (ValueError, RecursionError):
            raise Wrong(400, "The body is no JSON.", "invalidSyntax") from None
        if not isinstance(found, dict):
            raise Wrong(400, "Send a JSON object.", "invalidSyntax")
        return found


def _said(wrong: Exception) -> HttpResponse:
    """An exception as SCIM says it. What is nobody's mistake but ours goes to the log."""
    if isinstance(wrong, SCIMException):
        return answer(int(wrong.status), wrong.detail or "Refused.", wrong.scim_type or "")
    if isinstance(wrong, ValidationError):
        taken = any(each.code == TAKEN for each in getattr(wrong, "error_list", []))
        if hasattr(wrong, "message_dict"):
            detail = " ".join(f"{name}: {' '.join(said)}" for name, said in wrong.message_dict.items())
        else:
            detail = " ".join(wrong.messages)
        return answer(409 if taken else 400, detail, TAKEN if taken else "invalidValue")
    if isinstance(wrong, PermissionDenied):
        return answer(403, str(wrong), "mutability")
    if isinstance(wrong, Http404):
        return answer(404, str(wrong) or "There is no such resource.")
    if isinstance(wrong, IntegrityError):
        return answer(409, "Somebody else made the same at this moment. Read it and try again.", TAKEN)
    log.error("SCIM could not answer", exc_info=wrong)
    return answer(500, "Something went wrong here, and is in the log.")


class Resources(Scim):
    """Users or groups: how they are found and listed."""

    def get_object(self) -> Any:
        wanted = str(self.kwargs["uuid"])
        rows: QuerySet[Any] = self.scim_adapter.rows()  # type: ignore[attr-defined]
        found = rows.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 19 else None
        if found is None:
            raise Wrong(404, f"There is no resource {wanted[:40]}.")
        return found

    def get_many(self, request: HttpRequest) -> HttpResponse:
        return self._listed(request, request.GET.get("filter", ""), request.GET)

    def _listed(self, request: HttpRequest, query: str, asked: Any) -> HttpResponse:
        """A page of those that `query` asks for. `asked`: startIndex, count, attributes and excludedAttributes."""
        rows: QuerySet[Any] = self.scim_adapter.rows()  # type: ignore[attr-defined]
        if query:
            rows = self.__class__.parser_getter().applied(rows, query).distinct()  # type: ignore[attr-defined]
        start, count = max(_number(asked, "startIndex", 1), 1), _number(asked, "count", 100)
        count = min(max(count, 0), MOST_RESULTS)
        total = rows.count()
        page = rows[start - 1 : start - 1 + count] if count else []
        shown = [_only(self.scim_adapter(row, request=request).to_dict(), asked) for row in page]  # type: ignore[attr-defined]
        body = {
            "schemas": [SchemaURI.LIST_RESPONSE],
            "totalResults": total,
            "itemsPerPage": len(shown),
            "startIndex": start,
            "Resources": shown,
        }
        return HttpResponse(json.dumps(body), content_type=SCIM_CONTENT_TYPE)

    def get_single(self, request: HttpRequest) -> HttpResponse:
        adapter = self.scim_adapter(self.get_object(), request=request)  # type: ignore[attr-defined]
        body = json.dumps(_only(adapter.to_dict(), request.GET))
        return HttpResponse(body, content_type=SCIM_CONTENT_TYPE, headers={"Location": adapter.location})

    def collection_needs_id(self) -> None:
        """PUT, PATCH and DELETE are of one resource."""
        if not self.kwargs.get("uuid"):
            raise Wrong(405, "Name the resource: …/id.")

    def put(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.collection_needs_id()
        response: HttpResponse = super().put(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def patch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.collection_needs_id()
        response: HttpResponse = super().patch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.collection_needs_id()
        response: HttpResponse = super().delete(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.kwargs.get("uuid"):
            raise Wrong(405, "POST makes a new one: leave the id out.")
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return response


class Search(Resources):
    """POST …/.search: a filter in the body."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body = self.load_body(request.body)
        if body.get("schemas") != [SchemaURI.SERACH_REQUEST]:
            raise Wrong(400, f"schemas is [{SchemaURI.SERACH_REQUEST}].", "invalidSyntax")
        query = body.get("filter", "")
        if not isinstance(query, str):
            raise Wrong(400, "filter is a text.", "invalidFilter")
        return self._listed(request, query, body)


def _number(asked: Any, name: str, default: int) -> int:
    value = asked.get(name, default)
    try:
        return min(int(value), 10**9)
    except (TypeError, ValueError):
        raise Wrong(400, f"{name} is a whole number.", "invalidValue") from None


def _only(shown: dict[str, Any], asked: Any) -> dict[str, Any]:
    """What `attributes` asks for and `excludedAttributes` leaves; id, schemas and meta are always there."""
    always = {"schemas", "id", "meta"}
    wanted, left = _names(asked, "attributes"), _names(asked, "excludedAttributes")
    return {
        k: v for k, v in shown.items() if k in always or ((not wanted or k.lower() in wanted) and k.lower() not in left)
    }


def _names(asked: Any, name: str) -> set[str]:
    value = asked.get(name) or ""
    listed = value if isinstance(value, list) else str(value).split(",")
    return {str(each).strip().rpartition(":")[2].partition(".")[0].lower() for each in listed if str(each).strip()}


class Users(Resources, views.UsersView):
    scim_adapter_getter = staticmethod(lambda: Person)


class Groups(Resources, views.GroupsView):
    scim_adapter_getter = staticmethod(lambda: Group)


class UserSearch(Search, views.UserSearchView):
    pass


class GroupSearch(Search, views.GroupSearchView):
    pass


class ServiceProviderConfig(Scim, views.ServiceProviderConfigView):
    pass


class ResourceTypes(Scim, views.ResourceTypesView):
    pass


class Schemas(Scim, views.SchemasView):
    pass


class Absent(Scim):
    """What RFC 7644 names and Watchbill does not offer."""

    implemented = False

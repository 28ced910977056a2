"""Comments on the sections of a postmortem: in place under each, and all of them in a list."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from incidents.actions import comments
from incidents.forms.writing import CommentFilter, CommentForm
from incidents.models import Postmortem, SectionComment
from incidents.presenters import writing
from incidents.problems import Blocked
from incidents.views.common import Request, console, find
from incidents.views.writing import one, to_section
from teams import permits

PER_PAGE = 30
OWN = ("edit", "remove")


@require_safe
@console("incident.view")
def comment_list(request: Request, pk: int) -> HttpResponse:
    """Every thread of the postmortem; those that are open, unless asked otherwise."""
    incident = find(request, pk)
    postmortem = Postmortem.objects.filter(incident=incident).first()
    if postmortem is None:
        return redirect("incidents:postmortem", pk=pk)
    form = CommentFilter([(s.key, s.title) for s in postmortem.sections.all()], request.GET)
    rows = form.narrow(writing.threads().filter(section__postmortem=postmortem)).select_related("section")
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "filter_form": form,
        "page": Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page")),
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
        "may": permits.may(request.user, "review.write", incident),
    }
    return render(request, "incidents/postmortem/comments.html", context)


@require_POST
@console("review.write")
def add(request: Request, pk: int, key: str) -> HttpResponse:
    """Begin a thread about a section."""
    find(request, pk)
    form = CommentForm(f"comment-{pk}-{key}", request.POST)

    def call() -> object:
        given = form.cleaned_data
        return comments.add(pk, key, given["text"], by=request.user, quote=given["quote"])

    return _answer(request, pk, key, form, call)


@require_POST
@console("review.write")
def reply(request: Request, pk: int, comment: int) -> HttpResponse:
    """Answer in a thread."""
    thread = _thread(request, pk, comment)
    form = CommentForm(f"reply-{comment}", request.POST)
    return _answer(
        request,
        pk,
        thread.section.key,
        form,
        lambda: comments.reply(pk, comment, form.cleaned_data["text"], by=request.user),
        of=comment,
    )


@require_POST
@console("review.write")
def settle(request: Request, pk: int, comment: int, verb: str) -> HttpResponse:
    """Resolve a thread, or open it again; edit or remove one's own comment or answer."""
    if verb in OWN:
        return _change(request, pk, comment, verb)
    if verb not in comments.VERBS:
        raise Http404
    thread = _thread(request, pk, comment)
    return _answer(
        request, pk, thread.section.key, None, lambda: comments.VERBS[verb](pk, comment, by=request.user), of=comment
    )


def _change(request: Request, pk: int, comment: int, verb: str) -> HttpResponse:
    incident = find(request, pk)
    rows = SectionComment.objects.select_related("section")
    row = get_object_or_404(rows, section__postmortem__incident=incident, pk=comment)
    form = CommentForm(f"edit-{comment}", request.POST) if verb == "edit" else None

    def call() -> object:
        if form is None:
            return comments.remove(pk, comment, by=request.user)
        return comments.edit(pk, comment, form.cleaned_data["text"], by=request.user)

    return _answer(request, pk, row.section.key, form, call, of=row.reply_to_id or comment, own=comment)


def _thread(request: Request, pk: int, comment: int) -> SectionComment:
    incident = find(request, pk)
    rows = SectionComment.objects.threads().select_related("section")
    return get_object_or_404(rows, section__postmortem__incident=incident, pk=comment)


def _answer(
    request: Request,
    pk: int,
    key: str,
    form: CommentForm | None,
    call: Callable[[], object],
    *,
    of: int = 0,
    own: int = 0,
) -> HttpResponse:
    """The threads of the section again, with what was typed where it was refused."""
    problems: list[str] = []
    if form is not None and not form.is_valid():
        problems = [str(error) for errors in form.errors.values() for error in errors]
    else:
        try:
            call()
        except Blocked as blocked:
            problems = [each.message for each in blocked.blockers]
    incident, postmortem, shown = one(request, pk, key)
    if not request.htmx:
        for problem in problems:
            messages.warning(request, problem)
        return to_section(incident, key)
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "shown": shown,
        "problems": problems,
        "typed": form.data if form is not None and problems else {},
        "of": of,
        "own": own,
    }
    return render(request, "incidents/postmortem/threads.html", context, status=409 if problems else 200)

"""Templates of postmortems: which sections there are, for which severity, and how that changed."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import merging, postmortem_template
from incidents.actions import postmortem_templates as actions
from incidents.forms.writing import TemplateFilter, TemplateForm
from incidents.models import PostmortemTemplate, TemplateVersion
from incidents.problems import Blocked
from incidents.views.common import Request, console
from teams import permits

PER_PAGE = 30


@require_safe
@console("team.view")
def template_list(request: Request) -> HttpResponse:
    form = TemplateFilter(request.GET)
    rows = form.narrow(PostmortemTemplate.objects.select_related("severity"))
    counted = rows.annotate(
        number=Max("versions__number"),
        changed_at=Max("versions__made_at"),
        used=Count("versions__postmortems", distinct=True),
    ).order_by("retired", F("severity").asc(nulls_first=True), "name")
    context = {
        "filter_form": form,
        "page": Paginator(counted, PER_PAGE).get_page(request.GET.get("page")),
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
        "may_change": permits.may(request.user, "organization.change"),
    }
    return render(request, "incidents/postmortem_templates/list.html", context)


@require_safe
@console("team.view")
def template_page(request: Request, pk: int) -> HttpResponse:
    """A template as it is, how the postmortem begins, and its versions; `version` shows an earlier one beside that
    before it."""
    template = get_object_or_404(PostmortemTemplate.objects.select_related("severity"), pk=pk)
    versions = template.versions.select_related("made_by")
    asked = request.GET.get("version", "")
    chosen = versions.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 8 else None
    version = chosen or versions.first()
    before = versions.filter(number__lt=version.number).first() if version else None
    context = {
        "template": template,
        "version": version,
        "before": before,
        "sections": postmortem_template.read(version.sections) if version else (),
        "pieces": merging.pieces(_text(before), _text(version)) if version and before else [],
        "page": Paginator(versions, PER_PAGE).get_page(request.GET.get("page")),
        "is_current": version is not None and version.number == template.versions.first().number,  # type: ignore[union-attr]
        "may_change": permits.may(request.user, "organization.change"),
        "may_audit": permits.may(request.user, "audit.view"),
    }
    return render(request, "incidents/postmortem_templates/template.html", context)


def _text(version: TemplateVersion | None) -> str:
    """A version as lines, so that two can be compared."""
    if version is None:
        return ""
    return "".join(
        f"{each.title}{' (required)' if each.required else ''}\n{each.hint}\n\n"
        for each in postmortem_template.read(version.sections)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@console("organization.change")
def template_new(request: Request) -> HttpResponse:
    return _edit(request, PostmortemTemplate(), None)


@require_http_methods(["GET", "HEAD", "POST"])
@console("organization.change")
def template_edit(request: Request, pk: int) -> HttpResponse:
    template = get_object_or_404(PostmortemTemplate.objects.select_related("severity"), pk=pk)
    return _edit(request, template, template.versions.first())


@require_POST
@console("organization.change")
def template_do(request: Request, pk: int, verb: str) -> HttpResponse:
    """`retire` it, or `offer` it again."""
    if verb not in actions.VERBS:
        raise Http404
    template = get_object_or_404(PostmortemTemplate, pk=pk)
    try:
        actions.VERBS[verb](template, by=request.user)
    except Blocked as blocked:
        messages.warning(request, " ".join(each.message for each in blocked.blockers))
    else:
        ends = "no postmortem begins with it any more" if verb == "retire" else "postmortems begin with it again"
        messages.success(request, f"“{template}”: {ends}. Those that are drafted already stay as they are.")
    return redirect("incidents:postmortem_template", pk=pk)


def _edit(request: Request, template: PostmortemTemplate, version: TemplateVersion | None) -> HttpResponse:
    form = TemplateForm(template, version, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and not form.pressed():
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                kept = actions.keep(
                    template if template.pk else None,
                    by=request.user,
                    name=given["name"],
                    severity=given["severity"],
                    sections=form.rows,
                    seen=given["seen"],
                )
            except Blocked as blocked:
                form.refuse(blocked)
            else:
                messages.success(request, f"“{kept}” is kept. Postmortems that are drafted from now on begin with it.")
                return redirect("incidents:postmortem_template", pk=kept.pk)
    context = {"form": form, "template": template, "last": len(form.rows) - 1}
    return render(request, "incidents/postmortem_templates/edit.html", context, status=status)

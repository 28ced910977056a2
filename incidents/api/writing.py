"""A postmortem that is written together: sections one by one, their versions, comments, and templates."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import comments, postmortem
from incidents.api.base import UnderIncident
from incidents.models import PostmortemSection, PostmortemTemplate, SectionComment, SectionRevision
from incidents.presenters.writing import threads
from incidents.problems import refuse
from incidents.serializers.reviewed import SectionShown
from incidents.serializers.writing import (
    CommentGiven,
    CommentSettledGiven,
    CommentShown,
    CommentTextGiven,
    PostmortemTemplateShown,
    RestoreGiven,
    RevisionShown,
    SectionTextGiven,
    TemplateVersionShown,
)
from teams.api.base import Api
from teams.idempotency import HEADER, once


class Sections(UnderIncident):
    verbs = {
        "list": "incident.view",
        "partial_update": "review.write",
        "restore": "review.write",
    }
    ordering = ("-number",)
    queryset = SectionRevision.objects.none()

    def _section(self, key: str) -> PostmortemSection:
        rows = PostmortemSection.objects.filter(postmortem__incident=self.incident)
        found: PostmortemSection = get_object_or_404(rows, key=key)
        return found

    @extend_schema(operation_id="postmortem_section_edit", request=SectionTextGiven, responses=SectionShown)
    def partial_update(self, request: Request, incident_id: int, key: str) -> Response:
        """Write one section. Send the `version` that you read."""
        self._section(key)
        given = self.given(SectionTextGiven)
        versions = {key: given["version"]} if "version" in given else {}
        postmortem.edit(self.incident.pk, by=self.me, sections={key: given["text"]}, versions=versions)
        return self.answer(SectionShown, self._section(key))

    @extend_schema(operation_id="postmortem_section_versions", responses=RevisionShown(many=True))
    def list(self, request: Request, incident_id: int, key: str) -> Response:
        """The versions of a section, the newest first. What a page saved by itself in one sitting is one."""
        return self.answer_page(RevisionShown, self._section(key).revisions.select_related("by"))

    @extend_schema(
        operation_id="postmortem_section_restore", request=RestoreGiven, responses=SectionShown, parameters=[HEADER]
    )
    @once
    def restore(self, request: Request, incident_id: int, key: str, number: int) -> Response:
        """Let a section say again what it said in an earlier version, as a new one."""
        self._section(key)
        given = self.given(RestoreGiven)
        postmortem.restore(self.incident.pk, key, number, by=self.me, version=given.get("version"))
        return self.answer(SectionShown, self._section(key))


class CommentFilter(filters.FilterSet):
    section = filters.CharFilter(field_name="section__key", label="The key of a section.")
    resolved = filters.BooleanFilter(method="is_resolved", label="Left out: both.")
    q = filters.CharFilter(field_name="text", lookup_expr="icontains", label="A part of the text.")

    def is_resolved(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(resolved_at__isnull=not value)


class Comments(UnderIncident):
    verbs = {
        "list": "incident.view",
        "create": "review.write",
        "settle": "review.write",
        "partial_update": "review.write",
        "destroy": "review.write",
    }
    filterset_class = CommentFilter
    queryset = SectionComment.objects.none()

    def get_queryset(self) -> QuerySet[SectionComment]:
        return threads().filter(section__postmortem__incident=self.incident).select_related("section")

    def _comment(self, pk: int) -> SectionComment:
        rows = SectionComment.objects.filter(section__postmortem__incident=self.incident)
        found: SectionComment = get_object_or_404(rows, pk=pk)
        return found

    @extend_schema(operation_id="postmortem_comments_list", responses=CommentShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Threads about the sections, the newest first. They are never published."""
        return self.answer_page(CommentShown, self.get_queryset())

    @extend_schema(
        operation_id="postmortem_comments_add",
        request=CommentGiven,
        responses={201: CommentShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Comment on a section, or answer in a thread, which opens it again."""
        given = self.given(CommentGiven)
        if thread := given.get("reply_to"):
            comments.reply(self.incident.pk, thread, given["text"], by=self.me)
        elif given.get("section"):
            quote = given.get("quote", "")
            thread = comments.add(self.incident.pk, given["section"], given["text"], by=self.me, quote=quote).pk
        else:
            raise refuse("section_missing", "Name the section, or the thread that you answer.", field="section")
        return self.answer(CommentShown, self.get_queryset().get(pk=thread), 201)

    @extend_schema(
        operation_id="postmortem_comments_settle",
        request=CommentSettledGiven,
        responses=CommentShown,
        parameters=[HEADER],
    )
    @once
    def settle(self, request: Request, incident_id: int, pk: int) -> Response:
        """Resolve a thread, or open it again."""
        thread = get_object_or_404(self.get_queryset(), pk=pk)
        verb = "resolve" if self.given(CommentSettledGiven)["resolved"] else "reopen"
        comments.VERBS[verb](self.incident.pk, thread.pk, by=self.me)
        return self.answer(CommentShown, self.get_queryset().get(pk=pk))

    @extend_schema(operation_id="postmortem_comments_edit", request=CommentTextGiven, responses=CommentShown)
    def partial_update(self, request: Request, incident_id: int, pk: int) -> Response:
        """Write your own comment or answer anew. What it said stays in `earlier`. Answers with its thread."""
        row = self._comment(pk)
        comments.edit(self.incident.pk, pk, self.given(CommentTextGiven)["text"], by=self.me)
        return self.answer(CommentShown, self.get_queryset().get(pk=row.reply_to_id or pk))

    @extend_schema(operation_id="postmortem_comments_remove", responses={204: None})
    def destroy(self, request: Request, incident_id: int, pk: int) -> Response:
        """Take your own comment or answer back, with what it said before. Where it was answered its place stays."""
        comments.remove(self.incident.pk, self._comment(pk).pk, by=self.me)
        return Response(status=204)


class PostmortemTemplateFilter(filters.FilterSet):
    retired = filters.BooleanFilter(label="No postmortem begins with it any more. Left out: both.")
    q = filters.CharFilter(field_name="name", lookup_expr="icontains", label="A part of the name.")


class PostmortemTemplates(Api):
    verbs = {"list": "team.view", "retrieve": "team.view"}
    ordering = ("name", "pk")
    filterset_class = PostmortemTemplateFilter
    queryset = PostmortemTemplate.objects.select_related("severity").prefetch_related("versions__made_by")

    @extend_schema(operation_id="postmortem_templates_list", responses=PostmortemTemplateShown(many=True))
    def list(self, request: Request) -> Response:
        """Which sections postmortems begin with, by severity or for all others."""
        return self.answer_page(PostmortemTemplateShown, self.get_queryset())

    @extend_schema(operation_id="postmortem_templates_retrieve", responses=PostmortemTemplateShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One template as it is now."""
        return self.answer(PostmortemTemplateShown, get_object_or_404(self.get_queryset(), pk=pk))


class PostmortemTemplateVersions(Api):
    verbs = {"list": "team.view"}
    ordering = ("-number",)
    queryset = PostmortemTemplate.objects.none()

    @extend_schema(operation_id="postmortem_template_versions", responses=TemplateVersionShown(many=True))
    def list(self, request: Request, pk: int) -> Response:
        """What a template said at each time, the newest first. A version is never changed."""
        template = get_object_or_404(PostmortemTemplate, pk=pk)
        return self.answer_page(TemplateVersionShown, template.versions.select_related("made_by"))

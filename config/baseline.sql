-- The schema of a new installation, written by `make baseline`: see config/baseline.py.
-- Of migrations: 1f4162eb265e9bc5eee629f789e8cfbf05330c67f8854a2e5b3dd18180e1d438

SET LOCAL check_function_bodies = false;
SET LOCAL client_min_messages = warning;
SELECT pg_catalog.set_config('search_path', '', true);

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;


CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


CREATE FUNCTION public._pgh_attach_context() RETURNS uuid
    LANGUAGE plpgsql
    AS $$
                    DECLARE
                        _pgh_context_id UUID;
                        _pgh_context_metadata JSONB;
                    BEGIN
                        BEGIN
                            SELECT INTO _pgh_context_id
                                CURRENT_SETTING('pghistory.context_id');
                            SELECT INTO _pgh_context_metadata
                                CURRENT_SETTING('pghistory.context_metadata');
                            EXCEPTION WHEN OTHERS THEN
                        END;
                        IF _pgh_context_id IS NOT NULL AND _pgh_context_metadata IS NOT NULL THEN
                            INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
                                VALUES (_pgh_context_id, _pgh_context_metadata, NOW(), NOW())
                                ON CONFLICT (id) DO UPDATE
                                    SET metadata = EXCLUDED.metadata,
                                        updated_at = EXCLUDED.updated_at
                                    WHERE pghistory_context.metadata != EXCLUDED.metadata;
                            RETURN _pgh_context_id;
                        ELSE
                            RETURN NULL;
                        END IF;
                    END;
                $$;


CREATE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
                DECLARE
                    _pgtrigger_ignore TEXT[];
                    _result BOOLEAN;
                BEGIN
                    BEGIN
                        SELECT INTO _pgtrigger_ignore
                            CURRENT_SETTING('pgtrigger.ignore');
                        EXCEPTION WHEN OTHERS THEN
                    END;
                    IF _pgtrigger_ignore IS NOT NULL THEN
                        SELECT trigger_name = ANY(_pgtrigger_ignore)
                        INTO _result;
                        RETURN _result;
                    ELSE
                        RETURN FALSE;
                    END IF;
                END;
            $$;


CREATE FUNCTION public.comms_maintenance_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    changed_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    UPDATE comms_statuspage SET changed = changed + 1 WHERE id =
        (SELECT page_id FROM comms_pagemaintenance WHERE id = (changed_row ->> 'maintenance_id')::bigint);
    RETURN NULL;
END
$$;


CREATE FUNCTION public.comms_page_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    changed_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    pages bigint[];
BEGIN
    IF TG_TABLE_NAME = 'comms_statusupdate' THEN
        SELECT array_agg(page_id) INTO pages FROM comms_pageincident
            WHERE id = (changed_row ->> 'page_incident_id')::bigint;
    ELSIF TG_TABLE_NAME = 'incidents_postmortem' THEN
        SELECT array_agg(page_id ORDER BY page_id) INTO pages FROM comms_pageincident
            WHERE incident_id = (changed_row ->> 'incident_id')::bigint;
    ELSE
        pages := ARRAY[(changed_row ->> 'page_id')::bigint];
    END IF;
    UPDATE comms_statuspage SET changed = changed + 1 WHERE id = ANY (pages);
    RETURN NULL;
END
$$;


CREATE FUNCTION public.comms_page_itself_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF to_jsonb(NEW) - 'changed' - 'updated_at' IS DISTINCT FROM to_jsonb(OLD) - 'changed' - 'updated_at' THEN
        NEW.changed := OLD.changed + 1;
    END IF;
    RETURN NEW;
END
$$;


CREATE FUNCTION public.comms_privacy_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE comms_statuspage SET changed = changed + 1
        WHERE id IN (SELECT page_id FROM comms_pageincident WHERE incident_id = NEW.id)
            OR is_default OR (SELECT count(*) FROM comms_statuspage) = 1;
    RETURN NULL;
END
$$;


CREATE FUNCTION public.comms_untold_postmortem_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    incident bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.incident_id ELSE NEW.incident_id END;
BEGIN
    UPDATE comms_statuspage SET changed = changed + 1
        WHERE (is_default OR (SELECT count(*) FROM comms_statuspage) = 1)
            AND NOT EXISTS (SELECT FROM comms_pageincident WHERE incident_id = incident AND page_id = comms_statuspage.id);
    RETURN NULL;
END
$$;


CREATE FUNCTION public.incidents_attachment_content_holds() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM incidents_attachment WHERE id = OLD.attachment_id AND removed_at IS NOT NULL
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the content of an attachment is deleted only when the attachment is removed'
        USING ERRCODE = 'restrict_violation';
END
$$;


CREATE FUNCTION public.incidents_attachment_holds() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    removal text[] := ARRAY['removed_at', 'removed_by_id', 'removed_because', 'opening'];
    texts text[] := ARRAY['name', 'opening', 'removed_because'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL
        AND to_jsonb(NEW) - removal = to_jsonb(OLD) - removal
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('watchbill.erasing', true) = 'on' AND to_jsonb(NEW) - texts = to_jsonb(OLD) - texts THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an attachment is history: it can only be removed, with a reason'
        USING ERRCODE = 'restrict_violation';
END
$$;


CREATE FUNCTION public.incidents_default_rule_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the default routing rule always catches: change what it does instead'
        USING ERRCODE = 'restrict_violation';
END
$$;


CREATE FUNCTION public.incidents_timeline_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('watchbill.erasing', true) = 'on' THEN
        IF to_jsonb(NEW) - ARRAY['text', 'reason', 'data'] = to_jsonb(OLD) - ARRAY['text', 'reason', 'data'] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the timeline is append-only: write a correction instead'
        USING ERRCODE = 'restrict_violation';
END
$$;


CREATE FUNCTION public.pgtrigger_append_only_14ecf() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['user_id', 'by_id'] = to_jsonb(OLD) - ARRAY['user_id', 'by_id'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'access events are append-only' USING ERRCODE = 'restrict_violation';

                END;
            $$;


CREATE FUNCTION public.pgtrigger_append_only_72af4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_010d9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.factortag', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_02c76() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.webhook', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), ' · ', r."name")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['url', 'former_secret', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_03162() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.apitoken', r."id"::text, BTRIM(CONCAT(r."name", ' (', r."hint", '…) of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['digest', 'last_used_at', 'last_used_from', 'due_at', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_05531() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb ->> 'user' IS NULL THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.trackerperson', r."id"::text, BTRIM(CONCAT(r."login")), ARRAY['incidents.tracker:' || r."tracker_id", 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['incidents.tracker:' || OLD."tracker_id", 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_0ac4c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.coachphrase', r."id"::text, BTRIM(CONCAT(r."slug")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['shipped_as', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_0d772() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.maintenance', r."id"::text, BTRIM(CONCAT(r."title")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_0f09b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.pagerole', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), ', ', r."role", ' of ', (SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"))), ARRAY['comms.statuspage:' || r."page_id", 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id", 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_12d72() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.walllink', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['digest', 'last_used_at', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_1bcbd() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('socialaccount.socialaccount', r."id"::text, BTRIM(CONCAT(r."provider", ' of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['extra_data', 'last_login', 'password', 'digest', 'secret', 'data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_234b2() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.user', r."id"::text, BTRIM(CONCAT(r."first_name", ' ', r."last_name", ' (', r."username", ')')), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'last_login', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_284d0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.roleduty', r."id"::text, BTRIM(CONCAT(r."text")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_2a594() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.contactmethod', r."id"::text, BTRIM(CONCAT(r."kind", ' ', r."shown", ' of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['address', 'code_digest', 'code_ends_at', 'code_tries', 'trouble', 'trouble_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_2b564() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.mitigationcard', r."id"::text, BTRIM(CONCAT(r."title", ' of ', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"))), ARRAY['teams.service:' || r."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.service:' || OLD."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY['last_tried_at', 'last_drilled_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_2c90c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.pagemaintenance', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), ' · ', r."title")), ARRAY['comms.statuspage:' || r."page_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id"]::text[] END, ARRAY['due_at', 'remind_at', 'sequence', 'created_at', 'updated_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_2d082() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; IF r.replaced_by_id IS NOT NULL THEN RETURN NULL; END IF; PERFORM watchbill_remember('teams.layer', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), ' · ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), ', ', r."name")), ARRAY['teams.schedule:' || r."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.schedule:' || OLD."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY['known_from', 'lineage', 'changed_by_id', 'replaced_by_id', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' AND NOT (r.known_until IS NOT NULL) THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_36f05() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb ->> 'user' IS NULL THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.heartbeat', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['incidents.integration:' || r."integration_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['incidents.integration:' || OLD."integration_id"]::text[] END, ARRAY['last_seen_at', 'due_at', 'is_late', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_39424() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.service', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_3a56e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.playbookstep', r."id"::text, BTRIM(CONCAT((SELECT t."title" FROM "incidents_playbook" t WHERE t."id" = r."playbook_id"), ', step ', r."position")), ARRAY['incidents.playbook:' || r."playbook_id", 'teams.team:' || (SELECT t."team_id" FROM "incidents_playbook" t WHERE t."id" = r."playbook_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['incidents.playbook:' || OLD."playbook_id", 'teams.team:' || (SELECT t."team_id" FROM "incidents_playbook" t WHERE t."id" = OLD."playbook_id")]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_40946() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.integrationkey', r."id"::text, BTRIM(CONCAT(r."hint", '…')), ARRAY['incidents.integration:' || r."integration_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['incidents.integration:' || OLD."integration_id"]::text[] END, ARRAY['digest', 'last_used_at', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_426ef() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.silence', r."id"::text, BTRIM(CONCAT(r."reason")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_46dd4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.drill', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), ' · ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY['teams.schedule:' || r."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.schedule:' || OLD."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY['created_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_48e1e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.updatetemplate', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['comms.statuspage:' || r."page_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_4d3a6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.groupmapping', r."id"::text, BTRIM(CONCAT(r."group", ' at ', (SELECT t."name" FROM "teams_identityprovider" t WHERE t."id" = r."provider_id"))), ARRAY['teams.identityprovider:' || r."provider_id", 'teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.identityprovider:' || OLD."provider_id", 'teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_4d672() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.membership', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), ' in ', (SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"))), ARRAY['teams.team:' || r."team_id", 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id", 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_4d9a7() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.escalationtarget', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), (SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), (SELECT t."name" FROM "teams_webhook" t WHERE t."id" = r."webhook_id"), ' in ', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id"))), ' · ', (SELECT t."name" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id")))), ARRAY['teams.escalationstep:' || r."step_id", 'teams.escalationpolicy:' || (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id"), 'teams.team:' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id")), 'teams.schedule:' || r."schedule_id", 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.escalationstep:' || OLD."step_id", 'teams.escalationpolicy:' || (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = OLD."step_id"), 'teams.team:' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = OLD."step_id")), 'teams.schedule:' || OLD."schedule_id", 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_52e17() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.rolepolicy', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['teams.team:' || r."team_id", 'teams.service:' || r."service_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id", 'teams.service:' || OLD."service_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_561bf() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.providedrole', r."id"::text, BTRIM(CONCAT(r."role", ' of ', watchbill_person(r."user_id"), ', by ', (SELECT t."name" FROM "teams_identityprovider" t WHERE t."id" = r."provider_id"))), ARRAY['teams.user:' || r."user_id", 'teams.identityprovider:' || r."provider_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id", 'teams.identityprovider:' || OLD."provider_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_59b54() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.figuredefinition', r."id"::text, BTRIM(CONCAT(r."title")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_634e2() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.escalationstep', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id")), ' · ', (SELECT t."name" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id"))), ARRAY['teams.escalationpolicy:' || r."policy_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.escalationpolicy:' || OLD."policy_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = OLD."policy_id")]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_64fa2() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.servicedependency', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"), ' on ', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."depends_on_id"))), ARRAY['teams.service:' || r."service_id", 'teams.service:' || r."depends_on_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.service:' || OLD."service_id", 'teams.service:' || OLD."depends_on_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_688c6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.role', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_6b9f4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.team', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_6d63a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.swap', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), ' on ', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), ' · ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY['teams.schedule:' || r."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.schedule:' || OLD."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id"), 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_75e2e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.customfield', r."id"::text, BTRIM(CONCAT(r."label")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_79e97() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.playbook', r."id"::text, BTRIM(CONCAT(r."title")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_7e28a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.component', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), ' · ', r."name")), ARRAY['comms.statuspage:' || r."page_id", 'teams.service:' || r."service_id", 'teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id", 'teams.service:' || OLD."service_id", 'teams.team:' || OLD."team_id"]::text[] END, ARRAY['status', 'updated_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_842d6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.auditstream', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['secret', 'former_secret', 'last_error', 'last_error_at', 'last_sent_at', 'failures', 'retry_at', 'password', 'digest', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_84c18() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.calendarsource', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), ' · ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY['teams.schedule:' || r."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.schedule:' || OLD."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY['url', 'body', 'etag', 'last_modified', 'unmatched', 'problems', 'error', 'read_at', 'tried_at', 'failures', 'due_at', 'leased_until', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_86336() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.organization', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_89ae0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.invitation', r."id"::text, BTRIM(CONCAT(r."email")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['digest', 'sent_at', 'sent_count', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_8f2de() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('mfa.authenticator', r."id"::text, BTRIM(CONCAT(r."type", ' of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['data', 'last_used_at', 'password', 'digest', 'secret', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_94bce() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.accessevent', r."id"::text, BTRIM(CONCAT(r."text")), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN NULL::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_961dd() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.postmortemtemplate', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_9f863() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.notificationrule', r."id"::text, BTRIM(CONCAT(r."urgency", ' urgency of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_a3e8c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.approval', r."id"::text, BTRIM(CONCAT('An update on ', (SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = (SELECT t."page_id" FROM "comms_pageincident" t WHERE t."id" = (SELECT t."page_incident_id" FROM "comms_statusupdate" t WHERE t."id" = r."update_id"))))), ARRAY['comms.statuspage:' || (SELECT t."page_id" FROM "comms_pageincident" t WHERE t."id" = (SELECT t."page_incident_id" FROM "comms_statusupdate" t WHERE t."id" = r."update_id")), 'teams.user:' || r."asked_by_id", 'teams.user:' || r."answered_by_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || (SELECT t."page_id" FROM "comms_pageincident" t WHERE t."id" = (SELECT t."page_incident_id" FROM "comms_statusupdate" t WHERE t."id" = OLD."update_id")), 'teams.user:' || OLD."asked_by_id", 'teams.user:' || OLD."answered_by_id"]::text[] END, ARRAY['remind_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_a6708() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.escalationpolicy', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), ' · ', r."name")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_a7e50() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.identityprovider', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['client_secret', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_aa2bf() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.pagelogo', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), ', ', r."variant")), ARRAY['comms.statuspage:' || r."page_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id"]::text[] END, ARRAY['data', 'icon', 'password', 'digest', 'secret', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_ab178() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.calendarfeed', r."id"::text, BTRIM(CONCAT(r."hint", '… of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id", 'teams.schedule:' || r."schedule_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id", 'teams.schedule:' || OLD."schedule_id"]::text[] END, ARRAY['digest', 'last_used_at', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_b45aa() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb ->> 'user' IS NULL THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.subscriber', r."id"::text, BTRIM(CONCAT(r."email", ' of ', (SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"))), ARRAY['comms.statuspage:' || r."page_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id"]::text[] END, ARRAY['endpoint', 'endpoint_mark', 'former_secret', 'digest_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_bec7b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('account.emailaddress', r."id"::text, BTRIM(CONCAT(r."email", ' of ', watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_c1280() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.timeoff', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"))), ARRAY['teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.user:' || OLD."user_id"]::text[] END, ARRAY['created_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_c19e1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.scenario', r."id"::text, BTRIM(CONCAT(r."title")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_c6f59() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; IF EXISTS (SELECT 1 FROM teams_layer c WHERE c.id = r.layer_id AND c.replaced_by_id IS NOT NULL) THEN RETURN NULL; END IF; PERFORM watchbill_remember('teams.layermember', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), ' in ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id")), ', ', (SELECT t."name" FROM "teams_layer" t WHERE t."id" = r."layer_id"))), ARRAY['teams.layer:' || r."layer_id", 'teams.schedule:' || (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id"), 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id")), 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.layer:' || OLD."layer_id", 'teams.schedule:' || (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = OLD."layer_id"), 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = OLD."layer_id")), 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_c9223() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; IF TG_OP <> 'UPDATE' AND r.known_until IS NOT NULL THEN RETURN NULL; END IF; PERFORM watchbill_remember('teams.override', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), ' on ', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), ' · ', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY['teams.schedule:' || r."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), 'teams.user:' || r."user_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.schedule:' || OLD."schedule_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id"), 'teams.user:' || OLD."user_id"]::text[] END, ARRAY['created_at', 'known_from', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' AND NOT (r.known_until IS NOT NULL) THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_ca59d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.servicelink', r."id"::text, BTRIM(CONCAT(r."title", ' of ', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"))), ARRAY['teams.service:' || r."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.service:' || OLD."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_d74b7() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.severity', r."level"::text, BTRIM(CONCAT('SEV', r."level", ' ', r."label")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_d7c37() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.actionphrase', r."id"::text, BTRIM(CONCAT(r."words")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_d823d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.routingrule', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['teams.team:' || r."team_id", 'teams.service:' || r."service_id", 'teams.escalationpolicy:' || r."policy_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id", 'teams.service:' || OLD."service_id", 'teams.escalationpolicy:' || OLD."policy_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_d9d21() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.integration', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['teams.team:' || r."team_id", 'teams.service:' || r."service_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id", 'teams.service:' || OLD."service_id"]::text[] END, ARRAY['last_used_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_dcc70() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.statuspage', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['updated_at', 'changed', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_e3006() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.incidenttype', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_ea5ce() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('comms.componentgroup', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), ' · ', r."name")), ARRAY['comms.statuspage:' || r."page_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['comms.statuspage:' || OLD."page_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_edf0c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.scimtoken', r."id"::text, BTRIM(CONCAT(r."name", ' (', r."hint", '…)')), ARRAY['teams.identityprovider:' || r."provider_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.identityprovider:' || OLD."provider_id"]::text[] END, ARRAY['digest', 'last_used_at', 'password', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_ef5a0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.metriccheck', r."id"::text, BTRIM(CONCAT(r."title", ' of ', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"))), ARRAY['teams.service:' || r."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.service:' || OLD."service_id", 'teams.team:' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY['url', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_f0823() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('teams.schedule', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), ' · ', r."name")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_f4dd1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.templateversion', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "incidents_postmortemtemplate" t WHERE t."id" = r."template_id"), ', version ', r."number")), ARRAY['incidents.postmortemtemplate:' || r."template_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['incidents.postmortemtemplate:' || OLD."template_id"]::text[] END, ARRAY['password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_audit_f7bc4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE r RECORD;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember('incidents.tracker', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY['teams.team:' || r."team_id"]::text[], CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['teams.team:' || OLD."team_id"]::text[] END, ARRAY['host', 'hook_digest', 'hook_key', 'webhook_secret', 'told_at', 'quiet_until', 'attempts', 'seen_until', 'etag', 'poll_due_at', 'leased_until', 'worked_at', 'error', 'paused_at', 'password', 'digest', 'secret', 'data', 'extra_data', 'token', 'key'], CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END); RETURN NULL;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_body_481cd() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    UPDATE incidents_postmortem p SET body = coalesce((
        SELECT string_agg(t.text, E'\n\n' ORDER BY t.place, t.position, t.id) FROM (
            SELECT 1 AS place, position, id, text FROM incidents_postmortemsection
                WHERE postmortem_id = p.id AND text <> ''
            UNION ALL SELECT 2, position, id, text FROM incidents_factor WHERE postmortem_id = p.id
        ) t
    ), '')
    WHERE p.id = CASE TG_OP WHEN 'DELETE' THEN OLD.postmortem_id ELSE NEW.postmortem_id END;
    RETURN NULL;

                END;
            $$;


CREATE FUNCTION public.pgtrigger_body_fcc70() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    UPDATE incidents_postmortem p SET body = coalesce((
        SELECT string_agg(t.text, E'\n\n' ORDER BY t.place, t.position, t.id) FROM (
            SELECT 1 AS place, position, id, text FROM incidents_postmortemsection
                WHERE postmortem_id = p.id AND text <> ''
            UNION ALL SELECT 2, position, id, text FROM incidents_factor WHERE postmortem_id = p.id
        ) t
    ), '')
    WHERE p.id = CASE TG_OP WHEN 'DELETE' THEN OLD.postmortem_id ELSE NEW.postmortem_id END;
    RETURN NULL;

                END;
            $$;


CREATE FUNCTION public.pgtrigger_body_of_sections_4efdb() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    IF pg_trigger_depth() = 1 THEN NEW.body = OLD.body; END IF; RETURN NEW;
                END;
            $$;


CREATE FUNCTION public.pgtrigger_no_circle_6d95d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    PERFORM pg_advisory_xact_lock(hashtextextended('watchbill:service-dependencies', 0));
    IF EXISTS (
        WITH RECURSIVE reached(id) AS (
            SELECT NEW.depends_on_id
            UNION
            SELECT d.depends_on_id FROM teams_servicedependency d JOIN reached r ON d.service_id = r.id
        )
        SELECT 1 FROM reached WHERE id = NEW.service_id
    ) THEN
        RAISE EXCEPTION '% depends on % already, so it can''t be the other way round as well',
            (SELECT name FROM teams_service WHERE id = NEW.depends_on_id),
            (SELECT name FROM teams_service WHERE id = NEW.service_id)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_dependency_no_circle';
    END IF;
    RETURN NULL;

                END;
            $$;


CREATE FUNCTION public.pgtrigger_no_circle_8931c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    IF NEW.kind <> 'parent' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('watchbill:incident-relations', 0));
    IF EXISTS (
        WITH RECURSIVE reached(id) AS (
            SELECT NEW.other_id
            UNION
            SELECT r.other_id FROM incidents_relation r JOIN reached x ON r.incident_id = x.id WHERE r.kind = 'parent'
        )
        SELECT 1 FROM reached WHERE id = NEW.incident_id
    ) THEN
        RAISE EXCEPTION 'an incident is no part of its own parts'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'relation_no_circle';
    END IF;
    RETURN NULL;

                END;
            $$;


CREATE FUNCTION public.pgtrigger_no_truncate_2dfcd() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
                END;
            $$;


CREATE FUNCTION public.pgtrigger_no_truncate_a3bdd() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
                END;
            $$;


CREATE FUNCTION public.pgtrigger_outbox_f40c4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
    INSERT INTO teams_auditline (stream_id, event_id, due_at, attempts)
        SELECT id, NEW.id, now(), 0 FROM teams_auditstream WHERE active;
    RETURN NULL;

                END;
            $$;


CREATE FUNCTION public.watchbill_not_of_a_drill() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM incidents_incident WHERE id = NEW.incident_id AND drill) THEN
        RAISE EXCEPTION 'incident % is a drill: nothing of it leaves the house', NEW.incident_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;


CREATE FUNCTION public.watchbill_not_sent_of_a_drill() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM incidents_timelineentry e JOIN incidents_incident i ON i.id = e.incident_id
        WHERE e.id = NEW.entry_id AND i.drill
    ) THEN
        RAISE EXCEPTION 'timeline entry % is of a drill: nothing of it leaves the house', NEW.entry_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;


CREATE FUNCTION public.watchbill_person(person bigint) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT COALESCE(NULLIF(BTRIM(first_name || ' ' || last_name), ''), username) FROM teams_user WHERE id = person
$$;


CREATE FUNCTION public.watchbill_remember(kind text, object text, label text, about text[], about_before text[], dropped text[], old_row jsonb, new_row jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $_$
DECLARE
    context jsonb := COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb;
    before jsonb := old_row - dropped;
    after jsonb := new_row - dropped;
    done text := CASE WHEN old_row IS NULL THEN 'insert' WHEN new_row IS NULL THEN 'delete' ELSE 'update' END;
    person bigint := (context ->> 'user')::bigint;
    through text := COALESCE(context ->> 'through', '');
    address inet := (context ->> 'address')::inet;
    incident bigint;
    refs text[] := about || about_before || ARRAY[kind || ':' || object];
BEGIN
    IF done = 'update' THEN
        SELECT jsonb_object_agg(key, value), jsonb_object_agg(key, new_row -> key) INTO before, after
            FROM jsonb_each(before) WHERE new_row -> key IS DISTINCT FROM value;
        IF before IS NULL THEN
            RETURN;
        END IF;
    END IF;
    IF kind = 'teams.accessevent' THEN
        done := new_row ->> 'kind';
        person := (new_row ->> 'by_id')::bigint;
        through := new_row ->> 'through';
        address := (new_row ->> 'address')::inet;
        context := context || jsonb_build_object('agent', new_row ->> 'agent');
        incident := CASE WHEN new_row -> 'detail' ->> 'incident' ~ '^[0-9]{1,15}$'
            THEN (new_row -> 'detail' ->> 'incident')::bigint END;
        after := new_row -> 'detail';
        IF new_row -> 'detail' ->> 'team' ~ '^[0-9]{1,15}$' THEN
            refs := refs || ('teams.team:' || (new_row -> 'detail' ->> 'team'));
        END IF;
    END IF;
    INSERT INTO teams_auditevent (
        at, done, kind, object, label, about, before, after, user_id, through, address, context, context_id, incident,
        document
    ) VALUES (
        clock_timestamp(), done, kind, object, label, ARRAY(SELECT DISTINCT r FROM unnest(refs) r WHERE r IS NOT NULL),
        before, after, person, through, address, context - ARRAY['user', 'through', 'address'],
        NULLIF(current_setting('pghistory.context_id', true), '')::uuid, incident,
        to_tsvector('simple', label || ' ' || kind)
            || jsonb_to_tsvector('simple', COALESCE(before, '{}'), '["string", "numeric"]')
            || jsonb_to_tsvector('simple', COALESCE(after, '{}'), '["string", "numeric"]')
    );
END
$_$;


CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);


ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);


ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);


ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);


ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_alarm (
    id bigint NOT NULL,
    kind character varying(8) NOT NULL,
    about character varying(40) NOT NULL,
    text character varying(600) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    over_at timestamp with time zone,
    over_told_at timestamp with time zone,
    CONSTRAINT alarm_kind CHECK (((kind)::text = ANY ((ARRAY['relays'::character varying, 'policy'::character varying])::text[])))
);


ALTER TABLE public.comms_alarm ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_alarm_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_approval (
    id bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    remind_at timestamp with time zone,
    answered_at timestamp with time zone,
    outcome character varying(10) NOT NULL,
    reason character varying(500) NOT NULL,
    answered_by_id bigint,
    asked_by_id bigint,
    update_id bigint NOT NULL,
    CONSTRAINT approval_answered_when CHECK ((((answered_at IS NULL) AND ((outcome)::text = ''::text)) OR ((NOT ((outcome)::text = ''::text)) AND (answered_at IS NOT NULL)))),
    CONSTRAINT approval_bypassed_with_a_reason CHECK (((NOT ((outcome)::text = 'bypassed'::text)) OR (NOT ((reason)::text = ''::text)))),
    CONSTRAINT approval_outcome_known CHECK (((outcome)::text = ANY ((ARRAY[''::character varying, 'approved'::character varying, 'sent_back'::character varying, 'lapsed'::character varying, 'bypassed'::character varying, 'taken_back'::character varying])::text[])))
);


ALTER TABLE public.comms_approval ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_approval_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_bundle (
    id bigint NOT NULL,
    urgency character varying(4) NOT NULL,
    severity smallint,
    opened_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    answered_at timestamp with time zone,
    answered_all_at timestamp with time zone,
    user_id bigint NOT NULL,
    CONSTRAINT bundle_urgency CHECK (((urgency)::text = ANY ((ARRAY['high'::character varying, 'low'::character varying])::text[]))),
    CONSTRAINT comms_bundle_severity_check CHECK ((severity >= 0))
);


ALTER TABLE public.comms_bundle ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_bundle_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_component (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    description character varying(200) NOT NULL,
    status character varying(24) NOT NULL,
    "position" smallint NOT NULL,
    only_show_if_degraded boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    service_id bigint,
    team_id bigint,
    group_id bigint,
    page_id bigint NOT NULL,
    CONSTRAINT comms_component_position_check CHECK (("position" >= 0)),
    CONSTRAINT component_status_known CHECK (((status)::text = ANY ((ARRAY['operational'::character varying, 'degraded_performance'::character varying, 'partial_outage'::character varying, 'major_outage'::character varying, 'under_maintenance'::character varying])::text[])))
);


ALTER TABLE public.comms_component ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_component_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_componentchange (
    id bigint NOT NULL,
    old_status character varying(24) NOT NULL,
    new_status character varying(24) NOT NULL,
    at timestamp with time zone NOT NULL,
    component_id bigint NOT NULL,
    update_id bigint,
    maintenance_update_id bigint,
    CONSTRAINT component_change_of_one_update CHECK ((((update_id IS NULL) OR (maintenance_update_id IS NULL)) AND (1 = (
CASE
    WHEN (update_id IS NULL) THEN 1
    ELSE 0
END +
CASE
    WHEN (maintenance_update_id IS NULL) THEN 1
    ELSE 0
END))))
);


ALTER TABLE public.comms_componentchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_componentchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_componentgroup (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    "position" smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    page_id bigint NOT NULL,
    CONSTRAINT comms_componentgroup_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.comms_componentgroup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_componentgroup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_correction (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    erased boolean NOT NULL,
    notify boolean NOT NULL,
    by_id bigint,
    update_id bigint NOT NULL
);


ALTER TABLE public.comms_correction ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_correction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_delivery (
    id bigint NOT NULL,
    key character varying(120) NOT NULL,
    kind character varying(10) NOT NULL,
    priority smallint NOT NULL,
    channel character varying(8) NOT NULL,
    address character varying(254) NOT NULL,
    place smallint NOT NULL,
    rule character varying(120) NOT NULL,
    state character varying(10) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    attempts smallint NOT NULL,
    reply character varying(500) NOT NULL,
    provider_id character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    first_due_at timestamp with time zone,
    sent_at timestamp with time zone,
    took_ms integer,
    bundle_id bigint,
    entry_id bigint,
    method_id bigint,
    page_id bigint,
    user_id bigint,
    webhook_id bigint,
    drill_call_id bigint,
    letter_id bigint,
    update_id bigint,
    subscriber_id bigint,
    correction_id bigint,
    maintenance_update_id bigint,
    relay character varying(80) NOT NULL,
    superseded_by_id bigint,
    told_in_id bigint,
    CONSTRAINT comms_delivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT comms_delivery_place_check CHECK ((place >= 0)),
    CONSTRAINT comms_delivery_priority_check CHECK ((priority >= 0)),
    CONSTRAINT comms_delivery_took_ms_check CHECK ((took_ms >= 0)),
    CONSTRAINT delivery_channel CHECK (((channel)::text = ANY ((ARRAY['email'::character varying, 'sms'::character varying, 'voice'::character varying, 'push'::character varying, 'chat'::character varying, 'webhook'::character varying])::text[]))),
    CONSTRAINT delivery_held_for_a_digest CHECK (((NOT ((state)::text = 'held'::text)) OR (bundle_id IS NOT NULL) OR (subscriber_id IS NOT NULL))),
    CONSTRAINT delivery_lease CHECK (((NOT ((state)::text = 'sending'::text)) OR (lease_until IS NOT NULL))),
    CONSTRAINT delivery_letter CHECK (((NOT ((kind)::text = 'account'::text)) OR (letter_id IS NOT NULL))),
    CONSTRAINT delivery_of_a_drill CHECK (((NOT ((kind)::text = 'drill'::text)) OR (drill_call_id IS NOT NULL))),
    CONSTRAINT delivery_state CHECK (((state)::text = ANY ((ARRAY['held'::character varying, 'queued'::character varying, 'sending'::character varying, 'sent'::character varying, 'failed'::character varying, 'bounced'::character varying, 'superseded'::character varying, 'suppressed'::character varying])::text[])))
);


ALTER TABLE public.comms_delivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_drill (
    id bigint NOT NULL,
    note character varying(200) NOT NULL,
    state character varying(10) NOT NULL,
    audience character varying(10) NOT NULL,
    repeats character varying(10) NOT NULL,
    minutes smallint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    reason character varying(200) NOT NULL,
    reminders smallint NOT NULL,
    reminded_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    repeated_from_id bigint,
    schedule_id bigint NOT NULL,
    started_by_id bigint,
    CONSTRAINT comms_drill_minutes_check CHECK ((minutes >= 0)),
    CONSTRAINT comms_drill_reminders_check CHECK ((reminders >= 0)),
    CONSTRAINT drill_audience CHECK (((audience)::text = ANY ((ARRAY['rotation'::character varying, 'on_call'::character varying])::text[]))),
    CONSTRAINT drill_began CHECK (((NOT ((state)::text = ANY ((ARRAY['running'::character varying, 'finished'::character varying])::text[]))) OR (began_at IS NOT NULL))),
    CONSTRAINT drill_ended CHECK ((((ended_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['finished'::character varying, 'cancelled'::character varying])::text[]))) OR ((ended_at IS NULL) AND ((state)::text = ANY ((ARRAY['planned'::character varying, 'running'::character varying])::text[]))))),
    CONSTRAINT drill_ends_after_start CHECK ((ends_at > starts_at)),
    CONSTRAINT drill_minutes CHECK (((minutes >= 5) AND (minutes <= 240))),
    CONSTRAINT drill_repeats CHECK (((repeats)::text = ANY ((ARRAY['never'::character varying, 'weekly'::character varying, 'four_weeks'::character varying, 'quarterly'::character varying])::text[]))),
    CONSTRAINT drill_state CHECK (((state)::text = ANY ((ARRAY['planned'::character varying, 'running'::character varying, 'finished'::character varying, 'cancelled'::character varying])::text[])))
);


ALTER TABLE public.comms_drill ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_drill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_drillcall (
    id bigint NOT NULL,
    state character varying(12) NOT NULL,
    proved boolean NOT NULL,
    why character varying(300) NOT NULL,
    confirmed_at timestamp with time zone,
    through character varying(40) NOT NULL,
    drill_id bigint NOT NULL,
    person_id bigint NOT NULL,
    reached_by_id bigint,
    CONSTRAINT drill_call_state CHECK ((((confirmed_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['confirmed'::character varying, 'late'::character varying])::text[]))) OR ((confirmed_at IS NULL) AND ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unanswered'::character varying, 'unreachable'::character varying])::text[])))))
);


ALTER TABLE public.comms_drillcall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_drillcall_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_letter (
    id bigint NOT NULL,
    subject character varying(255) NOT NULL,
    sender character varying(320) NOT NULL,
    headers jsonb NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    blanked_at timestamp with time zone,
    CONSTRAINT letter_blank_is_blank CHECK (((blanked_at IS NULL) OR ((html = ''::text) AND (text = ''::text))))
);


ALTER TABLE public.comms_letter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_maintenancecomponent (
    id bigint NOT NULL,
    status character varying(24) NOT NULL,
    component_id bigint NOT NULL,
    maintenance_id bigint NOT NULL,
    CONSTRAINT maintenance_component_status_known CHECK (((status)::text = ANY ((ARRAY['operational'::character varying, 'degraded_performance'::character varying, 'partial_outage'::character varying, 'major_outage'::character varying, 'under_maintenance'::character varying])::text[])))
);


ALTER TABLE public.comms_maintenancecomponent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_maintenancecomponent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_maintenanceupdate (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    kind character varying(10) NOT NULL,
    state character varying(12) NOT NULL,
    body text NOT NULL,
    by_itself boolean NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    scheduled_until timestamp with time zone NOT NULL,
    was_for timestamp with time zone,
    was_until timestamp with time zone,
    sequence integer NOT NULL,
    notify boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    author_id bigint,
    maintenance_id bigint NOT NULL,
    CONSTRAINT comms_maintenanceupdate_sequence_check CHECK ((sequence >= 0)),
    CONSTRAINT maintenance_update_ends_after_it_begins CHECK ((scheduled_until > scheduled_for)),
    CONSTRAINT maintenance_update_kind_known CHECK (((kind)::text = ANY ((ARRAY['planned'::character varying, 'changed'::character varying, 'moved'::character varying, 'extended'::character varying, 'reminder'::character varying, 'started'::character varying, 'verifying'::character varying, 'completed'::character varying, 'cancelled'::character varying, 'note'::character varying])::text[])))
);


ALTER TABLE public.comms_maintenanceupdate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_maintenanceupdate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_pageincident (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    mail_title character varying(200) NOT NULL,
    state character varying(16) NOT NULL,
    impact character varying(10) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    monitoring_at timestamp with time zone,
    resolved_at timestamp with time zone,
    eta_at timestamp with time zone,
    next_update_at timestamp with time zone,
    incident_id bigint,
    page_id bigint NOT NULL,
    eta_confidence character varying(6) NOT NULL,
    eta_early_at timestamp with time zone,
    CONSTRAINT page_incident_expected_in_order CHECK (((eta_early_at IS NULL) OR ((eta_at IS NOT NULL) AND (eta_early_at <= eta_at)))),
    CONSTRAINT page_incident_state_known CHECK (((state)::text = ANY ((ARRAY['investigating'::character varying, 'identified'::character varying, 'monitoring'::character varying, 'resolved'::character varying, 'postmortem'::character varying])::text[])))
);


ALTER TABLE public.comms_pageincident ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_pageincident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_pagelogo (
    id bigint NOT NULL,
    variant character varying(5) NOT NULL,
    data bytea NOT NULL,
    icon bytea NOT NULL,
    width smallint NOT NULL,
    height smallint NOT NULL,
    sha256 character varying(64) NOT NULL,
    page_id bigint NOT NULL,
    CONSTRAINT comms_pagelogo_height_check CHECK ((height >= 0)),
    CONSTRAINT comms_pagelogo_width_check CHECK ((width >= 0)),
    CONSTRAINT page_logo_variant_known CHECK (((variant)::text = ANY ((ARRAY['light'::character varying, 'dark'::character varying])::text[])))
);


ALTER TABLE public.comms_pagelogo ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_pagelogo_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_pagemaintenance (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    mail_title character varying(200) NOT NULL,
    state character varying(12) NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    scheduled_until timestamp with time zone NOT NULL,
    auto_start boolean NOT NULL,
    auto_end boolean NOT NULL,
    notify boolean NOT NULL,
    remind_minutes integer[] NOT NULL,
    sequence integer NOT NULL,
    due_at timestamp with time zone,
    remind_at timestamp with time zone,
    started_at timestamp with time zone,
    verifying_at timestamp with time zone,
    completed_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    author_id bigint,
    page_id bigint NOT NULL,
    window_id bigint,
    CONSTRAINT comms_pagemaintenance_sequence_check CHECK ((sequence >= 0)),
    CONSTRAINT page_maintenance_cancelled_when CHECK ((((cancelled_at IS NOT NULL) AND ((state)::text = 'cancelled'::text)) OR ((NOT ((state)::text = 'cancelled'::text)) AND (cancelled_at IS NULL)))),
    CONSTRAINT page_maintenance_completed_when CHECK (((NOT ((state)::text = 'completed'::text)) OR (completed_at IS NOT NULL))),
    CONSTRAINT page_maintenance_ends_after_it_begins CHECK ((scheduled_until > scheduled_for)),
    CONSTRAINT page_maintenance_over_is_never_due CHECK (((NOT ((state)::text = ANY ((ARRAY['completed'::character varying, 'cancelled'::character varying])::text[]))) OR ((due_at IS NULL) AND (remind_at IS NULL)))),
    CONSTRAINT page_maintenance_reminds_before_it_begins CHECK ((((state)::text = 'scheduled'::text) OR (remind_at IS NULL))),
    CONSTRAINT page_maintenance_started_when CHECK (((NOT ((state)::text = ANY ((ARRAY['in_progress'::character varying, 'verifying'::character varying, 'completed'::character varying])::text[]))) OR (started_at IS NOT NULL))),
    CONSTRAINT page_maintenance_state_known CHECK (((state)::text = ANY ((ARRAY['scheduled'::character varying, 'in_progress'::character varying, 'verifying'::character varying, 'completed'::character varying, 'cancelled'::character varying])::text[])))
);


ALTER TABLE public.comms_pagemaintenance ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_pagemaintenance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_pagerole (
    id bigint NOT NULL,
    role character varying(10) NOT NULL,
    user_id bigint NOT NULL,
    page_id bigint NOT NULL,
    CONSTRAINT page_role_known CHECK (((role)::text = ANY ((ARRAY['editor'::character varying, 'approver'::character varying, 'reader'::character varying])::text[])))
);


ALTER TABLE public.comms_pagerole ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_pagerole_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_pushkey (
    id smallint NOT NULL,
    private text NOT NULL,
    public character varying(90) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT comms_pushkey_id_check CHECK ((id >= 0)),
    CONSTRAINT push_key_one CHECK ((id = 1))
);


CREATE TABLE public.comms_relaystate (
    name character varying(120) NOT NULL,
    rate double precision,
    rate_since timestamp with time zone,
    slowed_at timestamp with time zone,
    free_at timestamp with time zone NOT NULL,
    rests_until timestamp with time zone,
    failures integer NOT NULL,
    refuses_since timestamp with time zone,
    reply character varying(500) NOT NULL,
    counted integer NOT NULL,
    counted_since timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT comms_relaystate_counted_check CHECK ((counted >= 0)),
    CONSTRAINT comms_relaystate_failures_check CHECK ((failures >= 0))
);


CREATE TABLE public.comms_statuspage (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    slug character varying(80) NOT NULL,
    description text NOT NULL,
    time_zone character varying(64) NOT NULL,
    support_url character varying(200) NOT NULL,
    guarded boolean NOT NULL,
    is_default boolean NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    changed bigint NOT NULL,
    audience character varying(10) NOT NULL,
    approval_minutes smallint NOT NULL,
    second_person boolean NOT NULL,
    accent_dark character varying(7) NOT NULL,
    accent_light character varying(7) NOT NULL,
    corners character varying(6) NOT NULL,
    domain character varying(253) NOT NULL,
    key_version integer NOT NULL,
    language character varying(2) NOT NULL,
    other_languages character varying(2)[] NOT NULL,
    typeface character varying(6) NOT NULL,
    CONSTRAINT comms_statuspage_approval_minutes_check CHECK ((approval_minutes >= 0)),
    CONSTRAINT comms_statuspage_key_version_check CHECK ((key_version >= 0)),
    CONSTRAINT status_page_accents_are_colours CHECK ((((accent_dark)::text ~ '^(#[0-9a-fA-F]{6})?$'::text) AND ((accent_light)::text ~ '^(#[0-9a-fA-F]{6})?$'::text))),
    CONSTRAINT status_page_audience_known CHECK (((audience)::text = ANY ((ARRAY['public'::character varying, 'customers'::character varying, 'internal'::character varying, 'executives'::character varying])::text[]))),
    CONSTRAINT status_page_default_is_public CHECK (((NOT is_default) OR ((audience)::text = 'public'::text))),
    CONSTRAINT status_page_domain_is_a_name CHECK (((domain)::text ~ '^[a-z0-9.-]*$'::text)),
    CONSTRAINT status_page_domain_without_sign_in CHECK ((((domain)::text = ''::text) OR ((audience)::text = ANY ((ARRAY['public'::character varying, 'customers'::character varying])::text[])))),
    CONSTRAINT status_page_language_known CHECK ((((language)::text = ANY ((ARRAY['en'::character varying, 'de'::character varying, 'fr'::character varying, 'es'::character varying])::text[])) AND (other_languages <@ ARRAY['en'::character varying(2), 'de'::character varying(2), 'fr'::character varying(2), 'es'::character varying(2)]))),
    CONSTRAINT status_page_theme_known CHECK ((((corners)::text = ANY ((ARRAY['round'::character varying, 'soft'::character varying, 'sharp'::character varying])::text[])) AND ((typeface)::text = ANY ((ARRAY['sans'::character varying, 'serif'::character varying, 'mono'::character varying])::text[]))))
);


ALTER TABLE public.comms_statuspage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_statuspage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_statusupdate (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    impact character varying(10) NOT NULL,
    body text NOT NULL,
    eta_at timestamp with time zone,
    next_update_at timestamp with time zone,
    component_states jsonb NOT NULL,
    notify boolean NOT NULL,
    status character varying(10) NOT NULL,
    publish_at timestamp with time zone,
    published_at timestamp with time zone,
    occurred_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    author_id bigint,
    page_incident_id bigint NOT NULL,
    also_on jsonb NOT NULL,
    companion_of_id bigint,
    wordings jsonb NOT NULL,
    eta_confidence character varying(6) NOT NULL,
    eta_early_at timestamp with time zone,
    fan_out_at timestamp with time zone,
    CONSTRAINT status_update_expected_in_order CHECK (((eta_early_at IS NULL) OR ((eta_at IS NOT NULL) AND (eta_early_at <= eta_at)))),
    CONSTRAINT status_update_published_when CHECK (((NOT ((status)::text = 'published'::text)) OR (published_at IS NOT NULL))),
    CONSTRAINT status_update_scheduled_when CHECK (((NOT ((status)::text = 'scheduled'::text)) OR (publish_at IS NOT NULL))),
    CONSTRAINT status_update_status_known CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'asked'::character varying, 'scheduled'::character varying, 'published'::character varying, 'withdrawn'::character varying])::text[])))
);


ALTER TABLE public.comms_statusupdate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_statusupdate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriber (
    id bigint NOT NULL,
    email character varying(254) NOT NULL,
    state character varying(14) NOT NULL,
    all_components boolean NOT NULL,
    time_zone character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    page_id bigint NOT NULL,
    language character varying(2) NOT NULL,
    channel character varying(8) NOT NULL,
    digest character varying(8) NOT NULL,
    digest_at time without time zone NOT NULL,
    endpoint text NOT NULL,
    endpoint_mark character varying(64) NOT NULL,
    endpoint_shown character varying(120) NOT NULL,
    ends_only boolean NOT NULL,
    failing_since timestamp with time zone,
    floor character varying(8) NOT NULL,
    former_secret text NOT NULL,
    kind character varying(12) NOT NULL,
    maintenance boolean NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    secret text NOT NULL,
    trouble character varying(300) NOT NULL,
    CONSTRAINT subscriber_digest CHECK (((digest)::text = ANY ((ARRAY[''::character varying, 'hourly'::character varying, 'daily'::character varying])::text[]))),
    CONSTRAINT subscriber_endpoint CHECK (((((channel)::text = 'email'::text) AND (endpoint = ''::text)) OR (((channel)::text = ANY ((ARRAY['webhook'::character varying, 'chat'::character varying])::text[])) AND (NOT (endpoint = ''::text))))),
    CONSTRAINT subscriber_floor CHECK (((floor)::text = ANY ((ARRAY['none'::character varying, 'minor'::character varying, 'major'::character varying, 'critical'::character varying])::text[]))),
    CONSTRAINT subscriber_quiet_hours CHECK ((((quiet_from IS NULL) AND (quiet_until IS NULL)) OR ((quiet_from IS NOT NULL) AND (quiet_until IS NOT NULL) AND (NOT ((quiet_from = quiet_until) AND (quiet_from IS NOT NULL) AND (quiet_until IS NOT NULL)))))),
    CONSTRAINT subscriber_state CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'active'::character varying, 'unsubscribed'::character varying, 'suppressed'::character varying])::text[])))
);


CREATE TABLE public.comms_subscriber_components (
    id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    component_id bigint NOT NULL
);


ALTER TABLE public.comms_subscriber_components ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriber_components_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriber_groups (
    id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    componentgroup_id bigint NOT NULL
);


ALTER TABLE public.comms_subscriber_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriber_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE public.comms_subscriber ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriber_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriber_incidents (
    id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    pageincident_id bigint NOT NULL
);


ALTER TABLE public.comms_subscriber_incidents ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriber_incidents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriberevent (
    id bigint NOT NULL,
    kind character varying(12) NOT NULL,
    at timestamp with time zone NOT NULL,
    text character varying(500) NOT NULL,
    by_id bigint,
    delivery_id bigint,
    subscriber_id bigint NOT NULL,
    CONSTRAINT subscriber_event_kind CHECK (((kind)::text = ANY ((ARRAY['asked'::character varying, 'confirmed'::character varying, 'chose'::character varying, 'unsubscribed'::character varying, 'returned'::character varying, 'bounced'::character varying, 'complained'::character varying, 'suppressed'::character varying, 'failing'::character varying, 'added'::character varying, 'imported'::character varying, 'removed'::character varying])::text[])))
);


ALTER TABLE public.comms_subscriberevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriberevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriberimport (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    text text NOT NULL,
    asks boolean NOT NULL,
    consent character varying(300) NOT NULL,
    state character varying(8) NOT NULL,
    problem character varying(300) NOT NULL,
    lines integer NOT NULL,
    read integer NOT NULL,
    added integer NOT NULL,
    changed integer NOT NULL,
    same integer NOT NULL,
    refused integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    ended_at timestamp with time zone,
    by_id bigint,
    page_id bigint NOT NULL,
    CONSTRAINT comms_subscriberimport_added_check CHECK ((added >= 0)),
    CONSTRAINT comms_subscriberimport_changed_check CHECK ((changed >= 0)),
    CONSTRAINT comms_subscriberimport_lines_check CHECK ((lines >= 0)),
    CONSTRAINT comms_subscriberimport_read_check CHECK ((read >= 0)),
    CONSTRAINT comms_subscriberimport_refused_check CHECK ((refused >= 0)),
    CONSTRAINT comms_subscriberimport_same_check CHECK ((same >= 0)),
    CONSTRAINT subscriber_import_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'running'::character varying, 'done'::character varying, 'failed'::character varying])::text[])))
);


ALTER TABLE public.comms_subscriberimport ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriberimport_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_subscriberimportproblem (
    id bigint NOT NULL,
    line integer NOT NULL,
    content character varying(500) NOT NULL,
    "column" character varying(40) NOT NULL,
    problem character varying(300) NOT NULL,
    found_in_id bigint NOT NULL,
    CONSTRAINT comms_subscriberimportproblem_line_check CHECK ((line >= 0))
);


ALTER TABLE public.comms_subscriberimportproblem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_subscriberimportproblem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.comms_updatetemplate (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    audience character varying(10) NOT NULL,
    state character varying(16) NOT NULL,
    body text NOT NULL,
    "position" smallint NOT NULL,
    page_id bigint,
    severity_id smallint,
    CONSTRAINT comms_updatetemplate_position_check CHECK (("position" >= 0)),
    CONSTRAINT update_template_audience_known CHECK (((audience)::text = ANY ((ARRAY[''::character varying, 'public'::character varying, 'customers'::character varying, 'internal'::character varying, 'executives'::character varying])::text[])))
);


ALTER TABLE public.comms_updatetemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.comms_updatetemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id bigint NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);


ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);


ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);


ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);


CREATE TABLE public.incidents_actionitem (
    id bigint NOT NULL,
    title character varying(200) NOT NULL,
    kind character varying(10) NOT NULL,
    priority smallint NOT NULL,
    due_on date,
    end_state character varying(300) NOT NULL,
    tracker_url character varying(200) NOT NULL,
    state character varying(10) NOT NULL,
    evidence text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    remind_at timestamp with time zone,
    created_by_id bigint,
    owner_id bigint,
    team_id bigint,
    incident_id bigint NOT NULL,
    factor_id bigint,
    ask_at timestamp with time zone,
    asked_at timestamp with time zone,
    late_reason character varying(300) NOT NULL,
    recurrences smallint NOT NULL,
    wording character varying(10) NOT NULL,
    CONSTRAINT action_item_kind CHECK (((kind)::text = ANY ((ARRAY[''::character varying, 'prevent'::character varying, 'detect'::character varying, 'mitigate'::character varying, 'process'::character varying])::text[]))),
    CONSTRAINT action_item_priority CHECK ((priority = ANY (ARRAY[1, 2, 3]))),
    CONSTRAINT action_item_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'done'::character varying, 'dropped'::character varying])::text[]))),
    CONSTRAINT action_item_wording CHECK (((wording)::text = ANY ((ARRAY[''::character varying, 'no_verb'::character varying, 'vague'::character varying])::text[]))),
    CONSTRAINT incidents_actionitem_priority_check CHECK ((priority >= 0)),
    CONSTRAINT incidents_actionitem_recurrences_check CHECK ((recurrences >= 0))
);


ALTER TABLE public.incidents_actionitem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_actionitem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_actionnotice (
    id bigint NOT NULL,
    why character varying(12) NOT NULL,
    state character varying(8) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    item_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT action_notice_ended CHECK ((((ended_at IS NULL) AND ((state)::text = 'waiting'::text)) OR ((ended_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['sent'::character varying, 'dropped'::character varying])::text[]))))),
    CONSTRAINT action_notice_why CHECK (((why)::text = ANY ((ARRAY['reminder'::character varying, 'overdue'::character varying, 'unowned'::character varying, 'undated'::character varying, 'relevant'::character varying, 'unanswered'::character varying])::text[])))
);


ALTER TABLE public.incidents_actionnotice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_actionnotice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_actionphrase (
    id bigint NOT NULL,
    words character varying(60) NOT NULL,
    kind character varying(5) NOT NULL,
    asks character varying(200) NOT NULL,
    CONSTRAINT action_phrase_kind CHECK (((kind)::text = ANY ((ARRAY['verb'::character varying, 'vague'::character varying])::text[]))),
    CONSTRAINT action_phrase_words CHECK ((NOT ((words)::text = ''::text)))
);


ALTER TABLE public.incidents_actionphrase ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_actionphrase_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_alert (
    id bigint NOT NULL,
    public_id uuid DEFAULT gen_random_uuid() NOT NULL,
    fingerprint character varying(255) NOT NULL,
    status character varying(10) NOT NULL,
    title character varying(500) NOT NULL,
    summary text NOT NULL,
    severity character varying(40) NOT NULL,
    service character varying(255) NOT NULL,
    group_key character varying(255) NOT NULL,
    labels jsonb NOT NULL,
    annotations jsonb NOT NULL,
    links jsonb NOT NULL,
    count integer NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    flapping boolean NOT NULL,
    suppression character varying(12) NOT NULL,
    quiet_until timestamp with time zone,
    private boolean NOT NULL,
    team_id bigint,
    incident_id bigint,
    upstream_id bigint,
    integration_id bigint NOT NULL,
    maintenance_id bigint,
    silence_id bigint,
    CONSTRAINT alert_has_an_incident_or_a_reason CHECK ((((incident_id IS NOT NULL) AND ((suppression)::text = ''::text)) OR ((incident_id IS NULL) AND ((suppression)::text = ANY ((ARRAY['silence'::character varying, 'maintenance'::character varying, 'dependency'::character varying])::text[])) AND (team_id IS NOT NULL)))),
    CONSTRAINT alert_status CHECK (((status)::text = ANY ((ARRAY['firing'::character varying, 'resolved'::character varying])::text[]))),
    CONSTRAINT incidents_alert_count_check CHECK ((count >= 0))
);


ALTER TABLE public.incidents_alert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_attachment (
    id bigint NOT NULL,
    uid character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    kind character varying(8) NOT NULL,
    content_type character varying(40) NOT NULL,
    size integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    width integer,
    height integer,
    lines integer,
    opening text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    removed_because text NOT NULL,
    removed_by_id bigint,
    uploaded_by_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    entry_id bigint NOT NULL,
    CONSTRAINT attachment_kind_known CHECK (((kind)::text = ANY ((ARRAY['image'::character varying, 'text'::character varying])::text[]))),
    CONSTRAINT attachment_removed_with_reason CHECK ((((removed_at IS NULL) AND (removed_because = ''::text) AND (removed_by_id IS NULL)) OR ((removed_at IS NOT NULL) AND (removed_by_id IS NOT NULL) AND (NOT (removed_because = ''::text))))),
    CONSTRAINT incidents_attachment_height_check CHECK ((height >= 0)),
    CONSTRAINT incidents_attachment_lines_check CHECK ((lines >= 0)),
    CONSTRAINT incidents_attachment_size_check CHECK ((size >= 0)),
    CONSTRAINT incidents_attachment_width_check CHECK ((width >= 0))
);


ALTER TABLE public.incidents_attachment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_attachment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_attachmentcontent (
    attachment_id bigint NOT NULL,
    data bytea NOT NULL,
    preview bytea
);


CREATE TABLE public.incidents_change (
    id bigint NOT NULL,
    summary character varying(1024) NOT NULL,
    source character varying(255) NOT NULL,
    details jsonb NOT NULL,
    links jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    service_id bigint,
    integration_id bigint,
    drill_id bigint
);


ALTER TABLE public.incidents_change ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_changemark (
    id bigint NOT NULL,
    state character varying(10) NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint,
    change_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    CONSTRAINT change_mark_state CHECK (((state)::text = ANY ((ARRAY['suspect'::character varying, 'dismissed'::character varying, 'caused'::character varying, 'fixed'::character varying])::text[])))
);


ALTER TABLE public.incidents_changemark ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_changemark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_coachphrase (
    id bigint NOT NULL,
    language character varying(8) NOT NULL,
    slug character varying(60) NOT NULL,
    kind character varying(16) NOT NULL,
    pattern text NOT NULL,
    unless text NOT NULL,
    why character varying(300) NOT NULL,
    asks character varying(300) NOT NULL,
    rewrite character varying(300) NOT NULL,
    puts character varying(8) NOT NULL,
    active boolean NOT NULL,
    shipped_as character varying(64) NOT NULL,
    CONSTRAINT coach_phrase_kind CHECK (((kind)::text = ANY ((ARRAY['blame'::character varying, 'counterfactual'::character varying, 'hindsight'::character varying, 'first_cause'::character varying, 'asks_why'::character varying])::text[]))),
    CONSTRAINT coach_phrase_puts CHECK (((puts)::text = ANY ((ARRAY['sentence'::character varying, 'words'::character varying])::text[])))
);


ALTER TABLE public.incidents_coachphrase ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_coachphrase_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_consideration (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    loop smallint NOT NULL,
    level smallint NOT NULL,
    target character varying(200) NOT NULL,
    outcome character varying(10) NOT NULL,
    why character varying(300) NOT NULL,
    user_id bigint,
    run_id bigint NOT NULL,
    CONSTRAINT consideration_outcome CHECK (((outcome)::text = ANY ((ARRAY['paged'::character varying, 'called'::character varying, 'nobody'::character varying, 'away'::character varying, 'passed'::character varying, 'already'::character varying, 'answered'::character varying])::text[]))),
    CONSTRAINT incidents_consideration_level_check CHECK ((level >= 0)),
    CONSTRAINT incidents_consideration_loop_check CHECK ((loop >= 0))
);


ALTER TABLE public.incidents_consideration ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_consideration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_counterfactual (
    id bigint NOT NULL,
    effect character varying(10) NOT NULL,
    minutes integer,
    note character varying(500) NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint,
    incident_id bigint NOT NULL,
    item_id bigint,
    mitigation_id bigint,
    CONSTRAINT counterfactual_of_one_thing CHECK (((((effect)::text = 'none'::text) AND (item_id IS NULL) AND (minutes IS NULL) AND (mitigation_id IS NULL)) OR (((effect)::text = ANY ((ARRAY['prevented'::character varying, 'sooner'::character varying, 'shortened'::character varying])::text[])) AND (item_id IS NOT NULL) AND (mitigation_id IS NULL)) OR (((effect)::text = ANY ((ARRAY['prevented'::character varying, 'sooner'::character varying, 'shortened'::character varying])::text[])) AND (item_id IS NULL) AND (mitigation_id IS NOT NULL)))),
    CONSTRAINT incidents_counterfactual_minutes_check CHECK ((minutes >= 0))
);


ALTER TABLE public.incidents_counterfactual ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_counterfactual_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_customfield (
    id bigint NOT NULL,
    key character varying(40) NOT NULL,
    label character varying(60) NOT NULL,
    kind character varying(8) NOT NULL,
    choices character varying(60)[] NOT NULL,
    help character varying(200) NOT NULL,
    required_from character varying(16) NOT NULL,
    required_level smallint,
    "position" smallint NOT NULL,
    retired boolean NOT NULL,
    CONSTRAINT custom_field_has_choices CHECK (((NOT ((kind)::text = 'choice'::text)) OR (NOT (choices = '{}'::character varying(60)[])))),
    CONSTRAINT custom_field_kind CHECK (((kind)::text = ANY ((ARRAY['text'::character varying, 'number'::character varying, 'choice'::character varying, 'date'::character varying, 'user'::character varying])::text[]))),
    CONSTRAINT custom_field_level CHECK (((required_level IS NULL) OR ((required_level >= 1) AND (required_level <= 4)))),
    CONSTRAINT incidents_customfield_position_check CHECK (("position" >= 0)),
    CONSTRAINT incidents_customfield_required_level_check CHECK ((required_level >= 0))
);


ALTER TABLE public.incidents_customfield ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_customfield_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_customvalue (
    id bigint NOT NULL,
    text character varying(2000) NOT NULL,
    number numeric(20,6),
    day date,
    field_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    person_id bigint
);


ALTER TABLE public.incidents_customvalue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_customvalue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_defaultboard (
    user_id bigint NOT NULL,
    saved_id bigint NOT NULL
);


CREATE TABLE public.incidents_dutydone (
    id bigint NOT NULL,
    done_at timestamp with time zone NOT NULL,
    done_by_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    duty_id bigint NOT NULL
);


ALTER TABLE public.incidents_dutydone ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_dutydone_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_escalationrun (
    id bigint NOT NULL,
    snapshot jsonb NOT NULL,
    state character varying(12) NOT NULL,
    level smallint NOT NULL,
    loop smallint NOT NULL,
    due_at timestamp with time zone,
    severity smallint,
    attempts smallint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_reason character varying(200) NOT NULL,
    policy_id bigint,
    incident_id bigint NOT NULL,
    request_id bigint,
    CONSTRAINT incidents_escalationrun_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_escalationrun_level_check CHECK ((level >= 0)),
    CONSTRAINT incidents_escalationrun_loop_check CHECK ((loop >= 0)),
    CONSTRAINT incidents_escalationrun_severity_check CHECK ((severity >= 0)),
    CONSTRAINT run_is_due_or_over CHECK ((((due_at IS NOT NULL) AND ((state)::text = 'running'::text)) OR ((state)::text = 'acknowledged'::text) OR ((due_at IS NULL) AND ((state)::text = ANY ((ARRAY['stopped'::character varying, 'exhausted'::character varying])::text[]))))),
    CONSTRAINT run_state_known CHECK (((state)::text = ANY ((ARRAY['running'::character varying, 'acknowledged'::character varying, 'stopped'::character varying, 'exhausted'::character varying])::text[]))),
    CONSTRAINT run_that_is_over_says_why CHECK ((((state)::text = 'running'::text) OR ((ended_at IS NOT NULL) AND (NOT ((ended_reason)::text = ''::text)))))
);


ALTER TABLE public.incidents_escalationrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_escalationrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_estimate (
    id bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    early_at timestamp with time zone,
    late_at timestamp with time zone NOT NULL,
    confidence character varying(6) NOT NULL,
    outcome character varying(6) NOT NULL,
    back_at timestamp with time zone,
    incident_id bigint NOT NULL,
    made_by_id bigint,
    CONSTRAINT estimate_begins_before_it_ends CHECK (((early_at IS NULL) OR (early_at <= late_at))),
    CONSTRAINT estimate_confidence CHECK (((confidence)::text = ANY ((ARRAY[''::character varying, 'low'::character varying, 'medium'::character varying, 'high'::character varying])::text[]))),
    CONSTRAINT estimate_outcome CHECK ((((back_at IS NULL) AND ((outcome)::text = ANY ((ARRAY['open'::character varying, 'void'::character varying])::text[]))) OR ((back_at IS NOT NULL) AND ((outcome)::text = ANY ((ARRAY['inside'::character varying, 'early'::character varying, 'late'::character varying])::text[])))))
);


ALTER TABLE public.incidents_estimate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_estimate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_event (
    id bigint NOT NULL,
    public_id uuid NOT NULL,
    source character varying(20) NOT NULL,
    lane smallint NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    query jsonb NOT NULL,
    path character varying(500) NOT NULL,
    state character varying(8) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts smallint NOT NULL,
    ended_at timestamp with time zone,
    outcome jsonb NOT NULL,
    integration_id bigint NOT NULL,
    key_id bigint,
    CONSTRAINT event_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'done'::character varying, 'rejected'::character varying])::text[]))),
    CONSTRAINT incidents_event_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_event_lane_check CHECK ((lane >= 0))
);


ALTER TABLE public.incidents_event ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_exercise (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    scenario character varying(80) NOT NULL,
    script jsonb NOT NULL,
    state character varying(8) NOT NULL,
    speed smallint NOT NULL,
    clock jsonb NOT NULL,
    hints_taken smallint NOT NULL,
    score jsonb,
    debrief text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    facilitator_id bigint,
    incident_id bigint NOT NULL,
    past_id bigint,
    CONSTRAINT exercise_ends_once CHECK ((((ended_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['finished'::character varying, 'stopped'::character varying])::text[]))) OR ((ended_at IS NULL) AND ((state)::text = ANY ((ARRAY['ready'::character varying, 'running'::character varying, 'paused'::character varying])::text[]))))),
    CONSTRAINT exercise_speed CHECK ((speed = ANY (ARRAY[1, 2, 5]))),
    CONSTRAINT exercise_state CHECK (((state)::text = ANY ((ARRAY['ready'::character varying, 'running'::character varying, 'paused'::character varying, 'finished'::character varying, 'stopped'::character varying])::text[]))),
    CONSTRAINT incidents_exercise_hints_taken_check CHECK ((hints_taken >= 0)),
    CONSTRAINT incidents_exercise_speed_check CHECK ((speed >= 0))
);


ALTER TABLE public.incidents_exercise ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_exercise_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_exerciseevent (
    id bigint NOT NULL,
    kind character varying(8) NOT NULL,
    at integer NOT NULL,
    data jsonb NOT NULL,
    state character varying(7) NOT NULL,
    due_at timestamp with time zone,
    attempts smallint NOT NULL,
    happened_at timestamp with time zone,
    answers_id bigint,
    exercise_id bigint NOT NULL,
    CONSTRAINT exercise_event_due CHECK (((due_at IS NULL) OR ((state)::text = 'waiting'::text))),
    CONSTRAINT exercise_event_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'done'::character varying, 'skipped'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT incidents_exerciseevent_attempts_check CHECK ((attempts >= 0))
);


ALTER TABLE public.incidents_exerciseevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_exerciseevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_export (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    form character varying(4) NOT NULL,
    timelines boolean NOT NULL,
    query character varying(2000) NOT NULL,
    time_zone character varying(64) NOT NULL,
    state character varying(10) NOT NULL,
    problem character varying(300) NOT NULL,
    total integer NOT NULL,
    written integer NOT NULL,
    size bigint NOT NULL,
    after bigint,
    attempts smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    lease_until timestamp with time zone,
    ended_at timestamp with time zone,
    expires_at timestamp with time zone,
    user_id bigint NOT NULL,
    CONSTRAINT export_form CHECK ((((form)::text = 'json'::text) OR (((form)::text = 'csv'::text) AND (NOT timelines)))),
    CONSTRAINT export_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'running'::character varying, 'done'::character varying, 'failed'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT incidents_export_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_export_size_check CHECK ((size >= 0)),
    CONSTRAINT incidents_export_total_check CHECK ((total >= 0)),
    CONSTRAINT incidents_export_written_check CHECK ((written >= 0))
);


ALTER TABLE public.incidents_export ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_exportpart (
    id bigint NOT NULL,
    number integer NOT NULL,
    data bytea NOT NULL,
    export_id bigint NOT NULL,
    CONSTRAINT incidents_exportpart_number_check CHECK ((number >= 0))
);


ALTER TABLE public.incidents_exportpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_exportpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_factor (
    id bigint NOT NULL,
    text character varying(500) NOT NULL,
    "position" smallint NOT NULL,
    postmortem_id bigint NOT NULL,
    CONSTRAINT factor_says_something CHECK ((NOT ((text)::text = ''::text))),
    CONSTRAINT incidents_factor_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.incidents_factor ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_factor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_factor_tags (
    id bigint NOT NULL,
    factor_id bigint NOT NULL,
    factortag_id bigint NOT NULL
);


ALTER TABLE public.incidents_factor_tags ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_factor_tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_factortag (
    id bigint NOT NULL,
    slug character varying(40) NOT NULL,
    name character varying(60) NOT NULL,
    description character varying(200) NOT NULL,
    words text NOT NULL,
    "position" smallint NOT NULL,
    retired boolean NOT NULL,
    CONSTRAINT incidents_factortag_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.incidents_factortag ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_factortag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_figuredefinition (
    id bigint NOT NULL,
    slug character varying(40) NOT NULL,
    title character varying(80) NOT NULL,
    says text NOT NULL,
    start character varying(20) NOT NULL,
    "end" character varying(20) NOT NULL,
    unit character varying(8) NOT NULL,
    "position" smallint NOT NULL,
    shown boolean NOT NULL,
    CONSTRAINT figure_between_two_moments CHECK ((((("end")::text = ANY ((ARRAY['impact_started'::character varying, 'detected'::character varying, 'first_paged'::character varying, 'acknowledged'::character varying, 'declared'::character varying, 'commander_accepted'::character varying, 'mitigation_started'::character varying, 'first_mitigation'::character varying, 'mitigated'::character varying, 'first_resolved'::character varying, 'resolved'::character varying, 'impact_ended'::character varying, 'first_update'::character varying, 'review_started'::character varying, 'drafted'::character varying, 'published'::character varying, 'closed'::character varying])::text[])) AND ((start)::text = ANY ((ARRAY['impact_started'::character varying, 'detected'::character varying, 'first_paged'::character varying, 'acknowledged'::character varying, 'declared'::character varying, 'commander_accepted'::character varying, 'mitigation_started'::character varying, 'first_mitigation'::character varying, 'mitigated'::character varying, 'first_resolved'::character varying, 'resolved'::character varying, 'impact_ended'::character varying, 'first_update'::character varying, 'review_started'::character varying, 'drafted'::character varying, 'published'::character varying, 'closed'::character varying])::text[])) AND ((unit)::text = 'duration'::text) AND (NOT ((start)::text = ("end")::text))) OR ((("end")::text = ''::text) AND ((start)::text = ''::text) AND ((unit)::text = ANY ((ARRAY['duration'::character varying, 'count'::character varying, 'share'::character varying])::text[]))))),
    CONSTRAINT incidents_figuredefinition_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.incidents_figuredefinition ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_figuredefinition_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_follow (
    id bigint NOT NULL,
    level character varying(8) NOT NULL,
    by_itself boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    incident_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT follow_level CHECK (((level)::text = ANY ((ARRAY['updates'::character varying, 'phases'::character varying, 'all'::character varying, 'off'::character varying])::text[])))
);


ALTER TABLE public.incidents_follow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_follow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_followrule (
    id bigint NOT NULL,
    whose character varying(12) NOT NULL,
    worst_level smallint NOT NULL,
    level character varying(8) NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT follow_rule_level CHECK (((level)::text = ANY ((ARRAY['updates'::character varying, 'phases'::character varying, 'all'::character varying])::text[]))),
    CONSTRAINT follow_rule_severity CHECK (((worst_level >= 1) AND (worst_level <= 4))),
    CONSTRAINT follow_rule_whose CHECK (((whose)::text = ANY ((ARRAY['my_teams'::character varying, 'every_team'::character varying])::text[]))),
    CONSTRAINT incidents_followrule_worst_level_check CHECK ((worst_level >= 0))
);


ALTER TABLE public.incidents_followrule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_followrule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_heartbeat (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    period_minutes integer,
    cron character varying(100) NOT NULL,
    time_zone character varying(64) NOT NULL,
    grace_minutes integer NOT NULL,
    severity character varying(40) NOT NULL,
    last_seen_at timestamp with time zone,
    due_at timestamp with time zone,
    is_late boolean NOT NULL,
    integration_id bigint NOT NULL,
    CONSTRAINT heartbeat_period_of_a_minute CHECK (((period_minutes IS NULL) OR (period_minutes >= 1))),
    CONSTRAINT heartbeat_period_or_cron CHECK (((period_minutes IS NULL) OR ((cron)::text = ''::text))),
    CONSTRAINT incidents_heartbeat_grace_minutes_check CHECK ((grace_minutes >= 0)),
    CONSTRAINT incidents_heartbeat_period_minutes_check CHECK ((period_minutes >= 0))
);


ALTER TABLE public.incidents_heartbeat ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_heartbeat_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incident (
    id bigint NOT NULL,
    title character varying(200) NOT NULL,
    summary text NOT NULL,
    phase character varying(16) NOT NULL,
    phase_before character varying(16) NOT NULL,
    private boolean NOT NULL,
    drill boolean NOT NULL,
    group_key character varying(500) NOT NULL,
    priority smallint,
    on_recovery character varying(8) NOT NULL,
    recovery_minutes smallint NOT NULL,
    recovery_due_at timestamp with time zone,
    resolve_proposed_at timestamp with time zone,
    impact text NOT NULL,
    impact_started_at timestamp with time zone,
    impact_ended_at timestamp with time zone,
    eta_at timestamp with time zone,
    detected_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    declared_at timestamp with time zone,
    mitigation_started_at timestamp with time zone,
    mitigated_at timestamp with time zone,
    soak_until timestamp with time zone,
    first_resolved_at timestamp with time zone,
    resolved_at timestamp with time zone,
    review_started_at timestamp with time zone,
    closed_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_kind character varying(16) NOT NULL,
    recovered_by_itself boolean NOT NULL,
    confirmation text NOT NULL,
    relapses smallint NOT NULL,
    reopens smallint NOT NULL,
    comms_required boolean NOT NULL,
    last_update_at timestamp with time zone,
    next_update_due_at timestamp with time zone,
    final_update_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    acknowledged_by_id bigint,
    confirmed_by_id bigint,
    escalation_policy_id bigint,
    merged_into_id bigint,
    reported_by_id bigint,
    team_id bigint,
    integration_id bigint,
    severity_id smallint,
    type_id bigint,
    affected character varying(200) NOT NULL,
    call_url character varying(500) NOT NULL,
    chat_url character varying(500) NOT NULL,
    attempt_asked_at timestamp with time zone,
    attempt_due_at timestamp with time zone,
    CONSTRAINT incident_merged_into_another CHECK ((((merged_into_id IS NOT NULL) AND ((phase)::text = 'merged'::text)) OR ((NOT ((phase)::text = 'merged'::text)) AND (merged_into_id IS NULL)))),
    CONSTRAINT incident_on_recovery CHECK (((on_recovery)::text = ANY ((ARRAY['tell'::character varying, 'propose'::character varying, 'resolve'::character varying])::text[]))),
    CONSTRAINT incident_phase_known CHECK (((phase)::text = ANY ((ARRAY['detect'::character varying, 'declare'::character varying, 'mitigate'::character varying, 'communicate'::character varying, 'resolve'::character varying, 'review'::character varying, 'closed'::character varying, 'cancelled'::character varying, 'merged'::character varying])::text[]))),
    CONSTRAINT incident_priority CHECK (((priority IS NULL) OR ((priority >= 1) AND (priority <= 5)))),
    CONSTRAINT incidents_incident_priority_check CHECK ((priority >= 0)),
    CONSTRAINT incidents_incident_recovery_minutes_check CHECK ((recovery_minutes >= 0)),
    CONSTRAINT incidents_incident_relapses_check CHECK ((relapses >= 0)),
    CONSTRAINT incidents_incident_reopens_check CHECK ((reopens >= 0)),
    CONSTRAINT incidents_incident_version_check CHECK ((version >= 0))
);


ALTER TABLE public.incidents_incident ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incident_participants (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.incidents_incident_participants ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incident_participants_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incident_services (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    service_id bigint NOT NULL
);


ALTER TABLE public.incidents_incident_services ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incident_services_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incident_shared_with (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    team_id bigint NOT NULL
);


ALTER TABLE public.incidents_incident_shared_with ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incident_shared_with_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incidentmoments (
    incident_id bigint NOT NULL,
    version integer NOT NULL,
    stays jsonb NOT NULL,
    impact_started_at timestamp with time zone,
    detected_at timestamp with time zone,
    first_paged_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    declared_at timestamp with time zone,
    commander_accepted_at timestamp with time zone,
    mitigation_started_at timestamp with time zone,
    first_mitigation_at timestamp with time zone,
    mitigated_at timestamp with time zone,
    first_resolved_at timestamp with time zone,
    resolved_at timestamp with time zone,
    impact_ended_at timestamp with time zone,
    first_update_at timestamp with time zone,
    review_started_at timestamp with time zone,
    drafted_at timestamp with time zone,
    published_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT incidents_incidentmoments_version_check CHECK ((version >= 0))
);


CREATE TABLE public.incidents_incidenttask (
    id bigint NOT NULL,
    title character varying(200) NOT NULL,
    due_at timestamp with time zone,
    state character varying(8) NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    given_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    ended_at timestamp with time zone,
    step smallint NOT NULL,
    remind_at timestamp with time zone,
    created_by_id bigint,
    incident_id bigint NOT NULL,
    owner_id bigint,
    CONSTRAINT incidents_incidenttask_step_check CHECK ((step >= 0)),
    CONSTRAINT task_accepted_by_its_owner CHECK (((NOT ((state)::text = 'accepted'::text)) OR ((accepted_at IS NOT NULL) AND (owner_id IS NOT NULL)))),
    CONSTRAINT task_dropped_for_a_reason CHECK (((NOT ((state)::text = 'dropped'::text)) OR (NOT (note = ''::text)))),
    CONSTRAINT task_ends_once CHECK ((((ended_at IS NULL) AND ((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying])::text[]))) OR ((ended_at IS NOT NULL) AND (remind_at IS NULL) AND ((state)::text = ANY ((ARRAY['done'::character varying, 'dropped'::character varying])::text[]))))),
    CONSTRAINT task_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying, 'done'::character varying, 'dropped'::character varying])::text[])))
);


ALTER TABLE public.incidents_incidenttask ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incidenttask_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_incidenttype (
    id bigint NOT NULL,
    slug character varying(40) NOT NULL,
    name character varying(60) NOT NULL,
    description text NOT NULL,
    "position" smallint NOT NULL,
    CONSTRAINT incidents_incidenttype_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.incidents_incidenttype ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_incidenttype_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_integration (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    kind character varying(20) NOT NULL,
    private boolean NOT NULL,
    settings jsonb NOT NULL,
    secret text NOT NULL,
    ceiling integer,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    service_id bigint,
    team_id bigint NOT NULL,
    CONSTRAINT incidents_integration_ceiling_check CHECK ((ceiling >= 0)),
    CONSTRAINT integration_ceiling CHECK (((ceiling IS NULL) OR (ceiling >= 1)))
);


ALTER TABLE public.incidents_integration ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_integration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_integrationkey (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    created_by_id bigint,
    integration_id bigint NOT NULL
);


ALTER TABLE public.incidents_integrationkey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_integrationkey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_itemrecurrence (
    id bigint NOT NULL,
    stood character varying(10) NOT NULL,
    reopened boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    incident_id bigint NOT NULL,
    item_id bigint NOT NULL,
    CONSTRAINT item_recurrence_reopened CHECK (((NOT reopened) OR ((stood)::text = 'done'::text))),
    CONSTRAINT item_recurrence_stood CHECK (((stood)::text = ANY ((ARRAY['open'::character varying, 'done'::character varying, 'dropped'::character varying])::text[])))
);


ALTER TABLE public.incidents_itemrecurrence ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_itemrecurrence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_maintenance (
    id bigint NOT NULL,
    title character varying(200) NOT NULL,
    private boolean NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id bigint,
    ended_by_id bigint,
    team_id bigint NOT NULL,
    CONSTRAINT maintenance_ends_after_it_starts CHECK ((ends_at >= starts_at))
);


ALTER TABLE public.incidents_maintenance ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_maintenance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_maintenance_services (
    id bigint NOT NULL,
    maintenance_id bigint NOT NULL,
    service_id bigint NOT NULL
);


ALTER TABLE public.incidents_maintenance_services ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_maintenance_services_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_metriccheck (
    id bigint NOT NULL,
    title character varying(80) NOT NULL,
    kind character varying(8) NOT NULL,
    url text NOT NULL,
    host character varying(262) NOT NULL,
    query text NOT NULL,
    comparison character varying(8) NOT NULL,
    threshold double precision NOT NULL,
    hold_minutes smallint NOT NULL,
    unit character varying(12) NOT NULL,
    interval_seconds smallint NOT NULL,
    sign_in character varying(8) NOT NULL,
    username character varying(200) NOT NULL,
    secret text NOT NULL,
    attach character varying(8) NOT NULL,
    service_id bigint NOT NULL,
    CONSTRAINT incidents_metriccheck_hold_minutes_check CHECK ((hold_minutes >= 0)),
    CONSTRAINT incidents_metriccheck_interval_seconds_check CHECK ((interval_seconds >= 0)),
    CONSTRAINT metric_check_attach CHECK (((attach)::text = ANY ((ARRAY['open'::character varying, 'declare'::character varying, 'never'::character varying])::text[]))),
    CONSTRAINT metriccheck_comparison CHECK (((comparison)::text = ANY ((ARRAY['below'::character varying, 'above'::character varying])::text[]))),
    CONSTRAINT metriccheck_hold CHECK ((hold_minutes <= 1440)),
    CONSTRAINT metriccheck_interval CHECK (((interval_seconds >= 5) AND (interval_seconds <= 3600))),
    CONSTRAINT metriccheck_kind CHECK (((kind)::text = ANY ((ARRAY['promql'::character varying, 'json'::character varying])::text[]))),
    CONSTRAINT metriccheck_sign_in CHECK (((sign_in)::text = ANY ((ARRAY['none'::character varying, 'bearer'::character varying, 'basic'::character varying])::text[]))),
    CONSTRAINT metriccheck_threshold CHECK (((threshold > ('-1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (threshold < ('1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision)))
);


ALTER TABLE public.incidents_metriccheck ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_metriccheck_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_mitigation (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    state character varying(12) NOT NULL,
    expected_effect character varying(200) NOT NULL,
    success_signal character varying(200) NOT NULL,
    rollback_plan character varying(200) NOT NULL,
    deadline_at timestamp with time zone,
    proposed_at timestamp with time zone NOT NULL,
    executed_at timestamp with time zone,
    finished_at timestamp with time zone,
    outcome_note text NOT NULL,
    held boolean NOT NULL,
    approved_by_id bigint,
    carried_by_id bigint,
    change_id bigint,
    incident_id bigint NOT NULL,
    proposed_by_id bigint,
    asked_at timestamp with time zone,
    card_id bigint,
    CONSTRAINT mitigation_state_known CHECK (((state)::text = ANY ((ARRAY['proposed'::character varying, 'approved'::character varying, 'executing'::character varying, 'verifying'::character varying, 'worked'::character varying, 'partly'::character varying, 'no_effect'::character varying, 'harmful'::character varying, 'undone'::character varying, 'dropped'::character varying])::text[])))
);


ALTER TABLE public.incidents_mitigation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_mitigation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_mitigationcall (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    key uuid NOT NULL,
    body jsonb NOT NULL,
    state character varying(10) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    attempts smallint NOT NULL,
    reply character varying(300) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    asked_by_id bigint,
    change_id bigint,
    incident_id bigint NOT NULL,
    mitigation_id bigint NOT NULL,
    webhook_id bigint,
    CONSTRAINT incidents_mitigationcall_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT mitigation_call_lease CHECK (((NOT ((state)::text = 'calling'::text)) OR (lease_until IS NOT NULL))),
    CONSTRAINT mitigation_call_state CHECK (((state)::text = ANY ((ARRAY['queued'::character varying, 'calling'::character varying, 'accepted'::character varying, 'refused'::character varying, 'failed'::character varying, 'dropped'::character varying])::text[])))
);


ALTER TABLE public.incidents_mitigationcall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_mitigationcall_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_mitigationcard (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    how text NOT NULL,
    risk character varying(6) NOT NULL,
    reversible boolean NOT NULL,
    undo character varying(200) NOT NULL,
    minutes smallint NOT NULL,
    expected_effect character varying(200) NOT NULL,
    success_signal character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    approved_at timestamp with time zone,
    last_tried_at timestamp with time zone,
    last_drilled_at timestamp with time zone,
    retired_at timestamp with time zone,
    approved_by_id bigint,
    created_by_id bigint,
    service_id bigint NOT NULL,
    CONSTRAINT card_minutes CHECK (((minutes >= 1) AND (minutes <= 1440))),
    CONSTRAINT card_risk CHECK (((risk)::text = ANY ((ARRAY['low'::character varying, 'medium'::character varying, 'high'::character varying])::text[]))),
    CONSTRAINT incidents_mitigationcard_minutes_check CHECK ((minutes >= 0))
);


ALTER TABLE public.incidents_mitigationcard ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_mitigationcard_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_noitemsdecision (
    id bigint NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    CONSTRAINT no_items_reason CHECK ((NOT (reason = ''::text)))
);


ALTER TABLE public.incidents_noitemsdecision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_noitemsdecision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_nudgesnooze (
    id bigint NOT NULL,
    key character varying(60) NOT NULL,
    until timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    incident_id bigint NOT NULL
);


ALTER TABLE public.incidents_nudgesnooze ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_nudgesnooze_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_page (
    id bigint NOT NULL,
    level smallint NOT NULL,
    loop smallint NOT NULL,
    urgency character varying(4) NOT NULL,
    severity smallint,
    target_kind character varying(10) NOT NULL,
    target_id bigint,
    target_way character varying(12) NOT NULL,
    why character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    incident_id bigint NOT NULL,
    run_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT incidents_page_level_check CHECK ((level >= 0)),
    CONSTRAINT incidents_page_loop_check CHECK ((loop >= 0)),
    CONSTRAINT incidents_page_severity_check CHECK ((severity >= 0)),
    CONSTRAINT incidents_page_target_id_check CHECK ((target_id >= 0)),
    CONSTRAINT page_urgency CHECK (((urgency)::text = ANY ((ARRAY['high'::character varying, 'low'::character varying])::text[])))
);


ALTER TABLE public.incidents_page ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_page_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_pin (
    id bigint NOT NULL,
    pinned_at timestamp with time zone NOT NULL,
    entry_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    pinned_by_id bigint NOT NULL
);


ALTER TABLE public.incidents_pin ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_pin_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbook (
    id bigint NOT NULL,
    kind character varying(8) NOT NULL,
    title character varying(200) NOT NULL,
    summary text NOT NULL,
    phases character varying(16)[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    team_id bigint NOT NULL,
    updated_by_id bigint,
    CONSTRAINT playbook_kind CHECK (((kind)::text = ANY ((ARRAY['playbook'::character varying, 'runbook'::character varying])::text[])))
);


ALTER TABLE public.incidents_playbook ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbook_services (
    id bigint NOT NULL,
    playbook_id bigint NOT NULL,
    service_id bigint NOT NULL
);


ALTER TABLE public.incidents_playbook_services ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbook_services_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbook_severities (
    id bigint NOT NULL,
    playbook_id bigint NOT NULL,
    severity_id smallint NOT NULL
);


ALTER TABLE public.incidents_playbook_severities ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbook_severities_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbook_types (
    id bigint NOT NULL,
    playbook_id bigint NOT NULL,
    incidenttype_id bigint NOT NULL
);


ALTER TABLE public.incidents_playbook_types ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbook_types_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbookrun (
    id bigint NOT NULL,
    title character varying(200) NOT NULL,
    kind character varying(8) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    incident_id bigint NOT NULL,
    playbook_id bigint,
    started_by_id bigint,
    CONSTRAINT playbook_run_ends_after_its_start CHECK (((ended_at IS NULL) OR (ended_at >= started_at)))
);


ALTER TABLE public.incidents_playbookrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbookrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_playbookstep (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    text text NOT NULL,
    person_id bigint,
    playbook_id bigint NOT NULL,
    role_id bigint,
    CONSTRAINT incidents_playbookstep_position_check CHECK (("position" >= 0)),
    CONSTRAINT playbook_step_one_owner CHECK (((role_id IS NULL) OR (person_id IS NULL)))
);


ALTER TABLE public.incidents_playbookstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_playbookstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_postmortem (
    id bigint NOT NULL,
    state character varying(12) NOT NULL,
    title character varying(200) NOT NULL,
    due_on date,
    meeting_at timestamp with time zone,
    public boolean NOT NULL,
    public_slug character varying(40) NOT NULL,
    published_at timestamp with time zone,
    waived_reason text NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    remind_at timestamp with time zone,
    approved_by_id bigint,
    facilitator_id bigint,
    incident_id bigint NOT NULL,
    owner_id bigint,
    body text NOT NULL,
    template_id bigint,
    circulate_on date,
    cost numeric(14,2),
    cost_currency character varying(3) NOT NULL,
    invited_at timestamp with time zone,
    meet_by date,
    meeting_minutes smallint NOT NULL,
    meeting_place character varying(300) NOT NULL,
    meeting_sequence integer NOT NULL,
    meeting_uid uuid,
    names_as_roles boolean,
    people_affected bigint,
    people_unit character varying(30) NOT NULL,
    public_as_written boolean NOT NULL,
    public_title character varying(200) NOT NULL,
    public_wording text NOT NULL,
    requests_affected bigint,
    requests_unit character varying(30) NOT NULL,
    meeting_organizer_id bigint,
    CONSTRAINT incidents_postmortem_meeting_minutes_check CHECK ((meeting_minutes >= 0)),
    CONSTRAINT incidents_postmortem_meeting_sequence_check CHECK ((meeting_sequence >= 0)),
    CONSTRAINT incidents_postmortem_people_affected_check CHECK ((people_affected >= 0)),
    CONSTRAINT incidents_postmortem_requests_affected_check CHECK ((requests_affected >= 0)),
    CONSTRAINT incidents_postmortem_version_check CHECK ((version >= 0)),
    CONSTRAINT postmortem_cost_in_a_currency CHECK (((cost IS NULL) OR ((cost >= (0)::numeric) AND ((cost_currency)::text ~ '^[A-Z]{3}$'::text)))),
    CONSTRAINT postmortem_invited_to_a_meeting CHECK (((invited_at IS NULL) OR ((meeting_at IS NOT NULL) AND (meeting_uid IS NOT NULL)))),
    CONSTRAINT postmortem_meeting_minutes CHECK (((meeting_minutes >= 5) AND (meeting_minutes <= 480))),
    CONSTRAINT postmortem_published_when CHECK (((NOT ((state)::text = 'published'::text)) OR (published_at IS NOT NULL))),
    CONSTRAINT postmortem_state_known CHECK (((state)::text = ANY ((ARRAY['draft'::character varying, 'in_review'::character varying, 'approved'::character varying, 'published'::character varying, 'waived'::character varying])::text[])))
);


CREATE TABLE public.incidents_postmortem_entries (
    id bigint NOT NULL,
    postmortem_id bigint NOT NULL,
    timelineentry_id bigint NOT NULL
);


ALTER TABLE public.incidents_postmortem_entries ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortem_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE public.incidents_postmortem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_postmortem_seen_by (
    id bigint NOT NULL,
    postmortem_id bigint NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.incidents_postmortem_seen_by ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortem_seen_by_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_postmortemchange (
    id bigint NOT NULL,
    field character varying(20) NOT NULL,
    before jsonb,
    after jsonb,
    at timestamp with time zone NOT NULL,
    by_id bigint,
    postmortem_id bigint NOT NULL
);


ALTER TABLE public.incidents_postmortemchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortemchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_postmortemsection (
    id bigint NOT NULL,
    key character varying(40) NOT NULL,
    title character varying(80) NOT NULL,
    hint character varying(300) NOT NULL,
    required boolean NOT NULL,
    "position" smallint NOT NULL,
    text text NOT NULL,
    version integer NOT NULL,
    edited_at timestamp with time zone,
    edited_by_id bigint,
    postmortem_id bigint NOT NULL,
    CONSTRAINT incidents_postmortemsection_position_check CHECK (("position" >= 0)),
    CONSTRAINT incidents_postmortemsection_version_check CHECK ((version >= 0))
);


ALTER TABLE public.incidents_postmortemsection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortemsection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_postmortemtemplate (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    severity_id smallint
);


ALTER TABLE public.incidents_postmortemtemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_postmortemtemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE UNLOGGED TABLE public.incidents_presence (
    id bigint NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    incident_id bigint NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.incidents_presence ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_presence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_promise (
    id bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    to_readers boolean NOT NULL,
    due_at timestamp with time zone NOT NULL,
    outcome character varying(6) NOT NULL,
    told_at timestamp with time zone,
    ended_at timestamp with time zone,
    step smallint NOT NULL,
    remind_at timestamp with time zone,
    incident_id bigint NOT NULL,
    made_by_id bigint,
    CONSTRAINT incidents_promise_step_check CHECK ((step >= 0)),
    CONSTRAINT promise_outcome CHECK ((((ended_at IS NULL) AND ((outcome)::text = 'open'::text)) OR ((outcome)::text = 'broken'::text) OR ((ended_at IS NOT NULL) AND ((outcome)::text = 'kept'::text) AND (told_at IS NOT NULL)) OR ((ended_at IS NOT NULL) AND ((outcome)::text = ANY ((ARRAY['moved'::character varying, 'void'::character varying])::text[])) AND (told_at IS NULL)))),
    CONSTRAINT promise_reminds_while_open CHECK (((remind_at IS NULL) OR (ended_at IS NULL)))
);


ALTER TABLE public.incidents_promise ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_promise_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_relation (
    id bigint NOT NULL,
    kind character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id bigint,
    incident_id bigint NOT NULL,
    other_id bigint NOT NULL,
    CONSTRAINT relation_kind CHECK (((kind)::text = ANY ((ARRAY['parent'::character varying, 'related'::character varying, 'caused_by'::character varying, 'recurs'::character varying, 'split_from'::character varying])::text[]))),
    CONSTRAINT relation_with_another CHECK ((NOT (incident_id = other_id)))
);


ALTER TABLE public.incidents_relation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_relation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_reviewapproval (
    id bigint NOT NULL,
    asked_at timestamp with time zone,
    answer character varying(10) NOT NULL,
    answered_at timestamp with time zone,
    comment text NOT NULL,
    asked_by_id bigint,
    postmortem_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT review_approval_answer CHECK (((answer)::text = ANY ((ARRAY['waiting'::character varying, 'approved'::character varying, 'sent_back'::character varying, 'over'::character varying])::text[]))),
    CONSTRAINT review_approval_answered_when CHECK (((((answer)::text = 'waiting'::text) AND (answered_at IS NULL)) OR ((NOT ((answer)::text = 'waiting'::text)) AND (answered_at IS NOT NULL)))),
    CONSTRAINT review_approval_sent_back_for_a_reason CHECK (((NOT ((answer)::text = 'sent_back'::text)) OR (NOT (comment = ''::text))))
);


ALTER TABLE public.incidents_reviewapproval ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_reviewapproval_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_reviewparticipant (
    id bigint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    invited integer,
    postmortem_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT incidents_reviewparticipant_invited_check CHECK ((invited >= 0))
);


ALTER TABLE public.incidents_reviewparticipant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_reviewparticipant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_roleassignment (
    id bigint NOT NULL,
    single_seat boolean NOT NULL,
    state character varying(10) NOT NULL,
    offered_at timestamp with time zone NOT NULL,
    held_at timestamp with time zone,
    accepted_at timestamp with time zone,
    ended_at timestamp with time zone,
    brief text NOT NULL,
    incident_id bigint NOT NULL,
    offered_by_id bigint,
    role_id bigint NOT NULL,
    user_id bigint NOT NULL,
    answer_due_at timestamp with time zone,
    read_back text NOT NULL,
    CONSTRAINT role_held_since CHECK (((NOT ((state)::text = 'held'::text)) OR (held_at IS NOT NULL))),
    CONSTRAINT role_state_known CHECK (((state)::text = ANY ((ARRAY['offered'::character varying, 'held'::character varying, 'ended'::character varying, 'declined'::character varying])::text[])))
);


ALTER TABLE public.incidents_roleassignment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_roleassignment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_roleduty (
    id bigint NOT NULL,
    phase character varying(16) NOT NULL,
    text character varying(200) NOT NULL,
    "position" smallint NOT NULL,
    role_id bigint NOT NULL,
    CONSTRAINT duty_phase_known CHECK (((phase)::text = ANY ((ARRAY['detect'::character varying, 'declare'::character varying, 'mitigate'::character varying, 'communicate'::character varying, 'resolve'::character varying, 'review'::character varying])::text[]))),
    CONSTRAINT incidents_roleduty_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.incidents_roleduty ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_roleduty_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_rolepolicy (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    enabled boolean NOT NULL,
    severity_from smallint NOT NULL,
    severity_to smallint NOT NULL,
    "position" smallint NOT NULL,
    role_id bigint NOT NULL,
    schedule_id bigint NOT NULL,
    service_id bigint,
    team_id bigint,
    type_id bigint,
    CONSTRAINT incidents_rolepolicy_position_check CHECK (("position" >= 0)),
    CONSTRAINT incidents_rolepolicy_severity_from_check CHECK ((severity_from >= 0)),
    CONSTRAINT incidents_rolepolicy_severity_to_check CHECK ((severity_to >= 0)),
    CONSTRAINT role_policy_severities CHECK (((severity_from >= 1) AND (severity_from <= severity_to) AND (severity_to <= 4)))
);


ALTER TABLE public.incidents_rolepolicy ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_rolepolicy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_routingmatch (
    id bigint NOT NULL,
    count bigint NOT NULL,
    last_at timestamp with time zone NOT NULL,
    integration_id bigint NOT NULL,
    rule_id bigint NOT NULL,
    CONSTRAINT incidents_routingmatch_count_check CHECK ((count >= 0))
);


ALTER TABLE public.incidents_routingmatch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_routingmatch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_routingrule (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    name character varying(80) NOT NULL,
    enabled boolean NOT NULL,
    is_default boolean NOT NULL,
    conditions jsonb NOT NULL,
    priority smallint,
    private boolean NOT NULL,
    declares boolean NOT NULL,
    group_by character varying(8) NOT NULL,
    group_labels jsonb NOT NULL,
    group_minutes integer,
    on_recovery character varying(8) NOT NULL,
    recovery_minutes smallint NOT NULL,
    policy_id bigint,
    service_id bigint,
    team_id bigint,
    severity_id smallint,
    CONSTRAINT incidents_routingrule_group_minutes_check CHECK ((group_minutes >= 0)),
    CONSTRAINT incidents_routingrule_position_check CHECK (("position" >= 0)),
    CONSTRAINT incidents_routingrule_priority_check CHECK ((priority >= 0)),
    CONSTRAINT incidents_routingrule_recovery_minutes_check CHECK ((recovery_minutes >= 0)),
    CONSTRAINT rule_default_always_catches CHECK (((NOT is_default) OR ((conditions = '[]'::jsonb) AND enabled))),
    CONSTRAINT rule_group_by CHECK (((group_by)::text = ANY ((ARRAY['tool'::character varying, 'labels'::character varying, 'service'::character varying])::text[]))),
    CONSTRAINT rule_group_minutes CHECK (((group_minutes IS NULL) OR ((group_minutes >= 1) AND (group_minutes <= 44640)))),
    CONSTRAINT rule_on_recovery CHECK (((on_recovery)::text = ANY ((ARRAY['tell'::character varying, 'propose'::character varying, 'resolve'::character varying])::text[]))),
    CONSTRAINT rule_priority CHECK (((priority IS NULL) OR ((priority >= 1) AND (priority <= 5))))
);


ALTER TABLE public.incidents_routingrule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_routingrule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_runstep (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    text text NOT NULL,
    state character varying(8) NOT NULL,
    settled_at timestamp with time zone,
    reason character varying(500) NOT NULL,
    person_id bigint,
    role_id bigint,
    run_id bigint NOT NULL,
    settled_by_id bigint,
    CONSTRAINT incidents_runstep_position_check CHECK (("position" >= 0)),
    CONSTRAINT run_step_settled CHECK ((((settled_at IS NULL) AND ((state)::text = 'open'::text)) OR ((settled_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['done'::character varying, 'skipped'::character varying])::text[]))))),
    CONSTRAINT run_step_skipped_for_a_reason CHECK (((NOT ((state)::text = 'skipped'::text)) OR (NOT ((reason)::text = ''::text))))
);


ALTER TABLE public.incidents_runstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_runstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_savedfilter (
    id bigint NOT NULL,
    uid character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    query character varying(2000) NOT NULL,
    shared character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    owner_id bigint NOT NULL,
    team_id bigint,
    CONSTRAINT saved_filter_shared_with_whom CHECK (((((shared)::text = 'team'::text) AND (team_id IS NOT NULL)) OR (((shared)::text = ANY ((ARRAY['nobody'::character varying, 'everybody'::character varying])::text[])) AND (team_id IS NULL))))
);


ALTER TABLE public.incidents_savedfilter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_savedfilter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_scenario (
    id bigint NOT NULL,
    slug character varying(80) NOT NULL,
    title character varying(120) NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    created_by_id bigint
);


ALTER TABLE public.incidents_scenario ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_scenario_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_sectionclaim (
    id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    section_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT section_claim_ends_after_it_began CHECK ((until > since))
);


ALTER TABLE public.incidents_sectionclaim ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_sectionclaim_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_sectioncomment (
    id bigint NOT NULL,
    quote character varying(500) NOT NULL,
    text text NOT NULL,
    at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    by_id bigint,
    reply_to_id bigint,
    resolved_by_id bigint,
    section_id bigint NOT NULL,
    CONSTRAINT section_comment_reply_is_plain CHECK (((reply_to_id IS NULL) OR (((quote)::text = ''::text) AND (resolved_at IS NULL))))
);


ALTER TABLE public.incidents_sectioncomment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_sectioncomment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_sectionrevision (
    id bigint NOT NULL,
    number integer NOT NULL,
    text text NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint,
    section_id bigint NOT NULL,
    autosaved boolean NOT NULL,
    began_at timestamp with time zone NOT NULL,
    restores integer,
    CONSTRAINT incidents_sectionrevision_number_check CHECK ((number >= 0)),
    CONSTRAINT incidents_sectionrevision_restores_check CHECK ((restores >= 0))
);


ALTER TABLE public.incidents_sectionrevision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_sectionrevision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_severity (
    level smallint NOT NULL,
    label character varying(40) NOT NULL,
    definition text NOT NULL,
    comms_required boolean NOT NULL,
    update_minutes smallint NOT NULL,
    postmortem_days smallint NOT NULL,
    urgency character varying(4) NOT NULL,
    waiver_allowed boolean NOT NULL,
    attempt_minutes smallint,
    action_days smallint NOT NULL,
    assign_days smallint NOT NULL,
    relevance_days smallint NOT NULL,
    circulate_days smallint NOT NULL,
    meeting_days smallint NOT NULL,
    CONSTRAINT incidents_severity_action_days_check CHECK ((action_days >= 0)),
    CONSTRAINT incidents_severity_assign_days_check CHECK ((assign_days >= 0)),
    CONSTRAINT incidents_severity_attempt_minutes_check CHECK ((attempt_minutes >= 0)),
    CONSTRAINT incidents_severity_circulate_days_check CHECK ((circulate_days >= 0)),
    CONSTRAINT incidents_severity_level_check CHECK ((level >= 0)),
    CONSTRAINT incidents_severity_meeting_days_check CHECK ((meeting_days >= 0)),
    CONSTRAINT incidents_severity_postmortem_days_check CHECK ((postmortem_days >= 0)),
    CONSTRAINT incidents_severity_relevance_days_check CHECK ((relevance_days >= 0)),
    CONSTRAINT incidents_severity_update_minutes_check CHECK ((update_minutes >= 0)),
    CONSTRAINT severity_level_1_to_4 CHECK (((level >= 1) AND (level <= 4))),
    CONSTRAINT severity_update_minutes CHECK ((update_minutes >= 1)),
    CONSTRAINT severity_urgency CHECK (((urgency)::text = ANY ((ARRAY['high'::character varying, 'low'::character varying])::text[])))
);


CREATE TABLE public.incidents_silence (
    id bigint NOT NULL,
    reason character varying(300) NOT NULL,
    conditions jsonb NOT NULL,
    private boolean NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id bigint,
    ended_by_id bigint,
    team_id bigint,
    private_teams jsonb,
    CONSTRAINT silence_ends_after_it_starts CHECK ((ends_at >= starts_at)),
    CONSTRAINT silence_private_to_a_team CHECK (((NOT private) OR (team_id IS NOT NULL)))
);


ALTER TABLE public.incidents_silence ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_silence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_symptom (
    incident_id bigint NOT NULL,
    title text NOT NULL,
    alerts text NOT NULL,
    services text NOT NULL,
    type text NOT NULL,
    document tsvector GENERATED ALWAYS AS ((((setweight(to_tsvector('english'::regconfig, COALESCE(title, ''::text)), 'A'::"char") || setweight(to_tsvector('english'::regconfig, COALESCE(alerts, ''::text)), 'B'::"char")) || setweight(to_tsvector('english'::regconfig, COALESCE(services, ''::text)), 'C'::"char")) || setweight(to_tsvector('english'::regconfig, COALESCE(type, ''::text)), 'D'::"char"))) STORED
);


CREATE TABLE public.incidents_teamrequest (
    id bigint NOT NULL,
    state character varying(10) NOT NULL,
    why text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    reason text NOT NULL,
    ended_at timestamp with time zone,
    answered_by_id bigint,
    asked_by_id bigint,
    incident_id bigint NOT NULL,
    team_id bigint NOT NULL,
    CONSTRAINT crew_accepted_by_somebody CHECK (((NOT ((state)::text = 'accepted'::text)) OR ((answered_at IS NOT NULL) AND (answered_by_id IS NOT NULL)))),
    CONSTRAINT crew_asked_for_something CHECK ((NOT (why = ''::text))),
    CONSTRAINT crew_declined_for_a_reason CHECK (((NOT ((state)::text = 'declined'::text)) OR (NOT (reason = ''::text)))),
    CONSTRAINT crew_state CHECK ((((ended_at IS NULL) AND ((state)::text = ANY ((ARRAY['asked'::character varying, 'accepted'::character varying])::text[]))) OR ((ended_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['declined'::character varying, 'released'::character varying, 'withdrawn'::character varying])::text[])))))
);


ALTER TABLE public.incidents_teamrequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_teamrequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_templateversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    sections jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by_id bigint,
    template_id bigint NOT NULL,
    CONSTRAINT incidents_templateversion_number_check CHECK ((number >= 0))
);


ALTER TABLE public.incidents_templateversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_templateversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_timelineentry (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    verb character varying(40) NOT NULL,
    phase character varying(16) NOT NULL,
    phase_from character varying(16) NOT NULL,
    phase_to character varying(16) NOT NULL,
    text text NOT NULL,
    reason text NOT NULL,
    overridden jsonb NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone,
    recorded_at timestamp with time zone NOT NULL,
    actor_id bigint,
    corrects_id bigint,
    incident_id bigint NOT NULL,
    CONSTRAINT timeline_kind_known CHECK (((kind)::text = ANY ((ARRAY['alert'::character varying, 'report'::character varying, 'change'::character varying, 'page'::character varying, 'acknowledged'::character varying, 'phase'::character varying, 'severity'::character varying, 'impact'::character varying, 'role'::character varying, 'mitigation'::character varying, 'update'::character varying, 'promise'::character varying, 'note'::character varying, 'decision'::character varying, 'correction'::character varying, 'review'::character varying, 'action_item'::character varying, 'task'::character varying, 'team'::character varying, 'relation'::character varying, 'link'::character varying, 'witness'::character varying, 'playbook'::character varying, 'exercise'::character varying])::text[]))),
    CONSTRAINT timeline_phase_known CHECK (((phase)::text = ANY ((ARRAY['detect'::character varying, 'declare'::character varying, 'mitigate'::character varying, 'communicate'::character varying, 'resolve'::character varying, 'review'::character varying, 'closed'::character varying, 'cancelled'::character varying, 'merged'::character varying])::text[])))
);


ALTER TABLE public.incidents_timelineentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_timelineentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_tracker (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    kind character varying(8) NOT NULL,
    base_url character varying(300) NOT NULL,
    host character varying(262) NOT NULL,
    project character varying(300) NOT NULL,
    account character varying(200) NOT NULL,
    token text NOT NULL,
    webhook_secret text NOT NULL,
    hook_key text NOT NULL,
    hook_digest character varying(64) NOT NULL,
    labels character varying(300) NOT NULL,
    issue_type character varying(80) NOT NULL,
    open_names character varying(300) NOT NULL,
    done_names character varying(300) NOT NULL,
    dropped_names character varying(300) NOT NULL,
    poll_minutes smallint NOT NULL,
    exports boolean NOT NULL,
    private_allowed boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    error character varying(400) NOT NULL,
    told_at timestamp with time zone,
    quiet_until timestamp with time zone,
    attempts smallint NOT NULL,
    seen_until timestamp with time zone,
    etag character varying(200) NOT NULL,
    poll_due_at timestamp with time zone,
    leased_until timestamp with time zone,
    worked_at timestamp with time zone,
    team_id bigint,
    CONSTRAINT incidents_tracker_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_tracker_poll_minutes_check CHECK ((poll_minutes >= 0)),
    CONSTRAINT tracker_kind CHECK (((kind)::text = ANY ((ARRAY['github'::character varying, 'gitlab'::character varying, 'jira'::character varying, 'jira_dc'::character varying])::text[]))),
    CONSTRAINT tracker_poll CHECK (((poll_minutes >= 1) AND (poll_minutes <= 1440)))
);


ALTER TABLE public.incidents_tracker ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_tracker_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_trackerdelivery (
    id bigint NOT NULL,
    delivery character varying(100) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    tracker_id bigint NOT NULL
);


ALTER TABLE public.incidents_trackerdelivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_trackerdelivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_trackerlink (
    id bigint NOT NULL,
    marker character varying(60) NOT NULL,
    number character varying(120) NOT NULL,
    url character varying(600) NOT NULL,
    state character varying(8) NOT NULL,
    comments integer NOT NULL,
    ours jsonb NOT NULL,
    theirs jsonb NOT NULL,
    remote_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    synced_at timestamp with time zone,
    began_at timestamp with time zone,
    due_at timestamp with time zone,
    leased_until timestamp with time zone,
    attempts smallint NOT NULL,
    error character varying(400) NOT NULL,
    asked_by_id bigint,
    item_id bigint NOT NULL,
    tracker_id bigint NOT NULL,
    CONSTRAINT incidents_trackerlink_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_trackerlink_comments_check CHECK ((comments >= 0)),
    CONSTRAINT tracker_link_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'in_step'::character varying, 'stuck'::character varying])::text[])))
);


ALTER TABLE public.incidents_trackerlink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_trackerlink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_trackerperson (
    id bigint NOT NULL,
    login character varying(200) NOT NULL,
    found boolean NOT NULL,
    tracker_id bigint NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.incidents_trackerperson ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_trackerperson_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_walllink (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    made_by_id bigint NOT NULL
);


ALTER TABLE public.incidents_walllink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_walllink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_walllink_teams (
    id bigint NOT NULL,
    walllink_id bigint NOT NULL,
    team_id bigint NOT NULL
);


ALTER TABLE public.incidents_walllink_teams ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_walllink_teams_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_witness (
    id bigint NOT NULL,
    title character varying(80) NOT NULL,
    kind character varying(8) NOT NULL,
    url text NOT NULL,
    host character varying(262) NOT NULL,
    query text NOT NULL,
    comparison character varying(8) NOT NULL,
    threshold double precision NOT NULL,
    hold_minutes smallint NOT NULL,
    unit character varying(12) NOT NULL,
    interval_seconds smallint NOT NULL,
    sign_in character varying(8) NOT NULL,
    username character varying(200) NOT NULL,
    secret text NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    state character varying(8) NOT NULL,
    state_since timestamp with time zone,
    value double precision,
    value_at timestamp with time zone,
    error character varying(300) NOT NULL,
    unreadable_since timestamp with time zone,
    reads integer NOT NULL,
    told character varying(8) NOT NULL,
    told_at timestamp with time zone,
    told_unreadable boolean NOT NULL,
    proposed_at timestamp with time zone,
    due_at timestamp with time zone,
    leased_until timestamp with time zone,
    attempts smallint NOT NULL,
    tidy_at timestamp with time zone,
    attached_by_id bigint,
    check_of_id bigint,
    incident_id bigint NOT NULL,
    removed_by_id bigint,
    CONSTRAINT incidents_witness_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT incidents_witness_hold_minutes_check CHECK ((hold_minutes >= 0)),
    CONSTRAINT incidents_witness_interval_seconds_check CHECK ((interval_seconds >= 0)),
    CONSTRAINT incidents_witness_reads_check CHECK ((reads >= 0)),
    CONSTRAINT witness_comparison CHECK (((comparison)::text = ANY ((ARRAY['below'::character varying, 'above'::character varying])::text[]))),
    CONSTRAINT witness_hold CHECK ((hold_minutes <= 1440)),
    CONSTRAINT witness_interval CHECK (((interval_seconds >= 5) AND (interval_seconds <= 3600))),
    CONSTRAINT witness_kind CHECK (((kind)::text = ANY ((ARRAY['promql'::character varying, 'json'::character varying])::text[]))),
    CONSTRAINT witness_sign_in CHECK (((sign_in)::text = ANY ((ARRAY['none'::character varying, 'bearer'::character varying, 'basic'::character varying])::text[]))),
    CONSTRAINT witness_state CHECK (((state)::text = ANY ((ARRAY['unread'::character varying, 'holds'::character varying, 'fails'::character varying])::text[]))),
    CONSTRAINT witness_threshold CHECK (((threshold > ('-1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (threshold < ('1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision)))
);


ALTER TABLE public.incidents_witness ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_witness_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.incidents_witnesspoint (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    witness_id bigint NOT NULL
);


ALTER TABLE public.incidents_witnesspoint ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.incidents_witnesspoint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);


ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.pghistory_context (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    metadata jsonb NOT NULL
);


CREATE TABLE public.socialaccount_socialaccount (
    id integer NOT NULL,
    provider character varying(200) NOT NULL,
    uid character varying(191) NOT NULL,
    last_login timestamp with time zone NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.socialaccount_socialaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.socialaccount_socialapp (
    id integer NOT NULL,
    provider character varying(30) NOT NULL,
    name character varying(40) NOT NULL,
    client_id character varying(191) NOT NULL,
    secret character varying(191) NOT NULL,
    key character varying(191) NOT NULL,
    provider_id character varying(200) NOT NULL,
    settings jsonb NOT NULL
);


ALTER TABLE public.socialaccount_socialapp ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialapp_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.socialaccount_socialtoken (
    id integer NOT NULL,
    token text NOT NULL,
    token_secret text NOT NULL,
    expires_at timestamp with time zone,
    account_id integer NOT NULL,
    app_id integer
);


ALTER TABLE public.socialaccount_socialtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_accessevent (
    id bigint NOT NULL,
    kind character varying(60) NOT NULL,
    text character varying(300) NOT NULL,
    through character varying(40) NOT NULL,
    address inet,
    agent character varying(300) NOT NULL,
    detail jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint,
    user_id bigint
);


ALTER TABLE public.teams_accessevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_accessevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_apitoken (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    user_id bigint NOT NULL,
    due_at timestamp with time zone,
    expires_at timestamp with time zone,
    last_used_from inet,
    made_by_id bigint,
    scopes character varying(12)[] NOT NULL,
    CONSTRAINT token_ends_after_it_begins CHECK (((expires_at IS NULL) OR (expires_at > created_at))),
    CONSTRAINT token_scopes_known CHECK (((scopes <@ ARRAY['read'::character varying(12), 'respond'::character varying(12), 'publish'::character varying(12), 'rosters'::character varying(12), 'people'::character varying(12), 'setup'::character varying(12), 'audit'::character varying(12), 'provision'::character varying(12)]) AND (NOT (scopes = '{}'::character varying(12)[]))))
);


ALTER TABLE public.teams_apitoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_apitoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_auditevent (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    done character varying(60) NOT NULL,
    kind character varying(80) NOT NULL,
    object character varying(64) NOT NULL,
    label text NOT NULL,
    about character varying(120)[] NOT NULL,
    before jsonb,
    after jsonb,
    through character varying(40) NOT NULL,
    address inet,
    context jsonb NOT NULL,
    context_id uuid,
    incident bigint,
    document tsvector,
    user_id bigint
);


ALTER TABLE public.teams_auditevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_auditevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_auditline (
    id bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    attempts smallint NOT NULL,
    sent_at timestamp with time zone,
    event_id bigint NOT NULL,
    stream_id bigint NOT NULL,
    CONSTRAINT teams_auditline_attempts_check CHECK ((attempts >= 0))
);


ALTER TABLE public.teams_auditline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_auditline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_auditstream (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    kind character varying(10) NOT NULL,
    url character varying(500) NOT NULL,
    secret text NOT NULL,
    former_secret text NOT NULL,
    active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_sent_at timestamp with time zone,
    last_error character varying(300) NOT NULL,
    last_error_at timestamp with time zone,
    failures integer NOT NULL,
    retry_at timestamp with time zone,
    CONSTRAINT audit_stream_kind CHECK (((kind)::text = ANY ((ARRAY['syslog'::character varying, 'webhook'::character varying])::text[]))),
    CONSTRAINT teams_auditstream_failures_check CHECK ((failures >= 0))
);


ALTER TABLE public.teams_auditstream ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_auditstream_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_calendarfeed (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    schedule_id bigint,
    user_id bigint NOT NULL
);


ALTER TABLE public.teams_calendarfeed ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_calendarfeed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_calendarsource (
    id bigint NOT NULL,
    url text NOT NULL,
    file_name character varying(120) NOT NULL,
    body bytea NOT NULL,
    etag character varying(400) NOT NULL,
    last_modified character varying(80) NOT NULL,
    unmatched jsonb NOT NULL,
    problems jsonb NOT NULL,
    error text NOT NULL,
    read_at timestamp with time zone,
    tried_at timestamp with time zone,
    failures integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    created_by_id bigint,
    schedule_id bigint NOT NULL,
    CONSTRAINT teams_calendarsource_failures_check CHECK ((failures >= 0))
);


ALTER TABLE public.teams_calendarsource ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_calendarsource_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_contactmethod (
    id bigint NOT NULL,
    kind character varying(12) NOT NULL,
    label character varying(60) NOT NULL,
    address text NOT NULL,
    shown character varying(120) NOT NULL,
    digest character varying(64) NOT NULL,
    secret text NOT NULL,
    code_digest character varying(64) NOT NULL,
    code_ends_at timestamp with time zone,
    code_tries smallint NOT NULL,
    verified_at timestamp with time zone,
    disabled_at timestamp with time zone,
    trouble character varying(300) NOT NULL,
    trouble_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT contact_code_ends CHECK ((((code_digest)::text = ''::text) OR (code_ends_at IS NOT NULL))),
    CONSTRAINT contact_method_kind CHECK (((kind)::text = ANY ((ARRAY['email'::character varying, 'sms'::character varying, 'voice'::character varying, 'push'::character varying, 'slack'::character varying, 'msteams'::character varying, 'mattermost'::character varying, 'telegram'::character varying, 'ntfy'::character varying, 'gotify'::character varying, 'pushover'::character varying, 'signal'::character varying, 'other'::character varying, 'webhook'::character varying])::text[]))),
    CONSTRAINT teams_contactmethod_code_tries_check CHECK ((code_tries >= 0))
);


ALTER TABLE public.teams_contactmethod ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_contactmethod_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_escalationpolicy (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    repeat smallint NOT NULL,
    fallback_user_id bigint,
    team_id bigint NOT NULL,
    acknowledge_minutes smallint,
    CONSTRAINT teams_escalationpolicy_acknowledge_minutes_check CHECK ((acknowledge_minutes >= 0)),
    CONSTRAINT teams_escalationpolicy_repeat_check CHECK ((repeat >= 0))
);


ALTER TABLE public.teams_escalationpolicy ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_escalationpolicy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_escalationstep (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    delay_minutes smallint NOT NULL,
    policy_id bigint NOT NULL,
    hours jsonb NOT NULL,
    time_zone character varying(64) NOT NULL,
    worst_level smallint,
    CONSTRAINT teams_escalationstep_delay_minutes_check CHECK ((delay_minutes >= 0)),
    CONSTRAINT teams_escalationstep_position_check CHECK (("position" >= 0)),
    CONSTRAINT teams_escalationstep_worst_level_check CHECK ((worst_level >= 0))
);


ALTER TABLE public.teams_escalationstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_escalationstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_escalationtarget (
    id bigint NOT NULL,
    step_id bigint NOT NULL,
    user_id bigint,
    schedule_id bigint,
    team_id bigint,
    way character varying(12) NOT NULL,
    webhook_id bigint,
    CONSTRAINT target_is_one_thing CHECK ((((schedule_id IS NOT NULL) AND (team_id IS NULL) AND (user_id IS NULL) AND (webhook_id IS NULL)) OR ((schedule_id IS NULL) AND (team_id IS NULL) AND (user_id IS NOT NULL) AND (webhook_id IS NULL)) OR ((schedule_id IS NULL) AND (team_id IS NOT NULL) AND (user_id IS NULL) AND (webhook_id IS NULL)) OR ((schedule_id IS NULL) AND (team_id IS NULL) AND (user_id IS NULL) AND (webhook_id IS NOT NULL)))),
    CONSTRAINT target_way_known CHECK (((way)::text = ANY ((ARRAY['on_call'::character varying, 'everybody'::character varying, 'round_robin'::character varying])::text[])))
);


ALTER TABLE public.teams_escalationtarget ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_escalationtarget_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_groupmapping (
    id bigint NOT NULL,
    "group" character varying(200) NOT NULL,
    role character varying(12) NOT NULL,
    team_role character varying(16) NOT NULL,
    provider_id bigint NOT NULL,
    team_id bigint,
    CONSTRAINT group_mapping_means_one_thing CHECK ((((NOT ((role)::text = ''::text)) AND (team_id IS NULL) AND ((team_role)::text = ''::text)) OR (((role)::text = ''::text) AND (team_id IS NOT NULL) AND (NOT ((team_role)::text = ''::text)))))
);


ALTER TABLE public.teams_groupmapping ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_groupmapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_idempotencykey (
    id bigint NOT NULL,
    key character varying(255) NOT NULL,
    request_digest character varying(64) NOT NULL,
    status smallint NOT NULL,
    body jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT teams_idempotencykey_status_check CHECK ((status >= 0))
);


ALTER TABLE public.teams_idempotencykey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_idempotencykey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_identityprovider (
    id bigint NOT NULL,
    name character varying(40) NOT NULL,
    slug character varying(40) NOT NULL,
    issuer character varying(300) NOT NULL,
    client_id character varying(191) NOT NULL,
    client_secret text NOT NULL,
    scopes character varying(200) NOT NULL,
    groups_claim character varying(120) NOT NULL,
    create_accounts boolean NOT NULL,
    default_role character varying(12) NOT NULL,
    email_domains text NOT NULL,
    active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_provider_default_role CHECK (((default_role)::text = ANY ((ARRAY['viewer'::character varying, 'responder'::character varying])::text[])))
);


ALTER TABLE public.teams_identityprovider ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_identityprovider_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_importedshift (
    id bigint NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    uid text NOT NULL,
    summary text NOT NULL,
    schedule_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT imported_shift_ends_after_start CHECK ((ends_at > starts_at))
);


ALTER TABLE public.teams_importedshift ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_importedshift_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_invitation (
    id bigint NOT NULL,
    email character varying(254) NOT NULL,
    role character varying(12) NOT NULL,
    team_role character varying(16) NOT NULL,
    digest character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    sent_count smallint NOT NULL,
    accepted_at timestamp with time zone,
    revoked_at timestamp with time zone,
    accepted_by_id bigint,
    invited_by_id bigint,
    team_id bigint,
    CONSTRAINT invitation_accepted_or_revoked CHECK (((accepted_at IS NULL) OR (revoked_at IS NULL))),
    CONSTRAINT invitation_ends_after_it_begins CHECK ((expires_at > created_at)),
    CONSTRAINT invitation_roles_known CHECK ((((role)::text = ANY ((ARRAY['owner'::character varying, 'admin'::character varying, 'responder'::character varying, 'viewer'::character varying])::text[])) AND ((team_role)::text = ANY ((ARRAY['manager'::character varying, 'member'::character varying, 'guest'::character varying])::text[])))),
    CONSTRAINT teams_invitation_sent_count_check CHECK ((sent_count >= 0))
);


ALTER TABLE public.teams_invitation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_invitation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_layer (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    "position" smallint NOT NULL,
    every smallint NOT NULL,
    kind character varying(8) NOT NULL,
    anchor_date date NOT NULL,
    handoff_time time without time zone NOT NULL,
    ends_at timestamp with time zone,
    restrictions jsonb NOT NULL,
    schedule_id bigint NOT NULL,
    changed_by_id bigint,
    country character varying(16) NOT NULL,
    holidays character varying(8) NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    lineage uuid NOT NULL,
    replaced_by_id bigint,
    starts_at timestamp with time zone,
    time_zone character varying(64) NOT NULL,
    CONSTRAINT layer_every CHECK ((every >= 1)),
    CONSTRAINT layer_holidays CHECK (((holidays)::text = ANY ((ARRAY['on'::character varying, 'off'::character varying, 'only'::character varying])::text[]))),
    CONSTRAINT layer_kind CHECK (((kind)::text = ANY ((ARRAY['hour'::character varying, 'day'::character varying, 'week'::character varying, 'month'::character varying])::text[]))),
    CONSTRAINT teams_layer_every_check CHECK ((every >= 0)),
    CONSTRAINT teams_layer_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.teams_layer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_layer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_layermember (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    user_id bigint NOT NULL,
    layer_id bigint NOT NULL,
    CONSTRAINT teams_layermember_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.teams_layermember ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_layermember_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_membership (
    id bigint NOT NULL,
    role character varying(16) NOT NULL,
    source character varying(8) NOT NULL,
    user_id bigint NOT NULL,
    team_id bigint NOT NULL,
    CONSTRAINT membership_role CHECK (((role)::text = ANY ((ARRAY['manager'::character varying, 'member'::character varying, 'guest'::character varying])::text[]))),
    CONSTRAINT membership_source CHECK (((source)::text = ANY ((ARRAY['manual'::character varying, 'sso'::character varying, 'scim'::character varying])::text[])))
);


ALTER TABLE public.teams_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_notificationrule (
    id bigint NOT NULL,
    urgency character varying(4) NOT NULL,
    delay_minutes smallint NOT NULL,
    method_id bigint,
    user_id bigint NOT NULL,
    CONSTRAINT notification_rule_delay CHECK ((delay_minutes <= 240)),
    CONSTRAINT notification_rule_urgency CHECK (((urgency)::text = ANY ((ARRAY['high'::character varying, 'low'::character varying])::text[]))),
    CONSTRAINT teams_notificationrule_delay_minutes_check CHECK ((delay_minutes >= 0))
);


ALTER TABLE public.teams_notificationrule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_notificationrule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_organization (
    id bigint NOT NULL,
    name character varying(120) NOT NULL,
    time_zone character varying(64) NOT NULL,
    soak_minutes smallint NOT NULL,
    reopen_days smallint NOT NULL,
    promise_grace_minutes smallint NOT NULL,
    sso_only boolean NOT NULL,
    second_factor_for character varying(12) NOT NULL,
    session_days smallint NOT NULL,
    session_idle_days smallint NOT NULL,
    default_policy_id bigint,
    audit_days smallint NOT NULL,
    bundle_seconds smallint NOT NULL,
    nights_limit smallint NOT NULL,
    tokens_may_last boolean NOT NULL,
    warn_weeks smallint NOT NULL,
    answer_minutes smallint NOT NULL,
    load_limit smallint NOT NULL,
    quiet_minutes smallint NOT NULL,
    relief_hours smallint NOT NULL,
    span_limit smallint NOT NULL,
    attempt_minutes smallint NOT NULL,
    card_stale_days smallint NOT NULL,
    names_as_roles boolean NOT NULL,
    CONSTRAINT one_organization CHECK ((id = 1)),
    CONSTRAINT second_factor_known CHECK (((second_factor_for)::text = ANY ((ARRAY['nobody'::character varying, 'staff'::character varying, 'everybody'::character varying])::text[]))),
    CONSTRAINT sessions_bounded CHECK ((((session_days >= 1) AND (session_days <= 90)) AND ((session_idle_days >= 1) AND (session_idle_days <= 90)))),
    CONSTRAINT teams_organization_answer_minutes_check CHECK ((answer_minutes >= 0)),
    CONSTRAINT teams_organization_attempt_minutes_check CHECK ((attempt_minutes >= 0)),
    CONSTRAINT teams_organization_audit_days_check CHECK ((audit_days >= 0)),
    CONSTRAINT teams_organization_bundle_seconds_check CHECK ((bundle_seconds >= 0)),
    CONSTRAINT teams_organization_card_stale_days_check CHECK ((card_stale_days >= 0)),
    CONSTRAINT teams_organization_load_limit_check CHECK ((load_limit >= 0)),
    CONSTRAINT teams_organization_nights_limit_check CHECK ((nights_limit >= 0)),
    CONSTRAINT teams_organization_promise_grace_minutes_check CHECK ((promise_grace_minutes >= 0)),
    CONSTRAINT teams_organization_quiet_minutes_check CHECK ((quiet_minutes >= 0)),
    CONSTRAINT teams_organization_relief_hours_check CHECK ((relief_hours >= 0)),
    CONSTRAINT teams_organization_reopen_days_check CHECK ((reopen_days >= 0)),
    CONSTRAINT teams_organization_session_days_check CHECK ((session_days >= 0)),
    CONSTRAINT teams_organization_session_idle_days_check CHECK ((session_idle_days >= 0)),
    CONSTRAINT teams_organization_soak_minutes_check CHECK ((soak_minutes >= 0)),
    CONSTRAINT teams_organization_span_limit_check CHECK ((span_limit >= 0)),
    CONSTRAINT teams_organization_warn_weeks_check CHECK ((warn_weeks >= 0))
);


ALTER TABLE public.teams_organization ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_organization_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_override (
    id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id bigint,
    user_id bigint NOT NULL,
    schedule_id bigint NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    replaces_id bigint,
    swap_id bigint,
    CONSTRAINT override_by_somebody_else CHECK (((replaces_id IS NULL) OR (NOT ((replaces_id = user_id) AND (replaces_id IS NOT NULL))))),
    CONSTRAINT override_ends_after_start CHECK ((ends_at > starts_at))
);


ALTER TABLE public.teams_override ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_providedrole (
    id bigint NOT NULL,
    role character varying(12) NOT NULL,
    before character varying(12) NOT NULL,
    provider_id bigint NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.teams_providedrole ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_providedrole_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_publishedshift (
    id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    uid uuid NOT NULL,
    sequence integer NOT NULL,
    cancelled boolean NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    schedule_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT published_shift_ends_after_start CHECK ((ends_at > starts_at)),
    CONSTRAINT teams_publishedshift_sequence_check CHECK ((sequence >= 0))
);


ALTER TABLE public.teams_publishedshift ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_publishedshift_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_role (
    id bigint NOT NULL,
    slug character varying(60) NOT NULL,
    name character varying(60) NOT NULL,
    duties text NOT NULL,
    single_seat boolean NOT NULL,
    wanted boolean NOT NULL,
    "position" smallint NOT NULL,
    schedule_id bigint,
    does text NOT NULL,
    does_not text NOT NULL,
    CONSTRAINT teams_role_position_check CHECK (("position" >= 0))
);


ALTER TABLE public.teams_role ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_role_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_rosterwarning (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    key character varying(120) NOT NULL,
    text text NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    found_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    gone_at timestamp with time zone,
    schedule_id bigint,
    team_id bigint NOT NULL,
    user_id bigint,
    CONSTRAINT roster_warning_ends_after_start CHECK (((ends_at IS NULL) OR (ends_at > starts_at)))
);


ALTER TABLE public.teams_rosterwarning ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_rosterwarning_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_schedule (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    time_zone character varying(64) NOT NULL,
    team_id bigint NOT NULL,
    country character varying(16) NOT NULL
);


ALTER TABLE public.teams_schedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_scimrecord (
    id bigint NOT NULL,
    external_id character varying(254) NOT NULL,
    made boolean NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    gone_at timestamp with time zone,
    provider_id bigint,
    user_id bigint,
    team_id bigint,
    deactivated boolean NOT NULL,
    CONSTRAINT scim_record_is_of_one CHECK ((((team_id IS NULL) AND (user_id IS NOT NULL)) OR ((team_id IS NOT NULL) AND (user_id IS NULL))))
);


ALTER TABLE public.teams_scimrecord ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_scimrecord_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_scimtoken (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    default_role character varying(12) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by_id bigint,
    provider_id bigint,
    CONSTRAINT scim_default_role CHECK (((default_role)::text = ANY ((ARRAY['viewer'::character varying, 'responder'::character varying])::text[])))
);


ALTER TABLE public.teams_scimtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_scimtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_service (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    slug character varying(80) NOT NULL,
    tier smallint NOT NULL,
    description text NOT NULL,
    runbook_url character varying(500) NOT NULL,
    escalation_policy_id bigint,
    team_id bigint NOT NULL,
    entity_ref character varying(200) NOT NULL,
    lifecycle character varying(16) NOT NULL,
    repository_url character varying(500) NOT NULL,
    rollback_webhook_id bigint,
    CONSTRAINT service_lifecycle CHECK (((lifecycle)::text = ANY ((ARRAY['experimental'::character varying, 'production'::character varying, 'deprecated'::character varying])::text[]))),
    CONSTRAINT teams_service_tier_check CHECK ((tier >= 0))
);


ALTER TABLE public.teams_service ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_service_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_servicedependency (
    id bigint NOT NULL,
    suppresses boolean NOT NULL,
    depends_on_id bigint NOT NULL,
    service_id bigint NOT NULL,
    CONSTRAINT service_dependency_on_another CHECK ((NOT (service_id = depends_on_id)))
);


ALTER TABLE public.teams_servicedependency ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_servicedependency_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_servicelink (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    title character varying(80) NOT NULL,
    url character varying(500) NOT NULL,
    service_id bigint NOT NULL,
    CONSTRAINT service_link_kind CHECK (((kind)::text = ANY ((ARRAY['dashboard'::character varying, 'runbook'::character varying, 'other'::character varying])::text[])))
);


ALTER TABLE public.teams_servicelink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_servicelink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_swap (
    id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    back_starts_at timestamp with time zone,
    back_ends_at timestamp with time zone,
    note character varying(200) NOT NULL,
    state character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    answered_by_id bigint,
    asked_id bigint,
    schedule_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT swap_back_ends_after_start CHECK ((((back_ends_at IS NULL) AND (back_starts_at IS NULL)) OR (back_ends_at > back_starts_at))),
    CONSTRAINT swap_ends_after_start CHECK ((ends_at > starts_at)),
    CONSTRAINT swap_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying, 'declined'::character varying, 'withdrawn'::character varying, 'expired'::character varying])::text[]))),
    CONSTRAINT swap_with_somebody_else CHECK (((asked_id IS NULL) OR (NOT ((asked_id = user_id) AND (asked_id IS NOT NULL)))))
);


ALTER TABLE public.teams_swap ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_swap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_team (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    slug character varying(80) NOT NULL,
    description text NOT NULL,
    commander_schedule_id bigint,
    escalation_policy_id bigint,
    call_template character varying(300) NOT NULL,
    chat_template character varying(300) NOT NULL
);


ALTER TABLE public.teams_team ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_timeoff (
    id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    note character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id bigint,
    user_id bigint NOT NULL,
    CONSTRAINT time_off_ends_after_start CHECK ((ends_at > starts_at))
);


ALTER TABLE public.teams_timeoff ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_timeoff_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    email character varying(254) NOT NULL,
    time_zone character varying(64) NOT NULL,
    phone character varying(32) NOT NULL,
    role character varying(12) NOT NULL,
    country character varying(16) NOT NULL,
    erased_at timestamp with time zone,
    is_service boolean NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    CONSTRAINT service_account_signs_in_nowhere CHECK (((NOT is_service) OR (((password)::text ~~ '!%'::text) AND (NOT ((role)::text = 'owner'::text))))),
    CONSTRAINT user_quiet_hours_whole CHECK ((((quiet_from IS NULL) AND (quiet_until IS NULL)) OR ((quiet_from IS NOT NULL) AND (quiet_until IS NOT NULL) AND (NOT ((quiet_from = quiet_until) AND (quiet_from IS NOT NULL) AND (quiet_until IS NOT NULL)))))),
    CONSTRAINT user_role_known CHECK (((role)::text = ANY ((ARRAY['owner'::character varying, 'admin'::character varying, 'responder'::character varying, 'viewer'::character varying])::text[])))
);


ALTER TABLE public.teams_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.teams_webhook (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    url text NOT NULL,
    secret text NOT NULL,
    former_secret text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    team_id bigint NOT NULL
);


ALTER TABLE public.teams_webhook ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.teams_webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id bigint NOT NULL
);


ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_changemark
    ADD CONSTRAINT change_mark_once UNIQUE (incident_id, change_id);


ALTER TABLE ONLY public.incidents_coachphrase
    ADD CONSTRAINT coach_phrase_once UNIQUE (language, slug);


ALTER TABLE ONLY public.comms_alarm
    ADD CONSTRAINT comms_alarm_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_approval
    ADD CONSTRAINT comms_approval_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_bundle
    ADD CONSTRAINT comms_bundle_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT comms_componentchange_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_componentgroup
    ADD CONSTRAINT comms_componentgroup_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_componentgroup
    ADD CONSTRAINT comms_componentgroup_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_correction
    ADD CONSTRAINT comms_correction_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_drill
    ADD CONSTRAINT comms_drill_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_drill
    ADD CONSTRAINT comms_drill_repeated_from_id_key UNIQUE (repeated_from_id);


ALTER TABLE ONLY public.comms_drillcall
    ADD CONSTRAINT comms_drillcall_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_letter
    ADD CONSTRAINT comms_letter_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_maintenancecomponent
    ADD CONSTRAINT comms_maintenancecomponent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_maintenanceupdate
    ADD CONSTRAINT comms_maintenanceupdate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_maintenanceupdate
    ADD CONSTRAINT comms_maintenanceupdate_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_pageincident
    ADD CONSTRAINT comms_pageincident_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_pageincident
    ADD CONSTRAINT comms_pageincident_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_pagelogo
    ADD CONSTRAINT comms_pagelogo_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenance_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenance_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenance_window_id_key UNIQUE (window_id);


ALTER TABLE ONLY public.comms_pagerole
    ADD CONSTRAINT comms_pagerole_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_pushkey
    ADD CONSTRAINT comms_pushkey_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_relaystate
    ADD CONSTRAINT comms_relaystate_pkey PRIMARY KEY (name);


ALTER TABLE ONLY public.comms_statuspage
    ADD CONSTRAINT comms_statuspage_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_statuspage
    ADD CONSTRAINT comms_statuspage_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.comms_statuspage
    ADD CONSTRAINT comms_statuspage_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_statusupdate
    ADD CONSTRAINT comms_statusupdate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_statusupdate
    ADD CONSTRAINT comms_statusupdate_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.comms_subscriber_components
    ADD CONSTRAINT comms_subscriber_compone_subscriber_id_component__f0c656cb_uniq UNIQUE (subscriber_id, component_id);


ALTER TABLE ONLY public.comms_subscriber_components
    ADD CONSTRAINT comms_subscriber_components_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriber_groups
    ADD CONSTRAINT comms_subscriber_groups_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriber_groups
    ADD CONSTRAINT comms_subscriber_groups_subscriber_id_componentg_59cd2c9b_uniq UNIQUE (subscriber_id, componentgroup_id);


ALTER TABLE ONLY public.comms_subscriber_incidents
    ADD CONSTRAINT comms_subscriber_inciden_subscriber_id_pageincide_8482599d_uniq UNIQUE (subscriber_id, pageincident_id);


ALTER TABLE ONLY public.comms_subscriber_incidents
    ADD CONSTRAINT comms_subscriber_incidents_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriber
    ADD CONSTRAINT comms_subscriber_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriberevent
    ADD CONSTRAINT comms_subscriberevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriberimport
    ADD CONSTRAINT comms_subscriberimport_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriberimportproblem
    ADD CONSTRAINT comms_subscriberimportproblem_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_updatetemplate
    ADD CONSTRAINT comms_updatetemplate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT component_change_once UNIQUE (update_id, component_id);


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT component_change_once_in_maintenance UNIQUE (maintenance_update_id, component_id);


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT component_name_on_page UNIQUE (page_id, name);


ALTER TABLE ONLY public.teams_contactmethod
    ADD CONSTRAINT contact_method_once UNIQUE (user_id, kind, digest);


ALTER TABLE ONLY public.incidents_customvalue
    ADD CONSTRAINT custom_value_once UNIQUE (incident_id, field_id);


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT delivery_once UNIQUE (key);


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);


ALTER TABLE ONLY public.comms_drillcall
    ADD CONSTRAINT drill_call_once UNIQUE (drill_id, person_id);


ALTER TABLE ONLY public.incidents_dutydone
    ADD CONSTRAINT duty_done_once UNIQUE (incident_id, duty_id);


ALTER TABLE ONLY public.incidents_roleduty
    ADD CONSTRAINT duty_once UNIQUE (role_id, phase, text);


ALTER TABLE ONLY public.incidents_exportpart
    ADD CONSTRAINT export_part_once UNIQUE (export_id, number);


ALTER TABLE ONLY public.incidents_factor
    ADD CONSTRAINT factor_has_its_place UNIQUE (postmortem_id, "position") DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_follow
    ADD CONSTRAINT follow_once UNIQUE (incident_id, user_id);


ALTER TABLE ONLY public.incidents_followrule
    ADD CONSTRAINT follow_rule_once UNIQUE (user_id, whose);


ALTER TABLE ONLY public.teams_groupmapping
    ADD CONSTRAINT group_mapping_once UNIQUE NULLS NOT DISTINCT (provider_id, "group", team_id);


ALTER TABLE ONLY public.incidents_heartbeat
    ADD CONSTRAINT heartbeat_once UNIQUE (integration_id, name);


ALTER TABLE ONLY public.teams_idempotencykey
    ADD CONSTRAINT idempotency_key_once UNIQUE (user_id, key);


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_actionnotice
    ADD CONSTRAINT incidents_actionnotice_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_actionphrase
    ADD CONSTRAINT incidents_actionphrase_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_actionphrase
    ADD CONSTRAINT incidents_actionphrase_words_key UNIQUE (words);


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_public_id_key UNIQUE (public_id);


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.incidents_attachmentcontent
    ADD CONSTRAINT incidents_attachmentcontent_pkey PRIMARY KEY (attachment_id);


ALTER TABLE ONLY public.incidents_change
    ADD CONSTRAINT incidents_change_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_changemark
    ADD CONSTRAINT incidents_changemark_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_coachphrase
    ADD CONSTRAINT incidents_coachphrase_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_consideration
    ADD CONSTRAINT incidents_consideration_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_counterfactual
    ADD CONSTRAINT incidents_counterfactual_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_customfield
    ADD CONSTRAINT incidents_customfield_key_key UNIQUE (key);


ALTER TABLE ONLY public.incidents_customfield
    ADD CONSTRAINT incidents_customfield_label_key UNIQUE (label);


ALTER TABLE ONLY public.incidents_customfield
    ADD CONSTRAINT incidents_customfield_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_customvalue
    ADD CONSTRAINT incidents_customvalue_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_defaultboard
    ADD CONSTRAINT incidents_defaultboard_pkey PRIMARY KEY (user_id);


ALTER TABLE ONLY public.incidents_dutydone
    ADD CONSTRAINT incidents_dutydone_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_escalationrun
    ADD CONSTRAINT incidents_escalationrun_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_estimate
    ADD CONSTRAINT incidents_estimate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_event
    ADD CONSTRAINT incidents_event_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_event
    ADD CONSTRAINT incidents_event_public_id_key UNIQUE (public_id);


ALTER TABLE ONLY public.incidents_exercise
    ADD CONSTRAINT incidents_exercise_incident_id_key UNIQUE (incident_id);


ALTER TABLE ONLY public.incidents_exercise
    ADD CONSTRAINT incidents_exercise_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_exerciseevent
    ADD CONSTRAINT incidents_exerciseevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_export
    ADD CONSTRAINT incidents_export_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_export
    ADD CONSTRAINT incidents_export_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.incidents_exportpart
    ADD CONSTRAINT incidents_exportpart_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_factor
    ADD CONSTRAINT incidents_factor_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_factor_tags
    ADD CONSTRAINT incidents_factor_tags_factor_id_factortag_id_038a2690_uniq UNIQUE (factor_id, factortag_id);


ALTER TABLE ONLY public.incidents_factor_tags
    ADD CONSTRAINT incidents_factor_tags_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_factortag
    ADD CONSTRAINT incidents_factortag_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_factortag
    ADD CONSTRAINT incidents_factortag_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_factortag
    ADD CONSTRAINT incidents_factortag_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.incidents_figuredefinition
    ADD CONSTRAINT incidents_figuredefinition_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_figuredefinition
    ADD CONSTRAINT incidents_figuredefinition_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.incidents_follow
    ADD CONSTRAINT incidents_follow_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_followrule
    ADD CONSTRAINT incidents_followrule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_heartbeat
    ADD CONSTRAINT incidents_heartbeat_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incident_participants
    ADD CONSTRAINT incidents_incident_parti_incident_id_user_id_4b6512a3_uniq UNIQUE (incident_id, user_id);


ALTER TABLE ONLY public.incidents_incident_participants
    ADD CONSTRAINT incidents_incident_participants_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incident_services
    ADD CONSTRAINT incidents_incident_servi_incident_id_service_id_7e6d73b3_uniq UNIQUE (incident_id, service_id);


ALTER TABLE ONLY public.incidents_incident_services
    ADD CONSTRAINT incidents_incident_services_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incident_shared_with
    ADD CONSTRAINT incidents_incident_share_incident_id_team_id_d69c9e3c_uniq UNIQUE (incident_id, team_id);


ALTER TABLE ONLY public.incidents_incident_shared_with
    ADD CONSTRAINT incidents_incident_shared_with_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incidentmoments
    ADD CONSTRAINT incidents_incidentmoments_pkey PRIMARY KEY (incident_id);


ALTER TABLE ONLY public.incidents_incidenttask
    ADD CONSTRAINT incidents_incidenttask_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incidenttype
    ADD CONSTRAINT incidents_incidenttype_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_incidenttype
    ADD CONSTRAINT incidents_incidenttype_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_incidenttype
    ADD CONSTRAINT incidents_incidenttype_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.incidents_integration
    ADD CONSTRAINT incidents_integration_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_integration
    ADD CONSTRAINT incidents_integration_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_integrationkey
    ADD CONSTRAINT incidents_integrationkey_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.incidents_integrationkey
    ADD CONSTRAINT incidents_integrationkey_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_itemrecurrence
    ADD CONSTRAINT incidents_itemrecurrence_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_maintenance
    ADD CONSTRAINT incidents_maintenance_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_maintenance_services
    ADD CONSTRAINT incidents_maintenance_se_maintenance_id_service_i_1dc212dc_uniq UNIQUE (maintenance_id, service_id);


ALTER TABLE ONLY public.incidents_maintenance_services
    ADD CONSTRAINT incidents_maintenance_services_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_metriccheck
    ADD CONSTRAINT incidents_metriccheck_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigationcall_key_key UNIQUE (key);


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigationcall_mitigation_id_key UNIQUE (mitigation_id);


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigationcall_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_mitigationcard
    ADD CONSTRAINT incidents_mitigationcard_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_noitemsdecision
    ADD CONSTRAINT incidents_noitemsdecision_incident_id_key UNIQUE (incident_id);


ALTER TABLE ONLY public.incidents_noitemsdecision
    ADD CONSTRAINT incidents_noitemsdecision_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_nudgesnooze
    ADD CONSTRAINT incidents_nudgesnooze_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_page
    ADD CONSTRAINT incidents_page_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_pin
    ADD CONSTRAINT incidents_pin_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbook
    ADD CONSTRAINT incidents_playbook_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbook_services
    ADD CONSTRAINT incidents_playbook_servi_playbook_id_service_id_6c74150e_uniq UNIQUE (playbook_id, service_id);


ALTER TABLE ONLY public.incidents_playbook_services
    ADD CONSTRAINT incidents_playbook_services_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbook_severities
    ADD CONSTRAINT incidents_playbook_sever_playbook_id_severity_id_274dc58a_uniq UNIQUE (playbook_id, severity_id);


ALTER TABLE ONLY public.incidents_playbook_severities
    ADD CONSTRAINT incidents_playbook_severities_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbook_types
    ADD CONSTRAINT incidents_playbook_types_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbook_types
    ADD CONSTRAINT incidents_playbook_types_playbook_id_incidenttype_6f4497b0_uniq UNIQUE (playbook_id, incidenttype_id);


ALTER TABLE ONLY public.incidents_playbookrun
    ADD CONSTRAINT incidents_playbookrun_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_playbookstep
    ADD CONSTRAINT incidents_playbookstep_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortem_entries
    ADD CONSTRAINT incidents_postmortem_ent_postmortem_id_timelineen_33df5a49_uniq UNIQUE (postmortem_id, timelineentry_id);


ALTER TABLE ONLY public.incidents_postmortem_entries
    ADD CONSTRAINT incidents_postmortem_entries_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_incident_id_key UNIQUE (incident_id);


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_public_slug_key UNIQUE (public_slug);


ALTER TABLE ONLY public.incidents_postmortem_seen_by
    ADD CONSTRAINT incidents_postmortem_see_postmortem_id_user_id_a1004a20_uniq UNIQUE (postmortem_id, user_id);


ALTER TABLE ONLY public.incidents_postmortem_seen_by
    ADD CONSTRAINT incidents_postmortem_seen_by_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortemchange
    ADD CONSTRAINT incidents_postmortemchange_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortemsection
    ADD CONSTRAINT incidents_postmortemsection_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_postmortemtemplate
    ADD CONSTRAINT incidents_postmortemtemplate_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_postmortemtemplate
    ADD CONSTRAINT incidents_postmortemtemplate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_presence
    ADD CONSTRAINT incidents_presence_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_promise
    ADD CONSTRAINT incidents_promise_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_relation
    ADD CONSTRAINT incidents_relation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_reviewapproval
    ADD CONSTRAINT incidents_reviewapproval_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_reviewparticipant
    ADD CONSTRAINT incidents_reviewparticipant_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_roleassignment
    ADD CONSTRAINT incidents_roleassignment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_roleduty
    ADD CONSTRAINT incidents_roleduty_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_routingmatch
    ADD CONSTRAINT incidents_routingmatch_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT incidents_routingrule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT incidents_runstep_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_savedfilter
    ADD CONSTRAINT incidents_savedfilter_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_savedfilter
    ADD CONSTRAINT incidents_savedfilter_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.incidents_scenario
    ADD CONSTRAINT incidents_scenario_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_scenario
    ADD CONSTRAINT incidents_scenario_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.incidents_sectionclaim
    ADD CONSTRAINT incidents_sectionclaim_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_sectionclaim
    ADD CONSTRAINT incidents_sectionclaim_section_id_key UNIQUE (section_id);


ALTER TABLE ONLY public.incidents_sectioncomment
    ADD CONSTRAINT incidents_sectioncomment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_sectionrevision
    ADD CONSTRAINT incidents_sectionrevision_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_severity
    ADD CONSTRAINT incidents_severity_pkey PRIMARY KEY (level);


ALTER TABLE ONLY public.incidents_silence
    ADD CONSTRAINT incidents_silence_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_symptom
    ADD CONSTRAINT incidents_symptom_pkey PRIMARY KEY (incident_id);


ALTER TABLE ONLY public.incidents_teamrequest
    ADD CONSTRAINT incidents_teamrequest_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_templateversion
    ADD CONSTRAINT incidents_templateversion_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_timelineentry
    ADD CONSTRAINT incidents_timelineentry_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_tracker
    ADD CONSTRAINT incidents_tracker_hook_digest_key UNIQUE (hook_digest);


ALTER TABLE ONLY public.incidents_tracker
    ADD CONSTRAINT incidents_tracker_name_key UNIQUE (name);


ALTER TABLE ONLY public.incidents_tracker
    ADD CONSTRAINT incidents_tracker_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_trackerdelivery
    ADD CONSTRAINT incidents_trackerdelivery_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT incidents_trackerlink_marker_key UNIQUE (marker);


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT incidents_trackerlink_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_trackerperson
    ADD CONSTRAINT incidents_trackerperson_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_walllink
    ADD CONSTRAINT incidents_walllink_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.incidents_walllink
    ADD CONSTRAINT incidents_walllink_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_walllink_teams
    ADD CONSTRAINT incidents_walllink_teams_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_walllink_teams
    ADD CONSTRAINT incidents_walllink_teams_walllink_id_team_id_7dfc0ebf_uniq UNIQUE (walllink_id, team_id);


ALTER TABLE ONLY public.incidents_witness
    ADD CONSTRAINT incidents_witness_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_witnesspoint
    ADD CONSTRAINT incidents_witnesspoint_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_itemrecurrence
    ADD CONSTRAINT item_recurrence_once UNIQUE (item_id, incident_id);


ALTER TABLE ONLY public.teams_layermember
    ADD CONSTRAINT layer_member_once_a_shift UNIQUE (layer_id, "position", user_id);


ALTER TABLE ONLY public.teams_layer
    ADD CONSTRAINT layer_versions_one_at_a_time EXCLUDE USING gist (lineage WITH =, tstzrange(starts_at, ends_at) WITH &&, tstzrange(known_from, known_until) WITH &&) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_maintenancecomponent
    ADD CONSTRAINT maintenance_component_once UNIQUE (maintenance_id, component_id);


ALTER TABLE ONLY public.incidents_routingmatch
    ADD CONSTRAINT match_once UNIQUE (rule_id, integration_id);


ALTER TABLE ONLY public.teams_membership
    ADD CONSTRAINT membership_once UNIQUE (team_id, user_id);


ALTER TABLE ONLY public.incidents_metriccheck
    ADD CONSTRAINT metric_check_once UNIQUE (service_id, title);


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_notificationrule
    ADD CONSTRAINT notification_rule_once UNIQUE NULLS NOT DISTINCT (user_id, urgency, delay_minutes, method_id);


ALTER TABLE ONLY public.comms_pageincident
    ADD CONSTRAINT page_incident_once_a_page UNIQUE (page_id, incident_id);


ALTER TABLE ONLY public.comms_pagelogo
    ADD CONSTRAINT page_logo_once_a_ground UNIQUE (page_id, variant);


ALTER TABLE ONLY public.incidents_page
    ADD CONSTRAINT page_once_a_step UNIQUE (run_id, loop, level, user_id);


ALTER TABLE ONLY public.comms_pagerole
    ADD CONSTRAINT page_role_once UNIQUE (page_id, user_id, role);


ALTER TABLE ONLY public.pghistory_context
    ADD CONSTRAINT pghistory_context_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_pin
    ADD CONSTRAINT pin_once UNIQUE (incident_id, entry_id);


ALTER TABLE ONLY public.incidents_playbookstep
    ADD CONSTRAINT playbook_step_place UNIQUE (playbook_id, "position") DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationpolicy
    ADD CONSTRAINT policy_name_in_team UNIQUE (team_id, name);


ALTER TABLE ONLY public.incidents_postmortemsection
    ADD CONSTRAINT postmortem_section_key UNIQUE (postmortem_id, key);


ALTER TABLE ONLY public.incidents_postmortemtemplate
    ADD CONSTRAINT postmortem_template_of_severity UNIQUE NULLS NOT DISTINCT (severity_id);


ALTER TABLE ONLY public.incidents_presence
    ADD CONSTRAINT presence_once UNIQUE (incident_id, user_id);


ALTER TABLE ONLY public.teams_publishedshift
    ADD CONSTRAINT published_shift_once UNIQUE (schedule_id, user_id, starts_at);


ALTER TABLE ONLY public.incidents_reviewparticipant
    ADD CONSTRAINT review_participant_once UNIQUE (postmortem_id, user_id);


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT rule_position_once UNIQUE ("position") DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT run_step_place UNIQUE (run_id, "position");


ALTER TABLE ONLY public.incidents_savedfilter
    ADD CONSTRAINT saved_filter_once_a_name UNIQUE (owner_id, name);


ALTER TABLE ONLY public.teams_schedule
    ADD CONSTRAINT schedule_name_in_team UNIQUE (team_id, name);


ALTER TABLE ONLY public.incidents_sectionrevision
    ADD CONSTRAINT section_revision_number UNIQUE (section_id, number);


ALTER TABLE ONLY public.teams_servicedependency
    ADD CONSTRAINT service_dependency_once UNIQUE (service_id, depends_on_id);


ALTER TABLE ONLY public.teams_servicelink
    ADD CONSTRAINT service_link_once UNIQUE (service_id, url);


ALTER TABLE ONLY public.incidents_nudgesnooze
    ADD CONSTRAINT snooze_once UNIQUE (incident_id, key);


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_provider_uid_fc810c6e_uniq UNIQUE (provider, uid);


ALTER TABLE ONLY public.socialaccount_socialapp
    ADD CONSTRAINT socialaccount_socialapp_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq UNIQUE (app_id, account_id);


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.comms_subscriberimportproblem
    ADD CONSTRAINT subscriber_import_problem_once_a_line UNIQUE (found_in_id, line);


ALTER TABLE ONLY public.teams_accessevent
    ADD CONSTRAINT teams_accessevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_apitoken
    ADD CONSTRAINT teams_apitoken_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.teams_apitoken
    ADD CONSTRAINT teams_apitoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_auditevent
    ADD CONSTRAINT teams_auditevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_auditline
    ADD CONSTRAINT teams_auditline_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_auditstream
    ADD CONSTRAINT teams_auditstream_name_key UNIQUE (name);


ALTER TABLE ONLY public.teams_auditstream
    ADD CONSTRAINT teams_auditstream_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_calendarfeed
    ADD CONSTRAINT teams_calendarfeed_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.teams_calendarfeed
    ADD CONSTRAINT teams_calendarfeed_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_calendarsource
    ADD CONSTRAINT teams_calendarsource_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_calendarsource
    ADD CONSTRAINT teams_calendarsource_schedule_id_key UNIQUE (schedule_id);


ALTER TABLE ONLY public.teams_contactmethod
    ADD CONSTRAINT teams_contactmethod_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_escalationpolicy
    ADD CONSTRAINT teams_escalationpolicy_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_escalationstep
    ADD CONSTRAINT teams_escalationstep_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarget_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_groupmapping
    ADD CONSTRAINT teams_groupmapping_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_idempotencykey
    ADD CONSTRAINT teams_idempotencykey_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_identityprovider
    ADD CONSTRAINT teams_identityprovider_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_identityprovider
    ADD CONSTRAINT teams_identityprovider_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.teams_importedshift
    ADD CONSTRAINT teams_importedshift_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_invitation
    ADD CONSTRAINT teams_invitation_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.teams_invitation
    ADD CONSTRAINT teams_invitation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_layer
    ADD CONSTRAINT teams_layer_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_layermember
    ADD CONSTRAINT teams_layermember_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_membership
    ADD CONSTRAINT teams_membership_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_notificationrule
    ADD CONSTRAINT teams_notificationrule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_organization
    ADD CONSTRAINT teams_organization_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_providedrole
    ADD CONSTRAINT teams_providedrole_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_providedrole
    ADD CONSTRAINT teams_providedrole_user_id_key UNIQUE (user_id);


ALTER TABLE ONLY public.teams_publishedshift
    ADD CONSTRAINT teams_publishedshift_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_publishedshift
    ADD CONSTRAINT teams_publishedshift_uid_key UNIQUE (uid);


ALTER TABLE ONLY public.teams_role
    ADD CONSTRAINT teams_role_name_key UNIQUE (name);


ALTER TABLE ONLY public.teams_role
    ADD CONSTRAINT teams_role_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_role
    ADD CONSTRAINT teams_role_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.teams_rosterwarning
    ADD CONSTRAINT teams_rosterwarning_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_schedule
    ADD CONSTRAINT teams_schedule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_team_id_key UNIQUE (team_id);


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_user_id_key UNIQUE (user_id);


ALTER TABLE ONLY public.teams_scimtoken
    ADD CONSTRAINT teams_scimtoken_digest_key UNIQUE (digest);


ALTER TABLE ONLY public.teams_scimtoken
    ADD CONSTRAINT teams_scimtoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_name_key UNIQUE (name);


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.teams_servicedependency
    ADD CONSTRAINT teams_servicedependency_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_servicelink
    ADD CONSTRAINT teams_servicelink_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_swap
    ADD CONSTRAINT teams_swap_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_team
    ADD CONSTRAINT teams_team_name_key UNIQUE (name);


ALTER TABLE ONLY public.teams_team
    ADD CONSTRAINT teams_team_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_team
    ADD CONSTRAINT teams_team_slug_key UNIQUE (slug);


ALTER TABLE ONLY public.teams_timeoff
    ADD CONSTRAINT teams_timeoff_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_user
    ADD CONSTRAINT teams_user_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.teams_user
    ADD CONSTRAINT teams_user_username_key UNIQUE (username);


ALTER TABLE ONLY public.teams_webhook
    ADD CONSTRAINT teams_webhook_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.incidents_templateversion
    ADD CONSTRAINT template_version_number UNIQUE (template_id, number);


ALTER TABLE ONLY public.incidents_trackerdelivery
    ADD CONSTRAINT tracker_delivery_once UNIQUE (tracker_id, delivery);


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT tracker_link_once UNIQUE (item_id, tracker_id);


ALTER TABLE ONLY public.incidents_trackerperson
    ADD CONSTRAINT tracker_login_once UNIQUE (tracker_id, login);


ALTER TABLE ONLY public.incidents_trackerperson
    ADD CONSTRAINT tracker_person_once UNIQUE (tracker_id, user_id);


ALTER TABLE ONLY public.comms_updatetemplate
    ADD CONSTRAINT update_template_name_once_a_page UNIQUE NULLS NOT DISTINCT (name, page_id);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);


ALTER TABLE ONLY public.teams_webhook
    ADD CONSTRAINT webhook_name_in_team UNIQUE (team_id, name);


ALTER TABLE ONLY public.incidents_witnesspoint
    ADD CONSTRAINT witness_point_once UNIQUE (witness_id, at);


CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);


CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);


CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);


CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);


CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);


CREATE INDEX action_item_of_team ON public.incidents_actionitem USING btree (team_id, state, due_on);


CREATE INDEX action_item_to_ask ON public.incidents_actionitem USING btree (ask_at) WHERE ((ask_at IS NOT NULL) AND ((state)::text = 'open'::text));


CREATE INDEX action_notice_sent ON public.incidents_actionnotice USING btree (user_id, ended_at) WHERE ((state)::text = 'sent'::text);


CREATE INDEX action_notice_waiting ON public.incidents_actionnotice USING btree (due_at) WHERE ((state)::text = 'waiting'::text);


CREATE UNIQUE INDEX action_notice_waits_once ON public.incidents_actionnotice USING btree (user_id, item_id, why) WHERE ((state)::text = 'waiting'::text);


CREATE UNIQUE INDEX alarm_once ON public.comms_alarm USING btree (kind, about) WHERE (over_at IS NULL);


CREATE INDEX alert_firing ON public.incidents_alert USING btree (id DESC) WHERE ((status)::text = 'firing'::text);


CREATE INDEX alert_flaps ON public.incidents_alert USING btree (id DESC) WHERE flapping;


CREATE INDEX alert_labels ON public.incidents_alert USING gin (labels);


CREATE INDEX alert_lately ON public.incidents_alert USING btree (integration_id, fingerprint, received_at DESC);


CREATE INDEX alert_of_tool ON public.incidents_alert USING btree (integration_id, id DESC);


CREATE UNIQUE INDEX alert_one_firing ON public.incidents_alert USING btree (integration_id, fingerprint) WHERE ((status)::text = 'firing'::text);


CREATE INDEX alert_quiet ON public.incidents_alert USING btree (quiet_until) WHERE (((status)::text = 'firing'::text) AND (NOT ((suppression)::text = ''::text)));


CREATE INDEX alert_service ON public.incidents_alert USING gin (upper((service)::text) public.gin_trgm_ops);


CREATE INDEX alert_words ON public.incidents_alert USING gin (upper(((COALESCE(title, ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || COALESCE((COALESCE(summary, ''::text) || COALESCE((COALESCE('
'::text, ''::text) || (COALESCE(fingerprint, ''::character varying))::text), ''::text)), ''::text)), ''::text))) public.gin_trgm_ops);


CREATE INDEX approval_due ON public.comms_approval USING btree (due_at) WHERE ((outcome)::text = ''::text);


CREATE UNIQUE INDEX approval_one_open ON public.comms_approval USING btree (update_id) WHERE ((outcome)::text = ''::text);


CREATE INDEX audit_about ON public.teams_auditevent USING gin (about) WITH (fastupdate=off);


CREATE INDEX audit_address ON public.teams_auditevent USING btree (address, at DESC, id DESC);


CREATE INDEX audit_document ON public.teams_auditevent USING gin (document) WITH (fastupdate=off);


CREATE INDEX audit_done ON public.teams_auditevent USING btree (done, at DESC, id DESC);


CREATE INDEX audit_kind ON public.teams_auditevent USING btree (kind, at DESC, id DESC);


CREATE INDEX audit_line_due ON public.teams_auditline USING btree (due_at) WHERE (sent_at IS NULL);


CREATE INDEX audit_line_sent ON public.teams_auditline USING btree (sent_at) WHERE (sent_at IS NOT NULL);


CREATE INDEX audit_newest ON public.teams_auditevent USING btree (at DESC, id DESC);


CREATE INDEX audit_person ON public.teams_auditevent USING btree (user_id, at DESC, id DESC);


CREATE INDEX audit_through ON public.teams_auditevent USING btree (through, at DESC, id DESC);


CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);


CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);


CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);


CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);


CREATE INDEX bundle_answering ON public.comms_bundle USING btree (answered_at) WHERE ((answered_all_at IS NULL) AND (answered_at IS NOT NULL));


CREATE INDEX bundle_due ON public.comms_bundle USING btree (closes_at) WHERE (closed_at IS NULL);


CREATE UNIQUE INDEX bundle_one_open ON public.comms_bundle USING btree (user_id) WHERE (closed_at IS NULL);


CREATE UNIQUE INDEX card_once_in_a_deck ON public.incidents_mitigationcard USING btree (service_id, title) WHERE (retired_at IS NULL);


CREATE INDEX comms_approval_answered_by_id_4c984f14 ON public.comms_approval USING btree (answered_by_id);


CREATE INDEX comms_approval_asked_by_id_21b05b44 ON public.comms_approval USING btree (asked_by_id);


CREATE INDEX comms_approval_update_id_91e8af55 ON public.comms_approval USING btree (update_id);


CREATE INDEX comms_bundle_user_id_785e11c3 ON public.comms_bundle USING btree (user_id);


CREATE INDEX comms_component_group_id_bf8f01ec ON public.comms_component USING btree (group_id);


CREATE INDEX comms_component_page_id_b86fd7b4 ON public.comms_component USING btree (page_id);


CREATE INDEX comms_component_service_id_f3a0de3f ON public.comms_component USING btree (service_id);


CREATE INDEX comms_component_team_id_127f29fa ON public.comms_component USING btree (team_id);


CREATE INDEX comms_component_uid_61f7747e_like ON public.comms_component USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_componentchange_component_id_b98d7f5f ON public.comms_componentchange USING btree (component_id);


CREATE INDEX comms_componentchange_maintenance_update_id_9ccd1f0f ON public.comms_componentchange USING btree (maintenance_update_id);


CREATE INDEX comms_componentchange_update_id_6696c154 ON public.comms_componentchange USING btree (update_id);


CREATE INDEX comms_componentgroup_page_id_a162c76b ON public.comms_componentgroup USING btree (page_id);


CREATE INDEX comms_componentgroup_uid_d588c3a5_like ON public.comms_componentgroup USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_correction_by_id_c54a80d4 ON public.comms_correction USING btree (by_id);


CREATE INDEX comms_correction_update_id_bbd26582 ON public.comms_correction USING btree (update_id);


CREATE INDEX comms_drill_schedule_id_b9b5658e ON public.comms_drill USING btree (schedule_id);


CREATE INDEX comms_drill_started_by_id_aaa80a21 ON public.comms_drill USING btree (started_by_id);


CREATE INDEX comms_drillcall_drill_id_2084b12f ON public.comms_drillcall USING btree (drill_id);


CREATE INDEX comms_drillcall_person_id_1fd8d0e0 ON public.comms_drillcall USING btree (person_id);


CREATE INDEX comms_drillcall_reached_by_id_8f3f2ae7 ON public.comms_drillcall USING btree (reached_by_id);


CREATE INDEX comms_maintenancecomponent_component_id_8e093b8e ON public.comms_maintenancecomponent USING btree (component_id);


CREATE INDEX comms_maintenancecomponent_maintenance_id_b93aa607 ON public.comms_maintenancecomponent USING btree (maintenance_id);


CREATE INDEX comms_maintenanceupdate_author_id_301b754d ON public.comms_maintenanceupdate USING btree (author_id);


CREATE INDEX comms_maintenanceupdate_maintenance_id_5d0c814e ON public.comms_maintenanceupdate USING btree (maintenance_id);


CREATE INDEX comms_maintenanceupdate_uid_bdaf064e_like ON public.comms_maintenanceupdate USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_pageincident_incident_id_d4289e14 ON public.comms_pageincident USING btree (incident_id);


CREATE INDEX comms_pageincident_page_id_9f32b8b3 ON public.comms_pageincident USING btree (page_id);


CREATE INDEX comms_pageincident_uid_ad138c7e_like ON public.comms_pageincident USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_pagelogo_page_id_9f3850fe ON public.comms_pagelogo USING btree (page_id);


CREATE INDEX comms_pagemaintenance_author_id_536a145a ON public.comms_pagemaintenance USING btree (author_id);


CREATE INDEX comms_pagemaintenance_page_id_57fcc5b1 ON public.comms_pagemaintenance USING btree (page_id);


CREATE INDEX comms_pagemaintenance_uid_db1bc0d6_like ON public.comms_pagemaintenance USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_pagerole_page_id_52a00598 ON public.comms_pagerole USING btree (page_id);


CREATE INDEX comms_pagerole_user_id_23ef5612 ON public.comms_pagerole USING btree (user_id);


CREATE INDEX comms_relaystate_name_d49bdf33_like ON public.comms_relaystate USING btree (name varchar_pattern_ops);


CREATE INDEX comms_statuspage_slug_63757305_like ON public.comms_statuspage USING btree (slug varchar_pattern_ops);


CREATE INDEX comms_statuspage_uid_b9d7223a_like ON public.comms_statuspage USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_statusupdate_author_id_66067490 ON public.comms_statusupdate USING btree (author_id);


CREATE INDEX comms_statusupdate_companion_of_id_af798840 ON public.comms_statusupdate USING btree (companion_of_id);


CREATE INDEX comms_statusupdate_page_incident_id_3c214008 ON public.comms_statusupdate USING btree (page_incident_id);


CREATE INDEX comms_statusupdate_uid_b2c09377_like ON public.comms_statusupdate USING btree (uid varchar_pattern_ops);


CREATE INDEX comms_subscriber_components_component_id_cd161eda ON public.comms_subscriber_components USING btree (component_id);


CREATE INDEX comms_subscriber_components_subscriber_id_6ad9ee66 ON public.comms_subscriber_components USING btree (subscriber_id);


CREATE INDEX comms_subscriber_groups_componentgroup_id_e792c5b4 ON public.comms_subscriber_groups USING btree (componentgroup_id);


CREATE INDEX comms_subscriber_groups_subscriber_id_ea845bcf ON public.comms_subscriber_groups USING btree (subscriber_id);


CREATE INDEX comms_subscriber_incidents_pageincident_id_623ec526 ON public.comms_subscriber_incidents USING btree (pageincident_id);


CREATE INDEX comms_subscriber_incidents_subscriber_id_1b522eb4 ON public.comms_subscriber_incidents USING btree (subscriber_id);


CREATE INDEX comms_subscriber_page_id_e5861fff ON public.comms_subscriber USING btree (page_id);


CREATE INDEX comms_subscriberevent_by_id_2e366b1c ON public.comms_subscriberevent USING btree (by_id);


CREATE INDEX comms_subscriberevent_delivery_id_ebff5264 ON public.comms_subscriberevent USING btree (delivery_id);


CREATE INDEX comms_subscriberevent_subscriber_id_25df0171 ON public.comms_subscriberevent USING btree (subscriber_id);


CREATE INDEX comms_subscriberimport_by_id_f8977546 ON public.comms_subscriberimport USING btree (by_id);


CREATE INDEX comms_subscriberimport_page_id_e0398df2 ON public.comms_subscriberimport USING btree (page_id);


CREATE INDEX comms_subscriberimportproblem_found_in_id_55776d2e ON public.comms_subscriberimportproblem USING btree (found_in_id);


CREATE INDEX comms_updatetemplate_page_id_6a3af8e5 ON public.comms_updatetemplate USING btree (page_id);


CREATE INDEX comms_updatetemplate_severity_id_edfb7b26 ON public.comms_updatetemplate USING btree (severity_id);


CREATE INDEX contact_by_digest ON public.teams_contactmethod USING btree (kind, digest);


CREATE UNIQUE INDEX counterfactual_item_once ON public.incidents_counterfactual USING btree (incident_id, item_id) WHERE (item_id IS NOT NULL);


CREATE UNIQUE INDEX counterfactual_mitigation_once ON public.incidents_counterfactual USING btree (incident_id, mitigation_id) WHERE (mitigation_id IS NOT NULL);


CREATE UNIQUE INDEX counterfactual_none_once ON public.incidents_counterfactual USING btree (incident_id) WHERE ((effect)::text = 'none'::text);


CREATE UNIQUE INDEX crew_asked_once ON public.incidents_teamrequest USING btree (incident_id, team_id) WHERE ((state)::text = ANY ((ARRAY['asked'::character varying, 'accepted'::character varying])::text[]));


CREATE INDEX delivery_held ON public.comms_delivery USING btree (bundle_id) WHERE ((state)::text = 'held'::text);


CREATE INDEX delivery_held_for_summary ON public.comms_delivery USING btree (due_at) WHERE (((state)::text = 'held'::text) AND (subscriber_id IS NOT NULL));


CREATE INDEX delivery_of_bundle ON public.comms_delivery USING btree (bundle_id) WHERE (bundle_id IS NOT NULL);


CREATE INDEX delivery_of_correction ON public.comms_delivery USING btree (correction_id) WHERE (correction_id IS NOT NULL);


CREATE INDEX delivery_of_drill_call ON public.comms_delivery USING btree (drill_call_id) WHERE (drill_call_id IS NOT NULL);


CREATE INDEX delivery_of_entry ON public.comms_delivery USING btree (entry_id) WHERE (entry_id IS NOT NULL);


CREATE INDEX delivery_of_letter ON public.comms_delivery USING btree (letter_id) WHERE (letter_id IS NOT NULL);


CREATE INDEX delivery_of_maintenance_update ON public.comms_delivery USING btree (maintenance_update_id, state) WHERE (maintenance_update_id IS NOT NULL);


CREATE INDEX delivery_of_method ON public.comms_delivery USING btree (method_id) WHERE (method_id IS NOT NULL);


CREATE INDEX delivery_of_page ON public.comms_delivery USING btree (page_id) WHERE (page_id IS NOT NULL);


CREATE INDEX delivery_of_provider ON public.comms_delivery USING btree (provider_id) WHERE (NOT ((provider_id)::text = ''::text));


CREATE INDEX delivery_of_subscriber ON public.comms_delivery USING btree (subscriber_id) WHERE (subscriber_id IS NOT NULL);


CREATE INDEX delivery_of_superseded_by ON public.comms_delivery USING btree (superseded_by_id) WHERE (superseded_by_id IS NOT NULL);


CREATE INDEX delivery_of_told_in ON public.comms_delivery USING btree (told_in_id) WHERE (told_in_id IS NOT NULL);


CREATE INDEX delivery_of_update ON public.comms_delivery USING btree (update_id, state) WHERE (update_id IS NOT NULL);


CREATE INDEX delivery_of_user ON public.comms_delivery USING btree (user_id) WHERE (user_id IS NOT NULL);


CREATE INDEX delivery_of_webhook ON public.comms_delivery USING btree (webhook_id) WHERE (webhook_id IS NOT NULL);


CREATE INDEX delivery_waiting_calls ON public.comms_delivery USING btree (priority, due_at, id) WHERE (((state)::text = ANY ((ARRAY['queued'::character varying, 'sending'::character varying])::text[])) AND (NOT ((channel)::text = 'email'::text)));


CREATE INDEX delivery_waiting_mail ON public.comms_delivery USING btree (priority, due_at, id) WHERE (((channel)::text = 'email'::text) AND ((state)::text = ANY ((ARRAY['queued'::character varying, 'sending'::character varying])::text[])));


CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);


CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);


CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);


CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);


CREATE INDEX drill_due ON public.comms_drill USING btree (starts_at) WHERE ((state)::text = 'planned'::text);


CREATE UNIQUE INDEX drill_one_running ON public.comms_drill USING btree (schedule_id) WHERE ((state)::text = 'running'::text);


CREATE INDEX drill_over ON public.comms_drill USING btree (ends_at) WHERE ((state)::text = 'running'::text);


CREATE UNIQUE INDEX drill_planned_once ON public.comms_drill USING btree (schedule_id, starts_at) WHERE ((state)::text = 'planned'::text);


CREATE INDEX duty_of_phase ON public.incidents_roleduty USING btree (phase, role_id);


CREATE INDEX estimate_open ON public.incidents_estimate USING btree (incident_id) WHERE ((outcome)::text = 'open'::text);


CREATE INDEX estimate_scored ON public.incidents_estimate USING btree (back_at) WHERE ((outcome)::text = ANY ((ARRAY['inside'::character varying, 'early'::character varying, 'late'::character varying])::text[]));


CREATE INDEX event_ended ON public.incidents_event USING btree (ended_at) WHERE (NOT ((state)::text = 'waiting'::text));


CREATE INDEX event_rejected ON public.incidents_event USING btree (integration_id, ended_at) WHERE ((state)::text = 'rejected'::text);


CREATE INDEX event_waiting ON public.incidents_event USING btree (integration_id, lane, id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX exercise_event_due_at ON public.incidents_exerciseevent USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE INDEX exercise_of_scenario ON public.incidents_exercise USING btree (scenario, id DESC);


CREATE INDEX exercise_running ON public.incidents_exercise USING btree (incident_id) WHERE ((state)::text = 'running'::text);


CREATE INDEX export_due ON public.incidents_export USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE INDEX export_of_user ON public.incidents_export USING btree (user_id, id DESC);


CREATE INDEX heartbeat_due ON public.incidents_heartbeat USING btree (due_at) WHERE (NOT is_late);


CREATE INDEX incident_attempt_due ON public.incidents_incident USING btree (attempt_due_at) WHERE (attempt_due_at IS NOT NULL);


CREATE INDEX incident_full_text ON public.incidents_incident USING gin (to_tsvector('english'::regconfig, (((((COALESCE(title, ''::character varying))::text || ' '::text) || COALESCE(summary, ''::text)) || ' '::text) || COALESCE(impact, ''::text))));


CREATE INDEX incident_of_team ON public.incidents_incident USING btree (team_id, id DESC);


CREATE UNIQUE INDEX incident_one_active_per_group ON public.incidents_incident USING btree (integration_id, group_key) WHERE ((NOT ((group_key)::text = ''::text)) AND ((phase)::text = ANY ((ARRAY['detect'::character varying, 'declare'::character varying, 'mitigate'::character varying, 'communicate'::character varying])::text[])));


CREATE INDEX incident_open ON public.incidents_incident USING btree (id DESC) WHERE ((phase)::text = ANY ((ARRAY['detect'::character varying, 'declare'::character varying, 'mitigate'::character varying, 'communicate'::character varying, 'resolve'::character varying, 'review'::character varying])::text[]));


CREATE INDEX incident_recovered ON public.incidents_incident USING btree (integration_id, group_key, cancelled_at) WHERE ((cancel_kind)::text = 'recovered'::text);


CREATE INDEX incident_recovery_due ON public.incidents_incident USING btree (recovery_due_at) WHERE (recovery_due_at IS NOT NULL);


CREATE INDEX incident_title ON public.incidents_incident USING gin (upper((title)::text) public.gin_trgm_ops);


CREATE INDEX incidents_actionitem_created_by_id_f31a39bf ON public.incidents_actionitem USING btree (created_by_id);


CREATE INDEX incidents_actionitem_factor_id_94c149f8 ON public.incidents_actionitem USING btree (factor_id);


CREATE INDEX incidents_actionitem_incident_id_d8a76faa ON public.incidents_actionitem USING btree (incident_id);


CREATE INDEX incidents_actionitem_owner_id_4e873985 ON public.incidents_actionitem USING btree (owner_id);


CREATE INDEX incidents_actionitem_remind_at_30309b52 ON public.incidents_actionitem USING btree (remind_at);


CREATE INDEX incidents_actionitem_team_id_5d3a8dfc ON public.incidents_actionitem USING btree (team_id);


CREATE INDEX incidents_actionnotice_item_id_652487aa ON public.incidents_actionnotice USING btree (item_id);


CREATE INDEX incidents_actionnotice_user_id_ca9a087e ON public.incidents_actionnotice USING btree (user_id);


CREATE INDEX incidents_actionphrase_words_5d446545_like ON public.incidents_actionphrase USING btree (words varchar_pattern_ops);


CREATE INDEX incidents_alert_incident_id_de5c827a ON public.incidents_alert USING btree (incident_id);


CREATE INDEX incidents_alert_integration_id_def79c52 ON public.incidents_alert USING btree (integration_id);


CREATE INDEX incidents_alert_maintenance_id_dd38262c ON public.incidents_alert USING btree (maintenance_id);


CREATE INDEX incidents_alert_silence_id_3aeb2336 ON public.incidents_alert USING btree (silence_id);


CREATE INDEX incidents_alert_team_id_0c028ef0 ON public.incidents_alert USING btree (team_id);


CREATE INDEX incidents_alert_upstream_id_a4320dec ON public.incidents_alert USING btree (upstream_id);


CREATE INDEX incidents_attachment_entry_id_285cfab2 ON public.incidents_attachment USING btree (entry_id);


CREATE INDEX incidents_attachment_incident_id_928da522 ON public.incidents_attachment USING btree (incident_id);


CREATE INDEX incidents_attachment_removed_by_id_cfed8134 ON public.incidents_attachment USING btree (removed_by_id);


CREATE INDEX incidents_attachment_uid_cb7a51ce_like ON public.incidents_attachment USING btree (uid varchar_pattern_ops);


CREATE INDEX incidents_attachment_uploaded_by_id_d917adef ON public.incidents_attachment USING btree (uploaded_by_id);


CREATE INDEX incidents_change_at_2e4b1c2f ON public.incidents_change USING btree (at);


CREATE INDEX incidents_change_drill_id_fe4d3ebc ON public.incidents_change USING btree (drill_id);


CREATE INDEX incidents_change_integration_id_a7f74aec ON public.incidents_change USING btree (integration_id);


CREATE INDEX incidents_change_service_id_7ff9ab7b ON public.incidents_change USING btree (service_id);


CREATE INDEX incidents_changemark_by_id_b65ec5ca ON public.incidents_changemark USING btree (by_id);


CREATE INDEX incidents_changemark_change_id_a201d84a ON public.incidents_changemark USING btree (change_id);


CREATE INDEX incidents_changemark_incident_id_62c1c36f ON public.incidents_changemark USING btree (incident_id);


CREATE INDEX incidents_coachphrase_slug_88ac66ad ON public.incidents_coachphrase USING btree (slug);


CREATE INDEX incidents_coachphrase_slug_88ac66ad_like ON public.incidents_coachphrase USING btree (slug varchar_pattern_ops);


CREATE INDEX incidents_consideration_run_id_ab3e2a98 ON public.incidents_consideration USING btree (run_id);


CREATE INDEX incidents_consideration_user_id_1474a7a6 ON public.incidents_consideration USING btree (user_id);


CREATE INDEX incidents_counterfactual_by_id_4ab2c6c9 ON public.incidents_counterfactual USING btree (by_id);


CREATE INDEX incidents_counterfactual_incident_id_81b0976e ON public.incidents_counterfactual USING btree (incident_id);


CREATE INDEX incidents_counterfactual_item_id_b28e8eb4 ON public.incidents_counterfactual USING btree (item_id);


CREATE INDEX incidents_counterfactual_mitigation_id_dac8f568 ON public.incidents_counterfactual USING btree (mitigation_id);


CREATE INDEX incidents_customfield_key_db9802ac_like ON public.incidents_customfield USING btree (key varchar_pattern_ops);


CREATE INDEX incidents_customfield_label_596a6446_like ON public.incidents_customfield USING btree (label varchar_pattern_ops);


CREATE INDEX incidents_customvalue_field_id_5dd58270 ON public.incidents_customvalue USING btree (field_id);


CREATE INDEX incidents_customvalue_incident_id_6e6dc3a2 ON public.incidents_customvalue USING btree (incident_id);


CREATE INDEX incidents_customvalue_person_id_d3b0b464 ON public.incidents_customvalue USING btree (person_id);


CREATE INDEX incidents_defaultboard_saved_id_2c94c76f ON public.incidents_defaultboard USING btree (saved_id);


CREATE INDEX incidents_dutydone_done_by_id_f9437fea ON public.incidents_dutydone USING btree (done_by_id);


CREATE INDEX incidents_dutydone_duty_id_9e107c2e ON public.incidents_dutydone USING btree (duty_id);


CREATE INDEX incidents_dutydone_incident_id_c031d804 ON public.incidents_dutydone USING btree (incident_id);


CREATE INDEX incidents_escalationrun_incident_id_42315d50 ON public.incidents_escalationrun USING btree (incident_id);


CREATE INDEX incidents_escalationrun_policy_id_45a22825 ON public.incidents_escalationrun USING btree (policy_id);


CREATE INDEX incidents_escalationrun_request_id_e88ffd79 ON public.incidents_escalationrun USING btree (request_id);


CREATE INDEX incidents_estimate_incident_id_7e0fd828 ON public.incidents_estimate USING btree (incident_id);


CREATE INDEX incidents_estimate_made_by_id_a6ef6fd5 ON public.incidents_estimate USING btree (made_by_id);


CREATE INDEX incidents_event_integration_id_9cef61d1 ON public.incidents_event USING btree (integration_id);


CREATE INDEX incidents_exercise_facilitator_id_94a6f268 ON public.incidents_exercise USING btree (facilitator_id);


CREATE INDEX incidents_exercise_past_id_94aa765e ON public.incidents_exercise USING btree (past_id);


CREATE INDEX incidents_exercise_scenario_ced4ebfe ON public.incidents_exercise USING btree (scenario);


CREATE INDEX incidents_exercise_scenario_ced4ebfe_like ON public.incidents_exercise USING btree (scenario varchar_pattern_ops);


CREATE INDEX incidents_exerciseevent_answers_id_93cfd77b ON public.incidents_exerciseevent USING btree (answers_id);


CREATE INDEX incidents_exerciseevent_exercise_id_a2ed37b8 ON public.incidents_exerciseevent USING btree (exercise_id);


CREATE INDEX incidents_export_uid_0f7dacd4_like ON public.incidents_export USING btree (uid varchar_pattern_ops);


CREATE INDEX incidents_export_user_id_d2aed443 ON public.incidents_export USING btree (user_id);


CREATE INDEX incidents_exportpart_export_id_6b953c2a ON public.incidents_exportpart USING btree (export_id);


CREATE INDEX incidents_factor_postmortem_id_79e8dd2f ON public.incidents_factor USING btree (postmortem_id);


CREATE INDEX incidents_factor_tags_factor_id_4e39771d ON public.incidents_factor_tags USING btree (factor_id);


CREATE INDEX incidents_factor_tags_factortag_id_a1df1902 ON public.incidents_factor_tags USING btree (factortag_id);


CREATE INDEX incidents_factortag_name_db867c34_like ON public.incidents_factortag USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_factortag_slug_826a3836_like ON public.incidents_factortag USING btree (slug varchar_pattern_ops);


CREATE INDEX incidents_figuredefinition_slug_544b603e_like ON public.incidents_figuredefinition USING btree (slug varchar_pattern_ops);


CREATE INDEX incidents_follow_incident_id_382668d2 ON public.incidents_follow USING btree (incident_id);


CREATE INDEX incidents_follow_user_id_20c0c890 ON public.incidents_follow USING btree (user_id);


CREATE INDEX incidents_followrule_user_id_ec8025da ON public.incidents_followrule USING btree (user_id);


CREATE INDEX incidents_heartbeat_integration_id_c644ff5c ON public.incidents_heartbeat USING btree (integration_id);


CREATE INDEX incidents_i_phase_6756b8_idx ON public.incidents_incident USING btree (phase, id DESC);


CREATE INDEX incidents_incident_acknowledged_by_id_825dc53a ON public.incidents_incident USING btree (acknowledged_by_id);


CREATE INDEX incidents_incident_confirmed_by_id_6b2221ea ON public.incidents_incident USING btree (confirmed_by_id);


CREATE INDEX incidents_incident_escalation_policy_id_6ceb203f ON public.incidents_incident USING btree (escalation_policy_id);


CREATE INDEX incidents_incident_integration_id_43b2f67a ON public.incidents_incident USING btree (integration_id);


CREATE INDEX incidents_incident_merged_into_id_75509a6d ON public.incidents_incident USING btree (merged_into_id);


CREATE INDEX incidents_incident_participants_incident_id_56ef7a82 ON public.incidents_incident_participants USING btree (incident_id);


CREATE INDEX incidents_incident_participants_user_id_e11dd7d6 ON public.incidents_incident_participants USING btree (user_id);


CREATE INDEX incidents_incident_reported_by_id_17f53566 ON public.incidents_incident USING btree (reported_by_id);


CREATE INDEX incidents_incident_services_incident_id_06576227 ON public.incidents_incident_services USING btree (incident_id);


CREATE INDEX incidents_incident_services_service_id_8cef07e9 ON public.incidents_incident_services USING btree (service_id);


CREATE INDEX incidents_incident_severity_id_880448e4 ON public.incidents_incident USING btree (severity_id);


CREATE INDEX incidents_incident_shared_with_incident_id_2f1b4745 ON public.incidents_incident_shared_with USING btree (incident_id);


CREATE INDEX incidents_incident_shared_with_team_id_6fa536fb ON public.incidents_incident_shared_with USING btree (team_id);


CREATE INDEX incidents_incident_team_id_099347d8 ON public.incidents_incident USING btree (team_id);


CREATE INDEX incidents_incident_type_id_514cbcad ON public.incidents_incident USING btree (type_id);


CREATE INDEX incidents_incidenttask_created_by_id_0fd66c65 ON public.incidents_incidenttask USING btree (created_by_id);


CREATE INDEX incidents_incidenttask_incident_id_633a569f ON public.incidents_incidenttask USING btree (incident_id);


CREATE INDEX incidents_incidenttask_owner_id_da3db053 ON public.incidents_incidenttask USING btree (owner_id);


CREATE INDEX incidents_incidenttype_name_48979835_like ON public.incidents_incidenttype USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_incidenttype_slug_052e3fe4_like ON public.incidents_incidenttype USING btree (slug varchar_pattern_ops);


CREATE INDEX incidents_integration_name_405c1883_like ON public.incidents_integration USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_integration_service_id_9f546ed1 ON public.incidents_integration USING btree (service_id);


CREATE INDEX incidents_integration_team_id_7f0d5070 ON public.incidents_integration USING btree (team_id);


CREATE INDEX incidents_integrationkey_created_by_id_9115a75a ON public.incidents_integrationkey USING btree (created_by_id);


CREATE INDEX incidents_integrationkey_digest_7ca64a24_like ON public.incidents_integrationkey USING btree (digest varchar_pattern_ops);


CREATE INDEX incidents_integrationkey_integration_id_f4f2534d ON public.incidents_integrationkey USING btree (integration_id);


CREATE INDEX incidents_itemrecurrence_incident_id_31480ec2 ON public.incidents_itemrecurrence USING btree (incident_id);


CREATE INDEX incidents_itemrecurrence_item_id_9868f8f6 ON public.incidents_itemrecurrence USING btree (item_id);


CREATE INDEX incidents_maintenance_created_by_id_edbb6f76 ON public.incidents_maintenance USING btree (created_by_id);


CREATE INDEX incidents_maintenance_ended_by_id_c3bad2a5 ON public.incidents_maintenance USING btree (ended_by_id);


CREATE INDEX incidents_maintenance_services_maintenance_id_d491f497 ON public.incidents_maintenance_services USING btree (maintenance_id);


CREATE INDEX incidents_maintenance_services_service_id_5381e840 ON public.incidents_maintenance_services USING btree (service_id);


CREATE INDEX incidents_maintenance_team_id_4ab26adb ON public.incidents_maintenance USING btree (team_id);


CREATE INDEX incidents_metriccheck_service_id_ea36d6b8 ON public.incidents_metriccheck USING btree (service_id);


CREATE INDEX incidents_mitigation_approved_by_id_24991e2e ON public.incidents_mitigation USING btree (approved_by_id);


CREATE INDEX incidents_mitigation_card_id_b0e509b8 ON public.incidents_mitigation USING btree (card_id);


CREATE INDEX incidents_mitigation_carried_by_id_df00da3c ON public.incidents_mitigation USING btree (carried_by_id);


CREATE INDEX incidents_mitigation_change_id_92bb7081 ON public.incidents_mitigation USING btree (change_id);


CREATE INDEX incidents_mitigation_incident_id_918ef85b ON public.incidents_mitigation USING btree (incident_id);


CREATE INDEX incidents_mitigation_proposed_by_id_7c42a636 ON public.incidents_mitigation USING btree (proposed_by_id);


CREATE INDEX incidents_mitigationcall_asked_by_id_4b4dd7e9 ON public.incidents_mitigationcall USING btree (asked_by_id);


CREATE INDEX incidents_mitigationcall_change_id_3859f5a6 ON public.incidents_mitigationcall USING btree (change_id);


CREATE INDEX incidents_mitigationcall_incident_id_54184f29 ON public.incidents_mitigationcall USING btree (incident_id);


CREATE INDEX incidents_mitigationcall_webhook_id_e73f3fa2 ON public.incidents_mitigationcall USING btree (webhook_id);


CREATE INDEX incidents_mitigationcard_approved_by_id_51b2e4c9 ON public.incidents_mitigationcard USING btree (approved_by_id);


CREATE INDEX incidents_mitigationcard_created_by_id_fcfa38d1 ON public.incidents_mitigationcard USING btree (created_by_id);


CREATE INDEX incidents_mitigationcard_service_id_98054b67 ON public.incidents_mitigationcard USING btree (service_id);


CREATE INDEX incidents_noitemsdecision_by_id_696642f0 ON public.incidents_noitemsdecision USING btree (by_id);


CREATE INDEX incidents_nudgesnooze_by_id_2f8f4b19 ON public.incidents_nudgesnooze USING btree (by_id);


CREATE INDEX incidents_nudgesnooze_incident_id_ae8658cc ON public.incidents_nudgesnooze USING btree (incident_id);


CREATE INDEX incidents_p_postmor_17262d_idx ON public.incidents_postmortemchange USING btree (postmortem_id, at DESC);


CREATE INDEX incidents_page_incident_id_fa81c84d ON public.incidents_page USING btree (incident_id);


CREATE INDEX incidents_page_run_id_57dc45b6 ON public.incidents_page USING btree (run_id);


CREATE INDEX incidents_page_user_id_20832d80 ON public.incidents_page USING btree (user_id);


CREATE INDEX incidents_pin_entry_id_7755b13f ON public.incidents_pin USING btree (entry_id);


CREATE INDEX incidents_pin_incident_id_168bb986 ON public.incidents_pin USING btree (incident_id);


CREATE INDEX incidents_pin_pinned_by_id_b4d0010c ON public.incidents_pin USING btree (pinned_by_id);


CREATE INDEX incidents_playbook_services_playbook_id_d6027278 ON public.incidents_playbook_services USING btree (playbook_id);


CREATE INDEX incidents_playbook_services_service_id_9f2fbd30 ON public.incidents_playbook_services USING btree (service_id);


CREATE INDEX incidents_playbook_severities_playbook_id_033fb1ed ON public.incidents_playbook_severities USING btree (playbook_id);


CREATE INDEX incidents_playbook_severities_severity_id_0f53cefa ON public.incidents_playbook_severities USING btree (severity_id);


CREATE INDEX incidents_playbook_team_id_0fe91af7 ON public.incidents_playbook USING btree (team_id);


CREATE INDEX incidents_playbook_types_incidenttype_id_a071985b ON public.incidents_playbook_types USING btree (incidenttype_id);


CREATE INDEX incidents_playbook_types_playbook_id_7590f496 ON public.incidents_playbook_types USING btree (playbook_id);


CREATE INDEX incidents_playbook_updated_by_id_608e716d ON public.incidents_playbook USING btree (updated_by_id);


CREATE INDEX incidents_playbookrun_incident_id_f7e72069 ON public.incidents_playbookrun USING btree (incident_id);


CREATE INDEX incidents_playbookrun_playbook_id_a09dda6e ON public.incidents_playbookrun USING btree (playbook_id);


CREATE INDEX incidents_playbookrun_started_by_id_10424e4b ON public.incidents_playbookrun USING btree (started_by_id);


CREATE INDEX incidents_playbookstep_person_id_5c79215f ON public.incidents_playbookstep USING btree (person_id);


CREATE INDEX incidents_playbookstep_playbook_id_62f76d48 ON public.incidents_playbookstep USING btree (playbook_id);


CREATE INDEX incidents_playbookstep_role_id_bb3d15cc ON public.incidents_playbookstep USING btree (role_id);


CREATE INDEX incidents_postmortem_approved_by_id_bd57ab64 ON public.incidents_postmortem USING btree (approved_by_id);


CREATE INDEX incidents_postmortem_entries_postmortem_id_67c82996 ON public.incidents_postmortem_entries USING btree (postmortem_id);


CREATE INDEX incidents_postmortem_entries_timelineentry_id_efd6f6d0 ON public.incidents_postmortem_entries USING btree (timelineentry_id);


CREATE INDEX incidents_postmortem_facilitator_id_0c18394c ON public.incidents_postmortem USING btree (facilitator_id);


CREATE INDEX incidents_postmortem_meeting_organizer_id_a1e3ab04 ON public.incidents_postmortem USING btree (meeting_organizer_id);


CREATE INDEX incidents_postmortem_owner_id_2df599ac ON public.incidents_postmortem USING btree (owner_id);


CREATE INDEX incidents_postmortem_public_slug_b8d0b4fc_like ON public.incidents_postmortem USING btree (public_slug varchar_pattern_ops);


CREATE INDEX incidents_postmortem_remind_at_b4a77f63 ON public.incidents_postmortem USING btree (remind_at);


CREATE INDEX incidents_postmortem_seen_by_postmortem_id_2c93468b ON public.incidents_postmortem_seen_by USING btree (postmortem_id);


CREATE INDEX incidents_postmortem_seen_by_user_id_c87a2baf ON public.incidents_postmortem_seen_by USING btree (user_id);


CREATE INDEX incidents_postmortem_template_id_2be1700a ON public.incidents_postmortem USING btree (template_id);


CREATE INDEX incidents_postmortemchange_by_id_385bcfc4 ON public.incidents_postmortemchange USING btree (by_id);


CREATE INDEX incidents_postmortemchange_postmortem_id_c628533b ON public.incidents_postmortemchange USING btree (postmortem_id);


CREATE INDEX incidents_postmortemsection_edited_by_id_a68ab6de ON public.incidents_postmortemsection USING btree (edited_by_id);


CREATE INDEX incidents_postmortemsection_key_b5bc989b ON public.incidents_postmortemsection USING btree (key);


CREATE INDEX incidents_postmortemsection_key_b5bc989b_like ON public.incidents_postmortemsection USING btree (key varchar_pattern_ops);


CREATE INDEX incidents_postmortemsection_postmortem_id_1493de5a ON public.incidents_postmortemsection USING btree (postmortem_id);


CREATE INDEX incidents_postmortemtemplate_name_f68b2d73_like ON public.incidents_postmortemtemplate USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_postmortemtemplate_severity_id_0e817c32 ON public.incidents_postmortemtemplate USING btree (severity_id);


CREATE INDEX incidents_presence_incident_id_aae6985c ON public.incidents_presence USING btree (incident_id);


CREATE INDEX incidents_presence_user_id_e0ac592e ON public.incidents_presence USING btree (user_id);


CREATE INDEX incidents_promise_incident_id_6ed55f23 ON public.incidents_promise USING btree (incident_id);


CREATE INDEX incidents_promise_made_by_id_7db02fa5 ON public.incidents_promise USING btree (made_by_id);


CREATE INDEX incidents_relation_created_by_id_b877aa81 ON public.incidents_relation USING btree (created_by_id);


CREATE INDEX incidents_relation_incident_id_7cb4db3a ON public.incidents_relation USING btree (incident_id);


CREATE INDEX incidents_relation_other_id_23ec5518 ON public.incidents_relation USING btree (other_id);


CREATE INDEX incidents_reviewapproval_asked_by_id_a6ee7212 ON public.incidents_reviewapproval USING btree (asked_by_id);


CREATE INDEX incidents_reviewapproval_postmortem_id_758e75cb ON public.incidents_reviewapproval USING btree (postmortem_id);


CREATE INDEX incidents_reviewapproval_user_id_31e7f68b ON public.incidents_reviewapproval USING btree (user_id);


CREATE INDEX incidents_reviewparticipant_postmortem_id_5071c47b ON public.incidents_reviewparticipant USING btree (postmortem_id);


CREATE INDEX incidents_reviewparticipant_user_id_1c0af710 ON public.incidents_reviewparticipant USING btree (user_id);


CREATE INDEX incidents_roleassignment_incident_id_ab640bd2 ON public.incidents_roleassignment USING btree (incident_id);


CREATE INDEX incidents_roleassignment_offered_by_id_d0e54146 ON public.incidents_roleassignment USING btree (offered_by_id);


CREATE INDEX incidents_roleassignment_role_id_8b8fee72 ON public.incidents_roleassignment USING btree (role_id);


CREATE INDEX incidents_roleassignment_user_id_4789c0df ON public.incidents_roleassignment USING btree (user_id);


CREATE INDEX incidents_roleduty_role_id_f989850e ON public.incidents_roleduty USING btree (role_id);


CREATE INDEX incidents_rolepolicy_name_2b177876_like ON public.incidents_rolepolicy USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_rolepolicy_role_id_da22999a ON public.incidents_rolepolicy USING btree (role_id);


CREATE INDEX incidents_rolepolicy_schedule_id_94efed18 ON public.incidents_rolepolicy USING btree (schedule_id);


CREATE INDEX incidents_rolepolicy_service_id_9780842e ON public.incidents_rolepolicy USING btree (service_id);


CREATE INDEX incidents_rolepolicy_team_id_196dbd92 ON public.incidents_rolepolicy USING btree (team_id);


CREATE INDEX incidents_rolepolicy_type_id_7b5f22de ON public.incidents_rolepolicy USING btree (type_id);


CREATE INDEX incidents_routingmatch_integration_id_e0d30309 ON public.incidents_routingmatch USING btree (integration_id);


CREATE INDEX incidents_routingmatch_rule_id_ecc8beaa ON public.incidents_routingmatch USING btree (rule_id);


CREATE INDEX incidents_routingrule_policy_id_de0d1e69 ON public.incidents_routingrule USING btree (policy_id);


CREATE INDEX incidents_routingrule_service_id_3d20fe4b ON public.incidents_routingrule USING btree (service_id);


CREATE INDEX incidents_routingrule_severity_id_96fdeb3b ON public.incidents_routingrule USING btree (severity_id);


CREATE INDEX incidents_routingrule_team_id_e479cb35 ON public.incidents_routingrule USING btree (team_id);


CREATE INDEX incidents_runstep_person_id_0ac68323 ON public.incidents_runstep USING btree (person_id);


CREATE INDEX incidents_runstep_role_id_72ac06ff ON public.incidents_runstep USING btree (role_id);


CREATE INDEX incidents_runstep_run_id_db364a9d ON public.incidents_runstep USING btree (run_id);


CREATE INDEX incidents_runstep_settled_by_id_e332ae57 ON public.incidents_runstep USING btree (settled_by_id);


CREATE INDEX incidents_savedfilter_owner_id_380dfc92 ON public.incidents_savedfilter USING btree (owner_id);


CREATE INDEX incidents_savedfilter_team_id_9c77a0cb ON public.incidents_savedfilter USING btree (team_id);


CREATE INDEX incidents_savedfilter_uid_52013478_like ON public.incidents_savedfilter USING btree (uid varchar_pattern_ops);


CREATE INDEX incidents_scenario_created_by_id_dc012bff ON public.incidents_scenario USING btree (created_by_id);


CREATE INDEX incidents_scenario_slug_11064519_like ON public.incidents_scenario USING btree (slug varchar_pattern_ops);


CREATE INDEX incidents_sectionclaim_until_7043dc1b ON public.incidents_sectionclaim USING btree (until);


CREATE INDEX incidents_sectionclaim_user_id_7915831e ON public.incidents_sectionclaim USING btree (user_id);


CREATE INDEX incidents_sectioncomment_by_id_cee1f1e0 ON public.incidents_sectioncomment USING btree (by_id);


CREATE INDEX incidents_sectioncomment_reply_to_id_50137b97 ON public.incidents_sectioncomment USING btree (reply_to_id);


CREATE INDEX incidents_sectioncomment_resolved_by_id_41f6c7a1 ON public.incidents_sectioncomment USING btree (resolved_by_id);


CREATE INDEX incidents_sectioncomment_section_id_66480d9d ON public.incidents_sectioncomment USING btree (section_id);


CREATE INDEX incidents_sectionrevision_by_id_7a459cde ON public.incidents_sectionrevision USING btree (by_id);


CREATE INDEX incidents_sectionrevision_section_id_8c35e5ae ON public.incidents_sectionrevision USING btree (section_id);


CREATE INDEX incidents_silence_created_by_id_dae67820 ON public.incidents_silence USING btree (created_by_id);


CREATE INDEX incidents_silence_ended_by_id_0739bacc ON public.incidents_silence USING btree (ended_by_id);


CREATE INDEX incidents_silence_team_id_bd10de33 ON public.incidents_silence USING btree (team_id);


CREATE INDEX incidents_t_inciden_22d55b_idx ON public.incidents_timelineentry USING btree (incident_id, id);


CREATE INDEX incidents_t_inciden_b03aeb_idx ON public.incidents_timelineentry USING btree (incident_id, kind);


CREATE INDEX incidents_teamrequest_answered_by_id_f6c63207 ON public.incidents_teamrequest USING btree (answered_by_id);


CREATE INDEX incidents_teamrequest_asked_by_id_8954f36a ON public.incidents_teamrequest USING btree (asked_by_id);


CREATE INDEX incidents_teamrequest_incident_id_0da0fa5d ON public.incidents_teamrequest USING btree (incident_id);


CREATE INDEX incidents_teamrequest_team_id_2664c57c ON public.incidents_teamrequest USING btree (team_id);


CREATE INDEX incidents_templateversion_made_by_id_cedd12f9 ON public.incidents_templateversion USING btree (made_by_id);


CREATE INDEX incidents_templateversion_template_id_c591b530 ON public.incidents_templateversion USING btree (template_id);


CREATE INDEX incidents_timelineentry_actor_id_a2b3a581 ON public.incidents_timelineentry USING btree (actor_id);


CREATE INDEX incidents_timelineentry_corrects_id_9bdd17ce ON public.incidents_timelineentry USING btree (corrects_id);


CREATE INDEX incidents_timelineentry_incident_id_1647aff9 ON public.incidents_timelineentry USING btree (incident_id);


CREATE INDEX incidents_tracker_hook_digest_215c648f_like ON public.incidents_tracker USING btree (hook_digest varchar_pattern_ops);


CREATE INDEX incidents_tracker_name_76271625_like ON public.incidents_tracker USING btree (name varchar_pattern_ops);


CREATE INDEX incidents_tracker_team_id_4a3f5a18 ON public.incidents_tracker USING btree (team_id);


CREATE INDEX incidents_trackerdelivery_received_at_10855934 ON public.incidents_trackerdelivery USING btree (received_at);


CREATE INDEX incidents_trackerdelivery_tracker_id_45871f88 ON public.incidents_trackerdelivery USING btree (tracker_id);


CREATE INDEX incidents_trackerlink_asked_by_id_5f2d1367 ON public.incidents_trackerlink USING btree (asked_by_id);


CREATE INDEX incidents_trackerlink_item_id_798618c5 ON public.incidents_trackerlink USING btree (item_id);


CREATE INDEX incidents_trackerlink_marker_098ab93e_like ON public.incidents_trackerlink USING btree (marker varchar_pattern_ops);


CREATE INDEX incidents_trackerlink_tracker_id_cb17bf2d ON public.incidents_trackerlink USING btree (tracker_id);


CREATE INDEX incidents_trackerperson_tracker_id_3ad552e0 ON public.incidents_trackerperson USING btree (tracker_id);


CREATE INDEX incidents_trackerperson_user_id_507ef276 ON public.incidents_trackerperson USING btree (user_id);


CREATE INDEX incidents_walllink_digest_ecd9a3d2_like ON public.incidents_walllink USING btree (digest varchar_pattern_ops);


CREATE INDEX incidents_walllink_made_by_id_47e5aa58 ON public.incidents_walllink USING btree (made_by_id);


CREATE INDEX incidents_walllink_teams_team_id_420c7405 ON public.incidents_walllink_teams USING btree (team_id);


CREATE INDEX incidents_walllink_teams_walllink_id_acee0ef6 ON public.incidents_walllink_teams USING btree (walllink_id);


CREATE INDEX incidents_witness_attached_by_id_8d378666 ON public.incidents_witness USING btree (attached_by_id);


CREATE INDEX incidents_witness_check_of_id_ada0e88b ON public.incidents_witness USING btree (check_of_id);


CREATE INDEX incidents_witness_incident_id_d571ae66 ON public.incidents_witness USING btree (incident_id);


CREATE INDEX incidents_witness_removed_by_id_8bf402d2 ON public.incidents_witness USING btree (removed_by_id);


CREATE INDEX incidents_witnesspoint_witness_id_dc11463a ON public.incidents_witnesspoint USING btree (witness_id);


CREATE UNIQUE INDEX integration_one_of_drills ON public.incidents_integration USING btree (team_id) WHERE ((kind)::text = 'drill'::text);


CREATE UNIQUE INDEX invitation_once_a_team ON public.teams_invitation USING btree (lower((email)::text), team_id) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL) AND (team_id IS NOT NULL));


CREATE UNIQUE INDEX invitation_once_without_team ON public.teams_invitation USING btree (lower((email)::text)) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL) AND (team_id IS NULL));


CREATE INDEX maintenance_ends ON public.incidents_maintenance USING btree (ends_at);


CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);


CREATE UNIQUE INDEX mitigation_call_one_waiting ON public.incidents_mitigationcall USING btree (incident_id, change_id) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'calling'::character varying])::text[]));


CREATE INDEX mitigation_call_waiting ON public.incidents_mitigationcall USING btree (due_at) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'calling'::character varying])::text[]));


CREATE INDEX mitigation_to_judge ON public.incidents_mitigation USING btree (deadline_at) WHERE ((asked_at IS NULL) AND (deadline_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['executing'::character varying, 'verifying'::character varying])::text[])));


CREATE INDEX page_maintenance_due ON public.comms_pagemaintenance USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE INDEX page_maintenance_of_page ON public.comms_pagemaintenance USING btree (page_id, scheduled_for DESC);


CREATE INDEX page_maintenance_remind ON public.comms_pagemaintenance USING btree (remind_at) WHERE (remind_at IS NOT NULL);


CREATE INDEX page_round_robin ON public.incidents_page USING btree (target_kind, target_id, user_id, created_at DESC) WHERE ((target_way)::text = 'round_robin'::text);


CREATE UNIQUE INDEX playbook_once ON public.incidents_playbook USING btree (team_id, title) WHERE (retired_at IS NULL);


CREATE UNIQUE INDEX playbook_runs_once_at_a_time ON public.incidents_playbookrun USING btree (incident_id, playbook_id) WHERE (ended_at IS NULL);


CREATE INDEX postmortem_full_text ON public.incidents_postmortem USING gin (to_tsvector('english'::regconfig, (((COALESCE(title, ''::character varying))::text || ' '::text) || COALESCE(body, ''::text))));


CREATE UNIQUE INDEX promise_one_standing ON public.incidents_promise USING btree (incident_id) WHERE (ended_at IS NULL);


CREATE INDEX promise_remind ON public.incidents_promise USING btree (remind_at) WHERE (remind_at IS NOT NULL);


CREATE INDEX promise_scored ON public.incidents_promise USING btree (due_at) WHERE ((outcome)::text = ANY ((ARRAY['kept'::character varying, 'broken'::character varying])::text[]));


CREATE UNIQUE INDEX relation_once ON public.incidents_relation USING btree (LEAST(incident_id, other_id), GREATEST(incident_id, other_id), kind);


CREATE UNIQUE INDEX relation_one_parent ON public.incidents_relation USING btree (incident_id) WHERE ((kind)::text = 'parent'::text);


CREATE UNIQUE INDEX review_approval_asked_once ON public.incidents_reviewapproval USING btree (postmortem_id, user_id) WHERE ((answer)::text = 'waiting'::text);


CREATE INDEX role_answer_due ON public.incidents_roleassignment USING btree (answer_due_at) WHERE ((answer_due_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['offered'::character varying, 'held'::character varying])::text[])));


CREATE INDEX role_held_by ON public.incidents_roleassignment USING btree (user_id) WHERE ((state)::text = 'held'::text);


CREATE UNIQUE INDEX role_once_a_person ON public.incidents_roleassignment USING btree (incident_id, role_id, user_id) WHERE ((state)::text = ANY ((ARRAY['held'::character varying, 'offered'::character varying])::text[]));


CREATE UNIQUE INDEX role_one_holder ON public.incidents_roleassignment USING btree (incident_id, role_id) WHERE (single_seat AND ((state)::text = 'held'::text));


CREATE UNIQUE INDEX roster_warning_open_once ON public.teams_rosterwarning USING btree (team_id, key) WHERE (gone_at IS NULL);


CREATE UNIQUE INDEX rule_one_default ON public.incidents_routingrule USING btree (is_default) WHERE is_default;


CREATE INDEX run_due ON public.incidents_escalationrun USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE UNIQUE INDEX run_one_of_a_request ON public.incidents_escalationrun USING btree (request_id) WHERE ((state)::text = 'running'::text);


CREATE UNIQUE INDEX run_one_running ON public.incidents_escalationrun USING btree (incident_id) WHERE ((request_id IS NULL) AND ((state)::text = 'running'::text));


CREATE UNIQUE INDEX service_entity_once ON public.teams_service USING btree (entity_ref) WHERE (NOT ((entity_ref)::text = ''::text));


CREATE INDEX silence_ends ON public.incidents_silence USING btree (ends_at);


CREATE INDEX socialaccount_socialaccount_user_id_8146e70c ON public.socialaccount_socialaccount USING btree (user_id);


CREATE INDEX socialaccount_socialtoken_account_id_951f210e ON public.socialaccount_socialtoken USING btree (account_id);


CREATE INDEX socialaccount_socialtoken_app_id_636a42d7 ON public.socialaccount_socialtoken USING btree (app_id);


CREATE UNIQUE INDEX status_page_domain_once ON public.comms_statuspage USING btree (lower((domain)::text)) WHERE (NOT ((domain)::text = ''::text));


CREATE UNIQUE INDEX status_page_one_default ON public.comms_statuspage USING btree (is_default) WHERE is_default;


CREATE INDEX status_update_due ON public.comms_statusupdate USING btree (publish_at) WHERE ((status)::text = 'scheduled'::text);


CREATE INDEX status_update_fan_out ON public.comms_statusupdate USING btree (fan_out_at) WHERE (fan_out_at IS NOT NULL);


CREATE INDEX subscriber_by_email ON public.comms_subscriber USING btree (lower((email)::text));


CREATE UNIQUE INDEX subscriber_endpoint_once_a_page ON public.comms_subscriber USING btree (page_id, endpoint_mark) WHERE (NOT ((endpoint_mark)::text = ''::text));


CREATE UNIQUE INDEX subscriber_once_a_page ON public.comms_subscriber USING btree (page_id, lower((email)::text)) WHERE ((channel)::text = 'email'::text);


CREATE INDEX symptom_document ON public.incidents_symptom USING gin (document);


CREATE INDEX task_remind ON public.incidents_incidenttask USING btree (remind_at) WHERE (remind_at IS NOT NULL);


CREATE INDEX task_unfinished_of ON public.incidents_incidenttask USING btree (owner_id) WHERE ((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying])::text[]));


CREATE INDEX teams_accessevent_at_a6ad9a12 ON public.teams_accessevent USING btree (at);


CREATE INDEX teams_accessevent_by_id_b241e055 ON public.teams_accessevent USING btree (by_id);


CREATE INDEX teams_accessevent_kind_d5c7a355 ON public.teams_accessevent USING btree (kind);


CREATE INDEX teams_accessevent_kind_d5c7a355_like ON public.teams_accessevent USING btree (kind varchar_pattern_ops);


CREATE INDEX teams_accessevent_user_id_18a94199 ON public.teams_accessevent USING btree (user_id);


CREATE INDEX teams_apitoken_digest_49f6e6bd_like ON public.teams_apitoken USING btree (digest varchar_pattern_ops);


CREATE INDEX teams_apitoken_made_by_id_c42e422f ON public.teams_apitoken USING btree (made_by_id);


CREATE INDEX teams_apitoken_user_id_0730695c ON public.teams_apitoken USING btree (user_id);


CREATE INDEX teams_auditline_event_id_ff8d68ad ON public.teams_auditline USING btree (event_id);


CREATE INDEX teams_auditline_stream_id_068f13cd ON public.teams_auditline USING btree (stream_id);


CREATE INDEX teams_auditstream_name_921b0ebf_like ON public.teams_auditstream USING btree (name varchar_pattern_ops);


CREATE INDEX teams_calen_due_at_375b59_idx ON public.teams_calendarsource USING btree (due_at);


CREATE INDEX teams_calendarfeed_digest_c4737376_like ON public.teams_calendarfeed USING btree (digest varchar_pattern_ops);


CREATE INDEX teams_calendarfeed_schedule_id_7086f62c ON public.teams_calendarfeed USING btree (schedule_id);


CREATE INDEX teams_calendarfeed_user_id_c1973cea ON public.teams_calendarfeed USING btree (user_id);


CREATE INDEX teams_calendarsource_created_by_id_fdca7adb ON public.teams_calendarsource USING btree (created_by_id);


CREATE INDEX teams_contactmethod_user_id_397a08d2 ON public.teams_contactmethod USING btree (user_id);


CREATE INDEX teams_escalationpolicy_fallback_user_id_07930417 ON public.teams_escalationpolicy USING btree (fallback_user_id);


CREATE INDEX teams_escalationpolicy_team_id_dec4dc68 ON public.teams_escalationpolicy USING btree (team_id);


CREATE INDEX teams_escalationstep_policy_id_31edf11d ON public.teams_escalationstep USING btree (policy_id);


CREATE INDEX teams_escalationtarget_schedule_id_843d94bc ON public.teams_escalationtarget USING btree (schedule_id);


CREATE INDEX teams_escalationtarget_step_id_2103c110 ON public.teams_escalationtarget USING btree (step_id);


CREATE INDEX teams_escalationtarget_team_id_ea2cdc53 ON public.teams_escalationtarget USING btree (team_id);


CREATE INDEX teams_escalationtarget_user_id_54552828 ON public.teams_escalationtarget USING btree (user_id);


CREATE INDEX teams_escalationtarget_webhook_id_19cb3e1d ON public.teams_escalationtarget USING btree (webhook_id);


CREATE INDEX teams_groupmapping_provider_id_2afc0334 ON public.teams_groupmapping USING btree (provider_id);


CREATE INDEX teams_groupmapping_team_id_1698aabd ON public.teams_groupmapping USING btree (team_id);


CREATE INDEX teams_idempotencykey_created_at_8500095f ON public.teams_idempotencykey USING btree (created_at);


CREATE INDEX teams_idempotencykey_user_id_3a02b596 ON public.teams_idempotencykey USING btree (user_id);


CREATE INDEX teams_identityprovider_slug_c47535b4_like ON public.teams_identityprovider USING btree (slug varchar_pattern_ops);


CREATE INDEX teams_impor_schedul_407c49_idx ON public.teams_importedshift USING btree (schedule_id, ends_at);


CREATE INDEX teams_importedshift_schedule_id_7f2581f7 ON public.teams_importedshift USING btree (schedule_id);


CREATE INDEX teams_importedshift_user_id_802ac4fe ON public.teams_importedshift USING btree (user_id);


CREATE INDEX teams_invitation_accepted_by_id_54de7e46 ON public.teams_invitation USING btree (accepted_by_id);


CREATE INDEX teams_invitation_digest_927edeea_like ON public.teams_invitation USING btree (digest varchar_pattern_ops);


CREATE INDEX teams_invitation_invited_by_id_41547d4c ON public.teams_invitation USING btree (invited_by_id);


CREATE INDEX teams_invitation_team_id_a2bdbbfc ON public.teams_invitation USING btree (team_id);


CREATE INDEX teams_layer_changed_by_id_feb47bc4 ON public.teams_layer USING btree (changed_by_id);


CREATE INDEX teams_layer_replaced_by_id_4e2362b9 ON public.teams_layer USING btree (replaced_by_id);


CREATE INDEX teams_layer_schedule_id_d8715c54 ON public.teams_layer USING btree (schedule_id);


CREATE INDEX teams_layermember_layer_id_04a6f05e ON public.teams_layermember USING btree (layer_id);


CREATE INDEX teams_layermember_user_id_7978820e ON public.teams_layermember USING btree (user_id);


CREATE INDEX teams_membership_team_id_d18da3f9 ON public.teams_membership USING btree (team_id);


CREATE INDEX teams_membership_user_id_b6b997fa ON public.teams_membership USING btree (user_id);


CREATE INDEX teams_notificationrule_method_id_869b5523 ON public.teams_notificationrule USING btree (method_id);


CREATE INDEX teams_notificationrule_user_id_3f80f35b ON public.teams_notificationrule USING btree (user_id);


CREATE INDEX teams_organization_default_policy_id_ddead977 ON public.teams_organization USING btree (default_policy_id);


CREATE INDEX teams_overr_schedul_a404d3_idx ON public.teams_override USING btree (schedule_id, ends_at);


CREATE INDEX teams_override_created_by_id_f4dc744c ON public.teams_override USING btree (created_by_id);


CREATE INDEX teams_override_replaces_id_6cc615ee ON public.teams_override USING btree (replaces_id);


CREATE INDEX teams_override_schedule_id_4a893c64 ON public.teams_override USING btree (schedule_id);


CREATE INDEX teams_override_swap_id_bb606c71 ON public.teams_override USING btree (swap_id);


CREATE INDEX teams_override_user_id_66eeee2e ON public.teams_override USING btree (user_id);


CREATE INDEX teams_providedrole_provider_id_58baf8f5 ON public.teams_providedrole USING btree (provider_id);


CREATE INDEX teams_publishedshift_schedule_id_4a5ec9a1 ON public.teams_publishedshift USING btree (schedule_id);


CREATE INDEX teams_publishedshift_user_id_16e03f2f ON public.teams_publishedshift USING btree (user_id);


CREATE INDEX teams_role_name_f1f5040e_like ON public.teams_role USING btree (name varchar_pattern_ops);


CREATE INDEX teams_role_schedule_id_d88d4102 ON public.teams_role USING btree (schedule_id);


CREATE INDEX teams_role_slug_7b2cfe71_like ON public.teams_role USING btree (slug varchar_pattern_ops);


CREATE INDEX teams_rosterwarning_schedule_id_6db872fb ON public.teams_rosterwarning USING btree (schedule_id);


CREATE INDEX teams_rosterwarning_team_id_469bf1a8 ON public.teams_rosterwarning USING btree (team_id);


CREATE INDEX teams_rosterwarning_user_id_3828534e ON public.teams_rosterwarning USING btree (user_id);


CREATE INDEX teams_schedule_team_id_1718a6e1 ON public.teams_schedule USING btree (team_id);


CREATE INDEX teams_scimrecord_external_id_73afbe33 ON public.teams_scimrecord USING btree (external_id);


CREATE INDEX teams_scimrecord_external_id_73afbe33_like ON public.teams_scimrecord USING btree (external_id varchar_pattern_ops);


CREATE INDEX teams_scimrecord_provider_id_0cad6c7b ON public.teams_scimrecord USING btree (provider_id);


CREATE INDEX teams_scimtoken_created_by_id_b02a676c ON public.teams_scimtoken USING btree (created_by_id);


CREATE INDEX teams_scimtoken_digest_be49039d_like ON public.teams_scimtoken USING btree (digest varchar_pattern_ops);


CREATE INDEX teams_scimtoken_provider_id_6034e602 ON public.teams_scimtoken USING btree (provider_id);


CREATE INDEX teams_service_escalation_policy_id_1cb1e084 ON public.teams_service USING btree (escalation_policy_id);


CREATE INDEX teams_service_name_0eb1a769_like ON public.teams_service USING btree (name varchar_pattern_ops);


CREATE INDEX teams_service_rollback_webhook_id_f8f4d0f2 ON public.teams_service USING btree (rollback_webhook_id);


CREATE INDEX teams_service_slug_69669625_like ON public.teams_service USING btree (slug varchar_pattern_ops);


CREATE INDEX teams_service_team_id_3ebd19fe ON public.teams_service USING btree (team_id);


CREATE INDEX teams_servicedependency_depends_on_id_37d9300c ON public.teams_servicedependency USING btree (depends_on_id);


CREATE INDEX teams_servicedependency_service_id_7f5f7e11 ON public.teams_servicedependency USING btree (service_id);


CREATE INDEX teams_servicelink_service_id_f41a5a74 ON public.teams_servicelink USING btree (service_id);


CREATE INDEX teams_swap_answered_by_id_d226395e ON public.teams_swap USING btree (answered_by_id);


CREATE INDEX teams_swap_asked_id_b2e68f5c ON public.teams_swap USING btree (asked_id);


CREATE INDEX teams_swap_schedul_02823c_idx ON public.teams_swap USING btree (schedule_id, state, starts_at);


CREATE INDEX teams_swap_schedule_id_2a22ca55 ON public.teams_swap USING btree (schedule_id);


CREATE INDEX teams_swap_user_id_cd28f4df ON public.teams_swap USING btree (user_id);


CREATE INDEX teams_team_commander_schedule_id_0306f04a ON public.teams_team USING btree (commander_schedule_id);


CREATE INDEX teams_team_escalation_policy_id_dfe42fb2 ON public.teams_team USING btree (escalation_policy_id);


CREATE INDEX teams_team_name_c519f9ad_like ON public.teams_team USING btree (name varchar_pattern_ops);


CREATE INDEX teams_team_slug_301a24e5_like ON public.teams_team USING btree (slug varchar_pattern_ops);


CREATE INDEX teams_timeo_user_id_99e78e_idx ON public.teams_timeoff USING btree (user_id, ends_at);


CREATE INDEX teams_timeoff_created_by_id_feb2a208 ON public.teams_timeoff USING btree (created_by_id);


CREATE INDEX teams_timeoff_user_id_3d95a44e ON public.teams_timeoff USING btree (user_id);


CREATE INDEX teams_user_username_82cb91fe_like ON public.teams_user USING btree (username varchar_pattern_ops);


CREATE INDEX teams_webhook_team_id_0d564d9e ON public.teams_webhook USING btree (team_id);


CREATE INDEX timeline_full_text ON public.incidents_timelineentry USING gin (to_tsvector('english'::regconfig, ((COALESCE(text, ''::text) || ' '::text) || COALESCE(reason, ''::text)))) WITH (gin_pending_list_limit='1024', fastupdate='on');


CREATE INDEX token_due ON public.teams_apitoken USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE INDEX tracker_due ON public.incidents_tracker USING btree (poll_due_at) WHERE (poll_due_at IS NOT NULL);


CREATE INDEX tracker_link_due ON public.incidents_trackerlink USING btree (due_at) WHERE (due_at IS NOT NULL);


CREATE INDEX tracker_link_leased ON public.incidents_trackerlink USING btree (leased_until) WHERE (leased_until IS NOT NULL);


CREATE UNIQUE INDEX tracker_link_one_item_an_issue ON public.incidents_trackerlink USING btree (tracker_id, number) WHERE (NOT ((number)::text = ''::text));


CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY ((ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]));


CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";


CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;


CREATE UNIQUE INDEX user_email_unique ON public.teams_user USING btree (lower((email)::text));


CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);


CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);


CREATE INDEX witness_due ON public.incidents_witness USING btree (due_at) WHERE ((due_at IS NOT NULL) AND (removed_at IS NULL));


CREATE UNIQUE INDEX witness_once_per_check ON public.incidents_witness USING btree (incident_id, check_of_id) WHERE ((check_of_id IS NOT NULL) AND (removed_at IS NULL));


CREATE INDEX witness_tidy ON public.incidents_witness USING btree (tidy_at) WHERE (tidy_at IS NOT NULL);


CREATE TRIGGER attachment_content_holds BEFORE DELETE OR UPDATE ON public.incidents_attachmentcontent FOR EACH ROW EXECUTE FUNCTION public.incidents_attachment_content_holds();


CREATE TRIGGER attachment_holds BEFORE DELETE OR UPDATE ON public.incidents_attachment FOR EACH ROW EXECUTE FUNCTION public.incidents_attachment_holds();


CREATE TRIGGER default_rule_stays BEFORE DELETE ON public.incidents_routingrule FOR EACH ROW WHEN (old.is_default) EXECUTE FUNCTION public.incidents_default_rule_stays();


CREATE TRIGGER default_rule_stays_default BEFORE UPDATE ON public.incidents_routingrule FOR EACH ROW WHEN ((old.is_default <> new.is_default)) EXECUTE FUNCTION public.incidents_default_rule_stays();


CREATE TRIGGER not_of_a_drill BEFORE INSERT OR UPDATE OF incident_id ON public.comms_pageincident FOR EACH ROW WHEN ((new.incident_id IS NOT NULL)) EXECUTE FUNCTION public.watchbill_not_of_a_drill();


CREATE TRIGGER not_of_a_drill BEFORE INSERT ON public.incidents_escalationrun FOR EACH ROW EXECUTE FUNCTION public.watchbill_not_of_a_drill();


CREATE TRIGGER not_of_a_drill BEFORE INSERT ON public.incidents_mitigationcall FOR EACH ROW EXECUTE FUNCTION public.watchbill_not_of_a_drill();


CREATE TRIGGER not_of_a_drill BEFORE INSERT ON public.incidents_page FOR EACH ROW EXECUTE FUNCTION public.watchbill_not_of_a_drill();


CREATE TRIGGER not_sent_of_a_drill BEFORE INSERT ON public.comms_delivery FOR EACH ROW WHEN ((new.entry_id IS NOT NULL)) EXECUTE FUNCTION public.watchbill_not_sent_of_a_drill();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_component DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_componentgroup DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_maintenancecomponent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_maintenance_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_maintenanceupdate DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_maintenance_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_pageincident DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_pagelogo DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_pagemaintenance DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.comms_statusupdate DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes AFTER INSERT OR DELETE OR UPDATE ON public.incidents_postmortem DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_page_changes();


CREATE CONSTRAINT TRIGGER page_changes_by_privacy AFTER UPDATE ON public.incidents_incident DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.private IS DISTINCT FROM new.private)) EXECUTE FUNCTION public.comms_privacy_changes();


CREATE CONSTRAINT TRIGGER page_changes_untold AFTER INSERT OR DELETE OR UPDATE ON public.incidents_postmortem DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.comms_untold_postmortem_changes();


CREATE TRIGGER page_itself_changes BEFORE UPDATE ON public.comms_statuspage FOR EACH ROW EXECUTE FUNCTION public.comms_page_itself_changes();


CREATE TRIGGER pgtrigger_append_only_14ecf BEFORE DELETE OR UPDATE ON public.teams_accessevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_14ecf();


COMMENT ON TRIGGER pgtrigger_append_only_14ecf ON public.teams_accessevent IS 'be72935ed981ff6c7c81951a3f801be5b604d463';


CREATE TRIGGER pgtrigger_append_only_72af4 BEFORE DELETE OR UPDATE ON public.teams_auditevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_72af4();


COMMENT ON TRIGGER pgtrigger_append_only_72af4 ON public.teams_auditevent IS '45da3fb1eb0f7d9f1fe9d274ac99b1a4934f8ca6';


CREATE TRIGGER pgtrigger_audit_010d9 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_factortag FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_010d9();


COMMENT ON TRIGGER pgtrigger_audit_010d9 ON public.incidents_factortag IS 'dfd38c20ec8e9d8c21472c26090383443f5ff567';


CREATE TRIGGER pgtrigger_audit_02c76 AFTER INSERT OR DELETE OR UPDATE ON public.teams_webhook FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_02c76();


COMMENT ON TRIGGER pgtrigger_audit_02c76 ON public.teams_webhook IS '96964cd5ecf6585df71cb4362e8c0306dd7ad838';


CREATE TRIGGER pgtrigger_audit_03162 AFTER INSERT OR DELETE OR UPDATE ON public.teams_apitoken FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_03162();


COMMENT ON TRIGGER pgtrigger_audit_03162 ON public.teams_apitoken IS '60208864b5e898baa695c96ab0a5211d2d148c02';


CREATE TRIGGER pgtrigger_audit_05531 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_trackerperson FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_05531();


COMMENT ON TRIGGER pgtrigger_audit_05531 ON public.incidents_trackerperson IS 'e8e6d968cf2e6a31daa2070d2c3e0957d0a2ab24';


CREATE TRIGGER pgtrigger_audit_0ac4c AFTER INSERT OR DELETE OR UPDATE ON public.incidents_coachphrase FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_0ac4c();


COMMENT ON TRIGGER pgtrigger_audit_0ac4c ON public.incidents_coachphrase IS '91169c5e8f9f0e8659ed7e756a1e567de7ef3aa5';


CREATE TRIGGER pgtrigger_audit_0d772 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_maintenance FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_0d772();


COMMENT ON TRIGGER pgtrigger_audit_0d772 ON public.incidents_maintenance IS 'fd92aed9bb33b820bf6dc23eea0cd159509a9cef';


CREATE TRIGGER pgtrigger_audit_0f09b AFTER INSERT OR DELETE OR UPDATE ON public.comms_pagerole FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_0f09b();


COMMENT ON TRIGGER pgtrigger_audit_0f09b ON public.comms_pagerole IS '32403a8b58f6cc9fd744f5531b8ef30f52fe35f0';


CREATE TRIGGER pgtrigger_audit_12d72 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_walllink FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_12d72();


COMMENT ON TRIGGER pgtrigger_audit_12d72 ON public.incidents_walllink IS '22a4db05277e0a80152361f7a9f0c22af4a10dc5';


CREATE TRIGGER pgtrigger_audit_1bcbd AFTER INSERT OR DELETE OR UPDATE ON public.socialaccount_socialaccount FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_1bcbd();


COMMENT ON TRIGGER pgtrigger_audit_1bcbd ON public.socialaccount_socialaccount IS '0cde31ab5dbf6402ffa01bab66eba7ee84f1bc77';


CREATE TRIGGER pgtrigger_audit_234b2 AFTER INSERT OR DELETE OR UPDATE ON public.teams_user FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_234b2();


COMMENT ON TRIGGER pgtrigger_audit_234b2 ON public.teams_user IS '46850eec48c9b123f18ebe3df33587c0a33304f2';


CREATE TRIGGER pgtrigger_audit_284d0 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_roleduty FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_284d0();


COMMENT ON TRIGGER pgtrigger_audit_284d0 ON public.incidents_roleduty IS '031d0a4db17f045e0fdcdb8cdaed2e7521033298';


CREATE TRIGGER pgtrigger_audit_2a594 AFTER INSERT OR DELETE OR UPDATE ON public.teams_contactmethod FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_2a594();


COMMENT ON TRIGGER pgtrigger_audit_2a594 ON public.teams_contactmethod IS '92f2e8ac55f01c4705b5e99e37614338617397d9';


CREATE TRIGGER pgtrigger_audit_2b564 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_mitigationcard FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_2b564();


COMMENT ON TRIGGER pgtrigger_audit_2b564 ON public.incidents_mitigationcard IS 'e10100df3bc240b641b8b35c5bd1470224059ea4';


CREATE TRIGGER pgtrigger_audit_2c90c AFTER INSERT OR DELETE OR UPDATE ON public.comms_pagemaintenance FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_2c90c();


COMMENT ON TRIGGER pgtrigger_audit_2c90c ON public.comms_pagemaintenance IS '02025d1fdb4d6a030cc9704d2b4147df361104d5';


CREATE TRIGGER pgtrigger_audit_2d082 AFTER INSERT OR DELETE OR UPDATE ON public.teams_layer FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_2d082();


COMMENT ON TRIGGER pgtrigger_audit_2d082 ON public.teams_layer IS '4601047831829df3cc7e2b1c77e41efde811387b';


CREATE TRIGGER pgtrigger_audit_36f05 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_heartbeat FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_36f05();


COMMENT ON TRIGGER pgtrigger_audit_36f05 ON public.incidents_heartbeat IS '5e9b885f9cc81c2e7867e9e6dcb269547e7a4940';


CREATE TRIGGER pgtrigger_audit_39424 AFTER INSERT OR DELETE OR UPDATE ON public.teams_service FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_39424();


COMMENT ON TRIGGER pgtrigger_audit_39424 ON public.teams_service IS '9e952c43fe5bd5ecf421ce64f9d2e14c46790d74';


CREATE TRIGGER pgtrigger_audit_3a56e AFTER INSERT OR DELETE OR UPDATE ON public.incidents_playbookstep FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_3a56e();


COMMENT ON TRIGGER pgtrigger_audit_3a56e ON public.incidents_playbookstep IS '0be186fe8a6d74aef476b5ae55c1e8f049a1f665';


CREATE TRIGGER pgtrigger_audit_40946 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_integrationkey FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_40946();


COMMENT ON TRIGGER pgtrigger_audit_40946 ON public.incidents_integrationkey IS '3b540bac2fe26d1792e30ab6a04c1b5b85b5a6fc';


CREATE TRIGGER pgtrigger_audit_426ef AFTER INSERT OR DELETE OR UPDATE ON public.incidents_silence FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_426ef();


COMMENT ON TRIGGER pgtrigger_audit_426ef ON public.incidents_silence IS '96cf60013d64008e0153f44534a3bda175ecabb3';


CREATE TRIGGER pgtrigger_audit_46dd4 AFTER INSERT OR DELETE OR UPDATE ON public.comms_drill FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_46dd4();


COMMENT ON TRIGGER pgtrigger_audit_46dd4 ON public.comms_drill IS '09a9385e6972c91760cc7fc13bcdc9ada841b892';


CREATE TRIGGER pgtrigger_audit_48e1e AFTER INSERT OR DELETE OR UPDATE ON public.comms_updatetemplate FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_48e1e();


COMMENT ON TRIGGER pgtrigger_audit_48e1e ON public.comms_updatetemplate IS 'c3e8c8383e9a390164392dd6eec83496761a9767';


CREATE TRIGGER pgtrigger_audit_4d3a6 AFTER INSERT OR DELETE OR UPDATE ON public.teams_groupmapping FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_4d3a6();


COMMENT ON TRIGGER pgtrigger_audit_4d3a6 ON public.teams_groupmapping IS '8fa402c1a697253d3828c657efca60bfb50d27c5';


CREATE TRIGGER pgtrigger_audit_4d672 AFTER INSERT OR DELETE OR UPDATE ON public.teams_membership FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_4d672();


COMMENT ON TRIGGER pgtrigger_audit_4d672 ON public.teams_membership IS '8f86188ade217b9a1de66c0f1356e314f8b38dc7';


CREATE TRIGGER pgtrigger_audit_4d9a7 AFTER INSERT OR DELETE OR UPDATE ON public.teams_escalationtarget FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_4d9a7();


COMMENT ON TRIGGER pgtrigger_audit_4d9a7 ON public.teams_escalationtarget IS 'f6a332b6c8a15121ae50cb5f4f8e5c655e1553dd';


CREATE TRIGGER pgtrigger_audit_52e17 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_rolepolicy FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_52e17();


COMMENT ON TRIGGER pgtrigger_audit_52e17 ON public.incidents_rolepolicy IS 'f749b57adcc20f44f2f6c49125ac7d9c00bc6d8f';


CREATE TRIGGER pgtrigger_audit_561bf AFTER INSERT OR DELETE OR UPDATE ON public.teams_providedrole FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_561bf();


COMMENT ON TRIGGER pgtrigger_audit_561bf ON public.teams_providedrole IS '45f1a5a9794cfdce9e4892186382067faf1890b4';


CREATE TRIGGER pgtrigger_audit_59b54 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_figuredefinition FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_59b54();


COMMENT ON TRIGGER pgtrigger_audit_59b54 ON public.incidents_figuredefinition IS '8a6f6838fcf175196803ea77a5a957b1b7fcc490';


CREATE TRIGGER pgtrigger_audit_634e2 AFTER INSERT OR DELETE OR UPDATE ON public.teams_escalationstep FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_634e2();


COMMENT ON TRIGGER pgtrigger_audit_634e2 ON public.teams_escalationstep IS 'a36486d67a3b76258492d084f5e80e9b936c0d46';


CREATE TRIGGER pgtrigger_audit_64fa2 AFTER INSERT OR DELETE OR UPDATE ON public.teams_servicedependency FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_64fa2();


COMMENT ON TRIGGER pgtrigger_audit_64fa2 ON public.teams_servicedependency IS '39bc2556e087f8445ef15ea7d03112752375e45d';


CREATE TRIGGER pgtrigger_audit_688c6 AFTER INSERT OR DELETE OR UPDATE ON public.teams_role FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_688c6();


COMMENT ON TRIGGER pgtrigger_audit_688c6 ON public.teams_role IS '17303b234338f5c26fcd06d354ef25c2be3e313a';


CREATE TRIGGER pgtrigger_audit_6b9f4 AFTER INSERT OR DELETE OR UPDATE ON public.teams_team FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_6b9f4();


COMMENT ON TRIGGER pgtrigger_audit_6b9f4 ON public.teams_team IS '2aae88f22eb0e83e144491d795e8bdccd4cc0891';


CREATE TRIGGER pgtrigger_audit_6d63a AFTER INSERT OR DELETE OR UPDATE ON public.teams_swap FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_6d63a();


COMMENT ON TRIGGER pgtrigger_audit_6d63a ON public.teams_swap IS '5b708b36bc536f82fd48955ec6f825bc29ad2bd0';


CREATE TRIGGER pgtrigger_audit_75e2e AFTER INSERT OR DELETE OR UPDATE ON public.incidents_customfield FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_75e2e();


COMMENT ON TRIGGER pgtrigger_audit_75e2e ON public.incidents_customfield IS 'dd038dc3972c3aec9f756f627f00c6e7e7e2f0af';


CREATE TRIGGER pgtrigger_audit_79e97 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_playbook FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_79e97();


COMMENT ON TRIGGER pgtrigger_audit_79e97 ON public.incidents_playbook IS '774bf3c6f8b25a8e4e49c5fa56fc79137fa6f92d';


CREATE TRIGGER pgtrigger_audit_7e28a AFTER INSERT OR DELETE OR UPDATE ON public.comms_component FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_7e28a();


COMMENT ON TRIGGER pgtrigger_audit_7e28a ON public.comms_component IS '0b598dcd904bc90409c7462fd59f626eac951ffa';


CREATE TRIGGER pgtrigger_audit_842d6 AFTER INSERT OR DELETE OR UPDATE ON public.teams_auditstream FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_842d6();


COMMENT ON TRIGGER pgtrigger_audit_842d6 ON public.teams_auditstream IS '6b4b39c7e9eb837390d9fd487ae071e2b0b2abe7';


CREATE TRIGGER pgtrigger_audit_84c18 AFTER INSERT OR DELETE OR UPDATE ON public.teams_calendarsource FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_84c18();


COMMENT ON TRIGGER pgtrigger_audit_84c18 ON public.teams_calendarsource IS '6129e6a3421c4035f71585e783cb281128a06b9c';


CREATE TRIGGER pgtrigger_audit_86336 AFTER INSERT OR DELETE OR UPDATE ON public.teams_organization FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_86336();


COMMENT ON TRIGGER pgtrigger_audit_86336 ON public.teams_organization IS '8999483eb40fbd753a0ecd96adeebb82b0aca0b0';


CREATE TRIGGER pgtrigger_audit_89ae0 AFTER INSERT OR DELETE OR UPDATE ON public.teams_invitation FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_89ae0();


COMMENT ON TRIGGER pgtrigger_audit_89ae0 ON public.teams_invitation IS '94dbb0993112bb6b9ce6ba28722858c40839d9e1';


CREATE TRIGGER pgtrigger_audit_8f2de AFTER INSERT OR DELETE OR UPDATE ON public.mfa_authenticator FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_8f2de();


COMMENT ON TRIGGER pgtrigger_audit_8f2de ON public.mfa_authenticator IS '523259adf8d35db3c420d0c244497a58ea2753ec';


CREATE TRIGGER pgtrigger_audit_94bce AFTER INSERT ON public.teams_accessevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_94bce();


COMMENT ON TRIGGER pgtrigger_audit_94bce ON public.teams_accessevent IS '10d904d62001fe0411e8f40d037fda89fa0a46b2';


CREATE TRIGGER pgtrigger_audit_961dd AFTER INSERT OR DELETE OR UPDATE ON public.incidents_postmortemtemplate FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_961dd();


COMMENT ON TRIGGER pgtrigger_audit_961dd ON public.incidents_postmortemtemplate IS 'f87fbd7153555aa5244f5db5940d70ea29e6713f';


CREATE TRIGGER pgtrigger_audit_9f863 AFTER INSERT OR DELETE OR UPDATE ON public.teams_notificationrule FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_9f863();


COMMENT ON TRIGGER pgtrigger_audit_9f863 ON public.teams_notificationrule IS '014498782350e5ec1c1df05a54e8f5aed095758f';


CREATE TRIGGER pgtrigger_audit_a3e8c AFTER INSERT OR DELETE OR UPDATE ON public.comms_approval FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_a3e8c();


COMMENT ON TRIGGER pgtrigger_audit_a3e8c ON public.comms_approval IS '695fdcd063a7e593bf9ce7475a7764205017e9e1';


CREATE TRIGGER pgtrigger_audit_a6708 AFTER INSERT OR DELETE OR UPDATE ON public.teams_escalationpolicy FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_a6708();


COMMENT ON TRIGGER pgtrigger_audit_a6708 ON public.teams_escalationpolicy IS '32a47c81df0d4c1ccfcd5ec148d73fb95126b3f0';


CREATE TRIGGER pgtrigger_audit_a7e50 AFTER INSERT OR DELETE OR UPDATE ON public.teams_identityprovider FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_a7e50();


COMMENT ON TRIGGER pgtrigger_audit_a7e50 ON public.teams_identityprovider IS 'fefac79078cc169a241fa758515ac1823b91d02f';


CREATE TRIGGER pgtrigger_audit_aa2bf AFTER INSERT OR DELETE OR UPDATE ON public.comms_pagelogo FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_aa2bf();


COMMENT ON TRIGGER pgtrigger_audit_aa2bf ON public.comms_pagelogo IS '41c239c8ce2adcaa713cc2689ff0b56bdaa7080e';


CREATE TRIGGER pgtrigger_audit_ab178 AFTER INSERT OR DELETE OR UPDATE ON public.teams_calendarfeed FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_ab178();


COMMENT ON TRIGGER pgtrigger_audit_ab178 ON public.teams_calendarfeed IS 'd82143dfd5e1f974a2acc37718f8a2cbe3f3b65c';


CREATE TRIGGER pgtrigger_audit_b45aa AFTER INSERT OR DELETE OR UPDATE ON public.comms_subscriber FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_b45aa();


COMMENT ON TRIGGER pgtrigger_audit_b45aa ON public.comms_subscriber IS '92a712866c9f94a88016c7be4d3a0566cbd061df';


CREATE TRIGGER pgtrigger_audit_bec7b AFTER INSERT OR DELETE OR UPDATE ON public.account_emailaddress FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_bec7b();


COMMENT ON TRIGGER pgtrigger_audit_bec7b ON public.account_emailaddress IS '1fadb6d091f55d57b7c51cbd68683f2ba1601c26';


CREATE TRIGGER pgtrigger_audit_c1280 AFTER INSERT OR DELETE OR UPDATE ON public.teams_timeoff FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_c1280();


COMMENT ON TRIGGER pgtrigger_audit_c1280 ON public.teams_timeoff IS '73bc307b11de8e5d81748baa4efd4e46792b54cc';


CREATE TRIGGER pgtrigger_audit_c19e1 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_scenario FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_c19e1();


COMMENT ON TRIGGER pgtrigger_audit_c19e1 ON public.incidents_scenario IS '3361d6563285645ca6d84292884cce15fa7d2577';


CREATE TRIGGER pgtrigger_audit_c6f59 AFTER INSERT OR DELETE OR UPDATE ON public.teams_layermember FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_c6f59();


COMMENT ON TRIGGER pgtrigger_audit_c6f59 ON public.teams_layermember IS '1957041cb91f80946339e320764f3e07e5ae5c5c';


CREATE TRIGGER pgtrigger_audit_c9223 AFTER INSERT OR DELETE OR UPDATE ON public.teams_override FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_c9223();


COMMENT ON TRIGGER pgtrigger_audit_c9223 ON public.teams_override IS 'c37bbda66d00adf0d8418a6d8ec95089215a045d';


CREATE TRIGGER pgtrigger_audit_ca59d AFTER INSERT OR DELETE OR UPDATE ON public.teams_servicelink FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_ca59d();


COMMENT ON TRIGGER pgtrigger_audit_ca59d ON public.teams_servicelink IS '576decb5b0d1f371f81c63d5c69f121a71a3f004';


CREATE TRIGGER pgtrigger_audit_d74b7 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_severity FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_d74b7();


COMMENT ON TRIGGER pgtrigger_audit_d74b7 ON public.incidents_severity IS '862fe6f0ac27682053b25a447b4613a21581e351';


CREATE TRIGGER pgtrigger_audit_d7c37 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_actionphrase FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_d7c37();


COMMENT ON TRIGGER pgtrigger_audit_d7c37 ON public.incidents_actionphrase IS 'f7f313d25f3dba6e13b4583e350b3aeee607b28d';


CREATE TRIGGER pgtrigger_audit_d823d AFTER INSERT OR DELETE OR UPDATE ON public.incidents_routingrule FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_d823d();


COMMENT ON TRIGGER pgtrigger_audit_d823d ON public.incidents_routingrule IS '2a87c3c5b68ca9a6c71872709c8127d9a30586f1';


CREATE TRIGGER pgtrigger_audit_d9d21 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_integration FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_d9d21();


COMMENT ON TRIGGER pgtrigger_audit_d9d21 ON public.incidents_integration IS '0688ab469ec4c4eed4192a55e60c97970d2c57e0';


CREATE TRIGGER pgtrigger_audit_dcc70 AFTER INSERT OR DELETE OR UPDATE ON public.comms_statuspage FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_dcc70();


COMMENT ON TRIGGER pgtrigger_audit_dcc70 ON public.comms_statuspage IS '66ee087cadac378a5500ac413ab4f782722fc7c7';


CREATE TRIGGER pgtrigger_audit_e3006 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_incidenttype FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_e3006();


COMMENT ON TRIGGER pgtrigger_audit_e3006 ON public.incidents_incidenttype IS '0c8bc187ecf018099c418ca8741a8e288190acca';


CREATE TRIGGER pgtrigger_audit_ea5ce AFTER INSERT OR DELETE OR UPDATE ON public.comms_componentgroup FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_ea5ce();


COMMENT ON TRIGGER pgtrigger_audit_ea5ce ON public.comms_componentgroup IS 'f77bf751039e8a2d37ed43a82e9ea9c9b35a4cb9';


CREATE TRIGGER pgtrigger_audit_edf0c AFTER INSERT OR DELETE OR UPDATE ON public.teams_scimtoken FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_edf0c();


COMMENT ON TRIGGER pgtrigger_audit_edf0c ON public.teams_scimtoken IS '1293af7b042a98f2790c52584f1c0143f6010c90';


CREATE TRIGGER pgtrigger_audit_ef5a0 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_metriccheck FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_ef5a0();


COMMENT ON TRIGGER pgtrigger_audit_ef5a0 ON public.incidents_metriccheck IS '407e87e3697b1fea3c5714ce2fcf35355e7a21e8';


CREATE TRIGGER pgtrigger_audit_f0823 AFTER INSERT OR DELETE OR UPDATE ON public.teams_schedule FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_f0823();


COMMENT ON TRIGGER pgtrigger_audit_f0823 ON public.teams_schedule IS 'd37062a315fe4a0d565960019612db88793728e7';


CREATE TRIGGER pgtrigger_audit_f4dd1 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_templateversion FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_f4dd1();


COMMENT ON TRIGGER pgtrigger_audit_f4dd1 ON public.incidents_templateversion IS 'bf4a4a85f5cd72b29fabb1ea76e7cfb284784bf4';


CREATE TRIGGER pgtrigger_audit_f7bc4 AFTER INSERT OR DELETE OR UPDATE ON public.incidents_tracker FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_audit_f7bc4();


COMMENT ON TRIGGER pgtrigger_audit_f7bc4 ON public.incidents_tracker IS 'e22db7826b1ac4d2d958f485147e2d84b6aca8cd';


CREATE TRIGGER pgtrigger_body_481cd AFTER INSERT OR DELETE OR UPDATE OF text, "position" ON public.incidents_postmortemsection FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_body_481cd();


COMMENT ON TRIGGER pgtrigger_body_481cd ON public.incidents_postmortemsection IS 'c09740e289ff7bf9b2b112373a262106f08b1922';


CREATE TRIGGER pgtrigger_body_fcc70 AFTER INSERT OR DELETE OR UPDATE OF text, "position" ON public.incidents_factor FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_body_fcc70();


COMMENT ON TRIGGER pgtrigger_body_fcc70 ON public.incidents_factor IS '4e130c2f3180309507635c9bd7947c66fe8f8c8f';


CREATE TRIGGER pgtrigger_body_of_sections_4efdb BEFORE UPDATE OF body ON public.incidents_postmortem FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_body_of_sections_4efdb();


COMMENT ON TRIGGER pgtrigger_body_of_sections_4efdb ON public.incidents_postmortem IS '7df054237105a477ef08d035bc22d99f2ef7bfb5';


CREATE TRIGGER pgtrigger_no_circle_6d95d AFTER INSERT OR UPDATE ON public.teams_servicedependency FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_no_circle_6d95d();


COMMENT ON TRIGGER pgtrigger_no_circle_6d95d ON public.teams_servicedependency IS '91620df7ce9395260836961d89471e315d7b94a8';


CREATE TRIGGER pgtrigger_no_circle_8931c AFTER INSERT OR UPDATE ON public.incidents_relation FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_no_circle_8931c();


COMMENT ON TRIGGER pgtrigger_no_circle_8931c ON public.incidents_relation IS 'ea1217437f53c3a571948965d1178cff5ed3f3de';


CREATE TRIGGER pgtrigger_no_truncate_2dfcd BEFORE TRUNCATE ON public.teams_accessevent FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_2dfcd();


COMMENT ON TRIGGER pgtrigger_no_truncate_2dfcd ON public.teams_accessevent IS '20a994f04e92d6ea64d0cd61b18db7d918891c4c';


CREATE TRIGGER pgtrigger_no_truncate_a3bdd BEFORE TRUNCATE ON public.teams_auditevent FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_a3bdd();


COMMENT ON TRIGGER pgtrigger_no_truncate_a3bdd ON public.teams_auditevent IS '5e880eee42a4b2a23ee2872f1f837c652600c4d2';


CREATE TRIGGER pgtrigger_outbox_f40c4 AFTER INSERT ON public.teams_auditevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_outbox_f40c4();


COMMENT ON TRIGGER pgtrigger_outbox_f40c4 ON public.teams_auditevent IS 'f3ca7463d668a85e08baeeb8044850005c705d6b';


CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE ON public.incidents_timelineentry FOR EACH ROW EXECUTE FUNCTION public.incidents_timeline_append_only();


CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON public.incidents_timelineentry FOR EACH STATEMENT EXECUTE FUNCTION public.incidents_timeline_append_only();


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_approval
    ADD CONSTRAINT comms_approval_answered_by_id_4c984f14_fk_teams_user_id FOREIGN KEY (answered_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_approval
    ADD CONSTRAINT comms_approval_asked_by_id_21b05b44_fk_teams_user_id FOREIGN KEY (asked_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_approval
    ADD CONSTRAINT comms_approval_update_id_91e8af55_fk_comms_statusupdate_id FOREIGN KEY (update_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_bundle
    ADD CONSTRAINT comms_bundle_user_id_785e11c3_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_group_id_bf8f01ec_fk_comms_componentgroup_id FOREIGN KEY (group_id) REFERENCES public.comms_componentgroup(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_page_id_b86fd7b4_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_service_id_f3a0de3f_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_component
    ADD CONSTRAINT comms_component_team_id_127f29fa_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT comms_componentchang_component_id_b98d7f5f_fk_comms_com FOREIGN KEY (component_id) REFERENCES public.comms_component(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT comms_componentchang_maintenance_update_i_9ccd1f0f_fk_comms_mai FOREIGN KEY (maintenance_update_id) REFERENCES public.comms_maintenanceupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_componentchange
    ADD CONSTRAINT comms_componentchang_update_id_6696c154_fk_comms_sta FOREIGN KEY (update_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_componentgroup
    ADD CONSTRAINT comms_componentgroup_page_id_a162c76b_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_correction
    ADD CONSTRAINT comms_correction_by_id_c54a80d4_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_correction
    ADD CONSTRAINT comms_correction_update_id_bbd26582_fk_comms_statusupdate_id FOREIGN KEY (update_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_bundle_id_f41ddb58_fk_comms_bundle_id FOREIGN KEY (bundle_id) REFERENCES public.comms_bundle(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_correction_id_b54bca88_fk_comms_correction_id FOREIGN KEY (correction_id) REFERENCES public.comms_correction(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_drill_call_id_44101c10_fk_comms_drillcall_id FOREIGN KEY (drill_call_id) REFERENCES public.comms_drillcall(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_entry_id_223a2bf8_fk_incidents_timelineentry_id FOREIGN KEY (entry_id) REFERENCES public.incidents_timelineentry(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_letter_id_fc26b6f8_fk_comms_letter_id FOREIGN KEY (letter_id) REFERENCES public.comms_letter(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_maintenance_update_i_ca18982d_fk_comms_mai FOREIGN KEY (maintenance_update_id) REFERENCES public.comms_maintenanceupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_method_id_1a11cd1b_fk_teams_contactmethod_id FOREIGN KEY (method_id) REFERENCES public.teams_contactmethod(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_page_id_31f37846_fk_incidents_page_id FOREIGN KEY (page_id) REFERENCES public.incidents_page(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_subscriber_id_e2d230f3_fk_comms_subscriber_id FOREIGN KEY (subscriber_id) REFERENCES public.comms_subscriber(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_superseded_by_id_47feaa80_fk_comms_sta FOREIGN KEY (superseded_by_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_told_in_id_f72ae9d9_fk_comms_delivery_id FOREIGN KEY (told_in_id) REFERENCES public.comms_delivery(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_update_id_9b00490f_fk_comms_statusupdate_id FOREIGN KEY (update_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_user_id_eff68636_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_delivery
    ADD CONSTRAINT comms_delivery_webhook_id_055c6da5_fk_teams_webhook_id FOREIGN KEY (webhook_id) REFERENCES public.teams_webhook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drill
    ADD CONSTRAINT comms_drill_repeated_from_id_559f99bc_fk_comms_drill_id FOREIGN KEY (repeated_from_id) REFERENCES public.comms_drill(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drill
    ADD CONSTRAINT comms_drill_schedule_id_b9b5658e_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drill
    ADD CONSTRAINT comms_drill_started_by_id_aaa80a21_fk_teams_user_id FOREIGN KEY (started_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drillcall
    ADD CONSTRAINT comms_drillcall_drill_id_2084b12f_fk_comms_drill_id FOREIGN KEY (drill_id) REFERENCES public.comms_drill(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drillcall
    ADD CONSTRAINT comms_drillcall_person_id_1fd8d0e0_fk_teams_user_id FOREIGN KEY (person_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_drillcall
    ADD CONSTRAINT comms_drillcall_reached_by_id_8f3f2ae7_fk_comms_delivery_id FOREIGN KEY (reached_by_id) REFERENCES public.comms_delivery(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_maintenancecomponent
    ADD CONSTRAINT comms_maintenancecom_component_id_8e093b8e_fk_comms_com FOREIGN KEY (component_id) REFERENCES public.comms_component(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_maintenancecomponent
    ADD CONSTRAINT comms_maintenancecom_maintenance_id_b93aa607_fk_comms_pag FOREIGN KEY (maintenance_id) REFERENCES public.comms_pagemaintenance(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_maintenanceupdate
    ADD CONSTRAINT comms_maintenanceupd_maintenance_id_5d0c814e_fk_comms_pag FOREIGN KEY (maintenance_id) REFERENCES public.comms_pagemaintenance(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_maintenanceupdate
    ADD CONSTRAINT comms_maintenanceupdate_author_id_301b754d_fk_teams_user_id FOREIGN KEY (author_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pageincident
    ADD CONSTRAINT comms_pageincident_incident_id_d4289e14_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pageincident
    ADD CONSTRAINT comms_pageincident_page_id_9f32b8b3_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagelogo
    ADD CONSTRAINT comms_pagelogo_page_id_9f3850fe_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenanc_window_id_b84e5ead_fk_incidents FOREIGN KEY (window_id) REFERENCES public.incidents_maintenance(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenance_author_id_536a145a_fk_teams_user_id FOREIGN KEY (author_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagemaintenance
    ADD CONSTRAINT comms_pagemaintenance_page_id_57fcc5b1_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagerole
    ADD CONSTRAINT comms_pagerole_page_id_52a00598_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_pagerole
    ADD CONSTRAINT comms_pagerole_user_id_23ef5612_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_statusupdate
    ADD CONSTRAINT comms_statusupdate_author_id_66067490_fk_teams_user_id FOREIGN KEY (author_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_statusupdate
    ADD CONSTRAINT comms_statusupdate_companion_of_id_af798840_fk_comms_sta FOREIGN KEY (companion_of_id) REFERENCES public.comms_statusupdate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_statusupdate
    ADD CONSTRAINT comms_statusupdate_page_incident_id_3c214008_fk_comms_pag FOREIGN KEY (page_incident_id) REFERENCES public.comms_pageincident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_components
    ADD CONSTRAINT comms_subscriber_com_component_id_cd161eda_fk_comms_com FOREIGN KEY (component_id) REFERENCES public.comms_component(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_components
    ADD CONSTRAINT comms_subscriber_com_subscriber_id_6ad9ee66_fk_comms_sub FOREIGN KEY (subscriber_id) REFERENCES public.comms_subscriber(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_groups
    ADD CONSTRAINT comms_subscriber_gro_componentgroup_id_e792c5b4_fk_comms_com FOREIGN KEY (componentgroup_id) REFERENCES public.comms_componentgroup(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_groups
    ADD CONSTRAINT comms_subscriber_gro_subscriber_id_ea845bcf_fk_comms_sub FOREIGN KEY (subscriber_id) REFERENCES public.comms_subscriber(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_incidents
    ADD CONSTRAINT comms_subscriber_inc_pageincident_id_623ec526_fk_comms_pag FOREIGN KEY (pageincident_id) REFERENCES public.comms_pageincident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber_incidents
    ADD CONSTRAINT comms_subscriber_inc_subscriber_id_1b522eb4_fk_comms_sub FOREIGN KEY (subscriber_id) REFERENCES public.comms_subscriber(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriber
    ADD CONSTRAINT comms_subscriber_page_id_e5861fff_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberevent
    ADD CONSTRAINT comms_subscribereven_subscriber_id_25df0171_fk_comms_sub FOREIGN KEY (subscriber_id) REFERENCES public.comms_subscriber(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberevent
    ADD CONSTRAINT comms_subscriberevent_by_id_2e366b1c_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberevent
    ADD CONSTRAINT comms_subscriberevent_delivery_id_ebff5264_fk_comms_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.comms_delivery(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberimportproblem
    ADD CONSTRAINT comms_subscriberimpo_found_in_id_55776d2e_fk_comms_sub FOREIGN KEY (found_in_id) REFERENCES public.comms_subscriberimport(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberimport
    ADD CONSTRAINT comms_subscriberimport_by_id_f8977546_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_subscriberimport
    ADD CONSTRAINT comms_subscriberimport_page_id_e0398df2_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_updatetemplate
    ADD CONSTRAINT comms_updatetemplate_page_id_6a3af8e5_fk_comms_statuspage_id FOREIGN KEY (page_id) REFERENCES public.comms_statuspage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.comms_updatetemplate
    ADD CONSTRAINT comms_updatetemplate_severity_id_edfb7b26_fk_incidents FOREIGN KEY (severity_id) REFERENCES public.incidents_severity(level) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_created_by_id_f31a39bf_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_factor_id_94c149f8_fk_incidents_factor_id FOREIGN KEY (factor_id) REFERENCES public.incidents_factor(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_incident_id_d8a76faa_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_owner_id_4e873985_fk_teams_user_id FOREIGN KEY (owner_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionitem
    ADD CONSTRAINT incidents_actionitem_team_id_5d3a8dfc_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionnotice
    ADD CONSTRAINT incidents_actionnoti_item_id_652487aa_fk_incidents FOREIGN KEY (item_id) REFERENCES public.incidents_actionitem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_actionnotice
    ADD CONSTRAINT incidents_actionnotice_user_id_ca9a087e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_incident_id_de5c827a_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_integration_id_def79c52_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_maintenance_id_dd38262c_fk_incidents FOREIGN KEY (maintenance_id) REFERENCES public.incidents_maintenance(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_silence_id_3aeb2336_fk_incidents_silence_id FOREIGN KEY (silence_id) REFERENCES public.incidents_silence(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_team_id_0c028ef0_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_alert
    ADD CONSTRAINT incidents_alert_upstream_id_a4320dec_fk_incidents_incident_id FOREIGN KEY (upstream_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_attachmentcontent
    ADD CONSTRAINT incidents_attachment_attachment_id_b85d8cc0_fk_incidents FOREIGN KEY (attachment_id) REFERENCES public.incidents_attachment(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_entry_id_285cfab2_fk_incidents FOREIGN KEY (entry_id) REFERENCES public.incidents_timelineentry(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_incident_id_928da522_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_removed_by_id_cfed8134_fk_teams_user_id FOREIGN KEY (removed_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_attachment
    ADD CONSTRAINT incidents_attachment_uploaded_by_id_d917adef_fk_teams_user_id FOREIGN KEY (uploaded_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_change
    ADD CONSTRAINT incidents_change_drill_id_fe4d3ebc_fk_incidents_incident_id FOREIGN KEY (drill_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_change
    ADD CONSTRAINT incidents_change_integration_id_a7f74aec_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_change
    ADD CONSTRAINT incidents_change_service_id_7ff9ab7b_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_changemark
    ADD CONSTRAINT incidents_changemark_by_id_b65ec5ca_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_changemark
    ADD CONSTRAINT incidents_changemark_change_id_a201d84a_fk_incidents_change_id FOREIGN KEY (change_id) REFERENCES public.incidents_change(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_changemark
    ADD CONSTRAINT incidents_changemark_incident_id_62c1c36f_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_consideration
    ADD CONSTRAINT incidents_considerat_run_id_ab3e2a98_fk_incidents FOREIGN KEY (run_id) REFERENCES public.incidents_escalationrun(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_consideration
    ADD CONSTRAINT incidents_consideration_user_id_1474a7a6_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_counterfactual
    ADD CONSTRAINT incidents_counterfac_incident_id_81b0976e_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_counterfactual
    ADD CONSTRAINT incidents_counterfac_item_id_b28e8eb4_fk_incidents FOREIGN KEY (item_id) REFERENCES public.incidents_actionitem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_counterfactual
    ADD CONSTRAINT incidents_counterfac_mitigation_id_dac8f568_fk_incidents FOREIGN KEY (mitigation_id) REFERENCES public.incidents_mitigation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_counterfactual
    ADD CONSTRAINT incidents_counterfactual_by_id_4ab2c6c9_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_customvalue
    ADD CONSTRAINT incidents_customvalu_field_id_5dd58270_fk_incidents FOREIGN KEY (field_id) REFERENCES public.incidents_customfield(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_customvalue
    ADD CONSTRAINT incidents_customvalu_incident_id_6e6dc3a2_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_customvalue
    ADD CONSTRAINT incidents_customvalue_person_id_d3b0b464_fk_teams_user_id FOREIGN KEY (person_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_defaultboard
    ADD CONSTRAINT incidents_defaultboa_saved_id_2c94c76f_fk_incidents FOREIGN KEY (saved_id) REFERENCES public.incidents_savedfilter(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_defaultboard
    ADD CONSTRAINT incidents_defaultboard_user_id_1751b8f2_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_dutydone
    ADD CONSTRAINT incidents_dutydone_done_by_id_f9437fea_fk_teams_user_id FOREIGN KEY (done_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_dutydone
    ADD CONSTRAINT incidents_dutydone_duty_id_9e107c2e_fk_incidents_roleduty_id FOREIGN KEY (duty_id) REFERENCES public.incidents_roleduty(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_dutydone
    ADD CONSTRAINT incidents_dutydone_incident_id_c031d804_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_escalationrun
    ADD CONSTRAINT incidents_escalation_incident_id_42315d50_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_escalationrun
    ADD CONSTRAINT incidents_escalation_policy_id_45a22825_fk_teams_esc FOREIGN KEY (policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_escalationrun
    ADD CONSTRAINT incidents_escalation_request_id_e88ffd79_fk_incidents FOREIGN KEY (request_id) REFERENCES public.incidents_teamrequest(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_estimate
    ADD CONSTRAINT incidents_estimate_incident_id_7e0fd828_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_estimate
    ADD CONSTRAINT incidents_estimate_made_by_id_a6ef6fd5_fk_teams_user_id FOREIGN KEY (made_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_event
    ADD CONSTRAINT incidents_event_integration_id_9cef61d1_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exercise
    ADD CONSTRAINT incidents_exercise_facilitator_id_94a6f268_fk_teams_user_id FOREIGN KEY (facilitator_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exercise
    ADD CONSTRAINT incidents_exercise_incident_id_df38d8c1_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exercise
    ADD CONSTRAINT incidents_exercise_past_id_94aa765e_fk_incidents_incident_id FOREIGN KEY (past_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exerciseevent
    ADD CONSTRAINT incidents_exerciseev_answers_id_93cfd77b_fk_incidents FOREIGN KEY (answers_id) REFERENCES public.incidents_mitigation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exerciseevent
    ADD CONSTRAINT incidents_exerciseev_exercise_id_a2ed37b8_fk_incidents FOREIGN KEY (exercise_id) REFERENCES public.incidents_exercise(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_export
    ADD CONSTRAINT incidents_export_user_id_d2aed443_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_exportpart
    ADD CONSTRAINT incidents_exportpart_export_id_6b953c2a_fk_incidents_export_id FOREIGN KEY (export_id) REFERENCES public.incidents_export(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_factor
    ADD CONSTRAINT incidents_factor_postmortem_id_79e8dd2f_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_factor_tags
    ADD CONSTRAINT incidents_factor_tag_factortag_id_a1df1902_fk_incidents FOREIGN KEY (factortag_id) REFERENCES public.incidents_factortag(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_factor_tags
    ADD CONSTRAINT incidents_factor_tags_factor_id_4e39771d_fk_incidents_factor_id FOREIGN KEY (factor_id) REFERENCES public.incidents_factor(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_follow
    ADD CONSTRAINT incidents_follow_incident_id_382668d2_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_follow
    ADD CONSTRAINT incidents_follow_user_id_20c0c890_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_followrule
    ADD CONSTRAINT incidents_followrule_user_id_ec8025da_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_heartbeat
    ADD CONSTRAINT incidents_heartbeat_integration_id_c644ff5c_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_acknowledged_by_id_825dc53a_fk_teams_user_id FOREIGN KEY (acknowledged_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_confirmed_by_id_6b2221ea_fk_teams_user_id FOREIGN KEY (confirmed_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_escalation_policy_id_6ceb203f_fk_teams_esc FOREIGN KEY (escalation_policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_integration_id_43b2f67a_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_merged_into_id_75509a6d_fk_incidents FOREIGN KEY (merged_into_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_participants
    ADD CONSTRAINT incidents_incident_p_incident_id_56ef7a82_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_participants
    ADD CONSTRAINT incidents_incident_p_user_id_e11dd7d6_fk_teams_use FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_reported_by_id_17f53566_fk_teams_user_id FOREIGN KEY (reported_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_services
    ADD CONSTRAINT incidents_incident_s_incident_id_06576227_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_shared_with
    ADD CONSTRAINT incidents_incident_s_incident_id_2f1b4745_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_services
    ADD CONSTRAINT incidents_incident_s_service_id_8cef07e9_fk_teams_ser FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident_shared_with
    ADD CONSTRAINT incidents_incident_s_team_id_6fa536fb_fk_teams_tea FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_severity_id_880448e4_fk_incidents FOREIGN KEY (severity_id) REFERENCES public.incidents_severity(level) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_team_id_099347d8_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incident
    ADD CONSTRAINT incidents_incident_type_id_514cbcad_fk_incidents FOREIGN KEY (type_id) REFERENCES public.incidents_incidenttype(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incidentmoments
    ADD CONSTRAINT incidents_incidentmo_incident_id_39c0daee_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incidenttask
    ADD CONSTRAINT incidents_incidentta_incident_id_633a569f_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incidenttask
    ADD CONSTRAINT incidents_incidenttask_created_by_id_0fd66c65_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_incidenttask
    ADD CONSTRAINT incidents_incidenttask_owner_id_da3db053_fk_teams_user_id FOREIGN KEY (owner_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_integrationkey
    ADD CONSTRAINT incidents_integratio_created_by_id_9115a75a_fk_teams_use FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_integrationkey
    ADD CONSTRAINT incidents_integratio_integration_id_f4f2534d_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_integration
    ADD CONSTRAINT incidents_integration_service_id_9f546ed1_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_integration
    ADD CONSTRAINT incidents_integration_team_id_7f0d5070_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_itemrecurrence
    ADD CONSTRAINT incidents_itemrecurr_incident_id_31480ec2_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_itemrecurrence
    ADD CONSTRAINT incidents_itemrecurr_item_id_9868f8f6_fk_incidents FOREIGN KEY (item_id) REFERENCES public.incidents_actionitem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_maintenance_services
    ADD CONSTRAINT incidents_maintenanc_maintenance_id_d491f497_fk_incidents FOREIGN KEY (maintenance_id) REFERENCES public.incidents_maintenance(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_maintenance_services
    ADD CONSTRAINT incidents_maintenanc_service_id_5381e840_fk_teams_ser FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_maintenance
    ADD CONSTRAINT incidents_maintenance_created_by_id_edbb6f76_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_maintenance
    ADD CONSTRAINT incidents_maintenance_ended_by_id_c3bad2a5_fk_teams_user_id FOREIGN KEY (ended_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_maintenance
    ADD CONSTRAINT incidents_maintenance_team_id_4ab26adb_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_metriccheck
    ADD CONSTRAINT incidents_metriccheck_service_id_ea36d6b8_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_approved_by_id_24991e2e_fk_teams_user_id FOREIGN KEY (approved_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcard
    ADD CONSTRAINT incidents_mitigation_approved_by_id_51b2e4c9_fk_teams_use FOREIGN KEY (approved_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_card_id_b0e509b8_fk_incidents FOREIGN KEY (card_id) REFERENCES public.incidents_mitigationcard(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_carried_by_id_df00da3c_fk_teams_user_id FOREIGN KEY (carried_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigation_change_id_3859f5a6_fk_incidents FOREIGN KEY (change_id) REFERENCES public.incidents_change(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_change_id_92bb7081_fk_incidents_change_id FOREIGN KEY (change_id) REFERENCES public.incidents_change(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcard
    ADD CONSTRAINT incidents_mitigation_created_by_id_fcfa38d1_fk_teams_use FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigation_incident_id_54184f29_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_incident_id_918ef85b_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigation_mitigation_id_8e2638db_fk_incidents FOREIGN KEY (mitigation_id) REFERENCES public.incidents_mitigation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigation
    ADD CONSTRAINT incidents_mitigation_proposed_by_id_7c42a636_fk_teams_user_id FOREIGN KEY (proposed_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcard
    ADD CONSTRAINT incidents_mitigation_service_id_98054b67_fk_teams_ser FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigation_webhook_id_e73f3fa2_fk_teams_web FOREIGN KEY (webhook_id) REFERENCES public.teams_webhook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_mitigationcall
    ADD CONSTRAINT incidents_mitigationcall_asked_by_id_4b4dd7e9_fk_teams_user_id FOREIGN KEY (asked_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_noitemsdecision
    ADD CONSTRAINT incidents_noitemsdec_incident_id_1d0ee2d2_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_noitemsdecision
    ADD CONSTRAINT incidents_noitemsdecision_by_id_696642f0_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_nudgesnooze
    ADD CONSTRAINT incidents_nudgesnooz_incident_id_ae8658cc_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_nudgesnooze
    ADD CONSTRAINT incidents_nudgesnooze_by_id_2f8f4b19_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_page
    ADD CONSTRAINT incidents_page_incident_id_fa81c84d_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_page
    ADD CONSTRAINT incidents_page_run_id_57dc45b6_fk_incidents_escalationrun_id FOREIGN KEY (run_id) REFERENCES public.incidents_escalationrun(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_page
    ADD CONSTRAINT incidents_page_user_id_20832d80_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_pin
    ADD CONSTRAINT incidents_pin_entry_id_7755b13f_fk_incidents_timelineentry_id FOREIGN KEY (entry_id) REFERENCES public.incidents_timelineentry(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_pin
    ADD CONSTRAINT incidents_pin_incident_id_168bb986_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_pin
    ADD CONSTRAINT incidents_pin_pinned_by_id_b4d0010c_fk_teams_user_id FOREIGN KEY (pinned_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_severities
    ADD CONSTRAINT incidents_playbook_s_playbook_id_033fb1ed_fk_incidents FOREIGN KEY (playbook_id) REFERENCES public.incidents_playbook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_services
    ADD CONSTRAINT incidents_playbook_s_playbook_id_d6027278_fk_incidents FOREIGN KEY (playbook_id) REFERENCES public.incidents_playbook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_services
    ADD CONSTRAINT incidents_playbook_s_service_id_9f2fbd30_fk_teams_ser FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_severities
    ADD CONSTRAINT incidents_playbook_s_severity_id_0f53cefa_fk_incidents FOREIGN KEY (severity_id) REFERENCES public.incidents_severity(level) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_types
    ADD CONSTRAINT incidents_playbook_t_incidenttype_id_a071985b_fk_incidents FOREIGN KEY (incidenttype_id) REFERENCES public.incidents_incidenttype(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook_types
    ADD CONSTRAINT incidents_playbook_t_playbook_id_7590f496_fk_incidents FOREIGN KEY (playbook_id) REFERENCES public.incidents_playbook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook
    ADD CONSTRAINT incidents_playbook_team_id_0fe91af7_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbook
    ADD CONSTRAINT incidents_playbook_updated_by_id_608e716d_fk_teams_user_id FOREIGN KEY (updated_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookrun
    ADD CONSTRAINT incidents_playbookru_incident_id_f7e72069_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookrun
    ADD CONSTRAINT incidents_playbookru_playbook_id_a09dda6e_fk_incidents FOREIGN KEY (playbook_id) REFERENCES public.incidents_playbook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookrun
    ADD CONSTRAINT incidents_playbookrun_started_by_id_10424e4b_fk_teams_user_id FOREIGN KEY (started_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookstep
    ADD CONSTRAINT incidents_playbookst_playbook_id_62f76d48_fk_incidents FOREIGN KEY (playbook_id) REFERENCES public.incidents_playbook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookstep
    ADD CONSTRAINT incidents_playbookstep_person_id_5c79215f_fk_teams_user_id FOREIGN KEY (person_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_playbookstep
    ADD CONSTRAINT incidents_playbookstep_role_id_bb3d15cc_fk_teams_role_id FOREIGN KEY (role_id) REFERENCES public.teams_role(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_approved_by_id_bd57ab64_fk_teams_user_id FOREIGN KEY (approved_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortemsection
    ADD CONSTRAINT incidents_postmortem_edited_by_id_a68ab6de_fk_teams_use FOREIGN KEY (edited_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_facilitator_id_0c18394c_fk_teams_user_id FOREIGN KEY (facilitator_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_incident_id_1b4274f7_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_meeting_organizer_id_a1e3ab04_fk_teams_use FOREIGN KEY (meeting_organizer_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_owner_id_2df599ac_fk_teams_user_id FOREIGN KEY (owner_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortemsection
    ADD CONSTRAINT incidents_postmortem_postmortem_id_1493de5a_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem_seen_by
    ADD CONSTRAINT incidents_postmortem_postmortem_id_2c93468b_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem_entries
    ADD CONSTRAINT incidents_postmortem_postmortem_id_67c82996_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortemchange
    ADD CONSTRAINT incidents_postmortem_postmortem_id_c628533b_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem_seen_by
    ADD CONSTRAINT incidents_postmortem_seen_by_user_id_c87a2baf_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortemtemplate
    ADD CONSTRAINT incidents_postmortem_severity_id_0e817c32_fk_incidents FOREIGN KEY (severity_id) REFERENCES public.incidents_severity(level) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem
    ADD CONSTRAINT incidents_postmortem_template_id_2be1700a_fk_incidents FOREIGN KEY (template_id) REFERENCES public.incidents_templateversion(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortem_entries
    ADD CONSTRAINT incidents_postmortem_timelineentry_id_efd6f6d0_fk_incidents FOREIGN KEY (timelineentry_id) REFERENCES public.incidents_timelineentry(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_postmortemchange
    ADD CONSTRAINT incidents_postmortemchange_by_id_385bcfc4_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_presence
    ADD CONSTRAINT incidents_presence_incident_id_aae6985c_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_presence
    ADD CONSTRAINT incidents_presence_user_id_e0ac592e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_promise
    ADD CONSTRAINT incidents_promise_incident_id_6ed55f23_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_promise
    ADD CONSTRAINT incidents_promise_made_by_id_7db02fa5_fk_teams_user_id FOREIGN KEY (made_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_relation
    ADD CONSTRAINT incidents_relation_created_by_id_b877aa81_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_relation
    ADD CONSTRAINT incidents_relation_incident_id_7cb4db3a_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_relation
    ADD CONSTRAINT incidents_relation_other_id_23ec5518_fk_incidents_incident_id FOREIGN KEY (other_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_reviewapproval
    ADD CONSTRAINT incidents_reviewappr_postmortem_id_758e75cb_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_reviewapproval
    ADD CONSTRAINT incidents_reviewapproval_asked_by_id_a6ee7212_fk_teams_user_id FOREIGN KEY (asked_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_reviewapproval
    ADD CONSTRAINT incidents_reviewapproval_user_id_31e7f68b_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_reviewparticipant
    ADD CONSTRAINT incidents_reviewpart_postmortem_id_5071c47b_fk_incidents FOREIGN KEY (postmortem_id) REFERENCES public.incidents_postmortem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_reviewparticipant
    ADD CONSTRAINT incidents_reviewparticipant_user_id_1c0af710_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_roleassignment
    ADD CONSTRAINT incidents_roleassign_incident_id_ab640bd2_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_roleassignment
    ADD CONSTRAINT incidents_roleassign_offered_by_id_d0e54146_fk_teams_use FOREIGN KEY (offered_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_roleassignment
    ADD CONSTRAINT incidents_roleassignment_role_id_8b8fee72_fk_teams_role_id FOREIGN KEY (role_id) REFERENCES public.teams_role(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_roleassignment
    ADD CONSTRAINT incidents_roleassignment_user_id_4789c0df_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_roleduty
    ADD CONSTRAINT incidents_roleduty_role_id_f989850e_fk_teams_role_id FOREIGN KEY (role_id) REFERENCES public.teams_role(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_role_id_da22999a_fk_teams_role_id FOREIGN KEY (role_id) REFERENCES public.teams_role(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_schedule_id_94efed18_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_service_id_9780842e_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_team_id_196dbd92_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_rolepolicy
    ADD CONSTRAINT incidents_rolepolicy_type_id_7b5f22de_fk_incidents FOREIGN KEY (type_id) REFERENCES public.incidents_incidenttype(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingmatch
    ADD CONSTRAINT incidents_routingmat_integration_id_e0d30309_fk_incidents FOREIGN KEY (integration_id) REFERENCES public.incidents_integration(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingmatch
    ADD CONSTRAINT incidents_routingmat_rule_id_ecc8beaa_fk_incidents FOREIGN KEY (rule_id) REFERENCES public.incidents_routingrule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT incidents_routingrul_policy_id_de0d1e69_fk_teams_esc FOREIGN KEY (policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT incidents_routingrul_severity_id_96fdeb3b_fk_incidents FOREIGN KEY (severity_id) REFERENCES public.incidents_severity(level) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT incidents_routingrule_service_id_3d20fe4b_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_routingrule
    ADD CONSTRAINT incidents_routingrule_team_id_e479cb35_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT incidents_runstep_person_id_0ac68323_fk_teams_user_id FOREIGN KEY (person_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT incidents_runstep_role_id_72ac06ff_fk_teams_role_id FOREIGN KEY (role_id) REFERENCES public.teams_role(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT incidents_runstep_run_id_db364a9d_fk_incidents_playbookrun_id FOREIGN KEY (run_id) REFERENCES public.incidents_playbookrun(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_runstep
    ADD CONSTRAINT incidents_runstep_settled_by_id_e332ae57_fk_teams_user_id FOREIGN KEY (settled_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_savedfilter
    ADD CONSTRAINT incidents_savedfilter_owner_id_380dfc92_fk_teams_user_id FOREIGN KEY (owner_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_savedfilter
    ADD CONSTRAINT incidents_savedfilter_team_id_9c77a0cb_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_scenario
    ADD CONSTRAINT incidents_scenario_created_by_id_dc012bff_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectionclaim
    ADD CONSTRAINT incidents_sectioncla_section_id_fc88d70a_fk_incidents FOREIGN KEY (section_id) REFERENCES public.incidents_postmortemsection(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectionclaim
    ADD CONSTRAINT incidents_sectionclaim_user_id_7915831e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectioncomment
    ADD CONSTRAINT incidents_sectioncom_reply_to_id_50137b97_fk_incidents FOREIGN KEY (reply_to_id) REFERENCES public.incidents_sectioncomment(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectioncomment
    ADD CONSTRAINT incidents_sectioncom_resolved_by_id_41f6c7a1_fk_teams_use FOREIGN KEY (resolved_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectioncomment
    ADD CONSTRAINT incidents_sectioncom_section_id_66480d9d_fk_incidents FOREIGN KEY (section_id) REFERENCES public.incidents_postmortemsection(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectioncomment
    ADD CONSTRAINT incidents_sectioncomment_by_id_cee1f1e0_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectionrevision
    ADD CONSTRAINT incidents_sectionrev_section_id_8c35e5ae_fk_incidents FOREIGN KEY (section_id) REFERENCES public.incidents_postmortemsection(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_sectionrevision
    ADD CONSTRAINT incidents_sectionrevision_by_id_7a459cde_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_silence
    ADD CONSTRAINT incidents_silence_created_by_id_dae67820_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_silence
    ADD CONSTRAINT incidents_silence_ended_by_id_0739bacc_fk_teams_user_id FOREIGN KEY (ended_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_silence
    ADD CONSTRAINT incidents_silence_team_id_bd10de33_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_symptom
    ADD CONSTRAINT incidents_symptom_incident_id_53b73785_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_teamrequest
    ADD CONSTRAINT incidents_teamreques_incident_id_0da0fa5d_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_teamrequest
    ADD CONSTRAINT incidents_teamrequest_answered_by_id_f6c63207_fk_teams_user_id FOREIGN KEY (answered_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_teamrequest
    ADD CONSTRAINT incidents_teamrequest_asked_by_id_8954f36a_fk_teams_user_id FOREIGN KEY (asked_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_teamrequest
    ADD CONSTRAINT incidents_teamrequest_team_id_2664c57c_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_templateversion
    ADD CONSTRAINT incidents_templateve_template_id_c591b530_fk_incidents FOREIGN KEY (template_id) REFERENCES public.incidents_postmortemtemplate(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_templateversion
    ADD CONSTRAINT incidents_templateversion_made_by_id_cedd12f9_fk_teams_user_id FOREIGN KEY (made_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_timelineentry
    ADD CONSTRAINT incidents_timelineen_corrects_id_9bdd17ce_fk_incidents FOREIGN KEY (corrects_id) REFERENCES public.incidents_timelineentry(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_timelineentry
    ADD CONSTRAINT incidents_timelineen_incident_id_1647aff9_fk_incidents FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_timelineentry
    ADD CONSTRAINT incidents_timelineentry_actor_id_a2b3a581_fk_teams_user_id FOREIGN KEY (actor_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_tracker
    ADD CONSTRAINT incidents_tracker_team_id_4a3f5a18_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerdelivery
    ADD CONSTRAINT incidents_trackerdel_tracker_id_45871f88_fk_incidents FOREIGN KEY (tracker_id) REFERENCES public.incidents_tracker(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT incidents_trackerlin_item_id_798618c5_fk_incidents FOREIGN KEY (item_id) REFERENCES public.incidents_actionitem(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT incidents_trackerlin_tracker_id_cb17bf2d_fk_incidents FOREIGN KEY (tracker_id) REFERENCES public.incidents_tracker(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerlink
    ADD CONSTRAINT incidents_trackerlink_asked_by_id_5f2d1367_fk_teams_user_id FOREIGN KEY (asked_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerperson
    ADD CONSTRAINT incidents_trackerper_tracker_id_3ad552e0_fk_incidents FOREIGN KEY (tracker_id) REFERENCES public.incidents_tracker(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_trackerperson
    ADD CONSTRAINT incidents_trackerperson_user_id_507ef276_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_walllink
    ADD CONSTRAINT incidents_walllink_made_by_id_47e5aa58_fk_teams_user_id FOREIGN KEY (made_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_walllink_teams
    ADD CONSTRAINT incidents_walllink_t_walllink_id_acee0ef6_fk_incidents FOREIGN KEY (walllink_id) REFERENCES public.incidents_walllink(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_walllink_teams
    ADD CONSTRAINT incidents_walllink_teams_team_id_420c7405_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_witness
    ADD CONSTRAINT incidents_witness_attached_by_id_8d378666_fk_teams_user_id FOREIGN KEY (attached_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_witness
    ADD CONSTRAINT incidents_witness_check_of_id_ada0e88b_fk_incidents FOREIGN KEY (check_of_id) REFERENCES public.incidents_metriccheck(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_witness
    ADD CONSTRAINT incidents_witness_incident_id_d571ae66_fk_incidents_incident_id FOREIGN KEY (incident_id) REFERENCES public.incidents_incident(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_witness
    ADD CONSTRAINT incidents_witness_removed_by_id_8bf402d2_fk_teams_user_id FOREIGN KEY (removed_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.incidents_witnesspoint
    ADD CONSTRAINT incidents_witnesspoi_witness_id_dc11463a_fk_incidents FOREIGN KEY (witness_id) REFERENCES public.incidents_witness(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_account_id_951f210e_fk_socialacc FOREIGN KEY (account_id) REFERENCES public.socialaccount_socialaccount(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_app_id_636a42d7_fk_socialacc FOREIGN KEY (app_id) REFERENCES public.socialaccount_socialapp(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_user_id_8146e70c_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_accessevent
    ADD CONSTRAINT teams_accessevent_by_id_b241e055_fk_teams_user_id FOREIGN KEY (by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_accessevent
    ADD CONSTRAINT teams_accessevent_user_id_18a94199_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_apitoken
    ADD CONSTRAINT teams_apitoken_made_by_id_c42e422f_fk_teams_user_id FOREIGN KEY (made_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_apitoken
    ADD CONSTRAINT teams_apitoken_user_id_0730695c_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_auditline
    ADD CONSTRAINT teams_auditline_event_id_ff8d68ad_fk_teams_auditevent_id FOREIGN KEY (event_id) REFERENCES public.teams_auditevent(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_auditline
    ADD CONSTRAINT teams_auditline_stream_id_068f13cd_fk_teams_auditstream_id FOREIGN KEY (stream_id) REFERENCES public.teams_auditstream(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_calendarfeed
    ADD CONSTRAINT teams_calendarfeed_schedule_id_7086f62c_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_calendarfeed
    ADD CONSTRAINT teams_calendarfeed_user_id_c1973cea_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_calendarsource
    ADD CONSTRAINT teams_calendarsource_created_by_id_fdca7adb_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_calendarsource
    ADD CONSTRAINT teams_calendarsource_schedule_id_ab88ddac_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_contactmethod
    ADD CONSTRAINT teams_contactmethod_user_id_397a08d2_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationpolicy
    ADD CONSTRAINT teams_escalationpoli_fallback_user_id_07930417_fk_teams_use FOREIGN KEY (fallback_user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationpolicy
    ADD CONSTRAINT teams_escalationpolicy_team_id_dec4dc68_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationstep
    ADD CONSTRAINT teams_escalationstep_policy_id_31edf11d_fk_teams_esc FOREIGN KEY (policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarg_schedule_id_843d94bc_fk_teams_sch FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarg_step_id_2103c110_fk_teams_esc FOREIGN KEY (step_id) REFERENCES public.teams_escalationstep(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarget_team_id_ea2cdc53_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarget_user_id_54552828_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_escalationtarget
    ADD CONSTRAINT teams_escalationtarget_webhook_id_19cb3e1d_fk_teams_webhook_id FOREIGN KEY (webhook_id) REFERENCES public.teams_webhook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_groupmapping
    ADD CONSTRAINT teams_groupmapping_provider_id_2afc0334_fk_teams_ide FOREIGN KEY (provider_id) REFERENCES public.teams_identityprovider(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_groupmapping
    ADD CONSTRAINT teams_groupmapping_team_id_1698aabd_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_idempotencykey
    ADD CONSTRAINT teams_idempotencykey_user_id_3a02b596_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_importedshift
    ADD CONSTRAINT teams_importedshift_schedule_id_7f2581f7_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_importedshift
    ADD CONSTRAINT teams_importedshift_user_id_802ac4fe_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_invitation
    ADD CONSTRAINT teams_invitation_accepted_by_id_54de7e46_fk_teams_user_id FOREIGN KEY (accepted_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_invitation
    ADD CONSTRAINT teams_invitation_invited_by_id_41547d4c_fk_teams_user_id FOREIGN KEY (invited_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_invitation
    ADD CONSTRAINT teams_invitation_team_id_a2bdbbfc_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_layer
    ADD CONSTRAINT teams_layer_changed_by_id_feb47bc4_fk_teams_user_id FOREIGN KEY (changed_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_layer
    ADD CONSTRAINT teams_layer_replaced_by_id_4e2362b9_fk_teams_layer_id FOREIGN KEY (replaced_by_id) REFERENCES public.teams_layer(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_layer
    ADD CONSTRAINT teams_layer_schedule_id_d8715c54_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_layermember
    ADD CONSTRAINT teams_layermember_layer_id_04a6f05e_fk_teams_layer_id FOREIGN KEY (layer_id) REFERENCES public.teams_layer(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_layermember
    ADD CONSTRAINT teams_layermember_user_id_7978820e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_membership
    ADD CONSTRAINT teams_membership_team_id_d18da3f9_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_membership
    ADD CONSTRAINT teams_membership_user_id_b6b997fa_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_notificationrule
    ADD CONSTRAINT teams_notificationru_method_id_869b5523_fk_teams_con FOREIGN KEY (method_id) REFERENCES public.teams_contactmethod(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_notificationrule
    ADD CONSTRAINT teams_notificationrule_user_id_3f80f35b_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_organization
    ADD CONSTRAINT teams_organization_default_policy_id_ddead977_fk_teams_esc FOREIGN KEY (default_policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_created_by_id_f4dc744c_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_replaces_id_6cc615ee_fk_teams_user_id FOREIGN KEY (replaces_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_schedule_id_4a893c64_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_swap_id_bb606c71_fk_teams_swap_id FOREIGN KEY (swap_id) REFERENCES public.teams_swap(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_override
    ADD CONSTRAINT teams_override_user_id_66eeee2e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_providedrole
    ADD CONSTRAINT teams_providedrole_provider_id_58baf8f5_fk_teams_ide FOREIGN KEY (provider_id) REFERENCES public.teams_identityprovider(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_providedrole
    ADD CONSTRAINT teams_providedrole_user_id_f228d45c_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_publishedshift
    ADD CONSTRAINT teams_publishedshift_schedule_id_4a5ec9a1_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_publishedshift
    ADD CONSTRAINT teams_publishedshift_user_id_16e03f2f_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_role
    ADD CONSTRAINT teams_role_schedule_id_d88d4102_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_rosterwarning
    ADD CONSTRAINT teams_rosterwarning_schedule_id_6db872fb_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_rosterwarning
    ADD CONSTRAINT teams_rosterwarning_team_id_469bf1a8_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_rosterwarning
    ADD CONSTRAINT teams_rosterwarning_user_id_3828534e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_schedule
    ADD CONSTRAINT teams_schedule_team_id_1718a6e1_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_provider_id_0cad6c7b_fk_teams_ide FOREIGN KEY (provider_id) REFERENCES public.teams_identityprovider(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_team_id_997be710_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_scimrecord
    ADD CONSTRAINT teams_scimrecord_user_id_496006b5_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_scimtoken
    ADD CONSTRAINT teams_scimtoken_created_by_id_b02a676c_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_scimtoken
    ADD CONSTRAINT teams_scimtoken_provider_id_6034e602_fk_teams_ide FOREIGN KEY (provider_id) REFERENCES public.teams_identityprovider(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_escalation_policy_id_1cb1e084_fk_teams_esc FOREIGN KEY (escalation_policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_rollback_webhook_id_f8f4d0f2_fk_teams_webhook_id FOREIGN KEY (rollback_webhook_id) REFERENCES public.teams_webhook(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_service
    ADD CONSTRAINT teams_service_team_id_3ebd19fe_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_servicedependency
    ADD CONSTRAINT teams_servicedepende_depends_on_id_37d9300c_fk_teams_ser FOREIGN KEY (depends_on_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_servicedependency
    ADD CONSTRAINT teams_servicedependency_service_id_7f5f7e11_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_servicelink
    ADD CONSTRAINT teams_servicelink_service_id_f41a5a74_fk_teams_service_id FOREIGN KEY (service_id) REFERENCES public.teams_service(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_swap
    ADD CONSTRAINT teams_swap_answered_by_id_d226395e_fk_teams_user_id FOREIGN KEY (answered_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_swap
    ADD CONSTRAINT teams_swap_asked_id_b2e68f5c_fk_teams_user_id FOREIGN KEY (asked_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_swap
    ADD CONSTRAINT teams_swap_schedule_id_2a22ca55_fk_teams_schedule_id FOREIGN KEY (schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_swap
    ADD CONSTRAINT teams_swap_user_id_cd28f4df_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_team
    ADD CONSTRAINT teams_team_commander_schedule_id_0306f04a_fk_teams_schedule_id FOREIGN KEY (commander_schedule_id) REFERENCES public.teams_schedule(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_team
    ADD CONSTRAINT teams_team_escalation_policy_id_dfe42fb2_fk_teams_esc FOREIGN KEY (escalation_policy_id) REFERENCES public.teams_escalationpolicy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_timeoff
    ADD CONSTRAINT teams_timeoff_created_by_id_feb2a208_fk_teams_user_id FOREIGN KEY (created_by_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_timeoff
    ADD CONSTRAINT teams_timeoff_user_id_3d95a44e_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.teams_webhook
    ADD CONSTRAINT teams_webhook_team_id_0d564d9e_fk_teams_team_id FOREIGN KEY (team_id) REFERENCES public.teams_team(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_teams_user_id FOREIGN KEY (user_id) REFERENCES public.teams_user(id) DEFERRABLE INITIALLY DEFERRED;

INSERT INTO public.django_migrations (app, name, applied)
SELECT app, name, now() FROM (VALUES
('account', '0001_initial'),
('account', '0002_email_max_length'),
('account', '0003_alter_emailaddress_create_unique_verified_email'),
('account', '0004_alter_emailaddress_drop_unique_email'),
('account', '0005_emailaddress_idx_upper_email'),
('account', '0006_emailaddress_lower'),
('account', '0007_emailaddress_idx_email'),
('account', '0008_emailaddress_unique_primary_email_fixup'),
('account', '0009_emailaddress_unique_primary_email'),
('admin', '0001_initial'),
('admin', '0002_logentry_remove_auto_add'),
('admin', '0003_logentry_add_action_flag_choices'),
('auth', '0001_initial'),
('auth', '0002_alter_permission_name_max_length'),
('auth', '0003_alter_user_email_max_length'),
('auth', '0004_alter_user_username_opts'),
('auth', '0005_alter_user_last_login_null'),
('auth', '0006_require_contenttypes_0002'),
('auth', '0007_alter_validators_add_error_messages'),
('auth', '0008_alter_user_username_max_length'),
('auth', '0009_alter_user_last_name_max_length'),
('auth', '0010_alter_group_name_max_length'),
('auth', '0011_update_proxy_permissions'),
('auth', '0012_alter_user_first_name_max_length'),
('comms', '0001_initial'),
('comms', '0001_squashed_0008_drills'),
('comms', '0002_initial'),
('comms', '0003_page_roles'),
('comms', '0004_mail_about_accounts'),
('comms', '0005_audit_log'),
('comms', '0006_channels_and_bundles'),
('comms', '0007_push_key'),
('comms', '0008_drills'),
('comms', '0009_pages_count_their_changes'),
('comms', '0010_audience'),
('comms', '0011_updates_by_audience_and_approval'),
('comms', '0012_files'),
('comms', '0013_maintenance'),
('comms', '0014_faces'),
('comms', '0015_clock'),
('comms', '0016_subscribers_and_delivery'),
('comms', '0017_drills_tell_nobody'),
('contenttypes', '0001_initial'),
('contenttypes', '0002_remove_content_type_name'),
('incidents', '0001_initial'),
('incidents', '0001_squashed_0015_recovered_by_itself'),
('incidents', '0002_initial'),
('incidents', '0003_timeline_append_only'),
('incidents', '0004_shared_with_teams'),
('incidents', '0005_attachments'),
('incidents', '0006_audit_log'),
('incidents', '0007_timeline_lets_an_erasure_pass'),
('incidents', '0008_attachments_let_an_erasure_pass'),
('incidents', '0009_urgency_and_a_ledger'),
('incidents', '0010_events_kept_before_they_are_taken'),
('incidents', '0011_routing_rules'),
('incidents', '0012_the_default_rule_stays'),
('incidents', '0013_noise_is_held_back'),
('incidents', '0014_what_was_sent_is_listed'),
('incidents', '0015_recovered_by_itself'),
('incidents', '0016_lists_at_a_million_rows'),
('incidents', '0017_private_alerts_are_silenced_by_who_sees_them'),
('incidents', '0018_promises'),
('incidents', '0019_room'),
('incidents', '0020_tasks'),
('incidents', '0021_who_is_here_and_own_fields'),
('incidents', '0022_boards'),
('incidents', '0023_exercises'),
('incidents', '0024_witness'),
('incidents', '0025_roles_handed_over'),
('incidents', '0026_pins'),
('incidents', '0027_walls_and_exports'),
('incidents', '0028_change_marks'),
('incidents', '0029_mitigation_calls'),
('incidents', '0030_symptoms'),
('incidents', '0031_working_together'),
('incidents', '0032_deck_and_playbooks'),
('incidents', '0033_postmortems_in_sections'),
('incidents', '0034_coach_and_factors'),
('incidents', '0035_action_items_followed'),
('incidents', '0036_trackers'),
('incidents', '0037_figures'),
('incidents', '0038_written_together'),
('incidents', '0039_review_as_process'),
('incidents', '0040_own_beginnings'),
('incidents', '0041_review_meeting_organizer'),
('mfa', '0001_initial'),
('mfa', '0002_authenticator_timestamps'),
('mfa', '0003_authenticator_type_uniq'),
('pghistory', '0001_initial'),
('pghistory', '0002_aggregateevent'),
('pghistory', '0003_auto_20201023_1636'),
('pghistory', '0004_auto_20220906_1625'),
('pghistory', '0005_events_middlewareevents'),
('pghistory', '0006_delete_aggregateevent'),
('pghistory', '0007_auto_20250421_0444'),
('sessions', '0001_initial'),
('socialaccount', '0001_initial'),
('socialaccount', '0002_token_max_lengths'),
('socialaccount', '0003_extra_data_default_dict'),
('socialaccount', '0004_app_provider_id_settings'),
('socialaccount', '0005_socialtoken_nullable_app'),
('socialaccount', '0006_alter_socialaccount_extra_data'),
('teams', '0001_initial'),
('teams', '0001_squashed_0005_how_people_get_in'),
('teams', '0002_roles_in_the_organization'),
('teams', '0003_access_events'),
('teams', '0004_single_sign_on_and_provisioning'),
('teams', '0005_how_people_get_in'),
('teams', '0006_addresses_count_as_verified'),
('teams', '0006_squashed_0017_dependencies_that_hold_alerts_back'),
('teams', '0007_token_scopes_and_service_accounts'),
('teams', '0008_invitations'),
('teams', '0009_what_writes_the_audit_log'),
('teams', '0010_audit_log'),
('teams', '0011_erased_people'),
('teams', '0012_track_how_people_get_in'),
('teams', '0013_whom_scim_deactivated'),
('teams', '0014_rosters_with_a_memory'),
('teams', '0015_how_people_are_reached'),
('teams', '0016_service_catalogue'),
('teams', '0017_dependencies_that_hold_alerts_back'),
('teams', '0018_roles_handed_over'),
('teams', '0019_services_are_rolled_back'),
('teams', '0020_rooms'),
('teams', '0021_attempts_and_stale_cards'),
('teams', '0022_reviews_by_roles'),
('usersessions', '0001_initial')
) AS of_migrations (app, name);

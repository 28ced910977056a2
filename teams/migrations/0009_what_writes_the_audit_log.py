from django.db import migrations

# What a person is called, for labels.
PERSON = """
CREATE FUNCTION watchbill_person(person bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT COALESCE(NULLIF(BTRIM(first_name || ' ' || last_name), ''), username) FROM teams_user WHERE id = person
$$;
"""
# One event for one change of a row. `dropped` are columns that are never kept; `about` and `about_before` what the row
# concerns now and concerned before. Of a change only the columns that changed are kept, and none of them is no event.
REMEMBER = """
CREATE FUNCTION watchbill_remember(
    kind text, object text, label text, about text[], about_before text[], dropped text[], old_row jsonb, new_row jsonb
) RETURNS void LANGUAGE plpgsql AS $$
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
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("teams", "0008_invitations")]

    operations = [
        migrations.RunSQL(PERSON, "DROP FUNCTION watchbill_person(bigint)"),
        migrations.RunSQL(
            REMEMBER,
            "DROP FUNCTION watchbill_remember(text, text, text, text[], text[], text[], jsonb, jsonb)",
        ),
    ]

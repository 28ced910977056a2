from django.db import migrations

# The setting ends with its transaction, and only texts may change under it: who, when and what happened stay.
LET_PASS = """
CREATE OR REPLACE FUNCTION incidents_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
REFUSE = """
CREATE OR REPLACE FUNCTION incidents_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is append-only: write a correction instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_audit_log")]

    operations = [migrations.RunSQL(LET_PASS, REFUSE)]

from django.db import migrations

# As the timeline does (0007): under the setting of an erasure, and texts alone. What the file is stays.
HOLD = """
CREATE OR REPLACE FUNCTION incidents_attachment_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    removal text[] := ARRAY['removed_at', 'removed_by_id', 'removed_because', 'opening'];
    texts text[] := ARRAY['name', 'opening', 'removed_because'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL
        AND to_jsonb(NEW) - removal = to_jsonb(OLD) - removal
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND {condition} AND to_jsonb(NEW) - texts = to_jsonb(OLD) - texts THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an attachment is history: it can only be removed, with a reason'
        USING ERRCODE = 'restrict_violation';
END
$$;
"""
LET_PASS = HOLD.format(condition="current_setting('watchbill.erasing', true) = 'on'")
REFUSE = HOLD.format(condition="false")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0007_timeline_lets_an_erasure_pass")]

    operations = [migrations.RunSQL(LET_PASS, REFUSE)]

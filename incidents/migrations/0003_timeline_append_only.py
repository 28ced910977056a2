from django.db import migrations

FORBID = """
CREATE FUNCTION incidents_timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is append-only: write a correction instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER timeline_append_only
    BEFORE UPDATE OR DELETE ON incidents_timelineentry
    FOR EACH ROW EXECUTE FUNCTION incidents_timeline_append_only();
CREATE TRIGGER timeline_no_truncate
    BEFORE TRUNCATE ON incidents_timelineentry
    FOR EACH STATEMENT EXECUTE FUNCTION incidents_timeline_append_only();
"""

ALLOW = """
DROP TRIGGER timeline_no_truncate ON incidents_timelineentry;
DROP TRIGGER timeline_append_only ON incidents_timelineentry;
DROP FUNCTION incidents_timeline_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

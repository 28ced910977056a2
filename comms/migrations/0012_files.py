from django.db import migrations

# What else of an incident changes a page's files: that it is private now, and the postmortem of one of which no page
# told anything, which the default page shows.
COUNT = """
CREATE FUNCTION comms_privacy_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE comms_statuspage SET changed = changed + 1
        WHERE id IN (SELECT page_id FROM comms_pageincident WHERE incident_id = NEW.id)
            OR is_default OR (SELECT count(*) FROM comms_statuspage) = 1;
    RETURN NULL;
END
$$;
CREATE FUNCTION comms_untold_postmortem_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    incident bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.incident_id ELSE NEW.incident_id END;
BEGIN
    UPDATE comms_statuspage SET changed = changed + 1
        WHERE (is_default OR (SELECT count(*) FROM comms_statuspage) = 1)
            AND NOT EXISTS (SELECT FROM comms_pageincident WHERE incident_id = incident AND page_id = comms_statuspage.id);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER page_changes_by_privacy AFTER UPDATE ON incidents_incident
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.private IS DISTINCT FROM NEW.private)
    EXECUTE FUNCTION comms_privacy_changes();
CREATE CONSTRAINT TRIGGER page_changes_untold AFTER INSERT OR UPDATE OR DELETE ON incidents_postmortem
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION comms_untold_postmortem_changes();
"""
FORGET = """
DROP FUNCTION comms_privacy_changes() CASCADE;
DROP FUNCTION comms_untold_postmortem_changes() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comms", "0011_updates_by_audience_and_approval"),
        ("incidents", "0016_lists_at_a_million_rows"),
    ]

    operations = [migrations.RunSQL(COUNT, FORGET)]

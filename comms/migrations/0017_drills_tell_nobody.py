from django.db import migrations

# Whatever code forgets to ask: of a drill no status page tells and nothing is sent.
FORWARD = """
CREATE TRIGGER not_of_a_drill BEFORE INSERT OR UPDATE OF incident_id ON comms_pageincident
    FOR EACH ROW WHEN (NEW.incident_id IS NOT NULL) EXECUTE FUNCTION watchbill_not_of_a_drill();
CREATE FUNCTION watchbill_not_sent_of_a_drill() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER not_sent_of_a_drill BEFORE INSERT ON comms_delivery
    FOR EACH ROW WHEN (NEW.entry_id IS NOT NULL) EXECUTE FUNCTION watchbill_not_sent_of_a_drill();
"""
BACK = """
DROP TRIGGER not_sent_of_a_drill ON comms_delivery;
DROP FUNCTION watchbill_not_sent_of_a_drill();
DROP TRIGGER not_of_a_drill ON comms_pageincident;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comms", "0016_subscribers_and_delivery"),
        ("incidents", "0023_exercises"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]

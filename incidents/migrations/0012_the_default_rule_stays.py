from django.db import migrations

FORBID = """
CREATE FUNCTION incidents_default_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the default routing rule always catches: change what it does instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER default_rule_stays
    BEFORE DELETE ON incidents_routingrule
    FOR EACH ROW WHEN (OLD.is_default) EXECUTE FUNCTION incidents_default_rule_stays();
CREATE TRIGGER default_rule_stays_default
    BEFORE UPDATE ON incidents_routingrule
    FOR EACH ROW WHEN (OLD.is_default <> NEW.is_default) EXECUTE FUNCTION incidents_default_rule_stays();
"""

ALLOW = """
DROP TRIGGER default_rule_stays_default ON incidents_routingrule;
DROP TRIGGER default_rule_stays ON incidents_routingrule;
DROP FUNCTION incidents_default_rule_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0011_routing_rules")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

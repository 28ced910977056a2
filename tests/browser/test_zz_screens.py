import pytest
from tests.browser.test_roster import page, press
pytestmark = pytest.mark.browser

def test_shots(page, story, installation):
    code = '''
from datetime import *
from django.utils import timezone
from teams import actions
from teams.models import *
from tests import factories
t=Team.objects.get(name="Payments")
s=factories.schedule(t,[User.objects.get(username="alice"),User.objects.get(username="bob")],name="Platform",time_zone="Europe/Berlin")
carol=factories.UserFactory(username="carol",first_name="Carol",last_name="Mendez"); dan=factories.UserFactory(username="dan",first_name="Dan")
r=s.layers.get()
actions.set_rota(r,[carol,dan,User.objects.get(username="alice")])
actions.change_roster(s,[actions.LayerChange(None,{"name":"Business hours","kind":"day","anchor_date":date(2026,1,1),"handoff_time":time(9),"restrictions":[{"weekdays":[0,1,2,3,4],"start":"09:00","end":"17:00"}],"holidays":"off"},[[carol,dan],[User.objects.get(username="bob")]])],by=None)
n=timezone.now()
actions.add_override(s,by=User.objects.filter(role="owner").first(),user=dan,replaces=carol,starts_at=n+timedelta(days=6),ends_at=n+timedelta(days=7),reason="Dentist")
print("pk",s.pk)
'''
    pk = installation.run("shell", "--no-imports", "-c", code).split("pk ")[1].split()[0]
    for width, height in ((1440, 900), (390, 844)):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"/admin/teams/schedule/{pk}/change/")
            page.wait_for_load_state("networkidle")
            page.locator("#id_layers-0-every").fill("2")
            page.wait_for_timeout(1500)
            print(width, page.evaluate("document.documentElement.scrollWidth"))
            page.screenshot(path=f"/tmp/screens/roster-edit-{width}-{scheme}.png")
            page.add_style_tag
            page.evaluate("() => { const p = document.querySelector('.wb-preview'); p.style.position='static'; p.style.maxHeight='none'; }")
            page.screenshot(path=f"/tmp/screens/roster-edit-full-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/admin/teams/schedule/add/")
        page.locator("#id_team").select_option(label="Payments")
        page.get_by_role("button", name="Follow the sun").click()
        page.locator("#layers-0 [data-rows] select").select_option(label="Alice")
        page.locator("#layers-1 [data-rows] select").select_option(label="Bob")
        page.locator("#layers-2 [data-rows] select").select_option(label="Dan")
        page.wait_for_timeout(1500)
        page.screenshot(path=f"/tmp/screens/roster-add-{width}.png")
        page.evaluate("() => { const p = document.querySelector('.wb-preview'); p.style.position='static'; p.style.maxHeight='none'; }")
        page.screenshot(path=f"/tmp/screens/roster-add-full-{width}.png", full_page=True)
        print(width, page.evaluate("document.documentElement.scrollWidth"))
    page.goto(f"/admin/teams/schedule/{pk}/delete/")
    page.screenshot(path=f"/tmp/screens/roster-delete.png")

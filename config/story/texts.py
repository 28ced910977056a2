"""What people and tools say in the story."""

from typing import Any

CHANGES = (
    ("11:35", "Turned on passkeys in sign-in", "sign-in", "flags-418"),
    ("12:47", "Deployed ledger 4.12.0", "ledger", "4.12.0"),
    ("13:20", "Deployed search-api 1.88.2", "search-api", "1.88.2"),
    ("13:58", "Deployed checkout 2.31.0", "checkout", "2.31.0"),
)
SUSPECT = "Deployed checkout 2.31.0"
ALERT_LABELS = {
    "alertname": "CheckoutErrorRate",
    "service": "checkout",
    "severity": "critical",
    "cluster": "prod-eu",
    "job": "checkout",
}
ALERT_ANNOTATIONS = {
    "summary": "error rate 30 %",
    "description": "30 % of checkout's requests have failed in the last 2 minutes; 1 % is normal.",
    "runbook_url": "https://runbooks.harbour.example/checkout#error-rate",
}
IMPACT = "About 3 in 10 orders fail at payment, for all customers"
ROLLBACK: dict[str, Any] = {
    "kind": "roll_back",
    "title": "Roll back checkout to 2.30.4",
    "expected_effect": "Error rate back under 1 % within two minutes",
    "success_signal": "checkout:error_ratio:rate5m under 0.01",
    "rollback_plan": "Deploy 2.31.0 again",
}
ERRORS_DROP = "Rolled back → errors drop: 30 % to 0.4 %"
WORKED = "Error rate 0.4 % and falling"
PUBLIC_TITLE = "Payments failing at checkout"
RESTORED = (
    "Since 14:00 UTC about three in ten payments failed. We took back the change that caused it, and payments work "
    "again. We are watching that it stays so and write again by 14:30 UTC. Nobody was charged for an order that failed."
)
FINAL = (
    "Payments have worked normally since 14:09 UTC, and this is over. If an order of yours failed, you can place it "
    "again; nothing was charged for it. We will publish what we learned."
)
CONFIRMATION = "Error rate under 1 % for 15 minutes, orders per minute back to normal"
POSTMORTEM_TITLE = "Payments failing at checkout after a deploy"
SECTIONS = {
    "summary": "Release 2.31.0 of checkout sent payment requests with a currency field that the payment provider "
    "rejects for cards from three banks. Three in ten payments failed for nine minutes, until the release was rolled "
    "back.",
    "impact": "About 30 % of payments failed from 14:00 to 14:09 UTC: 412 orders, of which 280 were placed again "
    "within the hour. No money was taken for a failed order.",
    "detection": "The alert on checkout's error rate fired two minutes after the first failures. Support had no call "
    "before it.",
    "factors": "Each of them was harmless until the release met all three.",
    "resolution": "Rolled back to 2.30.4 six minutes after the alert, before the cause was known. Errors dropped "
    "within a minute.",
    "went_well": "- The last deploy was on the incident's page, so rolling back was proposed within five minutes.\n"
    "- Roles were clear from the start, and customers heard from us eight minutes after the alert.",
    "was_hard": "- The rollback command stood in the head of one person and not in the runbook.",
    "got_lucky": "- It happened at a quiet hour, with two people of the team at their desks.",
}
FACTORS: tuple[dict[str, Any], ...] = (
    {
        "text": "The provider's sandbox accepts the field that its production rejects",
        "tags": ["dependency"],
    },
    {"text": "The release went to all customers at once", "tags": ["missing-rollback"]},
    {"text": "The contract test covers one bank of the three", "tags": ["untested-change"]},
)
ACTION_ITEMS: tuple[dict[str, Any], ...] = (
    {
        "title": "Roll checkout out to 5 % of traffic first, and stop by itself above 2 % errors",
        "kind": "prevent",
        "priority": 1,
        "owner": "operations",
        "due_on": 14,
        "end_state": "A release that fails in the drill stops at 5 % without anybody doing anything",
        "tracker_url": "https://tracker.harbour.example/PAY-1841",
    },
    {
        "title": "Alert on failed payments for each bank within one minute",
        "kind": "detect",
        "priority": 2,
        "owner": "operations",
        "due_on": 10,
        "end_state": "The alert fires in staging within a minute when one bank's payments fail",
        "tracker_url": "https://tracker.harbour.example/PAY-1842",
    },
    {
        "title": "Write the rollback command into checkout's runbook and try it from there",
        "kind": "mitigate",
        "priority": 2,
        "owner": "commander",
        "due_on": 5,
        "end_state": "Somebody who has never done it has rolled back in staging with the runbook alone",
        "tracker_url": "https://tracker.harbour.example/PAY-1843",
    },
)
DISK_LABELS = {
    "alertname": "DiskFillingUp",
    "service": "search-api",
    "severity": "warning",
    "cluster": "prod-eu",
    "instance": "search-2:9100",
}
DISK_ANNOTATIONS = {
    "summary": "Disk 85 % full on search-2",
    "description": "At this rate it is full in about 9 hours.",
    "runbook_url": "https://runbooks.harbour.example/search-api#disk",
}

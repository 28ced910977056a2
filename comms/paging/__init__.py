"""What paging did and would do, to be read: the ledger of an incident's runs, why somebody was not paged, and the
simulator."""

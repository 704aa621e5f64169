"""Answers the three reports from a relational database, to compare them with the API's.

Standard input: {"documents": {TYPE: [document...]}, "provider": ID or null, "account": ID, "now": TIME}, as the API lists
documents. Standard output: {REPORT: [row...]}. Uses the sqlite3 of Python's standard library.
"""

import json
import sqlite3
import sys

TABLES = {
    "patients": ["id", "first_name", "last_name", "clinician_id", "account_id"],
    "users": ["id", "first_name", "last_name", "account_id"],
    "invites": ["id", "email", "first_name", "last_name", "clinician_id", "status", "created_at", "expires_at"],
    "chat-sessions": ["id", "patient_id", "status", "completed_at"],
    "eligibility-results": ["id", "patient_id", "is_eligible"],
    "lab-orders": ["id", "patient_id", "test_type", "status", "ordered_at"],
    "lab-results": ["id", "order_id", "status"],
}

REPORTS = {
    "risk-assessment-status": """
        select person.id, person.first_name, person.last_name,
               talk.status as chat_status, finding.is_eligible
          from "patients" as person
          left outer join "chat-sessions" as talk
            on talk.patient_id = person.id and talk.status = 'completed'
          left outer join "eligibility-results" as finding on finding.patient_id = person.id
         where person.clinician_id = :provider
         order by talk.completed_at desc""",
    "pending-invitations": """
        select asked.id, asked.email, asked.first_name, asked.last_name, asked.created_at, asked.expires_at,
               host.first_name as provider_first_name, host.last_name as provider_last_name
          from "invites" as asked inner join "users" as host on host.id = asked.clinician_id
         where host.account_id = :account and asked.status = 'pending' and asked.expires_at > :now
         order by asked.created_at desc""",
    "lab-order-status": """
        select placed.id, person.first_name, person.last_name, placed.test_type, placed.status,
               placed.ordered_at, outcome.status as result_status
          from "lab-orders" as placed
          inner join "patients" as person on person.id = placed.patient_id
          left outer join "lab-results" as outcome on outcome.order_id = placed.id
         where person.account_id = :account
         order by placed.ordered_at desc""",
}


def main():
    given = json.load(sys.stdin)
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    for table, columns in TABLES.items():
        database.execute(f'create table "{table}" ({", ".join(columns)})')
        rows = [[document.get(column) for column in columns] for document in given["documents"][table]]
        database.executemany(f'insert into "{table}" values ({", ".join("?" * len(columns))})', rows)
    answers = {}
    for report, query in REPORTS.items():
        values = {name: given[name] for name in ("provider", "account", "now")}
        answers[report] = [dict(row) for row in database.execute(query, values)]
    json.dump(answers, sys.stdout)


main()

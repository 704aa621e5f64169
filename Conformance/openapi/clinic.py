"""Logs in and makes a small clinic: one document of each type.

usage: clinic.py URL MAKER EMAIL PASSWORD FILE
           MAKER makes it; FILE gets {"token", "ids": {path: id}, "own": [id]} of EMAIL
       clinic.py URL FILE      whether that login still holds
"""
import json
import sys
import urllib.request


def call(url, method, path, body=None, token=""):
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers, method=method)) as answer:
        return json.load(answer)


# What each document is made of; a value that begins with @ is the id of the one at that path.
CLINIC = [
    ("account-settings", {}),
    ("clinics", {"name": "Riverside"}),
    ("users", {"email": "ada@example.org", "name": "Ada Okafor", "role": "clinician"}),
    ("doctors", {"name": "Ada Okafor", "clinic_id": "@clinics"}),
    (
        "patients",
        {"first_name": "Pat", "last_name": "Lima", "email": "pat@example.org", "clinician_id": "@users"},
    ),
    (
        "appointments",
        {"patient_id": "@patients", "doctor_id": "@doctors", "date": "2030-05-06", "start_time": "09:30"},
    ),
    ("intake", {"clinic_id": "@clinics", "patient_id": "@patients"}),
    (
        "ai-intake-summaries",
        {
            "clinic_id": "@clinics", "patient_id": "@patients", "appointment_id": "@appointments",
            "intake_form_id": "@intake", "summary_text": "Well.", "generated_at": "2030-05-06T09:00:00Z",
        },
    ),
    ("chat-sessions", {"patient_id": "@patients"}),
    ("chat-questions", {"text": "How old are you?", "question_type": "number"}),
    ("chat-answers", {"session_id": "@chat-sessions", "question_id": "@chat-questions", "answer": "44"}),
    ("eligibility-results", {"patient_id": "@patients", "session_id": "@chat-sessions", "is_eligible": True}),
    (
        "lab-orders",
        {
            "patient_id": "@patients", "provider_id": "@users", "test_type": "panel",
            "eligibility_result_id": "@eligibility-results",
        },
    ),
    ("lab-results", {"order_id": "@lab-orders"}),
    (
        "availability",
        {"clinician_id": "@users", "days_of_week": [0], "time_slots": ["09:00"], "start_date": "2030-01-01"},
    ),
    (
        "availability-overrides",
        {"clinician_id": "@users", "date": "2030-05-07", "time_slot": "09:00", "available": True},
    ),
]


def log_in(url, email, password):
    return call(url, "POST", "/api/auth/login", {"email": email, "password": password})["access_token"]


def make(url, maker, email, password):
    token = log_in(url, maker, password)
    ids = {}
    for path, fields in CLINIC:
        body = {name: ids[value[1:]] if str(value).startswith("@") else value for name, value in fields.items()}
        ids[path] = call(url, "POST", "/api/" + path, body, token)["id"]
    ids["invites"] = call(url, "POST", "/api/generate_invite", {"patient_id": ids["patients"]}, token)["id"]
    token = log_in(url, email, password)
    me = call(url, "GET", "/api/auth/me", token=token)
    return {"token": token, "ids": ids, "own": [me["id"], me["account_id"]]}


if __name__ == "__main__":
    url, *rest, file = sys.argv[1:]
    if rest:
        made = make(url, *rest)
        with open(file, "w") as out:
            json.dump(made, out)
        print(made["token"])
    else:
        with open(file) as made:
            call(url, "GET", "/api/auth/me", token=json.load(made)["token"])

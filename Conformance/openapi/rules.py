"""What a schema cannot say about requests, so that schemathesis knows which refusals are right."""
import json
import os
import re

import schemathesis

# Problems of fields that depend on more than the shape of the request: on other documents and fields, on
# catalogues of the world, on limits in bytes.
RULES = [
    r"^\w+: there is no \w+ [0-9a-f-]{36}$",
    r"^\w+: is not a time zone of the IANA data base$",
    r"^\w+: is not a time since 1970",
    r"^.*: the name is longer than 100 bytes$",
    r"^\w+: (longer than|the password has more than) \d+ bytes$",
    # 1.0 is an integer for a schema, and no spelling of one that is taken.
    r"^\w+: .*written without point and exponent$",
    r"^\w+: differs from \w+, which is the same field$",
    r"^\w+: keeps its first value",
    # The engine's own fields may be sent back as they are.
    r"^(id|account_id|created_at|created_by|updated_at|updated_by|_.*): ",
    # These follow from others where they can.
    r"^(name|clinic_id|end_time|expires_at|confirmation_code|generated_at|days_of_week|time_slots): is required",
    r"^patient_id: is required",
    r"^(day_of_week|time): is not one of ",
    r"^status: of a new user is active with a password, and invited without$",
    r"^end_time: (is not start_time plus duration|must be after start_time)$",
    r"^(end_time|duration): the visit must end on the day on which it starts$",
    r"^arrived_at: is only for a patient who has arrived$",
    r"^overbook_reason: is required when overbook is true$",
    r"^provider_id: is required: the patient has no clinician$",
    # Who accepts an invite shows that he is the patient.
    r"^date_of_birth: (is required: the address has changed|is not the patient's)",
    r"^to: is before from",
    # Of a file that is imported.
    r"^line \d+: ",
]


# The documents that are there, by their paths, and the fields that name one.
with open(os.environ["CLINIC"]) as file:
    MADE = json.load(file)
IDS = MADE["ids"]
REFERENCES = {
    "patient_id": "patients", "into": "patients", "clinic_id": "clinics", "doctor_id": "doctors",
    "clinician_id": "users", "provider_id": "users", "reviewer_id": "users", "session_id": "chat-sessions",
    "question_id": "chat-questions", "appointment_id": "appointments", "intake_form_id": "intake",
    "eligibility_result_id": "eligibility-results", "order_id": "lab-orders",
}
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def with_real_ids(values, paths):
    """Most ids that nobody has become those of documents that are there."""
    for name, path in paths.items():
        value = values.get(name)
        if path in IDS and isinstance(value, str) and UUID.fullmatch(value) and value[-1] in "0123456789abc":
            values[name] = IDS[path]


def spare_the_caller(case):
    """Whoever asks does not suspend, delete or demote himself or his account: nothing would be allowed after it."""
    own = case.path_parameters.get("id") in MADE["own"] if isinstance(case.path_parameters, dict) else False
    if own and case.method in ("PUT", "PATCH", "DELETE"):
        case.path_parameters["id"] = "00000000-0000-4000-8000-000000000000"


@schemathesis.hook
def before_call(ctx, case, kwargs):
    spare_the_caller(case)
    # A chain of calls has ids of its own; what is deleted is missing afterwards.
    if case.meta is None or case.meta.phase.name.value == "stateful":
        return
    for values in (case.body, case.query):
        if isinstance(values, dict):
            with_real_ids(values, REFERENCES)
    segments = case.operation.path.split("/")
    if case.method != "DELETE" and segments[3:4] == ["{id}"] and isinstance(case.path_parameters, dict):
        with_real_ids(case.path_parameters, {"id": segments[2]})


def problems(response):
    error = response.json()["error"]
    return [f"{entry['field']}: {entry['problem']}" for entry in error["fields"]] or [error["message"]]


@schemathesis.check
def refused_by_a_rule(ctx, response, case):
    """A request that fits its schema may be refused with 422 only for what no schema says."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    for problem in problems(response):
        assert any(re.search(rule, problem) for rule in RULES), f"the schema should say: {problem}"

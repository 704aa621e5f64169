#!/usr/bin/env python3
"""Checks exports with libraries that others wrote.

    check.py BUNDLE.json CALENDAR.ics

The bundle must be FHIR R4: `fhir.resources` 6.1 knows 4.0.1 exactly; newer ones know R4B, which has the
same resources. What the library does not check is checked here: addresses, references, the rules app-2 to
app-4 of appointments. The calendar must be read by `icalendar`, written, and read again with equal events;
every time in it must be the one that the IANA data base gives for the zone.

    pip install 'fhir.resources==6.1.0' 'pydantic[email]<2' icalendar tzdata

Exit status: 0 and a line each for what was checked; 1 with what is wrong; 77 if a library is missing.
"""

import datetime
import json
import re
import sys
import zoneinfo

try:
    import fhir.resources
    import icalendar

    if getattr(fhir.resources, "__fhir_version__", "") == "4.0.1":
        from fhir.resources.bundle import Bundle
    else:
        from fhir.resources.R4B.bundle import Bundle
except ImportError as error:
    print(f"missing: {error}")
    sys.exit(77)

problems = []


def expect(condition, what):
    if not condition:
        problems.append(what)


def walk(value, visit):
    visit(value)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        walk(child, visit)


def check_bundle(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    parse = getattr(Bundle, "model_validate", None) or Bundle.parse_obj
    bundle = parse(data)
    entries = data.get("entry", [])
    expect(len(bundle.entry or []) == len(entries), "the library has another number of entries")
    expect(data["type"] == "collection", "the bundle is no collection")
    addresses = [entry["fullUrl"] for entry in entries]
    expect(len(set(addresses)) == len(addresses), "an address is there twice (bdl-7)")
    expect(all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one) for one in addresses), "no urn:uuid")
    resources = [entry["resource"] for entry in entries]
    names = {f"{one['resourceType']}/{one['id']}" for one in resources}
    expect(len(names) == len(resources), "two resources of one name")

    def visit(value):
        expect(value not in (None, "", [], {}), "an empty element")
        if isinstance(value, dict) and "reference" in value:
            expect(value["reference"] in names, f"{value['reference']} is not in the bundle")

    walk(data, visit)
    for one in resources:
        expect(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", one["id"]), f"id {one['id']}")
        if one["resourceType"] == "Appointment":
            check_appointment(one)
    counts = {}
    for one in resources:
        counts[one["resourceType"]] = counts.get(one["resourceType"], 0) + 1
    is_r4 = getattr(fhir.resources, "__fhir_version__", "") == "4.0.1"
    version = "4.0.1" if is_r4 else "4.3.0"
    print(f"bundle: {len(entries)} entries are FHIR {version}: {json.dumps(counts, sort_keys=True)}")


def check_appointment(one):
    name = f"Appointment/{one['id']}"
    expect(("start" in one) == ("end" in one), f"{name}: app-2")
    expect("start" in one or one["status"] in ("proposed", "cancelled"), f"{name}: app-3")
    expect("cancelationReason" not in one or one["status"] == "cancelled", f"{name}: app-4")
    if "start" in one:
        start, end = (datetime.datetime.fromisoformat(one[key]) for key in ("start", "end"))
        expect((end - start).total_seconds() == one["minutesDuration"] * 60, f"{name}: duration")
        zone = zoneinfo.ZoneInfo(one["_start"]["extension"][0]["valueCode"])
        expect(start.utcoffset() == start.astimezone(zone).utcoffset(), f"{name}: offset")


def check_calendar(path):
    with open(path, "rb") as file:
        data = file.read()
    for number, line in enumerate(data.split(b"\r\n"), 1):
        expect(len(line) <= 75, f"line {number} has more than 75 octets")
        expect(b"\n" not in line and b"\r" not in line, f"line {number} ends without CR LF")
        line.decode("utf-8")
    calendar = icalendar.Calendar.from_ical(data)
    again = icalendar.Calendar.from_ical(calendar.to_ical())
    events, same = calendar.walk("VEVENT"), again.walk("VEVENT")
    expect(len(events) == data.count(b"BEGIN:VEVENT\r\n"), "the library has another number of events")
    expect([e.to_ical() for e in events] == [e.to_ical() for e in same], "another calendar comes back")
    expect(all(one == other for one, other in zip(events, same)), "another event comes back")
    expect(all(not event.errors for event in events), "the library reports errors in events")
    names = [str(event["UID"]) for event in events]
    expect(len(set(names)) == len(names), "a UID is there twice")
    zones = {str(zone["TZID"]): zone.to_tz() for zone in calendar.walk("VTIMEZONE")}
    for event in events:
        check_event(event, zones)
    check_zones(zones, events)
    print(f"calendar: {len(events)} events in {', '.join(sorted(zones))} come back the same")


def check_event(event, zones):
    for name in ("DTSTART", "DTEND"):
        time, zone = event[name].dt, event[name].params.get("TZID")
        if zone is None:
            expect(time.utcoffset() == datetime.timedelta(0), f"{event['UID']}: neither zone nor UTC")
            continue
        expect(zone in zones, f"{event['UID']}: no VTIMEZONE for {zone}")
        wall = time.replace(tzinfo=None)
        told = wall.replace(tzinfo=zones[zone]).utcoffset()
        known = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset()
        expect(told == known, f"{event['UID']}: {wall} is {told} by the calendar, {known} in {zone}")
    expect(event["DTEND"].dt > event["DTSTART"].dt, f"{event['UID']} ends before it begins")
    expect(event["CLASS"] == "CONFIDENTIAL", f"{event['UID']} is not confidential")


def check_zones(zones, events):
    """Noon of every day of the years that are used, by each zone of the calendar."""
    years = {event["DTSTART"].dt.year for event in events}
    for name, zone in zones.items():
        for year in sorted(years):
            day = datetime.datetime(year, 1, 1, 12)
            while day.year == year:
                told, known = (day.replace(tzinfo=one).utcoffset() for one in (zone, zoneinfo.ZoneInfo(name)))
                expect(told == known, f"{name} at {day}: {told}, not {known}")
                day += datetime.timedelta(days=1)


if len(sys.argv) != 3:
    print(__doc__)
    sys.exit(2)
check_bundle(sys.argv[1])
check_calendar(sys.argv[2])
for problem in problems[:20]:
    print(problem)
sys.exit(1 if problems else 0)

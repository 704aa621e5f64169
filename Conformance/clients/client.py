#!/usr/bin/env python3
"""A small client of the protocol in PROTOCOL.md, written from that text alone. Standard library only.

    client.py DIR enroll URL CODE [NAME]      client.py DIR put TYPE ID|- JSON      client.py DIR delete TYPE ID
    client.py DIR sync                        client.py DIR get TYPE ID             client.py DIR list TYPE
    client.py DIR conflicts                   client.py DIR resolve TYPE ID UNIT N  (the N-th value, from 1)

It keeps everything in DIR/state.json, replaced as a whole, and holds all documents in memory.
"""
import calendar, gzip, hashlib, json, os, secrets, sys, time, urllib.error, urllib.request, uuid

UNITS = {   # section 17: the field's unit, where it is not the field itself
    "patient": {"first_name": "identity", "last_name": "identity", "date_of_birth": "identity",
                "clinician_id": "assignment", "clinic_id": "assignment"},
}
def sha(data): return hashlib.sha256(data).digest()
def raw(replica): return uuid.UUID(replica).bytes
def ordered(vector): return sorted(vector.items(), key=lambda entry: raw(entry[0]))
def covers(vector, dot): return vector.get(dot[0], 0) >= dot[1]
def within(a, b): return all(b.get(r, 0) >= n for r, n in a.items())
def joined(a, b): return {r: max(a.get(r, 0), b.get(r, 0)) for r in {**a, **b}}
def pack(vector): return b"".join(raw(r) + n.to_bytes(8, "big") for r, n in ordered(vector))
def name_of(vector): return sha(pack(vector))[:8].hex()
def difference(vector, base): return {r: vector.get(r, 0) for r in {**vector, **base} if vector.get(r, 0) != base.get(r, 0)}
def applying(base, diff): return {r: n for r, n in {**base, **diff}.items() if n}
def stamp_number(text):
    moment, _, counter = text.partition("/")
    seconds = calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))
    return (seconds * 1000 + int(moment[20:23])) << 16 | int(counter or 0)
def stamp_text(number):
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((number >> 16) // 1000))
    text = f"{moment}.{(number >> 16) % 1000:03}Z"
    return f"{text}/{number & 0xffff}" if number & 0xffff else text

def said(versions): return [v for v in versions if "put_back" not in v]     # What was only put back says nothing.
class Refused(Exception): error = property(lambda self: self.args[1])   # The arguments are the status and the error.
class Client:
    def __init__(self, directory):
        self.file, self.access = os.path.join(directory, "state.json"), None
        os.makedirs(directory, exist_ok=True)
        self.state = {"device": str(uuid.uuid4()), "replica": str(uuid.uuid4()), "base": {}, "agreed": False, "stage": None,
                      "cursor": None, "clock": 0, "offset": 0, "documents": {}, "history": {}, "unstable": {}}
        if os.path.exists(self.file):
            with open(self.file) as file: self.state = json.load(file)
    def save(self):
        with open(self.file + ".tmp", "w") as file:
            json.dump(self.state, file)
            file.flush(); os.fsync(file.fileno())
        os.replace(self.file + ".tmp", self.file)
    # --- history (section 3)
    def knowledge(self): return {r: len(chain) for r, chain in self.state["history"].items() if chain}
    @staticmethod
    def append(chains, run):
        chain = chains.setdefault(run["replica"], [])
        chain.extend(run["transactions"][len(chain) + 1 - run["first"]:])
    def history(self, knowledge, runs=()):
        chains = {r: list(chain) for r, chain in self.state["history"].items()}
        for run in runs: self.append(chains, run)
        out = b""
        for replica, number in ordered(knowledge):
            link = bytes(32)
            for entry in chains[replica][:number]:
                nonce, stamp = entry.split(" ", 1)
                link = sha(link + bytes.fromhex(nonce) + stamp_number(stamp).to_bytes(8, "big"))
            out += raw(replica) + number.to_bytes(8, "big") + link
        return sha(out)[:16].hex()
    # --- documents: {"type", "id", "clock", "origin", "schema", "dropped": {unit: [[dot, first]]}, "units": {unit: [version]}}
    def now(self):
        self.state["clock"] = max(self.state["clock"] + 1, (int(time.time() * 1000) + self.state["offset"]) << 16)
        return stamp_text(self.state["clock"])
    def write(self, kind, id, change):
        """One transaction: `change(document, version)` puts versions that `version(value, **more)` makes."""
        s, replica = self.state, self.state["replica"]
        dot, stamp, by = [replica, self.knowledge().get(replica, 0) + 1], self.now(), [s["device"], s["user"]]
        document = s["documents"].setdefault(f"{kind}/{id}", {
            "type": kind, "id": id, "clock": {}, "schema": 1, "dropped": {}, "units": {},
            "origin": {"dot": dot, "at": stamp, "by": by}})
        if change(document, lambda value, **more: {"dot": dot, "first": dot, "at": stamp, "by": by, "value": value, **more}):
            document["clock"][replica] = dot[1]
            document["changed"] = s["arrivals"] = s.get("arrivals", 0) + 1
            s["history"].setdefault(replica, []).append(f"{secrets.token_hex(8)} {stamp}")
            self.save()
    @staticmethod
    def shown(versions): return max(said(versions) or versions, key=lambda v: (stamp_number(v["at"]), raw(v["first"][0]), v["first"][1]))
    def fields(self, document):
        shown = [self.shown(versions)["value"] for unit, versions in document["units"].items() if not unit.startswith("_")]
        return {field: value for fields in shown for field, value in fields.items()}
    def put(self, kind, id, patch):
        names = UNITS.get(kind, {})
        def change(document, version):
            wanted = {**self.fields(document), **patch}
            touched, changed = {names.get(f, f) for f in patch}, False
            for unit in touched:
                value = {f: v for f, v in wanted.items() if names.get(f, f) == unit and v is not None}
                old = document["units"].get(unit, [])
                before = self.shown(old)["value"] if old else None
                if before == value: continue
                # Only what was shown, and what equals it, is replaced (section 8).
                document["units"][unit] = [v for v in old if v["value"] != before] + [version(value)]
                changed = True
            return changed
        self.write(kind, id, change)
        return id
    def resolve(self, kind, id, unit, number):
        self.write(kind, id, lambda document, version: document["units"].update(
            {unit: [version(document["units"][unit][number - 1]["value"])]}) or True)
    def delete(self, kind, id):
        self.write(kind, id, lambda document, version: document["units"].update({"_life": [version(
            {"deleted": "mistake"}, reason="mistake", context=dict(document["clock"]), knowledge=self.knowledge())]}) or True)
    def deleted(self, document):
        life, context, stands = document["units"].get("_life", []), {}, False
        if any(v.get("reason") == "erasure" for v in life): return True
        if any("reason" not in v for v in said(life)): return False
        for version in life:
            cause = version.get("cause")
            other = cause and self.state["documents"].get(f"{cause['type']}/{cause['id']}")
            if not cause or other and self.deleted(other): context, stands = joined(context, version["context"]), True
        content = [v for u, versions in document["units"].items() if not u.startswith("_") for v in versions if "put_back" not in v]
        gone = [first for keys in document["dropped"].values() for _, first in keys]
        return stands and all(covers(context, first) for first in [v["first"] for v in content] + gone)
    # --- streams (section 3)
    @staticmethod
    def encode(head, documents=(), runs=()):
        lines, ids = [json.dumps(head)], []
        number = lambda id: ids.index(id) if id in ids else ids.append(id) or len(ids) - 1
        dots = lambda vector: [[number(r), n] for r, n in ordered(vector)]
        wire = lambda dot: [number(dot[0]), dot[1]]
        def entry(v):
            out = {"dot": wire(v["dot"]), "first": wire(v["first"]), "at": v["at"], "by": [number(i) for i in v["by"]]}
            out.update({key: v[key] for key in ("unit", "value", "replaced", "reason", "put_back") if key in v})
            out.update({key: dots(v[key]) for key in ("context", "knowledge") if key in v})
            if "seen" in v: out["seen"] = [wire(dot) for dot in v["seen"]]
            if "cause" in v: out["cause"] = {**v["cause"], "dot": wire(v["cause"]["dot"])}
            return out
        body = []
        for d in documents:
            sync = {"schema": d["schema"], "clock": dots(d["clock"]), "origin": entry({**d["origin"], "first": d["origin"]["dot"]}), "writes": [],
                    "versions": [entry({**v, "unit": u}) for u, vs in d["units"].items() for v in vs]}
            if d["dropped"]: sync["dropped"] = {u: [[wire(dot) for dot in (key if key[0] != key[1] else key[:1])] for key in keys] for u, keys in d["dropped"].items()}
            body.append(json.dumps({"id": d["id"], "type": d["type"], "_sync": sync}))
        lines += ([json.dumps({"ids": ids})] if ids else []) + body + [json.dumps(run) for run in runs]
        data = "".join(line + "\n" for line in lines).encode()
        return data + (json.dumps({"end": len(lines), "digest": sha(data)[:8].hex()}) + "\n").encode()
    @staticmethod
    def decode(data):
        lines = data.split(b"\n")
        end = {"end": len(lines) - 2, "digest": sha(data[:-len(lines[-2]) - 1])[:8].hex()} if len(lines) > 2 else None
        if lines[-1] or json.loads(lines[-2] or b"0") != end: raise ValueError("the stream is damaged or has no end")
        ids, documents, runs = [], [], []
        dot, vector = lambda d: [ids[d[0]], d[1]], lambda v: {ids[r]: n for r, n in v}
        def version(w, value, unit):
            out = {"dot": dot(w["dot"]), "first": dot(w.get("first", w["dot"])), "at": w["at"], "by": [ids[i] for i in w["by"]], "value": value}
            inner = (lambda key: w.get(key, {}).get(unit)) if "units" in w else w.get
            for key, read in (("seen", lambda s: [dot(d) for d in s]), ("replaced", lambda r: r), ("knowledge", vector), ("context", vector), ("reason", str), ("put_back", bool)):
                if inner(key) is not None: out[key] = read(inner(key))
            if "cause" in w: out["cause"] = {**w["cause"], "dot": dot(w["cause"]["dot"])}
            return out
        for line in lines[1:-2]:
            o = json.loads(line)
            if "ids" in o: ids += [i for i in o["ids"] if i not in ids]
            elif "transactions" in o: runs.append(o)
            else:
                sync, units = o["_sync"], {}
                for w in sync["writes"]:
                    for u in w["units"]:
                        name = u if isinstance(u, str) else u[0]
                        field, _, element = name.partition("/")
                        whole = o.get(field)
                        if isinstance(u, list): value = {f: o[f] for f in u[1:]}
                        elif not element: value = {name: whole}
                        elif element not in (whole or ()): value = {}
                        else: value = {field: [element] if isinstance(whole, list) else {element: whole[element]}}
                        units.setdefault(name, []).append(version(w, value, name))
                for v in sync.get("versions", []): units.setdefault(v["unit"], []).append(version(v, v["value"], v["unit"]))
                documents.append({"type": o["type"], "id": o["id"], "clock": vector(sync["clock"]), "schema": sync["schema"],
                                  "origin": version(sync["origin"], None, None), "units": units,
                                  "dropped": {u: [[dot(k[0]), dot(k[-1])] for k in keys] for u, keys in sync.get("dropped", {}).items()}})
        return json.loads(lines[0]), documents, runs
    # --- the join (section 8)
    @staticmethod
    def keep(document, unit, versions, keys):
        """Puts versions, and keys of those without a value, in place of all that a unit had."""
        keys = [k for k in keys if k not in [[v["dot"], v["first"]] for v in versions]]
        for name, values in (("units", versions), ("dropped", keys)):
            if values: document[name][unit] = values
            else: document[name].pop(unit, None)
    def join(self, part):
        key = f"{part['type']}/{part['id']}"
        mine = self.state["documents"].setdefault(key, {**part, "clock": {}, "units": {}, "dropped": {}})
        before = dict(mine["units"])
        name, back = lambda v: [v["dot"], v["first"]], [u for u in part["units"] if u in mine["dropped"]]
        for unit in {**part["units"], **part["dropped"]}:
            here, theirs = mine["units"].get(unit, []), part["units"].get(unit, [])
            gone, lost = mine["dropped"].pop(unit, []), part["dropped"].get(unit, [])
            known, named = gone + [name(v) for v in here], lost + [name(v) for v in theirs]
            final = lambda v: v.get("reason") == "erasure"
            stays = lambda key: key in named or not covers(part["clock"], key[0])
            comes = lambda key: key not in known and not covers(mine["clock"], key[0])
            there = [v for v in here if stays(name(v)) or final(v)] + [
                v for v in theirs if name(v) in gone or comes(name(v)) or final(v) and name(v) not in known]
            keys = [k for k in gone if stays(k)] + [k for k in lost if comes(k) or k in [name(v) for v in here]]
            if not there and not keys: there, keys = theirs, lost       # What a refused write had replaced was dropped.
            self.keep(mine, unit, there, keys)
        mine["clock"] = joined(mine["clock"], part["clock"])
        mine["origin"] = min(mine["origin"], part["origin"], key=lambda o: self.state["history"][o["dot"][0]][o["dot"][1] - 1].split()[0])
        erased = any(v.get("reason") == "erasure" for v in mine["units"].get("_life", []))
        deleted, blank = self.deleted(mine), [u for u in part["dropped"] if not said(part["units"].get(u, []))]
        for unit in [u for u in mine["units"] if not u.startswith("_") and (erased or deleted and u in blank + back)]:
            self.keep(mine, unit, [v for v in mine["units"][unit] if "put_back" in v], mine["dropped"].get(unit, []) + [name(v) for v in said(mine["units"][unit])])
        for unit in [] if erased or deleted else [u for u in [*back, *part["dropped"]] if not said(mine["units"].get(u, []))]:
            # Better old content than none.
            if unit in before: self.keep(mine, unit, before[unit], mine["dropped"].get(unit, []))
            elif unit in part["units"]:
                keys = [k for k in mine["dropped"].get(unit, []) if not covers(part["clock"], k[0])]
                self.keep(mine, unit, part["units"][unit], keys + part["dropped"].get(unit, []))
        self.state["clock"] = max([self.state["clock"]] + [stamp_number(v["at"]) for vs in mine["units"].values() for v in vs])
    # --- exchange (section 5)
    def post(self, path, body, kind="application/satchel+jsonl"):
        headers = {"Content-Type": kind, "Satchel-Protocol": "1", "Accept-Encoding": "gzip", "Content-Encoding": "gzip",
                   **({"Authorization": "Bearer " + self.access} if self.access else {"Satchel-Refresh-Token": self.state.get("token", "")})}
        request = urllib.request.Request(self.state["url"] + path, gzip.compress(body), headers)
        try: answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as e: raise Refused(e.code, json.loads(e.read() or b"{}").get("error", {}))
        self.access = answer.headers.get("Satchel-Access-Token", self.access)
        if answer.headers["Content-Type"] != kind: raise ValueError("what answers here is no server of this protocol")
        return gzip.decompress(answer.read()) if answer.headers.get("Content-Encoding") == "gzip" else answer.read()
    def enroll(self, url, code, name):
        self.state["url"] = url
        body = json.dumps({"code": code, "device": self.state["device"], "replica": self.state["replica"], "name": name})
        grant = json.loads(self.post("/sync/v1/enroll", body.encode(), "application/json"))
        self.state.update(account=grant["account"], server=grant["server"], user=grant["user"], token=grant["refresh_token"])
        self.save()
    def head(self, **more):
        s = self.state
        head = {"replica": s["replica"], "base": name_of(s["base"]), "history": self.history(self.knowledge()),
                "knowledge": difference(self.knowledge(), s["base"]), **more}
        if not s["agreed"]: head.update(account=s["account"], server=s["server"])
        if s["unstable"]: head["unstable"] = sha(pack(s["unstable"]))[:4].hex()
        return head
    def push(self):
        s = self.state
        parts = [{**d, "units": {u: vs for u, vs in d["units"].items() if any(not covers(s["base"], v["dot"]) for v in vs)}}
                 for d in sorted(s["documents"].values(), key=lambda d: d.get("changed", 0)) if not within(d["clock"], s["base"])]
        runs = [{"replica": r, "first": s["base"].get(r, 0) + 1, "transactions": chain[s["base"].get(r, 0):]}
                for r, chain in s["history"].items() if len(chain) > s["base"].get(r, 0)]
        pull = {"cursor": s["stage"]["cursor"], "since": s["stage"]["since"]} if s["stage"] else {"cursor": s["cursor"]} if s["cursor"] else {}
        pages = [parts[i:i + 1000] for i in range(0, len(parts), 1000)] or [[]]
        token = secrets.token_hex(8)
        for number, page in enumerate(pages):
            last = number == len(pages) - 1
            more = {} if len(pages) == 1 else {"push": {"token": token, "page": number, "last": last}}
            more.update(pull if last else {"pull": False})
            answer = self.decode(self.post("/sync/v1/exchange", self.encode(self.head(**more), page, runs if last or number == 0 else [])))
        return answer
    def sync(self):
        s = self.state
        for _ in range(8):
            try: head, documents, runs = self.push()
            except Refused as refusal:
                code = refusal.error.get("code")
                if code in ("unknown_base", "server_behind"): s.update(base=refusal.error["knowledge"], agreed=False)
                elif code == "cursor_gone": s.update(cursor=None, stage=None)
                else: raise
            else: break
        else: raise SystemExit("refused again and again")
        while head.get("more"):
            s["stage"] = s["stage"] or {"since": self.knowledge(), "documents": []}
            s["stage"].update(documents=s["stage"]["documents"] + documents, cursor=head["cursor"])
            self.save()
            head, documents, runs = self.decode(self.post("/sync/v1/exchange", self.encode(
                self.head(push=False, cursor=s["stage"]["cursor"], since=s["stage"]["since"]))))
        knowledge = applying(s["base"], head.get("knowledge", {}))
        if self.history(knowledge, runs) != head.get("history", self.history(self.knowledge())): raise SystemExit("the histories differ")
        latest = {f"{d['type']}/{d['id']}": d for d in (s["stage"]["documents"] if s["stage"] else []) + documents}
        for run in runs: self.append(s["history"], run)
        for part in latest.values(): self.join(part)
        s.update(base=knowledge, agreed=True, stage=None, cursor=head.get("cursor", s["cursor"]),
                 unstable=head.get("unstable", s["unstable"]), offset=head["now"] - int(time.time() * 1000))
        self.save()
        return len(latest)

def main(directory, verb, *args):
    client = Client(directory)
    documents = client.state["documents"]
    if verb == "enroll": client.enroll(args[0].rstrip("/"), args[1], args[2] if len(args) > 2 else "client")
    elif verb == "put": print(client.put(args[0], str(uuid.uuid4()) if args[1] == "-" else args[1], json.loads(args[2])))
    elif verb == "delete": client.delete(*args)
    elif verb == "resolve": client.resolve(*args[:3], int(args[3]))
    elif verb == "sync": print(client.sync())
    elif verb in ("get", "list"):
        for d in [d for d in documents.values() if d["type"] == args[0] and (verb == "list" or d["id"] == args[1])]:
            if not client.deleted(d) and not d["dropped"]: print(json.dumps({"id": d["id"], **client.fields(d)}, sort_keys=True))
    elif verb == "conflicts":
        for d, unit, versions in [(d, u, vs) for d in documents.values() for u, vs in d["units"].items() if not u.startswith("_")]:
            values = [v["value"] for v in said(versions)]
            if any(v != values[0] for v in values):
                print(json.dumps({"type": d["type"], "id": d["id"], "unit": unit, "values": values}, sort_keys=True))
    else: raise SystemExit(__doc__)

if __name__ == "__main__": main(*sys.argv[1:]) if len(sys.argv) > 2 else sys.exit(__doc__)

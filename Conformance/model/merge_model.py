#!/usr/bin/env python3
"""Executable model of the merge, sync and identity rules of DESIGN.md, section 4.

Numbers in brackets name the rule that a line implements.  One laptop is one `Replica`, the server is a
`Replica` that also accepts pushes, `exchange` is one sync as a coroutine (every `yield` is a message that can
be lost, or a moment in which anything else happens), `World` makes random schedules, `Checks` judges them.

usage: merge_model.py [--flags LETTERS] [--seeds N] [--first SEED]     one combination of faults
       merge_model.py --all SECONDS                                    every combination in turn
       merge_model.py --mutations                                      one-line faults that must be caught
faults: l laptop restored from a copy, c clones run on, s server rolled back silently, b server restored by
        command, e server emptied, r laptops retired, k wrong clocks, p writes that the server refuses
"""
import argparse, copy, itertools, random, sys, time
from collections import namedtuple
from dataclasses import dataclass, replace

CONTENT = ('slot', 'status', 'note')                    # merge units of a document; `note` is optional
DEPENDS = {'status': ('slot',), 'slot': ('status',)}    # (6) units whose versions keep what they saw of others
LIFE, RECEIVED = 'life', 'received'
CLOCK_LIMIT, TRASH_TIME, PAGE = 5, 12, 2

# ---------------------------------------------------------------- version vectors: {replica: number}
def covers(vector, dot): return vector.get(dot[0], 0) >= dot[1]
def leq(a, b): return all(b.get(r, 0) >= n for r, n in a.items())
def joined(*vectors):
    out = {}
    for v in vectors:
        for r, n in v.items(): out[r] = max(out.get(r, 0), n)
    return out

# ---------------------------------------------------------------- documents
Entry = namedtuple('Entry', 'nonce stamp')              # (1) (16) one transaction in a replica's history

@dataclass(frozen=True)
class Version:
    dot: tuple                  # transaction that wrote it here
    of: tuple                   # transaction that wrote it first; differs from dot only after (11)
    value: object
    stamp: tuple                # of the first writing
    seen: frozenset = frozenset()       # (6) `of` of the versions of the units it depends on
    before: object = None               # (6) value that a slot version replaced
    context: dict = None                # (8) clock that a delete saw
    cause: str = None                   # (9) document whose cascade this delete is
    reason: str = None                  # (12) 'erasure'; (21) 'put back': the server's empty version, where nothing had stood
    write: tuple = None                 # for the checks only: which write this is,
    past: frozenset = frozenset()       # ... the writes that its author was shown and replaced,
    view: frozenset = frozenset()       # ... the writes he saw of the units it depends on,
    instead: frozenset = frozenset()    # ... and the refused writes in whose place it was put back
    key = property(lambda v: (v.dot, v.of))     # two siblings written anew at once share the dot
    def __deepcopy__(v, memo): return v
def forbidden(v): return 'forbidden' in (v.reason, str(v.value)[:9])    # (21) stands for: the author had no right to write it

class Doc:
    def __init__(doc, origin): doc.clock, doc.origin, doc.units, doc.dropped = {}, origin, {}, set()   # origin: (nonce, stamp, dot)
    def copy(doc):
        out = Doc(doc.origin); out.clock = dict(doc.clock); out.dropped = set(doc.dropped)
        out.units = {u: dict(vs) for u, vs in doc.units.items()}; return out
    def versions(doc, unit): return list(doc.units.get(unit, {}).values())
    def standing(doc, unit): return [v for v in doc.versions(unit) if v.reason != 'put back']   # (21) ... is no edit
    def content(doc): return [v for u in CONTENT for v in doc.versions(u)]
    def erased(doc): return any(v.reason == 'erasure' for v in doc.versions(LIFE))
    def drop(doc, units):
        for u in units:
            if doc.units.pop(u, None): doc.dropped.add(u)       # (10) a skeleton names what it dropped

def shown(versions):
    """(5) the visible version: here always the latest stamp; the same on every replica"""
    return max(versions, key=lambda v: (v.stamp, v.of), default=None)

def join(mine, theirs, at_server):
    """(4) joins the units that travelled. Returns the document and the units that came back for a skeleton (11)"""
    out, back = mine.copy(), []
    for unit, b in theirs.units.items():
        a = mine.units.get(unit, {})
        if unit in mine.dropped:                        # (11) my clock covers what I dropped: it was not replaced
            out.units[unit] = {**{k: v for k, v in a.items() if not covers(theirs.clock, v.dot)}, **b}
            back.append(unit); continue
        kept = {k: v for k, v in a.items() if k in b or not covers(theirs.clock, v.dot)}
        kept.update({k: v for k, v in b.items() if k in a or not covers(mine.clock, v.dot)})
        out.units[unit] = kept
    out.units = {u: vs for u, vs in out.units.items() if vs}
    out.clock = joined(mine.clock, theirs.clock)
    out.origin = min(mine.origin, theirs.origin)                        # (2) by nonce: dots and stamps can change
    out.dropped = {u for u in mine.dropped | theirs.dropped if u not in out.units}
    if at_server:       # (18) a laptop's skeleton dropped newer content than the server has: incomplete until a whole one comes
        out.dropped |= mine.dropped - set(theirs.units)
        if not leq(theirs.clock, mine.clock): out.dropped |= theirs.dropped & set(mine.units)
    return out, back

# ---------------------------------------------------------------- replicas
class Replica:
    def __init__(self, id):
        self.id, self.identities = id, {id}
        self.docs, self.knowledge, self.history = {}, {}, {}            # history: {replica: {number: Entry}}
        self.hlc, self.skew, self.offset = (0, 0), 0, 0                 # (19) error of the clock, and its correction
        self.feed, self.arrivals, self.marks = {}, 0, {0: 0}            # (14) order of arrival; marks: see `touch`
        self.parked = {}                                                # (21) {dot: [(document, unit, version)]}
        self.pull = self.push = None                                    # unfinished transfers, durable
        self.whole = False                                              # (17) after a new id, until acknowledged
    def tick(self, now):
        self.hlc = max((self.hlc[0], self.hlc[1] + 1), (now + self.skew - self.offset, 0)); return self.hlc
    def touch(self, d):
        self.arrivals += 1; self.feed[d] = self.arrivals
        self.marks[self.arrivals] = random.random()     # stands for a hash over the feed: a cursor is (number, mark)

    # --- what is shown
    def deleted(self, d, doc=None, for_good=False):
        """`for_good`: content may be dropped; deletes whose cause still has its content do not count, it may come back (9)"""
        doc = doc or self.docs.get(d)
        if doc is None: return True
        if doc.erased(): return True                                                    # (12) final
        life = doc.standing(LIFE)
        if any(v.value == 'alive' for v in life): return False                          # (8)
        deletes = [v for v in life if v.cause is None or self.deleted(v.cause)          # (9)
                   and not (for_good and v.cause in self.docs and self.docs[v.cause].content())]
        context = joined(*(v.context for v in deletes))
        return bool(deletes) and all(covers(context, v.of) for u in CONTENT for v in doc.standing(u))   # (8)
    def incomplete(self, d): return not self.deleted(d) and bool(self.docs[d].dropped)  # (11)
    def visible(self, d): return d in self.docs and not self.deleted(d) and not self.incomplete(d)

    # --- what travels
    def part(self, d, since, whole):
        """(13) the units of a document that a receiver with knowledge `since` may lack"""
        doc = self.docs[d]
        if leq(doc.clock, since) and whole != 'always': return None
        out = doc.copy(); out.dropped -= set(doc.units)         # (18) a unit that the server holds is named for itself only
        back = any(v.value == 'alive' and not covers(since, v.dot) for v in doc.versions(LIFE))
        if not whole and not back:                      # (11) what was brought back travels whole: others have skeletons
            out.units = {u: vs for u, vs in out.units.items() if any(not covers(since, v.dot) for v in vs.values())}
        return out
    def cut(self, since, cursor, whole=False):
        """(14) the next page in the order of arrival: parts, new cursor, head reached"""
        page = []
        for number, d in sorted((n, d) for d, n in self.feed.items() if n > cursor):
            part = self.part(d, since, whole); cursor = number
            if part: page.append((d, part))
            if len(page) == PAGE: break
        return page, cursor, not any(n > cursor for n in self.feed.values())
    def wanted(self): return [d for d in sorted(self.docs) if self.incomplete(d)]       # (11)
    def supply(self, wanted):
        return [(d, self.part(d, {}, 'always')) for d in wanted if d in self.docs and not self.docs[d].dropped]

    # --- applying: one transaction, whatever it brings (1)
    def apply(self, parts, upto, history):
        back = []
        for d, theirs in parts:
            mine = self.docs.get(d) or Doc(theirs.origin)
            self.docs[d], units = join(mine, theirs, isinstance(self, Server))
            back += [(d, u) for u in units]
            if not leq(self.docs[d].clock, mine.clock) or units: self.touch(d)
            self.hlc = max([self.hlc] + [v.stamp for vs in theirs.units.values() for v in vs.values()])
        self.knowledge = joined(self.knowledge, upto)
        for r, entries in history.items():
            for n, entry in entries.items():
                if n <= upto.get(r, 0): self.history.setdefault(r, {}).setdefault(n, entry)
        for d, u in back:
            if self.deleted(d, for_good=True): self.docs[d].drop([u])   # (11) old content of a deleted skeleton stays out
        for d, theirs in sorted(parts, key=lambda part: part[0]):     # (9) a cause sorts before its children
            rest = self.docs[d].copy()          # (10) a skeleton makes skeletons; what its clock covers keeps nothing alive
            for u in theirs.dropped & set(rest.units):
                rest.units[u] = {k: v for k, v in rest.units[u].items() if not covers(theirs.clock, v.dot)}
            if self.deleted(d, rest, True): self.docs[d].drop(theirs.dropped)
            if self.docs[d].erased(): self.erase(d)
        return [(d, u) for d, u in back if u in self.docs[d].units]
    def erase(self, d):
        """(12) everywhere: the document, parked items, staged pages"""
        self.docs[d].drop(CONTENT)
        for dot in self.parked: self.parked[dot] = [x for x in self.parked[dot] if x[0] != d]
        for page in self.staged_pages():
            for name, part in page:
                if name == d: part.drop(CONTENT)
    def staged_pages(self): return [self.pull['parts']] if self.pull else []
    def keep_parked(self, items):
        """(21) for the author and for review"""
        for d, u, v in items:
            mine = self.parked.setdefault(v.dot, [])
            if not self.docs[d].erased() and not any((d, u, v.of) == (e, w, x.of) for e, w, x in mine): mine.append((d, u, v))
    def purge(self, stable, now):
        for d, doc in sorted(self.docs.items()):                                # a parent sorts before its children
            if doc.content() and self.deleted(d, for_good=True) and leq(doc.clock, stable):    # (10) stable ...
                deletes = [v for v in doc.versions(LIFE) if v.value == 'deleted']
                if now - max(v.stamp for v in deletes)[0] < TRASH_TIME: continue            # ... and long enough
                doc.drop(CONTENT)

    # --- identity
    def rename(self, dot, vector, stamp=lambda v: v.stamp):
        """rewrites every dot and vector that this replica holds"""
        def version(v):
            return replace(v, dot=dot(v.dot), of=dot(v.of), stamp=stamp(v), seen=frozenset(map(dot, v.seen)),
                           context=v.context and vector(v.context))
        for doc in self.docs.values():
            doc.clock = vector(doc.clock)
            for u, vs in doc.units.items():
                vs = map(version, vs.values()); doc.units[u] = {v.key: v for v in vs}
        self.parked = {dot(x): [(d, u, version(v)) for d, u, v in items] for x, items in self.parked.items()}
    def relabel(self, r, p, name):
        """(16) the transactions (r, n > p) get the name by which the other side knows the first of them, or else
        an id that everyone on this branch computes alike"""
        branch, q = (name[0], name[1] - 1) if name else (f'{r}~{self.history[r][p + 1].nonce}', 0)
        def dot(x): return (branch, x[1] - p + q) if x[0] == r and x[1] > p else x
        def vector(c):
            if c.get(r, 0) <= p: return c
            return joined({x: n for x, n in c.items() if x != r}, {r: p} if p else {}, {branch: c[r] - p + q})
        self.rename(dot, vector)
        for doc in self.docs.values(): doc.origin = (*doc.origin[:2], dot(doc.origin[2]))
        self.knowledge = vector(self.knowledge)
        moved = {n - p + q: e for n, e in self.history[r].items() if n > p}
        self.history[r] = {n: e for n, e in self.history[r].items() if n <= p}
        self.history.setdefault(branch, {}).update(moved)
        if r in self.identities: self.identities.add(branch)
        self.pull = self.push = None
    def take_id(self, id):
        """(17) moves nothing"""
        self.id = id; self.identities.add(id); self.whole = True; self.pull = self.push = None
    def restamp(self, stamps):
        """(19) {dot: stamp}"""
        self.rename(lambda x: x, lambda c: c, lambda v: stamps.get(v.of, v.stamp))
        for doc in self.docs.values(): doc.origin = (doc.origin[0], stamps.get(doc.origin[2], doc.origin[1]), doc.origin[2])
        for (r, n), s in stamps.items(): self.history[r][n] = self.history[r][n]._replace(stamp=s)
        self.push = None

class Transaction:
    """(1) what one replica commits at once; nothing is visible before `commit`"""
    def __init__(self, world, replica):
        self.world, self.replica, self.nonce, self.docs, self.writes = world, replica, world.nonce(), set(), []
        self.dot = (replica.id, replica.knowledge.get(replica.id, 0) + 1)
        self.stamp = replica.tick(world.now)
    def put(self, d, unit, value, replacing, seen_by_author, **more):
        doc = self.replica.docs.setdefault(d, Doc((self.nonce, self.stamp, self.dot)))
        vs = doc.units.setdefault(unit, {})
        others = [v for u in DEPENDS.get(unit, ()) for v in doc.versions(u)]
        v = Version(self.dot, self.dot, value, self.stamp, write=(self.nonce, d, unit), past=writes_of(seen_by_author),
                    seen=frozenset(x.of for x in others), view=writes_of(others))
        for old in replacing: del vs[old.key]
        v = replace(v, **more); vs[v.key] = v
        doc.dropped.discard(unit); self.docs.add(d); self.writes.append(v.write)
    def set(self, d, unit, value):
        standing = self.replica.docs[d].versions(unit) if d in self.replica.docs else []
        before = shown(standing)
        if before and before.value == value: return                                     # (3) no write
        same = [v for v in standing if v.value == before.value]                         # (5) equal siblings are one
        self.put(d, unit, value, replacing=same, seen_by_author=same, before=before and before.value)   # (3)
    def resolve(self, d, unit, value):
        standing = self.replica.docs[d].versions(unit)                                  # (3) names all that were shown
        self.put(d, unit, value, standing, standing)
    def delete(self, d, reason=None, cause=None):
        doc = self.replica.docs[d]; everything = [v for vs in doc.units.values() for v in vs.values()]
        self.put(d, LIFE, 'deleted', doc.versions(LIFE), everything, context=dict(doc.clock), cause=cause, reason=reason)  # (8)
    def undelete(self, d):
        life = self.replica.docs[d].versions(LIFE)
        self.put(d, LIFE, 'alive', life, life)                                          # (11) the rest: see `part`
    def rewrite(self, d, unit, instead=frozenset()):
        """(11) every sibling as its own version, as it was: it keeps `of`, stamp and author; copies of one write become one"""
        doc = self.replica.docs[d]
        copies = [replace(v, dot=self.dot, instead=v.instead | instead) for v in doc.versions(unit)]
        if copies: doc.units[unit] = {v.key: v for v in copies}; self.docs.add(d)
    def put_back(self, d, unit, stood, refused):
        """(21) what stood before is written anew, with what came along by right; where nothing stood, an empty version"""
        doc = self.replica.docs[d]; doc.units[unit] = {**stood, **doc.units.get(unit, {})}; doc.dropped.discard(unit)
        self.rewrite(d, unit, writes_of(refused))
        if not doc.units[unit]: self.put(d, unit, None, [], refused, reason='put back'); refused = [*refused, *doc.versions(unit)]
        self.world.refused |= writes_of(refused); self.world.parked |= {v.write for v in refused if v.reason != 'put back'}
    def commit(self):
        r, x = self.replica, self.replica.id
        if not self.docs: return
        for d in sorted(self.docs): r.docs[d].clock[x] = self.dot[1]; r.touch(d)
        r.knowledge[x] = self.dot[1]
        r.history.setdefault(x, {})[self.dot[1]] = Entry(self.nonce, self.stamp)
        self.world.writes[self.nonce] = self.writes
        for d in self.docs:
            if r.docs[d].erased(): r.erase(d)

def writes_of(versions): return frozenset().union(*(v.past | v.instead | {v.write} for v in versions))

# ---------------------------------------------------------------- the server
def difference(a, b):
    """(16) the last run of transactions of a that b does not call alike: (replica, number before it, b's name or None)"""
    names = {e.nonce: (r, n) for r, h in b.items() for n, e in h.items()}
    for r in sorted(a):
        run, branch, shift = None, r, 0                         # what n is called when the runs so far have moved
        for n in sorted(a[r]):
            name = names.get(a[r][n].nonce)
            if name == (r, n): branch, shift = r, 0
            elif name and name != (branch, n + shift): run, branch, shift = (r, n - 1, name), name[0], name[1] - n
            elif not name and branch and (n + shift in b.get(branch, {}) or branch != r and n + shift in a.get(branch, {})):
                run, branch = (r, n - 1, None), None
        if run: return run

def other_stamps(a, b):
    """(19) {dot: stamp in b} where both know a transaction with different stamps"""
    return {(r, n): b[r][n].stamp for r in a for n, e in a[r].items() if n in b.get(r, {}) and b[r][n].stamp != e.stamp}

class Server(Replica):
    def __init__(self, id):
        super().__init__(id)
        self.known = {}                 # (15) declared knowledge of the active replicas
        self.retired, self.pushes, self.recovery, self.received = set(), {}, False, 0
    def staged_pages(self): return [push['parts'] for push in self.pushes.values()]
    def retire(self, id): self.retired.add(id); self.known.pop(id, None); self.pushes.pop(id, None)
    def stable(self):
        """(15) what every active replica has"""
        out = dict(self.knowledge)
        for k in self.known.values(): out = {r: min(n, k.get(r, 0)) for r, n in out.items()}
        return out
    def expects(self, id, push):
        """(14) the next page of this push, not of another one, and no page of a clone in between"""
        staged = self.pushes.get(id)
        return staged and (staged['token'], staged['count']) == (push['token'], push['count'])
    def accept(self, world, laptop, parts, since, upto, history):
        """the last page of a push; everything is checked again here, under the lock"""
        if laptop.id in self.retired: return 'retired'
        if not leq(since, self.knowledge): return 'since'                                       # (13)
        if difference(history, self.history): return 'timelines differ'                         # (16)
        if other_stamps(history, self.history): return 'timelines differ'                       # (19)
        if self.knowledge.get(laptop.id, 0) > upto.get(laptop.id, 0): return 'timelines differ' # (17)
        new = {(r, n) for r in upto for n in range(self.knowledge.get(r, 0) + 1, upto[r] + 1)}
        if any(r not in laptop.identities for r, n in new) and not self.recovery: return 'recovery'     # (13) (18)
        if any(history[r][n].stamp[0] > world.now + CLOCK_LIMIT for r, n in new): return 'clock'        # (19)
        refused, rest = self.judge(world, parts, new)                                           # (21)
        before = {d: self.docs[d].copy() for d, _ in parts if d in self.docs}
        returned = self.apply(rest, upto, history)
        own = Transaction(world, self)
        for d, u in returned: own.rewrite(d, u)                                                 # (11)
        self.put_back(own, refused, before)                                                     # (21)
        for d, _ in parts:
            if d in self.docs and not self.docs[d].versions(RECEIVED):                          # (2) (7)
                self.received += 1; own.put(d, RECEIVED, self.received, [], [])
        own.commit()
        world.checks.put_back(self, before, refused)
        world.checks.twice(self, rest, upto, history)
        self.known[laptop.id] = dict(upto)                                                      # (15)
        self.purge(self.stable(), world.now)
        return 'ok'
    def judge(self, world, parts, new):
        """(21) what is refused, {(document, unit): versions}: all that a transaction wrote if one of its versions is forbidden,
        and what was refused earlier and comes again for a skeleton; and the parts without it"""
        dots = {v.dot for _, part in parts for vs in part.units.values() for v in vs.values() if v.dot in new and forbidden(v)}
        if self.recovery: world.tolerate(parts, dots); dots = set()                             # (18) nothing is judged
        refused, rest = {}, []
        for d, part in parts:
            part = part.copy(); rest.append((d, part))
            for u, vs in part.units.items():
                again = self.parked if d in self.docs and u in self.docs[d].dropped else ()
                if gone := [v for v in vs.values() if v.dot in dots or v.dot in again]: refused[d, u] = gone
                for v in refused.get((d, u), []): del vs[v.key]
        return refused, rest
    def put_back(self, own, refused, before):
        """(21) in the same commit the server writes what stood before"""
        for (d, u), versions in refused.items():
            if self.docs[d].erased(): continue                                                  # (12)
            own.put_back(d, u, before[d].units.get(u, {}) if d in before else {}, versions)
            self.keep_parked([(d, u, v) for v in versions]); own.world.hit('refused')
        for d in sorted({d for d, _ in refused} - set(before)):
            if not self.docs[d].erased(): own.delete(d)                                         # a refused creation

# ---------------------------------------------------------------- one sync
def latest(parts):
    """(14) of a document that was sent again only the last part counts: it holds all that the earlier ones held"""
    return list(dict(parts).items())

def exchange(world, laptop):
    """a coroutine: at each `yield` the message may be lost for good, and others act before it arrives"""
    l, S = laptop, world.server
    yield 'hello'
    while found := difference(l.history, S.history): world.hit('relabelled'); l.relabel(*found) # (16)
    if (l.id in S.retired or S.knowledge.get(l.id, 0) > l.knowledge.get(l.id, 0)
            or not leq(S.known.get(l.id, {}), l.knowledge)):                                    # (17)
        world.hit('new id'); S.retire(l.id); l.take_id(world.new_id('L'))
    S.known.setdefault(l.id, {})
    if stamps := other_stamps(l.history, S.history): world.hit("server's stamps"); l.restamp(stamps)    # (19)
    wanted = S.wanted()

    # push: pages, then the last one with `upTo`
    if not (l.push and S.expects(l.id, l.push)):
        l.push = dict(token=random.random(), count=0, since=dict(S.knowledge), cursor=0)
        S.pushes[l.id] = dict(token=l.push['token'], count=0, parts=[])
    while True:
        page, cursor, head = l.cut(l.push['since'], l.push['cursor'], l.whole)
        if head: break
        yield 'push page'
        if not S.expects(l.id, l.push): return
        S.pushes[l.id]['parts'] += page; S.pushes[l.id]['count'] += 1
        yield 'page stored'
        l.push['cursor'] = cursor; l.push['count'] += 1
    last = page + l.supply(wanted)                                                              # (14) (11)
    since, upto, history = l.push['since'], dict(l.knowledge), {r: dict(h) for r, h in l.history.items()}
    push = dict(l.push)
    yield 'last push page'
    if not S.expects(l.id, push): return
    answer = S.accept(world, l, latest(S.pushes[l.id]['parts'] + last), since, upto, history)
    del S.pushes[l.id]
    reply = dict(knowledge=dict(S.knowledge), now=world.now)
    world.hit(answer)
    yield 'answer'
    l.push, l.offset = None, l.skew                                                             # (19)
    if answer == 'clock':                                                                       # (19)
        ahead = sorted((e.stamp, (r, n)) for r in l.identities for n, e in l.history.get(r, {}).items()
                        if n > reply['knowledge'].get(r, 0) and e.stamp[0] > reply['now'] + CLOCK_LIMIT)
        dots = {dot for _, dot in ahead}
        l.hlc = max((e.stamp for r, h in l.history.items() for n, e in h.items() if (r, n) not in dots), default=(0, 0))
        l.restamp({dot: l.tick(reply['now']) for _, dot in ahead})
    if answer != 'ok': return
    l.whole = False                                                                             # (17)

    # pull: pages over time, staged durably, applied at the end
    yield 'pull'
    if not (l.pull and S.marks.get(l.pull['head']) == l.pull['mark']):
        l.pull = dict(since=dict(l.knowledge), cursor=0, head=0, mark=0, parts=[])
    while True:
        page, cursor, head = S.cut(l.pull['since'], l.pull['cursor'])
        feed_head, mark = S.arrivals, S.marks[S.arrivals]
        if head: break
        yield 'pull page'
        l.pull['parts'] += page; l.pull.update(cursor=cursor, head=feed_head, mark=mark)
        yield 'next page'
    parked = [item for dot, items in S.parked.items() if dot[0] in l.identities for item in items]                     # (21)
    page = page + S.supply(l.wanted())                                                          # (11)
    upto, history, stable = dict(S.knowledge), {r: dict(h) for r, h in S.history.items()}, S.stable()
    yield 'last pull page'
    parts = latest(l.pull['parts'] + page); l.pull = None
    if difference(l.history, history) or other_stamps(l.history, history): return              # (16) again, under the lock
    l.apply(parts, upto, history)                                                               # (14)
    l.keep_parked(parked)                                                                       # (21)
    world.checks.twice(l, parts, upto, history)
    l.purge(stable, world.now)

# ---------------------------------------------------------------- random schedules
NAMES = ('P0', 'P0/a', 'P0/b', 'P1', 'P1/a', 'X')       # 'P0/a' belongs to 'P0'

class World:
    def __init__(self, seed, flags):
        self.rng = random.Random(seed); random.seed(seed)
        self.seed, self.flags, self.now, self.ids, self.nonces = seed, flags, 0, 0, 0
        self.writes, self.lost, self.stats = {}, set(), {}
        self.refused, self.parked, self.tolerated = set(), set(), set()       # (21) writes: put back, to be parked, not judged
        self.purged = set()                             # documents of which somebody had a skeleton
        self.checks = Checks(self)
        self.server, self.laptops = Server('S'), [Replica(self.new_id('L')) for _ in range(3)]
        self.copies, self.server_copies, self.sessions = [], [], {}
    def hit(self, what): self.stats[what] = self.stats.get(what, 0) + 1
    def new_id(self, letter): self.ids += 1; return f'{letter}{self.ids}'
    def nonce(self): self.nonces += 1; return self.nonces
    def tolerate(self, parts, dots):
        self.tolerated |= {v.write for _, part in parts for vs in part.units.values() for v in vs.values() if v.dot in dots}
    def replicas(self): return [self.server] + self.laptops

    def local(self, x):
        """one transaction of one or more documents on replica x"""
        rng = self.rng; self.now += rng.randint(0, 2)
        wrong = lambda: 'p' in self.flags and x is not self.server and rng.random() < .06         # (21)
        value = lambda: ('forbidden' if wrong() else '') + str(rng.randint(0, 9))
        tx = Transaction(self, x)
        for d in rng.sample(NAMES, rng.choice((1, 1, 2, 3))):
            chance, doc = rng.random(), x.docs.get(d)
            if d in tx.docs: continue
            if doc is None:
                for u in CONTENT[:rng.choice((2, 3))]: tx.set(d, u, value())
            elif x.visible(d):
                if chance < .12:
                    tx.delete(d, 'forbidden' if wrong() else None); self.hit('delete')
                    for child in NAMES:
                        if child.startswith(d + '/') and x.visible(child) and child not in tx.docs: tx.delete(child, cause=d)   # (9)
                elif chance < .20 and x is self.server: tx.delete(d, 'erasure'); self.hit('erasure')     # (12) never on a laptop
                else:
                    for u in rng.sample(CONTENT, rng.choice((1, 1, 2))):
                        if len(doc.versions(u)) > 1 and rng.random() < .5: tx.resolve(d, u, value()); self.hit('resolved')
                        else: tx.set(d, u, value())
            elif x.deleted(d) and not doc.erased() and doc.content() and not doc.dropped and chance < .4:
                tx.undelete(d); self.hit('undelete')
        tx.commit()

    # --- syncs and faults
    def sync(self, l, loss):
        """starts or continues an exchange; with `loss`, it may stop at any message"""
        session = self.sessions.pop(l, None) or exchange(self, l)
        for _ in range(self.rng.choice((1, 2, 3, 5, 99)) if loss else 999):
            if loss and self.rng.random() < .05: self.hit('message lost'); return
            if next(session, 'end') == 'end': return
        self.sessions[l] = session
    def in_parked(self): return {v.write for x in self.replicas() for items in x.parked.values() for _, _, v in items}
    def held(self): return frozenset().union(*(w for x in self.replicas() for w in self.checks.held(x).values()))
    def fault(self, letter):
        rng, l = self.rng, self.rng.choice(self.laptops)
        if letter not in self.flags: return
        before, parked = self.held(), self.in_parked(); self.hit('fault ' + letter)
        if letter == 'l' and self.copies:
            i, old = rng.choice(self.copies); self.sessions.pop(self.laptops[i], None)
            self.laptops[i] = copy.deepcopy(old)
        if letter == 'c' and len(self.laptops) < 5: self.laptops.append(copy.deepcopy(l))
        if letter == 'r': self.server.retire(l.id)
        if letter == 'k': l.skew = rng.choice((0, 50, -50))
        if letter in 'sb' and self.server_copies:
            self.server = copy.deepcopy(rng.choice(self.server_copies)); self.sessions = {}
            if letter == 'b': self.server.id = self.new_id('S'); self.server.recovery = True        # (17) (18)
        if letter == 'e': self.server, self.sessions = Server(self.new_id('S')), {}; self.server.recovery = True
        self.lost |= before - self.held()               # what only the replaced copy held is lost with it
        self.parked -= parked - self.in_parked()
    def step(self):
        rng, l = self.rng, self.rng.choice(self.laptops); chance = rng.random()
        if chance < .35: self.local(l)
        elif chance < .40: self.local(self.server); l = self.server
        elif chance < .88: self.sync(l, loss=True)
        elif chance < .90: i = self.laptops.index(l); self.copies = self.copies[-3:] + [(i, copy.deepcopy(l))]
        elif chance < .91: self.server_copies = self.server_copies[-2:] + [copy.deepcopy(self.server)]
        elif chance < .92: self.server.recovery = not self.server.recovery                          # (18)
        elif chance < .925 and len(self.laptops) < 5: self.laptops.append(Replica(self.new_id('L')))
        elif self.flags and chance < .98: self.fault(rng.choice(self.flags))
        self.checks.replica(l); self.checks.replica(self.server)
    def settle(self):
        """no more faults: everybody syncs until nothing changes"""
        self.sessions = {}; self.server.recovery = True
        for round in range(12):
            before = [self.checks.fingerprint(x) for x in self.replicas()]
            for l in self.laptops: self.sync(l, loss=False); self.checks.replica(l)
            self.checks.replica(self.server)
            if before == [self.checks.fingerprint(x) for x in self.replicas()]: break
        else: raise Broken('does not settle')
        for id in set(self.server.known) - {l.id for l in self.laptops}: self.server.retire(id)     # (15)

# ---------------------------------------------------------------- what must hold
class Broken(Exception): pass

class Checks:
    def __init__(self, world): self.world, self.judged = world, {}
    def require(self, condition, what, *details):
        if not condition: raise Broken(what, self.world.seed, *details)

    def held(self, x):
        """{document: writes that x holds, has replaced knowingly, deleted knowingly, or parked}"""
        out = {d: writes_of([v for vs in doc.units.values() for v in vs.values()]) for d, doc in x.docs.items()}
        for items in x.parked.values():
            for d, u, v in items: out[d] = out.get(d, frozenset()) | writes_of([v])
        return out
    def kept(self, x, held, write):
        """x accounts for it; once content was purged nobody can tell any more what had been put back in it (21)"""
        return write in held.get(write[1], ()) or write in self.world.refused and write[1] in self.world.purged
    def put_back(self, S, before, refused):
        """(21) right after the server's transaction: all that stood before stands, a refused creation does not"""
        for d, u in refused:
            if S.docs[d].erased(): continue
            self.require(d in before or S.deleted(d), 'a refused creation stands', S.id, d)
            self.require({v.of for v in before[d].versions(u)} <= {v.of for v in S.docs[d].versions(u)} if d in before else True, 'not put back', S.id, d, u)
    def fingerprint(self, x):
        return (x.knowledge.copy(), {d: (doc.clock.copy(), doc.copy().units, set(doc.dropped), doc.origin) for d, doc in x.docs.items()},
                {r: dict(h) for r, h in x.history.items()}, {dot: list(items) for dot, items in x.parked.items()})
    def twice(self, x, *message):
        """(13) applying a message again changes nothing"""
        if self.world.rng.random() > .2: return
        before = self.fingerprint(x); x.apply(*message)
        self.require(before == self.fingerprint(x), 'applying twice changes something', x.id)

    def replica(self, x):
        """at every step"""
        self.world.purged |= {d for d, doc in x.docs.items() if doc.dropped}
        state = (x.arrivals, x.knowledge.copy(), sum(len(doc.units) for doc in x.docs.values()), len(x.parked))
        if self.judged.get(x) == state: return
        self.judged[x] = state; entries, visible = {}, {d for d in x.docs if x.visible(d)}
        for r, n in x.knowledge.items():
            h = x.history.get(r, {})
            self.require(len(h) == n and all(k in h for k in range(1, n + 1)), 'history has gaps', x.id, r, n, sorted(h))
            entries.update((e.nonce, e) for e in h.values())
        held = self.held(x)
        for nonce, e in entries.items():                # knowledge claims nothing that is not there; transactions are whole
            for write in self.world.writes[nonce]:
                d, doc = write[1], x.docs.get(write[1])
                if doc and doc.erased(): self.world.lost.add(write); continue
                self.require(self.kept(x, held, write), 'known but not there', x.id, write)
                if doc and d in visible and write[2] in CONTENT:
                    self.require(doc.versions(write[2]), 'a visible document lacks a unit', x.id, write)
        for d, writes in held.items():
            for write in writes: self.require(write[0] in entries, 'there but not known', x.id, write)
        for d, doc in x.docs.items():
            self.require(leq(doc.clock, x.knowledge), 'clock beyond knowledge', x.id, d, doc.clock, x.knowledge)
            for u, vs in doc.units.items():
                for v in vs.values():               # (21) nobody but its author ever holds what was forbidden, and what was parked is gone
                    self.require(x is not self.world.server or v.of not in x.parked, 'refused, but it stands', x.id, d, u, v)
                    self.require(not forbidden(v) or v.write in self.world.tolerated or x is not self.world.server and v.of[0] in x.identities,
                                 'a refused version stands', x.id, d, u, v)
                self.require(vs and all(covers(doc.clock, v.dot) for v in vs.values()), 'version beyond clock', x.id, d, u)
                for v in vs.values(): self.require(x.history[v.of[0]][v.of[1]].stamp == v.stamp, 'stamp is not that of the history', x.id, d, v.of)     # (19)
                first = {}
                for v in vs.values(): self.require(first.setdefault(v.write, v.of) == v.of, 'one write, two siblings', x.id, d, u)
            self.require(not doc.erased() or not doc.content(), 'erased content stands', x.id, d)
            by_right = lambda u: [v for v in doc.versions(u) if v.reason != 'put back']
            life = by_right(LIFE); deletes = [v for v in life if v.cause is None or x.deleted(v.cause)]
            self.require(deletes or not life or not x.deleted(d), 'deleted by a cause that is not deleted', x.id, d)
            if deletes and not x.deleted(d) and not any(v.value == 'alive' for v in life):
                self.require(any(not any(v.write in e.past for e in deletes) for u in CONTENT for v in by_right(u)), 'deleted document came back', x.id, d)

    def relations(self, x, d, oracle):
        """(6) which status knew which slot, and the other way round; otherwise they are concurrent"""
        doc = x.docs[d]
        pairs = [(s, t) for s in doc.versions('status') for t in doc.versions('slot') if s.dot == s.of and t.dot == t.of]
        if oracle: return {(s.write, t.write): (t.write in s.view, s.write in t.view) for s, t in pairs}
        return {(s.write, t.write): (t.of in s.seen, s.of in t.seen) for s, t in pairs}

    def end(self):
        """after the system has settled"""
        world, S = self.world, self.world.server
        for x in world.replicas():
            for d in NAMES:
                a, b = S.docs.get(d), x.docs.get(d)
                self.require(S.deleted(d) == x.deleted(d), 'deleted here, alive there', x.id, d)
                self.require(S.incomplete(d) == x.incomplete(d) if a and b else True, 'complete here, not there', x.id, d)
                if S.incomplete(d):     # nobody can complete it
                    world.hit('incomplete at the end')
                    self.require(not x.visible(d) and not (b and not b.dropped and b.content()), 'not fetched', x.id, d)
                if not S.visible(d): continue
                self.require(a.units == b.units, 'replicas differ', x.id, d)
                self.require(a.clock == b.clock and a.origin == b.origin, 'clock or origin differs', x.id, d)
                self.require(self.relations(x, d, False) == self.relations(x, d, True), 'seen is wrong', x.id, d)
                for v in b.content(): self.require(v.stamp[0] <= world.now + CLOCK_LIMIT, 'stamp far ahead', x.id, d)
            for d, doc in S.docs.items():
                if doc.erased():
                    for page in x.staged_pages():
                        for name, part in page: self.require(name != d or not part.content(), 'erased content staged', x.id, d)
                    self.require(not any(i[0] == d and i[1] in CONTENT for items in x.parked.values() for i in items), 'erased content parked', x.id, d)
        for dot, items in S.parked.items():             # (21) the author has what was refused
            for x in world.laptops:
                if dot[0] in x.identities: self.require(len(x.parked.get(dot, [])) >= len(items), 'the author lacks what was refused', x.id, dot)
        held, parked = self.held(S), world.in_parked()
        for nonce, writes in world.writes.items():
            for write in writes:
                d = write[1]
                if write in world.lost or d in S.docs and S.docs[d].erased(): continue
                self.require(self.kept(S, held, write), 'lost', write)
                if write in world.refused and write in world.parked: self.require(write in parked, 'refused, but parked nowhere', write)

def run(seed, flags, steps=110):
    world = World(seed, flags)
    for _ in range(steps): world.step()
    world.settle(); world.checks.end()
    world.now += TRASH_TIME; world.settle(); world.settle(); world.checks.end()       # and again after the trash is emptied
    return world

def directed():
    """a rare schedule by hand: a retired laptop's edit revives a skeleton; its author deletes before he sees the copies"""
    w = World(0, ''); S, (A, B, _) = w.server, w.laptops
    def write(x, act): tx = Transaction(w, x); act(tx); tx.commit()
    w.laptops = [A, B]
    write(A, lambda tx: [tx.set('X', u, u) for u in CONTENT]); w.settle()
    S.retire(B.id); w.now += 1
    write(A, lambda tx: tx.delete('X')); w.sync(A, 0); w.now += TRASH_TIME; w.sync(A, 0)
    w.checks.require(not S.docs['X'].content(), 'no skeleton')
    write(B, lambda tx: tx.set('X', 'slot', 'edit'))
    session = exchange(w, B)
    while next(session) != 'answer': pass                       # the answer is lost
    w.checks.require(S.visible('X'), 'not revived')
    write(B, lambda tx: tx.delete('X')); w.settle(); w.checks.end()
    w.checks.require(S.deleted('X'), 'deleted document came back')

# ---------------------------------------------------------------- one-line faults that the schedules must find
LIMIT = 600         # schedules
MUTATIONS = [       # rule, fault, flags, old text, new text
    (3, 'a write replaces every sibling', '', 'replacing=same, seen_by_author=same', 'replacing=standing, seen_by_author=same'),
    (4, 'keeps what the other side replaced', '', 'if k in b or not covers(theirs.clock, v.dot)}', 'if True}'),
    (4, 'takes what this side replaced', '', 'if k in a or not covers(mine.clock, v.dot)})', 'if True})'),
    (4, 'joins units that did not travel', '', 'for unit, b in theirs.units.items():', 'for unit, b in {**dict.fromkeys(mine.units, {}), **theirs.units}.items():'),
    (6, 'only status keeps `seen`, slot does not', '', 'seen=frozenset(x.of for x in others)', "seen=frozenset(x.of for x in others if unit == 'status')"),
    (8, 'no context test', '', 'all(covers(context, v.of) for u in CONTENT for v in doc.standing(u))', 'True'),
    (8, 'context tested against the copy, not the first dot', '', 'covers(context, v.of)', 'covers(context, v.dot)'),
    (9, 'a cascade counts without its cause', '', 'deletes = [v for v in life if v.cause is None or self.deleted(v.cause)          # (9)', 'deletes = [v for v in life if True'),
    (10, 'a skeleton does not name what it dropped', 'r', 'if doc.units.pop(u, None): doc.dropped.add(u)', 'doc.units.pop(u, None)'),
    (11, 'server keeps old dots for a skeleton\'s units', 'sbre', 'for d, u in returned: own.rewrite(d, u)', 'pass'),
    (11, 'siblings written anew collapse into one', 'rrrb', 'for v in doc.versions(unit)]', 'for v in [shown(doc.versions(unit))] if v]'),
    (11, 'siblings written anew share one key', 'r', 'property(lambda v: (v.dot, v.of))', 'property(lambda v: v.dot)'),
    (11, 'an incomplete document is shown', 'sbe', "return not self.deleted(d) and bool(self.docs[d].dropped)", 'return False'),
    (12, 'late versions of an erased document stay', '', 'if self.docs[d].erased(): self.erase(d)\n        return', 'pass\n        return'),
    (14, 'knowledge advances with every page', '', "yield 'next page'", "l.apply(page, dict(S.knowledge), {r: dict(h) for r, h in S.history.items()}); yield 'next page'"),
    (14, 'a document that changes after its page is not sent again', '', 'self.feed[d] = self.arrivals', 'self.feed.setdefault(d, self.arrivals)'),
    (14, 'a pull is resumed on another timeline of the server', 's', "if not (l.pull and S.marks.get(l.pull['head']) == l.pull['mark']):", 'if not l.pull:'),
    (14, 'pages of two clones are mixed', 'c', "(staged['token'], staged['count']) == (push['token'], push['count'])", "staged['token'] == push['token']"),
    (16, 'not compared again under the lock', 'cs', "if difference(history, self.history): return 'timelines differ'", 'pass'),
    (16, 'relabelling forgets contexts', 'sl', 'context=v.context and vector(v.context))', 'context=v.context)'),
    (16, 'relabelling forgets `seen`', 'sl', 'seen=frozenset(map(dot, v.seen))', 'seen=v.seen'),
    (16, 'a branch that the server knows under another name', 's', 'name = names.get(a[r][n].nonce)', 'name = names.get(a[r][n].nonce); name = name if name == (r, n) else None'),
    (17, 'a retired or restored laptop keeps its id', 'rl', 'l.take_id(world.new_id(\'L\'))', 'pass'),
    (19, 'the server accepts any stamp', 'k', "if any(history[r][n].stamp[0] > world.now + CLOCK_LIMIT for r, n in new): return 'clock'", 'pass'),
    (19, 'the laptop keeps its own stamps', 'kc', 'if stamps := other_stamps(l.history, S.history): ', 'if stamps := None: '),
    (21, 'a refused transaction stands', 'p', 'if v.dot in new and forbidden(v)}', 'if False}'),
    (21, 'only the forbidden version is put back, not its transaction', 'p', 'if v.dot in dots or', 'if v.dot in dots and forbidden(v) or'),
    (21, 'what had stood before is not put back', 'p', 'doc.units[unit] = {**stood, **doc', 'doc.units[unit] = {**doc'),
    (21, 'siblings that were put back collapse into one', 'p', '= {**stood, **doc', '= {**{v.key: v for v in [shown(stood.values())] if v}, **doc'),
    (21, 'what is put back gets a new `of`', 'p', 'replace(v, dot=self.dot, instead', 'replace(v, dot=self.dot, of=self.dot if instead else v.of, instead'),
    (21, 'where nothing stood, nothing is written', 'p', 'if not doc.units[unit]: self.put(d, unit, None', 'if not doc.units[unit]: del doc.units[unit]\n        if False: self.put(d, unit, None'),
    (21, 'the empty version counts as an edit', 'p', "for v in doc.versions(unit) if v.reason != 'put back']", 'for v in doc.versions(unit)]'),
    (21, 'a refused creation stays', 'p', 'if not self.docs[d].erased(): own.delete(d)', 'pass'),
    (21, 'the author does not get what was refused', 'p', '    l.keep_parked(parked)  ', '    pass  '),
]

def mutated(old, new):
    """this model with one text replaced"""
    model = open(__file__).read().split('# ---------------------------------------------------------------- one-line')[0]
    assert model.count(old) == 1, (model.count(old), old)
    module = sys.modules['mutant'] = type(sys)('mutant')
    exec(compile(model.replace(old, new), 'mutant', 'exec'), module.__dict__)
    return module

def mutations():
    for rule, fault, flags, old, new in MUTATIONS:
        m = mutated(old, new)
        m.TRASH_TIME = 2                                        # more skeletons
        for seed in range(-1, LIMIT):
            try: m.run(seed, flags) if seed >= 0 else m.directed()
            except Exception as e: result = f'{"schedule " + str(seed + 1) if seed >= 0 else "directed"}: {e.args[0] if isinstance(e, m.Broken) else type(e).__name__}'; break
        else: result = 'NOT CAUGHT'
        print(f'({rule}) {fault} [{flags or "-"}]: {result}', flush=True)

def subsets(letters): return [''.join(c) for k in range(len(letters) + 1) for c in itertools.combinations(letters, k)]
COMBINATIONS = subsets('lcsberkp')

def main():
    p = argparse.ArgumentParser(); p.add_argument('--flags', default=None); p.add_argument('--seeds', type=int, default=200)
    p.add_argument('--first', type=int, default=0); p.add_argument('--all', type=float); p.add_argument('--mutations', action='store_true')
    a = p.parse_args()
    if a.mutations: return mutations()
    combinations, start, runs, broken, stats = [a.flags or ''] if a.all is None else COMBINATIONS, time.time(), {}, [], {}
    for seed in itertools.count(a.first):
        if a.all is None and seed >= a.first + a.seeds or a.all and time.time() - start > a.all: break
        flags = combinations[seed % len(combinations)]; runs[flags] = runs.get(flags, 0) + 1
        try:
            for what, n in run(seed, flags).stats.items(): stats[what] = stats.get(what, 0) + n
        except Broken as e: broken.append((flags, *e.args[:4]))
    print(f'{sum(runs.values())} schedules, {len(runs)} combinations of faults, {min(runs.values())} to {max(runs.values())} each; broken: {len(broken)}')
    for b in broken: print('  ', *b)
    print('  ', ', '.join(f'{k} {v}' for k, v in sorted(stats.items())))
    return bool(broken)

if __name__ == '__main__': sys.exit(main())

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipe against death (src/pipe/ring.c, src/pipe/reap.c): slots, ownership words, helping head, and a
 * reaper that may itself be killed and started again.
 *
 * Proved: a packet whose enqueue took effect is delivered exactly once, one whose enqueue did not is
 * never delivered; every record is FREE at the end; no step meets a state that it does not expect.
 *
 * NP writers with the ids 0..NP-1, NC readers after them. Each writer sends KMSG packets, each reader
 * tries KDEQ times; the rest is drained at the end. RESEND: so many packets that it got each reader sends on into the
 * same pipe, so that a packet makes several journeys with the same word; READY: so many packets stand in the pipe at the
 * start, sent by the first reader. VICT, VICT2: who may be killed. RKILL: the reaper may be killed once.
 * BATCH: the processes (a bit for each id) that send and read two at once. Such a writer has one batch, of two.
 * Sequential consistency is assumed; docs/design/pipe.md has the order on hardware.
 * Mutants, each of which must fail: NO_RECORD, NO_EVIDENCE, NO_HEAD_RECHECK, FREE_ARRIVED, WORD_ALONE,
 * HELP_STORE, REAP_STORE; of batches: HEAD_FIRST, RAISE_LATE, UNDO_AT_HEAD, NO_STOP, FILL_BLIND, HEAD_STORE.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef CAPACITY
#define CAPACITY 2
#endif
#ifndef NR
#define NR 2 /* records */
#endif
#ifndef NP
#define NP 2
#endif
#ifndef NC
#define NC 2
#endif
#ifndef KMSG
#define KMSG 1
#endif
#ifndef KDEQ
#define KDEQ 1
#endif
#define NPROC (NP + NC)
#ifndef READY
#define READY 0
#endif
#ifndef RESEND
#define RESEND 0
#endif
#define NMSG (NP * KMSG + READY)
#ifndef BATCH
#define BATCH 0
#endif
#define IN_BATCHES(me) ((BATCH >> me) & 1)

/* REC_... of region/layout.h */
#define FREE 0
#define HELD 1
#define SENDING 2
#define QUEUED 3
#define ARRIVED 4
#define RETURNED 5

#define NOBODY 15
#define NOWHERE 255

byte wg[NR], ws[NR], wh[NR];                       /* record.word: gen, state, holder */
byte jn[NR];                                       /* record.journey */
byte rpos[NR];                                     /* record.pos */
byte sl[SLOTS], sp[SLOTS], sr[SLOTS]; bit sf[SLOTS]; /* slot word: lap, proc, rec, full */
byte head, tail, returned;                         /* pipe_control */

/* ghosts */
byte rmsg[NR]; /* which message is in the record */
byte enq_done[NMSG];  /* times that it was enqueued */
byte delivered[NMSG];
#if BATCH
byte in_order[NPROC]; /* 1 + the last of each writer's messages that got in */
#define IN_ORDER(me, m) if :: me < NP -> assert(m >= in_order[me]); in_order[me] = m + 1 :: else -> skip fi;
#else
#define IN_ORDER(me, m)
#endif
bit die[NPROC], dead[NPROC], reaped[NPROC], fin[NPROC], rkill;

#define READ_SLOT(i) d_step { xl = sl[i]; xf = sf[i]; xp = sp[i]; zr = sr[i] }
#define SAME_SLOT(i) (sl[i] == xl && sf[i] == xf && sp[i] == xp && sr[i] == zr)
#define WORD_IS(d, g, s, h) (wg[d] == g && ws[d] == s && wh[d] == h)
#define FREE_RECORD(d) wg[d] = wg[d] + 1; ws[d] = FREE; wh[d] = NOBODY
#define CLEAR_SLOT xl = 0; xp = 0; zr = 0; xf = 0; yg = 0; ys = 0; yh = 0; yn = 0
#define CLEAR_CALL skip; d_step { h = 0; t = 0; i = 0; seen = 0; hint = 0; won = 0; CLEAR_SLOT }

/* Tail lags behind an enqueue. */
#define LAGS(p) ((xf && xl == p / SLOTS) || (!xf && xl == p / SLOTS + 1))
#define STEP(p, v) d_step { if :: p == v -> p = v + 1 :: else -> skip fi }
#define RAISE(p, v) d_step { if :: p < v -> p = v :: else -> skip fi }

/* help_head: position h was taken (the slot says by whom) and head is still there */
inline help_head() {
    d_step { yg = wg[zr]; ys = ws[zr]; yh = wh[zr] };
    yn = jn[zr];
    if
#ifdef NO_HEAD_RECHECK
    :: true ->
#else
    :: head == h ->
#endif
#ifndef NO_RECORD
        if
        :: (ys == SENDING || ys == QUEUED) ->
#ifdef HELP_STORE
            d_step { ws[zr] = ARRIVED; wh[zr] = xp }
#else
#ifdef WORD_ALONE
            d_step { if :: WORD_IS(zr, yg, ys, yh) -> ws[zr] = ARRIVED; wh[zr] = xp :: else -> skip fi }
#else
            d_step { if :: WORD_IS(zr, yg, ys, yh) && jn[zr] == yn -> ws[zr] = ARRIVED; wh[zr] = xp :: else -> skip fi }
#endif
#endif
        :: else -> skip
        fi;
#endif
        STEP(head, h)
    :: else -> skip
    fi
}

/* brine__ring_enqueue, with really_full */
inline enqueue(me, d, ok) {
    rpos[d] = NOWHERE;
    jn[d] = jn[d] + 1;
    d_step { assert(ws[d] == HELD && wh[d] == me); ws[d] = SENDING };
    ok = 0;
    do
    :: t = tail;
        READ_SLOT(t % SLOTS);
        if
        :: (!xf && xl == t / SLOTS) ->
            h = head;
            if
            :: (t >= h && t - h >= CAPACITY) ->
                READ_SLOT(h % SLOTS);
                if
                :: (!xf && xl == h / SLOTS + 1) -> help_head()
                :: else -> ws[d] = HELD; break
                fi
            :: else ->
                rpos[d] = t;
                d_step {
                    if
                    :: SAME_SLOT(t % SLOTS) -> sf[t % SLOTS] = 1; sp[t % SLOTS] = me; sr[t % SLOTS] = d; won = 1; enq_done[rmsg[d]]++;
                       IN_ORDER(me, rmsg[d])
                       skip
                    :: else -> won = 0
                    fi
                };
                if
                :: won -> STEP(tail, t); ok = 1; break
                :: else -> skip
                fi
            fi
        :: LAGS(t) -> STEP(tail, t)
        :: (xf && xl + 1 == t / SLOTS) ->
            h = head;
            READ_SLOT(h % SLOTS);
            if
            :: (!xf && xl == h / SLOTS + 1) -> help_head()
            :: else -> if :: tail == t -> ws[d] = HELD; break :: else -> skip fi
            fi
        :: else -> skip
        fi
    od
}

/* brine__ring_dequeue, with take_returned. (The lowest position is the first record here.) */
inline dequeue(me, d, ok) {
    ok = 0;
    do
    :: if
        :: returned != seen ->
            hint = returned; i = 0;
            do
            :: i < NR ->
                d_step { yg = wg[i]; ys = ws[i]; yh = wh[i] };
                if
                :: ys == RETURNED ->
                    yn = jn[i];
                    d_step { if :: WORD_IS(i, yg, ys, yh) && jn[i] == yn -> ws[i] = ARRIVED; wh[i] = me; won = 1 :: else -> won = 0 fi };
                    if :: won -> d = i; ok = 1; break :: else -> skip fi
                :: else -> i++
                fi
            :: else -> break
            od;
            if :: ok -> break :: else -> seen = hint fi
        :: else ->
            h = head; READ_SLOT(h % SLOTS);
            if
            :: (xf && xl == h / SLOTS) ->
                d = zr;
                d_step {
                    if
                    :: SAME_SLOT(h % SLOTS) -> sf[h % SLOTS] = 0; sl[h % SLOTS] = h / SLOTS + 1; sp[h % SLOTS] = me; won = 1
                    :: else -> won = 0
                    fi
                };
                if
                :: won ->
                    d_step {
                        assert(ws[d] == SENDING || ws[d] == QUEUED || (ws[d] == ARRIVED && wh[d] == me));
                        ws[d] = ARRIVED; wh[d] = me
                    };
                    STEP(head, h);
                    ok = 1; break
                :: else -> skip
                fi
            :: (!xf && xl == h / SLOTS + 1) -> help_head()
            :: (!xf && xl == h / SLOTS) -> if :: head == h && returned == seen -> break :: else -> skip fi
            :: else -> skip
            fi
        fi
    od;
    if
    :: ok ->
        d_step { /* delivery */
            assert(ws[d] == ARRIVED && wh[d] == me);
            ws[d] = HELD; delivered[rmsg[d]]++;
            assert(delivered[rmsg[d]] == enq_done[rmsg[d]])
        }
    :: else -> skip
    fi
}

#if BATCH
/* brine__put_batch of d and e. in: a bit for each that got in. (head_seen is read anew: an older one sees less room.) */
inline put_batch(me, d, e, in) {
    t = tail; h = head; i = 0; in = 0;
    do
    :: i < 2 ->
        READ_SLOT((t + i) % SLOTS);
        if
#ifndef FILL_BLIND
        :: (xf || xl != (t + i) / SLOTS) -> break
#endif
        :: t + i >= h + CAPACITY -> break
        :: else ->
            zr = (i == 0 -> d : e);
            rpos[zr] = t + i;
            jn[zr] = jn[zr] + 1;
            d_step { assert(ws[zr] == HELD && wh[zr] == me); ws[zr] = SENDING };
            i++
        fi
    :: else -> break
    od;
    n = 0;
    do
    :: n < i ->
        READ_SLOT((t + n) % SLOTS);
        won = 0;
        if
#ifndef FILL_BLIND
        :: (xf || xl != (t + n) / SLOTS) -> skip
#endif
        :: else ->
            yn = (n == 0 -> d : e);
            d_step {
                if
                :: SAME_SLOT((t + n) % SLOTS) ->
                    sl[(t + n) % SLOTS] = (t + n) / SLOTS; sf[(t + n) % SLOTS] = 1; sp[(t + n) % SLOTS] = me; sr[(t + n) % SLOTS] = yn;
                    won = 1; in = in | (1 << n); enq_done[rmsg[yn]]++;
                    IN_ORDER(me, rmsg[yn])
                    skip
                :: else -> skip
                fi
            }
        fi;
#ifdef NO_STOP
        n++
#else
        if :: won -> n++ :: else -> break fi
#endif
    :: else -> break
    od;
    if :: i > 0 && !(in & 1) -> ws[d] = HELD :: else -> skip fi;
    if :: i > 1 && !(in & 2) -> ws[e] = HELD :: else -> skip fi;
    if :: in -> RAISE(tail, t + n) :: else -> skip fi
}

/* brine_enqueue_many of d and e, which are freed if the pipe is full */
inline send_both(me, d, e) {
    put_batch(me, d, e, in);
    CLEAR_CALL;
    skip; d_step { n = 0 };
    do
    :: n < 2 ->
        if
        :: in & (1 << n) -> skip
        :: else ->
            k2 = (n == 0 -> d : e);
            enqueue(me, k2, ok);
            CLEAR_CALL;
            if :: ok -> skip :: else -> break fi
        fi;
        n++
    :: else -> break
    od;
    do
    :: n < 2 -> if :: in & (1 << n) -> skip :: else -> k2 = (n == 0 -> d : e); d_step { FREE_RECORD(k2) } fi; n++
    :: else -> break
    od;
    skip; d_step { in = 0; n = 0; k2 = 0; ok = 0 }
}

#define RECORD_TAKE(d) d_step { \
        assert(ws[d] == SENDING || ws[d] == QUEUED || (ws[d] == ARRIVED && wh[d] == me)); \
        ws[d] = ARRIVED; wh[d] = me \
    }
#define DELIVER(d) d_step { \
        assert(ws[d] == ARRIVED && wh[d] == me); \
        ws[d] = HELD; delivered[rmsg[d]]++; \
        assert(delivered[rmsg[d]] == enq_done[rmsg[d]]) \
    }

/* brine__take_batch: n packets, d and e. Both slots are read before one is taken. */
inline take_batch(me, d, e, n) {
    n = 0;
    if
    :: returned != seen -> skip
    :: else ->
        h = head; t = tail;
        if
        :: t > h ->
            READ_SLOT(h % SLOTS);
            if :: (xf && xl == h / SLOTS) -> i = 1; d = zr; e = 0 :: else -> i = 0 fi;
            if
            :: i == 1 && t > h + 1 ->
                d_step { yg = sl[(h + 1) % SLOTS]; won = sf[(h + 1) % SLOTS]; yh = sp[(h + 1) % SLOTS]; e = sr[(h + 1) % SLOTS] };
                if :: (won && yg == (h + 1) / SLOTS) -> i = 2 :: else -> e = 0 fi
            :: else -> skip
            fi;
            do
            :: n < i ->
                if :: n == 1 -> d_step { xl = yg; xf = 1; xp = yh; zr = e } :: else -> skip fi;
                d_step {
                    if
                    :: SAME_SLOT((h + n) % SLOTS) -> sf[(h + n) % SLOTS] = 0; sl[(h + n) % SLOTS] = (h + n) / SLOTS + 1; sp[(h + n) % SLOTS] = me; won = 1
                    :: else -> won = 0
                    fi
                };
                if :: won -> n++ :: else -> break fi
            :: else -> break
            od
        :: else -> skip
        fi
    fi;
    if
    :: n > 0 ->
#ifdef HEAD_FIRST
        RAISE(head, h + n);
#endif
        RECORD_TAKE(d);
        if :: n == 2 -> RECORD_TAKE(e) :: else -> e = 0 fi;
#ifdef RAISE_LATE
        late = h + n;
#else
#ifdef HEAD_STORE
        head = h + n;
#else
        RAISE(head, h + n);
#endif
#endif
        DELIVER(d);
        if :: n == 2 -> DELIVER(e) :: else -> skip fi
    :: else -> skip
    fi
}
#endif

/* brine__record_alloc from the writer's own records (d, d + NP), enqueue, free what could not be sent */
inline send(who, r) {
    d = r;
    d_step { ws[d] = HELD; wh[d] = who };
    rmsg[d] = who * KMSG + k;
    enqueue(who, d, ok);
    CLEAR_CALL;
    if :: ok -> skip :: else -> d_step { FREE_RECORD(d) } fi;
    k++
}

#if BATCH
#define LOCALS byte k, d, e, n, in, k2, t, h, i, seen, hint, xl, xp, zr, yg, ys, yh, yn; bit xf, won, ok
#define CLEAR_LOCALS k = 0; d = 0; e = 0; n = 0; in = 0; k2 = 0; ok = 0
#else
#define LOCALS byte k, d, t, h, i, seen, hint, xl, xp, zr, yg, ys, yh, yn; bit xf, won, ok
#define CLEAR_LOCALS k = 0; d = 0; ok = 0
#endif

proctype Writer(byte me) {
    LOCALS;
    {
        k = 0;
        do
        :: k < KMSG ->
            if
#if BATCH
            :: IN_BATCHES(me) ->
                d = me; e = me + NP;
                d_step { assert(ws[d] == FREE && ws[e] == FREE); ws[d] = HELD; wh[d] = me; ws[e] = HELD; wh[e] = me };
                rmsg[d] = me * KMSG; rmsg[e] = me * KMSG + 1;
                send_both(me, d, e);
                k = KMSG
#endif
            :: !IN_BATCHES(me) && ws[me] == FREE -> send(me, me)
            :: !IN_BATCHES(me) && ws[me] != FREE && me + NP < NR && ws[me + NP] == FREE -> send(me, me + NP)
            :: else -> k++ /* out of memory: this one is not sent */
            fi
        :: else -> break
        od;
        fin[me] = 1
    } unless { die[me] };
    CLEAR_CALL;
    if :: die[me] && !fin[me] -> d_step { dead[me] = 1; CLEAR_LOCALS } :: else -> skip fi
}

proctype Reader(byte me) {
    LOCALS;
#ifdef RAISE_LATE
    byte late;
#endif
    {
        k = 0;
        do
        :: k < KDEQ ->
#if BATCH
            if
            :: IN_BATCHES(me) ->
                take_batch(me, d, e, n);
                skip; d_step { h = 0; t = 0; i = 0; won = 0; CLEAR_SLOT }
            :: else -> skip
            fi;
            if
            :: n == 2 ->
                if
                :: k < RESEND -> n = 0; send_both(me, d, e)
                :: else -> d_step { FREE_RECORD(d); FREE_RECORD(e) }
                fi;
                goto next
            :: n == 1 -> ok = 1
            :: n == 0 -> dequeue(me, d, ok)
            fi;
#else
            dequeue(me, d, ok);
#endif
            skip; d_step { h = 0; i = 0; hint = 0; won = 0; CLEAR_SLOT };
            if
            :: ok && k < RESEND ->
                enqueue(me, d, ok);
                skip; d_step { h = 0; t = 0; won = 0; CLEAR_SLOT };
                if :: ok -> skip :: else -> d_step { FREE_RECORD(d) } fi
            :: ok && k >= RESEND -> d_step { FREE_RECORD(d) }
            :: else -> skip
            fi;
#if BATCH
next:       skip;
#endif
#ifdef RAISE_LATE
            RAISE(head, late);
#endif
#if BATCH
            skip; d_step { k++; d = 0; e = 0; n = 0; ok = 0 }
#else
            skip; d_step { k++; d = 0; ok = 0 }
#endif
        :: else -> break
        od;
        fin[me] = 1
    } unless { die[me] };
    CLEAR_CALL;
    if :: die[me] && !fin[me] -> d_step { dead[me] = 1; CLEAR_LOCALS } :: else -> skip fi
}

/* Position t was taken: head may be further back, as several are taken at once. */
inline help_up_to() {
#ifdef UNDO_AT_HEAD
    if :: head == t -> h = t; help_head() :: else -> skip fi
#else
    do
    :: h = head;
        if
        :: h <= t ->
            READ_SLOT(h % SLOTS);
            if
            :: (!xf && xl == h / SLOTS + 1) -> help_head()
            :: else -> if :: head == h -> break :: else -> skip fi
            fi
        :: else -> break
        fi
    od;
    skip
#endif
}

/* undo of pipe/reap.c: settle_heads, then undo_sending, undo_arrived and undo_held for each record until
 * it is settled, then offer_returned */
inline undo(p) {
    do
    :: t = tail; READ_SLOT(t % SLOTS);
        if :: LAGS(t) -> STEP(tail, t) :: else -> break fi
    od;
    do
    :: h = head; READ_SLOT(h % SLOTS);
        if :: (!xf && xl == h / SLOTS + 1) -> help_head() :: else -> break fi
    od;
    i = 0;
    do
    :: i < NR ->
        d_step { zg = wg[i]; zs = ws[i]; zh = wh[i] };
        if
        :: (zs != FREE && zh == p) ->
            if
            :: zs == HELD -> d_step { assert(WORD_IS(i, zg, zs, zh)); FREE_RECORD(i) }
            :: zs == ARRIVED ->
                d_step {
                    assert(WORD_IS(i, zg, zs, zh));
#ifdef FREE_ARRIVED
                    FREE_RECORD(i)
#else
                    ws[i] = RETURNED; wh[i] = NOBODY
#endif
                }
            :: zs == SENDING ->
                t = rpos[i]; READ_SLOT(t % SLOTS);
                if
                :: (t != NOWHERE && xf && xl == t / SLOTS && zr == i) ->
                    d_step { if :: WORD_IS(i, zg, zs, zh) -> ws[i] = QUEUED; wh[i] = NOBODY :: else -> skip fi }
                :: else ->
#ifndef NO_EVIDENCE
                    if
                    :: (t != NOWHERE && !xf && xl == t / SLOTS + 1 && zr == i) -> help_up_to()
                    :: else -> skip
                    fi;
#endif
#ifdef REAP_STORE
                    d_step { FREE_RECORD(i) }
#else
                    d_step { if :: WORD_IS(i, zg, zs, zh) -> FREE_RECORD(i) :: else -> skip fi }
#endif
                fi
            :: else -> i++
            fi
        :: else -> i++
        fi
    :: else -> break
    od;
    returned++;
    CLEAR_CALL;
    d_step { zg = 0; zs = 0; zh = 0 }
}

proctype Reaper() {
    byte p, h, t, i, seen, hint, xl, xp, zr, yg, ys, yh, yn, zg, zs, zh;
    bit xf, won, killed = 0;
again:
    {
        do
        :: dead[VICT] && !reaped[VICT] -> p = VICT; undo(p); reaped[VICT] = 1
#ifdef VICT2
        :: dead[VICT2] && !reaped[VICT2] -> p = VICT2; undo(p); reaped[VICT2] = 1
        :: (fin[VICT] || reaped[VICT]) && (fin[VICT2] || reaped[VICT2]) -> goto done
#else
        :: (fin[VICT] || reaped[VICT]) -> goto done
#endif
        od
    } unless { rkill && !killed };
    CLEAR_CALL;
    d_step { killed = 1; p = 0; zg = 0; zs = 0; zh = 0 };
    goto again;
done: skip
}

proctype Killer() { die[VICT] = 1 }
#ifdef VICT2
proctype Killer2() { die[VICT2] = 1 }
#endif
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif

init {
    byte k, d, t, h, i, seen, hint, xl, xp, zr, yg, ys, yh, yn, n;
    bit xf, won, ok;
    atomic {
        i = 0; do :: i < NR -> wh[i] = NOBODY; i++ :: else -> break od; i = 0;
#if READY > 0
        do
        :: i < READY -> /* sent by the first reader, who lives */
            ws[i] = SENDING; wh[i] = NP; rmsg[i] = NP * KMSG + i; rpos[i] = i; enq_done[rmsg[i]] = 1;
            sf[i] = 1; sp[i] = NP; sr[i] = i; i++
        :: else -> break
        od;
        tail = READY; i = 0;
#endif
        n = 0; do :: n < NP -> run Writer(n); n++ :: else -> break od;
        n = 0; do :: n < NC -> run Reader(NP + n); n++ :: else -> break od;
        run Reaper(); run Killer();
#ifdef VICT2
        run Killer2();
#endif
#ifdef RKILL
        run ReaperKiller();
#endif
    }
    (_nr_pr == 1);
    /* drain, as a reader that nobody kills */
    d_step { seen = 255 };
    do
    :: dequeue(NPROC, d, ok);
        if :: ok -> d_step { FREE_RECORD(d) } :: else -> break fi
    od;
    atomic {
        n = 0; do :: n < NMSG -> assert(delivered[n] == enq_done[n]); n++ :: else -> break od;
        n = 0; do :: n < NR -> assert(ws[n] == FREE); n++ :: else -> break od
    }
}

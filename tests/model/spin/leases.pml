/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases (src/pipe/lease.c with src/pipe/ring.c and src/pipe/reap.c): a packet that is delivered stays its
 * pipe's until it is acknowledged; enqueueing it into another pipe acknowledges it; a death returns it.
 *
 * Three pipes: A has leases, B has none, L takes the dead letters of A. At the start NR packets stand in A. NA
 * readers with the ids 0..NA-1 each dequeue KA times (the first: K0) from A and then, in all ways: acknowledge, give
 * back, or enqueue into B (FORWARD_A: into A again). NB readers of B follow. What is left is drained at the end.
 * VICT, VICT2: who may be killed. RKILL: the reaper may be killed once. MAXD: deliveries after which a packet
 * goes to L. LGONE: L is removed at some moment. ORDER: also look at the order of delivery while others run.
 *
 * Proved: a packet is consumed exactly once, whoever dies; it is never in two hands; the count of deliveries is
 * exact at each delivery; L gets a packet after MAXD deliveries, not before, and A does not keep it longer; what
 * is returned is delivered before newer ones, in order. Sequential consistency is assumed.
 *
 * Mutants, each of which must fail: ORIGIN_LATE, FORWARD_FREED, FORWARD_STORE, FORWARD_NOT_SENT, UNCOUNTED, COUNT_APART,
 * LETTER_LATE, OFFER_OWN, OFFER_STALE, WORD_ALONE.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef CAPACITY
#define CAPACITY 1
#endif
#ifndef NR
#define NR 1 /* packets */
#endif
#ifndef NA
#define NA 1
#endif
#ifndef NB
#define NB 0
#endif
#ifndef KA
#define KA 1
#endif
#ifndef K0
#define K0 KA
#endif
#ifndef MAXD
#define MAXD 15 /* never */
#endif
#define NPROC (NA + NB)
#define DRAIN NPROC
#define SENDER (NPROC + 1) /* who sent what stands in A at the start; lives */

#define A 0
#define B 1
#define L 2
#ifdef FORWARD_A
#define TARGET A
#else
#define TARGET B
#endif

/* REC_... of region/layout.h */
#define FREE 0
#define HELD 1
#define SENDING 2
#define QUEUED 3
#define ARRIVED 4
#define RETURNED 5
#define LEASED 6
#define FORWARDING 7

#define NOBODY 15
#define NOWHERE 255

byte ws[NR], wh[NR];          /* record.word: state, holder (its generation is constant until it is freed for good) */
byte jn[NR], jd[NR];          /* record.journey: number, deliveries */
byte rpipe[NR], rpos[NR];     /* record.pipe, record.pos */
byte op[NR], opos[NR], on[NR]; /* the origin: record.parent; record.rc_count: position, deliveries */
byte sl[2 * SLOTS], sp[2 * SLOTS], sr[2 * SLOTS]; bit sf[2 * SLOTS]; /* slots of A and B: lap, proc, rec, full */
byte head[2], tail[2];
byte returned[3];             /* pipe_control.returned */
bit lgone;

/* ghosts */
byte owner[NR];               /* who has it, from delivery until he gives it away */
byte deliveries[NR];          /* by A since it was enqueued */
byte consumed[NR];
byte now;                     /* the time that dead letters get as position */
bit offered[NR];              /* RETURNED, and the readers of its pipe were told */
#ifdef ORDER
byte before[NPROC + 1];       /* RETURNED and offered since before the reader began to dequeue */
#endif
bit die[NPROC], dead[NPROC], reaped[NPROC], fin[NPROC], rkill;

#define SLOT(q, t) ((q) * SLOTS + (t) % SLOTS)
#define READ_SLOT(q, t) d_step { xl = sl[SLOT(q, t)]; xf = sf[SLOT(q, t)]; xp = sp[SLOT(q, t)]; zr = sr[SLOT(q, t)] }
#define SAME_SLOT(q, t) (sl[SLOT(q, t)] == xl && sf[SLOT(q, t)] == xf && sp[SLOT(q, t)] == xp && sr[SLOT(q, t)] == zr)
#define WORD_IS(d, s, h) (ws[d] == s && wh[d] == h)
#ifdef FORWARD_NOT_SENT
#define IS_SENT(s) (s == SENDING || s == QUEUED)
#else
#define IS_SENT(s) (s == SENDING || s == QUEUED || s == FORWARDING)
#endif
#ifdef OFFER_OWN
#define MINE(d) must = must | (1 << d)
#else
#define MINE(d) skip
#endif
#define CLEAR skip; d_step { h = 0; t = 0; i = 0; found = 0; low = 0; hint = 0; won = 0; xl = 0; xp = 0; zr = 0; xf = 0; ys = 0; yh = 0; yn = 0; yd = 0; zn = 0; zd = 0; must = 0 }

/* help_head of ring q */
inline help_head(q) {
    d_step { ys = ws[zr]; yh = wh[zr] };
    d_step { yn = jn[zr]; yd = jd[zr] };
    if
    :: head[q] == h ->
        d_step {
            if
            :: IS_SENT(ys) && WORD_IS(zr, ys, yh) && jn[zr] == yn && jd[zr] == yd -> ws[zr] = ARRIVED; wh[zr] = xp
            :: else -> skip
            fi
        };
        d_step { if :: head[q] == h -> head[q] = h + 1 :: else -> skip fi }
    :: else -> skip
    fi
}

/* brine__lease_resume: a place was not to be had */
inline lease_resume(me, d) {
    jd[d] = on[d];
    d_step { assert(WORD_IS(d, FORWARDING, me)); ws[d] = LEASED }
}

/* brine__ring_enqueue of a leased packet */
inline forward(q, me, d, ok) {
    rpipe[d] = q;
    rpos[d] = NOWHERE;
    d_step { jn[d] = jn[d] + 1; jd[d] = 0 };
    d_step { assert(WORD_IS(d, LEASED, me)); ws[d] = FORWARDING };
    ok = 0;
    do
    :: t = tail[q];
        READ_SLOT(q, t);
        if
        :: (!xf && xl == t / SLOTS) ->
            h = head[q];
            if
            :: (t >= h && t - h >= CAPACITY) ->
                READ_SLOT(q, h);
                if
                :: (!xf && xl == h / SLOTS + 1) -> help_head(q)
                :: else -> lease_resume(me, d); break
                fi
            :: else ->
                rpos[d] = t;
                d_step { /* in the other pipe, and so no longer in this one */
                    if
                    :: SAME_SLOT(q, t) ->
                        sf[SLOT(q, t)] = 1; sp[SLOT(q, t)] = me; sr[SLOT(q, t)] = d; won = 1;
                        assert(owner[d] == me); owner[d] = NOBODY; deliveries[d] = 0
                    :: else -> won = 0
                    fi
                };
                if
                :: won -> d_step { if :: tail[q] == t -> tail[q] = t + 1 :: else -> skip fi }; ok = 1; break
                :: else -> skip
                fi
            fi
        :: ((xf && xl == t / SLOTS) || (!xf && xl == t / SLOTS + 1)) ->
            d_step { if :: tail[q] == t -> tail[q] = t + 1 :: else -> skip fi }
        :: (xf && xl + 1 == t / SLOTS) ->
            h = head[q];
            READ_SLOT(q, h);
            if
            :: (!xf && xl == h / SLOTS + 1) -> help_head(q)
            :: else -> if :: tail[q] == t -> lease_resume(me, d); break :: else -> skip fi
            fi
        :: else -> skip
        fi
    od
}

/* deliver: brine__lease in A, HELD elsewhere */
inline deliver(q, me, d) {
    if
    :: q == A ->
#ifndef ORIGIN_LATE
        op[d] = q;
        d_step { opos[d] = rpos[d]; on[d] = jd[d] + 1 };
#endif
#ifdef COUNT_APART
        jd[d] = jd[d] + 1;
#endif
        d_step {
            assert(WORD_IS(d, ARRIVED, me));
            ws[d] = LEASED;
#ifndef COUNT_APART
            jd[d] = jd[d] + 1;
#endif
            assert(jd[d] == deliveries[d] + 1);
            assert(owner[d] == NOBODY); owner[d] = me;
            deliveries[d] = deliveries[d] + 1;
#ifndef LGONE
            assert(deliveries[d] <= MAXD)
#endif
        };
#ifdef ORIGIN_LATE
        op[d] = q;
        d_step { opos[d] = rpos[d]; on[d] = jd[d] };
#endif
    :: else ->
        d_step {
            assert(WORD_IS(d, ARRIVED, me)); ws[d] = HELD;
            assert(owner[d] == NOBODY); owner[d] = me;
            assert(q != L || deliveries[d] >= MAXD);
            consumed[d] = consumed[d] + 1; assert(consumed[d] == 1)
        }
    fi
}

/* take_returned of pipe q */
inline take_returned(q, me, d, ok) {
    hint = returned[q];
    do
    :: d_step { i = 0; found = NOBODY; low = 0; yn = 0; yd = 0 };
        do
        :: i < NR ->
            d_step { ys = ws[i]; zn = jn[i]; zd = jd[i] };
            if
            :: ys == RETURNED ->
                d_step { if :: rpipe[i] == q && (found == NOBODY || rpos[i] < low) -> found = i; low = rpos[i]; yn = zn; yd = zd :: else -> skip fi }
            :: else -> skip
            fi;
            skip; d_step { i++; ys = 0; zn = 0; zd = 0 }
        :: else -> break
        od;
        if
        :: found == NOBODY -> break
        :: else ->
            d_step {
                if
#ifdef WORD_ALONE
                :: WORD_IS(found, RETURNED, NOBODY) ->
#else
                :: WORD_IS(found, RETURNED, NOBODY) && jn[found] == yn && jd[found] == yd ->
#endif
                    ws[found] = ARRIVED; wh[found] = me; won = 1; offered[found] = 0;
#ifdef ORDER
                    i = 0; do :: i <= NPROC -> before[i] = before[i] & ~(1 << found); i++ :: else -> break od; i = 0
#else
                    i = 0
#endif
                :: else -> won = 0
                fi
            };
            if :: won -> d = found; ok = 1; break :: else -> skip fi
        fi
    od;
    if :: !ok -> seen = hint :: else -> skip fi;
    skip; d_step { i = 0; found = 0; low = 0; hint = 0; yn = 0; yd = 0; won = 0 }
}

/* What was offered before this dequeue began may not be overtaken. */
inline order_begin(q, me) {
#ifdef ORDER
    d_step { i = 0; do :: i < NR -> if :: q == A && offered[i] && rpipe[i] == A -> before[me] = before[me] | (1 << i) :: else -> skip fi; i++ :: else -> break od; i = 0 };
#else
    skip
#endif
}
inline order_taken(me, d) {
#ifdef ORDER
    d_step {
        i = 0;
        do
        :: i < NR -> assert(!((before[me] >> i) & 1) || rpos[i] > rpos[d]); i++
        :: else -> break
        od;
        i = 0
    }
#else
    skip
#endif
}

/* brine__ring_dequeue */
inline dequeue(q, me, d, ok) {
    ok = 0;
    order_begin(q, me);
    do
    :: if
        :: returned[q] != seen -> take_returned(q, me, d, ok); if :: ok -> break :: else -> skip fi
        :: else ->
            if :: q == L -> break :: else -> skip fi; /* nobody enqueues there here */
            h = head[q]; READ_SLOT(q, h);
            if
            :: (xf && xl == h / SLOTS) ->
                d = zr;
                d_step {
                    if
                    :: SAME_SLOT(q, h) -> sf[SLOT(q, h)] = 0; sl[SLOT(q, h)] = h / SLOTS + 1; sp[SLOT(q, h)] = me; won = 1
                    :: else -> won = 0
                    fi
                };
                if
                :: won ->
                    order_taken(me, d);
                    d_step { assert(ws[d] == SENDING || ws[d] == QUEUED || ws[d] == FORWARDING || WORD_IS(d, ARRIVED, me)); ws[d] = ARRIVED; wh[d] = me };
                    d_step { if :: head[q] == h -> head[q] = h + 1 :: else -> skip fi };
                    ok = 1; break
                :: else -> skip
                fi
            :: (!xf && xl == h / SLOTS + 1) -> help_head(q)
            :: (!xf && xl == h / SLOTS) -> if :: head[q] == h && returned[q] == seen -> break :: else -> skip fi
            :: else -> skip
            fi
        fi
    od;
    CLEAR;
#ifdef ORDER
    before[me] = 0;
#endif
    if :: ok -> deliver(q, me, d) :: else -> skip fi
}

#define DESTINATION(n, o) ((n >= MAXD && !lgone) -> L : o)

/* brine__lease_return of one who is LEASED(me), or LEASED(me) who is dead */
inline lease_return(d, me) {
    d_step { yh = op[d]; h = opos[d]; yd = on[d]; t = yh };
    d_step { yh = DESTINATION(yd, yh); if :: yh == L && t != L -> h = now; now++ :: else -> skip fi; t = 0 };
#ifndef LETTER_LATE
    rpipe[d] = yh;
    rpos[d] = h;
#endif
    d_step {
        if
        :: WORD_IS(d, LEASED, me) ->
            ws[d] = RETURNED; wh[d] = NOBODY;
#ifndef UNCOUNTED
            jd[d] = yd;
#endif
            assert(owner[d] == me); owner[d] = NOBODY
        :: else -> assert(0)
        fi
    };
#ifdef LETTER_LATE
    rpipe[d] = yh;
    rpos[d] = h;
#endif
    skip; d_step { yh = 0; h = 0; yd = 0 }
}

/* brine__offer. What it does when the pipe is gone is left out. */
inline offer(d) {
    h = rpipe[d];
    d_step {
        returned[h] = returned[h] + 1;
        i = 0; do :: i < NR -> if :: ws[i] == RETURNED && rpipe[i] == h -> offered[i] = 1 :: else -> skip fi; i++ :: else -> break od; i = 0;
        t = h; h = 0 /* t: to whose readers */
    }
}

inline ack(me, d) {
    d_step {
        assert(WORD_IS(d, LEASED, me) && owner[d] == me); ws[d] = HELD;
        consumed[d] = consumed[d] + 1; assert(consumed[d] == 1)
    }
}

inline free(me, d) { d_step { assert(WORD_IS(d, HELD, me) && owner[d] == me); ws[d] = FREE; wh[d] = NOBODY; owner[d] = NOBODY } }

proctype ReaderA(byte me) {
    byte k, d, t, h, i, seen, found, low, hint, xl, xp, zr, ys, yh, yn, yd, zn, zd, must;
    bit xf, won, ok;
    {
        k = 0;
        do
        :: k < (me == 0 -> K0 : KA) ->
            dequeue(A, me, d, ok);
            if
            :: !ok -> skip
            :: ok -> ack(me, d); free(me, d)
            :: ok -> lease_return(d, me); offer(d)
            :: ok ->
                forward(TARGET, me, d, ok);
                CLEAR;
                if :: ok -> skip :: else -> lease_return(d, me); offer(d) fi
            fi;
            skip; d_step { k++; d = 0; ok = 0; t = 0 }
        :: else -> break
        od;
        fin[me] = 1
    } unless { die[me] };
    CLEAR;
    d_step { k = 0; d = 0; ok = 0; seen = 0; if :: die[me] && !fin[me] -> dead[me] = 1 :: else -> skip fi }
}

proctype ReaderB(byte me) {
    byte d, t, h, i, seen, found, low, hint, xl, xp, zr, ys, yh, yn, yd, zn, zd, must;
    bit xf, won, ok;
    {
        dequeue(B, me, d, ok);
        if :: ok -> free(me, d) :: else -> skip fi;
        fin[me] = 1
    } unless { die[me] };
    CLEAR;
    d_step { d = 0; ok = 0; seen = 0; if :: die[me] && !fin[me] -> dead[me] = 1 :: else -> skip fi }
}

/* undo_sending of FORWARDING(p), and brine__lease_undo_forward */
inline undo_forward(p, d) {
    d_step { yn = jn[d]; yd = jd[d] }; /* after the word */
    ys = rpipe[d]; t = rpos[d];
    zr = NR;
    if
    :: t != NOWHERE && ys < L -> READ_SLOT(ys, t)
    :: else -> skip
    fi;
    if
    :: (zr == d && xf && xl == t / SLOTS) ->
        d_step { if :: WORD_IS(d, FORWARDING, p) -> ws[d] = QUEUED; wh[d] = NOBODY :: else -> skip fi }
    :: (zr == d && !xf && xl == t / SLOTS + 1 && head[ys] == t) ->
        h = t;
        if :: ys == A -> help_head(A) :: else -> help_head(B) fi
    :: else ->
#ifdef FORWARD_FREED
        d_step { if :: WORD_IS(d, FORWARDING, p) -> ws[d] = FREE; wh[d] = NOBODY; owner[d] = NOBODY :: else -> skip fi }
#else
        yd = on[d];
        d_step {
#ifdef FORWARD_STORE
            ws[d] = LEASED; wh[d] = p; jn[d] = yn; jd[d] = yd
#else
            if :: WORD_IS(d, FORWARDING, p) && jn[d] == yn -> ws[d] = LEASED; jd[d] = yd :: else -> skip fi
#endif
        }
#endif
    fi;
    skip; d_step { h = 0; t = 0; xl = 0; xp = 0; zr = 0; xf = 0; ys = 0; yh = 0; yn = 0; yd = 0 }
}

/* undo of pipe/reap.c: settle_heads; undo_pending and undo_held for each record; offers */
inline undo(p) {
    e = A;
    do
    :: e < L ->
        h = head[e]; READ_SLOT(e, h);
        if :: (!xf && xl == h / SLOTS + 1) -> if :: e == A -> help_head(A) :: else -> help_head(B) fi :: else -> e++ fi
    :: else -> break
    od;
    CLEAR;
    e = 0;
    do
    :: e < NR ->
        ys = (wh[e] == p -> ws[e] : FREE);
        if
        :: ys == ARRIVED -> d_step { assert(WORD_IS(e, ARRIVED, p)); ws[e] = RETURNED; wh[e] = NOBODY; MINE(e) }
        :: ys == FORWARDING -> undo_forward(p, e)
        :: ys == LEASED -> lease_return(e, p); MINE(e)
        :: ys == HELD -> d_step { assert(WORD_IS(e, HELD, p)); ws[e] = FREE; wh[e] = NOBODY; owner[e] = NOBODY }
        :: else -> e++
        fi
    :: else -> break
    od;
    e = 0; found = NOBODY;
    do
    :: e < NR -> /* settle_orphans: once for each pipe, as far as its packets follow each other */
#ifdef OFFER_OWN
        if :: ws[e] == RETURNED && (must >> e) & 1 -> low = rpipe[e] :: else -> low = found fi;
#else
        if :: ws[e] == RETURNED -> low = rpipe[e] :: else -> low = found fi;
#endif
        if
#ifdef OFFER_STALE
        :: low != found -> offer(e); found = low
#else
        :: low != found -> offer(e); found = t
#endif
        :: else -> skip
        fi;
        skip; d_step { e++; t = 0; low = 0 }
    :: else -> break
    od;
    CLEAR;
    e = 0
}

proctype Reaper() {
    byte p, e, h, t, i, found, low, hint, xl, xp, zr, ys, yh, yn, yd, zn, zd, must;
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
    CLEAR;
    d_step { killed = 1; p = 0; e = 0 };
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
#ifdef LGONE
proctype Remover() { lgone = 1 }
#endif

inline drain(q) {
    seen = 255; hint = 0;
    do
    :: dequeue(q, DRAIN, d, ok);
        if
        :: ok ->
            if
            :: q == A -> assert(n == 0 || last < opos[d]); last = opos[d]; ack(DRAIN, d)
            :: else -> skip
            fi;
            n = 1;
            free(DRAIN, d)
        :: else -> break
        fi
    od
}

init {
    byte d, t, h, i, seen, found, low, hint, xl, xp, zr, ys, yh, yn, yd, zn, zd, must, n, last;
    bit xf, won, ok;
    atomic {
        i = 0;
        do
        :: i < NR ->
            ws[i] = SENDING; wh[i] = SENDER; owner[i] = NOBODY; rpipe[i] = A; rpos[i] = i; op[i] = B; /* of its last life */
            sf[i] = 1; sp[i] = SENDER; sr[i] = i; i++
        :: else -> break
        od;
        tail[A] = NR; i = 0;
        n = 0; do :: n < NA -> run ReaderA(n); n++ :: else -> break od;
        n = 0; do :: n < NB -> run ReaderB(NA + n); n++ :: else -> break od;
        run Reaper(); run Killer();
#ifdef VICT2
        run Killer2();
#endif
#ifdef RKILL
        run ReaperKiller();
#endif
#ifdef LGONE
        run Remover();
#endif
        n = 0
    }
    (_nr_pr == 1);
    atomic {
        n = 0; do :: n < NR -> assert(ws[n] != RETURNED || offered[n]); n++ :: else -> break od; n = 0;
        drain(A);
        n = 0; drain(B);
        drain(L);
        n = 0;
        do
        :: n < NR -> assert(ws[n] == FREE && consumed[n] == 1); n++
        :: else -> break
        od
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that are part of other packets (make_child, brine__child_take, brine__packet_free_tree and brine__child_undo
 * of src/packet/packet.c; settle_orphans of src/pipe/reap.c): a child dies with its parent, which is known
 * by index and generation; a reaper frees what has lost its parent.
 *
 * Process 0 takes records, puts them into one another, takes them out again and frees them, OPS steps in any order.
 * Process 1 died before and left XTREE packets, each part of the one before it; its reaper runs all the time. VICT: process
 * 0 is killed and has a reaper of its own. ADOPT: process 0 takes also the records that the dead left. RKILL: the reaper of process 1 may be killed once, and starts over.
 *
 * The list of a packet's children is not modelled: only the holder reads it. Sequential consistency is assumed.
 *
 * Proved: no child is freed while its parent lives, none twice; at the end nothing is left of the dead, and what the
 * living holds is whole.
 * Mutants, each of which must fail: WORD_ALONE, JOURNEY_FIRST, NO_GEN, PARENT_FIRST, ONCE, UNDO_STORE.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#ifndef NO
#define NO 2 /* records of process 0 */
#endif
#ifndef XTREE
#define XTREE 0
#endif
#ifndef OPS
#define OPS 6
#endif
#define NR (NO + XTREE)
#ifdef ADOPT
#define MAY NR /* records that process 0 may take */
#else
#define MAY NO
#endif

/* REC_... of region/layout.h */
#define FREE 0
#define HELD 1
#define CHILD 2

#define NONE 15

byte wg[NR], ws[NR], wh[NR]; /* record.word: gen, state, holder (CHILD: the parent's index) */
byte pr[NR], pg[NR];         /* record.parent: record, gen */
byte jn[NR];                 /* record.journey */
bit die, dead, fin, reaped[2], rkill;

#define WORD_IS(r, g, s, h) (wg[r] == g && ws[r] == s && wh[r] == h)
#define FREE_RECORD(r) wg[r] = wg[r] + 1; ws[r] = FREE; wh[r] = NONE
#define IS_CHILD_OF(c, p) (ws[c] == CHILD && pr[c] == p && pg[c] == wg[p])

/* Frees the tree of r, which is HELD. A path of its own records leads down to the one that is being freed. */
inline free_tree(r) {
    c = r;
    do
    :: d_step { /* the next child of c, or NONE: its own list */
            k = 0;
            do :: k < MAY && !IS_CHILD_OF(k, c) -> k++ :: else -> break od
        };
        if
#ifdef PARENT_FIRST
        :: k < MAY && c == r -> d_step { g = wg[r]; FREE_RECORD(r); c = k }
        :: k < MAY && c != r -> c = k
        :: k == MAY && c == r -> d_step { FREE_RECORD(r) }; break
        :: k == MAY && c != r -> d_step { k = pr[c]; FREE_RECORD(c); if :: k == r -> c = NONE :: else -> c = k fi }; if :: c == NONE -> break :: else -> skip fi
#else
        :: k < MAY -> c = k
        :: else ->
            d_step {
                assert(c == r || (ws[c] == CHILD && wg[pr[c]] == pg[c])); /* still ours */
                k = (c == r -> NONE : pr[c]); FREE_RECORD(c); c = k
            };
            if :: c == NONE -> break :: else -> skip fi
#endif
        fi
    od;
    skip; d_step { c = 0; k = 0 }
}

proctype Owner() {
    byte n, r, c, k, g, p;
    {
        do
        :: n < OPS ->
            n++;
            r = 0;
            do :: r + 1 < MAY -> r++ :: break od;
            if
            :: ws[r] == FREE -> d_step { ws[r] = HELD; wh[r] = 0 } /* brine__record_alloc */
            :: WORD_IS(r, wg[r], HELD, 0) -> free_tree(r)
            :: WORD_IS(r, wg[r], HELD, 0) ->
                p = 0;
                do :: p + 1 < MAY -> p++ :: break od;
                if
                :: p != r && WORD_IS(p, wg[p], HELD, 0) -> /* make_child */
#ifdef JOURNEY_FIRST
                    jn[r] = jn[r] + 1;
#endif
                    d_step { pr[r] = p; pg[r] = wg[p] };
#ifndef JOURNEY_FIRST
                    jn[r] = jn[r] + 1;
#endif
                    d_step { assert(WORD_IS(r, wg[r], HELD, 0)); ws[r] = CHILD; wh[r] = p }
                :: else -> skip
                fi
            :: ws[r] == CHILD && r < MAY && wg[pr[r]] == pg[r] && ws[pr[r]] != FREE && (pr[r] < NO || wg[pr[r]] > 0) -> /* brine__child_take */
                d_step { assert(wg[pr[r]] == pg[r]); ws[r] = HELD; wh[r] = 0 }
            :: else -> skip /* not ours yet */
            fi;
            skip; d_step { r = 0; p = 0 }
        :: n >= OPS -> break
        od;
        fin = 1
    } unless { die };
    skip;
    d_step { n = 0; r = 0; c = 0; k = 0; g = 0; p = 0; if :: !fin -> dead = 1 :: else -> skip fi }
}

/* brine__child_undo: the record i, in state CHILD, in the name of the dead x */
inline child_undo(x) {
    yn = jn[i];
    d_step { yp = pr[i]; ypg = pg[i] };
#ifdef NO_GEN
    won = (ws[yp] == FREE);
#else
    won = (wg[yp] != ypg);
#endif
    if
    :: won ->
#ifdef UNDO_STORE
        d_step { ws[i] = HELD; wh[i] = x };
#else
        d_step {
#ifdef WORD_ALONE
            if :: WORD_IS(i, yg, CHILD, yh) -> ws[i] = HELD; wh[i] = x :: else -> won = 0 fi
#else
            if :: WORD_IS(i, yg, CHILD, yh) && jn[i] == yn -> ws[i] = HELD; wh[i] = x :: else -> won = 0 fi
#endif
        };
#endif
        if
        :: won ->
            again = 1;
            d_step { /* brine__packet_undo of HELD(x) */
                assert(wg[pr[i]] != pg[i] && wg[i] == yg); /* its parent is gone, it is not */
                if :: WORD_IS(i, yg, HELD, x) -> FREE_RECORD(i) :: else -> skip fi
            }
        :: else -> skip
        fi
    :: else -> skip
    fi;
    skip; d_step { yn = 0; yp = 0; ypg = 0; won = 0 }
}

inline undo(x) {
    i = 0;
    do
    :: i < NR ->
        d_step { yg = wg[i]; ys = ws[i]; yh = wh[i] };
        if
        :: ys == HELD && yh == x -> d_step { if :: WORD_IS(i, yg, HELD, x) -> FREE_RECORD(i) :: else -> skip fi }
        :: else -> skip
        fi;
        i++
    :: else -> break
    od;
    do
    :: again = 0; i = 0;
        do
        :: i < NR ->
            d_step { yg = wg[i]; ys = ws[i]; yh = wh[i] };
            if :: ys == CHILD -> child_undo(x) :: else -> skip fi;
            i++
        :: else -> break
        od;
#ifdef ONCE
        break
#else
        if :: !again -> break :: else -> skip fi
#endif
    od;
    skip; d_step { i = 0; yg = 0; ys = 0; yh = 0; again = 0 }
}

proctype Reaper(byte x) {
    byte i, yg, ys, yh, yn, yp, ypg;
    bit won, again, killed;
retry:
    {
        if
        :: x == 1 || dead -> undo(x)
        :: x == 0 && fin -> skip
        fi;
        reaped[x] = 1;
        goto done
    } unless { x == 1 && rkill && !killed };
    skip;
    d_step { i = 0; yg = 0; ys = 0; yh = 0; yn = 0; yp = 0; ypg = 0; won = 0; again = 0; killed = 1 };
    goto retry;
done: skip
}

#ifdef VICT
proctype Killer() { die = 1 }
#endif
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif

init {
    byte n;
    atomic {
        n = 0; do :: n < NR -> wh[n] = NONE; n++ :: else -> break od;
#if XTREE > 0
        n = NO;
        ws[n] = HELD; wh[n] = 1; n++;
        do /* backwards, so that one pass is not enough */
        :: n < NR -> ws[n] = CHILD; wh[n] = (n + 1 < NR -> n + 1 : NO); pr[n] = wh[n]; n++
        :: else -> break
        od;
#endif
        run Owner();
        run Reaper(1);
#ifdef VICT
        run Reaper(0); run Killer();
#endif
#ifdef RKILL
        run ReaperKiller();
#endif
        n = 0
    }
    (_nr_pr == 1);
    d_step {
        do
        :: n < NR ->
            assert(ws[n] == FREE || (!dead && (WORD_IS(n, wg[n], HELD, 0) || (ws[n] == CHILD && wg[pr[n]] == pg[n] && wh[n] == pr[n]))));
            n++
        :: else -> break
        od
    }
}

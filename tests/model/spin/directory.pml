/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names without a lock (src/pipe/directory.c): several processes insert the same name, one removes it,
 * one of them is killed at any step and cleaned up after by a reaper that may be killed itself.
 *
 * Proved: never two LIVE entries of the name; every inserter that lives ends with an entry that was
 * LIVE; at the end every entry is FREE or LIVE and every ring FREE, or ANCHORED and named by a LIVE
 * entry. With -DSTOPPED the victim is never cleaned up after, and the others finish all the same
 * (checked as the absence of any cycle, with -DNP).
 *
 * All entries here have the one name. (`skip` before a d_step: a jump may not land inside one.) Sequential consistency is assumed.
 *
 * NI inserters with the ids 0..NI-1, the remover is NI, the reaper NI+1. VICT: who may be killed.
 * SYMMETRIC: inserter i claims entry i, or a later one (their roles are the same: fewer states).
 * REMOVES: how often the name is removed. RKILL: the reaper may be killed once.
 * Mutants, each of which must fail: NO_LOOK_AGAIN, NO_ABORT, REAP_STORE, CLEAN_ONCE, REAP_PENDING,
 * and with STOPPED: NO_HELP.
 */
#ifndef NE
#define NE 3 /* entries */
#endif
#ifndef NI
#define NI 2
#endif
#ifndef REMOVES
#define REMOVES 1
#endif
#define REMOVER NI
#define REAPER (NI + 1)
#define NOBODY 15
#define NO_ENTRY 15
#define GENS 8

/* DIR_... of region/layout.h */
#define FREE 0
#define HELD 1
#define PENDING 2
#define LIVE 3
#define ABORTED 4
#define REMOVING 5
#define REMOVED 6
/* REC_... of a ring */
#define R_FREE 0
#define R_HELD 1
#define R_ANCHORING 2
#define R_ANCHORED 3

byte eg[NE], es[NE], eh[NE]; /* dir_entry.word: gen, state, holder */
byte et[NE], etg[NE];        /* dir_entry.target: ring, its gen */
byte rg[NI], rs[NI], rh[NI]; /* record.word of the ring that inserter i makes */
byte re[NI], reg[NI];        /* record.pipe: entry, its gen */

/* ghosts */
bit was_live[NE * GENS];
byte live;       /* LIVE entries now */
bit fin[NI + 2], dead[NI + 2], reaped[NI + 2];
bit die, rkill;

#define WORD_IS(k, g, s, h) (eg[k] == g && es[k] == s && eh[k] == h)
#define RING_IS(r, g, s, h) (rg[r] == g && rs[r] == s && rh[r] == h)
#define FREE_ENTRY(e, g) eg[e] = g + 1; es[e] = FREE; eh[e] = NOBODY; assert(eg[e] < GENS)
#define FREE_RING(r) rg[r] = rg[r] + 1; rs[r] = R_FREE; rh[r] = NOBODY
#define CLEAR skip; d_step { k = 0; mine = 0; gen = 0; low = 0; lg = 0; lh = 0; ws = 0; wg = 0; wh = 0; won = 0; stop = 0; cas = 0; f = 0; t = 0; tg = 0 }

/* Every d_step is one access to shared memory with the private steps that follow from it. */

/* brine__dir_find: f is a LIVE entry (of generation wg) or NO_ENTRY */
inline dir_find() {
    f = NO_ENTRY;
    do
    :: d_step { (k < NE && f == NO_ENTRY) -> if :: es[k] == LIVE -> f = k; wg = eg[k] :: else -> k++ fi }
    :: else -> break
    od;
    k = 0
}

/* brine__dir_begin: `mine` is HELD by me, or NO_ENTRY. The record of the ring is made with it. */
inline dir_begin(me) {
    mine = NO_ENTRY;
#ifdef SYMMETRIC
    k = me;
#endif
    do
    :: d_step {
            (k < NE && mine == NO_ENTRY) ->
            if :: es[k] == FREE -> es[k] = HELD; eh[k] = me; gen = eg[k]; mine = k :: else -> k++ fi
        }
    :: else -> break
    od;
    k = 0
}

/* promote: one round */
inline promote() {
    d_step { low = NO_ENTRY; stop = 0 };
    do
    :: d_step {
            (k < NE && !stop && !cas) ->
            ws = es[k]; wg = eg[k]; wh = eh[k];
            if
            :: ws == LIVE -> stop = 1
            :: ws == PENDING && low == NO_ENTRY -> low = k; lg = wg; lh = wh; k++
#ifndef NO_ABORT
            :: ws == PENDING && low != NO_ENTRY -> cas = 1
#endif
            :: else -> k++
            fi
        }
    :: d_step {
            cas ->
            cas = 0;
            if
            :: WORD_IS(k, wg, PENDING, wh) -> es[k] = ABORTED; k++
            :: else -> if :: es[k] == LIVE -> stop = 1 :: else -> k++ fi
            fi
        }
    :: else -> break
    od;
    skip; d_step { k = 0; ws = 0; wg = 0; wh = 0;
#ifdef NO_HELP
        if :: low == NO_ENTRY || low != mine -> stop = 1 :: else -> skip fi
#else
        if :: low == NO_ENTRY -> stop = 1 :: else -> skip fi
#endif
    };
#ifndef NO_LOOK_AGAIN
    /* The entries below were read before `low` was seen PENDING: whoever owns one of them may have read
     * `low` before that too, and not know of it. */
    do
    :: d_step { (k < low && !stop) -> if :: es[k] == LIVE || es[k] == PENDING -> stop = 1 :: else -> k++ fi }
    :: else -> break
    od;
    skip;
#endif
    d_step {
        if
        :: !stop && WORD_IS(low, lg, PENDING, lh) ->
            es[low] = LIVE; eh[low] = NOBODY; live++; was_live[low * GENS + lg] = 1; assert(live == 1)
        :: else -> skip
        fi;
        k = 0; low = 0; lg = 0; lh = 0; stop = 0
    }
}

/* brine__dir_commit: won says whether the entry became LIVE */
inline dir_commit(me) {
    d_step { assert(WORD_IS(mine, gen, HELD, me)); et[mine] = me; etg[mine] = rg[me]; es[mine] = PENDING };
    do
    :: promote();
        d_step { /* ws: LIVE: it was; ABORTED; PENDING: not settled */
            if
            :: eg[mine] != gen || es[mine] == LIVE || es[mine] == REMOVED || es[mine] == REMOVING -> ws = LIVE
            :: else -> ws = es[mine]
            fi
        };
        if
        :: ws == PENDING ->
            dir_find();
            if
            :: f != NO_ENTRY -> d_step { if :: WORD_IS(mine, gen, PENDING, me) -> es[mine] = ABORTED; ws = ABORTED :: else -> skip fi; f = 0; wg = 0 }
            :: else -> f = 0
            fi
        :: else -> skip
        fi;
        if
        :: ws == LIVE -> won = 1; break
        :: d_step { ws == ABORTED -> assert(WORD_IS(mine, gen, ABORTED, me)); FREE_ENTRY(mine, gen); won = 0 }; break
        :: else -> skip
        fi
    od;
    ws = 0
}

/* brine_pipe_serve, make_pipe */
inline serve(me) {
    do
    :: dir_find();
        if
        :: f != NO_ENTRY -> d_step { assert(was_live[f * GENS + wg]) }; break
        :: else -> f = 0
        fi;
        dir_begin(me);
        if :: mine == NO_ENTRY -> break /* BRINE_ELIMIT */ :: else -> skip fi;
        d_step { assert(rs[me] == R_FREE); rs[me] = R_ANCHORING; rh[me] = me; re[me] = mine; reg[me] = gen; t = rg[me] };
        dir_commit(me);
        if
        :: won ->
            d_step {
                assert(was_live[mine * GENS + gen]);
                if :: RING_IS(me, t, R_ANCHORING, me) -> rs[me] = R_ANCHORED; rh[me] = NOBODY :: else -> skip fi
            };
            break
        :: else -> d_step { assert(RING_IS(me, t, R_ANCHORING, me)); FREE_RING(me); mine = 0; gen = 0; t = 0 }
        fi
    od
}

/* brine__entry_cleanup with free_ring. Handles, which delay it, are left out. */
inline entry_cleanup(me, e) {
    d_step {
        won = (es[e] == REMOVED); wg = eg[e];
        if :: won -> es[e] = REMOVING; eh[e] = me; t = et[e]; tg = etg[e] :: else -> skip fi
    };
    if
    :: won ->
        do
        :: d_step { ws = rs[t]; wh = rh[t]; won = (rg[t] == tg && (ws == R_ANCHORED || ws == R_ANCHORING)) };
            if
            :: won ->
                d_step { if :: RING_IS(t, tg, ws, wh) -> rs[t] = R_HELD; rh[t] = me :: else -> won = 0 fi };
                if
                :: d_step { won -> assert(RING_IS(t, tg, R_HELD, me)); FREE_RING(t) }; break
#ifdef CLEAN_ONCE
                :: else -> break
#else
                :: else -> skip
#endif
                fi
            :: else -> break
            fi
        od;
        skip;
        d_step { assert(WORD_IS(e, wg, REMOVING, me)); FREE_ENTRY(e, wg); wg = 0; ws = 0; wh = 0; t = 0; tg = 0; won = 0 }
    :: else -> wg = 0
    fi
}

/* brine_pipe_remove */
inline remove(me) {
    dir_find();
    if
    :: f != NO_ENTRY ->
        d_step { if :: WORD_IS(f, wg, LIVE, NOBODY) -> es[f] = REMOVED; live--; won = 1 :: else -> won = 0 fi };
        if :: won -> entry_cleanup(me, f) :: else -> skip fi
    :: else -> skip
    fi;
    skip;
    d_step { f = 0; wg = 0; won = 0 }
}

/* undo() of pipe/reap.c: brine__dir_undo, undo_anchoring, undo_held, brine__entry_cleanup. A word that
 * only the dead could have changed is read and written in one step. */
inline undo(p) {
    do
    :: d_step {
            (k < NE && !cas) ->
            ws = es[k]; wg = eg[k];
            if
            :: eh[k] != p || ws == FREE -> k++
            :: else ->
                if
                :: ws == PENDING -> cas = 1
                :: ws == HELD || ws == ABORTED -> FREE_ENTRY(k, wg); k++
                :: ws == REMOVING -> es[k] = REMOVED; eh[k] = NOBODY; k++
                fi
            fi
        }
    :: d_step {
            cas ->
            cas = 0;
            if
            :: WORD_IS(k, wg, PENDING, p) -> es[k] = ABORTED
#ifdef REAP_PENDING
            :: es[k] != PENDING -> FREE_ENTRY(k, wg)
#endif
            :: else -> skip
            fi
        }
    :: else -> break
    od;
    skip; d_step { k = 0; ws = 0; wg = 0 };
    do
    :: d_step {
            (t < NI && !cas) ->
            tg = rg[t];
            if
            :: rh[t] == p && rs[t] == R_ANCHORING -> cas = 1
            :: rh[t] == p && rs[t] == R_HELD -> FREE_RING(t); t++
            :: else -> t++
            fi
        }
    :: cas ->
        d_step {
            k = re[t];
            won = (eg[k] == reg[t] && (es[k] == LIVE || es[k] == REMOVED || es[k] == REMOVING) && et[k] == t && etg[k] == tg);
            k = 0
        };
        d_step {
            if
            :: RING_IS(t, tg, R_ANCHORING, p) -> if :: won -> rs[t] = R_ANCHORED; rh[t] = NOBODY :: else -> FREE_RING(t) fi
#ifdef REAP_STORE
            :: !RING_IS(t, tg, R_ANCHORING, p) && !won -> assert(0)
#endif
            :: else -> skip
            fi;
            cas = 0; t++
        }
    :: else -> break
    od;
    skip; d_step { t = 0; tg = 0; won = 0; mine = 0 };
    do
    :: mine < NE -> entry_cleanup(REAPER, mine); mine++
    :: else -> break
    od;
    mine = 0
}

#ifdef VICT
#define DIES(me) (die && VICT == me)
#else
#define DIES(me) 0
#endif

proctype Inserter(byte me) {
    byte k, mine, gen, low, lg, lh, ws, wg, wh, f, t, tg;
    bit won, stop, cas;
    { serve(me); fin[me] = 1 } unless { DIES(me) };
    CLEAR;
    if :: !fin[me] -> dead[me] = 1 :: else -> skip fi
}

proctype Remover() {
    byte k, mine, gen, low, lg, lh, ws, wg, wh, f, t, tg, n;
    bit won, stop, cas;
    {
        n = 0;
        do
        :: n < REMOVES -> remove(REMOVER); n++
        :: else -> break
        od;
        fin[REMOVER] = 1
    } unless { DIES(REMOVER) };
    CLEAR; n = 0;
    if :: !fin[REMOVER] -> dead[REMOVER] = 1 :: else -> skip fi
}

#ifdef VICT
#ifndef STOPPED
proctype Reaper() {
    byte k, mine, gen, low, lg, lh, ws, wg, wh, f, t, tg;
    bit won, stop, cas, killed = 0;
again:
    {
        if :: killed -> undo(REAPER) :: else -> skip fi;
        if
        :: dead[VICT] -> undo(VICT); reaped[VICT] = 1
        :: fin[VICT] -> skip
        fi;
        goto done
    } unless { rkill && !killed };
    CLEAR;
    killed = 1;
    goto again;
done: CLEAR
}
#endif
proctype Killer() { die = 1 }
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif
#endif

init {
    byte n;
    atomic {
        n = 0; do :: n < NE -> eh[n] = NOBODY; n++ :: else -> break od;
        n = 0; do :: n < NI -> rh[n] = NOBODY; n++ :: else -> break od;
        n = 0; do :: n < NI -> run Inserter(n); n++ :: else -> break od;
        run Remover();
#ifdef VICT
#ifndef STOPPED
        run Reaper();
#ifdef RKILL
        run ReaperKiller();
#endif
#endif
        run Killer();
#endif
        n = 0
    }
    (_nr_pr == 1);
#ifndef STOPPED
    atomic {
        n = 0;
        do
        :: n < NE -> assert(es[n] == FREE || es[n] == LIVE);
            if :: es[n] == LIVE -> assert(rs[et[n]] == R_ANCHORED && rg[et[n]] == etg[n] && re[et[n]] == n && reg[et[n]] == eg[n]) :: else -> skip fi;
            n++
        :: else -> break
        od;
        n = 0;
        do
        :: n < NI -> assert(rs[n] == R_FREE || (rs[n] == R_ANCHORED && es[re[n]] == LIVE && eg[re[n]] == reg[n] && et[re[n]] == n)); n++
        :: else -> break
        od
    }
#endif
}

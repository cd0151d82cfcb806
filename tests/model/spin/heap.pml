/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks and spans against death (src/heap/blocks.c, src/heap/pages.c, src/heap/undo.c): pages are claimed, become
 * orphans, are adopted and given back; the tags of blocks are set by the page's owner, cleared by anybody who owns
 * the block, and swept once their record has another generation.
 *
 * Processes 0 and 1 each have a record and make up to OPS packets with a block or, SPANS, with a span of both pages; pass them
 * to each other, free them, give empty pages back, in any order. VICT: process 0 is killed; then process 1 may take its
 * record, too. RKILL: its reaper may be killed once. SWEEPER: the reaper of somebody else sweeps at the
 * same time. ORPHANED: at the start process 1 has a packet with a block in a page of nobody.
 *
 * Proved: no block, no page of a span has two users; nobody frees what is another's; once the last process has
 * ended and was reaped every page is free and every tag 0. Commit bits: trim.pml. Sequential consistency is assumed.
 * Mutants, each of which must fail: ORPHAN_SAME, SWEEP_STORE, NO_GEN, LAST_STORE, RELEASE_FIRST, SPAN_STORE, NO_TAGS_SWEPT.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#ifndef NPG
#define NPG 1
#endif
#ifndef NS
#define NS 1 /* blocks in a page */
#endif
#ifndef OPS
#define OPS 3
#endif
#define NR 2
#define NONE 15

/* PAGE_... of region/layout.h */
#define FREE 0
#define SLAB 1
#define ORPHAN 2
#define SPAN 3

byte pst[NPG], pg[NPG], ph[NPG];  /* pagemap: state, gen, holder (SPAN: the record) */
byte tr[NPG * NS], tg[NPG * NS];  /* tags: 1 + record, gen; 0 is free */
byte rg[NR], rh[NR];              /* record.word: gen, holder; NONE: free */
byte rc[NR];                      /* the packet's chunk: a block, NPG * NS for a span; NONE */

/* ghosts */
byte use[NPG * NS];               /* 1 + record whose packet may touch this memory */
byte clock = 1;                   /* of orphan_gen() */
bit adoptable;                    /* the page of process 0's record is an orphan */
bit die, fin[2], dead[2], reaped[2], rkill;

#define PAGE_IS(p, s, g, h) (pst[p] == s && pg[p] == g && ph[p] == h)
#define SET_PAGE(p, s, g, h) pst[p] = s; pg[p] = g; ph[p] = h
#define MINE(p) PAGE_IS(p, SLAB, 0, me)
#define CLEAR skip; d_step { p = 0; s = 0; r = 0; ws = 0; wg = 0; wh = 0; won = 0; used = 0 }

/* page_empty: used says no */
inline page_empty(p) {
    s = 0; used = 0;
    do
    :: d_step { s < NS && !used -> used = (tr[p * NS + s] != 0); s++ }
    :: else -> break
    od;
    s = 0
}

/* block_alloc for record r of me, and get_page if there is no room: won */
inline block_alloc(me) {
    won = 0; p = 0;
    do
    :: p < NPG && !won ->
        d_step { ws = pst[p]; wg = pg[p]; wh = ph[p] };
        if
        :: ws == ORPHAN || ws == FREE -> /* adopt_page, claim_words */
            d_step { if :: PAGE_IS(p, ws, wg, wh) -> SET_PAGE(p, SLAB, 0, me); ws = SLAB; wh = me :: else -> skip fi }
        :: else -> skip
        fi;
        if
        :: ws == SLAB && wh == me ->
            s = 0;
            do
            :: s < NS && !won ->
                if
                :: tr[p * NS + s] == 0 ->
                    d_step {
                        assert(use[p * NS + s] == 0 && MINE(p));
                        tr[p * NS + s] = r + 1; tg[p * NS + s] = rg[r]; use[p * NS + s] = r + 1; rc[r] = p * NS + s; won = 1
                    }
                :: else -> s++
                fi
            :: else -> break
            od;
            s = 0
        :: else -> skip
        fi;
        p++
    :: else -> break
    od;
    skip; d_step { p = 0; ws = 0; wg = 0; wh = 0 }
}

/* span_alloc: all pages, or what was got is given back */
inline span_alloc(me) {
    p = 0; won = 1;
    do
    :: d_step { p < NPG && won -> if :: pst[p] == FREE -> SET_PAGE(p, SPAN, rg[r], r); p++ :: else -> won = 0 fi }
    :: else -> break
    od;
    if
    :: won ->
        d_step {
            s = 0;
            do :: s < NPG * NS -> assert(use[s] == 0 && PAGE_IS(s / NS, SPAN, rg[r], r)); use[s] = r + 1; s++ :: else -> break od;
            s = 0; rc[r] = NPG * NS
        }
    :: else ->
        do
        :: d_step { p > 0 -> p--; assert(PAGE_IS(p, SPAN, rg[r], r)); SET_PAGE(p, FREE, 0, NONE) }
        :: else -> break
        od
    fi;
    skip; d_step { p = 0; won = 0 }
}

#define RELEASE(r) rg[r] = rg[r] + 1; rh[r] = NONE; rc[r] = NONE

inline end_use(r) { s = 0; do :: s < NPG * NS -> if :: use[s] == r + 1 -> use[s] = 0 :: else -> skip fi; s++ :: else -> break od; s = 0 }

/* brine__chunk_free */
inline chunk_free(me) {
    if
    :: at == NPG * NS ->
        p = NPG;
        do
        :: p > 0 ->
            p--;
            if :: PAGE_IS(p, SPAN, wgen, r) -> d_step { assert(PAGE_IS(p, SPAN, wgen, r)); SET_PAGE(p, FREE, 0, NONE) } :: else -> skip fi
        :: else -> break
        od
    :: at < NPG * NS ->
        p = at / NS;
        d_step { ws = pst[p]; wg = pg[p]; wh = ph[p] };
        if
        :: (ws == SLAB || ws == ORPHAN) && tr[at] == r + 1 && tg[at] == wgen ->
            d_step { assert(use[at] == 0); tr[at] = 0; tg[at] = 0 };
            if
            :: ws == ORPHAN ->
                page_empty(p);
#ifdef LAST_STORE
                if :: !used -> d_step { SET_PAGE(p, FREE, 0, NONE) } :: else -> skip fi
#else
                if :: !used -> d_step { if :: PAGE_IS(p, ws, wg, wh) -> SET_PAGE(p, FREE, 0, NONE) :: else -> skip fi } :: else -> skip fi
#endif
            :: else -> skip
            fi
        :: else -> skip
        fi
    :: else -> skip
    fi
}

/* brine_packet_free: chunks first, the generation last */
inline packet_free(me) {
    d_step { assert(rh[r] == me); end_use(r); wgen = rg[r]; at = rc[r] }; /* the last touch */
#ifdef RELEASE_FIRST
    d_step { RELEASE(r) };
#endif
    chunk_free(me);
#ifndef RELEASE_FIRST
    skip;
    d_step { assert(rh[r] == me); RELEASE(r) };
#endif
    skip; d_step { at = 0; wgen = 0 };
    CLEAR
}

inline drop_page(me, q) {
    p = q;
    if
    :: MINE(p) ->
        page_empty(p);
        if :: !used -> d_step { assert(MINE(p)); SET_PAGE(p, FREE, 0, NONE) } :: else -> skip fi
    :: else -> skip
    fi;
    CLEAR
}

proctype User(byte me) {
    byte n, p, s, r, ws, wg, wh, at, wgen; bit won, used;
    {
        do
        :: n < OPS ->
            n++;
            if :: r = 0 :: r = 1 fi;
            if
            :: rh[r] == NONE && (r == me || (r == 0 && adoptable)) ->
                d_step { rh[r] = me; rc[r] = NONE };
                if
                :: block_alloc(me)
#ifdef SPANS
                :: span_alloc(me)
#endif
                fi
            :: rh[r] == me -> packet_free(me)
            :: rh[r] == me -> d_step { assert(rh[r] == me); rh[r] = 1 - me } /* through a pipe */
            :: drop_page(me, 0)
#if NPG > 1
            :: drop_page(me, 1)
#endif
            fi;
            CLEAR
        :: n >= OPS -> break
        od;
        fin[me] = 1
    } unless { die && me == 0 };
    CLEAR;
    d_step { n = 0; at = 0; wgen = 0; if :: !fin[me] -> dead[me] = 1 :: else -> skip fi }
}

#ifdef NO_GEN
#define LIVES(r, g) (rh[r] != NONE)
#else
#define LIVES(r, g) (rg[r] == g && rh[r] != NONE)
#endif

/* brine__heap_sweep */
inline sweep() {
    p = 0;
    do
    :: p < NPG ->
        d_step { ws = pst[p]; wg = pg[p]; wh = ph[p] };
        if
        :: ws == SPAN ->
            won = LIVES(wh, wg);
#ifdef SPAN_STORE
            if :: !won -> d_step { SET_PAGE(p, FREE, 0, NONE) } :: else -> skip fi
#else
            if :: !won -> d_step { if :: PAGE_IS(p, ws, wg, wh) -> SET_PAGE(p, FREE, 0, NONE) :: else -> skip fi } :: else -> skip fi
#endif
        :: ws == SLAB || ws == ORPHAN ->
            s = 0; used = 0;
            do
            :: s < NS ->
                d_step { tt = tr[p * NS + s]; ttg = tg[p * NS + s] };
                if
                :: tt != 0 ->
                    won = LIVES(tt - 1, ttg);
                    if
                    :: !won ->
#ifdef NO_TAGS_SWEPT
                        used = 1
#else
#ifdef SWEEP_STORE
                        d_step { tr[p * NS + s] = 0; tg[p * NS + s] = 0 }
#else
                        d_step { if :: tr[p * NS + s] == tt && tg[p * NS + s] == ttg -> tr[p * NS + s] = 0; tg[p * NS + s] = 0 :: else -> used = 1 fi }
#endif
#endif
                    :: else -> used = 1
                    fi
                :: else -> skip
                fi;
                s++
            :: else -> break
            od;
            if :: !used && ws == ORPHAN -> d_step { if :: PAGE_IS(p, ws, wg, wh) -> SET_PAGE(p, FREE, 0, NONE) :: else -> skip fi } :: else -> skip fi
        :: else -> skip
        fi;
        skip; d_step { p++; s = 0; tt = 0; ttg = 0; won = 0; used = 0 }
    :: else -> break
    od;
    CLEAR
}

/* brine__packet_undo of what the dead held, brine__heap_undo, brine__heap_sweep */
inline undo(x) {
    r = 0;
    do
    :: d_step { r < NR -> if :: rh[r] == x -> end_use(r); RELEASE(r) :: else -> skip fi; r++ }
    :: else -> break
    od;
    r = 0; p = 0;
    do
    :: d_step {
            p < NPG ->
            if
#ifdef ORPHAN_SAME
            :: PAGE_IS(p, SLAB, 0, x) -> SET_PAGE(p, ORPHAN, 1, NONE)
#else
            :: PAGE_IS(p, SLAB, 0, x) -> clock++; SET_PAGE(p, ORPHAN, clock, NONE)
#endif
            :: else -> skip
            fi;
            p++
        }
    :: else -> break
    od;
    p = 0;
    if :: x == 0 -> adoptable = 1 :: else -> skip fi;
    sweep()
}

#ifdef VICT
proctype Reaper() {
    byte p, s, r, ws, wg, wh, tt, ttg; bit won, used, killed;
again:
    {
        if :: dead[0] -> undo(0); reaped[0] = 1 :: fin[0] -> skip fi;
        goto done
    } unless { rkill && !killed };
    CLEAR;
    d_step { tt = 0; ttg = 0; killed = 1 };
    goto again;
done: skip
}
proctype Killer() { die = 1 }
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif
#endif

#ifdef SWEEPER
proctype Sweeper() {
    byte p, s, r, ws, wg, wh, tt, ttg; bit won, used;
    sweep()
}
#endif

init {
    byte p, s, r, ws, wg, wh, tt, ttg; bit won, used;
    atomic {
        do :: p < NPG -> ph[p] = NONE; p++ :: else -> break od; p = 0;
        do :: r < NR -> rh[r] = NONE; rc[r] = NONE; r++ :: else -> break od; r = 0;
#ifdef ORPHANED
        SET_PAGE(0, ORPHAN, 1, NONE); tr[0] = 2; use[0] = 2; rh[1] = 1; rc[1] = 0;
#endif
        run User(0); run User(1);
#ifdef VICT
        run Reaper(); run Killer();
#ifdef RKILL
        run ReaperKiller();
#endif
#endif
#ifdef SWEEPER
        run Sweeper();
#endif
    }
    (_nr_pr == 1);
    atomic {
        /* while they live: what a packet uses is its own by the tables, too */
        s = 0;
        do
        :: s < NPG * NS ->
            if
            :: use[s] == 0 -> assert(tr[s] == 0)
            :: use[s] != 0 && tr[s] != 0 -> assert(tr[s] == use[s] && tg[s] == rg[use[s] - 1] && (pst[s / NS] == SLAB || pst[s / NS] == ORPHAN))
            :: else -> assert(PAGE_IS(s / NS, SPAN, rg[use[s] - 1], use[s] - 1))
            fi;
            s++
        :: else -> break
        od;
        s = 0;
        undo(0); undo(1);
        do :: p < NPG -> assert(pst[p] == FREE); p++ :: else -> break od;
        do :: s < NPG * NS -> assert(tr[s] == 0); s++ :: else -> break od
    }
}

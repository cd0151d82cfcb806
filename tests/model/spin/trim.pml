/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving memory back while others grow (brine__heap_trim of src/heap/blocks.c, brine__pages_claim of src/heap/pages.c,
 * brine__commit and brine__decommit of src/region/commit.c, brine__heap_undo of src/heap/undo.c): commit bits say
 * where memory is, fallocate makes it be there, punching takes it away.
 *
 * Two pages. Process 0 takes page 0 and commits it with one page more than it needs ("wide"); process 1 trims
 * from the end; process 2 takes any free page and commits just that. Each does so ROUNDS times. VICT: who may be killed; RKILL:
 * the reaper may be killed once.
 *
 * Proved: nobody touches a page without memory (its page claimed, brine__commit successful); no page has two owners; a page
 * that is marked as committed is; at the end all pages are free.
 * Mutants, each of which must fail: WIDE_UNCLAIMED, TRIM_UNCLAIMED, BIT_FIRST, and PUNCH_FIRST with UNDO_FREES (either of the
 * two alone costs nothing: the other makes good for it).
 *
 * Every d_step is one access to shared memory, or one system call. (`skip` before a d_step: a jump may not land inside one.)
 */
#define NP 2
#ifndef ROUNDS
#define ROUNDS 1
#endif

/* PAGE_... of region/layout.h; HELD stands for a span or slab page */
#define FREE 0
#define HELD 1
#define TRIM 2

byte ps[NP], ph[NP]; /* pagemap: state, holder */
bit cb[NP];          /* commit bit */
bit mem[NP];         /* there is memory */
bit die, dead, fin[3], rkill;

inline claim(p, s, me) { d_step { if :: ps[p] == FREE -> ps[p] = s; ph[p] = me; won = 1 :: else -> won = 0 fi } }
inline release(p, s, me) { d_step { assert(ps[p] == s && ph[p] == me); ps[p] = FREE; ph[p] = 0 } }

/* back(): pages first..end-1 */
inline back(first, end) {
#ifdef BIT_FIRST
    k = first; do :: d_step { k < end -> cb[k] = 1; k++ } :: else -> break od;
#endif
    k = first; do :: d_step { k < end -> mem[k] = 1; k++ } :: else -> break od; /* one unit after the other, as the kernel does */
    skip;
    d_step { k = first; do :: k < end -> cb[k] = 1; k++ :: else -> break od; k = 0 } /* one word */
}

inline touch(p) { d_step { assert(mem[p] && ps[p] == HELD) } }

/* brine__pages_claim of page 0, growing by page 1 */
proctype Grower(byte me) {
    byte n, k; bit won, spare;
    {
        do
        :: n < ROUNDS ->
            claim(0, HELD, me);
            if
            :: won ->
                if
                :: !cb[0] ->
#ifdef WIDE_UNCLAIMED
                    back(0, 2)
#else
                    claim(1, TRIM, me); /* what is committed ahead is ours for that time */
                    spare = won;
                    if :: spare -> back(0, 2); release(1, TRIM, me); spare = 0 :: else -> back(0, 1) fi
#endif
                :: else -> skip
                fi;
                touch(0);
                release(0, HELD, me)
            :: else -> skip
            fi;
            n++
        :: else -> break
        od;
        fin[me] = 1
    } unless { die && VICT == me };
    skip;
    d_step { n = 0; k = 0; won = 0; spare = 0; if :: !fin[me] -> dead = 1 :: else -> skip fi }
}

inline decommit(p) {
#ifdef PUNCH_FIRST
    mem[p] = 0;
    cb[p] = 0
#else
    cb[p] = 0;
    mem[p] = 0
#endif
}

/* brine__heap_trim */
proctype Trimmer(byte me) {
    byte n, p; bit won;
    {
        do
        :: n < ROUNDS ->
            p = NP;
            do
            :: p > 0 ->
                p--;
                if
                :: cb[p] ->
#ifdef TRIM_UNCLAIMED
                    if :: ps[p] == FREE -> decommit(p) :: else -> skip fi
#else
                    claim(p, TRIM, me);
                    if :: won -> decommit(p); release(p, TRIM, me) :: else -> skip fi
#endif
                :: else -> skip
                fi
            :: else -> break
            od;
            n++
        :: else -> break
        od;
        fin[me] = 1
    } unless { die && VICT == me };
    skip;
    d_step { n = 0; p = 0; won = 0; if :: !fin[me] -> dead = 1 :: else -> skip fi }
}

proctype Taker(byte me) {
    byte n, p, k; bit won;
    {
        do
        :: n < ROUNDS ->
            p = 0;
            do
            :: p < NP ->
                claim(p, HELD, me);
                if
                :: won ->
                    if :: !cb[p] -> back(p, p + 1) :: else -> skip fi;
                    touch(p);
                    release(p, HELD, me); break
                :: else -> p++
                fi
            :: else -> break
            od;
            n++
        :: else -> break
        od;
        fin[me] = 1
    } unless { die && VICT == me };
    skip;
    d_step { n = 0; p = 0; k = 0; won = 0; if :: !fin[me] -> dead = 1 :: else -> skip fi }
}

/* brine__heap_undo, and the sweep of what is HELD by a record that is gone */
proctype Reaper() {
    byte p, k; bit won, killed;
again:
    {
        if
        :: dead ->
            p = 0;
            do
            :: p < NP ->
                if
                :: ps[p] == TRIM && ph[p] == VICT ->
#ifndef UNDO_FREES
                    decommit(p);
#endif
                    release(p, TRIM, VICT)
                :: ps[p] == HELD && ph[p] == VICT -> release(p, HELD, VICT)
                :: else -> skip
                fi;
                p++
            :: else -> break
            od
        :: fin[VICT] -> skip
        fi;
        goto done
    } unless { rkill && !killed };
    skip;
    d_step { p = 0; k = 0; won = 0; killed = 1 };
    goto again;
done: skip
}

proctype Killer() { die = 1 }
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif

init {
    byte n;
    atomic {
        cb[1] = 1; mem[1] = 1; /* page 1 was used before */
        run Grower(0); run Trimmer(1); run Taker(2); run Reaper(); run Killer();
#ifdef RKILL
        run ReaperKiller();
#endif
    }
    (_nr_pr == 1);
    d_step { n = 0; do :: n < NP -> assert(ps[n] == FREE && (!cb[n] || mem[n])); n++ :: else -> break od }
}

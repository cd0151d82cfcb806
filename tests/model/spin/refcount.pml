/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count of a shared packet (src/packet/token.c): the count and the stamp of its last operation
 * change together by one 16-byte CAS; before a stamp is overwritten, what it says is written into that
 * operation's token. So the token alone tells a reaper whether the count was changed.
 *
 * Proved: the packet is freed exactly once, when the last token goes; no operation is counted twice or
 * not at all; nothing is counted after the packet was freed.
 *
 * Two holders, each makes a share more and lets all of its shares go. One is killed (both with -DTWO),
 * the reaper too with -DRKILL. Sequential consistency is assumed. Mutant that must fail: NO_HELP.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#define NT 4 /* tokens; i and i + 2 belong to process i */

/* REC_... of region/layout.h */
#define FREE 0
#define HELD 1
#define PINC 2
#define PDEC 3
#define DECD 4
#define SHARED 5
#define FREEING 6

#define INC 0
#define DEC 1
#define NOBODY 9

byte tg[NT], ts[NT], th[NT];              /* record.word of each token: gen, state, holder */
byte count = 2;                           /* record.rc_count of the packet */
byte stamp = NT, stamp_gen; bit stamp_op; /* record.rc_stamp: token, its gen, op */
byte os = SHARED, oh;                     /* record.word of the packet: state, holder */

/* ghosts */
byte freed;
bit die[2], dead[2], reaped[2], fin[2], rkill;

#define READ_COUNT d_step { rc = count; rt = stamp; rg = stamp_gen; ro = stamp_op }
#define SAME_COUNT (count == rc && stamp == rt && stamp_gen == rg && stamp_op == ro)
#define TOKEN_IS(t, g, s, h) (tg[t] == g && ts[t] == s && th[t] == h)
#define FREE_TOKEN(t) tg[t] = tg[t] + 1; ts[t] = FREE; th[t] = NOBODY
#define CLEAR skip; d_step { rc = 0; rt = 0; rg = 0; ag = 0; as = 0; ah = 0; ro = 0; won = 0 }

/* Completes the operation that the stamp names. */
inline help() {
    if
#ifdef NO_HELP
    :: true -> skip
#else
    :: rt < NT ->
        d_step { ag = tg[rt]; as = ts[rt]; ah = th[rt] };
        if
        :: (ag == rg && ro == INC && as == PINC) -> d_step { if :: TOKEN_IS(rt, ag, as, ah) -> ts[rt] = HELD :: else -> skip fi }
        :: (ag == rg && ro == DEC && as == PDEC) -> d_step { if :: TOKEN_IS(rt, ag, as, ah) -> ts[rt] = DECD :: else -> skip fi }
        :: else -> skip
        fi
    :: else -> skip
#endif
    fi
}

inline change(t, op, new) {
    d_step {
        if
        :: SAME_COUNT -> assert(count > 0 && freed == 0); count = new; stamp = t; stamp_gen = tg[t]; stamp_op = op; won = 1
        :: else -> won = 0
        fi
    }
}

inline free_packet(by) {
    d_step { assert(os == SHARED && freed == 0 && count == 0); os = FREEING; oh = by };
    d_step { assert(os == FREEING); os = FREE; freed++; assert(freed == 1) }
}

/* brine__token_new */
inline token_new(who, tok) {
    d_step { ts[tok] = PINC; th[tok] = who };
    do
    :: READ_COUNT; help(); change(tok, INC, rc + 1);
        if :: won -> break :: else -> skip fi
    od;
    skip; d_step { assert(ts[tok] == PINC || ts[tok] == HELD); ts[tok] = HELD }
}

/* brine__token_release */
inline token_release(who, tok) {
    ts[tok] = PDEC;
    do
    :: READ_COUNT; help(); change(tok, DEC, rc - 1);
        if :: won -> break :: else -> skip fi
    od;
    if :: rc == 1 -> free_packet(who) :: else -> skip fi;
    d_step { FREE_TOKEN(tok) }
}

proctype Holder(byte me) {
    byte rc, rt, rg, ag, as, ah;
    bit ro, won;
    {
        token_new(me, me + 2); token_release(me, me);
        token_new(me, me); /* the token's record again, with its next generation */
        token_release(me, me + 2); token_release(me, me);
        fin[me] = 1
    } unless { die[me] };
    CLEAR;
    if :: die[me] && !fin[me] -> dead[me] = 1 :: else -> skip fi
}

/* brine__packet_undo: first what is pending, then what is held */
inline undo(p) {
    i = 0;
    do
    :: i < NT ->
        d_step { zg = tg[i]; zs = ts[i]; zh = th[i] };
        if
        :: zh == p && zs == PINC ->
            READ_COUNT;
            if
            :: rt == i && rg == zg && ro == INC -> d_step { if :: (tg[i] == zg && ts[i] == zs) -> ts[i] = HELD :: else -> skip fi }
            :: else -> d_step { if :: (tg[i] == zg && ts[i] == zs) -> FREE_TOKEN(i) :: else -> skip fi }
            fi
        :: zh == p && zs == PDEC ->
            READ_COUNT;
            if
            :: rt == i && rg == zg && ro == DEC ->
                if
                :: rc == 0 ->
                    if
                    :: os == SHARED -> free_packet(p)
                    :: os == FREEING -> d_step { os = FREE; freed++; assert(freed == 1) }
                    :: else -> skip
                    fi
                :: else -> skip
                fi;
                d_step { FREE_TOKEN(i) }
            :: else ->
                if
                :: ts[i] == PDEC -> help(); change(i, DEC, rc - 1) /* looked at again: now the stamp is ours */
                :: else -> skip
                fi
            fi
        :: zh == p && zs == DECD -> d_step { FREE_TOKEN(i) }
        :: else -> i++
        fi
    :: else -> break
    od;
    i = 0;
    do
    :: i < NT -> if :: th[i] == p && ts[i] == HELD -> token_release(p, i) :: else -> skip fi; i++
    :: else -> break
    od;
    CLEAR;
    d_step { i = 0; zg = 0; zs = 0; zh = 0 }
}

proctype Reaper() {
    byte i, rc, rt, rg, ag, as, ah, zg, zs, zh;
    bit ro, won, killed = 0;
again:
    {
        do
        :: dead[0] && !reaped[0] -> undo(0); reaped[0] = 1
        :: dead[1] && !reaped[1] -> undo(1); reaped[1] = 1
        :: (fin[0] || reaped[0]) && (fin[1] || reaped[1]) -> goto done
        od
    } unless { rkill && !killed };
    CLEAR;
    d_step { killed = 1; i = 0; zg = 0; zs = 0; zh = 0 };
    goto again;
done: skip
}

proctype Killer() { die[0] = 1 }
#ifdef TWO
proctype Killer2() { die[1] = 1 }
#endif
#ifdef RKILL
proctype ReaperKiller() { rkill = 1 }
#endif

init {
    byte n;
    atomic {
        ts[0] = HELD; th[0] = 0; ts[1] = HELD; th[1] = 1; th[2] = NOBODY; th[3] = NOBODY;
        run Holder(0); run Holder(1); run Reaper(); run Killer();
#ifdef TWO
        run Killer2();
#endif
#ifdef RKILL
        run ReaperKiller();
#endif
    }
    (_nr_pr == 1);
    atomic {
        assert(freed == 1 && count == 0);
        n = 0; do :: n < NT -> assert(ts[n] == FREE); n++ :: else -> break od
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeping and waking (src/pipe/wait.c, brine__waiting_reset of src/pipe/endpoint.c): the count of waiters with its
 * epoch, the event count, and the reaper that forgets the waiters that died. The slice that ends each sleep is left
 * out here: what must not sleep for ever without it sleeps no longer than wanted with it.
 *
 * NW readers each wait for one packet, NP writers each put one; writers are not killed. VICT: a reader that is killed,
 * VICT2: another, RKILL: so may be the reaper, once. WEAK: a load may be done before the store of the RMW
 * before it is seen by others, as on weakly ordered machines, where no fence keeps it; the fences are in place.
 *
 * Proved: when nothing moves any more and the dead are reaped, nobody who lives sleeps while there is a packet, and
 * the count is exactly that of the sleepers.
 * Mutants, each of which must fail: NO_EPOCH, NO_RETRY, NO_EC, COUNT_FIRST, NO_WAKE_ALL, LEAVE_COUNTED;
 * with WEAK: NO_WRITER_FENCE, NO_READER_FENCE.
 *
 * Every d_step is one access to shared memory. (`skip` before a d_step: a jump may not land inside one.)
 */
#ifndef NW
#define NW 2
#endif
#ifndef NP
#define NP 1
#endif

byte packets;      /* in the pipe */
byte ec;           /* pipe_control.ec_readers */
byte epoch, count; /* pipe_control.wait_readers */
bit asleep[NW];    /* in the kernel's queue of ec */

bit die[NW], dead[NW], reaped[NW], fin[NW], rkill, over;

inline try(got) { d_step { if :: packets > 0 -> packets--; got = 1 :: else -> got = 0 fi } }

/* waiting_add */
inline add() { d_step { e = epoch; count++ } }

/* waiting_remove */
inline remove() {
    do
    :: d_step { we = epoch; wc = count };
        if
#ifdef NO_EPOCH
        :: wc != 0 ->
#else
        :: we == e && wc != 0 ->
#endif
            d_step { if :: epoch == we && count == wc -> count = wc - 1; won = 1 :: else -> won = 0 fi };
            if :: won -> break :: else -> skip fi
        :: else -> break
        fi
    od;
    skip; d_step { we = 0; wc = 0; won = 0; e = 0 }
}

/* brine_dequeue with sleep_once */
inline dequeue(me) {
    do
    :: try(got);
        if :: got -> break :: else -> skip fi;
#ifndef COUNT_FIRST
        seen = ec;
#endif
#if defined(WEAK) && defined(NO_READER_FENCE)
        if
        :: add(); try(got)
        :: packets == 0 -> add() /* what the try reads was read before */
        fi;
#else
        add();
#ifdef COUNT_FIRST
        seen = ec;
#endif
#ifndef NO_RETRY
        try(got);
#endif
#endif
        if
        :: !got ->
#ifdef NO_EC
            d_step { asleep[me] = 1 };
#else
            d_step { if :: ec == seen -> asleep[me] = 1 :: else -> skip fi };
#endif
            (!asleep[me] || over)
        :: else -> skip
        fi;
        seen = 0;
#ifndef LEAVE_COUNTED
        remove();
#endif
        if :: got || over -> break :: else -> skip fi
    od
}

proctype Reader(byte me) {
    byte e, seen, we, wc;
    bit got, won;
    { dequeue(me); fin[me] = 1 } unless { die[me] };
    skip;
    d_step { e = 0; seen = 0; we = 0; wc = 0; got = 0; won = 0; asleep[me] = 0; if :: !fin[me] -> dead[me] = 1 :: else -> skip fi }
}

inline wake_one() {
    if
    :: d_step { asleep[0] -> asleep[0] = 0 }
#if NW > 1
    :: d_step { asleep[1] -> asleep[1] = 0 }
#endif
#if NW > 2
    :: d_step { asleep[2] -> asleep[2] = 0 }
#endif
    :: else -> skip
    fi
}

/* brine_enqueue with wake_reader */
proctype Writer() {
    byte n;
#if defined(WEAK) && defined(NO_WRITER_FENCE)
    if
    :: packets++; n = count
    :: n = count; packets++
    fi;
#else
    packets++;
    n = count;
#endif
    if :: n != 0 -> ec++; wake_one() :: else -> skip fi;
    n = 0
}

/* brine__waiting_reset. The loop around its CAS is one step here. */
inline reset() {
    d_step { epoch++; count = 0 };
#ifndef NO_WAKE_ALL
    ec++;
    d_step { asleep[0] = 0;
#if NW > 1
        asleep[1] = 0;
#endif
#if NW > 2
        asleep[2] = 0
#endif
    }
#endif
}

#ifdef VICT
proctype Reaper() {
    bit killed;
again:
    {
        do
        :: dead[VICT] && !reaped[VICT] -> reset(); reaped[VICT] = 1
#ifdef VICT2
        :: dead[VICT2] && !reaped[VICT2] -> reset(); reaped[VICT2] = 1
        :: (fin[VICT] || reaped[VICT]) && (fin[VICT2] || reaped[VICT2]) -> goto done
#else
        :: (fin[VICT] || reaped[VICT]) -> goto done
#endif
        od
    } unless { rkill && !killed };
    killed = 1;
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
#endif

init {
    byte n, sleepers;
    atomic {
        n = 0; do :: n < NW -> run Reader(n); n++ :: else -> break od;
        n = 0; do :: n < NP -> run Writer(); n++ :: else -> break od;
#ifdef VICT
        run Reaper(); run Killer();
#ifdef VICT2
        run Killer2();
#endif
#ifdef RKILL
        run ReaperKiller();
#endif
#endif
        n = 0
    }
    timeout -> /* all sleep or have ended */
    d_step {
        do :: n < NW -> sleepers = sleepers + asleep[n]; n++ :: else -> break od;
        assert(sleepers == 0 || packets == 0);
        assert(count == sleepers);
        over = 1
    }
}

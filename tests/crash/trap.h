/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single steps of this process's own code, and the moments at which it touches a pool.
 *
 * With the processor's trap flag set every instruction raises SIGTRAP, whose handler counts; that is some
 * twenty times faster than ptrace, and needs no permission. The pool's mapping is protected meanwhile, so
 * that an instruction that writes to it (PROT_READ) or touches it at all (PROT_NONE) raises SIGSEGV first; the page
 * is then opened for that one instruction. System calls are recognised by their instruction.
 *
 * What happens is told to the hooks. They run in a signal handler, but of a process with one thread that
 * is not inside anything that they use.
 */
#ifndef TESTS_CRASH_TRAP_H
#define TESTS_CRASH_TRAP_H

#include <sys/syscall.h>
#include <ucontext.h>

#include "pipe_helpers.h"

#if defined(__x86_64__)
#define TRAP_HERE 1
#else
#define TRAP_HERE 0
#endif

#define TRAP_FLAG 0x100
#define TRAP_PAGE ((uint64_t)4096)
#define TRAP_FUTEX_WAITV 449
#define TRAP_OPEN_MAX 8 /* pages that one instruction touches */

struct trap {
    char *base; /* where the pool is mapped; NULL: not yet, or no more */
    uint64_t bytes;
    int protection;
    bool over;   /* set by a hook: no more steps, the rest at full speed */
    bool sparse; /* steps only where the pool is touched, once it is mapped: fast, but sees no system calls */
    uint64_t steps;
    uint64_t points;  /* instructions that touched the pool as it is watched, and system calls */
    uint64_t touches; /* the former */
    uint64_t calls;   /* system calls since the last touch */
    bool writing;     /* the point is a store, or a system call */
    void (*before_point)(void);
    void (*page_written)(uint64_t offset); /* perhaps: it was open for writing */
    void (*calling)(long number);
    void (*called)(long number, const long *arguments, long result);

    bool in_call;
    long number, arguments[6];
    char *open[TRAP_OPEN_MAX];
    int open_count;
};
static struct trap trap;

static void trap_protect(char *start, uint64_t bytes, int protection) {
    if (mprotect(start, bytes, protection) < 0) check_failed(__FILE__, __LINE__, "mprotect: %s", strerror(errno));
}

static void trap_watch(char *base) {
    trap.base = base;
    if (base) trap_protect(base, trap.bytes, trap.protection);
}

static void trap_close_pages(void) {
    for (int i = 0; i < trap.open_count; i++) {
        if (trap.page_written) trap.page_written((uint64_t)(trap.open[i] - trap.base));
        trap_protect(trap.open[i], TRAP_PAGE, trap.protection);
    }
    trap.open_count = 0;
}

/* The kernel may read and write the pool in a call: a futex, random numbers for a new header. */
static void trap_before_call(const greg_t *regs) {
    static const int order[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
    trap.points++;
    trap.calls++;
    trap.writing = true;
    if (trap.before_point) trap.before_point();
    trap.in_call = true;
    trap.number = (long)regs[REG_RAX];
    for (int i = 0; i < 6; i++) trap.arguments[i] = (long)regs[order[i]];
    if (trap.base) trap_protect(trap.base, trap.bytes, PROT_READ | PROT_WRITE);
    if (trap.calling) trap.calling(trap.number);
}

static void trap_after_call(long result) {
    char *address = (char *)trap.arguments[0];
    trap.in_call = false;
    if (trap.number == SYS_munmap && address == trap.base) trap.base = NULL;
    if (trap.base) trap_protect(trap.base, trap.bytes, trap.protection);
    if (trap.called) trap.called(trap.number, trap.arguments, result);
    bool mapped = trap.number == SYS_mmap && result > 0 && (uint64_t)trap.arguments[1] == trap.bytes &&
                  (trap.arguments[3] & MAP_SHARED);
    if (mapped) trap_watch((char *)result);
}

static bool trap_at_call(const greg_t *regs) {
    const uint8_t *code = (const uint8_t *)regs[REG_RIP];
    return code[0] == 0x0f && code[1] == 0x05;
}

static void trap_stop(greg_t *regs) {
    if (trap.base) trap_protect(trap.base, trap.bytes, PROT_READ | PROT_WRITE);
    regs[REG_EFL] &= ~TRAP_FLAG;
}

static void trap_on_step(int signal, siginfo_t *info, void *context) {
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    int saved = errno;
    (void)signal;
    (void)info;
    trap.steps++;
    if (trap.in_call) trap_after_call((long)regs[REG_RAX]);
    trap_close_pages();
    if (trap.sparse && trap.base)
        regs[REG_EFL] &= ~TRAP_FLAG;
    else if (trap_at_call(regs))
        trap_before_call(regs);
    if (trap.over) trap_stop(regs);
    errno = saved;
}

static void trap_on_touch(int number, siginfo_t *info, void *context) {
    char *address = info->si_addr;
    int saved = errno;
    if (!trap.base || address < trap.base || address >= trap.base + trap.bytes || trap.open_count == TRAP_OPEN_MAX) {
        signal(number, SIG_DFL); /* a fault of its own: happens again, and ends the process */
        return;
    }
    if (trap.open_count == 0) {
        trap.points++;
        trap.touches++;
        trap.calls = 0;
        trap.writing = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2;
        if (trap.before_point) trap.before_point();
    }
    char *page = trap.base + (uint64_t)(address - trap.base) / TRAP_PAGE * TRAP_PAGE;
    trap.open[trap.open_count++] = page;
    trap_protect(page, TRAP_PAGE, PROT_READ | PROT_WRITE);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    if (trap.over) trap_stop(((ucontext_t *)context)->uc_mcontext.gregs);
    errno = saved;
}

/* The red zone below the stack pointer is the compiler's. */
static inline void trap_flag(bool on) {
#if TRAP_HERE
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    else
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
#else
    (void)on;
#endif
}

/* Runs act() in single steps. base: where the pool is mapped now, or NULL. */
static void trap_run(char *base, void (*act)(void)) {
    struct sigaction step = {.sa_sigaction = trap_on_step, .sa_flags = SA_SIGINFO};
    struct sigaction touch = {.sa_sigaction = trap_on_touch, .sa_flags = SA_SIGINFO};
    CHECK_SYS(sigaction(SIGTRAP, &step, NULL));
    CHECK_SYS(sigaction(SIGSEGV, &touch, NULL));
    trap_watch(base);
    trap_flag(true);
    act();
    trap_flag(false);
    if (trap.base && !trap.over) trap_protect(trap.base, trap.bytes, PROT_READ | PROT_WRITE);
    signal(SIGTRAP, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

/* glibc copies and clears large blocks with one instruction that counts as one step for each byte: ask for vector
 * instructions instead, which takes a new start of the program. */
__attribute__((unused)) static void trap_start_again(char **argv) {
    if (getenv("GLIBC_TUNABLES")) return;
    setenv("GLIBC_TUNABLES",
           "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000", 1);
    execv("/proc/self/exe", argv);
    check_failed(__FILE__, __LINE__, "execv: %s", strerror(errno));
}

#endif

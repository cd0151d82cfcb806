/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every process's entries of /proc. A process that vanishes while it is read is left out, or is
 * reported with what was read before; a file that may not be read (io of other users) leaves zeros.
 */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    int32_t pid, ppid;
    uint32_t uid;
    char state;
    char comm[64];
    char command_line[256];
    int64_t threads;
    uint64_t utime, stime, start; /* ticks */
    uint64_t vsize_bytes, rss_bytes, shared_bytes;
    uint64_t read_bytes, write_bytes;
    uint64_t voluntary_switches;
};

struct process_list {
    struct process *items;
    size_t count, room;
};

/* Reads a small file of /proc whole, NUL-terminated. Its length, or -1. */
static inline ssize_t read_proc(const char *directory, const char *name, char *text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t got = read(fd, text, room - 1);
    close(fd);
    if (got >= 0) text[got] = '\0';
    return got;
}

/* The number after "label" at the start of a line, or 0. */
static inline uint64_t labelled_number(const char *text, const char *label) {
    size_t length = strlen(label);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, label, length) == 0) return strtoull(line + length, NULL, 10);
    }
    return 0;
}

/* "pid (comm) S ppid ...": comm may hold anything, also ")", so its end is the last one. */
static inline bool parse_stat(char *text, struct process *process) {
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open) return false;
    *close = '\0';
    snprintf(process->comm, sizeof process->comm, "%s", open + 1);
    long ppid;
    long long threads;
    unsigned long long utime, stime, start, vsize;
    int fields =
        sscanf(close + 1, " %c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %lld %*d %llu %llu",
               &process->state, &ppid, &utime, &stime, &threads, &start, &vsize);
    if (fields != 7) return false;
    process->ppid = (int32_t)ppid;
    process->threads = threads;
    process->utime = utime;
    process->stime = stime;
    process->start = start;
    process->vsize_bytes = vsize;
    return true;
}

static inline void parse_statm(const char *text, struct process *process) {
    unsigned long long resident = 0, shared = 0;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2) return;
    process->rss_bytes = resident * page;
    process->shared_bytes = shared * page;
}

/* Arguments are separated by NULs. length is less than the room there is. */
static inline void copy_command_line(char *text, size_t length, struct process *process) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\0') text[i] = ' ';
    }
    while (length > 0 && text[length - 1] == ' ') text[--length] = '\0';
    memcpy(process->command_line, text, length + 1);
}

static inline bool read_process(const char *pid, struct process *process) {
    char text[4096];
    *process = (struct process){.pid = (int32_t)strtol(pid, NULL, 10)};
    if (read_proc(pid, "stat", text, sizeof text) <= 0 || !parse_stat(text, process)) return false;
    if (read_proc(pid, "statm", text, sizeof text) > 0) parse_statm(text, process);
    if (read_proc(pid, "status", text, sizeof text) > 0) {
        process->uid = (uint32_t)labelled_number(text, "Uid:");
        process->voluntary_switches = labelled_number(text, "voluntary_ctxt_switches:");
    }
    if (read_proc(pid, "io", text, sizeof text) > 0) {
        process->read_bytes = labelled_number(text, "rchar:");
        process->write_bytes = labelled_number(text, "wchar:");
    }
    ssize_t length = read_proc(pid, "cmdline", text, sizeof process->command_line);
    if (length > 0) copy_command_line(text, (size_t)length, process);
    return true;
}

static inline struct process *list_room(struct process_list *list) {
    if (list->count < list->room) return &list->items[list->count];
    size_t room = list->room == 0 ? 256 : 2 * list->room;
    struct process *items = realloc(list->items, room * sizeof *items);
    if (items == NULL) return NULL;
    list->items = items;
    list->room = room;
    return &list->items[list->count];
}

static inline int by_pid(const void *a, const void *b) {
    int32_t x = ((const struct process *)a)->pid, y = ((const struct process *)b)->pid;
    return (x > y) - (x < y);
}

/* Fills the list anew, by pid. False: /proc cannot be read, or no memory. */
static inline bool read_processes(struct process_list *list) {
    DIR *proc = opendir("/proc");
    if (proc == NULL) return false;
    list->count = 0;
    struct process *process = NULL;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        process = list_room(list);
        if (process == NULL) break;
        if (read_process(entry->d_name, process)) list->count++;
    }
    closedir(proc);
    if (list->count > 1) qsort(list->items, list->count, sizeof *list->items, by_pid);
    return list->count > 0;
}

#endif
